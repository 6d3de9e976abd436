"""The pytest face: options, and what a run collects. Everything else is imported only when `--ctb` is given.

Without `--ctb` this module adds options and does nothing more: pytest loads it in every run.
"""

from __future__ import annotations

import contextlib
import gc
import linecache
import os
import warnings
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from pytest_ctb.errors import CtbError, CtbWarning
from pytest_ctb.model.visible import visible
from pytest_ctb.plugin import options
from pytest_ctb.plugin.items import RUN, GuidedFile, GuidelineItem, NoEvidenceError, pytest_runtest_makereport
from pytest_ctb.plugin.rootdir import pytest_cmdline_main, pytest_load_initial_conftests

__all__ = [
    "pytest_addoption",
    "pytest_cmdline_main",
    "pytest_configure",
    "pytest_load_initial_conftests",
    "pytest_runtest_makereport",
]

if TYPE_CHECKING:
    from pytest_ctb.guide.questions import Suite
    from pytest_ctb.model import Evidence
    from pytest_ctb.replay.cache import Cache
    from pytest_ctb.replay.orchestrate import Orchestrator


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, as the contract lists them."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and with `--ctb` the plugin that does the work."""
    config.addinivalue_line("markers", "ctb: a guideline of the migration guide (pytest-ctb)")
    config.addinivalue_line("markers", "ctb_static: a guideline that needs no server")
    config.addinivalue_line("markers", "ctb_live: a guideline that needs a throwaway Postgres")
    if config.getoption("--ctb"):
        config.stash[RUN] = Run(config)
        config.pluginmanager.register(config.stash[RUN], "ctb-run")


class Run:
    """One run of the compliance suite: what it collects, and what it saw."""

    suite: Suite
    evidence: Orchestrator

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self._ends = contextlib.ExitStack()
        source = pytest.Config.ArgsSource.ARGS
        self._whole = self._worker["ctb_whole"] if self._worker else config.args_source is not source
        """No path on the command line: the whole suite, and nothing else."""
        self._brief: bool | None = None
        """One report of a test is enough; None where that has to be seen anew."""
        self._standing: pytest.Collector | None = None
        self._why = ""
        """Why the run was ended."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Read everything, before the header that tells of it and the collection that lists it."""
        gc.unfreeze()  # of a run before this one in the same process
        with _kept(), _usage_errors():
            # Only a run with --ctb pays for what it imports.
            from pytest_ctb.config.packaged import named  # noqa: PLC0415
            from pytest_ctb.contracts.folder import find_contracts  # noqa: PLC0415
            from pytest_ctb.guide.questions import load_suite  # noqa: PLC0415
            from pytest_ctb.replay import orchestrate as evidence  # noqa: PLC0415

            config = options.configured(self._config)
            baseline = config.baseline if config.is_set("ctb_baseline") or config.baseline.is_file() else None
            self.suite = load_suite(
                config.root,
                config.migrations,
                config.bases,
                config.rules,
                baseline,
                config.variables,
                layout=config.layout,
                consumers=config.consumers,
                contracts=find_contracts(config.root, config.contracts, named=config.is_set("ctb_contracts")),
            )
            if since := self._config.getoption("--ctb-since"):
                from pytest_ctb.repository import git  # noqa: PLC0415

                self.suite = self.suite.only(git.changes(config.root, since).present)
            settings = config.settings(self.suite.trials, self.suite.queries)
            self.evidence = evidence.Orchestrator(self.suite.repository, settings, self._cache())
            reports = options.reports(self._config)
            if reports and not self._worker:
                from pytest_ctb.plugin.reports import Reports  # noqa: PLC0415

                self._config.pluginmanager.register(
                    Reports(self.suite, reports, self.evidence.if_available), "ctb-reports"
                )
        self._files = {os.path.normpath(config.root / path): path for path in self.suite.questions}
        self._named = config.rules in named().values()
        """The guidelines are those of a packaged profile, whatever lies in a folder `rules`."""
        self._folders = {str(folder) for file in self._files for folder in Path(file).parents}
        if self._whole:
            known = [baseline] if baseline and str(baseline) in self._files else []
            folders = (*config.migrations, *config.bases, *config.consumers, *self._rules(config.rules), *known)
            self._config.args[:] = map(str, folders)
        if self._worker:
            self.evidence.shared_folder = Path(self._worker["ctb_shared"])

    def _cache(self) -> Cache | None:
        """What earlier runs have seen; none where pytest's cache is switched off."""
        from pytest_ctb.replay.cache import Cache  # noqa: PLC0415

        cache = getattr(self._config, "cache", None)
        if cache is None:
            return None
        try:
            return Cache(cache.mkdir("ctb"), fresh=self._config.getoption("--ctb-fresh"))
        except OSError:  # a folder that may only be read; pytest itself warns
            return None

    def _rules(self, folder: Path) -> Sequence[Path]:
        """The guidelines' own folder, if tests are listed under it that pytest can collect there."""
        inside = any(Path(file).is_relative_to(folder) for file in self._files)
        return [folder] if inside and folder.is_dir() else []

    def pytest_report_header(self) -> list[str]:
        """Tell what is judged, and on which Postgres."""
        from pytest_ctb.plugin.run_header import header  # noqa: PLC0415

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
        with self.evidence.start_early() if needed else contextlib.nullcontext():
            return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give each xdist worker the folder through which all share one replay."""
        from pytest_ctb.plugin import one_report as brief  # noqa: PLC0415
        from pytest_ctb.postgres import scratch  # noqa: PLC0415

        if self.evidence.shared_folder is None:
            self.evidence.shared_folder = self._ends.enter_context(scratch.folder())
        node.workerinput["ctb_shared"] = str(self.evidence.shared_folder)
        node.workerinput["ctb_whole"] = self._whole
        node.workerinput["ctb_brief"] = brief.is_enough(self._config)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Say it on the controller, where a worker could only crash."""
        live = {one.id for questions in self.suite.questions.values() for one in questions if one.live}
        if not live.isdisjoint(ids):
            self._need_server()

    def replay(self) -> Evidence:
        """What the server was seen to do; where that cannot be had, the run ends, with one message."""
        try:
            return self.evidence.replay()
        except CtbError as error:
            if self._worker:
                raise NoEvidenceError(str(error)) from None
            self._end(str(error))

    def _end(self, why: str) -> NoReturn:
        """End the run: what no test can do without is told once, and by none of them."""
        self._why = why
        pytest.exit("pytest-ctb ends the run: see what it says above", returncode=pytest.ExitCode.USAGE_ERROR)

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
        from pytest_ctb.plugin import one_report as brief  # noqa: PLC0415

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

    @pytest.hookimpl(tryfirst=True)  # before somebody counts it as the error of one test
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """End the run where a worker of xdist tells that no server could be had."""
        why = getattr(report, "ctb_no_evidence", "")
        if why and self._worker is None:
            self._end(why)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Show the line that a warning is about without what steers a terminal; Python would read it from the file."""
        if issubclass(warning_message.category, CtbWarning):
            line = linecache.getline(warning_message.filename, warning_message.lineno)
            warning_message.line = visible(line.strip())

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tell what a person should know about the server that was used, and why there was none."""
        if self._why:
            terminalreporter.section("pytest-ctb ends the run", red=True)
            terminalreporter.write_line(visible(self._why))
        seen = self.evidence.if_available() if hasattr(self, "evidence") else None
        for note in seen.notes if seen else ():
            terminalreporter.write_line(visible(f"ctb: {note}"), yellow=True)

    def pytest_sessionfinish(self) -> None:
        """Keep what is left from being looked through once more."""
        if self._whole:
            gc.freeze()  # no test of others has run, of whose garbage pytest would have to tell

    def pytest_unconfigure(self) -> None:
        """Give back what was shared."""
        self._ends.close()


def _live(session: pytest.Session) -> bool:
    return any(isinstance(item, GuidelineItem) and item.question.live for item in session.items)


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    """Keep what the block makes from Python's search for garbage: it stays to the end, and to look costs a fifth."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


@contextlib.contextmanager
def _usage_errors() -> Iterator[None]:
    try:
        yield
    except CtbError as error:
        raise pytest.UsageError(visible(str(error))) from error
