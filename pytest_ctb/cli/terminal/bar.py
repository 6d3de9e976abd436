"""Signs of life of the commands: click's bar where standard error is a terminal, a line now and then in CI."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_ctb.model.visible import unguarded

if TYPE_CHECKING:
    from pytest_ctb.replay.steps import Step

_WIDTH = 20
"""The columns of the bar itself."""
_LEAST = 12
"""The fewest columns in which a path says something."""
_WIPE = "\r\x1b[K\x1b[?25h"
"""Clears the line of the bar, and shows the cursor again, which click hides."""


class Bar:
    """Shows on a stream how far something is."""

    def __init__(self, stream: Any, verb: str) -> None:
        self._stream = stream
        self._verb = verb
        self._bar: Any = None
        self._lock = threading.Lock()

    def show(self, step: Step) -> None:
        """Show a step."""
        if not self._stream.isatty():
            click.echo(f"ctb: {self._verb} {step}", file=self._stream)
            return
        with self._lock:
            if self._bar is None or self._bar.pos > step.number:  # another server was lost: it goes on from before
                self._bar = click.progressbar(
                    length=step.total,
                    label=self._verb,
                    file=self._stream,
                    color=True,
                    show_pos=True,
                    show_percent=False,
                    show_eta=False,
                    item_show_func=lambda path: path or None,
                )
            width = _columns(self._stream)
            room = width - len(f"{self._verb}  []  {step.total}/{step.total}  ") - 1
            self._bar.width = max(0, min(_WIDTH, room))
            self._bar.current_item = _cut(step.file, room - self._bar.width)
            self._bar.make_step(step.number - self._bar.pos)
            self._bar.render_progress()

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Let the block write lines on the same terminal."""
        with self._lock:
            self._end()
            yield

    def _end(self) -> None:
        if self._bar is not None:
            self._stream.write(_WIPE)
            self._stream.flush()
            self._bar = None


@contextmanager
def shown(verb: str = "replaying", *, quiet: bool = False) -> Iterator[tuple[Path, Bar]]:
    """A file for the steps of the block (`replay/steps.py`), and the bar that shows them while it runs.

    At Ctrl-C it says how far the block came. `quiet`: show nothing before.
    """
    from pytest_ctb.replay.steps import followed, last, new, pace  # noqa: PLC0415  # most commands need none

    stream = unguarded(sys.stderr)
    seconds = None if quiet else pace(terminal=stream.isatty())
    bar = Bar(stream, verb)
    with new() as steps:
        try:
            if seconds is None:
                yield steps, bar
            else:
                with followed(steps, seconds, bar.show):
                    yield steps, bar
        except KeyboardInterrupt:
            with bar.hidden():
                if step := last(steps):
                    click.echo(f"ctb: stopped while {verb} {step}", err=True)
            raise
        finally:
            with bar.hidden():
                pass


def _columns(stream: Any) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or shutil.get_terminal_size().columns
    except (OSError, ValueError):
        return shutil.get_terminal_size().columns


def _cut(path: str, columns: int) -> str:
    """A path in so many columns; empty where there is too little room."""
    if len(path) <= columns:
        return path
    return f"{path[: columns - 1]}…" if columns >= _LEAST else ""
