"""The whole replay: every base schema, then every migration in its order, each set into a database of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from pytest_ctb.errors import LostError, ServerError
from pytest_ctb.model import Evidence, FileEvidence, Migration, Observed, Repository, Schema, Trial
from pytest_ctb.postgres import Server
from pytest_ctb.replay.session.databases import database, migrating_role
from pytest_ctb.replay.summary import summed_up
from pytest_ctb.replay.timeline import Timeline, Wish, loaded, prepare
from pytest_ctb.replay.witness.other_sessions import brings

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
    trials: Collection[Trial] = frozenset(Trial),
    queries: Collection[str] = (),
) -> Evidence:
    """Apply every base schema to an empty database, every migration to another, and read what that gave.

    `role` is `owner` or `superuser`, `timeout` in seconds is for each statement, the prelude runs first, as superuser.
    `trials` are those that are tried with each migration, `queries` are asked when all have run.
    Raises ConfigError where the prelude fails, and ServerError where the server is lost.
    """
    wish = Wish(repository.migrations, timeout, tuple(prelude), frozenset(trials), tuple(queries), repository.consumers)
    with lost(), migrating_role(server, role) as migrator:
        bases = loaded_bases(server, migrator, wish, repository.bases)
        with database(server, "replay", migrator) as own:
            prepare(server, own, timeout, prelude)
            with Timeline(server, own, migrator, wish) as timeline:
                timeline.watch(len(wish.migrations))
                end = timeline.end()
    return summed_up(repository, Observed(timeline.seen, bases, replace(end, notes=notes(server, role, repository))))


@contextmanager
def lost() -> Iterator[None]:
    """Turn what the driver raises outside of any one migration into a ServerError."""
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise ServerError(
            f"the throwaway Postgres has no room left: {error}\n"
            "(a server of ours lies in memory, or where TMPDIR says: set it to a folder with more room)"
        ) from error
    except (psycopg.OperationalError, psycopg.errors.InternalError_) as error:
        raise LostError(f"the throwaway Postgres was lost during the replay: {error}") from error
    except psycopg.Error as error:
        raise ServerError(f"the throwaway Postgres refused what the replay needs: {error}") from error


Bases = Mapping[str, tuple[FileEvidence, Schema]]
"""By its path, how each base schema loaded into an empty database, and what that gave."""


def loaded_bases(server: Server, role: str | None, wish: Wish, bases: Sequence[Migration]) -> Bases:
    """Load each base schema into a database of its own. Raises ConfigError where the prelude fails; psycopg.Error."""
    found = {}
    for number, base in enumerate(bases, start=1):
        with database(server, f"base_{number}", role) as own:
            prepare(server, own, wish.timeout, wish.prelude)
            found[base.path] = loaded(server, own, role, wish.timeout, base)
    return found


def notes(server: Server, role: str, repository: Repository) -> tuple[str, ...]:
    """What a person should know about a replay as `role` on this server."""
    makes_roles = any(
        one.tag == "CREATE ROLE"
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
    if by := brings(repository.migrations):
        found.append(
            f"with {', '.join(by)} a migration can act in sessions that nobody watches: of that only lost tables, "
            "columns and rows of its own database are seen"
        )
    return tuple(found)
