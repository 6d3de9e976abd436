"""The statements of downstream code: how their files are read, and what a run says of those that a migration breaks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sample
from machine import as_migrations, replay
from pytest_ctb.checks.live.consumers import _columns
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.model import Order, PreparedStatement, Repository, Source
from pytest_ctb.sql import read_consumers, with_null_parameter
from sample import FIRST, SECOND, change

API = "consumers/api.sql"


def read(text: str) -> list[tuple[int, str, str]]:
    """Line, name and SQL of each statement."""
    return [
        (consumer.sender.line, consumer.sender.name, consumer.sql)
        for consumer in read_consumers("api.sql", Source(text))
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("-- name: a\nSELECT 1;", [(2, "a", "SELECT 1")]),
        ("-- name: List-It :many\nSELECT $1::int;", [(2, "List-It", "SELECT $1::int")]),
        ("--name:a^\nSELECT 1", [(2, "a", "SELECT 1")]),
        ("-- :name get_it :one\nSELECT :id::int", [(2, "get_it", "SELECT $1::int")]),
        ("-- name: f(id, x)!\n-- What it is for.\n-- name it well\nDELETE FROM t", [(4, "f", "DELETE FROM t")]),
        ("SELECT 1; SELECT 2;", [(1, "", "SELECT 1"), (1, "", "SELECT 2")]),
        # a name is that of all statements up to the next one, and needs no semicolon before it
        ("SELECT 0\n-- name: a\nSELECT 1;\nSELECT 2\n-- name: b\nSELECT 3", [
            (1, "", "SELECT 0"), (3, "a", "SELECT 1"), (4, "a", "SELECT 2"), (6, "b", "SELECT 3")]),
        # where no comment stands there is no name
        ("-- name: a\nSELECT '\n-- name: b\n';", [(2, "a", "SELECT '\n-- name: b\n'")]),
        ("/*\n-- name: b\n*/ SELECT $$\n-- name: c\n$$", [(3, "", "SELECT $$\n-- name: c\n$$")]),
        ("SELECT 1 -- name: b\n, 2", [(1, "", "SELECT 1 -- name: b\n, 2")]),
        # parameters: the same name is the same one; what is not a parameter stays
        ("SELECT :a, :b, :a, :b_2", [(1, "", "SELECT $1, $2, $1, $3")]),
        ("SELECT 1::int, ':a', \":b\", $$ :c $$, E'\\':d', a[1:2], a[x:y] -- :e", [
            (1, "", "SELECT 1::int, ':a', \":b\", $$ :c $$, E'\\':d', a[1:2], a[x:y] -- :e")]),
        ("SELECT a := :b, :größe", [(1, "", "SELECT a := $1, $2")]),
        ("SELECT :'a', :\"b\"", [(1, "", "SELECT :'a', :\"b\"")]),
        # nothing
        ("", []), ("-- name: a\n", []), (";;", []), ("/* open", [(1, "", "/* open")]),
    ],
)  # fmt: skip
def test_a_file_is_read_as_libraries_of_queries_read_it(text, found):
    assert [(line, name, sql) for line, name, sql in read(text)] == found


def test_a_place_in_what_is_sent_is_a_place_in_the_file():
    text = "-- name: ä\nSELECT :first, :second,\n  wrong, :first;"
    (one,) = read_consumers("api.sql", Source(text))
    assert one.sql == "SELECT $1, $2,\n  wrong, $1"
    for word in ("SELECT", "wrong"):
        assert one.offset(one.sql.index(word)) == text.index(word)
    less = with_null_parameter(with_null_parameter(one, 1), 2)
    assert less.sql == "SELECT NULL, NULL,\n  wrong, NULL"
    assert less.offset(less.sql.index("wrong")) == text.index("wrong")
    assert one.offset(one.sql.index("$2")) == text.index(":second")


# What the server says, state by state


def served(server, sent: str, *files: str):
    """The replay of files with what is sent to them."""
    found = read_consumers("api.sql", Source(sent))
    repository = Repository(Path(), as_migrations(*files), (), Order(), consumers=found)
    return replay(repository, server, trials=())


@pytest.fixture
def shape(server):
    """What the server makes of one statement, on a table t (id bigint, name text, at timestamptz)."""

    def prepared(sql: str) -> PreparedStatement:
        return served(server, sql, "CREATE TABLE t (id bigint, name text, at timestamptz);").consumer_results[0].last

    return prepared


@pytest.mark.parametrize(
    ("sql", "parameters", "columns"),
    [
        ("SELECT id, name FROM t WHERE id = :id", ("bigint",), (("id", "bigint"), ("name", "text"))),
        ("INSERT INTO t (at) VALUES ($1)", ("timestamp with time zone",), ()),
        ("UPDATE t SET name = $2 WHERE id = $1 RETURNING *", ("bigint", "text"), (("id", "bigint"), ("name", "text"), ("at", "timestamp with time zone"))),
        ("SELECT count(*) FROM t", (), (("count", "bigint"),)),
        # a parameter whose type the statement does not tell: a driver brings one
        ("SELECT id FROM t WHERE :x IS NULL", ("text",), (("id", "bigint"),)),
        ("SELECT id FROM t WHERE (:x IS NULL OR id > :x::bigint) AND name = :n", ("text", "text"), (("id", "bigint"),)),
        ("LISTEN x", (), ()),
        ("TRUNCATE t", (), ()),
    ],
)  # fmt: skip
def test_a_statement_is_describe_and_not_run(shape, sql, parameters, columns):
    assert shape(sql) == PreparedStatement(parameters, columns)


def test_what_it_refuses_it_says_with_the_place(server):
    seen = served(
        server, "\n-- name: x\nSELECT :a::int,\n  nowhere FROM t WHERE :b IS NULL", "CREATE TABLE t (id int);"
    )
    error = seen.consumer_results[0].last.error
    assert (error.sqlstate, error.position) == ("42703", (4, 3))


def test_only_what_changed_something_is_looked_behind(server, monkeypatch):
    """Rows alone change no statement; without consumers nobody looks at all."""
    from pytest_ctb.replay import consumers

    looks = []
    described = consumers.describe
    monkeypatch.setattr(consumers, "describe", lambda *given: looks.append(1) or described(*given))
    files = (
        "CREATE TABLE t (id int);",
        "INSERT INTO t VALUES (1);",
        "UPDATE t SET id = 2;",
        "SELECT 1;",
        "ALTER TABLE t ADD a int;",
    )
    seen = served(server, "SELECT id FROM t", *files)
    assert len(looks) == 3  # before the first, and behind the two that made something
    assert [len(file.consumer_changes) for file in seen.files.values()] == [1, 0, 0, 0, 0]
    looks.clear()
    served(server, "", *files)
    assert not looks


def test_a_search_path_of_the_database_holds_for_them(server):
    files = (
        "CREATE SCHEMA s; CREATE TABLE s.t (id int);",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = s', current_database()); END $$;",
        "CREATE TABLE s.u (id int);",
    )
    seen = served(server, "SELECT id FROM t", *files)
    assert seen.consumer_results[0].worked
    assert seen.consumer_results[0].last.columns == (("id", "integer"),)


def test_a_type_that_was_made_anew_under_its_name_is_the_same(server):
    files = (
        "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (m mood);",
        "ALTER TABLE t ALTER m TYPE text; DROP TYPE mood; CREATE TYPE mood AS ENUM ('a', 'b');"
        "ALTER TABLE t ALTER m TYPE mood USING m::mood;",
    )
    assert served(server, "SELECT m FROM t", *files).files["2.sql"].consumer_changes == ()


def test_two_on_one_line_are_two(server):
    seen = served(
        server, "SELECT a FROM t; SELECT b FROM t;", "CREATE TABLE t (a int, b int);", "ALTER TABLE t DROP a;"
    )
    (effect,) = seen.files["2.sql"].consumer_changes
    assert effect.after.error.message == 'column "a" does not exist'
    assert [result.worked for result in seen.consumer_results] == [True, True]
    assert len({result.sender for result in seen.consumer_results}) == 2


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("a int, b text", "a int, b text", []),
        ("a int, b text", "x int, a int, y int, b text, z int", []),
        ("b text", "b character varying", []),
        ("a int, b text", "a int", ["it no longer gives b"]),
        ("a int, b text", "a int, c text", ["it no longer gives b"]),
        ("a int, a int", "a int", ["it no longer gives a"]),
        ("a int, b text", "b text, a int", ["it gives its columns in another order"]),
        ("a int, b text", "a bigint, b uuid", ["a is bigint and was int", "b is uuid and was text"]),
        ("a int, b text", "b text, a bigint", ["a is bigint and was int"]),
        ("a int, a text", "a text, a int", ["a is text and was int", "a is int and was text"]),
        ("a int, a text", "a bigint, a text", ["a is bigint and was int"]),
        ("a int, a text", "a text, x int, a int", ["a is int and was text"]),
    ],
)
def test_what_a_reader_misses(before, after, said):
    def shape(told: str) -> PreparedStatement:
        return PreparedStatement(columns=tuple(tuple(one.split(" ", 1)) for one in told.split(", ")))

    assert _columns(shape(before), shape(after)) == said


# A run


@pytest.fixture
def team(pytester):
    """A repository whose second file takes from its consumers what the first one gave them."""
    sample.write(pytester.path)
    pytester.makeini("[pytest]\nctb_postgres = embedded\n")
    change(pytester.path, SECOND, "ALTER TABLE", "ALTER TABLE shop.item RENAME COLUMN name TO label;\nALTER TABLE")
    change(
        pytester.path, SECOND, "-- ALTER TABLE", "-- ALTER TABLE shop.item RENAME COLUMN label TO name;\n-- ALTER TABLE"
    )
    change(pytester.path, sample.BASE, "name text", "label text")
    (pytester.path / "consumers").mkdir()
    (pytester.path / API).write_text(
        "-- name: list_items :many\nSELECT id, name FROM shop.item WHERE id > :after;\n\n-- name: count\nSELECT count(*) FROM shop.item;\n"
    )
    return pytester


BROKEN = f"""{SECOND}:15:1: CT20 consumers: breaks {API}:2 list_items: column "name" does not exist (SQLSTATE 42703)

    15 | ALTER TABLE shop.item RENAME COLUMN name TO label;
       | ^

Instead:
    -- Expand now: the new column beside the old one, filled where the old one is written.
    ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS …;
    COMMENT ON COLUMN shop.item.name IS 'DEPRECATED YYYY-MM-DD: why, and what to use instead';"""


def test_a_broken_statement_is_told_at_the_migration(team):
    reports = [f"--ctb-report=out.{ending}" for ending in ("json", "html", "md", "sarif")]
    (team.path / "consumers/typo.sql").write_text("-- name: typo\nSELECT nmae FROM shop.item;\n")
    result = team.runpytest("--ctb", "-k", "consumers", "-v", *reports)
    result.assert_outcomes(passed=2, failed=2, deselected=result.parseoutcomes()["deselected"])
    assert BROKEN in result.stdout.str()
    result.stdout.fnmatch_lines(
        [
            "ctb: 2 migrations, *, 3 statements of downstream code",
            f"{FIRST}::consumers PASSED*",
            f"{SECOND}::consumers FAILED*",
        ]
    )
    report = json.loads((team.path / "out.json").read_text())
    assert {(one["guideline"], one["file"], one["line"]) for one in report["findings"]} == {
        ("consumers", SECOND, 15),
        ("consumers", "consumers/typo.sql", 2),
    }
    for ending in ("html", "md", "sarif"):
        text = (team.path / f"out.{ending}").read_text()
        assert "list_items" in text
        assert "typo cannot be prepared" in text
    (effect,) = report["migrations"][1]["consumers"]
    assert effect["sender"] == {"file": API, "line": 2, "column": 1, "name": "list_items"}
    assert effect["before"] == {"parameters": ["bigint"], "columns": [["id", "bigint"], ["name", "text"]]}
    assert effect["after"]["error"]["sqlstate"] == "42703"
    assert [(one["sender"]["name"], one.get("worked", False)) for one in report["consumers"]] == [
        ("list_items", True),
        ("count", True),
        ("typo", False),
    ]


def test_workers_and_another_folder(team):
    """Under xdist as alone; the folder by option, by ini key, and by default."""
    (team.path / "consumers").rename(team.path / "sent")
    arguments = ("--ctb", "-k", "consumers", "-q")
    for called, *more in (
        (team.runpytest, "--ctb-consumers", "sent"),
        (team.runpytest_subprocess, "-o", "ctb_consumers=sent", "-n", "2"),
    ):
        result = called(*arguments, *more)
        assert result.parseoutcomes()["failed"] == 1
        result.stdout.fnmatch_lines([f"*{SECOND}:15:1: CT20 consumers: breaks sent/api.sql:2 list_items: *"])


def test_without_consumers_nothing_is_asked(team):
    def asked(folders) -> set[str]:
        root = team.path
        suite = load_suite(root, [root / "migrations"], [], root / "rules", consumers=folders)
        return {file for file, every in suite.questions.items() if any(one.name == "consumers" for one in every)}

    assert asked([team.path / "consumers"]) == {FIRST, SECOND, API}
    (team.path / "consumers").rename(team.path / "migrations/sent")
    assert asked([team.path / "migrations/sent"]) == {FIRST, SECOND, "migrations/sent/api.sql"}
    (team.path / "migrations/sent").rename(team.path / "consumers")
    assert asked([]) == set()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--ctb-consumers", "nowhere"], "*consumers folder not found: *nowhere (set --ctb-consumers DIR, or ctb_consumers*"),
        (["--ctb-consumers", "pytest.ini"], "*consumers folder is not a folder: *"),
    ],
)  # fmt: skip
def test_a_folder_that_is_none_is_a_usage_error(team, arguments, said):
    team.makeini("[pytest]\n") if "pytest.ini" not in arguments else (team.path / "pytest.ini").write_text("[pytest]\n")
    result = team.runpytest("--ctb", "--co", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


def test_what_a_file_allows_with_a_reason_is_expected(team):
    change(
        team.path,
        SECOND,
        "ALTER TABLE shop.item RENAME",
        "-- ctb:allow consumers: nobody runs the old release\nALTER TABLE shop.item RENAME",
    )
    result = team.runpytest("--ctb", "-k", "consumers or unused", "-rx", "-v")
    assert result.parseoutcomes()["xfailed"] == 1
    assert "failed" not in result.parseoutcomes()
    result.stdout.fnmatch_lines(["*nobody runs the old release*"])


def test_a_file_that_cannot_be_read_is_a_finding_at_itself(team):
    (team.path / "consumers/empty.sql").write_text("-- name: later\n")
    (team.path / "consumers/latin.sql").write_bytes(b"SELECT '\xe4';")
    (team.path / "consumers/wrong.sql").write_text("-- name: typo\nSELEC id FROM shop.item;\n")
    (team.path / "consumers/notes.txt").write_text("no SQL")
    (team.path / "consumers/temporary.sql").write_text(
        "-- ctb:allow consumers: the program makes it\nSELECT a FROM own;\n"
    )
    result = team.runpytest("--ctb", "-k", "consumers", "-q")
    assert result.parseoutcomes()["failed"] == 4
    assert result.parseoutcomes()["xfailed"] == 1
    result.stdout.fnmatch_lines_random(
        [
            "consumers/empty.sql:1:1: CT20 consumers: this file has no statement",
            "consumers/latin.sql:1:9: CT20 consumers: *UTF-8*",
            'consumers/wrong.sql:2:1: CT20 consumers: typo cannot be prepared, whatever migrations have run: syntax error at or near "SELEC"*',
        ]
    )


def test_where_migrations_do_not_apply_nothing_is_said_of_what_may_need_them(team):
    change(team.path, FIRST, "CREATE TABLE", "CREATE TABLE broken (;\nCREATE TABLE")
    result = team.runpytest("--ctb", "-k", "consumers", "-rs")
    assert result.parseoutcomes() == {"skipped": 3, "deselected": result.parseoutcomes()["deselected"]}
    result.stdout.fnmatch_lines([f"*{API}:2 list_items cannot be prepared, but {FIRST}* did not apply"])
