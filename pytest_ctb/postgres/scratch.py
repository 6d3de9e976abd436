"""Temporary folders of a run: where they are made, and how those of a killed run are found and removed.

The process that makes a folder holds a lock on it. The kernel releases the lock, however that process ends.
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
"""The least free space, in bytes: Postgres keeps up to 1 GB of its write-ahead log alone."""
_SOCKET_NAME = "/.s.PGSQL.5432"
_SOCKET_BYTES = 103  # of sun_path: 104 on macOS, 108 on Linux, one for the final NUL


class User(NamedTuple):
    """The user that a server runs as."""

    uid: int
    gid: int


def unprivileged() -> User | None:
    """The user that a server runs as where we are root, which Postgres refuses; None for any other user."""
    if os.geteuid() != 0:
        return None
    for name in ("nobody", "postgres", "daemon"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return User(user.pw_uid, user.pw_gid)
    raise ServerError("root cannot run Postgres, and this machine has no user nobody, postgres or daemon to run it")


def directory(user: User | None) -> Path:
    """The path of a new folder that this user can enter, not yet made; removes the folders of killed runs."""
    sweep()
    return _parent(user) / f"{PREFIX}{uuid4().hex[:12]}"


def sweep() -> None:
    """Remove the folders of killed runs."""
    for parent in {*_parents(), _MEMORY}:
        _sweep(parent)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for files that several processes of a run share; removed when the block ends."""
    made = directory(None)
    lock = claim(made)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(lock)


def reachable(path: Path) -> bool:
    """Whether every user may enter the folders above `path`, and read and run it; true where it does not exist."""
    path = path.resolve()
    if not path.exists():
        return True
    return all(folder.stat().st_mode & 0o001 for folder in path.parents) and path.stat().st_mode & 0o005 == 0o005


def _parent(user: User | None) -> Path:
    """A temporary folder that the user can enter and whose name is short enough for a socket in it."""
    tried = _parents()
    for parent in tried:
        name = f"{parent.resolve()}/{PREFIX}{'0' * 12}{_SOCKET_NAME}"
        if (
            len(os.fsencode(name)) <= _SOCKET_BYTES
            and os.access(parent, os.W_OK)
            and (user is None or reachable(parent))
        ):
            return parent.resolve()
    raise ServerError(
        f"no temporary folder can hold a server's socket: {', '.join(map(str, tried))} have too long a name, "
        "or cannot be written or entered (set TMPDIR to a short one)"
    )


def _parents() -> list[Path]:
    """The folders in which one may be made, the best first: in memory, unless TMPDIR, TEMP or TMP is set.

    A trial creates and removes files for each table again and again. Ext4 takes a hundred times as long for that as a
    file system in memory, because it does not use an inode again for some seconds.
    """
    configured = any(name in os.environ for name in ("TMPDIR", "TEMP", "TMP"))
    usual = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]  # noqa: S108  # each run makes a folder of its own
    return usual if configured or not _is_roomy(_MEMORY) else [_MEMORY, *usual]


def _is_roomy(memory: Path) -> bool:
    """Whether it has room for the data of a large migration and allows programs to run; in containers often not."""
    try:
        about = os.statvfs(memory)
    except OSError:
        return False
    return about.f_bavail * about.f_frsize >= _ROOM and not about.f_flag & os.ST_NOEXEC


def _sweep(parent: Path) -> None:
    for stale in parent.glob(f"{PREFIX}*"):
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
