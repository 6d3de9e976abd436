" ALE with the language server `ctb lsp`: what it finds in the migration in the buffer, saved or not. Source this from your
" vimrc. ALE's own commands show the rest: ALEHover, ALECodeAction, and completion with `g:ale_completion_enabled`.

let g:ale_sql_ctb_lsp_executable = get(g:, 'ale_sql_ctb_lsp_executable', 'ctb')

function! CtbProject(buffer) abort
  for l:name in ['pytest.ini', 'pyproject.toml', 'tox.ini', 'setup.cfg']
    let l:file = ale#path#FindNearestFile(a:buffer, l:name)
    if !empty(l:file)
      return fnamemodify(l:file, ':h')
    endif
  endfor
  return fnamemodify(bufname(a:buffer), ':p:h')
endfunction

call ale#linter#Define('sql', {
\ 'name': 'ctb_lsp',
\ 'lsp': 'stdio',
\ 'executable': {buffer -> ale#Var(buffer, 'sql_ctb_lsp_executable')},
\ 'command': '%e lsp',
\ 'language': 'sql',
\ 'project_root': function('CtbProject'),
\})

let g:ale_linters = get(g:, 'ale_linters', {})
let g:ale_linters.sql = ['ctb_lsp']
