"""One file up, or back: the ledger's row, a login of its own, the statements, and what came of it."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from pytest_ctb.deploy.connection import Target
from pytest_ctb.deploy.course import Course, StoppedError, last_lasting
from pytest_ctb.deploy.entry import Entry, State
from pytest_ctb.deploy.interrupts import Interrupts
from pytest_ctb.deploy.ledger import Ledger
from pytest_ctb.errors import LiveError
from pytest_ctb.model import Migration, SqlError, Statement

_AGAIN = {"55P03", "40P01"}
"""lock_not_available, deadlock_detected (manual, appendix A): another time it may go well."""
_GONE_SECONDS = 10.0
_LIMIT = "SELECT pg_catalog.pg_backend_pid(), pg_catalog.set_config('lock_timeout', %s, false)"
_TIME = "SELECT pg_catalog.set_config('statement_timeout', %s, false)"
_CANCELLED = "cancelled"


@dataclass(frozen=True)
class Limits:
    """How long things may take."""

    lock: str = "5s"
    statement: str = ""
    """Empty: as the server has it."""
    retries: int = 5
    wait: float = 60.0
    """For another run, or what is left of one, in seconds."""


@dataclass(frozen=True)
class Outcome:
    """What came of a file. `error` is None where all of it is done."""

    entry: Entry
    error: SqlError | None = None
    line: int = 0
    interrupted: bool = False


def digest(data: bytes) -> str:
    """A file's sha256."""
    return hashlib.sha256(data).hexdigest()


def fresh(migration: Migration, number: int = 0, no_check: str = "") -> Entry:
    """The row of a file that is not in the ledger yet."""
    told = migration.header_field("Unique ID")
    unique = told.value if told else ""
    return Entry(
        migration.path, digest(migration.data), migration.data, number=number, unique_id=unique, no_check=no_check
    )


@dataclass(frozen=True)
class Migrate:
    """What a file is sent with."""

    target: Target
    ledger: Ledger
    limits: Limits
    interrupts: Interrupts
    say: Callable[[str], None]

    def run(self, entry: Entry, statements: Sequence[Statement], *, back: bool = False) -> Outcome:
        """Send the statements of a file, or of its way `back`; again where only a lock was in the way.

        Raises LiveError where the server or the ledger is lost: the file's row then tells what was under way.
        """
        for tried in range(self.limits.retries + 1):
            outcome = self._once(entry, statements, back=back)
            again = outcome.error and outcome.error.sqlstate in _AGAIN and outcome.entry.nothing
            if not again or tried == self.limits.retries:
                return outcome
            assert outcome.error
            pause = min(0.5 * 2**tried, 30.0)
            tries = f"{tried + 1} of {self.limits.retries}"
            what = f"{outcome.error.message}; nothing of it is left"
            self.say(f"{entry.file}:{outcome.line}: {what}. Again in {pause:g} s ({tries})")
            try:
                with self.interrupts.open():
                    time.sleep(pause)
            except KeyboardInterrupt:
                return replace(outcome, interrupted=True)
        raise AssertionError("unreachable")

    def _once(self, entry: Entry, statements: Sequence[Statement], *, back: bool = False) -> Outcome:
        under_way = State.ROLLING_BACK if back else State.APPLYING
        with self.target.connect(application=f"ctb: {entry.file}"[:63]) as connection:
            again = entry.state in {State.FAILED, State.APPLYING} and not entry.nothing
            entry = replace(entry, state=under_way, statements=last_lasting(statements))
            entry = self._begun(entry, connection, again=again)
            course = Course(connection, self.ledger, entry, self.interrupts)
            try:
                course.run(statements)
            except StoppedError as stopped:
                error, line, interrupted = stopped.error, stopped.line, False
            except KeyboardInterrupt:
                error, line, interrupted = SqlError(_CANCELLED), course.entry.line, True
            else:
                ends = State.ROLLED_BACK if back else State.APPLIED
                return Outcome(self.ledger.write(replace(course.entry, state=ends, error="")))
            with suppress(psycopg.Error):
                connection.close()
        return self._broken(course, Outcome(entry, error, line, interrupted))

    def _begun(self, entry: Entry, connection: psycopg.Connection[Any], *, again: bool) -> Entry:
        # All else in this session is as the database and the role have it, so that nothing else can be read from it.
        row = connection.execute(_LIMIT, [self.limits.lock]).fetchone()
        assert row
        if self.limits.statement:
            connection.execute(_TIME, [self.limits.statement])
        backend, began = int(row[0]), self.ledger.begun(int(row[0]))
        # What ran in part before, and is run from its start: should this be broken off too, it is no clean beginning.
        step = 1 if again else 0
        entry = replace(entry, done=0, step=step, line=0, xid="", error="", backend=backend, backend_start=began)
        return self.ledger.write(entry)

    def _broken(self, course: Course, outcome: Outcome) -> Outcome:
        """Put down what is left of a file that did not come to its end."""
        assert outcome.error
        entry, back = course.entry, course.entry.state is State.ROLLING_BACK
        try:
            gone = time.monotonic() + _GONE_SECONDS
            while self.ledger.alive(entry):
                if time.monotonic() > gone:
                    at_work = f"process {entry.backend} of the server is still at work on it"
                    raise LiveError(f"{entry.file}: {at_work}; the ledger says `{entry.state}`")
                time.sleep(0.02)
            why = f"line {outcome.line}: {outcome.error.message}"
            entry = self.ledger.write(concluded(self.ledger.settled(entry), why, course.number), why)
        except psycopg.Error as error:
            raise LiveError(_lost(entry, outcome, error)) from error
        if entry.state is (
            State.ROLLED_BACK if back else State.APPLIED
        ):  # its COMMIT went through, though nobody heard so
            return Outcome(entry, interrupted=outcome.interrupted)
        return replace(outcome, entry=entry)


def concluded(entry: Entry, why: str, number: int = 0) -> Entry:
    """What a file under way, of which all that can be known is known, has come to.

    `number` is the statement that is known to have failed, unless it was committed.
    """
    back = entry.state is State.ROLLING_BACK
    if entry.whole and entry.done >= number:
        return replace(entry, state=State.ROLLED_BACK if back else State.APPLIED, error="")
    if entry.nothing:
        return replace(entry, state=State.APPLIED if back else State.FAILED, error=why)
    return replace(entry, state=entry.state if back else State.FAILED, error=why)


def broken_off(entry: Entry) -> str:
    """Why a file is under way that no run is at work on."""
    return f"broken off at line {entry.line}" if entry.line else "broken off"


def _lost(entry: Entry, outcome: Outcome, error: psycopg.Error) -> str:
    first = outcome.error.message if outcome.error else ""
    how = (
        f"whether line {entry.line} was committed is told by transaction {entry.xid}"
        if entry.xid
        else "nothing behind what it says was committed"
    )
    if entry.unclear and not entry.xid:
        how = f"line {entry.line} may have run on"
    return (
        f"{entry.file}:{outcome.line}: the server was lost: {first.splitlines()[0] if first else error}\n"
        f"The ledger says `{entry.state}`, and {how}: run `ctb apply` again when the server is back."
    )


def application(command: str) -> str:
    """What the server is told to be connected."""
    return f"ctb {command} (process {os.getpid()})"
