"""sqlfluff finds the repository upwards from the file that it lints, wherever it is called, and reads nothing before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OWN = """code: XX01
title: No truncate
what: Nothing is truncated.
why: Because.
source: ours
forbid: [TRUNCATE]
message: '{statement} is not allowed here'
"""
FILE = "2025-11-22_empty_fax.sql"
TRUNCATE = "BEGIN;\nTRUNCATE s.fax;\nCOMMIT;\n"


@pytest.fixture
def team(tmp_path):
    """A repository with one guideline of its own, which a migration breaks, and a file beside it that is none."""
    root = tmp_path / "team"
    for folder in ("migrations/old", "queries", "rules"):
        (root / folder).mkdir(parents=True)
    (root / "migrations" / FILE).write_text(TRUNCATE)
    (root / "queries" / FILE).write_text(TRUNCATE)
    (root / "rules" / "no-truncate.yml").write_text(OWN)
    (root / "rules" / "_profile.yml").write_text("extends: none\n")
    (root / "pytest.ini").write_text("[pytest]\n")
    return root


def lint(folder, *arguments, said=None):
    """The code, line and column of each finding, by the file's absolute path, called in a folder."""
    command = [sys.executable, "-m", "sqlfluff", "lint", "--format", "json", "--config", ROOT / ".sqlfluff", *arguments]
    done = subprocess.run(command, cwd=folder, input=said, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return {
        Path(os.path.normpath(folder / file["filepath"])): [
            (finding["code"], finding["start_line_no"], finding["start_line_pos"]) for finding in file["violations"]
        ]
        for file in json.loads(done.stdout)
        if file["violations"]
    }


BROKEN = [("CTB_XX01", 2, 1)]


@pytest.mark.parametrize(
    ("folder", "argument"),
    [
        (".", "."),
        ("migrations", "."),
        ("migrations", FILE),
        ("migrations/old", ".."),
        ("queries", "../migrations"),
        ("..", "team"),
        ("/", "{}"),
        ("/", "{}/migrations/old/../" + FILE),
    ],
)
def test_from_every_folder_it_finds_the_same(team, folder, argument):
    argument = argument.format(team)
    assert lint(team / folder, argument) == {team / "migrations" / FILE: BROKEN}


@pytest.mark.parametrize("processes", ["2"])
def test_so_do_its_processes(team, processes):
    (team / "migrations" / "old" / FILE).write_text(TRUNCATE)
    files = (team / "migrations" / FILE, team / "migrations" / "old" / FILE)
    assert lint(team / "..", "-p", processes, "team") == dict.fromkeys(files, BROKEN)


def test_a_text_that_an_editor_hands_over(team):
    for folder, name in (
        ("migrations", FILE),
        ("queries", f"../migrations/{FILE}"),
        ("/", str(team / "migrations" / FILE)),
    ):
        (findings,) = lint(team / folder, "--stdin-filename", name, "-", said=f"\n{TRUNCATE}").values()
        assert findings == [("CTB_XX01", 3, 1)]
    assert lint(team / "migrations", "--stdin-filename", "../queries/x.sql", "-", said=TRUNCATE) == {}


def test_what_the_ini_file_says_holds(team):
    """Where migrations and guidelines lie, and whose files they are: as for pytest."""
    (team / "pytest.ini").unlink()
    (team / "rules").rename(team / "guide")
    (team / "migrations").rename(team / "changes")
    (team / "pytest.toml").write_text('[pytest]\nctb_migrations = ["changes"]\nctb_rules = "guide"\n')
    assert lint(team / "changes", ".") == {team / "changes" / FILE: BROKEN}
    assert lint(team / "queries", ".") == {}


def test_without_an_ini_file_the_folder_above_the_migrations_is_the_root(team):
    (team / "pytest.ini").unlink()
    assert lint(team / "migrations", ".") == {team / "migrations" / FILE: BROKEN}
    assert lint(team.parent, "team") == {team / "migrations" / FILE: BROKEN}
    assert lint(team / "queries", ".") == {}


def test_two_repositories_have_their_own_guidelines(team):
    """The one of the file holds, not that of the folder in which sqlfluff is called."""
    other = team.parent / "other"
    (other / "migrations").mkdir(parents=True)
    (other / "rules").mkdir()
    (other / "pytest.ini").write_text("[pytest]\n")
    (other / "rules" / "no-truncate.yml").write_text(f"{OWN}level: 'off'\n")
    (other / "rules" / "_profile.yml").write_text("extends: none\n")
    (other / "migrations" / FILE).write_text(TRUNCATE)
    assert lint(other, ".", "../team") == {team / "migrations" / FILE: BROKEN}


def test_a_folder_named_migrations_elsewhere_below_the_root_is_none_of_ours(team):
    (team / "vendor" / "migrations").mkdir(parents=True)
    (team / "vendor" / "migrations" / FILE).write_text(TRUNCATE)
    assert lint(team / "vendor" / "migrations", ".") == {}


def test_sqlfluff_may_say_otherwise(team):
    """`[sqlfluff:rules]` comes first; its folders may belong to any folder above the file."""
    config = (ROOT / ".sqlfluff").read_text()
    inner = team / "services" / "shop"
    (inner / "db").mkdir(parents=True)
    (inner / "db" / FILE).write_text(TRUNCATE)
    (inner / ".sqlfluff").write_text(f"{config}\n[sqlfluff:rules]\nctb_migrations = db\nctb_rules = ../../rules\n")
    assert lint(inner, ".") == {inner / "db" / FILE: BROKEN}


def test_an_ini_file_that_cannot_be_read_is_no_pass(team):
    (team / "pytest.ini").write_text("[pytest]\n[pytest]\n")
    (findings,) = lint(team, "migrations").values()
    assert {code for code, *_ in findings} >= {"CTB_CT08", "CTB_CT05"}


def test_nothing_is_read_when_the_modules_are_imported(team):
    """Only when sqlfluff asks for the rules."""
    script = (
        "import sys\n"
        "from sqlfluff.core import FluffConfig\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' else None)\n"
        "import pytest_ctb.editors.sqlfluff_rules as rules\n"
        "read = [name for name in opened if name.endswith(('.yml', '.ini', '.toml', '.cfg', '.sql'))]\n"
        "assert read == [], read\n"
        "assert 'CTB_XX01' in [rule.code for rule in rules.rules()]\n"
        "assert any(name.endswith('no-truncate.yml') for name in opened)\n"
        "assert rules.Rule_CTB_XX01 is rules.rules()[-1]\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], cwd=team / "migrations", check=True)
