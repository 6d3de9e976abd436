"""Split a history into parts, for the processes of a run or for runs on several machines."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise

from pytest_ctb.config.shard import Shard
from pytest_ctb.model import Migration
from pytest_ctb.replay.trials.additive import new_names

_NEW, _OTHER = 0.002, 0.012
"""Seconds to observe a statement of a file that only makes new things, and of any other: it is tried on rows, say."""
_MOST_STATEMENTS = 100
"""So many statements of a file count: what follows in a dump of thousands takes far less time."""
_APPLY_COST = 0.1
"""The time to apply a file without observing it, relative to observing it. Later files take longer: it counts some."""
_END_COST = 0.02
"""The time to read the final state, relative to observing all files."""


def seconds(migration: Migration) -> float:
    """About how long it takes to observe a migration, on a usual machine."""
    statements = sum(not statement.control for statement in migration.sent)
    return (_NEW if new_names(migration.sent) else _OTHER) * (1 + min(statements, _MOST_STATEMENTS))


def part(migrations: Sequence[Migration], shard: Shard) -> tuple[int, int]:
    """The range of the migrations that a shard observes (end excluded); a short history leaves some shards none."""
    return ranges(migrations, 0, shard.of)[shard.number - 1]


def ranges(
    migrations: Sequence[Migration], first: int, number: int, head_start: float = 0.0
) -> Sequence[tuple[int, int]]:
    """Split the migrations from number `first` on into so many ranges (end excluded), of which some may be empty.

    Who observes them should all end at the same time: each also applies the files before its range, the last one reads
    the final state, and the first begins `head_start` seconds before the others.
    """
    costs = [seconds(migration) for migration in migrations[first:]]
    if not costs:
        return [(first, first)] * number
    costs[-1] += sum(costs) * _END_COST
    head_start = min(head_start, sum(costs) / number)
    total_costs = [max(0.0, total - head_start) for total in accumulate(costs, initial=0.0)]
    shares = [1 - (1 - _APPLY_COST) ** count for count in range(number + 1)]
    bounds = [bisect_left(total_costs, total_costs[-1] * share / shares[-1]) for share in shares]
    return [(first + start, first + stop) for start, stop in pairwise([*bounds[:-1], len(costs)])]
