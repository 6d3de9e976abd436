"""A clean verdict told in one report, where nobody would miss those of pytest's other phases, or a hook."""

from __future__ import annotations

import pytest

_CONTENT = frozenset(
    {
        "_pytest",
        "xdist",
        "pytest_ctb",
        "_hypothesis_pytestplugin",  # looks at functions alone
        "pytest_github_actions_annotate_failures",  # looks at failures alone
    }
)
"""The packages whose hooks can do with one report of a test that passes."""
_WANTING = "_pytest.junitxml"
"""It writes a test down when that is torn down."""
_OF_REPORTS = ("pytest_report_teststatus", "pytest_report_to_serializable", "pytest_report_from_serializable")
_MARKS = frozenset({"ctb", "ctb_live", "ctb_static"})


def is_enough(config: pytest.Config) -> bool:
    """Whether everybody who listens in this process can do with one report of a test.

    A conftest.py or a plugin with a hook that is called for each test or each report gets all three phases, unless it
    is known to need no more than one report. `--setup-show` and the times of `console_output_style` need the setup.
    """
    times = config.pluginmanager.has_plugin("terminalreporter") and config.getini("console_output_style") == "times"
    if times or config.getoption("setupshow", default=False):
        return False
    hooks = [one for name, one in vars(config.hook).items() if name.startswith("pytest_runtest_")]
    hooks += [getattr(config.hook, name) for name in _OF_REPORTS]
    modules = {getattr(one.function, "__module__", None) or "" for hook in hooks for one in hook.get_hookimpls()}
    return _WANTING not in modules and {one.partition(".")[0] for one in modules} <= _CONTENT


def can_be(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Whether pytest itself has nothing to do for this test but to run it.

    It has where there is a mark that is not ours, as `skip`; and after the last test of a folder, for then it tears
    down what it set up for the folder.
    """
    folder = item.parent and item.parent.parent
    last = nextitem is None or nextitem.parent is None or nextitem.parent.parent is not folder
    return not last and all(one.name in _MARKS for one in item.iter_markers())


def tell(item: pytest.Item, report: pytest.TestReport) -> None:
    """Report a test that has passed, as pytest's own protocol reports the call."""
    hook = item.config.hook  # of those that are only called for some folders there are none: see `is_enough`
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
