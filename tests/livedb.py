"""What the tests of commands on a live database share: databases of their own, and `ctb` in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from psycopg.sql import SQL, Identifier

from pytest_ctb.cli import main
from pytest_ctb.postgres import Server
from pytest_ctb.replay.witness.catalog import snapshot

_FORKS = Path(__file__).with_name("forks.py")


class Live:
    """One empty database of a server, somebody's as far as the tool knows."""

    made = 0

    def __init__(self, server: Server, like: Live | None = None) -> None:
        Live.made += 1
        self.server = server
        self.name = f"live_{Live.made}"
        with server.login() as admin:
            template = Identifier(like.name if like else "template1")
            admin.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(self.name), template))

    def url(
        self,
        host: str | None = None,
        port: str = "5432",
        user: str = "postgres",
        password: str | None = None,
        **more: str,
    ) -> str:
        """Its address; through another socket or port where one is given."""
        told = {"host": host or self.server.admin["host"], "port": port, "sslmode": "disable", **more}
        secret = quote(password if password is not None else self.server.admin["password"])
        return f"postgresql://{user}:{secret}@/{self.name}?" + "&".join(
            f"{k}={quote(v, safe='')}" for k, v in told.items()
        )

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with self.server.login(self.name) as admin:
            return admin.execute(query, values or None).fetchall()

    def do(self, query: str) -> None:
        """Run SQL."""
        with self.server.login(self.name) as admin:
            admin.execute(query)

    def drop(self) -> None:
        """Drop it, whoever is connected."""
        with self.server.login() as admin:
            admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(self.name)))

    def ledger(self) -> dict[str, str]:
        """The state of each file."""
        return dict(self.ask("SELECT file, state FROM ctb_ledger.migrations ORDER BY number, file"))

    def state(self) -> dict[str, Any]:
        """All that a run should leave the same: the schema, the rows, what the ledger says of each file."""
        with self.server.login(self.name) as admin:
            schema = {
                str(key): one.definition
                for key, one in snapshot(admin, "").objects.items()
                if "ctb_ledger" not in key.name
            }
            tables = admin.execute(
                "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
                "WHERE relkind = 'r' AND nspname NOT IN ('ctb_ledger', 'pg_catalog', 'information_schema') ORDER BY 1"
            ).fetchall()
            rows = {name: sorted(map(str, admin.execute(f"SELECT t.* FROM {name} t").fetchall())) for (name,) in tables}
            invalid = admin.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid").fetchall()
            ledger = admin.execute(
                "SELECT file, state, sha256, number, error FROM ctb_ledger.migrations ORDER BY file"
            ).fetchall()
        return {"schema": schema, "rows": rows, "invalid": invalid, "ledger": ledger}


class Forks:
    """`ctb`, each run a process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(_FORKS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, folder: Path, *arguments: str, to: Path, **environment: str) -> int:
        """Begin a run, which says what it says into a file; gives its process."""
        return self._told({"run": arguments, "in": str(folder), "to": str(to), "environment": environment})

    def wait(self, pid: int) -> int:
        """What a run ends with."""
        return self._told({"wait": pid})

    def close(self) -> None:
        """End the process that forks."""
        self._process.communicate()

    def _told(self, order: dict[str, Any]) -> int:
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture(scope="session")
def forks():
    made = Forks()
    yield made
    made.close()


@pytest.fixture
def live(server):
    made = Live(server)
    yield made
    made.drop()


@pytest.fixture
def ctb(capsys, monkeypatch):
    """Run the command in a folder, on a database; gives what it ended with, and what it said on both streams."""

    def done(folder: Path, live: Live | str, *arguments: str) -> tuple[int, str]:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("DATABASE_URL", live if isinstance(live, str) else live.url())
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        assert "Traceback" not in said.err, said.err
        return ended.value.code or 0, said.out + said.err

    return done


def write(folder: Path, files: dict[str, str]) -> None:
    """Migrations, each the SQL that it is."""
    (folder / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\n")
    (folder / "migrations").mkdir(exist_ok=True)
    for name, sql in files.items():
        (folder / "migrations" / name).write_text(sql, encoding="utf-8")
