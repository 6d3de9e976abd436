"""One database on its way through the migrations: past some of them, and watching others."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import NamedTuple, Self

import psycopg

from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import ConfigError, LostError
from pytest_ctb.model import Consumer, End, FileEvidence, Migration, Schema, SqlError, Trouble
from pytest_ctb.postgres import Server
from pytest_ctb.replay.consumers import Consumers
from pytest_ctb.replay.queries import answers
from pytest_ctb.replay.session.databases import connect, make_anew
from pytest_ctb.replay.session.missing_extension import located
from pytest_ctb.replay.session.outcome import Ran
from pytest_ctb.replay.session.progress import Progress, worded
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.out_of_order import tried_late
from pytest_ctb.replay.trials.trials import Trials
from pytest_ctb.replay.witness.catalog import snapshot
from pytest_ctb.replay.witness.other_sessions import with_unwatched
from pytest_ctb.replay.witness.witness import install, key_of, leave

_RECOVERY = 5.0
"""Seconds that a server may take to start its processes anew."""


class Task(NamedTuple):
    """What one process does of a replay, and where."""

    server: Server
    database: str
    """It stands before the first migration."""
    role: str | None
    """Who migrates; None is the superuser."""
    migrations: tuple[Migration, ...]
    """The whole history."""
    consumers: tuple[Consumer, ...] = ()
    settings: Settings = Settings()
    first: int = 0
    """The number of the first migration to watch; those before it are passed by."""
    last: int = 0
    """The number behind that of the last one."""
    left_out: frozenset[str] = frozenset()
    """The paths of migrations that the others go without."""


class Timeline:
    """A database on its way through the migrations, from where there are none.

    A file at which the suite itself fails is told so, and no other meets it: the next has a fresh login, and where
    nobody knows what the database holds by then, a fresh database. When the `with` block ends nobody is logged in.
    """

    def __init__(self, task: Task) -> None:
        self.server = task.server
        self.database = task.database
        self.at = 0
        """So many migrations the database stands behind."""
        self.seen: dict[str, FileEvidence] = {}
        """What was watched so far, by its path."""
        self._task = task
        self._role = task.role
        self._timeout = task.settings.timeout
        self._errors: dict[str, SqlError] = {}
        self._looked: Consumers | None = None
        """The statements of downstream code, if they have been looked at as the database is now."""
        self._logins = ExitStack()
        self._trials: Trials | None = None
        """Of the login that watches, if there is one: it knows better than a new one what the next file needs."""
        self._retried: set[str] = set()
        """The migrations at which a connection was lost once."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._logins.__exit__(kind, error, trace)

    def pass_by(self, to: int) -> None:
        """Apply the migrations before number `to`, with nobody watching. Raises LostError."""
        self._log_out()
        while self.at < to:
            self._looked = None
            try:
                with Session(self.server, self.database, self._role, self._timeout) as session:
                    while self.at < to:
                        self._pass_by_next(session)
            except Exception as error:
                under_way = self._task.migrations[self.at]
                if not self._may_retry(error, under_way):
                    raise self._lost(error, under_way, 0) from error
                try:
                    self._wait_for_server()
                    self._make_anew()
                except psycopg.Error as also:
                    raise self._lost(also, under_way, 0) from error

    def _pass_by_next(self, session: Session) -> None:
        migration = self._task.migrations[self.at]
        session.progress.retried = migration.path in self._retried
        if migration.path not in self._task.left_out:
            self._keep(fared(migration, session.pass_by(migration), self.server))
        self.at += 1

    def watch(self, to: int) -> None:
        """Apply the migrations before number `to`, and run the trials of each; `seen` holds what that gave.

        Raises LostError where the server does not answer any more.
        """
        for migration in self._task.migrations[self.at : to]:
            seen = self._watched(migration)
            self._keep(seen)
            self.seen[migration.path] = seen
            self.at += 1

    def end(self) -> End:
        """Apply what is left, and see what all of them made. Raises psycopg.Error where the server is lost."""
        self.pass_by(len(self._task.migrations))
        self._log_out()
        late: Mapping[str, bool] = {}
        schema, answered, trouble = Schema({}), {}, None
        with suppress(psycopg.Error):  # then nobody knows whether another place would help
            late = self._late()
        what = "reading the schema that all migrations made"
        try:
            with connect(self.server, self.database) as admin:
                schema = snapshot(admin, self._role or "")
            what = "asking the queries of guidelines"
            answered = answers(self.server, self.database, self._role, self._timeout, self._task.settings.queries)
        except psycopg.Error as error:
            self._wait_for_server()
            trouble = Trouble(what, 1, worded(error))
        return End(self.server.info, schema, late, answered, self._consumers.now, trouble=trouble)

    def _late(self) -> Mapping[str, bool]:
        if not self._errors:
            return {}
        with self._witnessed() as session:
            session.progress.retried = True  # each has failed before
            return tried_late(session, self._task.migrations, self._errors)

    # --- one migration --------------------------------------------------------------------------------------------

    def _watched(self, migration: Migration) -> FileEvidence:
        """What it was seen to do; where the suite itself fails at it, that, and how it applies with nobody watching."""
        progress = Progress(retried=migration.path in self._retried)
        try:
            return self._tried(migration, progress)
        except Exception as error:  # noqa: BLE001  # whatever it is, it concerns this migration alone
            return self._after_trouble(migration, progress, error)

    def _tried(self, migration: Migration, progress: Progress) -> FileEvidence:
        progress.what = "looking at what downstream code sends"
        consumers = self._consumers  # as they are before it
        progress.what = "logging in"
        trials = self._watching()
        session = trials.session
        session.progress = progress
        columns = session.columns() if session.reaches_out(migration) else None
        with trials.around(migration) as before:
            progress.what, progress.applying = "applying it", True
            ran = session.apply(migration)
            if columns is not None:
                ran = with_unwatched(migration, ran, columns, session.columns())
            progress.ran = ran
            seen = fared(migration, ran, self.server)
            if seen.applied:
                after = trials.after(migration, before, ran)
                seen = seen._replace(
                    on_rows=before.on_rows,
                    mismatches=before.mismatches,
                    again=after.again,
                    rollback=after.undo,
                    breaks=after.breaks,
                )
        progress.what = "looking at what downstream code sends"
        return consumers.behind(migration, seen)

    def _after_trouble(self, migration: Migration, progress: Progress, error: Exception) -> FileEvidence:
        """Go on behind a migration at which the suite failed. Raises LostError."""
        gone = _ends_the_connection(error)
        with suppress(psycopg.Error):
            self._log_out()
        self._looked = None
        try:
            self._wait_for_server()
            if self._may_retry(error, migration):
                self._make_anew()
                return self._watched(migration)
            if gone or progress.escaped or (progress.applying and progress.ran is None):
                self._make_anew()
            trouble = Trouble(progress.what, progress.line or 1, worded(error))
            if progress.ran is not None and not gone:
                return fared(migration, progress.ran, self.server)._replace(trouble=trouble)
            with Session(self.server, self.database, self._role, self._timeout) as session:
                return fared(migration, session.pass_by(migration), self.server)._replace(trouble=trouble)
        except LostError:
            raise
        except Exception as also:  # noqa: BLE001  # this server, or this database, is of no more use
            raise self._lost(also, migration, progress.line) from error

    def _may_retry(self, error: Exception, migration: Migration) -> bool:
        """Whether the connection was ended at this migration for the first time: by somebody else, perhaps."""
        if not _ends_the_connection(error) or migration.path in self._retried:
            return False
        self._retried.add(migration.path)
        return True

    def _make_anew(self) -> None:
        """Make the database anew, and apply there what it stood behind."""
        make_anew(self.server, self.database, self._role)
        prepare(self.server, self.database, self._timeout, self._task.settings.prelude)
        self.at, behind = 0, self.at
        self.pass_by(behind)

    def _wait_for_server(self) -> None:
        """Wait until the server answers: one of whose processes crashed starts all of them anew."""
        end = time.monotonic() + _RECOVERY
        while True:
            try:
                self.server.connect().close()
            except psycopg.OperationalError as error:
                if "FATAL" not in str(error) or time.monotonic() > end:  # nobody is there to say so
                    raise
                time.sleep(0.05)
            else:
                return

    def _lost(self, error: Exception, migration: Migration, line: int) -> LostError:
        what = f"the replay broke off at {migration.path}: {worded(error)}"
        return LostError(what, migration.path, line or 1, dict(self.seen))

    def _keep(self, seen: FileEvidence) -> None:
        if seen.error:
            self._errors[seen.path] = seen.error

    @property
    def _consumers(self) -> Consumers:
        if self._looked is None:
            self._looked = Consumers(self.server, self.database, self._role, self._timeout, self._task.consumers)
        return self._looked

    def _watching(self) -> Trials:
        if self._trials is None:
            session = self._logins.enter_context(self._witnessed())
            self._trials = Trials(self.server, session, self._task.settings.trials)
        return self._trials

    def _log_out(self) -> None:
        self._trials = None
        self._logins.close()

    @contextmanager
    def _witnessed(self) -> Iterator[Session]:
        """A session that is witnessed; at the end nothing of the witness shows in the database."""
        if self.server.superuser:
            with connect(self.server, self.database) as admin:
                install(admin, key_of(self.server.password))
        with Session(self.server, self.database, self._role, self._timeout, witnessed=True) as session:
            yield session
        if self.server.superuser:
            with connect(self.server, self.database) as admin:
                leave(admin, key_of(self.server.password))


def _ends_the_connection(error: Exception) -> bool:
    return isinstance(error, psycopg.Error) and (error.sqlstate or "08").startswith(("08", "57P", "25P03"))


def fared(file: Migration, ran: Ran, server: Server) -> FileEvidence:
    """How a file ran, by itself."""
    return FileEvidence(file.path, ran.traces, located(ran.error, server.info), ran.line, undone=ran.open)


def prepare(server: Server, name: str, timeout: float, prelude: Sequence[Migration]) -> None:
    """Run the prelude in a database. Raises ConfigError where it fails."""
    if not prelude:
        return
    with Session(server, name, None, timeout) as session:
        for file in prelude:
            ran = session.apply(file)
            if ran.error:
                line = ran.error.position.line if ran.error.position else ran.line
                error = located(ran.error, server.info) or ran.error
                raise ConfigError(f"{file.path}:{line}: the prelude fails: {error.message}")
            if ran.open:
                line = file.statements[-1].position.line
                raise ConfigError(f"{file.path}:{line}: the prelude ends inside its transaction, which undoes it")


def loaded(server: Server, name: str, role: str | None, timeout: float, base: Migration) -> tuple[FileEvidence, Schema]:
    """How a base schema loads into a database, and what that gives. Raises psycopg.Error."""
    with Session(server, name, role, timeout) as session:
        file = fared(base, session.apply(base), server)
    with connect(server, name) as admin:
        return file, snapshot(admin, role or "")
