# Lets the model call a function.
require "dosai"

place = {type: "object", properties: {location: {type: "string", description: "City name"}}, required: ["location"]}
weather = Dosai::Tool.new("get_weather", "The weather of a city, now", place) do |location:|
  {celsius: 18, sky: "light rain in #{location}"}
end

client = Dosai::Client.new
answer = client.run_tools(
  model: "dos-ai", tools: [weather], messages: [{role: "user", content: "What is the weather in Tokyo?"}]
)
puts answer.text
