"""A database to which the migrations are applied in order, some of them observed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import psycopg

from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import ConfigError, LostError
from pytest_ctb.model import Consumer, FileEvidence, FinalState, Migration, Schema, SqlError, Trouble
from pytest_ctb.postgres import Server
from pytest_ctb.replay import steps
from pytest_ctb.replay.consumers import Consumers
from pytest_ctb.replay.ddl.creation import QUERIES, creations
from pytest_ctb.replay.near_names import near_name
from pytest_ctb.replay.queries import query_results
from pytest_ctb.replay.session.databases import connect, make_anew
from pytest_ctb.replay.session.missing_extension import located
from pytest_ctb.replay.session.outcome import Ran
from pytest_ctb.replay.session.progress import Progress, worded
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.out_of_order import applies_last
from pytest_ctb.replay.trials.sandboxes import CopySandbox
from pytest_ctb.replay.trials.trials import Trials
from pytest_ctb.replay.witness.catalog import snapshot
from pytest_ctb.replay.witness.other_sessions import with_unwatched
from pytest_ctb.replay.witness.witness import install, key_of, leave

_RECOVERY = 5.0
"""How many seconds a server may take to recover from the crash of one of its processes."""


class Task(NamedTuple):
    """The part of a replay that one process does, on a server that no other process uses."""

    server: Server
    role: str | None
    """The role that migrates; None: the superuser."""
    migrations: tuple[Migration, ...]
    """The whole history, of which the task observes a range."""
    consumers: tuple[Consumer, ...] = ()
    settings: Settings = Settings()
    first: int = 0
    """The number of the first migration to observe; those before it are only applied."""
    last: int = 0
    """The number after the last migration to observe."""
    left_out: frozenset[str] = frozenset()
    """The paths of migrations that are not applied, because the server was lost at them twice."""
    with_creations: bool = False
    """Whether the final state tells what makes the objects of the schema."""
    steps: Path | None = None
    """The file in which it notes each migration that it begins to observe; None where nobody reads it."""


class Timeline:
    """Applies migrations to an empty database, one after the other, and observes them.

    A failure of the suite itself at one file becomes the Trouble of that file alone: the next file has a new
    connection, and a new database where the state of the old one is unknown. Its connections end with the `with` block.
    """

    def __init__(self, task: Task, database: str) -> None:
        """Start with a database of the task's server in which the prelude has run."""
        self.server = task.server
        self.database = database
        self.applied = 0
        """How many migrations have been applied to the database."""
        self.files: dict[str, FileEvidence] = {}
        """The evidence of the observed migrations, by path."""
        self._task = task
        self._role = task.role
        self._timeout = task.settings.timeout
        self._errors: dict[str, SqlError] = {}
        self._current_consumers: Consumers | None = None
        """The statements of downstream code as prepared in the current state of the database; None: not prepared."""
        self._connections = ExitStack()
        self._current_trials: Trials | None = None
        """The trials of the open witnessed session, which is kept from file to file; None where none is open."""
        self._retried: set[str] = set()
        """The paths of the migrations at which the connection was lost once."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connections.__exit__(kind, error, trace)

    def apply_up_to(self, number: int) -> None:
        """Apply the migrations before this number without observing them. Raises LostError."""
        self._disconnect()
        while self.applied < number:
            self._current_consumers = None
            try:
                with Session(self.server, self.database, self._role, self._timeout) as session:
                    while self.applied < number:
                        self._apply_next(session)
            except Exception as error:
                migration = self._task.migrations[self.applied]
                if not self._may_retry(error, migration):
                    raise self._lost(error, migration, 0) from error
                try:
                    self._wait_for_server()
                    self._recreate_database()
                except psycopg.Error as second_error:
                    raise self._lost(second_error, migration, 0) from error

    def _apply_next(self, session: Session) -> None:
        migration = self._task.migrations[self.applied]
        session.progress.retried = migration.path in self._retried
        if migration.path not in self._task.left_out:
            self._note_error(file_evidence(migration, session.pass_by(migration), self.server))
        self.applied += 1

    def observe_up_to(self, number: int) -> None:
        """Apply the migrations before this number, run the trials of each, and put the evidence into `files`.

        Raises LostError where the server does not answer any more.
        """
        for migration in self._task.migrations[self.applied : number]:
            steps.note(self._task.steps, migration.path)
            evidence = self._observe(migration)
            self._note_error(evidence)
            self.files[migration.path] = evidence
            self.applied += 1

    def final_state(self) -> FinalState:
        """Apply the remaining migrations, and read the state of the database.

        Raises psycopg.Error where the server is lost.
        """
        self.apply_up_to(len(self._task.migrations))
        self._disconnect()
        last: Mapping[str, bool] | None = None
        schema, results, trouble = Schema({}), {}, None
        what = "reading the schema that all migrations made"
        try:
            with connect(self.server, self.database) as admin:
                schema = snapshot(admin, self._role or "", self.server)
            what = "asking the queries of guidelines"
            task = self._task
            queries = (*task.settings.queries, *(QUERIES if task.with_creations else ()))
            results = query_results(self.server, self.database, self._role, self._timeout, queries)
        except psycopg.Error as error:
            self._wait_for_server()
            trouble = Trouble(what, 1, worded(error))
        prepared = self._consumers.prepared
        with suppress(psycopg.Error):  # then it stays unknown whether another order helps
            last = self._applies_last()
        unknown = last is None
        made = creations(schema, results)
        results = {query: results[query] for query in self._task.settings.queries if query in results}
        return FinalState(
            self.server.info,
            schema,
            last or {},
            results,
            prepared,
            trouble=trouble,
            transient=unknown,
            creations=made,
        )

    def _applies_last(self) -> Mapping[str, bool]:
        if not self._errors:
            return {}
        with Session(self.server, self.database, self._role, self._timeout) as session:
            session.progress.retried = True  # each has failed before
            return applies_last(CopySandbox(self.server, session), self._task.migrations, self._errors)

    # --- one migration --------------------------------------------------------------------------------------------

    def _observe(self, migration: Migration) -> FileEvidence:
        """Apply a migration and run its trials; where the suite itself fails, its evidence has the Trouble."""
        progress = Progress(retried=migration.path in self._retried)
        try:
            return self._apply_and_try(migration, progress)
        except Exception as error:  # noqa: BLE001  # any error concerns this migration alone
            return self._after_trouble(migration, progress, error)

    def _apply_and_try(self, migration: Migration, progress: Progress) -> FileEvidence:
        progress.what = "looking at what downstream code sends"
        consumers = self._consumers  # prepared before the migration
        progress.what = "logging in"
        trials = self._trials
        session = trials.session
        session.progress = progress
        columns = session.columns() if session.reaches_out(migration) else None
        with trials.around(migration) as before:
            with trials.application(before) as application:
                progress.what, progress.applying = "applying it", True
                ran = session.apply(migration)
                if columns is not None:
                    ran = with_unwatched(migration, ran, columns, session.columns())
                progress.ran = ran
                evidence = self._with_near_name(migration, file_evidence(migration, ran, self.server))
                if evidence.applied and application:
                    progress.what = "sending what the running application sends"
                    evidence = evidence._replace(application=application.after())
            if evidence.applied:
                after = trials.after(before.file, before, ran)
                evidence = evidence._replace(
                    on_rows=before.on_rows,
                    mismatches=before.mismatches,
                    rerun=after.rerun,
                    rollback=after.rollback,
                    interruptions=after.interruptions,
                )
        progress.what = "looking at what downstream code sends"
        return consumers.after(migration, evidence)

    def _with_near_name(self, migration: Migration, evidence: FileEvidence) -> FileEvidence:
        """The evidence, with a name that exists where the file failed because one like it does not."""
        if not evidence.error or not evidence.error.missing:
            return evidence
        with connect(self.server, self.database) as admin:
            near = near_name(admin, migration, evidence.failed_line, evidence.error)
        return evidence._replace(near_name=near)

    def _after_trouble(self, migration: Migration, progress: Progress, error: Exception) -> FileEvidence:
        """The evidence of a migration at which the suite failed, once the database is ready for the next one.

        Raises LostError.
        """
        disconnected = _ends_the_connection(error)
        with suppress(psycopg.Error):
            self._disconnect()
        self._current_consumers = None
        try:
            self._wait_for_server()
            if self._may_retry(error, migration):
                self._recreate_database()
                return self._observe(migration)
            if disconnected or progress.escaped or (progress.applying and progress.ran is None):
                self._recreate_database()
            trouble = Trouble(progress.what, progress.line or 1, worded(error))
            if progress.ran is not None and not disconnected:
                return file_evidence(migration, progress.ran, self.server)._replace(trouble=trouble)
            with Session(self.server, self.database, self._role, self._timeout) as session:
                return file_evidence(migration, session.pass_by(migration), self.server)._replace(trouble=trouble)
        except LostError:
            raise
        except Exception as second_error:  # noqa: BLE001  # any error: the server or the database cannot be used
            raise self._lost(second_error, migration, progress.line) from error

    def _may_retry(self, error: Exception, migration: Migration) -> bool:
        """Whether the connection was lost at this migration for the first time: another session may have ended it."""
        if not _ends_the_connection(error) or migration.path in self._retried:
            return False
        self._retried.add(migration.path)
        return True

    def _recreate_database(self) -> None:
        """Drop the database, create it again, and apply the same migrations to it."""
        make_anew(self.server, self.database, self._role)
        run_prelude(self.server, self.database, self._timeout, self._task.settings.prelude)
        applied, self.applied = self.applied, 0
        self.apply_up_to(applied)

    def _wait_for_server(self) -> None:
        """Wait until the server answers: after the crash of one process Postgres restarts all of them."""
        end = time.monotonic() + _RECOVERY
        while True:
            try:
                self.server.connect().close()
            except psycopg.OperationalError as error:
                if "FATAL" not in str(error) or time.monotonic() > end:  # no server answers at all
                    raise
                time.sleep(0.05)
            else:
                return

    def _lost(self, error: Exception, migration: Migration, line: int) -> LostError:
        what = f"the replay broke off at {migration.path}: {worded(error)}"
        return LostError(what, migration.path, line or 1, dict(self.files))

    def _note_error(self, evidence: FileEvidence) -> None:
        if evidence.error:
            self._errors[evidence.path] = evidence.error

    @property
    def _consumers(self) -> Consumers:
        if self._current_consumers is None:
            self._current_consumers = Consumers(
                self.server, self.database, self._role, self._timeout, self._task.consumers
            )
        return self._current_consumers

    @property
    def _trials(self) -> Trials:
        if self._current_trials is None:
            session = self._connections.enter_context(self._witnessed_session())
            self._current_trials = Trials(self.server, session, self._task.settings.trials)
        return self._current_trials

    def _disconnect(self) -> None:
        self._current_trials = None
        self._connections.close()

    @contextmanager
    def _witnessed_session(self) -> Iterator[Session]:
        """A session with the witness installed, whose objects are removed from the database at the end."""
        if self.server.superuser:
            with connect(self.server, self.database) as admin:
                install(admin, key_of(self.server.password), self._role)
        with Session(self.server, self.database, self._role, self._timeout, witnessed=True) as session:
            yield session
        if self.server.superuser:
            with connect(self.server, self.database) as admin:
                leave(admin, key_of(self.server.password))


def _ends_the_connection(error: Exception) -> bool:
    return isinstance(error, psycopg.Error) and (error.sqlstate or "08").startswith(("08", "57P", "25P03"))


def file_evidence(file: Migration, ran: Ran, server: Server) -> FileEvidence:
    """The evidence of a file that was applied, without that of its trials."""
    return FileEvidence(file.path, ran.traces, located(ran.error, server.info), ran.line, left_open=ran.open)


def run_prelude(server: Server, name: str, timeout: float, prelude: Sequence[Migration]) -> None:
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


def load_base(
    server: Server, name: str, role: str | None, timeout: float, base: Migration
) -> tuple[FileEvidence, Schema]:
    """Load a base schema into an empty database: the evidence, and the schema. Raises psycopg.Error."""
    with Session(server, name, role, timeout) as session:
        evidence = file_evidence(base, session.apply(base), server)
    with connect(server, name) as admin:
        return evidence, snapshot(admin, role or "", server)
