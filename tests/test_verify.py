"""`ctb verify`: every drift is found, named and brought back; where there is none, none is told."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from drifts import BY_SUPERUSER, DRIFTS, SCHEMA, UNWRITTEN
from machine import choice_of, majors, replayed, wheel_bin
from pytest_ctb.live.connection import Target
from pytest_ctb.live.drift import drift
from pytest_ctb.live.ignored import ignored
from pytest_ctb.live.observe import STATEMENTS, observe
from pytest_ctb.live.repair import written
from pytest_ctb.live.verified import Verified, as_script, as_text
from pytest_ctb.model import Replay

WITHOUT_TRGM = {16}
"""Majors whose server, as the tests have it, has no such extension."""
PSQL = wheel_bin() / "psql"


@dataclass(frozen=True)
class Shop:
    """A server with a clean live database of the sample schema, and what the migrations make."""

    server: object
    replay: Replay

    @contextmanager
    def copy(self, *, of="clean"):
        with self.server.connect() as admin:
            admin.execute(f"CREATE DATABASE copied TEMPLATE {of} OWNER keeper")
            try:
                yield self.target()
            finally:
                admin.execute("DROP DATABASE copied WITH (FORCE)")

    def target(self, database="copied", **more):
        return Target({**self.server.admin, "dbname": database, **more}, "--database-url")

    def run(self, sql, *, who="keeper"):
        with self.server.connect("copied") as admin:
            if who:
                admin.execute(f"SET SESSION AUTHORIZATION {who}")
            admin.execute(sql)

    def verified(self, target=None, *, lines=(), owner="", sql=True) -> Verified:
        out = ignored(lines)
        target = target or self.target()
        live = observe(target, out, owner, statements=sql)
        found = drift(self.replay.schema, self.replay.server, live, out)
        todo = written(found, self.replay, live) if sql else ()
        return Verified(str(target), self.replay.server, live, found, todo)


@pytest.fixture(scope="session")
def shop(server):
    replay = replayed(server, SCHEMA, queries=(STATEMENTS,))
    assert replay.files["1.sql"].applied, replay.files["1.sql"].error
    with server.connect() as admin:
        admin.execute("CREATE ROLE keeper LOGIN PASSWORD 'k'; CREATE ROLE stranger NOLOGIN; CREATE ROLE reader NOLOGIN")
        admin.execute("CREATE ROLE looker LOGIN PASSWORD 'l'")
        admin.execute("CREATE DATABASE clean OWNER keeper")
    with server.connect("clean") as admin:
        admin.execute("SET SESSION AUTHORIZATION keeper")
        admin.execute(SCHEMA)
    yield Shop(server, replay)
    with server.connect() as admin:
        admin.execute("DROP DATABASE clean WITH (FORCE); DROP ROLE keeper, stranger, reader, looker") if False else None


def applied(shop, script, who="keeper"):
    """Run a script as its head says: by psql, each statement by itself."""
    options = {**shop.server.admin, "dbname": "copied", **({"user": who, "password": "k"} if who else {})}
    environment = {f"PG{ {'dbname': 'DATABASE'}.get(name, name.upper()) }": value for name, value in options.items()}
    line = [PSQL, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]
    done = subprocess.run(line, input=script, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{script}"


def keys(seen: Verified) -> set[str]:
    return {str(one.key) for one in seen.drift.found}


def test_a_clean_database_has_none(shop):
    seen = shop.verified(shop.target("clean"))
    assert (keys(seen), seen.drift.notes, seen.repairs) == (set(), (), ()), as_text(seen)


@pytest.mark.parametrize("change", DRIFTS)
def test_each_drift_is_found_named_and_brought_back(shop, change):
    with shop.copy() as target:
        if "watched" in change:
            shop.run("CREATE FUNCTION public.watched() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'")
        who = "" if any(one in change for one in BY_SUPERUSER) else "keeper"
        shop.run(change, who=who)
        seen = shop.verified(target)
        assert keys(seen) - {"function public.watched()"} == set(DRIFTS[change].split("; ")), as_text(seen)
        script = as_script(seen)
        applied(shop, script, who)
        again = shop.verified(target)
        if change in UNWRITTEN:
            assert "NOT written" in script
        else:
            assert keys(again) == set(), f"{as_text(again)}\n{script}"


# Where there is none


def test_there_is_none_for_who_may_only_look(shop):
    looker = shop.target("clean", user="looker", password="l")
    seen = shop.verified(looker)
    assert (keys(seen), seen.drift.notes, seen.live.reader) == (set(), (), "looker"), as_text(seen)
    assert "no drift: its " in as_text(seen)


@pytest.fixture(scope="module", params=[one for one in majors() if one != 18], ids="pg{}".format)
def older(request, shop):
    """The same shop on a live server of another major version; it was replayed on 18."""
    with choice_of(request.param).offer.start() as server:
        with server.connect() as admin:
            admin.execute("CREATE ROLE keeper LOGIN PASSWORD 'k' CREATEROLE")
            admin.execute("CREATE ROLE looker LOGIN PASSWORD 'l'; CREATE ROLE stranger")
            admin.execute("CREATE DATABASE clean OWNER keeper")
        with server.connect("clean") as admin:
            admin.execute("SET SESSION AUTHORIZATION keeper")
            admin.execute(
                "\n".join(one for one in SCHEMA.splitlines() if "trgm" not in one or request.param not in WITHOUT_TRGM)
            )
        yield Shop(server, shop.replay)


def test_another_version_prints_otherwise_but_has_none(older):
    seen = older.verified(older.target("clean", user="looker", password="l"))
    lacks = {"extension pg_trgm", "index shop.item_name_trgm_idx"} if seen.live.major in WITHOUT_TRGM else set()
    assert keys(seen) == lacks, as_text(seen)
    assert f"the database is Postgres {seen.live.major}, the migrations were replayed on 18" in seen.drift.notes[0]


@pytest.mark.parametrize(
    "change",
    [
        "CREATE OR REPLACE VIEW shop.cheapest AS SELECT i.name::text AS id, s.note FROM shop.cheap i JOIN shop.sale s ON s.item_id = i.id",
        "CREATE OR REPLACE VIEW shop.cheap AS SELECT id, name, price FROM shop.item WHERE id < 10",
        "GRANT INSERT ON shop.item TO reader",
        "ALTER PUBLICATION sold SET (publish = 'insert')",
        "ALTER TABLE shop.item DROP CONSTRAINT item_state_check; ALTER TABLE shop.item ADD CHECK (state IN ('new', 'sole'))",
    ],
)
def test_another_version_hides_no_drift(older, change):
    with older.copy() as target:
        if "cheapest" in change:
            older.run("DROP VIEW shop.cheapest")
        older.run(change)
        assert len(keys(older.verified(target)) - {"extension pg_trgm", "index shop.item_name_trgm_idx"}) >= 1
