"""Guidelines times evidence: which questions a repository is asked, and the findings that answer each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from pytest_ctb.checks import Case, Check, Function, Scope, checks, unseen
from pytest_ctb.errors import ConfigError, NotJudgedError, trial_error
from pytest_ctb.guide import guideline_files
from pytest_ctb.guide.declarative import check_of
from pytest_ctb.model import (
    Baseline,
    ContractFolder,
    Evidence,
    Finding,
    Guideline,
    Level,
    Migration,
    Repository,
    Trial,
    Trouble,
)
from pytest_ctb.model.shares import shared
from pytest_ctb.model.visible import on_a_line
from pytest_ctb.repository import baseline as baselines
from pytest_ctb.repository import folders as repositories
from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.repository.paths import relative

Told = Mapping[str, Mapping[str, tuple[Finding, ...]]]
_NO_FILE = parse_migration(b"", "")
_NO_GUIDE: Mapping[str, Guideline] = MappingProxyType({})


def listing(file: str) -> str:
    """What pytest calls a file, and shows of it: its path, without what would steer a terminal."""
    return on_a_line(f"{file}::").removesuffix("::")


class Question(NamedTuple):
    """One guideline put to one subject."""

    guideline: Guideline
    check: Check
    file: str
    """What the test is listed under: a migration, a base schema, or the guideline's own file."""
    name: str
    subject: str
    """The path of a file, or the name of a requirement (`company.master`)."""
    repository: Repository
    guide: Mapping[str, Guideline]
    """Every guideline by its id and by its code, those of level `off` too."""
    baseline: Baseline
    others: tuple[Question, ...] = ()
    """The questions whose findings this one is about."""

    @property
    def live(self) -> bool:
        """It takes a server to answer it."""
        return self.check.scope.live or (bool(self.others) and any(one.live for one in self.others))

    @property
    def packaged(self) -> bool:
        """No check of another package takes part in the answer."""
        return all(one.check.function.__module__.startswith("pytest_ctb.") for one in (self, *self.others))

    @property
    def id(self) -> str:
        """What it is called as a test."""
        return f"{listing(self.file)}::{on_a_line(self.name)}"

    def __repr__(self) -> str:
        """Short: pytest shows the arguments of whatever crashes, and this one knows a thousand files."""
        return f"<{self.id}>"


@dataclass(frozen=True, eq=False)
class Suite:
    """All that is asked of one repository, by the file that each question is listed under."""

    repository: Repository
    guidelines: tuple[Guideline, ...]
    baseline: Baseline
    questions: Mapping[str, tuple[Question, ...]]
    told: Told = field(default_factory=dict)
    """What was answered as the files were read, and is no question any more: by path, then by guideline."""

    def only(self, paths: Collection[str]) -> Suite:
        """The same without the questions about other migrations; those about the schema as a whole stay."""
        own = self.repository.migrations
        left = {one.path for one in own if one.path not in paths and not (one.down and one.down.path in paths)}
        return replace(self, questions={file: asked for file, asked in self.questions.items() if file not in left})

    @property
    def trials(self) -> frozenset[Trial]:
        """What has to be tried with each file to answer them."""
        asked = [one.check.needs for questions in self.questions.values() for one in questions]
        return frozenset[Trial]().union(*asked)

    @property
    def queries(self) -> tuple[str, ...]:
        """What has to be asked of the replayed database to answer them."""
        return tuple(dict.fromkeys(one.query for one in self.guidelines if one.query))


def load(
    root: Path,
    folders: Sequence[Path],
    bases: Sequence[Path],
    rules: Path,
    baseline: Path | None = None,
    variables: Mapping[str, str] | None = None,
    *,
    layout: str = "ctb",
    consumers: Sequence[Path] = (),
    contracts: ContractFolder | None = None,
    processes: int = 1,
    telling: bool = False,
) -> Suite:
    """Read a repository, laid out as `layout` says, its guidelines, what is known of it, and what others send to it.

    Its contracts are read already. Up to so many `processes` read the migrations. With `telling`, for one who asks no
    server, they answer at once what the text of a migration can answer.

    Raises ConfigError where one of them is wrong, or there is nothing to ask.
    """
    registered = checks()
    found = guideline_files.load(root, rules, {name: one.options for name, one in registered.items()})
    on = tuple(one for one in found if one.level is not Level.OFF)
    if not on:
        raise ConfigError(f"nothing to check: every guideline in {rules} has the level `off`")
    known = baselines.load(root, baseline) if baseline else Baseline("")
    guide = {name: one for one in found for name in (one.id, one.code)}
    alone = tuple(one for one in on if telling and _is_told_alone(check_of(one)))
    told: dict[str, Mapping[str, tuple[Finding, ...]]] = {}

    def each(reader: Callable[[Path], Migration], paths: Sequence[Path]) -> Iterator[Migration]:
        def one(path: Path) -> tuple[Migration, Mapping[str, tuple[Finding, ...]]]:
            migration = reader(path)
            return migration, dict(_told(migration, alone, guide, known))

        for migration, answers in shared(one, paths, processes):
            told[migration.path] = answers
            yield migration

    read = repositories.load(root, folders, bases, layout, variables, consumers, each)
    repository = replace(read, contracts=contracts)
    on = tuple(one for one in on if check_of(one).about(repository))
    if not on:
        raise ConfigError(f"nothing to check: every guideline in {rules} is about what this repository does not have")
    asked: dict[str, list[Question]] = {}
    for question in _questions(repository, guide, known, rules, told):
        asked.setdefault(question.file, []).append(question)
    return Suite(repository, on, known, {file: tuple(questions) for file, questions in asked.items()}, told)


def _is_told_alone(check: Check) -> bool:
    """Whatever else is in the repository, what it finds in a file by its text is the same, if that is anything."""
    return not check.others and (check.by_text is not None or check.scope in (Scope.REPLAY, Scope.CONSUMERS))


def _told(
    migration: Migration, guidelines: Iterable[Guideline], guide: Mapping[str, Guideline], known: Baseline
) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    """What the guidelines say of a file by its text alone; nothing of one that cannot be judged, or whose check breaks.

    Who asks that one again learns why.
    """
    for one in guidelines:
        try:
            found = by_text(one, migration, known, guide)
        except Exception:  # noqa: BLE001, S112  # whatever breaks, breaks again where it is told
            continue
        yield one.id, found


def answer_by_text(question: Question) -> tuple[Finding, ...]:
    """The findings, as `answer` has them, as far as no server is needed for them. Raises as `answer` does."""
    if question.live:
        return by_text(question.guideline, question.repository.by_path[question.subject], question.baseline)
    return answer(question, _no_evidence)


def _no_evidence() -> Evidence:
    raise AssertionError("no question that needs a server is asked here")


def _questions(
    repository: Repository, guide: Mapping[str, Guideline], known: Baseline, rules: Path, told: Told
) -> Iterator[Question]:
    on = {one.id: one for one in guide.values() if one.level is not Level.OFF and check_of(one).about(repository)}

    @cache
    def every(name: str) -> tuple[Question, ...]:
        guideline = on[name]
        subjects = _subjects(repository, guideline, known, rules)
        return tuple(Question(guideline, check_of(guideline), *one, repository, guide, known) for one in subjects)

    for name, guideline in on.items():
        check = check_of(guideline)
        if check.others or check.scope is Scope.BASELINE:
            for question in every(name):
                others = tuple(_others(question, lambda other: every(other) if other in on else ()))
                yield question._replace(others=others) if others else question
        elif not told or any(name not in answers for answers in told.values()):
            yield from (one for one in every(name) if name not in told.get(one.file, ()))


def _subjects(
    repository: Repository, guideline: Guideline, known: Baseline, rules: Path
) -> Iterator[tuple[str, str, str]]:
    """What a guideline is put to, each with the file and the name of its test."""
    check = check_of(guideline)
    if check.scope is Scope.SCHEMA:
        file = _listed(repository, guideline, rules)
        yield from ((file, subject, subject) for subject in check.subjects(guideline.options))
    elif check.scope is Scope.CONSUMERS:
        files = (*repository.migrations, *repository.consuming) if repository.consuming else ()
        yield from ((one.path, guideline.id, one.path) for one in files)
    elif check.scope is Scope.BASELINE:
        yield from ((known.path, file, file) for file in known.files)
    else:
        for one in repository.bases if check.scope is Scope.BASE else repository.migrations:
            yield one.path, guideline.id, one.path


def _others(question: Question, every: Callable[[str], Iterable[Question]]) -> Iterator[Question]:
    """Those about the same file; and those about the schema, whose findings may stand in any file."""
    names: Iterable[str] = ()
    if question.check.scope is Scope.BASELINE:
        names = (one.guideline for one in question.baseline.files[question.subject])
    elif question.check.others:
        names = question.check.others(question.repository.by_path.get(question.subject, _NO_FILE))
    for name in dict.fromkeys(names):
        named = question.guide.get(name)
        for one in every(named.id) if named and named != question.guideline else ():
            if one.subject == question.subject or one.check.scope is Scope.SCHEMA:
                yield one


def _listed(repository: Repository, guideline: Guideline, rules: Path) -> str:
    """Where the tests of a guideline about the whole schema are listed: its file, also where that only could be."""
    named = rules.is_relative_to(guideline_files.packaged())
    folder = repository.root / "rules" if named else rules
    home = relative(repository.root, folder)
    own = guideline.path.removeprefix(f"{home}/")
    return guideline.path if own == f"{guideline.id}.yaml" else f"{home}/{guideline.id}.yml"


def answer(question: Question, evidence: Callable[[], Evidence]) -> tuple[Finding, ...]:
    """The findings, each with its status. `evidence` is called for a live question alone.

    Raises NotJudgedError where the guideline cannot be judged here, TrialError where the suite failed at this file, and
    whatever a broken check raises.
    """
    scope = question.check.scope
    watched = evidence() if scope.live else None
    if watched and (trouble := _trouble(watched, question)):
        raise trial_error(question.file, trouble.line, trouble.trial, trouble.message)
    migration = question.repository.by_path.get(question.subject, _NO_FILE)
    if migration.binary and question.check.reads_text:
        raise NotJudgedError(_not_text(migration))
    case = Case(
        guideline=question.guideline,
        options=question.guideline.options,
        subject=question.subject,
        migration=migration,
        every_file=None if scope is Scope.FILE else question.repository,
        watched=watched,
        guide=question.guide,
        others=_found_by(question.others, question.subject, evidence),
        baseline=question.baseline.path,
        known=question.baseline.files.get(question.subject, ()),
    )
    found = _findings(question.check.function, case, question.repository.by_path)
    # That it applies, and with which error it does not, was seen whatever it did.
    if not found and scope is Scope.REPLAY and question.check.id != "replay" and (why := unseen(case)):
        raise NotJudgedError(why)
    return _but_known(found, question.repository.by_path, question.baseline)


def _trouble(watched: Evidence, question: Question) -> Trouble | None:
    """What the suite failed with where this question would have its answer."""
    fared = watched.of(question.subject)
    whole = question.check.scope in (Scope.BASE, Scope.SCHEMA)
    return (fared.trouble if fared else None) or (watched.trouble if whole else None)


def _found_by(
    questions: Iterable[Question], path: str, evidence: Callable[[], Evidence]
) -> Mapping[str, tuple[Finding, ...] | None]:
    found: dict[str, tuple[Finding, ...] | None] = {}
    for one in questions:
        before = found.get(one.guideline.id, ())
        try:
            own = tuple(finding for finding in answer(one, evidence) if baselines.file_of(finding) == path)
        except NotJudgedError:
            found[one.guideline.id] = None
        else:
            found[one.guideline.id] = None if before is None else (*before, *own)
    return found


def _but_known(
    findings: tuple[Finding, ...], files: Mapping[str, Migration], baseline: Baseline
) -> tuple[Finding, ...]:
    """The same findings of one guideline, those that the baseline knows with that status."""
    if not findings or not baseline.entries:
        return findings
    found = list(findings)
    for file in {baselines.file_of(one) for one in findings}:
        known = [one for one in baseline.files.get(file, ()) if one.guideline == findings[0].guideline]
        own = [i for i, one in enumerate(found) if one.status == "new" and baselines.file_of(one) == file]
        entries, _ = baselines.matched([found[i] for i in own], files.get(file), known)
        for i, entry in zip(own, entries, strict=True):
            if entry:
                found[i] = replace(found[i], status="baselined", reason=entry.reason or f"known in {baseline.path}")
    return tuple(found)


def _not_text(migration: Migration) -> str:
    if migration.data or migration.problem is None:
        return "the file is not text: it holds a NUL byte"
    return f"the file was not read: {migration.problem.message}"


def by_text(
    guideline: Guideline,
    migration: Migration,
    baseline: Baseline = Baseline(""),  # noqa: B008  # frozen
    guide: Mapping[str, Guideline] = _NO_GUIDE,
) -> tuple[Finding, ...]:
    """What the guideline says of a file by its text alone, each finding with its status; nothing where it needs more.

    `guide` holds every guideline by its id and by its code, for a check that looks at others.
    Raises NotJudgedError where the text cannot be judged, and whatever a broken check raises.
    """
    check = check_of(guideline)
    if check.by_text is None:
        return ()
    if migration.binary and check.reads_text:
        raise NotJudgedError(_not_text(migration))
    case = Case(guideline, guideline.options, migration.path, migration, guide=guide)
    files = {one.path: one for one in (migration.down, migration) if one}
    return _but_known(_findings(check.by_text, case, files), files, baseline)


def _findings(function: Function, case: Case[Any], files: Mapping[str, Migration]) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    try:
        for one in function(case):
            findings.append(_allowed(one, files.get(one.file, case.migration)))  # noqa: PERF401  # what came before an error is kept
    except NotJudgedError:
        # What was found before the check came to where it could not go on is a finding all the same.
        if not findings:
            raise
    return tuple(sorted(findings, key=lambda one: (one.line, one.column))) if findings else ()


def _allowed(finding: Finding, migration: Migration) -> Finding:
    for one in migration.allows:
        named = one.guideline in {finding.guideline, finding.code}
        if named and one.reason and one.first_line <= finding.line <= one.last_line:
            return replace(finding, status="allowed", reason=one.reason)
    return finding
