"""The databases and the role that a replay makes for itself, and what it takes away again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from pytest_ctb.postgres import Server, drop_databases_and_roles
from pytest_ctb.postgres.scram import hashed

_AS_THE_ORIGINAL = SQL("")
_COPY_ATTEMPTS = 3
"""How often a copy is tried while another session is still in the database."""
_SETTINGS = """
SELECT pg_catalog.split_part(line, '=', 1)
FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) s.setrole,
     pg_catalog.unnest(s.setconfig) AS line
WHERE r.rolname OPERATOR(pg_catalog.=) %s AND s.setdatabase OPERATOR(pg_catalog.=) 0
"""
_IN_DATABASE = """
SELECT FROM pg_catalog.pg_stat_activity
WHERE datname OPERATOR(pg_catalog.=) %s AND backend_type OPERATOR(pg_catalog.=) 'client backend'
    AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
"""
_OF_PROCESS = "SELECT FROM pg_catalog.pg_stat_activity WHERE pid OPERATOR(pg_catalog.=) %s"
_SOON = 0.5
"""Most sessions have ended in a millisecond; the server itself looks every 100 ms. So many seconds we look, then it."""
_FILE_AND_PROGRAM_ROLES = ("pg_execute_server_program", "pg_read_server_files", "pg_write_server_files")


@contextmanager
def migrating_role(server: Server, who: str, *, keep: bool = False) -> Iterator[str | None]:
    """The role that migrations run as, made for `owner`; None stands for the superuser himself.

    `owner:NAME` gives it that name; on a server of others, where that may be somebody else's, it has one of ours.
    At the end all that is ours on the server is dropped; with `keep` it is not.
    """
    if who == "superuser":
        yield None
        return
    name = who.partition(":")[2]
    role = name if name and not server.shared else f"{server.prefix}_owner"
    with server.connect() as admin:
        _make_role(admin, server, role)
    try:
        yield role
    finally:
        if not keep:
            with server.connect() as admin:
                drop_databases_and_roles(admin, server.prefix, server.roles)


def _make_role(admin: psycopg.Connection[Any], server: Server, role: str) -> None:
    old = admin.info.server_version < 160000
    # Before 16, CREATEROLE may change any role but a superuser: on a server of others it is not ours to give.
    may = SQL("NOCREATEROLE" if server.shared and old else "CREATEROLE")
    admin.execute(SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(Identifier(role), may, Literal(_secret(server))))
    if not server.superuser:
        admin.execute(SQL("GRANT {} TO CURRENT_USER").format(Identifier(role)))
    _reset_role(admin, server, role)
    if old and not server.shared:
        _lock_away_files_and_programs(admin)


def _reset_role(admin: psycopg.Connection[Any], server: Server, role: str) -> None:
    """Take back what files have set for the role, so that nobody after them meets it."""
    try:
        admin.execute(SQL("ALTER ROLE {} RESET ALL").format(Identifier(role)))
    except psycopg.errors.FeatureNotSupported:  # no superuser, and one of them is none that can be reset
        for (setting,) in admin.execute(_SETTINGS, [role]).fetchall():
            with suppress(psycopg.Error):
                admin.execute(SQL("ALTER ROLE {} RESET {}").format(Identifier(role), Identifier(*setting.split("."))))
    if server.superuser:  # a migration may lower it; the files of a server that is not ours are not ours to watch
        room = SQL("ALTER ROLE {} SET temp_file_limit = {}")
        admin.execute(room.format(Identifier(role), Literal(f"{server.room >> 10}kB")))


def _lock_away_files_and_programs(admin: psycopg.Connection[Any]) -> None:
    """Before 16 whoever has CREATEROLE may grant himself the programs and files of the server's machine.

    He may not grant what is a superuser. Nobody can log in as one of these roles, so nothing else changes.
    """
    admin.execute(
        "UPDATE pg_catalog.pg_authid SET rolsuper = true WHERE rolname = ANY (%s)", [list(_FILE_AND_PROGRAM_ROLES)]
    )


@contextmanager
def database(server: Server, name: str, role: str | None, *, keep: bool = False) -> Iterator[str]:
    """An empty database that the role owns. At the end it is dropped, and so is every role made meanwhile.

    With `keep` it is not.
    """
    full = f"{server.prefix}_{name}"
    with server.connect() as admin:
        _make_database(admin, server, full, role)
    try:
        yield full
    finally:
        if not keep:
            with server.connect() as admin:
                drop_databases_and_roles(admin, server.prefix, server.roles, keep=role)
                if role:
                    _reset_role(admin, server, role)


def make_anew(server: Server, name: str, role: str | None) -> None:
    """Make a database of ours anew, as empty as `database` gives it, and the role as it was then. Raises psycopg.Error.

    Whatever else is ours on the server is dropped, roles that migrations have made included.
    """
    with server.connect() as admin:
        drop_databases_and_roles(admin, server.prefix, server.roles, keep=role)
        if role:
            _reset_role(admin, server, role)
            _open_role(admin, server, role)
        _make_database(admin, server, name, role)


def connect(server: Server, name: str, role: str | None = None) -> psycopg.Connection[Any]:
    """Connect for ourselves to a database of ours, as `Server.connect`, also where a migration has shut the door.

    It is opened. Raises psycopg.OperationalError.
    """
    return _opened(server, name, role, lambda: server.connect(name, role))


def login(server: Server, name: str, role: str | None, *, debug: bool = False) -> psycopg.Connection[Any]:
    """The same as psql would for the role that migrates, as `Server.login`."""
    return _opened(server, name, role, lambda: server.login(name, role, debug=debug))


def _opened(
    server: Server, name: str, role: str | None, log_in: Callable[[], psycopg.Connection[Any]]
) -> psycopg.Connection[Any]:
    """Log in; where that fails, open the door, and log in again.

    A new password, a limit of connections, NOLOGIN, a revoked CONNECT: whoever deploys meets them once, and goes by
    them; here they would hide every migration behind.
    """
    try:
        return log_in()
    except psycopg.OperationalError:
        with server.connect() as admin:
            admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true CONNECTION LIMIT -1").format(Identifier(name)))
            if role:
                _open_role(admin, server, role)
                admin.execute(SQL("GRANT CONNECT ON DATABASE {} TO {}").format(Identifier(name), Identifier(role)))
        return log_in()


def _open_role(admin: psycopg.Connection[Any], server: Server, role: str) -> None:
    admin.execute(
        SQL("ALTER ROLE {} LOGIN PASSWORD {} VALID UNTIL 'infinity' CONNECTION LIMIT -1").format(
            Identifier(role), Literal(_secret(server))
        )
    )


def _secret(server: Server) -> str:
    """The password of our role as the server gets it: hashed on our own; as text on a shared one, which hashes it."""
    return server.password if server.shared else hashed(server.password)


def _make_database(admin: psycopg.Connection[Any], server: Server, name: str, role: str | None) -> None:
    locale = SQL("ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
    copy_database(admin, server, name, server.template, role, locale=locale)


def copy_database(
    admin: psycopg.Connection[Any],
    server: Server,
    name: str,
    original: str,
    role: str | None,
    locale: SQL = _AS_THE_ORIGINAL,
) -> None:
    """Copy a database, for a role; None is the admin. Raises psycopg.Error.

    In a cluster of our own file by file, which takes half of the time; elsewhere, where others would wait for the
    checkpoints that this needs, as the server has it. See the manual's page on CREATE DATABASE. The server waits five
    seconds for sessions that are on their way out; on a busy machine they may take longer.
    """
    ours = not server.shared and server.info.major >= 15
    create = SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} {} {}").format(
        Identifier(name),
        Identifier(role or admin.info.user),
        Identifier(original),
        locale,
        SQL("STRATEGY FILE_COPY" if ours else ""),
    )
    wait_until_left(admin, original)
    for _ in range(_COPY_ATTEMPTS - 1):
        try:
            admin.execute(create)
        except psycopg.errors.ObjectInUse:
            continue
        return
    admin.execute(create)


def wait_until_left(admin: psycopg.Connection[Any], database: str) -> None:
    """Wait a little, until the sessions in a database that are on their way out have left it. Raises psycopg.Error."""
    _has_ended(admin, _IN_DATABASE, database)


def end_session(admin: psycopg.Connection[Any], backend: int) -> None:
    """End a session as a power cut would, and wait until it is over. Raises psycopg.Error."""
    admin.execute("SELECT pg_catalog.pg_terminate_backend(%s)", [backend])
    if not _has_ended(admin, _OF_PROCESS, backend):
        admin.execute("SELECT pg_catalog.pg_terminate_backend(%s, 5000)", [backend])


def _has_ended(admin: psycopg.Connection[Any], query: str, value: object) -> bool:
    until = time.monotonic() + _SOON
    while admin.execute(query, [value]).fetchone() is not None:
        if time.monotonic() > until:
            return False
        time.sleep(0.001)
    return True
