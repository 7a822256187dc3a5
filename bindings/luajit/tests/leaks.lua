-- LEAK_CALLS calls, 10,000 if it is not set: whole, streamed, left, cancelled and failed.
local support = require("support")
local client, question = support.client, support.question

local function resident()
  collectgarbage()
  collectgarbage()
  return tonumber(io.open("/proc/self/statm"):read("*a"):match("%d+ (%d+)")) * 4
end

local function once(mixed, kind)
  pcall(mixed.chat, mixed, "[]")
  if kind == 0 then return mixed:chat(question) end
  if kind == 1 then return support.contents(mixed:stream(question)) end
  if kind == 4 then
    local one = client("mixed")
    pcall(one.chat, one, {model = "bad"})
    return one:close()
  end
  local stream = mixed:stream(question)
  stream()
  if kind == 2 then return stream:close() end
  stream:cancel()
  pcall(support.contents, stream)
end

support.test("memory", function()
  local calls, mixed, before = tonumber(os.getenv("LEAK_CALLS") or 10000), client("mixed"), nil
  for at = 0, calls - 1 do
    if at == math.floor(calls / 4) then before = resident() end
    once(mixed, at % 5)
  end
  local grown = resident() - before
  print(("%d calls: %d KB, grown by %d KB"):format(calls, resident(), grown))
  support.same(true, grown < 1024 + calls * 0.02)
end)
