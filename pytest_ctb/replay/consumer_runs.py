"""Run the statements of downstream code on made-up rows, in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import psycopg
from psycopg import sql

from pytest_ctb.model import Consumer
from pytest_ctb.replay.session import drain
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.generated_rows import fillable, generate_rows
from pytest_ctb.replay.trials.sandboxes import Sandbox
from pytest_ctb.replay.trials.target_tables import Column, TargetTable, find_check, likely_values
from pytest_ctb.replay.trials.values import Type, value
from pytest_ctb.replay.witness.other_sessions import EXTENSIONS
from pytest_ctb.sql import ColumnUse, Origin, SentStatement, sent_statement

_LONGEST = "SET LOCAL statement_timeout = '2s'"
_FRESH = 700
"""Where the numbers of values start that no made-up row has."""
_BROKEN = ("42", "0A000", "25006", "55000")
"""What fails whatever the values are: a name, a privilege or an index is missing, say (manual, appendix A)."""
_TABLE_OF = in_full("""
SELECT c.oid::bigint, pg_catalog.pg_partition_root(c.oid)::pg_catalog.oid::bigint
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s
""")
_OF_THE_SESSION = {"guc.c", "guc_funcs.c"}
"""Where the server misses a setting that a program makes before it sends the statement: `app.tenant`, say."""
_BY_A_POLICY = "ExecWithCheckOptions"
"""Where it refuses a row that such a setting would let in."""
_WRONG_VALUE = "22"


class Prepared(NamedTuple):
    """A statement that the server has prepared."""

    consumer: Consumer
    """With NULL in place of parameters whose types the server does not tell."""
    types: tuple[int, ...]
    """The oids of the types of its parameters."""
    runs: bool = True
    """Whether it shall run, where it can."""


def failures(
    session: Session, sandbox: Sandbox, statements: Sequence[Prepared], rows: int
) -> list[psycopg.Error | None]:
    """Of each statement, the error that it raises on made-up rows, where these and made-up values are not to blame.

    `rows`: how many are made up for each table.

    Statements that do more than to read and write rows are not run. The session is that of the sandbox. Raises
    psycopg.OperationalError.
    """
    sent = [sent_statement(statement.consumer) if statement.runs else SentStatement() for statement in statements]
    if not any(statement.runs for statement in sent):
        return [None] * len(statements)
    names = sorted({name for statement in sent for name in statement.relations})
    types = sorted({oid for statement in statements for oid in statement.types})
    (((can_reach_out, tables, kinds),),) = session.ask(
        "sent_to", sent_names=names, types=types, extensions=sorted(EXTENSIONS)
    )
    if can_reach_out:
        return [None] * len(statements)
    with sandbox.session():
        session.connection.execute(_LONGEST)
        runs = _Runs(session, tables, kinds, rows)
        running = [place for place, text in enumerate(sent) if text.runs]
        failed = dict(zip(running, runs.failures([(statements[place], sent[place]) for place in running]), strict=True))
        session.note_sequences()
        return [failed.get(place) for place in range(len(sent))]


class _Runs:
    """Tables with made-up rows, and the runs of statements on them."""

    def __init__(
        self,
        session: Session,
        reached: Sequence[tuple[str | None, int]],
        types: Sequence[tuple[int, str, str, bool, Sequence[str]]],
        rows: int,
    ) -> None:
        """`reached` and `types` are what the session answers to `sent_to`."""
        self._connection = session.connection
        self._oids = {name: oid for name, oid in reached if name}
        oids = sorted({oid for _, oid in reached})
        tables = fillable(session, oids)
        with suppress(psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError, psycopg.InternalError):
            # Where that fails, the tables are as the migrations leave them.
            generate_rows(session, oids, unusual=False, most=rows, known=tables)
        self._tables = {table.oid: table for table in tables}
        self._rows: dict[int, Mapping[int, str | None]] = {}
        self._types = {
            oid: Type(name, kind, -1, tuple(labels), array=is_array) for oid, name, kind, is_array, labels in types
        }
        self._connection.execute("SAVEPOINT ctb_consumer")

    def failures(self, statements: Sequence[tuple[Prepared, SentStatement]]) -> list[psycopg.Error | None]:
        """Of each statement, its error that none of these values is to blame for."""
        errors: list[psycopg.Error | None] = [None] * len(statements)
        left = list(range(len(statements)))
        for of_columns in (True, False):
            values = {place: self._values(*statements[place], of_columns=of_columns) for place in left}
            tried = [place for place in left if None not in values[place]]
            for place, error in zip(tried, self._run(statements, tried, values), strict=True):
                if error is None or not (error.sqlstate or "").startswith(_WRONG_VALUE):
                    errors[place] = error
                    left.remove(place)
        return [
            error if error and self._is_to_blame(error, text, made=statement.consumer.made) else None
            for (statement, text), error in zip(statements, errors, strict=True)
        ]

    def _values(self, statement: Prepared, text: SentStatement, *, of_columns: bool) -> list[str | None]:
        """A value for each parameter; None for one of an unknown type."""
        return [
            self._value(number, oid, text.parameters.get(number) if of_columns else None, text)
            for number, oid in enumerate(statement.types, start=1)
        ]

    def _run(
        self,
        statements: Sequence[tuple[Prepared, SentStatement]],
        places: Sequence[int],
        values: Mapping[int, Sequence[str | None]],
    ) -> list[psycopg.Error | None]:
        """Run the statements at these places, each as if there was no other: of each its error."""
        sent = [
            drain.Sent(
                statements[place][0].consumer.sql.encode(),
                [None if text is None else text.encode() for text in values[place]],
                statements[place][0].types,
            )
            for place in places
        ]
        return drain.run_each(self._connection, sent, b"ROLLBACK TO ctb_consumer")

    def _is_to_blame(self, error: psycopg.Error, text: SentStatement, *, made: bool) -> bool:
        """Whether the statement fails with any values, as far as one can tell.

        What one of ours (`made`) leaves out together, an application may give: of a CHECK on several columns, say.
        """
        diag, state = error.diag, error.sqlstate or ""
        in_the_session = diag.source_file in _OF_THE_SESSION or diag.source_function == _BY_A_POLICY
        if in_the_session or state.startswith(_BROKEN):
            return not in_the_session
        table = self._target(text)
        of_target = table if table and table.oid in self._oids_of(diag) else None
        match state:
            case "23502" if of_target:
                return _gives(text, of_target, [diag.column_name or ""])
            case "23502":  # a trigger's INSERT, say, into a table that asks for more now: no value here is NULL
                reads = any(Origin.ROWS in origin for origin in (*text.written.values(), *text.placed))
                return text.tag == "INSERT" and not reads
            case "23514" if of_target and diag.constraint_name:
                numbers = find_check(of_target, diag.constraint_name)[0]
                names = [of_target.column(number).name for number in numbers]
                return (len(names) == 1 or not made) and _gives(text, of_target, names)
        return state == "P0001" and (text.tag == "DELETE" or not text.parameters)

    def _target(self, text: SentStatement) -> TargetTable | None:
        """The table that a statement writes; None where that is a view, or unknown."""
        names = text.relations[:1] if text.target else ()
        return next((self._tables.get(self._oids.get(name, 0)) for name in names), None)

    def _oids_of(self, diag: psycopg.errors.Diagnostic) -> Sequence[int]:
        """The oid of the table that an error is about; of a partition, also that of the partitioned table."""
        return self._connection.execute(_TABLE_OF, [diag.schema_name, diag.table_name]).fetchone() or ()

    # --- values ---------------------------------------------------------------------------------------------------

    def _value(self, number: int, oid: int, use: ColumnUse | None, text: SentStatement) -> str | None:
        """A value for a parameter: one that its column holds, or, where it must be unique, one that it does not."""
        kind = self._types.get(oid)
        if kind is None:
            return None
        table, column = self._column(use, text) if use else (None, None)
        if use is None or table is None or column is None or (column.type.array and not kind.array):
            return value(kind, wide=False)
        free = table.unique_columns - table.referring_columns - {*table.partitioned_by}
        if use.inserted and column.number in free:
            return value(column.type, wide=False, number=_FRESH + number)
        likely = [*likely_values(table, column), value(column.type, wide=False)]
        known = self._row(table).get(column.number) or likely[0]
        if kind.array and not column.type.array and known is not None:
            return '{"' + known.replace("\\", "\\\\").replace('"', '\\"') + '"}'
        return known

    def _column(self, use: ColumnUse, text: SentStatement) -> tuple[TargetTable | None, Column | None]:
        for name in [use.relation] if use.relation else text.relations:
            table = self._tables.get(self._oids.get(name, 0))
            for place, column in enumerate(table.columns if table else (), start=1):
                if column.name == use.column or (not use.column and place == use.number):
                    return table, column
        return None, None

    def _row(self, table: TargetTable) -> Mapping[int, str | None]:
        """The values of one row of a table, by the number of the column; empty where it has none that can be read."""
        if table.oid not in self._rows:
            names = [sql.SQL("{}::pg_catalog.text").format(sql.Identifier(column.name)) for column in table.columns]
            query = sql.SQL("SELECT {} FROM {} LIMIT 1").format(sql.SQL(", ").join(names), table.identifier)
            row: Sequence[str | None] = ()
            try:
                row = self._connection.execute(query).fetchone() or ()
            except psycopg.Error:
                if self._connection.closed:
                    raise
                self._connection.execute("ROLLBACK TO ctb_consumer")
            self._rows[table.oid] = {column.number: text for column, text in zip(table.columns, row, strict=False)}
        return self._rows[table.oid]


def _gives(text: SentStatement, table: TargetTable, columns: Sequence[str]) -> bool:
    """Whether a statement itself gives the values of these columns."""
    places = {column.name: place for place, column in enumerate(table.columns, start=1)}
    return bool(columns) and all(
        text.origin(column, places.get(column, len(places) + 1)) == Origin.STATEMENT for column in columns
    )
