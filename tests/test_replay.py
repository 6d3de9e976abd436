"""The replay: what it does with files is what psql does with them, and what it tells of them is true."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from machine import as_migrations, choice_of, oldest_and_newest, replayed, wheel_bin
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Key, Position
from pytest_ctb.replay.session import drain as received
from pytest_ctb.replay.session.databases import database, migrating_role
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.witness.catalog import snapshot


@pytest.fixture(scope="module", params=oldest_and_newest(), ids="pg{}".format)
def each(request):
    """A server of the oldest and of the newest major version that can be had."""
    with choice_of(request.param).offer.start() as started:
        yield started


@pytest.fixture(scope="module")
def newest():
    with choice_of(18).offer.start() as started:
        yield started


# --- as psql does ----------------------------------------------------------------------------------------------------

FILES = {
    "several on a line": ["CREATE TABLE a (x int); INSERT INTO a VALUES (1); INSERT INTO a VALUES (2), (3);"],
    "no semicolon at the end": ["CREATE TABLE a (x int);\nINSERT INTO a VALUES (1)"],
    "empty statements": [";;\n CREATE TABLE a (x int);; ;\n;"],
    "an empty file": [""],
    "comments alone": ["-- nothing; here\n/* nor; /* here */ ; */"],
    "an open comment": ["CREATE TABLE a (x int);\n/* never; closed\nCREATE TABLE b (x int);"],
    "semicolons that end nothing": [
        "CREATE TABLE \"a;b\" (x text DEFAULT 'c;d', y text DEFAULT $$e;f$$, z text DEFAULT $g$h;$$;i$g$);\n"
        "-- j;k\nINSERT INTO /* l; /* m; */ n; */ \"a;b\" (x) VALUES ('o;''p;');"
    ],
    "escape strings": [r"CREATE TABLE a AS SELECT E'it\'s; ok' AS x, e'\\' AS y, U&'\0041;' AS z, B'101' AS b;"],
    "backslashes in plain strings": [r"CREATE TABLE a AS SELECT 'c:\' AS x, 'd:\;\\' AS y;"],
    "strings over lines": ["CREATE TABLE a AS SELECT 'one\n\\.\n;two' AS x,\n 'three'\n 'four' AS y;"],
    "dollars in names": ["CREATE TABLE a$b$c (x$1 int); INSERT INTO a$b$c VALUES (1); CREATE TABLE ü$ (x int);"],
    "dollar quotes in other letters": ["CREATE TABLE a AS SELECT $ü$;$ü$ AS x, $_1$ $1; $_1$ AS y;"],
    "parameters": ["PREPARE p (int) AS SELECT $1; CREATE TABLE a AS EXECUTE p (5);"],
    "colons": ["CREATE TABLE a AS SELECT '1'::int AS x, (ARRAY[1,2,3])[1:2] AS y, ':x' AS z;"],
    "operators": [
        "CREATE TABLE a AS SELECT '{\"a;\": 1}'::jsonb ->> 'a;' AS x, 1 <@ ANY (ARRAY[int4range(0, 9)]) AS y;"
    ],
    "a rule of two commands": [
        "CREATE TABLE a (x int); CREATE TABLE b (x int);\n"
        "CREATE RULE r AS ON INSERT TO a DO ALSO (INSERT INTO b VALUES (1); INSERT INTO b VALUES (2));\n"
        "INSERT INTO a VALUES (0);"
    ],
    "a schema with what is in it": ["CREATE SCHEMA s CREATE TABLE a (x int) CREATE VIEW v AS SELECT x FROM a;"],
    "BEGIN ATOMIC": [
        "CREATE TABLE a (x int);\n"
        "CREATE FUNCTION f(i int) RETURNS int LANGUAGE sql BEGIN ATOMIC\n"
        "  INSERT INTO a VALUES (i);\n  SELECT CASE WHEN i > 0 THEN 1 ELSE 2 END;\nEND;\n"
        "CREATE OR REPLACE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC DELETE FROM a; INSERT INTO a VALUES (9); END;\n"
        "SELECT f(1); CALL p(); BEGIN; INSERT INTO a VALUES (3); END;"
    ],
    "a body that says BEGIN": [
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN; END $$;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$; BEGIN; SELECT f(); COMMIT;",
    ],
    "an open quote": ["CREATE TABLE a (x int);\nINSERT INTO a VALUES ('1);\nSELECT 1;\n"],
    "an open parenthesis": ["CREATE TABLE a (x int);\nCREATE TABLE b (x int;\nCREATE TABLE c (x int);\n"],
    "an open dollar quote": ["CREATE TABLE a (x int);\nDO $$ BEGIN\nCREATE TABLE c (x int);\n"],
    "one parenthesis too many": ["CREATE TABLE a (x int));\nCREATE TABLE b (x int);"],
    "no SQL at all": ["CREATE TABLE a (x int);\n\n  This is prose, isn't it;\nCREATE TABLE b (x int);"],
    "COPY": [
        "CREATE TABLE a (x int, y text);\nCOPY a FROM stdin;\n1\tone;\n2\t\\N\n3\t\\\\.\n\\.\nINSERT INTO a VALUES (4);"
    ],
    "COPY of csv": [
        "CREATE TABLE a (x int, y text);\nCOPY a FROM STDIN WITH (FORMAT csv, HEADER);\nx,y\n1,\"two\nlines; 'quoted'\"\n\\.\n"
        "UPDATE a SET x = 5;"
    ],
    "COPY without its end": ["CREATE TABLE a (x int);\nCOPY a FROM stdin;\n1\n2\n"],
    "COPY of nothing": ["CREATE TABLE a (x int);\nCOPY a FROM stdin;\n\\.\nCOPY a FROM stdin;"],
    "COPY with a wrong row": ["CREATE TABLE a (x int);\nCOPY a FROM stdin;\n1\ntwo\n3\n\\.\nINSERT INTO a VALUES (4);"],
    "COPY with a wrong row in a transaction": [
        "BEGIN;\nCREATE TABLE a (x int);\nCOPY a (x) FROM stdin;\n1\n2\tmore\n\\.\nCOMMIT;"
    ],
    "COPY into nothing": ["CREATE TABLE a (x int);\nCOPY b FROM stdin;\n1\n\\.\nINSERT INTO a VALUES (4);"],
    "COPY out": [
        "CREATE TABLE a AS SELECT 1 AS x; COPY a TO stdout; COPY (SELECT 1) TO STDOUT; INSERT INTO a VALUES (2);"
    ],
    "COPY in a CRLF file": [
        "CREATE TABLE a (x text);\r\nCOPY a FROM stdin;\r\none\r\ntwo\r\n\\.\r\nINSERT INTO a VALUES ('x');\r\n"
    ],
    "CRLF": ["CREATE TABLE a (x text);\r\n-- note;\r\nINSERT INTO a VALUES ('one\r\ntwo');\r\nSELECT 1/0;\r\n"],
    "a byte order mark": [b"\xef\xbb\xbfCREATE TABLE a (x int);\nSELECT oops;\n"],
    "BEGIN without COMMIT": ["CREATE TABLE a (x int);\nBEGIN;\nCREATE TABLE b (x int);", "CREATE TABLE c (x int);"],
    "COMMIT AND CHAIN": ["BEGIN; CREATE TABLE a (x int); COMMIT AND CHAIN; CREATE TABLE b (x int);", "SELECT 1;"],
    "ROLLBACK": ["BEGIN; CREATE TABLE a (x int); ROLLBACK; CREATE TABLE b (x int);"],
    "savepoints": [
        "BEGIN; CREATE TABLE a (x int); SAVEPOINT s; INSERT INTO a VALUES (1); ROLLBACK TO s; INSERT INTO a VALUES (2); COMMIT;"
    ],
    "an error in a transaction": ["CREATE TABLE a (x int);\nBEGIN;\nINSERT INTO a VALUES (1);\nSELECT 1/0;\nCOMMIT;"],
    "an error without a transaction": [
        "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1);\nSELECT\n  1/0;\nDROP TABLE a;"
    ],
    "a deferred constraint": [
        "CREATE TABLE a (x int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);\nBEGIN;\nINSERT INTO a VALUES (1), (1);\n\nCOMMIT;"
    ],
    "an index made concurrently": [
        "CREATE TABLE a (x int);\nCREATE INDEX CONCURRENTLY i ON a (x);\nDROP INDEX CONCURRENTLY i;"
    ],
    "an index made concurrently in a transaction": [
        "CREATE TABLE a (x int);\nBEGIN;\nCREATE INDEX CONCURRENTLY i ON a (x);\nCOMMIT;"
    ],
    "VACUUM": ["CREATE TABLE a (x int); VACUUM a; VACUUM (ANALYZE);", "BEGIN; VACUUM; COMMIT;"],
    "an enum's new value": [
        "CREATE TYPE e AS ENUM ('a');",
        "BEGIN; ALTER TYPE e ADD VALUE 'b'; SELECT 'b'::e; COMMIT;",
    ],
    "a DO that commits": [
        "CREATE TABLE a (x int);\nDO $$ BEGIN INSERT INTO a VALUES (1); COMMIT; INSERT INTO a VALUES (2); ROLLBACK; END $$;"
    ],
    "a DO that commits in a transaction": ["BEGIN;\nDO $$ BEGIN COMMIT; END $$;\nCOMMIT;"],
    "a procedure that commits": [
        "CREATE TABLE a (x int); CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO a VALUES (1); COMMIT;\n"
        "PERFORM 1/0; END $$;\nCALL p();"
    ],
    "search_path is the file's own": [
        "CREATE SCHEMA s; SET search_path = s; CREATE TABLE a (x int);",
        "CREATE TABLE b (x int); SELECT * FROM a;",
    ],
    "settings are the file's own": [
        "SET datestyle = 'German'; SET timezone = 'Asia/Tokyo'; SET standard_conforming_strings = off; "
        "SET default_transaction_read_only = on; SET statement_timeout = '1ms'; SET check_function_bodies = off;",
        "CREATE TABLE a AS SELECT current_setting('timezone') AS t, '2025-12-24'::date::text AS d, 'a\\b' AS b, "
        "current_setting('statement_timeout') AS s; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT nothing';",
    ],
    "settings of one's own are the file's own": [
        "SET app.tenant = 'one'; SELECT set_config('app.other', 'two', false);",
        "CREATE TABLE a AS SELECT current_setting('app.tenant', true) IS NULL AS x, current_setting('app.other', true) AS y;",
    ],
    "a role is the file's own": [
        "CREATE ROLE {side}_r; GRANT {side}_r TO CURRENT_USER; SET ROLE {side}_r;",
        "CREATE TABLE a AS SELECT current_user <> session_user AS x;",
    ],
    "a session authorization is refused": ["CREATE ROLE {side}_q;\nSET SESSION AUTHORIZATION {side}_q;"],
    "temporary tables are the file's own": [
        "CREATE TEMP TABLE a (x int); CREATE TEMP VIEW v AS SELECT 1; INSERT INTO a VALUES (1);",
        "CREATE TABLE b AS SELECT to_regclass('a') IS NULL AS x; SELECT * FROM v;",
    ],
    "locks, cursors and prepared statements are the file's own": [
        "SELECT pg_advisory_lock(7); PREPARE p AS SELECT 1; DECLARE c CURSOR WITH HOLD FOR SELECT 1; LISTEN l;",
        "CREATE TABLE a AS SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS l, "
        "(SELECT count(*) FROM pg_prepared_statements) AS p, (SELECT count(*) FROM pg_cursors) AS c, "
        "(SELECT count(*) FROM pg_listening_channels()) AS n;",
    ],
    "a sequence's last value is the file's own": ["CREATE SEQUENCE s; SELECT nextval('s');", "SELECT lastval();"],
    "what ALTER DATABASE sets holds in the next file": [
        "CREATE SCHEMA s; DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = s', current_database()); END $$; "
        "CREATE TABLE a (x int);",
        "CREATE TABLE b (x int);",
    ],
    "what ALTER ROLE sets holds in the next file": [
        "DO $$ BEGIN EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I SET timezone = ''Asia/Tokyo''', current_database()); "
        "END $$; CREATE TABLE a AS SELECT current_setting('timezone') AS t;",
        "CREATE TABLE b AS SELECT current_setting('timezone') AS t;",
    ],
    "another client encoding": [
        "SET client_encoding = 'LATIN1';\nCREATE TABLE a AS SELECT 'ü€' AS x;\nSELECT 'u' + 1;"
    ],
    "a client encoding that Python has not": ["SET client_encoding = 'EUC_TW';\nCREATE TABLE a AS SELECT 'x' AS x;"],
    "a file that ends its own connection": [
        "CREATE TABLE a (x int);\nSELECT pg_terminate_backend(pg_backend_pid());",
        "CREATE TABLE b (x int);",
    ],
    "what only the superuser may": [
        "CREATE ROLE {side}_su SUPERUSER;",
        "ALTER SYSTEM SET work_mem = '1MB';",
        "CREATE TABLE a ();",
    ],
    "percent signs and braces": ["CREATE TABLE a AS SELECT '%s %(x)s {} 100%' AS x, 5 % 2 AS y;"],
    "a row that says where it is": ["CREATE TABLE a (x int CHECK (x > 0));\n\nINSERT INTO a\nVALUES (1),\n(-1);"],
}


@dataclass(frozen=True)
class Fared:
    """What became of a file, whoever applied it."""

    sqlstate: str
    message: str
    lines: tuple[int, ...]
    """Those that the failing statement, and its rows, end on: psql has come so far in the file, and tells one of them."""

    def same(self, other: Fared) -> bool:
        """How far a syntax error quotes the file is a matter of taste."""
        quoted = self.sqlstate != "42601"
        return (
            self.sqlstate == other.sqlstate
            and (self.message == other.message or not quoted)
            and (self.lines == other.lines or bool(set(self.lines) & set(other.lines)))
        )


def with_psql(server, name, role, path) -> Fared:
    environment = {"PGPASSWORD": server.password, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    command = [wheel_bin() / "psql", "-X", "-q", "-h", server.admin["host"], "-p", server.admin["port"], "-U", role]
    command += ["-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-d", name, "-f", path]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
    if done.returncode == 0:
        return Fared("", "", ())
    found = re.search(r"^psql:.*?:(\d+): (?:ERROR|FATAL):  (\w{5}): (.*)$", done.stderr, re.MULTILINE)
    assert found, done.stderr
    return Fared(found[2], found[3].replace("psql_", "us_"), (int(found[1]),))


def with_replay(how, migration) -> Fared:
    done = how(migration)
    if done.error is None:
        return Fared("", "", ())
    failed = migration.statements[len(done.traces) - 1]
    end_of_sql = failed.position.line + failed.sql.count("\n")
    return Fared(done.error.sqlstate, done.error.message, (end_of_sql, failed.last_line))


def state(server, name, role):
    """The schema, and every row of every table."""
    with server.login(name) as admin:
        query = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text !~ '^(pg_|info)'"
        rows = {
            table: admin.execute(f"SELECT array_agg(t::text ORDER BY t::text) FROM {table} t").fetchone()
            for (table,) in admin.execute(query).fetchall()
        }
        return snapshot(admin, role), rows


@pytest.fixture(scope="module")
def side_by_side():
    """A database for psql, and one that a session of ours stays connected to from case to case."""
    with (
        choice_of(18).offer.start() as server,
        migrating_role(server, "owner") as role,
        database(server, "by_psql", role) as by_psql,
        database(server, "by_us", role) as by_us,
        Session(server, by_us, role, 60) as session,
    ):
        yield server, role, by_psql, by_us, session


@pytest.fixture
def sides(side_by_side):
    yield side_by_side
    server, role, *names, session = side_by_side
    for name in names:
        with server.login(name) as admin:
            admin.execute(
                f"DROP OWNED BY {role} CASCADE; ALTER DATABASE {name} RESET ALL; ALTER ROLE {role} IN DATABASE {name} RESET ALL"
            )
    session.apply(*as_migrations("SELECT 'the settings are as before';"))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("way", ["applied", "passed by", "passed by in a transaction"])
def test_a_file_fares_as_with_psql(sides, tmp_path, name, way):
    """Same outcome, same SQLSTATE and message on the same line, same schema and rows, file after file."""
    server, role, by_psql, by_us, session = sides
    session.progress.retried = True  # so that a file which ends its session is known to have done so itself
    for number, text in enumerate(FILES[name]):
        data = text if isinstance(text, bytes) else text.encode()
        if way == "passed by in a transaction":
            data = b"BEGIN;\n" + data + (b"\\.\n" if name == "COPY without its end" else b"\n;") + b"COMMIT;"
        path = tmp_path / f"{number}.sql"
        path.write_bytes(data.replace(b"{side}", b"psql"))
        (migration,) = as_migrations(data.replace(b"{side}", b"us"))
        how = session.apply if way == "applied" else session.pass_by
        ours, theirs = with_replay(how, migration), with_psql(server, by_psql, role, path)
        assert ours.same(theirs), (ours, theirs)
        assert state(server, by_us, role) == state(server, by_psql, role)


# --- in one message ---------------------------------------------------------------------------------------------------

_MADE = "CREATE TABLE a (x int);\nCOMMENT ON TABLE a IS 'it''s; one';"


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (f"BEGIN;\n{_MADE}\nCOMMIT;", 1),
        (f"START TRANSACTION;\n{_MADE}\nSAVEPOINT s; DROP TABLE a; ROLLBACK TO s; END", 1),
        (f"BEGIN;\n{_MADE} -- not; closed\nCOMMIT -- and nothing", 1),
        ("BEGIN; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMIT;", 1),
        ("BEGIN; COMMIT;", 1),
        (_MADE, 2),
        (f"{_MADE} BEGIN; DROP TABLE a; COMMIT;", 5),
        (f"BEGIN; {_MADE} COMMIT; DROP TABLE a;", 5),
        (f"BEGIN; {_MADE} COMMIT; BEGIN; DROP TABLE a; COMMIT;", 7),
        (f"BEGIN; {_MADE} COMMIT AND CHAIN; COMMIT;", 5),
        (f"BEGIN; {_MADE} ROLLBACK;", 4),
        (f"BEGIN; SET standard_conforming_strings = off; {_MADE} COMMIT;", 5),
        ("BEGIN; SELECT set_config('standard_conforming_strings', 'off', false); COMMIT;", 3),
        ("BEGIN; DO $$ BEGIN END $$; COMMIT;", 3),
        (f"BEGIN; {_MADE} INSERT INTO a VALUES (1); COMMIT;", 5),
    ],
)
def test_what_is_one_transaction_of_objects_is_passed_by_in_one_message(sides, text, messages, monkeypatch):
    *_, session = sides
    sent = []
    cursor = session._cursor

    class Heard:
        connection = cursor.connection

        def execute(self, sql, *values):
            sent.append(sql)
            return cursor.execute(sql, *values)

    def heard(connection, sql):
        sent.append(sql)
        received.run(connection, sql)

    session._cursor = Heard()
    monkeypatch.setattr("pytest_ctb.replay.session.send.run", heard)
    (migration,) = as_migrations(text)
    try:
        assert session.pass_by(migration).error is None
        assert len(sent) == messages
    finally:
        session._reconnect()


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN;\nCREATE TABLE b (x int);\n\nDROP TABLE gone;\nCOMMIT;",
        "BEGIN;\nCREATE TABLE b (x int);\nCREATE TABLE b (x int);\nDROP TABLE gone;\nCOMMIT;",
        "BEGIN;\nCREATE TABLE b (x int);\nCREATE INDEX CONCURRENTLY i ON b (x);\nCOMMIT;",
        "BEGIN;\nCREATE TABLE b (x int CHECK (x > 'ä' || oops));\nCOMMIT;",
        "BEGIN;\nCREATE TABLE b (x int REFERENCES t (y) DEFERRABLE INITIALLY DEFERRED);\n"
        "ALTER TABLE t ADD COLUMN z int NOT NULL DEFAULT 1 / (1 - 1);\nCOMMIT;",
    ],
)
def test_what_fails_when_passed_by_fails_as_if_it_was_applied(sides, text):
    server, role, _, by_us, session = sides
    (begin,) = as_migrations("CREATE TABLE t (y int PRIMARY KEY); INSERT INTO t VALUES (1);")
    assert session.apply(begin).error is None
    before = state(server, by_us, role)
    (migration,) = as_migrations(text)
    passed = session.pass_by(migration)
    assert state(server, by_us, role) == before
    applied = session.apply(migration)
    assert (passed.error, passed.line) == (applied.error, applied.line)
    assert passed.error is not None


def test_the_statements_of_a_message_have_the_time_that_each_has(each):
    """A file that takes longer than one statement may, with statements that do not; and one with one that does."""

    def slow(*seconds):
        columns = (
            f"ALTER TABLE t ADD COLUMN c{n} text DEFAULT pg_sleep({one})::text;" for n, one in enumerate(seconds)
        )
        return as_migrations("\n".join(("BEGIN;", *columns, "COMMIT;")))[0]

    with (
        migrating_role(each, "owner") as role,
        database(each, "slow", role) as own,
        Session(each, own, role, 1.5) as session,
    ):
        assert session.apply(*as_migrations("CREATE TABLE t (); INSERT INTO t DEFAULT VALUES;")).error is None
        late = session.pass_by(slow(0.1, 600))
        assert (late.error.sqlstate, late.line) == ("57014", 3)
        assert "ran longer than 1.5 s (--ctb-timeout)" in late.error.message
        assert session.pass_by(slow(0.9, 0.9)).error is None
        with each.login(own) as admin:
            assert admin.execute(
                "SELECT count(*) FROM information_schema.columns WHERE table_name = 't'"
            ).fetchone() == (2,)


# --- what is told of an error ----------------------------------------------------------------------------------------

ERRORS = {
    "a syntax error": ("SELECT 1;\n\nCREATE TABEL a (x int);", (3, 8), "42601"),
    "a missing column": ("CREATE TABLE a (x int);\nSELECT x,\n       y\nFROM a;", (3, 8), "42703"),
    "a missing table": ("-- one\n  SELECT 1 FROM gone;", (2, 17), "42P01"),
    "characters, not bytes": ("SELECT 'äöü€', '\U0001f4c1', oops;", (1, 21), "42703"),
    "characters on the lines before": ("/* ─── */ -- ─\nSELECT 'ß' ||\n 'ß', oops;", (3, 7), "42703"),
    "with Windows line ends": ("SELECT 1;\r\nSELECT 1,\r\n  oops;\r\n", (3, 3), "42703"),
    "with a byte order mark": (b"\xef\xbb\xbfSELECT oops;", (1, 8), "42703"),
    "inside a DO block": ("SELECT 1;\nDO $$\nBEGIN\n    PERFORM 1 / 0;\nEND $$;", (4, 5), "22012"),
    "inside a DO block that begins later": (
        "DO\n  LANGUAGE plpgsql\n$x$ BEGIN\n\n  RAISE 'no'; END $x$;",
        (5, 3),
        "P0001",
    ),
    "a syntax error inside a DO block": ("DO $$\nBEGIN\n    SELEKT 1;\nEND $$;", (3, 5), "42601"),
    "in what a DO block executes": ("DO $$\nBEGIN\n    EXECUTE 'SELECT oops';\nEND $$;", (3, 5), "42703"),
    "in a function that a statement calls": (
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1 / 0;\nEND $$;\nSELECT 1,\n  f();",
        None,
        "22012",
    ),
    "in a function that a DO block calls": (
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1 / 0;\nEND $$;\nDO $$\nBEGIN\n\n PERFORM f(); END $$;",
        (8, 2),
        "22012",
    ),
    "in the body of an SQL function": (
        "CREATE TABLE a (x int);\nCREATE FUNCTION f() RETURNS int\nLANGUAGE sql AS $$\n  SELECT y FROM a;\n$$;",
        (4, 10),
        "42703",
    ),
    "in a BEGIN ATOMIC body": (
        "CREATE TABLE a (x int);\nCREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC\n  SELECT x FROM a;\n  SELECT y FROM a;\nEND;",
        (4, 10),
        "42703",
    ),
    "in a row of COPY": ("CREATE TABLE a (x int);\nCOPY a\nFROM stdin;\n1\n2\nthree\n\\.\n", (6, 1), "22P02"),
    "a constraint that a row of COPY breaks": (
        "CREATE TABLE a (x int PRIMARY KEY);\nCOPY a FROM stdin;\n1\n1\n\\.\n",
        (4, 1),
        "23505",
    ),
    "a row that breaks a constraint": (
        "CREATE TABLE a (x int CHECK (x > 0));\nINSERT INTO a\nVALUES (0);",
        None,
        "23514",
    ),
    "a constraint judged at COMMIT": (
        "BEGIN;\nCREATE TABLE a (x int UNIQUE DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO a VALUES (1), (1);\n\nCOMMIT;",
        None,
        "23505",
    ),
    "a meta-command": ("SELECT 1;\n  \\i other.sql\n", (2, 3), ""),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_has_its_place(newest, name):
    """The character that the server means, else the row or the line of the block; None where it tells none."""
    text, place, sqlstate = ERRORS[name]
    error = replayed(newest, text).files["1.sql"].error
    assert (error.position, error.sqlstate) == (Position(*place) if place else None, sqlstate), error


def test_the_failing_statement_has_its_line(newest):
    files = replayed(newest, "SELECT 1;\n\n-- why\nSELECT\n 1/0;", "BEGIN;\nCREATE TABLE a (x int);").files
    assert (files["1.sql"].failed_line, files["1.sql"].applied) == (4, False)
    assert (files["2.sql"].failed_line, files["2.sql"].left_open, files["2.sql"].applied) == (0, True, False)


def test_all_that_the_server_says_is_kept(newest):
    text = "DO $$ BEGIN RAISE NOTICE 'seen'; RAISE EXCEPTION 'no' USING DETAIL = 'because', HINT = 'do', ERRCODE = 'ABCDE'; END $$;"
    done = replayed(newest, text + "SELECT 2;").files["1.sql"]
    assert (done.error.message, done.error.detail, done.error.hint) == ("no", "because", "do")
    assert done.error.sqlstate == "ABCDE"
    assert "inline_code_block line 1" in done.error.context
    assert [trace.notices for trace in done.traces] == [("NOTICE: seen",)]


def test_notices_stand_with_the_statement_that_gave_them(newest):
    text = "DROP TABLE IF EXISTS a;\nSELECT 1;\nDO $$ BEGIN RAISE WARNING 'ü'; RAISE INFO 'two'; END $$;"
    traces = replayed(newest, text).files["1.sql"].traces
    assert [trace.notices for trace in traces] == [
        ('NOTICE: table "a" does not exist, skipping',),
        (),
        ("WARNING: ü", "INFO: two"),
    ]


@pytest.mark.parametrize(("data", "place"), [(b"SELECT 1;\nSELECT '\xff';", (2, 9)), (b"SELECT 1;\0", (1, 10))])
def test_a_file_that_is_no_text_is_not_sent(newest, data, place):
    done = replayed(newest, data).files["1.sql"]
    assert (done.traces, done.error.position, done.applied) == ((), Position(*place), False)


# --- which file is to blame ------------------------------------------------------------------------------------------


def told(replay) -> dict[str, tuple[bool, str, str]]:
    """Of each file: did it apply, and if not, which file and what of it is to blame."""
    return {path: (one.applied, one.culprit, one.missing) for path, one in replay.files.items()}


def test_files_after_a_failed_one_still_replay(newest):
    replay = replayed(
        newest,
        "BEGIN; CREATE TABLE a (x int); SELECT oops; COMMIT;",
        "CREATE TABLE b (x int);",
        "ALTER TABLE b ADD y int;",
    )
    assert told(replay) == {"1.sql": (False, "", ""), "2.sql": (True, "", ""), "3.sql": (True, "", "")}
    assert Key("column", "public.b.y") in replay.schema.objects


NEEDS = {
    "a table": ("CREATE TABLE a (x int);", "ALTER TABLE a ADD y int;", "public.a"),
    "a schema": ("CREATE SCHEMA s;", "CREATE TABLE s.a (x int);", "s"),
    "a table of a schema": ("CREATE SCHEMA s; CREATE TABLE s.a (x int);", "SELECT * FROM s.a;", "s.a"),
    "a column": ("ALTER TABLE base ADD extra int;", "CREATE INDEX i ON base (extra);", "public.base.extra"),
    "a type": ("CREATE TYPE mood AS ENUM ('a');", "CREATE TABLE b (m mood);", "public.mood"),
    "a function": (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "CREATE TABLE b (x int DEFAULT f());",
        "public.f",
    ),
    "a view": ("CREATE VIEW v AS SELECT 1;", "SELECT * FROM v;", "public.v"),
    "a key to refer to": ("CREATE TABLE a (x int PRIMARY KEY);", "CREATE TABLE b (x int REFERENCES a);", "public.a"),
}


@pytest.mark.parametrize("name", NEEDS)
def test_who_misses_what_a_failed_file_should_have_made_names_it(newest, name):
    makes, uses, missing = NEEDS[name]
    replay = replayed(newest, "CREATE TABLE base (x int);", f"BEGIN; {makes} SELECT oops; COMMIT;", uses)
    assert told(replay)["2.sql"] == (False, "", "")
    assert told(replay)["3.sql"][:2] == (False, "2.sql")
    assert told(replay)["3.sql"][2] in {missing, missing.rpartition(".")[0]}


def test_a_mistake_of_its_own_excuses_no_file(newest):
    replay = replayed(
        newest,
        "BEGIN; CREATE TABLE a (x int); SELECT oops; COMMIT;",
        "CREATE TABLE b (x int); SELECT y FROM b; SELECT x FROM a;",
        "SELECT 1/0; SELECT x FROM a;",
        "SELECT * FROM nothing, a;",
    )
    assert [one[1] for one in told(replay).values()] == ["", "", "", ""]


def test_a_chain_names_link_by_link(newest):
    replay = replayed(
        newest,
        "BEGIN; CREATE TABLE a (x int); SELECT oops; COMMIT;",
        "CREATE TABLE b AS SELECT x FROM a;",
        "CREATE TABLE c AS SELECT x FROM b;",
        "CREATE TABLE a (x int); CREATE TABLE b (x int);",
        "CREATE TABLE d AS SELECT x FROM a, b; SELECT oops;",
    )
    assert [one[1] for one in told(replay).values()] == ["", "1.sql", "2.sql", "", ""]


def test_a_file_that_undid_itself_is_to_blame(newest):
    replay = replayed(newest, "BEGIN; CREATE TABLE a (x int);", "SELECT x FROM a;")
    assert told(replay)["2.sql"] == (False, "1.sql", "public.a")


# --- who replays -----------------------------------------------------------------------------------------------------

FORBIDDEN = {
    "a program": "CREATE TEMP TABLE t (x text); COPY t TO PROGRAM 'true';",
    "a program to read from": "CREATE TEMP TABLE t (x text); COPY t FROM PROGRAM 'id';",
    "a file to write": "COPY (SELECT 1) TO '/tmp/ctb-written';",
    "a file to read": "CREATE TEMP TABLE t (x text); COPY t FROM '/etc/passwd';",
    "pg_read_file": "SELECT pg_read_file('/etc/passwd');",
    "pg_ls_dir": "SELECT pg_ls_dir('/');",
    "lo_import": "SELECT lo_import('/etc/passwd');",
    "a superuser made": "CREATE ROLE x SUPERUSER;",
    "to be superuser": "ALTER ROLE CURRENT_USER SUPERUSER;",
    "ALTER SYSTEM": "ALTER SYSTEM SET work_mem = '1MB';",
    "programs by membership": "GRANT pg_execute_server_program TO CURRENT_USER; COPY (SELECT 1) TO PROGRAM 'true';",
    "files by membership": "GRANT pg_read_server_files TO CURRENT_USER; SELECT pg_read_file('/etc/passwd');",
    "written files by membership": "GRANT pg_write_server_files TO CURRENT_USER; COPY (SELECT 1) TO '/tmp/ctb-written';",
    "programs by a new member": "CREATE ROLE x IN ROLE pg_execute_server_program; SET ROLE x; COPY (SELECT 1) TO PROGRAM 'true';",
    "the superuser's role": "SET ROLE postgres;",
    "the superuser's session": "SET SESSION AUTHORIZATION postgres;",
    "the superuser's password": "ALTER ROLE postgres PASSWORD 'x';",
    "membership of the superuser": "GRANT postgres TO CURRENT_USER;",
    "the passwords": "SELECT * FROM pg_authid;",
    "C functions": "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc', 'getpid';",
    "LOAD": "LOAD '/tmp/x.so';",
    "event triggers": "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; "
    "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f();",
    "another database": "CREATE DATABASE x;",
    "the catalog": "UPDATE pg_authid SET rolsuper = true;",
}


def test_the_owner_is_no_superuser(each):
    """Not one of these ways leads to the files, the programs or the superuser of the machine that tests."""
    replay = replayed(each, *FORBIDDEN.values())
    errors = dict(zip(FORBIDDEN, (file.error for file in replay.files.values()), strict=True))
    ways = {name: error for name, error in errors.items() if error is None or error.sqlstate not in {"42501", "58P01"}}
    assert ways == {}
    assert not Path("/tmp/ctb-written").exists()


def test_the_owner_does_what_an_owner_may(each):
    replay = replayed(
        each,
        "CREATE SCHEMA s; CREATE ROLE app; CREATE ROLE reader; GRANT reader TO app; GRANT USAGE ON SCHEMA s TO app;",
        "CREATE TABLE public.a (x int); ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO reader;",
        "GRANT app TO CURRENT_USER; SET ROLE app;",
        "COMMENT ON SCHEMA public IS 'ours'; DROP ROLE app; ",
        "REVOKE ALL ON SCHEMA s FROM app; DROP ROLE app; ALTER ROLE reader LOGIN;",
        bases=("CREATE ROLE app; CREATE ROLE reader;",),
    )
    assert [one[0] for one in told(replay).values()] == [True, True, True, False, True]
    assert replay.files["4.sql"].error.sqlstate == "2BP01"
    assert replay.bases["base1.sql"][0].applied


def test_extensions_that_are_not_trusted_are_the_platforms_to_offer(newest):
    """The role is superuser for that statement alone, in its transaction or without; an error takes it back too."""
    replay = replayed(
        newest,
        "CREATE EXTENSION IF NOT EXISTS vector; CREATE EXTENSION citext;",
        "BEGIN; DROP EXTENSION vector; CREATE EXTENSION vector; CREATE TABLE a (x vector(3), y citext); COMMIT;",
        "CREATE EXTENSION vector;",
        "ALTER SYSTEM SET work_mem = '1MB';",
        "DO $$ BEGIN CREATE EXTENSION pageinspect; END $$;",
        "CREATE EXTENSION nothing_like_it;",
    )
    assert [one[0] for one in told(replay).values()] == [True, True, False, False, False, False]
    assert replay.files["3.sql"].error.sqlstate == "42710"
    assert replay.files["4.sql"].error.sqlstate == replay.files["5.sql"].error.sqlstate == "42501"
    assert replay.schema.objects[Key("extension", "vector")].definition.startswith("SCHEMA public")


def test_an_extension_is_made_whatever_the_file_holds_locked(newest):
    """Nothing of the role has to be changed for it, so a file that has changed its role does not stand in the way."""
    text = "BEGIN; ALTER ROLE CURRENT_USER PASSWORD NULL; CREATE EXTENSION vector; COMMIT;"
    done = replayed(newest, text, "SELECT 1;").files
    assert all(file.applied for file in done.values())


def test_the_superuser_may_do_all(each):
    replay = replayed(
        each,
        "CREATE ROLE x SUPERUSER; CREATE TABLE t (x text); COPY t FROM PROGRAM 'echo ran';",
        "GRANT CONNECT ON DATABASE postgres TO x; CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f();",
        "DO $$ BEGIN IF (SELECT x FROM t) <> 'ran' THEN RAISE 'not run'; END IF; END $$;",
        role="superuser",
    )
    assert [one[0] for one in told(replay).values()] == [True, False, True]


def databases_and_roles(server) -> tuple[set[str], set[str]]:
    with server.login() as admin:
        return (
            {name for (name,) in admin.execute("SELECT datname FROM pg_database")},
            {name for (name,) in admin.execute("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'")},
        )


@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_nothing_of_a_replay_is_left_on_the_server(each, role):
    """Whatever the files gave to whom, and however they failed."""
    replayed(
        each,
        "CREATE ROLE a; CREATE ROLE b; GRANT a TO b; CREATE SCHEMA s AUTHORIZATION CURRENT_USER; ALTER ROLE a SET work_mem = '1MB';",
        "DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO a', current_database()); END $$;",
        "GRANT CONNECT ON DATABASE postgres TO b;",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO a; SELECT lo_create(77); GRANT SELECT ON LARGE OBJECT 77 TO b;",
        "SELECT oops;",
        role=role,
    )
    names, roles = databases_and_roles(each)
    assert names == {"postgres", "template0", "template1"}
    assert roles == {"postgres"}


# --- time ------------------------------------------------------------------------------------------------------------

ENDLESS = {
    "a sleep": "SELECT pg_sleep(1000);",
    "a loop": "DO $$ BEGIN LOOP END LOOP; END $$;",
    "a query": "SELECT count(*) FROM generate_series(1, 1e12);",
    "a wait for itself": "SELECT pg_advisory_lock(1) FROM pg_sleep(1000);",
    "a COPY": "COPY (SELECT generate_series(1, 1e12)) TO stdout;",
    "a cancellation that is caught": "DO $$ BEGIN PERFORM pg_sleep(1000); EXCEPTION WHEN query_canceled THEN NULL; END $$;",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_takes_too_long_is_an_error_of_its_file(newest, name):
    replay = replayed(newest, f"CREATE TABLE a (x int);\n{ENDLESS[name]}", "ALTER TABLE a ADD y int;", timeout=0.3)
    done = replay.files["1.sql"]
    assert (done.error.sqlstate, done.failed_line) == ("57014", 2)
    assert done.error.message == "the statement ran longer than 0.3 s (--ctb-timeout) and was cancelled"
    assert replay.files["2.sql"].applied


def test_what_will_not_be_cancelled_loses_its_connection(newest, monkeypatch):
    monkeypatch.setattr("pytest_ctb.replay.session.deadline._GRACE", 0.3)
    stubborn = (
        "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(1); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$;"
    )
    replay = replayed(newest, stubborn, "\\d", "CREATE TABLE a (x int);", timeout=0.3)
    assert "ran longer" in replay.files["1.sql"].error.message
    assert "psql" in replay.files["2.sql"].error.message
    assert replay.files["3.sql"].applied


# --- the prelude -----------------------------------------------------------------------------------------------------


def test_the_prelude_runs_first_as_superuser_in_every_database(each):
    """It may do what the files may not, and what it made is there for all of them; its roles do not outlive it."""
    prelude = as_migrations(
        "CREATE ROLE platform SUPERUSER; CREATE SCHEMA auth; GRANT USAGE ON SCHEMA auth TO PUBLIC;",
        "CREATE TABLE auth.users (id int); GRANT SELECT, REFERENCES ON auth.users TO PUBLIC;",
    )
    text = "CREATE TABLE a AS SELECT count(*) FROM auth.users; GRANT SELECT ON a TO platform;"
    replay = replayed(each, text, bases=(text, text), prelude=prelude)
    assert replay.files["1.sql"].applied
    assert [one.applied for one, _ in replay.bases.values()] == [True, True]
    assert replay.schema == replay.bases["base1.sql"][1] == replay.bases["base2.sql"][1]
    assert databases_and_roles(each)[1] == {"postgres"}


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("SELECT 1;\nSELECT oops;", 2, 'column "oops" does not exist'),
        ("SELECT 1;\n\nINSERT INTO pg_class DEFAULT VALUES;", 3, "null value in column"),
        ("BEGIN;\nCREATE ROLE x;\n", 2, "ends inside its transaction"),
    ],
)
def test_a_prelude_that_fails_is_a_mistake_of_the_configuration(newest, text, line, why):
    with pytest.raises(ConfigError, match=f"^1.sql:{line}: the prelude .*{why}"):
        replayed(newest, "SELECT 1;", prelude=as_migrations(text))
    assert databases_and_roles(newest) == ({"postgres", "template0", "template1"}, {"postgres"})


# --- size ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE a (x int, y text);\nCOPY a FROM stdin;\n"
        + "1\tsome text of a row\n" * 250_000
        + "\\.\nSELECT oops;",
        "CREATE TABLE a (x int, y text);\nINSERT INTO a VALUES\n"
        + "(1, 'some text'),\n" * 300_000
        + "(2, '');\nSELECT oops;",
    ],
    ids=["COPY", "INSERT"],
)
def test_a_file_of_megabytes_replays(newest, text):
    assert len(text) > 5_000_000
    done = replayed(newest, text).files["1.sql"]
    assert done.error.message == 'column "oops" does not exist'
    assert done.failed_line == text.count("\n") + 1


def test_a_thousand_files_replay(newest):
    texts = [
        f"BEGIN; CREATE TABLE t{n} (id int PRIMARY KEY); COMMENT ON TABLE t{n} IS 'n'; COMMIT;" for n in range(1000)
    ]
    replay = replayed(newest, *texts)
    assert all(file.applied for file in replay.files.values())
    assert sum(key.kind == "table" for key in replay.schema.objects) == 1000


def test_what_a_file_makes_beside_the_database_stays_though_its_trials_were_in_copies(newest):
    """A role that a file makes which no transaction takes is there for the next one, and for no trial."""
    makes = "CREATE ROLE clerk;\nCREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY i ON a (id);"
    files = replayed(newest, makes, "GRANT SELECT ON a TO clerk;").files
    assert all(file.applied for file in files.values())
    files = replayed(
        newest, "CREATE DATABASE other;", "ALTER DATABASE other CONNECTION LIMIT 3;", role="superuser"
    ).files
    assert all(file.applied for file in files.values())


# --- many statements in one go ----------------------------------------------------------------------------------------


def test_statements_in_one_go_fail_each_for_itself(sides):
    *_, session = sides
    connection = session.connection
    wide = b"SELECT pg_catalog.repeat('x', 1000) FROM pg_catalog.generate_series(1, $1)"
    with session.undone():
        connection.execute("CREATE TABLE gone (a int); SAVEPOINT s")
        sent = [
            received.Sent(wide, [b"3000"], [23]),
            received.Sent(b"SELECT 1 / $1", [b"0"], [23]),
            received.Sent(b"DROP TABLE gone", [], []),
            received.Sent(b"INSERT INTO gone VALUES ($1)", [b"1"], [23]),
        ]
        errors = received.run_each(connection, sent, b"ROLLBACK TO s")
        assert [error and error.sqlstate for error in errors] == [None, "22012", None, None]
        assert connection.execute("SELECT count(*) FROM gone").fetchone() == (0,)
    assert received.run_each(connection, [], b"SELECT") == []
    many = [received.Sent(b"SELECT 1 / $1", [b"%d" % (number % 7)], [23]) for number in range(500)]
    errors = received.run_each(connection, many, b"SELECT")
    assert [number for number, error in enumerate(errors) if error] == list(range(0, 500, 7))


def test_descriptions_in_one_go_fail_each_for_itself(sides):
    *_, session = sides
    connection = session.connection
    sent = [received.Prepared(b"", sql) for sql in (b"SELECT 1 AS a", b"SELECT nowhere", b"SELECT $1::int")]
    results = received.describe_each(connection, sent)
    errors = [received.error_of(connection, result) for result in results]
    assert [error and error.sqlstate for error in errors] == [None, "42703", None]
    assert (results[0].fname(0), results[2].nparams) == (b"a", 1)


@pytest.mark.parametrize("last", [True, False])
def test_what_the_server_says_before_it_ends_the_connection_is_raised(sides, last):
    server, _, name, *_ = sides
    ends = received.Sent(b"SELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())", [], [])
    more = [] if last else [received.Sent(b"SELECT 1", [], [])] * 50
    with server.login(name) as connection:
        with pytest.raises(received.psycopg.errors.AdminShutdown):
            received.run_each(connection, [ends, *more], b"SELECT")
        assert connection.closed


_GONE = "terminating connection due to administrator command"


def _wait_for_the_end(pid):
    """Wait until the server has closed the connection of this process, which runs on this machine."""
    while Path(f"/proc/{pid}").exists():
        pass


@pytest.mark.parametrize("count", [1, 10, 150])
@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize(
    "send",
    [
        lambda connection, count: received.run(connection, b"SELECT 1;" * count * 1000),
        lambda connection, count: received.run_each(
            connection, [received.Sent(b"SELECT 1", [], [])] * count, b"SELECT"
        ),
        lambda connection, count: received.describe_each(connection, [received.Prepared(b"", b"SELECT 1")] * count),
        lambda connection, count: received.describe_each(
            connection, [received.Prepared(b"", b"SELECT 1 " * count * 9**4)]
        ),
    ],
    ids=["run", "run_each", "describe_each", "a large one"],
)
def test_what_the_server_said_is_raised_when_the_connection_was_ended_before(sides, send, waits, count):
    server, _, name, *_ = sides
    with server.login(name) as connection, server.login(name) as other:
        pid = connection.info.backend_pid
        other.execute("SELECT pg_catalog.pg_terminate_backend(%s)", [pid])
        if waits:
            _wait_for_the_end(pid)
        with pytest.raises(received.psycopg.errors.AdminShutdown, match=_GONE):
            send(connection, count)
        assert connection.closed


@pytest.mark.parametrize("behind", range(1, 6))
def test_what_the_server_said_is_raised_when_it_ends_the_connection_while_we_send(sides, behind):
    server, _, name, *_ = sides
    with server.login(name) as connection:
        pgconn, pid = connection.pgconn, connection.info.backend_pid

        def ends():
            pgconn.send_query_params(b"SELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid())", None)

        def later():
            _wait_for_the_end(pid)
            pgconn.send_query_params(b"SELECT 1", None)

        with pytest.raises(received.psycopg.errors.AdminShutdown, match=_GONE):
            received._in_one_go(connection, [[ends], *[[later]] * behind], rows=True)
        assert connection.closed


def test_a_row_that_is_too_large_closes_the_connection_in_one_go_as_well(sides):
    server, _, name, *_ = sides
    with server.login(name) as connection:
        with pytest.raises(received.TooLargeError):
            received.run_each(
                connection, [received.Sent(b"SELECT pg_catalog.repeat('x', 20000000)", [], [])], b"SELECT"
            )
        assert connection.closed
