"""Where the processes of a run begin to watch a history that they share, and where one goes that is done sooner."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate, pairwise

_FOR_EACH = 8
"""So many stretches for each process: one that has met slow files takes fewer."""
_LEAST = 20
"""A stretch of fewer files costs more than it saves."""
_PASSING = 0.14
"""What it costs to pass by a file, against watching it."""
_ENDING = 0.03
"""What it costs to read what all of them made, against watching all of them: it falls to who watches the last one."""

Stretches = tuple[tuple[int, int], ...]
"""Each from a file's number to before another's; together they are whole."""


def costs(statements: Sequence[int]) -> tuple[float, ...]:
    """What it costs to watch each file, of as many statements."""
    each = [1.0 + one for one in statements]
    return (*each[:-1], each[-1] + sum(each) * _ENDING) if each else ()


def cut(costs: Sequence[float], first: int, workers: int) -> tuple[Stretches, tuple[int, ...]]:
    """Stretches of the files from number `first` on, and with which of them each of so many processes begins.

    At least one stretch, which may be empty.
    """
    most = workers * _FOR_EACH if workers > 1 else 1
    count = max(1, min(most, (len(costs) - first) // _LEAST))
    behind = [0.0, *accumulate(costs[first:])]
    bounds = [first + _nearest(behind, behind[-1] * number / count) for number in range(count + 1)]
    stretches = tuple(one for one in pairwise(bounds) if one[0] < one[1]) or ((first, first),)
    # The process that has gone past x has T - x * _PASSING left to watch: such a T that all together watch everything.
    left = [1 - (1 - _PASSING) ** number for number in range(workers + 1)]
    places = [_nearest(behind, behind[-1] * one / left[-1]) + first for one in left[:-1]]
    starts = [start for start, _ in stretches]
    return stretches, tuple(dict.fromkeys(_nearest(starts, place) for place in places))


def helping(
    stretches: Stretches,
    costs: Sequence[float],
    free: Collection[int],
    running: Collection[int],
    at: int | None = None,
) -> int | None:
    """The stretch that a process without one should take, and go on from; None where it would be in the way.

    Some are `free`, others `running`. It has a database behind the first `at` files, and can get a new one. What nobody
    is on the way to is taken from its first stretch on. What another is on the way to is shared with it, so that both
    are done at the same time.
    """
    behind = [0.0, *accumulate(costs)]
    best, saved = None, 0.0
    for first, end in _runs(free):
        if first - 1 not in running:
            return first
        (head, _), (_, tail) = stretches[first], stretches[end - 1]
        for number in range(first, end):
            place = stretches[number][0]
            start = at if at is not None and at <= place else 0
            mine = (behind[place] - behind[start]) * _PASSING + behind[tail] - behind[place]
            saving = behind[tail] - behind[head] - max(behind[place] - behind[head], mine)
            if saving > saved:
                best, saved = number, saving
    return best


def _runs(numbers: Collection[int]) -> Iterator[tuple[int, int]]:
    """Those that follow each other: from number, to before number."""
    for first in sorted(numbers):
        if first - 1 not in numbers:
            end = first
            while end in numbers:
                end += 1
            yield first, end


def _nearest(rising: Sequence[float], value: float) -> int:
    """The number of the one among values that rise that is nearest to a value."""
    number = bisect_left(rising, value)
    near = [one for one in (number - 1, number) if 0 <= one < len(rising)]
    return min(near, key=lambda one: abs(rising[one] - value))
