"""The plugin that writes the reports of a run. Their paths are checked before it; they are written at its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_ctb.errors import ConfigError
from pytest_ctb.model.visible import visible
from pytest_ctb.plugin.databases import JudgedDatabase
from pytest_ctb.report import Tally, check_path, write


class Reports:
    """Writes the reports of `--ctb-report`. Raises ConfigError where a path cannot be written."""

    def __init__(self, databases: Sequence[JudgedDatabase], paths: Sequence[Path]) -> None:
        for path in paths:
            check_path(path)
        self._paths = paths
        self._tally = Tally(*(database.suite for database in databases))
        self._databases = databases
        self._failures: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count outcomes and keep findings; under xdist they come from the workers."""
        self._tally.add(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write all reports. A report that cannot be written stops neither the others nor pytest's summary."""
        results = self._tally.results(*(database.orchestrator.if_available() for database in self._databases))
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
