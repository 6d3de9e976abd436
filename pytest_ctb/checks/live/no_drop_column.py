"""CT08: no column is dropped, neither by the text of a statement nor by what Postgres was seen to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pytest_ctb.checks import Case, NoOptions, Scope, check, first_of, lasting_traces, readable_statements
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import (
    Dropped,
    FileEvidence,
    Finding,
    Key,
    Migration,
    Position,
    Schema,
    Statement,
    Trace,
    unquoted,
)
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

_PART = r'(?:"(?:[^"]|"")*"|[\w$]+)'
_QUALIFIED = re.compile(rf"{_PART}\.{_PART}")
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
    always_runs: bool
    """It is a statement of the file itself, not of a body."""
    own: bool
    """The file added the column before."""

    @property
    def is_dynamic(self) -> bool:
        """A name is computed when the statement runs (dynamic SQL), so the text does not show it."""
        return UNKNOWN in self.table or UNKNOWN in self.column


def no_drop_column_by_text(case: Case[NoOptions]) -> Iterator[Finding]:
    """The part of the check that needs no server."""
    yield from (_text_finding(case, drop) for drop in _by_text(case) if not drop.own)


@check("no-drop-column", scope=Scope.REPLAY, by_text=no_drop_column_by_text)
def no_drop_column(case: Case[NoOptions]) -> Iterator[Finding]:
    """Report drops in the text, then those that only the trace shows: by EXECUTE, a called function, a CASCADE.

    An attribute of a type that a column has is a part of that column. A column that the file added itself, or that
    DROP COLUMN IF EXISTS did not meet, is none.
    """
    file = case.replay.files[case.subject]
    harmless = _of_the_file_itself(file)
    by_statement: dict[int, list[_TextDrop]] = {}
    unread = None
    try:
        for drop in _by_text(case):
            if drop.statement not in harmless and not _met_nothing(file, drop):
                by_statement.setdefault(drop.statement, []).append(drop)
    except NotJudgedError as error:  # the trace shows what a statement did that cannot be read
        unread = error
    seen_only = list(_seen_dropped(file, by_statement))
    dropping = {trace.statement for trace, _ in seen_only}
    for statement, drops in by_statement.items():
        reported = (drop for drop in drops if not drop.own and not (drop.is_dynamic and statement in dropping))
        yield from (_text_finding(case, drop) for drop in reported)
    yield from _attributes(case, file, dropping | set(by_statement))
    for trace, columns in seen_only:
        at = next(
            (drop.at for drop in by_statement.get(trace.statement, ()) if drop.is_dynamic), Position(trace.line, 1)
        )
        yield _seen_finding(case, trace, columns, at)
    if not file.applied:
        raise unread or NotJudgedError("the file did not apply (see `replay`)")


def _of_the_file_itself(file: FileEvidence) -> set[int]:
    """The statements (indexes into `Migration.sent`) that dropped only columns that the file created."""
    added = _added(file)
    columns = {
        trace.statement: [
            column.own or added.get(column.key, trace.statement) < trace.statement
            for column in trace.dropped
            if column.key.kind == "column"
        ]
        for trace in (file.traces if file.applied else ())
    }
    return {statement for statement, own in columns.items() if own and all(own)}


def _added(file: FileEvidence) -> Mapping[Key, int]:
    """The columns that the file added to older tables, each with the first statement that did."""
    added: dict[Key, int] = {}
    for trace in file.traces:
        for change in trace.alterations:
            if change.what == "column" and change.old is None and change.new is not None:
                added.setdefault(change.key, trace.statement)
    return added


def _met_nothing(file: FileEvidence, drop: _TextDrop) -> bool:
    """Whether a DROP COLUMN was seen to run, and to drop no column of that name: IF EXISTS says that there is none."""
    if not file.applied:
        return False
    traces = [trace for trace in file.traces if trace.statement == drop.statement]
    if any(
        drop.column == _column(column) for trace in traces for column in trace.dropped if column.key.kind == "column"
    ):
        return False
    notice = f'column "{drop.column}" of relation "{drop.table}" does not exist, skipping'
    return bool(traces) and (drop.always_runs or any(notice in said for trace in traces for said in trace.notices))


def _seen_dropped(
    file: FileEvidence, by_statement: Mapping[int, list[_TextDrop]]
) -> Iterator[tuple[Trace, list[Dropped]]]:
    """Dropped columns of tables that existed before the file, where the text of the statement does not show the drop.

    Columns of one name come together: partitions and children lose a column with their parent, which comes first.
    """
    reported: set[tuple[int, Key]] = set()
    added = _added(file)
    for trace in lasting_traces(file):
        gone_tables = {column.key.name for column in trace.dropped if column.key.kind in _TABLE_KINDS}
        announced = {drop.column for drop in by_statement.get(trace.statement, ())}
        by_name: dict[str, list[Dropped]] = {}
        for column in trace.dropped:
            drop = (trace.statement, column.key)
            own = column.own or added.get(column.key, trace.statement) < trace.statement
            if column.key.kind != "column" or own or column.table in gone_tables or drop in reported:
                continue
            reported.add(drop)
            if _column(column) not in announced:
                by_name.setdefault(_column(column), []).append(column)
        for columns in by_name.values():
            yield (
                trace,
                sorted(columns, key=lambda column: (Key("table", column.table) not in trace.altered, column.table)),
            )


def _attributes(case: Case[NoOptions], file: FileEvidence, reported: set[int]) -> Iterator[Finding]:
    """Findings for attributes of types that a column has, of statements that were seen to drop no column besides."""
    for trace in file.traces if file.applied else ():
        types = {part.key.name for part in trace.dropped if part.key.kind in {"type", "composite type"}}
        for part in trace.dropped if trace.statement not in reported and not trace.undone else ():
            of_type, _, attribute = part.key.name.rpartition(".")
            if part.key.kind != "composite type column" or part.own or of_type in types:
                continue
            columns = _columns_with(case.replay.schema, of_type)
            if columns:
                shown = _shown(*of_type.split(".", 1))
                note = f"'DEPRECATED {_date(case)}: why, and what to use instead'"
                yield case.finding(
                    Position(trace.line, 1),
                    f"drops attribute {_shown(attribute)} of type {shown}, and so its values in {first_of(columns)}",
                    details=f"Postgres dropped {part.key} while this statement ran",
                    instead=f"COMMENT ON COLUMN {shown}.{_shown(attribute)} IS {note};",
                )


def _columns_with(schema: Schema, of_type: str) -> list[str]:
    """The columns of tables that hold a composite type: itself, in an array, or inside of another type or a domain."""
    holding = {unquoted(of_type)}
    types = {key.name: _type_names(part.definition) for key, part in schema.objects.items() if key.kind == "type"}
    while more := {name for name, parts in types.items() if parts & holding} - holding:
        holding |= more
    return sorted(
        key.name
        for key, part in schema.objects.items()
        if key.kind == "column" and part.of and part.of.kind in _TABLE_KINDS and _type_names(part.definition) & holding
    )


def _type_names(definition: str) -> set[str]:
    """The names with a schema in the definition of a column or a type, as catalog.sql writes it, without quotes."""
    return {unquoted(name) for name in _QUALIFIED.findall(definition.partition(" DEFAULT ")[0])}


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
    CREATE TABLE IF NOT EXISTS the table may be an older one. So may a column that the file added, in any case.
    """
    if not any(statement.tag in _ALTERS_TABLE for statement in readable_statements(case.migration)):
        return
    new_tables: set[str] = set()
    new_columns: set[tuple[str, str]] = set()
    certain = _certain_creations(case.migration)
    indexes = {id(inner): index for index, outer in enumerate(case.migration.sent) for inner in outer.walk()}
    for statement in readable_statements(case.migration):
        if statement.control:
            continue
        made, altered = created(statement), relation(statement)
        if made and (made.temporary or id(statement) in certain):
            new_tables.add(str(made))
        elif drop := dropped(statement):
            new_tables -= set(drop.names)
        elif (parameter := setting(statement)) and parameter.name == "search_path":
            new_tables = {name for name in new_tables if "." in name}  # a bare name now means another table
            new_columns = {(name, column) for name, column in new_columns if "." in name}
        elif altered and statement.tag in _ALTERS_TABLE and str(altered) not in new_tables and not altered.temporary:
            index = indexes[id(statement)]
            certainly = statement is case.migration.sent[index]
            for text_drop in _text_drops(statement, altered, index, new_columns, always_runs=certainly):
                new_columns.discard((str(altered), text_drop.column))
                yield text_drop
            new_columns |= _certainly_added(statement, str(altered))


def _certainly_added(statement: Statement, table: str) -> set[tuple[str, str]]:
    """The columns that an ALTER TABLE adds, and fails where they exist."""
    if statement.guarded or UNKNOWN in statement.sql:
        return set()
    return {
        (table, change.name) for change in alterations(statement) if change.words == "ADD COLUMN" and not change.guarded
    }


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


def _text_drops(
    statement: Statement, table: Relation, number: int, new: set[tuple[str, str]], *, always_runs: bool
) -> Iterator[_TextDrop]:
    drops = [(index, command) for index, command in enumerate(alterations(statement)) if command.words == "DROP COLUMN"]
    starts = commands(statement) if drops else []
    shown = _shown(table.schema, table.name)
    for index, command in drops:
        at = position_at(statement, starts[index] if index < len(starts) else 0)
        own = (str(table), command.name) in new
        yield _TextDrop(at, number, table.name, command.name, shown, always_runs, own)


def _shown(*parts: str) -> str:
    return as_sql(*(part.replace(UNKNOWN, "…") for part in parts))
