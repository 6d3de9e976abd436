"""What a run needs before it does anything: to the first SQL, and for `ctb check` of one file.

    python benchmarks/start.py [--repeat 11]

`pytest --ctb` on one migration is held against `pytest --co` of an empty folder, in seconds: the first SQL is the first
query that a throwaway server answers. `ctb check` of one file is held against a Python that only imports the libraries
which it needs, in seconds of CPU, and shown with what `-X importtime` says of its imports. A run whose time is not
shown warms what lies in caches. The two of a pair are measured in turns, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bounds import CHECK_START, START
from history import write
from timing import CHECK, environment, ran

PLACES = ("local", "embedded")
LIBRARIES = ("click", "yaml", "postgast", "iniconfig", "codeowners")
"""What `ctb check` cannot do without."""
_MOST = 12
"""How many packages are shown with the time of their imports."""

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


@dataclass(frozen=True)
class CheckStart:
    """`ctb check` of one file: medians of several runs, in seconds of CPU, and where the time of its imports goes."""

    libraries: float
    """A Python that imports the libraries."""
    check: float
    imports: Mapping[str, float]
    """Milliseconds by package, the longest first, as `-X importtime` has them, which takes time itself."""

    @property
    def ratio(self) -> float:
        """What the whole command costs, against its libraries."""
        return self.check / self.libraries


def measure_check(repeat: int = 11) -> CheckStart:
    """Measure `ctb check` of one file."""
    libraries = (sys.executable, "-c", f"import {', '.join(LIBRARIES)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\n")
        write(folder, 1)
        pairs = [(ran(libraries, folder).cpu, ran(CHECK, folder).cpu) for _ in range(repeat + 1)][1:]
        line = (sys.executable, "-X", "importtime", *CHECK[1:])
        told = subprocess.run(line, cwd=folder, env=environment(), capture_output=True, text=True, check=True)
    imports: Counter[str] = Counter()
    for microseconds, module in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", told.stderr):
        parts = module.split(".")
        imports[".".join(parts[: 2 if parts[0] == "pytest_ctb" else 1])] += int(microseconds)
    shown = {package: time_ / 1000 for package, time_ in imports.most_common(_MOST)}
    return CheckStart(*(median(times) for times in zip(*pairs, strict=True)), shown)


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
    check = measure_check(repeat)
    print(f"ctb check of one file: {check.check:.2f} s of CPU, {check.ratio:.2f} times an import of its libraries")
    for package, milliseconds in check.imports.items():
        print(f"    {milliseconds:6.1f} ms  {package}")
    return int(check.ratio > CHECK_START or any(one.more > START for one in measured))


if __name__ == "__main__":
    sys.exit(main())
