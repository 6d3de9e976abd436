"""The lock that lets one run at a time work on a database: an advisory lock of the session that writes the ledger."""

from __future__ import annotations

import hashlib
import random
import time
from typing import Any

import psycopg

from pytest_ctb.deploy.signals import SignalHandler
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


def acquire(connection: psycopg.Connection[Any], seconds: float, signals: SignalHandler) -> None:
    """Take the lock, or raise LiveError that names its holder after so many seconds.

    It tries again and again and does not wait inside the server: a waiting statement has a snapshot, for which CREATE
    INDEX CONCURRENTLY of the run that holds the lock would wait. Postgres does not see that deadlock.
    """
    key = _key(connection.info.dbname)
    end = time.monotonic() + seconds
    pause = 0.02
    while True:
        row = connection.execute("SELECT pg_catalog.pg_try_advisory_lock(%s)", [key]).fetchone()
        if row and row[0]:
            return
        if time.monotonic() >= end:
            who = _describe_holder(connection, key)
            raise LiveError(
                f"another run is at work on this database{who}; nothing was done (--wait SECONDS waits for it)"
            )
        with signals.interruptible():
            time.sleep(random.uniform(pause / 2, pause))  # noqa: S311  # so that several runs do not try at the same moment
        pause = min(pause * 1.5, 0.5)


def holder(connection: psycopg.Connection[Any]) -> str:
    """Who holds the lock, as text; empty where nobody does."""
    return _describe_holder(connection, _key(connection.info.dbname))


def _describe_holder(connection: psycopg.Connection[Any], key: int) -> str:
    row = connection.execute(_HOLDER, [key]).fetchone()
    if row is None:
        return ""
    pid, application, since, role = row
    session = f"{application or 'a session'}{f' of {role}' if role else ''}{f', since {since}' if since else ''}"
    return f": pid {pid}, {session}"
