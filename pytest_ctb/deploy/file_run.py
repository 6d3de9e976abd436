"""Apply one migration to a live database, or roll it back: ledger row, connection, statements, outcome."""

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
from pytest_ctb.deploy.execution import Execution, StoppedError, last_lasting_statement
from pytest_ctb.deploy.ledger import Ledger
from pytest_ctb.deploy.ledger_entry import LedgerEntry, State
from pytest_ctb.deploy.signals import SignalHandler
from pytest_ctb.errors import LiveError
from pytest_ctb.model import Migration, SqlError, Statement

_RETRIABLE = {"55P03", "40P01"}
"""lock_not_available, deadlock_detected (manual, appendix A): a retry may succeed."""
_GONE_SECONDS = 10.0
_LIMIT = "SELECT pg_catalog.pg_backend_pid(), pg_catalog.set_config('lock_timeout', %s, false)"
_TIME = "SELECT pg_catalog.set_config('statement_timeout', %s, false)"
_CANCELLED = "cancelled"


@dataclass(frozen=True)
class Limits:
    """Time limits and retries of a run."""

    lock: str = "5s"
    """The `lock_timeout` of each statement, as Postgres reads it."""
    statement: str = ""
    """The `statement_timeout`, as Postgres reads it; empty for the server's own."""
    retries: int = 5
    """How often a file is tried again that only a lock kept from applying."""
    wait: float = 60.0
    """How long to wait for another run, or for a statement that an interrupted one left running, in seconds."""


@dataclass(frozen=True)
class Outcome:
    """How the run of one file ended. `error` is None where all of its statements succeeded."""

    entry: LedgerEntry
    error: SqlError | None = None
    line: int = 0
    interrupted: bool = False


def digest(data: bytes) -> str:
    """The SHA-256 of a file's content, in hex."""
    return hashlib.sha256(data).hexdigest()


def new_entry(migration: Migration, number: int = 0, no_check: str = "") -> LedgerEntry:
    """The entry of a migration that is not in the ledger yet."""
    unique_id = migration.header_field("Unique ID")
    return LedgerEntry(
        migration.path,
        digest(migration.data),
        migration.data,
        number=number,
        unique_id=unique_id.value if unique_id else "",
        no_check=no_check,
    )


@dataclass(frozen=True)
class FileRunner:
    """Runs migrations on a live database, each on a connection of its own."""

    target: Target
    ledger: Ledger
    limits: Limits
    signals: SignalHandler
    say: Callable[[str], None]

    def run(self, entry: LedgerEntry, statements: Sequence[Statement], *, back: bool = False) -> Outcome:
        """Send the statements of a file, or of its rollback (`back`); retry where only a lock was in the way.

        Raises LiveError where the server or the ledger is lost: the file's row then shows which statement was running.
        """
        for attempt in range(self.limits.retries + 1):
            outcome = self._once(entry, statements, back=back)
            again = outcome.error and outcome.error.sqlstate in _RETRIABLE and outcome.entry.nothing
            if not again or attempt == self.limits.retries:
                return outcome
            assert outcome.error
            pause = min(0.5 * 2**attempt, 30.0)
            tries = f"{attempt + 1} of {self.limits.retries}"
            problem = f"{outcome.error.message}; nothing of it is left"
            self.say(f"{entry.file}:{outcome.line}: {problem}. Again in {pause:g} s ({tries})")
            try:
                with self.signals.interruptible():
                    time.sleep(pause)
            except KeyboardInterrupt:
                return replace(outcome, interrupted=True)
        raise AssertionError("unreachable")

    def _once(self, entry: LedgerEntry, statements: Sequence[Statement], *, back: bool = False) -> Outcome:
        under_way = State.ROLLING_BACK if back else State.APPLYING
        with self.target.connect(application=f"ctb: {entry.file}"[:63]) as connection:
            again = entry.state in {State.FAILED, State.APPLYING} and not entry.nothing
            entry = replace(entry, state=under_way, statements=last_lasting_statement(statements))
            entry = self._begin(entry, connection, again=again)
            execution = Execution(connection, self.ledger, entry, self.signals)
            try:
                execution.run(statements)
            except StoppedError as stopped:
                error, line, interrupted = stopped.error, stopped.line, False
            except KeyboardInterrupt:
                error, line, interrupted = SqlError(_CANCELLED), execution.entry.line, True
            else:
                ends = State.ROLLED_BACK if back else State.APPLIED
                return Outcome(self.ledger.write(replace(execution.entry, state=ends, error="")))
            with suppress(psycopg.Error):
                connection.close()
        return self._failed(execution, Outcome(entry, error, line, interrupted))

    def _begin(self, entry: LedgerEntry, connection: psycopg.Connection[Any], *, again: bool) -> LedgerEntry:
        # All other settings of this session stay those of the database and the role.
        row = connection.execute(_LIMIT, [self.limits.lock]).fetchone()
        assert row
        if self.limits.statement:
            connection.execute(_TIME, [self.limits.statement])
        backend = int(row[0])
        # A file that ran in part before starts again: if this run is interrupted too, the file has not "not happened".
        step = 1 if again else 0
        entry = replace(entry, done=0, step=step, line=0, xid="", error="", backend=backend)
        return self.ledger.write(replace(entry, backend_start=self.ledger.backend_start(backend)))

    def _failed(self, execution: Execution, outcome: Outcome) -> Outcome:
        """Write the final state of a file that failed or was interrupted."""
        assert outcome.error
        entry, back = execution.entry, execution.entry.state is State.ROLLING_BACK
        try:
            end = time.monotonic() + _GONE_SECONDS
            while self.ledger.alive(entry):
                if time.monotonic() > end:
                    at_work = f"process {entry.backend} of the server is still at work on it"
                    raise LiveError(f"{entry.file}: {at_work}; the ledger says `{entry.state}`")
                time.sleep(0.02)
            why = f"line {outcome.line}: {outcome.error.message}"
            entry = self.ledger.write(final_entry(self.ledger.settled(entry), why, execution.number), why)
        except psycopg.Error as error:
            raise LiveError(_lost_message(entry, outcome, error)) from error
        if entry.state is (State.ROLLED_BACK if back else State.APPLIED):  # the COMMIT succeeded, its answer was lost
            return Outcome(entry, interrupted=outcome.interrupted)
        return replace(outcome, entry=entry)


def final_entry(entry: LedgerEntry, why: str, number: int = 0) -> LedgerEntry:
    """The entry of a file that no run works on any more, with the state that its settled `done` and `step` show.

    `number` is the statement that failed, counted from 1; 0 where it is not known.
    """
    back = entry.state is State.ROLLING_BACK
    if entry.whole and entry.done >= number:
        return replace(entry, state=State.ROLLED_BACK if back else State.APPLIED, error="")
    if entry.nothing:
        return replace(entry, state=State.APPLIED if back else State.FAILED, error=why)
    return replace(entry, state=entry.state if back else State.FAILED, error=why)


def interruption(entry: LedgerEntry) -> str:
    """The error of a file that is recorded as running although no run works on it."""
    return f"broken off at line {entry.line}" if entry.line else "broken off"


def _lost_message(entry: LedgerEntry, outcome: Outcome, error: psycopg.Error) -> str:
    first = outcome.error.message if outcome.error else ""
    state = (
        f"whether line {entry.line} was committed stands with transaction {entry.xid}"
        if entry.xid
        else "nothing behind what it says was committed"
    )
    if entry.unclear and not entry.xid:
        state = f"line {entry.line} may have run on"
    return (
        f"{entry.file}:{outcome.line}: the server was lost: {first.splitlines()[0] if first else error}\n"
        f"The ledger says `{entry.state}`, and {state}: run `ctb apply` again when the server is back."
    )


def application_name(command: str) -> str:
    """The `application_name` of a connection."""
    return f"ctb {command} (process {os.getpid()})"
