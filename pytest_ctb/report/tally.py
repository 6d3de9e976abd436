"""Results gathered from pytest's own reports, one after the other, each as it comes from its process."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pytest_ctb.guide.judge import Suite
from pytest_ctb.model import Edit, Evidence, Finding, Level
from pytest_ctb.report.results import Answer, Outcome, Results


class Tally:
    """What the reports are made of."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._questions = {one.id: one for questions in suite.questions.values() for one in questions}
        self._answers: dict[str, Answer] = {}
        self._began = datetime.now(UTC)
        self._clock = time.monotonic()

    def add(self, report: Any) -> None:
        """Take a pytest.TestReport; of a test that is run again the last counts."""
        question = self._questions.get(report.nodeid)
        if question is None:
            return
        if report.when == "setup":
            self._answers[report.nodeid] = Answer(question, _outcome(report, ()), (), _reason(report), report.duration)
        elif report.when == "call":
            findings = tuple(received(one) for one in getattr(report, "ctb_findings", ()))
            before = self._answers.get(report.nodeid)  # of a clean verdict there may be no other report
            seconds = report.duration + (before.seconds if before else 0)
            answer = Answer(question, _outcome(report, findings), findings, _reason(report), seconds)
            self._answers[report.nodeid] = answer
        elif report.failed:
            # Its teardown; or the process that ran it has died, and nothing was reported before.
            before = self._answers.get(report.nodeid, Answer(question, Outcome.ERROR))
            self._answers[report.nodeid] = dataclasses.replace(before, outcome=Outcome.ERROR, reason=_reason(report))

    def results(self, seen: Evidence | None) -> Results:
        """All that has come so far, in the order of the suite."""
        answers = [self._answers[one] for one in self._questions if one in self._answers]
        return Results(self._suite, tuple(answers), seen, self._began, time.monotonic() - self._clock)


def _outcome(report: Any, findings: tuple[Finding, ...]) -> Outcome:
    if hasattr(report, "wasxfail"):
        return Outcome.XFAILED
    if report.failed and report.when != "call":
        return Outcome.ERROR
    if report.passed and any(one.status == "new" for one in findings):
        return Outcome.WARNING
    return Outcome(report.outcome)


def _reason(report: Any) -> str:
    if report.skipped and isinstance(report.longrepr, tuple | list):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(report.longreprtext) if report.failed else ""


def carried(finding: Finding) -> dict[str, Any]:
    """A finding in the plain values that pytest and xdist carry from process to process; nothing is left out."""
    return {**dataclasses.asdict(finding), "level": str(finding.level), "fix": [list(one) for one in finding.fix]}


def received(values: Mapping[str, Any]) -> Finding:
    """The finding that was carried."""
    fix = tuple(Edit(*one) for one in values["fix"])
    return Finding(**{**values, "level": Level(values["level"]), "fix": fix})
