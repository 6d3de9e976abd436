"""Read the schema of a live database, in one transaction that cannot write and sees one snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from pytest_ctb.deploy.connection import Target, session_settings
from pytest_ctb.deploy.drift.ignored import Ignored
from pytest_ctb.errors import LiveError
from pytest_ctb.model import Key, Schema
from pytest_ctb.replay.ddl.aspects import STATEMENTS
from pytest_ctb.replay.witness.catalog import OBJECTS, snapshot_of, with_owner

_OWNERS = f"""{OBJECTS}
SELECT kind, name, pg_catalog.pg_get_userbyid(owner)::pg_catalog.text, owner::bigint FROM (
    SELECT kind, name, relowner AS owner FROM relation WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    UNION ALL SELECT 'function', name, proowner FROM routine
    UNION ALL SELECT 'type', name, typowner FROM kind_of_type
    UNION ALL SELECT 'schema', nspname, nspowner FROM space WHERE nspname <> 'public'
) AS made ORDER BY kind, name
"""  # noqa: S608  # the words of our own catalog.sql
_ROLES = "SELECT rolname::pg_catalog.text FROM pg_catalog.pg_roles"
_OPEN = """
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';
SET LOCAL idle_in_transaction_session_timeout = '60s'
"""


@dataclass(frozen=True)
class LiveSchema:
    """The schema of a live database, and what is needed to compare and repair it."""

    schema: Schema
    """Its objects; `owner` has the name of the role that replays."""
    version: str
    major: int
    owner: str
    """The role that should own the objects."""
    reader: str
    """The role that read the catalogs."""
    owners: Mapping[Key, str]
    """The owner of each object that has one."""
    roles: frozenset[str] = frozenset()
    statements: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    """The rows of STATEMENTS; empty where they were not read."""
    unseen: tuple[str, ...] = ()
    """Objects whose options the reader may not read."""


def read_live(target: Target, ignored: Ignored, owner: str = "", *, statements: bool = False) -> LiveSchema:
    """Read the catalogs of a live database in one transaction, REPEATABLE READ and READ ONLY.

    `owner` is the role that should own the objects; without it the owner of most objects that are not ignored, or
    else of the database. Takes only ACCESS SHARE locks, on the catalogs and on what views read, and ends before
    anything is compared.

    Raises LiveError where the database cannot be reached or read, is older than 14, or `owner` does not exist.
    """
    with target.connect(application="ctb verify") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        try:
            with connection.transaction(force_rollback=True):
                connection.execute(session_settings(connection.info.server_version, local=True).encode())
                connection.execute(_OPEN)
                return _read(connection, ignored, owner, statements=statements)
        except psycopg.errors.InsufficientPrivilege as error:
            why = f"the role {connection.info.user} may not read the catalogs: {error}"
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
            why = f"it took too long, so nothing was compared; somebody may hold a lock (pg_stat_activity): {error}"
        except psycopg.Error as error:
            lost = "the connection was lost while it was read" if connection.broken else "it could not be read"
            why = f"{lost}: {error}"
    raise LiveError(f"{target}: {target.without_password(why).strip()}")


def _read(connection: psycopg.Connection[Any], ignored: Ignored, owner: str, *, statements: bool) -> LiveSchema:
    rows = connection.execute(_OWNERS).fetchall()
    owners = {Key(kind, name): role for kind, name, role, _ in rows}
    number, name = _owner(connection, ignored, owner, owners)
    schema = snapshot_of(connection, number)
    aspects = connection.execute(with_owner(STATEMENTS, number)).fetchall() if statements else []
    return LiveSchema(
        schema,
        version=_version(connection.info.server_version),
        major=connection.info.server_version // 10000,
        owner=name,
        reader=connection.info.user,
        owners=owners,
        roles=frozenset(role for (role,) in connection.execute(_ROLES)),
        statements=tuple(tuple("" if value is None else str(value) for value in row) for row in aspects),
        unseen=_unseen(connection),
    )


def _owner(
    connection: psycopg.Connection[Any], ignored: Ignored, wanted: str, owners: Mapping[Key, str]
) -> tuple[int, str]:
    """The OID and the name of the role that should own the objects. Raises LiveError where it does not exist."""
    counted = Counter(role for key, role in owners.items() if not ignored.leaves_out(key, {}, owners))
    query = "SELECT r.oid::bigint, r.rolname FROM pg_catalog.pg_roles r WHERE r.rolname = %s"
    if not wanted and not counted:
        query = (
            "SELECT d.datdba::bigint, pg_catalog.pg_get_userbyid(d.datdba) FROM pg_catalog.pg_database d "
            "WHERE d.datname = pg_catalog.current_database() AND %s <> ''"
        )
    most = wanted or (counted.most_common(1)[0][0] if counted else "-")
    role = connection.execute(query, [most]).fetchone()
    if role is None:
        raise LiveError(f"--owner {wanted}: the database has no such role")
    return int(role[0]), str(role[1])


def _unseen(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    """The user mappings of others, whose options a role may not read: they may hold passwords."""
    query = "SELECT srvname || ' for ' || usename FROM pg_catalog.pg_user_mappings WHERE umoptions IS NULL ORDER BY 1"
    return tuple(f"user mapping {name}" for (name,) in connection.execute(query))


def _version(number: int) -> str:
    return f"{number // 10000}.{number % 10000}"
