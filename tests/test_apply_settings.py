"""`ctb apply` and its kin where the database, the role or somebody's hand has changed what they stand on: they work, or say why not."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from livedb import write
from machine import choice_of
from pytest_ctb.deploy import connection as live_connection
from pytest_ctb.postgres import scratch
from qualified import unqualified
from test_apply_schema import CREATE_A, CREATE_B, UNCHECKED, A, B
from wire import Wire


@pytest.fixture(scope="module", params=[15, 18])
def server(request):
    """A server of each major version."""
    with choice_of(request.param).offer.start() as started:
        yield started


@pytest.fixture
def team(tmp_path):
    write(tmp_path, {"2025-01-01_create_a.sql": CREATE_A, "2025-01-02_create_b.sql": CREATE_B})
    return tmp_path


SETTINGS = [
    "DateStyle = 'German'",
    "DateStyle = 'SQL, DMY'",
    "DateStyle = 'Postgres'",
    "IntervalStyle = 'iso_8601'",
    "TimeZone = 'Asia/Kathmandu'",
    "TimeZone = 'UTC-14'",
    "extra_float_digits = -15",
    "bytea_output = 'escape'",
    "search_path = 'nowhere'",
    "search_path = ''",
    "quote_all_identifiers = on",
    "standard_conforming_strings = off",
    "backslash_quote = off",
    "transform_null_equals = on",
    "row_security = off",
    "client_encoding = 'LATIN1'",
    "client_min_messages = 'debug5'",
    "default_transaction_isolation = 'serializable'",
    "default_transaction_deferrable = on",
    "idle_session_timeout = '300ms'",
    "idle_in_transaction_session_timeout = '300ms'",
    "array_nulls = off",
    "xmlbinary = 'hex'",
    "lc_messages = 'C'",
    "lc_numeric = 'C'",
    "check_function_bodies = off",
    "synchronous_commit = off",
    "default_table_access_method = 'heap'",
    "session_replication_role = 'replica'",
    "log_statement = 'all'",
    "plan_cache_mode = 'force_generic_plan'",
]


TO = {15: "DATABASE {}", 18: "ROLE postgres IN DATABASE {}"}
"""Where a setting may stand: tried in one place on the one server, in the other on the other."""


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_of_the_database_or_the_role_is_in_the_way(team, live, ctb, setting):
    live.do(f"ALTER {TO[live.server.info.major].format(live.name)} SET {setting}")
    if "timeout" in setting:  # the file takes longer than that
        (team / B).write_text(CREATE_B.replace("COMMIT", "SELECT pg_sleep(0.5);\nCOMMIT"))
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 0, said
    code, said = ctb(team, live, "status")
    assert (code, ": 2 applied" in said) == (0, True), said
    write(
        team,
        {
            "2025-01-03_create_c.sql": "BEGIN;\nCREATE TABLE public.c AS SELECT now() AS at, 0.1::float8 AS f, 'x'::bytea AS b;\nCOMMIT;\n-- Rollback:\n-- DROP TABLE public.c;\n"
        },
    )
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    assert ctb(team, live, "rollback", "migrations/2025-01-03_create_c.sql", "--yes", *UNCHECKED)[0] == 0
    assert "note:" not in ctb(team, live, "apply", *UNCHECKED)[1]
    assert live.ledger() == {A: "applied", B: "applied", "migrations/2025-01-03_create_c.sql": "applied"}


@pytest.mark.parametrize(
    ("setting", "seen"),
    [
        ("DateStyle = 'German'", "German, DMY"),
        ("search_path = 'shop, public'", "shop, public"),
        ("TimeZone = 'Asia/Kathmandu'", "Asia/Kathmandu"),
        ("standard_conforming_strings = off", "off"),
        ("default_transaction_isolation = 'serializable'", "serializable"),
        ("app.kind = 'blue'", "blue"),
    ],
)
def test_the_file_s_own_statements_meet_the_settings_that_psql_meets(team, live, ctb, setting, seen):
    live.do(f"ALTER DATABASE {live.name} SET {setting}".replace("'shop, public'", "shop, public"))
    name = setting.partition(" ")[0]
    write(team, {"2025-01-03_see.sql": f"CREATE TABLE public.seen AS SELECT current_setting('{name}') AS it;\n"})
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    assert live.ask("SELECT it FROM public.seen") == [(seen,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SET DateStyle = 'German';",
        "SET client_encoding = 'SQL_ASCII';",
        "SET standard_conforming_strings = off;",
        "SET search_path = nowhere;",
    ],
)
def test_what_a_file_sets_for_itself_is_in_nobody_s_way(team, live, ctb, sql):
    write(
        team,
        {
            "2025-01-03_set.sql": f"{sql}\nBEGIN;\nCREATE TABLE public.c (id int);\nCOMMIT;\nBEGIN;\nINSERT INTO public.c VALUES (1);\nCOMMIT;\n"
        },
    )
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 0, said
    assert live.ask("SELECT id FROM public.c") == [(1,)]


def test_what_hides_postgres_s_own_functions_and_operators_hides_them_from_the_file_alone(team, live, ctb):
    """The migrating role, or whoever was there before, may have put a schema before pg_catalog."""
    live.do(
        "CREATE SCHEMA evil; CREATE TABLE evil.called (what text);"
        "CREATE FUNCTION evil.shout(text) RETURNS void LANGUAGE sql AS $$ INSERT INTO evil.called VALUES ($1) $$;"
    )
    for name, arguments, gives in [
        ("count", "", "bigint"),
        ("pg_backend_pid", "", "int"),
        ("current_setting", "text", "text"),
        ("set_config", "text, text, boolean", "text"),
        ("to_regnamespace", "text", "regnamespace"),
        ("pg_is_in_recovery", "", "boolean"),
        ("format_type", "oid, int", "text"),
        ("current_database", "", "name"),
        ("clock_timestamp", "", "timestamptz"),
        ("pg_get_userbyid", "oid", "name"),
        ("pg_try_advisory_lock", "bigint", "boolean"),
    ]:
        live.do(
            f"CREATE FUNCTION evil.{name}({arguments}) RETURNS {gives} LANGUAGE sql AS $$ SELECT evil.shout('{name}'); SELECT NULL::{gives} $$"
        )
    for left, right in [
        ("name", "name"),
        ("text", "text"),
        ("oid", "oid"),
        ("int", "int"),
        ("bigint", "bigint"),
        ("name", "text"),
    ]:
        live.do(
            f"CREATE FUNCTION evil.same({left}, {right}) RETURNS boolean LANGUAGE sql AS $$ SELECT evil.shout('='); SELECT true $$;"
            f"CREATE OPERATOR evil.= (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = evil.same)"
        )
    live.do("CREATE TABLE evil.pg_class (a int); CREATE TABLE evil.pg_database (a int);")
    live.do(f"ALTER DATABASE {live.name} SET search_path = evil, pg_catalog, public")
    (team / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\nctb_verify_ignore = schema evil\n")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 0, said
    assert ctb(team, live, "status")[0] == 0
    assert ctb(team, live, "rollback", B, "--yes", *UNCHECKED)[0] == 0
    assert live.ask("SELECT * FROM evil.called") == []


# Roles


@pytest.fixture
def boss(live):
    """A role that may do nothing but what a test gives it."""
    live.do(f"CREATE ROLE boss_of_live LOGIN PASSWORD 'p'; REVOKE CREATE ON DATABASE {live.name} FROM PUBLIC")
    yield live.url(user="boss_of_live", password="p")
    live.do("DROP OWNED BY boss_of_live CASCADE; DROP ROLE boss_of_live")


def test_a_role_that_owns_the_ledger_s_schema_needs_no_more(team, live, ctb, boss):
    live.do("CREATE SCHEMA ctb_ledger AUTHORIZATION boss_of_live; GRANT CREATE ON SCHEMA public TO boss_of_live")
    code, said = ctb(team, boss, "apply", *UNCHECKED)
    assert code == 0, said
    assert ctb(team, boss, "status")[0] == 0
    assert ctb(team, boss, "rollback", B, "--yes", *UNCHECKED)[0] == 0
    assert ctb(team, boss, "apply", *UNCHECKED)[0] == 0
    assert live.ask("SELECT DISTINCT role FROM ctb_ledger.migrations") == [("boss_of_live",)]


def test_a_role_that_may_make_things_in_the_ledger_s_schema_needs_no_more(team, live, ctb, boss):
    live.do("CREATE SCHEMA ctb_ledger; GRANT ALL ON SCHEMA ctb_ledger, public TO boss_of_live")
    assert ctb(team, boss, "apply", *UNCHECKED)[0] == 0


def test_a_role_that_may_do_neither_is_told_what_it_needs(team, live, ctb, boss):
    live.do("CREATE SCHEMA ctb_ledger; GRANT ALL ON SCHEMA public TO boss_of_live")
    code, said = ctb(team, boss, "apply", *UNCHECKED)
    assert (code, "permission denied for schema ctb_ledger" in said, "GRANT CREATE ON DATABASE" in said) == (
        2,
        True,
        True,
    ), said
    assert live.ask("SELECT to_regclass('a')") == [(None,)]


def test_a_role_that_may_only_look_at_the_ledger_is_told_how_it_stands(team, live, ctb, boss):
    ctb(team, live, "apply", *UNCHECKED)
    live.do(
        "GRANT USAGE ON SCHEMA ctb_ledger TO boss_of_live; GRANT SELECT ON ctb_ledger.migrations, ctb_ledger.ledger TO boss_of_live"
    )
    code, said = ctb(team, boss, "status")
    assert (code, ": 2 applied" in said) == (0, True), said
    write(team, {"2025-01-03_create_c.sql": "CREATE TABLE c ();\n"})
    code, said = ctb(team, boss, "apply", *UNCHECKED)
    assert (code, "permission denied" in said) == (2, True), said


def test_rows_that_a_policy_hides_are_not_taken_for_none(team, live, ctb, boss):
    ctb(team, live, "apply", *UNCHECKED)
    live.do(
        "GRANT USAGE ON SCHEMA ctb_ledger TO boss_of_live; GRANT ALL ON ALL TABLES IN SCHEMA ctb_ledger TO boss_of_live;"
        "ALTER TABLE ctb_ledger.migrations ENABLE ROW LEVEL SECURITY"
    )
    code, said = ctb(team, boss, "apply", *UNCHECKED)
    assert (code, "the role cannot read the ledger: query would be affected by row-level security" in said) == (
        2,
        True,
    ), said


# What takes no writes


@pytest.mark.parametrize("to", ["DATABASE {}", "ROLE postgres IN DATABASE {}"])
def test_a_database_whose_sessions_are_read_only_is_told(team, live, ctb, to):
    live.do(f"ALTER {to.format(live.name)} SET default_transaction_read_only = on")
    for arguments in (("apply", *UNCHECKED), ("apply", "--adopt")):
        code, said = ctb(team, live, *arguments)
        assert (code, "default_transaction_read_only is on" in said, len(said.splitlines())) == (2, True, 1), said
    assert ctb(team, live, "status")[0] == 1
    assert live.ask("SELECT to_regnamespace('ctb_ledger')") == [(None,)]
    url = live.url(options="-c default_transaction_read_only=off")
    assert ctb(team, url, "apply", *UNCHECKED)[0] == 0


def test_a_file_that_makes_the_database_read_only_is_applied_and_the_next_is_told(team, live, ctb):
    (team / A).write_text(f"ALTER DATABASE {live.name} SET default_transaction_read_only = on;\n")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, f"{B}:2: cannot execute CREATE TABLE in a read-only transaction (25006)" in said) == (1, True), said
    with live.server.connect() as admin:
        admin.execute(f"ALTER DATABASE {live.name} RESET default_transaction_read_only")
    assert live.ledger() == {A: "applied", B: "failed"}


# A ledger that somebody has altered


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (
            f"UPDATE ctb_ledger.migrations SET started = 'infinity' WHERE file = '{A}'",
            f"{A} has started = 'infinity', which is no time",
        ),
        ("UPDATE ctb_ledger.migrations SET ended = '-infinity'", "has ended = '-infinity', which is no time"),
        (
            "UPDATE ctb_ledger.migrations SET backend_start = '20000-01-01'",
            "has backend_start = '20000-01-01 00:00:00+00', which is no time",
        ),
        ("UPDATE ctb_ledger.migrations SET started = '0044-03-15 BC'", "which is no time"),
        (
            "ALTER TABLE ctb_ledger.migrations ALTER started TYPE text",
            "the column migrations.started is of type text, not timestamp with time zone",
        ),
        (
            "ALTER TABLE ctb_ledger.migrations ALTER started TYPE timestamp",
            "the column migrations.started is of type timestamp without time zone",
        ),
        (
            "ALTER TABLE ctb_ledger.migrations ALTER number TYPE numeric",
            "the column migrations.number is of type numeric, not bigint",
        ),
        (
            "ALTER TABLE ctb_ledger.migrations ALTER content TYPE text USING 'x'",
            "the column migrations.content is of type text, not bytea",
        ),
        (
            "ALTER TABLE ctb_ledger.migrations ALTER invalid TYPE text USING ''",
            "the column migrations.invalid is of type text, not text[]",
        ),
        (
            "ALTER TABLE ctb_ledger.ledger ALTER format TYPE text",
            "the column ledger.format is of type text, not integer",
        ),
        ("ALTER TABLE ctb_ledger.migrations RENAME COLUMN line TO zeile", "migrations has no column line"),
        ("ALTER TABLE ctb_ledger.events DROP COLUMN detail", "events has no column detail"),
        (
            "ALTER TABLE ctb_ledger.events ALTER id DROP IDENTITY",
            "the column events.id does not count by itself any more",
        ),
        (
            "ALTER TABLE ctb_ledger.migrations ALTER line DROP NOT NULL; UPDATE ctb_ledger.migrations SET line = NULL",
            "has no line",
        ),
        (
            "ALTER TABLE ctb_ledger.migrations ALTER error DROP NOT NULL; UPDATE ctb_ledger.migrations SET error = NULL, line = 1",
            "has no error",
        ),
        (
            "ALTER TABLE ctb_ledger.migrations ALTER state DROP NOT NULL; UPDATE ctb_ledger.migrations SET state = NULL",
            "has no state",
        ),
        (
            "ALTER TABLE ctb_ledger.migrations RENAME TO m; CREATE VIEW ctb_ledger.migrations AS SELECT * FROM ctb_ledger.m",
            "ctb_ledger.migrations is a view, not a table",
        ),
        (
            "ALTER TABLE ctb_ledger.events RENAME TO e; CREATE VIEW ctb_ledger.events AS SELECT * FROM ctb_ledger.e",
            "ctb_ledger.events is a view, not a table",
        ),
        (
            "DROP TABLE ctb_ledger.schema; CREATE VIEW ctb_ledger.schema AS SELECT 1 AS number, 1::bigint AS event, 'x' AS words, 'x' AS objects",
            "ctb_ledger.schema is a view, not a table",
        ),
        ("DROP TABLE ctb_ledger.ledger", 'relation "ctb_ledger.ledger" does not exist'),
        ("INSERT INTO ctb_ledger.ledger VALUES (1, 'again')", "ctb_ledger.ledger has 2 rows, not one"),
        ("UPDATE ctb_ledger.ledger SET format = 2147483647", "in a newer format (2147483647)"),
    ],
)
def test_a_ledger_that_was_altered_is_one_message_and_nothing_is_done(team, live, ctb, edit, told):
    ctb(team, live, "apply", *UNCHECKED)
    live.do(edit)
    write(team, {"2025-01-03_create_c.sql": "CREATE TABLE c ();\n"})
    for arguments in (
        ("status",),
        ("apply", *UNCHECKED),
        ("apply", "--dry-run"),
        ("apply", "--adopt"),
        ("rollback", B, "--yes", *UNCHECKED),
    ):
        code, said = ctb(team, live, *arguments)
        assert (code, told in said, len(said.splitlines())) == (2, True, 1), said
    assert live.ask("SELECT to_regclass('c')") == [(None,)]


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (
            "ALTER TABLE ctb_ledger.migrations DROP CONSTRAINT migrations_pkey",
            "it does not take a row: there is no unique or exclusion constraint",
        ),
        (
            "ALTER TABLE ctb_ledger.migrations ADD COLUMN more int NOT NULL DEFAULT 1; ALTER TABLE ctb_ledger.migrations ALTER more DROP DEFAULT",
            "it does not take a row: null value in column",
        ),
        ("ALTER TABLE ctb_ledger.migrations ADD CHECK (number < 3)", "it does not take a row: new row for relation"),
        (
            "CREATE FUNCTION ctb_ledger.no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER no BEFORE INSERT ON ctb_ledger.migrations FOR EACH ROW EXECUTE FUNCTION ctb_ledger.no()",
            "a trigger or a rule keeps it from changing",
        ),
        ("CREATE RULE no AS ON INSERT TO ctb_ledger.events DO INSTEAD NOTHING", "the ledger"),
    ],
)
def test_a_ledger_that_takes_no_row_is_told_before_anything_is_sent(team, live, ctb, edit, told):
    ctb(team, live, "apply", *UNCHECKED)
    live.do(edit)
    write(team, {"2025-01-03_create_c.sql": "CREATE TABLE c ();\n"})
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, told in said, live.ask("SELECT to_regclass('c')")) == (2, True, [(None,)]), said


@pytest.mark.parametrize(
    "objects",
    [
        "",
        "{}",
        "[[1]]",
        "null",
        '{"objects": 3, "closed": []}',
        '{"objects": [["table"]], "closed": []}',
        '{"objects": [], "closed": 1}',
    ],
)
def test_a_schema_in_the_ledger_that_cannot_be_read_is_as_one_that_is_not_there(team, live, ctb, objects):
    ctb(team, live, "apply", *UNCHECKED)
    live.do(f"UPDATE ctb_ledger.schema SET objects = '{objects}'")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code in {0, 1}, said
    assert ctb(team, live, "status")[0] in {0, 1}


def test_what_is_laid_down_for_our_sessions_is_known_to_every_server(live, server):
    with server.connect(live.name) as session:
        session.execute(live_connection.session_settings(session.info.server_version).encode())
        assert session.execute("SHOW search_path").fetchone() == ('""',)


def test_a_standby_takes_no_writes_and_that_is_told(team, live, ctb, server):
    """A real one, copied from the server and kept in recovery."""
    user = scratch.unprivileged()
    programs = Path(server.info.detail)
    folder = Path(tempfile.mkdtemp(prefix="ctb-standby-"))
    if user:
        shutil.chown(folder, user.uid, user.gid)
    who = {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}
    ctb(team, live, "apply", *UNCHECKED)
    admin = server.admin

    def run(*line: str) -> None:
        environment = {"PGPASSWORD": admin["password"], "PATH": "/usr/bin:/bin"}
        done = subprocess.run(line, env=environment, cwd="/", capture_output=True, text=True, check=False, **who)
        assert done.returncode == 0, done.stderr

    data = folder / "data"
    try:
        run(str(programs / "pg_basebackup"), "-h", admin["host"], "-U", "postgres", "-D", str(data), "-c", "fast")
        data.joinpath("standby.signal").touch()
        if user:
            shutil.chown(data / "standby.signal", user.uid, user.gid)
        options = f"-c unix_socket_directories={folder} -c listen_addresses= -c hot_standby=on"
        run(str(programs / "pg_ctl"), "-w", "-D", str(data), "-l", str(folder / "log"), "-o", options, "start")
        standby = live.url(host=str(folder))
        assert ctb(team, standby, "status")[0] == 0
        write(team, {"2025-01-03_create_c.sql": "CREATE TABLE c ();\n"})
        for arguments in (("apply", *UNCHECKED), ("apply", "--adopt"), ("rollback", B, "--yes", *UNCHECKED)):
            code, said = ctb(team, standby, *arguments)
            assert (code, "this server is a standby, which takes no writes" in said) == (2, True), said
    finally:
        if (data / "postmaster.pid").exists():
            run(str(programs / "pg_ctl"), "-m", "immediate", "-D", str(data), "stop")
        shutil.rmtree(folder)


def test_every_name_in_what_is_asked_is_written_in_full(team, live, ctb, tmp_path):
    """In the session that sends a file, which has the database's search_path, operators as well."""
    folder = tmp_path / "wire"
    folder.mkdir()
    wire = Wire(folder, f"{live.server.admin['host']}/.s.PGSQL.5432")
    url = live.url(host=str(folder))
    (team / A).write_text("CREATE TABLE public.a (id bigint, name text);\n-- Rollback: none, because it is first\n")
    ctb(team, url, "status")
    assert ctb(team, url, "apply", *UNCHECKED)[0] == 0
    live.do("CREATE TABLE public.z ()")
    assert ctb(team, url, "apply", "--adopt")[0] == 0
    assert ctb(team, url, "rollback", B, "--yes", *UNCHECKED)[0] == 0
    wire.close()
    texts = {
        one
        for one in wire.heard
        if "public." not in one and not one.startswith(("SET ", "DROP ", "WITH space", "-- Every"))
    }
    asked = {text for text in texts if "ctb_ledger" not in text}
    assert {"SELECT pg_catalog.pg_backend_pid()", "BEGIN", "COMMIT"} <= asked
    assert {text: unqualified(text) for text in texts} == {text: [] for text in texts}
    in_the_file_s_session = [
        one
        for one in asked
        if "synchronous" not in one and ("set_config" in one or "xact_id" in one or one.endswith("pg_backend_pid()"))
    ]
    assert len(in_the_file_s_session) >= 3
    assert {one: unqualified(one, operators=True) for one in in_the_file_s_session} == {
        key: [] for key in in_the_file_s_session
    }
