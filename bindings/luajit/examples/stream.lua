-- Streams an answer, and tells how it ended.
local client = require("dosai").client()
local stream = client:stream {model = "dos-ai", messages = {{role = "user", content = "Hello!"}}}
local is_good, failure = pcall(function()
  for chunk in stream do
    io.write(chunk.content)
    io.flush()
  end
end)
if is_good then
  print("\n" .. stream.completion.choices[1].finish_reason)
else
  io.stderr:write(tostring(failure), "\nWhat had arrived: ", failure.completion and failure.completion.text or "nothing", "\n")
  os.exit(1)
end
