"""Which format a report has, by its ending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from pytest_ctb.errors import ConfigError
from pytest_ctb.report.results import Results

WRITERS: Mapping[str, str] = {".json": "json", ".sarif": "sarif", ".html": "html", ".md": "markdown"}
"""The module of each; it is imported when a report is written, and its function is `as_…`."""


def check_path(path: Path) -> None:
    """Raise ConfigError where no report can be written to `path`, before the run rather than after it."""
    if path.suffix not in WRITERS:
        *others, last = WRITERS
        known = f"{', '.join(others)} or {last}"
        raise ConfigError(
            f"--ctb-report {path}: the ending says the format, and {path.suffix or 'none'} is none of {known}"
        )
    if not path.parent.is_dir():
        raise ConfigError(f"--ctb-report {path}: there is no folder {path.parent}")
    if path.is_dir():
        raise ConfigError(f"--ctb-report {path}: is a folder")


def write(path: Path, results: Results) -> None:
    """Write one report. Raises OSError."""
    name = WRITERS[path.suffix]
    writer: Callable[[Results], str] = getattr(import_module(f"{__package__}.{name}"), f"as_{name}")
    # The name of a file may hold bytes that are no text; written like this they are an escape that JSON knows as well.
    path.write_text(writer(results), encoding="utf-8", errors="backslashreplace")
