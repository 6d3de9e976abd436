"""The queries of guidelines, asked of the database that all migrations made."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import psycopg
from psycopg.sql import SQL, Literal

from pytest_ctb.model import Answer, Source
from pytest_ctb.postgres import Server
from pytest_ctb.replay.session.databases import connect
from pytest_ctb.replay.session.server_error import failure
from pytest_ctb.sql import parse


def answers(
    server: Server, database: str, role: str | None, timeout: float, queries: Collection[str]
) -> dict[str, Answer]:
    """What each query returns, asked as the role that migrates; as one that can only read where that is a superuser.

    A query that fails is an Answer with an error. Raises psycopg.OperationalError where the server is lost.
    """
    if not queries:
        return {}
    with connect(server, database, role) as connection:
        return {one: _answer(connection, one, timeout, reader=role is None) for one in queries}


def _answer(connection: psycopg.Connection[Any], query: str, timeout: float, *, reader: bool) -> Answer:
    (statement,), _ = parse(Source(query))
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SET TRANSACTION READ ONLY")
            connection.execute(SQL("SET LOCAL statement_timeout = {}").format(Literal(int(timeout * 1000) or 1)))
            if reader:
                connection.execute("SET LOCAL ROLE pg_read_all_data")
            found = connection.execute(statement.sql.encode())
            columns = tuple(one.name for one in found.description or ())
            rows = tuple(tuple("" if value is None else str(value) for value in row) for row in found)
    except psycopg.Error as error:
        if connection.closed:
            raise
        return Answer(error=failure(error, statement))
    return Answer(columns, rows)
