"""What is repaired without judgement: by `sqlfluff fix` and by ours alike, once and for all, and so that it holds."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest
from sqlfluff.core import FluffConfig, Linter

from cases import BEFORE, RULES, Case, cases
from pytest_ctb.checks import checks
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide import fixes
from pytest_ctb.guide import guideline_files as guidelines
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import question_of_file
from pytest_ctb.model import Edit
from pytest_ctb.repository.migration import BYTE_ORDER_MARK, parse_migration

BY_TEXT = {name for name, one in checks().items() if one.by_text is not None}
OPTIONS = {"dialect": "postgres", "templater": "raw", "rules": "ctb", "ignore": "parsing"}


def guide(root):
    """Every guideline, as the repository sets it."""
    for one in RULES.glob("*.yml"):
        if not (root / "rules" / one.name).exists():
            shutil.copy(one, root / "rules")
    return guidelines.load(root, root / "rules", {name: one.options for name, one in checks().items()})


def left(migration, every):
    """What all guidelines still say of the text."""
    found = []
    for one in every:
        try:
            found += judge(question_of_file(one, migration))
        except NotJudgedError:
            continue
    return [one for one in found if one.status == "new"]


@pytest.mark.parametrize("case", [one for one in cases() if one.guideline in BY_TEXT], ids=str)
def test_the_cases(case: Case, tmp_path, monkeypatch):
    """Nothing that could be repaired is left, nothing new is found, a second run changes nothing, and sqlfluff agrees."""
    suite, every = case.write(tmp_path), guide(tmp_path)
    monkeypatch.chdir(tmp_path)
    for migration in suite.repository.migrations:
        by_hand = fixes.repaired(migration, every)
        assert not [one for one in left(by_hand, every) if one.fix]
        assert fixes.repaired(by_hand, every) is by_hand
        if not migration.binary:  # of a UTF-16 file the text is first seen when it is repaired
            assert said(by_hand, every) <= said(migration, every)
        if not migration.date or migration.path == BEFORE:
            continue
        file = tmp_path / migration.path
        for _ in range(2 if case.fires else 1):
            Linter(config=FluffConfig(overrides=OPTIONS)).lint_paths(
                (str(file),), fix=True, apply_fixes=True, fix_even_unparsable=True
            )
            assert as_sqlfluff_sees(file.read_bytes()) == (
                migration.data if migration.problem else as_sqlfluff_sees(by_hand.data)
            )


def said(migration, every):
    """What is said of the text, but for the lines that a message names.

    A table that the file makes is its own only while it cannot have been there before, which IF NOT EXISTS allows.
    """
    return {
        (one.guideline, re.sub(r"line \d+", "", one.message))
        for one in left(migration, every)
        if not (one.guideline == "no-drop-column" and b"IF NOT EXISTS" in migration.data)
    }


def as_sqlfluff_sees(data):
    """It takes away a byte order mark and line ends before a rule sees them, and puts the mark back."""
    return data.removeprefix(BYTE_ORDER_MARK).replace(b"\r", b"")


def test_edits_are_made_from_the_first_to_the_last():
    edits = [
        Edit(4, 5, "E"),
        Edit(0, 0, "1"),
        Edit(0, 0, "2"),
        Edit(1, 3, "BC"),
        Edit(2, 4, "overlaps"),
        Edit(6, 6, "!"),
    ]
    assert fixes.apply("abcdef", edits) == "12aBCdEf!"
    assert fixes.apply("", [Edit(0, 0, "new")]) == "new"
    assert fixes.apply("same", []) == "same"


@pytest.mark.parametrize(
    "text",
    [
        "-- ctb:allow transaction: one\n-- ctb:allow if-not-exists: how the vendor ships it\n\nDROP TABLE company;\n",
        "SELECT 'not closed;\n",
        "",
        "-- only words\n",
    ],
)
def test_what_is_allowed_or_not_read_stays_as_it_is(text):
    every = [one for one in guide_of_this_repository() if one.id in ("transaction", "if-not-exists")]
    migration = parse_migration(text.encode(), "migrations/2025-11-20_add_score_to_company.sql")
    assert fixes.repaired(migration, every) is migration


def guide_of_this_repository():
    return guidelines.load(RULES.parent, RULES, {name: one.options for name, one in checks().items()})


def test_the_command_repairs_what_its_own_grammar_cannot_read(tmp_path):
    """As `.sqlfluff` of this repository and of the page on editors sets it."""
    shutil.copy(RULES.parent / ".sqlfluff", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nctb_rules = ctb\n")
    (tmp_path / "migrations").mkdir()
    file = tmp_path / "migrations" / "2025-11-20_add_score_to_company.sql"
    file.write_text("CREATE TEXT SEARCH CONFIGURATION search (COPY = simple);\nDROP TABLE company;\n")
    command = [sys.executable, "-m", "sqlfluff", "fix", "migrations"]
    first = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert first.returncode == 1, first.stdout + first.stderr  # no rollback block: that is left
    text = file.read_text()
    assert "\nBEGIN;\n\nCREATE TEXT SEARCH" in text
    assert "\nDROP TABLE IF EXISTS company;\n\nCOMMIT;\n" in text
    assert text.startswith("-- ----")
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert file.read_text() == text
