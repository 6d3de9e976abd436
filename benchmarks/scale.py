"""How time and memory grow: ten times as many files, and ten times as many megabytes of rows in COPY blocks."""

from __future__ import annotations

from bounds import GROWTH, Bound, Figure, Found, Skipped
from evidence import replayed
from timing import CTB, Plan, Run, ran

from pytest_ctb.postgres import Wanted, choose

FILES = (1_000, 10_000)
MEGABYTES = (10, 100)
_FEW = 40
"""How many files the rows are in, and the tables before them."""


def measure(plan: Plan) -> list[Found]:
    """The evidence of many files; whole runs of the rows, where reading and judging cost as well."""
    few, many = map(plan.size, FILES)
    with choose(Wanted(plan.where)).offer.start() as server:
        runs = [replayed(server, plan.history(size), watched=True) for size in (few, many)]
    found = _grown(f"evidence of {few:,} files", f"{many:,} : {few:,} files", many / few, *runs)
    less, more = (1, 10) if plan.quick else MEGABYTES
    command = (*CTB, "--ctb-postgres", plan.where, "-p", "no:cacheprovider")
    runs = [ran(command, plan.history(_FEW, size), watched=True) for size in (less, more)]
    return [*found, *_grown(f"pytest --ctb, {less} MB of rows", f"{more} : {less} MB of rows", more / less, *runs)]


def _grown(name: str, titles: str, times: float, small: Run, large: Run) -> list[Found]:
    """What the smaller one took, and how many times as much the larger one."""
    bound = Bound(GROWTH * times)
    found: list[Found] = [
        Figure(f"{name}, time", small.seconds, "s"),
        Figure(f"{titles}, time", large.seconds / small.seconds, "", bound),
    ]
    for whose, before, after in (("Python", small.python, large.python), ("server", small.server, large.server)):
        if not (before and after):
            found.append(Skipped(f"{titles}, memory of {whose}", "it cannot be seen here"))
            continue
        found += [
            Figure(f"{name}, peak memory of {whose}", before, "MB"),
            Figure(f"{titles}, peak memory of {whose}", after / before, "", bound),
        ]
    return found
