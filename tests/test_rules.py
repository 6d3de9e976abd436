"""Every guideline fires where its cases say so, and nowhere else; and every case is SQL that Postgres has seen."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from cases import Case, cases, example, judged
from machine import managed, replay
from pytest_ctb.checks import Case as CheckCase
from pytest_ctb.checks import Scope, checks
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.model import Guideline
from pytest_ctb.report import text
from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.sql import unguarded
from registry import GUIDELINES, OF_THE_GUIDE

CASES = cases()


def _teaches_sql(guideline: Guideline) -> bool:
    """What it shows to write instead is SQL, or left to its check; not a command for the shell, nor a sketch."""
    shown = re.sub(r"\{\w+\}|…", "x", guideline.instead)
    return not parse_migration(shown.encode(), "migrations/2025-10-23_add_shown.sql").unreadable


SQL_TO_PASTE = {guideline.id for guideline in GUIDELINES if _teaches_sql(guideline)}


@pytest.fixture(scope="module")
def given():
    """A server that gives no superuser."""
    with managed(18) as server:
        yield server


def _marked() -> Iterator[Any]:
    """Every case; of each guideline the first that fires and the first that does not are quick to run."""
    met = set()
    for case in CASES:
        quick = (case.guideline, case.fires) not in met
        met.add((case.guideline, case.fires))
        yield pytest.param(case, id=str(case), marks=[pytest.mark.quick] if quick else [])


@pytest.mark.parametrize("case", list(_marked()))
def test_the_case(case: Case, tmp_path, server):
    """It fires on exactly the stated lines; it is bad, not broken; and what it gives to paste is SQL that mends it.

    All from one replay: there are a thousand cases.
    """
    assert bool(case.expected) is case.fires, "a fail case has an `-- expect:` line, a pass case has none"
    suite = case.write(tmp_path)
    seen = replay(suite.repository, server, timeout=2, trials=suite.trials)
    findings = list(judged(case, suite, lambda: seen))
    _stand_where_the_case_says(case, suite, findings)
    refused = {path: one.error for path, one in seen.files.items() if one.error}
    assert {error.sqlstate or "psql" for error in refused.values()} == case.refused, refused
    if case.guideline in SQL_TO_PASTE:
        _give_sql_to_paste(findings)


def _stand_where_the_case_says(case: Case, suite, findings):
    assert {(finding.file, finding.line) for finding in findings} == case.expected, findings
    assert case.columns <= {(finding.file, finding.line, finding.column) for finding in findings}, findings
    assert case.levels <= {(finding.file, finding.line, str(finding.level)) for finding in findings}, findings
    places = [(finding.file, finding.line, finding.column, finding.message) for finding in findings]
    assert len(set(places)) == len(places), "the same is told twice"
    for one in findings:
        source = suite.repository.by_path.get(one.file)
        assert one.message
        assert text([one], _guideline(case, suite), suite.repository.by_path).count(one.message)
        if source and not source.binary:
            line = source.source.line(one.line)
            assert 1 <= one.column <= len(line) + 1, f"column {one.column} lies outside of {line!r}"


def _give_sql_to_paste(findings):
    """It parses, but for what only the author knows; and a statement with its guard put in lacks none any more."""
    for finding in findings:
        if "…" in finding.instead or "WRITE ME" in finding.instead:
            continue
        if finding.guideline == "rollback-instructions" and "none" in finding.instead:
            continue
        pasted = parse_migration(finding.instead.encode(), "migrations/2025-10-23_add_pasted.sql")
        assert not pasted.unreadable, finding.instead
        if finding.guideline == "if-not-exists":
            assert pasted.statements
            assert [list(unguarded(statement)) for statement in pasted.statements] == [[]] * len(pasted.statements)


def _guideline(case: Case, suite):
    return next(guideline for guideline in suite.guidelines if guideline.id == case.guideline)


LIVE = [case for case in CASES if checks()[case.guideline].scope.live and not case.superuser]


@pytest.mark.parametrize("case", LIVE, ids=str)
def test_without_a_superuser_the_findings_are_the_same(case: Case, tmp_path, given):
    """What event triggers tell elsewhere, the catalogs tell here."""
    suite = case.write(tmp_path)
    findings = judged(case, suite, lambda: replay(suite.repository, given, timeout=2, trials=suite.trials))
    assert {(finding.file, finding.line) for finding in findings} == case.expected


def test_a_name_that_no_text_gives_is_the_one_that_was_seen(tmp_path, server):
    """Where the text is only known when it runs, and where it leaves out nothing but one of two columns."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/2025-10-23_drop_a_column.sql").write_text(
        "BEGIN;\nCREATE SCHEMA s; CREATE TABLE s.t (a int, b int, c int);\nCOMMIT;\n"
    )
    (tmp_path / "migrations/2025-10-24_drop_another.sql").write_text(
        "BEGIN;\nDO $$ DECLARE one text := chr(98); BEGIN\nEXECUTE 'ALTER TABLE s.t DROP COLUMN ' || one;\n"
        "ALTER TABLE s.t DROP COLUMN a; END $$;\nCOMMIT;\n"
    )
    case = Case("no-drop-column", fires=True, path=tmp_path)
    suite = case.write(tmp_path / "repository")
    found = list(judged(case, suite, lambda: replay(suite.repository, server, trials=suite.trials)))
    assert [(one.line, one.message) for one in found] == [
        (3, "drops column s.t.b"),
        (4, "DROP COLUMN s.t.a"),
    ]
    assert "COMMENT ON COLUMN s.t.b" in found[0].instead


def _examples():
    for guideline in GUIDELINES:
        for outcome, examples in guideline.examples.items():
            for number, files in enumerate(examples):
                yield pytest.param(guideline, outcome, files, id=f"{guideline.id}-{outcome}-{number}")


@pytest.mark.parametrize(("guideline", "outcome", "files"), list(_examples()))
def test_the_examples_of_a_guideline_are_true(guideline, outcome, files, tmp_path, server):
    """What its YAML file shows as passing passes, and what it shows as failing fails."""
    case = example(guideline.id, files, tmp_path / "case", fires=outcome == "fail")
    suite = case.write(tmp_path / "repository")
    found = list(judged(case, suite, lambda: replay(suite.repository, server, timeout=2, trials=suite.trials)))
    assert bool(found) is case.fires, found


@pytest.mark.registry
def test_every_guideline_has_cases_and_as_many_quiet_as_firing_ones():
    for name in OF_THE_GUIDE:
        own = [one for one in CASES if one.guideline == name]
        firing = sum(one.fires for one in own)
        assert firing >= 2, f"{name} has {firing} firing cases"
        assert len(own) - firing >= firing, f"{name} has {firing} firing and {len(own) - firing} quiet cases"
    assert {one.guideline for one in CASES} == set(OF_THE_GUIDE)


def test_every_scope_is_used():
    """None is kept for nobody."""
    assert {check.scope for check in checks().values()} == set(Scope)


MENDED = [one for one in CASES if one.fires and one.guideline == "rollback-restores"]


@pytest.mark.parametrize("case", MENDED, ids=str)
def test_instructions_that_are_pasted_restore(case: Case, tmp_path, server):
    """They take the place of those that do not; what only the author knows is marked, and does not parse."""

    def found(suite):
        return [*judged(case, suite, lambda: replay(suite.repository, server, trials=suite.trials))]

    suite = case.write(tmp_path)
    marked = 0
    for one in found(suite):
        file = suite.repository.by_path[one.file]
        lines = file.source.text.split("\n")
        del lines[file.rollbacks[0].position.line - 1 :]
        (tmp_path / one.file).write_text("\n".join([*lines, one.instead, ""]))
        marked += "WRITE ME" in one.instead
    if not marked:
        assert found(load_suite(tmp_path, [tmp_path / "migrations"], [], tmp_path / "rules")) == []


def test_the_command_to_paste_puts_back_what_was_meant(tmp_path):
    path = tmp_path / "it's.sql"
    path.write_text("-- â”€â”€â”€ GrÃ¶ÃŸe, naÃ¯ve\nSELECT 'Â£';\n", "utf-8")
    guideline = next(one for one in GUIDELINES if one.id == "file-encoding")
    migration = parse_migration(path.read_bytes(), str(path))
    (found,) = checks()["file-encoding"].function(CheckCase(guideline, guideline.options, str(path), migration))
    subprocess.run(found.instead, shell=True, check=True)
    assert path.read_text("utf-8") == "-- ─── Größe, naïve\nSELECT '£';\n"
