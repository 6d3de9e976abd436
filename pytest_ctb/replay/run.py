"""The whole replay: every migration in its order, then every base schema, each set into a database of its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import psycopg

from pytest_ctb.errors import ConfigError, ServerError
from pytest_ctb.model import Experiment, FileReplay, Migration, Name, Replay, Repository, Schema
from pytest_ctb.postgres import Server
from pytest_ctb.replay.catalog import snapshot
from pytest_ctb.replay.consumers import Consumers
from pytest_ctb.replay.databases import database, migrating_role
from pytest_ctb.replay.experiments import Experiments
from pytest_ctb.replay.lacking import located
from pytest_ctb.replay.late import tried_late
from pytest_ctb.replay.queries import answers
from pytest_ctb.replay.ran import Ran
from pytest_ctb.replay.session import Session
from pytest_ctb.replay.witness import install, leave
from pytest_ctb.sql import Names, names_in

_BY_THE_CATALOGS = (
    "this server gives no superuser: what a statement did was read off the catalogs, "
    "which do not tell what went by CASCADE, nor what one statement made and dropped again"
)


def replay(
    repository: Repository,
    server: Server,
    *,
    role: str = "owner",
    timeout: float = 60.0,
    prelude: Sequence[Migration] = (),
    experiments: Collection[Experiment] = frozenset(Experiment),
    queries: Collection[str] = (),
) -> Replay:
    """Apply every migration to one empty database, every base schema to another, and read what that gave.

    `role` is `owner` or `superuser`, `timeout` in seconds is for each statement, the prelude runs first, as superuser.
    `experiments` are those that are tried with each migration, `queries` are asked when all have run.
    Raises ConfigError where the prelude fails, and ServerError where the server is lost.
    """
    try:
        with migrating_role(server, role) as migrator:
            with database(server, "replay", migrator) as own:
                prepare(server, own, timeout, prelude)
                consumers = Consumers(server, own, migrator, timeout, repository.consumers)
                files, schema = _witnessed(
                    server, own, migrator, timeout, repository.migrations, experiments, consumers
                )
                answered = answers(server, own, migrator, timeout, queries)
            bases = {}
            for number, base in enumerate(repository.bases, start=1):
                with database(server, f"base_{number}", migrator) as own:
                    prepare(server, own, timeout, prelude)
                    bases[base.path] = _loaded(server, own, migrator, timeout, base)
    except psycopg.OperationalError as error:
        raise ServerError(f"the throwaway Postgres was lost during the replay: {error}") from error
    except psycopg.Error as error:
        raise ServerError(f"the throwaway Postgres refused what the replay needs: {error}") from error
    return Replay(server.info, files, schema, bases, _notes(server, role, repository), answered, consumers.served)


def _witnessed(
    server: Server,
    name: str,
    role: str | None,
    timeout: float,
    migrations: Sequence[Migration],
    experiments: Collection[Experiment],
    consumers: Consumers,
) -> tuple[dict[str, FileReplay], Schema]:
    with server.connect(name) as admin:
        if server.superuser:
            install(admin)
    with Session(server, name, role, timeout, witnessed=True) as session:
        files = _applied(session, migrations, Experiments(server, session, experiments), consumers)
        for path, applies in tried_late(session, migrations, files).items():
            files[path] = replace(files[path], late=applies)
    with server.connect(name) as admin:
        if server.superuser:
            leave(admin)
        return files, snapshot(admin, role or "")


def _loaded(server: Server, name: str, role: str | None, timeout: float, base: Migration) -> tuple[FileReplay, Schema]:
    with Session(server, name, role, timeout) as session:
        fared = _fared(base, session.apply(base), server)
    with server.connect(name) as admin:
        return fared, snapshot(admin, role or "")


def prepare(server: Server, name: str, timeout: float, prelude: Sequence[Migration]) -> None:
    """Run the prelude in a database. Raises ConfigError where it fails."""
    if not prelude:
        return
    with Session(server, name, None, timeout) as session:
        for file in prelude:
            fared = session.apply(file)
            if fared.error:
                line = fared.error.position.line if fared.error.position else fared.line
                error = located(fared.error, server.info) or fared.error
                raise ConfigError(f"{file.path}:{line}: the prelude fails: {error.message}")
            if fared.open:
                line = file.statements[-1].position.line
                raise ConfigError(f"{file.path}:{line}: the prelude ends inside its transaction, which undoes it")


def _applied(
    session: Session, migrations: Sequence[Migration], experiments: Experiments, consumers: Consumers
) -> dict[str, FileReplay]:
    files: dict[str, FileReplay] = {}
    lacking: dict[Name, str] = {}
    for one in migrations:
        with experiments.around(one) as before:
            ran = session.apply(one)
            fared = _fared(one, ran, session.server)
            if fared.applied:
                after = experiments.after(one, before, ran)
                fared = replace(
                    fared,
                    peopled=before.peopled,
                    mismatches=before.mismatches,
                    again=after.again,
                    rollback=after.undo,
                    breaks=after.breaks,
                )
        names = names_in(one.statements) if lacking or not fared.applied else Names()
        if fared.applied:
            for name in names.makes:
                lacking.pop(name, None)
        else:
            fared = _blamed(fared, names, lacking)
            lacking |= {name: one.path for name in names.makes if name not in lacking}
        files[one.path] = consumers.behind(one, fared)
    return files


def _fared(file: Migration, ran: Ran, server: Server) -> FileReplay:
    return FileReplay(file.path, ran.traces, located(ran.error, server.info), ran.line, undone=ran.open)


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
    notes = [] if server.superuser else [_BY_THE_CATALOGS]
    if makes_roles and server.shared and server.info.major < 16 and role == "owner":
        notes.append(
            "on this server the migrations could not create roles: before Postgres 16 "
            "who may create roles may change other people's"
        )
    return tuple(notes)
