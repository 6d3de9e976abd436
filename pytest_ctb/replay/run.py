"""One replay on a server that runs: each base schema in a database of its own, then the migrations in their order.

Where it pays, several processes share the migrations (worker.py): each watches one stretch of them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import accumulate, pairwise, takewhile

from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import LostError
from pytest_ctb.model import GEXEC, FileEvidence, Migration, Observed, Repository, Schema, Statement
from pytest_ctb.postgres import Server
from pytest_ctb.replay.session.databases import database, migrating_role
from pytest_ctb.replay.timeline import Task, loaded, prepare
from pytest_ctb.replay.witness.other_sessions import brings
from pytest_ctb.replay.worker import Pool, lost, work
from pytest_ctb.sql import extension

_BY_THE_CATALOGS = (
    "this server gives no superuser: what a statement did was read off the catalogs, "
    "which do not tell what went by CASCADE, nor what one statement made and dropped again"
)
_PASSING = 0.23
"""What it costs to pass by a file, and to start a process that does, against watching it."""
_ENDING = 0.03
"""What it costs to read what all files made, against watching all of them."""
_SHARED = re.compile(
    "(?:CREATE|ALTER|DROP) (?:ROLE|DATABASE|TABLESPACE|SUBSCRIPTION)|(?:GRANT|REVOKE) ROLE|ALTER SYSTEM"
    "|(?:DROP|REASSIGN) OWNED|SECURITY LABEL"
)
"""Statements, by their tags, about roles, databases, tablespaces, and what belongs to them all."""
_BODIES = {"DO", "CREATE FUNCTION", "CREATE PROCEDURE"}
_RUNS = re.compile(r"\bexecute\b", re.IGNORECASE)
_WORDS = re.compile(
    r"\b(?:role|user|group|grant|revoke|tablespace|database|system|owned|subscription|label)\b|extension", re.IGNORECASE
)
"""What the text of a statement for one of these holds, in whatever way it is put together; a guess costs time alone."""
_UNTRUSTED = """
SELECT FROM pg_catalog.pg_available_extension_versions WHERE name = ANY (%s) AND superuser AND NOT trusted
"""


def observe(
    server: Server,
    repository: Repository,
    settings: Settings,
    known: Observed,
    pool: Pool | None,
) -> Observed:
    """Watch what is not known: this process alone, or with those of a pool, which is at its end then.

    Raises ConfigError where the prelude fails, and ServerError; LostError, which holds what was seen of the first
    files, where the server is lost, and where something is wrong that another process may be to blame for.
    """
    server = replace(server, room=settings.disk << 20)
    keep = not server.shared  # what is on a server of our own goes with it
    with lost(), ExitStack() as ends:
        role = ends.enter_context(migrating_role(server, settings.role, keep=keep))
        bases = _loaded_bases(server, role, repository, settings, known)
        if known.end is not None:  # some base was missing, and nothing else
            return replace(known, bases=bases)
        tasks = ends.enter_context(_tasks(server, role, repository, settings, known, pool.processes + 1 if pool else 1))
        seen = work(tasks[0]) if pool is None or len(tasks) == 1 else _together(tasks, pool)
        assert seen.end is not None
        end = replace(seen.end, notes=_notes(server, settings.role, repository))
        return Observed({**known.files, **seen.files}, bases, end)


def _together(tasks: Sequence[Task], pool: Pool) -> Observed:
    """What several processes observed, of which this one is the first. Raises LostError."""
    files: dict[str, FileEvidence] = {}
    try:
        others = [pool.submit(task) for task in tasks[1:]]
        seen = work(tasks[0])
        files |= seen.files
        for other in others:
            seen = other()
            files |= seen.files
    except (LostError, BrokenProcessPool) as error:
        at_first = error.files if isinstance(error, LostError) and not files else {}
        raise LostError(f"a process of the replay broke off: {error}", files={**at_first, **files}) from error
    finally:
        pool.end()  # before anybody drops what it works in
    # A server that starts anew because of one file breaks what another process is doing.
    sound = dict(takewhile(lambda item: not item[1].trouble, files.items()))
    if len(sound) < len(files):
        raise LostError("something went wrong at a migration while other processes replayed", files=sound)
    return Observed(files, end=seen.end)


@contextmanager
def _tasks(
    server: Server, role: str | None, repository: Repository, settings: Settings, known: Observed, processes: int
) -> Iterator[Sequence[Task]]:
    """What each process is to do, in a database that has its prelude; at the end these are dropped."""
    first, last, keep = len(known.files), len(repository.migrations), not server.shared
    left_out = frozenset(path for path, file in known.files.items() if file.trouble and file.trouble.left_out)
    with ExitStack() as ends:
        name = ends.enter_context(database(server, "replay", role, keep=keep))
        prepare(server, name, settings.timeout, settings.prelude)
        whole = Task(server, name, role, repository.migrations, repository.consumers, settings, first, last, left_out)
        stretches = _stretches(repository.migrations, first, processes)
        if len(stretches) < 2 or _spans((*settings.prelude, *repository.migrations), server):
            yield [whole]
            return
        after_prelude = replace(settings, prelude=())  # it has been run in the database that is copied
        tasks = []
        for number, (start, stop) in enumerate(stretches):
            # The prefix is one process's alone, so that none drops what is another's.
            others = replace(server, prefix=f"{server.prefix}_{number:02}", template=name, roles=frozenset())
            copy = ends.enter_context(database(others, "replay", role, keep=keep))
            tasks.append(whole._replace(server=others, database=copy, settings=after_prelude, first=start, last=stop))
        yield tasks


def _stretches(migrations: Sequence[Migration], first: int, processes: int) -> Sequence[tuple[int, int]]:
    """From number, to before number: stretches of the files from `first` on, in their order, one for each process.

    All should be done at the same time: each passes by what lies before its stretch, and the last one reads the end.
    """
    costs = [1.0 + len(migration.sent) for migration in migrations[first:]]
    if not costs:
        return [(first, first)]
    costs[-1] += sum(costs) * _ENDING
    behind = list(accumulate(costs, initial=0.0))
    shares = [1 - (1 - _PASSING) ** number for number in range(processes + 1)]
    bounds = [bisect_left(behind, behind[-1] * share / shares[-1]) for share in shares]
    return [(first + start, first + stop) for start, stop in pairwise([*bounds[:-1], len(costs)]) if start < stop]


def _spans(files: Iterable[Migration], server: Server) -> bool:
    """Whether one of the files may change, or need unchanged, what another database of the server sees as well.

    Raises psycopg.Error.
    """
    statements = [inner for file in files for statement in file.statements for inner in statement.walk()]
    if any(map(_reaches_others, statements)):
        return True
    # For an extension that is not trusted the role that migrates is raised, wherever it is logged in.
    extensions = [made.name for made in map(extension, statements) if made]
    if not extensions or not server.superuser:
        return False
    with server.connect() as admin:
        return admin.execute(_UNTRUSTED, [extensions]).fetchone() is not None


def _reaches_others(statement: Statement) -> bool:
    if _SHARED.match(statement.tag) or statement.tag == GEXEC or not (statement.tag or statement.meta):
        return True
    unknown = statement.unread or (_RUNS.search(statement.sql) and _WORDS.search(statement.sql))
    return statement.tag in _BODIES and bool(unknown)


def _loaded_bases(
    server: Server, role: str | None, repository: Repository, settings: Settings, known: Observed
) -> Mapping[str, tuple[FileEvidence, Schema]]:
    """How each base schema loaded into a database of its own. Raises ConfigError where the prelude fails."""
    bases = dict(known.bases)
    missing = [base for base in repository.bases if base.path not in bases]
    for number, base in enumerate(missing, start=1):
        with database(server, f"base_{number}", role) as name:
            prepare(server, name, settings.timeout, settings.prelude)
            bases[base.path] = loaded(server, name, role, settings.timeout, base)
    return {base.path: bases[base.path] for base in repository.bases}


def _notes(server: Server, role: str, repository: Repository) -> tuple[str, ...]:
    """What a person should know about a replay as `role` on this server."""
    makes_roles = any(
        inner.tag == "CREATE ROLE"
        for migration in repository.migrations
        for statement in migration.statements
        for inner in statement.walk()
    )
    notes = [] if server.superuser else [_BY_THE_CATALOGS]
    if makes_roles and server.shared and server.info.major < 16 and role == "owner":
        notes.append(
            "on this server the migrations could not create roles: before Postgres 16 "
            "who may create roles may change other people's"
        )
    if by := brings(repository.migrations):
        notes.append(
            f"with {', '.join(by)} a migration can act in sessions that nobody watches: of that only lost tables, "
            "columns and rows of its own database are seen"
        )
    return tuple(notes)
