"""Losses that one statement brought along with another loss: by ON DELETE CASCADE or TRUNCATE … CASCADE, say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from pytest_ctb.model import Loss
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session

_FOLLOWING = in_full("""
SELECT k.conrelid::bigint, k.confrelid::bigint
FROM pg_catalog.pg_constraint k
WHERE k.contype = 'f' AND k.conrelid = ANY (%(tables)s::bigint[]::pg_catalog.oid[])
UNION
SELECT h.inhrelid::bigint, h.inhparent::bigint
FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid
WHERE NOT c.relispartition AND h.inhrelid = ANY (%(tables)s::bigint[]::pg_catalog.oid[])
""")
_PARTITIONED = in_full("""
SELECT c.oid::bigint, r.oid::bigint, n.nspname || '.' || r.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_class r ON r.oid = pg_catalog.pg_partition_root(c.oid)::pg_catalog.oid
JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
WHERE c.relispartition AND c.oid = ANY (%(tables)s::bigint[]::pg_catalog.oid[])
""")


class Followers(NamedTuple):
    """Which tables lose rows along with others."""

    following: frozenset[tuple[int, int]] = frozenset()
    """Pairs of a table (oid) and one that it refers to, or that it is a child of."""
    roots: Mapping[int, tuple[int, str]] = {}
    """By partition: the oid and the full name of the partitioned table."""

    def with_those_of(self, session: Session, tables: Iterable[int]) -> Followers:
        """Also those of these tables as they are now. Raises psycopg.Error."""
        values = {"tables": list(tables)}
        following = {(table, other) for table, other in session.connection.execute(_FOLLOWING, values)}
        roots = {oid: (root, name) for oid, root, name in session.connection.execute(_PARTITIONED, values)}
        return Followers(self.following | following, {**self.roots, **roots})


def with_what_went_along(losses: Mapping[int, Sequence[Loss]], followers: Followers) -> Iterator[Loss]:
    """The losses that no other loss of the same statement brought along, each with those it did.

    `losses` are by the oid of the table.
    """
    by_line: dict[int, dict[int, list[Loss]]] = {}
    for table, of_table in losses.items():
        root, name = followers.roots.get(table, (table, ""))
        for loss in of_table:
            of_root = by_line.setdefault(loss.line, {}).setdefault(root, [])
            of_root.append(loss._replace(table=name or loss.table))
    for tables in by_line.values():
        of_tables = {table: _merged(of_table) for table, of_table in tables.items()}
        for first, others in _groups(of_tables, followers):
            main, *more = of_tables[first]
            along = tuple(loss for table in others for loss in of_tables[table])
            yield main._replace(along=along)
            yield from more


def _merged(losses: Iterable[Loss]) -> list[Loss]:
    """One loss for all partitions of a table."""

    def kind(loss: Loss) -> tuple[str, str]:
        return loss.what, loss.column

    merged = []
    for _, equal in groupby(sorted(losses, key=kind), key=kind):
        first, *others = equal
        rows, total = (
            sum(values) for values in zip(*((loss.rows, loss.total) for loss in (first, *others)), strict=True)
        )
        merged.append(first._replace(rows=rows, total=total))
    return merged


def _groups(tables: Mapping[int, Sequence[Loss]], followers: Followers) -> Iterator[tuple[int, Sequence[int]]]:
    """Each table that follows no other of these, with all that follow it; of tables in a ring, the first leads."""
    roots = {table: root for table, (root, _) in followers.roots.items()}
    following = {(roots.get(table, table), roots.get(other, other)) for table, other in followers.following}
    leads: dict[int, set[int]] = {}
    for table, other in following:
        if table != other and table in tables and other in tables:
            leads.setdefault(other, set()).add(table)
    led = set().union(*leads.values()) if leads else set()
    left = set(tables)
    for first in [*(table for table in tables if table not in led), *tables]:
        if first in left:
            reached, ahead = {first}, [first]
            while ahead:
                more = leads.get(ahead.pop(), set()) - reached
                reached |= more
                ahead += more
            yield first, [table for table in tables if table in left & reached and table != first]
            left -= reached
