"""What whole runs cost on histories with the shape of real ones, beside one psql that applies the same files.

Each is written by `shapes.py`; `BENCH_FOLDER=…` adds a repository of your own, which is copied. psql gets what the tool
of the files would send, in one session, on a server from the same place. The floor is what one psql needs for the
statements of the trials alone: each file in a transaction that is rolled back, with its way back and once more where
there is one, twice (without rows and with them), and then for good. No row is made, nothing is asked or compared. The
counts (`tally.py`) do not depend on what else the machine does.
"""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bounds import (
    ALTERING,
    CONCURRENT,
    DUMP,
    DUMP_MEMORY,
    REAL,
    REAL_ALONE,
    RERUN,
    TABLES,
    Bound,
    Figure,
    Found,
    Grid,
)
from evidence import psql, replayed
from reruns import telling
from shapes import HISTORIES, SHAPES, write
from tally import count
from timing import CTB, Plan, Run, in_turn, postgres_below, processor, ran
from verdicts import told

from pytest_ctb.cli.project import find
from pytest_ctb.model import Migration
from pytest_ctb.postgres import Server, Wanted, choose
from pytest_ctb.replay.session.transactions import fits_inside

_BOUNDS = {**dict.fromkeys(SHAPES, REAL), "dump": DUMP, "concurrent": CONCURRENT, "altering": ALTERING}
_TABLES = (400, 1_600)
_GENERATED = 1_000
"""How many files the old history has."""
_RESULTS = (0, 1)
"""The exit statuses of a run that came to its end: nothing was found, or something."""


@dataclass(frozen=True)
class _History:
    """A history to run, and how long a whole run on it may take against psql."""

    name: str
    folder: Path
    bound: float | None = None
    own: bool = False
    """It is somebody's own, whose files may fail."""


@dataclass(frozen=True)
class _Cost:
    """What one run took: seconds, and those of processors, its server's too."""

    wall: float
    processor: float


def measure(plan: Plan) -> list[Found]:
    """Each history: whole runs and psql in turns, and what it asks of its server."""
    found: list[Found] = []
    costs = [("", "psql, s", "run, s", "psql, CPU s", "run, CPU s", "run : psql, CPU", "floor : psql")]
    counts = [("for each statement", "round trips", "refused rows", "copies", "comparisons", "kB told", "logins")]
    start = min(_run(plan, _written(plan, "altering", 1)).wall for _ in range(3))
    found.append(Figure("whole run on one file", start, "s"))
    with choose(Wanted(plan.where)).offer.start() as server:
        for history in _histories(plan):
            figures, cost = _against_psql(plan, history, server)
            found += figures
            costs.append(cost)
            asked = count(history.folder, server)[0].asked(history.name, 0)
            counts.append((history.name, *(f"{value:,g}" for value in asked[2:])))
        found += _tables(plan)
        if not plan.quick:
            memory = replayed(server, _written(plan, "dump"), watched=True).python
            found.append(Figure("the dump: peak memory of the evidence", memory, "MB", Bound(DUMP_MEMORY)))
    for name in SHAPES:
        found.append(_one_more(plan, name))
    return [Grid(costs[0], tuple(costs[1:])), Grid(counts[0], tuple(counts[1:])), *found]


def _histories(plan: Plan) -> Iterator[_History]:
    for name in HISTORIES:
        yield _History(name, _written(plan, name), _BOUNDS.get(name))
    yield _History(f"generated, {plan.size(_GENERATED):,} files", plan.history(plan.size(_GENERATED)))
    if own := os.environ.get("BENCH_FOLDER"):
        target = plan.top / "own"
        left_out = shutil.ignore_patterns(".git", "node_modules", ".venv", ".pytest_cache", "__pycache__")
        shutil.copytree(own, target, ignore=left_out, dirs_exist_ok=True)
        yield _History(Path(own).resolve().name, target, own=True)


def _written(plan: Plan, name: str, size: int = 0) -> Path:
    """The folder of a history, written once; a small one for a quick look."""
    folder = plan.top / f"{name}-{size or 'usual'}"
    if not folder.exists():
        write(name, folder, (size and plan.size(size)) or (12 if plan.quick else 0))
    return folder


def _against_psql(plan: Plan, history: _History, server: Server) -> tuple[list[Found], tuple[str, ...]]:
    """The figures of one history, and its line in the table of costs."""
    script = plan.top / f"{history.name.partition(',')[0]}.sql"
    project = find(history.folder)
    script.write_text("\n".join(_sent((*project.prelude, *project.history.migrations))), encoding="utf-8")
    spent: dict[str, list[_Cost]] = {}

    def timed(name: str, run: Callable[[], _Cost]) -> float:
        cost = run()
        spent.setdefault(name, []).append(cost)
        return cost.wall

    floor_script = script.with_suffix(".floor.sql")
    floor_script.write_text("\n".join(_tried((*project.prelude, *project.history.migrations))), encoding="utf-8")
    by_psql, floor, many, one = in_turn(
        1 if plan.quick else 2,
        lambda: timed("psql", lambda: _applied(server, script, stops=not history.own)),
        lambda: timed("floor", lambda: _applied(server, floor_script, stops=False)),
        lambda: timed("run", lambda: _run(plan, history.folder)),
        lambda: timed("alone", lambda: _run(plan, history.folder, "--ctb-processes=1")),
    )
    bounds = [None, None] if history.bound is None else [Bound(history.bound), Bound(max(history.bound, REAL_ALONE))]
    least = {name: min(cost.processor for cost in costs) for name, costs in spent.items()}
    figures: list[Found] = [
        Figure(f"{history.name}: whole run : psql", many / by_psql, "", bounds[0]),
        Figure(f"{history.name}: the same with one process", one / by_psql, "", bounds[1]),
    ]
    ratio = least["alone"] / max(least["psql"], 0.01)
    numbers = (by_psql, many, least["psql"], least["alone"], ratio, floor / by_psql)
    return figures, (history.name, *(f"{number:.2f}" for number in numbers))


def _sent(files: Iterable[Migration]) -> Iterator[str]:
    """The SQL of files as psql would have to be told it: with the BEGIN and COMMIT that their tool puts around."""
    for file in files:
        yield from (f"{statement.sql}\n;" for statement in file.sent)


def _tried(files: Iterable[Migration]) -> Iterator[str]:
    """The SQL of the trials' own statements, and of the files."""
    for file in files:
        sent = [f"{statement.sql}\n;" for statement in file.sent if not statement.control]
        back = [
            f"{statement.sql}\n;"
            for rollback in file.rollbacks[:1]
            for statement in rollback.statements
            if not statement.control
        ]
        if fits_inside(file.sent):
            for _ in range(2):
                yield from ("BEGIN;", *sent, *back, *(sent if back else ()), "ROLLBACK;")
        yield from _sent([file])


@contextmanager
def _processor_of() -> Iterator[Callable[[], float]]:
    """Seconds of processors that ended children take inside, and the processes of the server that is running."""
    backends = postgres_below(os.getpid())

    def spent() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime + sum(map(processor, backends))

    begin = spent()
    yield lambda: spent() - begin


def _applied(server: Server, script: Path, *, stops: bool) -> _Cost:
    with _processor_of() as spent:
        seconds = psql(server, script.parent, [script], stops=stops)
        return _Cost(seconds, spent())


def _run(plan: Plan, folder: Path, *options: str) -> _Cost:
    command = (*CTB, "--ctb-postgres", plan.where, "-p", "no:cacheprovider", *options)
    run = ran(command, folder, allowed=_RESULTS)
    return _Cost(run.seconds, run.cpu)


def _tables(plan: Plan) -> list[Found]:
    """How the processor time of one transaction grows with its tables."""
    few, many = (_run(plan, _written(plan, "tables", size), "--ctb-processes=1").processor for size in _TABLES)
    title = f"{_TABLES[1]:,} : {_TABLES[0]} tables in one transaction, processor time"
    return [Figure(title, many / few, "", Bound(TABLES))]


def _one_more(plan: Plan, name: str) -> Figure:
    """A run after one more file, against telling as many results."""
    folder, aside = plan.copy(_written(plan, name), f"{name}-again"), plan.top / f"{name}-aside"
    aside.mkdir()
    entries = sorted((folder / "migrations").iterdir())
    last = [entry for entry in entries if _version(entry) == _version(entries[-1])]
    users = {"XDG_CACHE_HOME": str(plan.top / "users-cache")}  # not this user's own

    def run() -> Run:
        return ran((*CTB, "--ctb-postgres", plan.where), folder, allowed=_RESULTS, env=users)

    def after_one_more() -> float:
        shutil.rmtree(folder / ".pytest_cache", ignore_errors=True)
        for entry in last:
            entry.rename(aside / entry.name)
        run()
        for entry in last:
            (aside / entry.name).rename(entry)
        return run().seconds

    results = told(run().output)
    each = round(results / len(list((folder / "migrations").rglob("*.sql"))))
    again, telling_all = in_turn(1 if plan.quick else 3, after_one_more, lambda: telling(folder, each))
    return Figure(f"{name}: one file more - telling {results:,} results", again - telling_all, "s", Bound(RERUN))


def _version(entry: Path) -> str:
    """What the files of one migration have in common: their names up to the first dot."""
    return entry.name.partition(".")[0]
