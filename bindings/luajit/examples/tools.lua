-- Lets the model call a function.
local client = require("dosai").client()
local weather = {
  name = "get_weather", description = "The weather of a city, now",
  parameters = {type = "object", properties = {location = {type = "string", description = "City name"}}, required = {"location"}},
  run = function(given) return {celsius = 18, sky = "light rain in " .. given.location} end,
}
local request = {model = "dos-ai", messages = {{role = "user", content = "What is the weather in Tokyo?"}}}
print(client:run_tools(request, {weather}).text)
