"""What the server says of a statement that failed, with its place in the file."""

from __future__ import annotations

import re

import psycopg

from pytest_ctb.model import GEXEC, Included, Position, SqlError, Statement, line_ends
from pytest_ctb.sql import first_line, line_of_body

_COPY_LINE = re.compile(r"^COPY .*, line (\d+)", re.MULTILINE)
_BLOCK_LINE = re.compile(r"^PL/pgSQL function inline_code_block line (\d+)", re.MULTILINE)


_LONGEST = 4_000
"""Characters of each part of an error."""
_MACHINE = {"53100", "58030"}
"""The server's disk is full, or fails (manual, appendix A)."""
_STORAGE = {"md.c", "fd.c", "buffile.c"}
"""Where the server reads and writes files; what it has no code for there is a limit of the machine."""


def failure(error: psycopg.Error, statement: Statement) -> SqlError:
    """The error that a statement ended with. Raises it again where it is the machine's, and no file's."""
    diag = error.diag
    if _is_the_machines(error.sqlstate, diag):
        raise error
    message = diag.message_primary or str(error).strip() or type(error).__name__
    if error.sqlstate == "42601":
        message = first_line(message)
    context = diag.context or ""
    if diag.internal_query:
        context = f"{context}\n{diag.internal_query.strip()}".strip()
    return SqlError(
        message=_shortened(message),
        sqlstate=error.sqlstate or "",
        detail=_shortened(diag.message_detail or ""),
        hint=_shortened(diag.message_hint or ""),
        context=_shortened(context),
        position=_position(diag, statement),
        table=(diag.schema_name or "", diag.table_name) if diag.table_name else (),
        column=diag.column_name or "",
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… and {len(text) - _LONGEST:,} characters more"


def _is_the_machines(code: str | None, diag: psycopg.errors.Diagnostic) -> bool:
    made_up = diag.source_function == "exec_stmt_raise"
    return (code in _MACHINE and not made_up) or (code == "XX000" and diag.source_file in _STORAGE)


def _position(diag: psycopg.errors.Diagnostic, statement: Statement) -> Position | None:
    """Where the server says that it is: a character of the statement, a row of a COPY, a line of a DO block."""
    if statement.tag == GEXEC or isinstance(statement.position, Included):
        inside = diag.statement_position and statement.tag != GEXEC
        offset = int(diag.statement_position or 1) - 1 if inside else 0
        return statement.source.at(statement.start + offset)
    if diag.statement_position:
        return statement.source.at(statement.start + int(diag.statement_position) - 1)
    context = diag.context or ""
    row = _COPY_LINE.search(context)
    if row and statement.data is not None:
        return Position(statement.last_line - len(line_ends(statement.data)) - 1 + int(row[1]), 1)
    block = _BLOCK_LINE.findall(context)
    if block and statement.tag == "DO":
        return statement.source.at(statement.start + line_of_body(statement, int(block[-1])))
    return None
