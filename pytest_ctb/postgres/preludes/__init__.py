"""What platforms provide before any migration: packaged preludes, named by their file without its ending."""

from __future__ import annotations

from pathlib import Path

from pytest_ctb.errors import ConfigError

FOLDER = Path(__file__).parent
NAMES = sorted(one.stem for one in FOLDER.glob("*.sql"))


def named(path: Path, told: str) -> Path:
    """The file that a prelude is: `path`, which was told so; else the packaged one of that name.

    A file of the repository wins over a packaged prelude. Raises ConfigError where a bare name is neither.
    """
    if path.is_file() or Path(told).name != told or path.suffix:
        return path
    if told not in NAMES:
        raise ConfigError(f"--ctb-prelude {told}: no such file, and no packaged prelude: these are {', '.join(NAMES)}")
    return FOLDER / f"{told}.sql"
