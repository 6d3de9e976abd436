"""Every name in the SQL that the suite sends is written in full: what it really sends is heard, and read as a tree."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import quote

import postgast
import pytest

import sample
from machine import as_migrations, choice_of, oldest_and_newest, replay
from pytest_ctb.model import Order, Repository
from pytest_ctb.postgres import Wanted, choose
from pytest_ctb.replay.schema_changes import schema_changes
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.sql import read_consumers
from qualified import unqualified
from wire import Wire

_PACKAGE = Path(__file__).parent.parent / "pytest_ctb"
_ROLLBACK = "-- Rollback:\n-- DROP TABLE public.{0};\n"
_FILES = (
    # Only what is new; a rollback that restores; one that does not.
    "BEGIN;\nCREATE TABLE public.a (id bigint PRIMARY KEY, n int CHECK (n > 0), t text UNIQUE DEFAULT 'x');\nCOMMIT;\n"
    + _ROLLBACK.format("a"),
    "BEGIN;\nCREATE TABLE public.b (id bigint REFERENCES public.a DEFERRABLE INITIALLY DEFERRED, s serial);\nCOMMIT;\n"
    "-- Rollback:\n-- SELECT 1;\n",
    # Rows are made, read, compared, lost, changed; a type comes and goes.
    "BEGIN;\nALTER TABLE public.a ADD COLUMN m int;\nUPDATE public.a SET n = 7, m = 1;\nDELETE FROM public.b;\nCOMMIT;",
    "BEGIN;\nALTER TABLE public.a ALTER COLUMN n TYPE text USING 'x';\nCOMMIT;",
    "INSERT INTO public.a (id) VALUES (1);\nINSERT INTO public.b (id) VALUES (1);\nTRUNCATE public.b;",
    # What is there is skipped, and is not what the file says.
    "BEGIN;\nCREATE TABLE IF NOT EXISTS public.a (id int);\nALTER TABLE public.a ADD COLUMN IF NOT EXISTS m text;\nCOMMIT;",
    "CREATE TYPE public.mood AS ENUM ('a', 'b');\nCREATE TABLE public.p (i int, m public.mood) PARTITION BY LIST (i);\n"
    "CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES IN (1);\nINSERT INTO public.p VALUES (1, 'a');",
    "UPDATE public.p SET m = 'b';\nALTER TABLE public.p ALTER COLUMN m TYPE text;",
    "DO $$ BEGIN CREATE TABLE public.c (id int); PERFORM 1 / 0; EXCEPTION WHEN others THEN NULL; END $$;",
    "GRANT SELECT ON public.a TO PUBLIC;",
    "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1';\nDROP FUNCTION public.f();",
    # Outside of a transaction: copies of the database, and breaks.
    "CREATE INDEX CONCURRENTLY a_n ON public.a (n);",
    "CREATE TABLE public.d (a int);\nCREATE INDEX d_a ON public.d (a);\nINSERT INTO public.d VALUES (1);\nVACUUM public.d;",
    "ALTER TABLE public.nothing ADD COLUMN a int;",
    "CREATE TABLE public.nothing ();",
    "CREATE EXTENSION IF NOT EXISTS file_fdw;",
    "CREATE ROLE made_by_a_file;\nSELECT set_config('a.b', 'c', false);",
    "SELECT nextval('public.b_s_seq');\nDROP TABLE public.b;",
    "DISCARD ALL;\nSET search_path = public;\nDO $$ BEGIN CREATE TABLE e (); COMMIT; END $$;",
)
_QUERY = "SELECT relname FROM pg_class WHERE relname = 'a'"
_CONSUMER = "-- name: notes\nSELECT t FROM public.a WHERE id = $1;\n"
_PRELUDE = "CREATE SCHEMA provided;"
_OF_AN_APPLICATION = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) public\.")
"""What is sent in place of an application is written as that writes it; our own SQL has quotes around every name."""
_WORDS = re.compile(r"\s+")


def _plain(sql: str) -> str:
    return _WORDS.sub(" ", sql).strip(" ;")


def _split(sql: str) -> list[str]:
    """Each statement of a text, without the comments before it."""
    raw = sql.encode()
    found = []
    for stmt in postgast.parse(sql).stmts:
        end = stmt.stmt_location + stmt.stmt_len if stmt.stmt_len else len(raw)
        found.append(raw[stmt.stmt_location : end].decode())
    return found


@contextmanager
def heard(machine, user="postgres", password=""):
    """A server of others behind a wire that hears what is said to it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        wire = Wire(Path(folder), f"{machine.admin['host']}/.s.PGSQL.5432")
        url = f"postgresql://{user}:{password or machine.admin['password']}@/postgres?host={quote(folder)}&port=5432"
        try:
            yield wire, choose(Wanted(url))
        finally:
            wire.close()


def _told(texts) -> set[str]:
    """The SQL that is the migrations' own, and not ours to answer for."""
    files = as_migrations(*texts, _PRELUDE)
    found = {statement.sql for file in files for statement in file.statements}
    found |= {statement.sql for file in files for block in file.rollbacks for statement in block.statements}
    found |= {_QUERY, *(consumer.sql for consumer in read_consumers("api.sql", as_migrations(_CONSUMER)[0].source))}
    return {_plain(one) for one in found}


def judged(wire, theirs) -> dict[str, list[str]]:
    """What of the SQL that was sent is looked up in a search_path, which for our own logins and questions is empty."""
    found: dict[str, list[str]] = {}
    emptied: set[int] = set()
    judged_before: set[tuple[bool, str]] = set()
    for opened, text in wire.sent:
        if text.startswith(("SET LOCAL search_path = ''", "ROLLBACK")):
            (emptied.add if text.startswith("SET") else emptied.discard)(id(opened))
        own = "search_path=" in opened.get("options", "") or id(opened) in emptied
        if (own, text) in judged_before:
            continue
        judged_before.add((own, text))
        for one in _split(text):
            if _plain(re.sub(r"^\s*(--[^\n]*\n\s*)*", "", one)) in theirs or _OF_AN_APPLICATION.match(one):
                continue
            if names := unqualified(one, operators=not own):
                found[one] = names
    return found


@pytest.fixture(scope="module", params=oldest_and_newest())
def machine(request):
    with choice_of(request.param).offer.start() as started:
        with started.connect() as admin:
            admin.execute("CREATE ROLE boss CREATEDB CREATEROLE LOGIN PASSWORD 'secret'")
        yield started


@pytest.mark.parametrize("who", ["postgres", "boss"])
@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_whatever_a_replay_sends_is_named_in_full(machine, who, role):
    (file,) = as_migrations(_CONSUMER)
    consumers = tuple(read_consumers("api.sql", file.source))
    (base,) = as_migrations("CREATE TABLE public.base (id int);")
    repository = Repository(Path(), as_migrations(*_FILES), (base,), Order(), consumers=consumers)
    prelude = as_migrations(_PRELUDE) if who == "postgres" else ()

    def work():
        with choice.offer.start() as server:
            seen = replay(repository, server, role=role, prelude=prelude, queries=(_QUERY,))
            ran = [file for file in seen.files.values() if file.applied]
            assert not [one.trouble for one in ran if one.trouble]
            assert len(ran) > 12  # what needs a superuser, and what hangs on it, fails for others
            schema_changes(repository.migrations[:3], server, role=role)

    with heard(machine, who, "secret" if who == "boss" else "") as (wire, choice):
        # In a process of its own: libpq holds up all threads of the one that asks to prepare a statement.
        other = get_context("fork").Process(target=work)
        other.start()
        other.join()
        assert other.exitcode == 0
    theirs = _told([*_FILES, "CREATE TABLE public.base (id int);"])
    assert len({text for _, text in wire.sent}) > 100
    assert judged(wire, theirs) == {}


@pytest.mark.parametrize("name", ["catalog.sql", "cluster.sql", "inventory.sql"])
def test_a_query_that_lies_in_a_file_is_named_in_full(name):
    (query,) = _PACKAGE.rglob(name)
    assert unqualified(query.read_text()) == []


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT 1 FROM pg_class", ["relation pg_class"]),
        ("SELECT max(a) FROM pg_catalog.pg_class", ["function max"]),
        ("SELECT a::text, b::pg_catalog.text, c::bigint, d::int2[] FROM s.t", ["type text", "type int2"]),
        ("SELECT a::json, b::pg_catalog.json FROM s.t", ["type json"]),
        ("SELECT 'pg_class'::pg_catalog.regclass", ["object pg_class"]),
        ("SELECT a = b FROM s.t", ["operator ="]),
        ("SELECT a OPERATOR(pg_catalog.=) ANY ('{}') FROM s.t", []),
        ("SELECT a IN (1) FROM s.t", ["the operator of IN"]),
        ("SELECT a IN (SELECT 1) FROM s.t", ["the operator of IN (SELECT …)"]),
        ("SELECT CASE a WHEN 1 THEN 2 END FROM s.t", ["the operator of CASE x WHEN"]),
        ("SELECT CASE WHEN a IS NULL THEN 2 END FROM s.t", []),
        ("SELECT a LIKE 'b', nullif(a, b), a IS DISTINCT FROM b, a BETWEEN b AND c FROM s.t", 4),
        ("SELECT FROM s.t JOIN s.u USING (a)", ["the operator of JOIN … USING"]),
        ("WITH x AS (SELECT 1) SELECT * FROM x, pg_catalog.pg_class ORDER BY 1", []),
        ("SAVEPOINT a; SET CONSTRAINTS s.a IMMEDIATE; DROP TABLE t", []),
    ],
)
def test_what_is_looked_up_in_the_path_is_found(sql, names):
    found = unqualified(sql, operators=True)
    assert (len(found) if isinstance(names, int) else found) == names


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("DECLARE\n    a text;\nBEGIN\n    RETURN 1;\nEND", ["type text"]),
        ("BEGIN\n    PERFORM lower('a');\n    RETURN 1;\nEND", ["function lower"]),
        ("BEGIN\n    IF EXISTS (SELECT FROM pg_class) THEN RETURN 1; END IF;\nEND", ["relation pg_class"]),
        ("DECLARE\n    a int;\nBEGIN\n    a := length('a');\n    RETURN a;\nEND", ["function length"]),
        ("BEGIN\n    RETURN pg_catalog.length('a') + 1;\nEND", []),
    ],
)
def test_what_a_body_looks_up_in_the_path_is_found(body, names):
    sql = f"CREATE FUNCTION s.f() RETURNS int LANGUAGE plpgsql SET search_path = '' AS $$\n{body}\n$$"
    assert unqualified(sql) == names
    assert unqualified(sql.replace("SET search_path = ''", ""), operators=True) != []


@pytest.mark.parametrize(
    "query",
    [
        "SELECT a FROM s.t WHERE a = 1 AND b <> ALL ('{}') AND c !~ '^x' -- d = 1\n AND e >= 2",
        "SELECT 'a' || ' ' || b FROM s.t",
    ],
)
def test_operators_named_in_full_mean_what_they_meant(query):
    full = postgast.deparse(postgast.parse(in_full(query)))
    assert unqualified(full, operators=True) == []
    assert re.sub(r"OPERATOR\(pg_catalog\.([^)]+)\)", r"\1", full) == postgast.deparse(postgast.parse(query))


@pytest.mark.parametrize(
    "command",
    [
        ["pytest", "-p", "no:cacheprovider", "--ctb", "--ctb-postgres", "{url}", "-q"],
        ["pytest", "-p", "no:cacheprovider", "--ctb", "--ctb-postgres", "{url}", "-q", "-n", "2"],
        ["pytest_ctb.cli", "contracts", "--postgres", "{url}"],
        ["pytest_ctb.cli", "diagram", "--postgres", "{url}"],
    ],
)
def test_whatever_a_command_sends_is_named_in_full(machine, tmp_path, command):
    sample.write(tmp_path)
    with heard(machine) as (wire, _):
        url = f"postgresql://postgres:{machine.admin['password']}@/postgres?host={quote(str(wire.folder))}&port=5432"
        (tmp_path / "pytest.ini").write_text(f"[pytest]\nctb_postgres = {url}\n")
        line = [sys.executable, "-m", *(part.format(url=url) for part in command)]
        ran = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    theirs = {_plain(one) for file in tmp_path.rglob("*.sql") for one in _split(file.read_text())}
    assert wire.sent
    assert judged(wire, theirs) == {}
