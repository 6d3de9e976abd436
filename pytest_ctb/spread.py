"""What is not known of a history, seen on one server: by one process, or spread over those that pytest-xdist brings.

Each watches some stretches of the migrations, in a database that has gone past those before them. It claims one stretch
after another, first to last, so that its database only ever goes forward. The processes share a folder, and each holds
a lock on the stretch that it works on.
"""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ctb.errors import CtbError, ServerError
from pytest_ctb.model import End, FileReplay, Repository, Seen
from pytest_ctb.postgres import Server, Start
from pytest_ctb.replay import (
    Bases,
    Timeline,
    Wish,
    database,
    found_database,
    loaded_bases,
    lost,
    migrating_role,
    notes,
    prepare,
    rename,
    spans,
)

if TYPE_CHECKING:
    from pytest_ctb.settings import Settings

DATABASE = "replay"
_FOR_EACH = 4
"""So many stretches for each process: one that has met slow files takes fewer."""
_LEAST = 20
"""A stretch of fewer files costs more than it saves."""


@dataclass(frozen=True)
class Plan:
    """A server, a database on it that stands behind the first `at` migrations, and what is to be watched."""

    server: Server
    role: str | None
    database: str
    wish: Wish
    at: int
    known: Seen
    """The bases, all of them, and the first migrations."""
    stretches: tuple[tuple[int, int], ...]
    """Of the other migrations: from number, to before number; the last one goes to the end."""
    notes: tuple[str, ...]


@contextmanager
def planned(
    start: Start, repository: Repository, settings: Settings, known: Seen, workers: int, at: int = 0
) -> Iterator[Plan]:
    """Start a server, and load there the bases that are not known; at the end it is gone.

    It may come from one that was kept when it stood behind the first `at` migrations. Raises CtbError, also for what
    the block meets when the server is lost.
    """
    with _begun(start, repository, settings, known) as (server, role, wish, bases), ExitStack() as ends:
        own = found_database(server, DATABASE) if at else None
        if own is None:
            at = 0
            own = ends.enter_context(database(server, DATABASE, role, keep=not server.shared))
            prepare(server, own, wish.timeout, wish.prelude)
        spread = workers > 1 and not spans((*wish.prelude, *wish.migrations), server)
        stretches = cut(len(known.files), len(wish.migrations), workers if spread else 1)
        told = notes(server, settings.role, repository)
        yield Plan(server, role, own, wish, at, replace(known, bases=bases), stretches, told)


def with_bases(start: Start, repository: Repository, settings: Settings, known: Seen) -> Seen:
    """The same with all bases, where nothing else is missing. Raises CtbError."""
    with _begun(start, repository, settings, known) as (_, _, _, bases):
        return replace(known, bases=bases)


@contextmanager
def _begun(
    start: Start, repository: Repository, settings: Settings, known: Seen
) -> Iterator[tuple[Server, str | None, Wish, Bases]]:
    one = settings
    wish = Wish(
        repository.migrations, one.timeout, one.prelude, one.experiments, one.queries, tuple(repository.consumers)
    )
    # What is on a server of our own goes with it.
    with start() as server, lost(), migrating_role(server, one.role, keep=not server.shared) as role:
        missing = [base for base in repository.bases if base.path not in known.bases]
        loaded = {**known.bases, **loaded_bases(server, role, wish, missing)}
        yield server, role, wish, {base.path: loaded[base.path] for base in repository.bases}


def cut(first: int, last: int, workers: int) -> tuple[tuple[int, int], ...]:
    """The stretches of the migrations from one number to before another; at least one, which may be empty."""
    most = workers * _FOR_EACH if workers > 1 else 1
    count = max(1, min(most, (last - first) // _LEAST))
    return tuple(pairwise(first + (last - first) * number // count for number in range(count + 1)))


def watched(plan: Plan) -> Seen:
    """Every stretch, in this process and in the plan's own database. Raises ServerError."""
    with lost():
        timeline = _timeline(plan, plan.server, plan.database)
        files: dict[str, FileReplay] = {}
        for first, last in plan.stretches:
            timeline.pass_by(first)
            files |= timeline.watch(last)
        return _whole(plan, files, timeline.end())


def take_part(plan: Plan, folder: Path, worker: str) -> None:
    """Watch what no other process has begun, in a database of one's own that is copied from the plan's."""
    # The prefix is this worker's alone, so that none drops what is another's.
    server = replace(plan.server, prefix=f"{plan.server.prefix}_{worker}", template=plan.database, roles=frozenset())
    with ExitStack() as ends:
        timeline = None
        for number, (first, last) in enumerate(plan.stretches):
            with _claimed(folder / str(number)) as mine:
                if not mine:
                    continue
                try:
                    with lost():
                        if timeline is None:
                            own = ends.enter_context(database(server, DATABASE, plan.role, keep=not server.shared))
                            timeline = _timeline(plan, server, own)
                        timeline.pass_by(first)
                        files = timeline.watch(last)
                        last_one = number == len(plan.stretches) - 1
                        ended = timeline.end() if last_one else None
                        write(folder / str(number), Seen(files, end=ended))
                        if last_one:
                            write(folder / "database", timeline.database)
                except CtbError as error:
                    write(folder / str(number), error)
                    return


def gathered(plan: Plan, folder: Path) -> Seen:
    """All that was watched, when whoever works on some of it is done.

    Raises CtbError where it could not be watched, or who did so broke off.
    """
    files: dict[str, FileReplay] = {}
    end = None
    for number, (first, to) in enumerate(plan.stretches):
        with (folder / f"{number}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
        seen = stored(folder / str(number))
        if isinstance(seen, CtbError):
            raise seen
        if not isinstance(seen, Seen):
            raise ServerError(
                f"the process that replayed the migrations {first + 1} to {to} of {len(plan.wish.migrations)} "
                "broke off before it was done; what it ended with stands with its own test"
            )
        files |= seen.files
        end = seen.end
    assert end is not None
    return _whole(plan, files, end)


def without_keeping(plan: Plan) -> Plan:
    """The plan as other processes get it, none of which can keep the server."""
    return replace(plan, server=replace(plan.server, keep=None))


def keep(plan: Plan, folder: Path, watched_in: object) -> None:
    """Let the server be kept in a folder when it is gone, with the database that has come to the end."""
    if plan.server.keep is None or plan.server.shared:
        return
    with lost():
        if isinstance(watched_in, str) and watched_in != plan.database:
            rename(plan.server, watched_in, DATABASE)
        plan.server.keep(folder)


def write(path: Path, found: object) -> None:
    """Put something where other processes of the run find it whole."""
    half = path.with_suffix(".half")
    half.write_bytes(pickle.dumps(found, pickle.HIGHEST_PROTOCOL))
    half.rename(path)


def stored(path: Path) -> object:
    """What a process of the run has put there, or None."""
    # In a folder of our own that nobody else may enter.
    return pickle.loads(path.read_bytes()) if path.exists() else None  # noqa: S301


def _whole(plan: Plan, files: Mapping[str, FileReplay], end: End) -> Seen:
    return Seen({**plan.known.files, **files}, plan.known.bases, replace(end, notes=plan.notes))


def _timeline(plan: Plan, server: Server, own: str) -> Timeline:
    behind = [plan.known.files[one.path] for one in plan.wish.migrations[: plan.at]]
    return Timeline(server, own, plan.role, plan.wish, plan.at, {one.path: one.error for one in behind if one.error})


@contextmanager
def _claimed(path: Path) -> Iterator[bool]:
    """Whether a stretch is ours; it is until the block ends."""
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield not path.exists()
