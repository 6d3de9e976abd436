"""Packaged preludes: SQL for what a platform provides before any migration, named after their file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

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
def maker(role: str) -> str:
    """The name of the packaged prelude that makes this role, or lets migrations run as it; empty where none does."""
    made = (name for name in NAMES if role == _OWNERS.get(name) or role in _roles(name))
    return next(made, "")


def _roles(name: str) -> set[str]:
    file = read(FOLDER / f"{name}.sql", f"{name}.sql")
    statements = (inner for statement in file.statements for inner in statement.walk())
    return {new.name for inner in statements if inner.tag == "CREATE ROLE" and (new := created(inner))}


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
