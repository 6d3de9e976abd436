"""How a command is run and watched: its seconds, and the memory that it and the servers below it take at most.

Memory is read from /proc; where there is none, it is not told. Python's is the sum of what each of its processes took
at most; the server's is the largest sum of Pss, which counts shared pages once, of all its processes at one time.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from history import write

# Rarely: reading it stops the process for a moment, and takes its part of a processor that is measured.
_SAMPLE_SECONDS = 1.0
PYTEST = (sys.executable, "-m", "pytest", "-q")
CTB = (*PYTEST, "--ctb")
CHECK = (sys.executable, "-m", "pytest_ctb.cli", "check")


@dataclass(frozen=True)
class Plan:
    """What a whole benchmark is run with."""

    top: Path
    """A folder for all that is written."""
    where: str = "embedded"
    quick: bool = False
    """Everything small and once: to see that it runs, not to hold against a bound."""

    @property
    def repeat(self) -> int:
        """How often what is short is measured."""
        return 1 if self.quick else 5

    def size(self, files: int) -> int:
        """How many files a history has where otherwise there are so many."""
        return max(files // 25, 8) if self.quick else files

    def history(self, files: int, megabytes: int = 0) -> Path:
        """A folder with so many migrations, and so much data in some of them; written once."""
        folder = self.top / f"{files}-{megabytes}"
        if not folder.exists():
            write(folder, files, megabytes)
            (folder / "pytest.ini").write_text("[pytest]\n")  # pytest looks no further up for one
        return folder

    def copy(self, folder: Path, name: str) -> Path:
        """The same in a folder of its own, without what runs left in it."""
        target = self.top / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target, ignore=shutil.ignore_patterns(".pytest_cache", "__pycache__"))
        return target


@dataclass(frozen=True)
class Run:
    """One command that ran."""

    seconds: float
    output: str
    python: float = 0
    """Peak memory of its processes but the server's, in MB; 0 where it cannot be known."""
    server: float = 0
    """Peak memory of the server that it used, in MB; 0 where it cannot be known."""
    cpu: float = 0
    """Seconds of the processor that it and those below it took, as far as they have ended before it."""


def ran(
    command: Sequence[str | Path],
    folder: Path,
    *,
    said: bytes = b"",
    allowed: Sequence[int] = (0,),
    watched: bool = False,
    env: Mapping[str, str] | None = None,
) -> Run:
    """Run a command to its end, and watch its memory if asked. Raises RuntimeError where it fails."""
    with tempfile.TemporaryFile() as output:
        begin, before = time.perf_counter(), _cpu_of_children()
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**environment(), **(env or {})},
        )
        sampler = _Sampler(process.pid)
        if watched:  # it takes its part of a processor
            sampler.start()
        try:
            process.communicate(said)
            seconds, cpu = time.perf_counter() - begin, _cpu_of_children() - before
        finally:
            process.terminate()  # it has ended, unless this one was interrupted
            process.wait()
            python, server = sampler.stop() if watched else (0.0, 0.0)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode not in allowed:
        end = "\n".join(text.splitlines()[-30:])
        raise RuntimeError(f"{' '.join(map(str, command[:8]))} ended with status {process.returncode}:\n{end}")
    return Run(seconds, text, python, server, cpu)


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> str:
    """The memory of this machine, in words."""
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB of memory"


def postgres_below(root: int) -> set[int]:
    """The processes of the servers that a process has started."""
    found = _processes()
    return {pid for pid in _below(root, found) if found[pid][1] == "postgres"}


def processor(pid: int) -> float:
    """The processor time, in seconds, of a process and of those of its children that have ended; 0 where it is gone."""
    try:
        numbers = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[11:15]
    except OSError:
        return 0
    return sum(map(int, numbers)) / os.sysconf("SC_CLK_TCK")


def environment() -> dict[str, str]:
    """A user's own: without what would have Python compile everything anew, nor the plugin of a peer."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTEST_ADDOPTS": "-p no:pytest_postgresql"}


def in_turn(repeat: int, *measured: Callable[[], float]) -> list[float]:
    """The median of each, measured in turns, so that what else the machine does meets all; one turn before is not told.

    What is not told warms the caches that a user's second run finds warm.
    """
    turns = [[one() for one in measured] for _ in range(repeat + 1)][1:]
    return [median(times) for times in zip(*turns, strict=True)]


class _Sampler(threading.Thread):
    """Looks again and again at the memory of a process and its descendants, and of the servers below this process."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._over = threading.Event()
        self._peaks: dict[int, int] = {}
        self._server = 0

    def run(self) -> None:
        """Look until `stop`."""
        while not self._over.is_set():
            found = _processes()
            servers = [pid for pid in _below(os.getpid(), found) if found[pid][1] == "postgres"]
            self._server = max(self._server, sum(_kilobytes(pid, "smaps_rollup", "Pss:") for pid in servers))
            for pid in {self._root, *_below(self._root, found)}.difference(servers):
                # The last one holds: before its exec a new process still has the memory of the one that made it.
                self._peaks[pid] = _kilobytes(pid, "status", "VmHWM:") or self._peaks.get(pid, 0)
            self._over.wait(_SAMPLE_SECONDS)

    def stop(self) -> tuple[float, float]:
        """End; returns the peaks of the process with its descendants, and of the servers, in MB."""
        self._over.set()
        self.join()
        return sum(self._peaks.values()) / 1024, self._server / 1024


def _processes() -> dict[int, tuple[int, str]]:
    """The parent and the name of every process."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            before, _, after = (entry / "stat").read_text(errors="replace").rpartition(")")
        except OSError:  # gone meanwhile
            continue
        found[int(entry.name)] = (int(after.split()[1]), before.partition("(")[2])
    return found


def _below(root: int, found: Mapping[int, tuple[int, str]]) -> set[int]:
    below: set[int] = set()
    grown = {root}
    while grown:
        grown = {pid for pid, (parent, _) in found.items() if parent in grown}
        below |= grown
    return below


def _kilobytes(pid: int, file: str, key: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text(errors="replace").splitlines()
    except OSError:  # gone meanwhile
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(key)), 0)
