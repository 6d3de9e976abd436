"""CT08: no column is dropped, as far as the text shows it."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, check, own_statements
from pytest_ctb.model import Finding, Statement
from pytest_ctb.sql import UNKNOWN, commands, enum, name_of, place

_TABLES = {"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"}


@check("no-drop-column")
def no_drop_column(case: Case[NoOptions]) -> Iterator[Finding]:
    """Find DROP COLUMN in the parse trees of the file, of DO blocks, of functions and of constant EXECUTE strings.

    The columns of a table that this file makes, or of a temporary one, hold nothing that somebody else put there.
    """
    own: set[str] = set()
    for statement in own_statements(case.migration):
        body = statement.body
        if statement.kind == "create_stmt":
            own.add(name_of(body.relation))
        elif statement.kind == "create_table_as_stmt":
            own.add(name_of(body.into.rel))
        elif statement.kind == "alter_table_stmt" and enum(body, "objtype") in _TABLES:
            table = name_of(body.relation).replace(UNKNOWN, "…")
            if table not in own and body.relation.schemaname != "pg_temp":
                yield from _dropped(case, statement, table)


def _dropped(case: Case[NoOptions], statement: Statement, table: str) -> Iterator[Finding]:
    starts = commands(statement)
    for index, cmd in enumerate(statement.body.cmds):
        command = cmd.alter_table_cmd
        if enum(command, "subtype") != "AT_DropColumn":
            continue
        at = place(statement, starts[index] if index < len(starts) else 0)
        date = case.migration.date.isoformat() if case.migration.date else "YYYY-MM-DD"
        column = command.name.replace(UNKNOWN, "…")
        yield case.finding(at, f"DROP COLUMN {table}.{column}", table=table, column=column, date=date)
