-- The calls of a client. Who waits for one of them steps the loop, and keeps what comes for the others.
local ffi = require("ffi")
local native = require("dosai.native")
local answers = require("dosai.answers")
local C, check = native.C, answers.check
local UNREAD = 256 * 1024 -- bytes of one call; then its connection waits
local Loop, Call = {}, {}
Loop.__index, Call.__index = Loop, Call

local YIELDING = {has_news = function() return true end} -- what a coroutine waits for that yields by itself

local event, failure = ffi.new("const dosai_event *[1]"), ffi.new("dosai_error *[1]")

local function close_loop(handle) C.dosai_loop_close(handle, nil, nil, nil) end

local function let_go(handle)
  C.dosai_call_cancel(handle)
  C.dosai_call_free(handle)
end

function Loop.new(client_options, loop_options, wait)
  local options, kept = native.options("client_options", client_options)
  local client, loop = ffi.new("dosai_client *[1]"), ffi.new("dosai_loop *[1]")
  check(C.dosai_client_new(options, client, failure), failure)
  local handle = ffi.gc(client[0], C.dosai_client_free)
  check(C.dosai_loop_new(native.options("loop_options", loop_options), loop, failure), failure)
  kept = nil -- the client has copied it
  return setmetatable({client = handle, handle = ffi.gc(loop[0], close_loop), wait = wait, last_tag = 0,
    delivered = 0, waits = setmetatable({}, {__mode = "v"}), eldest = 1, latest = 0, passed = setmetatable({}, {__mode = "k"}),
    calls = setmetatable({}, {__mode = "v"}), waiting = setmetatable({}, {__mode = "k"})}, Loop)
end

-- Makes a call: by a function of the library, with what comes before its options.
function Loop:submit(submit, options, ...)
  if not self.handle then error(answers.failed("INVALID_ARGUMENT", "the client is closed"), 0) end
  local tag, out, given = self.last_tag + 1, ffi.new("dosai_call *[1]"), {...}
  local count = select("#", ...)
  given[count + 1], given[count + 2], given[count + 3], given[count + 4] = options, tag, out, failure
  check(submit(self.handle, self.client, unpack(given, 1, count + 4)), failure)
  self.last_tag = tag
  local call = setmetatable({loop = self, handle = ffi.gc(out[0], let_go), tag = tag, first = 1, count = 0, bytes = 0, chunks = {}}, Call)
  self.calls[tag] = call
  return call
end

-- A step makes the descriptor unreadable. It is readable again for the others in `wait`, but not because of one coroutine
-- more than once after a delivery: the one that has not looked may never look.
function Loop:step(timeout, has_passed)
  check(C.dosai_loop_step(self.handle, timeout, nil, nil, nil, failure), failure)
  self.is_roused = false
  if not has_passed then self:rouse() end
end

-- What was delivered may be for another in `wait`: makes the descriptor readable for it.
function Loop:rouse()
  while self.eldest <= self.latest and (not self.waits[self.eldest] or self.waits[self.eldest].is_over) do
    self.eldest = self.eldest + 1
  end
  local eldest = self.waits[self.eldest]
  if eldest and eldest.seen < self.delivered and not self.is_roused and self.handle then
    self.is_roused = true
    C.dosai_loop_wake(self.handle)
  end
end

-- Hands out one event; false: there is none.
function Loop:deliver()
  if not self.handle or C.dosai_loop_next(self.handle, event, nil) ~= 0 or event[0] == nil then return false end
  self.delivered = self.delivered + 1
  local one = event[0]
  local call = self.calls[tonumber(one.tag)]
  if not call then return true end
  if one.chunk ~= nil then
    call:add(answers.chunk(one.chunk))
  elseif one.completion ~= nil then
    call.last = answers.completion(one.completion)
  elseif one.response ~= nil then
    call.last = answers.response(one.response)
  else
    call.failure = answers.error(one.error)
  end
  return true
end

function Loop:rest()
  if self.wait then
    local mine = {seen = self.delivered}
    self.latest = self.latest + 1
    self.waits[self.latest] = mine
    self.wait(C.dosai_loop_fd(self.handle))
    mine.is_over = true
  end
  if not self.handle then return end
  local me = coroutine.running() or self
  local has_passed = self.passed[me] == self.delivered
  self.passed[me] = self.delivered
  self:step(self.wait and 0 or -1, has_passed)
end
jit.off(Loop.rest) -- so that Ctrl-C, which the interpreter looks for, is seen

-- Hands out what is there, but not much at once. It is compiled, and what calls it is not.
local function deliver_some(self)
  for at = 1, 32 do
    if not self:deliver() then return at > 1 end
  end
  return true
end

function Loop:drain()
  local has_delivered = deliver_some(self)
  if has_delivered then self:rouse() end
  return has_delivered
end
jit.off(Loop.drain)

function Loop:pump(call)
  if not self:drain() then self:await(call) end
end
jit.off(Loop.pump)

-- In a coroutine of together(), lets the others go on until `call` has news; anywhere else, steps the loop.
function Loop:await(call)
  local thread = coroutine.running()
  if thread and self.waiting[thread] then
    self.waiting[thread] = call
    coroutine.yield()
    self.waiting[thread] = YIELDING
  elseif call ~= YIELDING then
    self:rest()
  elseif self.handle then
    self:step(0)
  end
end
jit.off(Loop.await)

-- Runs each function in a coroutine; where one waits or yields, another goes on. What one throws is thrown at once.
function Loop:together(functions)
  local threads, results, count, left, waiting = {}, {}, #functions, #functions, self.waiting
  local function go_on(at)
    local thread = threads[at]
    local is_good, result = coroutine.resume(thread)
    if not is_good then error(result, 0) end
    if coroutine.status(thread) == "dead" then threads[at], results[at], left = nil, result, left - 1 end
  end
  local function has_news()
    for at = 1, count do
      if threads[at] and waiting[threads[at]]:has_news() then return true end
    end
  end
  for at = 1, count do
    threads[at] = coroutine.create(functions[at])
    waiting[threads[at]] = YIELDING
    go_on(at)
  end
  while left > 0 do
    local has_moved, has_yielded = false, false
    for at = 1, count do
      local call = threads[at] and waiting[threads[at]]
      if call and call:has_news() then
        has_moved, has_yielded = true, has_yielded or call == YIELDING
        go_on(at)
      end
    end
    if left > 0 and (has_yielded or not has_moved) then
      self:await(has_yielded and YIELDING or {has_news = has_news})
      while self:drain() do end
    end
  end
  return results
end

function Loop:close()
  if not self.handle then return end
  for _, call in pairs(self.calls) do call:cancel() end
  pcall(self.step, self, 0) -- in a forked child, it fails
  while self:deliver() do end
  for _, call in pairs(self.calls) do
    if not call.last and not call.failure then call.failure = answers.failed("CANCELLED", "the client was closed") end
  end
  close_loop(ffi.gc(self.handle, nil))
  C.dosai_client_free(ffi.gc(self.client, nil))
  self.handle, self.client = nil, nil
end

-- ---- one call, with what has come for it and is unread

function Call:has_news() return self.count > 0 or self.last or self.failure end

function Call:add(chunk)
  self.chunks[self.first + self.count] = chunk
  self.count, self.bytes = self.count + 1, self.bytes + #(chunk.json or chunk.text)
  if self.bytes >= UNREAD and not self.is_paused then
    self.is_paused = true
    C.dosai_call_pause(self.handle)
  end
end

function Call:cancel()
  self.is_cancelled = true
  if self.handle then C.dosai_call_cancel(self.handle) end
end

local function clear(call)
  call.chunks, call.first, call.count, call.bytes = {}, 1, 0, 0
  if call.is_paused then
    call.is_paused = false
    C.dosai_call_resume(call.handle)
  end
end

-- Waits for a chunk; nil: the call is over. Of a cancelled call, what is unread is thrown away.
function Call:next()
  while true do
    if self.is_cancelled and self.count > 0 then clear(self) end
    if self.count > 0 then
      local chunk = self.chunks[self.first]
      self.chunks[self.first], self.first, self.count = nil, self.first + 1, self.count - 1
      if self.count == 0 and self.bytes > 0 then
        self.first, self.bytes = 1, 0
        if self.is_paused then clear(self) end
      end
      return chunk
    end
    if self.last or self.failure then return nil end
    self.loop:pump(self)
  end
end

-- How it ended.
function Call:result()
  while self:next() do end
  local last, wrong = self.last, self.failure
  self:release()
  if wrong then error(wrong, 0) end
  if self.is_cancelled then -- before its end was read
    error(answers.failed("CANCELLED", "the call was cancelled", last.choices and last or nil), 0)
  end
  return last
end

-- Lets the call go; if it still runs, it is cancelled.
function Call:release()
  if not self.handle then return end
  let_go(ffi.gc(self.handle, nil))
  self.handle = nil
  self.loop.calls[self.tag] = nil
  if self.last or self.failure then return end
  self.failure = answers.failed("CANCELLED", "the stream was closed")
  self.chunks, self.first, self.count = {}, 1, 0
  if self.loop.handle then pcall(self.loop.step, self.loop, 0) end -- now
end

return Loop
