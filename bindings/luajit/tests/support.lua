local ffi = require("ffi")
local dosai = require("dosai")
ffi.cdef [[
struct timespec_of_tests { long sec, nsec; };
int clock_gettime(int clock, struct timespec_of_tests *out);
int fork(void); void _exit(int); int waitpid(int, int *, int); int usleep(unsigned); int kill(int, int); int getpid(void);
struct pollfd_of_tests { int fd; short events, revents; };
int poll(struct pollfd_of_tests *fds, unsigned long count, int timeout);
]]
io.stdout:setvbuf("no") -- for a forked child would write it again
local support = {question = {model = "m", messages = {{role = "user", content = "Hello!"}}}, url = os.getenv("DOSAI_TEST_URL"),
  choices = os.getenv("DOSAI_TEST_CHOICES")}

function support.now()
  local time = ffi.new("struct timespec_of_tests")
  ffi.C.clock_gettime(1, time)
  return tonumber(time.sec) + tonumber(time.nsec) / 1e9
end

function support.client(script, options)
  local given = {base_url = support.url:gsub("NAME", script), api_key = "k", max_retries = -1, total_timeout = 20}
  for key, value in pairs(options or {}) do given[key] = value end
  return dosai.client(given)
end

function support.same(wanted, found)
  if wanted ~= found then error(tostring(found) .. " is not " .. tostring(wanted), 2) end
end

function support.fails(status, work, ...)
  local is_good, failure = pcall(work, ...)
  if is_good or getmetatable(failure) ~= dosai.Error or failure.status ~= status then
    error(tostring(failure) .. " is not " .. status, 2)
  end
  return failure
end

function support.contents(stream)
  local parts = {}
  for chunk in stream do parts[#parts + 1] = chunk.content end
  return table.concat(parts)
end

-- Waits until no connection of a script is open.
function support.gone(script)
  local server, stats = dosai.client {base_url = (support.url:gsub("/s/.*", ""))}, nil
  for _ = 1, 500 do
    stats = dosai.json.decode(server:get("/stats/" .. script).json)
    if stats.connections > 0 and stats.ended == stats.connections then return end
    ffi.C.usleep(10000)
  end
  error("connections stay open: " .. stats.connections - stats.ended)
end

function support.took(since, limit) print(("took %.3f %d"):format((support.now() - since) * 1000, limit)) end

function support.test(name, work)
  work()
  print("ok " .. name)
end

return support
