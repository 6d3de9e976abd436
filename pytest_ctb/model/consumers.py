"""The statements that downstream code sends, and what they are to the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_ctb.model.source import Position, Source
from pytest_ctb.model.trace import SqlError


class Sender(NamedTuple):
    """What tells a statement of downstream code from others, and where it stands."""

    file: str
    line: int
    column: int
    name: str
    """That of its `-- name:` comment; empty where it has none."""

    def __str__(self) -> str:
        """As a person finds it: `consumers/api.sql:12 list_companies`."""
        return f"{self.file}:{self.line} {self.name}".rstrip()


@dataclass(frozen=True)
class Consumer:
    """One statement that downstream code sends."""

    sender: Sender
    sql: str
    """As it is sent: with `$1` where the file has a name."""
    position: Position
    source: Source = field(repr=False, compare=False)
    places: tuple[tuple[int, int], ...] = ((0, 0),)
    """Offsets into `sql`, each with the offset in the file that it stands for; between two they go on as one."""

    def offset(self, at: int) -> int:
        """The offset in the file of one into `sql`, both in characters."""
        own, there = max(one for one in self.places if one[0] <= max(at, 0))
        return there + max(at, 0) - own


class Prepared(NamedTuple):
    """What the server makes of a statement: what it takes and what it gives; or why it refuses it."""

    parameters: tuple[str, ...] = ()
    """Their types, without length and precision."""
    columns: tuple[tuple[str, str], ...] = ()
    """Name and type of each column of its result."""
    error: SqlError | None = None


class Effect(NamedTuple):
    """A statement of downstream code that is another to the server after a migration than it was before."""

    sender: Sender
    before: Prepared
    after: Prepared


class Served(NamedTuple):
    """How a statement of downstream code fared with all migrations."""

    sender: Sender
    last: Prepared
    """When all had run."""
    worked: bool
    """The server took it before the first migration, or after one."""
