"""Several databases in one repository: each replayed by itself, in one run, and told apart."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

import sample
from pytest_ctb.cli.main import ctb

SETTINGS = """
postgres = "embedded"
rules = "postgres"

[databases.shop]
migrations = "shop/migrations"

[databases.crm]
migrations = "crm/migrations"
"""
SHOP = "shop/migrations/2025-10-23_create_item.sql"
CRM = "crm/migrations/2025-10-23_create_item.sql"
REPORTS = ("out.json", "out.sarif", "out.md", "out.html")


def migration(table: str, column: str, *, also: str = "") -> str:
    role = "-- ctb:allow idempotent: the server is new\nCREATE ROLE app;\n"
    body = f"{role}CREATE TABLE IF NOT EXISTS {table} (\n    {column} bigint PRIMARY KEY\n);\n{also}"
    rollback = f"DROP TABLE IF EXISTS {table};\nDROP ROLE app;"
    return sample.migration(body, unique_id="00000001", rollback=rollback)


@pytest.fixture
def two(pytester):
    """Two databases with one role and one table of the same names, each with a base schema of its own."""
    for name, column in (("shop", "id"), ("crm", "number")):
        for folder in ("migrations", "infra"):
            (pytester.path / name / folder).mkdir(parents=True)
        (pytester.path / name / "migrations" / SHOP.rpartition("/")[2]).write_text(migration("public.item", column))
        (pytester.path / name / "infra/neon.sql").write_text(
            f"CREATE ROLE app;\nCREATE TABLE public.item ({column} bigint PRIMARY KEY);\n"
        )
    (pytester.path / "ctb.toml").write_text(SETTINGS)
    return pytester


def outcomes(result) -> dict[str, str]:
    """The outcome of each test of a run with `-rA`, by its id."""
    found = re.findall(r"^(PASSED|FAILED|XFAIL|SKIPPED|ERROR) (\S+)", result.stdout.str(), re.MULTILINE)
    return {test: outcome for outcome, test in found}


def run(two, *arguments: str):
    return two.runpytest("--ctb", "-rA", "--tb=short", *arguments)


def test_each_database_is_replayed_by_itself_in_one_run(two):
    """The same role and the same table, which one server could not hold twice; a difference is that of one alone."""
    sample.change(two.path, "crm/infra/neon.sql", "number bigint", "number text")
    sample.change(two.path, SHOP, "CREATE TABLE IF NOT EXISTS", "CREATE TABLE")
    result = run(two, *(f"--ctb-report={name}" for name in REPORTS))
    result.stdout.fnmatch_lines(
        [
            "ctb: 2 databases: shop (shop/migrations), crm (crm/migrations)",
            "ctb shop: 1 migration, * guidelines (postgres), base schema shop/infra/neon.sql",
            "ctb crm: 1 migration, * guidelines (postgres), base schema crm/infra/neon.sql",
            "ctb postgres: *embedded*",
        ]
    )
    tests = outcomes(result)
    assert (tests[f"{SHOP}::replay"], tests[f"{CRM}::replay"]) == ("PASSED", "PASSED")
    assert (tests["shop/infra/neon.sql::base-schema"], tests["crm/infra/neon.sql::base-schema"]) == ("PASSED", "FAILED")
    assert {test for test in tests if test.startswith("rules/left-unfinished")} == {
        "rules/left-unfinished.yml::left-unfinished[shop]",
        "rules/left-unfinished.yml::left-unfinished[crm]",
    }
    assert tests[f"{SHOP}::if-not-exists"] == "FAILED"
    _reports_tell_the_databases_apart(two.path, tests)
    # Both are in the cache; what changes one leaves the other there. Workers and processes come to the same.
    sample.change(two.path, "crm/infra/neon.sql", "number text", "number bigint")
    sample.change(two.path, SHOP, "CREATE TABLE", "CREATE TABLE IF NOT EXISTS")
    assert sorted(file.name for file in (two.path / ".pytest_cache/d/ctb").iterdir()) == [
        "evidence.crm",
        "evidence.shop",
    ]
    assert run(two, "-n", "2").ret == 0
    assert run(two, "--ctb-processes", "2", "--ctb-fresh").ret == 0


def _reports_tell_the_databases_apart(root, tests):
    report = json.loads((root / "out.json").read_text())
    assert {file["file"]: (file["database"], file["applied"]) for file in report["migrations"]} == {
        SHOP: ("shop", True),
        CRM: ("crm", True),
    }
    assert [database["name"] for database in report["databases"]] == ["shop", "crm"]
    assert {database["postgres"]["place"] for database in report["databases"]} == {report["postgres"]["place"]}
    assert {
        (finding["file"], finding["database"]) for finding in report["findings"] if finding["level"] == "error"
    } >= {
        (SHOP, "shop"),
        ("crm/infra/neon.sql", "crm"),
    }
    assert report["summary"]["failed"] == sum(outcome == "FAILED" for outcome in tests.values())
    results = json.loads((root / "out.sarif").read_text())["runs"][0]["results"]
    assert {result["properties"]["database"] for result in results} == {"shop", "crm"}
    text = (root / "out.md").read_text()
    assert "2 migrations of 2 databases (shop, crm), " in text
    assert "(database crm)" in text
    page = (root / "out.html").read_text()
    assert 'data-table="shop: public.item"' in page
    assert 'data-table="crm: public.item"' in page
    assert '"database":"crm"' in page


def test_one_database_is_chosen_and_a_path_says_which(two):
    result = run(two, "--ctb-database", "crm", "-k", "replay or left-unfinished")
    assert set(outcomes(result)) == {f"{CRM}::replay", "rules/left-unfinished.yml::left-unfinished[crm]"}
    result.stdout.fnmatch_lines(["ctb: 1 database: crm (crm/migrations)", "ctb crm: 1 migration, *"])
    assert set(outcomes(run(two, SHOP, "-k", "replay"))) == {f"{SHOP}::replay"}
    result = run(two, "--ctb-database", "crn")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: no database is named crn; did you mean crm?"])
    result = run(two, "--ctb-migrations", "shop/migrations")
    result.stderr.fnmatch_lines(["ERROR: --ctb-migrations is about one database, and there are several: choose one *"])


def test_what_one_database_lacks_is_its_own_trouble(two):
    """A file that does not apply, and a server that only one of them cannot have."""
    (two.path / CRM).write_text(migration("nowhere.item", "id"))
    tests = outcomes(run(two, "-k", "replay"))
    assert (tests[f"{SHOP}::replay"], tests[f"{CRM}::replay"]) == ("PASSED", "FAILED")
    sample.change(two.path, "ctb.toml", "[databases.crm]\n", "[databases.crm]\npostgres_version = 9\n")
    assert run(two, SHOP, "-k", "replay").ret == 0
    assert run(two, "-m", "ctb_static", "-k", "transaction").ret == 0
    assert run(two, "-k", "replay").ret == pytest.ExitCode.USAGE_ERROR
    assert run(two, "-k", "replay", "-n", "2").ret != 0


def test_one_folder_for_two_databases(two):
    """One history for two tenants: their tests have the name of the database behind them."""
    sample.change(two.path, "ctb.toml", '"crm/migrations"', '"shop/migrations"\nvariables = ["x = 1"]')
    tests = outcomes(run(two, "-k", "replay", "--ctb-report=out.json"))
    assert tests == {f"{SHOP}::replay[shop]": "PASSED", f"{SHOP}::replay[crm]": "PASSED"}
    report = json.loads((two.path / "out.json").read_text())
    assert [(file["file"], file["database"]) for file in report["migrations"]] == [(SHOP, "shop"), (SHOP, "crm")]


def test_applications_have_a_database_each_without_settings(pytester):
    for name, column in (("shop", "id"), ("crm", "number")):
        folder = pytester.path / "apps" / name / "migrations"
        folder.mkdir(parents=True)
        (folder / "2025-10-23_create_item.sql").write_text(migration("public.item", column))
    (pytester.path / "apps" / "crm" / "seeds").mkdir()
    (pytester.path / "apps" / "crm" / "seeds" / "items.sql").touch()
    result = pytester.runpytest("--ctb", "--ctb-postgres", "embedded", "-k", "replay")
    result.assert_outcomes(passed=2, deselected=result.parseoutcomes()["deselected"])
    folders = "apps/crm/migrations apps/shop/migrations"
    result.stdout.fnmatch_lines(
        [
            "ctb: 2 databases: crm (apps/crm/migrations), shop (apps/shop/migrations); "
            f"if all are of one database: ctb_migrations = {folders}",
            "ctb crm: 1 migration, *",
            "ctb crm not judged: apps/crm/seeds/items.sql",
            "ctb shop: 1 migration, *",
        ]
    )
    assert "ctb shop not judged" not in result.stdout.str()


def test_what_lies_beside_a_found_folder_is_named(pytester):
    """In the guide's own folders: two base schemas that nothing judges, and seeds. Of a folder that is set, nothing."""
    data = pytester.path / "ctb" / "data"
    for name in ("migrations/2025-10-23_create_t.sql", "infra/neon.sql", "infra/part.sql", "seeds/a.sql", "seeds/b/c.sql",
                 "tests/x.sql", "notes.txt", ".old/y.sql", "db.sql"):  # fmt: skip
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text("SELECT 1;\n")
    (pytester.path / "db" / "migrations").mkdir(parents=True)
    (pytester.path / "db" / "migrations" / "1.sql").touch()
    lines = pytester.runpytest("--ctb", "--co", "-q", "-v").outlines
    assert [line for line in lines if line.startswith(("ctb: ", "ctb not"))] == [
        next(line for line in lines if line.startswith("ctb: 1 migration, ")),
        "ctb not judged: db/migrations (ctb_migrations takes it), ctb/data/db.sql, ctb/data/infra/part.sql, "
        "ctb/data/seeds (2 files)",
    ]
    (data / "migrations").rename(data / "real")
    (data / "migrations").symlink_to("real")
    again = pytester.runpytest("--ctb", "--co", "-q", "-v").outlines
    assert [line for line in again if line.startswith("ctb not")] == [line for line in lines if "ctb not" in line]
    lines = pytester.runpytest("--ctb", "--co", "--ctb-migrations", "ctb/data/migrations").outlines
    assert not any(line.startswith("ctb not judged") for line in lines)


def command(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(ctb, arguments)
    return done.exit_code, done.output or str(done.exception)


def test_commands_ask_which_database(two, monkeypatch):
    monkeypatch.chdir(two.path)
    code, said = command("order")
    assert code != 0
    assert said == (
        "there are 2 databases, shop (shop/migrations), crm (crm/migrations): choose one with --database NAME"
    )
    assert command("order", "--database", "crm") == (0, f"1  {CRM}\n")
    assert "did you mean crm?" in command("order", "--database", "cmr")[1]
    monkeypatch.chdir(two.path / "crm")
    (two.path / "pytest.ini").write_text("[pytest]\n")
    assert command("order") == (0, f"1  {CRM}\n")  # the folder says which
    monkeypatch.chdir(two.path)
    for name in ("new", "fix", "baseline", "diagram", "contracts", "status", "apply", "rollback", "verify", "split"):
        assert "--database NAME" in command(name, "--help")[1], name
        arguments = {"new": ["add x"], "rollback": ["nowhere.sql"], "split": ["nowhere.sql"]}.get(name, [])
        assert command(name, *arguments)[1].endswith("choose one with --database NAME"), name


def test_check_takes_all_databases_or_those_of_its_files(two, monkeypatch):
    monkeypatch.chdir(two.path)
    sample.change(two.path, SHOP, "BEGIN;\n", "")
    code, said = command("check", "--short")
    assert (code, len(re.findall(rf"^{SHOP}:\d+:\d+: CT05", said, re.MULTILINE)) > 0) == (1, True)
    assert "\n1 finding in 2 migrations; " in said
    assert command("check", CRM)[0] == 0
    assert command("check", "crm")[0] == 0
    assert command("check", SHOP)[0] == 1
    assert command("check", "--database", "crm")[0] == 0
    assert "nowhere.sql does not exist" in command("check", "nowhere.sql")[1]
    assert command("fix", "--database", "shop")[0] == 0
    assert command("check")[0] == 0


def test_the_order_file_has_lines_of_each_database(two, monkeypatch):
    monkeypatch.chdir(two.path)
    for name in ("shop", "crm"):
        (two.path / name / "migrations" / "2025-10-23_create_other.sql").write_text("CREATE TABLE other ();\n")
    assert command("order", "--write", "--database", "shop")[0] == 0
    lines = (two.path / "ctb-order.txt").read_text().splitlines()
    (two.path / "ctb-order.txt").write_text("\n".join((lines[0], *reversed(lines[1:]))))
    first, *_ = command("order", "--database", "shop")[1].splitlines()
    assert first == f"1  {lines[2]}"
    assert command("order", "--database", "crm")[0] == 0  # it has no line there, so the list says nothing of it
    assert command("order", "--write", "--database", "crm")[0] == 0
    after = (two.path / "ctb-order.txt").read_text().splitlines()
    assert after[1:3] == [lines[2], lines[1]]
    assert [line.partition("/")[0] for line in after[1:]] == ["shop", "shop", "crm", "crm"]


def test_each_database_has_a_baseline(two, monkeypatch):
    monkeypatch.chdir(two.path)
    sample.change(two.path, SHOP, "BEGIN;\n", "")
    sample.change(two.path, "ctb.toml", "[databases.shop]\n", '[databases.shop]\nbaseline = "known.json"\n')
    assert command("baseline", "--database", "shop")[0] == 0
    assert {entry["file"] for entry in json.loads((two.path / "known.json").read_text())["findings"]} == {SHOP}
    result = run(two)
    assert result.ret == 0
    assert outcomes(result)[f"{SHOP}::transaction"] == "XFAIL"
