"""What a run leaves on a server of others: nothing, whatever its files did, and nothing behind the next where it was killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from machine import address, choice_of, oldest_and_newest, processes, replayed, wait_until
from pytest_ctb.postgres import Wanted, choose, drop_database, drop_databases_and_roles
from pytest_ctb.replay.session.databases import copy_database, migrating_role


@pytest.fixture(scope="module", params=oldest_and_newest(), ids="pg{}".format)
def machine(request):
    """A server that takes prepared transactions, with roles of others: one of them may make databases and roles."""
    with choice_of(request.param).offer.start() as server:
        with server.connect() as admin:
            admin.execute("CREATE ROLE somebody; CREATE ROLE boss CREATEDB CREATEROLE LOGIN PASSWORD 'secret'")
            admin.execute("ALTER SYSTEM SET max_prepared_transactions = 5")
        with restarted(server):
            yield server


@contextmanager
def restarted(server):
    """The same server, ended and started again, with all that is in it."""
    folder = Path(server.admin["host"])
    pid_file = folder / "data" / "postmaster.pid"
    pid = int(pid_file.read_text().split()[0])
    command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
    about = folder.stat()
    user = {"user": about.st_uid, "group": about.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    os.kill(pid, signal.SIGINT)
    wait_until(lambda: not pid_file.exists(), "it has stopped")
    again = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL, **user)
    try:
        wait_until(lambda: answers(server), "it answers")
        yield
    finally:
        again.send_signal(signal.SIGQUIT)
        again.wait()


def answers(server) -> bool:
    with contextlib.suppress(psycopg.OperationalError), server.connect():
        return True
    return False


def as_boss(server):
    return replace(server, admin={**server.admin, "user": "boss", "password": "secret"})


def names(server) -> set[str]:
    with server.connect() as admin:
        query = "SELECT datname::text FROM pg_database UNION ALL SELECT rolname FROM pg_roles"
        return {name for (name,) in admin.execute(query)}


KEEPING = {
    "a template": "ALTER DATABASE {} IS_TEMPLATE true",
    "no logins": "ALTER DATABASE {} IS_TEMPLATE true; ALTER DATABASE {} ALLOW_CONNECTIONS false",
    "no more logins": "ALTER DATABASE {} CONNECTION LIMIT 0",
}


@pytest.mark.parametrize("kept", KEEPING)
def test_a_database_is_dropped_whatever_a_file_has_made_of_it(machine, kept):
    before = names(machine)
    with choose(Wanted(address(machine))).offer.start() as server, server.connect() as admin:
        copy_database(admin, server, f"{server.prefix}_one", "template0", None)
        for command in KEEPING[kept].split("; "):
            admin.execute(command.format(f"{server.prefix}_one"))
        drop_databases_and_roles(admin, server.prefix, ())
        assert names(machine) == before
    assert names(machine) == before


def test_a_database_with_a_subscription_is_dropped(machine):
    with choose(Wanted(address(machine))).offer.start() as server, server.connect() as admin:
        name = f"{server.prefix}_one"
        copy_database(admin, server, name, "template0", None)
        with server.connect(name) as inside:
            inside.execute("CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)")
        drop_database(admin, name)
        assert name not in names(machine)
        drop_database(admin, name)  # none is there


FILES = (
    'CREATE ROLE app; CREATE ROLE "App two" SUPERUSER;',
    "DO $$ BEGIN CREATE ROLE by_a_block; END $$;",
    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'somebody') THEN CREATE ROLE somebody; END IF; END $$;",
    "CREATE DATABASE elsewhere;",
    "BEGIN; CREATE ROLE taken_back; ROLLBACK;",
    "BEGIN; CREATE ROLE app_three; COMMENT ON ROLE app_three IS 'ours'; ALTER ROLE app_three SET lock_timeout = '1s'; COMMIT;",
)


PREPARED = "BEGIN; CREATE TABLE public.{0} (x int); PREPARE TRANSACTION '{0}'"


@pytest.mark.parametrize("user", ["postgres", "boss"])
def test_a_prepared_transaction_is_rolled_back_before_its_database_is_dropped(machine, user):
    """It stays when its session ends, and when the server does. Where it was killed, the next run does the same."""
    before = names(machine)
    url = address(machine) if user == "postgres" else address(as_boss(machine))
    with choose(Wanted(url)).offer.start() as server, server.connect() as admin:
        with migrating_role(server, "owner", keep=True) as role:
            for name, owner in ((f"{server.prefix}_one", role), (f"{server.prefix}_two", None)):
                copy_database(admin, server, name, "template0", owner)
                for number in range(2):
                    with server.connect(name, owner) as inside:
                        inside.execute(PREPARED.format(f"{name}_{number}"))
        drop_database(admin, f"{server.prefix}_one")
        assert f"{server.prefix}_one" not in names(machine)
    assert names(machine) == before
    with machine.connect() as admin:
        assert admin.execute("SELECT gid FROM pg_prepared_xacts").fetchall() == []


def test_what_files_make_as_superuser_on_a_server_of_others_goes_with_the_run(machine):
    """Roles and databases belong to no database of the run; those of others stay."""
    before = names(machine)
    with choose(Wanted(address(machine))).offer.start() as server:
        replay = replayed(server, *FILES, role="superuser", trials=frozenset())
        assert {file.path: file.error for file in replay.files.values() if file.error} == {}
    assert names(machine) == before


@pytest.mark.parametrize("who", ["guard", "run"])
def test_a_postmaster_that_is_killed_leaves_no_busy_process_and_no_shared_memory(monkeypatch, who):
    """A backend in a loop does not see that it has gone; the segment stays until somebody removes it."""
    with tempfile.TemporaryDirectory(prefix="ctb-", dir="/tmp") as name:
        Path(name).chmod(0o1777)
        monkeypatch.setenv("TMPDIR", name)
        monkeypatch.setattr(tempfile, "tempdir", name)
        begun = choose(Wanted("embedded")).offer.start()
        server = begun.__enter__()
        folder = Path(server.admin["host"])
        pid = (folder / "data" / "postmaster.pid").read_text().split()[0]
        assert segments(pid)
        busy = server.connect()
        busy.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
        wait_until(lambda: any("DO" in process for process in processes(name)), "it is busy")
        if who == "run":
            (guard,) = [path for path in Path("/proc").glob("[0-9]*") if is_guard_of(path, pid)]
            os.kill(int(guard.name), signal.SIGSTOP)  # it sees nothing go
            os.kill(int(pid), signal.SIGKILL)
            os.kill(int(guard.name), signal.SIGKILL)
        else:
            os.kill(int(pid), signal.SIGKILL)
        busy.close()
        begun.__exit__(None, None, None)
        assert processes(name) == []
        assert segments(pid) == []
        assert list(Path(name).iterdir()) == []


def segments(pid: str) -> list[str]:
    rows = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[4] == pid]


def is_guard_of(process: Path, postmaster: str) -> bool:
    return f"\nPPid:\t{process.name}\n" in Path(f"/proc/{postmaster}/status").read_text()


PREPARES = "BEGIN;\nCREATE TABLE left_open (id int);\nPREPARE TRANSACTION 'a';"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (PREPARES, "a"),
        ("BEGIN;\nCREATE TABLE left_open (id int);\nSELECT 'PREPARE TRANSACTION ''b''' \\gexec\n", "b"),
        (f"{PREPARES}\nCOMMIT PREPARED 'a';", ""),
        (f"{PREPARES}\nROLLBACK PREPARED 'a';", ""),
    ],
    ids=["left", "left by a row", "committed", "rolled back"],
)
def test_a_transaction_that_a_file_leaves_prepared_is_told_and_taken_back(machine, text, left):
    """Its locks would keep every file behind from the tables; and a database that has one cannot be dropped."""
    files = replayed(
        machine,
        "CREATE TABLE t (id int);",
        text.replace("CREATE TABLE left_open (id int)", "CREATE TABLE left_open (id int);\nLOCK TABLE t"),
        "-- ctb:no-transaction: an index\nCREATE INDEX CONCURRENTLY i ON t (id);",
        timeout=5,
    ).files
    assert not any(file.trouble for file in files.values())
    assert files["3.sql"].applied
    error = files["2.sql"].error
    if left:
        assert f"leaves transaction '{left}' prepared" in error.message
        assert error.position.line == 4
    else:
        assert error is None
    with machine.connect() as admin:
        assert not admin.execute("SELECT gid FROM pg_catalog.pg_prepared_xacts").fetchall()
        names = admin.execute("SELECT datname FROM pg_catalog.pg_database WHERE datname ~ 'replay|copy'").fetchall()
        assert names == []
