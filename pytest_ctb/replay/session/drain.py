"""What a server answers to one message of ours, dropped as it comes: nobody reads the rows that a migration selects.

What is kept of it in memory is what libpq reads at once. It takes in each single message of the server whole, however
large: a row, a notice, an error. None that a migration means is large; one that is, ends the statement.
"""

from __future__ import annotations

import array
import fcntl
import termios
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Wait

_ROWS = 100
"""So many of a result come at once."""
_LARGEST = 16 << 20
"""Bytes of one message."""
_CHUNKED = psycopg.capabilities.has_stream_chunked()


class TooLargeError(psycopg.OperationalError):
    """One message of the server is larger than any that is meant."""

    sqlstate = "53400"  # configuration_limit_exceeded


def run(connection: psycopg.Connection[Any], sql: bytes) -> None:
    """Send it as one simple query, and wait for its end. Raises psycopg.Error; behind TooLargeError it is closed."""
    _run(connection, lambda: connection.pgconn.send_query(sql))


def run_with(
    connection: psycopg.Connection[Any], sql: bytes, values: Sequence[bytes | None], types: Sequence[int]
) -> None:
    """The same for one statement with parameters: their values as text, and the oids of their types."""
    _run(connection, lambda: connection.pgconn.send_query_params(sql, values, types))


def _run(connection: psycopg.Connection[Any], send: Callable[[], None]) -> None:
    answer = _Answer(connection)
    connection.add_notice_handler(answer.heard)
    try:
        connection.wait(answer.drop(send))
    except TooLargeError:
        connection.close()
        raise
    finally:
        connection.remove_notice_handler(answer.heard)


class _Answer:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._pgconn: PGconn = connection.pgconn
        self._connection = connection
        self._pending = 0
        """Bytes that have come since the last message was whole, or fewer: libpq reads on after they are counted."""
        self._large = False
        """A message was too large that came so fast that nobody could break it off."""

    def heard(self, diag: psycopg.errors.Diagnostic) -> None:
        """A notice was whole."""
        self._pending = 0
        self._large |= len(diag.message_primary or "") > _LARGEST

    def drop(self, send: Callable[[], None]) -> PQGen[None]:
        """Run what is sent; what fails is raised when all has come."""
        send()
        if _CHUNKED:
            self._pgconn.set_chunked_rows_mode(_ROWS)
        else:
            self._pgconn.set_single_row_mode()
        if self._pgconn.flush():  # the socket has not taken all of it
            yield from generators.send(self._pgconn)
        failed: psycopg.Error | None = None
        try:
            while (result := (yield from self._next())) is not None:
                if result.status == ExecStatus.FATAL_ERROR:
                    failed = psycopg.errors.error_from_result(result, encoding=self._encoding)
                elif result.status == ExecStatus.COPY_OUT:
                    yield from self._drop_copy()
                elif result.status == ExecStatus.COPY_IN:
                    yield from generators.copy_end(self._pgconn, b"there are no rows for it here")
        except psycopg.OperationalError as error:
            if failed is None or isinstance(error, TooLargeError):
                raise
            raise failed from error  # the server said why, and then closed the connection
        if failed:
            raise failed

    @property
    def _encoding(self) -> str:
        try:
            return self._connection.info.encoding
        except psycopg.NotSupportedError:  # one that Python has not
            return "utf-8"

    def _next(self) -> PQGen[PGresult | None]:
        while self._pgconn.is_busy():
            yield from self._read()
        self._pending = 0
        result = self._pgconn.get_result()
        if self._large or (result is not None and _length(result) > _LARGEST):
            raise _too_large()
        return result

    def _drop_copy(self) -> PQGen[None]:
        while (size := self._pgconn.get_copy_data(1)[0]) >= 0:
            if size > _LARGEST:
                raise _too_large()
            if size:
                self._pending = 0
            else:
                yield from self._read()

    def _read(self) -> PQGen[None]:
        while not (yield Wait.R):
            pass
        coming = array.array("i", [0])
        fcntl.ioctl(self._pgconn.socket, termios.FIONREAD, coming)
        self._pending += coming[0]
        if self._pending > _LARGEST:
            raise _too_large()
        self._pgconn.consume_input()
        while self._pgconn.notifies():
            self._pending = 0


def _length(result: PGresult) -> int:
    """The bytes of the largest row, or of the parts of an error."""
    if result.status == ExecStatus.FATAL_ERROR:
        return len(result.error_message)
    if not result.ntuples:
        return 0
    columns = range(result.nfields)
    rows = range(result.ntuples)
    return max(sum(len(result.get_value(row, column) or b"") for column in columns) for row in rows)


def _too_large() -> TooLargeError:
    return TooLargeError(f"the server sent more than {_LARGEST >> 20} MB in one piece")
