"""The layouts: a shop in each of them passes end to end, and what its tool would not do as written is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import shops
from machine import replay
from pytest_ctb.cli import main
from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.needless import why_needless
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.repository.layouts import by_path, layouts, numbers, text, usual_folders
from registry import GUIDELINES
from shown import played, write, written

PAGE = Path(__file__).parent.parent / "docs" / "layouts.md"


def judged(root, layout, server=None, **files) -> set[tuple[str, str, int, str]]:
    """Guideline, file, line and message of every finding in a repository of these files; `None` takes one away.

    `tried=False`: each file is only applied, where that is what the test is about.
    """
    own = {**shops.SHOPS[layout], **files.pop("files", {})}
    shops.write(root, {name: text for name, text in own.items() if text is not None})
    suite = load_suite(
        root, usual_folders(root, layout), [], root / "rules", None, files.get("variables"), layout=layout
    )
    trials = suite.trials if files.pop("tried", True) else ()
    seen = replay(suite.repository, server, trials=trials) if server else None
    found = set()
    for question in (one for asked in suite.questions.values() for one in asked):
        if question.live and seen is None:
            continue
        try:
            findings = judge(question, seen)
        except NotJudgedError:
            continue
        found |= {(finding.guideline, finding.file, finding.line, finding.message) for finding in findings}
    return found


@pytest.mark.parametrize("layout", shops.SHOPS)
def test_a_shop_passes_end_to_end(pytester, layout):
    """All of it on real Postgres, in the order of the tool, with what takes it back, found by its usual folder."""
    shops.write(pytester.path, shops.SHOPS[layout])
    result = pytester.runpytest("--ctb", "--ctb-postgres", "embedded", "--ctb-layout", layout)
    outcomes = result.parseoutcomes()
    assert set(outcomes) == {"passed"}, result.stdout.str()
    told = [f"ctb: {len(shops.CHANGES)} migrations, * guidelines (*)", f"ctb layout: {layout}"]
    result.stdout.fnmatch_lines(told)


def test_every_layout_has_a_shop():
    assert set(shops.SHOPS) == set(layouts()) - {"ctb"}


# --- What a tool would not do as it is written ------------------------------------------------------------------------


def test_golang_migrate_s_numbers_are_numbers(tmp_path, server):
    """`10_` comes behind `2_`; a down file without its own and a name of another form are no migrations."""
    first = "migrations/1_create_shop.up.sql"
    found = judged(
        tmp_path,
        "golang-migrate",
        server,
        tried=False,
        files={"migrations/12_x.down.sql": "", "migrations/tidy.sql": "SELECT 1;"},
    )
    assert {(one, file) for one, file, *_ in found} == {
        ("replay", "migrations/12_x.down.sql"),
        ("file-name", "migrations/tidy.sql"),
        ("replay", "migrations/tidy.sql"),
        ("rollback-instructions", "migrations/tidy.sql"),
    }
    assert ("replay", "migrations/12_x.down.sql", 1, "takes back version 12, which no file applies") in found
    suite = load_suite(tmp_path, [tmp_path / "migrations"], [], tmp_path / "rules", layout="golang-migrate")
    numbers = [int(migration.version) for migration in suite.repository.migrations if migration.version]
    assert numbers == list(range(1, 12))
    assert suite.repository.migrations[0].path == first


def test_a_version_that_two_files_have(tmp_path):
    found = judged(
        tmp_path,
        "golang-migrate",
        files={"migrations/02_again.up.sql": "SELECT 1;\n-- Rollback: none, because it is nothing"},
    )
    assert {(one, file, message) for one, file, _, message in found} == {
        (
            "migration-order",
            "migrations/02_again.up.sql",
            "has the version 02, as migrations/2_create_reader.up.sql: golang-migrate refuses both",
        ),
        (
            "migration-order",
            "migrations/2_create_reader.up.sql",
            "has the version 2, as migrations/02_again.up.sql: golang-migrate refuses both",
        ),
    }


@pytest.mark.parametrize("layout", ["golang-migrate", "prisma", "supabase"])
def test_several_statements_in_one_go_are_one_transaction(tmp_path, server, layout):
    """What Postgres refuses inside one is told by the text, and Postgres does refuse it."""
    path = next(one for one in shops.SHOPS[layout] if "index_item_state" in one and "down" not in one)
    text = "SET lock_timeout = '5s';\n" + shops.SHOPS[layout][path]
    found = {
        (one, line)
        for one, file, line, _ in judged(tmp_path, layout, server, tried=False, files={path: text})
        if file == path
    }
    assert found == {("transaction", 2), ("replay", 2)}


@pytest.mark.parametrize(
    "layout",
    [name for name, one in layouts().items() if one.tool.adds_transaction and not one.tool.detects_refused_statements],
)
def test_what_cannot_run_in_the_tool_s_transaction(tmp_path, server, layout):
    """The switch is left out: the text tells how to set it, and Postgres refuses the statement."""
    path = shops.path(layout, "index_item_state")
    files = {one: None for one in shops.SHOPS[layout] if one.endswith("index_item_state/metadata.toml")}
    found = judged(
        tmp_path, layout, server, tried=False, files={**files, path: shops.switched_on(shops.SHOPS[layout][path])}
    )
    own = {one: message for one, file, _, message in found if file == path}
    assert set(own) == {"transaction", "replay"}
    assert layouts()[layout].tool.transaction_off_switch in own["transaction"]
    assert "INDEX CONCURRENTLY cannot " in own["replay"]


@pytest.mark.parametrize("layout", [name for name, one in layouts().items() if one.tool.adds_transaction])
def test_a_file_that_fights_its_tool_s_transaction(tmp_path, server, layout):
    """Its own COMMIT ends the tool's transaction: the rest of the file is not part of it."""
    path = shops.path(layout, "create_item")
    text = shops.SHOPS[layout][path].replace("\n\nCREATE TABLE", "\nCOMMIT;\nCREATE TABLE")
    assert "COMMIT" in text
    found = {
        (one, message) for one, file, _, message in judged(tmp_path, layout, server, files={path: text}) if file == path
    }
    name = layouts()[layout].tool.name
    told = f"COMMIT in a file that {name} puts a transaction around: leave that to {name}"
    assert ("transaction", told) in found
    assert any(one == "atomic" for one, _ in found)


@pytest.mark.parametrize("layout", [name for name, one in layouts().items() if not one.tool.sends_copy_rows])
def test_rows_of_a_copy_are_for_psql(tmp_path, server, layout):
    path = shops.path(layout, "create_unit")
    change = next(one for one in shops.CHANGES if one.name == "create_unit")
    text = shops.SHOPS[layout][path].replace(change.up, change.rows)
    found = {
        (one, message)
        for one, file, _, message in judged(tmp_path, layout, server, tried=False, files={path: text})
        if file == path
    }
    name = layouts()[layout].tool.name
    message = f"the rows of COPY … FROM stdin are for psql: {name} sends SQL alone; write INSERT"
    assert ("replay", message) in found
    assert "transaction" not in {guideline for guideline, _ in found}


@pytest.mark.parametrize("layout", shops.SHOPS)
def test_a_way_back_that_does_not_lead_back(tmp_path, server, layout):
    """What takes a file back is run wherever the layout has it, and told at its own place."""
    change = next(one for one in shops.CHANGES if one.name == "enable_item_security")
    kept = change.down.splitlines()[0]
    files = {
        name: text.replace(change.down, kept + "\n")
        .replace(f"-- {change.down.splitlines()[1]}\n", "")
        .replace(f"--rollback {change.down.splitlines()[1]}\n", "")
        for name, text in shops.SHOPS[layout].items()
    }
    found = judged(tmp_path, layout, server, files=files)
    ((guideline, file, _, message),) = found
    assert guideline == "rollback-restores"
    assert "row security" in message or "shop.item" in message
    down = [
        one for one in shops.SHOPS[layout] if change.name in one and ("down" in one or "revert" in one or "/U" in one)
    ]
    assert file == (down[0] if down else shops.path(layout, change.name))


def test_no_way_back_is_told_with_the_layout_s_own(tmp_path):
    path = "migrations/9_create_stock.down.sql"
    ((guideline, file, _, message),) = judged(tmp_path, "golang-migrate", files={path: None})
    assert (guideline, file) == ("rollback-instructions", "migrations/9_create_stock.up.sql")
    assert message.startswith("no N_name.down.sql beside the file, and no comment block")


def test_diesel_s_metadata_that_is_no_toml(tmp_path):
    path = "migrations/2025-01-08-093000_index_item_state/metadata.toml"
    with pytest.raises(ConfigError, match=r"metadata\.toml: cannot be read: "):
        judged(tmp_path, "diesel", files={path: "run_in_transaction = no"})


def test_numbered_files_are_psql_s_and_bring_their_own_transaction(tmp_path, server):
    path = "migrations/9-create_stock.sql"
    text = shops.SHOPS["numbered"][path].replace("BEGIN;\n\n", "").replace("COMMIT;\n", "")
    found = {(one, file) for one, file, *_ in judged(tmp_path, "numbered", server, files={path: text})}
    assert found == {("transaction", path), ("atomic", path)}


@pytest.mark.parametrize(("layout", "word"), [("goose", "goose"), ("sql-migrate", "migrate")])
def test_a_body_that_the_tool_cuts(tmp_path, server, layout, word):
    """Both take a line that ends with a semicolon for the end of a statement, but for their own blocks."""
    path = shops.path(layout, "create_history")
    text = shops.SHOPS[layout][path]
    for line in (f"-- +{word} StatementBegin\n", f"-- +{word} StatementEnd\n"):
        assert line in text
        text = text.replace(line, "")
    found = {
        (one, line, message)
        for one, file, line, message in judged(tmp_path, layout, server, tried=False, files={path: text})
        if file == path
    }
    (line,) = {line for _, line, _ in found}
    assert text.splitlines()[line - 1] == "    INSERT INTO shop.history (item_id) VALUES (new.id);"
    assert {one for one, *_ in found} == {"replay"}
    assert all(f"put a line `-- +{word} StatementBegin` above the statement" in message for *_, message in found)


@pytest.mark.parametrize("layout", ["dbmate", "goose", "sql-migrate"])
def test_a_file_without_a_line_for_up(tmp_path, server, layout):
    path = shops.path(layout, "create_stock")
    text = "\n".join(shops.SHOPS[layout][path].splitlines()[1:])
    found = {
        (one, message)
        for one, file, _, message in judged(tmp_path, layout, server, tried=False, files={path: text})
        if file == path
    }
    assert found == {("replay", f"no line says what goes up: {layout} refuses the file")}


@pytest.mark.parametrize("layout", ["dbmate", "goose", "sql-migrate"])
def test_sql_above_the_line_for_up(tmp_path, server, layout):
    path = shops.path(layout, "create_stock")
    text = "CREATE TABLE shop.lost (id int);\n" + shops.SHOPS[layout][path]
    found = {
        (one, line, message)
        for one, file, line, message in judged(tmp_path, layout, server, tried=False, files={path: text})
        if file == path
    }
    assert found == {("replay", 1, f"is above the line that opens the migration: {layout} does not apply it")}


@pytest.mark.parametrize("layout", ["dbmate", "goose", "sql-migrate"])
def test_a_line_of_a_section_is_that_of_the_file(tmp_path, server, layout):
    """What stands in the other section is neither read nor counted away."""
    path = shops.path(layout, "enable_item_security")
    text = shops.SHOPS[layout][path].replace("TO shop_reader", "TO nobody_at_all").replace("DROP POLICY", "DROP POLICI")
    found = {
        (one, line)
        for one, file, line, _ in judged(tmp_path, layout, server, tried=False, files={path: text})
        if file == path
    }
    lines = text.splitlines()
    assert found == {
        ("replay", next(place for place, line in enumerate(lines, 1) if "nobody_at_all" in line)),
        ("rollback-instructions", next(place for place, line in enumerate(lines, 1) if "POLICI" in line)),
    }


# --- Placeholders, and commands of psql -------------------------------------------------------------------------------

WHERE = "shop.history"


@pytest.mark.parametrize("layout", shops.SHOPS)
def test_placeholders_are_filled_up_and_down(tmp_path, server, layout):
    """In SQL, in strings, in what takes back; and a finding stands where it stands in the file."""
    own = {one: text for one, text in shops.SHOPS[layout].items() if WHERE in text}
    both = {one: text.replace(WHERE, "shop.${table}", 1) for one, text in own.items()}
    files = {one: text.replace(WHERE, "shop.{{ table }}") for one, text in both.items()}
    assert files
    path = shops.path(layout, "create_history")
    assert judged(tmp_path, layout, server, files=files, variables={"table": "history"}) == set()
    text = files[path]
    wrong = judged(
        tmp_path,
        layout,
        server,
        files={**files, path: text.replace("REFERENCES shop.item", "REFERENCES shop.things")},
        variables={"table": "history"},
    )
    line = next(place for place, line in enumerate(text.splitlines(), 1) if "CREATE TABLE" in line)
    (told,) = [message for one, file, at, message in wrong if (one, file, at) == ("replay", path, line)]
    assert told.startswith('relation "shop.things" does not exist')


@pytest.mark.parametrize("layout", shops.SHOPS)
def test_a_placeholder_without_a_value_is_named(tmp_path, server, layout):
    files = {one: text.replace(WHERE, "shop.${table}") for one, text in shops.SHOPS[layout].items() if WHERE in text}
    path = shops.path(layout, "create_history")
    found = {
        (one, line, message)
        for one, file, line, message in judged(tmp_path, layout, server, tried=False, files=files)
        if file == path
    }
    line = next(place for place, line in enumerate(files[path].splitlines(), 1) if "${table}" in line)
    told = [message for one, at, message in found if one == "replay" and at == line]
    assert told, found
    assert "the placeholder ${table} has no value: write `table = value`" in told[0]


def test_flyway_refuses_a_file_for_a_placeholder_in_a_string(tmp_path, server):
    """Elsewhere it is a text like any other, the template of a letter, say."""
    path = shops.path("flyway", "create_history")
    text = shops.SHOPS["flyway"][path] + "COMMENT ON TABLE shop.history IS 'Dear ${flyway:user}';\n"
    found = [
        (line, message)
        for one, file, line, message in judged(tmp_path, "flyway", server, files={path: text})
        if (one, file) == ("replay", path)
    ]
    assert found == [(text.count("\n"), FLYWAY)]
    assert judged(tmp_path, "flyway", server, files={path: text}, variables={"flyway:user": "Ada"}) == set()
    path = shops.path("sqlx", "create_history")
    text = shops.SHOPS["sqlx"][path] + "COMMENT ON TABLE shop.history IS 'Dear ${user}';\n"
    assert judged(tmp_path / "sqlx", "sqlx", server, files={path: text}) == set()


FLYWAY = (
    "Flyway refuses the file: the placeholder ${flyway:user} has no value: write `flyway:user = value` on a line below "
    "`ctb_variables =` in the ini file, or give --ctb-variable flyway:user=value"
)


@pytest.mark.parametrize(
    "layout", [name for name, one in layouts().items() if one.tool.name != "psql" and name != "sqitch"]
)
def test_commands_of_psql_are_none_of_another_tool(tmp_path, server, layout):
    """Also those that change nothing: the tool sends them to the server, which refuses them."""
    path = shops.path(layout, "create_history")
    text = shops.SHOPS[layout][path]
    at = text.index("CREATE ")
    text = text[:at] + "\\echo on\n:table\n" + text[at:]
    found = {
        (one, line, message)
        for one, file, line, message in judged(
            tmp_path, layout, server, tried=False, files={path: text}, variables={"table": "SELECT 1;"}
        )
        if file == path
    }
    line = text[:at].count("\n") + 1
    assert {message for one, at, message in found if (one, at) == ("replay", line)} == {
        "psql's \\echo is a command of the client psql, not SQL: what applies this file sends SQL alone"
    }


def order(root, layout, folder=None) -> list[str]:
    suite = load_suite(
        root, [root / folder] if folder else usual_folders(root, layout), [], root / "rules", layout=layout
    )
    return [migration.name for migration in suite.repository.migrations if not migration.unapplied]


def test_flyway_s_order(tmp_path):
    """Parts of a version are numbers, a dot and an underscore are the same, and what is repeatable comes last."""
    names = [
        "V1_1__a.sql",
        "V1.10__b.sql",
        "V1_2__c.sql",
        "V2__d.sql",
        "R__a.sql",
        "V1.0.0__0.sql",
        "beforeMigrate.sql",
    ]
    shops.write(tmp_path, {f"db/migration/{name}": "SELECT 1;" for name in names})
    expected = ["V1.0.0__0.sql", "V1_1__a.sql", "V1_2__c.sql", "V1.10__b.sql", "V2__d.sql", "R__a.sql"]
    assert order(tmp_path, "flyway") == expected


def test_orders_that_are_of_numbers_and_of_text(tmp_path):
    """What one tool sorts as numbers another sorts as text."""
    shops.write(tmp_path, {f"migrations/{one}_x.sql": "-- +goose Up\nSELECT 1;" for one in ("9", "10", "2")})
    assert order(tmp_path, "goose") == ["2_x.sql", "9_x.sql", "10_x.sql"]
    assert order(tmp_path, "supabase", "migrations") == ["10_x.sql", "2_x.sql", "9_x.sql"]


def test_flyway_leaves_its_transaction_away_by_itself(tmp_path, server):
    """But not where other statements stand beside the one that needs it."""
    path = shops.path("flyway", "index_item_state")
    text = shops.SHOPS["flyway"][path].replace("\n\n", "\nCREATE TABLE shop.more (id int);\n\n", 1)
    found = {
        (one, line)
        for one, file, line, _ in judged(tmp_path, "flyway", server, tried=False, files={path: text})
        if file == path
    }
    assert ("transaction", 3) in found


def test_flyway_s_configuration_of_one_file(tmp_path):
    path = shops.path("flyway", "create_item")
    found = judged(tmp_path, "flyway", files={f"{path}.conf": "executeInTransaction=false\n"})
    ((guideline, file, _, message),) = found
    assert (guideline, file) == ("transaction", path)
    assert message.startswith("executeInTransaction=false in V1_3__create_item.sql.conf, but Postgres refuses nothing")


def test_sqitch_s_plan_is_the_order(tmp_path, server):
    """A file that it does not name is not applied, and what is planned anew has an older script."""
    plan = shops.SHOPS["sqitch"]["sqitch/sqitch.plan"]
    again = "@v1 2025-02-01T09:30:00Z Ann <ann@example.com> # one\n\ncreate_stock [create_stock@v1] 2025-03-01T09:30:00Z Ann <a@b.c> # two\n"
    deploy, revert = "sqitch/deploy/create_stock", "sqitch/revert/create_stock"
    own = shops.SHOPS["sqitch"]
    newer = (
        own[f"{deploy}.sql"]
        .replace("CREATE VIEW", "CREATE OR REPLACE VIEW")
        .replace("i.name FROM", "i.name, i.price FROM")
    )
    files = {
        "sqitch/sqitch.plan": plan + again,
        f"{deploy}@v1.sql": own[f"{deploy}.sql"],
        f"{revert}@v1.sql": own[f"{revert}.sql"],
        f"{deploy}.sql": newer,
        f"{revert}.sql": own[f"{deploy}.sql"].replace("CREATE VIEW", "DROP VIEW shop.stock;\nCREATE VIEW"),
        "sqitch/deploy/forgotten.sql": "BEGIN;\nSELECT 1;\nCOMMIT;\n-- Rollback: none, because it reads\n",
    }
    found = judged(tmp_path, "sqitch", server, files=files)
    assert found == {("replay", "sqitch/deploy/forgotten.sql", 1, "the plan of sqitch does not name it")}
    names = order(tmp_path, "sqitch")
    assert names[0] == "create_shop.sql"
    assert names.index("create_stock@v1.sql") < names.index("add_unit_to_item.sql") < names.index("create_stock.sql")


def test_sqitch_without_its_plan(tmp_path):
    with pytest.raises(ConfigError, match=r"sqitch\.plan: the plan of sqitch cannot be read"):
        judged(tmp_path, "sqitch", files={"sqitch/sqitch.plan": None})


def test_a_body_that_liquibase_cuts(tmp_path, server):
    path = shops.path("liquibase", "create_history")
    text = shops.SHOPS["liquibase"][path].replace(" splitStatements:false", "")
    found = {
        (one, line)
        for one, file, line, _ in judged(tmp_path, "liquibase", server, tried=False, files={path: text})
        if file == path
    }
    line = next(place for place, line in enumerate(text.splitlines(), 1) if "VALUES (new.id);" in line)
    assert found == {("replay", line)}


def test_a_sql_file_that_liquibase_does_not_split_into_changesets(tmp_path, server):
    path = shops.path("liquibase", "create_stock")
    text = shops.SHOPS["liquibase"][path].replace("--liquibase formatted sql\n", "")
    found = {
        (one, message)
        for one, file, _, message in judged(tmp_path, "liquibase", server, tried=False, files={path: text})
        if file == path
    }
    assert found == {
        ("replay", "the first line is not `--liquibase formatted sql`: Liquibase runs it as one raw script")
    }


def test_liquibase_without_a_changelog_goes_by_name(tmp_path):
    head = "--liquibase formatted sql\n--changeset a:1\nSELECT 1;"
    shops.write(tmp_path, {f"changelog/{one}.sql": head for one in ("b/1", "a/2", "a/1")})
    suite = load_suite(tmp_path, [tmp_path / "changelog"], [], tmp_path / "rules", layout="liquibase")
    assert [migration.path for migration in suite.repository.migrations] == [
        "changelog/a/1.sql",
        "changelog/a/2.sql",
        "changelog/b/1.sql",
    ]


# --- Recognised -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", shops.SHOPS)
def test_a_shop_is_recognised(tmp_path, layout):
    shops.write(tmp_path, shops.SHOPS[layout])
    suite = load_suite(tmp_path, usual_folders(tmp_path, "auto"), [], tmp_path / "rules", layout="auto")
    assert suite.repository.layout.startswith(f"{layout} (auto: ")
    assert {migration.tool.name for migration in suite.repository.migrations} == {layouts()[layout].tool.name}


def test_the_guide_s_own_files_are_recognised(tmp_path):
    shops.write(tmp_path, {"migrations/create_t.sql": "SELECT 1;"})
    suite = load_suite(tmp_path, usual_folders(tmp_path, "auto"), [], tmp_path / "rules", layout="auto")
    assert suite.repository.layout == "ctb (auto: no name has a date or a version)"


def test_what_several_tools_name_alike_is_asked_for(pytester):
    shops.write(pytester.path, {"migrations/20250101093000_x.sql": "SELECT 1;"})
    result = pytester.runpytest("--ctb", "--ctb-layout", "auto")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --ctb-layout auto: *migrations may be any of sqlx, supabase (*); say which"])


def test_what_no_tool_names_so(tmp_path):
    shops.write(tmp_path, {"migrations/1.sql": "SELECT 1;", "migrations/R__x.sql": "SELECT 1;"})
    with pytest.raises(ConfigError, match="no layout fits "):
        load_suite(tmp_path, [tmp_path / "migrations"], [], tmp_path / "rules", layout="auto")


def test_a_layout_of_no_name(pytester):
    shops.write(pytester.path, {"migrations/1.sql": "SELECT 1;"})
    result = pytester.runpytest("--ctb", "--ctb-layout", "flywy")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --ctb-layout flywy: no layout of that name; did you mean flyway?"])


# --- A pattern of one's own -------------------------------------------------------------------------------------------


def test_a_pattern_with_a_way_back(tmp_path, server):
    """Files for psql, in the order of their numbers, each with another that takes it back."""
    files = {}
    for number, one in enumerate(shops.CHANGES, 1):
        up = (one.comment if one.why_none else "") + shops.framed(one.rows or one.up, alone=one.alone)
        files[f"changes/{number}.{one.name}.do.sql"] = up
        if one.down:
            files[f"changes/{number}.{one.name}.undo.sql"] = shops.framed(one.down, alone=one.alone)
    shops.write(tmp_path, shops.with_safe_index(files))
    told = "{number}.{name}.do.sql {number}.{name}.undo.sql"
    suite = load_suite(tmp_path, [tmp_path / "changes"], [], tmp_path / "rules", layout=told)
    seen = replay(suite.repository, server)
    asked = [one for questions in suite.questions.values() for one in questions]
    assert [one for question in asked for one in judge(question, seen)] == []
    assert sum(bool(file.rollback) for file in seen.files.values()) == len(shops.CHANGES) - 1
    (tmp_path / "changes" / "7.add_price_to_item.undo.sql").write_text("BEGIN;\nSELECT 1;\nCOMMIT;\n")
    suite = load_suite(tmp_path, [tmp_path / "changes"], [], tmp_path / "rules", layout=told)
    seen = replay(suite.repository, server)
    asked = [one for questions in suite.questions.values() for one in questions]
    (found,) = [one for question in asked for one in judge(question, seen)]
    assert (found.guideline, found.file) == ("rollback-restores", "changes/7.add_price_to_item.undo.sql")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("{name}.sql", "needs one of {number}, {version} or {date}, to order by"),
        ("{number}_{title}.sql", "{title} is not known (known: {number}, {version}, {date}, {name})"),
        ("{number}.sql {number}.undo.sql {number}.x.sql", "one pattern for what goes up, one for what takes it back"),
    ],
)
def test_a_pattern_that_cannot_be_meant(pytester, told, why):
    shops.write(pytester.path, {"migrations/1.sql": "SELECT 1;"})
    result = pytester.runpytest("--ctb", "--ctb-layout", told)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert why in result.stderr.str()


# --- Undated files ----------------------------------------------------------------------------------------------------

UNDATED = {
    "migrations/add_price.sql": "BEGIN;\nALTER TABLE shop.item ADD COLUMN price numeric;\nCOMMIT;\n",
    "migrations/create_item.sql": "BEGIN;\nCREATE TABLE shop.item (id bigint);\nCOMMIT;\n",
    "migrations/twice.sql": "BEGIN;\nALTER TABLE shop.item ADD COLUMN size int;\nALTER TABLE shop.item ADD COLUMN size int;\nCOMMIT;\n",
    "migrations/create_shop.sql": "BEGIN;\nCREATE SCHEMA shop;\nCOMMIT;\n",
    "migrations/of_nothing.sql": "BEGIN;\nALTER TABLE shop.gone ADD COLUMN x int;\nCOMMIT;\n",
}


def listed(root, *names) -> None:
    (root / "ctb-order.txt").write_text("# mine\n" + "".join(f"migrations/{name}.sql # so\n" for name in names))


def places(root, server) -> dict[str, str]:
    """What CT09 says of each file, and where CT17 tells of one."""
    suite = load_suite(root, [root / "migrations"], [], root / "rules")
    seen = replay(suite.repository, server)
    found = {}
    for question in (one for questions in suite.questions.values() for one in questions):
        if question.guideline.id in {"replay", "migration-order"}:
            try:
                findings = judge(question, seen)
            except NotJudgedError:
                continue
            found |= {finding.file.removeprefix("migrations/"): finding.message for finding in findings}
    return found


def test_what_can_be_applied_in_no_order_is_told_apart_from_what_stood_in_the_wrong_place(tmp_path, server):
    """By trying it: the one applies behind the other files, the other does not either."""
    shops.write(tmp_path, UNDATED)
    nowhere = ". No other file order would make it apply."
    lost = {
        "twice.sql": 'column "size" of relation "item" already exists (SQLSTATE 42701)' + nowhere,
        "of_nothing.sql": 'relation "shop.gone" does not exist (SQLSTATE 42P01)' + nowhere,
    }
    assert places(tmp_path, server) == lost
    listed(tmp_path, "create_shop", "add_price", "create_item", "twice", "of_nothing")
    elsewhere = "; it applies after the other files, so only its place in the order is wrong"
    assert places(tmp_path, server) == {
        **lost,
        "add_price.sql": 'relation "shop.item" does not exist (SQLSTATE 42P01)' + elsewhere,
    }


def test_a_file_that_the_list_lacks_is_told(tmp_path, server):
    files = {name: text for name, text in UNDATED.items() if "create" in name}
    shops.write(tmp_path, files)
    listed(tmp_path, "create_shop")
    message = "is not listed in ctb-order.txt, which fixes the order: it runs after all files of that list"
    assert places(tmp_path, server) == {"create_item.sql": message}


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("migrations/gone.sql\n", "ctb-order.txt: names no migration: migrations/gone.sql"),
        (
            "migrations/twice.sql\n\nmigrations/twice.sql\n",
            "ctb-order.txt:3: migrations/twice.sql is in line 1 already",
        ),
    ],
)
def test_a_list_that_cannot_be_followed(pytester, lines, why):
    shops.write(pytester.path, {**UNDATED, "ctb-order.txt": lines})
    result = pytester.runpytest("--ctb")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert why in result.stderr.str()


def test_a_list_beside_files_that_have_an_order(tmp_path):
    shops.write(tmp_path, {"migrations/1_x.sql": "SELECT 1;", "ctb-order.txt": "migrations/1_x.sql\n"})
    with pytest.raises(ConfigError, match="numbered has an order of its own"):
        load_suite(tmp_path, [tmp_path / "migrations"], [], tmp_path / "rules", layout="numbered")


# --- The command ctb --------------------------------------------------------------------------------------------------


@pytest.fixture
def ctb(tmp_path, monkeypatch, capsys):
    """Run the command in a repository; gives what it ended with, and what it said."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        return ended.value.code or 0, said.out + said.err

    return run


def test_ctb_order_writes_the_list_and_follows_it(tmp_path, ctb):
    shops.write(tmp_path, {**UNDATED, "pytest.ini": "[pytest]\n"})
    code, said = ctb("order", "--write")
    assert code == 0
    assert said.startswith("ctb-order.txt: 5 files, in the order in which they apply\n")
    paths = [line for line in (tmp_path / "ctb-order.txt").read_text().splitlines() if not line.startswith("#")]
    assert paths.index("migrations/create_shop.sql") < paths.index("migrations/create_item.sql")
    assert paths.index("migrations/create_item.sql") < paths.index("migrations/add_price.sql")
    (tmp_path / "ctb-order.txt").write_text("\n".join(reversed(paths)))
    (tmp_path / "migrations" / "zoo.sql").write_text("SELECT 1;")
    code, said = ctb("order")
    assert code == 1
    assert said.splitlines()[0] == f"1  {paths[-1]}"
    assert "migrations/zoo.sql: is not listed in ctb-order.txt\n" in said
    assert ctb("order", "-w")[0] == 0
    assert (tmp_path / "ctb-order.txt").read_text().splitlines()[1:] == [*reversed(paths), "migrations/zoo.sql"]


def test_ctb_reads_the_layout_of_the_ini_file(tmp_path, ctb):
    path = shops.path("goose", "create_item")
    text = shops.SHOPS["goose"][path].replace("\n\nCREATE TABLE", "\nCOMMIT;\nCREATE TABLE")
    shops.write(tmp_path, {**shops.SHOPS["goose"], path: text, "pytest.ini": "[pytest]\nctb_layout = goose\n"})
    code, said = ctb("check", "--short")
    assert code == 1
    assert f"{path}:3:1: CT05 transaction: COMMIT in a file that goose puts a transaction around" in said
    assert "1 finding in 11 migrations" in said
    code, said = ctb("order")
    assert code == 0
    assert said.splitlines()[:2] == [" 1  migrations/00001_create_shop.sql", "        version 00001"]
    assert ctb("order", "--write") == (2, "ctb: goose has an order of its own: there is nothing to write\n")
    code, said = ctb("new", "add", "x")
    assert code == 2
    assert "those of goose its own tool does" in said


# --- sqlfluff ---------------------------------------------------------------------------------------------------------


def test_sqlfluff_reads_the_layout_and_fixes_what_is_left_to_fix(tmp_path, monkeypatch):
    """The same finding at the same place; what is repaired stays the file of its tool."""
    path = shops.path("goose", "create_item")
    text = shops.SHOPS["goose"][path].replace("\n\nCREATE TABLE", "\nCOMMIT;\nCREATE TABLE")
    config = (
        "[sqlfluff]\ndialect = postgres\ntemplater = raw\nrules = ctb\nignore = parsing\nfix_even_unparsable = True\n"
    )
    config += "[sqlfluff:rules]\nctb_layout = goose\n"
    shops.write(tmp_path, {**shops.SHOPS["goose"], path: text, ".sqlfluff": config}, on=frozenset({"if-not-exists"}))
    monkeypatch.chdir(tmp_path)

    def sqlfluff(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "sqlfluff", *arguments], capture_output=True, text=True, check=False
        )
        return done.stdout

    said = sqlfluff("lint", "migrations", "--format", "github-annotation")
    found = {
        (Path(load["file"]).as_posix(), load["start_line"])
        for load in json.loads(said)
        if "CTB_CT05" in load["message"]
    }
    assert found == {(path, 3)}
    sqlfluff("fix", "migrations/00003_create_item.sql")
    assert (tmp_path / path).read_text() == text.replace("CREATE TABLE shop", "CREATE TABLE IF NOT EXISTS shop")


# --- The page ---------------------------------------------------------------------------------------------------------


def table() -> str:
    """The layouts, a row each."""
    rows = [
        "| layout | migrations | order | way back | transaction | switched off | not asked |",
        "|---|---|---|---|---|---|---|",
    ]
    orders = {numbers: "by number", by_path: "by number", text: "as text"}
    for layout in layouts().values():
        tool = layout.tool
        order = (
            "by date, need and path" if not layout.versioned else orders.get(layout.sort_key, "by number, then as text")
        )
        order = (
            "as the plan says"
            if layout.name in {"sqitch", "liquibase", "drizzle"}
            else "as text"
            if layout.name == "diesel"
            else order
        )
        kind = "the tool's" if tool.adds_transaction else "one query" if tool.sends_whole_file else "the file's"
        off = (
            "by itself, or " * tool.detects_refused_statements + tool.transaction_off_switch
            if tool.adds_transaction
            else ""
            if tool.sends_whole_file
            else "`-- ctb:no-transaction: reason`"
        )
        form = tool.file_name_form or "YYYY-MM-DD_verb_noun.sql"
        needless = ", ".join(guideline.code for guideline in GUIDELINES if why_needless(guideline, tool, ()))
        rows.append(
            f"| [`{layout.name}`]({layout.source}) | {form} | {order} | {tool.rollback_place or 'comment'} | {kind} | {off} "
            f"| {needless} |"
        )
    return (
        "\n".join(rows)
        .replace("](guide, Migration Guidelines, File Naming)", "](contract.md#order)")
        .replace("](`psql -v ON_ERROR_STOP=1 -f`, file by file)", "](contract.md#order)")
    )


def test_the_page_shows_what_is_done(tmp_path):
    """`python tests/test_layouts.py` writes it anew."""
    assert written(PAGE) == {**played(PAGE, tmp_path), "layouts": table()}


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        write(PAGE, {**played(PAGE, Path(folder)), "layouts": table()})
