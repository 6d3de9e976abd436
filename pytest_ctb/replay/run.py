"""Replay on a running server: load each base schema into its own database, then apply the migrations in order.

Where it saves time, several processes (worker.py) share the migrations: each observes one range of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import LostError, StoppedError
from pytest_ctb.model import GEXEC, FileEvidence, Migration, PartialEvidence, Repository, Schema, Statement
from pytest_ctb.postgres import Server
from pytest_ctb.replay.parts import part, ranges
from pytest_ctb.replay.session.databases import database, migrating_role
from pytest_ctb.replay.timeline import Task, load_base, run_prelude
from pytest_ctb.replay.witness.other_sessions import brings
from pytest_ctb.replay.worker import Pool, lost, work
from pytest_ctb.sql import comment_on, extension

_BY_THE_CATALOGS = (
    "this server gives no superuser: what a statement did was read off the catalogs, "
    "which do not tell what went by CASCADE, nor what one statement made and dropped again"
)
_SHARED_OBJECTS = re.compile(
    "(?:CREATE|ALTER|DROP) (?:ROLE|DATABASE|TABLESPACE|SUBSCRIPTION)|(?:GRANT|REVOKE) ROLE|ALTER SYSTEM"
    "|(?:DROP|REASSIGN) OWNED|SECURITY LABEL"
)
"""The tags of statements on roles, databases, tablespaces and other objects that all databases of a server share."""
_BODIES = {"DO", "CREATE FUNCTION", "CREATE PROCEDURE"}
_RUNS = re.compile(r"\bexecute\b", re.IGNORECASE)
_WORDS = re.compile(
    r"\b(?:role|user|group|grant|revoke|tablespace|database|system|owned|subscription|label)\b|extension", re.IGNORECASE
)
"""Words in the text of such a statement, however EXECUTE composes it; a wrong guess costs only time."""
_UNTRUSTED = """
SELECT FROM pg_catalog.pg_available_extension_versions WHERE name = ANY (%s) AND superuser AND NOT trusted
"""


def observe(
    server: Server,
    repository: Repository,
    settings: Settings,
    known: PartialEvidence,
    pool: Pool | None,
    steps: Path | None = None,
) -> PartialEvidence:
    """Observe what is not `known`, in this process and in those of a pool, which has ended then.

    `steps`: the file in which the processes note how far they are; None where nobody reads it.

    Raises ConfigError where the prelude fails, and ServerError. Raises LostError, with the evidence of the first files,
    where the server is lost, and where something failed that another process may have caused.
    """
    server = replace(server, room=settings.disk << 20)
    keep = not server.shared  # a throwaway server is deleted as a whole
    with lost(), ExitStack() as ends:
        role = ends.enter_context(migrating_role(server, settings.role, keep=keep))
        bases = _loaded_bases(server, role, repository, settings, known) if settings.shard.is_last else {}
        if known.final is not None:  # only a base schema was not known
            return replace(known, bases=bases)
        tasks = ends.enter_context(_tasks(server, role, repository, settings, known, pool.processes + 1 if pool else 1))
        tasks = [task._replace(steps=steps) for task in tasks]
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
        pool.end()  # before the databases are dropped in which it works
    # A crash at one file restarts the server, which also ends the connections of the other processes.
    before_trouble = dict(takewhile(lambda item: not item[1].trouble, files.items()))
    if len(before_trouble) < len(files):
        raise LostError("something went wrong at a migration while other processes replayed", files=before_trouble)
    return PartialEvidence(files, final=observed.final)


@contextmanager
def _tasks(
    server: Server, role: str | None, repository: Repository, settings: Settings, known: PartialEvidence, processes: int
) -> Iterator[Sequence[Task]]:
    """One task for each process, with a database in which the prelude has run; the databases are dropped at the end."""
    first, last = part(repository.migrations, settings.shard)
    first, keep = first + len(known.files), not server.shared
    left_out = frozenset(path for path, file in known.files.items() if file.trouble and file.trouble.left_out)
    with ExitStack() as ends:
        name = ends.enter_context(database(server, "replay", role, keep=keep))
        run_prelude(server, name, settings.timeout, settings.prelude)
        migrations, consumers = repository.migrations, repository.consumers
        whole = Task(
            server,
            name,
            role,
            migrations,
            consumers,
            settings,
            first,
            last,
            left_out,
            with_creations=bool(repository.bases),
        )
        parts = _ranges(migrations[:last], first, processes)
        if len(parts) < 2 or _reach_other_databases((*settings.prelude, *repository.migrations), server):
            yield [whole]
            return
        after_prelude = replace(settings, prelude=())  # it has run in the database that is copied
        tasks = []
        for number, (start, stop) in enumerate(parts):
            # Each process has its own prefix, so that none drops the databases of another.
            copy_server = replace(server, prefix=f"{server.prefix}_{number:02}", template=name, roles=frozenset())
            copy = ends.enter_context(database(copy_server, "replay", role, keep=keep))
            tasks.append(
                whole._replace(server=copy_server, database=copy, settings=after_prelude, first=start, last=stop)
            )
        yield tasks


def _ranges(migrations: Sequence[Migration], first: int, processes: int) -> Sequence[tuple[int, int]]:
    """Split the migrations from number `first` on into ranges (end excluded), at most one for each process."""
    filled = [(start, stop) for start, stop in ranges(migrations, first, processes) if start < stop]
    return filled or [(first, first)]


def _reach_other_databases(files: Iterable[Migration], server: Server) -> bool:
    """Whether a file may change or read objects that all databases of the server share, roles say.

    Raises psycopg.Error.
    """
    statements = [inner for file in files for statement in file.statements for inner in statement.walk()]
    if any(map(_may_use_shared_objects, statements)):
        return True
    # To create an untrusted extension the migrating role becomes superuser for a moment, in all databases.
    extensions = [new.name for new in map(extension, statements) if new]
    if not extensions or not server.superuser:
        return False
    with server.connect() as admin:
        return admin.execute(_UNTRUSTED, [extensions]).fetchone() is not None


def _may_use_shared_objects(statement: Statement) -> bool:
    if _SHARED_OBJECTS.match(statement.tag) or statement.tag == GEXEC or not (statement.tag or statement.meta):
        return True
    if (comment := comment_on(statement)) and comment.kind in {"ROLE", "TABLESPACE"}:
        return True
    unknown = statement.unread or (_RUNS.search(statement.sql) and _WORDS.search(statement.sql))
    return statement.tag in _BODIES and bool(unknown)


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
