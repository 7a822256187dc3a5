-- The testee of LuaJIT: see Tests/Bindings/README.md. Its asynchronous ways are coroutines of client:together.
local here = arg[0]:match("^(.*)/tests/[^/]*$")
package.path = here .. "/?.lua;" .. here .. "/?/init.lua;" .. package.path
local ffi = require("ffi")
local dosai = require("dosai")
local json, list, null = dosai.json, dosai.list, dosai.null
ffi.cdef [[
struct pollfd_of_testee { int fd; short events, revents; };
int poll(struct pollfd_of_testee *fds, unsigned long count, int timeout);
struct timespec_of_testee { long sec, nsec; };
int clock_gettime(int clock, struct timespec_of_testee *out);
]]
io.stdout:setvbuf("line")

local function now()
  local time = ffi.new("struct timespec_of_testee")
  ffi.C.clock_gettime(1, time)
  return tonumber(time.sec) + tonumber(time.nsec) / 1e9
end

local function or_null(value) return value == nil and null or value end
local COUNTS = {"prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens"}

local function usage_of(usage, unknown)
  local made = {}
  for _, name in ipairs(COUNTS) do made[name] = usage[name] or unknown end
  return made
end

local function attempts_of(attempts)
  local made = list {}
  for at, one in ipairs(attempts) do made[at] = {status = one.status, http_status = one.http_status, delay_ms = math.floor(one.delay * 1000 + 0.5)} end
  return made
end

local function completion_of(answer)
  if not answer then return null end
  local choices = list {}
  for at, choice in ipairs(answer.choices) do
    local message, calls = choice.message, list {}
    for number, call in ipairs(message.tool_calls) do calls[number] = {id = or_null(call.id), name = or_null(call.name), arguments = or_null(call.arguments)} end
    choices[at] = {index = choice.index, role = or_null(message.role), content = or_null(message.content), refusal = or_null(message.refusal),
      reasoning = or_null(message.reasoning), finish_reason = or_null(choice.finish_reason), tool_calls = calls}
  end
  return {json = answer.json, id = or_null(answer.id), object = or_null(answer.object), created = answer.created or -1, model = or_null(answer.model),
    choices = choices, usage = usage_of(answer.usage, -1), quirks = list(answer.quirks), http_status = answer.http_status, attempts = attempts_of(answer.attempts)}
end

local function retry_after_of(failure) return failure.retry_after and math.floor(failure.retry_after * 1000 + 0.5) end

local function error_of(failure)
  local body = failure.body and failure.body:gsub(".", function(one) return ("%02x"):format(one:byte()) end)
  return {status = failure.status, message = failure.message, http_status = failure.http_status, code = or_null(failure.code), type = or_null(failure.type),
    param = or_null(failure.param), body = or_null(body), clock = or_null(failure.clock), retry_after_ms = retry_after_of(failure) or -1,
    request_id = or_null(failure.request_id), attempts = attempts_of(failure.attempts), completion = completion_of(failure.completion)}
end

-- ---- chunks, put together to events

local function found(all, index)
  for _, one in ipairs(all) do
    if one.index == index then return one end
  end
  all[#all + 1] = {index = index}
  return all[#all]
end

local function take(event, chunk)
  if chunk.usage then event.usage = usage_of(chunk.usage, -1) end
  if chunk.choice < 0 then return end
  local choice = found(event.choices, chunk.choice)
  if chunk.kind == "tool_call" then
    choice.tool_calls = choice.tool_calls or list {}
    local call = found(choice.tool_calls, chunk.tool_call)
    call.id, call.name = (call.id or "") .. (chunk.tool_call_id or ""), (call.name or "") .. (chunk.tool_call_name or "")
    call.arguments = (call.arguments or "") .. (chunk.text or "")
  elseif chunk.kind ~= "other" and chunk.kind ~= "usage" then
    local key = chunk.kind == "finish" and "finish_reason" or chunk.kind
    choice[key] = (choice[key] or "") .. (chunk.text or "")
  end
end

-- ---- calls

local timer = {} -- triggers its token while a client waits
local function wait(fd)
  local one = ffi.new("struct pollfd_of_testee[1]", {{fd, 1, 0}})
  ffi.C.poll(one, 1, timer.at and math.max(0, math.ceil((timer.at - now()) * 1000)) or -1)
  if timer.at and now() >= timer.at then
    timer.token:trigger()
    timer.at = nil
  end
end

local clients = {}
local function client_of(asked, line)
  local options = {base_url = asked.url, wait = wait}
  local names = {}
  for name, value in pairs(asked.options) do
    names[#names + 1] = name .. json.encode(value)
    local time = name:match("^(.*)_ms$")
    options[time or name] = time and value > 0 and value / 1000 or value
  end
  table.sort(names)
  local identity = asked.url .. table.concat(names, " ")
  clients[identity] = clients[identity] or dosai.client(options)
  return clients[identity]
end

local function make(client, asked, events)
  local after = asked.cancel_after_ms or asked.cancel_after == 0 and 0 or nil
  timer = {token = dosai.cancel(), at = after and now() + after / 1000}
  if after == 0 then timer.token:trigger() end
  client = client:with {cancel = timer.token}
  local request = json.encode(asked.request)
  if asked.face:find("whole$") then return client:chat(request) end
  local stream, open = client:stream(request), nil
  for chunk in stream do
    if not open then
      open = {json = chunk.json, choices = list {}}
      events[#events + 1] = open
    end
    take(open, chunk)
    if chunk.is_last_in_event then
      open = nil
      if #events == asked.cancel_after then stream:cancel() end
      if #events == asked.pause_after then ffi.C.poll(nil, 0, 300) end
      if #events == asked.drop_after then
        stream:close()
        return nil
      end
    end
  end
  return stream.completion
end

local function serve(line)
  local asked = json.decode(line)
  if asked == null then return {failed = "nothing is asked"} end
  local events = list {}
  local is_good, answer = xpcall(function()
    local client = client_of(asked)
    if not asked.face:find("^async_") then return make(client, asked, events) end
    return client:together {function() return make(client, asked, events) end}[1]
  end, function(wrong) return getmetatable(wrong) == dosai.Error and wrong or {failed = debug.traceback(tostring(wrong))} end)
  timer = {}
  if not is_good and answer.failed then return answer end
  return {status = is_good and "OK" or answer.status, chunks = events, completion = is_good and completion_of(answer) or null,
    error = is_good and null or error_of(answer)}
end

-- ---- chat --json

local Raw = {is_raw = true}
local function raw(text) return text and setmetatable({json = text:gsub("[\r\n]", " ")}, Raw) or null end

local function show(chunk)
  local shown = {kind = chunk.kind, choice = chunk.choice}
  if chunk.kind == "finish" then
    shown.finish_reason = chunk.text
  elseif chunk.kind == "usage" then
    shown.usage = usage_of(chunk.usage, null)
  elseif chunk.kind == "other" then
    shown.json = raw(chunk.json)
  else
    shown.text = or_null(chunk.text)
  end
  if chunk.kind == "tool_call" then shown.tool_call, shown.id, shown.name = chunk.tool_call, or_null(chunk.tool_call_id), or_null(chunk.tool_call_name) end
  print(json.encode {chunk = shown})
end

local function utf8_of(text) -- what is no UTF-8 is replaced, byte by byte
  local made, at = {}, 1
  while at <= #text do
    local one = text:match("^[\1-\127%z]", at) or text:match("^[\194-\223][\128-\191]", at) or text:match("^[\224-\239][\128-\191][\128-\191]", at)
      or text:match("^[\240-\244][\128-\191][\128-\191][\128-\191]", at)
    made[#made + 1], at = one or "\239\191\189", at + #(one or " ")
  end
  return table.concat(made)
end

local EXIT = {OK = 0, INVALID_ARGUMENT = 2, CONNECTION = 3, PROXY = 3, TLS = 3, TIMEOUT = 3, REDIRECTED = 3, TRUNCATED = 4, PROTOCOL = 4, TOO_LARGE = 4,
  CANCELLED = 130, BAD_REQUEST = 1, AUTHENTICATION = 1, INSUFFICIENT_CREDITS = 1, PERMISSION = 1, NOT_FOUND = 1, RATE_LIMITED = 1, SERVER = 1,
  UNAVAILABLE = 1, PROVIDER = 1}

local function finish(answer, failure)
  local from, told = failure or answer, {status = "OK", error = null}
  if failure then
    told = {status = failure.status, error = {message = failure.message, http_status = failure.http_status ~= 0 and failure.http_status or null,
      code = or_null(failure.code), type = or_null(failure.type), param = or_null(failure.param), request_id = or_null(failure.request_id),
      retry_after_ms = or_null(retry_after_of(failure)), body = or_null(failure.body and utf8_of(failure.body)), timeout = or_null(failure.clock)}}
    answer = failure.completion
  end
  local times = {}
  for _, name in ipairs {"connect", "first_byte", "first_token", "total"} do
    times[name .. "_ms"] = from.timings[name] and from.timings[name] * 1000 or null
  end
  told.attempts, told.timings, told.quirks, told.completion = #from.attempts, times, list(answer and answer.quirks or {}), raw(answer and answer.json)
  print(json.encode(told))
  os.exit(EXIT[told.status] or 5, true)
end

local function chat(arguments)
  local given, prompt, at = {["--max-retries"] = "2"}, nil, 2
  while at <= #arguments do
    local one = arguments[at]
    if one == "--json" or one == "--no-stream" or one == "--async" then
      given[one] = true
    elseif one:sub(1, 1) == "-" then
      at = at + 1
      given[one] = arguments[at]
    else
      prompt = one
    end
    at = at + 1
  end
  local request = {model = given["-m"], messages = {{role = "user", content = prompt}}}
  if given["--request"] then
    for key, value in pairs(json.decode(io.open(given["--request"]):read("*a"))) do request[key] = value end
  end
  local retries = tonumber(given["--max-retries"])
  local is_good, answer = pcall(function()
    local client = dosai.client {base_url = given["--base-url"], max_retries = retries == 0 and -1 or retries, total_timeout = tonumber(given["--timeout"])}
    local function work()
      if given["--no-stream"] then return client:chat(request) end
      local stream = client:stream(request)
      for chunk in stream do show(chunk) end
      return stream.completion
    end
    return given["--async"] and client:together {work}[1] or work()
  end)
  if not is_good and getmetatable(answer) ~= dosai.Error then error(answer, 0) end
  finish(is_good and answer, not is_good and answer or nil)
end

if arg[1] == "chat" then chat(arg) end
for line in io.lines() do
  local is_good, answer = pcall(serve, line)
  print(json.encode(is_good and answer or {failed = tostring(answer)}))
end
