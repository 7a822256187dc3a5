-- The example for Neovim, in it: nvim --headless -u NONE -i NONE -n -c "luafile tests/neovim.lua"
package.path = os.getenv("LUA_PATH")
local function print(text) io.stdout:write(text) end

local function use(script)
  vim.loop.os_setenv("DOSAI_BASE_URL", (os.getenv("DOSAI_TEST_URL"):gsub("NAME", script)))
  package.loaded.ask_model = nil
  require "ask_model"
end

local function text(buffer) return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, true), "\n") end
local function wait(condition)
  if not vim.wait(20000, condition, 5) then error("it does not come: " .. text(0), 2) end
end

local function test(name, work)
  local is_good, failure = pcall(work)
  print(is_good and "ok " .. name .. "\n" or name .. ": " .. failure)
  if not is_good then vim.cmd "cquit" end
end

test("five at once", function()
  use "hello.cut5"
  local buffers = {}
  for at = 1, 5 do
    vim.cmd "new"
    buffers[at] = vim.api.nvim_get_current_buf()
    vim.cmd "Dosai Hello!"
  end
  for _, buffer in ipairs(buffers) do
    wait(function() return text(buffer) == "Hello! How can I help you today?" end)
  end
end)

test("the editor goes on, and a stop", function()
  use "endless"
  vim.cmd "new"
  local told
  vim.notify = function(message) told = message end
  vim.cmd "Dosai Hello!"
  wait(function() return text(0) == "0 1 2 " end)
  local ticks, timer = 0, vim.loop.new_timer()
  timer:start(5, 5, function() ticks = ticks + 1 end)
  wait(function() return ticks > 10 end)
  if told then error(told) end
  vim.cmd "DosaiStop"
  wait(function() return told end)
  if not told:find "^dosai: CANCELLED" then error(told) end
end)

vim.cmd "Dosai Hello!" -- and an end in the middle
vim.cmd "qall!"
