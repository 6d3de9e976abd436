"""Handle Ctrl-C, SIGTERM and SIGHUP: they interrupt a running statement, and wait while the ledger is written."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class SignalHandler:
    """A context in which a signal raises KeyboardInterrupt only inside `interruptible`; a third one, at once."""

    def __init__(self) -> None:
        self._interruptible = False
        self._count = 0
        self._old: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._old[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """A context that signals may interrupt, also one that came before. Raises KeyboardInterrupt."""
        self._interruptible = True
        try:
            if self._count:
                raise KeyboardInterrupt
            yield
        finally:
            self._interruptible = False

    @property
    def forced(self) -> bool:
        """Whether the third signal came, so that the ledger may not have been written."""
        return self._count > 2

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._interruptible or self.forced:  # a ledger that does not answer must not block for ever
            self._interruptible = False
            raise KeyboardInterrupt
