"""What each migration makes of the schema: the objects that are others behind it, each as it is then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import psycopg

from pytest_ctb.errors import ConfigError, ServerError
from pytest_ctb.model import Key, Migration, Schema, SchemaObject
from pytest_ctb.postgres import Server
from pytest_ctb.replay.catalog import snapshot
from pytest_ctb.replay.databases import connect, database, migrating_role
from pytest_ctb.replay.session import Session
from pytest_ctb.replay.timeline import prepare

Version = tuple[Key, SchemaObject | None]
"""An object, and what it is behind the file; None where it is gone."""


def versions(
    migrations: Iterable[Migration],
    server: Server,
    *,
    role: str = "owner",
    timeout: float = 60.0,
    prelude: Sequence[Migration] = (),
) -> list[tuple[Version, ...]]:
    """Apply each migration to one empty database, and read the schema behind each.

    Raises ConfigError where one does not apply, ServerError where the server is lost.
    """
    found: list[tuple[Version, ...]] = []
    try:
        with migrating_role(server, role) as migrator, database(server, "versions", migrator) as own:
            prepare(server, own, timeout, prelude)
            with Session(server, own, migrator, timeout) as session, connect(server, own) as admin:
                before = snapshot(admin, migrator or "")
                for one in migrations:
                    ran = session.apply(one)
                    if ran.error or ran.open:
                        why = ran.error.message if ran.error else "it ends inside its transaction"
                        raise ConfigError(f"{one.path}:{ran.line or 1}: does not apply: {why}")
                    after = snapshot(admin, migrator or "")
                    found.append(tuple(_changed(before, after)))
                    before = after
    except psycopg.Error as error:
        raise ServerError(f"the throwaway Postgres was lost: {error}") from error
    return found


def _changed(before: Schema, after: Schema) -> Iterable[Version]:
    old, new = before.objects, after.objects
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield key, new.get(key)
