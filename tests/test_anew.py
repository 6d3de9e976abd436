"""A file that can only make new things is tried by its own run, and what is then told is what a trial before it tells."""

from __future__ import annotations

import pytest

from machine import as_migrations, choice_of, oldest_and_newest, replayed
from pytest_ctb.replay.trials.additive import new_names
from pytest_ctb.repository.migration import parse_migration

TABLE = "CREATE TABLE IF NOT EXISTS s.a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, x text);\n"
ALL = f"""BEGIN;
CREATE SCHEMA IF NOT EXISTS s;
{TABLE}COMMENT ON TABLE s.a IS 'a';
COMMENT ON COLUMN s.a.x IS 'x';
CREATE INDEX IF NOT EXISTS a_x ON s.a (x);
CREATE OR REPLACE VIEW s.v AS SELECT x FROM s.a;
CREATE OR REPLACE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION s.f() IS 'f';
COMMIT;
"""
ELSEWHERE = as_migrations(
    "CREATE FUNCTION public.idle() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
    "CREATE EVENT TRIGGER idle ON ddl_command_end EXECUTE FUNCTION public.idle();"
)
"""With an event trigger of somebody else's every file is tried before it runs."""

HISTORIES = {
    "it restores": [f"{ALL}-- Rollback:\n-- DROP VIEW s.v; DROP FUNCTION s.f(); DROP TABLE s.a; DROP SCHEMA s;\n"],
    "it leaves some behind": [f"{ALL}-- Rollback:\n-- DROP VIEW s.v; DROP TABLE s.a;\n"],
    "it fails": [f"{ALL}-- Rollback:\n-- DROP TABLE s.a;\n"],
    "it takes the drop back": [
        "CREATE SCHEMA s;",
        f"{TABLE}-- Rollback:\n-- BEGIN; SAVEPOINT one; DROP TABLE s.a; ROLLBACK TO one; COMMIT;\n",
    ],
    "it drops more": ["CREATE SCHEMA s; CREATE TABLE s.b ();", f"{TABLE}-- Rollback:\n-- DROP TABLE s.a, s.b;\n"],
    "it makes another": [
        "CREATE SCHEMA s;",
        f"{TABLE}-- Rollback:\n-- DROP TABLE s.a; CREATE TABLE s.a (y int);\n",
    ],
    "the second run fails": ["CREATE SCHEMA s;", "CREATE TABLE s.a (x int);\n-- Rollback:\n-- DROP TABLE s.a;\n"],
    "something else has the name": [
        "CREATE SCHEMA s; CREATE TABLE s.a (y int);",
        f"{TABLE}-- Rollback:\n-- SELECT 1;\n",
    ],
    "something else is replaced": [
        "CREATE SCHEMA s; CREATE VIEW s.v AS SELECT 1 AS x;",
        "CREATE OR REPLACE VIEW s.v AS SELECT 2 AS x;\n-- Rollback:\n-- DROP VIEW s.v;\n",
    ],
    "its sequence is set back": [
        "CREATE SCHEMA s;",
        TABLE,
        "INSERT INTO s.a DEFAULT VALUES; SELECT 1 / 0;",
        "INSERT INTO s.a DEFAULT VALUES; DO $$ BEGIN RAISE NOTICE '%', (SELECT max(id) FROM s.a); END $$;",
    ],
}


@pytest.fixture(scope="module", params=oldest_and_newest(), ids="pg{}".format)
def each(request):
    """A running server of each major version."""
    with choice_of(request.param).offer.start() as started:
        yield started


def told(replay):
    """Its files, but for what is another each time."""
    return [
        file._replace(traces=tuple(t._replace(seconds=0, transaction=bool(t.transaction)) for t in file.traces))
        for file in replay.files.values()
    ]


@pytest.mark.parametrize("name", HISTORIES)
def test_the_same_is_told_as_by_a_trial(each, name):
    assert told(replayed(each, *HISTORIES[name])) == told(replayed(each, *HISTORIES[name], prelude=ELSEWHERE))


def test_what_the_instructions_leave_is_told(each):
    """Not only the same as elsewhere, but what is true."""
    file = replayed(each, *HISTORIES["it leaves some behind"]).files["1.sql"]
    assert (file.rerun.error, file.rerun.changes) == (None, ())
    assert [str(difference.key) for difference in file.rollback.differences] == ["schema s", "function s.f()"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (ALL, {("s", "a"), ("s", "a_x"), ("s", "v"), ("s", "f")}),
        ("CREATE SCHEMA s;", set()),
        ("CREATE TABLE a (x int);", {("", "a")}),  # the search_path says where
        ("CREATE TEMP VIEW v AS SELECT 1;", set()),
        ("CREATE TABLE s.a () INHERITS (s.b);", set()),
        ("CREATE TABLE s.a PARTITION OF s.b DEFAULT;", set()),
        ("CREATE INDEX i ON s.a (x);", set()),
        ("CREATE TABLE s.a (x int); CREATE INDEX i ON s.a ((s.f(x)));", set()),
        ("CREATE TABLE s.a (x int); CREATE INDEX i ON s.a (x) WHERE s.f();", set()),
        ("CREATE TABLE s.a (x int); COMMENT ON TABLE s.b IS 'b';", set()),
        ("CREATE TABLE s.a (x int); COMMENT ON COLUMN s.a IS 'column a of a table s';", set()),
        ("CREATE TABLE IF NOT EXISTS s.a (); CREATE TABLE IF NOT EXISTS s.a (x int);", set()),
        ("CREATE TABLE s.a AS SELECT 1;", set()),
        ("CREATE TABLE s.a (); DO 'BEGIN END';", set()),
    ],
)
def test_what_may_touch_something_old_makes_nothing_new_for_sure(text, names):
    assert new_names(parse_migration(text.encode(), "1.sql").statements) == names
