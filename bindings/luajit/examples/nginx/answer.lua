-- Streams the answer to a request's body. Each worker of nginx loads this at its first request, and has one client: made in
-- init_by_lua, before the workers are, it would work in none.
--
-- nginx's Lua has no way to wait for a descriptor: so each stream that waits looks again every 5 ms.
local client = require("dosai").client {wait = function() ngx.sleep(0.005) end}

local function body()
  ngx.req.read_body()
  local path = ngx.req.get_body_file() -- of a long one
  if not path then return ngx.req.get_body_data() end
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

return function()
  local question = {role = "user", content = body() or "Hello!"}
  local stream = client:stream {model = "dos-ai", messages = {question}}
  ngx.on_abort(function() stream:cancel() end) -- the visitor has left
  local is_good, failure = pcall(function()
    for chunk in stream do
      ngx.print(chunk.content)
      ngx.flush(true)
    end
  end)
  if not is_good then
    ngx.log(ngx.ERR, tostring(failure))
    if not ngx.headers_sent then ngx.exit(ngx.HTTP_BAD_GATEWAY) end
    ngx.exit(ngx.ERROR) -- the visitor sees that the answer is cut
  end
end
