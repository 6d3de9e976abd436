"""Make rows for a file: such that its statements find some to write, as their conditions say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from psycopg import sql

from pytest_ctb.model import Migration, Source, Statement
from pytest_ctb.replay.session.outcome import Look
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.made.candidates import Candidates, candidates, read, where
from pytest_ctb.replay.trials.made.keys import free_key, next_number, table_of
from pytest_ctb.replay.trials.made.rows import MadeRow, NullsGone, all_rows, insert_row, take_nulls_away
from pytest_ctb.replay.trials.row_changes import qualified
from pytest_ctb.replay.trials.target_tables import TargetTable, Values
from pytest_ctb.replay.trials.values import value
from pytest_ctb.sql import Described, Goal, Write, functions_called, parse, prepared, row_reads, row_writes

_WRITES = 100
"""The most writes of a file that rows are made for; of the others it is only seen whether they touch rows."""
_ROWS = 3
"""How many rows are made for a goal."""
_TRIES = 12
"""How many candidates are inserted, in all, before a goal counts as out of reach."""
_FIRST = 600
"""Where the numbers start that tell unique values apart: above those of ordinary rows."""
_COLUMNS = in_full("""
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind,
    pg_catalog.json_object_agg(a.attname,
        CASE WHEN t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace THEN pg_catalog.format_type(t.oid, a.atttypmod)
             ELSE pg_catalog.concat(pg_catalog.quote_ident(s.nspname), '.', pg_catalog.quote_ident(t.typname)) END),
    ARRAY(WITH RECURSIVE tree(oid) AS (
        SELECT c.oid UNION ALL SELECT i.inhrelid FROM tree r JOIN pg_catalog.pg_inherits i ON i.inhparent = r.oid
    ) SELECT pg_catalog.concat(m.nspname, '.', k.relname)
      FROM tree r JOIN pg_catalog.pg_class k ON k.oid = r.oid
      JOIN pg_catalog.pg_namespace m ON m.oid = k.relnamespace),
    coalesce((
        SELECT pg_catalog.string_agg(pg_catalog.concat('(', pg_catalog.pg_get_expr(y.polqual, c.oid), ')'), ' OR ')
        FROM pg_catalog.pg_policy y
        WHERE y.polrelid = c.oid AND y.polpermissive AND y.polqual IS NOT NULL AND c.relrowsecurity), '')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid JOIN pg_catalog.pg_namespace s ON s.oid = t.typnamespace
WHERE c.oid = pg_catalog.to_regclass(%s::pg_catalog.text)::pg_catalog.oid
GROUP BY c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity
""")
_BODIES = in_full("""
SELECT pg_catalog.pg_get_functiondef(p.oid)
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE p.proname = ANY (%s::pg_catalog.name[]) AND l.lanname = ANY ('{sql,plpgsql}') AND p.prokind = ANY ('{f,p}')
    AND n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema'
ORDER BY p.oid
""")
_CALLING = {"SELECT", "SELECT INTO", "CALL", "INSERT", "UPDATE", "DELETE", "MERGE"}
_WRITING = _CALLING | {"DO", "PREPARE", "EXECUTE", "EXPLAIN", "CREATE TABLE AS"}
"""Statements that may write rows by a condition: no others have rows made for them."""


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


def wants_rows(file: Migration) -> bool:
    """Whether a file may write rows by a condition, so that some are to be made for it."""
    return any(statement.tag in _WRITING for statement in file.sent)


def make_rows(session: Session, file: Migration, old: int) -> Made:
    """Run a file, and before each of its statements look for rows that it would write, and insert them.

    `old` is the number that everything made since the file began is above. Raises psycopg.Error.
    """
    session.used_sequences = None  # a condition may use any
    maker = _Maker(session, old)
    named: dict[str, Statement] = {}
    for place, statement in enumerate(file.sent):
        maker.place = place
        if statement.tag == "PREPARE":
            named[prepared(statement)] = statement
        else:
            executed = named.get(prepared(statement))
            for inner in _run_by(session, executed or statement):
                maker.make_for_all_of(inner, statement)
        if session.run([statement], Look.NEVER).error:
            break
    return Made(tuple(maker.made), tuple(maker.seen))


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


class _Relation(NamedTuple):
    """A relation, as a session finds it by its name."""

    oid: int
    schema: str
    name: str
    kind: str
    columns: Mapping[str, str]
    """With their types, as SQL."""
    tables: Sequence[str]
    """Its name, and those of its partitions and children, with their schemas."""
    policy: str


class _Maker:
    """Makes rows for goals, one after the other, and notes them."""

    def __init__(self, session: Session, old: int) -> None:
        self._session = session
        self._old = old
        self._numbers = count(_FIRST)
        self.made: list[MadeRow | NullsGone] = []
        self.seen: list[WriteSeen] = []
        self._given: dict[tuple[int, int], int] = {}
        """By table and column: the last number that a made row got there."""
        self.place = 0
        """That of the statement that rows are made for."""

    def describe(self, schema: str, name: str) -> Described:
        """What is known of a relation, as the session finds it."""
        relation = self._find(schema, name)
        if relation is None:
            return Described()
        return Described({name: qualified(kind) for name, kind in relation.columns.items()}, relation.policy)

    def _find(self, schema: str, name: str) -> _Relation | None:
        identifier = sql.Identifier(*filter(None, (schema, name))).as_string(self._session.connection)
        row = self._session.connection.execute(_COLUMNS, [identifier]).fetchone()
        return _Relation(*row) if row else None

    def make_for_all_of(self, inner: Statement, statement: Statement) -> None:
        """Make rows for the writes of a statement of the file, or of one that it runs."""
        inside = inner is not statement
        line = inner.position.line if inner.source is statement.source else statement.position.line
        for goal in row_reads(inner, self.describe) if inside else ():
            self.reach(goal)
        for write in row_writes(inner, self.describe):
            wanted = write if len(self.seen) < _WRITES else write._replace(goals=())
            if made := self._make_for(wanted, line, inside=inside):
                self.seen.append(made)

    def _make_for(self, write: Write, line: int, *, inside: bool) -> WriteSeen | None:
        """Reach the goals of a write; None where its table is new."""
        relation = self._find(write.schema, write.table)
        if relation is None:
            return None
        met = self._reach_all(write.goals)
        if met is False and relation.oid <= self._old and self._take_nulls_away(write.goals):
            met = self._reach_all(write.goals)
        if relation.oid > self._old:
            return None
        impossible = met is False and _impossible(self._session, write.goals[-1].searches[-1].rows)
        name = f"{relation.schema}.{relation.name}"
        tables = frozenset() if relation.kind == "v" else frozenset(relation.tables)
        return WriteSeen(self.place, line, write.verb, name, write.query, tables, inside, met, impossible)

    def _reach_all(self, goals: Iterable[Goal]) -> bool | None:
        met: bool | None = None
        for goal in goals:
            met = self.reach(goal)
        return met

    def _take_nulls_away(self, goals: Iterable[Goal]) -> bool:
        """Take the rows with NULL in a column that a statement names away: whether there were any."""
        gone = False
        by_table = {relation.oid: goal for goal in goals if (relation := self._find(goal.schema, goal.table))}
        for oid, goal in by_table.items():
            table = table_of(self._session, oid) if oid <= self._old else None
            columns = table.columns if table else ()
            nullable = tuple(column.name for column in columns if column.name in goal.named and not column.not_null)
            if table and nullable and take_nulls_away(self._session, table, nullable):
                self.made.append(NullsGone(oid, nullable, self.place))
                gone = True
        return gone

    def reach(self, goal: Goal) -> bool | None:
        """Make rows that meet a goal: whether there are some now; None where that cannot be asked."""
        relation = self._find(goal.schema, goal.table)
        if relation is None:
            return None
        oid = relation.oid
        pool: Candidates | None = None
        for search in goal.searches:
            if _exists(self._session, search.rows):
                return True
            if oid > self._old:
                continue
            with all_rows(self._session, [oid]):
                pool = pool or candidates(self._session, oid, goal)
                if pool is None:
                    return None
                met = pool.meeting(self._session, search.candidates, _TRIES)
                inserted = self._insert_some(pool.table, met) if met else 0
            if inserted and _exists(self._session, search.rows):
                return True
        answer = _exists(self._session, goal.searches[-1].rows)
        if pool is None or answer:
            return answer
        with all_rows(self._session, [oid]):
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
        """Insert some of the rows, completed from different rows that are there: how many the schema took.

        Where a row has the key of another, it gets one of its own: perhaps the condition holds for that as well.
        """
        inserted = 0
        for base, values in enumerate([*rows, *[rows[0] for _ in range(len(rows), _ROWS)]] if rows else ()):
            if inserted < most:
                keyless = {number: text for number, text in values.items() if number not in table.unique_columns}
                inserted += self._insert_whole(table, values, base) or (
                    keyless != values and self._insert_whole(table, keyless, base)
                )
        return inserted

    def _insert_whole(self, table: TargetTable, values: Values, base: int) -> bool:
        """Insert a row with fresh values for its other unique columns, and the rows that it refers to before it."""
        complete = self._with_unique(table, values)
        self._provide_parents(table, complete)
        return self._insert(table, complete, base)

    def _insert(self, table: TargetTable, values: Values, base: int = 0) -> bool:
        if not insert_row(self._session, table, values, base):
            return False
        self.made.append(MadeRow(table.oid, values, base, self.place))
        return True

    def _with_unique(self, table: TargetTable, values: Values) -> Values:
        """The values, with fresh ones for the other unique columns."""
        number = next(self._numbers)
        fresh: Values = {}
        for column in table.columns:
            if column.number in table.unique_columns - values.keys() - table.referring_columns:
                free = next_number(self._session, table, column)
                if free is not None:  # also where the file has deleted those that were given before
                    free = self._given[table.oid, column.number] = max(
                        free, self._given.get((table.oid, column.number), free - 1) + 1
                    )
                fresh[column.number] = value(column.type, wide=False, number=number) if free is None else str(free)
        for key in table.foreign_keys:
            if set(key.columns) & table.unique_columns and not set(key.columns) & values.keys():
                fresh |= free_key(self._session, table, key)
        return {**values, **fresh}

    def _provide_parents(self, table: TargetTable, values: Values, depth: int = 0) -> None:
        """Insert the rows that the values refer to, where they are not there."""
        for key in table.foreign_keys:
            wanted = [values.get(number) for number in key.columns]
            parent = (
                table_of(self._session, key.referenced_table)
                if set(key.columns) <= values.keys() and None not in wanted
                else None
            )
            if parent is None or parent.oid > self._old or depth > _ROWS:
                continue
            keys: Values = dict(zip(key.referenced_columns, wanted, strict=True))
            complete = self._with_unique(parent, keys)
            self._provide_parents(parent, complete, depth + 1)
            self._insert(parent, complete)


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
