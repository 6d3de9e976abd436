"""How a file is applied through a login: statement by statement, as psql does; and what each was seen to do."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.sql import SQL, Literal

from pytest_ctb import sql
from pytest_ctb.model import CATALOGS, Migration, SqlError, Statement, Trace, TransactionCommand
from pytest_ctb.replay.session import extension
from pytest_ctb.replay.session.deferred import catch_up
from pytest_ctb.replay.session.observer import Observer
from pytest_ctb.replay.session.outcome import Look, Ran, Running
from pytest_ctb.replay.session.send import send
from pytest_ctb.replay.session.server_error import failure
from pytest_ctb.replay.session.transactions import (
    COMMIT,
    DEFERRING,
    DYNAMIC,
    ENCLOSING,
    ENDS,
    HOOKING,
    REFUSED,
    Savepoints,
    at_once,
    commits,
    encloses,
    ends,
    is_nothing,
    keeps_rows,
    last_looks,
    marks,
    names_held,
    own,
    prepares,
    stands_alone,
    takes_back,
)
from pytest_ctb.replay.witness.catalog_writes import written_by_hand
from pytest_ctb.replay.witness.onlooker import looking_on, tables_named
from pytest_ctb.replay.witness.probe import Probe, TakenBack, milliseconds
from pytest_ctb.replay.witness.renames import Named

_LOST = {None, "25P03", "57P02", "57P05"}
"""The connection broke, the server crashed, or it ended a session that idled, as psql's never does (appendix A)."""
_PATIENCE = 5000
"""Whoever waits no longer than so many milliseconds shall not wait for us."""
_ENDED = "57P01"
"""Somebody ended the session: the migration itself, or whoever has to do with the machine."""
_HUSHING = re.compile("client_min_messages", re.IGNORECASE)
_NO_QUERY = {"SET", "RESET", "SHOW"}
_PREPARED = """
SELECT gid FROM pg_catalog.pg_prepared_xacts
WHERE database OPERATOR(pg_catalog.=) pg_catalog.current_database()
"""


class _Watched(NamedTuple):
    """How a statement ran, and the transaction as it stood before and behind it."""

    error: SqlError | None
    before: Probe
    after: Probe
    ended: float | None = None
    """When it was done, before it was looked at; None: nothing came behind it."""


class Session(Observer):
    """A login, and how statements are run through it; where it is witnessed, each with its trace."""

    def like(self, database: str) -> Session:
        """A session of the same kind in another database. Raises psycopg.OperationalError."""
        session = Session(
            self.server, database, self.role, self._timeout, witnessed=self.witnessed, progress=self.progress
        )
        session.refusals, session._limit = self.refusals, self._limit
        return session

    @contextmanager
    def within(self, seconds: float, limit: str = "") -> Iterator[None]:
        """Give statements no more time than this until the block ends; `limit`: the limit in words, for messages."""
        before = self._timeout, self._limit
        if seconds < self._timeout:
            self._timeout, self._limit = seconds, limit or f"{seconds:g} s"
        try:
            yield
        finally:
            self._timeout, self._limit = before

    def apply(self, migration: Migration) -> Ran:
        """Run a file up to its end, or to its first statement that fails."""
        if problem := migration.problem or migration.unapplied:
            sqlstate = "22021" if migration.problem else ""  # character_not_in_repertoire
            return Ran(error=SqlError(problem.message, sqlstate, position=problem.position), line=problem.position.line)
        try:
            ran = self.run(migration.sent)
            inside = self.connection.info.transaction_status is not TransactionStatus.IDLE
            ran = replace(ran, open=inside and ran.error is None)
            return self._without_prepared(migration, ran)
        finally:
            self._reset(migration)

    def _without_prepared(self, migration: Migration, ran: Ran) -> Ran:
        """Take back what PREPARE TRANSACTION has left: its locks would keep every later file waiting."""
        statement = next(filter(prepares, reversed(migration.sent)), None)
        if statement is None or self.connection.closed:
            return ran
        self.connection.rollback()
        session = self.connection if self.role else self._admin  # who has prepared it may roll it back
        left = [gid for (gid,) in session.execute(_PREPARED)]
        for gid in left:
            session.execute(SQL("ROLLBACK PREPARED {}").format(Literal(gid)))
        if not left or ran.error:
            return ran
        message = (
            f"leaves transaction {left[0]!r} prepared: nothing that it did is there for others, "
            "and it keeps its locks until somebody ends it; it was rolled back here"
        )
        return replace(ran, error=SqlError(message, position=statement.position), line=statement.position.line)

    def pass_by(self, migration: Migration) -> Ran:
        """The same, where nobody wants to know more than whether it fails, and how: in one message if that may be."""
        if migration.problem or migration.unapplied or not at_once(migration.sent):
            return self.apply(migration)
        self._marked |= any(map(marks, migration.sent))
        self._deadline.room.begin()
        try:
            # All together in no more time than each may take; else it is taken back, and each has its time.
            with self._deadline.of(self.connection, self._timeout):
                self._cursor.execute(b"\n;\n".join(statement.sql.encode() for statement in migration.sent))
        except psycopg.Error:
            if self.connection.closed:
                if not (self._deadline.passed or self.progress.retried):
                    raise  # nobody knows what is committed
                self._reconnect()
            self.connection.rollback()
            return self.apply(migration)
        self._reset(migration)
        return Ran()

    def run(self, statements: Sequence[Statement], look: Look = Look.EACH) -> Ran:
        """Run statements up to the first that fails; inside `undone` without their own BEGIN and COMMIT.

        `look` matters inside `undone` alone.
        """
        self._deadline.room.begin()
        self._names.forget()
        self._properties.forget()
        self._new.forget()
        self._spares = self.installed and (look is Look.EACH or not self._inside)
        lasts = last_looks(statements)
        since = self._since()
        running = Running(since)
        savepoints = Savepoints()
        probes: dict[int, Probe] = {}  # at savepoints
        self._taken_back = TakenBack()
        before = self._probe() if self.witnessed and self._inside and look is Look.EACH else Probe()
        self._stored = self._newest_storage(before)
        watches = self.witnessed and not self.installed and look is Look.EACH
        if watches:
            self._inventory.read(self.connection)
        for place, statement in enumerate(statements):
            self._defers |= bool(DEFERRING.search(statement.sql))
            self._hooked |= bool(HOOKING.search(statement.sql))
            self._looks = look is Look.EACH or not self._inside or (look is Look.LAST and id(statement) in lasts)
            self._marked |= marks(statement)
            trace, after = self._traced(statement, before, since, watches=watches)
            running.traces.append(trace._replace(statement=place))
            if (control := statement.control) and not trace.error:
                at = savepoints.follow(control, place)
                if at is not None and self.witnessed:
                    self._taken_back.note(probes[at], before)
                    after = self._probe()
                elif ends(statement):
                    self._taken_back = TakenBack()
                if control.command is TransactionCommand.SAVEPOINT:
                    probes[place] = after
            running.hear(statement, self._witness, by_triggers=self.installed)
            running.see(before, after, unseen=self._unseen)
            if trace.error:
                self.used_sequences = None
                return running.ran(statements, statement)
            # Behind a commit the locks and the counters start anew, and others see what was done.
            if not self._inside and (ends(statement) or trace.commits):
                before = Probe()
                self._readers.clear()
            else:
                before = after
        if self.used_sequences is not None:
            self.used_sequences |= running.used_sequences
        return running.ran(statements)

    def _since(self) -> int:
        """The number that everything made from here on is above; what is undone changes it no more than it lasts."""
        mark = 0
        if self.witnessed:
            # Outside of a trial it is always asked: that reports what trials have read, which would count for the file.
            known = self._mark if self._inside else None
            mark = int(self.ask("mark")[0][0]) if known is None else known
            self._mark = mark if self._inside else None
        self._stored, self._unseen, self._since_file = mark, False, mark
        return mark

    def _newest_storage(self, after: Probe) -> int:
        """The number that the storage of all tables is up to, behind a statement; what a later one stores is above."""
        if self._unseen:  # it may have stored tables anew that it does not name: VACUUM FULL
            return int(self.ask("mark")[0][0])
        return max([self._stored, *(relation.filenode for relation in after.relations.values())])

    def _traced(self, statement: Statement, before: Probe, since: int, *, watches: bool) -> tuple[Trace, Probe]:
        self._witness.clear()
        self._named, self._alterations, self._subjects, self._passed = Named(), (), None, False
        self.progress.statement = statement
        if self._inside and not self._defers and encloses(statement):
            return Trace(statement.position.line, 0.0, transaction=before.transaction), before
        after = before
        began = time.perf_counter()
        if statement.meta and statement.problem:
            error: SqlError | None = SqlError(statement.problem.message, position=statement.problem.position)
            ended: float | None = began
        else:
            error, before, after, ended = self._watched(statement, before, since)
        status = self.connection.info.transaction_status
        if takes_back(statement) and status is TransactionStatus.IDLE:
            self._names.forget()
            self._properties.forget()
        effects: dict[str, Any] = {}
        if self.witnessed and not error:
            heard = self._witness.catalogs | self._unlooked
            if watches:
                self._watch_catalogs(statement, after)
            elif statement.tag in DYNAMIC:
                self._witness.forget_undone(self.connection)
            elif self._witness.skipped and (commands := sql.alterations(statement)):
                self._witness.forget_skipped(len(commands))
            effects = self._witness.effects(
                before, after, since, self._stored, self._named, lambda: keeps_rows(statement)
            )
            effects["alterations"] = self._alterations
            if not self._passed:
                self._unlooked.clear()
            if self.installed:
                self._new.follow(statement, self._witness, since, alone=self._did_new_alone(since))
            effects["commits"] = not self._inside and commits(statement, status)
            effects["transaction"] = after.transaction or before.transaction
            if self._unseen:
                alters = statement.tag in DYNAMIC or statement.tag.startswith("ALTER")
                altered = alters and any(row[0].startswith("ALTER") for row in self._witness.made)
                effects["unknown"] = (
                    "locks",
                    *(() if self._counts_at_once else ("rows", "scanned")),
                    *(["alterations"] if altered else ()),
                )
                effects["divided"] = self._ended_inside
            if watches and effects.get("dropped"):
                effects["unknown"] = (*effects.get("unknown", ()), "cascade")
            if written_by_hand(statement, after.catalogs - before.catalogs, heard):
                effects["unknown"] = (*effects.get("unknown", ()), CATALOGS)
        effects["held"] = self._locks_held(before, since)
        effects["lock_timeout"] = after.lock_timeout
        seconds = (time.perf_counter() if ended is None else ended) - began
        trace = Trace(statement.position.line, seconds, self._witness.notices, error, **effects)
        self._stored = self._newest_storage(after)
        return trace, after.with_dropped(before, self._named.before)

    def _watched(self, statement: Statement, before: Probe, since: int) -> _Watched:
        """Run it, and look at its transaction before that is over; one of its own is held open for as long."""
        self._unseen = self._ended_inside = False
        if not self.witnessed:
            return _Watched(self._ran(statement), before, before)
        command = statement.command
        begins = command in ENCLOSING - ENDS and not self._inside
        self._queried = not begins and (self._queried or not (statement.control or statement.tag in _NO_QUERY))
        if self._inside and command in ENCLOSING:
            return self._in_place_of(command, before)
        alone = self.connection.info.transaction_status is TransactionStatus.IDLE
        self._subjects = self._about_new(statement)
        if alone and self._subjects and self._subjects.certain:
            return self._run_unlooked(statement, before, since)
        if alone and not stands_alone(statement):
            if (held_open := self._held_open(statement, before, since)) is not None:
                return held_open
            self._witness.clear()
        if alone and not is_nothing(statement):
            watched = self._looked_on(statement)
        else:
            watched = _Watched(self._ran(statement), before, Probe())
        open_ = self.connection.info.transaction_status is TransactionStatus.INTRANS
        self._unseen = alone and not open_ and not is_nothing(statement)
        if open_ and not watched.error:
            # SET TRANSACTION comes before any query, one of ours too; till then there is nothing to look at.
            after = self._seen_behind(statement, before, since) if self._queried else before
            return watched._replace(before=before, after=after)
        return watched

    def _run_unlooked(self, statement: Statement, before: Probe, since: int) -> _Watched:
        """Run by itself what is only about what the file has made: what the triggers tell is enough."""
        error = self._ran(statement)
        ended = time.perf_counter()
        after = before if error else self._passes(before, since)
        self._unseen = after is None  # it was not
        return _Watched(error, before, after or Probe(), ended)

    def _held_open(self, statement: Statement, before: Probe, since: int) -> _Watched | None:
        """Run it in a transaction of ours, and look at that before it is over; None where Postgres refuses it there."""
        self._cursor.execute("BEGIN")
        error = self._ran(statement)
        ended = time.perf_counter()
        if error is None:
            after = self._seen_behind(statement, before, since)
            return _Watched(self._ran(COMMIT), before, after, ended)
        if self.connection.closed:
            return _Watched(error, before, before, ended)
        self.connection.execute("ROLLBACK")
        self._ended_inside = error.sqlstate == "2D000"
        return None if error.sqlstate in REFUSED else _Watched(error, before, before, ended)

    def _seen_behind(self, statement: Statement, before: Probe, since: int) -> Probe:
        """The transaction as it stands behind a statement; what it named and altered is noted."""
        after = self._passes(before, since)
        if after is None:
            after = self._look(before)
            self._note_names(statement, before, after)
            self._note_alterations(statement, before, after, since)
        return after

    def _in_place_of(self, command: TransactionCommand | None, before: Probe) -> _Watched:
        """What comes inside a transaction of ours where the file has its BEGIN or its COMMIT."""
        if command not in ENDS:
            return _Watched(None, before, before)
        failures = (self._ran(own(statement)) for statement in catch_up(self.connection))
        error = next(filter(None, failures), None)
        return _Watched(error, before, before if error else self._probe())

    def _looked_on(self, statement: Statement) -> _Watched:
        """Run by itself what no transaction takes; another session looks at what it locks."""
        lock_timeout, statement_timeout = map(milliseconds, self._limits())
        patient = not any(0 < limit < _PATIENCE for limit in (lock_timeout, statement_timeout))
        names = names_held(statement) if patient else []
        tables = tables_named(self.connection, names) if names else []
        with looking_on(self.others, self.connection.info.backend_pid, tables) as onlooker:
            error = self._ran(statement)
            ended = time.perf_counter()
            if error is None:
                self._limits()
            before, after = onlooker.probes()
        return _Watched(error, before, self._with_readers(replace(after, lock_timeout=lock_timeout)), ended)

    def _ran(self, statement: Statement) -> SqlError | None:
        error = None
        try:
            with self._deadline.of(self.connection, self._timeout):
                self._send(statement)
        except psycopg.Error as caught:
            lost = caught.sqlstate in _LOST or (caught.sqlstate == _ENDED and not self.progress.retried)
            if lost and self.connection.closed and not self._deadline.passed:
                raise  # no word of the server's on this statement
            error = failure(caught, statement)
            if statement.tag == "CREATE EXTENSION":
                error = error._replace(context="")  # a function of ours
        if self.witnessed and error is None and _HUSHING.search(statement.sql):
            self._speak_up()
        if self._witness.granted and error is None:
            self._ask_granted(statement)
        if self._deadline.passed:  # also where the statement caught the cancellation: what it did then, nobody meant
            took = f"ran longer than {self._limit}"
            if self._deadline.crossed:
                took = f"brought the file over {self.server.room >> 20:,} MB of the server's disk (--ctb-disk)"
            context, position = (error.context, error.position) if error else ("", None)
            return SqlError(f"the statement {took} and was cancelled", "57014", context=context, position=position)
        return error

    def _speak_up(self) -> None:
        """Set client_min_messages back: what IF NOT EXISTS skipped is known by its NOTICE alone."""
        if self.connection.info.transaction_status is not TransactionStatus.INERROR:
            level = "notice" if self._inside and self.installed else "debug1"
            self._cursor.execute(f"SET client_min_messages = {level}")

    def _send(self, statement: Statement) -> None:
        wanted = sql.extension(statement) if self.role is not None and self.server.superuser else None
        if wanted and extension.is_untrusted(self._admin, wanted.name):
            with extension.given(self._admin):
                extension.create(self._cursor, wanted)
        else:
            send(self._cursor, statement, inside=self._inside, signs=self._signs)
