"""CT08: no column is dropped, neither by the text of a statement nor by what Postgres was seen to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pytest_ctb.checks import Case, NoOptions, Scope, check, first_of, lasting_traces, readable_statements
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Dropped, FileEvidence, Finding, Key, Migration, Position, Statement, Trace
from pytest_ctb.sql import (
    UNKNOWN,
    Relation,
    alterations,
    as_sql,
    commands,
    created,
    dropped,
    position_at,
    relation,
    setting,
)

_TABLE_KINDS = {"table", "foreign table"}
_ALTERS_TABLE = {"ALTER TABLE", "ALTER FOREIGN TABLE"}
_CREATES_TABLE = {"CREATE TABLE", "CREATE TABLE AS", "CREATE MATERIALIZED VIEW", "SELECT INTO"}


class _TextDrop(NamedTuple):
    """A DROP COLUMN in the text of a file, also inside a body."""

    at: Position
    statement: int
    """The index of the statement that holds it in `Migration.sent`."""
    table: str
    """The name without a schema."""
    column: str
    shown: str
    """The table as a message names it, with its schema where the text gives one."""

    @property
    def is_dynamic(self) -> bool:
        """A name is computed when the statement runs (dynamic SQL), so the text does not show it."""
        return UNKNOWN in self.table or UNKNOWN in self.column


def no_drop_column_by_text(case: Case[NoOptions]) -> Iterator[Finding]:
    """The part of the check that needs no server."""
    for drop in _by_text(case):
        yield _text_finding(case, drop)


@check("no-drop-column", scope=Scope.REPLAY, by_text=no_drop_column_by_text)
def no_drop_column(case: Case[NoOptions]) -> Iterator[Finding]:
    """Report drops in the text, then those that only the trace shows: by EXECUTE, a called function, a CASCADE."""
    file = case.replay.files[case.subject]
    harmless = _on_own_tables(file)
    by_statement: dict[int, list[_TextDrop]] = {}
    unread = None
    try:
        for drop in _by_text(case):
            if drop.statement not in harmless:
                by_statement.setdefault(drop.statement, []).append(drop)
    except NotJudgedError as error:  # the trace shows what a statement did that cannot be read
        unread = error
    seen_only = list(_seen_dropped(file, by_statement))
    dropping = {trace.statement for trace, _ in seen_only}
    for statement, drops in by_statement.items():
        yield from (_text_finding(case, drop) for drop in drops if not drop.is_dynamic or statement not in dropping)
    for trace, columns in seen_only:
        at = next(
            (drop.at for drop in by_statement.get(trace.statement, ()) if drop.is_dynamic), Position(trace.line, 1)
        )
        yield _seen_finding(case, trace, columns, at)
    if not file.applied:
        raise unread or NotJudgedError("the file did not apply (see `replay`)")


def _on_own_tables(file: FileEvidence) -> set[int]:
    """The statements (indexes into `Migration.sent`) that dropped only columns of tables that the file created."""
    columns = {
        trace.statement: [column.own for column in trace.dropped if column.key.kind == "column"]
        for trace in (file.traces if file.applied else ())
    }
    return {statement for statement, own in columns.items() if own and all(own)}


def _seen_dropped(
    file: FileEvidence, by_statement: Mapping[int, list[_TextDrop]]
) -> Iterator[tuple[Trace, list[Dropped]]]:
    """Dropped columns of tables that existed before the file, where the text of the statement does not show the drop.

    Columns of one name come together: partitions and children lose a column with their parent, which comes first.
    """
    reported: set[tuple[int, Key]] = set()
    for trace in lasting_traces(file):
        gone_tables = {column.key.name for column in trace.dropped if column.key.kind in _TABLE_KINDS}
        announced = {drop.column for drop in by_statement.get(trace.statement, ())}
        by_name: dict[str, list[Dropped]] = {}
        for column in trace.dropped:
            drop = (trace.statement, column.key)
            if column.key.kind != "column" or column.own or column.table in gone_tables or drop in reported:
                continue
            reported.add(drop)
            if _column(column) not in announced:
                by_name.setdefault(_column(column), []).append(column)
        for columns in by_name.values():
            yield (
                trace,
                sorted(columns, key=lambda column: (Key("table", column.table) not in trace.altered, column.table)),
            )


def _column(column: Dropped) -> str:
    """The bare name of a column, which may hold dots."""
    return column.key.name.removeprefix(f"{column.table}.")


def _text_finding(case: Case[NoOptions], drop: _TextDrop) -> Finding:
    column = _shown(drop.column)
    message = f"DROP COLUMN {drop.shown}.{column}"
    return case.finding(drop.at, message, table=drop.shown, column=column, date=_date(case))


def _date(case: Case[NoOptions]) -> str:
    return case.migration.date.isoformat() if case.migration.date else "YYYY-MM-DD"


def _seen_finding(case: Case[NoOptions], trace: Trace, columns: list[Dropped], at: Position) -> Finding:
    first, *others = columns
    schema, name = first.table.split(".", 1)
    column = _column(first)
    along = [str(other.key) for other in trace.dropped if not other.cascade and other not in columns]
    how = f", along with {along[0]} (CASCADE)" if first.cascade and along else ""
    locks = [lock.mode for lock in trace.all_locks if lock.relation == first.table]
    evidence = [f"Postgres dropped column {first.key.name} while this statement ran{how}"]
    evidence += [f"it held {mode} on {first.table}" for mode in locks if mode == "ACCESS EXCLUSIVE"]
    message = f"drops column {_shown(schema, name)}.{_shown(column)}{how}"
    if others:
        tables = [_shown(*other.table.split(".", 1)) for other in others]
        message += f", and that of {first_of(tables)}"
    return case.finding(
        at,
        message,
        details="\n".join(evidence),
        table=_shown(schema, name),
        column=_shown(column),
        date=_date(case),
    )


def _by_text(case: Case[NoOptions]) -> Iterator[_TextDrop]:
    """Find DROP COLUMN in the statements of a file, of DO blocks, of functions and of constant EXECUTE strings.

    A column of a new table may be dropped: of a temporary one, or of one that this file creates in any case. After
    CREATE TABLE IF NOT EXISTS the table may be an older one.
    """
    new_tables: set[str] = set()
    certain = _certain_creations(case.migration)
    indexes = {id(inner): index for index, outer in enumerate(case.migration.sent) for inner in outer.walk()}
    for statement in readable_statements(case.migration):
        made, altered = created(statement), relation(statement)
        if made and (made.temporary or id(statement) in certain):
            new_tables.add(str(made))
        elif drop := dropped(statement):
            new_tables -= set(drop.names)
        elif (parameter := setting(statement)) and parameter.name == "search_path":
            new_tables = {name for name in new_tables if "." in name}  # a bare name now means another table
        elif altered and statement.tag in _ALTERS_TABLE and str(altered) not in new_tables and not altered.temporary:
            yield from _text_drops(statement, altered, indexes[id(statement)])


def _certain_creations(migration: Migration) -> set[int]:
    """The CREATE statements (by `id`) that always run with the file, and fail where the table exists."""
    return {
        id(statement)
        for outer in migration.statements
        if outer.tag not in {"CREATE FUNCTION", "CREATE PROCEDURE"}
        for statement in outer.walk()
        if statement.tag in _CREATES_TABLE and not statement.guarded and UNKNOWN not in statement.sql
        if (made := created(statement)) and not made.if_not_exists
    }


def _text_drops(statement: Statement, table: Relation, number: int) -> Iterator[_TextDrop]:
    starts = commands(statement)
    shown = _shown(table.schema, table.name)
    for index, command in enumerate(alterations(statement)):
        if command.words == "DROP COLUMN":
            at = position_at(statement, starts[index] if index < len(starts) else 0)
            yield _TextDrop(at, number, table.name, command.name, shown)


def _shown(*parts: str) -> str:
    return as_sql(*(part.replace(UNKNOWN, "…") for part in parts))
