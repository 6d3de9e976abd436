"""What the processes of a run tell each other, in a folder that all of them see: what each works on, what is done."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pytest_ctb.replay.stretches import Stretches, helping


def write(path: Path, found: object) -> None:
    """Put something where other processes of the run find it whole."""
    half = path.with_suffix(".half")
    half.write_bytes(pickle.dumps(found, pickle.HIGHEST_PROTOCOL))
    half.rename(path)


def stored(path: Path) -> object:
    """What a process of the run has put there, or None."""
    # In a folder of our own that nobody else may enter.
    return pickle.loads(path.read_bytes()) if path.exists() else None  # noqa: S301


class Claims(NamedTuple):
    """Which process watches which stretch. Each asks by itself, one at a time, when it can take another."""

    folder: Path
    stretches: Stretches
    costs: Sequence[float]
    """Of watching each migration."""

    @contextmanager
    def by(self, worker: str) -> Iterator[None]:
        """Let a process claim stretches; when the block ends, however it does, it works on none any more."""
        with locked(self._sign(worker)):
            yield

    def claim(self, worker: str, wanted: Sequence[int], at: int | None = None) -> int | None:
        """Let a process that has a database behind the first `at` migrations have the first stretch that is free.

        Of those that it wants, or where it is of help; None where it is not. What was claimed by a process that has
        ended without a word is free again.
        """
        with locked(self.folder / "claims.lock"):
            claimed = self._claimed()
            told = {number for number in range(len(self.stretches)) if (self.folder / str(number)).exists()}
            alive = {one for one in claimed.values() if one == worker or _is_locked(self._sign(one))}
            running = {number for number, one in claimed.items() if one in alive} - told
            free = {*range(len(self.stretches))} - running - told
            number = next((one for one in wanted if one in free), None)
            if number is None:
                number = helping(self.stretches, self.costs, free, running, at)
            if number is not None:
                write(self.folder / "claims", {**claimed, number: worker})
            return number

    def tell(self, number: int, found: object) -> None:
        """Leave for all what was seen of a stretch, or why it was not."""
        write(self.folder / str(number), found)

    def told(self) -> Iterator[object]:
        """What was left for each stretch, when nobody works on one any more; None where nothing was."""
        for worker in {*self._claimed().values()}:
            with locked(self._sign(worker)):
                pass
        for number in range(len(self.stretches)):
            yield stored(self.folder / str(number))

    def _claimed(self) -> dict[int, str]:
        found = stored(self.folder / "claims")
        return found if isinstance(found, dict) else {}

    def _sign(self, worker: str) -> Path:
        return self.folder / f"{worker}.lock"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until no other process has the lock, and have it; the system frees it when a process ends."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_locked(path: Path) -> bool:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
