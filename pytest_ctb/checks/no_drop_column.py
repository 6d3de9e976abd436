"""CT08: no column is dropped: neither as the text shows it, nor as Postgres was seen to do it."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, check, own_statements, seen
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Dropped, FileReplay, Finding, Key, Migration, Position, Statement, Trace
from pytest_ctb.sql import UNKNOWN, as_sql, commands, dropped, enum, is_temporary, name_of, place, relation_made

_KINDS = {"table", "foreign table"}
_TABLES = {"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE"}


@check("no-drop-column", scope=Scope.REPLAY)
def no_drop_column(case: Case[NoOptions]) -> Iterator[Finding]:
    """Tell what the text says, and then what was seen and no text said: EXECUTE, a function called, a CASCADE."""
    fared = case.replay.files[case.subject]
    harmless = _on_own_tables(fared)
    told: set[int] = set()
    unread = None
    try:
        for finding in _by_text(case):
            if _statement_at(case.migration, finding.line) in harmless:
                continue
            told.add(_statement_at(case.migration, finding.line))
            yield finding
    except NotJudgedError as error:  # what cannot be read can be seen
        unread = error
    yield from _seen_dropped(case, fared, told)
    if not fared.applied:
        raise unread or NotJudgedError("the file did not apply (see `replay`)")


def _on_own_tables(fared: FileReplay) -> set[int]:
    """The lines of statements that were seen to drop columns, all of them of tables that the file had made itself."""
    columns = {
        trace.line: [one.own for one in trace.dropped if one.key.kind == "column"]
        for trace in (fared.traces if fared.applied else ())
    }
    return {line for line, own in columns.items() if own and all(own)}


def _statement_at(migration: Migration, line: int) -> int:
    """The first line of the outermost statement that a line belongs to."""
    return max((one.position.line for one in migration.statements if one.position.line <= line), default=0)


def _seen_dropped(case: Case[NoOptions], fared: FileReplay, told: set[int]) -> Iterator[Finding]:
    """A column of a table that was there before the file, dropped by a statement whose text did not show it."""
    found: set[tuple[int, Key]] = set()
    for trace in seen(fared):
        gone = {one.key.name for one in trace.dropped if one.key.kind in _KINDS}
        for one in trace.dropped:
            if one.key.kind != "column" or one.own or one.table in gone or (trace.line, one.key) in found:
                continue
            found.add((trace.line, one.key))
            if trace.line not in told:
                yield _seen_finding(case, trace, one)


def _seen_finding(case: Case[NoOptions], trace: Trace, one: Dropped) -> Finding:
    schema, name = one.table.split(".", 1)
    column = one.key.name.removeprefix(f"{one.table}.")
    date = case.migration.date.isoformat() if case.migration.date else "YYYY-MM-DD"
    along = [str(other.key) for other in trace.dropped if not other.cascade and other.key != one.key]
    how = f", along with {along[0]} (CASCADE)" if one.cascade and along else ""
    locks = [lock.mode for lock in trace.locks if lock.relation == one.table]
    evidence = [f"Postgres dropped column {one.key.name} while this statement ran{how}"]
    evidence += [f"it held {mode} on {one.table}" for mode in locks if mode == "AccessExclusiveLock"]
    message = f"drops column {_shown(schema, name)}.{_shown(column)}{how}"
    return case.finding(
        Position(trace.line, 1),
        message,
        evidence="\n".join(evidence),
        table=_shown(schema, name),
        column=_shown(column),
        date=date,
    )


def _by_text(case: Case[NoOptions]) -> Iterator[Finding]:
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
