"""Packaged preludes: SQL for what a platform provides before any migration, named after their file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pytest_ctb.errors import ConfigError
from pytest_ctb.repository.migration import read
from pytest_ctb.sql import created

FOLDER = Path(__file__).parent
NAMES = sorted(file.stem for file in FOLDER.glob("*.sql"))

_OWNERS = {"neon": "neondb_owner", "supabase": "postgres"}


def owner(path: Path) -> str:
    """The name of the role that migrates on the platform of a packaged prelude; empty for any other file."""
    return _OWNERS.get(platform(path), "")


def platform(path: Path) -> str:
    """The name of the packaged prelude that a file is; empty for any other file."""
    return path.stem if path.resolve().parent == FOLDER.resolve() else ""


@cache
def makers(kind: Literal["ROLE", "SCHEMA"], name: str) -> tuple[str, ...]:
    """The names of the packaged preludes that make a role or schema; also those whose migrations run as the role."""
    owners = _OWNERS if kind == "ROLE" else {}
    return tuple(prelude for prelude in NAMES if name == owners.get(prelude) or name in _made(kind, prelude))


def _made(kind: str, prelude: str) -> set[str]:
    file = read(FOLDER / f"{prelude}.sql", f"{prelude}.sql")
    statements = (inner for statement in file.statements for inner in statement.walk())
    return {new.name for inner in statements if inner.tag == f"CREATE {kind}" and (new := created(inner))}


def named(path: Path, option: str) -> Path:
    """The file of a prelude: `path`, or the packaged prelude that the option names.

    A file of the repository wins over a packaged prelude. Raises ConfigError where a bare name is neither.
    """
    if path.is_file() or Path(option).name != option or path.suffix:
        return path
    if option not in NAMES:
        raise ConfigError(
            f"--ctb-prelude {option}: no such file, and no packaged prelude: these are {', '.join(NAMES)}"
        )
    return FOLDER / f"{option}.sql"
