"""What the evidence costs: the replay of a history, against one psql that applies it to the same server."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

from bounds import EVIDENCE, GROWTH, Bound, Figure, Found
from psycopg.sql import SQL, Identifier, Literal
from timing import Plan, Run, in_turn, ran

from pytest_ctb.config.settings import Settings
from pytest_ctb.postgres import Choice, Offer, Server, Wanted, choose, drop_databases_and_roles
from pytest_ctb.replay.orchestrate import Orchestrator
from pytest_ctb.repository import folders as repository

SIZES = (1_000, 4_000)


def measure(plan: Plan) -> list[Found]:
    """Both sizes on one server; the smaller several times."""
    small, large = map(plan.size, SIZES)
    with choose(Wanted(plan.where)).offer.start() as server:
        psql, evidence = in_turn(
            min(plan.repeat, 3),
            lambda: applied(server, plan.history(small)),
            lambda: replayed(server, plan.history(small)).seconds,
        )
        longer = replayed(server, plan.history(large)).seconds
        psql_longer = applied(server, plan.history(large))
    return [
        Figure(f"psql applies {small:,} files", psql, "s"),
        Figure(f"evidence of {small:,} files", evidence, "s"),
        Figure("evidence : psql", evidence / psql, "", Bound(EVIDENCE)),
        Figure(f"evidence, {large:,} : {small:,} files", longer / evidence, "", Bound(GROWTH * large / small)),
        Figure(f"psql, {large:,} : {small:,} files", psql_longer / psql),
    ]


def replayed(server: Server, folder: Path, *, watched: bool = False) -> Run:
    """The evidence, had in a process of its own, so that its memory is its own; its seconds leave out reading."""
    told = pickle.dumps(server)
    run = ran([sys.executable, Path(__file__).resolve()], folder, said=told, watched=watched)
    return Run(float(run.output.split()[-1]), run.output, run.python, run.server)


def _replay_here() -> None:
    """What `replayed` runs: the folder is the working one, the server comes by standard input."""
    server = pickle.load(sys.stdin.buffer)
    loaded = repository.load(Path.cwd(), [Path.cwd() / "migrations"], [])
    one = Orchestrator(loaded, Settings(processes=1))
    one.choice = Choice(Offer("", "", lambda: nullcontext(lambda: nullcontext(server))), ())
    begin = time.perf_counter()
    seen = one.replay()
    with server.connect() as admin:
        drop_databases_and_roles(admin, server.prefix, server.roles)
    seconds = time.perf_counter() - begin
    failed = [path for path, one in seen.files.items() if not one.applied]
    if failed or len(seen.files) != len(loaded.migrations):
        sys.exit(f"{len(seen.files)} files replayed, of which failed: {failed}")
    print(seconds)


def applied(server: Server, folder: Path) -> float:
    """The seconds that one psql takes to apply every file of the old history."""
    files = [file.relative_to(folder) for file in sorted(folder.glob("migrations/*.sql"))]
    return psql(server, folder, files)


def psql(server: Server, folder: Path, files: Iterable[Path], *, stops: bool = True) -> float:
    """The seconds that one psql takes to apply files to an empty database, as the role that the replay has.

    `stops`: an error in a file is one of the benchmark's, where it otherwise goes on.
    """
    name = f"{server.prefix}_owner"
    with server.login() as admin:
        admin.execute(
            SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}").format(Identifier(name), Literal(server.password))
        )
        admin.execute(
            SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                Identifier(name), Identifier(name), Identifier(server.template)
            )
        )
        command: list[str | Path] = [
            program(server),
            "-X",
            "-q",
            "-v",
            f"ON_ERROR_STOP={int(stops)}",
            "-U",
            name,
            "-d",
            name,
        ]
        command += ["-h", server.admin["host"], "-p", server.admin["port"]]
        for file in files:
            command += ["-f", file]
        clean = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        try:
            begin = time.perf_counter()
            subprocess.run(
                command,
                cwd=folder,
                env={**clean, "PGPASSWORD": server.password},
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=None if stops else subprocess.DEVNULL,
            )
            return time.perf_counter() - begin
        finally:
            drop_databases_and_roles(admin, server.prefix, server.roles)


def program(server: Server) -> Path:
    """The psql beside the server's programs, else one that is installed. Raises RuntimeError where there is none."""
    usual = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"), reverse=True)
    on_path = shutil.which("psql")
    for one in (Path(server.info.detail) / "psql", *([Path(on_path)] if on_path else []), *usual):
        if one.is_file():
            return one
    raise RuntimeError("no psql beside the server's programs, on PATH, or in /usr/lib/postgresql")


if __name__ == "__main__":
    _replay_here()
