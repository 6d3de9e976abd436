"""Tests marked `docker`, where no engine answers: they do not run, and the end of the run says so.

With PYTEST_CTB_NEED_DOCKER set they run all the same, and fail: CI sets it.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

_left_out = pytest.StashKey[str]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out what cannot run."""
    needing = [item for item in items if item.get_closest_marker("docker")]
    why = why_not() if needing else ""
    if why:
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in needing]
        config.stash[_left_out] = why


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what did not run, and why. Under xdist only the workers collect: there it is said of every run."""
    why = config.stash.get(_left_out, "") or (why_not() if config.getoption("numprocesses", None) else "")
    if why:
        terminalreporter.write_line(f"the docker tests did not run: {why}", yellow=True)


def why_not() -> str:
    """Why no container can be started; empty where one can, or has to."""
    from pytest_ctb.postgres import Refusal, Wanted, docker  # only where it is asked for

    if os.environ.get("PYTEST_CTB_NEED_DOCKER"):
        return ""
    answer = docker.look(Wanted("docker"))
    return answer.reason if isinstance(answer, Refusal) else ""
