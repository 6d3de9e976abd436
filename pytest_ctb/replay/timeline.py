"""One database on its way through the migrations: forward only, past some of them, and watching others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import NamedTuple, Self

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Consumer, End, Experiment, FileReplay, Migration, Schema, SqlError
from pytest_ctb.postgres import Server
from pytest_ctb.replay.catalog import snapshot
from pytest_ctb.replay.consumers import Consumers
from pytest_ctb.replay.experiments import Experiments
from pytest_ctb.replay.lacking import located
from pytest_ctb.replay.late import tried_late
from pytest_ctb.replay.queries import answers
from pytest_ctb.replay.ran import Ran
from pytest_ctb.replay.session import Session
from pytest_ctb.replay.witness import install, leave


class Wish(NamedTuple):
    """What is to be seen of a history, and how."""

    migrations: tuple[Migration, ...]
    timeout: float = 60.0
    """Of one statement, in seconds."""
    prelude: tuple[Migration, ...] = ()
    experiments: frozenset[Experiment] = frozenset(Experiment)
    """What is tried with each migration."""
    queries: tuple[str, ...] = ()
    """What is asked when all have run."""
    consumers: tuple[Consumer, ...] = ()


class Timeline:
    """A database that stands behind the first `at` migrations, whose errors are known.

    When the `with` block ends nobody is logged into it any more.
    """

    def __init__(
        self,
        server: Server,
        database: str,
        role: str | None,
        wish: Wish,
        at: int = 0,
        errors: Mapping[str, SqlError] | None = None,
    ) -> None:
        self.server = server
        self.database = database
        self.at = at
        self._role = role
        self._wish = wish
        self._errors = dict(errors or {})
        self._looked: Consumers | None = None
        """The statements of downstream code, if they have been looked at as the database is now."""
        self._logins = ExitStack()
        self._experiments: Experiments | None = None
        """Of the login that watches, if there is one: it knows better than a new one what the next file needs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._logins.__exit__(kind, error, trace)

    def pass_by(self, to: int) -> None:
        """Apply the migrations before number `to`, with nobody watching. Raises psycopg.Error."""
        coming = self._wish.migrations[self.at : to]
        if coming:
            self._log_out()
            with Session(self.server, self.database, self._role, self._wish.timeout) as session:
                for one in coming:
                    self._keep(fared(one, session.pass_by(one), self.server))
            self._looked = None
        self.at = max(self.at, to)

    def watch(self, to: int) -> dict[str, FileReplay]:
        """Apply the migrations before number `to`, and try with each what is wished. Raises psycopg.Error."""
        coming = self._wish.migrations[self.at : to]
        consumers = self._consumers  # as they are before the first
        files = {}
        experiments = self._watching()
        for one in coming:
            with experiments.around(one) as before:
                ran = experiments.session.apply(one)
                found = fared(one, ran, self.server)
                if found.applied:
                    after = experiments.after(one, before, ran)
                    found = found._replace(
                        peopled=before.peopled,
                        mismatches=before.mismatches,
                        again=after.again,
                        rollback=after.undo,
                        breaks=after.breaks,
                    )
            files[one.path] = consumers.behind(one, found)
            self._keep(found)
        self.at = max(self.at, to)
        return files

    def end(self) -> End:
        """Apply what is left, and see what all of them made. Raises psycopg.Error."""
        self.pass_by(len(self._wish.migrations))
        self._log_out()
        late = {}
        if self._errors:
            with self._witnessed() as session:
                late = tried_late(session, self._wish.migrations, self._errors)
        with self.server.connect(self.database) as admin:
            schema = snapshot(admin, self._role or "")
        answered = answers(self.server, self.database, self._role, self._wish.timeout, self._wish.queries)
        return End(self.server.info, schema, late, answered, self._consumers.now)

    def _keep(self, one: FileReplay) -> None:
        if one.error:
            self._errors[one.path] = one.error

    @property
    def _consumers(self) -> Consumers:
        if self._looked is None:
            told = (self.server, self.database, self._role, self._wish.timeout, self._wish.consumers)
            self._looked = Consumers(*told)
        return self._looked

    def _watching(self) -> Experiments:
        if self._experiments is None:
            session = self._logins.enter_context(self._witnessed())
            self._experiments = Experiments(self.server, session, self._wish.experiments)
        return self._experiments

    def _log_out(self) -> None:
        self._logins.close()
        self._experiments = None

    @contextmanager
    def _witnessed(self) -> Iterator[Session]:
        """A session that is witnessed; at the end nothing of the witness shows in the database."""
        with self.server.connect(self.database) as admin:
            if self.server.superuser:
                install(admin)
        with Session(self.server, self.database, self._role, self._wish.timeout, witnessed=True) as session:
            yield session
        with self.server.connect(self.database) as admin:
            if self.server.superuser:
                leave(admin)


def fared(file: Migration, ran: Ran, server: Server) -> FileReplay:
    """How a file ran, by itself."""
    return FileReplay(file.path, ran.traces, located(ran.error, server.info), ran.line, undone=ran.open)


def prepare(server: Server, name: str, timeout: float, prelude: Sequence[Migration]) -> None:
    """Run the prelude in a database. Raises ConfigError where it fails."""
    if not prelude:
        return
    with Session(server, name, None, timeout) as session:
        for file in prelude:
            found = session.apply(file)
            if found.error:
                line = found.error.position.line if found.error.position else found.line
                error = located(found.error, server.info) or found.error
                raise ConfigError(f"{file.path}:{line}: the prelude fails: {error.message}")
            if found.open:
                line = file.statements[-1].position.line
                raise ConfigError(f"{file.path}:{line}: the prelude ends inside its transaction, which undoes it")


def loaded(server: Server, name: str, role: str | None, timeout: float, base: Migration) -> tuple[FileReplay, Schema]:
    """How a base schema loads into a database, and what that gives. Raises psycopg.Error."""
    with Session(server, name, role, timeout) as session:
        found = fared(base, session.apply(base), server)
    with server.connect(name) as admin:
        return found, snapshot(admin, role or "")
