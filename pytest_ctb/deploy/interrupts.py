"""Ctrl-C, and what ends a process politely: let in where a statement runs, kept waiting while the ledger is written."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Between `__enter__` and `__exit__` a signal raises KeyboardInterrupt inside `open` alone; a third, at once."""

    def __init__(self) -> None:
        self._open = False
        self._count = 0
        self._old: dict[int, object] = {}

    def __enter__(self) -> Self:
        for one in _SIGNALS:
            self._old[one] = signal.signal(one, self._heard)
        return self

    def __exit__(self, *error: object) -> None:
        for one, handler in self._old.items():
            signal.signal(one, handler)  # type: ignore[arg-type]

    @contextmanager
    def open(self) -> Iterator[None]:
        """Where a signal may break in; one that came before does so at once. Raises KeyboardInterrupt."""
        self._open = True
        try:
            if self._count:
                raise KeyboardInterrupt
            yield
        finally:
            self._open = False

    @property
    def at_once(self) -> bool:
        """Whether somebody did not want to wait, so that the ledger may not have been written."""
        return self._count > 2

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._open or self.at_once:  # a ledger that does not answer shall not hold anybody for ever
            self._open = False
            raise KeyboardInterrupt
