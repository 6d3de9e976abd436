"""What a file breaks of what the running release sends: statements that worked before it, and do not after it."""

from __future__ import annotations

from typing import NamedTuple

from pytest_ctb.model.trace import Key, SqlError


class BrokenStatement(NamedTuple):
    """A statement that worked before a file, and does not after it."""

    sql: str
    of: Key
    """The table, view, function or type that it is about."""
    error: SqlError
    type: str = ""
    """The type of the column that it reads, where it reads one alone."""


class NewType(NamedTuple):
    """A column of a result that has another type."""

    column: str
    before: str
    after: str


class StalePlan(NamedTuple):
    """A SELECT that was prepared before a file, and that the server refuses to run after it."""

    sql: str
    of: Key
    error: SqlError
    columns: tuple[NewType, ...] = ()
    """Empty where the server does not tell: of another collation, say."""


class ApplicationTrial(NamedTuple):
    """The trial of sending, after the file, what an application could send before it."""

    statements: int = 0
    """How many statements worked before the file."""
    broken: tuple[BrokenStatement, ...] = ()
    stale: tuple[StalePlan, ...] = ()
