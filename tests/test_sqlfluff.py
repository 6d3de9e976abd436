"""sqlfluff says what pytest says: the same file, line, column and code, for every case of every guideline."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlfluff.core import FluffConfig, Linter

from cases import Case, cases
from pytest_ctb.checks import checks
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import question_of_file

ROOT = Path(__file__).parent.parent
BY_TEXT = {name for name, one in checks().items() if one.by_text is not None}
OPTIONS = {"dialect": "postgres", "templater": "raw", "rules": "ctb"}


def linted(*paths):
    """What sqlfluff finds of ours, below the working directory."""
    result = Linter(config=FluffConfig(overrides=OPTIONS)).lint_paths(paths)
    return {
        (file.path, violation.line_no, violation.line_pos, violation.rule_code())
        for folder in result.paths
        for file in folder.files
        for violation in file.get_violations()
        if violation.rule_code().startswith("CTB_")
    }


def told(suite):
    """What pytest finds by the text of each file."""
    found = set()
    for questions in suite.questions.values():
        for question in questions:
            if question.guideline.id not in BY_TEXT:
                continue
            try:
                # sqlfluff sees one file at a time.
                asked = question_of_file(question.guideline, question.migration, question.baseline, question.guide)
                findings = judge(asked)
            except NotJudgedError:
                continue
            found |= {
                (finding.file, finding.line, finding.column, f"CTB_{finding.code}")
                for finding in findings
                if finding.status == "new"
            }
    return found


@pytest.mark.registry
def test_there_is_a_rule_for_each_guideline_that_a_text_can_break():
    said = subprocess.run(
        [sys.executable, "-m", "sqlfluff", "rules"], capture_output=True, text=True, check=True
    ).stdout
    listed = set(re.findall(r"\[ctb\.(\w+)\]", said))
    assert listed == {name.replace("-", "_") for name in BY_TEXT}
    assert BY_TEXT


@pytest.mark.parametrize("case", [one for one in cases() if one.guideline in BY_TEXT], ids=str)
def test_the_cases(case: Case, tmp_path, monkeypatch):
    suite = case.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert linted("migrations") == told(suite)


def test_this_repository(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert linted("migrations", "infra") == set()


# --- as people call it -----------------------------------------------------------------------------------------------

BAD = "BEGIN;\nDO $$ BEGIN\n    EXECUTE 'ALTER TABLE company.master DROP COLUMN fax';\nEND $$;\nCOMMIT;\n"
NAME = "2025-11-21_drop_fax.sql"


@pytest.fixture
def team(tmp_path, monkeypatch):
    """A repository without guidelines of its own, and a migration in it that drops a column."""
    for folder in ("migrations", "queries"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / NAME).write_text(BAD)
    (tmp_path / ".sqlfluff").write_text((ROOT / ".sqlfluff").read_text())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sqlfluff(*arguments, said=None):
    """The findings that the command prints as JSON: path, line, column, code; and its status."""
    command = [sys.executable, "-m", "sqlfluff", "lint", "--format", "json", *arguments]
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
    found = {
        (file["filepath"], one["start_line_no"], one["start_line_pos"], one["code"])
        for file in json.loads(done.stdout)
        for one in file["violations"]
    }
    return found, done.returncode


@pytest.mark.parametrize("processes", ["1", "2"])
def test_the_command(team, processes):
    """Also with two processes, which send each other the findings; and nothing of files that are no migrations."""
    (team / "migrations" / "2025-11-22_drop_fax.sql").write_text(BAD)
    found, status = sqlfluff("-p", processes, ".")
    assert status == 1
    places = {(3, 5, "CTB_CT07"), (3, 5, "CTB_CT08"), (5, 1, "CTB_CT06")}
    assert {(line, column, code) for _, line, column, code in found} == places
    assert {Path(path).name for path, *_ in found} == {NAME, "2025-11-22_drop_fax.sql"}
    assert not any("queries" in path for path, *_ in found)


@pytest.mark.usefixtures("team")
def test_what_is_typed_and_not_saved():
    """An editor hands the text over with the name that it has."""
    text = BAD.replace("fax", "phone").replace("BEGIN;\n", "\n\nBEGIN;\n", 1)
    found, _ = sqlfluff("--stdin-filename", f"migrations/{NAME}", "-", said=text)
    assert {(line, column) for _, line, column, code in found if code == "CTB_CT08"} == {(5, 5)}


def test_noqa_and_allow(team):
    """Inside a body, which is one string to sqlfluff, it sees no noqa; `ctb:allow` holds everywhere."""
    path = team / "migrations" / NAME
    path.write_text("BEGIN;\nALTER TABLE s.t DROP COLUMN x; -- noqa: CTB_CT08\nCOMMIT;\n")
    codes = {code for *_, code in sqlfluff("migrations")[0]}
    assert "CTB_CT08" not in codes
    assert "CTB_CT07" in codes
    path.write_text(BAD.replace("DO $$", "-- ctb:allow CT08: nobody ever filled it\nDO $$"))
    codes = {code for *_, code in sqlfluff("migrations")[0]}
    assert "CTB_CT08" not in codes
    assert "CTB_CT07" in codes


def test_the_folders_and_the_guidelines_are_the_team_s(team):
    """A guideline that is off is off here too, and migrations may lie elsewhere."""
    from pytest_ctb.guide.guideline_files import packaged

    (team / "guide").mkdir()
    for one in packaged().glob("*.yml"):
        text = one.read_text(encoding="utf-8")
        if one.stem == "if-not-exists":
            text = text.replace("level: error", "level: off")
        (team / "guide" / one.name).write_text(text, encoding="utf-8")
    with (team / ".sqlfluff").open("a") as config:
        config.write("\n[sqlfluff:rules]\nctb_migrations = db/sql, queries\nctb_rules = guide\n")
    found, _ = sqlfluff(".")
    assert {code for *_, code in found} == {"CTB_CT03", "CTB_CT06", "CTB_CT08"}
    assert all("queries" in path for path, *_ in found)


OWN = """code: XX01
title: No truncate
what: Nothing is truncated.
why: Because.
source: ours
forbid: [TRUNCATE]
message: '{statement} is not allowed here'
"""


@pytest.mark.parametrize("processes", ["1", "2"])
def test_what_the_team_forbids_is_a_rule_too(team, processes):
    (team / "rules").mkdir()
    (team / "rules" / "no-truncate.yml").write_text(OWN)
    (team / "migrations" / "2025-11-22_empty_fax.sql").write_text("BEGIN;\nTRUNCATE s.fax;\nCOMMIT;\n")
    found, status = sqlfluff("-p", processes, "migrations")
    assert status == 1
    assert ("migrations/2025-11-22_empty_fax.sql", 2, 1, "CTB_XX01") in found
    assert "CTB_CT08" in {code for *_, code in found}  # it adds to the packaged ones
    said = subprocess.run(
        [sys.executable, "-m", "sqlfluff", "rules"], capture_output=True, text=True, check=True
    ).stdout
    assert "[ctb.no_truncate]" in said


def test_a_profile_by_its_name(team):
    """The profile `postgres` asks for no header and no file name of the guide."""
    with (team / ".sqlfluff").open("a") as config:
        config.write("\n[sqlfluff:rules]\nctb_rules = postgres\n")
    found, _ = sqlfluff("migrations")
    assert {code for *_, code in found} == {"CTB_CT06", "CTB_CT07", "CTB_CT08"}


def test_a_guideline_that_is_none_is_told_not_passed(team):
    (team / "rules").mkdir()
    (team / "rules" / "no-drop-column.yml").write_text("code: CT08\n")
    found, status = sqlfluff("migrations")
    assert status == 1
    assert {code for *_, code in found} >= {"CTB_CT08"}


def test_what_sqlfluff_cannot_parse_is_judged_all_the_same(team):
    path = team / "migrations" / NAME
    path.write_text("BEGIN;\nMERGE INTO a USING (SELECT) AS b ON @@@;\nALTER TABLE s.t DROP COLUMN x;\nCOMMIT;\n")
    found, _ = sqlfluff("migrations")
    assert (3, "CTB_CT08") in {(line, code) for _, line, _, code in found}


@pytest.mark.usefixtures("team")
def test_values_of_placeholders_and_included_files_are_those_of_pytest():
    r"""The ini file gives the values; a finding in an included file stands at the `\i`."""
    Path("tox.ini").write_text("[pytest]\nctb_variables =\n    schema = company\n")
    Path("lib").mkdir()
    Path("lib/tag.psql").write_text("\nCREATE TABLE ${schema}.tag (id bigint);\n")
    path = Path("migrations/2025-10-23_create_tag.sql")
    path.write_text("\\set t company.other\nBEGIN;\n\\i lib/tag.psql\nCREATE TABLE :t (id bigint);\nCOMMIT;\n")
    config = FluffConfig.from_root(overrides={"dialect": "postgres", "templater": "raw", "rules": "CTB_CT07"})
    every = Linter(config=config).lint_paths((str(path),)).get_violations()
    found = [one for one in every if one.rule_code() == "CTB_CT07"]
    assert {(one.line_no, one.line_pos) for one in found} == {(3, 1), (4, 1)}
    assert any("in lib/tag.psql:2:" in one.desc() for one in found)
    assert not any(one.fixes for one in found)
