"""One run at a time: an advisory lock that lives as long as the session that writes the ledger."""

from __future__ import annotations

import hashlib
import random
import time
from typing import Any

import psycopg

from pytest_ctb.deploy.interrupts import Interrupts
from pytest_ctb.errors import LiveError

_HOLDER = """
SELECT l.pid, a.application_name, pg_catalog.date_trunc('second', a.backend_start)::pg_catalog.text, a.usename
FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND (l.classid::bigint << 32 | l.objid::bigint) = %s AND l.objsubid = 1
"""


def _key(database: str) -> int:
    return int.from_bytes(hashlib.sha256(f"ctb_ledger {database}".encode()).digest()[:7], "big")


def take(connection: psycopg.Connection[Any], seconds: float, interrupts: Interrupts) -> None:
    """Take the lock, within so many seconds. Raises LiveError that names who holds it.

    It asks again and again rather than waiting inside the server: a statement that waits has a snapshot, and CREATE
    INDEX CONCURRENTLY of the run that holds the lock would wait for it, each for the
    other, where Postgres sees no deadlock.
    """
    key = _key(connection.info.dbname)
    end = time.monotonic() + seconds
    pause = 0.02
    while True:
        row = connection.execute("SELECT pg_catalog.pg_try_advisory_lock(%s)", [key]).fetchone()
        if row and row[0]:
            return
        if time.monotonic() >= end:
            who = _holder(connection, key)
            raise LiveError(
                f"another run is at work on this database{who}; nothing was done (--wait SECONDS waits for it)"
            )
        with interrupts.open():
            time.sleep(random.uniform(pause / 2, pause))  # noqa: S311  # so that many do not ask in step
        pause = min(pause * 1.5, 0.5)


def held(connection: psycopg.Connection[Any]) -> str:
    """Who holds it, in words; empty where nobody does."""
    return _holder(connection, _key(connection.info.dbname))


def _holder(connection: psycopg.Connection[Any], key: int) -> str:
    row = connection.execute(_HOLDER, [key]).fetchone()
    if row is None:
        return ""
    pid, application, since, role = row
    told = f"{application or 'a session'}{f' of {role}' if role else ''}{f', since {since}' if since else ''}"
    return f": pid {pid}, {told}"
