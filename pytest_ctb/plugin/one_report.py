"""Report a test that does not fail once and not for each phase, where no plugin needs the others."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from _pytest import nodes, runner

from pytest_ctb.errors import CtbWarning, NotJudgedError
from pytest_ctb.model.visible import on_a_line
from pytest_ctb.plugin.items import GuidelineItem, complete

if TYPE_CHECKING:
    from pytest_ctb.model import Finding

_NEEDS_ONE = (
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
"""The packages and modules whose hooks need only one report of a test that does not fail."""
_NEEDS_TEARDOWN = "_pytest.junitxml"
"""It writes a test to its file at the report of the teardown."""
_REPORT_HOOKS = ("pytest_report_teststatus", "pytest_report_to_serializable", "pytest_report_from_serializable")
_MARKS = frozenset({"ctb", "ctb_live", "ctb_static"})


def is_enough(config: pytest.Config) -> bool:
    """Whether all plugins in this process need only one report of a test that does not fail.

    A conftest.py or a plugin with a hook that is called for each test or each report gets all three phases, unless it
    is known to need no more than one report.
    """
    if _option_needs_phases(config):
        return False
    hooks = [hook for name, hook in vars(config.hook).items() if name.startswith("pytest_runtest_")]
    hooks += [getattr(config.hook, name) for name in _REPORT_HOOKS]
    modules = {getattr(impl.function, "__module__", None) or "" for hook in hooks for impl in hook.get_hookimpls()}
    return _NEEDS_TEARDOWN not in modules and all(
        f"{module}.".startswith(tuple(f"{name}." for name in _NEEDS_ONE)) for module in modules
    )


def _option_needs_phases(config: pytest.Config) -> bool:
    """Whether an option needs the phases: it shows the setup or its time, or runs failed tests again."""
    if config.getoption("setupshow", default=False):
        return True
    if config.pluginmanager.has_plugin("terminalreporter") and config.getini("console_output_style") == "times":
        return True
    if any(config.getoption(option, default=None) for option in ("reruns", "force_reruns")):
        return True
    return config.pluginmanager.has_plugin("rerunfailures") and bool(config.getini("reruns"))


def forks(item: pytest.Item) -> bool:
    """Whether pytest-forked runs this test in a process of its own."""
    return bool(item.config.getoption("forked", default=False) or item.get_closest_marker("forked"))


def run_here(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test in this process, not forked: evidence that a forked process collects would be lost."""
    return runner.pytest_runtest_protocol(item, nextitem)


def still_set_up(item: pytest.Item, nextitem: pytest.Item | None) -> pytest.Collector | None:
    """The innermost collector that pytest has set up and keeps after a test, because the next test needs it too."""
    needed = nextitem.listchain() if nextitem else []
    remaining = [node for node in item.listchain() if node in needed and isinstance(node, pytest.Collector)]
    return remaining[-1] if remaining else None


def needs_no_phases(item: pytest.Item, nextitem: pytest.Item | None, standing: pytest.Collector | None) -> bool:
    """Whether pytest would only run this test; `standing` is the innermost collector that is set up.

    It would do more for a mark that is not ours, as `skip`, and where a collector is torn down before the next test.
    """
    if nextitem is None or _marked_by_others(item.own_markers) or _inside_of_marked(item.parent):
        return False
    return standing is None or standing in nextitem.listchain()


def _marked_by_others(marks: Iterable[pytest.Mark]) -> bool:
    return any(mark.name not in _MARKS for mark in marks)


@lru_cache(maxsize=1)  # all tests of a file follow each other
def _inside_of_marked(node: nodes.Node | None) -> bool:
    return node is not None and _marked_by_others(node.iter_markers())


def of_result(item: GuidelineItem, call: pytest.CallInfo[Any]) -> pytest.TestReport | None:
    """The one report of a test that does not fail; None for one that does. New findings are told as warnings."""
    if isinstance(call.result, NotJudgedError):
        return _skipped(item, call)
    findings = call.result
    new = any(finding.status == "new" for finding in findings)
    if (new and _fails(findings)) or (findings and not new and item.config.getoption("runxfail", default=False)):
        return None
    report = pytest.TestReport.from_item_and_call(item, call)
    item.findings = findings
    if new:
        item.warn_of_findings()
    elif findings:  # as pytest.xfail in the test would make it
        report.outcome, report.longrepr = "skipped", item.reason
        vars(report)["wasxfail"] = item.reason
    complete(report, item)
    return report


def _fails(findings: Sequence[Finding]) -> bool:
    """Whether new findings fail their test: by their level, or as warnings that are errors here."""
    from pytest_ctb.report import is_breach  # noqa: PLC0415

    return _may_be_errors() or any(map(is_breach, findings))


def _may_be_errors() -> bool:
    """Whether a filter makes errors of some of our warnings. The first that fits a warning decides."""
    for action, message, kind, module, line in warnings.filters:
        if issubclass(CtbWarning, kind):
            if action == "error":
                return True
            if message is None and module is None and not line:
                return False
    return False


def _skipped(item: GuidelineItem, call: pytest.CallInfo[Any]) -> pytest.TestReport:
    """The report as pytest.skip in the setup would make it."""
    report = pytest.TestReport.from_item_and_call(item, call)
    report.when, report.outcome = "setup", "skipped"
    report.longrepr = (on_a_line(item.question.file), 1, f"Skipped: {call.result}")
    complete(report, item)
    return report


def send(item: pytest.Item, report: pytest.TestReport) -> None:
    """Send the report of a test, as pytest does for its call phase."""
    hook = item.config.hook  # of those that are only called for some folders there are none: see `is_enough`
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
