"""One statement to the server, as psql sends it."""

from __future__ import annotations

from itertools import product
from typing import Any

import psycopg

from pytest_ctb.model import GEXEC, Source, Statement
from pytest_ctb.postgres import signature
from pytest_ctb.replay.session.drain import run
from pytest_ctb.sql import created, parse


def send(cursor: psycopg.Cursor[Any], statement: Statement, *, inside: bool = False, signs: str = "") -> None:
    r"""Run a statement: with the rows behind a COPY, and what the rows of a `\gexec` say. Raises psycopg.Error.

    `inside`: in a transaction of ours, which no row of a `\gexec` may end: it fails as a procedure does that commits.
    With `signs` the roles and databases that it makes are signed with that: on a server of others, where later runs
    shall know whose they are. What a function makes under a name that stands nowhere in the statement is not.
    """
    if signs:
        _send_signed(cursor, statement, signs)
        return
    sql = statement.sql.encode()  # the bytes of the file, as psql sends them, whatever client_encoding is set to
    if statement.data is not None:
        with cursor.copy(sql) as copy:
            copy.write(statement.data.encode())
    elif statement.tag == GEXEC:
        result = cursor.execute(sql).pgresult
        assert result is not None
        for row, column in product(range(result.ntuples), range(result.nfields)):
            cell = result.get_value(row, column)
            if cell and inside and _controls(cell):
                raise psycopg.errors.InvalidTransactionTermination("invalid transaction termination")
            if cell:
                run(cursor.connection, cell)
    else:
        run(cursor.connection, sql)


def _controls(cell: bytes) -> bool:
    """Whether the text holds a BEGIN, a COMMIT or the like."""
    statements, _ = parse(Source(cell.decode(errors="replace")))
    return any(statement.control for statement in statements)


def _send_signed(cursor: psycopg.Cursor[Any], statement: Statement, prefix: str) -> None:
    made = created(statement)
    if made and made.kind == "ROLE":
        sign = signature("ROLE", made.name, prefix)
        cursor.execute(statement.sql.encode() + b"\n;\n" + sign.as_bytes(cursor))  # both or none
        return
    inside = [created(inner) for inner in statement.walk()]
    names = [role.name for role in inside if role and role.kind == "ROLE"]
    before = _roles(cursor, names)
    send(cursor, statement)
    for name in _roles(cursor, names) - before:
        cursor.execute(signature("ROLE", name, prefix))
    if made and made.kind == "DATABASE":
        cursor.execute(signature("DATABASE", made.name, prefix))


def _roles(cursor: psycopg.Cursor[Any], among: list[str]) -> set[str]:
    if not among:
        return set()
    query = "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) ANY (%s::pg_catalog.name[])"
    return {name for (name,) in cursor.execute(query, [among]).fetchall()}
