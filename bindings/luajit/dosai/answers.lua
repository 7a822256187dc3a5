-- What the library gives, as tables.
local ffi = require("ffi")
local native = require("dosai.native")
local C, text = native.C, native.text
local answers = {}

local Message = {is_raw = true} -- sent again as the server wrote it: its json

function answers.completion(from)
  if from == nil then return nil end
  local created, made = tonumber(C.dosai_completion_created(from)), {}
  made.id, made.object = text(C.dosai_completion_id, from), text(C.dosai_completion_object, from)
  made.created, made.model = created >= 0 and created or nil, text(C.dosai_completion_model, from)
  made.choices, made.quirks = {}, {}
  for at = 0, C.dosai_completion_choice_count(from) - 1 do
    local message = setmetatable({tool_calls = {}, json = text(C.dosai_completion_message_json, from, at)}, Message)
    for _, name in ipairs {"role", "content", "reasoning", "refusal"} do message[name] = text(C["dosai_completion_" .. name], from, at) end
    for call = 0, C.dosai_completion_tool_call_count(from, at) - 1 do
      message.tool_calls[call + 1] = {id = text(C.dosai_completion_tool_call_id, from, at, call),
        name = text(C.dosai_completion_tool_call_name, from, at, call), arguments = text(C.dosai_completion_tool_call_arguments, from, at, call)}
    end
    made.choices[at + 1] = {index = C.dosai_completion_choice_index(from, at), message = message,
      finish_reason = text(C.dosai_completion_finish_reason_text, from, at)}
  end
  made.text = made.choices[1] and made.choices[1].message.content or ""
  local usage = ffi.new("dosai_usage", {struct_size = ffi.sizeof("dosai_usage")})
  C.dosai_completion_usage(from, usage)
  made.usage = native.usage(usage)
  local bits, bit = C.dosai_completion_quirks(from), 1
  while bit <= bits do
    if math.floor(bits / bit) % 2 == 1 then made.quirks[#made.quirks + 1] = ffi.string(C.dosai_quirk_name(bit)) end
    bit = bit * 2
  end
  made.http_status, made.request_id = C.dosai_completion_http_status(from), text(C.dosai_completion_request_id, from)
  made.attempts, made.timings = native.attempts("completion", from), native.timings("completion", from)
  made.json = text(C.dosai_completion_json, from)
  return made
end

function answers.response(from)
  return {json = text(C.dosai_response_json, from), http_status = C.dosai_response_http_status(from), request_id = text(C.dosai_response_request_id, from),
    attempts = native.attempts("response", from), timings = native.timings("response", from)}
end

-- Every call that fails throws one. completion is the part of the answer that had arrived.
local Error = {__tostring = function(self) return self.status .. ": " .. self.message end}
answers.Error = Error

function answers.failed(status, message, completion)
  return setmetatable({status = status, message = message, completion = completion, http_status = 0, attempts = {}, timings = {}, is_retryable = false}, Error)
end

function answers.error(from)
  local after, made = tonumber(C.dosai_error_retry_after_ms(from)), setmetatable({}, Error)
  made.status, made.http_status = native.status(C.dosai_error_status(from)), C.dosai_error_http_status(from)
  for _, name in ipairs {"message", "code", "type", "param", "request_id", "body"} do made[name] = text(C["dosai_error_" .. name], from) end
  made.message = made.message or made.status
  made.clock, made.retry_after = native.clocks[C.dosai_error_clock(from)], after >= 0 and after / 1000 or nil
  made.is_retryable = C.dosai_error_is_retryable(from) == 1
  made.attempts, made.timings = native.attempts("error", from), native.timings("error", from)
  made.completion = answers.completion(C.dosai_error_completion(from))
  return made
end

-- A piece of a stream. content is the text, if it is one of the answer's content; else "". json: the whole event.
function answers.chunk(from)
  local kind = from.kind
  local made = {kind = native.kinds[kind] or "other", choice = from.choice, content = "", is_last_in_event = from.last_in_event == 1}
  if from.text ~= nil then made.text = ffi.string(from.text, from.text_length) end
  if from.json ~= nil then made.json = ffi.string(from.json, from.json_length) end
  if kind == 1 then
    made.content = made.text
  elseif kind == 4 then
    made.tool_call = from.tool_call
    if from.tool_call_id ~= nil then made.tool_call_id = ffi.string(from.tool_call_id, from.tool_call_id_length) end
    if from.tool_call_name ~= nil then made.tool_call_name = ffi.string(from.tool_call_name, from.tool_call_name_length) end
  elseif kind == 6 then
    made.usage = native.usage(from.usage)
  elseif kind == 7 then
    if from.event_type ~= nil then made.event_type = ffi.string(from.event_type, from.event_type_length) end
    if from.event_id ~= nil then made.event_id = ffi.string(from.event_id, from.event_id_length) end
  end
  return made
end

-- Throws what a function says, unless that is OK. The error is freed.
function answers.check(status, out_error)
  if status == 0 then return end
  local from = out_error[0]
  local made = from ~= nil and answers.error(from) or answers.failed(native.status(status), native.status(status))
  C.dosai_error_free(from)
  error(made, 0)
end

return answers
