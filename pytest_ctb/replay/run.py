"""The whole replay: every base schema, then every migration in its order, each set into a database of its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from pytest_ctb.errors import ServerError
from pytest_ctb.model import Experiment, FileReplay, Migration, Name, Replay, Repository, Schema, Served, ServerInfo
from pytest_ctb.postgres import Server
from pytest_ctb.replay.databases import database, migrating_role
from pytest_ctb.replay.timeline import End, Timeline, Wish, loaded, prepare
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
    """Apply every base schema to an empty database, every migration to another, and read what that gave.

    `role` is `owner` or `superuser`, `timeout` in seconds is for each statement, the prelude runs first, as superuser.
    `experiments` are those that are tried with each migration, `queries` are asked when all have run.
    Raises ConfigError where the prelude fails, and ServerError where the server is lost.
    """
    wish = Wish(
        repository.migrations, timeout, tuple(prelude), frozenset(experiments), tuple(queries), repository.consumers
    )
    with lost(), migrating_role(server, role) as migrator:
        bases = loaded_bases(server, migrator, wish, repository.bases)
        with database(server, "replay", migrator) as own:
            prepare(server, own, timeout, prelude)
            timeline = Timeline(server, own, migrator, wish)
            files = timeline.watch(len(wish.migrations))
            end = timeline.end()
    return summed_up(repository, server.info, files, end, bases, notes(server, role, repository))


@contextmanager
def lost() -> Iterator[None]:
    """Turn what the driver raises where the server itself is at fault into a ServerError."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise ServerError(f"the throwaway Postgres was lost during the replay: {error}") from error
    except psycopg.Error as error:
        raise ServerError(f"the throwaway Postgres refused what the replay needs: {error}") from error


Bases = Mapping[str, tuple[FileReplay, Schema]]
"""By its path, how each base schema loaded into an empty database, and what that gave."""


def loaded_bases(server: Server, role: str | None, wish: Wish, bases: Sequence[Migration]) -> Bases:
    """Load each base schema into a database of its own. Raises ConfigError where the prelude fails; psycopg.Error."""
    found = {}
    for number, base in enumerate(bases, start=1):
        with database(server, f"base_{number}", role) as own:
            prepare(server, own, wish.timeout, wish.prelude)
            found[base.path] = loaded(server, own, role, wish.timeout, base)
    return found


def summed_up(
    repository: Repository,
    info: ServerInfo,
    files: Mapping[str, FileReplay],
    end: End,
    bases: Bases,
    notes: tuple[str, ...],
) -> Replay:
    """One Replay of what was seen of each file by itself and of all together."""
    found = _with_culprits(repository.migrations, files)
    for path, applies in end.late.items():
        found[path] = replace(found[path], late=applies)
    # A statement that has worked and does not work any more has met the file that broke it.
    worked = {effect.sender for one in files.values() for effect in one.consumers}
    served = (
        Served(one.sender, last, worked=last.error is None or one.sender in worked)
        for one, last in zip(repository.consumers, end.consumers, strict=True)
    )
    return Replay(info, found, end.schema, bases, notes, end.answers, tuple(served))


def _with_culprits(migrations: Sequence[Migration], files: Mapping[str, FileReplay]) -> dict[str, FileReplay]:
    found: dict[str, FileReplay] = {}
    lacking: dict[Name, str] = {}
    for one in migrations:
        fared = files[one.path]
        names = names_in(one.statements) if lacking or not fared.applied else Names()
        if fared.applied:
            for name in names.makes:
                lacking.pop(name, None)
        else:
            fared = _blamed(fared, names, lacking)
            lacking |= {name: one.path for name in names.makes if name not in lacking}
        found[one.path] = fared
    return found


def _blamed(fared: FileReplay, names: Names, lacking: Mapping[Name, str]) -> FileReplay:
    """Name the earlier file that should have made what the server misses; it is that file which is wrong."""
    error = fared.error
    if error is None or not error.missing:
        return fared
    for what in names.uses:
        if what in lacking and re.search(rf"(?<!\w){re.escape(what.name)}(?!\w)", error.message):
            return replace(fared, culprit=lacking[what], missing=str(what))
    return fared


def notes(server: Server, role: str, repository: Repository) -> tuple[str, ...]:
    """What a person should know about a replay as `role` on this server."""
    makes_roles = any(
        one.kind == "create_role_stmt"
        for file in repository.migrations
        for statement in file.statements
        for one in statement.walk()
    )
    found = [] if server.superuser else [_BY_THE_CATALOGS]
    if makes_roles and server.shared and server.info.major < 16 and role == "owner":
        found.append(
            "on this server the migrations could not create roles: before Postgres 16 "
            "who may create roles may change other people's"
        )
    return tuple(found)
