"""What a migration does outside of the session that is watched, and what an extension hands to it."""

from __future__ import annotations

import pytest

from machine import choice_of, majors, oldest_and_newest, replayed

OTHER = """ALTER ROLE current_user PASSWORD 'x';
SELECT {schema}dblink_exec(
    'host={host} dbname=' || current_database() || ' user=' || current_user || ' password=x', $${command}$$);
"""
HIDDEN = """ALTER ROLE current_user PASSWORD 'x';
CREATE FUNCTION other(command text) RETURNS text LANGUAGE plpgsql AS $f$ BEGIN
    RETURN dblink_exec('host={host} dbname=' || current_database() || ' user=' || session_user || ' password=x', command);
END $f$;
DO $d$ BEGIN PERFORM other($${command}$$); END $d$;
"""
MADE = "CREATE TABLE public.a (id int PRIMARY KEY, website text);\nCREATE TABLE public.b (id int);"
BROUGHT = "CREATE EXTENSION dblink;"


@pytest.fixture(params=oldest_and_newest(), scope="module", ids=str)
def server(request):
    """A server of the oldest and of the newest major version that can be had; both have dblink."""
    with choice_of(request.param).offer.start() as started:
        yield started


def seen(server, text: str, command: str, *before: str):
    """What was seen of a file that has another session carry out a command."""
    filled = text.format(host=server.admin["host"], command=command, schema="public.")
    replay = replayed(server, MADE, *before, filled, "CREATE TABLE IF NOT EXISTS public.z (id int);")
    *_, file, last = replay.files.values()
    assert not any(one.trouble for one in replay.files.values())
    assert last.applied
    assert file.applied, file.error
    return file, replay


@pytest.mark.parametrize("text", [OTHER, HIDDEN], ids=["plain", "in a function"])
@pytest.mark.parametrize(
    ("command", "kind", "name"),
    [
        ("ALTER TABLE public.a DROP COLUMN website", "column", "public.a.website"),
        ("DROP TABLE public.a", "table", "public.a"),
        (
            "ALTER TABLE public.a RENAME COLUMN website TO w; ALTER TABLE public.a DROP COLUMN w",
            "column",
            "public.a.website",
        ),
    ],
    ids=["column", "table", "renamed column"],
)
def test_what_goes_in_another_session_is_told_with_the_statement_that_had_it_go(server, text, command, kind, name):
    file, replay = seen(server, text, command, BROUGHT)
    told = [(trace.line, dropped.key.kind, dropped.key.name) for trace in file.traces for dropped in trace.dropped]
    assert told == [(file.traces[-1].line, kind, name)]
    assert "session" in file.traces[-1].unknown
    assert [note for note in replay.notes if "with dblink a migration can act in sessions that nobody watches" in note]


def test_rows_that_go_in_another_session_are_told(server):
    file, _ = seen(server, OTHER, "DELETE FROM public.a", BROUGHT)
    (loss,) = file.on_rows.losses
    assert (loss.table, loss.what) == ("public.a", "deleted")


def test_the_extension_may_come_in_the_file_itself(server):
    file, _ = seen(server, f"{BROUGHT}\n{OTHER}", "ALTER TABLE public.a DROP COLUMN website")
    assert [dropped.key.name for trace in file.traces for dropped in trace.dropped] == ["public.a.website"]


@pytest.mark.parametrize(
    "command", ["SELECT 1; SET lock_timeout = 0", "ALTER TABLE public.b ADD COLUMN more int", "VACUUM public.a"]
)
def test_another_session_that_loses_nothing_is_no_finding(server, command):
    file, _ = seen(server, OTHER, command, BROUGHT)
    assert not [dropped for trace in file.traces for dropped in trace.dropped]
    assert not file.on_rows.losses


def test_files_beside_such_an_extension_are_judged_as_ever(server):
    """A column that the file drops itself is told once, as its own; one that it renames is not gone."""
    text = "ALTER TABLE public.a RENAME COLUMN website TO site;\nSELECT 1;\nALTER TABLE public.b DROP COLUMN id;"
    replay = replayed(server, MADE, BROUGHT, text)
    file = replay.files["3.sql"]
    told = [(trace.line, dropped.key.name) for trace in file.traces for dropped in trace.dropped]
    assert told == [(3, "public.b.id")]
    assert not any("session" in trace.unknown for trace in file.traces)


# --- what an extension hands over -------------------------------------------------------------------------------------


def test_what_an_untrusted_extension_makes_is_the_superusers_and_the_extension_the_roles(server):
    text = """
    CREATE EXTENSION IF NOT EXISTS postgres_fdw;
    CREATE EXTENSION IF NOT EXISTS postgres_fdw;
    CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw;
    CREATE EXTENSION file_fdw WITH SCHEMA public VERSION '1.0' CASCADE;
    DO $$ BEGIN
        ASSERT (SELECT count(*) FROM pg_proc WHERE proowner = current_user::regrole AND pronamespace = 'public'::regnamespace) = 0;
        ASSERT (SELECT bool_and(extowner = current_user::regrole) FROM pg_extension WHERE extname LIKE '%fdw');
        ASSERT NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
    END $$;
    COMMENT ON EXTENSION postgres_fdw IS 'ours';
    DROP EXTENSION postgres_fdw CASCADE;
    """
    file = replayed(server, text).files["1.sql"]
    assert file.applied, file.error
    assert ["extension postgres_fdw"] in [[str(key) for key in trace.created] for trace in file.traces]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("CREATE EXTENSION nothing_like_it;", "0A000"),
        ("CREATE EXTENSION file_fdw;\nCREATE EXTENSION file_fdw;", "42710"),
        ("CREATE EXTENSION file_fdw VERSION '99';", "22023"),
        ("DO $$ BEGIN CREATE EXTENSION file_fdw; END $$;", "42501"),
        (
            "CREATE EXTENSION file_fdw;\nCREATE SERVER f FOREIGN DATA WRAPPER file_fdw;\n"
            "CREATE FOREIGN TABLE t (a text) SERVER f OPTIONS (filename '/etc/passwd');",
            "42501",
        ),
        (
            "CREATE EXTENSION file_fdw;\nSELECT pg_catalog.pytest_ctb_extension('dblink', NULL, NULL, false, false);",
            "42883",
        ),
        ("CREATE EXTENSION file_fdw;\nSELECT pg_catalog.pytest_ctb_hand_over('{}');", "42883"),
        ("CREATE EXTENSION dblink;\nSELECT dblink_connect_u('dbname=' || current_database());", "42501"),
    ],
    ids=["none", "twice", "version", "in a body", "a file", "our function", "our other function", "kept from public"],
)
def test_what_the_server_refuses_of_it_is_the_files_error_in_the_servers_words(server, text, state):
    file = replayed(server, text).files["1.sql"]
    assert file.trouble is None
    assert file.error.sqlstate == state
    assert "pytest_ctb" not in file.error.context


@pytest.mark.parametrize("major", [major for major in majors() if major == 15])
def test_adminpack_writes_no_file(major):
    """Before 17 it had functions that write into the data directory, which its owner may call."""
    with choice_of(major).offer.start() as server:
        files = replayed(
            server,
            "CREATE EXTENSION adminpack;",
            "SELECT pg_catalog.pg_file_write('postgresql.auto.conf', 'x', false);",
        ).files
    assert files["1.sql"].applied
    assert files["2.sql"].error.sqlstate == "42501"
