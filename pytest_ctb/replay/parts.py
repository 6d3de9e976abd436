"""Split a history into parts, for the processes of a run or for runs on several machines."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise

from pytest_ctb.config.shard import Shard
from pytest_ctb.model import Migration

_APPLY_COST = 0.23
"""The time to apply a file without observing it, the start of a process included, relative to observing it."""
_END_COST = 0.03
"""The time to read the final state, relative to observing all files."""


def part(migrations: Sequence[Migration], shard: Shard) -> tuple[int, int]:
    """The range of the migrations that a shard observes (end excluded); a short history leaves some shards none."""
    return ranges(migrations, 0, shard.of)[shard.number - 1]


def ranges(migrations: Sequence[Migration], first: int, number: int) -> Sequence[tuple[int, int]]:
    """Split the migrations from number `first` on into so many ranges (end excluded), of which some may be empty.

    Who observes them should all end at the same time: each also applies the files before its range, and the last one
    reads the final state.
    """
    costs = [1.0 + len(migration.sent) for migration in migrations[first:]]
    if not costs:
        return [(first, first)] * number
    costs[-1] += sum(costs) * _END_COST
    total_costs = list(accumulate(costs, initial=0.0))
    shares = [1 - (1 - _APPLY_COST) ** count for count in range(number + 1)]
    bounds = [bisect_left(total_costs, total_costs[-1] * share / shares[-1]) for share in shares]
    return [(first + start, first + stop) for start, stop in pairwise([*bounds[:-1], len(costs)])]
