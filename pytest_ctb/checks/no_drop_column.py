"""CT08: no column is dropped, as far as the text shows it."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, check, own_statements
from pytest_ctb.model import Finding, Migration, Statement
from pytest_ctb.sql import UNKNOWN, as_sql, commands, dropped, enum, is_temporary, name_of, place, relation_made

_TABLES = {"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"}


@check("no-drop-column")
def no_drop_column(case: Case[NoOptions]) -> Iterator[Finding]:
    """Find DROP COLUMN in the parse trees of the file, of DO blocks, of functions and of constant EXECUTE strings.

    A table that is sure to be new holds nothing that somebody else put there: a temporary one, and one that this file
    makes for certain. IF NOT EXISTS makes none for certain: it keeps the table that is there.
    """
    new: set[str] = set()
    certain = _certain(case.migration)
    for statement in own_statements(case.migration):
        relation = relation_made(statement)
        if relation is not None and (is_temporary(relation) or id(statement) in certain):
            new.add(name_of(relation))
        elif statement.kind == "drop_stmt":
            new -= set(dropped(statement)[1])
        elif statement.kind == "variable_set_stmt" and statement.body.name == "search_path":
            new = {name for name in new if "." in name}  # a bare name now means another table
        elif statement.kind == "alter_table_stmt" and enum(statement.body, "objtype") in _TABLES:
            altered = statement.body.relation
            if name_of(altered) not in new and not is_temporary(altered):
                yield from _dropped(case, statement)


def _certain(migration: Migration) -> set[int]:
    """The statements that run whenever the file does, and fail where what they make is there."""
    return {
        id(one)
        for outer in migration.statements
        if outer.kind != "create_function_stmt"
        for one in outer.walk()
        if one.kind in {"create_stmt", "create_table_as_stmt", "select_stmt"}
        and not one.guarded
        and not getattr(one.body, "if_not_exists", False)
        and UNKNOWN not in one.sql
    }


def _dropped(case: Case[NoOptions], statement: Statement) -> Iterator[Finding]:
    starts = commands(statement)
    relation = statement.body.relation
    table = _shown(relation.schemaname, relation.relname)
    date = case.migration.date.isoformat() if case.migration.date else "YYYY-MM-DD"
    for index, cmd in enumerate(statement.body.cmds):
        command = cmd.alter_table_cmd
        if enum(command, "subtype") == "AT_DropColumn":
            at = place(statement, starts[index] if index < len(starts) else 0)
            column = _shown(command.name)
            yield case.finding(at, f"DROP COLUMN {table}.{column}", table=table, column=column, date=date)


def _shown(*parts: str) -> str:
    return as_sql(*(part.replace(UNKNOWN, "…") for part in parts))
