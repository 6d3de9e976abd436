"""How much more room on the server's disk a file takes: its tables, its temporary files, its log, all together."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Protocol

import psycopg

from pytest_ctb.postgres import Server

_PAUSE = 1.0
"""Seconds between two questions to a server whose files we cannot see."""


class Room(Protocol):
    """What is asked again and again while a statement runs."""

    def begin(self) -> None:
        """Another file, or a trial of it, comes."""
        ...

    def crossed(self) -> bool:
        """Whether more has been taken since than may be. Raises OSError and psycopg.Error."""
        ...


def room(server: Server, admin: psycopg.Connection[Any]) -> Room:
    """The room on this server: one of ours has a folder of its own."""
    folder = Path(server.admin.get("host", "")) / "data"
    if not server.shared and folder.is_absolute() and folder.is_dir():
        return _Folder(folder, server.room)
    return _Database(admin, server.room)


class _Folder:
    """By what is left of its file system, which costs nothing to ask; and, where that has shrunk, by its own size.

    Others use the file system too. What a file has taken before its size is asked first, a quarter or more, is not in
    the difference, so that half of the most is enough there.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self.begin()

    def begin(self) -> None:
        self._free = self._left()
        self._first: int | None = None

    def crossed(self) -> bool:
        taken = self._free - self._left()
        if taken <= self._most // 4:
            return False
        if self._first is None:
            self._first = self._size()
            return False
        return taken > self._most and self._size() - self._first > self._most // 2

    def _left(self) -> int:
        about = os.statvfs(self._folder)
        return about.f_bavail * about.f_frsize

    def _size(self) -> int:
        size = 0
        for at, _, names in os.walk(self._folder.parent):
            for name in names:
                try:
                    size += os.lstat(f"{at}/{name}").st_blocks * 512
                except OSError:  # files come and go
                    continue
        return size


class _Database:
    """By the size of the database that the admin is logged in to."""

    def __init__(self, admin: psycopg.Connection[Any], most: int) -> None:
        self._admin = admin
        self._most = most
        self.begin()

    def begin(self) -> None:
        self._first: int | None = None
        self._asked = 0.0

    def crossed(self) -> bool:
        if time.monotonic() - self._asked < _PAUSE:
            return False
        self._asked = time.monotonic()
        row = self._admin.execute("SELECT pg_catalog.pg_database_size(pg_catalog.current_database())").fetchone()
        size = int(row[0]) if row else 0
        self._first = size if self._first is None else self._first
        return size - self._first > self._most
