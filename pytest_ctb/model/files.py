"""The records of files: migrations with their statements, comments and header; their order; the repository."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pytest_ctb.model.source import SPACE, Included, Position, Source, line_ends
from pytest_ctb.model.tool import PSQL, Tool

if TYPE_CHECKING:
    from pytest_ctb.model.consumers import Consumer
    from pytest_ctb.model.sizes import Sizes


class Problem(NamedTuple):
    """Why a text cannot be read, and where the reason is."""

    message: str
    position: Position


class Comment(NamedTuple):
    """A line of a comment: the text behind `--`, or what stands on one line of a `/* … */`, without a frame of `*`."""

    text: str
    position: Position
    """Of the dashes, or of `/*`; of the text on the lines that follow a `/*`."""
    alone: bool
    """Only white space is before it on its line."""
    column: int
    """The column of `text`."""
    block: Position | None = None
    """Where the `/* … */` starts that the line is of; None behind dashes."""


class TransactionCommand(Enum):
    """The commands that control a transaction, as the manual names them."""

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
    """The transaction command that a statement is, with its options."""

    command: TransactionCommand
    savepoint: str = ""
    """The name of the savepoint; empty for commands that name none."""
    chain: bool = False
    """AND CHAIN: the command also begins the next transaction."""


GEXEC = "\\gexec"
"""The tag of a query that ends with psql's `\\gexec`: psql sends its rows as statements."""


@dataclass(frozen=True)
class Statement:
    """An SQL command as psql sends it, or one inside a PL/pgSQL body or an EXECUTE.

    `tag` and `control` say which command it is. Functions of `pytest_ctb.sql`, which alone read the parse tree, answer
    all other questions about it. `problem` is set where it cannot be parsed.
    """

    sql: str
    source: Source = field(repr=False, compare=False)
    start: int
    """The offset (in characters) of `sql` in the source; for a string that EXECUTE runs, of the EXECUTE."""
    tag: str = ""
    """The command tag, as the server reports it (`CREATE TABLE`), or GEXEC; empty where it cannot be parsed."""
    control: Control | None = None
    """None: the statement is no transaction command."""
    _tree: Any = field(default=None, repr=False, compare=False)
    problem: Problem | None = None
    meta: bool = False
    """It is never sent to a server: a psql command, a placeholder without a value, or what the tool cannot send."""
    data: str | None = field(default=None, repr=False)
    """The rows after a `COPY … FROM stdin`, as written in the file."""
    end: int = 0
    """The offset of its end, semicolon and COPY rows included; 0 for a statement inside another."""
    inner: tuple[Statement, ...] = field(default=(), repr=False)
    """The statements inside it: of a DO block, or of the function that it creates."""
    unread: str = ""
    """Why `inner` is not complete: the body is not PL/pgSQL, say. Empty where it is."""
    guarded: bool = False
    """Inside a body: whether it runs depends on an IF, CASE or EXCEPTION around it."""
    conditions: tuple[str, ...] = ()
    """Inside a body: the conditions of the IFs around it, as SQL; `false` where a missing table is no error there."""
    verbatim: bool = True
    """The source holds exactly `sql` at `start`."""
    added: bool = False
    """A BEGIN or COMMIT that the tool adds, which is not in the file."""

    @cached_property
    def position(self) -> Position:
        """The position of its start."""
        return self.source.at(self.start)

    @cached_property
    def last_line(self) -> int:
        """The line of its end: for a COPY, of its last row."""
        if isinstance(self.position, Included):
            return self.position.line
        rows = len(line_ends(self.data)) + 1 if self.data else 0
        last = self.source.at(self.start + max(0, len(self.sql.rstrip(SPACE)) - 1)) if self.verbatim else self.position
        return last.line + rows

    @property
    def command(self) -> TransactionCommand | None:
        """The transaction command; None for any other statement."""
        return self.control.command if self.control else None

    def withheld(self, problem: Problem) -> Statement:
        """A copy of the statement that is never sent, for this reason."""
        return replace(self, tag="", control=None, _tree=None, inner=(), problem=problem, meta=True)

    def at(self, location: int) -> Position:
        """The position of a parser location (bytes into the statement; negative: unknown, the statement's start)."""
        if location < 0 or not self.verbatim:
            return self.position
        if not self.sql.isascii():
            location = len(self.sql.encode()[:location].decode(errors="ignore"))
        return self.source.at(self.start + location)

    def walk(self) -> tuple[Statement, ...]:
        """This statement and all statements inside it, in the order of the text."""
        return (self, *(inner for statement in self.inner for inner in statement.walk())) if self.inner else (self,)


class HeaderField(NamedTuple):
    """A `-- Name: value` line of the file header."""

    name: str
    value: str
    position: Position
    """Of the value; of the name where the value is empty."""


class Mark(NamedTuple):
    """A `-- ctb:no-transaction: reason` line, or what a tool has in its place."""

    reason: str
    position: Position
    says: str = "ctb:no-transaction"
    """The words in the file, for messages."""


class Allow(NamedTuple):
    """A `-- ctb:allow guideline: reason` line, and the lines that it covers (inclusive)."""

    guideline: str
    reason: str
    position: Position
    first_line: int
    last_line: int


class Rollback(NamedTuple):
    """The rollback of a migration: a `-- Rollback:` block (statements, or `none, because …`), or what the tool runs."""

    position: Position
    sql: str = ""
    statements: tuple[Statement, ...] = ()
    """As they are sent: with the BEGIN and COMMIT that the tool adds."""
    none: bool = False
    because: str = ""
    path: str = ""
    """The path of the file that holds it; empty: the migration itself."""


class Section(NamedTuple):
    """The statements of a file that the tool runs in one transaction, or in none."""

    statements: tuple[Statement, ...]
    no_transaction: Mark | None = None
    """Where the file says that there is none."""


@dataclass(frozen=True)
class Reading:
    """What the statements of a file depend on besides its text."""

    root: Path | None = None
    """The root of the repository, where psql starts: `\\i` includes files below it. None: nothing is included."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The values of `ctb_variables`."""
    psql: bool = True
    """psql commands are followed and psql variables replaced; False where the tool is not like psql."""
    placeholder: str = ""
    """A regular expression for placeholders of the tool's own form (group 1: the name), filled anywhere."""


@dataclass(frozen=True)
class Migration:
    """An SQL file: a migration, its rollback, a base schema, or a file of consumers; all are read in the same way."""

    path: str
    """Relative to the root of the repository, with forward slashes, as in test ids."""
    data: bytes = field(repr=False)
    source: Source = field(repr=False)
    problem: Problem | None = None
    """Why the file as a whole is no text: not UTF-8, a NUL in it, or no regular file."""
    binary: bool = False
    """It holds a NUL, or is no regular file, so none of it was parsed."""
    date: datetime.date | None = None
    statements: tuple[Statement, ...] = field(default=(), repr=False)
    comment_lines: tuple[Comment, ...] = field(default=(), repr=False)
    """The lines of its comments, also of `/* … */`."""
    header: tuple[HeaderField, ...] = ()
    description: HeaderField | None = None
    depends_on: tuple[HeaderField, ...] = ()
    rollbacks: tuple[Rollback, ...] = field(default=(), repr=False)
    no_transaction: Mark | None = None
    allows: tuple[Allow, ...] = ()
    sent: tuple[Statement, ...] = field(default=(), repr=False)
    """The statements as they are sent: with the BEGIN and COMMIT that the tool adds."""
    sections: tuple[Section, ...] = field(default=(), repr=False)
    """The statements by transaction, where the tool may run one file in several; empty where it does not."""
    tool: Tool = PSQL
    version: str = ""
    """The version by which the tool orders files; empty where the order is by date, or the tool ignores the file."""
    unapplied: Problem | None = None
    """Why the tool ignores or refuses the file."""
    only_rolls_back: bool = False
    """It rolls back a migration that is not there, so that `unapplied` is all there is to say of it."""
    down: Migration | None = field(default=None, repr=False)
    """The separate file that rolls it back."""
    parts: Callable[[str], Any] | None = field(default=None, repr=False, compare=False)
    """The layout's function that splits its text into Parts; None: all of the file is applied."""
    outside: Mark | None = None
    """Where another file switches the tool's transaction off."""
    exact: bool = True
    """`statements` are exactly those of its text: nothing was included, left out or replaced."""
    reading: Reading = field(default_factory=Reading, repr=False)
    judged: bool = True
    """False: it is applied, so that the others find what it makes, and not judged."""
    not_sql: tuple[Problem, ...] = ()
    """What the tool does besides the statements, and nobody sees here: Python that runs in a migration, say."""

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return self.path.rpartition("/")[2]

    @property
    def comments(self) -> tuple[Comment, ...]:
        """The `--` comments."""
        return tuple(comment for comment in self.comment_lines if comment.block is None)

    def header_field(self, name: str) -> HeaderField | None:
        """The first header field of that name, or None."""
        return next((header_field for header_field in self.header if header_field.name == name), None)

    @cached_property
    def unreadable(self) -> Problem | None:
        """The first reason why the file, or a statement of it, cannot be read."""
        problems = (statement.problem for statement in self.statements if statement.problem)
        return self.problem or self.unapplied or next(problems, None)


@dataclass(frozen=True)
class Name:
    """The name of an object in SQL: `kind` is `relation`, `column`, `type`, `function` or `schema`."""

    kind: str
    schema: str
    """Empty where the SQL gives no schema."""
    name: str
    of: str = ""
    """The table of a column."""

    def __str__(self) -> str:
        """The name with its schema and table, separated by dots."""
        return ".".join(part for part in (self.schema, self.of, self.name) if part)


class Need(NamedTuple):
    """A file uses an object that another file creates."""

    user: str
    maker: str
    what: Name
    position: Position
    """Where `user` uses it."""


class Order(NamedTuple):
    """Why the migrations apply in their order, and what is wrong with it."""

    needs: tuple[Need, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    """Each: the paths of files that need each other, so that no order is right."""
    unknown: tuple[tuple[str, HeaderField], ...] = ()
    """`-- Depends on:` lines that name no migration, each with the path of its file."""
    clashes: tuple[tuple[str, ...], ...] = ()
    """Each: the paths of files with the same version."""
    order_file: str = ""
    """The path of the file that fixes the order; empty where there is none."""
    unlisted: tuple[str, ...] = ()
    """The paths that it does not list."""


@dataclass(frozen=True)
class ContractFile:
    """A committed data contract: the JSON Schema of a table's rows."""

    path: str
    """Relative to the root of the repository."""
    text: str = field(repr=False)


class ContractFolder(NamedTuple):
    """The folder of the committed data contracts."""

    folder: str
    """Relative to the root of the repository."""
    files: Mapping[str, ContractFile]
    """By file name."""


class Owners(Protocol):
    """Who owns which file."""

    def of(self, path: str) -> str:
        """The owners of a file; empty where it has none."""
        ...


@dataclass(frozen=True, eq=False)
class Repository:
    """All files that the suite judges, the migrations in the order in which they apply. Compared by identity."""

    root: Path
    # Not shown: pytest shows the arguments of whatever crashes.
    migrations: tuple[Migration, ...] = field(repr=False)
    bases: tuple[Migration, ...] = field(repr=False)
    order: Order = field(repr=False)
    layout: str = ""
    """Which tool's layout the files have and how that is known, for people; empty for the guide's own layout."""
    consumer_files: tuple[Migration, ...] = field(default=(), repr=False)
    """The files with the statements of downstream code."""
    consumers: tuple[Consumer, ...] = field(default=(), repr=False)
    """The statements in these files."""
    contracts: ContractFolder | None = None
    """None where there is no such folder."""
    folders: tuple[str, ...] = ()
    """The folders of migrations, relative to the root."""
    prelude: tuple[Migration, ...] = field(default=(), repr=False)
    """The files that run before all migrations."""
    sizes: Sizes | None = None
    """How large the tables are in production; None where nobody wrote it down."""
    database: str = ""
    """The name of the database that the files make; empty where nobody named it."""
    owners: Owners | None = field(default=None, repr=False)
    """Who owns which file; None where nobody says so."""

    @cached_property
    def by_path(self) -> Mapping[str, Migration]:
        """Each file by its path: migrations, their rollback files, base schemas and consumers."""
        downs = (migration.down for migration in self.migrations if migration.down)
        return {file.path: file for file in (*downs, *self.migrations, *self.bases, *self.consumer_files)}
