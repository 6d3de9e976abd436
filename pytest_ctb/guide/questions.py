"""List the questions of a repository: each guideline, put to each file or requirement that it is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pytest_ctb.checks import Check, Scope, options_by_check
from pytest_ctb.config.packaged import packaged
from pytest_ctb.config.settings import Config
from pytest_ctb.contracts.folder import find_contracts
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide import guideline_files
from pytest_ctb.guide.declarative import check_of
from pytest_ctb.guide.needless import asked_for, why_needless, with_also
from pytest_ctb.model import Baseline, ContractFolder, Guideline, Level, Migration, Order, Repository, Sizes, Trial
from pytest_ctb.model.visible import on_a_line
from pytest_ctb.repository.baseline import load as read_baseline
from pytest_ctb.repository.folders import load as read
from pytest_ctb.repository.migration import parse_migration, reread
from pytest_ctb.repository.owners import find_owners
from pytest_ctb.repository.paths import relative
from pytest_ctb.repository.revisions import Printed
from pytest_ctb.repository.sizes import find_sizes

_EMPTY_FILE = parse_migration(b"", "")


def test_path(file: str) -> str:
    """The path of a file as a test id shows it: without characters that would steer a terminal."""
    return on_a_line(f"{file}::").removesuffix("::")


class Question(NamedTuple):
    """One guideline put to one subject."""

    guideline: Guideline
    check: Check
    file: str
    """The file in the test id: a migration, a base schema, or the guideline's own file."""
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
    """The questions whose findings the check reads, for `unused-allow` and `stale-baseline`."""
    alone: bool = False
    """Only this file was read, not its repository: the check sees the text alone."""

    @property
    def live(self) -> bool:
        """Its check, or one whose findings it reads, needs a server."""
        return self.check.scope.live or (bool(self.others) and any(question.live for question in self.others))

    @property
    def packaged(self) -> bool:
        """All checks that take part come with this package."""
        return all(question.check.function.__module__.startswith("pytest_ctb.") for question in (self, *self.others))

    @property
    def id(self) -> str:
        """The test id: `migrations/x.sql::ctb-header`."""
        return f"{test_path(self.file)}::{on_a_line(self.name)}"

    def __repr__(self) -> str:
        """Short: pytest shows the arguments of a crashed call, and this record refers to all files."""
        return f"<{self.id}>"


@dataclass(frozen=True, eq=False)
class Suite:
    """A repository with its guidelines, and the questions by the file in their test ids."""

    repository: Repository
    guidelines: tuple[Guideline, ...]
    baseline: Baseline
    questions: Mapping[str, tuple[Question, ...]]
    needless: tuple[tuple[Guideline, str], ...] = ()
    """The guidelines that the migrations' tool makes needless for all files, each with the reason."""

    def only(self, paths: Collection[str]) -> Suite:
        """The suite without the questions about migrations outside `paths`; questions about the schema stay."""
        migrations = self.repository.migrations
        left_out = {
            migration.path
            for migration in migrations
            if migration.path not in paths and not (migration.down and migration.down.path in paths)
        }
        return replace(self, questions={file: qs for file, qs in self.questions.items() if file not in left_out})

    @property
    def trials(self) -> frozenset[Trial]:
        """The trials that the checks need of each file."""
        needs = [question.check.needs for questions in self.questions.values() for question in questions]
        return frozenset[Trial]().union(*needs)

    @property
    def queries(self) -> tuple[str, ...]:
        """The queries that guidelines run on the replayed database."""
        return tuple(dict.fromkeys(guideline.query for guideline in self.guidelines if guideline.query))


def load_suite(
    root: Path,
    migrations: Sequence[Path],
    bases: Sequence[Path],
    rules: Path,
    baseline: Path | None = None,
    variables: Mapping[str, str] | None = None,
    *,
    rules_under: Path | None = None,
    layout: str = "ctb",
    consumers: Sequence[Path] = (),
    contracts: ContractFolder | None = None,
    prelude: Sequence[Migration] = (),
    sizes: Sizes | None = None,
    database: str = "",
    printed: Printed | None = None,
    also: Collection[str] = (),
) -> Suite:
    """Read a repository, its guidelines and its baseline, and list the questions.

    `contracts`, `prelude`, `sizes` and what a command printed of the migrations (`printed`) are already read;
    `database` is its name, if it has one.

    `rules_under`: the profile that a folder `rules` without `_profile.yml` adds to; `also`: ids or codes of guidelines
    that are judged though they are off, or the tool of the migrations makes them needless.
    Raises ConfigError where one of them is wrong, or there is no question.
    """
    guidelines = with_also(guideline_files.load(root, rules, options_by_check(), rules_under), also)
    if all(guideline.level is Level.OFF for guideline in guidelines):
        raise ConfigError(f"nothing to check: every guideline in {rules} has the level `off`")
    known = read_baseline(root, baseline) if baseline else Baseline("")
    files = read(root, migrations, bases, layout, variables, consumers, prelude, database, printed)
    repository = replace(files, contracts=contracts, sizes=sizes, owners=find_owners(root))
    return suite_of(repository, guidelines, known, rules, asked_for(root, guidelines, also))


def configured_suite(config: Config, printed: Printed | None, *, whole: bool) -> Suite:
    """The suite of a configuration. `printed`: what the command of `ctb_source` printed.

    `whole`: what a setting names has to be there; without, a command may be about to make the baseline or contracts.
    Raises ConfigError as `load_suite` does.
    """
    named = whole and config.is_set("ctb_baseline")
    return load_suite(
        config.root,
        config.migrations,
        config.bases,
        config.rules,
        config.baseline if named or config.baseline.is_file() else None,
        config.variables,
        rules_under=config.rules_under,
        layout=config.layout,
        consumers=config.consumers,
        contracts=find_contracts(config.root, config.contracts, named=whole and config.is_set("ctb_contracts")),
        prelude=config.prelude,
        sizes=find_sizes(config.root, config.sizes, named=config.is_set("ctb_sizes")),
        database=config.name,
        printed=printed,
        also=config.lines("ctb_also"),
    )


def suite_of(
    repository: Repository,
    guidelines: Sequence[Guideline],
    baseline: Baseline,
    rules: Path,
    asked: Collection[str] = (),
) -> Suite:
    """List the questions of guidelines to a repository. `rules`: the folder or profile that they were read from.

    `asked`: the ids of the guidelines that are judged whatever the migrations' tool makes needless.
    Raises ConfigError where there are no questions.
    """
    tools = {migration.tool for migration in repository.migrations}
    needless = {
        guideline.id: {tool: why for tool in tools if (why := why_needless(guideline, tool, asked))}
        for guideline in guidelines
        if guideline.level is not Level.OFF
    }
    needless_for_all = {
        name: next(iter(reasons.values())) for name, reasons in needless.items() if reasons and reasons.keys() == tools
    }
    switched_off = tuple(
        (guideline, needless_for_all[guideline.id]) for guideline in guidelines if guideline.id in needless_for_all
    )
    guidelines = [
        replace(guideline, level=Level.OFF) if guideline.id in needless_for_all else guideline
        for guideline in guidelines
    ]
    guide = by_name(guidelines)
    on = {
        guideline.id: guideline
        for guideline in guidelines
        if guideline.level is not Level.OFF and check_of(guideline).about(repository)
    }
    if not on:
        raise ConfigError(f"nothing to check: every guideline in {rules} is about what this repository does not have")

    @cache
    def questions_of(name: str) -> tuple[Question, ...]:
        guideline = on[name]
        check, whole, spared = check_of(guideline), (repository, guide, baseline), needless[name]
        return tuple(
            Question(guideline, check, file, test, subject, repository.by_path.get(subject, _EMPTY_FILE), *whole)
            for file, test, subject in _subjects(repository, guideline, baseline, rules)
            if not (spared and subject in repository.by_path and repository.by_path[subject].tool in spared)
        )

    by_file: dict[str, list[Question]] = defaultdict(list)
    for name, guideline in on.items():
        about_others = check_of(guideline).others or check_of(guideline).scope is Scope.BASELINE
        for question in questions_of(name):
            asked = question
            if about_others:
                others = tuple(_others(question, lambda other: questions_of(other) if other in on else ()))
                asked = question._replace(others=others)
            by_file[asked.file].append(asked)
    questions = {file: tuple(listed) for file, listed in by_file.items()}
    return Suite(repository, tuple(on.values()), baseline, questions, switched_off)


def with_distinct_ids(suites: Iterable[Suite]) -> Iterator[Suite]:
    """The suites; where several list a question with one id, the name of its database stands behind it."""
    suites = tuple(suites)
    if len(suites) == 1:  # nothing to compare, and making thousands of ids takes time
        yield suites[0]
        return
    ids = [{question.id for question in _questions(suite)} for suite in suites]
    for suite, own in zip(suites, ids, strict=True):
        shared = own & set().union(*(other for other in ids if other is not own))
        yield replace(suite, questions=_renamed(suite, shared)) if shared else suite


def _questions(suite: Suite) -> Iterator[Question]:
    for questions in suite.questions.values():
        yield from questions


def _renamed(suite: Suite, shared: set[str]) -> Mapping[str, tuple[Question, ...]]:
    database = suite.repository.database
    return {
        file: tuple(
            question._replace(name=f"{question.name}[{database}]") if question.id in shared else question
            for question in questions
        )
        for file, questions in suite.questions.items()
    }


def with_text(suite: Suite, migration: Migration, data: bytes) -> Suite:
    """The questions about one migration as if it held other bytes: what an editor has not saved yet.

    The order of the files stays that of the saved ones.
    """
    changed = reread(migration, data)
    migrations = tuple(changed if other is migration else other for other in suite.repository.migrations)
    repository = replace(suite.repository, migrations=migrations)

    def renew(question: Question) -> Question:
        own = changed if question.migration is migration else question.migration
        return question._replace(repository=repository, migration=own, others=tuple(map(renew, question.others)))

    about = tuple(map(renew, suite.questions.get(migration.path, ())))
    return replace(suite, repository=repository, questions={migration.path: about})


def question_of_file(
    guideline: Guideline,
    migration: Migration,
    baseline: Baseline = Baseline(""),  # noqa: B008  # frozen
    guide: Mapping[str, Guideline] = MappingProxyType({}),
    sizes: Sizes | None = None,
) -> Question:
    """The question of a guideline to one file, without its repository: the check sees the text alone."""
    path, repository = migration.path, Repository(Path(), (migration,), (), Order(), sizes=sizes)
    check = check_of(guideline)
    return Question(guideline, check, path, guideline.id, path, migration, repository, guide, baseline, alone=True)


def by_name(guidelines: Iterable[Guideline]) -> Mapping[str, Guideline]:
    """Guidelines by their ids and by their codes."""
    return {name: guideline for guideline in guidelines for name in (guideline.id, guideline.code)}


def _subjects(
    repository: Repository, guideline: Guideline, known: Baseline, rules: Path
) -> Iterator[tuple[str, str, str]]:
    """The subjects of a guideline: for each the file and the name in the test id, and the subject itself."""
    check = check_of(guideline)
    if check.scope is Scope.SCHEMA:
        file = _guideline_file(repository, guideline, rules)
        database = f"[{repository.database}]" if repository.database else ""
        yield from ((file, f"{subject}{database}", subject) for subject in check.subjects(guideline.options))
    elif check.scope is Scope.CONSUMERS:
        judged = [migration for migration in repository.migrations if migration.judged]
        files = (*judged, *repository.consumer_files) if repository.consumer_files else ()
        yield from ((file.path, guideline.id, file.path) for file in files)
    elif check.scope is Scope.BASELINE:
        yield from ((known.path, file, file) for file in known.files)
    else:
        for migration in repository.bases if check.scope is Scope.BASE else repository.migrations:
            if migration.judged:
                yield migration.path, guideline.id, migration.path


def _others(question: Question, questions_of: Callable[[str], Iterable[Question]]) -> Iterator[Question]:
    """The questions whose findings a check reads: those about its file, and those about the schema."""
    names: Iterable[str] = ()
    if question.check.scope is Scope.BASELINE:
        names = (entry.guideline for entry in question.baseline.files[question.subject])
    elif question.check.others:
        names = question.check.others(question.migration)
    for name in dict.fromkeys(names):
        named = question.guide.get(name)
        for other in questions_of(named.id) if named and named != question.guideline else ():
            if other.subject == question.subject or other.check.scope is Scope.SCHEMA:
                yield other


def _guideline_file(repository: Repository, guideline: Guideline, rules: Path) -> str:
    """The file in the test ids of a guideline about the schema: below `rules/` for a packaged one, there or not."""
    is_packaged = rules.is_relative_to(packaged())
    folder = repository.root / "rules" if is_packaged else rules
    home = relative(repository.root, folder)
    file = guideline.path.removeprefix(f"{home}/")
    return guideline.path if file == f"{guideline.id}.yaml" else f"{home}/{guideline.id}.yml"
