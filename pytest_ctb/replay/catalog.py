"""What a database holds, as a Schema: the catalogs read once, in one query."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from pytest_ctb.model import Key, Schema, SchemaObject

_QUERY = Path(__file__).with_name("catalog.sql").read_text(encoding="utf-8")


def snapshot(connection: psycopg.Connection[Any], owner: str) -> Schema:
    """Read the catalogs of the database that a superuser, or the owner of everything in it, is connected to.

    `owner` is the role that replayed, empty for the superuser: that it owns something is not told, and its name, which
    we made up, shows nowhere. Changes nothing: one transaction, rolled back. Raises psycopg.Error.
    """
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL search_path = ''")
        rows = connection.execute(_QUERY).fetchall()
    objects = {
        Key(kind, _told(name, owner)): SchemaObject(
            _told(definition or "", owner), Key(of_kind, of_name) if of_kind else None
        )
        for kind, name, definition, of_kind, of_name in rows
    }
    return Schema(objects)


def _told(definition: str, owner: str) -> str:
    if not owner:
        return definition
    return definition.replace(f"OWNER {owner}", "").replace(owner, "owner").strip()
