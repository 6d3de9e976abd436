"""Rows made for a file: such that its statements find some to write, as its conditions say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

import psycopg
from psycopg import sql

from pytest_ctb.model import Migration, Source, Statement
from pytest_ctb.replay.session.row_security import secured, switch
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.made.candidates import Candidates, candidates, read, where
from pytest_ctb.replay.trials.target_tables import ForeignKey, TargetTable, Values, target_table
from pytest_ctb.replay.trials.values import value
from pytest_ctb.sql import Goal, Write, functions_called, parse, row_reads, row_writes

_WRITES = 100
"""The most writes of a file that rows are made for."""
_ROWS = 3
"""How many rows are made for a goal."""
_TRIES = 12
"""How many candidates are inserted, in all, before a goal counts as out of reach."""
_FIRST = 600
"""Where the numbers start that tell unique values apart: above those of ordinary rows."""
_COLUMNS = in_full("""
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind, pg_catalog.array_agg(a.attname::pg_catalog.text),
    ARRAY(WITH RECURSIVE tree(oid) AS (
        SELECT c.oid UNION ALL SELECT i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
    ) SELECT pg_catalog.concat(m.nspname, '.', k.relname)
      FROM tree t JOIN pg_catalog.pg_class k ON k.oid = t.oid JOIN pg_catalog.pg_namespace m ON m.oid = k.relnamespace)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid = pg_catalog.to_regclass(%s::pg_catalog.text)::pg_catalog.oid
GROUP BY c.oid, n.nspname, c.relname, c.relkind
""")
_BODIES = in_full("""
SELECT pg_catalog.pg_get_functiondef(p.oid)
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE p.proname = ANY (%s::pg_catalog.name[]) AND l.lanname IN ('sql', 'plpgsql') AND p.prokind IN ('f', 'p')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY p.oid
""")
_CALLING = {"SELECT", "SELECT INTO", "CALL", "INSERT", "UPDATE", "DELETE", "MERGE"}
_BASE = sql.Identifier("pytest_ctb_base")


class MadeRow(NamedTuple):
    """A row for a table: values for some of its columns; the rest is as in a row that is there."""

    table: int
    """Its oid."""
    values: Values
    base: int
    """Which row the rest is taken from, counted from 0."""
    place: int
    """That of the statement that it was made for, in `Migration.sent`."""


class NullsGone(NamedTuple):
    """Rows with NULL in one of these columns are taken away: one of them is enough for NOT IN to meet no row."""

    table: int
    columns: tuple[str, ...]
    place: int


class WriteSeen(NamedTuple):
    """A write of a file to a table that was there before it."""

    place: int
    """That of its statement, or of the statement that it is inside of, in `Migration.sent`."""
    line: int
    verb: str
    table: str
    """Schema and name, as in the keys of a Schema."""
    query: str
    """The number of rows that it is about, as SQL; empty where that cannot be said."""
    tables: frozenset[str]
    """The table, its partitions and children; empty where it writes through a view, to tables that it does not name."""
    inside: bool
    """It stands in the body of a DO block or a function, which may not come to it."""
    met: bool | None
    """Whether its condition is met by rows that are there now; None: that cannot be asked."""
    impossible: bool
    """The planner can prove that no row meets the condition."""


class Made(NamedTuple):
    """The rows made for a file, and its writes."""

    rows: tuple[MadeRow | NullsGone, ...] = ()
    writes: tuple[WriteSeen, ...] = ()


def make_rows(session: Session, file: Migration, old: int) -> Made:
    """Run a file, and before each of its statements look for rows that it would write, and insert them.

    `old` is the number that everything made since the file began is above. Raises psycopg.Error.
    """
    session.used_sequences = None  # a condition may use any
    maker = _Maker(session, old)
    seen: list[WriteSeen] = []
    for place, statement in enumerate(file.sent):
        maker.place = place
        for inner in _run_by(session, statement):
            for goal in row_reads(inner, maker.columns_of) if inner is not statement else ():
                maker.reach(goal)
            for write in row_writes(inner, maker.columns_of):
                line = statement.position.line if inner.source is not statement.source else inner.position.line
                if len(seen) < _WRITES and (made := maker.make_for(write, line, inside=inner is not statement)):
                    seen.append(made)
        if session.run([statement]).error:
            break
    return Made(tuple(maker.made), tuple(seen))


def _run_by(session: Session, statement: Statement, called: frozenset[str] = frozenset()) -> Iterator[Statement]:
    """The statements that a statement runs: itself, those of a DO block, and those of the functions that it calls."""
    yield statement
    inner = statement.inner if statement.tag == "DO" else ()
    names = functions_called(statement) - called if statement.tag in _CALLING else frozenset()
    if names:
        bodies = (body for (body,) in session.connection.execute(_BODIES, [sorted(names)]))
        definitions = [definition for body in bodies for definition in parse(Source(body))[0]]
        inner = (*inner, *(part for definition in definitions for part in definition.inner))
    for part in inner:
        yield from _run_by(session, part, called | names)


def insert_made(session: Session, rows: Iterable[MadeRow | NullsGone]) -> None:
    """Insert rows that were made for a file; one that the schema refuses is left out. Raises psycopg.Error."""
    made = list(rows)
    if not made:
        return
    answers = session.ask("fillable", tables=sorted({row.table for row in made}))
    tables = {table.oid: table for table in (target_table(row) for (row,) in answers)}
    policies = secured(session.connection, tables)
    switch(session.connection, policies, on=False, installed=session.installed)
    for row in made:
        if (table := tables.get(row.table)) is None:
            continue
        if isinstance(row, NullsGone):
            _take_nulls_away(session, table, row.columns)
        else:
            _insert(session, table, row.values, row.base)
    switch(session.connection, policies, on=True, installed=session.installed)


class _Found(NamedTuple):
    """A relation, as a session finds it by its name."""

    oid: int
    schema: str
    name: str
    kind: str
    columns: Sequence[str]
    tables: Sequence[str]
    """Its name, and those of its partitions and children, with their schemas."""


class _Maker:
    """Makes rows for goals, one after the other, and notes them."""

    def __init__(self, session: Session, old: int) -> None:
        self._session = session
        self._old = old
        self._numbers = count(_FIRST)
        self.made: list[MadeRow | NullsGone] = []
        self.place = 0
        """That of the statement that rows are made for."""

    def columns_of(self, schema: str, name: str) -> Collection[str]:
        """The columns of a relation, as the session finds it; empty where there is none."""
        found = self._find(schema, name)
        return found.columns if found else ()

    def _find(self, schema: str, name: str) -> _Found | None:
        identifier = sql.Identifier(*filter(None, (schema, name))).as_string(self._session.connection)
        row = self._session.connection.execute(_COLUMNS, [identifier]).fetchone()
        return row and _Found(*row)

    def make_for(self, write: Write, line: int, *, inside: bool) -> WriteSeen | None:
        """Reach the goals of a write; None where its table is new."""
        found = self._find(write.schema, write.table)
        if found is None:
            return None
        met = self._reach_all(write.goals)
        if met is False and found.oid <= self._old and self._take_nulls_away(write.goals):
            met = self._reach_all(write.goals)
        if found.oid > self._old:
            return None
        impossible = met is False and _impossible(self._session, write.goals[-1].searches[-1].rows)
        name = f"{found.schema}.{found.name}"
        tables = frozenset() if found.kind == "v" else frozenset(found.tables)
        return WriteSeen(self.place, line, write.verb, name, write.query, tables, inside, met, impossible)

    def _reach_all(self, goals: Iterable[Goal]) -> bool | None:
        met: bool | None = None
        for goal in goals:
            met = self.reach(goal)
        return met

    def _take_nulls_away(self, goals: Iterable[Goal]) -> bool:
        """Take the rows with NULL in a column that a statement names away: whether there were any."""
        gone = False
        for oid, goal in {found.oid: goal for goal in goals if (found := self._find(goal.schema, goal.table))}.items():
            answers = self._session.ask("fillable", tables=[oid]) if oid <= self._old else []
            tables = [table for (row,) in answers if (table := target_table(row)).oid == oid]
            for table in tables:
                nullable = tuple(c.name for c in table.columns if c.name in goal.named and not c.not_null)
                if nullable and _take_nulls_away(self._session, table, nullable):
                    self.made.append(NullsGone(oid, nullable, self.place))
                    gone = True
        return gone

    def reach(self, goal: Goal) -> bool | None:
        """Make rows that meet a goal: whether there are some now; None where that cannot be asked."""
        found = self._find(goal.schema, goal.table)
        if found is None:
            return None
        oid = found.oid
        pool: Candidates | None = None
        for search in goal.searches:
            if _exists(self._session, search.rows):
                return True
            if oid > self._old:
                continue
            pool = pool or candidates(self._session, oid, goal)
            if pool is None:
                return None
            met = pool.meeting(self._session, search.candidates, _TRIES)
            if met and self._insert_some(pool.table, met) and _exists(self._session, search.rows):
                return True
        answer = _exists(self._session, goal.searches[-1].rows)
        if pool is None or answer:
            return answer
        if answer is None:
            self._insert_some(pool.table, self._by_parts(pool, goal))
        if goal.repeated or answer is None:
            self._insert_some(pool.table, list(_near_duplicates(pool)), most=_TRIES)
        return _exists(self._session, goal.searches[-1].rows)

    def _by_parts(self, pool: Candidates, goal: Goal) -> list[Values]:
        """Candidates that meet those of the conditions that can be asked: a variable of PL/pgSQL cannot."""
        asked = [
            f"({part.sql})"
            for part in goal.parts
            if pool.meeting(self._session, where(self._session, goal, part.sql), 1) is not None
        ]
        query = where(self._session, goal, " AND ".join(asked) or "true")
        return pool.meeting(self._session, query, _TRIES) or []

    def _insert_some(self, table: TargetTable, rows: Sequence[Values], most: int = _ROWS) -> int:
        """Insert some of the rows, completed from different rows that are there: how many the schema took."""
        inserted = 0
        for base, values in enumerate((*rows, *(rows[:1] * (_ROWS - len(rows))))):
            complete = self._with_unique(table, values)
            self._provide_parents(table, complete)
            if inserted < most:
                inserted += self._insert(table, complete, base)
        return inserted

    def _insert(self, table: TargetTable, values: Values, base: int = 0) -> bool:
        taken = _insert(self._session, table, values, base)
        if taken is None:
            return False
        self.made.append(MadeRow(table.oid, values, taken, self.place))
        return True

    def _with_unique(self, table: TargetTable, values: Values) -> Values:
        """The values, with fresh ones for the other unique columns."""
        number = next(self._numbers)
        fresh = {
            column.number: value(column.type, wide=False, number=number)
            for column in table.columns
            if column.number in table.unique_columns - values.keys() - table.referring_columns
        }
        for key in table.foreign_keys:
            if set(key.columns) & table.unique_columns and not set(key.columns) & values.keys():
                fresh |= self._free_key(table, key)
        return {**values, **fresh}

    def _free_key(self, table: TargetTable, key: ForeignKey) -> Values:
        """Values of a foreign key that no row of the table has yet."""
        parent = self._parent(key)
        if parent is None:
            return {}
        names = [parent.column(number).name for number in key.referenced_columns]
        own = [table.column(number).name for number in key.columns]
        columns = sql.SQL(", ").join(
            sql.SQL("CAST({} AS pg_catalog.text)").format(sql.Identifier("p", name)) for name in names
        )
        same = sql.SQL(" AND ").join(
            sql.SQL("{} OPERATOR(pg_catalog.=) {}").format(sql.Identifier("c", a), sql.Identifier("p", b))
            for a, b in zip(own, names, strict=True)
        )
        query = sql.SQL("SELECT {} FROM {} AS p WHERE NOT EXISTS (SELECT FROM {} AS c WHERE {}) LIMIT 1").format(
            columns, parent.identifier, table.identifier, same
        )
        rows = read(self._session, query.as_string(self._session.connection)) or []
        return dict(zip(key.columns, rows[0], strict=True)) if rows else {}

    def _provide_parents(self, table: TargetTable, values: Values, depth: int = 0) -> None:
        """Insert the rows that the values refer to, where they are not there."""
        for key in table.foreign_keys:
            wanted = [values.get(number) for number in key.columns]
            parent = self._parent(key) if set(key.columns) <= values.keys() and None not in wanted else None
            if parent is None or parent.oid > self._old or depth > _ROWS:
                continue
            keys: Values = dict(zip(key.referenced_columns, wanted, strict=True))
            complete = self._with_unique(parent, keys)
            self._provide_parents(parent, complete, depth + 1)
            self._insert(parent, complete)

    def _parent(self, key: ForeignKey) -> TargetTable | None:
        answers = self._session.ask("fillable", tables=[key.referenced_table])
        tables = (target_table(row) for (row,) in answers)
        return next((table for table in tables if table.oid == key.referenced_table), None)


def _near_duplicates(pool: Candidates) -> Iterator[Values]:
    """Candidates that differ from a row that is there in one column, or in none."""
    yield {}
    for number, values in pool.pools.items():
        for text in values[:2]:
            yield {number: text}


def _exists(session: Session, query: str) -> bool | None:
    answer = read(session, f"SELECT EXISTS ({query})")
    return None if answer is None else bool(answer[0][0])


def _impossible(session: Session, query: str) -> bool:
    """Whether the planner can prove that a query gives no row."""
    answer = read(session, f"SET LOCAL constraint_exclusion = on; EXPLAIN (FORMAT JSON, COSTS off) {query}")
    plan = answer[0][0][0]["Plan"] if answer else {}
    return plan.get("Node Type") == "Result" and plan.get("One-Time Filter") == "false"


def _take_nulls_away(session: Session, table: TargetTable, columns: Iterable[str]) -> bool:
    null = sql.SQL(" OR ").join(sql.SQL("{} IS NULL").format(sql.Identifier(column)) for column in columns)
    try:
        with session.connection.transaction():
            cursor = session.connection.execute(sql.SQL("DELETE FROM {} WHERE {}").format(table.identifier, null))
            session.settle()
    except psycopg.Error:
        if session.connection.closed:
            raise
        return False
    return cursor.rowcount > 0


def _insert(session: Session, table: TargetTable, values: Values, base: int) -> int | None:
    """Insert a row with these values, and the rest from a row that is there, or from another where the schema refuses.

    Returns which row that was, counted from 0; None where no row was inserted.
    """
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    selected = sql.SQL(", ").join(
        sql.Literal(values[column.number])
        if column.number in values
        else sql.SQL("{}.{}").format(_BASE, sql.Identifier(column.name))
        for column in table.columns
    )
    always = sql.SQL("OVERRIDING SYSTEM VALUE" if any(column.identity for column in table.columns) else "")
    into = sql.SQL("INSERT INTO {} ({}) {}").format(table.identifier, columns, always)
    for offset in dict.fromkeys((base, *range(_ROWS))):
        row = sql.SQL("(SELECT * FROM {} LIMIT 1 OFFSET {})").format(table.identifier, sql.Literal(offset))
        try:
            with session.connection.transaction():
                cursor = session.connection.execute(
                    sql.SQL("{} SELECT {} FROM {} AS {}").format(into, selected, row, _BASE)
                )
                session.settle()
        except psycopg.Error:
            if session.connection.closed:
                raise
        else:
            if cursor.rowcount > 0:
                return offset
    return None
