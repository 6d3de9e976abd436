"""Work on many files shared among processes, where there are cores for it; the answers are those of one process.

A process is forked for each further core (os.fork, manual of Python: it has all that was read by then) and sends its
answers back, pickled. Where one fails, or its answers cannot be sent, all is done once more in this process: an error
comes out of it as it does without others, at the same file, with the same traceback.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

One = TypeVar("One")
Answer = TypeVar("Answer")

ENOUGH = 100
"""Files for which a further process pays: it costs about as much as ten."""

_OWN = 1.3
"""What this process does for each that another does, which has to start and to pickle its answers besides."""

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
    found = _forked(work, _shares(every, processes)) if processes > 1 else None
    return [work(one) for one in every] if found is None else [answer for share in found for answer in share]


def _shares(every: Sequence[One], processes: int) -> list[Sequence[One]]:
    """One share for each process; that of this one is larger, since it sends no answers."""
    own = round(len(every) * _OWN / (_OWN + processes - 1))
    other = -(-(len(every) - own) // (processes - 1))
    return [every[:own], *(every[start : start + other] for start in range(own, len(every), other))]


def _forked(work: Callable[[One], Answer], shares: Sequence[Sequence[One]]) -> list[list[Answer]] | None:
    """The answers to each share, the first of them found in this process; None where one of them fails."""
    others = [_Other(work, share) for share in shares[1:]]
    try:
        return [[work(one) for one in shares[0]], *(one.answers() for one in others)]
    except Exception:  # noqa: BLE001  # it is raised again where all is done in one process
        return None
    finally:
        for one in others:
            one.end()


class _Other:
    """A process that works on a share."""

    def __init__(self, work: Callable[[One], Answer], share: Sequence[One]) -> None:
        reading, writing = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            code = 1
            try:
                os.close(reading)
                with open(writing, "wb") as pipe:  # noqa: PTH123  # no path
                    pipe.write(pickle.dumps([work(one) for one in share], pickle.HIGHEST_PROTOCOL))
                code = 0
            finally:
                os._exit(code)  # without what this process has still to write or to tidy up: that is its parent's
        os.close(writing)
        self._pipe = open(reading, "rb")  # noqa: PTH123, SIM115  # no path; closed by `end`

    def answers(self) -> list[Answer]:
        """What it found. Raises EOFError or UnpicklingError where it failed."""
        return list(pickle.loads(self._pipe.read()))  # noqa: S301  # written by our own process

    def end(self) -> None:
        """Wait for its end. One whose answers are not wanted ends as it writes them."""
        self._pipe.close()
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
