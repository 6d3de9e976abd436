"""Temporary folders of a run: where they may lie, and how those of a run that was killed are found and removed.

Its maker keeps each locked for as long as he lives. The kernel takes the lock back, however he ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from pytest_ctb.errors import ServerError
from pytest_ctb.postgres.guard import claim, clear

PREFIX = "pytest-ctb-"
_MEMORY = Path("/dev/shm")  # noqa: S108  # each run makes a folder of its own
_ROOM = 4 << 30
"""Bytes: Postgres keeps up to 1 GB of its log alone."""
_SOCKET_NAME = "/.s.PGSQL.5432"
_SOCKET_BYTES = 103  # of sun_path: 104 on macOS, 108 on Linux, one for the final NUL


class User(NamedTuple):
    """Whom a server runs as."""

    name: str
    uid: int
    gid: int


def unprivileged() -> User | None:
    """Whom the server runs as where we are root, whom Postgres refuses; None for anybody else."""
    if os.geteuid() != 0:
        return None
    for name in ("nobody", "postgres", "daemon"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return User(found.pw_name, found.pw_uid, found.pw_gid)
    raise ServerError("root may not run Postgres, and this machine has no user nobody, postgres or daemon to run it")


def directory(user: User | None) -> Path:
    """The name of a new folder, for its maker to make and to lock, that this user can enter; sweeps what is stale."""
    for one in {*_homes(), _MEMORY}:
        _sweep(one)
    return _home(user) / f"{PREFIX}{uuid4().hex[:12]}"


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for files that several processes of a run share; gone when the block ends."""
    made = directory(None)
    lock = claim(made)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(lock)


def reachable(path: Path) -> bool:
    """Any user may enter every folder above `path`, and read it, and enter or run it; if there is such a path."""
    path = path.resolve()
    if not path.exists():
        return True
    return all(one.stat().st_mode & 0o001 for one in path.parents) and path.stat().st_mode & 0o005 == 0o005


def _home(user: User | None) -> Path:
    """A temporary folder that the user can enter and whose name leaves room for that of a socket."""
    tried = _homes()
    for one in tried:
        name = f"{one.resolve()}/{PREFIX}{'0' * 12}{_SOCKET_NAME}"
        if len(os.fsencode(name)) <= _SOCKET_BYTES and os.access(one, os.W_OK) and (user is None or reachable(one)):
            return one.resolve()
    raise ServerError(
        f"no temporary folder serves a server's socket: {', '.join(map(str, tried))} have too long a name, "
        "or cannot be written or entered (set TMPDIR to a short one)"
    )


def _homes() -> list[Path]:
    """Where a folder may lie, the best place first: in memory, unless somebody says where temporary files belong.

    A trial makes files for each table and removes them again, over and over, and ext4 takes a hundred times as long for
    that as a file system in memory: it uses no inode again for the first seconds after its end.
    """
    said = any(name in os.environ for name in ("TMPDIR", "TEMP", "TMP"))
    usual = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]  # noqa: S108  # each run makes a folder of its own
    return usual if said or not _is_roomy(_MEMORY) else [_MEMORY, *usual]


def _is_roomy(memory: Path) -> bool:
    """It has room for the data of a large migration, and programs may run from it: in a container often neither."""
    try:
        about = os.statvfs(memory)
    except OSError:
        return False
    return about.f_bavail * about.f_frsize >= _ROOM and not about.f_flag & os.ST_NOEXEC


def _sweep(home: Path) -> None:
    for stale in home.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), _opened(stale) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            clear(stale)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield number
    finally:
        os.close(number)
