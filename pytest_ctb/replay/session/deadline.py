"""The longest time that one statement may take, and the most room on the disk that a file may."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from pytest_ctb.replay.session.disk import Room

_GRACE = 5.0
"""How long a cancelled statement may go on, in seconds, until its backend is terminated."""


class Deadline:
    """A thread that cancels a statement which takes too much, and then ends its backend. One for many statements."""

    _TICK = 0.2

    def __init__(self, admin: psycopg.Connection[Any], room: Room) -> None:
        self.passed = False
        self.crossed = False
        """The room was passed, not the time."""
        self.room = room
        self._admin = admin
        self._running: tuple[psycopg.Connection[Any], float] | None = None
        self._turn = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="pytest-ctb-deadline", daemon=True)
        self._thread.start()

    @contextmanager
    def of(self, connection: psycopg.Connection[Any], seconds: float) -> Iterator[None]:
        """Let what runs inside take so many seconds; `passed` tells whether it took more, of time or of room."""
        self.passed = self.crossed = False
        self._running = (connection, time.monotonic() + seconds)
        try:
            yield
        finally:
            with self._turn:  # a cancellation that is under way shall not reach the next statement
                self._running = None

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._thread.join()

    def _watch(self) -> None:
        # It looks again and again: waking it for each of ten thousand statements would cost more than they do.
        while not self._closed.wait(self._TICK):
            with self._turn:
                if not self._running:
                    continue
                self.crossed = self.crossed or (not self.passed and self._full())
                if time.monotonic() > self._running[1] or (self.crossed and not self.passed):
                    self._end(self._running[0])

    def _full(self) -> bool:
        with contextlib.suppress(OSError, psycopg.Error):  # the server has gone: the statement tells
            return self.room.crossed()
        return False

    def _end(self, connection: psycopg.Connection[Any]) -> None:
        if self.passed:
            with contextlib.suppress(psycopg.Error):
                self._admin.execute("SELECT pg_catalog.pg_terminate_backend(%s)", [connection.info.backend_pid])
        else:
            connection.cancel()
        self.passed = True
        self._running = (connection, time.monotonic() + _GRACE)
