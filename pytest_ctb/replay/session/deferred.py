"""What a transaction has put off to its COMMIT, made to happen inside another (manual, SET CONSTRAINTS)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from pytest_ctb.replay.session.search_path import in_full

_DEFERRABLE = in_full("""
SELECT DISTINCT n.nspname, c.conname, c.condeferred
FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
WHERE c.condeferrable AND c.conrelid = ANY (ARRAY(
    SELECT relation FROM pg_catalog.pg_locks WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation'))
""")
"""Of the relations that the transaction has locked: none of another can have been put off."""
_NOW, _AGAIN = SQL("SET CONSTRAINTS {} IMMEDIATE"), SQL("SET CONSTRAINTS {} DEFERRED")


def catch_up(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """The statements that make it happen, one a constraint; what happens may put off more, which then follows.

    Not SET CONSTRAINTS ALL: that would speak for constraints too that are only made afterwards. Raises psycopg.Error.
    """
    done: set[tuple[str, str]] = set()
    while more := _deferrable(connection).keys() - done:
        done |= more
        yield from (_NOW.format(Identifier(*name)).as_string(connection) for name in sorted(more))


def settle(connection: psycopg.Connection[Any]) -> None:
    """Make it happen, and put each constraint back to where a new transaction has it. Raises psycopg.Error."""
    for statement in catch_up(connection):
        connection.execute(statement.encode())
    for name, deferred in _deferrable(connection).items():
        if deferred:
            connection.execute(_AGAIN.format(Identifier(*name)))


def _deferrable(connection: psycopg.Connection[Any]) -> dict[tuple[str, str], bool]:
    """Schema and name of each, and whether it is deferred unless somebody says otherwise."""
    return {(schema, name): deferred for schema, name, deferred in connection.execute(_DEFERRABLE)}
