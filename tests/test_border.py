"""The border between the role that migrates and the suite: nothing that a migration lays down reaches a login of ours."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from machine import as_migrations, choice_of, majors, replayed
from pytest_ctb.postgres import Wanted, choose

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


@pytest.fixture(scope="module", params=[f"{how}{major}" for major in majors() for how in ("own", "url")])
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
    assert [one.error for one in seen.files.values()] == [None] * len(texts)
    assert not mark.exists()


def test_what_the_test_looks_for_would_be_seen(super_server, mark):
    """Where the suite did evaluate it, the mark would be there: as the prelude, which is run as superuser."""
    text = _CAUGHT.format(mark=mark) + "SELECT evil.bool_or(true);"
    replayed(super_server, "SELECT 1;", prelude=as_migrations(text))
    assert mark.exists()
