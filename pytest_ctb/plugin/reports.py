"""The plugin that writes the reports of a run. Their paths are checked before it; they are written at its end."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_ctb.config.shard import Shard
from pytest_ctb.errors import ConfigError, CtbWarning
from pytest_ctb.model.visible import visible
from pytest_ctb.plugin import options
from pytest_ctb.plugin.databases import JudgedDatabase
from pytest_ctb.report import Results, Tally, check_path, write
from pytest_ctb.report.compare import compared, read
from pytest_ctb.repository.paths import relative

_OF_ONE_MACHINE = ("ctb_postgres", "ctb_processes")
"""How the ini keys begin whose values do not change a verdict; an address of a server may hold a password."""


class Reports:
    """Writes the reports of `--ctb-report`, and compares with that of `--ctb-compare`.

    Raises ConfigError where a path cannot be written, or there is no report to compare with.
    """

    def __init__(self, config: pytest.Config, databases: Sequence[JudgedDatabase], paths: Sequence[Path]) -> None:
        for path in paths:
            check_path(path)
        self._config = config
        earlier = options.earlier_report(config)
        self._earlier = read(earlier) if earlier else None  # before the run, which may write a report of this name
        self._results: Results | None = None
        self._paths = paths
        self._tally = Tally(*(database.suite for database in databases))
        self._databases = databases
        self._failures: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count outcomes and keep findings; under xdist they come from the workers."""
        self._tally.add(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write all reports. A report that cannot be written stops neither the others nor pytest's summary."""
        evidence = (database.orchestrator.if_available() for database in self._databases)
        results = self._results = self._tally.results(*evidence, earlier=self._earlier)
        shard = options.shard_of(self._config)
        if not shard.is_whole:
            results = replace(results, shard=self._of_shard(shard, results))
        for path in self._paths:
            try:
                write(path, results)
            except ConfigError as error:
                self._failures.append(f"--ctb-report {error}")
        if self._failures and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def _of_shard(self, shard: Shard, results: Results) -> Mapping[str, Any]:
        """What `ctb merge` reads of the report."""
        from pytest_ctb.report.shards import Options, Watched, shard_of  # noqa: PLC0415  # a whole run needs none of it

        config = self._config
        watched = []
        for database in self._databases:
            evidence = database.orchestrator.part_if_available()
            server = database.orchestrator.choice.offer.version if evidence else ""
            watched.append(Watched(database.suite, database.orchestrator.settings, server, evidence))
        given = {key: value for key, value in options.given(config).items() if not key.startswith(_OF_ONE_MACHINE)}
        start = relative(config.rootpath, config.invocation_params.dir)
        chosen, since = (config.getoption(name) or "" for name in ("--ctb-database", "--ctb-since"))
        return shard_of(shard, Options(given, start, chosen, since, _warnings_fail()), results, watched)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what changed since the earlier report, and which report could not be written."""
        comparison = compared(self._results) if self._results else None
        if comparison:
            terminalreporter.write_line(visible(f"ctb: findings since {comparison.earlier}: {comparison}"))
        for failure in self._failures:
            terminalreporter.write_line(visible(f"ctb: {failure}"), red=True)


def _warnings_fail() -> bool:
    """Whether a warning of a finding fails its test, as the filters say that hold at the end of the session too."""
    with warnings.catch_warnings(record=True):
        try:
            warnings.warn_explicit(CtbWarning(""), CtbWarning, __file__, 1)
        except CtbWarning:
            return True
    return False
