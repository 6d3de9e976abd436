"""What stands in the files: statements, comments, the header; and the order in which the files apply."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_ctb.model.source import SPACE, Included, Position, Source, line_ends
from pytest_ctb.model.tool import PSQL, Tool

if TYPE_CHECKING:
    from pytest_ctb.model.consumers import Consumer


class Problem(NamedTuple):
    """Why a text cannot be read, and where."""

    message: str
    position: Position


class Comment(NamedTuple):
    """One `--` comment: its text behind the dashes, as written, and where the dashes stand."""

    text: str
    position: Position
    alone: bool
    """Nothing but white space stands before it on its line."""


class TransactionCommand(Enum):
    """The commands that begin, end or divide a transaction, as the manual names them."""

    BEGIN = "BEGIN"
    START = "START TRANSACTION"
    COMMIT = "COMMIT"
    ROLLBACK = "ROLLBACK"
    SAVEPOINT = "SAVEPOINT"
    RELEASE = "RELEASE SAVEPOINT"
    ROLLBACK_TO = "ROLLBACK TO SAVEPOINT"
    PREPARE = "PREPARE TRANSACTION"
    COMMIT_PREPARED = "COMMIT PREPARED"
    ROLLBACK_PREPARED = "ROLLBACK PREPARED"


class Control(NamedTuple):
    """What a statement does with the transaction that it stands in."""

    command: TransactionCommand
    savepoint: str = ""
    """The one that it names."""
    chain: bool = False
    """AND CHAIN: it begins the next transaction at once."""


GEXEC = "\\gexec"
"""The tag of a query whose rows psql sends as statements."""


@dataclass(frozen=True)
class Statement:
    """One SQL command as psql would send it, or one that a PL/pgSQL body or an EXECUTE holds.

    `tag` and `control` say what it is; what else it says (the object that it creates, say) is told by functions of
    `pytest_ctb.sql`, which alone read the parse tree. Where `problem` is set the statement could not be read.
    """

    sql: str
    source: Source = field(repr=False, compare=False)
    start: int
    """Offset (characters) of `sql` in the source; for an EXECUTEd string, that of the EXECUTE."""
    tag: str = ""
    """Its command tag, as the server reports it (`CREATE TABLE`, `SELECT`), or GEXEC; empty where it cannot be read."""
    control: Control | None = None
    """What it does with its transaction; None: it is no transaction command."""
    _tree: Any = field(default=None, repr=False, compare=False)
    problem: Problem | None = None
    meta: bool = False
    """Never sent to a server: a command of psql, a placeholder without a value, or what the tool cannot send."""
    data: str | None = field(default=None, repr=False)
    """The rows behind a `COPY … FROM stdin`, as they stand in the file."""
    end: int = 0
    """Offset behind all of it, its semicolon and its rows included; for the statements of a file alone."""
    inner: tuple[Statement, ...] = field(default=(), repr=False)
    """The statements that run inside this one: those of a DO block, or of the function that it creates."""
    unread: str = ""
    """Why `inner` does not tell what runs inside: a body that is no PL/pgSQL. Empty where it does."""
    guarded: bool = False
    """Inside a body: an IF, CASE or EXCEPTION around it decides whether it runs."""
    verbatim: bool = True
    """`sql` stands in the source at `start`, letter for letter."""
    added: bool = False
    """The tool's own BEGIN or COMMIT, which stands nowhere in the file."""

    @cached_property
    def position(self) -> Position:
        """Where the statement starts."""
        return self.source.at(self.start)

    @cached_property
    def last_line(self) -> int:
        """The line that the statement ends on (that of its last row, for a COPY)."""
        if isinstance(self.position, Included):
            return self.position.line
        rows = len(line_ends(self.data)) + 1 if self.data else 0
        last = self.source.at(self.start + max(0, len(self.sql.rstrip(SPACE)) - 1)) if self.verbatim else self.position
        return last.line + rows

    @property
    def command(self) -> TransactionCommand | None:
        """The transaction command that it is; None for any other statement."""
        return self.control.command if self.control else None

    def withheld(self, problem: Problem) -> Statement:
        """The statement as one that is never sent, and why."""
        return replace(self, tag="", control=None, _tree=None, inner=(), problem=problem, meta=True)

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
        return (self, *(deep for statement in self.inner for deep in statement.walk()))


class HeaderField(NamedTuple):
    """One `-- Name: value` line of the header."""

    name: str
    value: str
    position: Position
    """Of the value; of the name where the value is empty."""


class Mark(NamedTuple):
    """One `-- ctb:no-transaction: reason` line, or a tool's own way of saying so."""

    reason: str
    position: Position
    says: str = "ctb:no-transaction"
    """What stands there."""


class Allow(NamedTuple):
    """One `-- ctb:allow guideline: reason` line, and the lines that it speaks of (inclusive)."""

    guideline: str
    reason: str
    position: Position
    first_line: int
    last_line: int


class Rollback(NamedTuple):
    """What takes a migration back: `-- Rollback:` with statements or `none, because …`, or what its tool runs."""

    position: Position
    sql: str = ""
    statements: tuple[Statement, ...] = ()
    """As they are sent: with the tool's own BEGIN and COMMIT where it brings them."""
    none: bool = False
    because: str = ""
    path: str = ""
    """The file that it stands in; empty: the migration's own."""


@dataclass(frozen=True)
class Reading:
    """What the reading of a file depends on besides its text."""

    root: Path | None = None
    """The folder of the repository, where psql is started: what `\\i` includes lies in it; None includes nothing."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The values of `ctb_variables`."""
    psql: bool = True
    """psql sends it, or what works as psql does: its commands are done, and its variables filled in."""


@dataclass(frozen=True)
class Migration:
    """One SQL file: a migration, or a base schema, which is read in the same way."""

    path: str
    """As in test ids: relative to the root of the project, with forward slashes."""
    data: bytes = field(repr=False)
    source: Source = field(repr=False)
    problem: Problem | None = None
    """The file as a whole is no text: not UTF-8, with a NUL in it, or no regular file."""
    binary: bool = False
    """Nothing was read of it: it holds a NUL, or is no regular file."""
    date: datetime.date | None = None
    statements: tuple[Statement, ...] = field(default=(), repr=False)
    comments: tuple[Comment, ...] = field(default=(), repr=False)
    header: tuple[HeaderField, ...] = ()
    description: HeaderField | None = None
    depends_on: tuple[HeaderField, ...] = ()
    rollbacks: tuple[Rollback, ...] = field(default=(), repr=False)
    no_transaction: Mark | None = None
    allows: tuple[Allow, ...] = ()
    sent: tuple[Statement, ...] = field(default=(), repr=False)
    """The statements as they are sent: with the tool's own BEGIN and COMMIT where it brings them."""
    tool: Tool = PSQL
    """What applies it."""
    version: str = ""
    """What the tool orders it by; empty where the order is by date and need, or the tool does not know the file."""
    unapplied: Problem | None = None
    """Why the tool does not apply the file, or refuses it."""
    down: Migration | None = field(default=None, repr=False)
    """The file of its own that takes it back."""
    parts: Callable[[str], Any] | None = field(default=None, repr=False, compare=False)
    """What told its parts; None: all of it is applied."""
    outside: Mark | None = None
    """What switches the tool's transaction off from outside of the file."""
    exact: bool = True
    """Its statements are those that stand in its text, all of them: nothing was included, left out or filled in."""
    reading: Reading = field(default_factory=Reading, repr=False)

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
        return self.problem or self.unapplied or next((one.problem for one in self.statements if one.problem), None)


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


class Need(NamedTuple):
    """One file uses what another makes."""

    user: str
    maker: str
    what: Name
    position: Position
    """Of the use."""


class Order(NamedTuple):
    """Why the migrations stand in the order that they have."""

    needs: tuple[Need, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    """Each: paths that need each other, so that no order serves all."""
    unknown: tuple[tuple[str, HeaderField], ...] = ()
    """`-- Depends on:` lines (with the path that holds them) that name no migration."""
    clashes: tuple[tuple[str, ...], ...] = ()
    """Each: paths of the same version."""
    listed: str = ""
    """The file that lists the order, as a person has fixed it; empty where none does."""
    unlisted: tuple[str, ...] = ()
    """Paths that it lacks."""


@dataclass(frozen=True)
class ContractFile:
    """A committed contract: what a table's rows are to look like, as JSON Schema."""

    path: str
    """As in test ids."""
    text: str = field(repr=False)


class ContractFolder(NamedTuple):
    """The committed contracts."""

    folder: str
    """As in test ids."""
    files: Mapping[str, ContractFile]
    """By the names of the files."""


@dataclass(frozen=True, eq=False)
class Repository:
    """All files that the suite judges, the migrations in the order in which they apply. Equal to itself alone."""

    root: Path
    # Not shown: pytest shows the arguments of whatever crashes.
    migrations: tuple[Migration, ...] = field(repr=False)
    bases: tuple[Migration, ...] = field(repr=False)
    order: Order = field(repr=False)
    layout: str = ""
    """Whose files these are and how that is known, for people; empty where they are the guide's own."""
    consuming: tuple[Migration, ...] = field(default=(), repr=False)
    """The files of what downstream code sends."""
    consumers: tuple[Consumer, ...] = field(default=(), repr=False)
    """The statements in them."""
    contracts: ContractFolder | None = None
    """None: there is no folder of contracts."""

    @cached_property
    def by_path(self) -> Mapping[str, Migration]:
        """Each file under its path: migrations, what takes them back, bases, and what downstream code sends."""
        downs = (one.down for one in self.migrations if one.down)
        return {one.path: one for one in (*downs, *self.migrations, *self.bases, *self.consuming)}
