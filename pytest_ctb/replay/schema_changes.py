"""The changes that each migration makes to the schema, found by comparing the catalogs before and after it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import psycopg

from pytest_ctb.errors import ConfigError, ServerError
from pytest_ctb.model import Key, Migration, Schema, SchemaObject
from pytest_ctb.postgres import Server
from pytest_ctb.replay.session.databases import connect, database, migrating_role
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.steps import begin, note
from pytest_ctb.replay.timeline import run_prelude
from pytest_ctb.replay.witness.catalog import snapshot


class ObjectChange(NamedTuple):
    """An object that a migration created, altered or dropped; None before it was created and after it was dropped."""

    key: Key
    after: SchemaObject | None
    before: SchemaObject | None


def schema_changes(
    migrations: Sequence[Migration],
    server: Server,
    *,
    role: str = "owner",
    timeout: float = 60.0,
    prelude: Sequence[Migration] = (),
    of: Collection[str] | None = None,
    steps: Path | None = None,
) -> list[tuple[ObjectChange, ...]]:
    """Apply the migrations to an empty database: for each one, in order, the objects that it changed.

    `of` are the paths of the migrations to observe (None: all); the others have no changes. `timeout` is in seconds.
    `steps`: the file in which it notes how far it is; None where nobody reads it.
    Raises ConfigError where a migration does not apply, ServerError where the server is lost.
    """
    changes: list[tuple[ObjectChange, ...]] = []
    try:
        with migrating_role(server, role) as migrator, database(server, "versions", migrator) as name:
            run_prelude(server, name, timeout, prelude)
            with Session(server, name, migrator, timeout) as session, connect(server, name) as admin:
                before: Schema | None = None
                begin(steps, 0, len(migrations))
                for migration in migrations:
                    note(steps, migration.path)
                    observed = of is None or migration.path in of
                    if observed and before is None:
                        before = snapshot(admin, migrator or "")
                    ran = session.apply(migration) if observed else session.pass_by(migration)
                    if ran.error or ran.open:
                        why = ran.error.message if ran.error else "it ends inside its transaction"
                        raise ConfigError(f"{migration.path}:{ran.line or 1}: does not apply: {why}")
                    after = snapshot(admin, migrator or "") if observed else None
                    changes.append(tuple(_changes(before, after)) if before and after else ())
                    before = after
    except psycopg.Error as error:
        raise ServerError(f"the throwaway Postgres was lost: {error}") from error
    return changes


def _changes(before: Schema, after: Schema) -> Iterable[ObjectChange]:
    old, new = before.objects, after.objects
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield ObjectChange(key, new.get(key), old.get(key))
