"""One statement to the server, as psql sends it."""

from __future__ import annotations

from typing import Any

import psycopg

from pytest_ctb.model import Source, Statement
from pytest_ctb.sql import parse


def send(cursor: psycopg.Cursor[Any], statement: Statement, *, inside: bool = False) -> None:
    r"""Run a statement: with the rows behind a COPY, and what the rows of a `\gexec` say. Raises psycopg.Error.

    `inside`: in a transaction of ours, which no row of a `\gexec` may end: it fails as a procedure does that commits.
    """
    sql = statement.sql.encode()  # the bytes of the file, as psql sends them, whatever client_encoding is set to
    if statement.kind == "copy_stmt" and not statement.body.filename and not statement.body.is_program:
        with cursor.copy(sql) as copy:
            if statement.data is not None:
                copy.write(statement.data.encode())
            else:
                for _ in copy:
                    pass
    else:
        found = cursor.execute(sql).pgresult
        if statement.kind == "gexec" and found:
            cells = [found.get_value(row, column) for row in range(found.ntuples) for column in range(found.nfields)]
            for cell in filter(None, cells):
                if inside and _controls(cell):
                    raise psycopg.errors.InvalidTransactionTermination("invalid transaction termination")
                cursor.execute(cell)


def _controls(cell: bytes) -> bool:
    """Whether the text holds a BEGIN, a COMMIT or the like."""
    statements, _ = parse(Source(cell.decode(errors="replace")))
    return any(statement.kind == "transaction_stmt" for statement in statements)
