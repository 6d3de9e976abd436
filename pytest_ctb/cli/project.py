"""The repository that a command works on, as the ini file describes it; what is in it is read when it is asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_ctb.checks import checks
from pytest_ctb.config import ini
from pytest_ctb.config.settings import Config, configured
from pytest_ctb.contracts.folder import find_contracts
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide import guideline_files
from pytest_ctb.guide.questions import Suite, load_suite
from pytest_ctb.model import Evidence, Guideline, Level, Migration, Repository, Schema, ServerInfo, Trial
from pytest_ctb.model.visible import without_commands
from pytest_ctb.repository.folders import load
from pytest_ctb.repository.paths import relative

if TYPE_CHECKING:
    from pytest_ctb.replay.orchestrate import Orchestrator
    from pytest_ctb.replay.schema_changes import ObjectChange


@dataclass(frozen=True)
class Project:
    """A repository, and what is in it."""

    config: Config

    @property
    def root(self) -> Path:
        """The folder of the repository."""
        return self.config.root

    @cached_property
    def suite(self) -> Suite:
        """All that is asked of the repository. Raises ConfigError where something is wrong, or there is nothing."""
        config = self.config
        return load_suite(
            config.root,
            config.migrations,
            config.bases,
            config.rules,
            config.baseline if config.baseline.is_file() else None,
            config.variables,
            layout=config.layout,
            consumers=config.consumers,
            contracts=find_contracts(config.root, config.contracts, named=False),
        )

    @property
    def repository(self) -> Repository:
        """All files. Raises ConfigError where one cannot be read, or there is none."""
        return self.suite.repository

    @cached_property
    def history(self) -> Repository:
        """All files, as `repository`, for who asks no guideline: these are then not read."""
        config = self.config
        return load(self.root, config.migrations, config.bases, config.layout, config.variables)

    @cached_property
    def guidelines(self) -> tuple[Guideline, ...]:
        """Every guideline, by code; those of level `off` too. Raises ConfigError where one is wrong."""
        return guideline_files.load(self.root, self.config.rules, {name: one.options for name, one in checks().items()})

    @cached_property
    def prelude(self) -> tuple[Migration, ...]:
        """What the platform provides. Raises ConfigError where a file of it cannot be read."""
        return self.config.prelude()

    @property
    def on(self) -> tuple[Guideline, ...]:
        """The guidelines that hold here."""
        return tuple(one for one in self.guidelines if one.level is not Level.OFF)

    def replay(
        self,
        postgres: str = "",
        trials: frozenset[Trial] = frozenset(),
        queries: tuple[str, ...] = (),
    ) -> Evidence:
        """Replay the repository on a throwaway server, as the ini file says, `postgres` first where it names a place.

        Tries no more with each file than `trials`, and asks `queries` at the end. Raises ConfigError where an ini
        key cannot be meant or the prelude fails, NoServerError, ServerError.
        """
        return self._evidence(postgres, trials, queries).replay()

    def schema_changes(
        self, of: Collection[str] | None = None
    ) -> tuple[ServerInfo, Sequence[tuple[ObjectChange, ...]]]:
        """The server that replayed, and the objects that each migration changed; of those not in `of`, none.

        Raises as `replay` does.
        """
        from pytest_ctb.replay.schema_changes import schema_changes  # noqa: PLC0415  # with the driver; most commands need no server

        orchestrator = self._evidence()
        settings = orchestrator.settings
        with orchestrator.choice.offer.start() as server:
            changes = schema_changes(
                self.history.migrations,
                server,
                role=settings.role,
                timeout=settings.timeout,
                prelude=settings.prelude,
                of=of,
            )
            return server.info, changes

    def like(self, major: int) -> Project:
        """The same project, replayed on a server of this major version, unless the ini file asks for one."""
        values = {"ctb_postgres_version": str(major), **self.config.values}
        return replace(self, config=replace(self.config, values=values))

    def _evidence(
        self, postgres: str = "", trials: frozenset[Trial] = frozenset(), queries: tuple[str, ...] = ()
    ) -> Orchestrator:
        from pytest_ctb.replay.orchestrate import Orchestrator  # noqa: PLC0415  # with the driver; most commands need no server

        settings = self.config.settings(trials, queries)
        return Orchestrator(self.history, replace(settings, where=postgres or settings.where))

    def schema(self, postgres: str = "") -> Schema:
        """What every migration, replayed on a throwaway server, makes together.

        Raises ConfigError, with the place and the server's words, where one does not apply; and as `replay` does.
        """
        return self.applied(postgres).schema

    def applied(self, postgres: str = "", queries: tuple[str, ...] = ()) -> Evidence:
        """The replay of which every migration applied, with what it answers to queries; raises as `schema` does."""
        seen = self.replay(postgres, queries=queries)
        for one in seen.files.values():
            if not one.applied:
                why = f"needs {one.missing or 'what'} of {one.culprit}" if one.culprit else "is undone at its end"
                line = one.failed_line or 1
                raise ConfigError(
                    f"{one.path}:{line}: does not apply: {one.error.message if one.error else why}\n"
                    "The schema cannot be told before every migration applies: pytest --ctb -k replay"
                )
        return seen

    def file(self, migration: Migration) -> Path:
        """Where a migration lies."""
        return Path(os.path.normpath(self.root / migration.path))

    def chosen(self, paths: Iterable[str]) -> tuple[Migration, ...]:
        """The migrations that are named, or lie in a folder that is; all of them where nothing is named.

        Raises ConfigError where a path is no migration.
        """
        named = [Path(os.path.normpath(Path.cwd() / one)) for one in paths]
        found: dict[str, Migration] = {}
        for path in named:
            inside = [one for one in self.repository.migrations if self.file(one).is_relative_to(path)]
            if not inside:
                where = ", ".join(relative(self.root, one) for one in self.config.migrations)
                raise ConfigError(f"{relative(self.root, path)}: no migration (those lie below {where})")
            found |= {one.path: one for one in inside}
        return (
            tuple(one for one in self.repository.migrations if one.path in found)
            if named
            else (self.repository.migrations)
        )


def find(start: Path, folders: Iterable[str] = (), rules: str = "") -> Project:
    """The project that a folder belongs to; `folders` and `rules`, as the command line gives them, come first.

    Raises ConfigError where the ini file cannot be read.
    """
    project = ini.find(start)
    given = {"ctb_migrations": list(folders), "ctb_rules": rules}
    return Project(configured(project.root, project.values, start, given))


def show_patch(text: str) -> None:
    """Show a patch; where no terminal reads it, it may be on its way to `git apply`, and keeps its characters."""
    if sys.stdout.isatty():
        click.echo(text, nl=False)
    else:
        click.echo(without_commands(text).encode("utf-8", "surrogateescape"), nl=False)
