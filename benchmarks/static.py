"""What reading, parsing and judging by text cost, against squawk on the same files."""

from __future__ import annotations

from bounds import STATIC, Bound, Figure, Found
from peers import squawk
from timing import CHECK, Plan, in_turn, ran

FILES = 1_000


def measure(plan: Plan) -> list[Found]:
    """`ctb check` of many files without what it takes for one, and squawk's whole run, which starts in no time."""
    files = plan.size(FILES)
    many, one = plan.history(files), plan.history(1)
    check, start, peer = in_turn(
        plan.repeat,
        lambda: ran(CHECK, many).seconds,
        lambda: ran(CHECK, one).seconds,
        lambda: squawk(many),
    )
    return [
        Figure(f"ctb check, {files:,} files", check, "s"),
        Figure("ctb check, one file", start, "s"),
        Figure(f"squawk, {files:,} files", peer, "s"),
        Figure("ctb check without its start : squawk", (check - start) / peer, "", Bound(STATIC)),
    ]
