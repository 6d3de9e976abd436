"""What a second core is worth: evidence had by one process, and by two that work as those of pytest-xdist do."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

from bounds import PARALLEL, Bound, Figure, Found, Skipped
from timing import CTB, Plan, in_turn, ran

from pytest_ctb.config.settings import Settings
from pytest_ctb.model import Repository
from pytest_ctb.replay.orchestrate import Orchestrator
from pytest_ctb.repository import folders as repository

FILES = 1_000


def measure(plan: Plan) -> list[Found]:
    """The evidence, from the start of its server until each process has it and the server is gone; and whole runs."""
    if len(os.sched_getaffinity(0)) < 2:
        return [Skipped("two workers", "there is one core")]
    files = plan.size(FILES)
    folder = plan.history(files)
    run = (*CTB, "-m", "ctb_live", "-p", "no:cacheprovider", "--ctb-postgres", plan.where)
    alone, shared, one, two = in_turn(
        1 if plan.quick else 3,
        lambda: _evidence(folder, plan.where, 1),
        lambda: _evidence(folder, plan.where, 2),
        lambda: ran(run, folder).seconds,
        lambda: ran((*run, "-n", "2"), folder).seconds,
    )
    return [
        Figure(f"evidence of {files:,} files, one process", alone, "s"),
        Figure(f"evidence of {files:,} files, two workers", shared, "s"),
        Figure("evidence, one process : two workers", alone / shared, "", Bound(PARALLEL, at_least=True)),
        Figure("live guidelines of the same, the whole run, one process", one, "s"),
        Figure("the same with -n 2", two, "s"),
        Figure("whole runs, one process : two workers", one / two),
    ]


def _evidence(folder: Path, where: str, workers: int) -> float:
    """Its seconds, had in a process of its own."""
    return float(ran([sys.executable, Path(__file__).resolve(), where, str(workers)], folder).output.split()[-1])


def _evidence_here(where: str, workers: int) -> float:
    loaded = repository.load(Path.cwd(), [Path.cwd() / "migrations"], [])
    gc.freeze()  # as the plugin does when it has read all files
    if workers == 1:
        begin = time.perf_counter()
        seen = Orchestrator(loaded, Settings(where)).replay()
        seconds = time.perf_counter() - begin
    else:
        with tempfile.TemporaryDirectory() as shared:
            host = Orchestrator(loaded, Settings(where))
            host.shared = Path(shared)
            begin = time.perf_counter()
            host.host(workers)
            context = get_context("fork")
            started = [context.Process(target=_take_part, args=(loaded, where, host.shared, n)) for n in range(workers)]
            for one in started:
                one.start()
            for one in started:
                one.join()
            host.close()
            seconds = time.perf_counter() - begin
            seen = host.replay()
    if len(seen.files) != len(loaded.migrations) or not all(one.applied for one in seen.files.values()):
        sys.exit("not every file was replayed")
    return seconds


def _take_part(loaded: Repository, where: str, shared: Path, number: int) -> None:
    one = Orchestrator(loaded, Settings(where))
    one.shared, one.worker = shared, f"gw{number}"
    one.replay()


if __name__ == "__main__":
    print(_evidence_here(sys.argv[1], int(sys.argv[2])))
