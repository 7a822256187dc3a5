-- JSON, as far as requests and the arguments of tools need it.
local json = {null = setmetatable({}, {__tostring = function() return "null" end})}
local List = {} -- the metatable of a list that may be empty

function json.list(values) return setmetatable(values, List) end

local ESCAPES = {['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t"}

local function text(value)
  return '"' .. value:gsub('[%c"\\]', function(one) return ESCAPES[one] or ("\\u%04x"):format(one:byte()) end) .. '"'
end

local function number(value)
  if value ~= value or value == math.huge or value == -math.huge then error("JSON has no such number: " .. tostring(value), 0) end
  if value == math.floor(value) and math.abs(value) < 2 ^ 53 then return ("%d"):format(value) end
  local short = ("%.14g"):format(value)
  return tonumber(short) == value and short or ("%.17g"):format(value)
end

-- An empty table is an object, unless json.list made it. What has a field json of its own kind is written as that.
function json.encode(value)
  local kind = type(value)
  if kind == "string" then return text(value) end
  if kind == "number" then return number(value) end
  if kind == "boolean" or kind == "nil" or value == json.null then return tostring(value == nil and json.null or value) end
  if kind ~= "table" then error("JSON has no " .. kind, 0) end
  local meta, parts = getmetatable(value), {}
  if meta and meta.is_raw then return value.json end
  if meta == List or #value > 0 then
    local count = 0
    for _ in pairs(value) do count = count + 1 end
    if count ~= #value then error("JSON has no list with gaps or names", 0) end
    for at = 1, #value do parts[at] = json.encode(value[at]) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, member in pairs(value) do parts[#parts + 1] = text(tostring(key)) .. ":" .. json.encode(member) end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- ---- reading

local function wrong(at) error("this is not JSON, from byte " .. at, 0) end

local function utf8(code)
  if code < 0x80 then return string.char(code) end
  if code < 0x800 then return string.char(0xC0 + math.floor(code / 64), 0x80 + code % 64) end
  if code < 0x10000 then return string.char(0xE0 + math.floor(code / 4096), 0x80 + math.floor(code / 64) % 64, 0x80 + code % 64) end
  return string.char(0xF0 + math.floor(code / 262144), 0x80 + math.floor(code / 4096) % 64, 0x80 + math.floor(code / 64) % 64, 0x80 + code % 64)
end

local PLAIN = {b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/"}

local function string_at(source, at)
  local parts = {}
  while true do
    local stop = source:find('["\\%z\1-\31]', at)
    if not stop then wrong(at) end
    parts[#parts + 1] = source:sub(at, stop - 1)
    local mark, kind = source:sub(stop, stop), source:sub(stop + 1, stop + 1)
    if mark == '"' then return table.concat(parts), stop + 1 end
    at = stop + 2
    if mark == "\\" and kind == "u" then
      local code = tonumber(source:match("^%x%x%x%x", at) or wrong(at), 16)
      local low = code >= 0xD800 and code < 0xDC00 and source:match("^\\u([dD][c-fC-F]%x%x)", at + 4)
      parts[#parts + 1] = utf8(low and 0x10000 + (code - 0xD800) * 1024 + tonumber(low, 16) - 0xDC00 or code >= 0xD800 and code < 0xE000 and 0xFFFD or code)
      at = at + (low and 10 or 4)
    else
      parts[#parts + 1] = mark == "\\" and PLAIN[kind] or wrong(stop)
    end
  end
end

local value_at

local function members(source, at, close, read)
  at = source:find("%S", at) or wrong(at)
  if source:sub(at, at) == close then return at + 1 end
  while true do
    at = source:find("%S", read(at)) or wrong(at)
    local mark = source:sub(at, at)
    if mark == close then return at + 1 end
    if mark ~= "," then wrong(at) end
    at = at + 1
  end
end

function value_at(source, at)
  at = source:find("%S", at) or wrong(at)
  local mark = source:sub(at, at)
  if mark == '"' then return string_at(source, at + 1) end
  if mark == "{" or mark == "[" then
    local made = mark == "[" and json.list {} or {}
    return made, members(source, at + 1, mark == "[" and "]" or "}", function(from)
      local key = #made + 1
      if mark == "{" then
        from = source:match('^%s*"()', from) or wrong(from)
        key, from = string_at(source, from)
        from = source:match("^%s*:()", from) or wrong(from)
      end
      made[key], from = value_at(source, from)
      return from
    end)
  end
  for word, value in pairs {["true"] = true, ["false"] = false, null = json.null} do
    if source:sub(at, at + #word - 1) == word then return value, at + #word end
  end
  local digits = source:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at) or wrong(at)
  return tonumber(digits) or wrong(at), at + #digits
end

function json.decode(source)
  local value, at = value_at(source, 1)
  if source:find("%S", at) then wrong(at) end
  return value
end

return json
