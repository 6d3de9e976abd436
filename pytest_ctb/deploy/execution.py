"""Send the statements of one file as psql does; the ledger records each before it can take permanent effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from pytest_ctb.deploy.ledger import Ledger
from pytest_ctb.deploy.ledger_entry import LedgerEntry
from pytest_ctb.deploy.signals import SignalHandler
from pytest_ctb.errors import LiveError
from pytest_ctb.model import GEXEC, SqlError, Statement, TransactionCommand
from pytest_ctb.replay.session.send import send
from pytest_ctb.replay.session.server_error import failure
from pytest_ctb.replay.session.transactions import REFUSED, leaves_nothing
from pytest_ctb.sql import may_be_refused, refused

_XID = "SELECT pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text::pg_catalog.int8"
"""As a number: its text form does not depend on settings that the file may have changed."""
_INSIDE = {
    TransactionCommand.BEGIN,
    TransactionCommand.START,
    TransactionCommand.ROLLBACK,
    TransactionCommand.ROLLBACK_TO,
    TransactionCommand.SAVEPOINT,
    TransactionCommand.RELEASE,
}
_TWO_PHASE = {
    TransactionCommand.PREPARE,
    TransactionCommand.COMMIT_PREPARED,
    TransactionCommand.ROLLBACK_PREPARED,
}


class StoppedError(Exception):
    """A statement failed: the line in its file, and the error of the server."""

    def __init__(self, line: int, error: SqlError) -> None:
        super().__init__(error.message)
        self.line = line
        self.error = error


def find_unsendable(statements: Sequence[Statement]) -> tuple[Statement, str] | None:
    """The first statement that must not be sent to a live database, and why; None where all can be sent."""
    for statement in statements:
        if statement.meta and statement.problem:
            return statement, statement.problem.message
        if statement.command in _TWO_PHASE:
            return statement, "a transaction in two phases: only who ends it knows whether it is there"
    return None


def last_lasting_statement(statements: Sequence[Statement]) -> int:
    """The number of the last statement that can have a permanent effect, counted from 1; 0 where none can."""
    lasting = (
        number
        for number, statement in enumerate(statements, 1)
        if not leaves_nothing(statement) and statement.command not in _INSIDE
    )
    return max(lasting, default=0)


class Execution:
    """The execution of one file. `entry` is the progress that the ledger has recorded."""

    def __init__(
        self, connection: psycopg.Connection[Any], ledger: Ledger, entry: LedgerEntry, signals: SignalHandler
    ) -> None:
        self.entry = entry
        self.number = 0
        """The statement that is being sent, counted from 1."""
        self._connection = connection
        self._cursor = connection.cursor()
        self._ledger = ledger
        self._signals = signals

    def run(self, statements: Sequence[Statement]) -> None:
        """Send all statements.

        Raises StoppedError at the first that fails, KeyboardInterrupt, and LiveError where the ledger is lost.
        """
        for number, statement in enumerate(statements, 1):
            self.number = number
            self.entry = replace(self.entry, line=statement.position.line)
            try:
                self._send_recorded(number, statement)
            except psycopg.Error as error:
                raise StoppedError(statement.position.line, failure(error, statement)) from error
        if self._inside and statements:
            message = "the file ends inside its transaction, which is rolled back: it lacks a COMMIT"
            self.number += 1
            raise StoppedError(statements[-1].position.line, SqlError(message))

    @property
    def _inside(self) -> bool:
        return self._connection.info.transaction_status is not TransactionStatus.IDLE

    def _send_recorded(self, number: int, statement: Statement) -> None:
        inside = self._inside
        if statement.control:
            if inside and statement.command not in _INSIDE:
                self._commit(number, statement)
            else:
                self._send(statement)
        elif (inside and statement.tag != GEXEC) or leaves_nothing(statement):
            self._send(statement)
        elif inside or statement.tag in {GEXEC, ""} or refused(statement) or _may_commit(statement):
            self._send_unprotected(number, statement)
        else:
            self._send_in_transaction(number, statement)

    def _send(self, statement: Statement) -> None:
        with self._signals.interruptible():
            send(self._cursor, statement)

    def _execute(self, sql: str) -> None:
        with self._signals.interruptible():
            self._cursor.execute(sql.encode())

    def _commit(self, number: int, statement: Statement | None) -> None:
        """Record which transaction is about to be committed, and commit it."""
        with self._signals.interruptible():
            row = self._cursor.execute(_XID).fetchone()
        xid = row[0] if row else None
        if xid:
            self._record(step=number, xid=str(xid))
        if statement:
            self._send(statement)
        else:
            self._execute("COMMIT")
        self._mark_done(number, recorded=bool(xid))

    def _send_in_transaction(self, number: int, statement: Statement) -> None:
        """Send one statement between BEGIN and COMMIT, so that its transaction has a number to look up later."""
        self._execute("BEGIN")
        try:
            self._send(statement)
        except psycopg.Error as error:
            if self._connection.closed or error.sqlstate not in REFUSED:
                raise
            self._execute("ROLLBACK")
            self._send_unprotected(number, statement)
        else:
            self._commit(number, None)

    def _send_unprotected(self, number: int, statement: Statement) -> None:
        """Send a statement that cannot run in a transaction of ours; record its start and its end."""
        inside = self._inside
        self._record(step=number, xid="")
        self._send(statement)
        if not inside:
            self._mark_done(number, recorded=True)

    def _mark_done(self, number: int, *, recorded: bool) -> None:
        if recorded and number < self.entry.statements:
            self._record(done=number, step=number, xid="")
        else:  # the end of the file is recorded with its state; until then the transaction's number shows it
            self.entry = replace(self.entry, done=number, step=number, xid="")

    def _record(self, **values: Any) -> None:
        self.entry = replace(self.entry, **values)
        try:
            self._ledger.record_progress(self.entry)
        except psycopg.Error as error:
            raise LiveError(f"the ledger could not be written: {str(error).strip()}") from error


def _may_commit(statement: Statement) -> bool:
    """Whether a procedure that the statement calls may commit while it runs."""
    return may_be_refused(statement) or any(inner.tag == "CALL" for inner in statement.walk())
