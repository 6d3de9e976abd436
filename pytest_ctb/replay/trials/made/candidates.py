"""Candidates for rows that meet a condition: the server is asked which of them do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from math import prod
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.made.variants import acceptable, from_constant, from_now, joined, steps, usual
from pytest_ctb.replay.trials.row_changes import TableRows, described, qualified
from pytest_ctb.replay.trials.target_tables import Column, TargetTable, Values, target_table
from pytest_ctb.sql import NUMBER, ROWS, Goal, HintKind

_MOST = 20_000
"""The most combinations of values that are tried at a time."""
_VALUES = 150
"""The most values of a column that are looked at by themselves."""
_TIME = "2s"
"""How long one question may take."""
_OF_A_VALUE = "22"
"""The class of errors about a value (manual, appendix A)."""
_BASE = sql.Identifier("pytest_ctb_base")


class Candidates(NamedTuple):
    """Values for some columns of a table; a candidate takes one of each, and the rest from a row that is there."""

    table: TargetTable
    described: TableRows
    pools: Mapping[int, Sequence[str | None]]
    """By number of the column."""

    def meeting(self, session: Session, query: str, most: int) -> list[Values] | None:
        """The likeliest candidates that a query over ROWS gives; None where it cannot be asked.

        A value for which the query fails, as a cast to a number does for most texts, is left out.
        """
        pools = _shortened(self.pools)
        answer = self._ask(session, query, pools, most)
        if isinstance(answer, str) and answer.startswith(_OF_A_VALUE):
            first = {number: pool[:1] for number, pool in pools.items()}
            pools = {
                number: self._without_failing(session, query, number, first | {number: pool})
                for number, pool in pools.items()
            }
            answer = self._ask(session, query, pools, most) if all(pools.values()) else answer
        return None if isinstance(answer, str) else [_candidate(pools, number) for (number,) in answer]

    def _without_failing(
        self, session: Session, query: str, number: int, pools: Mapping[int, Sequence[str | None]]
    ) -> Sequence[str | None]:
        """The values of a column for which a query does not fail, the other columns having one value each."""
        pool = pools[number]
        answer = self._ask(session, query, pools, 1)
        if not isinstance(answer, str):
            return pool
        if len(pool) == 1:
            return () if answer.startswith(_OF_A_VALUE) else pool
        half = len(pool) // 2
        return [
            text
            for part in (pool[:half], pool[half:])
            for text in self._without_failing(session, query, number, {**pools, number: part})
        ]

    def _ask(
        self, session: Session, query: str, pools: Mapping[int, Sequence[str | None]], most: int
    ) -> list[tuple[Any, ...]] | str:
        text = _with_rows(session.connection, query, self._relation(pools))
        return ask(session, f"{text} ORDER BY 1 LIMIT {most}")

    def filtered(self, session: Session, goal: Goal) -> Candidates:
        """Only the values that meet the conditions on their column alone, as far as some do."""
        pools = dict(self.pools)
        for number in self.pools:
            name = self.table.column(number).name
            for part in goal.parts:
                if part.columns == {name}:
                    alone = self._replace(pools={number: pools[number]})
                    if met := alone.meeting(session, where(session, goal, part.sql), _VALUES):
                        pools[number] = [row[number] for row in met]
        return self._replace(pools=pools)

    def _relation(self, pools: Mapping[int, Sequence[str | None]]) -> sql.Composed:
        """The query for all combinations of the values, numbered so that likely ones come first."""
        columns = []
        for column in self.described.columns:
            source = _pool(column.number) if column.number in pools else _BASE
            name = sql.Identifier("v" if column.number in pools else column.name)
            columns.append(sql.SQL("{}.{} AS {}").format(source, name, sql.Identifier(column.name)))
        plus, times = sql.SQL(" OPERATOR(pg_catalog.+) "), sql.SQL(" OPERATOR(pg_catalog.*) ")
        places = [sql.SQL("{}.o").format(_pool(number)) for number in pools]
        total = prod(map(len, pools.values()))
        sizes = list(map(len, pools.values()))
        terms = [sql.SQL("({}){}{}").format(plus.join(places), times, sql.Literal(total))] if places else []
        for index, place in enumerate(places):
            terms.append(sql.SQL("{}{}{}").format(place, times, sql.Literal(prod(sizes[index + 1 :]))))
        # All operators named in full bind alike.
        number = plus.join(sql.SQL("({})").format(term) for term in terms) if terms else sql.SQL("0")
        columns.append(sql.SQL("CAST({} AS pg_catalog.int8) AS {}").format(number, sql.Identifier(NUMBER)))
        sources = [
            sql.SQL("(SELECT * FROM {} LIMIT 1) AS {}").format(
                sql.Identifier(self.described.schema, self.described.name), _BASE
            )
        ]
        types = {column.number: column.type for column in self.described.columns}
        for column_number, pool in pools.items():
            rows = sql.SQL(", ").join(
                sql.SQL("({}::pg_catalog.int8, CAST({} AS {}))").format(
                    sql.Literal(place), sql.Literal(text), sql.SQL(qualified(types[column_number]))
                )
                for place, text in enumerate(pool)
            )
            sources.append(sql.SQL("(VALUES {}) AS {} (o, v)").format(rows, _pool(column_number)))
        return sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(columns), sql.SQL(", ").join(sources))


def where(session: Session, goal: Goal, condition: str) -> str:
    """The query for the candidates that meet a condition on their table alone."""
    names = map(sql.Identifier, (goal.alias, NUMBER, ROWS, goal.alias))
    return sql.SQL("SELECT {}.{} FROM {} AS {} WHERE ").format(*names).as_string(session.connection) + condition


def candidates(session: Session, oid: int, goal: Goal) -> Candidates | None:
    """Candidates for a goal, from its hints and from the types; None where the table can take no rows of ours."""
    tables = {table.oid: table for table in (target_table(row) for (row,) in session.ask("fillable", tables=[oid]))}
    named = described(session, [oid], "rp")
    if oid not in tables or not named:
        return None
    types = {column.number: qualified(column.type) for column in named[0].columns}
    pools: dict[int, Sequence[str | None]] = {}
    for column in tables[oid].columns:
        if column.name in goal.columns:
            texts = _texts(session, named[0], column, goal)
            valid = _valid(session, acceptable(column.type, texts), types[column.number])[:_VALUES]
            pools[column.number] = [*valid, *([] if column.not_null else [None])] or [None]
    return Candidates(tables[oid], named[0], pools).filtered(session, goal)


def _texts(session: Session, table: TableRows, column: Column, goal: Goal) -> list[str]:
    """Values for a column, the likely ones first."""
    texts: list[str] = []
    constants: list[str] = []
    for hint in goal.hints:
        if hint.column != column.name:
            continue
        match hint.kind:
            case HintKind.EXPRESSION:
                for expression in (hint.text, *steps(column.type, hint.text)):
                    texts += _evaluated(session, f"SELECT CAST(({expression}) AS pg_catalog.text)")
            case HintKind.QUERY:
                distinct = f"SELECT CAST(v.v AS pg_catalog.text) FROM ({hint.text}) AS v (v)"  # noqa: S608  # the file's own
                texts += _evaluated(session, f"{distinct} GROUP BY 1 LIMIT 6")
            case HintKind.JSON:
                constants.append(hint.text)
            case HintKind.CONSTANT:
                constants += from_constant(column.type, hint.text)
    there = sql.SQL("SELECT CAST({} AS pg_catalog.text) FROM {} GROUP BY 1 LIMIT 6").format(
        sql.Identifier(column.name), sql.Identifier(table.schema, table.name)
    )
    existing = _evaluated(session, there.as_string(session.connection))
    days = [
        text
        for expression in from_now(column.type)
        for text in _evaluated(session, f"SELECT CAST({expression} AS pg_catalog.text)")
    ]
    own = (hint.text for hint in goal.hints if hint.kind is HintKind.CONSTANT and hint.column == column.name)
    groups = (constants, [*usual(column.type), *existing], days, list(joined(column.type, own)))
    # Of each kind some: where there are too many combinations, the last values are left out.
    return [*texts, *(text for some in zip_longest(*groups) for text in some if text is not None)]


def _evaluated(session: Session, query: str) -> list[str]:
    return [text for (text,) in read(session, query) or () if text is not None]


def _valid(session: Session, texts: Sequence[str], kind: str) -> list[str]:
    """The texts that Postgres takes as values of a type, as it writes them."""
    if not texts:
        return []
    selected = sql.SQL(", ").join(
        sql.SQL("CAST(CAST({} AS {}) AS pg_catalog.text)").format(sql.Literal(text), sql.SQL(kind)) for text in texts
    )
    answer = read(session, sql.SQL("SELECT {}").format(selected).as_string(session.connection))
    if answer is not None:
        return [text for text in dict.fromkeys(answer[0]) if text is not None]
    if len(texts) == 1:
        return []
    half = len(texts) // 2
    return list(dict.fromkeys((*_valid(session, texts[:half], kind), *_valid(session, texts[half:], kind))))


def _shortened(pools: Mapping[int, Sequence[str | None]]) -> dict[int, Sequence[str | None]]:
    """The pools without their last values, so that there are no more combinations than can be tried."""
    shortened = dict(pools)
    while prod(map(len, shortened.values())) > _MOST:
        longest = max(shortened, key=lambda number: len(shortened[number]))
        pool = shortened[longest]
        # NULL, which stands last, is kept.
        shortened[longest] = [*pool[: -2 if pool[-1] is None else -1], *([None] if pool[-1] is None else [])]
    return shortened


def _candidate(pools: Mapping[int, Sequence[str | None]], number: int) -> Values:
    """The candidate of this number."""
    rest = number % prod(map(len, pools.values()))
    values: Values = {}
    for column, pool in reversed(list(pools.items())):
        rest, place = divmod(rest, len(pool))
        values[column] = pool[place]
    return values


def _pool(number: int) -> sql.Identifier:
    return sql.Identifier(f"pytest_ctb_pool_{number}")


def _with_rows(connection: psycopg.Connection[Any], query: str, rows: sql.Composed) -> str:
    """The query with ROWS in its WITH clause."""
    relation = f"{ROWS} AS MATERIALIZED ({rows.as_string(connection)})"
    for start in ("WITH RECURSIVE ", "WITH "):
        if query.startswith(start):
            return f"{start}{relation}, {query.removeprefix(start)}"
    return f"WITH {relation} {query}"


def read(session: Session, query: str) -> list[tuple[Any, ...]] | None:
    """What a query gives, of which nothing is left; None where it fails. Raises psycopg.Error where the server is lost.

    What it asks for comes from the file: a column may not be there yet, a function may not end.
    """
    answer = ask(session, query)
    return None if isinstance(answer, str) else answer


def ask(session: Session, query: str) -> list[tuple[Any, ...]] | str:
    """The same, with the SQLSTATE of the error where it fails."""
    connection = session.connection
    inside = connection.info.transaction_status is not TransactionStatus.IDLE
    begin = "SAVEPOINT pytest_ctb" if inside else "BEGIN"
    back = "ROLLBACK TO pytest_ctb; RELEASE pytest_ctb" if inside else "ROLLBACK"
    try:
        cursor = connection.execute(f"{begin}; SET LOCAL statement_timeout = '{_TIME}'; {query}; {back}".encode())
    except psycopg.Error as error:
        if connection.closed:
            raise
        connection.execute(back.encode())
        return error.sqlstate or ""
    while cursor.description is None and cursor.nextset():
        pass
    return cursor.fetchall()
