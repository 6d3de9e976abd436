"""Which stretches of a file are applied, and which take it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pytest_ctb.model.files import Mark, Problem


class Part(NamedTuple):
    """A stretch of a file that is applied, or that takes it back, in one transaction or in none."""

    start: int
    end: int
    off: Mark | None = None
    """Where the file says that this part is to run without a transaction."""
    told: int = -1
    """Offset of the line that opens it; -1: none does."""
    sql: str = ""
    """Its text where not all that stands there is SQL: as long as that, so that every place stays."""


class Parts(NamedTuple):
    """What a file is made of, in the order in which the tool runs it."""

    up: tuple[Part, ...]
    down: tuple[Part, ...] = ()
    has_down: bool = False
    """The file says where what takes it back stands, though nothing may stand there."""
    problem: Problem | None = None
    """Why the tool refuses the file."""
    cuts: Callable[[int, int], Problem | None] = lambda _start, _end: None
    """Why the tool does not send the statement between two offsets as one."""
