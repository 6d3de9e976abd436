"""What is said of a tool's files, and once: by the guidelines that read the text alone."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import pytest

from machine import replay
from pytest_ctb.checks import checks
from pytest_ctb.config.packaged import packaged
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide.guideline_files import load as load_guidelines
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import suite_of
from pytest_ctb.model import Baseline, Guideline
from pytest_ctb.repository.folders import load

NONE = "-- Rollback: none, because it is a test\n"


@cache
def every_guideline() -> tuple[Guideline, ...]:
    """Those of the guide."""
    return load_guidelines(packaged(), packaged(), {name: check.options for name, check in checks().items()}, None)


def guidelines() -> tuple[Guideline, ...]:
    """Those that a tool's files are held to and that need no server; `replay` only to see what is asked of it."""
    wanted = {"file-name", "transaction", "rollback-instructions", "if-not-exists", "migration-order", "replay"}
    return tuple(guideline for guideline in every_guideline() if guideline.id in wanted)


def findings_in(root, layout: str, **files: str) -> set[tuple[str, str, int, str]]:
    """Guideline, file, line and message of every finding; with `replay` what is wrong with a file as a whole."""
    for name, text in files.items():
        file = root / "m" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    suite = suite_of(load(root, [root / "m"], [], layout), guidelines(), Baseline(""), packaged())
    found = set()
    for questions in suite.questions.values():
        for question in questions:
            if not question.live:
                with suppress(NotJudgedError):
                    findings = judge(question, None)
                    found |= {(finding.guideline, finding.file, finding.line, finding.message) for finding in findings}
            elif problem := question.migration.unreadable:
                found.add((question.guideline.id, question.file, problem.position.line, problem.message))
    return {(guideline, file.removeprefix("m/"), line, message) for guideline, file, line, message in found}


@pytest.mark.parametrize(
    ("layout", "up", "down"),
    [
        ("golang-migrate", "1_a.up.sql", "2_b.down.sql"),
        ("sqlx", "1_a.sql", "2_b.down.sql"),
        ("flyway", "V1__a.sql", "U2__b.sql"),
        ("diesel", "2025-01-01-093000_a/up.sql", "2025-01-02-093000_b/down.sql"),
        ("prisma", "20250101093000_a/migration.sql", "20250102093000_b/down.sql"),
        ("{number}.{name}.do.sql {number}.{name}.undo.sql", "1.a.do.sql", "2.b.undo.sql"),
    ],
)
def test_a_file_that_takes_back_what_no_file_applies_is_one_finding(tmp_path, layout, up, down):
    files = {up: f"{NONE}SELECT 1;\n", down: "CREATE TABLE u (id int);\nDROP TABLE t;\nSELECT 1 FRM t;\n"}
    found = {entry for entry in findings_in(tmp_path, layout, **files) if entry[1] == down}
    ((guideline, _, line, message),) = found
    assert (guideline, line) == ("replay", 1)
    assert message.startswith("takes back version ")
    assert message.endswith(", which no file applies")


def test_a_second_file_that_takes_back_the_same_is_one_finding(tmp_path):
    files = {"1_a.up.sql": "SELECT 1;\n", "1_a.down.sql": "SELECT 2;\n", "1_b.down.sql": "DROP TABLE t;\n"}
    assert findings_in(tmp_path, "golang-migrate", **files) == {
        ("replay", "1_b.down.sql", 1, "takes back version 1, as 1_a.down.sql does: only one of them can")
    }


def test_psql_is_not_said_to_refuse_what_it_applies(tmp_path):
    """A name of another form has no place in the order, and of two with one number nothing says which comes first."""
    text = f"BEGIN;\nSELECT 1;\nCOMMIT;\n{NONE}"
    found = findings_in(tmp_path, "numbered", **{"1-a.sql": text, "1-b.sql": text, "notes.sql": text})
    form = "N_name.sql, N-name.sql or N.name.sql"
    first = "which of them comes first is not said"
    assert found == {
        ("file-name", "notes.sql", 1, f"the name notes.sql is not of the form {form}: the file is not applied"),
        ("replay", "notes.sql", 1, f"it is not applied: its name is not of the form {form}"),
        ("migration-order", "1-a.sql", 1, f"has the version 1, as m/1-b.sql: {first}"),
        ("migration-order", "1-b.sql", 1, f"has the version 1, as m/1-a.sql: {first}"),
    }


@pytest.mark.parametrize(
    ("layout", "names", "what"),
    [
        ("golang-migrate", ("1_a.up.sql", "01_b.up.sql"), "golang-migrate refuses both"),
        ("goose", ("1_a.sql", "01_b.sql"), "goose refuses both"),
        ("flyway", ("V1__a.sql", "V1.0__b.sql"), "Flyway refuses both"),
        ("sqlx", ("1_a.sql", "01_b.sql"), "sqlx applies the first, and fails at the second"),
        ("dbmate", ("1_a.sql", "1_b.sql"), "dbmate applies the first, and fails at the second"),
        ("supabase", ("1_a.sql", "1_b.sql"), "supabase applies the first, and fails at the second"),
        ("diesel", ("2025-01-01-093000_a/up.sql", "20250101093000_b/up.sql"), "diesel applies only one of them"),
    ],
)
def test_what_becomes_of_two_files_with_one_version(tmp_path, layout, names, what):
    marks = {"goose": "-- +goose Up\n", "dbmate": "-- migrate:up\n"}.get(layout, "")
    text = f"{NONE}{marks}SELECT 1;\n" + ("-- migrate:down\n" if layout == "dbmate" else "")
    found = {
        message
        for guideline, _, _, message in findings_in(tmp_path, layout, **dict.fromkeys(names, text))
        if "order" in guideline
    }
    assert {message.rpartition(": ")[2] for message in found} == {what}


@pytest.mark.parametrize(("layout", "what"), [("goose", "goose stops at it"), ("sqlx", "sqlx stops at it")])
def test_a_name_at_which_the_tool_stops(tmp_path, layout, what):
    text = f"-- +goose Up\n{NONE}SELECT 1;\n"
    found = findings_in(tmp_path, layout, **{"1_a.sql": text, "x_y.sql": text})
    assert any(message.startswith(what) for guideline, _, _, message in found if guideline == "replay")
    found = findings_in(tmp_path / "b", "sqlx", **{"1_a.sql": NONE, "notes.sql": "SELECT 1;"})
    assert any(
        message.startswith("sqlx does not apply it") for guideline, _, _, message in found if guideline == "replay"
    )


CHANGESETS = """--liquibase formatted sql
--changeset ann:1
CREATE TABLE IF NOT EXISTS t (id int);
--rollback DROP TABLE t;
--changeset ann:2 runInTransaction:false
CREATE INDEX CONCURRENTLY IF NOT EXISTS t_id_idx ON t (id);
--rollback DROP INDEX t_id_idx;
--changeset ann:3
ALTER TABLE t ADD COLUMN IF NOT EXISTS name text;
--rollback ALTER TABLE t DROP COLUMN name;
"""


def test_each_changeset_of_liquibase_has_a_transaction_of_its_own(tmp_path):
    """So one that needs none may stand in the same file; what is wrong with one is told of that one."""
    assert findings_in(tmp_path, "liquibase", **{"a.sql": CHANGESETS}) == set()
    inside = CHANGESETS.replace(" runInTransaction:false", "")
    ((guideline, _, line, message),) = findings_in(tmp_path, "liquibase", **{"a.sql": inside})
    assert (guideline, line) == ("transaction", 6)
    assert "Liquibase puts one around a changeset: put it alone in a file that switches it off" in message
    beside = CHANGESETS.replace("ann:3", "ann:3 runInTransaction:false")
    ((guideline, _, line, message),) = findings_in(tmp_path, "liquibase", **{"a.sql": beside})
    assert (guideline, line) == ("transaction", 8)
    assert message == "runInTransaction:false, but Postgres refuses nothing here inside a transaction: remove the line"
    together = CHANGESETS.replace(
        "--rollback DROP INDEX", "ALTER TABLE t ADD COLUMN IF NOT EXISTS a int;\n--rollback DROP INDEX"
    )
    ((guideline, _, line, message),) = findings_in(tmp_path, "liquibase", **{"a.sql": together})
    assert (guideline, line) == ("transaction", 7)
    assert message.endswith("without a transaction: give it a changeset of its own")


def test_each_pair_of_dbmate_has_a_transaction_of_its_own(tmp_path):
    text = (
        "-- migrate:up\nCREATE TABLE IF NOT EXISTS t (id int);\n-- migrate:down\nDROP TABLE t;\n"
        "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (id);\n"
        "-- migrate:down\nDROP INDEX i;\n"
    )
    assert findings_in(tmp_path, "dbmate", **{"1_a.sql": text}) == set()
    found = findings_in(tmp_path, "dbmate", **{"1_a.sql": text.replace(" transaction:false", "")})
    assert {(guideline, line) for guideline, _, line, _ in found} == {("transaction", 6)}


def judged(root, server, layout: str, name: str, text: str) -> set[tuple[str, int]]:
    """Guideline and line of what `atomic` and `idempotent` find in one file, on a server."""
    (root / "m").mkdir(parents=True)
    (root / "m" / name).write_text(text)
    wanted = [guideline for guideline in every_guideline() if guideline.id in {"atomic", "replay"}]
    suite = suite_of(load(root, [root / "m"], [], layout), wanted, Baseline(""), packaged())
    seen = replay(suite.repository, server, trials=suite.trials)
    questions = [question for questions in suite.questions.values() for question in questions]
    return {(finding.guideline, finding.line) for question in questions for finding in judge(question, seen)}


def test_liquibase_records_each_changeset_and_dbmate_the_file(tmp_path, server):
    """Broken off in the second changeset, the first is not run again; of dbmate's pairs the first is."""
    plain = CHANGESETS.replace("IF NOT EXISTS ", "").replace("t_id_idx ON", "IF NOT EXISTS t_id_idx ON")
    assert judged(tmp_path / "a", server, "liquibase", "a.sql", plain) == {("atomic", 6)}
    twice = plain.replace("CREATE INDEX", "DROP INDEX CONCURRENTLY IF EXISTS t_id_idx;\nCREATE INDEX")
    assert judged(tmp_path / "b", server, "liquibase", "a.sql", twice) == set()
    pairs = (
        "-- migrate:up\nCREATE TABLE t (id int);\n-- migrate:down\nDROP TABLE t;\n"
        "-- migrate:up\nCREATE TABLE u (id int);\n-- migrate:down\nDROP TABLE u;\n"
    )
    assert judged(tmp_path / "c", server, "dbmate", "1_a.sql", pairs) == {("atomic", 2)}


def test_a_part_for_down_without_a_semicolon_is_told_where_it_is(tmp_path):
    """The tool applies the file, and refuses to take it back."""
    text = "-- +goose Up\nCREATE TABLE IF NOT EXISTS t (id int);\n-- +goose Down\nDROP TABLE t\n"
    ((guideline, _, line, message),) = findings_in(tmp_path, "goose", **{"1_a.sql": text})
    assert (guideline, line) == ("rollback-instructions", 4)
    assert "no line ends the last statement: goose refuses the file" in message
    assert findings_in(tmp_path, "goose", **{"1_a.sql": text.replace("TABLE t\n", "TABLE t;\n")}) == set()


def test_another_tool_s_part_for_down_in_the_guide_s_own_files(tmp_path):
    """The whole file is applied, down and all."""
    text = f"{NONE}BEGIN;\nCREATE TABLE IF NOT EXISTS t (id int);\n-- migrate:down\nDROP TABLE IF EXISTS t;\nCOMMIT;\n"
    ((guideline, _, line, message),) = findings_in(tmp_path, "ctb", **{"2025-01-01_create_t.sql": text})
    assert (guideline, line) == ("replay", 4)
    assert message.startswith("`-- migrate:down` is a line of dbmate, below which a file takes back what it did")


def test_a_plan_of_sqitch_names_a_file_s_last_tag(tmp_path):
    """A file with another tag is applied by nobody; neither is what takes it back."""
    plan = (
        "%project=shop\n\nf 2025-01-02T09:30:00Z Ann <a@example.com>\n@v1 2025-01-03T09:30:00Z Ann <a@example.com>\n"
        "g 2025-01-04T09:30:00Z Ann <a@example.com>\n@v2 2025-01-05T09:30:00Z Ann <a@example.com>\n"
        "f 2025-01-06T09:30:00Z Ann <a@example.com>\n"
    )
    text = "BEGIN;\nSELECT 1;\nCOMMIT;\n"
    names = ("f@v2", "g", "f")
    files = {f"{kind}/{name}.sql": text for kind in ("deploy", "revert") for name in names}
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "sqitch.plan").write_text(plan)
    assert findings_in(tmp_path, "sqitch", **files) == set()
    repository = load(tmp_path, [tmp_path / "m"], [], "sqitch")
    assert [(file.name, file.down.path if file.down else "") for file in repository.migrations] == [
        (f"{name}.sql", f"m/revert/{name}.sql") for name in names
    ]
    found = findings_in(tmp_path, "sqitch", **{"deploy/f@v1.sql": text, "revert/f@v1.sql": text})
    assert found == {("replay", "deploy/f@v1.sql", 1, "the plan of sqitch does not name it")}
