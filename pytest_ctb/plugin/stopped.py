"""The plugin that says what was seen until then, where Ctrl-C stopped a replay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest

from pytest_ctb.checks import Scope
from pytest_ctb.guide.questions import Question
from pytest_ctb.model import Evidence, Finding
from pytest_ctb.model.visible import visible
from pytest_ctb.plugin.databases import JudgedDatabase
from pytest_ctb.plugin.items import GuidelineItem
from pytest_ctb.plugin.signs import steps_of_workers
from pytest_ctb.replay.steps import last


class Stopped:
    """Shows how far a replay came, and what was found until then."""

    def __init__(self, databases: Sequence[JudgedDatabase]) -> None:
        self._databases = databases
        self._questions: list[Question] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep the questions of this run."""
        self._questions = [item.question for item in session.items if isinstance(item, GuidelineItem)]

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show it, where a replay was stopped."""
        for database in self._databases:
            for line in self._lines(database):
                terminalreporter.write_line(visible(line), yellow=True)

    def _lines(self, database: JudgedDatabase) -> Iterator[str]:
        orchestrator, repository = database.orchestrator, database.suite.repository
        path = steps_of_workers(orchestrator)
        if path and not orchestrator.is_over and (step := last(path)):
            yield f"ctb: stopped while replaying {step}"
        if (evidence := orchestrator.stopped) is None:
            return
        from pytest_ctb.report import counted, headline  # noqa: PLC0415  # a run that passes needs none

        questions = [question for question in self._questions if question.repository is repository]
        findings = list(findings_so_far(questions, evidence))
        seen = f"{counted(len(findings), 'finding')} until then" if findings else "no finding until then"
        rest = "; the next run goes on from there" if orchestrator.caches and evidence.files else ""
        total = counted(len(repository.migrations), "migration")
        yield f"ctb: stopped when {len(evidence.files):,} of {total} were replayed: {seen}{rest}"
        yield from map(headline, findings)


def findings_so_far(questions: Iterable[Question], evidence: Evidence) -> Iterator[Finding]:
    """The new findings about the migrations that were replayed, of the guidelines that look at one migration each."""
    from pytest_ctb.guide.judge import judge  # noqa: PLC0415

    for question in questions:
        if question.check.scope is Scope.REPLAY and question.subject in evidence.files:
            try:
                findings = judge(question, evidence)
            except Exception:  # noqa: BLE001, S112  # what needs the rest of the history is not known, and not said
                continue
            yield from (finding for finding in findings if finding.status == "new")
