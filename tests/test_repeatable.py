"""What CT10 offers instead may run twice: Postgres runs it, and compares objects and rows."""

from __future__ import annotations

import psycopg
import pytest

from machine import choice_of, oldest_and_newest
from pytest_ctb.model import Source
from pytest_ctb.replay.witness.catalog import snapshot
from pytest_ctb.sql import parse, repeatable

BASE = """
CREATE SCHEMA s;
CREATE TABLE s.log (id bigint, note text, day date, seen_at timestamptz);
CREATE TABLE s.keyed (id bigint PRIMARY KEY, name text UNIQUE, n int NOT NULL DEFAULT 0);
CREATE TABLE s."Odd Name" ("Id" int, "the note" text);
CREATE TYPE s.state AS ENUM ('free', 'full');
CREATE TYPE s.address AS (street text);
CREATE TABLE s.parted (id int) PARTITION BY LIST (id);
CREATE TABLE s.part (id int);
CREATE TABLE s.parted_2 PARTITION OF s.parted FOR VALUES IN (2);
CREATE TABLE s.parent (id int);
CREATE FUNCTION s.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE DOMAIN s.code AS text;
INSERT INTO s.log (id, note) VALUES (1, 'a'), (2, 'b');
INSERT INTO s.keyed VALUES (1, 'x', 1), (2, 'y', 2);
CREATE FUNCTION s.note() RETURNS void LANGUAGE sql AS 'INSERT INTO s.log VALUES (9)';
"""

# Each fails, or changes something, when it runs a second time; what is offered in its place does not.
WORKS = {
    "type": "CREATE TYPE s.kind AS ENUM ('a', 'b');",
    "type in public": "CREATE TYPE kind AS ENUM ('a');",
    "type with dollars": "CREATE TYPE s.kind AS ENUM ('$$');",
    "quoted type": """CREATE TYPE s."Kind of it's" AS (a int);""",
    "range": "CREATE TYPE s.span AS RANGE (subtype = date);",
    "domain": "CREATE DOMAIN s.word AS text\n    CHECK (value <> '');",
    "role": "CREATE ROLE made_here NOLOGIN;",
    "policy": "CREATE POLICY mine ON s.log USING (true);",
    "constraint trigger": "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON s.log FOR EACH ROW EXECUTE FUNCTION s.f();",
    "trigger": "CREATE TRIGGER t BEFORE INSERT ON s.log FOR EACH ROW EXECUTE FUNCTION s.f();",
    "comment at the end": "CREATE TYPE s.remarked AS ENUM ('a') -- why",
    "insert with a comment": "INSERT INTO s.keyed VALUES (3, 'c', 3) -- why",
    "cast": "CREATE CAST (s.state AS s.address) WITH INOUT;",
    "table": "CREATE TABLE s.made (id int);",
    "index": "CREATE INDEX ON s.log (note);",
    "view": "CREATE VIEW s.notes AS SELECT note FROM s.log;",
    "schema": "CREATE SCHEMA made;",
    "drop": "DROP TABLE s.part;",
    "drop function": "DROP FUNCTION s.f();",
    "check": "ALTER TABLE s.log ADD CHECK (id > 0);",
    "two checks": "ALTER TABLE s.log ADD CHECK (id > 0), ADD CHECK (id < 10);",
    "named check": "ALTER TABLE s.log ADD CONSTRAINT positive CHECK (id > 0);",
    "check not valid": "ALTER TABLE s.log ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;",
    "unique": "ALTER TABLE s.log ADD UNIQUE (id, note);",
    "primary key": "ALTER TABLE s.log ADD PRIMARY KEY (id);",
    "foreign key": "ALTER TABLE s.log ADD FOREIGN KEY (id) REFERENCES s.keyed;",
    "column and key": "ALTER TABLE s.log\n    ADD COLUMN keyed_id bigint,\n    ADD CONSTRAINT log_keyed FOREIGN KEY (keyed_id) REFERENCES s.keyed (id),\n    ALTER COLUMN note SET NOT NULL;",
    "quoted table": """ALTER TABLE s."Odd Name" ADD CONSTRAINT "It's" CHECK ("Id" > 0);""",
    "add column": "ALTER TABLE s.log ADD COLUMN more text;",
    "drop column": "ALTER TABLE s.log DROP COLUMN day;",
    "identity": "ALTER TABLE s.keyed ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;",
    "attach": "ALTER TABLE s.parted ATTACH PARTITION s.part FOR VALUES IN (1);",
    "detach": "ALTER TABLE s.parted DETACH PARTITION s.parted_2;",
    "inherit": "ALTER TABLE s.part INHERIT s.parent;",
    "attribute": "ALTER TYPE s.address ADD ATTRIBUTE city text;",
    "enum value": "ALTER TYPE s.state ADD VALUE 'gone';",
    "rename enum value": "ALTER TYPE s.state RENAME VALUE 'full' TO 'taken';",
    "rename column": "ALTER TABLE s.log RENAME COLUMN note TO remark;",
    "rename constraint": "ALTER TABLE s.keyed RENAME CONSTRAINT keyed_name_key TO keyed_names;",
    "rename table": "ALTER TABLE s.part RENAME TO piece;",
    "rename type": "ALTER TYPE s.state RENAME TO status;",
    "rename schema": "ALTER SCHEMA s RENAME TO s2;",
    "rename function": "ALTER FUNCTION s.f() RENAME TO g;",
    "rename attribute": "ALTER TYPE s.address RENAME ATTRIBUTE street TO road;",
    "rename domain": "ALTER DOMAIN s.code RENAME TO codes;",
    "insert with a key": "INSERT INTO s.keyed VALUES (3, 'c', 3);",
    "insert and return": "INSERT INTO s.keyed (id) VALUES (3) RETURNING id;",
    "insert without a key": "INSERT INTO s.log (id, note, day) VALUES (3, 'it''s', '2025-01-01'), (4, NULL, NULL);",
    "insert what is selected": "INSERT INTO s.log (id, note) SELECT id, name FROM s.keyed WHERE n > 0 ORDER BY id LIMIT 5;",
    "insert into odd names": """INSERT INTO s."Odd Name" ("Id", "the note") VALUES (1, 'x');""",
    "update by the clock": "UPDATE s.log SET seen_at = clock_timestamp();",
    "update some by the clock": "UPDATE s.log AS l SET seen_at = clock_timestamp() WHERE l.id = 1 OR note = 'b';",
}

# What to write is not decided by the text: the place to fill in is marked.
OPEN = {
    "insert what varies": "INSERT INTO s.log (id, seen_at) VALUES (3, clock_timestamp());",
    "insert without names": "INSERT INTO s.log VALUES (3);",
    "insert or add": "INSERT INTO s.keyed VALUES (1) ON CONFLICT (id) DO UPDATE SET n = keyed.n + 1;",
    "count up": "UPDATE s.keyed SET n = n + 1;",
    "swap": "UPDATE s.keyed SET n = id, id = -n;",
    "delete": "DELETE FROM s.log WHERE id = (SELECT max(id) FROM s.log);",
    "merge": "MERGE INTO s.keyed k USING s.log l ON l.id = k.id WHEN MATCHED THEN UPDATE SET n = n + 1;",
    "do": "DO $$ BEGIN UPDATE s.keyed SET n = n + 1; END $$;",
    "select": "SELECT s.note();",
}


@pytest.fixture(scope="module", params=oldest_and_newest())
def connection(request):
    """A connection to a database that has the base, and its server."""
    with choice_of(request.param).offer.start() as server, server.connect() as admin:
        admin.execute(f"{BASE};\nSET search_path TO public;")
        yield admin, server


def state(connection):
    """The schema and the rows."""
    admin, server = connection
    tables = admin.execute(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind = 'r' AND nspname !~ '^(pg_|information)'"
    ).fetchall()
    rows = {name: sorted(map(str, admin.execute(f"SELECT * FROM {name}"))) for (name,) in tables}
    return snapshot(admin, "", server).objects, rows


def constraints(admin) -> set[str]:
    return {name for (name,) in admin.execute("SELECT conname FROM pg_constraint WHERE conrelid > 0")}


def offered(connection, sql: str) -> tuple[str, tuple, tuple]:
    """What is offered instead, after a second run; and the state before and after the first run."""
    admin, _ = connection
    (statement,), _ = parse(Source(sql))
    before, known = state(connection), constraints(admin)
    with admin.transaction(force_rollback=True):
        admin.execute(sql)
        after, made = state(connection), sorted(constraints(admin) - known)
        sqlstate = ""
        try:
            with admin.transaction():
                admin.execute(sql)
            assert state(connection) != after, "it may run twice as it is"
        except psycopg.Error as error:
            sqlstate = error.sqlstate
    return repeatable(statement, sqlstate, made), before, after


@pytest.mark.parametrize("name", WORKS)
def test_what_is_offered_does_the_same_and_may_run_twice(connection, name):
    admin, _ = connection
    instead, before, after = offered(connection, WORKS[name])
    assert "…" not in instead
    assert instead
    with admin.transaction(force_rollback=True):
        admin.execute(instead)
        once = state(connection)
        assert once[0] == after[0], instead
        assert [*map(len, once[1].values())] == [*map(len, after[1].values())], instead
        assert once != before
        for _ in range(2):
            admin.execute(instead)
            assert state(connection) == once, instead


@pytest.mark.parametrize("name", OPEN)
def test_what_the_text_does_not_decide_is_left_to_a_person(connection, name):
    instead, _, _ = offered(connection, OPEN[name])
    assert instead.startswith("-- ")
    assert "…" in instead


@pytest.mark.parametrize(
    ("sql", "sqlstate"),
    [
        ("UPDATE t SET a = now() WHERE CURRENT OF c", ""),  # the parser cannot write it
        ("UPDATE t SET (a, b) = (now(), now())", ""),
        ("INSERT INTO t (a.b, c[1]) VALUES (1, 2)", ""),
        ("INSERT INTO t (a) OVERRIDING SYSTEM VALUE VALUES (1)", ""),
        ("INSERT INTO t DEFAULT VALUES", ""),
        ("INSERT INTO t DEFAULT VALUES", "23505"),
        ("WITH x AS (SELECT 1 AS a) INSERT INTO t (a) SELECT a FROM x", ""),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "42P01"),
        ("CREATE INDEX CONCURRENTLY i ON t (a) -- why", "42P07"),
        ("CREATE DATABASE d", "42P04"),
        ("VACUUM t", ""),
        ("BEGIN", ""),
        ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $do$ SELECT 1 $do$", "42P13"),
    ],
)
def test_what_is_offered_parses_or_has_a_place_to_fill_in(sql, sqlstate):
    (statement,), _ = parse(Source(sql))
    instead = repeatable(statement, sqlstate)
    statements, _ = parse(Source(instead))
    assert "…" in instead or not any(one.problem for one in statements), instead
