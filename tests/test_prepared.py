"""Data directories made beforehand: a run copies one, changes none, and starts as well where there can be none."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

import sample
from machine import wait_until, wheel_bin
from pytest_ctb.postgres import Wanted, choose, guard, local, program_output

LOG = "made"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The user's cache, and programs whose initdb notes that it ran."""
    programs, folder = tmp_path / "install" / "bin", tmp_path / "cache"
    programs.mkdir(parents=True)
    (programs.parent / "share").symlink_to(wheel_bin().parent / "share")
    (programs / "postgres").write_text(f'#!/bin/sh\nexec "{wheel_bin()}/postgres" "$@"\n')
    (programs / "postgres").chmod(0o755)
    (tmp_path / LOG).touch()
    (tmp_path / LOG).chmod(0o666)
    (programs / "initdb").write_text(f'#!/bin/sh\necho made >> "{tmp_path / LOG}"\nexec "{wheel_bin()}/initdb" "$@"\n')
    (programs / "initdb").chmod(0o755)
    for one in (tmp_path, *tmp_path.parents):
        if one.stat().st_uid == os.geteuid() and one != Path("/"):
            one.chmod(one.stat().st_mode | 0o055)
    monkeypatch.setattr(local, "_folders", lambda: iter([programs]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "pytest-ctb"


def start() -> str:
    """Start a server, change something in it, end it; its version."""
    with choose(Wanted("local")).offer.start() as server, server.login() as admin:
        admin.execute("CREATE TABLE left_behind ()")
        assert admin.execute("SELECT count(*) FROM pg_class WHERE relname = 'left_behind'").fetchone() == (1,)
        return server.info.version


def made(cache) -> int:
    return (cache.parent.parent / LOG).read_text().count("made")


def kept_in(cache: Path) -> list[Path]:
    """The data directories; what programs said of themselves lies beside them."""
    return sorted(path for path in cache.iterdir() if path.name != program_output._FILE)


def contents(folder: Path) -> dict[str, str]:
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_first_run_makes_it_and_the_others_copy_it(cache):
    start()
    (kept,) = kept_in(cache)
    before = contents(kept)
    assert {Path(one).name for one in before} == {"data", "password"}
    start()
    start()
    assert made(cache) == 1
    assert contents(kept) == before, "no run changes what others start from"


def test_only_its_owner_reads_it(cache):
    """It holds the password of the superuser of every run."""
    start()
    for one in (cache, *kept_in(cache)):
        assert stat.S_IMODE(one.stat().st_mode) == 0o700
    (secret,) = cache.glob("*/password")
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    with choose(Wanted("local")).offer.start() as server:
        assert server.admin["password"] == secret.read_text()


def test_several_first_runs_at_once_leave_one(cache):
    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(lambda _: start(), range(3)))) == 1
    assert len(kept_in(cache)) == 1
    start()
    assert made(cache) <= 3


def test_other_programs_get_another(cache):
    start()
    os.utime(cache.parent.parent / "install" / "bin" / "initdb", (0, 0))
    start()
    assert made(cache) == 2
    assert len(kept_in(cache)) == 2


@pytest.mark.parametrize("how", ["a file", "writable by all", "nowhere", "relative"])
def test_without_a_cache_each_run_makes_its_own(cache, monkeypatch, how, tmp_path):
    if how == "a file":
        cache.parent.mkdir()
        cache.write_text("")
    elif how == "writable by all":
        cache.mkdir(parents=True)
        cache.chmod(0o777)
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", "" if how == "nowhere" else "caches")
        monkeypatch.setenv("HOME", "/proc/nowhere")
        monkeypatch.chdir(tmp_path)
    start()
    start()
    assert made(cache) == 2
    assert not (cache.is_dir() and list(cache.iterdir()))
    assert not (tmp_path / "caches").exists()


@pytest.mark.parametrize("broken", ["no data", "cut short", "empty", "no password", "a link"])
def test_what_is_broken_is_not_used(cache, broken):
    start()
    (kept,) = kept_in(cache)
    if broken == "no data":
        (kept / "data").rename(kept / "elsewhere")
    elif broken == "cut short":
        os.truncate(kept / "data", (kept / "data").stat().st_size - 1)
    elif broken == "empty":
        os.truncate(kept / "data", 0)
    elif broken == "no password":
        (kept / "password").unlink()
    else:
        kept.rename(cache / "other")
        kept.symlink_to(cache / "other")
    start()
    assert made(cache) == 2
    start()
    assert made(cache) == (3 if broken == "a link" else 2), "another is kept in its place"


def written(top: Path) -> Path:
    """A folder with files of several lengths, one of which takes more than one turn, and folders with nothing."""
    for name, length in (("a", 0), ("b/c", 1), ("b/d \u00e9\n", guard._CHUNK * 2 + 7), ("b/e/f", guard._CHUNK)):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(os.urandom(length))
    (top / "g" / "h").mkdir(parents=True)
    return top


def test_what_is_packed_comes_out_again(tmp_path):
    before = written(tmp_path / "before")
    guard.pack(before, tmp_path / "packed")
    guard.unpack(tmp_path / "packed", tmp_path / "after")
    told = [
        {path.relative_to(top): path.is_file() and path.read_bytes() for path in top.rglob("*")}
        for top in (before, tmp_path / "after")
    ]
    assert told[0] == told[1]
    assert len(told[0]) == 8
    for one in ((tmp_path / "after"), *(tmp_path / "after").rglob("*")):
        assert stat.S_IMODE(one.stat().st_mode) == (0o700 if one.is_dir() else 0o600)
    assert stat.S_IMODE((tmp_path / "packed").stat().st_mode) == 0o600


@pytest.mark.parametrize("what", ["a link to a file", "a link to a folder", "a pipe", "too much"])
def test_what_cannot_be_packed_whole_is_not(tmp_path, what, monkeypatch):
    """A tablespace, say, lies elsewhere: without it a server would not start."""
    top = written(tmp_path / "before")
    if what == "a pipe":
        os.mkfifo(top / "b" / "pipe")
    elif what == "too much":
        monkeypatch.setattr(guard, "_LARGEST", guard._CHUNK * 3)
    else:
        (top / "b" / "link").symlink_to(top / ("a" if what == "a link to a file" else "g"))
    with pytest.raises(OSError, match=r"."):
        guard.pack(top, tmp_path / "packed")
    assert not (tmp_path / "packed").exists()


@pytest.mark.parametrize("length", [0, 5, 10, 40, -guard._CHUNK - 1, -1])
def test_what_is_not_whole_is_not_unpacked(tmp_path, length):
    guard.pack(written(tmp_path / "before"), tmp_path / "packed")
    os.truncate(tmp_path / "packed", length % (tmp_path / "packed").stat().st_size)
    with pytest.raises((OSError, ValueError)):
        guard.unpack(tmp_path / "packed", tmp_path / "after")


def test_what_nobody_uses_is_swept(cache):
    """When one is made: those of a month ago, all but the latest few, and halves that nobody works on any more."""
    cache.mkdir(parents=True, mode=0o700)
    month = time.time() - 31 * 86400
    for name, since in (("initdb-old", month), (".initdb-half-1", time.time()), (".initdb-half-2", month)):
        (cache / name).mkdir()
        os.utime(cache / name, (since, since))
    for number in range(8):
        (cache / f"initdb-{number}").mkdir()
        os.utime(cache / f"initdb-{number}", (time.time() - number, time.time() - number))
    (cache / "mine").mkdir()
    lock = os.open(cache / ".initdb-half-2", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)  # as whoever makes it
    start()
    os.close(lock)
    names = {path.name for path in cache.iterdir()}
    assert {"initdb-old", ".initdb-half-1"}.isdisjoint(names)
    assert {".initdb-half-2", "mine", "initdb-0"} <= names
    assert len([one for one in names if one.startswith("initdb-")]) == guard._MOST["initdb-"]


def test_a_run_that_is_killed_while_it_makes_one_leaves_nothing_that_is_used(cache, tmp_path):
    """Half a copy has another name."""
    cache.mkdir(parents=True, mode=0o700)
    (tmp_path / "repository").mkdir()
    sample.write(tmp_path / "repository")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--ctb",
        "-m",
        "ctb_live",
        "--ctb-postgres",
        "embedded",
        "-p",
        "no:cacheprovider",
    ]
    for many in (1, 100, 400, 800):  # of the thousand files that a data directory has
        with subprocess.Popen(command, cwd=tmp_path / "repository", stdout=subprocess.DEVNULL) as run:
            wait_until(lambda: run.poll() is not None or len(list(cache.rglob("*"))) >= many, "it has begun")  # noqa: B023
            run.kill()
    done = subprocess.run(command, cwd=tmp_path / "repository", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
