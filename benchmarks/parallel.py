"""What a second core is worth: the evidence of many files by one process and by two, and the whole runs."""

from __future__ import annotations

import gc
import os
import sys
import time
from pathlib import Path

from bounds import PARALLEL, Bound, Figure, Found, Skipped
from timing import CTB, Plan, in_turn, ran

from pytest_ctb.config.settings import Settings
from pytest_ctb.replay.orchestrate import Orchestrator
from pytest_ctb.repository import folders as repository

FILES = 1_000


def measure(plan: Plan) -> list[Found]:
    """The evidence, from the start of its server until the server is gone; and whole runs."""
    if len(os.sched_getaffinity(0)) < 2:
        return [Skipped("two processes", "there is one core")]
    files = plan.size(FILES)
    folder = plan.history(files)
    run = (*CTB, "-m", "ctb_live", "-p", "no:cacheprovider", "--ctb-postgres", plan.where)
    by_one, by_two, one, two, workers = in_turn(
        1 if plan.quick else 3,
        lambda: _evidence(folder, plan.where, 1),
        lambda: _evidence(folder, plan.where, 2),
        lambda: ran((*run, "--ctb-processes=1"), folder).seconds,
        lambda: ran((*run, "--ctb-processes=2"), folder).seconds,
        lambda: ran((*run, "--ctb-processes=2", "-n", "2"), folder).seconds,
    )
    return [
        Figure(f"evidence of {files:,} files, one process", by_one, "s"),
        Figure(f"evidence of {files:,} files, two processes", by_two, "s"),
        Figure("evidence, one process : two", by_one / by_two, "", Bound(PARALLEL, at_least=True)),
        Figure("live guidelines of the same, the whole run, one process", one, "s"),
        Figure("the whole run, two processes", two, "s"),
        Figure("whole runs, one process : two", one / two),
        Figure("the whole run, two processes and -n 2", workers, "s"),
    ]


def _evidence(folder: Path, where: str, processes: int) -> float:
    """Its seconds, had in a process of its own."""
    return float(ran([sys.executable, Path(__file__).resolve(), where, str(processes)], folder).output.split()[-1])


def _evidence_here(where: str, processes: int) -> float:
    loaded = repository.load(Path.cwd(), [Path.cwd() / "migrations"], [])
    gc.freeze()  # as the plugin does when it has read all files
    begin = time.perf_counter()
    seen = Orchestrator(loaded, Settings(where, processes=processes)).replay()
    seconds = time.perf_counter() - begin
    if len(seen.files) != len(loaded.migrations) or not all(file.applied for file in seen.files.values()):
        sys.exit("not every file was replayed")
    return seconds


if __name__ == "__main__":
    print(_evidence_here(sys.argv[1], int(sys.argv[2])))
