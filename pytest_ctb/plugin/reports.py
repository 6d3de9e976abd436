"""The reports of a run, as a plugin that pytest has where one is asked for: probed before it, written at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_ctb.errors import ConfigError
from pytest_ctb.guide.questions import Suite
from pytest_ctb.model import Evidence
from pytest_ctb.model.visible import visible
from pytest_ctb.report import Tally, check_path, write


class Reports:
    """What is written, and of what. Raises ConfigError where one could not be written."""

    def __init__(self, suite: Suite, paths: Sequence[Path], seen: Callable[[], Evidence | None]) -> None:
        for path in paths:
            check_path(path)
        self._paths = paths
        self._tally = Tally(suite)
        self._seen = seen
        self._failures: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count outcomes and keep findings; under xdist they come from the workers."""
        self._tally.add(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write each report. One that cannot be written keeps neither the others nor pytest's summary back."""
        results = self._tally.results(self._seen())
        for path in self._paths:
            try:
                write(path, results)
            except ConfigError as error:
                self._failures.append(f"--ctb-report {error}")
        if self._failures and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say which report could not be written."""
        for failure in self._failures:
            terminalreporter.write_line(visible(f"ctb: {failure}"), red=True)
