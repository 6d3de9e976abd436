"""Replay on running servers: load each base schema into its own database, then apply the migrations in order.

Where it saves time, several processes (worker.py) share the migrations: each observes one range of them, on a server of
its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import LostError, StoppedError
from pytest_ctb.model import FileEvidence, Migration, PartialEvidence, Repository, Schema
from pytest_ctb.postgres import Server
from pytest_ctb.replay.parts import part, ranges
from pytest_ctb.replay.session.databases import database, migrating_role
from pytest_ctb.replay.timeline import Task, load_base, run_prelude
from pytest_ctb.replay.witness.other_sessions import brings
from pytest_ctb.replay.worker import Pool, lost, work

_BY_THE_CATALOGS = (
    "this server gives no superuser: what a statement did was read off the catalogs, "
    "which do not tell what went by CASCADE, nor what one statement made and dropped again"
)

_HEAD_START = 0.5
"""How many seconds after this process those of the pool begin: they start, and import their modules."""


def observe(
    servers: Sequence[Server],
    repository: Repository,
    settings: Settings,
    known: PartialEvidence,
    pool: Pool | None,
    steps: Path | None = None,
) -> PartialEvidence:
    """Observe what is not `known`, in this process and in those of a pool, which has ended then.

    `servers`: at least one; each process uses one of them, this one the first. `steps`: the file in which the processes
    note how far they are; None where nobody reads it.

    Raises ConfigError where the prelude fails, and ServerError. Raises LostError, with the evidence of the first files,
    where a server or a process is lost.
    """
    servers = [replace(server, room=settings.disk << 20) for server in servers]
    with lost(), ExitStack() as ends:
        # The same name on each. A throwaway server is deleted as a whole.
        role, *_ = [
            ends.enter_context(migrating_role(server, settings.role, keep=not server.shared)) for server in servers
        ]
        server = servers[0]
        bases = _loaded_bases(server, role, repository, settings, known) if settings.shard.is_last else {}
        if known.final is not None:  # only a base schema was not known
            return replace(known, bases=bases)
        tasks = [task._replace(steps=steps) for task in _tasks(servers, role, repository, settings, known)]
        observed = work(tasks[0]) if pool is None or len(tasks) == 1 else _work_in_parallel(tasks, pool)
        final = observed.final and replace(observed.final, notes=_notes(server, settings.role, repository))
        return PartialEvidence({**known.files, **observed.files}, bases, final)


def _work_in_parallel(tasks: Sequence[Task], pool: Pool) -> PartialEvidence:
    """The evidence of all tasks: this process does the first, the pool the others. Raises LostError."""
    files: dict[str, FileEvidence] = {}
    try:
        results = [pool.submit(task) for task in tasks[1:]]
        observed = work(tasks[0])
        files |= observed.files
        for result in results:
            observed = result()
            files |= observed.files
    except (LostError, BrokenProcessPool) as error:
        of_first_task = error.files if isinstance(error, LostError) and not files else {}
        raise LostError(f"a process of the replay broke off: {error}", files={**of_first_task, **files}) from error
    except StoppedError:
        raise
    except KeyboardInterrupt as stop:  # Ctrl-C while this process waited for the others
        raise StoppedError(files) from stop
    finally:
        pool.end()  # before the servers end on which it works
    return PartialEvidence(files, final=observed.final)


def _tasks(
    servers: Sequence[Server], role: str | None, repository: Repository, settings: Settings, known: PartialEvidence
) -> Sequence[Task]:
    """One task for each server, or for fewer where the history is short."""
    first, last = part(repository.migrations, settings.shard)
    left_out = frozenset(path for path, file in known.files.items() if file.trouble and file.trouble.left_out)
    parts = _ranges(repository.migrations[:last], first + len(known.files), len(servers))
    return [
        Task(
            server,
            role,
            repository.migrations,
            repository.consumers,
            settings,
            start,
            stop,
            left_out,
            with_creations=bool(repository.bases),
        )
        for server, (start, stop) in zip(servers, parts, strict=False)
    ]


def _ranges(migrations: Sequence[Migration], first: int, processes: int) -> Sequence[tuple[int, int]]:
    """Split the migrations from number `first` on into ranges (end excluded), at most one for each process."""
    filled = [(start, stop) for start, stop in ranges(migrations, first, processes, _HEAD_START) if start < stop]
    return filled or [(first, first)]


def _loaded_bases(
    server: Server, role: str | None, repository: Repository, settings: Settings, known: PartialEvidence
) -> Mapping[str, tuple[FileEvidence, Schema]]:
    """Load each base schema into its own database: the evidence, and the schema. Raises ConfigError for the prelude."""
    bases = dict(known.bases)
    missing = [base for base in repository.bases if base.path not in bases]
    for number, base in enumerate(missing, start=1):
        with database(server, f"base_{number}", role) as name:
            run_prelude(server, name, settings.timeout, settings.prelude)
            bases[base.path] = load_base(server, name, role, settings.timeout, base)
    return {base.path: bases[base.path] for base in repository.bases}


def _notes(server: Server, role: str, repository: Repository) -> tuple[str, ...]:
    """Notes for people about a replay as `role` on this server: what could not be observed or done there."""
    makes_roles = any(
        inner.tag == "CREATE ROLE"
        for migration in repository.migrations
        for statement in migration.statements
        for inner in statement.walk()
    )
    notes = [] if server.superuser else [_BY_THE_CATALOGS]
    if makes_roles and server.shared and server.info.major < 16 and role != "superuser":
        notes.append(
            "on this server the migrations could not create roles: before Postgres 16 "
            "who may create roles may change other people's"
        )
    if server.shared and (name := role.partition(":")[2]):
        notes.append(
            f"on this server {name} may be somebody else's: the role that migrates has another name here, "
            f"and what a file gives to {name} as its owner fails"
        )
    if by := brings(repository.migrations):
        notes.append(
            f"with {', '.join(by)} a migration can act in sessions that nobody watches: of that only lost tables, "
            "columns and rows of its own database are seen"
        )
    return tuple(notes)
