"""The plugin of one run with `--ctb`: it collects the questions, has the evidence made, and ends the run without it."""

from __future__ import annotations

import contextlib
import gc
import linecache
import os
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import pytest

from pytest_ctb.errors import CtbError, CtbWarning, NotJudgedError
from pytest_ctb.model.visible import visible
from pytest_ctb.plugin import items, options, shown
from pytest_ctb.plugin.controller import end_with_controller
from pytest_ctb.plugin.garbage import rarely_collected, uncollected
from pytest_ctb.plugin.items import RUN, GuidedFile, GuidelineItem, NoEvidenceError

if TYPE_CHECKING:
    from pytest_ctb.config.settings import Config
    from pytest_ctb.config.shard import Shard
    from pytest_ctb.guide.questions import Question
    from pytest_ctb.model import Evidence, Repository
    from pytest_ctb.plugin.databases import JudgedDatabase
    from pytest_ctb.replay.cache import Cache
    from pytest_ctb.repository.revisions import Printed

_Seen = TypeVar("_Seen")


class Run:
    """The plugin of one run with `--ctb`: it collects the questions and has the evidence made."""

    databases: tuple[JudgedDatabase, ...] = ()
    _shard: Shard
    """The part of the history that this run watches."""
    pytest_runtest_makereport = staticmethod(items.pytest_runtest_makereport)

    @classmethod
    def register(cls, config: pytest.Config) -> None:
        """Let this run be one of the compliance suite."""
        config.stash[RUN] = cls(config)
        config.pluginmanager.register(config.stash[RUN], "ctb-run")

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self._exit_stack = contextlib.ExitStack()
        self._servers = self._exit_stack.enter_context(contextlib.ExitStack())
        """Ends the servers that start while pytest collects."""
        source = pytest.Config.ArgsSource.ARGS
        self._whole = self._worker["ctb_whole"] if self._worker else config.args_source is not source
        """No path stands on the command line: the run collects all questions, and no other tests."""
        self.questions: dict[str, tuple[Question, ...]] = {}
        """The questions of all databases by the file in their test ids."""
        self._one_report: bool | None = None
        """Whether one report of a passed test is enough; None: to be computed."""
        self._set_up: pytest.Collector | None = None
        self._shared_folder: Path | None = None
        """On the controller of xdist: the folder through which the workers share the evidence."""
        self._source_outputs: dict[str, str] = {}
        """What the command of `ctb_source` printed, by the name of the database."""
        self._explanations = shown.Explanations()
        self._session: pytest.Session | None = None
        self._watched: list[JudgedDatabase] = []
        """In a shard: the databases that some test of the whole run, in whichever shard, needs a server for."""
        self._end_reason = ""
        """Why the run was ended early; empty where it was not."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Read the repository, before the report header and the collection."""
        gc.unfreeze()  # objects of an earlier run in the same process
        with uncollected(), _usage_errors():
            # Only a run with --ctb pays for what it imports.
            from pytest_ctb.config.packaged import packaged_by_name  # noqa: PLC0415
            from pytest_ctb.plugin.databases import judged_databases  # noqa: PLC0415

            configs = options.configs_of(self._config)
            self._shard = options.shard_of(self._config)
            self.databases = judged_databases(
                configs, self._config.getoption("--ctb-since"), self._cache, self._printed, self._shard
            )
            self._by_repository = {database.suite.repository: database for database in self.databases}
            for database in self.databases:
                for file, questions in database.suite.questions.items():
                    self.questions[file] = (*self.questions.get(file, ()), *questions)
            if not self._worker:
                from pytest_ctb.plugin.companions import register  # noqa: PLC0415

                register(self._config, self.databases)
        self._files = {os.path.normpath(self._config.rootpath / path): path for path in self.questions}
        self._rules_packaged = any(config.rules in packaged_by_name().values() for config in configs)
        """Guidelines are those of a packaged profile or pack."""
        self._folders = {str(folder) for file in self._files for folder in Path(file).parents}
        if self._whole:
            paths = (str(path) for database in self.databases for path in database.paths)
            self._config.args[:] = dict.fromkeys(paths)
        if self._worker:
            end_with_controller()
            self._share(Path(self._worker["ctb_shared"]))

    def _printed(self, config: Config) -> Printed | None:
        """What the command of `ctb_source` printed, which runs once for all workers of xdist."""
        if not config.source:
            return None
        from pytest_ctb.source.command import output_of, printed  # noqa: PLC0415

        if self._worker is None:
            static = self._config.option.markexpr.strip() == "ctb_static"
            output = output_of(config, self._cache(config.name, "source"), starts_server=not static)
        else:
            output = self._worker["ctb_source"][config.name]
        self._source_outputs[config.name] = output
        return printed(config, output)

    def _cache(self, database: str, kind: str = "evidence") -> Cache | None:
        """The evidence of earlier runs; None where pytest's cache is switched off."""
        from pytest_ctb.replay.cache import Cache  # noqa: PLC0415

        cache = getattr(self._config, "cache", None)
        if cache is None:
            return None
        try:
            return Cache(cache.mkdir("ctb"), database, fresh=self._config.getoption("--ctb-fresh"), kind=kind)
        except OSError:  # a folder that may only be read; pytest itself warns
            return None

    def _share(self, folder: Path) -> None:
        """Let all processes of the run share the evidence of each database."""
        for number, database in enumerate(self.databases):
            database.orchestrator.shared_folder = folder / str(number)
            database.orchestrator.shared_folder.mkdir(exist_ok=True)

    def pytest_report_header(self) -> list[str]:
        """The report header: what is judged, and on which Postgres."""
        from pytest_ctb.plugin.run_header import report_headers  # noqa: PLC0415

        return [visible(line) for line in report_headers(self.databases, self._config.getoption("--ctb-since"))]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Start the first server in the background while pytest collects, unless some tests may not run."""
        if self._whole and self._shard.is_whole and options.runs_all_tests(self._config):
            first = self.databases[0]
            if any(question.live for questions in first.suite.questions.values() for question in questions):
                self._servers.enter_context(first.orchestrator.start_early())
        return (yield)

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Without a path on the command line, ignore everything but the files of questions."""
        path = str(collection_path)
        if not self._whole:
            return None
        return not (path in self._files or path in self._folders)

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        """Collect a file that questions are listed under, and no tests in it: it may be Python."""
        collectors = yield
        path = self._files.get(str(file_path))
        return collectors if path is None else [GuidedFile.from_parent(parent, path=file_path, file=path)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Take the folders of migrations that are Python for folders, not for packages, which pytest imports."""
        of_code = self._source_outputs and str(path) in self._folders
        return pytest.Dir.from_parent(parent, path=path) if of_code else None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> Generator[None, object, object]:
        """Add questions before other plugins choose among all; leave those of a shard behind them."""
        if self._whole:
            self._add_outside(session, items)
        result = yield
        if not self._shard.is_whole:
            self._leave_those_of_shard(items)
        return result

    def _add_outside(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the questions of packaged guidelines, whose files are outside of the folders that pytest walks."""
        collected = {item.question.file for item in items if isinstance(item, GuidelineItem)}
        for file, path in self._files.items():
            if path not in collected and (self._rules_packaged or not Path(file).exists()):
                node = GuidedFile.from_parent(session, path=Path(file), file=path)
                report = session.ihook.pytest_make_collect_report(collector=node)
                session.ihook.pytest_collectreport(report=report)  # the terminal counts what was collected
                items += report.result

    def _leave_those_of_shard(self, items: list[pytest.Item]) -> None:
        """Deselect the questions of other shards, but know for which databases the whole run needs a server."""
        ours = [item for item in items if isinstance(item, GuidelineItem)]
        self._watched = list(dict.fromkeys(self._database(item.question) for item in ours if item.question.live))
        others = [item for item in ours if not self._database(item.question).is_of_shard(item.question)]
        left = set(others)
        items[:] = [item for item in items if item not in left]
        if others:
            self._config.hook.pytest_deselected(items=others)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """End the run before the first test where tests need a server and none can be had."""
        self._session = session
        if not self._worker:
            self._need_servers(self._live(session))
        gc.freeze()  # the items live as long as the run

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Start the first server in the background while static tests run; end it after the last test."""
        databases = [] if session.testsfailed or self._config.option.collectonly else self._live(session)
        with contextlib.ExitStack() as ends:
            ends.callback(self._servers.close)
            if self._whole:  # no other tests run, which may need their garbage collected
                ends.enter_context(rarely_collected())
            if databases:
                ends.enter_context(databases[0].orchestrator.start_early())
            result = yield
            if databases and not self._shard.is_whole:
                for database in databases:  # other shards may have the tests that need what this one sees
                    self._watch(database)
            return result

    def _live(self, session: pytest.Session) -> list[JudgedDatabase]:
        """The databases that tests of this run need a server for, in the order of the tests."""
        if not self._shard.is_whole:
            return self._watched
        items = (item for item in session.items if isinstance(item, GuidelineItem) and item.question.live)
        return list(dict.fromkeys(self._database(item.question) for item in items))

    def _database(self, question: Question) -> JudgedDatabase:
        return self._by_repository[question.repository]

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give each xdist worker the folder through which all share one replay."""
        from pytest_ctb.plugin import one_report  # noqa: PLC0415
        from pytest_ctb.postgres import scratch  # noqa: PLC0415

        if self._shared_folder is None:
            self._shared_folder = self._exit_stack.enter_context(scratch.folder())
            self._share(self._shared_folder)
        node.workerinput["ctb_shared"] = str(self._shared_folder)
        node.workerinput["ctb_whole"] = self._whole
        node.workerinput["ctb_source"] = self._source_outputs
        node.workerinput["ctb_one_report"] = one_report.is_enough(self._config)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """On the controller of xdist, end the run where tests need a server and none can be had."""
        collected = set(ids)
        needed = (
            self._database(question)
            for questions in self.questions.values()
            for question in questions
            if question.live and question.id in collected
        )
        self._need_servers(dict.fromkeys(needed))

    def if_available(self, question: Question) -> Evidence | None:
        """The evidence of the database of a question, if it has been collected. Starts no server."""
        return self._database(question).orchestrator.if_available()

    def replay(self, question: Question) -> Evidence:
        """The evidence of the database of a question. Where it cannot be had, the run ends with one message.

        A shard has only a part of it: there it raises NotJudgedError.
        """
        database = self._database(question)
        if not self._shard.is_whole:
            self._watch(database)
            raise NotJudgedError(f"shard {self._shard} observed its part of the history; `ctb merge` judges the whole")
        return self._or_end(database, database.orchestrator.replay)

    def _watch(self, database: JudgedDatabase) -> None:
        """Have the part of a shard observed."""
        self._or_end(database, database.orchestrator.part)

    def _or_end(self, database: JudgedDatabase, observe: Callable[[], _Seen]) -> _Seen:
        """What `observe` returns, while somebody sees how far it is. Where it cannot be had, the run ends."""
        from pytest_ctb.plugin.signs import around  # noqa: PLC0415

        try:
            with around(self._config, database.orchestrator):
                return observe()
        except CtbError as error:
            if self._worker:
                raise NoEvidenceError(str(error)) from None
            self._end(str(error))

    def item(self, question: Question, guideline: str) -> GuidelineItem | None:
        """The test of another guideline about the file of a question, if this run has it."""
        return self._items.get((question.repository, question.file, guideline))

    @cached_property
    def _items(self) -> Mapping[tuple[Repository, str, str], GuidelineItem]:
        items = self._session.items if self._session else []
        questions = ((item, item.question) for item in items if isinstance(item, GuidelineItem))
        return {(question.repository, question.file, question.guideline.id): item for item, question in questions}

    def _end(self, why: str) -> NoReturn:
        """End the run with one message at its end, not with an error of each test."""
        self._end_reason = why
        pytest.exit("pytest-ctb ends the run: see what it says above", returncode=pytest.ExitCode.USAGE_ERROR)

    def _need_servers(self, databases: Iterable[JudgedDatabase]) -> None:
        if not self._config.option.collectonly:
            with _usage_errors():
                for database in databases:
                    _ = database.orchestrator.choice

    def pytest_plugin_registered(self) -> None:
        """Compute again whether one report is enough, for a plugin that was registered late."""
        self._one_report = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Report a test that does not fail once; others, and those without evidence yet, run in pytest's phases."""
        from pytest_ctb.plugin import one_report  # noqa: PLC0415

        if self._one_report is None:
            allowed = self._worker is None or self._worker["ctb_one_report"]
            self._one_report = allowed and one_report.is_enough(self._config)
        if (
            self._one_report
            and isinstance(item, GuidelineItem)
            and one_report.needs_no_phases(item, nextitem, self._set_up)
        ):
            call = item.judge_at_once()
            if call and (report := one_report.of_result(item, call)):
                one_report.send(item, report)
                return True
        self._set_up = one_report.still_set_up(item, nextitem)
        return (
            one_report.run_here(item, nextitem) if isinstance(item, GuidelineItem) and one_report.forks(item) else None
        )

    @pytest.hookimpl(tryfirst=True)  # before the terminal counts it as the error of a test
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """End the run where a worker of xdist reports that no server could be had; explain each guideline once."""
        if self._worker:
            return
        if why := getattr(report, "ctb_no_evidence", ""):
            self._end(why)
        if report.failed:
            self._explanations.once(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Show the line of a warning without terminal control characters; Python would read it from the file."""
        if issubclass(warning_message.category, CtbWarning):
            line = linecache.getline(warning_message.filename, warning_message.lineno)
            warning_message.line = visible(line.strip())

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show why the run ended early, and notes on the server; make reasons fit the short summary that follows."""
        if self._end_reason:
            terminalreporter.section("pytest-ctb ends the run", red=True)
            terminalreporter.write_line(visible(self._end_reason))
        evidence = [database.orchestrator.if_available() for database in self.databases]
        for note in dict.fromkeys(note for replayed in evidence if replayed for note in replayed.notes):
            terminalreporter.write_line(visible(f"ctb: {note}"), yellow=True)
        shown.point_to_warnings(terminalreporter)
        shown.fit_summary(terminalreporter)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Spare the garbage collection at exit. A shard that has no test, of a short history, is fine."""
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and not self._shard.is_whole:
            session.exitstatus = pytest.ExitCode.OK
        if self._whole:
            gc.freeze()  # no other tests ran, whose garbage pytest would have to report

    def pytest_unconfigure(self) -> None:
        """Remove the folder that the workers shared, and end the servers where the collection failed."""
        self._exit_stack.close()


@contextlib.contextmanager
def _usage_errors() -> Iterator[None]:
    try:
        yield
    except CtbError as error:
        raise pytest.UsageError(visible(str(error))) from error
