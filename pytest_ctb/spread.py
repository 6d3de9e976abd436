"""What is not known of a history, seen on one server: by one process, or spread over those that pytest-xdist brings.

Each watches some stretches of the migrations, in a database that has gone past those before them. They begin at places
so far apart that all should be done at the same time; who is done sooner takes what others have not begun, ahead of its
database or, in a new one, behind. The processes share a folder, and each holds a lock on what it has claimed.
"""

from __future__ import annotations

import fcntl
import pickle
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_ctb.errors import CtbError, ServerError
from pytest_ctb.model import End, FileReplay, Repository, Seen
from pytest_ctb.postgres import Server, Start
from pytest_ctb.replay import (
    Bases,
    Timeline,
    Wish,
    database,
    found_database,
    keep_only,
    loaded_bases,
    lost,
    migrating_role,
    notes,
    prepare,
    spans,
)

if TYPE_CHECKING:
    from pytest_ctb.settings import Settings

DATABASE = "replay"
_FOR_EACH = 8
"""So many stretches for each process: one that has met slow files takes fewer."""
_LEAST = 20
"""A stretch of fewer files costs more than it saves."""
_PASSING = 0.2
"""What it costs to pass by a file, against watching it."""


Stretches = tuple[tuple[int, int], ...]


class Plan(NamedTuple):
    """A server, a database on it that stands behind the first `at` migrations, and what is to be watched."""

    server: Server
    role: str | None
    database: str
    at: int
    known: Seen
    """The bases, all of them, and the first migrations."""
    stretches: Stretches
    """Of the other migrations: from number, to before number; the last one goes to the end."""
    begins: tuple[int, ...]
    """The number of the stretch that each process begins with."""
    notes: tuple[str, ...]


@contextmanager
def planned(
    start: Start, repository: Repository, settings: Settings, known: Seen, workers: int, at: int = 0
) -> Iterator[Plan]:
    """Start a server, and load there the bases that are not known; at the end it is gone.

    It may come from one that was kept when it stood behind the first `at` migrations. Raises CtbError, also for what
    the block meets when the server is lost.
    """
    wish = wished(repository, settings)
    with _begun(start, repository, settings, known) as (server, role, bases), ExitStack() as ends:
        own = found_database(server, DATABASE) if at else None
        if own is None:
            at = 0
            own = ends.enter_context(database(server, DATABASE, role, keep=not server.shared))
            prepare(server, own, wish.timeout, wish.prelude)
        if workers > 1 and spans((*wish.prelude, *wish.migrations), server):
            workers = 1
        stretches = cut([1 + len(one.sent) for one in wish.migrations], len(known.files), workers)
        told = notes(server, settings.role, repository)
        yield Plan(server, role, own, at, replace(known, bases=bases), *stretches, told)


def with_bases(start: Start, repository: Repository, settings: Settings, known: Seen) -> Seen:
    """The same with all bases, where nothing else is missing. Raises CtbError."""
    with _begun(start, repository, settings, known) as (_, _, bases):
        return replace(known, bases=bases)


@contextmanager
def _begun(
    start: Start, repository: Repository, settings: Settings, known: Seen
) -> Iterator[tuple[Server, str | None, Bases]]:
    # What is on a server of our own goes with it.
    with start() as server, lost(), migrating_role(server, settings.role, keep=not server.shared) as role:
        missing = [base for base in repository.bases if base.path not in known.bases]
        loaded = {**known.bases, **loaded_bases(server, role, wished(repository, settings), missing)}
        yield server, role, {base.path: loaded[base.path] for base in repository.bases}


def wished(repository: Repository, settings: Settings) -> Wish:
    """What a run wants to see, which each of its processes knows by itself."""
    one = settings
    return Wish(repository.migrations, one.timeout, one.prelude, one.experiments, one.queries, repository.consumers)


def cut(costs: Sequence[float], first: int, workers: int) -> tuple[Stretches, tuple[int, ...]]:
    """Stretches of the migrations from number `first` on, and with which of them each of so many processes begins.

    At least one stretch, which may be empty. `costs` are those of watching each migration.
    """
    most = workers * _FOR_EACH if workers > 1 else 1
    count = max(1, min(most, (len(costs) - first) // _LEAST))
    behind = [0.0, *accumulate(costs[first:])]
    bounds = [first + _nearest(behind, behind[-1] * number / count) for number in range(count + 1)]
    stretches = tuple(one for one in pairwise(bounds) if one[0] < one[1]) or ((first, first),)
    # The process that has gone past x has T - x * _PASSING left to watch: such a T that all together watch everything.
    left = [1 - (1 - _PASSING) ** number for number in range(workers + 1)]
    places = [_nearest(behind, behind[-1] * one / left[-1]) + first for one in left[:-1]]
    starts = [start for start, _ in stretches]
    return stretches, tuple(dict.fromkeys(_nearest(starts, place) for place in places))


def _nearest(rising: Sequence[float], value: float) -> int:
    """The number of the one among values that rise that is nearest to a value."""
    number = bisect_left(rising, value)
    near = [one for one in (number - 1, number) if 0 <= one < len(rising)]
    return min(near, key=lambda one: abs(rising[one] - value))


def watched(plan: Plan, wish: Wish) -> Seen:
    """Every stretch, in this process and in the plan's own database. Raises ServerError."""
    with lost(), _timeline(plan, wish, plan.server, plan.database) as timeline:
        files: dict[str, FileReplay] = {}
        for first, last in plan.stretches:
            timeline.pass_by(first)
            files |= timeline.watch(last)
        return _whole(plan, files, timeline.end())


def take_part(plan: Plan, wish: Wish, folder: Path, worker: str) -> None:
    """Watch what no other process has begun, in databases of one's own that are copied from the plan's."""
    # The prefix is this worker's alone, so that none drops what is another's.
    server = replace(plan.server, prefix=f"{plan.server.prefix}_{worker}", template=plan.database, roles=frozenset())
    with ExitStack() as ends, suppress(CtbError), lost():  # it is told in place of what was to be watched
        begin = next((one for one in plan.begins if ends.enter_context(_claimed(folder / f"from-{one}"))), 0)
        every = range(len(plan.stretches))
        for numbers in (every[begin:], every[:begin]):
            _go_through(plan, wish, server, folder, numbers)


def _go_through(plan: Plan, wish: Wish, server: Server, folder: Path, numbers: range) -> None:
    """Watch what no other process has begun of some stretches, in one database. Raises CtbError that it has told."""
    with ExitStack() as ends:
        timeline = None
        for number in numbers:
            with _claimed(folder / str(number)) as mine:
                if not mine:
                    continue
                try:
                    with lost():
                        if timeline is None:
                            name = f"{DATABASE}_{number}"
                            own = ends.enter_context(database(server, name, plan.role, keep=not server.shared))
                            timeline = ends.enter_context(_timeline(plan, wish, server, own))
                        _watch(timeline, plan.stretches, number, folder)
                except CtbError as error:
                    write(folder / str(number), error)
                    raise


def _watch(timeline: Timeline, stretches: Stretches, number: int, folder: Path) -> None:
    first, last = stretches[number]
    timeline.pass_by(first)
    files = timeline.watch(last)
    if number < len(stretches) - 1:
        write(folder / str(number), Seen(files))
    else:
        write(folder / str(number), Seen(files, end=timeline.end()))
        write(folder / "database", timeline.database)


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
                f"the process that replayed the migrations {first + 1} to {to} of {plan.stretches[-1][1]} "
                "broke off before it was done; what it ended with stands with its own test"
            )
        files |= seen.files
        end = seen.end
    assert end is not None
    return _whole(plan, files, end)


def without_keeping(plan: Plan) -> Plan:
    """The plan as other processes get it, none of which can keep the server."""
    return plan._replace(server=replace(plan.server, keep=None))


def keep(plan: Plan, folder: Path, watched_in: object) -> None:
    """Let the server be kept in a folder when it is gone, with the database that has come to the end."""
    if plan.server.keep is None or plan.server.shared:
        return
    with lost():
        assert isinstance(watched_in, str)
        keep_only(plan.server, watched_in, DATABASE)
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


def _timeline(plan: Plan, wish: Wish, server: Server, own: str) -> Timeline:
    behind = [plan.known.files[one.path] for one in wish.migrations[: plan.at]]
    return Timeline(server, own, plan.role, wish, plan.at, {one.path: one.error for one in behind if one.error})


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
