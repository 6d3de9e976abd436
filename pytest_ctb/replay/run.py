"""The whole replay: every migration in its order, then every base schema, each set into a database of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import psycopg

from pytest_ctb.errors import ConfigError, ServerError
from pytest_ctb.model import FileReplay, Migration, Name, Replay, Repository, Schema
from pytest_ctb.postgres import Server
from pytest_ctb.replay.catalog import snapshot
from pytest_ctb.replay.databases import database, migrating_role
from pytest_ctb.replay.session import Session
from pytest_ctb.sql import Names, names_in


def replay(
    repository: Repository,
    server: Server,
    *,
    role: str = "owner",
    timeout: float = 60.0,
    prelude: Sequence[Migration] = (),
) -> Replay:
    """Apply every migration to one empty database, every base schema to another, and read what that gave.

    `role` is `owner` or `superuser`, `timeout` in seconds is for each statement, the prelude runs first, as superuser.
    Raises ConfigError where the prelude fails, and ServerError where the server is lost.
    """
    try:
        with migrating_role(server, role) as migrator:
            files, schema = _replayed(server, "replay", migrator, timeout, prelude, repository.migrations)
            bases = {}
            for number, base in enumerate(repository.bases, start=1):
                loaded, made = _replayed(server, f"base_{number}", migrator, timeout, prelude, [base])
                bases[base.path] = (loaded[base.path], made)
    except psycopg.OperationalError as error:
        raise ServerError(f"the throwaway Postgres was lost during the replay: {error}") from error
    except psycopg.Error as error:
        raise ServerError(f"the throwaway Postgres refused what the replay needs: {error}") from error
    return Replay(server.info, files, schema, bases, _notes(server, role, repository))


def _replayed(
    server: Server,
    name: str,
    role: str | None,
    timeout: float,
    prelude: Sequence[Migration],
    migrations: Sequence[Migration],
) -> tuple[dict[str, FileReplay], Schema]:
    with database(server, name, role) as own:
        _prepare(server, own, timeout, prelude)
        with Session(server, own, role, timeout) as session:
            files = _applied(session, migrations)
        with server.connect(own) as admin:
            return files, snapshot(admin, role or "")


def _prepare(server: Server, name: str, timeout: float, prelude: Sequence[Migration]) -> None:
    if not prelude:
        return
    with Session(server, name, None, timeout) as session:
        for file in prelude:
            fared = session.apply(file)
            if fared.error:
                line = fared.error.position.line if fared.error.position else fared.failed_line
                raise ConfigError(f"{file.path}:{line}: the prelude fails: {fared.error.message}")
            if fared.undone:
                line = file.statements[-1].position.line
                raise ConfigError(f"{file.path}:{line}: the prelude ends inside its transaction, which undoes it")


def _applied(session: Session, migrations: Sequence[Migration]) -> dict[str, FileReplay]:
    files: dict[str, FileReplay] = {}
    lacking: dict[Name, str] = {}
    for one in migrations:
        fared = session.apply(one)
        names = names_in(one.statements) if lacking or not fared.applied else Names()
        if fared.applied:
            for name in names.makes:
                lacking.pop(name, None)
        else:
            fared = _blamed(fared, names, lacking)
            lacking |= {name: one.path for name in names.makes if name not in lacking}
        files[one.path] = fared
    return files


def _blamed(fared: FileReplay, names: Names, lacking: Mapping[Name, str]) -> FileReplay:
    """Name the earlier file that should have made what the server misses; it is that file which is wrong."""
    error = fared.error
    if error is None or not error.missing:
        return fared
    for what in names.uses:
        if what in lacking and re.search(rf"(?<!\w){re.escape(what.name)}(?!\w)", error.message):
            return replace(fared, culprit=lacking[what], missing=str(what))
    return fared


def _notes(server: Server, role: str, repository: Repository) -> tuple[str, ...]:
    makes_roles = any(
        one.kind == "create_role_stmt"
        for file in repository.migrations
        for statement in file.statements
        for one in statement.walk()
    )
    if makes_roles and server.shared and server.info.major < 16 and role == "owner":
        return (
            "on this server the migrations could not create roles: before Postgres 16 "
            "who may create roles may change other people's",
        )
    return ()
