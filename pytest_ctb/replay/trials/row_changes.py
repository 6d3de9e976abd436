"""Compare the rows of tables before and after a file: which rows are gone, and which values were overwritten."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from pytest_ctb.model import Loss, Rows, Trace
from pytest_ctb.replay.session.row_security import switch
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session

Row = tuple[str | None, ...]
"""The values of a row as text, in the order of the columns."""
_GRAMMAR_TYPES = {
    "bigint",
    "bit",
    "boolean",
    "character",
    "double",
    "integer",
    "interval",
    "numeric",
    "real",
    "smallint",
    "time",
    "timestamp",
}
"""The first words of type names that belong to the grammar, and have no schema (manual, chapter 8)."""
_LEDGERS = {
    "__EFMigrationsHistory",
    "_prisma_migrations",
    "_sqlx_migrations",
    "alembic_version",
    "ar_internal_metadata",
    "databasechangelog",
    "databasechangeloglock",
    "django_migrations",
    "flyway_schema_history",
    "goose_db_version",
    "knex_migrations",
    "knex_migrations_lock",
    "schema_migrations",
    "schema_version",
}
"""Tables in which tools note how far the schema is: each migration that the tool prints changes their rows."""
_MAX_ROWS = 20_000
"""The rows of larger tables are not compared."""
_PARTITIONS = """
SELECT DISTINCT coalesce(p.relid::pg_catalog.oid, o)::bigint
FROM pg_catalog.unnest(%s::bigint[]::pg_catalog.oid[]) AS o
LEFT JOIN LATERAL pg_catalog.pg_partition_tree(o) AS p ON p.isleaf
"""
_ALL_TABLES = in_full("""
SELECT c.oid::bigint FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
""")
_DIGEST = sql.SQL(
    "SELECT pg_catalog.count(*), pg_catalog.md5(pg_catalog.string_agg(h, '' ORDER BY h)) "
    "FROM (SELECT pg_catalog.md5(ROW({})::pg_catalog.text) AS h FROM {}) AS hashed"
)


class Column(NamedTuple):
    """A column of a table; its number stays where its name or type changes."""

    number: int
    name: str
    type: str
    generated: bool


class TableRows(NamedTuple):
    """The columns and rows of a table."""

    oid: int
    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[int, ...]
    """The numbers of the columns of the primary key."""
    root: int | None
    """The oid of the partitioned table that it is a partition of."""
    readable: bool = True
    """The role has the privilege SELECT."""
    secured: bool = False
    """It has row security, which may hide rows from the role."""
    rows: tuple[Row, ...] = ()
    unread: str = ""
    """Why its rows were not read; empty where they were."""

    @property
    def full_name(self) -> str:
        """Schema and name, as in the keys of a Schema."""
        return f"{self.schema}.{self.name}"

    @property
    def is_open(self) -> bool:
        """The role may read all its rows."""
        return self.readable and not self.secured

    @property
    def is_pointer(self) -> bool:
        """It holds one row, which is nothing but its key: which version is in force, say. A change of it points on."""
        return len(self.rows) == 1 and {column.number for column in self.columns} == set(self.key)


def read_tables(session: Session, oids: Iterable[int]) -> dict[int, TableRows]:
    """By oid: the tables of these oids that exist, with their rows; of a partitioned table its partitions.

    Raises psycopg.Error.
    """
    tables = {}
    partitions = session.connection.execute(_PARTITIONS, [list(oids)]).fetchall()
    there = described(session, [oid for (oid,) in partitions])
    for table, rows in zip(there, _all_rows(session, [(table, table.columns) for table in there]), strict=True):
        too_large = f"it holds more than {_MAX_ROWS:,} rows, which are not compared" if len(rows) > _MAX_ROWS else ""
        tables[table.oid] = table._replace(rows=() if too_large else rows, unread=too_large)
    return tables


def all_tables(connection: psycopg.Connection[Any]) -> set[int]:
    """The oids of all tables of the migrations. Raises psycopg.Error."""
    return {oid for (oid,) in connection.execute(_ALL_TABLES)}


def digests(session: Session, oids: Iterable[int], *, lasting: bool = False) -> dict[str, tuple[int, str]]:
    """By full name: how many rows each table has, and a digest of them that does not depend on their order.

    `lasting` leaves out the values that differ from run to run: times and UUIDs. Raises psycopg.Error.
    """
    by_name = {}
    for table in described(session, oids):
        columns = [
            column.name
            for column in table.columns
            if not (lasting and (_is_time(column.type) or column.type == "uuid"))
        ]
        row = sql.SQL(", ").join(map(sql.Identifier, columns)) if columns else sql.SQL("NULL")
        query = _DIGEST.format(row, sql.Identifier(table.schema, table.name))
        for count, digest in _query(session, table, query):
            by_name[table.full_name] = (int(count), str(digest))
    return by_name


def row_difference(table: str, before: tuple[int, str] | None, after: tuple[int, str] | None) -> Rows:
    """The change of a table's rows between two different `digests`, as Rows: one updated row where counts are equal."""
    more = (after[0] if after else 0) - (before[0] if before else 0)
    return Rows(table, max(more, 0), 0 if more else 1, max(-more, 0))


def described(session: Session, oids: Iterable[int], kinds: str = "r") -> list[TableRows]:
    """The tables of these oids and kinds (pg_class.relkind) that exist, without their rows."""
    tables = list(oids)
    if not tables:
        return []
    return [
        TableRows(oid, schema, name, tuple(map(Column, numbers, names, types, generated)), tuple(key), root, *visible)
        for ((oid, schema, name, numbers, names, types, key, generated, root, *visible),) in session.ask(
            "columns", tables=tables, kinds=list(kinds)
        )
    ]


def _all_rows(session: Session, tables: Sequence[tuple[TableRows, Sequence[Column]]]) -> list[tuple[Row, ...]]:
    """The rows of each of these tables; those that the role may read come in one message."""
    queries = [_select(table, columns) for table, columns in tables if table.is_open]
    together = session.connection.execute(sql.SQL("; ").join(queries)) if queries else None
    rows: list[tuple[Row, ...]] = []
    for table, columns in tables:
        if table.is_open and together is not None:
            rows.append(tuple(together.fetchall()))
            together.nextset()
        else:
            rows.append(_rows(session, table, columns))
    return rows


def _rows(
    session: Session,
    table: TableRows,
    columns: Sequence[Column],
    casts: Mapping[int, str] | None = None,
) -> tuple[Row, ...]:
    """The rows of a table; `casts` are the types to cast columns to, by number."""
    return tuple(_query(session, table, _select(table, columns, casts or {})))


def _select(
    table: TableRows, columns: Sequence[Column], casts: Mapping[int, str] = MappingProxyType({})
) -> sql.Composed:
    """A query for the rows of a table, as text."""
    values = [
        sql.SQL("{}{}::pg_catalog.text").format(
            sql.Identifier(column.name),
            sql.SQL(f"::{qualified(casts[column.number])}" if column.number in casts else ""),
        )
        for column in columns
    ]
    return sql.SQL("SELECT {} FROM {} LIMIT {}").format(
        sql.SQL(", ").join(values), sql.Identifier(table.schema, table.name), _MAX_ROWS + 1
    )


def _query(session: Session, table: TableRows, query: sql.Composed) -> list[Any]:
    """The result of a query on a table, with all its rows, whoever may see them.

    Where the role may not read the table, it is granted SELECT for the query, and row security is off for so long.
    Raises psycopg.Error, also where the role cannot do that.
    """
    connection = session.connection
    if table.is_open:
        return connection.execute(query).fetchall()
    name = sql.Identifier(table.schema, table.name)
    with connection.transaction(force_rollback=True):
        if not table.readable:
            connection.execute(sql.SQL("GRANT SELECT ON {} TO CURRENT_USER").format(name))
        if table.secured:
            switch(connection, {table.oid: name}, on=False, installed=session.installed)
        return connection.execute(query).fetchall()


def losses(
    session: Session,
    before: Mapping[int, TableRows],
    traces: Sequence[Trace],
    assigned: AbstractSet[str],
) -> dict[LossKey, Loss]:
    """The rows and values that were lost, without their lines. Dropped tables and columns are not among them.

    `assigned` are the columns that the file's text sets. A time in another column was set by a trigger, which records
    the change rather than losing a value. Raises psycopg.Error.
    """
    by_key: dict[LossKey, Loss] = {}
    with session.connection.transaction(force_rollback=True):
        session.connection.execute("RESET ALL")  # a setting of the file would write the same values in another way
        now = described(session, [oid for oid, old in before.items() if old.rows and old.name not in _LEDGERS])
        for kept, rows in _rows_as_before(session, [_Kept(before[table.oid], table) for table in now]):
            effects = _effects(traces, {kept.before.full_name, kept.after.full_name})
            for loss in _losses_of_table(session, kept, rows, effects, assigned):
                by_key[LossKey(kept.after.oid, loss.what, loss.column)] = loss
    return by_key


class LossKey(NamedTuple):
    """Identifies a loss: the oid of its table, what was lost, and the column."""

    table: int
    what: str
    column: str


class _Kept(NamedTuple):
    """A table before and after a file."""

    before: TableRows
    after: TableRows

    @property
    def columns(self) -> list[tuple[Column, Column]]:
        """The columns that both have, as they were and as they are."""
        after = {column.number: column for column in self.after.columns}
        return [(column, after[column.number]) for column in self.before.columns if column.number in after]

    @property
    def casts(self) -> dict[int, str]:
        """By number: the types that columns had, where they have another one now."""
        return {old.number: old.type for old, new in self.columns if old.type != new.type}


class _Effects(NamedTuple):
    """What statements did to a table."""

    rewritten: bool
    truncated: bool
    written: bool
    most_deleted: int | None
    """How many rows were deleted at most; None where the counters do not tell."""


def _effects(traces: Sequence[Trace], names: AbstractSet[str]) -> _Effects:
    """What statements did to the table that has, or had, these names, leaving out what was rolled back."""
    traces = [trace for trace in traces if not trace.undone]
    rewritten = any(names & set(trace.rewritten) for trace in traces)
    truncated = any(names & set(trace.truncated) for trace in traces)
    counted = [rows for trace in traces for rows in trace.rows if rows.table in names]
    unknown = any("rows" in trace.unknown for trace in traces)
    most_deleted = None if truncated or unknown else sum(rows.deleted for rows in counted)
    return _Effects(rewritten, truncated, bool(rewritten or counted or unknown), most_deleted)


def _losses_of_table(
    session: Session, table: _Kept, rows: Sequence[Row], effects: _Effects, assigned: AbstractSet[str]
) -> Iterable[Loss]:
    """The losses of a table whose rows are `rows` now."""
    before, after = table.before, table.after
    kept, columns = map(list, zip(*table.columns, strict=True))
    new_columns = {column.number: column for column in columns}
    places = [before.columns.index(column) for column in kept]
    old_rows = [tuple(row[place] for place in places) for row in before.rows]
    key = [place for place, column in enumerate(kept) if column.number in before.key]
    pairs, gone, new = _paired(old_rows, list(rows), key if len(key) == len(before.key) else [])
    gone = _not_moved(session, before, columns, gone) if gone else gone
    if effects.most_deleted is not None:  # the other rows are there: each of their values is another now
        renewed = list(zip(gone[effects.most_deleted :], new, strict=False))
        pairs += renewed
        gone = gone[: len(gone) - len(renewed)]
    if gone:
        what = "truncated" if effects.truncated and not rows else "deleted"
        yield Loss(0, after.full_name, what, len(gone), len(old_rows))
    if not effects.written or (before.is_pointer and not effects.rewritten):
        return  # other text alone is no loss: a value of an enum was renamed, say
    for place, column in enumerate(kept):
        is_assigned = new_columns[column.number].name in assigned or column.name in assigned
        if column.generated or (_is_time(column.type) and not is_assigned and not effects.rewritten):
            continue
        values = [(old[place], new[place]) for old, new in pairs if old[place] is not None and old[place] != new[place]]
        if values:
            old_value, new_value = values[0]
            sample = (old_value or "", "NULL" if new_value is None else new_value)
            yield Loss(0, after.full_name, "overwritten", len(values), len(old_rows), column.name, sample)


def _not_moved(session: Session, before: TableRows, columns: Sequence[Column], gone: Sequence[Row]) -> list[Row]:
    """The rows that are in no other partition of the same table either."""
    for root in described(session, [before.root] if before.root else [], "p"):
        by_name = {column.name: column for column in root.columns}
        if all(column.name in by_name for column in columns):
            rows = Counter(_rows(session, root, [by_name[column.name] for column in columns]))
            return list((Counter(gone) - rows).elements())
    return list(gone)


def _rows_as_before(session: Session, tables: Iterable[_Kept]) -> Iterator[tuple[_Kept, tuple[Row, ...]]]:
    """The tables that kept a column, with their rows now; values of a new type are cast back where that is possible."""
    kept = [(table, [new for _, new in table.columns]) for table in tables if table.columns]
    unchanged = [(table, columns) for table, columns in kept if not table.casts]
    rows = _all_rows(session, [(table.after, columns) for table, columns in unchanged])
    yield from zip((table for table, _ in unchanged), rows, strict=True)
    for table, columns in kept:
        if table.casts:
            yield table, _cast_back(session, table, columns)


def _cast_back(session: Session, table: _Kept, columns: Sequence[Column]) -> tuple[Row, ...]:
    with contextlib.suppress(psycopg.Error), session.connection.transaction():
        return _rows(session, table.after, columns, table.casts)
    return _rows(session, table.after, columns)


def _paired(
    old: Sequence[Row], new: Sequence[Row], key: Sequence[int]
) -> tuple[list[tuple[Row, Row]], list[Row], list[Row]]:
    """Pairs of an old row and the same row now; the old rows and the new ones that are left.

    Rows are the same where the columns of the key (places in a row) are equal. The remaining rows, or all where the key
    is empty, are paired with the row that has most of their values.
    """
    if key:
        by_key = {tuple(row[place] for place in key): row for row in new}
        matches = [(row, by_key.get(tuple(row[place] for place in key))) for row in old]
        pairs = [(row, match) for row, match in matches if match is not None]
        gone = [row for row, match in matches if match is None]
        matched = {id(match) for _, match in pairs}
        unmatched = [row for row in new if id(row) not in matched]
    else:
        pairs = []
        same = Counter(old) & Counter(new)
        gone, unmatched = list((Counter(old) - same).elements()), list((Counter(new) - same).elements())
    for row in list(gone):
        best = max(unmatched, key=lambda other: _equal_values(row, other), default=None)
        if best is None or not any(a == b and a is not None for a, b in zip(row, best, strict=True)):
            continue
        unmatched.remove(best)
        gone.remove(row)
        pairs.append((row, best))
    return pairs, gone, unmatched


def _equal_values(row: Row, other: Row) -> int:
    return sum(a == b for a, b in zip(row, other, strict=True))


def qualified(kind: str) -> str:
    """The name of a type with its schema: the witness gives the types of Postgres without it."""
    builtin = "." not in kind and re.match(r"\w*", kind)[0] not in _GRAMMAR_TYPES  # type: ignore[index]
    return f"pg_catalog.{kind}" if builtin else kind


def _is_time(kind: str) -> bool:
    return kind.startswith(("time", "date"))
