"""The registry of checks: one module each in this package, registered under the id of their guideline.

A check is a function from a Case to findings. It raises nothing on purpose but NotJudgedError; whatever else it raises
is a crash, and a crash is an error.
"""

from __future__ import annotations

import datetime
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.model import (
    CATALOGS,
    BaselineEntry,
    Edit,
    Evidence,
    FileEvidence,
    Finding,
    Follows,
    Guideline,
    Included,
    Migration,
    Position,
    Repository,
    SqlError,
    Statement,
    Tool,
    Trace,
    Trial,
)

if TYPE_CHECKING:
    from importlib import metadata

Options = TypeVar("Options")
_Value = TypeVar("_Value")


class Scope(Enum):
    """What a check judges, and so what its Case holds."""

    FILE = "one migration, its text alone"
    FILES = "one migration among all files"
    REPLAY = "one migration and what the replay saw of it"
    CONSUMERS = "one migration, or one file of what downstream code sends, and what the replay saw of both"
    BASE = "one base schema and the replayed schema"
    SCHEMA = "one requirement on the replayed schema"
    BASELINE = "the entries that a baseline has for one file"

    @property
    def live(self) -> bool:
        """The check needs a server."""
        return self in (Scope.REPLAY, Scope.CONSUMERS, Scope.BASE, Scope.SCHEMA)  # a set would hash each time


class Case(NamedTuple, Generic[Options]):
    """What a check gets: one guideline, one subject, and what its scope needs of the rest."""

    guideline: Guideline
    options: Options
    subject: str
    """The path of a file, or the name of a requirement (`company.master`)."""
    migration: Migration
    """The file; for Scope.SCHEMA there is none, and an empty one stands here."""
    all_files: Repository | None = None
    """All files; None for Scope.FILE. Read it through `repository`."""
    evidence: Evidence | None = None
    """The evidence of the replay; None where the scope is not live. Read it through `replay`."""
    guide: Mapping[str, Guideline] = MappingProxyType({})
    """Every guideline of the repository by its id and by its code, those of level `off` too."""
    others: Mapping[str, tuple[Finding, ...] | None] = MappingProxyType({})
    """The findings in this file of the guidelines that `Check.others` names, by id; None: one cannot be judged."""
    baseline: str = ""
    """The path of the baseline; for Scope.BASELINE."""
    known: tuple[BaselineEntry, ...] = ()
    """The entries of the baseline for this file."""

    @property
    def repository(self) -> Repository:
        """All files. For every scope but FILE."""
        assert self.all_files is not None, f"{self.guideline.id} declares too small a scope"
        return self.all_files

    @property
    def replay(self) -> Evidence:
        """The evidence of the replay. For live scopes."""
        assert self.evidence is not None, f"{self.guideline.id} declares too small a scope"
        return self.evidence

    def finding(
        self,
        at: Position,
        message: str,
        *,
        instead: str | None = None,
        details: str = "",
        file: str = "",
        fix: Iterable[Edit] = (),
        cause: str = "",
        follows: Follows | None = None,
        **names: str,
    ) -> Finding:
        """A finding at a position in the file, or in `file`; `names` fill the `{name}`s of `instead`.

        `cause` is one of the guideline's: its level, why and instead take the place of the guideline's. The YAML file
        of a team may lack it. `follows` names the guideline that finds the same cause.
        """
        reason = self.guideline.causes.get(cause)
        template = reason.instead if reason else self.guideline.instead
        edits = tuple(fix)
        if self.migration.problem and any(edit.end - edit.start < len(self.migration.source.text) for edit in edits):
            edits = ()  # the text was decoded with losses: writing it back would change the rest of the file
        if not self.migration.exact:
            edits = ()  # the tool made this SQL: its offsets are not those of the file
        if isinstance(at, Included):
            message = f"in {at.inside}: {message}"
        return Finding(
            guideline=self.guideline.id,
            code=self.guideline.code,
            level=self.guideline.level_of(reason),
            file=file or self.migration.path or self.guideline.path,
            line=at.line,
            column=at.column,
            message=message,
            instead=fill(template, names) if instead is None else instead,
            details=details,
            fix=edits,
            why=reason.why if reason else "",
            follows=follows,
        )

    def __repr__(self) -> str:
        """Short: pytest shows the arguments of whatever crashes."""
        return f"<{self.guideline.id} of {self.subject}>"

    def insert(self, at: int, text: str) -> Edit:
        """An edit that inserts text at an offset (characters), with the line ends of the file."""
        return Edit(at, at, text.replace("\n", self.migration.source.newline))


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
    """It needs text: a binary file is not judged."""
    needs: frozenset[Trial] = frozenset()
    """The trials that it needs of each file."""
    others: Callable[[Migration], Iterable[str]] | None = None
    """The guidelines, by id or code, whose findings in a file it reads; None: it reads none."""
    by_text: Function | None = None
    """The part of the check that needs the text alone; None: there is none."""
    about: Callable[[Repository], object] = lambda _: True
    """What of a repository it judges; where that is empty, the guideline is left out."""
    needless: Callable[[Tool], str] = lambda _: ""
    """Why the guideline is not needed for the files of a tool, in words; empty where it is needed."""


@dataclass(frozen=True)
class NoOptions:
    """The options of a check that has none."""


_registered: dict[str, Check] = {}
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_PLACEHOLDERS = {"", "todo", "tbd", "fixme", "xxx", "n/a", "na", "none", "reason", "the reason", "why", "because"}
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
    needless: Callable[[Tool], str] = lambda _: "",
) -> Callable[[Function], Function]:
    """Register a function as the check of a guideline. The arguments are the fields of `Check`.

    Raises ValueError where the guideline has a check already.
    """

    def register(function: Function) -> Function:
        if guideline in _registered:
            raise _TakenError(f"two checks for one guideline: {guideline}", guideline)
        text = function if scope is Scope.FILE else by_text
        _registered[guideline] = Check(
            guideline, scope, options, subjects, function, reads_text, frozenset(needs), others, text, about, needless
        )
        return function

    return register


def checks() -> Mapping[str, Check]:
    """Every check of this package and of other packages, by the id of its guideline.

    The module of a check is imported when somebody asks for it. Other packages name modules under the entry point group
    `pytest_ctb.checks`; importing one registers its checks. They are looked for when a check is asked for that this
    package does not have, and when all are. Raises ConfigError where one of them cannot be imported, or its guideline
    has a check already.
    """
    return _OnRequest(_check)


def options_by_check() -> Mapping[str, type]:
    """The class of the options of each check, by the id of its guideline; imports and raises as `checks` does."""
    return _OnRequest(lambda guideline: _check(guideline).options)


class _OnRequest(Mapping[str, _Value]):
    """What is known of each check, by the id of its guideline; `value` raises KeyError where there is none."""

    def __init__(self, value: Callable[[str], _Value]) -> None:
        self._value = value

    def __getitem__(self, guideline: str) -> _Value:
        return self._value(guideline)

    def __iter__(self) -> Iterator[str]:
        _import_others()
        return iter(list(_registered))

    def __len__(self) -> int:
        _import_others()
        return len(_registered)


def _check(guideline: str) -> Check:
    if guideline not in _registered and (module := _modules().get(guideline)):
        import_module(module)
    if guideline not in _registered:
        _import_others()
    return _registered[guideline]


@cache
def _modules() -> Mapping[str, str]:
    """The modules of this package's checks by the ids of their guidelines."""
    packages = [package.name for package in pkgutil.iter_modules(__path__) if package.ispkg]
    folders = [folder for package in packages for folder in import_module(f"{__name__}.{package}").__path__]
    modules = [
        (module.name, f"{__name__}.{package}.{module.name}")
        for package, folder in zip(packages, folders, strict=True)
        for module in pkgutil.iter_modules([folder])
    ]
    return {name.replace("_", "-"): module for name, module in modules if not name.startswith("_")}


@cache
def _import_others() -> None:
    """Import all checks of this package, and then those of other packages."""
    for module in _modules().values():
        import_module(module)
    from importlib import metadata  # noqa: PLC0415  # with a package for e-mail: most runs ask for no other checks

    for distribution in metadata.distributions():
        # `metadata.entry_points` would parse those of all distributions, for 15 ms.
        if _GROUP in (distribution.read_text("entry_points.txt") or ""):
            for entry_point in distribution.entry_points.select(group=_GROUP):
                _import_other(entry_point)


def _import_other(entry_point: metadata.EntryPoint) -> None:
    try:
        entry_point.load()
    except Exception as error:
        whose = f"of {entry_point.dist.name} " if entry_point.dist else ""
        message = error.args[0] if isinstance(error, _TakenError) else f"{type(error).__name__}: {error}"
        raise ConfigError(
            f"the checks {whose}cannot be used (entry point {entry_point.name} = {entry_point.value}): {message}"
        ) from error


class _TakenError(ValueError):
    """A guideline has a check already."""


def runs_once(tool: Tool) -> str:
    """Why running a file twice is no question: the tool never does it. Empty where it may happen."""
    return f"{tool.applier} runs no file twice" if tool.runs_once else ""


def fill(template: str, names: Mapping[str, str]) -> str:
    """Fill the `{name}`s of a template; a name that is not in `names` stays as it is."""
    return re.sub(r"\{(\w+)\}", lambda match: names.get(match[1], match[0]), template)


def says_nothing(text: str) -> bool:
    """Whether a reason or a description is none: empty, only dots, or a word that stands for what is to be written."""
    return _EDGES.sub("", text).casefold() in _PLACEHOLDERS


def is_to_come(date: datetime.date, of_file: datetime.date | None) -> bool:
    """Whether a day lies in the future, wherever on earth the file was written; never on the day of the file itself."""
    tomorrow = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=1)
    return date > max(tomorrow, of_file or tomorrow)


def unapplied(replay: Evidence) -> str:
    """A phrase with the files that did not apply, those that failed by themselves first; empty where all applied."""
    failed = [path for path, file in replay.files.items() if not file.applied]
    failed_themselves = [path for path in failed if not replay.files[path].culprit]
    if not failed:
        return ""
    others = len(failed) - len(failed_themselves[:3])
    return ", ".join(failed_themselves[:3]) + (f" and {others} more" if others else "") + " did not apply"


def first_of(names: Sequence[object], most: int = 3) -> str:
    """The first names in words, with the number of the others: `a, b, c and 2 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + more


def applied(case: Case[Any]) -> FileEvidence:
    """The evidence of a file that applied. Raises NotJudgedError where it did not."""
    file = case.replay.files[case.subject]
    if not file.applied:
        raise NotJudgedError("the file did not apply (see `replay`)")
    return file


def lasting_traces(file: FileEvidence) -> tuple[Trace, ...]:
    """The traces of a file, from its replay and from the trial on rows, without those that it rolled back itself."""
    traces = (*file.traces, *(file.on_rows.traces if file.on_rows else ()))
    return tuple(trace for trace in traces if not trace.undone)


def unobserved_reason(case: Case[Any]) -> str:
    """Why the replay could not observe all effects of a file; empty where it could, or the file did not apply."""
    if case.migration.not_sql:
        what = "; ".join(f"line {problem.position.line}: {problem.message}" for problem in case.migration.not_sql)
        return f"{what}: not SQL, so its effects were not observed"
    file = case.evidence.files.get(case.subject) if case.evidence else None
    unobserved_lines = (
        [trace.line for trace in file.traces if CATALOGS in trace.unknown] if file and file.applied else []
    )
    if not unobserved_lines:
        return ""
    what = "it writes rows of Postgres's own catalogs; what that does to tables and columns cannot be seen"
    return f"line {unobserved_lines[0]}: {what}. Use the command that is made for it, such as ALTER TABLE"


def of_statement(guideline: str, migration: Migration, line: int) -> Follows:
    """The finding of another guideline in the statement on a line."""
    for statement in migration.statements:
        if statement.position.line <= line <= statement.last_line:
            return Follows(guideline, (statement.position.line, statement.last_line))
    return Follows(guideline, (line, line))


def error_line(error: SqlError) -> str:
    """An error of the server in one line, with its SQLSTATE."""
    return f"{error.message} (SQLSTATE {error.sqlstate})" if error.sqlstate else error.message


def error_details(error: SqlError) -> list[str]:
    """The detail, hint and context of an error of the server, one line each."""
    parts = [("DETAIL", error.detail), ("HINT", error.hint), ("CONTEXT", error.context)]
    return [f"{label}: {text}" for label, text in parts if text]


def readable_statements(migration: Migration) -> Iterator[Statement]:
    """The statements of a file that the parser could read, each followed by those inside it (DO, functions).

    Raises NotJudgedError after the last of them where the file has others; findings that a check gave before count.
    """
    statements = [inner for statement in migration.statements for inner in statement.walk()]
    yield from (statement for statement in statements if statement.tag)
    for statement in statements:
        if problem := statement.problem:
            raise NotJudgedError(f"line {problem.position.line} cannot be read: {problem.message}")
        if statement.unread:
            line = statement.position.line
            raise NotJudgedError(f"the body of the statement on line {line} cannot be read: {statement.unread}")
