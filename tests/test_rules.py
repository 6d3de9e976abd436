"""Every guideline fires where its cases say so, and nowhere else; and every case is SQL that Postgres has seen."""

from __future__ import annotations

import subprocess

import pytest

from cases import Case, cases, example, judged
from machine import managed
from pytest_ctb import guidelines
from pytest_ctb.checks import Case as CheckCase
from pytest_ctb.checks import Scope, checks
from pytest_ctb.migrations import parse_migration
from pytest_ctb.replay import replay
from pytest_ctb.report import text
from pytest_ctb.sql import unguarded

CASES = cases()


@pytest.fixture(scope="module")
def given():
    """A server that gives no superuser."""
    with managed(18) as server:
        yield server


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_findings_are_those_that_the_case_states(case: Case, tmp_path, server):
    """On exactly the stated lines; a case that should fire states at least one, one that should not states none."""
    assert bool(case.expected) is case.fires, "a fail case has an `-- expect:` line, a pass case has none"
    suite = case.write(tmp_path)
    findings = list(
        judged(case, suite, lambda: replay(suite.repository, server, timeout=2, experiments=suite.experiments))
    )
    assert {(one.file, one.line) for one in findings} == case.expected, findings
    assert case.columns <= {(one.file, one.line, one.column) for one in findings}, findings
    places = [(one.file, one.line, one.column, one.message) for one in findings]
    assert len(set(places)) == len(places), "the same is told twice"
    for one in findings:
        source = suite.repository.by_path.get(one.file)
        assert one.message
        assert text([one], _guideline(case, suite), suite.repository.by_path).count(one.message)
        if source and not source.binary:
            line = source.source.line(one.line)
            assert 1 <= one.column <= len(line) + 1, f"column {one.column} lies outside of {line!r}"


def _guideline(case: Case, suite):
    return next(one for one in suite.guidelines if one.id == case.guideline)


BY_EFFECTS = {
    "no-drop-column",
    "idempotent",
    "rollback-restores",
    "atomic",
    "keep-data",
    "deprecated-column",
    "data-contract",
}


@pytest.mark.parametrize("case", [one for one in CASES if one.guideline in BY_EFFECTS], ids=str)
def test_without_a_superuser_the_findings_are_the_same(case: Case, tmp_path, given):
    """What event triggers tell elsewhere, the catalogs tell here."""
    suite = case.write(tmp_path)
    findings = judged(case, suite, lambda: replay(suite.repository, given, timeout=2, experiments=suite.experiments))
    assert {(one.file, one.line) for one in findings} == case.expected


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
    found = list(judged(case, suite, lambda: replay(suite.repository, server, experiments=suite.experiments)))
    assert [(one.line, one.message) for one in found] == [
        (3, "drops column s.t.b"),
        (4, "DROP COLUMN s.t.a"),
    ]
    assert "COMMENT ON COLUMN s.t.b" in found[0].instead


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_case_is_seen_by_postgres(case: Case, tmp_path, server):
    """Bad, not broken: it applies; or it is refused for the reason that it states."""
    suite = case.write(tmp_path)
    files = replay(suite.repository, server, timeout=2, experiments=()).files
    refused = {path: one.error for path, one in files.items() if one.error}
    assert {error.sqlstate or "psql" for error in refused.values()} == case.refused, refused


def _guidelines():
    registered = {name: one.options for name, one in checks().items()}
    return guidelines.load(guidelines.packaged().parent, guidelines.packaged(), registered)


def _examples():
    for guideline in _guidelines():
        for outcome, examples in guideline.examples.items():
            for number, files in enumerate(examples):
                yield pytest.param(guideline, outcome, files, id=f"{guideline.id}-{outcome}-{number}")


@pytest.mark.parametrize(("guideline", "outcome", "files"), list(_examples()))
def test_the_examples_of_a_guideline_are_true(guideline, outcome, files, tmp_path, server):
    """What its YAML file shows as passing passes, and what it shows as failing fails."""
    case = example(guideline.id, files, tmp_path / "case", fires=outcome == "fail")
    suite = case.write(tmp_path / "repository")
    found = list(
        judged(case, suite, lambda: replay(suite.repository, server, timeout=2, experiments=suite.experiments))
    )
    assert bool(found) is case.fires, found


def test_every_guideline_has_cases_and_as_many_quiet_as_firing_ones():
    for name in checks():
        own = [one for one in CASES if one.guideline == name]
        firing = sum(one.fires for one in own)
        assert firing >= 2, f"{name} has {firing} firing cases"
        assert len(own) - firing >= firing, f"{name} has {firing} firing and {len(own) - firing} quiet cases"
    assert {one.guideline for one in CASES} == set(checks())


def test_every_scope_is_used():
    """None is kept for nobody."""
    assert {one.scope for one in checks().values()} == set(Scope)


@pytest.mark.parametrize("case", [one for one in CASES if one.fires], ids=str)
def test_what_to_paste_is_sql_and_mends_it(case: Case, tmp_path, server):
    """It parses; and a statement with its guard put in lacks none any more."""
    suite = case.write(tmp_path)
    if case.guideline not in {"if-not-exists", "no-drop-column", "transaction", "rollback-instructions"}:
        return
    for one in judged(case, suite, lambda: replay(suite.repository, server, timeout=2, experiments=())):
        if "…" in one.instead or (one.guideline == "rollback-instructions" and "none" in one.instead):
            continue
        pasted = parse_migration(one.instead.encode(), "migrations/2025-10-23_add_pasted.sql")
        assert not pasted.unreadable, one.instead
        if one.guideline == "if-not-exists":
            assert pasted.statements
            assert [list(unguarded(statement)) for statement in pasted.statements] == [[]] * len(pasted.statements)


def test_the_command_to_paste_puts_back_what_was_meant(tmp_path):
    path = tmp_path / "it's.sql"
    path.write_text("-- â”€â”€â”€ GrÃ¶ÃŸe, naÃ¯ve\nSELECT 'Â£';\n", "utf-8")
    guideline = next(one for one in _guidelines() if one.id == "file-encoding")
    migration = parse_migration(path.read_bytes(), str(path))
    (found,) = checks()["file-encoding"].function(CheckCase(guideline, guideline.options, str(path), migration))
    subprocess.run(found.instead, shell=True, check=True)
    assert path.read_text("utf-8") == "-- ─── Größe, naïve\nSELECT '£';\n"
