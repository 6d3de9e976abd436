"""The options of `pytest --ctb`, as the contract lists them, and what they say: paths and Settings."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ctb.errors import ConfigError
from pytest_ctb.repository.paths import normal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ctb.config.settings import Settings
    from pytest_ctb.model import ContractFolder, Trial


def add(parser: pytest.Parser) -> None:
    """Add the options and their ini keys."""
    # Rules for help texts: a phrase with a capital and no full stop; what the default is, where there is one.
    group = parser.getgroup("ctb", "migration guidelines (pytest-ctb)")
    group.addoption("--ctb", action="store_true", help="Run the compliance suite over the SQL migrations")

    def both(name: str, ini: str, text: str, ini_type: Any = "string", **more: Any) -> None:
        group.addoption(name, dest=ini, default=more.pop("default", None), help=text, **more)
        parser.addini(ini, text, type=ini_type, default=None)

    folder: dict[str, Any] = {"metavar": "DIR", "action": "append"}
    file: dict[str, Any] = {"metavar": "FILE", "action": "append"}
    both("--ctb-migrations", "ctb_migrations", "Where migrations live (default: migrations)", "paths", **folder)
    both(
        "--ctb-layout",
        "ctb_layout",
        "How the migrations are laid out: ctb, auto, a tool's name, or a pattern (default: ctb)",
        metavar="NAME",
    )
    both("--ctb-base", "ctb_base", "Base schema the replay must equal (default: infra/neon.sql)", "paths", **file)
    both(
        "--ctb-consumers",
        "ctb_consumers",
        "Statements that downstream code sends, as .sql files (default: consumers where it exists)",
        "paths",
        **folder,
    )
    both(
        "--ctb-rules",
        "ctb_rules",
        "Guidelines, one YAML file each, or a packaged profile's name (default: rules, else the packaged ones)",
        metavar="DIR",
    )
    both(
        "--ctb-postgres",
        "ctb_postgres",
        "Where the throwaway Postgres comes from: auto, embedded, local, docker, or a postgresql:// URL "
        "of a server to make throwaway databases on (default: auto)",
        metavar="WHERE",
    )
    both("--ctb-postgres-version", "ctb_postgres_version", "Major version to replay on", metavar="N")
    both(
        "--ctb-postgres-image",
        "ctb_postgres_image",
        "Image docker starts (default: postgres:<version>)",
        metavar="NAME",
    )
    both("--ctb-role", "ctb_role", "Who replays: owner or superuser (default: owner)", metavar="WHO")
    both("--ctb-timeout", "ctb_timeout", "Longest time one statement may take (default: 60)", metavar="SECONDS")
    both(
        "--ctb-processes",
        "ctb_processes",
        "Processes that replay, each in databases of its own; 1 for none beside pytest's (default: auto)",
        metavar="N",
    )
    both("--ctb-disk", "ctb_disk", "Most of the server's disk one file may take (default: 2048)", metavar="MEGABYTES")
    both(
        "--ctb-prelude",
        "ctb_prelude",
        "SQL run first, as superuser: what the platform provides; a file, or neon or supabase",
        "paths",
        **file,
    )
    both(
        "--ctb-baseline",
        "ctb_baseline",
        "Findings known when the guide was adopted (default: ctb-baseline.json where it exists)",
        metavar="FILE",
    )
    both(
        "--ctb-contracts",
        "ctb_contracts",
        "Contracts of the tables, which ctb contracts writes (default: schemas where it holds some)",
        metavar="DIR",
    )
    group.addoption(
        "--ctb-fresh", action="store_true", help="Replay everything, whatever earlier runs have seen of the same files"
    )
    group.addoption("--ctb-since", metavar="REV", help="Judge only the migrations that changed since a git revision")
    both(
        "--ctb-stand-ins",
        "ctb_stand_ins",
        "Extensions of plain SQL where a Postgres 18 of ours lacks pgcrypto or uuid-ossp: on or off (default: on)",
        metavar="WHETHER",
    )
    both(
        "--ctb-variable",
        "ctb_variables",
        "Value of a placeholder in migrations, and of a variable of psql",
        "linelist",
        metavar="NAME=VALUE",
        action="append",
    )
    parser.addini(
        "ctb_verify_ignore",
        "What `ctb verify` leaves out: a kind of object and a name a line, `schema auth` or `role neon_*`",
        type="linelist",
        default=None,
    )
    group.addoption(
        "--ctb-report",
        metavar="PATH",
        action="append",
        default=[],
        help="Write a report, its format by its ending: .json, .sarif, .html or .md",
    )


class Paths:
    """Options and ini keys as absolute paths: an option is relative to where pytest was called, a key to its file."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.root = config.rootpath
        self.layout = self.one("ctb_layout", "ctb")
        self.migrations = self._many("ctb_migrations") or self._usual()
        default = self.root / "infra" / "neon.sql"
        self.bases = self._many("ctb_base") or ([default] if default.is_file() else [])
        usual = self.root / "consumers"
        self.consumers = self._many("ctb_consumers") or ([usual] if usual.is_dir() else [])
        self.rules = self._rules()
        self.baseline = self._baseline()

    def told(self, path: str) -> Path:
        """A path of the command line."""
        return normal(self.config.invocation_params.dir / path)

    def _ini(self, name: str) -> Any:
        try:
            return self.config.getini(name)
        except (ValueError, TypeError) as error:  # a quote that nothing closes, a number where a list belongs
            raise ConfigError(f"{name} in the ini file: {error}") from error

    def _many(self, name: str) -> list[Path]:
        given = self.config.getoption(name)
        if given:
            return [self.told(one) for one in given]
        return [normal(one) for one in self._ini(name) or []]

    def _usual(self) -> list[Path]:
        """Where the migrations of this layout usually lie."""
        from pytest_ctb.repository.layouts import usual_folders  # noqa: PLC0415

        return usual_folders(self.root, self.layout)

    def prelude(self) -> list[Path]:
        """The prelude's files, and the packaged ones that are told by their name. Raises ConfigError."""
        from pytest_ctb.postgres.preludes import named  # noqa: PLC0415

        given = self.config.getoption("ctb_prelude") or [
            str(one.relative_to(self.root)) if one.is_relative_to(self.root) else str(one)
            for one in self._ini("ctb_prelude") or []
        ]
        return [named(path, one) for path, one in zip(self._many("ctb_prelude"), given, strict=True)]

    def contracts(self) -> ContractFolder | None:
        """The contracts, if there are any. Raises ConfigError where they cannot be read."""
        from pytest_ctb.contracts.folder import DEFAULT, find_contracts  # noqa: PLC0415

        given, key = self.config.getoption("ctb_contracts"), self._ini("ctb_contracts")
        folder = self.told(given) if given else normal(self.root / (key or DEFAULT))
        return find_contracts(self.root, folder, named=bool(given or key))

    def variables(self) -> Mapping[str, str]:
        """The values of placeholders, those of the command line last. Raises ConfigError."""
        from pytest_ctb.config import ini  # noqa: PLC0415

        told = self.config.getoption("ctb_variables") or ()
        return {**ini.variables(self._ini("ctb_variables")), **ini.variables(told)}

    def one(self, name: str, default: str = "") -> str:
        """An option, else its ini key, else the default."""
        return str(self.config.getoption(name) or self._ini(name) or default)

    def _baseline(self) -> Path | None:
        given = self.config.getoption("ctb_baseline")
        if given:
            return self.told(given)
        named = self._ini("ctb_baseline")
        own = normal(self.root / (named or "ctb-baseline.json"))
        return own if named or own.is_file() else None

    def _rules(self) -> Path:
        given = self.config.getoption("ctb_rules")
        from pytest_ctb.guide.guideline_files import chosen, packaged  # noqa: PLC0415

        if given:
            return Path(os.path.normpath(chosen(self.config.invocation_params.dir, given)))
        key = self._ini("ctb_rules")
        own = self.root / "rules"
        return Path(os.path.normpath(chosen(self.root, key))) if key else own if own.is_dir() else packaged()


def settings(paths: Paths, trials: frozenset[Trial], queries: tuple[str, ...] = ()) -> Settings:
    """What the options say of the replay. Raises ConfigError where one cannot be meant."""
    from pytest_ctb.config.settings import settings as words  # noqa: PLC0415
    from pytest_ctb.repository import folders as repository  # noqa: PLC0415

    return replace(
        words(paths.one),
        prelude=tuple(repository.read(paths.root, one, paths.variables()) for one in paths.prelude()),
        trials=trials,
        queries=queries,
    )
