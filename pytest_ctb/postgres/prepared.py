"""Data directories made beforehand: initdb takes most of the time that a server needs to start, copying one little.

One for each installation of Postgres, in the user's cache, made by the first run and copied by every other. Nothing
ever runs in one: each run has its copy, so that no two share more than what initdb made. The guard makes and copies
them; see `guard.restore` and `guard.keep`.
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

FORMAT = 2
"""Of what lies in the cache: with another number nothing of before is used."""
PREFIX = "initdb-"


class Prepared(NamedTuple):
    """A data directory that may be there, and what the superuser's password is in it."""

    folder: Path | None
    """Where it lies, or shall lie; None where there is no place for it."""
    password: str


def prepared(bin_folder: Path, arguments: Sequence[str]) -> Prepared:
    """The data directory of one installation and of these arguments of initdb; makes none."""
    folder = home()
    if folder is None:
        return Prepared(None, token_hex(16))
    programs = [bin_folder.resolve() / one for one in ("postgres", "initdb")]
    known = [f"{one} {one.stat().st_size} {one.stat().st_mtime_ns}" for one in programs]
    key = hashlib.sha256("\n".join([str(FORMAT), *known, *arguments]).encode()).hexdigest()[:16]
    folder /= f"{PREFIX}{key}"
    with contextlib.suppress(OSError):
        return Prepared(folder, (folder / "password").read_text(encoding="ascii"))
    return Prepared(folder, token_hex(16))


def home() -> Path | None:
    """The folder of ours in the user's cache, which nobody else can write or read; None where none can be had.

    https://specifications.freedesktop.org/basedir-spec/latest/; on a Mac as Apple has it.
    """
    usual = "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
    named = os.environ.get("XDG_CACHE_HOME", "")
    top = Path(named if os.path.isabs(named) else os.path.expanduser(usual))  # noqa: PTH111, PTH117  # without a home: no error
    if not top.is_absolute():
        return None
    ours = top / "pytest-ctb"
    try:
        ours.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = ours.stat()
    except OSError:
        return None
    safe = about.st_uid == os.geteuid() and not about.st_mode & 0o022 and os.access(ours, os.W_OK)
    return ours if safe else None
