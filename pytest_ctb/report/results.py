"""The results of a run, for every report: each question with its outcome, and the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from pytest_ctb.errors import CtbError, NotJudgedError, crashed
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import Question, Suite
from pytest_ctb.model import Evidence, Finding, Guideline, Level, Migration, ServerInfo
from pytest_ctb.repository.git import Revision, revision


class Outcome(StrEnum):
    """The outcome of one question, the worst first; WARNING is a test that passed with a warning."""

    ERROR = "error"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    PASSED = "passed"


class Answer(NamedTuple):
    """One question with its outcome."""

    question: Question
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    """The reason for a skip, or the text of an error; empty for other outcomes."""
    seconds: float = 0.0

    @property
    def id(self) -> str:
        """The test id."""
        return self.question.id

    @property
    def shown(self) -> str:
        """The outcome as people read it: what is expected is either allowed or stands in the baseline."""
        if self.outcome is not Outcome.XFAILED:
            return str(self.outcome)
        return "allowed" if any(finding.status == "allowed" for finding in self.findings) else "baselined"


class JudgedDatabase(NamedTuple):
    """A database of a run, with what was asked of it and what its replay showed."""

    suite: Suite
    evidence: Evidence | None
    """The evidence of the replay; None where no server was needed."""

    @property
    def name(self) -> str:
        """Empty where the repository has one database, which nobody named."""
        return self.suite.repository.database


@dataclass(frozen=True)
class EarlierReport:
    """The findings of an earlier JSON report."""

    path: Path
    findings: tuple[Finding, ...]
    revision: Revision | None
    """Of what it reported; None where it was made outside of a git repository."""

    def __str__(self) -> str:
        return f"{self.path.name} ({self.revision})" if self.revision else self.path.name


@dataclass(frozen=True, eq=False)
class Results:
    """The results of one run of the suite."""

    databases: tuple[JudgedDatabase, ...]
    answers: tuple[Answer, ...]
    """The answers in the order of the suites; deselected questions have none."""
    began: datetime
    """When the run began, in UTC."""
    seconds: float
    shard: Mapping[str, Any] | None = None
    """What `ctb merge` reads of a run that watched a part of the history; None for a whole run."""
    earlier: EarlierReport | None = None
    """The report of `--ctb-compare`."""

    @cached_property
    def revision(self) -> Revision | None:
        """The git revision that was judged; None outside of a git repository."""
        return revision(self.databases[0].suite.repository.root, self.by_path) if self.databases else None

    @property
    def title(self) -> str:
        """The verdict, and of which revision."""
        return f"{self.verdict}: {self.revision}" if self.revision else self.verdict

    @cached_property
    def guidelines(self) -> Mapping[str, Guideline]:
        """The guidelines of all databases, by id."""
        return {guideline.id: guideline for database in self.databases for guideline in database.suite.guidelines}

    @cached_property
    def by_path(self) -> Mapping[str, Migration]:
        """The files of all databases, by path."""
        return {path: file for database in self.databases for path, file in database.suite.repository.by_path.items()}

    @property
    def migrations(self) -> int:
        """How many migrations were judged."""
        return sum(file.judged for database in self.databases for file in database.suite.repository.migrations)

    @property
    def servers(self) -> tuple[ServerInfo, ...]:
        """The servers that replayed, each once."""
        return tuple(dict.fromkeys(database.evidence.server for database in self.databases if database.evidence))

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, by its place."""
        findings = [finding for answer in self.answers for finding in answer.findings]
        return tuple(sorted(findings, key=attrgetter("file", "line", "column", "code", "database")))

    @cached_property
    def counts(self) -> Mapping[Outcome, int]:
        """How many questions had which outcome."""
        outcomes = [answer.outcome for answer in self.answers]
        return {outcome: outcomes.count(outcome) for outcome in Outcome}

    @property
    def summary(self) -> dict[str, int]:
        """The counts under pytest's names, where a test with a warning has passed."""
        counts = {str(outcome): number for outcome, number in self.counts.items()}
        counts["passed"] += counts.pop("warning")
        return {name: counts[name] for name in ("passed", "failed", "xfailed", "skipped", "error")}

    @property
    def verdict(self) -> str:
        """The result of the run in one sentence."""
        failed, errors, skipped, warnings = (
            self.counts[outcome] for outcome in (Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED, Outcome.WARNING)
        )
        checks = counted(len(self.answers), "check")
        if failed:
            return f"{failed} of {checks} failed" + (f", {errors} ended in an error" if errors else "")
        if errors:
            return f"{errors} of {checks} ended in an error"
        if skipped:
            return f"{skipped} of {checks} could not be judged"
        if not self.answers:
            return "No check ran"
        return f"Passed: {checks}, no breach" + (f", {counted(warnings, 'warning')}" if warnings else "")


def answer(question: Question, evidence: Evidence | None = None) -> Answer:
    """The answer to a question; without `evidence`, from the text alone.

    Raises nothing: what the suite could not try, or a check that crashes, is an error of that question alone.
    """
    try:
        findings = judge(question, evidence)
    except NotJudgedError as error:
        return Answer(question, Outcome.SKIPPED, reason=str(error))
    except CtbError as error:
        return Answer(question, Outcome.ERROR, reason=str(error))
    except Exception as error:  # noqa: BLE001  # whatever a check of somebody's raises
        foreign = "" if question.packaged else question.check.function.__module__
        return Answer(question, Outcome.ERROR, reason=str(crashed(error, foreign)))
    if not findings:
        return Answer(question, Outcome.PASSED)
    new = [finding for finding in findings if finding.status == "new"]
    if any(map(is_breach, new)):
        return Answer(question, Outcome.FAILED, findings)
    return Answer(question, Outcome.WARNING if new else Outcome.XFAILED, findings)


def counted(number: int, noun: str) -> str:
    """A number and its noun: `1 migration`, `2,000 migrations`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def is_breach(finding: Finding) -> bool:
    """Whether a finding fails its test: it is new, and its level is `error`."""
    return finding.status == "new" and finding.level is Level.ERROR
