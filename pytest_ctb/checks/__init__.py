"""The checks: one module each, found by walking this package, registered under the id of their guideline.

A check is a function from a Case to findings. It raises nothing on purpose but NotJudgedError; whatever else it raises
is a crash, and a crash is an error.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import import_module, metadata
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.model import (
    CATALOGS,
    BaselineEntry,
    Edit,
    Evidence,
    FileEvidence,
    Finding,
    Guideline,
    Included,
    Migration,
    Position,
    Repository,
    SqlError,
    Statement,
    Trace,
    Trial,
)

Options = TypeVar("Options")


class Scope(Enum):
    """What a check is about, and so what it is given."""

    FILE = "one migration, its text alone"
    FILES = "one migration among all files"
    REPLAY = "one migration and what the replay saw of it"
    CONSUMERS = "one migration, or one file of what downstream code sends, and what the replay saw of both"
    BASE = "one base schema and the replayed schema"
    SCHEMA = "one requirement on the replayed schema"
    BASELINE = "the entries that a baseline has for one file"

    @property
    def live(self) -> bool:
        """It needs a server."""
        return self in (Scope.REPLAY, Scope.CONSUMERS, Scope.BASE, Scope.SCHEMA)  # a set would hash each time


class Case(NamedTuple, Generic[Options]):
    """One guideline put to one subject."""

    guideline: Guideline
    options: Options
    subject: str
    """The path of a file, or the name of a requirement (`company.master`)."""
    migration: Migration
    """The file; for Scope.SCHEMA there is none, and an empty one stands here."""
    every_file: Repository | None = None
    """What `repository` gives."""
    watched: Evidence | None = None
    """What `replay` gives."""
    guide: Mapping[str, Guideline] = MappingProxyType({})
    """Every guideline of the repository by its id and by its code, those of level `off` too."""
    others: Mapping[str, tuple[Finding, ...] | None] = MappingProxyType({})
    """What the guidelines that it is about find in this file, by their ids; None where one cannot be judged."""
    baseline: str = ""
    """The path of the baseline; for Scope.BASELINE."""
    known: tuple[BaselineEntry, ...] = ()
    """What it knows of this file."""

    @property
    def repository(self) -> Repository:
        """All files. For every scope but FILE."""
        assert self.every_file is not None, f"{self.guideline.id} declares too small a scope"
        return self.every_file

    @property
    def replay(self) -> Evidence:
        """What the server was seen to do. For live scopes."""
        assert self.watched is not None, f"{self.guideline.id} declares too small a scope"
        return self.watched

    def finding(
        self,
        at: Position,
        message: str,
        *,
        instead: str | None = None,
        details: str = "",
        file: str = "",
        fix: Iterable[Edit] = (),
        **names: str,
    ) -> Finding:
        """A finding at a place of the file, or of another; `names` fill the `{name}`s of the guideline's `instead`."""
        edits = tuple(fix)
        if self.migration.problem and any(edit.end - edit.start < len(self.migration.source.text) for edit in edits):
            edits = ()  # the text is not what the file holds: what is left of it would be written back changed
        if not self.migration.exact:
            edits = ()  # an offset of a statement is none of the file's
        if isinstance(at, Included):
            message = f"in {at.inside}: {message}"
        return Finding(
            guideline=self.guideline.id,
            code=self.guideline.code,
            level=self.guideline.level,
            file=file or self.migration.path or self.guideline.path,
            line=at.line,
            column=at.column,
            message=message,
            instead=fill(self.guideline.instead, names) if instead is None else instead,
            details=details,
            fix=edits,
        )

    def __repr__(self) -> str:
        """Short: pytest shows the arguments of whatever crashes."""
        return f"<{self.guideline.id} of {self.subject}>"

    def insert(self, at: int, text: str) -> Edit:
        """An edit that puts text in at an offset (characters), its lines ended as those of the file are."""
        return Edit(at, at, text.replace("\n", "\r\n") if "\r\n" in self.migration.source.text else text)


Function = Callable[[Case[Any]], Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """One registered check."""

    id: str
    scope: Scope
    options: type
    subjects: Callable[[Any], Iterable[str]]
    """For Scope.SCHEMA: the requirements that the options name, each a test of its own."""
    function: Function
    reads_text: bool = True
    """It cannot judge a file that is none."""
    needs: frozenset[Trial] = frozenset()
    """What is to be tried with each file before it can judge."""
    others: Callable[[Migration], Iterable[str]] | None = None
    """The guidelines, by id or code, whose findings in a file it looks at; None: at none."""
    by_text: Function | None = None
    """What it can say of a file without anything else; None: nothing."""
    about: Callable[[Repository], object] = lambda _: True
    """What it is about; a repository that has none of it is not asked."""


@dataclass(frozen=True)
class NoOptions:
    """For checks that have nothing to choose."""


_registered: dict[str, Check] = {}
_GROUP = "pytest_ctb.checks"


def check(
    guideline: str,
    scope: Scope = Scope.FILE,
    options: type = NoOptions,
    subjects: Callable[[Any], Iterable[str]] = lambda _: (),
    reads_text: bool = True,
    needs: Iterable[Trial] = (),
    others: Callable[[Migration], Iterable[str]] | None = None,
    by_text: Function | None = None,
    about: Callable[[Repository], object] = lambda _: True,
) -> Callable[[Function], Function]:
    """Register a function as the check of a guideline; `by_text`: the part of a live one that a file alone can answer.

    `about` gives what of a repository it is about, where that may be nothing.
    Raises ValueError where that guideline has a check.
    """

    def register(function: Function) -> Function:
        if guideline in _registered:
            raise _TakenError(f"two checks for one guideline: {guideline}", guideline)
        text = function if scope is Scope.FILE else by_text
        _registered[guideline] = Check(
            guideline, scope, options, subjects, function, reads_text, frozenset(needs), others, text, about
        )
        return function

    return register


@cache
def checks() -> Mapping[str, Check]:
    """Every check of this package and of those that offer some, by the id of its guideline.

    Others offer modules under the entry point group `pytest_ctb.checks`; importing one registers what it holds. Raises
    ConfigError where one cannot be imported, or checks a guideline that has a check.
    """
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        import_module(module.name)
    for offered in _offered():
        try:
            offered.load()
        except Exception as error:
            whose = f"of {offered.dist.name} " if offered.dist else ""
            message = error.args[0] if isinstance(error, _TakenError) else f"{type(error).__name__}: {error}"
            raise ConfigError(
                f"the checks {whose}cannot be used (entry point {offered.name} = {offered.value}): {message}"
            ) from error
    return dict(_registered)


def _offered() -> Iterator[metadata.EntryPoint]:
    """The entry points of our group. `entry_points` parses those of every distribution first, which takes 15 ms."""
    for distribution in metadata.distributions():
        if _GROUP in (distribution.read_text("entry_points.txt") or ""):
            yield from distribution.entry_points.select(group=_GROUP)


class _TakenError(ValueError):
    """A guideline has a check already."""


def fill(template: str, names: Mapping[str, str]) -> str:
    """Put names into the `{name}`s of a template; braces that hold no known name stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda match: names.get(match[1], match[0]), template)


def unapplied(replay: Evidence) -> str:
    """Which files did not apply, in words, those that are to blame first; empty where all did."""
    failed = [path for path, file in replay.files.items() if not file.applied]
    to_blame = [path for path in failed if not replay.files[path].culprit]
    if not failed:
        return ""
    others = len(failed) - len(to_blame[:3])
    return ", ".join(to_blame[:3]) + (f" and {others} more" if others else "") + " did not apply"


def applied(case: Case[Any]) -> FileEvidence:
    """What the replay saw of a file that applied. Raises NotJudgedError where it did not, or nothing could be seen."""
    file = case.replay.files[case.subject]
    if not file.applied:
        raise NotJudgedError("the file did not apply (see `replay`)")
    return file


def seen(file: FileEvidence) -> tuple[Trace, ...]:
    """Every trace of a file, as it was applied and on tables that hold rows, but for what it took back itself."""
    traces = (*file.traces, *(file.on_rows.traces if file.on_rows else ()))
    return tuple(trace for trace in traces if not trace.undone)


def unseen(case: Case[Any]) -> str:
    """Why nobody can have seen all that a file did; empty where everything was seen, or it did not apply."""
    file = case.watched.files.get(case.subject) if case.watched else None
    lines = [trace.line for trace in file.traces if CATALOGS in trace.unknown] if file and file.applied else []
    if not lines:
        return ""
    what = "it writes rows of Postgres's own catalogs; what that does to tables and columns is told to nobody"
    return f"line {lines[0]}: {what}. Say it by the command that is for it, as ALTER TABLE"


def worded(error: SqlError) -> str:
    """An error in one line."""
    return f"{error.message} (SQLSTATE {error.sqlstate})" if error.sqlstate else error.message


def details(error: SqlError) -> list[str]:
    """What the server added to an error, a line each."""
    parts = [("DETAIL", error.detail), ("HINT", error.hint), ("CONTEXT", error.context)]
    return [f"{label}: {text}" for label, text in parts if text]


def own_statements(migration: Migration) -> Iterator[Statement]:
    """The statements of a file that can be read, each followed by those inside it.

    Raises NotJudgedError behind the last of them where there are others: what a check found by then stays found.
    """
    statements = [inner for statement in migration.statements for inner in statement.walk()]
    yield from (statement for statement in statements if statement.tag)
    for statement in statements:
        if problem := statement.problem:
            raise NotJudgedError(f"line {problem.position.line} cannot be read: {problem.message}")
        if statement.unread:
            line = statement.position.line
            raise NotJudgedError(f"the body of the statement on line {line} cannot be read: {statement.unread}")
