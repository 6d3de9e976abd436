"""The plugins that a run has beside its own: they report what it finds, and show how far it is."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from pytest_ctb.plugin import options, signs
from pytest_ctb.plugin.databases import JudgedDatabase
from pytest_ctb.plugin.stopped import Stopped


def register(config: pytest.Config, databases: Sequence[JudgedDatabase]) -> None:
    """Register them. Raises ConfigError where a report cannot be written."""
    reports = options.reports(config)
    if reports or options.earlier_report(config):
        from pytest_ctb.plugin.reports import Reports  # noqa: PLC0415  # most runs write none

        config.pluginmanager.register(Reports(config, databases, reports), "ctb-reports")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from pytest_ctb.plugin.annotations import annotate  # noqa: PLC0415

        annotate(config, databases)
    signs.register(config, databases)
    config.pluginmanager.register(Stopped(databases), "ctb-stopped")
