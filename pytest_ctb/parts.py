"""A replay in parts: each watches some of the migrations, in a database that has gone past those before them.

Whoever takes part claims one part after another, first to last, so that its database only ever goes forward.
pytest-xdist brings the processes; they share a folder, and each holds a lock on the part that it works on.
"""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from pytest_ctb.errors import CtbError, ServerError
from pytest_ctb.model import FileReplay
from pytest_ctb.postgres import Server
from pytest_ctb.replay import End, Timeline, Wish, database, lost

_FOR_EACH = 4
"""So many parts for each process: one that has drawn slow files takes fewer."""
_LEAST = 20
"""A part of fewer files costs more than it saves."""


@dataclass(frozen=True)
class Plan:
    """A server, a database on it that stands behind the first `at` migrations, and what is to be seen."""

    server: Server
    role: str | None
    database: str
    wish: Wish
    at: int
    known: Mapping[str, FileReplay]
    """What is known of the first migrations, in their order."""
    parts: tuple[tuple[int, int], ...]
    """The migrations to watch: from number, to before number."""


@dataclass(frozen=True)
class Part:
    """What was seen of one part; the last tells the end, too, and the database that has come to it."""

    files: Mapping[str, FileReplay]
    end: End | None = None
    database: str = ""


def cut(first: int, last: int, workers: int) -> tuple[tuple[int, int], ...]:
    """The parts that the migrations from one number to before another fall into; at least one, which may be empty."""
    most = workers * _FOR_EACH if workers > 1 else 1
    count = max(1, min(most, (last - first) // _LEAST))
    marks = [first + (last - first) * number // count for number in range(count + 1)]
    return tuple(pairwise(marks))


def watched(plan: Plan) -> Part:
    """Every part, in this process and in the plan's own database. Raises ServerError."""
    with lost():
        timeline = _timeline(plan, plan.server, plan.database)
        files: dict[str, FileReplay] = {}
        for first, last in plan.parts:
            timeline.pass_by(first)
            files |= timeline.watch(last)
        return Part(files, timeline.end(), plan.database)


def take_part(plan: Plan, folder: Path, worker: str) -> None:
    """Watch what no other process has begun, in a database of one's own that is copied from the plan's."""
    # The prefix is of this worker, so that none drops what is another's.
    server = replace(plan.server, prefix=f"{plan.server.prefix}_{worker}", template=plan.database, roles=frozenset())
    with ExitStack() as ends:
        timeline = None
        for number, (first, last) in enumerate(plan.parts):
            with _claimed(folder, number) as mine:
                if not mine:
                    continue
                try:
                    with lost():
                        if timeline is None:
                            own = ends.enter_context(database(server, "replay", plan.role, keep=not server.shared))
                            timeline = _timeline(plan, server, own)
                        timeline.pass_by(first)
                        files = timeline.watch(last)
                        end = timeline.end() if number == len(plan.parts) - 1 else None
                        seen: Part | CtbError = Part(files, end, timeline.database)
                except CtbError as error:
                    seen = error
                write(folder / f"part-{number}", seen)
                if isinstance(seen, CtbError):
                    return


def gathered(plan: Plan, folder: Path) -> Part:
    """All parts as one, when whoever works on one is done. Raises CtbError where one failed, or was broken off."""
    files: dict[str, FileReplay] = {}
    last = None
    for number, (first, to) in enumerate(plan.parts):
        with (folder / f"part-{number}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
        seen = stored(folder / f"part-{number}")
        if isinstance(seen, CtbError):
            raise seen
        if not isinstance(seen, Part):
            raise ServerError(
                f"the process that replayed the migrations {first + 1} to {to} of {len(plan.wish.migrations)} "
                "broke off before it was done; what it ended with stands with its own test"
            )
        files |= seen.files
        last = seen
    assert last is not None
    return replace(last, files=files)


def write(path: Path, found: object) -> None:
    """Put something where other processes of the run find it whole."""
    half = path.with_suffix(".half")
    half.write_bytes(pickle.dumps(found))
    half.rename(path)


def stored(path: Path) -> object:
    """What another process of the run has put there, or None."""
    # In a folder of our own that nobody else may enter.
    return pickle.loads(path.read_bytes()) if path.exists() else None  # noqa: S301


def _timeline(plan: Plan, server: Server, own: str) -> Timeline:
    behind = [one.path for one in plan.wish.migrations[: plan.at]]
    errors = {path: plan.known[path].error for path in behind if path in plan.known}
    return Timeline(
        server, own, plan.role, plan.wish, plan.at, {path: error for path, error in errors.items() if error}
    )


@contextmanager
def _claimed(folder: Path, number: int) -> Iterator[bool]:
    """Whether a part is ours; it is until the block ends."""
    with (folder / f"part-{number}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield not (folder / f"part-{number}").exists()
