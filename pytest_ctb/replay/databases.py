"""The databases and the role that a replay makes for itself, and what it takes away again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from pytest_ctb.postgres import Server, forget

_FILE_AND_PROGRAM_ROLES = ("pg_execute_server_program", "pg_read_server_files", "pg_write_server_files")


@contextmanager
def migrating_role(server: Server, who: str) -> Iterator[str | None]:
    """The role that migrations run as, made for `owner`; None stands for the superuser himself."""
    if who == "superuser":
        yield None
        return
    role = f"{server.prefix}_owner"
    with server.connect() as admin:
        old = admin.info.server_version < 160000
        # Before 16, CREATEROLE may change any role but a superuser: on a server of others it is not ours to give.
        may = SQL("NOCREATEROLE" if server.shared and old else "CREATEROLE")
        admin.execute(
            SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(Identifier(role), may, Literal(server.password))
        )
        if not server.superuser:
            admin.execute(SQL("GRANT {} TO CURRENT_USER").format(Identifier(role)))
        if old and not server.shared:
            _lock_away_files_and_programs(admin)
    try:
        yield role
    finally:
        with server.connect() as admin:
            forget(admin, server.prefix, server.roles)


def _lock_away_files_and_programs(admin: psycopg.Connection[Any]) -> None:
    """Before 16 whoever has CREATEROLE may grant himself the programs and files of the server's machine.

    He may not grant what is a superuser. Nobody can log in as one of these roles, so nothing else changes.
    """
    admin.execute(
        "UPDATE pg_catalog.pg_authid SET rolsuper = true WHERE rolname = ANY (%s)", [list(_FILE_AND_PROGRAM_ROLES)]
    )


@contextmanager
def database(server: Server, name: str, role: str | None) -> Iterator[str]:
    """An empty database that the role owns. At the end it is dropped, and so is every role made meanwhile."""
    full = f"{server.prefix}_{name}"
    with server.connect() as admin:
        admin.execute(
            SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'").format(
                Identifier(full), Identifier(role or admin.info.user), Identifier(server.template)
            )
        )
    try:
        yield full
    finally:
        with server.connect() as admin:
            forget(admin, server.prefix, server.roles, keep=role)
