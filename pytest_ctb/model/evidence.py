"""What a server was seen to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from pytest_ctb.model.consumers import Effect, Prepared, Served
from pytest_ctb.model.trace import Key, Rows, SqlError, Trace


class SchemaObject(NamedTuple):
    """An object in words that are the same for equal objects, and the object that it goes with (a column's table)."""

    definition: str
    of: Key | None = None


@dataclass(frozen=True)
class Schema:
    """The catalog of one database, but for what Postgres and its extensions bring themselves."""

    objects: Mapping[Key, SchemaObject]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as plain strings, in a fifth of the time: a schema has thousands of objects."""
        return _schema, ([(*key, one.definition, *(one.of or ())) for key, one in self.objects.items()],)


def _schema(told: Iterable[Sequence[str]]) -> Schema:
    each = ((Key(kind, name), words, of) for kind, name, words, *of in told)
    return Schema({key: SchemaObject(words, Key(*of) if of else None) for key, words, of in each})


class Difference(NamedTuple):
    """One object that is not the same on both sides; a side that lacks it is None."""

    key: Key
    of: Key | None
    left: str | None
    right: str | None


class Trial(Enum):
    """What is tried with a file besides applying it."""

    ON_ROWS = "on tables that hold rows"
    AGAIN = "once more"
    UNDO = "its rollback instructions"
    BREAKS = "broken off in the middle"


class Change(NamedTuple):
    """What one statement changed that should have stayed as it was."""

    line: int
    differences: tuple[Difference, ...] = ()
    rows: tuple[Rows, ...] = ()
    """What it did to rows of tables whose rows are others now."""


class Rerun(NamedTuple):
    """The file once more, right after it was applied."""

    error: SqlError | None = None
    line: int = 0
    """The line that the failing statement starts on."""
    changes: tuple[Change, ...] = ()


class Undo(NamedTuple):
    """The rollback instructions after the file, and then the file again."""

    error: SqlError | None = None
    line: int = 0
    """The line that the failing instruction starts on."""
    differences: tuple[Difference, ...] = ()
    """Left: the schema from before the file; right: what the instructions made of it."""
    reordered: tuple[Difference, ...] = ()
    """Tables that have their columns back, in another order."""
    reapply: SqlError | None = None
    reapply_line: int = 0


class Loss(NamedTuple):
    """Values of rows that were there before the file, and are not after it."""

    line: int
    table: str
    what: str
    """`truncated`, `deleted` or `overwritten`."""
    rows: int
    total: int
    """How many rows the table had."""
    column: str = ""
    sample: tuple[str, str] = ("", "")
    """One value that was overwritten, before and after."""


@dataclass(frozen=True)
class OnRows:
    """The file on tables that hold rows: made-up ones, where the migrations themselves put none there."""

    filled: Mapping[str, int] = field(default_factory=dict)
    """How many rows were made up for which table."""
    unfilled: Mapping[str, str] = field(default_factory=dict)
    """Which tables could not be filled, and why."""
    error: SqlError | None = None
    line: int = 0
    traces: tuple[Trace, ...] = ()
    losses: tuple[Loss, ...] = ()


class Break(NamedTuple):
    """The file broken off behind the statement of a line, and what was not well then."""

    line: int
    error: SqlError | None = None
    """Of the file, when it was run again as a whole."""
    error_line: int = 0
    differences: tuple[Difference, ...] = ()
    """Left: after an unbroken run; right: after the broken run and another."""
    rows: tuple[Rows, ...] = ()
    """How many more rows, other rows, or fewer rows a table has then."""
    invalid: tuple[str, ...] = ()
    """Indexes that nothing can use."""


class Mismatch(NamedTuple):
    """What IF NOT EXISTS skipped, though what is there is something else."""

    line: int
    key: Key
    differences: tuple[Difference, ...]
    """Left: what is there; right: what the statement says."""


class Trouble(NamedTuple):
    """What the suite itself failed with at one file, about which nothing can be told then."""

    trial: str
    """What it was doing with the file, in words: `applying it`."""
    line: int
    """Where the statement starts that was sent last."""
    message: str
    left_out: bool = False
    """It took the server down, twice, or could not be applied at all: every other file goes without it."""


class FileEvidence(NamedTuple):
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
    on_rows: OnRows | None = None
    mismatches: tuple[Mismatch, ...] = ()
    again: Rerun | None = None
    rollback: Undo | None = None
    breaks: tuple[Break, ...] = ()
    consumers: tuple[Effect, ...] = ()
    """What it did to the statements of downstream code."""
    late: bool | None = None
    """Whether, where it failed, it applies behind all others: it only stood in the wrong place. None: not tried."""
    trouble: Trouble | None = None
    """What the suite itself failed with at it."""

    @property
    def applied(self) -> bool:
        """Every statement ran, and what it did was kept."""
        left_out = self.trouble is not None and self.trouble.left_out
        return self.error is None and not self.culprit and not self.undone and not left_out

    @property
    def passing(self) -> bool:
        """Something in it went wrong that another run may not meet."""
        if self.trouble:
            return True
        tried = [self.error, *(one.error for one in self.traces), *(one.error for one in self.breaks)]
        tried += [one.error for one in (self.again, self.on_rows, self.rollback) if one]
        tried += [self.rollback.reapply] if self.rollback else []
        return any(one.passing for one in tried if one)

    @property
    def seconds(self) -> float:
        """How long the statements took, in all."""
        return sum(trace.seconds for trace in self.traces)


class ServerInfo(NamedTuple):
    """Which Postgres replayed."""

    version: str
    major: int
    place: str
    """`local`, `embedded`, `docker` or `url`."""
    detail: str
    """Which one of that place: a folder, an image, a host."""


class Answer(NamedTuple):
    """What a guideline's query returned, as text; or the error that it ended with."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    error: SqlError | None = None


@dataclass(frozen=True)
class Evidence:
    """The witness: what a throwaway Postgres was seen to do with every file."""

    server: ServerInfo
    # Not shown: pytest shows the arguments of whatever crashes.
    files: Mapping[str, FileEvidence] = field(repr=False)
    schema: Schema = field(repr=False)
    bases: Mapping[str, tuple[FileEvidence, Schema]] = field(repr=False)
    """For each base schema: how it loaded into an empty database, and what that gave."""
    notes: tuple[str, ...] = ()
    """What a person should know about this run: a role that was left on a shared server, say."""
    answers: Mapping[str, Answer] = field(default_factory=dict, repr=False)
    """What each query of a guideline returned when all migrations had run."""
    consumers: tuple[Served, ...] = field(default=(), repr=False)
    """How the statements of downstream code fared."""

    trouble: Trouble | None = None
    """What the suite itself failed with when all had run: nothing can be told of the schema as a whole."""

    def of(self, path: str) -> FileEvidence | None:
        """How a migration or a base schema fared; None where there is no such file."""
        return self.bases[path][0] if path in self.bases else self.files.get(path)


@dataclass(frozen=True)
class End:
    """What was seen when every migration had run."""

    server: ServerInfo
    schema: Schema
    late: Mapping[str, bool] = field(default_factory=dict)
    """By its path, whether a file that failed applies then."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """To each query."""
    consumers: tuple[Prepared, ...] = ()
    """What each statement of downstream code is then."""
    notes: tuple[str, ...] = ()
    """What a person should know about the run."""
    trouble: Trouble | None = None
    """What the suite itself failed with there."""


@dataclass(frozen=True)
class Observed:
    """What was seen of a history, or of a part of it: of each file by itself, and of all together."""

    files: Mapping[str, FileEvidence] = field(default_factory=dict)
    """In their order; none knows yet which other is to blame for it."""
    bases: Mapping[str, tuple[FileEvidence, Schema]] = field(default_factory=dict)
    """For each base schema: how it loaded into an empty database, and what that gave."""
    end: End | None = None
    """None: not all have run."""
