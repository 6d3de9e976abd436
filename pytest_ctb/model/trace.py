"""What one statement of a file was seen to do: the record that findings, reports and plans are read from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from pytest_ctb.model.source import Position

CATALOGS = "catalogs"
"""In `Trace.unknown`: it wrote rows of Postgres's own catalogs, and what that did nobody was told."""


class SqlError(NamedTuple):
    """An error as the server, or the client in its place, words it."""

    message: str
    sqlstate: str = ""
    detail: str = ""
    hint: str = ""
    context: str = ""
    position: Position | None = None
    """In the file; None where the server gives none."""
    table: tuple[()] | tuple[str, str] = ()
    """Schema and name of the table that the error is about; empty where the server names none."""
    column: str = ""
    """The column that it is about."""

    @property
    def missing(self) -> bool:
        """A schema, table, column, object, function or key is not there (manual, appendix A)."""
        return self.sqlstate in {"3F000", "42P01", "42703", "42704", "42883", "42830"}

    @property
    def transient(self) -> bool:
        """Another run may not meet it: out of time, out of room, or the connection lost (manual, appendix A)."""
        return self.sqlstate.startswith(("08", "53", "57", "58"))


class Key(NamedTuple):
    """What identifies an object of a schema: `column`, `company.slot.domain`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def unquoted(name: str) -> str:
    """The name of an object as a lock has it: without the quotes that the server sets around what needs some."""
    return re.sub(r'"((?:[^"]|"")*)"', lambda quoted: quoted[1].replace('""', '"'), name)


class Dropped(NamedTuple):
    """An object that a statement dropped."""

    key: Key
    table: str = ""
    """A column's, constraint's or trigger's table."""
    cascade: bool | None = False
    """It went along with another; None where the server does not tell."""
    own: bool = False
    """The file had made it, or the table that it is of."""


class Rows(NamedTuple):
    """How many rows of a table a statement inserted, updated and deleted: as tried, also where it undid that itself."""

    table: str
    inserted: int
    updated: int
    deleted: int


class Scan(NamedTuple):
    """How often a table that was there before the file was read from end to end, and what for, as the server says."""

    table: str
    times: int
    why: tuple[str, ...] = ()


class Lock(NamedTuple):
    """A lock on a relation that was there before the file."""

    relation: str
    """Its name when the statement began."""
    mode: str
    """As the manual writes it (table 13.2): `ACCESS EXCLUSIVE`."""
    kind: str = "table"
    table: str = ""
    """What an index is on; of everything else, itself."""
    rows: int = 0
    """How many rows the table had when the statement began; of an index, its table."""
    bytes: int = 0
    """About so much room they take, as the planner reckons where it has no statistics."""
    views: tuple[str, ...] = ()
    """Views over it, also through other views, as others see them. Whoever reads one waits too.

    Where the lock blocks writes alone: the views through which rows of the table are written.
    """
    parents: tuple[str, ...] = ()
    """The tables that the table is a partition or a child of for others, also indirectly. Whoever reads one waits too.

    `views` and `parents` are filled for locks that make others wait: from `SHARE` on.
    """
    tables: tuple[str, ...] = ()
    """Of a sequence: the tables whose new rows take a number from it. Whoever inserts there waits too."""


class Alteration(NamedTuple):
    """One property of an object that a statement changed: of an object that was there before the file."""

    key: Key
    """What has the property: `column public.item.price`; of a value of an enumeration, its type."""
    what: str
    """Which property: `default`, `not null`, `type`, `validated`, `enabled`, `value` …; of what is new, its kind."""
    old: str | None
    """What it was, as the server words it; None where there was nothing, or where the server has no word for it."""
    new: str | None
    """What it is now; None where there is nothing any more, or where the server has no word for it."""


class Renamed(NamedTuple):
    """An object that got another name or another schema."""

    old: Key
    new: Key


class Ended(StrEnum):
    """How a transaction ended."""

    COMMITTED = "committed"
    ROLLED_BACK = "rolled back"


class Trace(NamedTuple):
    """What one statement was seen to do."""

    line: int
    """The line of the file that the statement starts on, for people; two statements may share it."""
    seconds: float
    notices: tuple[str, ...] = ()
    error: SqlError | None = None
    statement: int = 0
    """Which of those that were sent it is, counted from 0: of a migration, its place in `Migration.sent`."""
    created: tuple[Key, ...] = ()
    altered: tuple[Key, ...] = ()
    alterations: tuple[Alteration, ...] = ()
    """What exactly was changed of tables, columns, constraints, triggers, rules, indexes, sequences and types."""
    renamed: tuple[Renamed, ...] = ()
    """Of what is `altered`, what has another name now."""
    dropped: tuple[Dropped, ...] = ()
    rewritten: tuple[str, ...] = ()
    """Tables and materialized views that were written anew, row by row."""
    truncated: tuple[str, ...] = ()
    """Tables that were there before the file and got empty storage."""
    scanned: tuple[Scan, ...] = ()
    rows: tuple[Rows, ...] = ()
    locks: tuple[Lock, ...] = ()
    """Those that it took: that its transaction did not hold when it began."""
    held: tuple[Lock, ...] = ()
    """Those that its transaction held when it began."""
    lock_timeout: int | None = None
    """How long it may have waited for a lock, in milliseconds; 0: as long as it takes; None: nobody looked."""
    transaction: str = ""
    """The id of the transaction that it wrote in; empty where it wrote nothing."""
    block: int = 0
    """Which transaction of the file it ran in, counted from 1; those with one number are one transaction."""
    ended: Ended = Ended.COMMITTED
    """How that transaction ended for what the statement did: also a ROLLBACK TO SAVEPOINT takes it back."""
    savepoint: str = ""
    """The savepoint that was gone back to, where that is what took it back."""
    commits: bool = False
    """When it ended, what its transaction had done was there for good."""
    undone: bool = False
    """A later ROLLBACK of the file took it back."""
    divided: bool = False
    """It ended a transaction in the middle of itself: a procedure that commits, say."""
    unknown: tuple[str, ...] = ()
    """What could not be seen of it here: `locks`, say; `session`: it did something in another session."""

    @property
    def all_locks(self) -> tuple[Lock, ...]:
        """The locks that its transaction held when it ended, whichever statement took them; but for a ROLLBACK TO."""
        return (*self.held, *self.locks)


def name_before(name: str, traces: Iterable[Trace]) -> str:
    """The name that a relation had before some statements, by the name that it has behind them."""
    renamings = [renamed for trace in traces for renamed in trace.renamed]
    for renamed in reversed(renamings):
        old, new = unquoted(renamed.old.name), unquoted(renamed.new.name)
        if renamed.new.kind == "schema" and name.startswith(f"{new}."):
            name = old + name.removeprefix(new)
        elif name == new:
            name = old
    return name
