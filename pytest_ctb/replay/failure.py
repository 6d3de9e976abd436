"""What the server says of a statement that failed, with its place in the file."""

from __future__ import annotations

import re

import psycopg

from pytest_ctb.model import Included, Position, SqlError, Statement, line_ends
from pytest_ctb.sql import brief, line_of_body

_COPY_LINE = re.compile(r"^COPY .*, line (\d+)", re.MULTILINE)
_BLOCK_LINE = re.compile(r"^PL/pgSQL function inline_code_block line (\d+)", re.MULTILINE)


def failure(error: psycopg.Error, statement: Statement) -> SqlError:
    """The error that a statement ended with."""
    diag = error.diag
    message = diag.message_primary or str(error).strip() or type(error).__name__
    if error.sqlstate == "42601":
        message = brief(message)
    context = diag.context or ""
    if diag.internal_query:
        context = f"{context}\n{diag.internal_query.strip()}".strip()
    return SqlError(
        message=message,
        sqlstate=error.sqlstate or "",
        detail=diag.message_detail or "",
        hint=diag.message_hint or "",
        context=context,
        position=_position(diag, statement),
    )


def _position(diag: psycopg.errors.Diagnostic, statement: Statement) -> Position | None:
    """Where the server says that it is: a character of the statement, a row of a COPY, a line of a DO block."""
    if statement.kind == "gexec" or isinstance(statement.position, Included):
        inside = diag.statement_position and statement.kind != "gexec"
        offset = int(diag.statement_position or 1) - 1 if inside else 0
        return statement.source.at(statement.start + offset)
    if diag.statement_position:
        return statement.source.at(statement.start + int(diag.statement_position) - 1)
    context = diag.context or ""
    row = _COPY_LINE.search(context)
    if row and statement.data is not None:
        return Position(statement.last_line - len(line_ends(statement.data)) - 1 + int(row[1]), 1)
    block = _BLOCK_LINE.findall(context)
    if block and statement.kind == "do_stmt":
        return statement.source.at(statement.start + line_of_body(statement, int(block[-1])))
    return None
