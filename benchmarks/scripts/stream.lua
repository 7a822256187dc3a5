-- Streams in LuaJIT: the CPU of the process a chunk, by the binding and by luasocket with cjson.
-- usage: MODE BASE CALLS   MODE: dosai or native; the calls are one behind the other, on one connection.
-- Prints nanoseconds of CPU, chunks, and bytes of text.
local here = arg[0]:match("^(.*)/benchmarks/") .. "/bindings/luajit"
package.path = here .. "/?.lua;" .. here .. "/?/init.lua;" .. package.path
local mode, base, calls = arg[1], arg[2], tonumber(arg[3])
local messages, once = {{role = "user", content = "Hello!"}}, nil

if mode == "dosai" then
  local client = require("dosai").client {base_url = base, max_text_bytes = -1}
  function once()
    local chunks, text = 0, {}
    for chunk in client:stream {model = "m", messages = messages} do
      chunks = chunks + 1
      text[chunks] = chunk.content
    end
    return chunks, #table.concat(text)
  end
else -- luasocket's own http closes each connection
  package.cpath = package.cpath .. ";/usr/lib/x86_64-linux-gnu/lua/5.1/?.so"
  package.path = package.path .. ";/usr/share/lua/5.1/?.lua"
  local socket, cjson = require("socket"), require("cjson")
  local host, port, path = base:match("^http://([^:/]+):(%d+)(.*)$")
  local connection = assert(socket.connect(host, tonumber(port)))
  connection:setoption("tcp-nodelay", true)
  function once()
    local body = cjson.encode {model = "m", messages = messages, stream = true}
    connection:send(("POST %s/chat/completions HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"):format(path, host, #body, body))
    repeat local line = assert(connection:receive("*l")) until line == ""
    local chunks, text, rest = 0, {}, ""
    while true do
      local size = tonumber(assert(connection:receive("*l")):match("^%x+"), 16)
      local part = size > 0 and assert(connection:receive(size)) or ""
      connection:receive("*l")
      if size == 0 then return chunks, #table.concat(text) end
      rest = rest .. part
      local from = 1
      for line, after in rest:gmatch("([^\n]*)\n()") do
        from = after
        if line:sub(1, 6) == "data: " and line ~= "data: [DONE]" then
          local choice = cjson.decode(line:sub(7)).choices[1]
          chunks = chunks + 1
          text[chunks] = choice and type(choice.delta.content) == "string" and choice.delta.content or ""
        end
      end
      rest = rest:sub(from)
    end
  end
end

local before, chunks, text = os.clock(), 0, 0
for _ = 1, calls do
  local some, bytes = once()
  chunks, text = chunks + some, text + bytes
end
print(("%.0f %d %d"):format((os.clock() - before) * 1e9, chunks, text))
