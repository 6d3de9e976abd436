"""Poolers that hand out another session with every transaction: a lock of the session means nothing there."""

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


def refuse_by_name(target: Target) -> None:
    """Refuse what its address tells to be such a pooler. Raises LiveError."""
    for host in target.options.get("host", "").split(","):
        first, _, rest = host.partition(".")
        if first.endswith("-pooler") and rest.endswith("neon.tech"):
            direct = f"{first.removesuffix('-pooler')}.{rest}"
            raise LiveError(f"{target}: this is Neon's pooler: {_WHY}. Connect directly: {direct}")
        if host.endswith("pooler.supabase.com") and "6543" in target.options.get("port", "5432").split(","):
            raise LiveError(
                f"{target}: this is Supabase's pooler for transactions: {_WHY}. Take port 5432, or the direct host"
            )


def refuse_by_deed(target: Target, connection: psycopg.Connection[Any]) -> None:
    """Refuse what is seen to change the session under a client. Raises LiveError.

    Whoever stands in between gives a number of its own in place of the backend's (the protocol's BackendKeyData). That
    alone is no reason: a proxy that only forwards does so too, as a pooler for whole sessions does. So two clients take
    turns: while one holds a transaction the other gets another session, and is watched for changing it.
    """
    if connection.execute(_PID).fetchone() == (connection.info.backend_pid,):
        return
    with target.connect(application="ctb: is this a pooler?") as other:
        try:
            seen = _seen(connection, other)
        except psycopg.Error as error:
            told = target.hidden(error).strip()
            raise LiveError(f"{target}: there is a pooler in between that does not give two sessions: {told}") from None
    if any(len(pids) > 1 for pids in seen):
        raise LiveError(
            f"{target}: there is a pooler for transactions in between: {_WHY}. Connect to the server directly"
        )


def _seen(one: psycopg.Connection[Any], two: psycopg.Connection[Any]) -> tuple[set[int], set[int]]:
    """The backends that two clients met while they took turns."""
    seen: tuple[set[int], set[int]] = (set(), set())
    turns = [(one, two, 0, 1), (two, one, 1, 0)] * _ROUNDS
    for first, second, mine, theirs in turns:
        first.execute("BEGIN")
        seen[mine].update(pid for (pid,) in first.execute(_PID))
        seen[theirs].update(pid for (pid,) in second.execute(_PID))
        first.execute("COMMIT")
    return seen
