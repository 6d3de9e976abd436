"""What a run needs to get to its first SQL: `pytest --ctb` on one migration, against `pytest --co` of an empty folder.

    python benchmarks/start.py [--repeat 11]

The first SQL is the first query that a throwaway server answers. A run without one, whose time is not told, warms what
lies in caches. The two are measured in turns, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bounds import START
from history import write
from timing import environment

PLACES = ("local", "embedded")

_NOTES_FIRST_ANSWER = """\
import time
from pathlib import Path

noted = Path(__file__).with_name("answered")


def pytest_runtest_setup(item):
    from pytest_ctb.postgres import cluster

    # What speaks to the server is imported by the run, when and as it does so; not by what watches it.
    real = cluster.connect
    if real.__module__ != __name__:
        cluster.connect = lambda options: watched(real(options))


def watched(connection):
    import psycopg

    def execute(cursor, *arguments, **options):
        answered = real(cursor, *arguments, **options)
        if not noted.exists():
            noted.write_text(repr(time.monotonic()))
        return answered

    real = psycopg.Cursor.execute
    if real.__module__ != __name__:
        psycopg.Cursor.execute = execute
    return connection
"""


@dataclass(frozen=True)
class Start:
    """Medians of several runs, in seconds."""

    place: str
    empty: float
    """All of `pytest --co` in an empty folder."""
    answered: float
    """`pytest --ctb` up to the first SQL answered."""

    @property
    def more(self) -> float:
        """What the first SQL takes longer."""
        return self.answered - self.empty


def measure(place: str, repeat: int = 11) -> Start:
    """Measure one place of a server. Raises RuntimeError where a run does not come to an SQL."""
    with tempfile.TemporaryDirectory() as name:
        nothing, one = Path(name, "nothing"), Path(name, "one")
        for folder in (nothing, one):
            folder.mkdir()
            (folder / "pytest.ini").write_text("[pytest]\n")
        write(one, 1)
        (one / "conftest.py").write_text(_NOTES_FIRST_ANSWER)
        pairs = [(_empty(nothing), _answered(one, place)) for _ in range(repeat + 1)][1:]
    return Start(place, *(median(times) for times in zip(*pairs, strict=True)))


def _empty(folder: Path) -> float:
    began = time.monotonic()
    _pytest(folder, "--co")
    return time.monotonic() - began


def _answered(folder: Path, place: str) -> float:
    noted = folder / "answered"
    noted.unlink(missing_ok=True)
    began = time.monotonic()
    done = _pytest(folder, "--ctb", "--ctb-fresh", "--ctb-postgres", place)
    if not noted.exists():
        raise RuntimeError(f"no SQL was answered:\n{done.stdout}{done.stderr}")
    return float(noted.read_text()) - began


def _pytest(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    # hypothesis, which only this project's own tests use, keeps every run 0.2 s longer at its end.
    command = [sys.executable, "-m", "pytest", "-p", "no:hypothesispytest", *options]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each place and tell; 1 where the bound is passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=11)
    repeat = parser.parse_args(arguments).repeat
    measured = [measure(place, repeat) for place in PLACES]
    for one in measured:
        print(f"{one.place}: {one.empty:.2f} s empty, {one.answered:.2f} s to the first SQL: {one.more:.2f} s more")
    return int(any(one.more > START for one in measured))


if __name__ == "__main__":
    sys.exit(main())
