"""The repository that a command works on, as the ini file describes it. Files are read on first use."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_ctb.checks import options_by_check
from pytest_ctb.cli.terminal.bar import shown
from pytest_ctb.config import ini
from pytest_ctb.config.databases import configs_from
from pytest_ctb.config.settings import Config
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide import guideline_files
from pytest_ctb.guide.needless import asked_for, why_needless, with_also
from pytest_ctb.guide.questions import Suite, configured_suite
from pytest_ctb.model import Evidence, Guideline, Level, Migration, Repository, Schema, ServerInfo, Sizes, Trial
from pytest_ctb.model.misspelt import did_you_mean
from pytest_ctb.model.visible import without_commands
from pytest_ctb.repository.folders import load
from pytest_ctb.repository.layouts import name_of
from pytest_ctb.repository.paths import relative
from pytest_ctb.repository.sizes import find_sizes

if TYPE_CHECKING:
    from pytest_ctb.replay.orchestrate import Orchestrator
    from pytest_ctb.replay.schema_changes import ObjectChange
    from pytest_ctb.repository.revisions import Printed


@dataclass(frozen=True)
class Project:
    """A repository with its configuration, files and guidelines."""

    config: Config

    @property
    def root(self) -> Path:
        """The folder of the repository."""
        return self.config.root

    def holds(self, path: Path) -> bool:
        """Whether a path is in the folders of migrations, beside them in a folder of this database, or above them."""
        config = self.config
        home = (config.home,) if config.home != config.root else ()
        return any(path.is_relative_to(folder) for folder in (*config.migrations, *home)) or any(
            folder.is_relative_to(path) for folder in config.migrations
        )

    @cached_property
    def suite(self) -> Suite:
        """The questions to the repository. Raises ConfigError where a file is wrong, or there is no question."""
        return configured_suite(self.config, self._printed, whole=False)

    @cached_property
    def _printed(self) -> Printed | None:
        """What the command of `ctb_source` prints; None without one. An output that pytest has cached may do."""
        if not self.config.source:
            return None
        from pytest_ctb.replay.cache import Cache  # noqa: PLC0415  # most projects have SQL files
        from pytest_ctb.source.command import output_of, printed  # noqa: PLC0415

        folder = self.root / ".pytest_cache" / "d" / "ctb"
        cache = Cache(folder, self.config.name, kind="source") if folder.is_dir() else None
        return printed(self.config, output_of(self.config, cache))

    @cached_property
    def sizes(self) -> Sizes | None:
        """How large the tables are in production; None where nobody wrote it down. Raises ConfigError."""
        return find_sizes(self.config.root, self.config.sizes, named=self.config.is_set("ctb_sizes"))

    @property
    def repository(self) -> Repository:
        """All files. Raises ConfigError where one cannot be read, or there is none."""
        return self.suite.repository

    @cached_property
    def history(self) -> Repository:
        """All files, as `repository`, without reading the guidelines."""
        config = self.config
        return load(
            self.root,
            config.migrations,
            config.bases,
            config.layout,
            config.variables,
            prelude=config.prelude,
            database=config.name,
            printed=self._printed,
        )

    @cached_property
    def guidelines(self) -> tuple[Guideline, ...]:
        """Every guideline, by code; those of level `off` too. Raises ConfigError where one is wrong."""
        loaded = guideline_files.load(self.root, self.config.rules, options_by_check(), self.config.rules_under)
        return with_also(loaded, self.config.lines("ctb_also"))

    @cached_property
    def prelude(self) -> tuple[Migration, ...]:
        """The SQL of the platform, run before the replay. Raises ConfigError where a file cannot be read."""
        return self.config.prelude

    @property
    def active_guidelines(self) -> tuple[Guideline, ...]:
        """The guidelines whose level is not `off`."""
        return tuple(guideline for guideline in self.guidelines if guideline.level is not Level.OFF)

    def guidelines_for(self, migration: Migration) -> tuple[Guideline, ...]:
        """The active guidelines that the tool of a migration does not make needless."""
        asked = asked_for(self.root, self.guidelines, self.config.lines("ctb_also"))
        return tuple(
            guideline for guideline in self.active_guidelines if not why_needless(guideline, migration.tool, asked)
        )

    def replay(self, postgres: str = "", trials: frozenset[Trial] = frozenset()) -> Evidence:
        """Replay the repository on a throwaway server: on `postgres` if given, else where the ini file says.

        Runs `trials` with each file. Raises ConfigError where an ini key is not valid or the prelude fails,
        NoServerError where no server can be had, ServerError where it fails.
        """
        return _replayed(self._orchestrator(postgres, trials))

    def evidence(self, suite: Suite, postgres: str = "", *, quiet: bool = False) -> Evidence:
        """The evidence that a suite needs, of which pytest's cache may have a part; raises as `replay`."""
        from pytest_ctb.replay.cache import Cache  # noqa: PLC0415  # with the driver; most commands need no server
        from pytest_ctb.replay.orchestrate import Orchestrator  # noqa: PLC0415

        settings = self.config.settings(suite.trials, suite.queries)
        folder = self.root / ".pytest_cache" / "d" / "ctb"
        cache = Cache(folder, self.config.name) if folder.is_dir() else None
        where = replace(settings, where=postgres or settings.where)
        return _replayed(Orchestrator(suite.repository, where, cache), quiet=quiet)

    def schema_changes(
        self, of: Collection[str] | None = None
    ) -> tuple[ServerInfo, Sequence[tuple[ObjectChange, ...]]]:
        """The server that replayed, and the objects that each migration changed; of those not in `of`, none.

        Raises as `replay` does.
        """
        from pytest_ctb.replay.schema_changes import schema_changes  # noqa: PLC0415  # with the driver; most commands need no server

        orchestrator = self._orchestrator()
        settings = orchestrator.settings
        with shown() as (steps, _), orchestrator.choice.offer.start() as server:
            changes = schema_changes(
                self.history.migrations,
                server,
                role=settings.role,
                timeout=settings.timeout,
                prelude=settings.prelude,
                of=of,
                steps=steps,
            )
            return server.info, changes

    def like(self, major: int) -> Project:
        """The project with this major version of Postgres, unless the ini file sets one."""
        values = {"ctb_postgres_version": str(major), **self.config.values}
        return replace(self, config=replace(self.config, values=values))

    def _orchestrator(
        self,
        postgres: str = "",
        trials: frozenset[Trial] = frozenset(),
        queries: tuple[str, ...] = (),
        bases: Sequence[Migration] | None = None,
    ) -> Orchestrator:
        from pytest_ctb.replay.orchestrate import Orchestrator  # noqa: PLC0415  # with the driver; most commands need no server

        settings = self.config.settings(trials, queries)
        repository = self.history if bases is None else replace(self.history, bases=tuple(bases))
        return Orchestrator(repository, replace(settings, where=postgres or settings.where))

    def schema(self, postgres: str = "") -> Schema:
        """The schema after all migrations, replayed on a throwaway server.

        Raises ConfigError, with place and error, where a migration does not apply; else as `replay` does.
        """
        return self.applied(postgres).schema

    def applied(
        self, postgres: str = "", queries: tuple[str, ...] = (), bases: Sequence[Migration] | None = None
    ) -> Evidence:
        """The evidence of a replay in which all migrations applied; raises as `schema` does.

        `bases` are loaded in the place of the base schemas of the repository.
        """
        evidence = _replayed(self._orchestrator(postgres, queries=queries, bases=bases))
        for file in evidence.files.values():
            if not file.applied:
                why = f"needs {file.missing or 'what'} of {file.culprit}" if file.culprit else "is undone at its end"
                line = file.failed_line or 1
                raise ConfigError(
                    f"{file.path}:{line}: does not apply: {file.error.message if file.error else why}\n"
                    "The schema is not known before every migration applies: pytest --ctb -k replay"
                )
        return evidence

    def file(self, migration: Migration) -> Path:
        """The path of a migration on the disk."""
        return Path(os.path.normpath(self.root / migration.path))

    def chosen(self, paths: Iterable[str]) -> tuple[Migration, ...]:
        """The migrations at these paths or below them; all where no path is given.

        Raises ConfigError where a path is no migration.
        """
        targets = [absolute(path) for path in paths]
        chosen: set[str] = set()
        for path in targets:
            inside = [
                migration for migration in self.repository.migrations if self.file(migration).is_relative_to(path)
            ]
            if not inside:
                raise ConfigError(self._no_migration(path))
            chosen |= {migration.path for migration in inside}
        migrations = self.repository.migrations
        return tuple(migration for migration in migrations if migration.path in chosen) if targets else migrations

    def _no_migration(self, path: Path) -> str:
        """Why a path is no migration, and which migration may be meant."""
        name, folders = relative(self.root, path), self.config.migrations
        where = ", ".join(relative(self.root, folder) for folder in folders)
        if path.exists() and any(path.is_relative_to(folder) for folder in folders):
            return f"{name} is not a migration of the layout {name_of(self.config.layout)}"
        if path.exists():
            return f"{name} is outside {where}"
        names = {Path(migration.path).name: migration.path for migration in self.repository.migrations}
        return f"{name} does not exist{did_you_mean(path.name, names, shown=names) or f' (migrations are in {where})'}"


def _replayed(orchestrator: Orchestrator, *, quiet: bool = False) -> Evidence:
    """The evidence, while a terminal shows how far the replay is, unless it shall be quiet."""
    with shown(quiet=quiet) as (orchestrator.steps, _):
        return orchestrator.replay()


def find(start: Path, folders: Iterable[str] = (), rules: str = "") -> Project:
    """The project that a folder belongs to; `folders` and `rules` of the command line override the ini file.

    Raises ConfigError where the ini file cannot be read, or the repository has several databases.
    """
    return only(find_all(start, folders, rules))


def find_all(start: Path, folders: Iterable[str] = (), rules: str = "", database: str = "") -> tuple[Project, ...]:
    """The projects that a folder belongs to, one for each database, or the one of the `database` that is named."""
    project = ini.find(start)
    given = {"ctb_migrations": list(folders), "ctb_rules": rules}
    return tuple(Project(config) for config in configs_from(project.root, project.values, start, given, database))


def only(projects: Sequence[Project]) -> Project:
    """The project, where there is one. Raises ConfigError, which names the databases, where there are several."""
    if len(projects) == 1:
        return projects[0]
    names = (
        f"{project.config.name} ({', '.join(relative(project.root, folder) for folder in project.config.migrations)})"
        for project in projects
    )
    raise ConfigError(f"there are {len(projects)} databases, {', '.join(names)}: choose one with --database NAME")


def holding(projects: Sequence[Project], paths: Iterable[Path]) -> Sequence[Project]:
    """The projects that have one of these paths among their migrations, or beside them; all where none has."""
    inside = [project for project in projects if any(project.holds(path) for path in paths)]
    return inside or projects


def absolute(path: str) -> Path:
    """A path of the command line, from the root of the file system."""
    return Path(os.path.normpath(Path.cwd() / path))


def show_patch(text: str) -> None:
    """Print a patch; to a pipe (`git apply`) byte for byte, without colours."""
    if sys.stdout.isatty():
        click.echo(text, nl=False)
    else:
        click.echo(without_commands(text).encode("utf-8", "surrogateescape"), nl=False)
