"""The pytest plugin. Without `--ctb` it only adds options: pytest loads this package in every run."""

from __future__ import annotations

import pytest

from pytest_ctb.plugin import options
from pytest_ctb.plugin.rootdir import pytest_cmdline_main, pytest_load_initial_conftests

__all__ = [
    "pytest_addoption",
    "pytest_cmdline_main",
    "pytest_configure",
    "pytest_load_initial_conftests",
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
        from pytest_ctb.plugin.run import Run  # noqa: PLC0415  # only a run with --ctb pays for what it imports

        Run.register(config)
