"""The configuration, from the command line and the ini file, for pytest, `ctb` and sqlfluff alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pytest_ctb.config.packaged import default_profile, packaged, packaged_by_name, profile_of, rules_path
from pytest_ctb.config.places import layout_of
from pytest_ctb.config.shard import WHOLE, Shard
from pytest_ctb.contracts.folder import DEFAULT as DEFAULT_CONTRACTS
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Migration, Trial
from pytest_ctb.repository.bases import usual_bases
from pytest_ctb.repository.folders import read as read_file
from pytest_ctb.repository.layouts import DEFAULT
from pytest_ctb.repository.paths import normal, relative
from pytest_ctb.repository.sizes import DEFAULT as DEFAULT_SIZES

_VARIABLE = re.compile(r"\s*([^\s=](?:[^=]*[^\s=])?)\s*=\s*(.*?)\s*", re.DOTALL)
_OF_FILES = ("ctb_migrations", "ctb_layout")
"""The keys that say where migrations are that are SQL files."""
_BASELINE = "ctb-baseline.json"
MOST_PROCESSES = 99


@dataclass(frozen=True)
class Settings:
    """How to replay: the server, the role, limits, trials and queries."""

    where: str = field(default="auto", repr=False)
    """A place of Postgres, or a URL, which may hold a password (so it has no repr)."""
    major: int | None = None
    image: str | None = None
    role: str = "owner"
    """Who migrates: `owner`, `owner:NAME` or `superuser`."""
    timeout: float = 60.0
    """The longest time for one statement, in seconds."""
    disk: int = 2048
    """The most disk space of the server that one file may take, in MB."""
    prelude: tuple[Migration, ...] = ()
    stand_ins: bool = True
    processes: int = 0
    """How many processes replay, this one included; 0: chosen by the orchestration."""
    trials: frozenset[Trial] = frozenset(Trial)
    queries: tuple[str, ...] = ()
    """The queries of guidelines, run on the replayed database."""
    shard: Shard = WHOLE
    """The part of the history that is observed: the files before it are only applied, those behind it not at all."""


@dataclass(frozen=True, eq=False)
class Config:
    """The paths of a repository and all values that are set. Compared by identity, so that it can be a cache key."""

    root: Path
    migrations: tuple[Path, ...]
    """The folders of migrations; `ctb new` writes into the first."""
    bases: tuple[Path, ...]
    own_rules: Path | None
    """The folder of the repository's own guidelines, if it has one."""
    profile: Path | None
    """The packaged guidelines that `ctb_rules` names; None where it names none."""
    baseline: Path
    """The file of the baseline, there or not."""
    contracts: Path
    """The folder of the contracts, there or not."""
    sizes: Path
    """The file of the sizes in production, there or not."""
    consumers: tuple[Path, ...] = ()
    """The folders with the statements of downstream code."""
    layout: str = DEFAULT
    """The name of the migrations' layout."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The values of placeholders."""
    preludes: tuple[tuple[Path, str], ...] = ()
    """The files of the prelude, each with its name as the user wrote it."""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """All values that are set, by ini key."""
    name: str = ""
    """The name of the database; empty where the repository has one, which nobody named."""
    found: bool = False
    """No setting names the folders of migrations: they lie where such folders usually lie."""
    not_taken: tuple[Path, ...] = ()
    """Other folders that were found and hold SQL files, and are not judged."""
    home: Path = Path()
    """The folder in which its base schema, contracts and the like are looked for first."""

    @property
    def rules(self) -> Path:
        """What the guidelines are read from: the repository's own folder, else a packaged profile or pack."""
        return self.own_rules or self.profile or self._default_profile

    @property
    def rules_under(self) -> Path | None:
        """The packaged guidelines that the repository's own add to; None where its `_profile.yml` says which.

        Raises ConfigError where `ctb_rules` says so too.
        """
        file = profile_of(self.own_rules) if self.own_rules else None
        if file and self.profile:
            path = relative(self.root, file)
            raise ConfigError(
                f"{path} and ctb_rules (--ctb-rules) = {self._text('ctb_rules')} both choose a profile: "
                f"keep one of them (in {path}: extends: {self._text('ctb_rules')})"
            )
        return (self.profile or self._default_profile) if self.own_rules and not file else None

    @property
    def profile_is_default(self) -> bool:
        """Nothing chooses the packaged guidelines: they are those that suit the files."""
        return self.profile is None and (self.own_rules is None or profile_of(self.own_rules) is None)

    @property
    def profile_name(self) -> str:
        """The name of the packaged guidelines that hold, or that the repository's own add to."""
        path = self.profile or self._default_profile
        return next(name for name, packaged in packaged_by_name().items() if packaged == path)

    @cached_property
    def _default_profile(self) -> Path:
        return packaged_by_name()[default_profile(self.root, self.migrations)]

    @property
    def source(self) -> str:
        """The command that prints the migrations; empty where they are SQL files."""
        return self._text("ctb_source").strip()

    @property
    def by_superuser(self) -> bool:
        """Whether the replay runs as superuser."""
        return self._text("ctb_role") == "superuser"

    def is_set(self, key: str) -> bool:
        """Whether this ini key, or its option, is set."""
        return bool(self.values.get(key))

    def lines(self, key: str) -> tuple[str, ...]:
        """The value of a key of the kind LINES."""
        return tuple(self.values.get(key) or ())

    @cached_property
    def prelude(self) -> tuple[Migration, ...]:
        """The SQL of the platform, run before the replay. Raises ConfigError where a file cannot be read."""
        return tuple(read_file(self.root, file, self.variables) for file in self._prelude_files)

    @property
    def _owner_of_platform(self) -> str:
        """The name that the role that migrates has on the platform of a packaged prelude; empty where there is none."""
        if not self.preludes:
            return ""
        from pytest_ctb.postgres import preludes  # noqa: PLC0415  # most repositories have none

        return next(filter(None, map(preludes.owner, self._prelude_files)), "")

    @property
    def _prelude_files(self) -> tuple[Path, ...]:
        if not self.preludes:
            return ()
        from pytest_ctb.postgres import preludes  # noqa: PLC0415  # most repositories have none

        return tuple(preludes.named(path, name) for path, name in self.preludes)

    def settings(self, trials: frozenset[Trial] = frozenset(), queries: tuple[str, ...] = ()) -> Settings:
        """The settings of a replay that runs `trials` with each file, and `queries` at its end.

        Raises ConfigError where a value is not valid, or a file of the prelude cannot be read.
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
        kind, named, name = role.partition(":")
        if kind not in {"owner", "superuser"} or (named and not _may_be_owner(kind, name)):
            raise ConfigError(f"--ctb-role {role}: use owner or superuser; owner:NAME gives the owner a name")
        if role == "superuser" and "://" in where:
            raise ConfigError("--ctb-role superuser is refused on a shared server: it could change other databases")
        stand_ins = (self._text("ctb_stand_ins") or "on").lower()
        if stand_ins not in {"on", "off"}:
            raise ConfigError(f"--ctb-stand-ins {stand_ins}: use on or off")
        processes = (self._text("ctb_processes") or "auto").lower()
        if processes != "auto" and (not processes.isdecimal() or not 0 < int(processes) <= MOST_PROCESSES):
            raise ConfigError(f"--ctb-processes {processes}: say auto, or a number from 1 to {MOST_PROCESSES}")
        return Settings(
            where=where,
            major=int(version) if version else None,
            image=self._text("ctb_postgres_image") or None,
            role=f"owner:{name}" if role == "owner" and (name := self._owner_of_platform) else role,
            timeout=seconds,
            disk=int(disk),
            prelude=self.prelude,
            stand_ins=stand_ins == "on",
            processes=0 if processes == "auto" else int(processes),
            trials=trials,
            queries=queries,
        )

    def _text(self, key: str) -> str:
        return str(self.values.get(key) or "")


def _may_be_owner(kind: str, name: str) -> bool:
    """Whether an ordinary role may have this name: Postgres keeps some to itself, and this package."""
    kept = name in {"none", "public"} or name.startswith(("pg_", "pytest_ctb"))
    return kind == "owner" and 0 < len(name.encode()) < 64 and not kept


class Database(NamedTuple):
    """Which database of a repository a configuration is of."""

    name: str = ""
    """Empty where the repository has one database, which nobody named."""
    homes: tuple[Path, ...] = ()
    """The folders in which its base schema, contracts and the like are looked for, the first first."""
    found: Path | None = None
    """The folder of migrations, where no setting names it."""
    not_taken: tuple[Path, ...] = ()
    """Other folders that were found and hold SQL files, and are not judged."""


def config_from(
    root: Path,
    ini: Mapping[str, Any],
    start: Path,
    given: Mapping[str, Any],
    database: Database,
) -> Config:
    """The configuration of one database, from the values of its ini file and of the command line, by ini key.

    Values of the command line (`given`) come first; its paths are relative to `start`. `ini` holds absolute paths.
    Raises ConfigError where a value is not valid.
    """
    values = {**ini, **given}

    def paths(key: str, *defaults: Path) -> tuple[Path, ...]:
        return tuple(normal(start / path) for path in values.get(key) or ()) or defaults

    def path(key: str, default: str) -> Path:
        return normal((start if key in given else root) / str(values[key])) if key in values else usual(default)

    def usual(name: str) -> Path:
        files = [home / name for home in database.homes]
        return next((file for file in files if file.exists()), files[-1])

    layout = str(values.get("ctb_layout") or (layout_of(root, database.found) if database.found else "") or DEFAULT)
    if values.get("ctb_source") and (both := [key for key in _OF_FILES if key in values]):
        raise ConfigError(f"ctb_source prints the migrations, so {both[0]} would not be read: keep one of them")
    consumers, not_bases = usual("consumers"), paths("ctb_prelude")
    bases = next(filter(None, (usual_bases(home / "infra") for home in database.homes)), ())
    own_rules, profile = _rules(root, values, start if "ctb_rules" in given else root, database.homes)
    return Config(
        root=root,
        name=database.name,
        home=database.homes[0],
        not_taken=database.not_taken,
        found=database.found is not None,
        migrations=paths("ctb_migrations", *([database.found] if database.found else ())),
        bases=paths("ctb_base") or tuple(base for base in bases if base not in not_bases),
        own_rules=own_rules,
        profile=profile,
        baseline=path("ctb_baseline", _BASELINE),
        contracts=path("ctb_contracts", DEFAULT_CONTRACTS),
        sizes=path("ctb_sizes", DEFAULT_SIZES),
        consumers=paths("ctb_consumers") or ((consumers,) if consumers.is_dir() else ()),
        layout=layout,
        variables=_parse_variables([*(ini.get("ctb_variables") or ()), *(given.get("ctb_variables") or ())]),
        preludes=tuple(
            zip(paths("ctb_prelude"), _names_as_written(root, values.get("ctb_prelude") or ()), strict=True)
        ),
        values=values,
    )


def _names_as_written(root: Path, paths: Iterable[Path | str]) -> Iterable[str]:
    """The names of paths: those of the command line as they were typed, those of the ini file from the root."""
    for path in paths:
        yield str(path.relative_to(root) if isinstance(path, Path) and path.is_relative_to(root) else path)


def _rules(
    root: Path, values: Mapping[str, Any], start: Path, homes: Iterable[Path]
) -> tuple[Path | None, Path | None]:
    """The repository's own folder of guidelines, and the packaged ones that are chosen by name."""
    chosen = normal(rules_path(start, str(values["ctb_rules"]))) if "ctb_rules" in values else None
    profile = chosen if chosen in packaged_by_name().values() else None
    usual = next((folder for home in (*homes, root) if (folder := home / "rules").is_dir()), root / "rules")
    if chosen != profile:
        return chosen, None
    return usual if usual.is_dir() and usual != packaged() else None, profile


def _parse_variables(lines: Iterable[str]) -> Mapping[str, str]:
    """The values of placeholders by name, from lines `name = value`. Raises ConfigError for any other line."""
    values = {}
    for line in lines:
        if not line.strip():
            continue
        setting = _VARIABLE.fullmatch(line)
        if setting is None:
            raise ConfigError(f"ctb_variables (--ctb-variable): {line.strip()!r} is not name = value")
        values[setting[1]] = setting[2]
    return values
