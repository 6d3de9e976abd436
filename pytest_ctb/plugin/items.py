"""What pytest collects and runs: a file, and one item for each guideline that is put to it."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ctb.errors import CtbError, CtbWarning, NotJudgedError
from pytest_ctb.model.visible import all_visible, on_a_line

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo, TerminalRepr

    from pytest_ctb.guide.questions import Question
    from pytest_ctb.model import Finding

RUN = pytest.StashKey[Any]()
"""The Run of the plugin, which stands above this module."""
_SHOWN = {"longrepr", "wasxfail"}
"""Of a report what pytest shows."""
_LIVE, _STATIC = ((pytest.mark.ctb, one) for one in (pytest.mark.ctb_live, pytest.mark.ctb_static))


class GuidedFile(pytest.File):
    """A migration, a base schema, or a guideline whose requirements are tests of their own."""

    def __init__(self, *, file: str, **kwargs: Any) -> None:
        from pytest_ctb.guide.questions import listing  # noqa: PLC0415

        super().__init__(**{**kwargs, "nodeid": listing(file)})
        self.name = on_a_line(self.name)
        self.file = file

    def collect(self) -> Iterator[GuidelineItem]:
        """One item for each question that is listed under this file."""
        for question in self.config.stash[RUN].suite.questions[self.file]:
            yield GuidelineItem.from_parent(self, name=on_a_line(question.name), question=question)


class GuidelineItem(pytest.Item):
    """One guideline put to one subject."""

    def __init__(self, *, question: Question, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.question = question
        self.findings: tuple[Finding, ...] = ()
        self.judged: pytest.CallInfo[Any] | None = None
        """What was found before `setup`, which takes it."""
        for mark in _LIVE if question.live else _STATIC:
            self.add_marker(mark)
        self.extra_keyword_matches |= {question.guideline.id, question.guideline.code}
        self.user_properties.append(("ctb_code", question.guideline.code))

    def setup(self) -> None:
        """Judge. Here rather than in runtest, so that a check that crashes is an error and never a failure."""
        before, self.judged = self.judged, None
        try:
            self.findings = before.result if before else self.judge()
        except NotJudgedError as error:
            pytest.skip(str(error))

    def judge(self) -> tuple[Finding, ...]:
        """Put the question. Raises NotJudgedError, CtbError, and whatever a broken check raises."""
        from pytest_ctb.guide.judge import judge  # noqa: PLC0415

        return judge(self.question, self.config.stash[RUN].replay() if self.question.live else None)

    def judge_at_once(self) -> pytest.CallInfo[Any] | None:
        """Put the question outside of pytest's phases, and keep the answer for them.

        None where nothing was answered: there was an error, the evidence is not there yet, or the check is another
        package's, and pytest is to show what it prints and logs.
        """
        if not self.question.packaged or (
            self.question.live and self.config.stash[RUN].evidence.if_available() is None
        ):
            return None
        call = pytest.CallInfo.from_call(self.judge, "call", (pytest.exit.Exception, KeyboardInterrupt))
        self.judged = None if call.excinfo else call
        return self.judged

    def runtest(self) -> None:
        """Turn the findings into pytest's outcomes."""
        if not self.findings:  # what words findings is imported where there are some
            return
        from pytest_ctb.report import headline, is_breach, text  # noqa: PLC0415

        if any(is_breach(one) for one in self.findings):
            raise GuidelineError(text(self.findings, self.question.guideline, self.question.repository.by_path))
        new = [one for one in self.findings if one.status == "new"]
        for one in new:
            file = on_a_line(str(self.config.rootpath / one.file))
            warnings.warn_explicit(CtbWarning(headline(one)), CtbWarning, file, one.line)
        if not new:
            pytest.xfail("; ".join(dict.fromkeys(one.reason for one in self.findings)))

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """The findings as text, placed in the SQL file; of our own errors the message; of a crash everything."""
        if not isinstance(excinfo.value, CtbError | CtbWarning | GuidelineError):
            return super().repr_failure(excinfo, style)
        shown = excinfo.getrepr(style="value", chain=False)
        if shown.reprcrash is not None:
            shown.reprcrash.message = str(excinfo.value)
        if shown.reprcrash is not None and self.findings:
            from pytest_ctb.report import headline  # noqa: PLC0415

            first, *others = self.told()
            shown.reprcrash.path = on_a_line(first.file)
            shown.reprcrash.lineno = first.line
            shown.reprcrash.message = "\n".join((f"{first.code} {first.message}", *map(headline, others)))
        return shown

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it is about: the first finding's line (0-based), else the file's first."""
        line = self.told()[0].line - 1 if self.findings else 0
        return self.path, line, f"{self.question.guideline.code} {self.name}: {on_a_line(self.question.file)}"

    @cached_property
    def location(self) -> tuple[str, int | None, str]:
        """The same as pytest would work out for each anew; its paths cost more than many a verdict."""
        _, line, title = self.reportinfo()
        return on_a_line(self.question.file), line, title

    def told(self) -> Sequence[Finding]:
        """The findings that decide the outcome: those that fail the test, else all."""
        from pytest_ctb.report import is_breach  # noqa: PLC0415

        return [one for one in self.findings if is_breach(one)] or self.findings


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the findings on the report, which is what xdist carries, and a skip at the file that it is about."""
    report = yield
    if isinstance(item, GuidelineItem):
        if report.skipped and isinstance(report.longrepr, tuple):
            report.longrepr = (on_a_line(item.question.file), 1, report.longrepr[2])
        if report.when == "setup" and call.excinfo and isinstance(call.excinfo.value, CtbError):
            report.longrepr = item.repr_failure(call.excinfo)  # pytest itself asks for that in the call phase alone
        if call.excinfo and isinstance(call.excinfo.value, NoEvidenceError):
            vars(report)["ctb_no_evidence"] = str(call.excinfo.value)
        if report.when == "call":
            vars(report)["ctb_findings"] = []
        if item.findings:  # pytest took the location before anything was judged; annotations and JUnit read it here
            first = item.told()[0]
            report.location = (on_a_line(first.file), first.line - 1, report.location[2])
            if report.when == "call":
                from pytest_ctb.report import to_values  # noqa: PLC0415

                vars(report)["ctb_findings"] = [to_values(one) for one in item.findings]
        vars(report).update({name: all_visible(vars(report)[name]) for name in _SHOWN & vars(report).keys()})
    return report


class NoEvidenceError(CtbError):
    """No server could be had: what a worker of pytest-xdist tells, so that the run ends."""


class GuidelineError(AssertionError):
    """A guideline does not hold; the text is what a person reads."""
