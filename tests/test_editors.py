"""A real editor shows what the guide says, at the line, while a migration is typed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from needs import ALE

pytestmark = pytest.mark.editor

ROOT = Path(__file__).parent.parent
BAD = "BEGIN;\nDO $$ BEGIN\n    EXECUTE 'ALTER TABLE company.master DROP COLUMN fax';\nEND $$;\nCOMMIT;\n"
SCRIPT = """
set nocompatible noswapfile
set runtimepath+={ale}
filetype plugin on
let g:ale_sql_ctb_executable = '{sqlfluff}'
let g:ale_lint_on_enter = 0
runtime plugin/ale.vim
source {root}/docs/editors/ale.vim
edit {file}
{typed}
let g:over = 0
autocmd User ALELintPost let g:over = 1
ALELint
let s:n = 0
while !g:over && s:n < 600
  sleep 100m
  let s:n += 1
endwhile
sleep 100m
call writefile([json_encode([g:over, map(getloclist(0), '[v:val.lnum, v:val.col, v:val.text, v:val.type]')])], '{out}')
qa!
"""


@pytest.fixture
def migration(tmp_path):
    """A migration in a repository, with what an editor's sqlfluff reads."""
    shutil.copy(ROOT / ".sqlfluff", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nctb_rules = ctb\n")
    path = tmp_path / "migrations" / "2025-11-21_drop_fax.sql"
    path.parent.mkdir()
    path.write_text(BAD)
    return path


def shown(path: Path, typed: str = "") -> list[tuple[int, int, str]]:
    """Line, column and code of each entry in Vim's location list, when the commands `typed` have been given."""
    return [(line, column, text.partition(":")[0]) for line, column, text, _ in entries(path, typed)]


def entries(path: Path, typed: str = "") -> list[tuple[int, int, str, str]]:
    """The entries of Vim's location list: line, column, text, and `E` or `W`."""
    script, out = path.parent.parent / "test.vim", path.parent.parent / "out.json"
    sqlfluff = Path(sys.executable).with_name("sqlfluff")
    script.write_text(SCRIPT.format(ale=ALE, sqlfluff=sqlfluff, root=ROOT, file=path, typed=typed, out=out))
    # From another folder: which one the editor was started in shall not matter.
    command = ["vim", "-u", "NONE", "-N", "--not-a-term", "-es", "-S", script]
    subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, timeout=120, check=False, capture_output=True)
    linted, found = json.loads(out.read_text())
    assert linted, "ALE came to no end: an empty list would prove nothing"
    return [(line, column, text, kind) for line, column, text, kind in found]


def test_vim_with_ale(migration):
    assert shown(migration) == [
        (1, 1, "CTB_CT03"),
        (3, 5, "CTB_CT07"),
        (3, 5, "CTB_CT08"),
        (5, 1, "CTB_CT06"),
    ]


def test_what_is_typed_is_judged_before_it_is_saved(migration):
    found = shown(migration, "3substitute/DROP COLUMN fax/ADD COLUMN IF NOT EXISTS fax text/")
    assert found == [(1, 1, "CTB_CT03"), (5, 1, "CTB_CT06")]
    assert migration.read_text() == BAD


def test_a_file_elsewhere_is_none_of_ours(migration):
    other = migration.parent.parent / "query.sql"
    other.write_text(BAD)
    (migration.parent.parent / "other").mkdir()
    assert shown(other.rename(migration.parent.parent / "other" / "query.sql")) == []


def test_what_may_block_is_a_warning_while_it_is_typed(migration):
    """A hint, not an error; and none for a table that the file makes."""
    (migration.parent.parent / "pytest.ini").write_text("[pytest]\nctb_rules = online\n")
    typed = "3substitute/ALTER.*fax/ALTER TABLE company.master ALTER name SET NOT NULL/"
    ((line, column, text, kind),) = entries(migration, typed)
    assert (line, column, kind) == (3, 5, "W")
    assert "may block reads of company.master; the replay decides" in text
    assert entries(migration, f"{typed}\n1substitute/BEGIN;/BEGIN; CREATE TABLE company.master (name text);/") == []
