"""The databases of a run: each with its questions and with the evidence of its own replay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pytest_ctb.config.settings import Config
from pytest_ctb.config.shard import WHOLE, Shard
from pytest_ctb.guide.questions import Question, Suite, configured_suite, with_distinct_ids
from pytest_ctb.replay.cache import Cache
from pytest_ctb.replay.orchestrate import Orchestrator
from pytest_ctb.replay.parts import part
from pytest_ctb.repository import git
from pytest_ctb.repository.paths import normal
from pytest_ctb.repository.revisions import Printed


@dataclass(frozen=True, eq=False)
class JudgedDatabase:
    """One database of a run."""

    config: Config
    suite: Suite
    orchestrator: Orchestrator

    @property
    def paths(self) -> Iterator[Path]:
        """The files and folders that a whole run collects."""
        files = {normal(self.config.root / path) for path in self.suite.questions}
        of_code = [normal(self.config.root / folder) for folder in self.suite.repository.folders]
        yield from (*(self.config.migrations or of_code), *self.config.bases, *self.config.consumers)
        if self.config.rules.is_dir() and any(file.is_relative_to(self.config.rules) for file in files):
            yield self.config.rules
        yield from files & {self.config.baseline}

    @cached_property
    def _of_shard(self) -> Mapping[str, bool]:
        """Each migration by its path: whether the shard watches it."""
        migrations = self.suite.repository.migrations
        first, last = part(migrations, self.orchestrator.settings.shard)
        return {migration.path: first <= number < last for number, migration in enumerate(migrations)}

    def is_of_shard(self, question: Question) -> bool:
        """Whether the shard of this run has a test: those about its files; the last also those about no migration."""
        return self._of_shard.get(question.file, self.orchestrator.settings.shard.is_last)


def judged_databases(
    configs: Sequence[Config],
    since: str | None,
    cache: Callable[[str], Cache | None],
    printed: Callable[[Config], Printed | None],
    shard: Shard = WHOLE,
) -> tuple[JudgedDatabase, ...]:
    """Read the files and guidelines of each database. Raises ConfigError where one of them is wrong.

    `since`: the git revision of `--ctb-since`; `cache`: makes the cache of the database with a name; `printed`: what
    the command of `ctb_source` printed; `shard`: the part of each history that the run watches.
    """
    suites = {config: _suite(config, since, printed(config)) for config in configs}
    suites = dict(zip(suites, with_distinct_ids(suites.values()), strict=True))
    return tuple(
        JudgedDatabase(
            config,
            suite,
            Orchestrator(
                suite.repository,
                replace(config.settings(suite.trials, suite.queries), shard=shard),
                cache(config.name),
            ),
        )
        for config, suite in suites.items()
    )


def _suite(config: Config, since: str | None, printed: Printed | None) -> Suite:
    suite = configured_suite(config, printed, whole=True)
    return suite.only(git.changes(config.root, since).present) if since else suite
