"""The rows of a few tables before and after a file: which are gone, and which values are others now."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from pytest_ctb.model import Loss, Trace
from pytest_ctb.replay.session.session import Session

Row = tuple[str | None, ...]
_OF_THE_GRAMMAR = {
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
"""The first words of types whose names are no names of a catalog: manual, chapter 8."""
_MOST = 20_000
"""The rows of a larger table are not compared one by one."""
_PARTS = """
SELECT DISTINCT coalesce(p.relid::pg_catalog.oid, o)::bigint
FROM pg_catalog.unnest(%s::bigint[]::pg_catalog.oid[]) AS o
LEFT JOIN LATERAL pg_catalog.pg_partition_tree(o) AS p ON p.isleaf
"""
_DIGEST = sql.SQL(
    "SELECT pg_catalog.count(*), pg_catalog.md5(pg_catalog.string_agg(h, '' ORDER BY h)) "
    "FROM (SELECT pg_catalog.md5(ROW({})::pg_catalog.text) AS h FROM {}) AS hashed"
)


class Column(NamedTuple):
    """One column of a table: its number, which a new name or type does not change."""

    number: int
    name: str
    type: str
    generated: bool


class Table(NamedTuple):
    """A table's columns and rows, every value in its text form."""

    oid: int
    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[int, ...]
    """The numbers of the primary key's columns."""
    root: int | None
    """Of the partitioned table that it is a part of."""
    readable: bool = True
    """The role may read it."""
    rows: tuple[tuple[str | None, ...], ...] = ()
    unread: str = ""
    """Why its rows were not read."""

    @property
    def told(self) -> str:
        """The name as Schema has it."""
        return f"{self.schema}.{self.name}"


def read(session: Session, oids: Iterable[int]) -> dict[int, Table]:
    """The tables of these numbers that are there, with their rows; of a partitioned one, its parts.

    Raises psycopg.Error.
    """
    found = {}
    parts = session.connection.execute(_PARTS, [list(oids)]).fetchall()
    for one in _described(session, [oid for (oid,) in parts]):
        held = _rows(session.connection, one, one.columns)
        large = f"it holds more than {_MOST:,} rows, which are not compared" if len(held) > _MOST else ""
        found[one.oid] = one._replace(rows=() if large else held, unread=large)
    return found


def digests(session: Session, oids: Iterable[int], *, lasting: bool = False) -> dict[str, tuple[int, str]]:
    """How many rows each table has, and a digest of them; in which order they lie does not matter.

    `lasting`: without what is another value each time that it is made: times, and UUIDs. Raises psycopg.Error.
    """
    found = {}
    for one in _described(session, oids):
        columns = [c for c in one.columns if not (lasting and (_is_time(c.type) or c.type == "uuid"))]
        row = sql.SQL(", ").join(sql.Identifier(c.name) for c in columns) if columns else sql.SQL("NULL")
        query = _DIGEST.format(row, sql.Identifier(one.schema, one.name))
        for count, digest in _asked(session.connection, one, query):
            found[one.told] = (int(count), str(digest))
    return found


def _described(session: Session, oids: Iterable[int], kinds: str = "r") -> list[Table]:
    wanted = list(oids)
    if not wanted:
        return []
    return [
        Table(oid, schema, name, tuple(map(Column, numbers, names, types, generated)), tuple(key), root, readable)
        for ((oid, schema, name, numbers, names, types, key, generated, root, readable),) in session.ask(
            "columns", tables=wanted, kinds=list(kinds)
        )
    ]


def _rows(
    connection: psycopg.Connection[Any], table: Table, columns: Sequence[Column], cast: Mapping[int, str] | None = None
) -> tuple[tuple[str | None, ...], ...]:
    values = [
        sql.SQL("{}{}::pg_catalog.text").format(
            sql.Identifier(one.name),
            sql.SQL(f"::{_in_full(cast[one.number])}") if cast and one.number in cast else sql.SQL(""),
        )
        for one in columns
    ]
    found = sql.SQL("SELECT {} FROM {} LIMIT {}").format(
        sql.SQL(", ").join(values), sql.Identifier(table.schema, table.name), _MOST + 1
    )
    return tuple(_asked(connection, table, found))


def _asked(connection: psycopg.Connection[Any], table: Table, query: sql.Composed) -> list[Any]:
    """What a query of a table gives; of one that the role may not read, as if it might, for as long as that takes.

    Raises psycopg.Error, also where the table is not the role's to give.
    """
    if table.readable:
        return connection.execute(query).fetchall()
    with connection.transaction(force_rollback=True):
        connection.execute(
            sql.SQL("GRANT SELECT ON {} TO CURRENT_USER").format(sql.Identifier(table.schema, table.name))
        )
        return connection.execute(query).fetchall()


def losses(
    session: Session,
    before: Mapping[int, Table],
    traces: Sequence[Trace],
    assigned: AbstractSet[str],
) -> dict[Lost, Loss]:
    """What of the rows from before is not there any more, or not as it was; none of it has its line yet.

    A dropped table is not told, nor a dropped column. `assigned` are the columns that the file's text sets: a time in
    another column was set by a trigger, which keeps a record of the change rather than losing a value.
    Raises psycopg.Error.
    """
    found: dict[Lost, Loss] = {}
    for now in _described(session, [one for one, table in before.items() if table.rows]):
        for one in _of_table(session, before[now.oid], now, _Done.of(traces, before[now.oid], now), assigned):
            found[Lost(now.oid, one.what, one.column)] = one
    return found


class Lost(NamedTuple):
    """What was lost: which table's rows or values."""

    table: int
    what: str
    column: str


class _Done(NamedTuple):
    """What statements were seen to do to a table."""

    rewritten: bool
    truncated: bool
    written: bool

    @classmethod
    def of(cls, traces: Sequence[Trace], was: Table, now: Table) -> _Done:
        names = {was.told, now.told}
        kept = [one for one in traces if not one.undone]
        rewritten = any(names & set(one.rewritten) for one in kept)
        written = any(r.table in names for one in kept for r in one.rows) or any("rows" in one.unknown for one in kept)
        return cls(rewritten, any(names & set(one.truncated) for one in kept), rewritten or written)


def _of_table(session: Session, was: Table, now: Table, done: _Done, assigned: AbstractSet[str]) -> Iterable[Loss]:
    here = {one.number: one for one in now.columns}
    kept = [one for one in was.columns if one.number in here]
    if not kept:
        return
    columns = [here[one.number] for one in kept]
    cast = {one.number: one.type for one in kept if one.type != here[one.number].type}
    rows = _read_as_before(session.connection, now, columns, cast)
    places = [was.columns.index(one) for one in kept]
    old = [tuple(row[place] for place in places) for row in was.rows]
    pairs, gone = _paired(old, list(rows), [kept.index(one) for one in kept if one.number in was.key], was.key)
    gone = _not_moved(session, was, columns, gone) if gone else gone
    if gone:
        yield Loss(0, now.told, "truncated" if done.truncated and not rows else "deleted", len(gone), len(old))
    if not done.written:  # an enumeration's value has another name, say
        return
    for place, one in enumerate(kept):
        named = here[one.number].name in assigned or one.name in assigned
        if one.generated or (_is_time(one.type) and not named and not done.rewritten):
            continue
        changed = [(a[place], b[place]) for a, b in pairs if a[place] is not None and a[place] != b[place]]
        if changed:
            sample = (changed[0][0] or "", "NULL" if changed[0][1] is None else changed[0][1])
            yield Loss(0, now.told, "overwritten", len(changed), len(old), one.name, sample)


def _not_moved(session: Session, was: Table, columns: Sequence[Column], gone: Sequence[Row]) -> list[Row]:
    """Those that no other part of the same partitioned table holds now."""
    for root in _described(session, [was.root] if was.root else [], "p"):
        by_name = {one.name: one for one in root.columns}
        if all(one.name in by_name for one in columns):
            held = Counter(_rows(session.connection, root, [by_name[one.name] for one in columns]))
            return list((Counter(gone) - held).elements())
    return list(gone)


def _read_as_before(
    connection: psycopg.Connection[Any], now: Table, columns: Sequence[Column], cast: Mapping[int, str]
) -> tuple[tuple[str | None, ...], ...]:
    """A value of another type is compared as the old type writes it; where it has no way back, as it is."""
    if cast:
        with contextlib.suppress(psycopg.Error), connection.transaction():
            return _rows(connection, now, columns, cast)
    return _rows(connection, now, columns)


def _paired(
    old: Sequence[Row], new: Sequence[Row], key: Sequence[int], wanted: Sequence[int]
) -> tuple[list[tuple[Row, Row]], list[Row]]:
    """Rows with what became of them, and rows of which nothing did: by the primary key, else by being most alike."""
    if key and len(key) == len(wanted):
        after = {tuple(row[place] for place in key): row for row in new}
        pairs = [(row, after.get(tuple(row[place] for place in key))) for row in old]
        by_key = [(a, b) for a, b in pairs if b is not None]
        left = [a for a, b in pairs if b is None]
        taken = {id(b) for _, b in by_key}
        rest = [row for row in new if id(row) not in taken]
    else:
        by_key = []
        same = Counter(old) & Counter(new)
        left, rest = list((Counter(old) - same).elements()), list((Counter(new) - same).elements())
    for row in list(left):
        # With no key in common: the row that has most of its values.
        best = max(rest, key=lambda one: sum(a == b for a, b in zip(row, one, strict=True)), default=None)
        if best is None or not any(a == b and a is not None for a, b in zip(row, best, strict=True)):
            continue
        rest.remove(best)
        left.remove(row)
        by_key.append((row, best))
    return by_key, left


def _in_full(kind: str) -> str:
    """The name of a type, found whatever the search_path is: those of Postgres's own come without their schema."""
    own = "." not in kind and re.match(r"\w*", kind)[0] not in _OF_THE_GRAMMAR  # type: ignore[index]
    return f"pg_catalog.{kind}" if own else kind


def _is_time(kind: str) -> bool:
    return kind.startswith(("time", "date"))
