"""CT08: no column is dropped: neither as the text shows it, nor as Postgres was seen to do it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pytest_ctb.checks import Case, NoOptions, Scope, check, own_statements, seen
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Dropped, FileEvidence, Finding, Key, Migration, Position, Statement, Trace
from pytest_ctb.sql import UNKNOWN, Relation, alterations, as_sql, commands, created, dropped, place, relation, setting

_KINDS = {"table", "foreign table"}
_NAMED = 3
_TABLES = {"ALTER TABLE", "ALTER FOREIGN TABLE"}
_MAKES = {"CREATE TABLE", "CREATE TABLE AS", "CREATE MATERIALIZED VIEW", "SELECT INTO"}


class _Text(NamedTuple):
    """A column that the text drops: where, by which statement of the file, and by which names."""

    at: Position
    statement: int
    """Its place in `Migration.sent`."""
    table: str
    """Without its schema, which need not be given."""
    column: str
    shown: str
    """The table as the text names it."""

    @property
    def vague(self) -> bool:
        """One of the names is only known when it runs."""
        return UNKNOWN in self.table or UNKNOWN in self.column


def no_drop_column_by_text(case: Case[NoOptions]) -> Iterator[Finding]:
    """What the text alone says, where no server can be asked."""
    for text in _by_text(case):
        yield _text_finding(case, text)


@check("no-drop-column", scope=Scope.REPLAY, by_text=no_drop_column_by_text)
def no_drop_column(case: Case[NoOptions]) -> Iterator[Finding]:
    """Tell what the text says, and then what was seen and no text said: EXECUTE, a function called, a CASCADE."""
    fared = case.replay.files[case.subject]
    harmless = _on_own_tables(fared)
    told: dict[int, list[_Text]] = {}
    unread = None
    try:
        for text in _by_text(case):
            if text.statement not in harmless:
                told.setdefault(text.statement, []).append(text)
    except NotJudgedError as error:  # what cannot be read can be seen
        unread = error
    unsaid = list(_seen_dropped(fared, told))
    seen_to = {trace.statement for trace, _ in unsaid}
    for statement, texts in told.items():
        yield from (_text_finding(case, text) for text in texts if not text.vague or statement not in seen_to)
    for trace, columns in unsaid:
        at = next((text.at for text in told.get(trace.statement, ()) if text.vague), Position(trace.line, 1))
        yield _seen_finding(case, trace, columns, at)
    if not fared.applied:
        raise unread or NotJudgedError("the file did not apply (see `replay`)")


def _on_own_tables(fared: FileEvidence) -> set[int]:
    """The statements that were seen to drop columns, all of them of tables that the file had made itself."""
    columns = {
        trace.statement: [one.own for one in trace.dropped if one.key.kind == "column"]
        for trace in (fared.traces if fared.applied else ())
    }
    return {statement for statement, own in columns.items() if own and all(own)}


def _seen_dropped(fared: FileEvidence, told: Mapping[int, list[_Text]]) -> Iterator[tuple[Trace, list[Dropped]]]:
    """Columns of tables that were there before the file, dropped by a statement whose text did not show it.

    Those of one name come together: a table's, and its partitions' and children's, which lose it with their parent.
    """
    found: set[tuple[int, Key]] = set()
    for trace in seen(fared):
        gone = {one.key.name for one in trace.dropped if one.key.kind in _KINDS}
        said = {text.column for text in told.get(trace.statement, ())}
        named: dict[str, list[Dropped]] = {}
        for one in trace.dropped:
            if one.key.kind != "column" or one.own or one.table in gone or (trace.statement, one.key) in found:
                continue
            found.add((trace.statement, one.key))
            if _column(one) not in said:
                named.setdefault(_column(one), []).append(one)
        for columns in named.values():
            yield trace, sorted(columns, key=lambda one: (Key("table", one.table) not in trace.altered, one.table))


def _column(one: Dropped) -> str:
    return one.key.name.removeprefix(f"{one.table}.")


def _text_finding(case: Case[NoOptions], text: _Text) -> Finding:
    column = _shown(text.column)
    message = f"DROP COLUMN {text.shown}.{column}"
    return case.finding(text.at, message, table=text.shown, column=column, date=_date(case))


def _date(case: Case[NoOptions]) -> str:
    return case.migration.date.isoformat() if case.migration.date else "YYYY-MM-DD"


def _seen_finding(case: Case[NoOptions], trace: Trace, columns: list[Dropped], at: Position) -> Finding:
    one, *others = columns
    schema, name = one.table.split(".", 1)
    column = _column(one)
    along = [str(other.key) for other in trace.dropped if not other.cascade and other not in columns]
    how = f", along with {along[0]} (CASCADE)" if one.cascade and along else ""
    locks = [lock.mode for lock in trace.all_locks if lock.relation == one.table]
    evidence = [f"Postgres dropped column {one.key.name} while this statement ran{how}"]
    evidence += [f"it held {mode} on {one.table}" for mode in locks if mode == "ACCESS EXCLUSIVE"]
    message = f"drops column {_shown(schema, name)}.{_shown(column)}{how}"
    if others:
        tables = [_shown(*each.table.split(".", 1)) for each in others]
        more = f" and {len(tables) - _NAMED} more" if len(tables) > _NAMED else ""
        message += f", and that of {', '.join(tables[:_NAMED])}{more}"
    return case.finding(
        at,
        message,
        details="\n".join(evidence),
        table=_shown(schema, name),
        column=_shown(column),
        date=_date(case),
    )


def _by_text(case: Case[NoOptions]) -> Iterator[_Text]:
    """Find DROP COLUMN in the parse trees of the file, of DO blocks, of functions and of constant EXECUTE strings.

    A table that is sure to be new holds nothing that somebody else put there: a temporary one, and one that this file
    makes for certain. IF NOT EXISTS makes none for certain: it keeps the table that is there.
    """
    new: set[str] = set()
    certain = _certain(case.migration)
    places = {id(inner): place for place, outer in enumerate(case.migration.sent) for inner in outer.walk()}
    for statement in own_statements(case.migration):
        made, altered = created(statement), relation(statement)
        if made and (made.temporary or id(statement) in certain):
            new.add(str(made))
        elif drop := dropped(statement):
            new -= set(drop.names)
        elif (parameter := setting(statement)) and parameter.name == "search_path":
            new = {name for name in new if "." in name}  # a bare name now means another table
        elif altered and statement.tag in _TABLES and str(altered) not in new and not altered.temporary:
            yield from _dropped(statement, altered, places[id(statement)])


def _certain(migration: Migration) -> set[int]:
    """The statements that run whenever the file does, and fail where what they make is there."""
    return {
        id(statement)
        for outer in migration.statements
        if outer.tag not in {"CREATE FUNCTION", "CREATE PROCEDURE"}
        for statement in outer.walk()
        if statement.tag in _MAKES and not statement.guarded and UNKNOWN not in statement.sql
        if (made := created(statement)) and not made.if_not_exists
    }


def _dropped(statement: Statement, table: Relation, number: int) -> Iterator[_Text]:
    starts = commands(statement)
    shown = _shown(table.schema, table.name)
    for index, command in enumerate(alterations(statement)):
        if command.words == "DROP COLUMN":
            at = place(statement, starts[index] if index < len(starts) else 0)
            yield _Text(at, number, table.name, command.name, shown)


def _shown(*parts: str) -> str:
    return as_sql(*(part.replace(UNKNOWN, "…") for part in parts))
