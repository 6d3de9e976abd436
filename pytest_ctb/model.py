"""The records that flow from files to findings: immutable, and free of pytest, of the parser and of any server.

files -> Migration (of Statements) -> Replay (of Traces, of a Schema) -> check -> Finding
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple


class Position(NamedTuple):
    """A place in a file, counted from 1 in lines and in characters, as editors count."""

    line: int
    column: int


@dataclass(frozen=True)
class Source:
    """The text of one file, which knows on which line an offset lies."""

    text: str

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        end = self.text.find("\n")
        while end >= 0:
            starts.append(end + 1)
            end = self.text.find("\n", end + 1)
        return starts

    def at(self, offset: int) -> Position:
        """The position of a character offset (0-based) into the text."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line (1-based), without its end; empty beyond the last line."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")


@dataclass(frozen=True)
class Problem:
    """Why a text cannot be read, and where."""

    message: str
    position: Position


@dataclass(frozen=True)
class Comment:
    """One `--` comment: its text behind the dashes, as written, and where the dashes stand."""

    text: str
    position: Position
    alone: bool
    """Nothing but white space stands before it on its line."""


@dataclass(frozen=True)
class Statement:
    """One SQL command as psql would send it, or one that a PL/pgSQL body or an EXECUTE holds.

    `kind` is the parse tree's own name of the node ("create_stmt"), `body` the node itself. Where `problem` is set the
    statement could not be read: `kind` is empty and `body` None.
    """

    sql: str
    source: Source = field(repr=False, compare=False)
    start: int
    """Offset (characters) of `sql` in the source; for an EXECUTEd string, that of the EXECUTE."""
    kind: str = ""
    body: Any = field(default=None, repr=False, compare=False)
    problem: Problem | None = None
    meta: bool = False
    """A command of psql itself, which no server understands; `problem` says so."""
    data: str | None = field(default=None, repr=False)
    """The rows behind a `COPY … FROM stdin`, as they stand in the file."""
    inner: tuple[Statement, ...] = field(default=(), repr=False)
    """The statements that run inside this one: a DO block's, or those of the function that it makes."""
    unread: str = ""
    """Why `inner` does not tell what runs inside: a body that is no PL/pgSQL. Empty where it does."""
    guarded: bool = False
    """Inside a body: an IF, CASE or EXCEPTION around it decides whether it runs."""
    verbatim: bool = True
    """`sql` stands in the source at `start`, letter for letter."""

    @cached_property
    def position(self) -> Position:
        """Where the statement starts."""
        return self.source.at(self.start)

    @cached_property
    def last_line(self) -> int:
        """The line that the statement ends on (that of its last row, for a COPY)."""
        rows = self.data.count("\n") + 1 if self.data else 0
        return self.position.line + (self.sql.rstrip().count("\n") if self.verbatim else 0) + rows

    def at(self, location: int) -> Position:
        """The position of a node's `location` (bytes into the statement; negative: unknown)."""
        if location < 0 or not self.verbatim:
            return self.position
        before = self.sql if self.sql.isascii() else None
        if before is None:
            location = len(self.sql.encode()[:location].decode(errors="ignore"))
        return self.source.at(self.start + location)

    def walk(self) -> tuple[Statement, ...]:
        """This statement and all inside it, in the order of the text."""
        return (self, *(deep for one in self.inner for deep in one.walk()))


@dataclass(frozen=True)
class HeaderField:
    """One `-- Name: value` line of the header."""

    name: str
    value: str
    position: Position
    """Of the value; of the name where the value is empty."""


@dataclass(frozen=True)
class Mark:
    """One `-- ctb:no-transaction: reason` line."""

    reason: str
    position: Position


@dataclass(frozen=True)
class Allow:
    """One `-- ctb:allow guideline: reason` line, and the lines that it speaks of (inclusive)."""

    guideline: str
    reason: str
    position: Position
    first_line: int
    last_line: int


@dataclass(frozen=True)
class Rollback:
    """What stands under `-- Rollback:`: statements, or `none, because …`."""

    position: Position
    sql: str = ""
    statements: tuple[Statement, ...] = ()
    none: bool = False
    because: str = ""


@dataclass(frozen=True)
class Migration:
    """One SQL file: a migration, or a base schema, which is read in the same way."""

    path: str
    """As in test ids: relative to the root of the project, with forward slashes."""
    data: bytes = field(repr=False)
    source: Source = field(repr=False)
    problem: Problem | None = None
    """The file as a whole is no text: not UTF-8, or with a NUL in it."""
    binary: bool = False
    """It holds a NUL, so that nothing was read of it."""
    date: datetime.date | None = None
    statements: tuple[Statement, ...] = field(default=(), repr=False)
    comments: tuple[Comment, ...] = field(default=(), repr=False)
    header: tuple[HeaderField, ...] = ()
    description: HeaderField | None = None
    depends_on: tuple[HeaderField, ...] = ()
    rollbacks: tuple[Rollback, ...] = field(default=(), repr=False)
    no_transaction: Mark | None = None
    allows: tuple[Allow, ...] = ()

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return self.path.rpartition("/")[2]

    def header_field(self, name: str) -> HeaderField | None:
        """The first header field of that name, or None."""
        return next((one for one in self.header if one.name == name), None)

    @cached_property
    def unreadable(self) -> Problem | None:
        """The first reason why the file, or a statement of it, cannot be read."""
        return self.problem or next((one.problem for one in self.statements if one.problem), None)


class Level(StrEnum):
    """What a finding does to its test."""

    ERROR = "error"
    WARNING = "warning"
    OFF = "off"


@dataclass(frozen=True)
class Guideline:
    """One promise of the guide, as its YAML file words it."""

    id: str
    code: str
    title: str
    level: Level
    what: str
    why: str
    instead: str
    source: str
    options: Any
    """The check's own options record; the check says of which class."""
    path: str
    """The YAML file: relative to the root of the project where it lies inside."""
    lines: Mapping[str, int] = field(repr=False, default_factory=lambda: MappingProxyType({}))
    """On which line a key stands: `options.tables.2`, say."""
    examples: Mapping[str, tuple[Mapping[str, str], ...]] = field(
        repr=False, default_factory=lambda: MappingProxyType({})
    )
    """`pass` and `fail`: each example maps file names to their text."""


@dataclass(frozen=True)
class Finding:
    """One breach of one guideline at one place."""

    guideline: str
    code: str
    level: Level
    file: str
    line: int
    column: int
    message: str
    instead: str = ""
    """SQL to paste, the names filled in."""
    evidence: str = ""
    """What Postgres was seen to do."""
    status: str = "new"
    """`new`, or `allowed` where the file gives a reason."""
    reason: str = ""
    """Why it is allowed."""


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


@dataclass(frozen=True, eq=False)
class Repository:
    """All files that the suite judges, the migrations in the order in which they apply. Equal to itself alone."""

    root: Path
    migrations: tuple[Migration, ...]
    bases: tuple[Migration, ...]
    order: Order

    @cached_property
    def by_path(self) -> Mapping[str, Migration]:
        """Each file, migrations and bases alike, under its path."""
        return {one.path: one for one in (*self.migrations, *self.bases)}


@dataclass(frozen=True)
class Name:
    """What a statement makes or uses: `kind` is `relation`, `column`, `type`, `function` or `schema`."""

    kind: str
    schema: str
    """Empty where the SQL names none."""
    name: str
    of: str = ""
    """A column's table."""

    def __str__(self) -> str:
        """As a person would write it."""
        return ".".join(part for part in (self.schema, self.of, self.name) if part)


@dataclass(frozen=True)
class Need:
    """One file uses what another makes."""

    user: str
    maker: str
    what: Name
    position: Position
    """Of the use."""


@dataclass(frozen=True)
class Order:
    """Why the migrations stand in the order that they have."""

    needs: tuple[Need, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    """Each: paths that need each other, so that no order serves all."""
    unknown: tuple[tuple[str, HeaderField], ...] = ()
    """`-- Depends on:` lines (with the path that holds them) that name no migration."""
