"""What is asked of a repository: each guideline, put to each file or requirement that it is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pytest_ctb.checks import Check, Scope, checks
from pytest_ctb.config.packaged import packaged
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide import guideline_files
from pytest_ctb.guide.declarative import check_of
from pytest_ctb.model import Baseline, ContractFolder, Guideline, Level, Migration, Order, Repository, Trial
from pytest_ctb.model.visible import on_a_line
from pytest_ctb.repository.baseline import load as read_baseline
from pytest_ctb.repository.folders import load as read
from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.repository.paths import relative

_NO_FILE = parse_migration(b"", "")


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
    migration: Migration
    """The file; for a requirement there is none, and an empty one stands here."""
    repository: Repository
    """All files."""
    guide: Mapping[str, Guideline]
    """Every guideline by its id and by its code, those of level `off` too."""
    baseline: Baseline
    others: tuple[Question, ...] = ()
    """The questions whose findings this one is about."""
    alone: bool = False
    """Of the repository nothing but this file is known."""

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


def load_suite(
    root: Path,
    migrations: Sequence[Path],
    bases: Sequence[Path],
    rules: Path,
    baseline: Path | None = None,
    variables: Mapping[str, str] | None = None,
    *,
    layout: str = "ctb",
    consumers: Sequence[Path] = (),
    contracts: ContractFolder | None = None,
) -> Suite:
    """Read a repository, its guidelines and its baseline, and list what is asked of it; its contracts are read already.

    Raises ConfigError where one of them is wrong, or there is nothing to ask.
    """
    guidelines = guideline_files.load(root, rules, {name: check.options for name, check in checks().items()})
    if all(guideline.level is Level.OFF for guideline in guidelines):
        raise ConfigError(f"nothing to check: every guideline in {rules} has the level `off`")
    known = read_baseline(root, baseline) if baseline else Baseline("")
    repository = replace(read(root, migrations, bases, layout, variables, consumers), contracts=contracts)
    return suite_of(repository, guidelines, known, rules)


def suite_of(repository: Repository, guidelines: Sequence[Guideline], baseline: Baseline, rules: Path) -> Suite:
    """All that the guidelines ask of a repository. `rules` is where they were read.

    Raises ConfigError where they ask nothing.
    """
    guide = by_name(guidelines)
    on = {
        guideline.id: guideline
        for guideline in guidelines
        if guideline.level is not Level.OFF and check_of(guideline).about(repository)
    }
    if not on:
        raise ConfigError(f"nothing to check: every guideline in {rules} is about what this repository does not have")

    @cache
    def of(name: str) -> tuple[Question, ...]:
        guideline = on[name]
        check, whole = check_of(guideline), (repository, guide, baseline)
        return tuple(
            Question(guideline, check, file, test, subject, repository.by_path.get(subject, _NO_FILE), *whole)
            for file, test, subject in _subjects(repository, guideline, baseline, rules)
        )

    listed: dict[str, list[Question]] = defaultdict(list)
    for name, guideline in on.items():
        about_others = check_of(guideline).others or check_of(guideline).scope is Scope.BASELINE
        for question in of(name):
            others = tuple(_others(question, lambda other: of(other) if other in on else ())) if about_others else ()
            listed[question.file].append(question._replace(others=others) if others else question)
    return Suite(repository, tuple(on.values()), baseline, {file: tuple(asked) for file, asked in listed.items()})


def of_file(
    guideline: Guideline,
    migration: Migration,
    baseline: Baseline = Baseline(""),  # noqa: B008  # frozen
    guide: Mapping[str, Guideline] = MappingProxyType({}),
) -> Question:
    """A guideline put to one file, of whose repository nothing is known: what its text alone can answer."""
    path, repository = migration.path, Repository(Path(), (migration,), (), Order())
    check = check_of(guideline)
    return Question(guideline, check, path, guideline.id, path, migration, repository, guide, baseline, alone=True)


def by_name(guidelines: Iterable[Guideline]) -> Mapping[str, Guideline]:
    """Guidelines by their ids and by their codes."""
    return {name: guideline for guideline in guidelines for name in (guideline.id, guideline.code)}


def _subjects(
    repository: Repository, guideline: Guideline, known: Baseline, rules: Path
) -> Iterator[tuple[str, str, str]]:
    """What a guideline is put to, each with the file and the name of its test."""
    check = check_of(guideline)
    if check.scope is Scope.SCHEMA:
        file = _listed(repository, guideline, rules)
        yield from ((file, subject, subject) for subject in check.subjects(guideline.options))
    elif check.scope is Scope.CONSUMERS:
        files = (*repository.migrations, *repository.consumer_files) if repository.consumer_files else ()
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
        names = question.check.others(question.migration)
    for name in dict.fromkeys(names):
        named = question.guide.get(name)
        for one in every(named.id) if named and named != question.guideline else ():
            if one.subject == question.subject or one.check.scope is Scope.SCHEMA:
                yield one


def _listed(repository: Repository, guideline: Guideline, rules: Path) -> str:
    """Where the tests of a guideline about the whole schema are listed: its file, also where that only could be."""
    named = rules.is_relative_to(packaged())
    folder = repository.root / "rules" if named else rules
    home = relative(repository.root, folder)
    own = guideline.path.removeprefix(f"{home}/")
    return guideline.path if own == f"{guideline.id}.yaml" else f"{home}/{guideline.id}.yml"
