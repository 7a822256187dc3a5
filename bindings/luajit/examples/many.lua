-- Asks many questions at once: a coroutine each, in one process.
local client = require("dosai").client {max_in_flight = 50}
local questions = {}
for at = 1, 100 do
  questions[at] = function()
    return client:chat({model = "dos-ai", messages = {{role = "user", content = ("What is %d squared?"):format(at)}}}).text
  end
end
local answers = client:together(questions)
print(#answers .. " answers; the first: " .. answers[1])
