local dosai = require("dosai")
local support = require("support")
local client, same, fails, contents, test, question = support.client, support.same, support.fails, support.contents, support.test, support.question
local json = dosai.json

test("json", function()
  for _, text in ipairs {'[]', '{}', '[1,-2.5,1e+300,true,false,null,"a"]', [["\"\\\n\u0001é"]], '{"a":[{"b":[[]]}]}', "0.1", "12345678901234"} do
    same(text, json.encode(json.decode(text)))
  end
  same("\195\169\240\159\152\128\239\191\189/\127", json.decode('"\\u00e9\\ud83d\\ude00\\ud800\\/\127"'))
  same(" 1 2", table.concat {" ", json.decode(" [ 1 , 2 ] ")[1], " ", json.decode("[1,2]")[2]})
  for _, wrong in ipairs {"", "[", "[1,]", '{"a"}', "tru", '"', '"\1"', '"\\x"', "1 2", "--1", "{,}"} do same(false, (pcall(json.decode, wrong))) end
  for _, wrong in ipairs {0 / 0, math.huge, print, {"a", b = 1}, {1, nil, 3}, json.list {a = 1}} do same(false, (pcall(json.encode, wrong))) end
end)

-- Sizes and offsets as the compiler of C has them.
test("layout", function()
  local ffi, count = require("ffi"), 0
  for name, told in pairs(json.decode(io.open(os.getenv("DOSAI_TEST_ABI")):read("*a")).structs) do
    same(told.size, ffi.sizeof(name))
    for _, field in ipairs(told.fields) do
      local one = ffi.new(name)
      ffi.fill(one, told.size, 255)
      one[field.name] = ffi.new(name)[field.name] -- which is 0
      same(("\255"):rep(field.offset) .. ("\0"):rep(field.size) .. ("\255"):rep(told.size - field.offset - field.size), ffi.string(one, told.size))
      count = count + 1
    end
  end
  same(true, count > 100)
end)

-- Such as by a plugin of Neovim.
test("a module that is loaded again", function()
  local first, kept = client("hello"), {}
  for name, module in pairs(package.loaded) do
    if name:find("^dosai") then kept[name], package.loaded[name] = module, nil end
  end
  local again = require("dosai").client {base_url = support.url:gsub("NAME", "hello"), api_key = "k"}
  for name, module in pairs(kept) do package.loaded[name] = module end
  same(first:chat(question).text, again:chat(question).text)
end)

test("chat", function()
  local echo = client("echo")
  local answer = echo:with {headers = {["x-own"] = "yes"}}:chat {model = "m", messages = question.messages, seed = 0}
  local sent = json.decode(answer.text)
  same("m0Hello!", sent.model .. sent.seed .. sent.messages[1].content)
  same("req-1 200 21 stop OK", table.concat({answer.request_id, answer.http_status, answer.usage.total_tokens, answer.choices[1].finish_reason, answer.attempts[1].status}, " "))
  same(nil, answer.usage.cached_tokens)
  same(true, answer.timings.total > 0 and json.decode(answer.json).usage ~= nil)
  same(true, echo:chat({messages = {answer.choices[1].message}}).text:find(answer.choices[1].message.json, 1, true) ~= nil)
  fails("INVALID_ARGUMENT", echo.chat, echo, "[]")
  fails("INVALID_ARGUMENT", echo.chat, echo, {model = print})
  fails("INVALID_ARGUMENT", dosai.client, {base_url = "nonsense"})
  for key, value in pairs {nothing = 1, on_log = print, max_retries = 2 ^ 33, user_agent = "a\0b", api_key = {}, proxy = {}, http1_only = {}, on_event = {},
    max_redirects = false, ca_pem_length = 1} do
    same(key, not pcall(client, "hello", {[key] = value}) and key)
  end
  for key, value in pairs {cancel = echo, last_event = {}, max_retries = true, struct_size = 96, header_count = 0} do
    same(key, not pcall(echo.with, echo, {[key] = value}) and key)
  end
end)

test("stream", function()
  local stream = client("hello"):stream(question)
  same("Hello! How can I help you today?", contents(stream))
  same("Hello! How can I help you today?", stream.completion.text)
  same(nil, stream())
end)

test("a slow reader beside a fast one", function()
  local many = client("many")
  local slow = many:stream(question)
  local text = slow().content
  collectgarbage()
  local before = collectgarbage("count")
  local all = contents(many:stream(question))
  collectgarbage()
  same(true, collectgarbage("count") - before < 8192) -- of 15 MB that are unread
  same(true, text .. contents(slow) == all and all:find(" 19999 $") ~= nil)
end)

test("errors", function()
  local failure = fails("RATE_LIMITED", function() client("limited"):chat(question) end)
  same("429 true 1", table.concat({failure.http_status, tostring(failure.is_retryable), #failure.attempts}, " "))
  same(true, failure.body ~= nil and failure.completion == nil and tostring(failure):find("^RATE_LIMITED: ") ~= nil)
  same("0 1 2 ", fails("TRUNCATED", function() contents(client("half"):stream(question)) end).completion.text)
  same("idle", fails("TIMEOUT", function() contents(client("endless", {idle_timeout = 0.05}):stream(question)) end).clock)
end)

test("other endpoints", function()
  local echo, said = client("echo"), {}
  same("GET", json.decode(echo:get("/models").json).method)
  same('{"n":1}', json.decode(echo:post("/embeddings", {n = 1}).json).body)
  for chunk in client("events"):with({last_event = "end"}):post_stream("/responses", {stream = true}) do
    said[#said + 1] = table.concat({chunk.kind, chunk.event_type, chunk.text, chunk.event_id}, " ")
  end
  same("event said {} 4|event end {} 4", table.concat(said, "|"))
end)

test("tools", function()
  local tools = {{name = "add", description = "Adds", parameters = {type = "object"}, run = function(given) return {sum = given.a + given.b} end},
    {name = "fail", run = function() error("no luck", 0) end}}
  local request = {model = "m", messages = {question.messages[1]}, tool_choice = "required"}
  same('{"sum":3}|error: no luck|error: there is no function nobody|error: the arguments are no object', client("model"):run_tools(request, tools).text)
  same(6, #request.messages)
  same(1, json.decode(request.messages[2].json).own)
  local failure = fails("TOO_LARGE", function() client("model"):run_tools({model = "m", messages = {question.messages[1]}}, tools, 1) end)
  same(4, #failure.completion.choices[1].message.tool_calls)
end)

local function same_json(wanted, found)
  if type(wanted) ~= "table" or type(found) ~= "table" then return same(wanted, found) end
  for key, value in pairs(wanted) do same_json(value, found[key]) end
  for key in pairs(found) do same(true, wanted[key] ~= nil) end
end

-- The answer is the second question.
test("a forced call", function()
  local tools = {{name = "add", run = function() return "" end}}
  for first, second in support.choices:gmatch("(.-)\t(.-)\n") do
    local choice = json.decode(first)
    local request = {model = "m", messages = {question.messages[1]}, tool_choice = choice}
    local sent = json.decode(client("forced"):run_tools(request, tools).text)
    same_json(json.decode(second), sent.tool_choice or "auto")
    same(choice, request.tool_choice)
    same_json(json.decode(first), choice)
  end
end)

-- The model is told of it, and the loop goes on.
test("a result that is not UTF-8", function()
  local tools = {{name = "add", run = function() return "caf\233" end}, {name = "fail", run = function() error("\255", 0) end}}
  for _, is_parallel in ipairs {false, true} do
    local request = {model = "m", messages = {question.messages[1]}}
    same("error: the result is not UTF-8|error: the result is not UTF-8|error: there is no function nobody|error: the arguments are no object",
      client("model"):run_tools(request, tools, nil, is_parallel).text)
    same(6, #request.messages)
  end
end)

test("an error without a text", function()
  local function none() error(setmetatable({}, {__tostring = error})) end
  local function number() error(setmetatable({}, {__tostring = function() return 1 end})) end
  local tools = {{name = "add", run = none}, {name = "fail", run = number}}
  same("error: the function failed|error: the function failed|error: there is no function nobody|error: the arguments are no object",
    client("model"):run_tools({model = "m", messages = {question.messages[1]}}, tools).text)
end)

-- Two functions of one answer, and one beside the tool loop: each waits until all have begun.
test("tools at once", function()
  local model, begun = client("model"), 0
  local function meet(wanted, wait)
    begun = begun + 1
    local late = support.now() + 20
    while begun < wanted and support.now() < late do wait() end
    return begun == wanted and "met" or "alone"
  end
  local function ask(wanted, wait)
    local function run() return meet(wanted, wait) end
    local tools = {{name = "add", run = run}, {name = "fail", run = run}}
    return model:run_tools({model = "m", messages = {question.messages[1]}}, tools, nil, true).text
  end
  local met = "met|met|error: there is no function nobody|error: the arguments are no object"
  local function chat() model:chat(question) end
  for _, wait in ipairs {chat, coroutine.yield, function() coroutine.yield(5) end} do
    begun = 0
    same(met, ask(2, wait))
    begun = 0
    local function beside()
      chat()
      return meet(3, wait)
    end
    same(met .. " met", table.concat(model:together {function() return ask(3, wait) end, beside}, " "))
  end
end)

test("together", function()
  local echo, work = client("echo", {max_in_flight = 20}), {}
  for at = 1, 100 do
    work[at] = function() return json.decode(echo:chat({model = "m" .. at}).text).model .. contents(echo:stream(question)):sub(1, 1) end
  end
  for at, found in ipairs(echo:together(work)) do same("m" .. at .. "{", found) end
  local endless = client("endless")
  local function wait() contents(endless:stream(question)) end
  same("mine", select(2, pcall(endless.together, endless, {wait, function() error("mine", 0) end, wait})))
end)

test("wait", function()
  local waits = 0
  local function wait(fd) waits = waits + require("ffi").C.poll(require("ffi").new("struct pollfd_of_tests[1]", {{fd, 1, 0}}), 1, 10000) end
  same("Hello! How can I help you today?", client("hello", {wait = wait}):chat(question).text)
  same(true, waits > 0)
end)

-- Who waits hands out what comes for the others, too. Then the descriptor must be readable for them.
test("one hands out what another waits for", function()
  local ffi, waits, descriptor, done = require("ffi"), {}, nil, {}
  local ours = client("delayed", {total_timeout = -1, wait = function(fd)
    waits[#waits + 1], descriptor = coroutine.running(), fd
    coroutine.yield()
  end})
  local function resume(thread, ...)
    local is_good, failure = coroutine.resume(thread, ...)
    if not is_good then error(failure, 0) end
  end
  local function start(...)
    resume(coroutine.create(function(...)
      for _, delay in ipairs {...} do
        ours:chat {model = tostring(delay), messages = support.question.messages}
        done[delay] = true
      end
    end), ...)
  end
  local function finish(wanted, pause)
    while not done[wanted] do
      same(1, ffi.C.poll(ffi.new("struct pollfd_of_tests[1]", {{descriptor, 1, 0}}), 1, 4000))
      local all = waits
      waits = {}
      for at, thread in ipairs(all) do
        resume(thread)
        if at == 1 then ffi.C.usleep(pause) end
      end
    end
  end
  start(1)
  start(2)
  finish(1, 0)
  finish(2, 0) -- both have connected
  for _, last in ipairs {101, 60000} do -- the other one ends then, or waits on
    done = {}
    start(100)
    start(0, last)
    finish(0, 0)
    finish(100, 150000) -- what comes in the pause, the other one takes
  end
  same(nil, done[60000])
  ours:close()
end)

-- The descriptor is readable for it, but not for ever: the others wait as before.
test("one that is not resumed", function()
  local ffi, waits, descriptor = require("ffi"), 0, nil
  local function poll(timeout) return ffi.C.poll(ffi.new("struct pollfd_of_tests[1]", {{descriptor, 1, 0}}), 1, timeout) end
  local ours = client("delayed", {total_timeout = -1, wait = function(fd)
    descriptor = fd
    if coroutine.running() then return coroutine.yield() end
    waits = waits + poll(10000)
  end})
  local function ask(delay) return ours:chat {model = tostring(delay), messages = question.messages} end
  local left = coroutine.create(ask)
  same(true, coroutine.resume(left, 60000))
  ask(1)
  same(1, poll(0))
  ours.loop:step(0) -- as any other call would
  same(1, poll(0))
  waits = 0
  ask(300)
  same(true, waits < 20)
  ours:close()
  same("suspended", coroutine.status(left))
end)
