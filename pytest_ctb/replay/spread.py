"""What is not known of a history, seen on one server: by one process, or spread over those that pytest-xdist brings.

Each watches some stretches of the migrations, in a database that has gone past those before them. They begin at places
so far apart that all should be done at the same time; who is done sooner helps another, ahead of its database or, in a
new one, behind. The processes share a folder, in which each claims what it watches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_ctb.errors import CtbError, LostError
from pytest_ctb.model import End, FileEvidence, Observed, Repository
from pytest_ctb.postgres import Server, Start
from pytest_ctb.replay import (
    Bases,
    Timeline,
    Wish,
    database,
    loaded_bases,
    lost,
    migrating_role,
    notes,
    prepare,
    spans,
)
from pytest_ctb.replay.claims import Claims
from pytest_ctb.replay.stretches import Stretches, costs, cut

if TYPE_CHECKING:
    from pytest_ctb.config.settings import Settings

DATABASE = "replay"


class Plan(NamedTuple):
    """A server, a database on it that no migration has changed, and what is to be watched."""

    server: Server
    role: str | None
    database: str
    known: Observed
    """The bases, all of them, and the first migrations."""
    stretches: Stretches
    """Of the other migrations: from number, to before number; the last one goes to the end."""
    begins: tuple[int, ...]
    """The number of the stretch that each process begins with."""
    costs: tuple[float, ...]
    """Of watching each migration."""
    notes: tuple[str, ...]


@contextmanager
def planned(start: Start, repository: Repository, settings: Settings, known: Observed, workers: int) -> Iterator[Plan]:
    """Start a server, and load there the bases that are not known; at the end it is gone.

    Raises CtbError, also for what the block meets when the server is lost.
    """
    wish = wished(repository, settings)
    with _begun(start, repository, settings, known) as (server, role, bases), ExitStack() as ends:
        own = ends.enter_context(database(server, DATABASE, role, keep=not server.shared))
        prepare(server, own, wish.timeout, wish.prelude)
        if workers > 1 and spans((*wish.prelude, *wish.migrations), server):
            workers = 1
        each = costs([len(one.sent) for one in wish.migrations])
        stretches, begins = cut(each, len(known.files), workers)
        told = notes(server, settings.role, repository)
        yield Plan(server, role, own, replace(known, bases=bases), stretches, begins, each, told)


@contextmanager
def _begun(
    start: Start, repository: Repository, settings: Settings, known: Observed
) -> Iterator[tuple[Server, str | None, Bases]]:
    # What is on a server of our own goes with it.
    with start() as started, lost(), ExitStack() as ends:
        server = replace(started, room=settings.disk << 20)
        role = ends.enter_context(migrating_role(server, settings.role, keep=not server.shared))
        missing = [base for base in repository.bases if base.path not in known.bases]
        loaded = {**known.bases, **loaded_bases(server, role, wished(repository, settings), missing)}
        yield server, role, {base.path: loaded[base.path] for base in repository.bases}


def wished(repository: Repository, settings: Settings) -> Wish:
    """What a run wants to see, which each of its processes knows by itself."""
    one = settings
    return Wish(repository.migrations, one.timeout, one.prelude, one.trials, one.queries, repository.consumers)


def watched(plan: Plan, wish: Wish) -> Observed:
    """Every stretch, in this process and in the plan's own database. Raises ServerError."""
    if plan.known.end is not None:  # some base was missing, and nothing else
        return plan.known
    with lost(), _timeline(plan, wish, plan.server, plan.database) as timeline:
        for first, last in plan.stretches:
            timeline.pass_by(first)
            timeline.watch(last)
        return _whole(plan, timeline.seen, timeline.end())


def take_part(plan: Plan, wish: Wish, folder: Path, worker: str) -> None:
    """Watch what no other process has claimed, in databases of one's own that are copied from the plan's."""
    # The prefix is this worker's alone, so that none drops what is another's.
    server = replace(plan.server, prefix=f"{plan.server.prefix}_{worker}", template=plan.database, roles=frozenset())
    wish = wish._replace(prelude=())  # it has been run in the database that is copied
    claims = _claims(plan, folder)
    # It is told in place of what was to be watched; where the server is gone, leaving it fails as well.
    with claims.by(worker), suppress(CtbError), lost():
        number = claims.claim(worker, plan.begins)
        while number is not None:
            number = _go_on(plan, wish, server, claims, worker, number)


def _go_on(plan: Plan, wish: Wish, server: Server, claims: Claims, worker: str, number: int) -> int | None:
    """Watch from one stretch on, in one database, what can be claimed; give the one to go back for.

    Raises CtbError that it has told.
    """
    with ExitStack() as ends:
        timeline = None
        while True:
            first, to = plan.stretches[number]
            try:
                with lost():
                    if timeline is None:
                        name = f"{DATABASE}_{number}"
                        own = ends.enter_context(database(server, name, plan.role, keep=not server.shared))
                        timeline = ends.enter_context(_timeline(plan, wish, server, own))
                    timeline.pass_by(first)
                    timeline.watch(to)
                    found = Observed({one.path: timeline.seen[one.path] for one in wish.migrations[first:to]})
                    if number == len(plan.stretches) - 1:
                        found = replace(found, end=timeline.end())
            except CtbError as error:
                claims.tell(number, error)
                raise
            # Before this one is told: what comes behind it is not given up.
            coming = claims.claim(worker, (number + 1,), timeline.at)
            claims.tell(number, found)
            if coming is None or coming < number:
                return coming
            number = coming


def gathered(plan: Plan, folder: Path) -> Observed:
    """All that was watched, when whoever works on some of it is done.

    Raises CtbError where it could not be watched, or who did so broke off.
    """
    files: dict[str, FileEvidence] = {}
    end = None
    for (first, to), seen in zip(plan.stretches, _claims(plan, folder).told(), strict=True):
        if isinstance(seen, CtbError):
            raise seen
        if not isinstance(seen, Observed):
            raise LostError(
                f"the process that replayed the migrations {first + 1} to {to} of {plan.stretches[-1][1]} "
                "broke off before it was done; what it ended with stands with its own test"
            )
        files |= seen.files
        end = seen.end
    assert end is not None
    return _whole(plan, files, end)


def _whole(plan: Plan, files: Mapping[str, FileEvidence], end: End) -> Observed:
    return Observed({**plan.known.files, **files}, plan.known.bases, replace(end, notes=plan.notes))


def _timeline(plan: Plan, wish: Wish, server: Server, own: str) -> Timeline:
    return Timeline(server, own, plan.role, wish, plan.known.files)


def _claims(plan: Plan, folder: Path) -> Claims:
    return Claims(folder, plan.stretches, plan.costs)
