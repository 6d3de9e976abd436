"""A machine that is short of something: a run works all the same, or says in seconds, and in one message, what it lacks."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import sample
from machine import choice_of, processes, replayed, wait_until
from pytest_ctb.errors import ServerError
from pytest_ctb.postgres import Wanted, choose, cluster

SECONDS = 300
"""Who takes longer hangs, on however busy a machine."""


@pytest.fixture
def home():
    """A temporary folder, short, and open to the server's user."""
    with tempfile.TemporaryDirectory(prefix="ctb-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o1777)
        yield folder
        wait_until(lambda: not processes(str(folder)), "all processes have gone")


@pytest.fixture
def project(tmp_path):
    """A repository of eight files that hold the guide."""
    sample.write(tmp_path)
    for number in range(6):
        (tmp_path / "migrations" / f"2025-11-0{number + 1}_create_more.sql").write_text(
            sample.migration(
                f"CREATE TABLE IF NOT EXISTS shop.more_{number} (id bigint PRIMARY KEY);\n",
                unique_id=f"0000001{number}",
                date=f"2025-11-0{number + 1}",
                rollback=f"DROP TABLE IF EXISTS shop.more_{number};",
            )
        )
    return tmp_path


def ran(project: Path, home: Path, before: str = "", user: tuple[str, ...] = (), **more: str) -> str:
    """What the live tests print, run behind a command of the shell."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    command = f'{before}\nexec "$@"'
    program = [sys.executable, "-m", "pytest", "--ctb", "-q", "-k", "replay", "-p", "no:cacheprovider"]
    done = subprocess.run(
        ["sh", "-c", command, "sh", *user, *program, "--ctb-postgres", "embedded"],
        cwd=project,
        env={**kept, "TMPDIR": str(home), "XDG_CACHE_HOME": str(home), **more},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return done.stdout + done.stderr


def ordinary() -> tuple[str, ...]:
    """A user with limits; where these tests run as root, one who may read root's files: this Python may lie under /root."""
    if os.geteuid() != 0:
        return ()
    ids = ("--reuid=daemon", "--regid=daemon", "--clear-groups")
    return ("setpriv", *ids, "--inh-caps=+dac_override", "--ambient-caps=+dac_override")


@pytest.mark.parametrize(
    "before", ["umask 0777", "umask 0077", "umask 0", "ulimit -n 64", "unset HOME", "HOME=/nowhere"]
)
def test_it_works(project, home, before):
    output = ran(project, home, before)
    assert "8 passed" in output, output


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("ulimit -n 32", "insufficient file descriptors"),
        ("ulimit -f 1000", "File too large"),
    ],
)
def test_it_says_what_is_too_little(project, home, before, words):
    output = ran(project, home, before)
    assert "the throwaway Postgres did not start" in output
    assert words in output
    assert "Traceback" not in output


@pytest.mark.parametrize("most", [3, 6, 8, 10, 12])
def test_a_limit_on_processes_is_told_and_not_waited_for(project, home, most):
    """Whichever process it is that cannot be made: the guard, initdb, the server, one of its own, or none of them."""
    output = ran(project, home, f"ulimit -u {most}", ordinary(), HOME="/nowhere")
    told = any(
        words in output
        for words in ("Resource temporarily unavailable", "Cannot fork", "can't start new thread", "8 passed")
    )
    assert told, output
    assert "INTERNALERROR" not in output


@pytest.fixture
def small():
    """A file system of 60 MB, which a server fits into; that only root can make."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    with tempfile.TemporaryDirectory(prefix="ctb-", dir="/tmp") as name:
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m,mode=1777", "tmpfs", name], check=False)
        if made.returncode != 0:
            pytest.skip("no file system can be mounted here")
        yield Path(name)
        subprocess.run(["umount", name], check=True)


def test_a_full_disk_is_told_and_is_no_finding_of_a_file(project, small, home):
    (project / "migrations" / "2025-12-01_fill_it.sql").write_text(
        "CREATE TABLE big AS SELECT repeat(md5(x::text), 50) FROM generate_series(1, 400000) AS x;\n"
    )
    output = ran(project, home, f"TMPDIR={small}")
    assert "No space left on device" in output
    assert "FAILED migrations/2025-12-01_fill_it.sql" not in output
    assert list(small.iterdir()) == []


def test_a_file_that_says_that_the_disk_is_full_is_not_believed():
    with choice_of(18).offer.start() as server:
        text = "DO $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$;"
        replay = replayed(server, text, "CREATE TABLE a (x int);")
        assert replay.files["1.sql"].error.sqlstate == "53100"
        assert replay.files["2.sql"].applied


def test_every_word_of_the_guard_is_heard():
    """Also two that come at once, the second of which says that the server has ended."""
    plan = {"module": "json", "path": sys.path, "arguments": {}}
    with cluster.guarded(plan) as watcher:
        watcher._buffer = b'started\nfailed "no luck"\n'
        watcher.expect_started()
        assert watcher.read_line(0) == 'failed "no luck"'


def test_a_server_that_ends_as_soon_as_it_is_started_is_told_at_once(monkeypatch):
    plan = cluster._plan
    monkeypatch.setattr(
        cluster, "_plan", lambda *told: {**plan(*told), "serve": ["/bin/sh", "-c", "echo no luck; exit 1"]}
    )
    with (
        pytest.raises(ServerError, match=r"did not start; its log ends:\n(.*\n)*no luck"),
        choose(Wanted("embedded")).offer.start(),
    ):
        pass


def test_a_guard_that_is_killed_is_named(tmp_path, monkeypatch):
    (tmp_path / "cleans_nothing.py").write_text("def clean(): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    with cluster.guarded({"module": "cleans_nothing", "path": sys.path, "arguments": {}}) as watcher:
        watcher.expect_started()
        watcher._process.kill()
        with pytest.raises(ServerError, match="did not start: the process that guards it was killed"):
            watcher.expect_started()
