"""The statements of one file, sent one after the other as psql does; the ledger hears of each before it can last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from pytest_ctb.deploy.entry import Entry
from pytest_ctb.deploy.interrupts import Interrupts
from pytest_ctb.deploy.ledger import Ledger
from pytest_ctb.errors import LiveError
from pytest_ctb.model import GEXEC, SqlError, Statement, TransactionCommand
from pytest_ctb.replay.session.send import send
from pytest_ctb.replay.session.server_error import failure
from pytest_ctb.replay.session.transactions import REFUSED, leaves_nothing
from pytest_ctb.sql import may_be_refused, refused

_XID = "SELECT pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text::pg_catalog.int8"
"""As a number, which is read the same whatever the file has set."""
_INSIDE = {
    TransactionCommand.BEGIN,
    TransactionCommand.START,
    TransactionCommand.ROLLBACK,
    TransactionCommand.ROLLBACK_TO,
    TransactionCommand.SAVEPOINT,
    TransactionCommand.RELEASE,
}
_PREPARED = {
    TransactionCommand.PREPARE,
    TransactionCommand.COMMIT_PREPARED,
    TransactionCommand.ROLLBACK_PREPARED,
}


class StoppedError(Exception):
    """A statement failed, at a line, with what the server said."""

    def __init__(self, line: int, error: SqlError) -> None:
        super().__init__(error.message)
        self.line = line
        self.error = error


def cannot(statements: Sequence[Statement]) -> tuple[Statement, str] | None:
    """The first statement that is not sent to somebody's database, and why."""
    for one in statements:
        if one.meta and one.problem:
            return one, one.problem.message
        if one.command in _PREPARED:
            return one, "a transaction in two phases: whether it is there is told by nobody but who ends it"
    return None


def last_lasting(statements: Sequence[Statement]) -> int:
    """The number of the last statement, counted from 1, that can leave something behind."""
    lasting = (
        number
        for number, statement in enumerate(statements, 1)
        if not leaves_nothing(statement) and statement.command not in _INSIDE
    )
    return max(lasting, default=0)


class Course:
    """How far a file has come. `entry` is what the ledger has heard."""

    def __init__(
        self, connection: psycopg.Connection[Any], ledger: Ledger, entry: Entry, interrupts: Interrupts
    ) -> None:
        self.entry = entry
        self.number = 0
        """Which statement is being sent, counted from 1."""
        self._connection = connection
        self._cursor = connection.cursor()
        self._ledger = ledger
        self._interrupts = interrupts

    def run(self, statements: Sequence[Statement]) -> None:
        """Send them all.

        Raises StoppedError at the first that fails, KeyboardInterrupt, and LiveError where the ledger is lost.
        """
        for number, one in enumerate(statements, 1):
            self.number = number
            self.entry = replace(self.entry, line=one.position.line)
            try:
                self._one(number, one)
            except psycopg.Error as error:
                raise StoppedError(one.position.line, failure(error, one)) from error
        if self._inside and statements:
            message = "the file ends inside its transaction, which is rolled back: it lacks a COMMIT"
            self.number += 1
            raise StoppedError(statements[-1].position.line, SqlError(message))

    @property
    def _inside(self) -> bool:
        return self._connection.info.transaction_status is not TransactionStatus.IDLE

    def _one(self, number: int, one: Statement) -> None:
        inside = self._inside
        if one.control:
            if inside and one.command not in _INSIDE:
                self._commit(number, one)
            else:
                self._send(one)
        elif (inside and one.tag != GEXEC) or leaves_nothing(one):
            self._send(one)
        elif inside or one.tag in {GEXEC, ""} or refused(one) or _may_commit(one):
            self._unclear(number, one)
        else:
            self._alone(number, one)

    def _send(self, one: Statement) -> None:
        with self._interrupts.open():
            send(self._cursor, one)

    def _say(self, sql: str) -> None:
        with self._interrupts.open():
            self._cursor.execute(sql.encode())

    def _commit(self, number: int, one: Statement | None) -> None:
        """Tell the ledger which transaction is about to be committed, and commit it."""
        with self._interrupts.open():
            found = self._cursor.execute(_XID).fetchone()
        xid = found[0] if found else None
        if xid:
            self._note(step=number, xid=str(xid))
        if one:
            self._send(one)
        else:
            self._say("COMMIT")
        self._happened(number, told=bool(xid))

    def _alone(self, number: int, one: Statement) -> None:
        """A transaction of its own: between a BEGIN and a COMMIT it is the same statement, and has a number."""
        self._say("BEGIN")
        try:
            self._send(one)
        except psycopg.Error as error:
            if self._connection.closed or error.sqlstate not in REFUSED:
                raise
            self._say("ROLLBACK")
            self._unclear(number, one)
        else:
            self._commit(number, None)

    def _unclear(self, number: int, one: Statement) -> None:
        """What no transaction of ours can hold: the ledger hears that it begins, and that it is done."""
        inside = self._inside
        self._note(step=number, xid="")
        self._send(one)
        if not inside:
            self._happened(number, told=True)

    def _happened(self, number: int, *, told: bool) -> None:
        if told and number < self.entry.statements:
            self._note(done=number, step=number, xid="")
        else:  # the end of the file is put down with its state, and until then the transaction's number tells
            self.entry = replace(self.entry, done=number, step=number, xid="")

    def _note(self, **values: Any) -> None:
        self.entry = replace(self.entry, **values)
        try:
            self._ledger.note(self.entry)
        except psycopg.Error as error:
            raise LiveError(f"the ledger could not be written: {str(error).strip()}") from error


def _may_commit(statement: Statement) -> bool:
    """Whether a procedure that it calls may commit in the middle of it."""
    return may_be_refused(statement) or any(inner.tag == "CALL" for inner in statement.walk())
