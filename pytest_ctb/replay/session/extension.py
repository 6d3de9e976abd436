"""CREATE EXTENSION for a role that is no superuser, of what the server does not call trusted: as platforms give it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from pytest_ctb.sql import Extension

_MAKE = Path(__file__).with_name("extension.sql").read_text(encoding="utf-8")
_DROP = """
DROP FUNCTION pg_catalog.pytest_ctb_extension(
    pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.bool, pg_catalog.bool);
DROP FUNCTION pg_catalog.pytest_ctb_hand_over(pg_catalog.oid[])
"""
_UNTRUSTED = """
SELECT FROM pg_catalog.pg_available_extension_versions
WHERE pg_catalog.text(name) OPERATOR(pg_catalog.=) %s AND superuser AND NOT trusted
"""
_CALL = (
    "SELECT pg_catalog.pytest_ctb_extension("
    "%s::pg_catalog.text, %s::pg_catalog.text, %s::pg_catalog.text, %s::pg_catalog.bool, %s::pg_catalog.bool)"
)


def is_untrusted(admin: psycopg.Connection[Any], extension: str) -> bool:
    """Whether the server lets no role but a superuser create it. Raises psycopg.Error."""
    return admin.execute(_UNTRUSTED, [extension]).fetchone() is not None


@contextmanager
def given(admin: psycopg.Connection[Any]) -> Iterator[None]:
    """Let who is logged in to the admin's database create any extension that the server has, by `create`."""
    admin.execute(_MAKE)
    try:
        yield
    finally:
        admin.execute(_DROP)


def create(cursor: psycopg.Cursor[Any], wanted: Extension) -> None:
    """Create an extension as a CREATE EXTENSION says. Raises psycopg.Error."""
    cursor.execute(_CALL, [wanted.name, wanted.schema, wanted.version, wanted.if_not_exists, wanted.cascade])
