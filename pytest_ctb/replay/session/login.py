"""One login to a throwaway database: what it keeps from file to file, and what it undoes."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.pq import TransactionStatus

from pytest_ctb.model import Alteration, Lock, Migration
from pytest_ctb.postgres import Server
from pytest_ctb.replay.session.databases import connect, end_session, login
from pytest_ctb.replay.session.deadline import Deadline
from pytest_ctb.replay.session.deferred import settle
from pytest_ctb.replay.session.disk import room
from pytest_ctb.replay.session.progress import Progress
from pytest_ctb.replay.witness.catalog import plainly
from pytest_ctb.replay.witness.inventory import Inventory
from pytest_ctb.replay.witness.new_objects import NewObjects
from pytest_ctb.replay.witness.other_sessions import Columns, brings, can_reach_out, columns, runs_bodies
from pytest_ctb.replay.witness.probe import Probe, TakenBack
from pytest_ctb.replay.witness.properties import Properties
from pytest_ctb.replay.witness.questions import FLUSHES, WORDED, questions
from pytest_ctb.replay.witness.readers import Reader
from pytest_ctb.replay.witness.refusals import Refusals
from pytest_ctb.replay.witness.renames import Named, Names
from pytest_ctb.replay.witness.witness import Witness, key_of
from pytest_ctb.sql import Subjects

_LASTING = re.compile(r"\bset_config\b|\bset\s+(?:session\s+)?\w+\.\w|^\s*load\b", re.IGNORECASE | re.MULTILINE)
"""What may make a setting of one's own, or load a library: DISCARD ALL leaves them behind. A guess costs one login."""
_FRESH = (
    # DISCARD ALL but for DISCARD PLANS: what the witness asks again and again would be planned anew for every file.
    "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; DEALLOCATE ALL; UNLISTEN *; "
    "SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES"
)
_NOT_ROLLED_BACK = "DEALLOCATE ALL; SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD SEQUENCES"
"""What a session keeps of a transaction that is rolled back; settings, cursors, temporary tables go with it."""
_FLUSH = "SELECT pg_catalog.pg_stat_force_next_flush()"
_FILES_A_LOGIN = 250
"""A backend remembers every table that it has met, and each statement is the slower for it; a login takes 5 ms."""
_DEFERS = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE condeferrable)
    OR EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgdeferrable)
"""
_HOOKED = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_event_trigger AS e
    WHERE NOT pg_catalog.starts_with(pg_catalog.text(e.evtname), 'pytest_ctb_'))
"""
_SESSION_DEFAULTS = """
SELECT pg_catalog.md5(pg_catalog.string_agg(s::pg_catalog.text, ' ' ORDER BY s::pg_catalog.text))
FROM pg_catalog.pg_db_role_setting s
"""


class Login:
    """A connection as the role that migrates, kept for many files; each finds it as psql finds a fresh one.

    Where `witnessed`, it is watched: by the witness that a superuser has put into the database (`installed`), or, where
    the server gives none, by what any role may ask, and the catalogs.
    """

    def __init__(
        self,
        server: Server,
        database: str,
        role: str | None,
        timeout: float,
        *,
        witnessed: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.database = database
        self.witnessed = witnessed
        self.installed = witnessed and server.superuser
        self.role = role
        self.used_sequences: set[int] | None = set()
        """Those that statements have used; None where a statement failed, which may have used any."""
        self.server = server
        self._signs = server.prefix if server.shared and role is None else ""
        self._timeout = timeout
        self._limit = f"{timeout:g} s (--ctb-timeout)"
        self._witness = Witness(key_of(server.password))
        self._inventory = Inventory()
        self._inside = self._unseen = self._ended_inside = False
        self._names = Names()
        self._named = Named()
        self._properties = Properties(role)
        self._alterations: tuple[Alteration, ...] = ()
        self._queried = False  # the transaction has come to a statement that sees data
        self._looks = True
        self._taken_back = TakenBack()
        self._held: tuple[Probe, tuple[Lock, ...]] = (Probe(), ())
        self._new = NewObjects()
        self._subjects: Subjects | None = None
        """What the statement at hand locks, where that is only what its file has made, and nobody has to look."""
        self._passed = False  # nobody has looked behind the statement at hand
        self._spares = False  # statements about what their file has made are not looked at
        self._unlooked: set[str] = set()  # catalogs of what was made or changed since the last look
        self._readers: dict[int, tuple[Reader, ...] | None] = {}
        """Who reads what has been locked, as others see it until something is committed; None: they do not see it."""
        self._since_file = 0  # what the file makes has higher numbers
        self._files = 0  # that this login has seen
        self._marked = False  # what a transaction cannot take back may have been done to the session
        self._mark: int | None = None
        self._stored = 0  # the highest number of the storage of a table
        self.refusals = Refusals()
        """What the tables of the database were seen to refuse."""
        self._others: list[psycopg.Connection[Any]] = []
        """Connections that look on from outside, kept for the next statement that no transaction may enclose."""
        self._application: psycopg.Connection[Any] | None = None
        """The one that stands for an application's, kept for the next file."""
        self._application_beside: psycopg.Connection[Any] | None = None
        """The session's own when that was opened: with a later one, the settings of a login may be others."""
        self.progress = progress or Progress()
        """What this session is used for at the moment."""
        self.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Log in; where that fails half way, nothing stays open. Raises psycopg.OperationalError."""
        with ExitStack() as opened:
            self._admin = connect(self.server, self.database)
            opened.callback(self._admin.close)
            self._outside = self._admin.cursor()
            # What a migration holds locked shall not keep us waiting: only its own statements have a deadline.
            self._admin.execute("SET lock_timeout = '2s'")
            self.connection = self._connect()
            opened.callback(self.connection.close)
            self._defaults = self._session_defaults()
            # What earlier files may have put off to the COMMIT of this one; what this one brings is seen in its text.
            ((self._defers,),) = self._admin.execute(_DEFERS).fetchall()
            ((self._hooked,),) = self._admin.execute(_HOOKED).fetchall()  # the same for event triggers
            self._deadline = Deadline(self._admin, room(self.server, self._admin))
            self._counts_at_once = self.connection.info.server_version >= FLUSHES
            self._questions = questions(installed=self.installed, version=self.connection.info.server_version)
            opened.pop_all()

    def close(self) -> None:
        """Log out, so that the database can be copied or dropped."""
        self._deadline.close()
        for connection in (self.connection, self._admin, *self._others, self._application):
            if connection is not None:
                connection.close()
        self._others, self._application = [], None

    def others(self, count: int) -> list[psycopg.Connection[Any]]:
        """Open this many connections beside the session's. Raises psycopg.OperationalError."""
        for connection in self._others[:count]:
            with contextlib.suppress(psycopg.OperationalError):  # a file has ended it
                connection.execute("SELECT")
        alive = [connection for connection in self._others if not connection.closed]
        self._others = alive + [connect(self.server, self.database) for _ in range(count - len(alive))]
        return self._others[:count]

    def application(self) -> psycopg.Connection[Any]:
        """A connection as an application has it, which has nothing prepared. Raises psycopg.OperationalError."""
        if self._application is not None and self._application_beside is self.connection:
            with contextlib.suppress(psycopg.OperationalError):  # a file has ended it
                self._application.execute("DEALLOCATE ALL")
                return self._application
        if self._application is not None:
            self._application.close()
        self._application = login(self.server, self.database, self.role)
        self._application_beside = self.connection
        return self._application

    def reaches_out(self, migration: Migration) -> bool:
        """Whether a file may do something in another session, where nobody watches it. Raises psycopg.Error."""
        return runs_bodies(migration) and bool(brings([migration]) or can_reach_out(self._admin))

    def columns(self) -> Columns:
        """Every column of every table that is there for good. Raises psycopg.Error."""
        return columns(self._admin)

    def kill(self) -> None:
        """End the connection as a power cut would, and log in anew."""
        end_session(self._admin, self.connection.info.backend_pid)
        self.connection.close()
        self.connection = self._connect()

    def ask(self, name: str, **values: Any) -> list[tuple[Any, ...]]:
        """The witness's answer to one of its questions. Raises psycopg.Error."""
        # A function of the witness words its answer plainly by itself.
        with plainly(self.connection) if name in WORDED and not self.installed else nullcontext():
            return _last(self._cursor.execute(self._questions[name], values or None)).fetchall()

    def ask_outside(self, name: str, **values: Any) -> list[tuple[Any, ...]]:
        """The same, asked in a session that sees what is committed alone. Raises psycopg.Error."""
        with plainly(self._admin) if name in WORDED and not self.installed else nullcontext():
            return _last(self._outside.execute(self._questions[name], values or None)).fetchall()

    def free(self, names: Collection[tuple[str, str]]) -> bool:
        """Whether nothing has any of these names, each with its schema. The witness is asked. Raises psycopg.Error.

        An empty schema stands for that in which the session makes things.
        """
        schemas, own_names = map(list, zip(*names, strict=True))
        ((self._mark,),) = self.ask("free", schemas=schemas, names=own_names)
        return self._mark is not None

    @contextmanager
    def undone(self) -> Iterator[psycopg.Connection[Any]]:
        """A transaction of ours around what is run inside; at the end nothing of it is left but used up sequences."""
        # Why a table is scanned, nobody asks here before `refresh`; and each message costs as much as a short query.
        begin = "BEGIN; SET LOCAL client_min_messages = notice" if self.installed else "BEGIN"
        if self.witnessed and self._mark is None:
            begun = self._cursor.execute(f"{begin}; {self._questions['mark']}")
            self._mark = _last(begun).fetchall()[0][0]
        else:
            self._cursor.execute(begin)
        self._inside, self._queried = True, False
        try:
            yield self.connection
        finally:
            self._inside = False
            if self.connection.info.transaction_status is TransactionStatus.IDLE:
                self.progress.escaped = True
            end = f"ROLLBACK; {_NOT_ROLLED_BACK}" if self._marked else "ROLLBACK"
            # What was counted till then shall not count in what follows.
            if self.witnessed and self.connection.info.transaction_status is TransactionStatus.INERROR:
                end += f"; {self._questions['mark']}"
            elif self.witnessed and self._counts_at_once:
                end = f"{_FLUSH}; {end}"
            try:
                self._cursor.execute(end)
                self._marked = False
            except psycopg.Error:  # what ran longer than it may was ended together with the connection
                self._reconnect()
        if self.progress.escaped:
            raise _EscapedError("the file ended the transaction that it was tried in")

    def refresh(self) -> None:
        """Inside `undone`: what psql would find in a new session, and nothing put off to the COMMIT."""
        self.connection.execute(_FRESH)
        self.settle()

    def note_sequences(self) -> None:
        """Inside a transaction: note the sequences that it has used, whose locks it keeps. Raises psycopg.Error."""
        if self.used_sequences is not None:
            self.used_sequences |= {oid for (oid,) in self.ask("sequences")}

    def settle(self) -> None:
        """Inside a transaction: let happen what is put off to the COMMIT. Raises psycopg.Error."""
        if self._defers:
            settle(self.connection)

    def _reset(self, migration: Migration) -> None:
        """Leave the session as a fresh login is: what psql would find in the next file."""
        self._files += 1
        self._witness.begin()
        self._readers.clear()
        with contextlib.suppress(psycopg.Error):  # the server ended the connection; the next file gets another
            if self.connection.info.transaction_status is not TransactionStatus.IDLE:
                self.connection.rollback()
            worn = self._files >= _FILES_A_LOGIN
            if not self._marked and not worn:
                return
            fresh = self.connection.execute(f"{_FRESH}; {_SESSION_DEFAULTS}")
            self._marked = False
            lasting = _LASTING.search(migration.source.text) or _last(fresh).fetchone() != self._defaults
            if not lasting and not worn:
                return
        self._reconnect()

    def _reconnect(self) -> None:
        self.connection.close()
        self.connection = self._connect()
        self._defaults = self._session_defaults()
        self._files = 0
        self.refusals.clear()  # the settings of a login may be others now

    def _connect(self) -> psycopg.Connection[Any]:
        connection = login(self.server, self.database, self.role, debug=self.witnessed)
        connection.add_notice_handler(self._witness.hear)
        connection.add_notify_handler(lambda _: None)  # else psycopg keeps every notification
        self._cursor = connection.cursor()  # one for all that is said to it: making one costs as much as a short query
        return connection

    def _session_defaults(self) -> Any:
        """What ALTER DATABASE or ALTER ROLE … SET has laid down; it reaches new logins alone."""
        return self._admin.execute(_SESSION_DEFAULTS).fetchone()


class _EscapedError(Exception):
    """The transaction of a trial was ended by the file: its effects are committed."""


def _last(cursor: psycopg.Cursor[Any]) -> psycopg.Cursor[Any]:
    """What the last of several statements gave."""
    while cursor.nextset():
        pass
    return cursor
