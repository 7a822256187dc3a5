-- For Neovim: `:Dosai QUESTION` writes the answer at the buffer's end as it comes, and the editor goes on meanwhile.
-- `:DosaiStop` ends it. Copy this file and the folder `dosai` to ~/.config/nvim/lua, and require "ask_model".
local waiting, poll = {}, nil

-- Lets the editor go on until the loop's descriptor is readable; then all that wait look whether something came for them.
local function wait(descriptor)
  waiting[#waiting + 1] = coroutine.running()
  poll = poll or vim.loop.new_poll(descriptor)
  poll:start("r", vim.schedule_wrap(function()
    local all = waiting
    waiting = {}
    poll:stop()
    for _, one in ipairs(all) do coroutine.resume(one) end
  end))
  coroutine.yield()
end

local client, running = require("dosai").client {wait = wait}, {}

local function append(buffer, text)
  local last = vim.api.nvim_buf_get_lines(buffer, -2, -1, true)[1]
  vim.api.nvim_buf_set_lines(buffer, -2, -1, true, vim.split(last .. text, "\n"))
end

local function answer(buffer, question)
  local stream = client:stream {model = "dos-ai", messages = {{role = "user", content = question}}}
  running[stream] = true
  local is_good, failure = pcall(function()
    for chunk in stream do append(buffer, chunk.content) end
  end)
  stream:close()
  running[stream] = nil
  if not is_good then vim.notify("dosai: " .. tostring(failure), vim.log.levels.ERROR) end
end

vim.api.nvim_create_user_command("Dosai", function(given)
  coroutine.wrap(answer)(vim.api.nvim_get_current_buf(), given.args)
end, {nargs = "+"})

vim.api.nvim_create_user_command("DosaiStop", function()
  for stream in pairs(running) do stream:cancel() end
end, {})
