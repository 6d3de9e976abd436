"""What the evidence costs: the replay of a long history against psql applying it, on one server with its settings.

    python benchmarks/bench.py [--sizes 1000,4000] [--postgres embedded] [--repeat 3]

Exit status 1 when a limit is passed, 2 when something does not run. Memory is read from /proc; where there is none, it
is not told. Python's is the sum of what each of its processes took at most; the server's is the largest sum of Pss,
which counts shared pages once, of all its processes at one time, looked at once a second.
"""

from __future__ import annotations

import argparse
import os
import pickle
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from history import write
from psycopg.sql import SQL, Identifier, Literal

from pytest_ctb import repository
from pytest_ctb.postgres import Server, Wanted, choose, forget
from pytest_ctb.replay import replay

RATIO_LIMIT = 10.0
"""The evidence of the smallest history may take so many times as long as psql takes to apply its files once."""
GROWTH_LIMIT = 1.1
"""The largest history may take so many times as long per file as the smallest."""

# Rarely: reading it stops the process for a moment, and takes its part of a processor that is measured.
_SAMPLE_SECONDS = 1.0


@dataclass(frozen=True)
class Run:
    """One command that ran."""

    seconds: float
    output: str
    python: float
    """Peak memory of its processes but the server's, in MB; 0 where it cannot be known."""
    server: float
    """Peak memory of the server that it used, in MB; 0 where it cannot be known."""


@dataclass(frozen=True)
class Measured:
    """One size of history; times in seconds."""

    files: int
    statements: int
    psql: float
    evidence: Run
    whole: Run

    @property
    def ratio(self) -> float:
        """How many times as long as psql the evidence takes."""
        return self.evidence.seconds / self.psql


class Sampler(threading.Thread):
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


def _ran(command: Sequence[str | Path], folder: Path, said: bytes = b"", env: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end and watch it. Raises RuntimeError where it fails."""
    with tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, env=env
        )
        sampler = Sampler(process.pid)
        sampler.start()
        try:
            process.communicate(said)
            seconds = time.perf_counter() - begin
        finally:
            process.terminate()  # it has ended, unless this one was interrupted
            process.wait()
            python, server = sampler.stop()
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode != 0:
        end = "\n".join(text.splitlines()[-30:])
        raise RuntimeError(f"{Path(command[0]).name} ended with status {process.returncode}:\n{end}")
    return Run(seconds, text, python, server)


def _psql(server: Server, program: Path, folder: Path) -> float:
    """The seconds that one psql takes to apply every file to an empty database, as the role that the replay has."""
    name = f"{server.prefix}_owner"
    with server.connect() as admin:
        admin.execute(
            SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}").format(Identifier(name), Literal(server.password))
        )
        admin.execute(
            SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                Identifier(name), Identifier(name), Identifier(server.template)
            )
        )
        command: list[str | Path] = [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", name, "-d", name]
        command += ["-h", server.admin["host"], "-p", server.admin["port"]]
        for file in sorted(folder.glob("migrations/*.sql")):
            command += ["-f", file.relative_to(folder)]
        clean = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        try:
            # Not `_ran`: the sampler would take its part of a processor that this run is measured on.
            begin = time.perf_counter()
            subprocess.run(
                command, cwd=folder, env={**clean, "PGPASSWORD": server.password}, check=True, stdout=subprocess.DEVNULL
            )
            return time.perf_counter() - begin
        finally:
            forget(admin, server.prefix, server.roles)


def _psql_program(bin_folder: str) -> Path:
    """The psql beside the server's programs, else one that is installed. Raises RuntimeError where there is none."""
    usual = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"), reverse=True)
    on_path = shutil.which("psql")
    for one in (Path(bin_folder) / "psql", *([Path(on_path)] if on_path else []), *usual):
        if one.is_file():
            return one
    raise RuntimeError("no psql beside the server's programs, on PATH, or in /usr/lib/postgresql")


def _evidence(server: Server, folder: Path) -> Run:
    """The evidence, had in a process of its own, so that its memory is its own; its seconds are those of `replay`."""
    run = _ran([sys.executable, Path(__file__).resolve(), "--evidence"], folder, pickle.dumps(server))
    return Run(float(run.output.split()[-1]), run.output, run.python, run.server)


def _evidence_here() -> None:
    """What `_evidence` runs: the folder is the working one, the server comes by standard input."""
    server = pickle.load(sys.stdin.buffer)
    loaded = repository.load(Path.cwd(), [Path.cwd() / "migrations"], [])
    begin = time.perf_counter()
    seen = replay(loaded, server)
    seconds = time.perf_counter() - begin
    failed = [path for path, one in seen.files.items() if not one.applied]
    if failed or len(seen.files) != len(loaded.migrations):
        sys.exit(f"{len(seen.files)} files replayed, of which failed: {failed}")
    print(seconds)


def _pytest(where: str, folder: Path) -> Run:
    """The whole run, as a person has it: a server of its own from start to stop, every guideline, every test."""
    return _ran([sys.executable, "-m", "pytest", "--ctb", "--ctb-postgres", where, "-q"], folder)


def measure(sizes: Sequence[int], where: str, repeat: int, top: Path) -> list[Measured]:
    """Measure each size below the folder `top`. Raises RuntimeError where something does not run, and CtbError."""
    folders, statements = {}, {}
    for size in sizes:
        folders[size] = top / str(size)
        statements[size] = write(folders[size], size)
        (folders[size] / "pytest.ini").touch()  # pytest looks no further up for one
    psql: dict[int, list[float]] = {size: [] for size in sizes}
    evidence: dict[int, list[Run]] = {size: [] for size in sizes}
    with choose(Wanted(where)).offer.start() as server:
        program = _psql_program(server.info.detail)
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        print(f"Postgres {server.info.version} ({server.info.place}), {said}", flush=True)
        # In turn, so that what else the machine does meets all. The smallest runs shortest, and so varies most: it is
        # measured several times, half of them before the others.
        small, others = min(sizes), [size for size in sizes if size != min(sizes)]
        for size in [small] * ((repeat + 1) // 2) + others + [small] * (repeat // 2):
            psql[size].append(_psql(server, program, folders[size]))
            evidence[size].append(_evidence(server, folders[size]))
            print(f"{size} files: psql {psql[size][-1]:.2f} s, evidence {evidence[size][-1].seconds:.2f} s", flush=True)
    return [
        Measured(
            size,
            statements[size],
            median(psql[size]),
            Run(
                median(one.seconds for one in evidence[size]),
                "",
                max(one.python for one in evidence[size]),
                max(one.server for one in evidence[size]),
            ),
            _pytest(where, folders[size]),
        )
        for size in sizes
    ]


def report(found: Sequence[Measured]) -> bool:
    """Print the table; returns whether every limit is kept."""

    def row(title: str, cells: Sequence[str], limit: str = "") -> None:
        print(f"{title:<36}" + "".join(f"{cell:>12}" for cell in cells) + (f"   {limit}" if limit else ""))

    def memory(megabytes: float) -> str:
        return f"{megabytes:,.0f} MB" if megabytes else "not known"

    print()
    row("files", [f"{one.files:,}" for one in found])
    row("statements", [f"{one.statements:,}" for one in found])
    row("psql applies them once", [f"{one.psql:.2f} s" for one in found])
    row("evidence", [f"{one.evidence.seconds:.2f} s" for one in found])
    row("evidence : psql", [f"{one.ratio:.2f}" for one in found], f"limit {RATIO_LIMIT:g} for the smallest")
    row("pytest --ctb", [f"{one.whole.seconds:.2f} s" for one in found])
    row("peak memory: evidence alone, Python", [memory(one.evidence.python) for one in found])
    row("peak memory: evidence alone, server", [memory(one.evidence.server) for one in found])
    row("peak memory: pytest", [memory(one.whole.python) for one in found])
    row("peak memory: server of pytest", [memory(one.whole.server) for one in found])
    ordered = sorted(found, key=lambda one: one.files)
    small, large = ordered[0], ordered[-1]
    kept = small.ratio <= RATIO_LIMIT
    if small.files < large.files:
        growth = large.evidence.seconds / small.evidence.seconds
        limit = GROWTH_LIMIT * large.files / small.files
        row(f"evidence, {large.files:,} : {small.files:,} files", [f"{growth:.2f}"], f"limit {limit:g}")
        row(f"psql, {large.files:,} : {small.files:,} files", [f"{large.psql / small.psql:.2f}"])
        kept = kept and growth <= limit
    print("every limit is kept" if kept else "A LIMIT IS PASSED")
    return kept


def main() -> int:
    """Measure and report; returns the exit status."""
    parser = argparse.ArgumentParser(description="Measure what the evidence costs.")
    parser.add_argument("--sizes", default="1000,4000", help="how many files, separated by commas")
    parser.add_argument(
        "--postgres", default="embedded", choices=["local", "embedded"], help="where the server is from"
    )
    parser.add_argument(
        "--repeat", type=int, default=4, help="how often the smallest size is measured: the median holds"
    )
    parser.add_argument("--evidence", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.evidence:
        _evidence_here()
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory(prefix="ctb-bench-") as top:
        try:
            found = measure([int(one) for one in options.sizes.split(",")], options.postgres, options.repeat, Path(top))
        except (RuntimeError, subprocess.CalledProcessError) as error:
            print(error, file=sys.stderr)
            return 2
    return 0 if report(found) else 1


if __name__ == "__main__":
    sys.exit(main())
