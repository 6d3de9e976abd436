"""The nodes that pytest collects: a file, and one item for each question about it."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ctb.errors import CtbError, CtbWarning, NotJudgedError
from pytest_ctb.model.visible import all_visible, on_a_line, visible

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo, TerminalRepr

    from pytest_ctb.guide.questions import Question
    from pytest_ctb.model import Finding

RUN = pytest.StashKey[Any]()
"""Where the configuration of pytest holds the Run of the plugin."""
_SHOWN_FIELDS = {"longrepr", "wasxfail"}
"""The fields of a report that pytest shows."""
_LIVE, _STATIC = ((pytest.mark.ctb, mark) for mark in (pytest.mark.ctb_live, pytest.mark.ctb_static))


class GuidedFile(pytest.File):
    """A migration, a base schema, or a guideline whose requirements are tests of their own."""

    def __init__(self, *, file: str, **kwargs: Any) -> None:
        from pytest_ctb.guide.questions import test_path  # noqa: PLC0415

        super().__init__(**{**kwargs, "nodeid": test_path(file)})
        self.name = on_a_line(self.name)
        self.file = file

    def collect(self) -> Iterator[GuidelineItem]:
        """One item for each question that is listed under this file."""
        for question in self.config.stash[RUN].questions[self.file]:
            yield GuidelineItem.from_parent(self, name=on_a_line(question.name), question=question)


class GuidelineItem(pytest.Item):
    """One guideline put to one subject."""

    def __init__(self, *, question: Question, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.question = question
        self.findings: tuple[Finding, ...] = ()
        self.judged: pytest.CallInfo[Any] | None = None
        """The result of `judge_at_once`, for `setup`."""
        for mark in _LIVE if question.live else _STATIC:
            self.add_marker(mark)
        self.extra_keyword_matches |= {question.guideline.id, question.guideline.code}
        self.user_properties.append(("ctb_code", question.guideline.code))

    def setup(self) -> None:
        """Judge. In setup and not in runtest: so a check that crashes is an error and not a failure."""
        before, self.judged = self.judged, None
        judged = before.result if before else self._judged()
        if isinstance(judged, NotJudgedError):
            pytest.skip(str(judged))
        self.findings = judged

    def _judged(self) -> tuple[Finding, ...] | NotJudgedError:
        """The findings, or why there are none. Raises the others that `judge` does."""
        try:
            return self.judge()
        except NotJudgedError as error:
            return error.with_traceback(None)

    def judge(self) -> tuple[Finding, ...]:
        """The findings. Raises NotJudgedError, CtbError, and whatever a broken check raises."""
        from pytest_ctb.guide.judge import judge  # noqa: PLC0415

        return judge(self.question, self.config.stash[RUN].replay(self.question) if self.question.live else None)

    def judge_at_once(self) -> pytest.CallInfo[Any] | None:
        """Judge outside of pytest's phases, and keep the result for them and for whoever else asks.

        None where there is no result: judging raised an error, the evidence is not there yet, or the check is of
        another package (pytest's phases capture what it prints and logs).
        """
        if self.judged is not None:
            return self.judged
        if not self.question.packaged or (
            self.question.live and self.config.stash[RUN].if_available(self.question) is None
        ):
            return None
        call = pytest.CallInfo.from_call(self._judged, "call", (pytest.exit.Exception, KeyboardInterrupt))
        self.judged = None if call.excinfo else call
        return self.judged

    def runtest(self) -> None:
        """Turn the findings into pytest's outcomes."""
        if not self.findings:  # saves the import of `report`
            return
        from pytest_ctb.report import is_breach, text  # noqa: PLC0415

        if any(is_breach(finding) for finding in self.findings):
            shown = self.findings, self.question.guideline, self.question.repository.by_path, self.causes
            raise GuidelineError(text(*shown, short=self._style == "short"))
        if not self.warn_of_findings():
            pytest.xfail(self.reason)

    def warn_of_findings(self) -> bool:
        """Tell the new findings as warnings; whether there are any. Raises CtbWarning where warnings are errors."""
        from pytest_ctb.report import headline  # noqa: PLC0415

        new = [finding for finding in self.findings if finding.status == "new"]
        for finding in new:
            file = on_a_line(str(self.config.rootpath / finding.file))
            warnings.warn_explicit(CtbWarning(headline(finding)), CtbWarning, file, finding.line)
        return bool(new)

    @property
    def reason(self) -> str:
        """Why the findings are expected, where all of them are."""
        return "; ".join(dict.fromkeys(finding.reason for finding in self.findings))

    @property
    def _style(self) -> str:
        """The value of `--tb`."""
        return str(self.config.getoption("tbstyle", "auto"))

    @property
    def closing(self) -> Sequence[str]:
        """The paragraphs of a failure that all failures of this guideline have."""
        from pytest_ctb.report import closing  # noqa: PLC0415

        shown = self.findings, self.question.guideline, self.question.repository.by_path, self.causes
        return () if self._style in {"short", "line"} else closing(*shown)

    @cached_property
    def causes(self) -> Mapping[Finding, Finding]:
        """The findings that follow from one of another guideline that this run fails for, each with that one."""
        causes = {}
        for finding in self.deciding_findings():
            if not finding.follows:
                continue
            other = self.config.stash[RUN].item(self.question, finding.follows.guideline)
            if other and (cause := other.finding_at(finding.file, finding.follows.lines)):
                causes[finding] = cause
        return causes

    def finding_at(self, file: str, lines: tuple[int, int] | None) -> Finding | None:
        """The first finding that fails this test, in a file between two lines; None where there is none."""
        from pytest_ctb.report import is_breach  # noqa: PLC0415

        call = None if self.findings else self.judge_at_once()  # it may come later in the run
        first, last = lines or (0, sys.maxsize)
        findings = self.findings if call is None or isinstance(call.result, NotJudgedError) else call.result
        breaches = (finding for finding in findings if is_breach(finding) and finding.file == file)
        return next((finding for finding in breaches if first <= finding.line <= last), None)

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        """The text of findings, placed in the SQL file; the message of our own errors; the traceback of a crash."""
        if isinstance(excinfo.value, pytest.xfail.Exception):
            return str(excinfo.value)  # a traceback would lead to the line above, and costs 0.1 s
        if not isinstance(excinfo.value, CtbError | CtbWarning | GuidelineError):
            return super().repr_failure(excinfo, style)
        shown = excinfo.getrepr(style="value", chain=False)
        if shown.reprcrash is not None:
            shown.reprcrash.message = str(excinfo.value)
        if shown.reprcrash is not None and self.findings:
            from pytest_ctb.report import headline  # noqa: PLC0415

            first, *others = self.deciding_findings()
            cause = self.causes.get(first)
            shown.reprcrash.path = on_a_line(first.file)
            shown.reprcrash.lineno = first.line
            message = f"{first.code} {f'see {cause.code}: ' if cause else ''}{first.message}"
            shown.reprcrash.message = "\n".join((message, *map(headline, others)))
            if self._style == "line":
                shown.reprtraceback.reprentries = []  # pytest shows the message alone
        return shown

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line (0-based) and title of the item: the line of the first finding, else the first of the file."""
        line = self.deciding_findings()[0].line - 1 if self.findings else 0
        return self.path, line, f"{self.question.guideline.code} {self.name}: {on_a_line(self.question.file)}"

    @cached_property
    def location(self) -> tuple[str, int | None, str]:
        """What pytest computes from `reportinfo`, without its path operations, which cost more than many a check."""
        _, line, title = self.reportinfo()
        return on_a_line(self.question.file), line, title

    def deciding_findings(self) -> Sequence[Finding]:
        """The findings that decide the outcome: those that fail the test, else all."""
        from pytest_ctb.report import is_breach  # noqa: PLC0415

        return [finding for finding in self.findings if is_breach(finding)] or self.findings


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the findings on the report, which xdist carries to the controller; place a skip at its file."""
    report = yield
    if isinstance(item, GuidelineItem):
        if report.skipped and isinstance(report.longrepr, tuple):
            report.longrepr = (on_a_line(item.question.file), 1, report.longrepr[2])
        if report.when == "setup" and call.excinfo and isinstance(call.excinfo.value, CtbError):
            report.longrepr = item.repr_failure(call.excinfo)  # pytest calls it in the call phase alone
        if call.excinfo and isinstance(call.excinfo.value, NoEvidenceError):
            vars(report)["ctb_no_evidence"] = str(call.excinfo.value)
        if report.when == "call" and report.failed and item.findings:
            vars(report)["ctb_closing"] = (item.question.guideline.code, tuple(map(visible, item.closing)))
        complete(report, item)
    return report


def complete(report: pytest.TestReport, item: GuidelineItem) -> None:
    """Put the findings of an item on a report of it, and make visible what pytest shows."""
    if report.when == "call":
        vars(report)["ctb_findings"] = []
    if item.findings:  # pytest took the location before setup; annotations and JUnit read it from the report
        first = item.deciding_findings()[0]
        report.location = (on_a_line(first.file), first.line - 1, report.location[2])
        if report.when == "call":
            from pytest_ctb.report import to_values  # noqa: PLC0415

            vars(report)["ctb_findings"] = [to_values(finding) for finding in item.findings]
    vars(report).update({name: all_visible(vars(report)[name]) for name in _SHOWN_FIELDS & vars(report).keys()})


class NoEvidenceError(CtbError):
    """No server could be had: raised in a worker of pytest-xdist, so that the controller ends the run."""


class GuidelineError(AssertionError):
    """A test failed; the message is the text of its findings."""
