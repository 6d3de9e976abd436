"""A pytest plugin that does as little as can be for a result: one item, one report. What telling results costs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


class Item(pytest.Item):
    """A test that passes."""

    def runtest(self) -> None:
        """Do nothing."""


class File(pytest.File):
    """A file of which there are so many results as `REPORTED` says."""

    def collect(self) -> Iterator[Item]:
        """Its items."""
        for number in range(int(os.environ["REPORTED"])):
            yield Item.from_parent(self, name=f"guideline-{number}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect every migration."""
    return File.from_parent(parent, path=file_path) if file_path.suffix == ".sql" else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool:
    """Tell one report."""
    hook = item.config.hook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    call = pytest.CallInfo.from_call(item.runtest, "call")
    hook.pytest_runtest_logreport(report=pytest.TestReport.from_item_and_call(item, call))
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
