"""What reading, parsing and judging by text cost, against squawk on the same files."""

from __future__ import annotations

from statistics import median

from bounds import STATIC, Bound, Figure, Found
from peers import squawk
from timing import CHECK, Plan, ran

FILES = 1_000


def measure(plan: Plan) -> list[Found]:
    """`ctb check` of many files without what it takes for one, and squawk's whole run, which starts in no time.

    The bound is about the time of the processor: squawk works on all cores.
    """
    files = plan.size(FILES)
    many, one = plan.history(files), plan.history(1)
    runs = [(ran(CHECK, many), ran(CHECK, one), squawk(many)) for _ in range(plan.repeat + 1)][1:]
    check, start, peer = (median(run.seconds for run in turns) for turns in zip(*runs, strict=True))
    check_cpu, start_cpu, peer_cpu = (median(run.cpu for run in turns) for turns in zip(*runs, strict=True))
    return [
        Figure(f"ctb check, {files:,} files", check, "s"),
        Figure("ctb check, one file", start, "s"),
        Figure(f"squawk, {files:,} files", peer, "s"),
        Figure("ctb check without its start : squawk, wall", (check - start) / peer, ""),
        Figure("ctb check without its start : squawk, CPU", (check_cpu - start_cpu) / peer_cpu, "", Bound(STATIC)),
    ]
