-- How calls end before their time. What is left open of them, the server tells.
local ffi = require("ffi")
local dosai = require("dosai")
local support = require("support")
local client, same, fails, contents, test, question = support.client, support.same, support.fails, support.contents, support.test, support.question

local kept = client("endless") -- until the process ends, with a stream in the middle
local stream = kept:stream(question)
stream()

test("cancel", function()
  local one, count, since = client("endless"):stream(question), 0, nil
  local failure = fails("CANCELLED", function()
    for _ in one do
      count = count + 1
      if count == 2 then
        since = support.now()
        one:cancel()
      end
    end
  end)
  support.took(since, 50)
  same(2, count)
  same("0 1", failure.completion.text:sub(1, 3))
end)

test("a token", function()
  local token, since = dosai.cancel(), nil
  local function wait(fd)
    if ffi.C.poll(ffi.new("struct pollfd_of_tests[1]", {{fd, 1, 0}}), 1, 50) == 0 and not since then
      since = support.now()
      token:trigger()
    end
  end
  local endless = client("endless", {wait = wait}):with {cancel = token}
  fails("CANCELLED", function() contents(endless:stream(question)) end)
  support.took(since, 50)
  same(true, token:is_triggered())
  fails("CANCELLED", endless.chat, endless, question)
end)

test("leaving", function()
  local endless = client("endless~left")
  local left = endless:stream(question)
  left()
  left:close()
  fails("CANCELLED", left) -- and does not wait
  pcall(function()
    for _ in endless:stream(question) do error("in the middle") end
  end)
  left = nil
  collectgarbage()
  collectgarbage()
  endless.loop:step(0) -- as any other call would
  support.gone("endless~left")
end)

test("close", function()
  local endless = client("endless")
  local one = endless:stream(question)
  one()
  endless:close()
  fails("CANCELLED", contents, one)
  fails("INVALID_ARGUMENT", endless.chat, endless, question)
  endless:close()
end)

test("fork", function()
  local child = ffi.C.fork()
  if child == 0 then
    local is_good = pcall(function()
      fails("FORKED", kept.chat, kept, question)
      fails("FORKED", contents, stream)
      same("Hello! How can I help you today?", client("hello"):chat(question).text)
    end)
    os.exit(is_good and 7 or 1, true) -- with what the parent has made
  end
  local status = ffi.new("int[1]")
  ffi.C.waitpid(child, status, 0)
  same(7 * 256, status[0])
  same(true, stream() ~= nil)
end)

test("Ctrl-C", function()
  local me, since = ffi.C.getpid(), support.now()
  local is_good, wrong = pcall(function()
    if ffi.C.fork() == 0 then
      ffi.C.usleep(100000)
      ffi.C.kill(me, 2)
      ffi.C._exit(0)
    end
    contents(client("endless"):stream(question))
  end)
  same(false, is_good)
  same(true, tostring(wrong):find("interrupted!", 1, true) ~= nil)
  support.took(since, 150) -- 100 of them before the signal
end)
