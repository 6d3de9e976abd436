"""The plugin that shows findings as annotations in a run of GitHub Actions, where no other plugin does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pytest_ctb.plugin.databases import JudgedDatabase
from pytest_ctb.report import Tally, rendered

NAME = "ctb-annotations"
"""Its name in pytest: `-p no:ctb-annotations` leaves it out."""
_PEER = "annotate_errors"
"""The name under which pytest-github-actions-annotate-failures registers what does the same."""


def annotate(config: pytest.Config, databases: Sequence[JudgedDatabase]) -> None:
    """Have the findings of this run annotated, if no other plugin does."""
    if not config.pluginmanager.has_plugin(_PEER):
        config.pluginmanager.register(Annotations(databases), NAME)


class Annotations:
    """Writes a workflow command for each new finding, at the end of the run."""

    def __init__(self, databases: Sequence[JudgedDatabase]) -> None:
        self._databases = databases
        self._tally = Tally(*(database.suite for database in databases))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the findings; under xdist they come from the workers."""
        self._tally.add(report)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write the annotations."""
        results = self._tally.results(*(None for _ in self._databases))
        for line in rendered("github", results).splitlines():
            terminalreporter.write_line(line)
