"""What a server was seen to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pytest_ctb.model.files import Position


@dataclass(frozen=True)
class SqlError:
    """An error as the server, or the client in its place, words it."""

    message: str
    sqlstate: str = ""
    detail: str = ""
    hint: str = ""
    context: str = ""
    position: Position | None = None
    """In the file; None where the server gives none."""

    @property
    def missing(self) -> bool:
        """A schema, table, column, object, function or key is not there (manual, appendix A)."""
        return self.sqlstate in {"3F000", "42P01", "42703", "42704", "42883", "42830"}


@dataclass(frozen=True)
class Trace:
    """What one statement was seen to do."""

    line: int
    seconds: float
    notices: tuple[str, ...] = ()
    error: SqlError | None = None


@dataclass(frozen=True)
class FileReplay:
    """How one file fared. `culprit` names the earlier file without which it cannot apply, and what it lacks of it."""

    path: str
    traces: tuple[Trace, ...] = ()
    error: SqlError | None = None
    failed_line: int = 0
    """The line that the failing statement starts on; 0 where none failed."""
    culprit: str = ""
    missing: str = ""
    undone: bool = False
    """The file ended inside its transaction, so that all of it was rolled back, without an error."""

    @property
    def applied(self) -> bool:
        """Every statement ran, and what it did was kept."""
        return self.error is None and not self.culprit and not self.undone

    @property
    def seconds(self) -> float:
        """How long the statements took, in all."""
        return sum(trace.seconds for trace in self.traces)


class Key(NamedTuple):
    """What identifies an object of a schema: `column`, `company.slot.domain`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class SchemaObject(NamedTuple):
    """An object in words that are the same for equal objects, and the object that it goes with (a column's table)."""

    definition: str
    of: Key | None = None


@dataclass(frozen=True)
class Schema:
    """The catalog of one database, but for what Postgres and its extensions bring themselves."""

    objects: Mapping[Key, SchemaObject]


@dataclass(frozen=True)
class ServerInfo:
    """Which Postgres replayed."""

    version: str
    major: int
    place: str
    """`local`, `embedded`, `docker` or `url`."""
    detail: str
    """Which one of that place: a folder, an image, a host."""


@dataclass(frozen=True)
class Replay:
    """The witness: what a throwaway Postgres was seen to do with every file."""

    server: ServerInfo
    files: Mapping[str, FileReplay]
    schema: Schema
    bases: Mapping[str, tuple[FileReplay, Schema]]
    """For each base schema: how it loaded into an empty database, and what that gave."""
    notes: tuple[str, ...] = ()
    """What a person should know about this run: a role that was left on a shared server, say."""
