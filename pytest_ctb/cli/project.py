"""Where the migrations and the guidelines of a repository are: the same ini keys that `pytest --ctb` reads."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ctb.checks import checks
from pytest_ctb.config import ini
from pytest_ctb.contracts.folder import DEFAULT, find_contracts
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide import guideline_files as guidelines
from pytest_ctb.guide import judge as audit
from pytest_ctb.model import Evidence, Guideline, Level, Migration, Repository, Schema, ServerInfo, Trial, lines
from pytest_ctb.postgres.preludes import named
from pytest_ctb.repository.folders import load, read
from pytest_ctb.repository.layouts import usual_folders
from pytest_ctb.repository.paths import normal, relative

if TYPE_CHECKING:
    from pytest_ctb.replay.orchestrate import Orchestrator
    from pytest_ctb.replay.trials.versions import Version


@dataclass(frozen=True)
class Project:
    """A repository as its ini file describes it."""

    root: Path
    folders: tuple[Path, ...]
    """Of the migrations; the first is where new ones go."""
    bases: tuple[Path, ...]
    rules: Path
    baseline: Path
    """What is known, if there is such a file."""
    contracts: Path
    """The folder of the contracts, if there is one."""
    consumers: tuple[Path, ...] = ()
    """The folders of what downstream code sends."""
    layout: str = "ctb"
    """The name of the migrations' layout."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The values of placeholders."""
    keys: Mapping[str, Any] = field(default_factory=dict)
    """All keys of the ini file."""
    processes: int = 1
    """How many may read and judge files at once."""
    telling: bool = False
    """Every file will be judged by its text, as soon as it is read."""

    @cached_property
    def suite(self) -> audit.Suite:
        """All that is asked of the repository. Raises ConfigError where something is wrong, or there is nothing."""
        known = self.baseline if self.baseline.is_file() else None
        return audit.load(
            self.root,
            self.folders,
            self.bases,
            self.rules,
            known,
            self.variables,
            layout=self.layout,
            consumers=self.consumers,
            contracts=find_contracts(self.root, self.contracts, named=False),
            processes=self.processes,
            telling=self.telling,
        )

    @property
    def repository(self) -> Repository:
        """All files. Raises ConfigError where one cannot be read, or there is none."""
        return self.suite.repository

    @cached_property
    def history(self) -> Repository:
        """All files, as `repository`, for who asks no guideline: these are then not read."""
        return load(self.root, self.folders, self.bases, self.layout, self.variables)

    @cached_property
    def guidelines(self) -> tuple[Guideline, ...]:
        """Every guideline, by code; those of level `off` too. Raises ConfigError where one is wrong."""
        return guidelines.load(self.root, self.rules, {name: one.options for name, one in checks().items()})

    @cached_property
    def prelude(self) -> tuple[Migration, ...]:
        """What the platform provides. Raises ConfigError where a file of it cannot be read."""
        told = _told(self.keys, "ctb_prelude")
        files = zip(_paths(self.root, self.keys, "ctb_prelude"), told, strict=True)
        return tuple(read(self.root, named(path, name), self.variables) for path, name in files)

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

    def versions(self, of: Collection[str] | None = None) -> tuple[ServerInfo, Sequence[tuple[Version, ...]]]:
        """What each migration of `of` (None: each), replayed in its order, makes of the schema; and which server did.

        Raises as `replay` does.
        """
        from pytest_ctb.replay.trials.versions import versions  # noqa: PLC0415  # with the driver; most commands need no server

        own = self._evidence()
        with own.choice.offer.start() as server:
            told = own.settings
            files = self.history.migrations
            found = versions(files, server, role=told.role, timeout=told.timeout, prelude=told.prelude, of=of)
            return server.info, found

    def like(self, major: int) -> Project:
        """The same project, replayed on a server of this major version, unless the ini file asks for one."""
        version = self.keys.get("ctb_postgres_version") or str(major)
        return replace(self, keys={**self.keys, "ctb_postgres_version": version})

    def _evidence(
        self, postgres: str = "", trials: frozenset[Trial] = frozenset(), queries: tuple[str, ...] = ()
    ) -> Orchestrator:
        from pytest_ctb.config.settings import settings as words  # noqa: PLC0415
        from pytest_ctb.replay import orchestrate as evidence  # noqa: PLC0415  # with the driver; most commands need no server

        settings = replace(
            words(lambda key, default: str(self.keys.get(key) or default)),
            prelude=self.prelude,
            trials=trials,
            queries=queries,
        )
        settings = replace(settings, where=postgres or settings.where)
        return evidence.Orchestrator(self.history, settings)

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

    def lines(self, key: str) -> tuple[str, ...]:
        """The lines of a key of pytest's type `linelist`."""
        value = self.keys.get(key) or ()
        return tuple(lines(value) if isinstance(value, str) else map(str, value))

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
                where = ", ".join(relative(self.root, one) for one in self.folders)
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
    root, keys = ini.settings(start)
    given = [normal(start / one) for one in folders]
    default, usual_consumers = root / "infra" / "neon.sql", root / "consumers"
    named = str(keys.get("ctb_rules") or "rules")
    own = Path(os.path.normpath(guidelines.chosen(start, rules) if rules else guidelines.chosen(root, named)))
    layout = str(keys.get("ctb_layout") or "ctb")
    return Project(
        root=root,
        folders=tuple(given or _paths(root, keys, "ctb_migrations") or usual_folders(root, layout)),
        layout=layout,
        bases=tuple(_paths(root, keys, "ctb_base") or ([default] if default.is_file() else [])),
        consumers=tuple(_paths(root, keys, "ctb_consumers") or ([usual_consumers] if usual_consumers.is_dir() else [])),
        rules=own if rules or "ctb_rules" in keys or own.is_dir() else guidelines.packaged(),
        baseline=normal(root / str(keys.get("ctb_baseline") or "ctb-baseline.json")),
        contracts=normal(root / str(keys.get("ctb_contracts") or DEFAULT)),
        variables=ini.variables(keys.get("ctb_variables")),
        keys=keys,
    )


def _paths(root: Path, keys: Mapping[str, Any], key: str) -> list[Path]:
    """A value of pytest's type `paths`: relative to the ini file. Raises ConfigError where it is none."""
    return [normal(root / one) for one in _told(keys, key)]


def _told(keys: Mapping[str, Any], key: str) -> list[str]:
    value = keys.get(key) or ""
    try:
        return [str(one) for one in value] if isinstance(value, list) else shlex.split(value)
    except (ValueError, AttributeError) as error:  # a quote that nothing closes, a number
        raise ConfigError(f"{key} in the ini file: {error}") from error
