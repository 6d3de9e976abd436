"""A file that others find whole or not at all, however the process that writes it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path


def write(path: Path, data: bytes, *, over: bool = True) -> None:
    """Write a file in one step, for this user alone; with `over` in place of what is there, else only if none is.

    One writer at a time, under one name: the next one overwrites what one that was killed has left. Raises OSError.
    """
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    half = path.with_name(f".{path.name}")
    try:
        with contextlib.suppress(OSError):  # not every network's file system has locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        if over or not path.exists():
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
                file.write(data)
            half.replace(path)
    except OSError:
        half.unlink(missing_ok=True)
        raise
    finally:
        os.close(folder)
