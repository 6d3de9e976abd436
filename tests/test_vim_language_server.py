"""Vim with ALE and `ctb lsp` shows what `ctb check` finds, at the same places, also in text that is not saved."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from needs import ALE
from test_neovim import CTB, ROOT, cases, checked

__all__ = ["cases"]  # a fixture

pytestmark = pytest.mark.editor
SCRIPT = """
set nocompatible noswapfile hidden
set runtimepath+={ale}
filetype plugin on
let g:ale_sql_ctb_lsp_executable = '{ctb}'
let g:ale_lint_on_text_changed = 'never'
runtime plugin/ale.vim
source {root}/docs/editors/ale-lsp.vim
let s:shown = {{}}
function! Linted()
  let g:over = 0
  ALELint
  let l:n = 0
  while !g:over && l:n < 12000
    sleep 5m
    let l:n += 1
  endwhile
  let l:found = ale#engine#GetLoclist(bufnr(''))
  let l:places = map(copy(l:found), '[v:val.lnum - 1, v:val.end_lnum - 1, v:val.code, v:val.type is# "E" ? 1 : 2]')
  return [g:over, l:places]
endfunction
autocmd User ALELintPost let g:over = 1
let g:ale_lint_on_enter = 0
let g:ale_lint_on_filetype_changed = 0
for s:file in readfile('{files}')
  execute 'edit ' . fnameescape(s:file)
  {typed}
  let s:shown[s:file] = Linted()
  bwipeout!
endfor
call writefile([json_encode(s:shown)], '{out}')
qa!
"""


def shown(folder: Path, files: list[Path], typed: str = "") -> dict[str, set[tuple[object, ...]]]:
    """Line, last line, code and severity of what ALE shows of each file, after the commands `typed`."""
    (folder / "files.txt").write_text("".join(f"{file}\n" for file in files))
    script, out = folder / "script.vim", folder / "out.json"
    script.write_text(
        SCRIPT.format(ale=ALE, ctb=CTB, root=ROOT, files=folder / "files.txt", typed=typed, out=out), encoding="utf-8"
    )
    # From another folder: which one the editor was started in shall not matter.
    command = ["vim", "-u", "NONE", "-N", "--not-a-term", "-es", "-S", script]
    done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, timeout=900, check=False, capture_output=True)
    assert out.is_file(), done.stdout + done.stderr
    answers = json.loads(out.read_text(encoding="utf-8"))
    assert [file for file, (over, _) in answers.items() if not over] == [], "ALE came to no end"
    return {file: {tuple(place) for place in places} for file, (_, places) in answers.items()}


def test_vim_shows_what_ctb_check_finds(cases):
    files = sorted((cases / "migrations").rglob("*.sql"))
    expected = checked(cases)
    assert len(expected) > 1000
    for file, places in shown(cases, files).items():
        name = Path(file).relative_to(cases).as_posix()
        assert places == expected.get(name, set()), name


def test_what_is_typed_is_judged_before_it_is_saved(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\nctb_rules = ctb\n")
    file = tmp_path / "migrations" / "2025-11-21_create_note.sql"
    file.parent.mkdir()
    file.write_text("BEGIN;\nCREATE TABLE note (id bigint);\nCOMMIT;\n")
    assert {code for _, _, code, _ in shown(tmp_path, [file])[str(file)]} == {"CT03", "CT06", "CT07"}
    typed = "2substitute/TABLE note/TABLE IF NOT EXISTS note/"
    assert {code for _, _, code, _ in shown(tmp_path, [file], typed)[str(file)]} == {"CT03", "CT06"}
    assert "IF NOT EXISTS" not in file.read_text()
