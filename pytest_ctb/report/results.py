"""What a run has come to, for every report: each question with its outcome, and what the server was seen to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from pytest_ctb.audit import Question, Suite
from pytest_ctb.model import Finding, Level, Replay


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
        return f"{self.question.file}::{self.question.name}"


@dataclass(frozen=True, eq=False)
class Results:
    """One run of the suite."""

    suite: Suite
    answers: tuple[Answer, ...]
    """In the order of the suite; a question that was not asked in this run has none."""
    seen: Replay | None
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
        number = len(self.answers)
        broken = self.counts[Outcome.FAILED]
        crashed, unjudged = self.counts[Outcome.ERROR], self.counts[Outcome.SKIPPED]
        asked = "1 question" if number == 1 else f"{number} questions"
        if not number:
            return "Nothing was judged"
        if broken:
            verb = "does" if broken == 1 else "do"
            said = f"{broken} of {asked} {verb} not hold"
        elif crashed:
            said = f"{crashed} of {asked} ended in an error"
        elif unjudged:
            said = f"{unjudged} of {asked} could not be judged"
        else:
            return f"The guide holds: {asked}, no breach"
        return said


def is_breach(finding: Finding) -> bool:
    """It fails its test: new, and of level `error`."""
    return finding.status == "new" and finding.level is Level.ERROR
