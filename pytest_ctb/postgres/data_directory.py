"""Cached data directories: initdb takes most of the time that a server needs to start, a copy takes little.

There is one for each installation of Postgres, in the user's cache; the first run makes it, the others copy it. No
server ever runs in it, so runs share only what initdb made. The guard makes and copies it (`guard.restore`, `keep`).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

FORMAT = 3
"""The format of the cache; with another number, what is there is not used."""
PREFIX = "initdb-"


class DataDirectory(NamedTuple):
    """A cached data directory, which may not exist yet, and the password of its superuser."""

    folder: Path | None
    """Where it is or will be; None where there is no cache."""
    password: str


def data_directory(bin_folder: Path, arguments: Sequence[str]) -> DataDirectory:
    """The cached data directory of an installation and these arguments of initdb; creates nothing."""
    folder = cache_folder()
    if folder is None:
        return DataDirectory(None, token_hex(16))
    programs = [bin_folder.resolve() / program for program in ("postgres", "initdb")]
    known = [f"{program} {program.stat().st_size} {program.stat().st_mtime_ns}" for program in programs]
    key = hashlib.sha256("\n".join([str(FORMAT), *known, *arguments]).encode()).hexdigest()[:16]
    folder /= f"{PREFIX}{key}"
    with contextlib.suppress(OSError):
        return DataDirectory(folder, (folder / "password").read_text(encoding="ascii"))
    return DataDirectory(folder, token_hex(16))


def cache_folder() -> Path | None:
    """The folder of this package in the user's cache, which nobody else can read or write; None where there is none.

    https://specifications.freedesktop.org/basedir-spec/latest/; on macOS, as Apple has it.
    """
    usual = "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
    configured = os.environ.get("XDG_CACHE_HOME", "")
    top = Path(configured if os.path.isabs(configured) else os.path.expanduser(usual))  # noqa: PTH111, PTH117  # without a home: no error
    if not top.is_absolute():
        return None
    folder = top / "pytest-ctb"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = folder.stat()
    except OSError:
        return None
    safe = about.st_uid == os.geteuid() and not about.st_mode & 0o022 and os.access(folder, os.W_OK)
    return folder if safe else None
