"""A step of the safe way: what becomes a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

NOTHING = "none, because "
"""How the undoing of a step begins that leaves nothing to take back."""


class SafeStep(NamedTuple):
    """What one file does."""

    does: str
    """In words: `checks the old rows; reads and writes go on`."""
    sql: str
    """Whole statements, each with its semicolon."""
    undo: str = ""
    """What takes it back, or `none, because …` (NOTHING); empty where the text says it."""
    alone: bool = False
    """Postgres refuses it inside a transaction, or it commits itself."""


def as_files(steps: Sequence[SafeStep]) -> str:
    """The steps as SQL to paste, each under a comment that says which file it is."""
    return "\n\n".join(
        f"-- File {number} of {len(steps)}{', outside of a transaction' if step.alone else ''}: {step.does}\n{step.sql}"
        for number, step in enumerate(steps, 1)
    )


class Effects(NamedTuple):
    """What a statement was seen to do, as far as it decides which of its commands need another way."""

    rewritten: bool = False
    """It wrote a table anew."""
    scanned: bool = False
    """It read a table from end to end."""
    not_null: tuple[str, ...] = ()
    """Columns that are NOT NULL since then."""
    partitions: tuple[str, ...] = ()
    """The partitions of the table that it locked, each as SQL writes its name."""
    partitioned: bool = False
    """Its table is partitioned."""
    key: tuple[str, ...] = ()
    """The columns by which it is."""
    major: int = 0
    """The version of Postgres."""
