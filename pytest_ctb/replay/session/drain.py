"""What a server answers to one message of ours, dropped as it comes: nobody reads the rows that a migration selects.

What is kept of it in memory is what libpq reads at once. It takes in each single message of the server whole, however
large: a row, a notice, an error. None that a migration means is large; one that is, ends the statement.
"""

from __future__ import annotations

import array
import fcntl
import termios
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Wait

_ROWS = 100
"""So many of a result come at once."""
_LARGEST = 16 << 20
"""Bytes of one message."""
_TOGETHER = 200
"""So many groups of messages are sent at once: what comes while they are sent is kept in memory."""
_ENDING = {"FATAL", "PANIC"}
"""Errors behind which the server closes the connection."""
_T = TypeVar("_T")
_CHUNKED = psycopg.capabilities.has_stream_chunked()


class TooLargeError(psycopg.OperationalError):
    """One message of the server is larger than any that is meant."""

    sqlstate = "53400"  # configuration_limit_exceeded


class Sent(NamedTuple):
    """A statement with parameters."""

    sql: bytes
    values: Sequence[bytes | None]
    """Those of its parameters, as text."""
    types: Sequence[int]
    """The oids of their types."""


class Prepared(NamedTuple):
    """A statement to be prepared."""

    name: bytes
    """Under which it is kept; empty: until the next one without a name."""
    sql: bytes
    types: Sequence[int] = ()
    """The oids of the types of its first parameters; 0: the server finds out."""


def run(connection: psycopg.Connection[Any], sql: bytes) -> None:
    """Send it as one simple query, and wait for its end. Raises psycopg.Error; behind TooLargeError it is closed."""
    try:
        _waited(connection, lambda answer: answer.drop(sql))
    except TooLargeError:
        connection.close()
        raise


def run_each(
    connection: psycopg.Connection[Any], statements: Sequence[Sent], behind: bytes
) -> list[psycopg.Error | None]:
    """Run statements, and another one `behind` each, waiting once for all: of each its error. `behind` must not fail.

    Raises psycopg.Error where the connection is lost or, behind TooLargeError, closed.
    """
    send = connection.pgconn.send_query_params
    messages = [partial(send, *message) for sent in statements for message in (sent, (behind, None))]
    ended = _in_one_go(connection, [[message] for message in messages], rows=True)
    errors = [error_of(connection, result) for (result,) in ended]
    if failed := next(filter(None, errors[1::2]), None):
        raise failed
    return errors[::2]


def describe_each(connection: psycopg.Connection[Any], statements: Sequence[Prepared]) -> list[PGresult]:
    """Let the server parse and analyse statements, waiting once for all: of each its description, or its error.

    Raises psycopg.Error where the connection is lost or, behind TooLargeError, closed.
    """
    prepare = connection.pgconn.send_prepare
    ended = _in_one_go(
        connection, [[partial(prepare, *sent), _description(connection, sent.name)] for sent in statements]
    )
    return [parsed if parsed.status == ExecStatus.FATAL_ERROR else described for parsed, described in ended]


def describe_again(connection: psycopg.Connection[Any], names: Sequence[bytes]) -> list[PGresult]:
    """The same for statements that are prepared under these names."""
    return [described for (described,) in _in_one_go(connection, [[_description(connection, name)] for name in names])]


def _description(connection: psycopg.Connection[Any], name: bytes) -> Callable[[], None]:
    return partial(connection.pgconn.send_describe_prepared, name)


def _in_one_go(
    connection: psycopg.Connection[Any], groups: Sequence[Sequence[Callable[[], None]]], *, rows: bool = False
) -> list[list[PGresult]]:
    """Send groups of messages, and wait once for many: of each message the last result.

    What fails ends its group. `rows`: the messages run statements, whose rows are dropped. Raises psycopg.Error where
    the connection is lost or, behind TooLargeError, closed.
    """
    results: list[list[PGresult]] = []
    try:
        for first in range(0, len(groups), _TOGETHER):
            some = groups[first : first + _TOGETHER]
            results += _waited(connection, partial(_Answer.each, groups=some, rows=rows))
    except BaseException:
        connection.close()  # nobody reads what is still to come
        raise
    return results


def error_of(connection: psycopg.Connection[Any], result: PGresult) -> psycopg.Error | None:
    """The error that a result is; None where it is none."""
    if result.status != ExecStatus.FATAL_ERROR:
        return None
    return psycopg.errors.error_from_result(result, encoding=_encoding(connection))


def _waited(connection: psycopg.Connection[Any], answered: Callable[[_Answer], PQGen[_T]]) -> _T:
    answer = _Answer(connection)
    connection.add_notice_handler(answer.heard)
    try:
        return connection.wait(answered(answer))
    except TooLargeError:
        raise
    except psycopg.OperationalError as error:
        if answer.ending is None:
            raise
        raise answer.ending from error  # the server said why, and then closed the connection
    finally:
        connection.remove_notice_handler(answer.heard)


def _encoding(connection: psycopg.Connection[Any]) -> str:
    try:
        return connection.info.encoding
    except psycopg.NotSupportedError:  # one that Python has not
        return "utf-8"


class _Answer:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._pgconn: PGconn = connection.pgconn
        self._connection = connection
        self._pending = 0
        """Bytes that have come since the last message was whole, or fewer: libpq reads on after they are counted."""
        self._large = False
        """A message was too large that came so fast that nobody could break it off."""
        self.ending: psycopg.Error | None = None
        """Why the server closes the connection, in its own words."""
        self._lost: psycopg.OperationalError | None = None
        """The server has closed the connection. libpq may still hold what it said before."""

    def heard(self, diag: psycopg.errors.Diagnostic) -> None:
        """A notice was whole. If libpq could not send, it hands on as a notice why the server closes the connection."""
        self._pending = 0
        message = diag.message_primary or ""
        self._large |= len(message) > _LARGEST
        if diag.severity_nonlocalized in _ENDING:
            self.ending = psycopg.OperationalError(message)
            with suppress(KeyError):  # not a state of Postgres itself
                self.ending = psycopg.errors.lookup(diag.sqlstate or "")(message)

    def drop(self, sql: bytes) -> PQGen[None]:
        """Run it as a simple query; what fails is raised when all has come."""
        yield from self._sent(self._query(sql))
        failed: psycopg.Error | None = None
        while (result := (yield from self._next())) is not None:
            if result.status == ExecStatus.FATAL_ERROR:
                failed = error_of(self._connection, result)
            elif result.status == ExecStatus.COPY_OUT:
                yield from self._drop_copy()
            elif result.status == ExecStatus.COPY_IN:
                yield from generators.copy_end(self._pgconn, b"there are no rows for it here")
        if failed:
            raise failed

    def each(self, groups: Sequence[Sequence[Callable[[], None]]], *, rows: bool) -> PQGen[list[list[PGresult]]]:
        """The last result of each message, which are sent in a pipeline, with a sync behind each group."""
        self._pgconn.enter_pipeline_mode()
        yield from self._sent(self._pipeline(groups))
        answers: list[list[PGresult]] = []
        for group in groups:
            answers.append([])
            for _ in group:
                if rows:
                    self._take_few_rows()
                answers[-1].append((yield from self._last()))
            yield from self._next()  # the sync
        self._pgconn.exit_pipeline_mode()
        return answers

    def _sent(self, sending: PQGen[None]) -> PQGen[None]:
        try:
            yield from sending
        except psycopg.OperationalError as error:
            self._lose(error)

    def _lose(self, error: psycopg.OperationalError) -> None:
        """Keep the error of a lost connection until all is read that came before. Raises it if the connection works."""
        if self._pgconn.status != ConnStatus.BAD:
            raise error
        self._lost = error

    def _query(self, sql: bytes) -> PQGen[None]:
        self._pgconn.send_query(sql)
        self._take_few_rows()
        if self._pgconn.flush():  # the socket has not taken all of it
            yield from generators.send(self._pgconn)

    def _pipeline(self, groups: Sequence[Sequence[Callable[[], None]]]) -> PQGen[None]:
        for group in groups:
            for send in group:
                send()
            self._pgconn.pipeline_sync()
        yield from generators.send(self._pgconn)

    def _last(self) -> PQGen[PGresult]:
        """The last result of a message."""
        last = yield from self._next()
        if last is None:
            if self._lost:
                raise self._lost
            raise psycopg.OperationalError("the connection is lost")
        while (result := (yield from self._next())) is not None:
            last = result
        return last

    def _take_few_rows(self) -> None:
        """Let the rows of what was sent come in small parts."""
        if self._lost:
            return
        if _CHUNKED:
            self._pgconn.set_chunked_rows_mode(_ROWS)
        else:
            self._pgconn.set_single_row_mode()

    def _next(self) -> PQGen[PGresult | None]:
        while self._pgconn.is_busy():
            yield from self._read()
        self._pending = 0
        result = self._pgconn.get_result()
        if self._large or (result is not None and _length(result) > _LARGEST):
            raise _too_large()
        if result is not None and (error := error_of(self._connection, result)):
            if error.sqlstate is None:  # libpq's own words for a connection that is lost
                raise self._lost or psycopg.OperationalError(str(error))
            if error.diag.severity_nonlocalized in _ENDING:
                self.ending = error
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
        if self._lost:
            raise self._lost
        while not (yield Wait.R):
            pass
        coming = array.array("i", [0])
        fcntl.ioctl(self._pgconn.socket, termios.FIONREAD, coming)
        self._pending += coming[0]
        if self._pending > _LARGEST:
            raise _too_large()
        try:
            self._pgconn.consume_input()
        except psycopg.OperationalError as error:
            self._lose(error)
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
