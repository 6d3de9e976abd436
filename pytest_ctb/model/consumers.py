"""Consumers: the statements that downstream code sends, and how the server prepares them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_ctb.model.source import Position, Source
from pytest_ctb.model.trace import SqlError


class ConsumerId(NamedTuple):
    """Which consumer: where its statement starts, and its name. A key of the JSON report, `sender`, holds it."""

    file: str
    line: int
    column: int
    name: str
    """From its `-- name:` comment; empty where it has none."""

    def __str__(self) -> str:
        """The place and the name: `consumers/api.sql:12 list_companies`."""
        return f"{self.file}:{self.line} {self.name}".rstrip()


@dataclass(frozen=True)
class Consumer:
    """One statement that downstream code sends."""

    sender: ConsumerId
    sql: str
    """The statement as it is prepared: with `$1` where the file has a named placeholder."""
    position: Position
    source: Source = field(repr=False, compare=False)
    places: tuple[tuple[int, int], ...] = ((0, 0),)
    """Pairs of an offset into `sql` and the offset in the file that it comes from, ascending; between two pairs both
    grow alike."""

    @property
    def made(self) -> bool:
        """No file has it: it was made from the catalogs."""
        return not self.sender.file

    def offset(self, at: int) -> int:
        """The offset in the file of an offset into `sql`, both in characters."""
        in_sql, in_file = max(place for place in self.places if place[0] <= max(at, 0))
        return in_file + max(at, 0) - in_sql


class PreparedStatement(NamedTuple):
    """How the server prepares and runs a statement: the types of its parameters and of its result; or the error."""

    parameters: tuple[str, ...] = ()
    """The types of the parameters, without length and precision."""
    columns: tuple[tuple[str, str], ...] = ()
    """Name and type of each column of its result."""
    error: SqlError | None = None
    """The error when it was prepared."""
    failure: SqlError | None = None
    """The error when it ran on made-up rows, where the made-up values are not to blame."""

    @property
    def problem(self) -> SqlError | None:
        """Why a program that sends the statement fails; None where it does not."""
        return self.error or self.failure


class ConsumerChange(NamedTuple):
    """A migration changed how the server prepares or runs a consumer's statement."""

    sender: ConsumerId
    before: PreparedStatement
    after: PreparedStatement


class ConsumerResult(NamedTuple):
    """How the server prepares a consumer's statement when all migrations have run."""

    sender: ConsumerId
    last: PreparedStatement
    worked: bool
    """It was prepared, and ran, at least once: before the first migration, or after one of them."""
