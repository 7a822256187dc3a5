-- The library, and what it takes to call it.
local ffi = require("ffi")
if not pcall(ffi.typeof, "dosai_loop") then require("dosai.cdef") end -- which can be declared once

local function load()
  local path = os.getenv("DOSAI_LIBRARY")
  if path then return ffi.load(path) end
  local here = debug.getinfo(1, "S").source:match("^@(.*)/dosai/native%.lua$") or "."
  local is_there, library = pcall(ffi.load, here .. "/../../build/lib/libdosai.so.0")
  return is_there and library or ffi.load("libdosai.so.0")
end

local C = load()
if math.floor(C.dosai_version_number() / 10000) ~= 0 then error("dosai: the library is of another version than this module") end

local native = {C = C, statuses = {}, clocks = {[0] = nil, "connect", "first_token", "idle", "total"}}
native.kinds = {[0] = "other", "content", "reasoning", "refusal", "tool_call", "finish", "usage", "event"}

function native.status(number) return ffi.string(C.dosai_status_name(number)) end

local length = ffi.new("size_t[1]")

-- The text that a getter gives; nil: none.
function native.text(getter, ...)
  local count = select("#", ...)
  local a, b, c = ...
  local found
  if count == 1 then found = getter(a, length) elseif count == 2 then found = getter(a, b, length) else found = getter(a, b, c, length) end
  return found ~= nil and ffi.string(found, length[0]) or nil
end

function native.attempts(kind, handle)
  local made = {}
  for at = 0, C["dosai_" .. kind .. "_attempt_count"](handle) - 1 do
    local one = ffi.new("dosai_attempt")
    one.struct_size = ffi.sizeof(one)
    C["dosai_" .. kind .. "_attempt"](handle, at, one)
    made[at + 1] = {status = native.status(one.status), http_status = one.http_status, delay = tonumber(one.delay_ms) / 1000}
  end
  return made
end

-- In seconds; nil: not reached.
function native.timings(kind, handle)
  local one = ffi.new("dosai_timings", {struct_size = ffi.sizeof("dosai_timings"), connect_us = -1, first_byte_us = -1, first_token_us = -1, total_us = -1})
  C["dosai_" .. kind .. "_timings"](handle, one)
  local function seconds(us) return us >= 0 and tonumber(us) / 1e6 or nil end
  return {connect = seconds(one.connect_us), first_byte = seconds(one.first_byte_us), first_token = seconds(one.first_token_us),
    total = seconds(one.total_us), reused_connection = one.reused_connection == 1}
end

function native.usage(one)
  local function count(number) return number >= 0 and tonumber(number) or nil end
  return {prompt_tokens = count(one.prompt_tokens), completion_tokens = count(one.completion_tokens), total_tokens = count(one.total_tokens),
    cached_tokens = count(one.cached_tokens), reasoning_tokens = count(one.reasoning_tokens)}
end

-- ---- options

local function c_text(value, kept)
  if type(value) ~= "string" or value:find("\0", 1, true) then error("dosai: this is no text, or has a NUL in it", 0) end
  kept[#kept + 1] = value
  return value
end

local function set_headers(struct, headers, kept)
  local lines = {}
  for name, line in pairs(headers) do lines[#lines + 1] = c_text(type(name) == "number" and line or name .. ": " .. line, kept) end
  local list = ffi.new("const char *[?]", #lines + 1, lines)
  kept[#kept + 1] = list
  struct.headers, struct.header_count = list, #lines
end

local FLAGS = {allow_insecure_http = true, proxy_from_environment = true, http1_only = true}
local OWN = {struct_size = true, header_count = true, ca_pem_length = true} -- set here, beside what they belong to

local function set(struct, key, value, kept)
  local has_time, _ = pcall(function() return struct[key .. "_ms"] end)
  local is_known = has_time or pcall(function() return struct[key] end)
  if not is_known or OWN[key] or type(value) == "function" then error("dosai: unknown option: " .. tostring(key), 0) end
  if key == "headers" then return set_headers(struct, value, kept) end
  if has_time then
    key, value = key .. "_ms", value < 0 and -1 or math.ceil(value * 1000)
  end
  if type(value) == "string" then
    struct[key] = c_text(value, kept)
    if key == "ca_pem" then struct.ca_pem_length = #value end
  elseif key == "cancel" and type(value) == "table" and value.handle then
    kept[#kept + 1], struct[key] = value, value.handle
  else
    if FLAGS[key] and type(value) == "boolean" then value = value and 1 or 0 end
    if not tonumber(value) then error("dosai: wrong type: " .. key, 0) end
    struct[key] = value
    if tonumber(struct[key]) ~= value then error("dosai: " .. key .. " is out of range", 0) end
  end
end

-- A struct of options, and what must live as long. Times are in seconds; negative: none.
function native.options(name, values)
  local struct, kept = ffi.new("dosai_" .. name), {}
  C["dosai_" .. name .. "_init"](struct, ffi.sizeof(struct))
  for key, value in pairs(values) do set(struct, key, value, kept) end
  return struct, kept
end

return native
