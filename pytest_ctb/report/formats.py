"""Which format a report has, by its ending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pytest_ctb.errors import ConfigError
from pytest_ctb.report.html import as_html
from pytest_ctb.report.json import as_json
from pytest_ctb.report.markdown import as_markdown
from pytest_ctb.report.results import Results
from pytest_ctb.report.sarif import as_sarif

WRITERS: Mapping[str, Callable[[Results], str]] = {
    ".json": as_json,
    ".sarif": as_sarif,
    ".html": as_html,
    ".md": as_markdown,
}


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
    # The name of a file may hold bytes that are no text; written like this they are an escape that JSON knows as well.
    path.write_text(WRITERS[path.suffix](results), encoding="utf-8", errors="backslashreplace")
