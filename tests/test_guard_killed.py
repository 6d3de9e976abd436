"""A guard that is killed leaves its work to the process that started it: no later run may start a server, and sweep."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from pytest_ctb.postgres import Wanted, choose
from pytest_ctb.postgres.cluster import cleaning, guarded


def guards() -> set[int]:
    """The guards that this process started."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and b"guard.py" in (process / "cmdline").read_bytes():
                found.add(int(process.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill -9", "kill"])
def test_the_folder_of_a_server_whose_guard_was_killed_goes_with_the_block(number):
    before = guards()
    with choose(Wanted("local")).offer.start() as server:
        folder = Path(server.admin["host"])
        with server.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        (guard,) = guards() - before
        os.kill(guard, number)
    assert not folder.exists()
    working = [process for process in Path("/proc").glob("[0-9]*") if _works_in(process, folder)]
    assert working == []


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


def test_what_a_guard_would_have_called_is_called_in_its_place(tmp_path, monkeypatch):
    (tmp_path / "cleaner.py").write_text("from pathlib import Path\n\ndef clean(path):\n    Path(path).unlink()\n")
    monkeypatch.syspath_prepend(tmp_path)
    left = tmp_path / "left"
    left.touch()
    before = guards()
    with guarded(cleaning("cleaner", {"path": str(left)})) as watcher:
        watcher.expect_started()
        (guard,) = guards() - before
        os.kill(guard, signal.SIGKILL)
    assert not left.exists()
