"""Evidence: what a throwaway Postgres did with each file of a repository, and the schema at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

from pytest_ctb.model.application import ApplicationTrial
from pytest_ctb.model.consumers import ConsumerChange, ConsumerResult, PreparedStatement
from pytest_ctb.model.trace import Key, Rows, SqlError, Trace


class SchemaObject(NamedTuple):
    """The definition of an object as text, equal for equal objects; `of` is the object that it is a part of, if any."""

    definition: str
    of: Key | None = None


@dataclass(frozen=True)
class Schema:
    """The objects of one database, without those of Postgres itself and of extensions."""

    objects: Mapping[Key, SchemaObject]

    @cached_property
    def parts(self) -> Mapping[str, Sequence[tuple[Key, SchemaObject]]]:
        """The objects that are parts of others, by the names of these."""
        parts: dict[str, list[tuple[Key, SchemaObject]]] = {}
        for key, part in self.objects.items():
            if part.of:
                parts.setdefault(part.of.name, []).append((key, part))
        return parts

    @cached_property
    def partitioned(self) -> Sequence[tuple[Key, SchemaObject]]:
        """The tables that are partitioned."""
        tables = ((key, table) for key, table in self.objects.items() if key.kind == "table")
        return [(key, table) for key, table in tables if "PARTITION BY" in table.definition]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle plain strings, which takes a fifth of the time: a schema has thousands of objects."""
        return _schema, ([(*key, part.definition, *(part.of or ())) for key, part in self.objects.items()],)


def _schema(rows: Iterable[Sequence[str]]) -> Schema:
    return Schema(
        {Key(kind, name): SchemaObject(definition, Key(*of) if of else None) for kind, name, definition, *of in rows}
    )


class Creation(NamedTuple):
    """The statements that make one object in a database that has what it needs."""

    key: Key
    of: Key | None
    """The object that it is a part of."""
    root: Key
    """The object that it is in the end a part of; itself where it is no part."""
    included: bool
    """The statement that makes `of` makes it too."""
    itself: tuple[str, ...] = ()
    """What makes it where `of` is there already; without a semicolon, as all statements."""
    more: tuple[str, ...] = ()
    """What is said of it in any case: another owner, its storage, privileges."""
    needs: frozenset[Key] = frozenset()
    """The objects that have to be there first, as far as the catalogs tell."""


class Difference(NamedTuple):
    """An object that differs between two schemas: its definition on each side, None where that side lacks it."""

    key: Key
    of: Key | None
    left: str | None
    right: str | None


class Trial(Enum):
    """A way to run a file besides applying it; the value completes "run it …" for people."""

    ON_ROWS = "on tables that hold rows"
    RERUN = "once more"
    ROLLBACK = "its rollback instructions"
    INTERRUPTIONS = "broken off in the middle"
    APPLICATION = "while the release before it still runs"


class Change(NamedTuple):
    """What one statement of a rerun changed."""

    line: int
    differences: tuple[Difference, ...] = ()
    rows: tuple[Rows, ...] = ()
    """How many rows of each table it inserted, updated and deleted, for tables whose rows differ now."""


class RerunTrial(NamedTuple):
    """The trial of running the file once more, right after it was applied."""

    error: SqlError | None = None
    line: int = 0
    """The line that the failing statement starts on."""
    changes: tuple[Change, ...] = ()


class RollbackTrial(NamedTuple):
    """The trial of running the rollback instructions after the file, and then the file again."""

    error: SqlError | None = None
    line: int = 0
    """The line that the failing instruction starts on."""
    differences: tuple[Difference, ...] = ()
    """Left: the schema before the file; right: the schema after the rollback instructions."""
    reordered: tuple[Difference, ...] = ()
    """Tables whose columns are the same as before, in another order."""
    reapply: SqlError | None = None
    reapply_line: int = 0


class Loss(NamedTuple):
    """Rows, or values of one column, that were there before the file and are gone after it."""

    line: int
    table: str
    what: str
    """`truncated`, `deleted` or `overwritten`."""
    rows: int
    total: int
    """How many rows the table had."""
    column: str = ""
    sample: tuple[str, str] = ("", "")
    """One overwritten value: before and after."""
    along: tuple[Loss, ...] = ()
    """The losses in other tables that this one brought along: by ON DELETE CASCADE, say."""


class UnusualRows(NamedTuple):
    """The error that a file meets on rows that are legal but unusual, while nothing says that it meets it on others."""

    error: SqlError
    line: int
    """The line that the failing statement starts on."""
    statement: int
    """Which of `Migration.sent` failed, counted from 0."""
    samples: Mapping[str, Mapping[str, str | None]]
    """By table: an unusual row, its values by column."""


class Unproven(NamedTuple):
    """An UPDATE, DELETE or MERGE of a table from before the file that touched no row, also of those made for it."""

    line: int
    verb: str
    table: str
    query: str
    """The number of rows that it is about, as SQL; empty where that cannot be said."""


@dataclass(frozen=True)
class RowsTrial:
    """The trial of running the file on tables that hold rows: generated ones where the migrations insert none.

    It runs on unusual rows (at the limits of their types, repeated, without a parent), and where it fails, on
    ordinary ones: these alone prove an error. The rest is of the run that got further.
    """

    filled: Mapping[str, int] = field(default_factory=dict)
    """The number of generated rows, by table."""
    unfilled: Mapping[str, str] = field(default_factory=dict)
    """Why no rows could be generated, by table."""
    error: SqlError | None = None
    """The error on ordinary rows."""
    line: int = 0
    statement: int = 0
    """Which of `Migration.sent` failed, counted from 0."""
    unusual: UnusualRows | None = None
    passed: bool = True
    """It ran to its end, on ordinary rows at least."""
    traces: tuple[Trace, ...] = ()
    losses: tuple[Loss, ...] = ()
    unproven: tuple[Unproven, ...] = ()
    rerun: RerunTrial | None = None
    """Running it once more on these rows."""
    rollback: RollbackTrial | None = None
    """Running the rollback instructions on these rows, and the file again: only errors."""


class Interruption(NamedTuple):
    """The trial of interrupting the file and running it again: what differs from an unbroken run."""

    line: int
    """The line of the last statement that ran before the interruption."""
    inside: bool = False
    """That statement was interrupted itself: CREATE INDEX CONCURRENTLY, say, which is several transactions."""
    error: SqlError | None = None
    """The error of the second run, of the whole file."""
    error_line: int = 0
    differences: tuple[Difference, ...] = ()
    """Left: after an unbroken run; right: after the interrupted run and a second one."""
    rows: tuple[Rows, ...] = ()
    """How many more rows, changed rows or fewer rows a table has than after an unbroken run."""
    invalid: tuple[str, ...] = ()
    """The names of invalid indexes."""


class Mismatch(NamedTuple):
    """An object that IF NOT EXISTS left as it is, though it differs from what the statement defines."""

    line: int
    key: Key
    differences: tuple[Difference, ...]
    """Left: the object in the database; right: as the statement defines it."""


class Trouble(NamedTuple):
    """A failure of the suite itself at one file, which therefore cannot be judged."""

    trial: str
    """What the suite was doing with the file, for people: `applying it`."""
    line: int
    """The line of the statement that was sent last."""
    message: str
    left_out: bool = False
    """The file was not applied, because the server was lost at it twice; later files run without it."""


class NearName(NamedTuple):
    """A name that exists, and is much like one that a statement gives."""

    given: tuple[str, ...]
    """The parts of the name that does not exist, as the server repeats it: the schema, if any, and the name."""
    sql: str
    """What to write in its place."""
    qualified: bool
    """`sql` begins with a schema: it also replaces the schema that the statement gives."""
    shown: str
    """The existing name in full, for messages: `company.master.name`, `company.touch(number bigint)`."""


class FileEvidence(NamedTuple):
    """What one file did when it was applied, and in each trial."""

    path: str
    traces: tuple[Trace, ...] = ()
    error: SqlError | None = None
    failed_line: int = 0
    """The line that the failing statement starts on; 0 where none failed."""
    near_name: NearName | None = None
    """A name that existed when the file failed, and is much like the one that it missed; None where there is none."""
    culprit: str = ""
    """The path of the earlier file that failed, and should have created what this one needs."""
    missing: str = ""
    """The name of what this file needs of it."""
    left_open: bool = False
    """The file ended inside its transaction, so Postgres rolled it back, without an error."""
    on_rows: RowsTrial | None = None
    mismatches: tuple[Mismatch, ...] = ()
    rerun: RerunTrial | None = None
    rollback: RollbackTrial | None = None
    interruptions: tuple[Interruption, ...] = ()
    """Empty where an interrupted run leaves nothing behind."""
    consumer_changes: tuple[ConsumerChange, ...] = ()
    """The statements of downstream code that the server prepares in another way after the file."""
    application: ApplicationTrial | None = None
    """What the running release could send before the file, sent again after it; None: not tried."""
    applies_last: bool | None = None
    """Whether a file that failed applies after all others, so that its order is wrong; None: not tried."""
    trouble: Trouble | None = None

    @property
    def applied(self) -> bool:
        """Whether all statements ran, and their effects were committed."""
        left_out = self.trouble is not None and self.trouble.left_out
        return self.error is None and not self.culprit and not self.left_open and not left_out

    @property
    def transient(self) -> bool:
        """Whether an error in it may not occur in another run, so that it must not be cached."""
        if self.trouble:
            return True
        on_rows = self.on_rows or RowsTrial()
        rollbacks = [rollback for rollback in (self.rollback, on_rows.rollback) if rollback]
        records = (self, *self.traces, *self.interruptions, self.rerun, on_rows, on_rows.rerun, *rollbacks)
        errors = [record.error for record in records if record]
        errors += [rollback.reapply for rollback in rollbacks]
        errors += [on_rows.unusual.error] if on_rows.unusual else []
        return any(error.transient for error in errors if error)

    @property
    def seconds(self) -> float:
        """The time of all statements together."""
        return sum(trace.seconds for trace in self.traces)


class ServerInfo(NamedTuple):
    """The Postgres server that replayed."""

    version: str
    major: int
    place: str
    """`local`, `embedded`, `docker` or `url`."""
    detail: str
    """Which server of that place: a folder, an image or a host."""


class QueryResult(NamedTuple):
    """The result of a guideline's query, its values as text; or the error."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    error: SqlError | None = None


@dataclass(frozen=True)
class Evidence:
    """All that was observed of a repository on a throwaway Postgres."""

    server: ServerInfo
    # Not shown: pytest shows the arguments of whatever crashes.
    files: Mapping[str, FileEvidence] = field(repr=False)
    schema: Schema = field(repr=False)
    bases: Mapping[str, tuple[FileEvidence, Schema]] = field(repr=False)
    """By path: how each base schema loaded into an empty database, and the schema that it made."""
    notes: tuple[str, ...] = ()
    """Notes about this run for people: a role that was left on a shared server, say."""
    query_results: Mapping[str, QueryResult] = field(default_factory=dict, repr=False)
    """The result of each guideline's query, by its text, when all migrations have run."""
    consumer_results: tuple[ConsumerResult, ...] = field(default=(), repr=False)
    """One for each statement of downstream code."""
    trouble: Trouble | None = None
    """A failure of the suite itself when all migrations had run: the final schema cannot be judged."""
    creations: tuple[Creation, ...] = field(default=(), repr=False)
    """What makes the objects of the schema, in their order; empty where there is no base schema to compare."""

    def of(self, path: str) -> FileEvidence | None:
        """The evidence of a migration or a base schema; None for any other path."""
        return self.bases[path][0] if path in self.bases else self.files.get(path)


@dataclass(frozen=True)
class FinalState:
    """What was observed when all migrations had run."""

    server: ServerInfo
    schema: Schema
    applies_last: Mapping[str, bool] = field(default_factory=dict)
    """By path: whether a file that failed applies after all others."""
    query_results: Mapping[str, QueryResult] = field(default_factory=dict)
    prepared: tuple[PreparedStatement, ...] = ()
    """How the server prepares each statement of downstream code, in the order of `Repository.consumers`."""
    notes: tuple[str, ...] = ()
    trouble: Trouble | None = None
    transient: bool = False
    """Something of it is unknown for this time: the next run asks again."""
    creations: tuple[Creation, ...] = ()


@dataclass(frozen=True)
class PartialEvidence:
    """What was observed of some or all migrations: one cache, worker or server has a part, the orchestrator all."""

    files: Mapping[str, FileEvidence] = field(default_factory=dict)
    """By path, in the order of the migrations; `culprit` and `applies_last` are not set yet."""
    bases: Mapping[str, tuple[FileEvidence, Schema]] = field(default_factory=dict)
    final: FinalState | None = None
    """None where not all migrations have run."""
