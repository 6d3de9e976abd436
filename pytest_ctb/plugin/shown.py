"""Keep what pytest shows of failed tests short: each explanation once in a run, and reasons that fit their line."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from _pytest.compat import running_on_ci

from pytest_ctb.model.visible import on_a_line
from pytest_ctb.repository.paths import relative

_LEAST = 12
"""The fewest characters that are shown of a path."""
_REASON = 40
"""The characters of a reason that make a path give way."""


class Explanations:
    """The closing paragraphs of failures (why, and how to allow it) that this run has shown."""

    def __init__(self) -> None:
        self._shown: set[tuple[str, str]] = set()

    def once(self, report: pytest.TestReport) -> None:
        """Take what an earlier failure of the same guideline said out of a report, and say where it stands."""
        code, paragraphs = getattr(report, "ctb_closing", ("", ()))
        entries = getattr(getattr(report.longrepr, "reprtraceback", None), "reprentries", ())
        if not entries or not paragraphs:
            return
        text = "\n".join(entries[0].lines)
        repeated = [paragraph for paragraph in paragraphs if (code, paragraph) in self._shown]
        for paragraph in repeated:
            text = text.replace(f"\n\n{paragraph}", "")
        if repeated:
            text += f"\n\nWhy: see the first failure of {code}, or `ctb explain {code}`"
        entries[0].lines = text.split("\n")
        self._shown |= {(code, paragraph) for paragraph in paragraphs}


def point_to_warnings(reporter: Any) -> None:
    """Say where the reason of each warning stands, and the SQL to write: pytest shows a warning in one line."""
    warned = any("CtbWarning: " in warning.message for warning in reporter.stats.get("warnings", ()))
    if warned and reporter.config.option.verbose >= 0:
        reporter.write_line("ctb: why each warning matters, and the SQL to write: ctb check --live")


def fit_summary(reporter: Any) -> None:
    """Cut the paths of failed tests in the short summary where too little of the reason would be seen.

    pytest cuts the reason alone. Where it cuts nothing (in CI, or with `-vv`), nothing is cut here.
    """
    config = reporter.config
    uncut = running_on_ci() or config.option.verbose >= 2  # as pytest has it
    if uncut and not getattr(config.option, "force_short_summary", False):
        return
    for outcome in ("failed", "error"):
        reports = reporter.stats.get(outcome)
        if reports:
            reporter.stats[outcome] = [_fitted(report, reporter) for report in reports]


def _fitted(report: Any, reporter: Any) -> Any:
    """A copy of a report of ours with a shorter path, or the report itself."""
    if "ctb_code" not in dict(getattr(report, "user_properties", ())):
        return report
    config, width = reporter.config, reporter._tw.fullwidth  # noqa: SLF001  # pytest's own width
    message = str(getattr(getattr(report.longrepr, "reprcrash", None), "message", report.longrepr)).splitlines()[0]
    path, *rest = report.nodeid.split("::")
    shown_path = path if config.invocation_params.dir == config.rootpath else ""
    if not shown_path:  # pytest shows it relative to the working directory
        shown_path = relative(config.invocation_params.dir, config.rootpath / path)
    others = len("ERROR " if report.when != "call" else "FAILED ") + len(shown_path) - len(path) + len(" - ")
    name = "::".join(("", *rest))
    missing = others + len(path) + len(name) + len(message) - width
    if missing <= 0:
        return report
    wanted = min(len(message), _REASON, width // 2)
    most = max(_LEAST, width - others - len(name) - wanted)
    if most >= len(path):
        return report
    shorter = copy.copy(report)
    shorter.nodeid = f"{_cut(path, most)}{name}"
    return shorter


def _cut(path: str, most: int) -> str:
    """A path of at most so many characters, cut in the middle."""
    end = (most - 1) * 2 // 3
    return on_a_line(f"{path[: most - 1 - end]}…{path[len(path) - end :]}")
