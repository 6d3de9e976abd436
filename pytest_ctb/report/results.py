"""What a run has come to, for every report: each question with its outcome, and what the server was seen to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from pytest_ctb.guide.judge import Question, Suite
from pytest_ctb.model import Evidence, Finding, Level


class Outcome(StrEnum):
    """How one question was answered, the worst first; WARNING is a test that passed with a warning."""

    ERROR = "error"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    PASSED = "passed"


@dataclass(frozen=True, eq=False)
class Answer:
    """One question, and what came of it."""

    question: Question
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    """Why it was skipped, or the text of the error."""
    seconds: float = 0.0

    @property
    def id(self) -> str:
        """The test's id."""
        return self.question.id


@dataclass(frozen=True, eq=False)
class Results:
    """One run of the suite."""

    suite: Suite
    answers: tuple[Answer, ...]
    """In the order of the suite; a question that was not asked in this run has none."""
    seen: Evidence | None
    """None where no server was needed."""
    began: datetime
    seconds: float

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, by its place."""
        every = [one for answer in self.answers for one in answer.findings]
        return tuple(sorted(every, key=lambda one: (one.file, one.line, one.column, one.code)))

    @cached_property
    def counts(self) -> Mapping[Outcome, int]:
        """How many questions had which outcome."""
        outcomes = [one.outcome for one in self.answers]
        return {one: outcomes.count(one) for one in Outcome}

    @property
    def summary(self) -> dict[str, int]:
        """The same in pytest's own terms, to which a test with a warning has passed."""
        told = {str(outcome): number for outcome, number in self.counts.items()}
        told["passed"] += told.pop("warning")
        return {one: told[one] for one in ("passed", "failed", "xfailed", "skipped", "error")}

    @property
    def verdict(self) -> str:
        """The run in one sentence."""
        broken, crashed, unjudged, warned = (
            self.counts[one] for one in (Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED, Outcome.WARNING)
        )
        asked = counted(len(self.answers), "question")
        if broken:
            more = f", {crashed} ended in an error" if crashed else ""
            return f"{broken} of {asked} {'does' if broken == 1 else 'do'} not hold{more}"
        if crashed:
            return f"{crashed} of {asked} ended in an error"
        if unjudged:
            return f"{unjudged} of {asked} could not be judged"
        if not self.answers:
            return "Nothing was judged"
        return f"The guide holds: {asked}, no breach" + (f", {counted(warned, 'warning')}" if warned else "")


def counted(number: int, noun: str) -> str:
    """A number of things in words."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def is_breach(finding: Finding) -> bool:
    """It fails its test: new, and of level `error`."""
    return finding.status == "new" and finding.level is Level.ERROR
