"""Run the queries of guidelines in the database to which all migrations were applied."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import psycopg
from psycopg.sql import SQL, Literal

from pytest_ctb.model import QueryResult, Source
from pytest_ctb.postgres import Server
from pytest_ctb.replay.session.databases import connect
from pytest_ctb.replay.session.server_error import failure
from pytest_ctb.sql import parse


def query_results(
    server: Server, database: str, role: str | None, timeout: float, queries: Collection[str]
) -> dict[str, QueryResult]:
    """The result of each query, by its text. Each runs as `role`, or as pg_read_all_data where the superuser migrates.

    A query that fails has a result with an error. `timeout` is in seconds. Raises psycopg.Error where the server is
    lost.
    """
    if not queries:
        return {}
    with connect(server, database, role) as connection:
        return {query: _result(connection, query, timeout, as_reader=role is None) for query in queries}


def _result(connection: psycopg.Connection[Any], query: str, timeout: float, *, as_reader: bool) -> QueryResult:
    (statement,), _ = parse(Source(query))
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SET TRANSACTION READ ONLY")
            connection.execute(SQL("SET LOCAL statement_timeout = {}").format(Literal(int(timeout * 1000) or 1)))
            if as_reader:
                connection.execute("SET LOCAL ROLE pg_read_all_data")
            cursor = connection.execute(statement.sql.encode())
            columns = tuple(column.name for column in cursor.description or ())
            rows = tuple(tuple("" if value is None else str(value) for value in row) for row in cursor)
    except psycopg.Error as error:
        if connection.closed:
            raise
        return QueryResult(error=failure(error, statement))
    return QueryResult(columns, rows)
