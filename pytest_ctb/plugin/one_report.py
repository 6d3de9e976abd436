"""A clean verdict told in one report, where nobody would miss those of pytest's other phases, or a hook."""

from __future__ import annotations

import pytest
from _pytest import runner

_CONTENT = (
    "_pytest",
    "xdist",
    "__channelexec__",  # xdist again, as execnet calls what it runs in a worker
    "pytest_ctb",
    "_hypothesis_pytestplugin",  # looks at functions
    "pytest_forked",  # runs none of ours: see `run_here`
    "pytest_github_actions_annotate_failures",  # looks at failures
    "pytest_html.plugin",  # looks at what functions add; its report, in another module, is not content
    "pytest_randomly",  # seeds what no check uses
    "pytest_rerunfailures",  # looks at failures; for `--reruns` see below
    "pytest_timeout",  # has its timer around the whole protocol
)
"""The packages and modules whose hooks can do with one report of a test that passes."""
_WANTING = "_pytest.junitxml"
"""It writes a test down when that is torn down."""
_OF_REPORTS = ("pytest_report_teststatus", "pytest_report_to_serializable", "pytest_report_from_serializable")
_MARKS = frozenset({"ctb", "ctb_live", "ctb_static"})


def is_enough(config: pytest.Config) -> bool:
    """Whether everybody who listens in this process can do with one report of a test.

    A conftest.py or a plugin with a hook that is called for each test or each report gets all three phases, unless it
    is known to need no more than one report.
    """
    if _wanted(config):
        return False
    hooks = [one for name, one in vars(config.hook).items() if name.startswith("pytest_runtest_")]
    hooks += [getattr(config.hook, name) for name in _OF_REPORTS]
    modules = {getattr(one.function, "__module__", None) or "" for hook in hooks for one in hook.get_hookimpls()}
    return _WANTING not in modules and all(
        f"{one}.".startswith(tuple(f"{name}." for name in _CONTENT)) for one in modules
    )


def _wanted(config: pytest.Config) -> bool:
    """An option needs the phases: it shows the setup, reckons with its time, or runs again what broke a worker."""
    if config.getoption("setupshow", default=False):
        return True
    if config.pluginmanager.has_plugin("terminalreporter") and config.getini("console_output_style") == "times":
        return True
    if any(config.getoption(one, default=None) for one in ("reruns", "force_reruns")):
        return True
    return config.pluginmanager.has_plugin("rerunfailures") and bool(config.getini("reruns"))


def forks(item: pytest.Item) -> bool:
    """Whether pytest-forked runs this test in a process of its own."""
    return bool(item.config.getoption("forked", default=False) or item.get_closest_marker("forked"))


def run_here(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test as pytest does: in a process of its own, what it learns of the migrations would be lost with that."""
    return runner.pytest_runtest_protocol(item, nextitem)


def left_standing(item: pytest.Item, nextitem: pytest.Item | None) -> pytest.Collector | None:
    """The innermost of what pytest set up for a test and has not torn down after it: the next one needs it too."""
    needed = nextitem.listchain() if nextitem else []
    found = [one for one in item.listchain() if one in needed and isinstance(one, pytest.Collector)]
    return found[-1] if found else None


def can_be(item: pytest.Item, nextitem: pytest.Item | None, standing: pytest.Collector | None) -> bool:
    """Whether pytest itself has nothing to do for this test but to run it, `standing` being what it has set up.

    It has where there is a mark that is not ours, as `skip`, and where something is to be torn down before the next.
    """
    if nextitem is None or any(one.name not in _MARKS for one in item.iter_markers()):
        return False
    return standing is None or standing in nextitem.listchain()


def tell(item: pytest.Item, report: pytest.TestReport) -> None:
    """Report a test that has passed, as pytest's own protocol reports the call."""
    hook = item.config.hook  # of those that are only called for some folders there are none: see `is_enough`
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
