"""Collects the results of a run from the reports of pytest, as they come from its processes."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pytest_ctb.guide.questions import Suite
from pytest_ctb.model import Edit, Evidence, Finding, Follows, Level
from pytest_ctb.report.results import Answer, EarlierReport, JudgedDatabase, Outcome, Results


class Tally:
    """Collects the answers of a run."""

    def __init__(self, *suites: Suite) -> None:
        self._suites = suites
        self._questions = {
            question.id: question
            for suite in suites
            for questions in suite.questions.values()
            for question in questions
        }
        self._answers: dict[str, Answer] = {}
        self._began = datetime.now(UTC)
        self._clock = time.monotonic()

    def add(self, report: Any) -> None:
        """Add a pytest.TestReport; where a test ran more than once the last counts."""
        question = self._questions.get(report.nodeid)
        if question is None or report.outcome == "rerun":  # of pytest-rerunfailures: another report follows
            return
        if report.when == "setup":
            self._answers[report.nodeid] = Answer(question, _outcome(report, ()), (), _reason(report), report.duration)
        elif report.when == "call":
            findings = tuple(from_values(values) for values in getattr(report, "ctb_findings", ()))
            before = self._answers.get(report.nodeid)  # a test that passed may have no other report
            seconds = report.duration + (before.seconds if before else 0)
            answer = Answer(question, _outcome(report, findings), findings, _reason(report), seconds)
            self._answers[report.nodeid] = answer
        elif report.failed:
            # The teardown failed; or the process that ran the test died, and sent no report before.
            before = self._answers.get(report.nodeid, Answer(question, Outcome.ERROR))
            self._answers[report.nodeid] = before._replace(outcome=Outcome.ERROR, reason=_reason(report))

    def results(self, *evidence: Evidence | None, earlier: EarlierReport | None = None) -> Results:
        """The results of all reports so far, in the order of the suites; `evidence`: of the replay of each suite."""
        answers = tuple(self._answers[id_] for id_ in self._questions if id_ in self._answers)
        databases = tuple(JudgedDatabase(*judged) for judged in zip(self._suites, evidence, strict=True))
        return Results(databases, answers, self._began, time.monotonic() - self._clock, earlier=earlier)


def _outcome(report: Any, findings: tuple[Finding, ...]) -> Outcome:
    if hasattr(report, "wasxfail"):
        return Outcome.XFAILED
    if report.failed and report.when != "call":
        return Outcome.ERROR
    if report.passed and any(finding.status == "new" for finding in findings):
        return Outcome.WARNING
    return Outcome(report.outcome)


def _reason(report: Any) -> str:
    if report.skipped and isinstance(report.longrepr, tuple | list):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(report.longreprtext) if report.failed else ""


def to_values(finding: Finding) -> dict[str, Any]:
    """A finding as plain values, all of them, which pytest and xdist can send to another process."""
    values = {**dataclasses.asdict(finding), "level": str(finding.level), "fix": [list(edit) for edit in finding.fix]}
    return {**values, "follows": list(finding.follows) if finding.follows else None}


def from_values(values: Mapping[str, Any]) -> Finding:
    """The finding that `to_values` made the values of."""
    fix = tuple(Edit(*edit) for edit in values["fix"])
    follows = Follows(*values["follows"]) if values["follows"] else None
    return Finding(**{**values, "level": Level(values["level"]), "fix": fix, "follows": follows})
