# Asks for an answer of one shape.
require "dosai"

city = {
  type: "object", additionalProperties: false, required: %w[name country is_capital],
  properties: {name: {type: "string"}, country: {type: "string"}, is_capital: {type: "boolean"}}
}

client = Dosai::Client.new
answer = client.chat(
  model: "dos-ai", messages: [{role: "user", content: "Tell me about Paris."}],
  response_format: Dosai.json_schema("city", city)
)
p JSON.parse(answer.text, symbolize_names: true)
