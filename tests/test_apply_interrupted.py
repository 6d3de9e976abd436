"""`ctb apply` that is interrupted, or loses its server, or is not alone."""

from __future__ import annotations

import os
import signal

import pytest

from livedb import Live, write
from machine import wait_until
from pytest_ctb.deploy import connection
from pytest_ctb.postgres import Wanted, choose, cluster
from test_apply import FILES, ONE, THREE, TWO, UNCHECKED

SLOW = "migrations/2025-01-04_slow.sql"


@pytest.fixture
def team(tmp_path):
    write(
        tmp_path,
        FILES
        | {
            "2025-01-04_slow.sql": "BEGIN;\nCREATE TABLE gone ();\nSELECT pg_sleep(30);\nCOMMIT;\n",
            "2025-01-05_later.sql": "SELECT 1;",
        },
    )
    return tmp_path


def until(live, query: str) -> None:
    wait_until(lambda: live.ask(f"SELECT EXISTS ({query})")[0][0], query)


WAITING = (
    "SELECT FROM pg_stat_activity AS session WHERE query LIKE '%pg_try_advisory_lock%' AND pid <> pg_backend_pid()"
    " AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = session.pid)"
)
"""The sessions that asked for the lock last, and did not get it."""


def sleeping(live) -> None:
    until(
        live,
        "SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' AND pid <> pg_backend_pid()",
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_a_signal_cancels_the_statement_and_the_ledger_is_true(team, live, forks, tmp_path, number):
    said = tmp_path / "said"
    pid = forks.start(team, "apply", *UNCHECKED, to=said, DATABASE_URL=live.url())
    sleeping(live)
    os.kill(pid, number)
    assert forks.wait(pid) == 1
    told = said.read_text()
    assert (
        f"{SLOW}:3: cancelled\n{SLOW}: nothing of it is left, it is pending as before\napplied: {ONE}\napplied: {TWO}\napplied: {THREE}\nnot applied: migrations/2025-01-05_later.sql"
        in told
    )
    assert live.ledger()[SLOW] == "failed"
    assert live.ask("SELECT to_regclass('gone')") == [(None,)]


def test_a_run_that_waits_for_the_lock_can_be_interrupted(team, live, forks, tmp_path):
    first = forks.start(team, "apply", *UNCHECKED, to=tmp_path / "first", DATABASE_URL=live.url())
    sleeping(live)
    second = forks.start(team, "apply", *UNCHECKED, to=tmp_path / "second", DATABASE_URL=live.url())
    until(live, WAITING)
    os.kill(second, signal.SIGINT)
    assert forks.wait(second) == 1
    assert "interrupted before anything was sent; nothing was applied" in (tmp_path / "second").read_text()
    os.kill(first, signal.SIGINT)
    assert forks.wait(first) == 1


def test_who_does_not_wait_is_told_who_is_at_work(team, live, forks, ctb, tmp_path):
    first = forks.start(team, "apply", *UNCHECKED, to=tmp_path / "first", DATABASE_URL=live.url())
    sleeping(live)
    code, said = ctb(team, live, "apply", "--wait", "0", *UNCHECKED)
    assert (
        code,
        "another run is at work on this database: pid " in said,
        f"ctb apply (process {first}) of postgres, since 20" in said,
    ) == (2, True, True), said
    code, said = ctb(team, live, "status")
    assert f"running  {SLOW}: process " in said
    os.kill(first, signal.SIGINT)
    assert forks.wait(first) == 1


def test_what_a_killed_run_left_at_work_is_named(team, live, forks, ctb, tmp_path):
    first = forks.start(team, "apply", *UNCHECKED, to=tmp_path / "first", DATABASE_URL=live.url())
    sleeping(live)
    os.kill(first, signal.SIGKILL)
    assert forks.wait(first) == -9
    code, said = ctb(team, live, "apply", "--wait", "0.5", *UNCHECKED)
    assert (code, "has left process " in said, "SELECT pg_terminate_backend(" in said) == (2, True, True), said
    live.do(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()"
    )
    (team / SLOW).write_text("CREATE TABLE quick ();")
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0


def test_one_that_waits_keeps_no_index_from_being_built(tmp_path, live, forks):
    """A statement that waited in the server would be waited for by CREATE INDEX CONCURRENTLY of the run with the lock.

    Each file goes on when the three other runs have asked for the lock, in vain, while it was at work.
    """
    others = f"(SELECT count(*) FROM ({WAITING} AND query_start > statement_timestamp()) AS waiting) < 3"
    once_they_wait = (
        f"DO $$ BEGIN WHILE {others} LOOP PERFORM pg_sleep(0.02), pg_stat_clear_snapshot(); END LOOP; END $$;"
    )
    write(
        tmp_path,
        {
            "2025-01-01_create.sql": "CREATE TABLE item AS SELECT 1 AS id;\n" + once_they_wait,
            "2025-01-02_index.sql": "-- ctb:no-transaction: in use\nCREATE INDEX CONCURRENTLY item_id ON item (id);\n"
            f"{once_they_wait}\nREINDEX INDEX CONCURRENTLY item_id;\n",
        },
    )
    runs = [
        forks.start(tmp_path, "apply", *UNCHECKED, to=tmp_path / f"said{number}", DATABASE_URL=live.url())
        for number in range(4)
    ]
    assert [forks.wait(run) for run in runs] == [0, 0, 0, 0]
    assert live.state()["invalid"] == []


def test_the_server_is_lost_under_way(team, forks, ctb, tmp_path):
    """All of it, as when it crashes: the process that writes the ledger as well."""
    with choose(Wanted("embedded")).offer.start() as server:
        live = Live(server)
        pid = forks.start(team, "apply", *UNCHECKED, to=tmp_path / "said", DATABASE_URL=live.url())
        sleeping(live)
        # A backend that is killed so makes the server end all others, and recover from its log.
        ((backend,),) = live.ask(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' AND pid <> pg_backend_pid()"
        )
        os.kill(backend, signal.SIGKILL)
        assert forks.wait(pid) == 2
        said = (tmp_path / "said").read_text()
        assert f"{SLOW}:3: the server was lost" in said
        assert (
            "The ledger says `applying`, and nothing behind what it says was committed: run `ctb apply` again" in said
        )
        wait_until(lambda: ctb(team, live, "status")[0] != 2, "the server is there again")
        assert f"pending  {SLOW}: nothing of it is left" in ctb(team, live, "status")[1]
        (team / SLOW).write_text("CREATE TABLE quick ();")
        assert ctb(team, live, "apply", *UNCHECKED)[0] == 0


def test_two_hundred_at_once_apply_each_file_once(tmp_path, forks, monkeypatch):
    """Each a process of its own, forked from one that has imported the tool."""
    plan = cluster._plan
    monkeypatch.setattr(
        cluster, "_plan", lambda *told: plan(*told[:-2], {**told[-2], "max_connections": "300"}, told[-1])
    )
    write(
        tmp_path,
        {f"2025-01-{day:02}_log.sql": f"BEGIN;\nINSERT INTO log VALUES ({day});\nCOMMIT;\n" for day in range(1, 11)},
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\nctb_verify_ignore = table public.log\n")
    with choose(Wanted("embedded")).offer.start() as server:
        live = Live(server)
        live.do("CREATE TABLE log (day int)")
        runs = [
            forks.start(
                tmp_path, "apply", "--wait", "300", *UNCHECKED, to=tmp_path / f"said{number}", DATABASE_URL=live.url()
            )
            for number in range(200)
        ]
        codes = [forks.wait(run) for run in runs]
        assert codes == [0] * 200, [(tmp_path / f"said{one}").read_text() for one, code in enumerate(codes) if code][:3]
        assert live.ask("SELECT day FROM log ORDER BY 1") == [(day,) for day in range(1, 11)]
        assert live.ask("SELECT count(*), count(DISTINCT file), count(DISTINCT state) FROM ctb_ledger.events") == [
            (20, 10, 2)
        ]


def test_a_file_that_ends_the_session_of_the_ledger_is_not_committed(tmp_path, live, ctb):
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'ctb apply%';"
    write(tmp_path, {"2025-01-01_end.sql": f"BEGIN;\nCREATE TABLE gone ();\n{end}\nSELECT pg_sleep(0.2);\nCOMMIT;\n"})
    code, said = ctb(tmp_path, live, "apply", *UNCHECKED)
    assert (code, "the ledger could not be written" in said) == (2, True), said
    assert live.ask("SELECT to_regclass('gone')") == [(None,)]
    assert "pending  migrations/2025-01-01_end.sql: nothing of it is left" in ctb(tmp_path, live, "status")[1]


def test_a_file_that_lets_go_of_every_lock_lets_go_of_none_of_ours(tmp_path, live, forks, ctb):
    write(tmp_path, {"2025-01-01_let_go.sql": "SELECT pg_advisory_unlock_all();\nDISCARD ALL;\nSELECT pg_sleep(30);\n"})
    first = forks.start(tmp_path, "apply", *UNCHECKED, to=tmp_path / "first", DATABASE_URL=live.url())
    sleeping(live)
    assert "another run is at work" in ctb(tmp_path, live, "apply", "--wait", "0", *UNCHECKED)[1]
    os.kill(first, signal.SIGINT)
    assert forks.wait(first) == 1


def test_a_file_that_takes_the_ledger_away_is_not_committed(tmp_path, live, ctb, monkeypatch):
    monkeypatch.setitem(connection._SETTINGS, "lock_timeout", "200ms")
    write(tmp_path, {"2025-01-01_drop.sql": "BEGIN;\nDROP SCHEMA ctb_ledger CASCADE;\nCOMMIT;\n"})
    code, said = ctb(tmp_path, live, "apply", *UNCHECKED)
    assert (code, "the ledger could not be written: canceling statement due to lock timeout" in said) == (2, True), said
    assert live.ask("SELECT to_regnamespace('ctb_ledger') IS NOT NULL") == [(True,)]


@pytest.mark.parametrize("sql", ["", "-- nothing yet\n", "BEGIN;\nCOMMIT;\n", "SET search_path = x;\n", "SELECT 1"])
def test_a_file_with_nothing_in_it_is_applied(tmp_path, live, ctb, sql):
    write(tmp_path, {"2025-01-01_nothing.sql": sql})
    assert ctb(tmp_path, live, "apply", *UNCHECKED)[0] == 0
    assert ctb(tmp_path, live, "status")[0] == 0


def test_what_only_a_procedure_knows_to_commit_goes_as_it_stands(tmp_path, live, ctb):
    write(
        tmp_path,
        {
            "2025-01-01_make.sql": "CREATE TABLE t (n int);\nCREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2); END $$;\n",
            "2025-01-02_call.sql": "CALL fill();\nDO $$ BEGIN CALL fill(); END $$;\n",
            "2025-01-03_fail.sql": "DO $$ BEGIN INSERT INTO t VALUES (3); COMMIT; RAISE 'enough'; END $$;\n",
        },
    )
    code, said = ctb(tmp_path, live, "apply", *UNCHECKED)
    assert live.ask("SELECT n FROM t ORDER BY 1") == [(1,), (1,), (2,), (2,), (3,)], said
    assert (code, "none of it is known to be there; whether line 1 happened is not known" in said) == (1, True), said
    assert "undecided  migrations/2025-01-03_fail.sql" in ctb(tmp_path, live, "status")[1]
