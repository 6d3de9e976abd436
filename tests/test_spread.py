"""A replay that several processes share: one server, and what they see together is what one sees alone."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import psycopg
import pytest

import sample
from machine import as_migrations
from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import ConfigError, ServerError
from pytest_ctb.model import Order, Repository
from pytest_ctb.postgres import scratch
from pytest_ctb.replay import claims, spread
from pytest_ctb.replay.orchestrate import Orchestrator
from pytest_ctb.sql import consumed
from test_memory import same

pytest_plugins = ["pytester"]

_MANY = [
    "CREATE SCHEMA IF NOT EXISTS shop;",
    *(
        f"BEGIN;\nCREATE TABLE IF NOT EXISTS shop.t{n} (id bigint GENERATED ALWAYS AS IDENTITY, note text);\n"
        f"INSERT INTO shop.t{n} (note) VALUES ('a');\nCOMMIT;\n-- Rollback:\n-- DROP TABLE shop.t{n};\n"
        for n in range(60)
    ),
]
_ODD = {
    7: "ALTER TABLE shop.t3 DROP COLUMN note;",
    20: "CREATE TABLE shop.never (id bigint, other shop.nothing);",
    21: "ALTER TABLE shop.never ADD COLUMN more int;",  # to blame is the file before
    33: "CREATE INDEX CONCURRENTLY shop_i ON shop.t2 (note);",
    44: "SELECT nextval('shop.t5_id_seq'); UPDATE shop.t5 SET note = 'b'; DELETE FROM shop.t6;",
    50: "DO $$ BEGIN EXECUTE 'CREATE TABLE shop.made (id int)'; END $$;",
    58: "INSERT INTO shop.late SELECT 1;",
    70: "CREATE TABLE shop.late (n int);",  # the one before only stands in the wrong place
}


def history(more=()) -> Repository:
    texts = list(_MANY)
    for place, text in sorted({**_ODD, **dict(more)}.items()):
        texts.insert(place, text)
    sending = "-- name: notes\nSELECT note FROM shop.t3;\n-- name: fine\nSELECT id FROM shop.t1;\n"
    base = as_migrations("CREATE TABLE base ();")[0]
    (file,) = as_migrations(sending)
    return Repository(
        Path(), as_migrations(*texts), (base,), Order(), consumers=tuple(consumed("api.sql", file.source))
    )


def _work(repository, shared, name, results, memory):
    one = Orchestrator(repository, Settings("embedded"), memory)
    one.shared, one.worker = shared, name
    try:
        results.put(one.replay())
    except BaseException as error:
        results.put(error)
        raise


def together(repository, shared, workers, memory=None):
    """The one that hosts, and what each of several processes has, as pytest-xdist has them work."""
    host = Orchestrator(repository, Settings("embedded"), memory)
    host.shared = shared
    host.host(workers)
    context = get_context("fork")
    results = context.SimpleQueue()
    started = [
        context.Process(target=_work, args=(repository, shared, f"gw{n}", results, memory)) for n in range(workers)
    ]
    for one in started:
        one.start()
    found = [results.get() for _ in started]
    for one in started:
        one.join()
    return host, found


@pytest.fixture
def shared():
    with scratch.folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def alone():
    """What one process sees."""
    return Orchestrator(history(), Settings("embedded")).replay()


def test_two_see_together_what_one_sees(shared, alone):
    host, found = together(history(), shared, 2)
    assert len(list(shared.glob("[0-9]*"))) == 3  # of 69 files
    for one in (*found, host.stored()):
        assert same(one, alone)
    assert [path for path, one in alone.files.items() if not one.applied] == ["21.sql", "22.sql", "59.sql"]
    assert (alone.files["22.sql"].culprit, alone.files["59.sql"].late) == ("21.sql", True)
    assert [(one.last.error is None, one.worked) for one in alone.consumers] == [(False, True), (True, True)]
    folder = Path(claims.stored(shared / "plan").server.admin["host"])
    assert folder.exists()
    host.close()
    assert not folder.exists()


@pytest.mark.parametrize(
    "text",
    [
        "CREATE ROLE clerk;",
        "DO $$ BEGIN CREATE ROLE clerk; END $$;",
        "DO $$ DECLARE r text := 'clerk'; BEGIN EXECUTE format('CREATE ROLE %I', r || 2); END $$;",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE lower('CREATE USER clerk'); END $$; SELECT f();",
        "GRANT pg_monitor TO CURRENT_USER;",
        "REASSIGN OWNED BY CURRENT_USER TO CURRENT_USER;",
    ],
)
def test_what_all_databases_share_is_seen_by_one(shared, text):
    """Two databases of one server cannot both make a role; so nobody else replays."""
    repository = history({60: text})
    host, found = together(repository, shared, 2)
    assert len(list(shared.glob("[0-9]*"))) == 1
    assert same(found[0], found[1])
    assert same(found[0], Orchestrator(repository, Settings("embedded")).replay())
    host.close()


@pytest.mark.parametrize(
    "text",
    [
        'CREATE TABLE role_of_user (role text, "user" text);',
        "-- role, user, database\nSELECT 'CREATE ROLE clerk';",
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'role' $$;",
        "GRANT SELECT ON ALL TABLES IN SCHEMA shop TO PUBLIC;",
        "DO $$ BEGIN EXECUTE 'CREATE TABLE shop.more ()'; END $$;",
        "CREATE POLICY own ON shop.t1 USING (true);",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_spread(shared, text):
    host, found = together(history({60: text}), shared, 2)
    assert len(list(shared.glob("[0-9]*"))) == 3
    assert same(found[0], found[1])
    host.close()


def test_who_breaks_off_is_told_to_the_others(shared, monkeypatch):
    """The first process dies in the middle of what it has claimed."""
    watch = spread.Timeline.watch

    def dies(self, to):
        if "gw0" in self.database:
            os._exit(3)
        return watch(self, to)

    monkeypatch.setattr(spread.Timeline, "watch", dies)
    host = Orchestrator(history(), Settings("embedded"))
    host.shared = shared
    host.host(2)
    context = get_context("fork")
    results = context.SimpleQueue()
    first = context.Process(target=_work, args=(history(), shared, "gw0", results, None))
    first.start()
    first.join()
    second = Orchestrator(history(), Settings("embedded"))
    second.shared, second.worker = shared, "gw1"
    seen = second.replay()  # it has done the other's part as well: that was claimed by nobody any more
    assert same(seen.files, Orchestrator(history(), Settings("embedded")).replay().files)
    host.close()


def test_a_server_that_is_gone_is_told_though_nothing_can_be_taken_back_there(shared, monkeypatch):
    """On a server of others our database is dropped at the end; that fails too, and must not hide the reason."""
    host = Orchestrator(history(), Settings("embedded"))
    host.shared = shared
    host.host(2)
    plan = claims.stored(shared / "plan")
    others = plan._replace(server=replace(plan.server, shared=True))
    watch = spread.Timeline.watch

    def loses(self, to):
        watch(self, to)
        (Path(plan.server.admin["host"]) / ".s.PGSQL.5432").unlink()  # nobody can log in any more
        raise psycopg.OperationalError("the server closed the connection")

    monkeypatch.setattr(spread.Timeline, "watch", loses)
    spread.take_part(others, spread.wished(history(), Settings("embedded")), shared, "gw0")
    with pytest.raises(ServerError, match="lost during the replay: the server closed the connection"):
        spread.gathered(others, shared)
    host.close()


def test_what_nobody_has_done_is_an_error(shared):
    host = Orchestrator(history(), Settings("embedded"))
    host.shared = shared
    host.host(2)
    plan = claims.stored(shared / "plan")
    with pytest.raises(ServerError, match=r"the migrations 1 to 24 of 69 broke off before it was done"):
        spread.gathered(plan, shared)
    host.close()


def test_a_prelude_that_fails_is_told_by_who_starts_the_others(shared):
    (wrong,) = as_migrations("SELECT nonsense;")
    host = Orchestrator(history(), replace(Settings("embedded"), prelude=(wrong,)))
    host.shared = shared
    with pytest.raises(ConfigError, match="the prelude fails"):
        host.host(2)
    host.close()


def test_where_the_shared_server_is_lost_one_process_does_it_all_on_another(shared, alone):
    host = Orchestrator(history(), Settings("embedded"))
    host.shared = shared
    host.host(2)
    host.close()  # the server is gone
    first, second = (Orchestrator(history(), Settings("embedded")) for _ in range(2))
    for number, process in enumerate((first, second)):
        process.shared, process.worker = shared, f"gw{number}"
    assert same(first.replay(), alone)
    assert second.replay() == first.replay()  # to the microsecond


def test_who_is_done_sooner_goes_back(shared, alone):
    """Somebody else has begun at the first place and ends without a word, when the second process is on its way."""
    host = Orchestrator(history(), Settings("embedded"))
    host.shared = shared
    host.host(2)
    plan = claims.stored(shared / "plan")
    theirs = claims.Claims(shared, plan.stretches, plan.costs)
    with theirs.by("gw0"):
        assert theirs.claim("gw0", plan.begins) == 0
        ours = theirs.claim("gw1", plan.begins)
        assert ours == plan.begins[1] > 0
    second = Orchestrator(history(), Settings("embedded"))
    second.shared, second.worker = shared, "gw2"
    assert same(second.replay(), alone)
    host.close()


def test_what_xdist_has_seen_is_remembered_with_and_without_it(pytester):
    """To the microsecond; and neither where the cache is off, nor where the run shall be fresh."""
    sample.write(pytester.path)

    def report(*options):
        pytester.runpytest_subprocess("--ctb", "--ctb-postgres", "embedded", "--ctb-report", "seen.json", *options)
        found = json.loads((pytester.path / "seen.json").read_text())
        assert found["summary"]["failed"] == 0
        return found["migrations"]

    first = report("-n", "2")
    assert report() == report("-n", "2") == first
    assert report("-p", "no:cacheprovider") != first
    assert report() == first
    fresh = report("--ctb-fresh", "-n", "2")
    assert fresh != first
    assert report() == fresh
    assert report("--cache-clear") != fresh


def test_where_nothing_can_be_written_nothing_is_remembered(pytester):
    """A checkout that may only be read: pytest warns of its own cache, and the suite runs."""
    sample.write(pytester.path)
    result = pytester.runpytest_subprocess("--ctb", "--ctb-postgres", "embedded", "-o", "cache_dir=/dev/null/x")
    assert result.ret == 0
    assert set(result.parseoutcomes()) <= {"passed", "warnings"}
