"""What a live database holds, read once in a transaction that can neither write nor see others' changes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from pytest_ctb.deploy.connection import Target, ours
from pytest_ctb.deploy.drift.aspects import MARK
from pytest_ctb.deploy.drift.ignored import Ignored
from pytest_ctb.errors import LiveError
from pytest_ctb.model import Key, Schema
from pytest_ctb.replay.witness.catalog import OBJECTS, snapshot_of, with_owner

STATEMENTS = OBJECTS + re.sub(
    r"(pg_catalog\.)?chr\(1\)",
    f"'{MARK}'::pg_catalog.text",
    Path(__file__).with_name("statements.sql").read_text(encoding="utf-8"),
)
"""What makes each object; to be asked of both databases."""
_OWNERS = f"""{OBJECTS}
SELECT kind, name, pg_catalog.pg_get_userbyid(owner)::pg_catalog.text, owner::bigint FROM (
    SELECT kind, name, relowner AS owner FROM relation WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    UNION ALL SELECT 'function', name, proowner FROM routine
    UNION ALL SELECT 'type', name, typowner FROM kind_of_type
    UNION ALL SELECT 'schema', nspname, nspowner FROM space WHERE nspname <> 'public'
) AS made ORDER BY kind, name
"""  # noqa: S608  # the words of our own catalog.sql
_OPEN = """
SET LOCAL lock_timeout = '5s';
SET LOCAL idle_in_transaction_session_timeout = '60s'
"""


@dataclass(frozen=True)
class Observed:
    """A live database."""

    schema: Schema
    """In it the owner is called as the role that replays is."""
    version: str
    major: int
    owner: str
    """The role that stands for the one that replays."""
    reader: str
    """The role that read."""
    owners: Mapping[Key, str]
    """To whom the objects belong that belong to somebody."""
    roles: frozenset[str] = frozenset()
    statements: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    """The rows of STATEMENTS, where they were asked for."""
    unseen: tuple[str, ...] = ()
    """What the reader may not see."""


def observe(
    target: Target, ignored: Ignored, owner: str = "", *, statements: bool = False, timeout: float = 60.0
) -> Observed:
    """Read the catalogs of a live database in one transaction, REPEATABLE READ and READ ONLY.

    `owner` is the role that the objects should belong to; without it the one to whom most belong (that are not
    ignored), or else the database. `timeout` is that of one query, in seconds. Takes no lock but ACCESS SHARE, of the
    catalogs and of what views read, and ends before anything is compared.

    Raises LiveError where the database cannot be reached or asked, is older than 14, or there is no such role.
    """
    with target.connect(application="ctb verify") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        try:
            with connection.transaction(force_rollback=True):
                connection.execute(ours(connection.info.server_version, local=True).encode())
                connection.execute(_OPEN)
                connection.execute(
                    "SELECT pg_catalog.set_config('statement_timeout', %s, true)", [f"{int(timeout * 1000)}ms"]
                )
                return _observed(connection, ignored, owner, statements=statements)
        except psycopg.errors.InsufficientPrivilege as error:
            why = f"the role {connection.info.user} may not read the catalogs: {error}"
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
            why = f"it took too long, so nothing was compared; somebody may hold a lock (pg_stat_activity): {error}"
        except psycopg.Error as error:
            lost = "the connection was lost while it was read" if connection.broken else "it could not be read"
            why = f"{lost}: {error}"
    raise LiveError(f"{target}: {target.hidden(why).strip()}")


def _observed(connection: psycopg.Connection[Any], ignored: Ignored, owner: str, *, statements: bool) -> Observed:
    rows = connection.execute(_OWNERS).fetchall()
    owners = {Key(kind, name): who for kind, name, who, _ in rows}
    number, name = _owner(connection, ignored, owner, owners)
    schema = snapshot_of(connection, number)
    asked = connection.execute(with_owner(STATEMENTS, number)).fetchall() if statements else []
    return Observed(
        schema,
        version=_version(connection.info.server_version),
        major=connection.info.server_version // 10000,
        owner=name,
        reader=connection.info.user,
        owners=owners,
        roles=frozenset(
            one for (one,) in connection.execute("SELECT rolname::pg_catalog.text FROM pg_catalog.pg_roles")
        ),
        statements=tuple(tuple("" if one is None else str(one) for one in row) for row in asked),
        unseen=_unseen(connection),
    )


def _owner(
    connection: psycopg.Connection[Any], ignored: Ignored, wanted: str, owners: Mapping[Key, str]
) -> tuple[int, str]:
    """The number and the name of the owner."""
    counted = Counter(who for key, who in owners.items() if not ignored.leaves_out(key, {}, owners))
    query = "SELECT r.oid::bigint, r.rolname FROM pg_catalog.pg_roles r WHERE r.rolname = %s"
    if not wanted and not counted:
        query = (
            "SELECT d.datdba::bigint, pg_catalog.pg_get_userbyid(d.datdba) FROM pg_catalog.pg_database d "
            "WHERE d.datname = pg_catalog.current_database() AND %s <> ''"
        )
    most = wanted or (counted.most_common(1)[0][0] if counted else "-")
    found = connection.execute(query, [most]).fetchone()
    if found is None:
        raise LiveError(f"--owner {wanted}: the database has no such role")
    return int(found[0]), str(found[1])


def _unseen(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    """What a role may not see of its catalogs: options of others' user mappings, which may hold passwords."""
    query = "SELECT srvname || ' for ' || usename FROM pg_catalog.pg_user_mappings WHERE umoptions IS NULL ORDER BY 1"
    return tuple(f"user mapping {one}" for (one,) in connection.execute(query))


def _version(number: int) -> str:
    return f"{number // 10000}.{number % 10000}"
