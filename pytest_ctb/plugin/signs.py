"""The plugin that shows how far the replay is: behind pytest's progress on a terminal, as lines in the log of a CI."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from _pytest._io.wcwidth import wcswidth

from pytest_ctb.plugin.databases import JudgedDatabase
from pytest_ctb.replay import steps
from pytest_ctb.replay.orchestrate import Orchestrator
from pytest_ctb.replay.steps import Step

_LEAST = 12
"""The fewest columns in which a path says something."""


_NAME = "ctb-signs"


def register(config: pytest.Config, databases: Sequence[JudgedDatabase]) -> None:
    """Show how far the replays of a run are, unless there is neither a terminal nor a CI, or with `-qq`."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    seconds = steps.pace(terminal=reporter.isatty) if reporter and config.option.verbose >= -1 else None
    if seconds and steps.STEPS not in os.environ:
        config.pluginmanager.register(Signs(reporter, seconds, databases), _NAME)


def around(config: pytest.Config, orchestrator: Orchestrator) -> AbstractContextManager[None]:
    """A block in which this process may replay: somebody sees how far it is, here or in another process."""
    if orchestrator.is_over:
        return nullcontext()
    if path := os.environ.get(steps.STEPS):  # of the command of `ctb` that runs this
        orchestrator.steps = Path(path)
    elif hasattr(config, "workerinput"):  # the controller of xdist looks
        orchestrator.steps = steps_of_workers(orchestrator)
    signs: Signs | None = config.pluginmanager.get_plugin(_NAME)
    return signs.around(orchestrator) if signs else nullcontext()


def steps_of_workers(orchestrator: Orchestrator) -> Path | None:
    """The file in which the worker of xdist that replays notes how far it is; None where there are no workers."""
    return orchestrator.shared_folder / "steps" if orchestrator.shared_folder else None


class Signs:
    """Shows the last step of a replay. A thread writes it, and wipes it before pytest writes anything else."""

    def __init__(self, reporter: Any, seconds: float, databases: Sequence[JudgedDatabase]) -> None:
        self._reporter = reporter
        self._seconds = seconds
        self._databases = databases
        self._lock = threading.RLock()
        self._painted = ""
        """The text that stands behind pytest's line, and is to be wiped."""
        self._over = False
        """Whether the tests have ended."""
        self._elsewhere = ExitStack()
        """Ends looking at what workers of xdist do."""

    @contextmanager
    def around(self, orchestrator: Orchestrator) -> Iterator[None]:
        """Show how far the replay is that the block collects in this process."""
        capture: Any = self._reporter.config.pluginmanager.get_plugin("capturemanager")
        with ExitStack() as ends:
            if orchestrator.steps is None:
                orchestrator.steps = ends.enter_context(steps.new())
            if capture:  # the replay runs in the setup of a test, where pytest captures the terminal
                ends.enter_context(capture.global_and_fixture_disabled())
            ends.callback(self._wipe)
            ends.enter_context(steps.followed(orchestrator.steps, self._seconds, self._show))
            yield

    @pytest.hookimpl(optionalhook=True, trylast=True)  # when the workers have a folder in common
    def pytest_configure_node(self) -> None:
        """Show how far the replays are that workers of xdist collect."""
        databases, self._databases = self._databases, ()
        for database in databases:
            if path := steps_of_workers(database.orchestrator):
                show = partial(self._show_of_worker, database.orchestrator)
                self._elsewhere.enter_context(steps.followed(path, self._seconds, show))

    def _show_of_worker(self, orchestrator: Orchestrator, step: Step) -> None:
        if not orchestrator.is_over:
            self._show(step)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self) -> Generator[None, object, object]:
        """Let pytest begin a line."""
        with self._hidden():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self) -> Generator[None, object, object]:
        """Let pytest write an outcome."""
        with self._hidden():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logfinish(self) -> Generator[None, object, object]:
        """Let pytest end a line."""
        with self._hidden():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Let pytest write its summary."""
        with self._hidden():
            self._over = True
            return (yield)

    def pytest_unconfigure(self) -> None:
        """Look at the workers no longer."""
        self._elsewhere.close()

    @contextmanager
    def _hidden(self) -> Iterator[None]:
        with self._lock:
            self._wipe()
            yield

    def _show(self, step: Step) -> None:
        with self._lock:
            if self._over:
                return
            if not self._reporter.isatty:
                self._reporter.ensure_newline()
                self._reporter.write_line(f"ctb: replaying {step}")
                self._reporter.flush()
                return
            writer = self._reporter._tw  # noqa: SLF001  # pytest's own line
            width = self._width
            text = fitted(step, width - writer.width_of_current_line % width - 1)
            if text != self._painted:
                self._wipe()
                self._write(text)
                self._painted = text

    @property
    def _width(self) -> int:
        """The columns of the terminal itself: pytest takes less than 40, or what COLUMNS says, for something else."""
        writer = self._reporter._tw  # noqa: SLF001
        with suppress(OSError, ValueError):
            return os.get_terminal_size(writer._file.fileno()).columns or writer.fullwidth  # noqa: SLF001
        return int(writer.fullwidth)

    def _wipe(self) -> None:
        """Take the text back with spaces, which every terminal knows."""
        with self._lock:
            columns, self._painted = wcswidth(self._painted), ""
            if columns:
                self._write("\b" * columns + " " * columns + "\b" * columns)

    def _write(self, text: str) -> None:
        file = self._reporter._tw._file  # noqa: SLF001  # past the writer, which counts the columns of pytest's line
        encoding = file.encoding or "utf-8"
        file.write(text.encode(encoding, "replace").decode(encoding))
        file.flush()


def fitted(step: Step, columns: int) -> str:
    """A step in so many columns; its path is cut where there is too little room, or left out; empty for still less."""
    number = f"{step.number}/{step.total}"
    texts = [f" replaying {number} {step.file}" if step.file else "", f" replaying {number}", f" {number}"]
    room = columns - len(texts[1]) - 2
    if step.file and room >= _LEAST - 1:
        texts.insert(1, f"{texts[1]} {step.file[:room]}…")
    return next((text for text in texts if 0 < wcswidth(text) <= columns), "")
