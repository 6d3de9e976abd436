"""What CT09 and CT15 say to set or to write, by the server's words; test_platforms.py has it from real servers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from machine import as_migrations
from pytest_ctb.checks.live._advice import advice
from pytest_ctb.model import SqlError
from pytest_ctb.postgres import preludes
from pytest_ctb.repository.migration import parse_migration, read

PACKAGED = (read(preludes.FOLDER / "supabase.sql", str(preludes.FOLDER / "supabase.sql")),)
OWN = (
    parse_migration(
        b"CREATE SCHEMA app; CREATE TABLE app.account (id int); CREATE TYPE app.kind AS ENUM ('a');", "app.sql"
    ),
)
DEFAULTS = "ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON TABLES TO anon;"


def given(message, *migrations, prelude=(), place="local", statement="", hint=""):
    case = SimpleNamespace(
        repository=SimpleNamespace(migrations=as_migrations(*migrations), prelude=prelude, root=Path("/")),
        replay=SimpleNamespace(server=SimpleNamespace(place=place)),
    )
    sent = as_migrations(statement)[0].sent[0] if statement else None
    return list(advice(case, SqlError(message, "42501", hint=hint), sent))


@pytest.mark.parametrize(
    ("message", "more", "wanted"),
    [
        (
            'schema "auth" does not exist',
            {},
            "there from the start on Supabase. In the ini file: ctb_prelude = supabase",
        ),
        ("function auth.uid() does not exist", {}, "In the ini file: ctb_prelude = supabase"),
        (
            'role "authenticated" does not exist',
            {},
            "on Neon and Supabase. In the ini file: ctb_prelude = neon or supabase",
        ),
        ('role "Some Body" does not exist', {}, 'CREATE ROLE "Some Body";'),
        ('must be member of role "app"', {}, "in the ini file: ctb_role = owner:app. If a member of it migrates"),
        (
            'must be member of role "supabase_admin"',
            {"prelude": PACKAGED},
            "on Supabase the role that migrates may not act",
        ),
        (
            "permission denied to change default privileges",
            {"prelude": PACKAGED, "statement": DEFAULTS},
            "for supabase_admin either",
        ),
        (
            'must be able to SET ROLE "postgres"',
            {"place": "url"},
            "(ctb_postgres = auto), with ctb_role = owner:postgres",
        ),
        ('must be able to SET ROLE "postgres"', {"place": "url", "prelude": PACKAGED}, "with ctb_prelude = supabase"),
        (
            "permission denied for schema auth",
            {"prelude": PACKAGED},
            "on Supabase the role that migrates may not do this",
        ),
        (
            "permission denied for schema app",
            {"prelude": OWN},
            "GRANT USAGE, CREATE ON SCHEMA app TO pg_database_owner;",
        ),
        ("must be owner of schema app", {"prelude": OWN}, "ALTER SCHEMA app OWNER TO pg_database_owner;"),
        (
            "permission denied for table account",
            {"prelude": OWN},
            "GRANT ALL ON TABLE app.account TO pg_database_owner;",
        ),
        ("must be owner of type kind", {"prelude": OWN}, "ALTER TYPE app.kind OWNER TO pg_database_owner;"),
        (
            "must be superuser to create a base type",
            {},
            "Where one migrates in production too, in the ini file: ctb_role",
        ),
        (
            'permission denied to create event trigger "e"',
            {"prelude": PACKAGED},
            "Where Supabase lets the role that migrates do it",
        ),
        ('permission denied to create extension "x"', {"place": "url"}, "a server that the run starts itself"),
        ("must be owner of database postgres", {"prelude": PACKAGED}, "current_database()"),
    ],
)
def test_advice_names_the_line_to_write(message, more, wanted):
    (sentence,) = given(message, **more)
    assert wanted in sentence


def test_no_advice_makes_a_member_of_the_superuser():
    (sentence,) = given('must be member of role "postgres"')
    assert sentence.endswith("ctb_role = owner:postgres.")


@pytest.mark.parametrize(
    ("message", "migrations", "more"),
    [
        ('role "clerk" does not exist', ["CREATE ROLE clerk;"], {}),
        ('permission denied to set role "clerk"', ["CREATE ROLE clerk;"], {}),
        ('schema "auth" does not exist', ["CREATE SCHEMA auth;"], {}),
        ("function auth.nothing() does not exist", [], {"prelude": PACKAGED}),
        ('relation "public.x" does not exist', [], {}),
        ("permission denied for schema app", ["CREATE SCHEMA app;"], {"prelude": OWN}),
        ("permission denied for table account", ["CREATE TABLE account (id int);"], {"prelude": OWN}),
        ("permission denied for table other", [], {"prelude": OWN}),
        ('permission denied to create temporary tables in database "x"', [], {}),
        ('permission denied to create "pg_catalog.x"', [], {}),
        ('duplicate key value violates unique constraint "superuser_key"', [], {}),
    ],
)
def test_what_is_no_matter_of_the_platform_gets_no_advice(message, migrations, more):
    if message.startswith("duplicate"):
        case = SimpleNamespace()
        assert not list(advice(case, SqlError(message, "23505"), None))
    else:
        assert not given(message, *migrations, **more)
