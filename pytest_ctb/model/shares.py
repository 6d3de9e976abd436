"""Work on many files shared among processes, where there are cores for it; the answers are those of one process.

A process is forked for each further core (os.fork, manual of Python: it has all that was read by then). Each takes one
stretch of the files after the other, as long as there are any, so that a slower one does fewer; those that were forked
send their answers back, pickled. Where one fails, or its answers cannot be sent, all is done once more in this process:
an error comes out of it as it does without others, at the same file, with the same traceback.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Self, TypeVar

One = TypeVar("One")
Answer = TypeVar("Answer")

ENOUGH = 100
"""Files for which a further process pays: it costs about as much as ten."""

_STRETCH = 12
"""Files that a process takes at once: the last one to be done is waited for no longer than these take."""

_MOST = 1_000
"""Stretches that any pipe holds the numbers of: one page, which is all that a user with many pipes gets (pipe(7))."""

FORKS = hasattr(os, "fork") and sys.platform != "darwin"
"""A process can be forked safely: not on macOS, whose own libraries may run threads (Python's bpo-33725)."""


def cores() -> int:
    """How many processes may run at once."""
    if not FORKS:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shared(work: Callable[[One], Answer], every: Sequence[One], most: int) -> list[Answer]:
    """What `work` returns for each, in their order, from at most so many processes. Raises what `work` raises.

    Only for a process of one thread: what another holds when it is forked stays held for ever.
    """
    processes = min(most, len(every) // ENOUGH)
    found = _forked(work, _stretches(every), processes) if processes > 1 else None
    return [work(one) for one in every] if found is None else found


def _stretches(every: Sequence[One]) -> list[Sequence[One]]:
    size = max(_STRETCH, -(-len(every) // _MOST))
    return [every[start : start + size] for start in range(0, len(every), size)]


def _forked(work: Callable[[One], Answer], stretches: Sequence[Sequence[One]], processes: int) -> list[Answer] | None:
    """The answers to all of them, found in so many processes; None where one of them fails."""
    with _Numbers(len(stretches)) as numbers:
        others = [_Other(work, stretches, numbers) for _ in range(processes - 1)]
        try:
            found = {number: [work(one) for one in stretches[number]] for number in numbers}
            for other in others:
                found.update(other.answers())
            return [answer for number in range(len(stretches)) for answer in found[number]]
        except Exception:  # noqa: BLE001  # it is raised again where all is done in one process
            for _ in numbers:
                pass  # nobody needs to begin with what is left
            return None
        finally:
            for other in others:
                other.end()


class _Numbers:
    """The numbers of the stretches, each of which one process gets: in a pipe, which they all read."""

    _SIZE = 4

    def __init__(self, count: int) -> None:
        self._pipe, writing = os.pipe()
        os.write(writing, b"".join(number.to_bytes(self._SIZE, "big") for number in range(count)))
        os.close(writing)

    def __iter__(self) -> Iterator[int]:
        while number := os.read(self._pipe, self._SIZE):
            yield int.from_bytes(number, "big")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._pipe)


class _Other:
    """A process that works on what no other has taken."""

    def __init__(self, work: Callable[[One], Answer], stretches: Sequence[Sequence[One]], numbers: _Numbers) -> None:
        reading, writing = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            code = 1
            try:
                os.close(reading)
                # One by one: it is done with the last as soon as all are.
                found = [_pickled(number, [work(one) for one in stretches[number]]) for number in numbers]
                with open(writing, "wb") as pipe:  # noqa: PTH123  # no path
                    pipe.writelines((*found, pickle.dumps(None)))
                code = 0
            finally:
                os._exit(code)  # without what this process has still to write or to tidy up: that is its parent's
        os.close(writing)
        self._pipe = open(reading, "rb")  # noqa: PTH123, SIM115  # no path; closed by `end`

    def answers(self) -> Iterator[tuple[int, list[Answer]]]:
        """What it found, by the numbers of its stretches. Raises EOFError or UnpicklingError where it failed."""
        while (one := pickle.load(self._pipe)) is not None:  # noqa: S301  # written by our own process
            yield one

    def end(self) -> None:
        """Wait for its end. One whose answers are not wanted ends as it writes them."""
        self._pipe.close()
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


def _pickled(number: int, answers: list[Answer]) -> bytes:
    return pickle.dumps((number, answers), pickle.HIGHEST_PROTOCOL)
