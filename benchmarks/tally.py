"""What a replay asks of its server, counted: equal in each run, however busy the machine is.

    python benchmarks/tally.py FOLDER [WHERE]

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
from dataclasses import dataclass, fields, replace
from pathlib import Path

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
    """What was counted; of a history with how many statements."""

    statements: int = 0
    """Of the files themselves, as they are sent once."""
    round_trips: int = 0
    """Requests that the server has answered, logins left out."""
    refused: int = 0
    """Made-up rows that the server did not take."""
    copies: int = 0
    """Databases made."""
    comparisons: int = 0
    """Readings of the catalogs, or of what was touched in them."""
    told: int = 0
    """Bytes that the server has sent."""
    logins: int = 0

    def each(self) -> Mapping[str, float]:
        """Every count but the first, for each statement."""
        return {one.name: getattr(self, one.name) / max(self.statements, 1) for one in fields(self)[1:]}


@contextmanager
def _tapped(server: Server) -> Iterator[tuple[Server, Callable[[], Mapping[str, int]]]]:
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
    with _tapped(server) as (tapped, counted):
        orchestrator = Orchestrator(suite.repository, settings)
        orchestrator.choice = Choice(Offer("", "", lambda: nullcontext(lambda: nullcontext(tapped))), ())
        evidence = orchestrator.replay()
        counts = Counts(**counted())
    with server.connect() as admin:
        drop_databases_and_roles(admin, server.prefix, server.roles)
    return replace(counts, statements=sum(len(one.statements) for one in suite.repository.migrations)), evidence


def main(folder: str, where: str = "embedded") -> None:
    """Count one folder and tell."""
    with choose(Wanted(where)).offer.start() as server:
        counts, _ = count(Path(folder).resolve(), server)
    for name, value in counts.each().items():
        print(f"{name:12} {getattr(counts, name):>12,} {value:>12,.2f}")
    print(counts.statements, "statements")


if __name__ == "__main__":
    main(*sys.argv[1:])
