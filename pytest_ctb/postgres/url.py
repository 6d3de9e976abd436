"""A running server, given as a URL, on which a run creates databases of its own and touches nothing else.

Its databases and its role have a prefix that no other run has. A session holds an advisory lock of that prefix as long
as the run lives. What a killed run left has no such lock any more; the next run drops it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg

from pytest_ctb.errors import NoServerError
from pytest_ctb.model import ServerInfo
from pytest_ctb.postgres.address import Address, address
from pytest_ctb.postgres.cluster import cleaning, guarded
from pytest_ctb.postgres.place import (
    PREFIX,
    Offer,
    Refusal,
    Server,
    Wanted,
    connect,
    drop_databases_and_roles,
    settings_of,
    without_preparation,
)

_OLDEST = 140000
_REMEDY = "give the URL of a server whose role may create databases and roles: postgresql://user@host:5432/postgres"
_RUNS = r"""
SELECT DISTINCT pg_catalog.substring(name::pg_catalog.text, '^pytest_ctb_[0-9a-f]{12}')
FROM (
    SELECT datname AS name FROM pg_catalog.pg_database UNION ALL SELECT rolname FROM pg_catalog.pg_roles
    UNION ALL SELECT pg_catalog.substring(setting, '^application_name=(.*)') || '_'
    FROM pg_catalog.pg_db_role_setting, pg_catalog.unnest(setconfig) AS setting
    WHERE pg_catalog.starts_with(setting, 'application_name=pytest_ctb_')
) AS names
WHERE name ~ '^pytest_ctb_[0-9a-f]{12}_'
"""
# Advisory locks belong to one database but are visible from all; another run may use another database.
_ALIVE = """
SELECT FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted
  AND (classid::bigint << 32 | objid::bigint) = pg_catalog.hashtextextended(%s, 0)
"""


def look(wanted: Wanted) -> Offer | Refusal:
    """Offer the server; whether it answers and is as wanted is checked when it is used."""
    options = address(wanted.where, "--ctb-postgres")
    return Offer("url", options.get("host") or "localhost", without_preparation(partial(_use, options, wanted)))


@contextmanager
def _use(options: Mapping[str, str], wanted: Wanted) -> Iterator[Server]:
    options = Address({"dbname": "postgres", **options})
    prefix = f"{PREFIX}_{uuid4().hex[:12]}"
    try:
        lock = connect(options)
    except psycopg.OperationalError as error:
        raise NoServerError(f"the server of --ctb-postgres cannot be reached: {error}\n\n{_REMEDY}") from None
    with contextlib.closing(lock):
        superuser = _check(lock, wanted)
        lock.execute("SET idle_session_timeout = 0")  # the session stays idle
        lock.execute("SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended(%s, 0))", [prefix])
        _sweep(lock)
        existing = {name for (name,) in lock.execute("SELECT rolname FROM pg_catalog.pg_roles").fetchall()}
        roles = sorted(wanted.roles - existing)
        version = lock.info.parameter_status("server_version") or ""
        info = ServerInfo(version.split()[0], lock.info.server_version // 10000, "url", lock.info.host)
        settings = settings_of(lock)
        arguments = {"options": options, "prefix": prefix, "roles": roles}
        with guarded(cleaning(__name__, arguments)) as watcher:
            watcher.expect_started()
            yield Server(
                info, options, superuser, shared=True, prefix=prefix, roles=frozenset(roles), settings=settings
            )


def clean(options: Mapping[str, str], prefix: str, roles: list[str]) -> None:
    """Drop the databases and roles of a run. The guard calls it at the end."""
    with connect(options) as admin:
        drop_databases_and_roles(admin, prefix, roles)


def _check(admin: psycopg.Connection[Any], wanted: Wanted) -> bool:
    """Whether the role is a superuser. Raises NoServerError where the server is not as wanted."""
    number = admin.info.server_version
    refused = ""
    if number < _OLDEST:
        refused = f"it is Postgres {number // 10000}; pytest-ctb needs {_OLDEST // 10000} or newer"
    elif wanted.major not in {None, number // 10000}:
        refused = f"it is Postgres {number // 10000}, not {wanted.major} as --ctb-postgres-version asks"
    row = admin.execute(
        "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user"
    ).fetchone()
    assert row is not None
    superuser, databases, roles = row
    if not (superuser or (databases and roles)) and not refused:
        refused = f"its role {admin.info.user} may not create databases and roles"
    if refused:
        raise NoServerError(f"the server of --ctb-postgres cannot be used: {refused}.\n\n{_REMEDY}")
    return bool(superuser)


def _sweep(admin: psycopg.Connection[Any]) -> None:
    """Drop what killed runs left: those whose lock nobody holds."""
    for (prefix,) in admin.execute(_RUNS).fetchall():
        if admin.execute(_ALIVE, [prefix]).fetchone() is None:
            with contextlib.suppress(psycopg.Error):
                drop_databases_and_roles(admin, prefix, ())
