"""One statement to the server, as psql sends it."""

from __future__ import annotations

from typing import Any

import psycopg

from pytest_ctb.model import Statement


def send(cursor: psycopg.Cursor[Any], statement: Statement) -> None:
    r"""Run a statement: with the rows behind a COPY, and what the rows of a `\gexec` say. Raises psycopg.Error."""
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
            for cell in cells:
                if cell is not None:
                    cursor.execute(cell)
