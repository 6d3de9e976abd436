"""What others take for their part of it: squawk, sqlfluff, pytest-postgresql, testcontainers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bounds import Figure, Found, Skipped
from timing import PYTEST, Plan, Run, in_turn, ran

_BESIDE = Path(sys.executable).parent
_NOBODY = 65534
_READS_ALL = "+dac_read_search"  # what root has installed lies where nobody else can enter
_AS_NOBODY = (
    *("setpriv", "--reuid", str(_NOBODY), "--regid", str(_NOBODY), "--clear-groups"),
    *("--inh-caps", _READS_ALL, "--ambient-caps", _READS_ALL),
)
_POSTGRESQL = """\
def test_it(postgresql):
    with postgresql.cursor() as cursor:
        cursor.execute("SELECT 1")
"""
_TESTCONTAINERS = """\
import psycopg
from testcontainers.postgres import PostgresContainer

with PostgresContainer("{image}", driver=None) as server:
    psycopg.connect(server.get_connection_url()).execute("SELECT 1")
"""


def measure(plan: Plan) -> list[Found]:
    """Each peer that can be run here, and why another cannot."""
    return [*_sqlfluff(plan), _postgresql(plan), _containers(plan)]


def squawk(folder: Path) -> Run:
    """A run of squawk on all migrations of a folder; findings are none of our business."""
    program = shutil.which("squawk", path=f"{_BESIDE}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        raise RuntimeError("no squawk: pip install squawk-cli")
    return ran([program, *sorted((folder / "migrations").glob("*.sql"))], folder, allowed=[0, 1])


def _sqlfluff(plan: Plan) -> list[Found]:
    files = sorted((plan.history(20) / "migrations").glob("*.sql"))
    lint = [sys.executable, "-m", "sqlfluff", "lint", "--dialect", "postgres", "--disable-progress-bar"]
    many, one = in_turn(
        min(plan.repeat, 3),
        lambda: ran([*lint, *files], plan.top, allowed=[0, 1]).seconds,
        lambda: ran([*lint, files[0]], plan.top, allowed=[0, 1]).seconds,
    )
    each = (many - one) / (len(files) - 1)
    return [Figure("sqlfluff, one file", one, "s"), Figure("sqlfluff, each further file", each * 1000, "ms")]


def _postgresql(plan: Plan) -> Found:
    """From the start of pytest to the end of a run whose one test asks one query."""
    name = "pytest-postgresql, one test with its fixture"
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not programs:
        return Skipped(name, "no Postgres in /usr/lib/postgresql")
    folder = plan.top / "pytest-postgresql"
    folder.mkdir(exist_ok=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_it.py").write_text(_POSTGRESQL)
    command = [*PYTEST, "-p", "pytest_postgresql.plugin", "--postgresql-exec", str(programs[-1]), "--basetemp", "made"]
    if os.geteuid() == 0:  # it starts no server as root
        os.chown(folder, _NOBODY, _NOBODY)
        command = [*_AS_NOBODY, *command]
    if subprocess.run([*command, "--version"], cwd=folder, capture_output=True, check=False).returncode:
        return Skipped(name, "it starts no server as root, and nobody else may read what is installed")
    (seconds,) = in_turn(plan.repeat, lambda: ran(command, folder).seconds)
    return Figure(name, seconds, "s")


def _containers(plan: Plan) -> Found:
    name = "testcontainers, to the first SQL"
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "info"], capture_output=True, check=False).returncode:
        return Skipped(name, "no Docker engine answers")
    image = os.environ.get("PYTEST_CTB_TEST_IMAGE", "postgres:16")
    script = _TESTCONTAINERS.format(image=image)
    (seconds,) = in_turn(min(plan.repeat, 3), lambda: ran([sys.executable, "-c", script], plan.top).seconds)
    return Figure(f"{name} ({image})", seconds, "s")
