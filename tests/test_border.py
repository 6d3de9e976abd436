"""The border between the role that migrates and the suite: nothing that a migration lays down reaches a login of ours."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg.sql import SQL, Identifier, Literal

from machine import as_migrations, choice_of, managed, oldest_and_newest, replayed
from pytest_ctb.postgres import Wanted, choose
from pytest_ctb.replay.session.databases import database, migrating_role
from test_memory import same

# --- who runs what -----------------------------------------------------------------------------------------------------

_CAUGHT = """
CREATE SCHEMA evil;
CREATE FUNCTION evil.caught() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF pg_catalog.current_setting('is_superuser') OPERATOR(pg_catalog.=) 'on'
        OR (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) current_user)
    THEN
        COPY (SELECT 1) TO PROGRAM 'cat > {mark}';
    END IF;
    RETURN true;
END $$;
CREATE FUNCTION evil.of(boolean, boolean) RETURNS boolean LANGUAGE sql AS 'SELECT evil.caught()';
CREATE FUNCTION evil.of(pg_catalog.text) RETURNS boolean LANGUAGE sql AS 'SELECT evil.caught()';
CREATE AGGREGATE evil.bool_or(boolean) (SFUNC = evil.of, STYPE = boolean);
"""
_PATH = """
DO $$ BEGIN
    EXECUTE pg_catalog.format('ALTER %s SET search_path = evil, pg_catalog, public', {whose});
END $$;
"""
_OF_DATABASE = _PATH.format(whose="'DATABASE ' OPERATOR(pg_catalog.||) pg_catalog.current_database()")
_OF_ROLE = _PATH.format(whose="'ROLE ' OPERATOR(pg_catalog.||) current_user")
_ANEW = "CREATE TABLE public.anew (a int);\nCREATE INDEX CONCURRENTLY anew_a ON public.anew (a);"
"""Of what runs outside of a transaction the suite makes copies of the database, and so logs in anew."""
_UNTRUSTED = "CREATE EXTENSION IF NOT EXISTS {extension};"
_WORK = """
CREATE TABLE IF NOT EXISTS public.work (id bigint PRIMARY KEY, note pg_catalog.text DEFAULT 'x', a int);
ALTER TABLE public.work ALTER COLUMN a TYPE bigint;
CREATE INDEX IF NOT EXISTS work_note ON public.work (note);
DELETE FROM public.work;
ALTER TABLE public.work DROP COLUMN a;
GRANT SELECT ON public.work TO PUBLIC;
DROP TABLE public.work;
-- Rollback:
-- CREATE TABLE public.work (id bigint PRIMARY KEY, note pg_catalog.text DEFAULT 'x');
"""
_CATALOGS = [
    "pg_class",
    "pg_proc",
    "pg_type",
    "pg_namespace",
    "pg_constraint",
    "pg_index",
    "pg_trigger",
    "pg_policy",
    "pg_rewrite",
    "pg_statistic_ext",
    "pg_event_trigger",
    "pg_locks",
    "pg_attribute",
    "pg_attrdef",
    "pg_description",
    "pg_depend",
    "pg_inherits",
    "pg_enum",
    "pg_roles",
]
_COLUMNS = {
    "pg_attribute": "attrelid, attname, atttypid, attnum, atttypmod, attnotnull, attisdropped, attidentity, attgenerated"
}
_VIEWS = "".join(
    f"CREATE TEMP VIEW {name} AS SELECT {_COLUMNS.get(name, '*')} FROM pg_catalog.{name} WHERE evil.caught();\n"
    for name in _CATALOGS
)
_TYPES = "".join(
    f"CREATE DOMAIN pg_temp.{name} AS {base} CHECK (evil.caught());\n"
    for name, base in {
        "text": "pg_catalog.text",
        "oid": "pg_catalog.oid",
        "name": "pg_catalog.name",
        "json": "pg_catalog.json",
        "jsonb": "pg_catalog.jsonb",
        "regclass": "pg_catalog.regclass",
        "int2": "smallint",
        '"char"': 'pg_catalog."char"',
    }.items()
)
_OPERATORS = "".join(
    f"CREATE FUNCTION evil.{name}({left}, {right}) RETURNS boolean LANGUAGE sql AS 'SELECT evil.caught()';\n"
    f"CREATE OPERATOR evil.= (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = evil.{name});\n"
    for name, left, right in (
        ("oids", "pg_catalog.oid", "pg_catalog.oid"),
        ("classes", "pg_catalog.oid", "pg_catalog.regclass"),
        ("names", "pg_catalog.name", "pg_catalog.name"),
        ("texts", "pg_catalog.text", "pg_catalog.text"),
        ("chars", 'pg_catalog."char"', 'pg_catalog."char"'),
    )
)
_HOSTILE = {
    "the path of the database": [_OF_DATABASE],
    "the path of the role": [_OF_ROLE],
    "operators before those of Postgres": [_OPERATORS + _OF_DATABASE],
    "the path inside the file": ["SET search_path = evil, pg_catalog, public;\n" + _WORK],
    "temporary views named as catalogs": [_VIEWS + _WORK],
    "temporary types named as Postgres's own": [_TYPES + _WORK],
    "all of it": [_OPERATORS + _OF_DATABASE, _VIEWS + _TYPES + "SET search_path = evil, pg_catalog;\n" + _WORK],
}


@contextmanager
def _given_by_url(major):
    """A server of others, whose superuser the URL has."""
    with choice_of(major).offer.start() as machine:
        admin = machine.admin
        url = f"postgresql://postgres:{admin['password']}@/postgres?host={quote(admin['host'])}&port=5432"
        with choose(Wanted(url)).offer.start() as server:
            yield server


@contextmanager
def _own(major):
    with choice_of(major).offer.start() as server:
        yield server


@pytest.fixture(scope="module", params=[f"{how}{major}" for major in oldest_and_newest() for how in ("own", "url")])
def super_server(request):
    """A server that gives a superuser: our own, and one of others."""
    how = _own if request.param.startswith("own") else _given_by_url
    with how(int(request.param[3:])) as server:
        yield server


@pytest.fixture
def mark():
    """A file that any user can make."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o777)
    yield folder / "mark"
    shutil.rmtree(folder)


def _untrusted(server) -> str:
    query = "SELECT name FROM pg_catalog.pg_available_extension_versions WHERE superuser AND NOT trusted"
    with server.connect() as admin:
        names = {name for (name,) in admin.execute(query)}
    return "file_fdw" if "file_fdw" in names else min(names)


@pytest.mark.parametrize("name", _HOSTILE)
def test_nothing_of_a_migration_runs_as_superuser(super_server, mark, name):
    extension = _UNTRUSTED.format(extension=_untrusted(super_server))
    texts = [_CAUGHT.format(mark=mark), *_HOSTILE[name], _ANEW, extension, _WORK, f"{extension}\n{_WORK}"]
    seen = replayed(super_server, *texts)
    assert {(file.error, file.trouble) for file in seen.files.values()} == {(None, None)}
    assert not mark.exists()


def test_what_the_test_looks_for_would_be_seen(super_server, mark):
    """Where the suite did evaluate it, the mark would be there: as the prelude, which is run as superuser."""
    text = _CAUGHT.format(mark=mark) + "SELECT evil.bool_or(true);"
    replayed(super_server, "SELECT 1;", prelude=as_migrations(text))
    assert mark.exists()


# --- what a login of ours is told by the database and the role ---------------------------------------------------------

_OTHERS = {
    "DateStyle": "German",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Asia/Tokyo",
    "client_encoding": "LATIN1",
    "default_text_search_config": "pg_catalog.german",
    "lc_monetary": "POSIX",
    "lc_numeric": "POSIX",
    "lc_time": "POSIX",
    "local_preload_libraries": "there_is_none",
    "restrict_nonsystem_relation_kind": "view",
    "createrole_self_grant": "set",
    "search_path": "evil, pg_catalog, public",
    "timezone_abbreviations": "India",
}
"""Other values for those of which pg_settings tells none."""
_SHOWN = """
SELECT name, setting FROM pg_catalog.pg_settings WHERE context = 'user'
UNION ALL SELECT 'role', current_setting('role')
UNION ALL SELECT 'plpgsql.extra_errors', current_setting('plpgsql.extra_errors', true) UNION ALL SELECT 'who', session_user || ' as ' || current_user
"""
_TIMEOUTS = [
    "statement_timeout",
    "lock_timeout",
    "idle_session_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
]


def _all_settings(server) -> list[tuple[str, list[str]]]:
    """Each setting that its owner may lay down for a database, with other values that it takes."""
    query = (
        "SELECT name, setting, vartype, enumvals, min_val, max_val FROM pg_catalog.pg_settings WHERE context = 'user'"
    )
    with server.connect() as admin:
        rows = admin.execute(query).fetchall()
    found = [("role", ["o"]), ("session_authorization", ["o"]), ("plpgsql.extra_errors", ["all"])]
    for name, now, kind, values, least, most in rows:
        other = {"bool": ["on", "off"], "enum": values, "integer": [least, most, "1"], "real": [least, most, "0.5"]}
        found.append((name, [one for one in [_OTHERS.get(name), *(other.get(kind) or [])] if one not in {None, now}]))
    return found


def _laid_down(owner, target, settings) -> set[str]:
    taken = set()
    for name, values in settings:
        words = SQL(".").join(map(Identifier, name.split(".")))
        for value in values:
            try:
                owner.execute(
                    SQL("ALTER {} SET {} = {}").format(
                        target, words, SQL(value) if name == "search_path" else Literal(value)
                    )
                )
            except psycopg.Error:
                continue
            taken.add(name)
            break
    return taken


@pytest.fixture(
    scope="module",
    params=[*(f"own{major}" for major in oldest_and_newest()), *(f"boss{major}" for major in oldest_and_newest())],
)
def any_server(request):
    """Our own server, and one of others that gives no superuser."""
    how = managed if request.param.startswith("boss") else _own
    with how(int(request.param.removeprefix("own").removeprefix("boss"))) as server:
        yield server


@pytest.mark.parametrize("whose", ["database", "role"])
def test_no_setting_of_a_database_or_a_role_reaches_a_login_of_ours(any_server, whose):
    with migrating_role(any_server, "owner") as role, database(any_server, "laid", role) as name:
        target = (
            SQL("DATABASE {}").format(Identifier(name))
            if whose == "database"
            else SQL("ROLE {}").format(Identifier(role))
        )
        settings = [
            (one, [role] if one in {"role", "session_authorization"} else values)
            for one, values in _all_settings(any_server)
        ]
        with any_server.connect() as admin, any_server.connect(name, role) as before:
            expected, of_role = admin.execute(_SHOWN).fetchall(), before.execute(_SHOWN).fetchall()
        with any_server.login(name, role) as owner:
            owner.execute("DO $$ BEGIN NULL; END $$")  # so that the server knows what settings PL/pgSQL has
            taken = _laid_down(owner, target, settings)
        assert {"search_path", "role", "local_preload_libraries", "plpgsql.extra_errors", "statement_timeout"} <= taken
        assert len(taken) > 125
        with any_server.connect(name) as admin:
            assert admin.execute(_SHOWN).fetchall() == expected
        with any_server.connect(name, role) as ours:
            assert ours.execute(_SHOWN).fetchall() == of_role
            assert ours.execute("SHOW search_path").fetchone() == ("",)


@pytest.mark.parametrize("whose", ["DATABASE", "ROLE"])
def test_who_migrates_meets_the_settings_but_for_the_time_that_something_may_take(any_server, whose):
    """As psql would; what is too slow on this machine need not be so on another."""
    with migrating_role(any_server, "owner") as role, database(any_server, "met", role) as name:
        target = SQL("{} {}").format(SQL(whose), Identifier(name if whose == "DATABASE" else role))
        with any_server.login(name, role) as owner:
            here = {one for (one,) in owner.execute("SELECT name FROM pg_catalog.pg_settings")}
            for one in here.intersection(_TIMEOUTS):
                owner.execute(SQL("ALTER {} SET {} = 1").format(target, Identifier(one)))
            owner.execute(SQL("ALTER {} SET search_path = evil, public").format(target))
            owner.execute(SQL("ALTER {} SET DateStyle = 'German'").format(target))
        with any_server.login(name, role) as owner:
            assert owner.execute("SHOW search_path").fetchone() == ("evil, public",)
            assert owner.execute("SHOW DateStyle").fetchone() == ("German, DMY",)
            for one in here.intersection(_TIMEOUTS):
                assert owner.execute("SELECT current_setting(%s)", [one]).fetchone() == ("0",)
            owner.execute("SET statement_timeout = '3s'")  # the file itself may say so
            assert owner.execute("SHOW statement_timeout").fetchone() == ("3s",)


# --- verdicts ----------------------------------------------------------------------------------------------------------

_HISTORY = (
    "BEGIN;\nCREATE TABLE public.a (id bigint PRIMARY KEY, d date DEFAULT '2025-01-02', i interval DEFAULT '1 day',\n"
    "    z timestamptz DEFAULT '2025-01-02 03:04:05+00', b bytea DEFAULT E'\\\\x00ff', f double precision DEFAULT 0.1,\n"
    "    t text DEFAULT E'a\\\\b', l int[] DEFAULT '{1,2}', s serial);\n"
    "COMMIT;\n-- Rollback:\n-- DROP TABLE public.a;\n",
    "BEGIN;\nALTER TABLE public.a ADD COLUMN IF NOT EXISTS n text, ADD COLUMN IF NOT EXISTS z text;\nCOMMIT;\n"
    "-- Rollback:\n-- ALTER TABLE public.a DROP COLUMN IF EXISTS n;\n",
    "CREATE TYPE public.mood AS ENUM ('sad', 'ok');\nALTER TABLE public.a ADD COLUMN m public.mood DEFAULT 'ok';\n"
    "-- Rollback:\n-- ALTER TABLE public.a DROP COLUMN m;\n-- DROP TYPE public.mood;\n",
    "ALTER TABLE public.a ALTER COLUMN id TYPE integer;",
    "BEGIN;\nINSERT INTO public.a (id) VALUES (1), (2);\nUPDATE public.a SET n = 'x', f = 0.25;\nDELETE FROM public.a;\nCOMMIT;",
    "CREATE TABLE public.b (a integer REFERENCES public.a DEFERRABLE INITIALLY DEFERRED, w text UNIQUE);\n"
    "INSERT INTO public.b VALUES (NULL, 'w');",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS a_n ON public.a (n);\n",
    "CREATE TABLE public.p (i int, m public.mood) PARTITION BY LIST (i);\n"
    "CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES IN (1);",
    "TRUNCATE public.b;\nGRANT SELECT ON public.a TO PUBLIC;\nCOMMENT ON TABLE public.a IS 'what is sold';",
    "ALTER TABLE public.a DROP COLUMN b;\nALTER TABLE public.p ALTER COLUMN m TYPE text;",
    "CREATE TABLE IF NOT EXISTS public.a (id bigint);\n-- Rollback:\n-- DROP TABLE public.b;",
    "DROP TABLE public.b, public.p;",
)
_SPOILING = {
    "quote_all_identifiers": "on",
    "DateStyle": "German",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Asia/Tokyo",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "array_nulls": "off",
    "standard_conforming_strings": "off",
    "transform_null_equals": "on",
    "xmloption": "document",
    "client_min_messages": "error",
    "check_function_bodies": "off",
    "default_transaction_isolation": "serializable",
    "statement_timeout": "1",
    "lock_timeout": "1",
    "idle_session_timeout": "1",
    "idle_in_transaction_session_timeout": "1",
    "plan_cache_mode": "force_custom_plan",
    "enable_indexscan": "off",
    "row_security": "on",
    "search_path": "pg_catalog",
}


def _judged(seen, since) -> list[dict[str, object]]:
    """Of each file what a verdict is made of."""
    return [
        {
            "error": file.error and (file.error.sqlstate, file.error.message),
            "again": file.rerun,
            "rollback": file.rollback,
            "breaks": file.interruptions,
            "mismatches": file.mismatches,
            "filled": file.on_rows and (file.on_rows.filled, file.on_rows.unfilled, file.on_rows.error),
            "losses": file.on_rows and file.on_rows.losses,
            "did": [
                # In which order it drops what one statement drops is the server's own.
                (
                    t.created,
                    t.altered,
                    sorted(t.dropped, key=repr),
                    t.rewritten,
                    t.truncated,
                    t.rows,
                    t.locks,
                    t.unknown,
                )
                for t in file.traces
            ],
            "trouble": file.trouble,
        }
        for file in list(seen.files.values())[since:]
    ]


def _without_settings(schema):
    """The objects but for the settings themselves."""
    return {key: value for key, value in schema.objects.items() if key.kind != "setting"}


def _all_the_same(told, expected) -> None:
    for number, (one, other) in enumerate(zip(told, expected, strict=True), start=1):
        for name, value in one.items():
            assert repr(value) == repr(other[name]) or same(value, other[name]), (number, name, value, other[name])


@pytest.fixture(scope="module")
def expected(any_server):
    """What is judged of the history where nobody spoils anything."""
    seen = replayed(any_server, "SELECT 1;", *_HISTORY)
    assert {(file.error, file.trouble) for file in seen.files.values()} == {(None, None)}
    return seen


@pytest.mark.parametrize(
    "whose", ["'DATABASE', pg_catalog.current_database()", "'ROLE', current_user"], ids=["database", "role"]
)
def test_settings_that_a_migration_lays_down_change_no_verdict(any_server, expected, whose):
    text = "".join(
        f"DO $$ BEGIN EXECUTE pg_catalog.format('ALTER %s %I SET {name} = %L', {whose}, '{value}'); END $$;\n"
        for name, value in _SPOILING.items()
    )
    seen = replayed(any_server, text, *_HISTORY)
    assert not next(iter(seen.files.values())).error
    _all_the_same(_judged(seen, 1), _judged(expected, 1))
    assert _without_settings(seen.schema) == _without_settings(expected.schema)


def test_settings_inside_of_a_file_change_no_verdict(any_server, expected):
    """Set in the first line of each, so that no statement comes to stand elsewhere."""
    # What a file may take and how much it is told is its own to say.
    taken = {name: value for name, value in _SPOILING.items() if not name.endswith(("_timeout", "_messages"))}
    lead = " ".join(f"SET {name} = '{value}';" for name, value in taken.items()) + " "
    seen = replayed(any_server, "SELECT 1;", *(lead + text for text in _HISTORY))
    for told, other in zip(_judged(seen, 1), _judged(expected, 1), strict=True):
        for name in told.keys() - {"did"}:
            assert same(told[name], other[name]), (name, told[name], other[name])
        assert same(told["did"][len(taken) :], other["did"])
    assert seen.schema == expected.schema


# --- a database where every function and operator of Postgres's own is another's ---------------------------------------

_SHADOWS = """
CREATE SCHEMA evil;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
DO $do$
DECLARE
    made record;
    said text;
BEGIN
    FOR made IN
        SELECT p.proname, pg_get_function_arguments(p.oid) AS takes, pg_get_function_result(p.oid) AS gives
        FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'a', 'w')
    LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', made.proname, made.takes,
                made.gives, format('BEGIN RAISE EXCEPTION ''shadow of %s''; END', made.proname));
        EXCEPTION WHEN others THEN NULL;  -- of types that PL/pgSQL does not take
        END;
    END LOOP;
    CREATE FUNCTION evil.bear(bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'shadow of count'; END $$;
    DROP FUNCTION evil.count();
    CREATE AGGREGATE evil.count(*) (SFUNC = evil.bear, STYPE = bigint);
    FOR made IN
        SELECT o.oprname, o.oprcode::oid AS code, nullif(o.oprleft, 0)::regtype AS l, o.oprright::regtype AS r,
               p.prorettype::regtype AS gives
        FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode WHERE o.oprnamespace = 'pg_catalog'::regnamespace
    LOOP
        BEGIN
            said := format('evil.op_%s', made.code);
            EXECUTE format('CREATE OR REPLACE FUNCTION %s(%s) RETURNS %s LANGUAGE plpgsql AS %L', said,
                concat_ws(', ', made.l, made.r), made.gives,
                format('BEGIN RAISE EXCEPTION ''shadow of %s''; END', made.oprname));
            EXECUTE format('CREATE OPERATOR evil.%s (%s RIGHTARG = %s, FUNCTION = %s)', made.oprname,
                'LEFTARG = ' || made.l || ',', made.r, said);
        EXCEPTION WHEN others THEN NULL;
        END;
    END LOOP;
END $do$;
"""
_BEFORE_ITS_OWN = """
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = evil, pg_catalog', current_database()); END $$;
"""


def test_where_everything_of_postgres_is_shadowed_every_verdict_is_the_same(any_server):
    seen = [
        replayed(
            any_server, *_HISTORY, prelude=as_migrations(_SHADOWS, last), bases=("CREATE TABLE public.base (a int);",)
        )
        for last in ("SELECT 1;", _BEFORE_ITS_OWN)
    ]
    plain, shadowed = seen
    made = [key.kind for key in shadowed.schema.objects if ".".join(key.name.split(".")[:1]) == "evil"]
    assert made.count("function") > 2500
    assert {(file.error, file.trouble) for file in plain.files.values()} == {(None, None)}
    _all_the_same(_judged(shadowed, 0), _judged(plain, 0))
    assert _without_settings(shadowed.schema) == _without_settings(plain.schema)
    spoiled, base = ([_without_settings(schema) for _, schema in one.bases.values()] for one in (shadowed, plain))
    assert spoiled == base
