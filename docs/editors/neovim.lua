-- Neovim's own language client, from version 0.7 on: findings of `ctb lsp` while you write SQL.
-- In init.lua: dofile('path/to/neovim.lua'), or copy these lines.
local function attach(arguments)
  local file = vim.api.nvim_buf_get_name(arguments.buf)
  local config = vim.fs and vim.fs.find({ 'pytest.ini', 'pyproject.toml' }, { upward = true, path = file })[1]
  local client = vim.g.ctb_client
  if client == nil then
    client = vim.lsp.start_client({
      name = 'ctb',
      cmd = { vim.g.ctb_executable or 'ctb', 'lsp' },
      root_dir = config and vim.fn.fnamemodify(config, ':h') or vim.fn.getcwd(),
      on_exit = vim.schedule_wrap(function() vim.g.ctb_client = nil end),
    })
    vim.g.ctb_client = client
  end
  vim.lsp.buf_attach_client(arguments.buf, client)
end

vim.api.nvim_create_autocmd('FileType', { pattern = 'sql', callback = attach })

-- Replay the file in the current buffer with `pytest --ctb`; its findings appear beside those of the text.
vim.api.nvim_create_user_command('CtbReplay', function()
  local uri = vim.uri_from_bufnr(0)
  vim.lsp.buf_request(0, 'workspace/executeCommand', { command = 'ctb.replay', arguments = { uri } },
    function(_, answer) print(answer) end)
end, {})
