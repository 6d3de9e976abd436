"""Packaged preludes: SQL for what a platform provides before any migration, named after their file."""

from __future__ import annotations

from pathlib import Path

from pytest_ctb.errors import ConfigError

FOLDER = Path(__file__).parent
NAMES = sorted(file.stem for file in FOLDER.glob("*.sql"))

_OWNERS = {"neon": "neondb_owner", "supabase": "postgres"}


def owner(path: Path) -> str:
    """The name of the role that migrates on the platform of a packaged prelude; empty for any other file."""
    return _OWNERS.get(path.stem, "") if path.parent == FOLDER else ""


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
