"""The pytest plugin: pytest loads this package in every run.

Without `--ctb` it only adds options, and names that option where SQL files stand on the command line.
"""

from __future__ import annotations

import shlex

import pytest

from pytest_ctb.plugin import options
from pytest_ctb.plugin.rootdir import misspelt_files, pytest_cmdline_main, pytest_load_initial_conftests

__all__ = [
    "pytest_addoption",
    "pytest_cmdline_main",
    "pytest_configure",
    "pytest_load_initial_conftests",
    "pytest_terminal_summary",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, as the contract lists them."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and with `--ctb` the plugin that does the work."""
    config.addinivalue_line("markers", "ctb: a guideline of the migration guide (pytest-ctb)")
    config.addinivalue_line("markers", "ctb_static: a guideline that needs no server")
    config.addinivalue_line("markers", "ctb_live: a guideline that needs a throwaway Postgres")
    if config.getoption("--ctb"):
        # Only a run with --ctb pays for what they import.
        from pytest_ctb.plugin.painted import Painter  # noqa: PLC0415
        from pytest_ctb.plugin.run import Run  # noqa: PLC0415

        Run.register(config)
        config.pluginmanager.register(Painter(config), "ctb-painter")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Where pytest found no tests in SQL files that stand on the command line, say which option or file is meant."""
    files = [path for path in config.args if path.endswith(".sql")]
    if exitstatus != pytest.ExitCode.USAGE_ERROR or not files:
        return
    if config.getoption("--ctb"):
        for line in misspelt_files(config.invocation_params.dir, files):
            terminalreporter.line(line)
    else:
        terminalreporter.line(f"pytest-ctb judges SQL files with --ctb: pytest --ctb {shlex.join(files)}")
