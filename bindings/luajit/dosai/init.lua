-- Chat completions on libdosai: streams, cancelling, tools, and answers that are never called complete when they are not.
--
--   local client = require("dosai").client()
--   for chunk in client:stream {model = "dos-ai", messages = {{role = "user", content = "Hello!"}}} do io.write(chunk.content) end
local ffi = require("ffi")
local native = require("dosai.native")
local answers = require("dosai.answers")
local json = require("dosai.json")
local Loop = require("dosai.loop")
local C, check = native.C, answers.check
local dosai = {json = json, null = json.null, list = json.list, Error = answers.Error}
local Client, Stream, Cancel = {}, {}, {}
Client.__index, Stream.__index, Cancel.__index = Client, Stream, Cancel

-- A token that cancels the calls made with it, running or later ones: client:with {cancel = token}.
function dosai.cancel()
  local out, failure = ffi.new("dosai_cancel *[1]"), ffi.new("dosai_error *[1]")
  check(C.dosai_cancel_new(out, failure), failure)
  return setmetatable({handle = ffi.gc(out[0], C.dosai_cancel_free)}, Cancel)
end

function Cancel:trigger() C.dosai_cancel_trigger(self.handle) end
function Cancel:is_triggered() return C.dosai_cancel_is_triggered(self.handle) == 1 end

-- The response_format that asks for an answer of this schema.
function dosai.json_schema(name, schema)
  return {type = "json_schema", json_schema = {name = name, strict = true, schema = schema}}
end

-- An endpoint, a key, limits and open connections. The options are those of dosai_client_options, with times in seconds,
-- such as idle_timeout = 30; negative: none. headers are lines, or names with values. max_in_flight: so many calls run at
-- once. wait is called in place of the library's own waiting, with a descriptor that is readable when there is work.
function dosai.client(given)
  local options, of_loop, wait = {api_key = os.getenv("DOSAI_API_KEY"), base_url = os.getenv("DOSAI_BASE_URL")}, {}, nil
  for key, value in pairs(given or {}) do
    if key == "max_in_flight" or key == "max_connections_per_host" then
      of_loop[key] = value
    elseif key == "wait" then
      wait = value
    else
      options[key] = value
    end
  end
  local call_options, kept = native.options("call_options", {})
  return setmetatable({loop = Loop.new(options, of_loop, wait), options = call_options, kept = kept}, Client)
end

-- The same client, with options for the calls made through it: times, max_retries, headers, cancel, last_event.
function Client:with(given)
  local options, kept = native.options("call_options", given)
  return setmetatable({loop = self.loop, options = options, kept = kept}, Client)
end

local function encode(body)
  if type(body) == "string" then return body end
  local is_good, text = pcall(json.encode, body)
  if not is_good then error(answers.failed("INVALID_ARGUMENT", "the request: " .. tostring(text)), 0) end
  return text
end

local function submit(client, function_, request)
  local text, out, failure = encode(request), ffi.new("dosai_request *[1]"), ffi.new("dosai_error *[1]")
  check(C.dosai_request_parse(text, #text, out, failure), failure)
  local made = ffi.gc(out[0], C.dosai_request_free)
  local call = client.loop:submit(function_, client.options, made)
  C.dosai_request_free(ffi.gc(made, nil))
  return call
end

local function submit_to(client, function_, path, body)
  if path:find("\0", 1, true) then error("dosai: the path has a NUL in it", 0) end
  if not body then return client.loop:submit(function_, client.options, path) end
  local text = encode(body)
  return client.loop:submit(function_, client.options, path, text, #text)
end

-- Sends the request, a table or JSON, and gives the whole answer.
function Client:chat(request) return submit(self, C.dosai_loop_submit_chat, request):result() end
-- Sends a GET or a POST to any endpoint, such as /models.
function Client:get(path) return submit_to(self, C.dosai_loop_submit_get, path):result() end
function Client:post(path, body) return submit_to(self, C.dosai_loop_submit_post, path, body):result() end

-- A stream, for a loop: each turn gives a chunk. Without an error, the answer is complete, and stream.completion has it.
function Client:stream(request) return setmetatable({call = submit(self, C.dosai_loop_submit_stream, request)}, Stream) end
-- A POST to any endpoint that answers with server-sent events: each is one chunk, of the kind "event".
function Client:post_stream(path, body)
  return setmetatable({call = submit_to(self, C.dosai_loop_submit_stream_post, path, body)}, Stream)
end

function Stream:__call()
  if self.completion then return nil end
  local chunk = self.call:next()
  if not chunk then self.completion = self.call:result() end
  return chunk
end

-- Cancels the call; its reader gets an error with the status CANCELLED.
function Stream:cancel() self.call:cancel() end
-- Lets go of a stream that is not read to its end. One that is garbage is let go, too.
function Stream:close() self.call:release() end

-- Runs each function of a list in a coroutine: where one waits for an answer, another goes on. Gives their results.
function Client:together(functions) return self.loop:together(functions) end

-- Cancels the calls that still run, and frees the client; one that is garbage is freed, too.
function Client:close() self.loop:close() end

-- ---- tools

-- Whether the library can send it.
local function is_utf8(text)
  local out, failure = ffi.new("dosai_request *[1]"), ffi.new("dosai_error *[1]")
  check(C.dosai_request_new("m", 1, out, failure), failure)
  local status = C.dosai_request_add_tool_result(out[0], "", text, #text, nil)
  C.dosai_request_free(out[0])
  return status == 0
end

local function run(tools, call)
  local is_good, result = pcall(function()
    for _, tool in ipairs(tools) do
      if tool.name == call.name then
        local arguments = json.decode((call.arguments or ""):find("%S") and call.arguments or "{}")
        if type(arguments) ~= "table" or getmetatable(arguments) then error("the arguments are no object", 0) end
        local result = tool.run(arguments)
        return type(result) == "string" and result or json.encode(result)
      end
    end
    error("there is no function " .. tostring(call.name), 0)
  end)
  local told = result
  if not is_good then
    local has_text, text = pcall(tostring, result)
    told = "error: " .. (has_text and type(text) == "string" and text or "the function failed")
  end
  return is_utf8(told) and told or "error: the result is not UTF-8"
end

-- The choice of the questions after the first: with a call that is forced, the model could only call again.
local function unforced(choice)
  if type(choice) ~= "table" then return choice ~= "required" and choice or nil end
  if choice["function"] or choice.custom then return nil end
  local allowed = choice.allowed_tools
  if type(allowed) ~= "table" or allowed.mode ~= "required" then return choice end
  return {type = choice.type, allowed_tools = {mode = "auto", tools = allowed.tools}}
end

-- Asks the model, runs the functions that it calls, tells it the results, and so on until it answers. A tool has a name, a
-- description, parameters (a JSON schema), and run, which gets the arguments as a table and gives a text, or what JSON can
-- say; what it throws is told to the model, and that a result is not UTF-8. request.messages grows by each round. After
-- max_rounds answers (10) that still have calls, it throws TOO_LARGE; if an answer with calls was cut short, TRUNCATED.
-- Those calls do not run.
-- is_parallel: the functions of one answer run in a coroutine each, as those of together().
function Client:run_tools(request, tools, max_rounds, is_parallel)
  local asked, choice = {}, request.tool_choice
  for key, value in pairs(request) do asked[key] = value end
  asked.tools = {}
  for at, tool in ipairs(tools) do
    asked.tools[at] = {type = "function", ["function"] = {name = tool.name, description = tool.description, parameters = tool.parameters}}
  end
  for round = 1, math.huge do
    asked.tool_choice = choice
    local answer = self:chat(asked)
    local first = answer.choices[1]
    if not first or #first.message.tool_calls == 0 then return answer end
    if first.finish_reason == "length" or first.finish_reason == "content_filter" then
      error(answers.failed("TRUNCATED", "an answer with calls was cut short: " .. first.finish_reason, answer), 0)
    end
    if round >= (max_rounds or 10) then
      error(answers.failed("TOO_LARGE", "the model still calls functions in round " .. round, answer), 0)
    end
    local work = {}
    for at, call in ipairs(first.message.tool_calls) do
      work[at] = function() return {role = "tool", tool_call_id = call.id, content = run(tools, call)} end
    end
    local results = is_parallel and self:together(work) or {}
    for at, one in ipairs(work) do results[at] = results[at] or one() end
    table.insert(request.messages, first.message)
    for _, result in ipairs(results) do table.insert(request.messages, result) end
    choice = unforced(choice)
  end
end

return dosai
