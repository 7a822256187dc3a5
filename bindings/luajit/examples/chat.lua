-- Asks one question.
local client = require("dosai").client()
local answer = client:chat {model = "dos-ai", messages = {{role = "user", content = "Hello!"}}}
print(answer.text)
print((answer.usage.total_tokens or "unknown") .. " tokens")
