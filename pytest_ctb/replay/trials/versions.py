"""What each migration makes of the schema: the objects that are others behind it, each as it is then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import psycopg

from pytest_ctb.errors import ConfigError, ServerError
from pytest_ctb.model import Key, Migration, Schema, SchemaObject
from pytest_ctb.postgres import Server
from pytest_ctb.replay.session.databases import connect, database, migrating_role
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.timeline import prepare
from pytest_ctb.replay.witness.catalog import snapshot


class Version(NamedTuple):
    """An object, and what it is behind a file and was before it; None where it is not there."""

    key: Key
    behind: SchemaObject | None
    before: SchemaObject | None


def versions(
    migrations: Iterable[Migration],
    server: Server,
    *,
    role: str = "owner",
    timeout: float = 60.0,
    prelude: Sequence[Migration] = (),
    of: Collection[str] | None = None,
) -> list[tuple[Version, ...]]:
    """Apply each migration to one empty database, and read the schema behind each of `of` (paths; None: each at all).

    Of the others there is no version. Raises ConfigError where one does not apply, ServerError where the server is
    lost.
    """
    found: list[tuple[Version, ...]] = []
    try:
        with migrating_role(server, role) as migrator, database(server, "versions", migrator) as own:
            prepare(server, own, timeout, prelude)
            with Session(server, own, migrator, timeout) as session, connect(server, own) as admin:
                before: Schema | None = None
                for one in migrations:
                    watched = of is None or one.path in of
                    if watched and before is None:
                        before = snapshot(admin, migrator or "")
                    ran = session.apply(one) if watched else session.pass_by(one)
                    if ran.error or ran.open:
                        why = ran.error.message if ran.error else "it ends inside its transaction"
                        raise ConfigError(f"{one.path}:{ran.line or 1}: does not apply: {why}")
                    after = snapshot(admin, migrator or "") if watched else None
                    found.append(tuple(_changed(before, after)) if before and after else ())
                    before = after
    except psycopg.Error as error:
        raise ServerError(f"the throwaway Postgres was lost: {error}") from error
    return found


def _changed(before: Schema, after: Schema) -> Iterable[Version]:
    old, new = before.objects, after.objects
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield Version(key, new.get(key), old.get(key))
