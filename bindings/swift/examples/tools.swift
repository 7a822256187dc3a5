// Functions that the model may call. Their arguments are JSON, to be read with what you like.
import Dosai

let city = #"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"#
let weather = Tool(name: "get_weather", description: "The weather of a city, now", parameters: city) { arguments in
  "18 degrees, light rain: \(arguments)"
}
let client = try Client()
let request = try Request(model: "dos-ai", .user("What is the weather in Tokyo?"))
print(try await client.runTools(request, [weather]).answer.text)
