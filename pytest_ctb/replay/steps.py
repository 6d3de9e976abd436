"""How far a replay is: its processes write it to a file, and the process with the terminal reads the file.

The first line of the file says how many migrations were known before and how many there are. Each other line is the
path of a migration, written when a process begins to observe it. So the same few lines serve one process, the
processes of a pool, the workers of pytest-xdist, and a `pytest --ctb` that a command of `ctb` runs.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from pytest_ctb.model.visible import on_a_line

STEPS = "CTB_STEPS"
"""The variable by which a command of `ctb` names the file to the `pytest --ctb` that it runs."""
_TERMINAL_SECONDS = 0.1
"""Between two looks at the file, where a terminal shows it."""
_CI_SECONDS = 30.0
"""Between two lines in the log of a CI system."""


class Step(NamedTuple):
    """How far a replay is."""

    number: int
    """The number of the migration that was begun last; of several processes, how many are begun."""
    total: int
    file: str
    """Its path, in characters that a terminal may show; empty before the first."""

    def __str__(self) -> str:
        """In words: `120/300 migrations/2025-10-23_add_x.sql`."""
        return f"{self.number}/{self.total} {self.file}".rstrip()


@contextmanager
def new() -> Iterator[Path]:
    """A new file for steps. Where the system knows files without names, it is gone with this process in any case."""
    with tempfile.TemporaryFile() as file:
        nameless = Path(f"/proc/{os.getpid()}/fd/{file.fileno()}")
        if nameless.exists():
            yield nameless
            return
    with tempfile.TemporaryDirectory(prefix="ctb-") as folder:
        yield Path(folder) / "steps"


def begin(steps: Path | None, known: int, total: int) -> None:
    """Start the file: of `total` migrations, `known` need not be observed any more."""
    if steps is not None:
        with suppress(OSError):  # no sign of life is no reason to end a replay
            steps.write_text(f"{known} {total}\n", encoding="utf-8")


def note(steps: Path | None, path: str) -> None:
    """Write down that a migration is begun."""
    if steps is not None:
        with suppress(OSError), steps.open("ab", buffering=0) as file:  # one write: lines of processes do not mix
            file.write(f"{on_a_line(path)}\n".encode())


def last(steps: Path) -> Step | None:
    """How far the replay is; None before it starts."""
    try:
        head, *lines = steps.read_text(encoding="utf-8").split("\n")[:-1]  # a line that is not whole yet is left out
        known, total = map(int, head.split())
    except (OSError, ValueError):
        return None
    return Step(min(known + len(lines), total), total, lines[-1] if lines else "")


def pace(*, terminal: bool) -> float | None:
    """How many seconds lie between two signs of life; None where nobody looks: neither a terminal nor a CI system."""
    if terminal and os.environ.get("TERM") != "dumb":
        return _TERMINAL_SECONDS
    return _CI_SECONDS if os.environ.get("CI") and not terminal else None


@contextmanager
def followed(steps: Path, seconds: float, show: Callable[[Step], None]) -> Iterator[None]:
    """Call `show` in a thread, with the last step, every so many seconds while the block runs."""
    end = threading.Event()

    def follow() -> None:
        while not end.wait(seconds):
            if step := last(steps):
                show(step)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
