"""What a replay asks of its server, counted: equal in each run, however busy the machine is.

    python benchmarks/tally.py [FOLDER [WHERE]]

Without a folder: the small histories that `bounds.py` bounds, in the words that it has for them.

A wiretap between the replay and its server counts (`wiretap.py`). So no code of the product counts anything, and
nothing that it does escapes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

from bounds import COUNTS, Asked
from shapes import write

from pytest_ctb.cli.project import find
from pytest_ctb.model import Evidence
from pytest_ctb.postgres import Choice, Offer, Server, Wanted, choose, drop_databases_and_roles
from pytest_ctb.replay.orchestrate import Orchestrator
from pytest_ctb.replay.witness import catalog

_WHOLE = Path(catalog.__file__).with_name("catalog.sql").read_text(encoding="utf-8").partition("\n")[0]
_READING = (_WHOLE, "pytest_ctb_objects(", "pytest_ctb_unheard(")
"""By what the questions are known that read the catalogs: all of them, what was touched, and what no event tells."""


@dataclass(frozen=True)
class Counts:
    """What a replay asked of its server, and of how many statements in its files."""

    statements: int
    round_trips: int = 0
    """Requests that were answered; logins are counted apart."""
    refused: int = 0
    """Made-up rows that the server did not take."""
    copies: int = 0
    """Databases made."""
    comparisons: int = 0
    """Readings of the catalogs, or of what was touched in them."""
    told: int = 0
    """Bytes that the server sent."""
    logins: int = 0

    def asked(self, history: str, size: int) -> Asked:
        """For each statement, rounded up; bytes differ by a few from run to run, as numbers of objects do."""
        counts = (self.round_trips, self.refused, self.copies, self.comparisons, self.told / 1000, self.logins)
        each = [ceil(count / self.statements * 100 - 0.001) / 100 for count in counts]
        each[4] = ceil(each[4] * 10.05) / 10
        return Asked(history, size, *each)


@contextmanager
def tapped(server: Server) -> Iterator[tuple[Server, Callable[[], Mapping[str, int]]]]:
    """The same server, reached through a wiretap, and what tells what that has counted so far."""
    with tempfile.TemporaryDirectory(prefix="ctb-tally-", dir="/tmp") as folder:
        if (data := Path(server.admin["host"]) / "data").is_dir():  # by which the replay knows how much room it takes
            Path(folder, "data").symlink_to(data)
        real = f"{server.admin['host']}/.s.PGSQL.{server.admin['port']}"
        command = [sys.executable, Path(__file__).with_name("wiretap.py"), folder, real, *_READING]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as wiretap:
            assert wiretap.stdin
            assert wiretap.stdout

            def counted() -> Mapping[str, int]:
                print(file=wiretap.stdin)
                counts: Mapping[str, int] = json.loads(wiretap.stdout.readline())
                return counts

            try:
                assert wiretap.stdout.readline() == "listening\n"
                yield replace(server, admin={**server.admin, "host": folder, "port": "5432"}), counted
            finally:
                wiretap.stdin.close()


def count(folder: Path, server: Server) -> tuple[Counts, Evidence]:
    """Replay the repository in a folder as `pytest --ctb` does, in one process and from no cache, and count."""
    project = find(folder)
    suite = project.suite
    settings = replace(project.config.settings(suite.trials, suite.queries), processes=1)
    with tapped(server) as (watched, counted):
        orchestrator = Orchestrator(suite.repository, settings)
        orchestrator.choice = Choice(Offer("", "", lambda: nullcontext(lambda: nullcontext(watched))), ())
        evidence = orchestrator.replay()
        counts = counted()
    with server.connect() as admin:
        drop_databases_and_roles(admin, server.prefix, server.roles)
    return Counts(sum(len(file.statements) for file in suite.repository.migrations), **counts), evidence


def count_written(history: str, size: int, server: Server) -> tuple[Asked, Evidence]:
    """Write a history and count it."""
    with tempfile.TemporaryDirectory(prefix="ctb-bench-") as folder:
        write(history, Path(folder), size)
        counts, evidence = count(Path(folder), server)
    return counts.asked(history, size), evidence


def main(folder: str = "", where: str = "embedded") -> None:
    """Count one folder, or what `bounds.py` bounds, and tell."""
    with choose(Wanted(where)).offer.start() as server:
        if folder:
            counts, _ = count(Path(folder).resolve(), server)
            print(counts, counts.asked("", 0), sep="\n")
            return
        for bound in COUNTS:
            asked, _ = count_written(bound.history, bound.size, server)
            print(f"    Asked{tuple(asked)},".replace("'", '"'), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
