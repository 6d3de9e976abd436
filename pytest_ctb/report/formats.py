"""The format of a report, by the ending of its file name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from pytest_ctb.errors import ConfigError
from pytest_ctb.report.results import Results
from pytest_ctb.repository import writing

WRITERS: Mapping[str, str] = {".json": "json", ".sarif": "sarif", ".html": "html", ".md": "markdown"}
"""The module of each format. It is imported when a report is written; its function is `as_` and the module's name."""


FORMATS: tuple[str, ...] = ("json", "sarif", "github", "gitlab", "junit", "markdown")
"""The formats that a command prints, each a module of this package as those of `WRITERS`."""


def check_path(path: Path) -> None:
    """Raise ConfigError where no report can be written to `path`; called before the run."""
    if path.suffix not in WRITERS:
        *others, last = WRITERS
        known = f"{', '.join(others)} or {last}"
        raise ConfigError(
            f"--ctb-report {path}: the ending says the format, and {path.suffix or 'none'} is not one of {known}"
        )
    if not path.parent.is_dir():
        raise ConfigError(f"--ctb-report {path}: there is no folder {path.parent}")
    if path.exists() and not path.is_file():
        raise ConfigError(f"--ctb-report {path}: is a {'folder' if path.is_dir() else 'device, and no file'}")
    try:
        writing.check(path)
    except ConfigError as error:
        raise ConfigError(f"--ctb-report {error}") from error


def write(path: Path, results: Results) -> None:
    """Write one report. Raises ConfigError where it cannot be written."""
    writing.write(path, rendered(WRITERS[path.suffix], results).encode())


def rendered(name: str, results: Results) -> str:
    """The results in a format of `WRITERS` or `FORMATS`."""
    writer: Callable[[Results], str] = getattr(import_module(f"{__package__}.{name}"), f"as_{name}")
    return writer(results)
