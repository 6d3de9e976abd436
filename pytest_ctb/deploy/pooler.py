"""Refuse transaction poolers: they give each transaction another session, so that a session lock does not hold."""

from __future__ import annotations

from typing import Any

import psycopg

from pytest_ctb.deploy.connection import Target
from pytest_ctb.errors import LiveError

_WHY = (
    "each transaction may get another session there, so that the lock which keeps two runs apart, and the settings "
    "of a file, would not hold"
)
_ROUNDS = 4
_PID = "SELECT pg_catalog.pg_backend_pid()"


def refuse_known_pooler(target: Target) -> None:
    """Refuse an address that is known to be a transaction pooler's. Raises LiveError."""
    for host in target.options.get("host", "").split(","):
        first, _, rest = host.partition(".")
        if first.endswith("-pooler") and rest.endswith("neon.tech"):
            direct = f"{first.removesuffix('-pooler')}.{rest}"
            raise LiveError(f"{target}: this is Neon's pooler: {_WHY}. Connect directly: {direct}")
        if host.endswith("pooler.supabase.com") and "6543" in target.options.get("port", "5432").split(","):
            raise LiveError(
                f"{target}: this is Supabase's pooler for transactions: {_WHY}. Use port 5432, or the direct host"
            )


def refuse_observed_pooler(target: Target, connection: psycopg.Connection[Any]) -> None:
    """Refuse a connection whose session changes between transactions. Raises LiveError.

    A proxy or pooler reports a process ID of its own in place of the backend's (BackendKeyData in the protocol). That
    alone is no reason to refuse: a plain proxy and a session pooler do so too. So two clients take turns: while one
    holds a transaction, a transaction pooler gives the other client another session.
    """
    if connection.execute(_PID).fetchone() == (connection.info.backend_pid,):
        return
    with target.connect(application="ctb: is this a pooler?") as other:
        try:
            backends = _backends(connection, other)
        except psycopg.Error as error:
            raise LiveError(
                f"{target}: there is a pooler in between that does not give two sessions: "
                f"{target.without_password(error).strip()}"
            ) from None
    if any(len(pids) > 1 for pids in backends):
        raise LiveError(
            f"{target}: there is a pooler for transactions in between: {_WHY}. Connect to the server directly"
        )


def _backends(*connections: psycopg.Connection[Any]) -> list[set[int]]:
    """The process IDs of the backends that each of two connections met while they took turns."""
    backends: list[set[int]] = [set(), set()]
    for holds, queries in [(0, 1), (1, 0)] * _ROUNDS:
        connections[holds].execute("BEGIN")
        for client in (holds, queries):
            backends[client].update(pid for (pid,) in connections[client].execute(_PID))
        connections[holds].execute("COMMIT")
    return backends
