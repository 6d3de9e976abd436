"""What a migration may do in another session, which nobody watches: whether it can, and what it did there to tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import psycopg

from pytest_ctb.model import Dropped, Key, Migration
from pytest_ctb.replay.session.outcome import Ran
from pytest_ctb.replay.session.transactions import only_objects
from pytest_ctb.sql import extension

EXTENSIONS = frozenset({"dblink", "pg_background", "pg_cron", "plproxy", "postgres_fdw"})
"""Those whose functions, or tables, open a session of their own."""
_CAN = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname OPERATOR(pg_catalog.=) ANY (%s::pg_catalog.name[]))
    OR EXISTS (SELECT FROM pg_catalog.pg_language WHERE NOT lanpltrusted AND oid OPERATOR(pg_catalog.>=) 16384)
"""
_COLUMNS = """
SELECT c.oid::pg_catalog.int8, a.attnum, n.nspname, c.relname, a.attname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT 0 AS attnum, NULL AS attname
    UNION ALL SELECT attnum, attname FROM pg_catalog.pg_attribute
    WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
) AS a
WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND c.oid >= 16384
"""


class Column(NamedTuple):
    """A column of a table, by its names; with no name of its own, the table."""

    schema: str
    table: str
    name: str | None


Columns = Mapping[tuple[int, int], Column]
"""Every table, as number 0, and its columns, by the numbers of both, which no new name changes."""


def can_reach_out(admin: psycopg.Connection[Any]) -> bool:
    """Whether something in this database can open a session of its own. Raises psycopg.Error."""
    ((can,),) = admin.execute(_CAN, [list(EXTENSIONS)]).fetchall()
    return bool(can)


def brings(migrations: Iterable[Migration]) -> list[str]:
    """The extensions that migrations create by which they can open sessions."""
    made = (inner for file in migrations for statement in file.statements for inner in statement.walk())
    named = (wanted.name for wanted in map(extension, made) if wanted)
    return sorted(EXTENSIONS.intersection(named))


def runs_bodies(migration: Migration) -> bool:
    """Whether it may call a function, which may then do anything; of DDL alone the traces tell all."""
    return not all(map(only_objects, migration.sent))


def columns(admin: psycopg.Connection[Any]) -> Columns:
    """Every table and its columns. Raises psycopg.Error."""
    return {(table, number): Column(*names) for table, number, *names in admin.execute(_COLUMNS)}


def with_unwatched(migration: Migration, ran: Ran, before: Columns, now: Columns) -> Ran:
    """The run, with the columns and tables that went while it ran, and that no statement was seen to drop.

    They are told with its last statement that may have called a function.
    """
    seen = {dropped.key for trace in ran.traces for dropped in trace.dropped}
    unseen = []
    for (table, number), column in before.items():
        name = f"{column.schema}.{column.table}"
        own = Key("column", f"{name}.{column.name}") if column.name else Key("table", name)
        with_its_table = column.name and (table, 0) not in now
        if (table, number) not in now and not with_its_table and seen.isdisjoint({own, Key("foreign table", name)}):
            unseen.append(Dropped(own, name if column.name else ""))
    places = [
        place
        for place, (statement, _) in enumerate(zip(migration.sent, ran.traces, strict=False))
        if not only_objects(statement)
    ]
    if not unseen or not places:
        return ran
    traces = list(ran.traces)
    trace = traces[places[-1]]
    traces[places[-1]] = trace._replace(dropped=(*trace.dropped, *unseen), unknown=(*trace.unknown, "session"))
    return replace(ran, traces=tuple(traces))
