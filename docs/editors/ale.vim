" ALE shows what the team's guide says of the migration in the buffer, saved or not. Source this from your vimrc.
" ALE's own `sqlfluff` linter copies the buffer to a temporary folder, where a migration has another path; this one hands
" it over by name. sqlfluff runs in the folder of the nearest .sqlfluff.

let g:ale_sql_ctb_executable = get(g:, 'ale_sql_ctb_executable', 'sqlfluff')

function! CtbHandle(buffer, lines) abort
  let l:found = []
  for l:file in json_decode(empty(a:lines) ? '[]' : join(a:lines))
    for l:one in l:file.violations
      call add(l:found, {
      \ 'lnum': l:one.start_line_no,
      \ 'col': l:one.start_line_pos,
      \ 'code': l:one.code,
      \ 'text': l:one.description,
      \ 'type': get(l:one, 'warning', v:false) ? 'W' : 'E',
      \})
    endfor
  endfor
  return l:found
endfunction

function! CtbRoot(buffer) abort
  return fnamemodify(ale#path#FindNearestFile(a:buffer, '.sqlfluff'), ':h')
endfunction

call ale#linter#Define('sql', {
\ 'name': 'ctb',
\ 'executable': {buffer -> ale#Var(buffer, 'sql_ctb_executable')},
\ 'cwd': function('CtbRoot'),
\ 'command': '%e lint --format json --stdin-filename %s -',
\ 'callback': 'CtbHandle',
\})

let g:ale_linters = get(g:, 'ale_linters', {})
let g:ale_linters.sql = ['ctb']
