"""Guidelines times evidence: which questions a repository is asked, and the findings that answer each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pytest_ctb import guidelines as guideline_files
from pytest_ctb import repository as repositories
from pytest_ctb.checks import Case, Check, Function, Scope, checks
from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.migrations import parse_migration
from pytest_ctb.model import Experiment, Finding, Guideline, Level, Migration, Replay, Repository

_NO_FILE = parse_migration(b"", "")


@dataclass(frozen=True, eq=False)
class Question:
    """One guideline put to one subject; as a test its id is `file::name`."""

    guideline: Guideline
    check: Check
    file: str
    """What the test is listed under: a migration, a base schema, or the guideline's own file."""
    name: str
    subject: str
    """The path of a file, or the name of a requirement (`company.master`)."""
    repository: Repository

    @property
    def live(self) -> bool:
        """It takes a server to answer it."""
        return self.check.scope.live


@dataclass(frozen=True, eq=False)
class Suite:
    """All that is asked of one repository, by the file that each question is listed under."""

    repository: Repository
    guidelines: tuple[Guideline, ...]
    questions: Mapping[str, tuple[Question, ...]]

    @property
    def experiments(self) -> frozenset[Experiment]:
        """What has to be tried with each file to answer them."""
        asked = [one.check.needs for questions in self.questions.values() for one in questions]
        return frozenset[Experiment]().union(*asked)


def load(root: Path, folders: Sequence[Path], bases: Sequence[Path], rules: Path) -> Suite:
    """Read a repository and its guidelines. Raises ConfigError where one is wrong, or there is nothing to ask."""
    registered = checks()
    found = guideline_files.load(root, rules, {name: one.options for name, one in registered.items()})
    on = tuple(one for one in found if one.level is not Level.OFF)
    if not on:
        raise ConfigError(f"nothing to check: every guideline in {rules} has the level `off`")
    repository = repositories.load(root, folders, bases)
    asked: dict[str, list[Question]] = {}
    for question in _questions(repository, on, registered, packaged=rules == guideline_files.packaged()):
        asked.setdefault(question.file, []).append(question)
    return Suite(repository, on, {file: tuple(questions) for file, questions in asked.items()})


def _questions(
    repository: Repository, guidelines: Iterable[Guideline], registered: Mapping[str, Check], *, packaged: bool
) -> Iterator[Question]:
    for guideline in guidelines:
        check = registered[guideline.id]
        if check.scope is Scope.SCHEMA:
            file = f"rules/{guideline.id}.yml" if packaged else guideline.path
            for subject in check.subjects(guideline.options):
                yield Question(guideline, check, file, subject, subject, repository)
        else:
            for one in repository.bases if check.scope is Scope.BASE else repository.migrations:
                yield Question(guideline, check, one.path, guideline.id, one.path, repository)


def answer(question: Question, evidence: Callable[[], Replay]) -> tuple[Finding, ...]:
    """The findings, each with its status. `evidence` is called for a live question alone.

    Raises NotJudgedError where the guideline cannot be judged here, and whatever a broken check raises.
    """
    scope = question.check.scope
    migration = question.repository.by_path.get(question.subject, _NO_FILE)
    if migration.binary and question.check.reads_text:
        raise NotJudgedError("the file is not text: it holds a NUL byte")
    case = Case(
        guideline=question.guideline,
        options=question.guideline.options,
        subject=question.subject,
        migration=migration,
        _repository=None if scope is Scope.FILE else question.repository,
        _replay=evidence() if scope.live else None,
    )
    return _findings(question.check.function, case, question.repository.by_path)


def by_text(guideline: Guideline, migration: Migration) -> tuple[Finding, ...]:
    """What the guideline says of a file by its text alone, each finding with its status; nothing where it needs more.

    Raises NotJudgedError where the text cannot be judged, and whatever a broken check raises.
    """
    check = checks()[guideline.id]
    if check.by_text is None:
        return ()
    if migration.binary and check.reads_text:
        raise NotJudgedError("the file is not text: it holds a NUL byte")
    case = Case(guideline, guideline.options, migration.path, migration)
    return _findings(check.by_text, case, {})


def _findings(function: Function, case: Case[Any], files: Mapping[str, Migration]) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    try:
        for one in function(case):
            findings.append(_allowed(one, files.get(one.file, case.migration)))  # noqa: PERF401  # what came before an error is kept
    except NotJudgedError:
        # What was found before the check came to where it could not go on is a finding all the same.
        if not findings:
            raise
    return tuple(sorted(findings, key=lambda one: (one.line, one.column)))


def _allowed(finding: Finding, migration: Migration) -> Finding:
    for one in migration.allows:
        named = one.guideline in {finding.guideline, finding.code}
        if named and one.reason and one.first_line <= finding.line <= one.last_line:
            return replace(finding, status="allowed", reason=one.reason)
    return finding
