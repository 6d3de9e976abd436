"""Rows of Postgres's own catalogs that a superuser writes: what that does to tables, no event trigger hears.

INSERT, UPDATE, DELETE, MERGE and COPY keep their lock on a table to the end of the transaction. A command as ALTER
TABLE writes to the catalogs too, but lets their locks go at once; the few that keep one are known, or are heard of.
"""

from __future__ import annotations

from collections.abc import Collection

import psycopg
from psycopg.rows import tuple_row

from pytest_ctb.model import Statement
from pytest_ctb.sql import rows_written

_HELD = """
SELECT c.relname::pg_catalog.text FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) l.relation
WHERE l.pid OPERATOR(pg_catalog.=) %s AND l.locktype OPERATOR(pg_catalog.=) 'relation'
  AND c.relkind OPERATOR(pg_catalog.=) 'r'
  AND c.relnamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace::pg_catalog.oid
  AND l.mode OPERATOR(pg_catalog.=) ANY (%s::pg_catalog.text[])
"""
_MODES = ["RowExclusiveLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"]
_UNHEARD = {
    "pg_auth_members",
    "pg_authid",
    "pg_collation",
    "pg_database",
    "pg_db_role_setting",
    "pg_description",
    "pg_largeobject",
    "pg_largeobject_metadata",
    "pg_parameter_acl",
    "pg_replication_origin",
    "pg_seclabel",
    "pg_shdescription",
    "pg_shseclabel",
    "pg_subscription",
    "pg_tablespace",
}
"""Catalogs that a command keeps locked of which no event trigger hears, or not always: here the text alone tells."""
_EXTENSION = "pg_extension"
"""What its script does is the extension's; the triggers leave it out."""


def held(admin: psycopg.Connection[tuple[object, ...]], backend: int) -> frozenset[str]:
    """The catalogs that the transaction of another session has locked to write in. Raises psycopg.Error."""
    cursor = admin.cursor(row_factory=tuple_row)
    return frozenset(str(name) for (name,) in cursor.execute(_HELD, [backend, _MODES]))


def written_by_hand(statement: Statement, locked: Collection[str], heard: Collection[str]) -> bool:
    """Whether a statement wrote rows of a catalog by itself.

    `locked` are the catalogs that it has locked, `heard` those of the objects of which the event triggers told.
    """
    if statement.tag == "LOCK TABLE" or not locked:
        return False
    named = rows_written(statement)
    explained = {*_UNHEARD, *(locked if _EXTENSION in heard else heard)}
    return any(name in named or name not in explained for name in locked)
