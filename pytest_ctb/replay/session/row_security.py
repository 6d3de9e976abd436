"""Row security switched off for a moment, so that all rows of a table can be made and read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from pytest_ctb.replay.session.search_path import in_full

_SECURED = in_full("""
SELECT c.oid::bigint, n.nspname, c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY (%s::bigint[]::pg_catalog.oid[]) AND c.relrowsecurity
""")
_SWITCH = "SELECT pg_catalog.pytest_ctb_row_security(%s::bigint[]::pg_catalog.oid[], %s)"


def secured(connection: psycopg.Connection[Any], tables: Collection[int]) -> dict[int, Identifier]:
    """Those of the tables (oids) that have row security, with their names. Raises psycopg.Error."""
    rows = connection.execute(_SECURED, [list(tables)])
    return {oid: Identifier(schema, name) for oid, schema, name in rows}


def switch(connection: psycopg.Connection[Any], tables: Mapping[int, Identifier], *, on: bool, installed: bool) -> None:
    """Switch the row security of tables, inside a transaction. Raises psycopg.Error.

    Where the witness is installed, it does so whoever owns the table, and whatever the transaction still has to do with
    it. Elsewhere only the owner can.
    """
    if not tables:
        return
    if installed:
        connection.execute(_SWITCH, [list(tables), on])
        return
    word = SQL("ENABLE" if on else "DISABLE")
    for table in tables.values():
        connection.execute(SQL("ALTER TABLE {} {} ROW LEVEL SECURITY").format(table, word))
