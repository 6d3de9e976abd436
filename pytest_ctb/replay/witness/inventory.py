"""What a statement made, changed and dropped, read off the catalogs where no event trigger can tell: no superuser.

Two readings of the numbers and versions of all objects, one before the statement and one behind it. Its cost is that of
the whole schema, not of what the statement touches. The catalogs do not tell what went along by CASCADE, nor what one
statement made and dropped again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.witness.catalog import plainly

_QUERY = in_full(Path(__file__).with_name("inventory.sql").read_text(encoding="utf-8"))
_IDENTIFY = in_full("""
SELECT c, o::bigint, s, i.type, i.identity, a.object_names
FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.text[]), pg_catalog.unnest(%s::bigint[]::pg_catalog.oid[]),
                pg_catalog.unnest(%s::int[])) AS address(c, o, s),
     LATERAL pg_catalog.to_regclass('pg_catalog.' || c) AS t,
     LATERAL pg_catalog.pg_identify_object(t::pg_catalog.oid, o, s) AS i,
     LATERAL pg_catalog.pg_identify_object_as_address(t::pg_catalog.oid, o, s) AS a
WHERE i.identity IS NOT NULL
""")

_REMADE = {"index", "table constraint"}

Address = tuple[str, int, int]
"""Of an object: the catalog that it stands in, its number there, and that of a column of it, or 0."""


class Entry(NamedTuple):
    """One object as the catalogs have it: which transaction wrote its row, and its comment; what it is of."""

    row: str
    comment: str | None
    table: int


class Identity(NamedTuple):
    """Its kind and names, in the words of the event triggers."""

    kind: str
    identity: str
    names: tuple[str, ...]


class Inventory:
    """The objects of one database, as one session last saw them, and their names: of what is gone none can be asked."""

    def __init__(self) -> None:
        self._entries: Mapping[Address, Entry] = {}
        self._names: dict[Address, Identity] = {}
        self._old_names: dict[Address, Identity] = {}
        """Of what was changed itself, since the last reading."""

    def read(self, connection: psycopg.Connection[Any]) -> None:
        """Take what is there now as what is known. Raises psycopg.Error."""
        self._take(connection, _entries(connection))

    def types(self) -> set[tuple[str, int]]:
        """The types, each with the name of the catalog that it stands in."""
        return {(catalog, oid) for catalog, oid, _ in self._entries if catalog == "pg_type"}

    def renamed(self) -> Iterator[tuple[Address, Identity, Identity]]:
        """What has another name since the reading before the last, with both."""
        return (
            (address, old, self._names[address]) for address, old in self._old_names.items() if address in self._names
        )

    def changes(self, connection: psycopg.Connection[Any]) -> tuple[list[list[Any]], list[list[Any]]]:
        """What was made or changed, and what was dropped, since the last reading; takes what is there now as known.

        The rows are those that the event triggers of witness.sql tell. Raises psycopg.Error.
        """
        before, names = self._entries, dict(self._names)
        now = _entries(connection)
        self._take(connection, now)
        gone = [address for address in before if address not in now]
        new = [address for address in now if address not in before]
        # An ALTER COLUMN TYPE makes the indexes and constraints of the column anew, under their names.
        lost = {names[address] for address in gone if address in names and names[address].kind in _REMADE}
        recreated = lost & {self._names[address] for address in new if address in self._names}
        made = list(self._made(before, now, recreated))
        return made, list(_dropped(before, now, gone, names, recreated))

    def _take(self, connection: psycopg.Connection[Any], now: Mapping[Address, Entry]) -> None:
        before = self._entries
        changed = {address for address, entry in now.items() if before.get(address) != entry}
        # With the name of a table or a schema all names change that have it in them.
        tables = {oid for catalog, oid, column in changed if catalog == "pg_class" and not column}
        if any(catalog == "pg_namespace" for catalog, _, _ in changed):
            changed = set(now)
        changed |= {address for address, entry in now.items() if entry.table in tables}
        rows = {address for address, entry in now.items() if address in before and before[address].row != entry.row}
        self._old_names = {address: self._names[address] for address in rows if address in self._names}
        self._names = {
            address: identity for address, identity in self._names.items() if address in now and address not in changed
        }
        self._names |= identified(connection, changed)
        self._entries = now

    def _made(
        self, before: Mapping[Address, Entry], now: Mapping[Address, Entry], recreated: set[Identity]
    ) -> Iterator[list[Any]]:
        for address, entry in now.items():
            was = before.get(address)
            identity = self._names.get(address)
            if was == entry or identity is None:
                continue
            catalog, oid, column = address
            part = column or catalog == "pg_constraint"
            if was is not None and was.row == entry.row:
                yield ["COMMENT", identity.kind, identity.identity, catalog, oid, column, entry.table]
            elif not part:
                tag = "CREATE" if was is None and identity not in recreated else "ALTER"
                yield [tag, identity.kind, identity.identity, catalog, oid, column, entry.table]
            elif ("pg_class", entry.table, 0) in before and ("pg_class", entry.table, 0) in self._names:
                table = self._names["pg_class", entry.table, 0]
                yield ["ALTER", table.kind, table.identity, "pg_class", entry.table, 0, entry.table]


def _dropped(
    before: Mapping[Address, Entry],
    now: Mapping[Address, Entry],
    gone: Iterable[Address],
    names: Mapping[Address, Identity],
    recreated: set[Identity],
) -> Iterator[list[Any]]:
    for address in gone:
        catalog, oid, column = address
        identity = names.get(address)
        with_its_table = column and ("pg_class", before[address].table, 0) not in now
        if identity is not None and identity not in recreated and not with_its_table:
            yield [identity.kind, identity.identity, catalog, oid, column, None, list(identity.names), False]


def _entries(connection: psycopg.Connection[Any]) -> dict[Address, Entry]:
    return {
        (catalog, oid, column): Entry(row, comment, table)
        for catalog, oid, column, row, comment, table in connection.execute(_QUERY)
    }


def identified(connection: psycopg.Connection[Any], addresses: Iterable[Address]) -> dict[Address, Identity]:
    """The kinds and names of objects, of those that are there. Raises psycopg.Error."""
    wanted = sorted(addresses)
    if not wanted:
        return {}
    with plainly(connection):
        rows = connection.execute(_IDENTIFY, [list(numbers) for numbers in zip(*wanted, strict=True)]).fetchall()
    return {(c, o, s): Identity(kind, identity, tuple(names)) for c, o, s, kind, identity, names in rows}
