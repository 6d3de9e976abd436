"""Which parts of a file a tool applies, and which parts roll it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pytest_ctb.model.files import Mark, Problem


class Part(NamedTuple):
    """A part of a file, as character offsets (end excluded), that the tool runs in one transaction or in none."""

    start: int
    end: int
    no_transaction: Mark | None = None
    """Where the file says that this part runs without a transaction."""
    opened_at: int = -1
    """The offset of the line that opens the part; -1 where no line does."""
    sql: str = ""
    """The SQL of a part that holds other text too, which is blanked out: of equal length, so that offsets agree."""
    continues: bool = False
    """The tool runs it in the transaction of the part before it."""
    at_once: bool = False
    """The tool sends the part in one query, which makes several statements one transaction."""


class Parts(NamedTuple):
    """The parts of a file, in the order in which the tool runs them."""

    up: tuple[Part, ...]
    down: tuple[Part, ...] = ()
    has_down: bool = False
    """The file has a place for its rollback, which may be empty."""
    problem: Problem | None = None
    """Why the tool refuses the file."""
    cuts: Callable[[int, int], Problem | None] | None = None
    """Why the tool does not send the text between two offsets as one statement; without it, it sends each as one."""
