"""The pytest face: options, collectors, items. Everything else is imported only when `--ctb` is given.

Without `--ctb` this module adds options and does nothing more: pytest loads it in every run.
"""

from __future__ import annotations

import contextlib
import gc
import linecache
import os
import warnings
from collections.abc import Generator, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ctb import options
from pytest_ctb.errors import CtbError, CtbWarning, NotJudgedError
from pytest_ctb.visible import all_visible, on_a_line, visible

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo, TerminalRepr

    from pytest_ctb.audit import Question, Suite
    from pytest_ctb.evidence import Evidence
    from pytest_ctb.memory import Memory
    from pytest_ctb.model import Finding

_run = pytest.StashKey["Run"]()
_SHOWN = {"longrepr", "wasxfail"}
"""Of a report what pytest shows."""
_LIVE, _STATIC = ((pytest.mark.ctb, one) for one in (pytest.mark.ctb_live, pytest.mark.ctb_static))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, as the contract lists them."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and with `--ctb` the plugin that does the work."""
    config.addinivalue_line("markers", "ctb: a guideline of the migration guide (pytest-ctb)")
    config.addinivalue_line("markers", "ctb_static: a guideline that needs no server")
    config.addinivalue_line("markers", "ctb_live: a guideline that needs a throwaway Postgres")
    if config.getoption("--ctb"):
        config.stash[_run] = Run(config)
        config.pluginmanager.register(config.stash[_run], "ctb-run")


class Run:
    """One run of the compliance suite: what it collects, and what it saw."""

    suite: Suite
    evidence: Evidence

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self._ends = contextlib.ExitStack()
        source = pytest.Config.ArgsSource.ARGS
        self._whole = self._worker["ctb_whole"] if self._worker else config.args_source is not source
        """No path on the command line: the whole suite, and nothing else."""
        self._workers = 0
        """How many processes xdist has started."""
        self._brief: bool | None = None
        """One report of a test is enough; None where that has to be seen anew."""
        self._standing: pytest.Collector | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Read everything, before the header that tells of it and the collection that lists it."""
        gc.unfreeze()  # of a run before this one in the same process
        from pytest_ctb import garbage, imports  # noqa: PLC0415  # only a run with --ctb pays for what it imports

        with garbage.kept(), imports.direct():
            from pytest_ctb import audit, evidence  # noqa: PLC0415
            from pytest_ctb.profiles import named  # noqa: PLC0415

        with garbage.kept(), imports.direct(), _usage_errors():
            paths = options.Paths(self._config)
            self.suite = audit.load(
                paths.root,
                paths.migrations,
                paths.bases,
                paths.rules,
                paths.baseline,
                paths.variables(),
                layout=paths.layout,
                consumers=paths.consumers,
                contracts=paths.contracts(),
            )
            if since := self._config.getoption("--ctb-since"):
                from pytest_ctb import git  # noqa: PLC0415

                self.suite = self.suite.only(git.changes(paths.root, since).present)
            settings = options.settings(paths, self.suite.experiments, self.suite.queries)
            self.evidence = evidence.Evidence(self.suite.repository, settings, self._memory())
            reports = [paths.told(one) for one in self._config.getoption("--ctb-report")]
            if reports and not self._worker:
                from pytest_ctb.reports import Reports  # noqa: PLC0415

                self._config.pluginmanager.register(Reports(self.suite, reports, self.evidence.stored), "ctb-reports")
        self._files = {os.path.normpath(paths.root / path): path for path in self.suite.questions}
        self._named = paths.rules in named().values()
        """The guidelines are those of a packaged profile, whatever lies in a folder `rules`."""
        self._folders = {str(folder) for file in self._files for folder in Path(file).parents}
        if self._whole:
            known = [paths.baseline] if paths.baseline and str(paths.baseline) in self._files else []
            folders = (*paths.migrations, *paths.bases, *paths.consumers, *self._rules(paths), *known)
            self._config.args[:] = map(str, folders)
        if self._worker:
            self.evidence.shared = Path(self._worker["ctb_shared"])
            self.evidence.worker = self._worker["workerid"]
        gc.freeze()  # all this stays to the end; to look through it for garbage, time and again, costs a fifth of a run

    def _memory(self) -> Memory | None:
        """What earlier runs have seen; none where pytest's cache is switched off, or another process keeps it."""
        from pytest_ctb.memory import Memory  # noqa: PLC0415

        cache = getattr(self._config, "cache", None)
        if cache is None or self._worker:
            return None
        try:
            return Memory(cache.mkdir("ctb"), fresh=self._config.getoption("--ctb-fresh"))
        except OSError:  # a folder that may only be read; pytest itself warns
            return None

    def _rules(self, paths: options.Paths) -> Sequence[Path]:
        """The guidelines' own folder, if tests are listed under it that pytest can collect there."""
        inside = any(Path(file).is_relative_to(paths.rules) for file in self._files)
        return [paths.rules] if inside and paths.rules.is_dir() else []

    def pytest_report_header(self) -> list[str]:
        """Tell what is judged, and on which Postgres."""
        from pytest_ctb.header import header  # noqa: PLC0415

        return [visible(line) for line in header(self.suite, self.evidence, self._config.getoption("--ctb-since"))]

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """With the whole suite nothing but its files is collected, wherever they lie."""
        path = str(collection_path)
        if not self._whole:
            return None
        return not (path in self._files or path in self._folders)

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Collect a file that a question is listed under."""
        path = self._files.get(str(file_path))
        if path is None:
            return None
        return GuidedFile.from_parent(parent, path=file_path, file=path)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the questions of packaged guidelines, whose files lie where pytest does not look."""
        if not self._whole:
            return
        collected = {item.question.file for item in items if isinstance(item, GuidelineItem)}
        for file, path in self._files.items():
            if path not in collected and (self._named or not Path(file).exists()):
                node = GuidedFile.from_parent(session, path=Path(file), file=path)
                report = session.ihook.pytest_make_collect_report(collector=node)
                session.ihook.pytest_collectreport(report=report)  # the terminal counts what was collected
                items += report.result

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say at once, and once, that no server can be had."""
        if _live(session) and not self._worker:
            self._need_server()
        gc.freeze()  # the items stay too

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Start the server that a test will need, while those run that need none; what is left of it ends here."""
        needed = _live(session) and not session.testsfailed and not self._config.option.collectonly
        with self.evidence.ahead() if needed else contextlib.nullcontext():
            return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give each xdist worker the folder through which all share one replay."""
        from pytest_ctb import brief  # noqa: PLC0415
        from pytest_ctb.postgres import scratch  # noqa: PLC0415

        if self.evidence.shared is None:
            self.evidence.shared = self._ends.enter_context(scratch.folder())
        self._workers += 1
        node.workerinput["ctb_shared"] = str(self.evidence.shared)
        node.workerinput["ctb_whole"] = self._whole
        node.workerinput["ctb_brief"] = brief.is_enough(self._config)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Say it on the controller, where a worker could only crash."""
        live = {one.id for questions in self.suite.questions.values() for one in questions if one.live}
        if not live.isdisjoint(ids):
            self._need_server()
            self.evidence.host(self._workers)

    def _need_server(self) -> None:
        if not self._config.option.collectonly:
            with _usage_errors():
                _ = self.evidence.choice

    def pytest_plugin_registered(self) -> None:
        """Whoever comes late listens too."""
        self._brief = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Tell a clean verdict in one report; whatever has findings, or has to wait, goes through pytest's phases."""
        from pytest_ctb import brief  # noqa: PLC0415

        if self._brief is None:
            told = self._worker is None or self._worker["ctb_brief"]
            self._brief = told and brief.is_enough(self._config)
        if self._brief and isinstance(item, GuidelineItem) and brief.can_be(item, nextitem, self._standing):
            call = item.judge_at_once()
            if call and not call.result:
                report = pytest.TestReport.from_item_and_call(item, call)
                vars(report)["ctb_findings"] = []
                brief.tell(item, report)
                return True
        self._standing = brief.left_standing(item, nextitem)
        return brief.run_here(item, nextitem) if isinstance(item, GuidelineItem) and brief.forks(item) else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Show the line that a warning is about without what steers a terminal; Python would read it from the file."""
        if issubclass(warning_message.category, CtbWarning):
            line = linecache.getline(warning_message.filename, warning_message.lineno)
            warning_message.line = visible(line.strip())

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tell what a person should know about the server that was used."""
        seen = self.evidence.stored() if hasattr(self, "evidence") else None
        for note in seen.notes if seen else ():
            terminalreporter.write_line(visible(f"ctb: {note}"), yellow=True)

    def pytest_sessionfinish(self) -> None:
        """Keep what is left from being looked through once more."""
        if self._whole:
            gc.freeze()  # no test of others has run, of whose garbage pytest would have to tell

    def pytest_unconfigure(self) -> None:
        """Give back what was shared."""
        if hasattr(self, "evidence"):
            self.evidence.close()
        self._ends.close()


class GuidedFile(pytest.File):
    """A migration, a base schema, or a guideline whose requirements are tests of their own."""

    def __init__(self, *, file: str, **kwargs: Any) -> None:
        from pytest_ctb.audit import listing  # noqa: PLC0415

        super().__init__(**{**kwargs, "nodeid": listing(file)})
        self.name = on_a_line(self.name)
        self.file = file

    def collect(self) -> Iterator[GuidelineItem]:
        """One item for each question that is listed under this file."""
        for question in self.config.stash[_run].suite.questions[self.file]:
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
        from pytest_ctb.audit import answer  # noqa: PLC0415

        return answer(self.question, self.config.stash[_run].evidence.replay)

    def judge_at_once(self) -> pytest.CallInfo[Any] | None:
        """Put the question outside of pytest's phases, and keep the answer for them.

        None where nothing was answered: there was an error, the evidence is not there yet, or the check is another
        package's, and pytest is to show what it prints and logs.
        """
        if not self.question.packaged or (self.question.live and self.config.stash[_run].evidence.stored() is None):
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
        if report.when == "call":
            vars(report)["ctb_findings"] = []
        if item.findings:  # pytest took the location before anything was judged; annotations and JUnit read it here
            first = item.told()[0]
            report.location = (on_a_line(first.file), first.line - 1, report.location[2])
            if report.when == "call":
                from pytest_ctb.report import carried  # noqa: PLC0415

                vars(report)["ctb_findings"] = [carried(one) for one in item.findings]
        vars(report).update({name: all_visible(vars(report)[name]) for name in _SHOWN & vars(report).keys()})
    return report


class GuidelineError(AssertionError):
    """A guideline does not hold; the text is what a person reads."""


def _live(session: pytest.Session) -> bool:
    return any(isinstance(item, GuidelineItem) and item.question.live for item in session.items)


@contextlib.contextmanager
def _usage_errors() -> Iterator[None]:
    try:
        yield
    except CtbError as error:
        raise pytest.UsageError(visible(str(error))) from error
