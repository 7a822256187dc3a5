-- Asks for an answer of one shape.
local dosai = require("dosai")
local city = {
  type = "object", additionalProperties = false, required = {"name", "country", "is_capital"},
  properties = {name = {type = "string"}, country = {type = "string"}, is_capital = {type = "boolean"}},
}
local answer = dosai.client():chat {
  model = "dos-ai", messages = {{role = "user", content = "Tell me about Paris."}},
  response_format = dosai.json_schema("city", city),
}
local is_good, paris = pcall(dosai.json.decode, answer.text)
print(is_good and paris.name .. ", " .. paris.country .. ", capital: " .. tostring(paris.is_capital) or paris)
