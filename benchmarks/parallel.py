"""What a second core is worth: `pytest --ctb -n 2` against `-n 1`, and the evidence in them."""

from __future__ import annotations

import os

from bounds import PARALLEL, Bound, Figure, Found, Skipped
from reruns import telling
from timing import CTB, Plan, in_turn, ran
from verdicts import passed

FILES = 1_000


def measure(plan: Plan) -> list[Found]:
    """The live guidelines of a long history with one worker and with two, without a cache.

    The evidence is what is left of a run when telling as many results, with as many workers, is taken off.
    """
    if len(os.sched_getaffinity(0)) < 2:
        return [Skipped("two workers", "there is one core")]
    files = plan.size(FILES)
    folder = plan.history(files)
    run = (*CTB, "-m", "ctb_live", "-p", "no:cacheprovider", "--ctb-postgres", plan.where)
    each = round(passed(ran((*run, "-n", "1"), folder).output) / files)
    one, two, told_by_one, told_by_two = in_turn(
        1 if plan.quick else 3,
        lambda: ran((*run, "-n", "1"), folder).seconds,
        lambda: ran((*run, "-n", "2"), folder).seconds,
        lambda: telling(folder, each, "-n", "1"),
        lambda: telling(folder, each, "-n", "2"),
    )
    alone, shared = one - told_by_one, two - told_by_two
    return [
        Figure(f"live guidelines of {files:,} files, one worker", one, "s"),
        Figure(f"live guidelines of {files:,} files, two workers", two, "s"),
        Figure("one worker : two workers, whole runs", one / two),
        Figure("evidence, one worker", alone, "s"),
        Figure("evidence, two workers", shared, "s"),
        Figure("evidence, one worker : two workers", alone / shared, "", Bound(PARALLEL, at_least=True)),
    ]
