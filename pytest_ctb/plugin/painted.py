"""Show failed tests on a terminal in its width, in colours and with links. Reports and logs keep the plain text."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import TerminalRepr
from _pytest._io import TerminalWriter

from pytest_ctb.plugin.items import RUN

if TYPE_CHECKING:
    from pytest_ctb.report.terminal import Terminal


class Painter:
    """Makes failures fit the terminal that shows them at the end of the run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_sessionfinish(self) -> None:
        """Replace the failures that the terminal reporter shows next; all other plugins keep the plain ones."""
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        failed = {"failed", "error"} & reporter.stats.keys() if reporter else set()
        terminal = _terminal(reporter) if failed else None
        if terminal is None:
            return
        suites = (database.suite for database in self._config.stash[RUN].databases)
        pages = {guideline.id: guideline.page for suite in suites for guideline in suite.guidelines}
        for outcome in failed:
            reporter.stats[outcome] = [self._painted(report, terminal, pages) for report in reporter.stats[outcome]]

    def _painted(self, report: Any, terminal: Terminal, pages: Mapping[str, str]) -> Any:
        """A copy of a report with findings that shows them so; any other report itself."""
        from pytest_ctb.report import from_values  # noqa: PLC0415  # a run without failures needs none of it
        from pytest_ctb.report.terminal import shown  # noqa: PLC0415

        findings = [from_values(values) for values in getattr(report, "ctb_findings", ())]
        entries: Any = getattr(getattr(report.longrepr, "reprtraceback", None), "reprentries", ())
        if not findings or len(entries) != 1:
            return report
        lines = "\n".join(entries[0].lines).split("\n")
        painted = copy.copy(report)
        root = self._config.rootpath
        painted.longrepr = _Painted(report.longrepr, list(shown(lines, findings, terminal, root, pages)))
        return painted


def _terminal(reporter: Any) -> Terminal | None:
    """What the terminal can do; None for a pipe, which gets the plain text, unless colours are forced."""
    from pytest_ctb.report.terminal import Terminal, has_links  # noqa: PLC0415

    writer = reporter._tw  # noqa: SLF001  # pytest's own
    isatty, colours = writer._file.isatty(), bool(writer.hasmarkup)  # noqa: SLF001
    if not isatty and not colours:
        return None
    return Terminal(writer.fullwidth, colours, colours and has_links(os.environ, terminal=isatty))


class _Painted(TerminalRepr):
    """Lines in place of what pytest would show of a failure."""

    def __init__(self, longrepr: Any, lines: list[str]) -> None:
        self.reprcrash, self.reprtraceback = longrepr.reprcrash, longrepr.reprtraceback
        self._lines = lines

    def toterminal(self, tw: TerminalWriter) -> None:
        for line in self._lines:
            tw.line(line)
