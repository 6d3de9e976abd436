"""What the user has set, of the command line and of the ini file, for pytest, `ctb` and sqlfluff alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_ctb.config.packaged import chosen, packaged
from pytest_ctb.contracts.folder import DEFAULT as DEFAULT_CONTRACTS
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Migration, Trial
from pytest_ctb.postgres import preludes
from pytest_ctb.repository.folders import read as read_file
from pytest_ctb.repository.layouts import DEFAULT, usual_folders
from pytest_ctb.repository.paths import normal

_VARIABLE = re.compile(r"\s*([^\s=]+)\s*=\s*(.*?)\s*", re.DOTALL)
_BASELINE = "ctb-baseline.json"
MOST_PROCESSES = 99


@dataclass(frozen=True)
class Settings:
    """What the user chose of the replay."""

    where: str = field(default="auto", repr=False)
    """A place, or a URL, which may hold a password."""
    major: int | None = None
    image: str | None = None
    role: str = "owner"
    timeout: float = 60.0
    """Of one statement, in seconds."""
    disk: int = 2048
    """Of the server's, in MB, for one file."""
    prelude: tuple[Migration, ...] = ()
    stand_ins: bool = True
    processes: int = 0
    """That replay, this one included; 0 where that is ours to say."""
    trials: frozenset[Trial] = frozenset(Trial)
    queries: tuple[str, ...] = ()
    """What guidelines ask of the replayed database."""


@dataclass(frozen=True, eq=False)
class Config:
    """Where the files of a repository are, and what is wanted of them. Equal to itself alone."""

    root: Path
    migrations: tuple[Path, ...]
    """The folders; the first is where new files go."""
    bases: tuple[Path, ...]
    rules: Path
    """A folder of guidelines, or the file of a packaged profile."""
    baseline: Path
    """What is known, if there is such a file."""
    contracts: Path
    """The folder of the contracts, if there is one."""
    consumers: tuple[Path, ...] = ()
    """The folders of what downstream code sends."""
    layout: str = DEFAULT
    """The name of the migrations' layout."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The values of placeholders."""
    preludes: tuple[tuple[Path, str], ...] = ()
    """Each file of the prelude, with the words that named it."""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """All that is set, by its ini key."""

    @property
    def by_superuser(self) -> bool:
        """The replay runs as superuser."""
        return self._text("ctb_role") == "superuser"

    def is_set(self, key: str) -> bool:
        """Somebody has set this ini key, or its option."""
        return bool(self.values.get(key))

    def lines(self, key: str) -> tuple[str, ...]:
        """The lines of a key that has several."""
        return tuple(self.values.get(key) or ())

    def prelude(self) -> tuple[Migration, ...]:
        """What the platform provides. Raises ConfigError where a file of it cannot be read."""
        files = (preludes.named(path, words) for path, words in self.preludes)
        return tuple(read_file(self.root, file, self.variables) for file in files)

    def settings(self, trials: frozenset[Trial] = frozenset(), queries: tuple[str, ...] = ()) -> Settings:
        """What is set of the replay, which tries `trials` with each file, and asks `queries` at its end.

        Raises ConfigError where a value cannot be meant, or a file of the prelude cannot be read.
        """
        version, timeout = self._text("ctb_postgres_version"), self._text("ctb_timeout") or "60"
        if version and not version.isdecimal():
            raise ConfigError(f"--ctb-postgres-version {version}: not a major version, as 17 is")
        try:
            seconds = float(timeout)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < 1e7:
            raise ConfigError(f"--ctb-timeout {timeout}: not a number of seconds")
        disk = self._text("ctb_disk") or "2048"
        if not disk.isdecimal() or not 0 < int(disk) < 1 << 30:
            raise ConfigError(f"--ctb-disk {disk}: not a number of megabytes")
        where, role = self._text("ctb_postgres") or "auto", self._text("ctb_role") or "owner"
        if role not in {"owner", "superuser"}:
            raise ConfigError(f"--ctb-role {role}: say owner or superuser")
        if role == "superuser" and "://" in where:
            raise ConfigError("--ctb-role superuser: not on a server of others; it could change what is not ours")
        stand_ins = (self._text("ctb_stand_ins") or "on").lower()
        if stand_ins not in {"on", "off"}:
            raise ConfigError(f"--ctb-stand-ins {stand_ins}: say on or off")
        processes = (self._text("ctb_processes") or "auto").lower()
        if processes != "auto" and (not processes.isdecimal() or not 0 < int(processes) <= MOST_PROCESSES):
            raise ConfigError(f"--ctb-processes {processes}: say auto, or a number from 1 to {MOST_PROCESSES}")
        return Settings(
            where=where,
            major=int(version) if version else None,
            image=self._text("ctb_postgres_image") or None,
            role=role,
            timeout=seconds,
            disk=int(disk),
            prelude=self.prelude(),
            stand_ins=stand_ins == "on",
            processes=0 if processes == "auto" else int(processes),
            trials=trials,
            queries=queries,
        )

    def _text(self, key: str) -> str:
        return str(self.values.get(key) or "")


def configured(root: Path, ini: Mapping[str, Any], start: Path, given: Mapping[str, Any] | None = None) -> Config:
    """The configuration of a repository, from what its ini file and a command line say, each by ini keys.

    A path of the command line (`given`) is relative to `start`, and its values come first.
    Raises ConfigError where a value cannot be meant.
    """
    given = {key: value for key, value in (given or {}).items() if value}
    values = {**{key: value for key, value in ini.items() if value}, **given}

    def paths(key: str, *defaults: Path) -> tuple[Path, ...]:
        return tuple(normal(start / path) for path in values.get(key) or ()) or defaults

    def path(key: str, default: str) -> Path:
        return normal((start if key in given else root) / str(values.get(key) or default))

    layout = str(values.get("ctb_layout") or DEFAULT)
    base, consumers = root / "infra" / "neon.sql", root / "consumers"
    return Config(
        root=root,
        migrations=paths("ctb_migrations") or tuple(usual_folders(root, layout)),
        bases=paths("ctb_base") or ((base,) if base.is_file() else ()),
        rules=_rules(root, values, start if "ctb_rules" in given else root),
        baseline=path("ctb_baseline", _BASELINE),
        contracts=path("ctb_contracts", DEFAULT_CONTRACTS),
        consumers=paths("ctb_consumers") or ((consumers,) if consumers.is_dir() else ()),
        layout=layout,
        variables={**variables(ini.get("ctb_variables")), **variables(given.get("ctb_variables"))},
        preludes=tuple(zip(paths("ctb_prelude"), _words(root, values.get("ctb_prelude") or ()), strict=True)),
        values=values,
    )


def _words(root: Path, paths: Iterable[Path | str]) -> Iterable[str]:
    """What paths were called: those of the command line as they were typed, those of the ini file from the root."""
    for path in paths:
        yield str(path.relative_to(root) if isinstance(path, Path) and path.is_relative_to(root) else path)


def _rules(root: Path, values: Mapping[str, Any], start: Path) -> Path:
    """The guidelines: what is set, else the folder `rules`, else the packaged ones."""
    if "ctb_rules" in values:
        return normal(chosen(start, str(values["ctb_rules"])))
    folder = root / "rules"
    return folder if folder.is_dir() else packaged()


def variables(settings: Iterable[str] | None) -> Mapping[str, str]:
    """The values of placeholders, of lines `name = value`. Raises ConfigError for a line that is none."""
    values = {}
    for line in settings or ():
        if not line.strip():
            continue
        setting = _VARIABLE.fullmatch(line)
        if setting is None:
            raise ConfigError(f"ctb_variables (--ctb-variable): {line.strip()!r} is not name = value")
        values[setting[1]] = setting[2]
    return values
