"""One login to a throwaway database, and how a file is applied through it: statement by statement, as psql does."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql as compose
from psycopg.pq import TransactionStatus

from pytest_ctb.model import FileReplay, Migration, Position, SqlError, Statement, Trace
from pytest_ctb.postgres import Server
from pytest_ctb.sql import body_start, brief

_GRACE = 5.0
"""How long a cancelled statement may go on, in seconds, until its backend is terminated."""
_COPY_LINE = re.compile(r"^COPY .*, line (\d+)", re.MULTILINE)
_BLOCK_LINE = re.compile(r"^PL/pgSQL function inline_code_block line (\d+)", re.MULTILINE)
_LASTING = re.compile(r"\bset_config\b|\bset\s+(?:session\s+)?\w+\.\w|^\s*load\b", re.IGNORECASE | re.MULTILINE)
"""What may make a setting of one's own, or load a library: DISCARD ALL leaves them behind. A guess costs one login."""
_SESSION_DEFAULTS = (
    "SELECT pg_catalog.md5(pg_catalog.string_agg(s::text, ' ' ORDER BY s::text)) FROM pg_catalog.pg_db_role_setting s"
)


class Session:
    """A connection as the role that migrates, kept for many files; each finds it as psql finds a fresh one."""

    def __init__(self, server: Server, database: str, role: str | None, timeout: float) -> None:
        self._server = server
        self._database = database
        self._role = role
        self._timeout = timeout
        self._notices: list[str] = []
        self._admin = server.connect(database)
        # What a migration holds locked shall not keep us waiting: only its own statements have a deadline.
        self._admin.execute("SET lock_timeout = '2s'")
        self._connection = self._connect()
        self._defaults = self._session_defaults()
        self._deadline = _Deadline(self._admin)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._deadline.close()
        self._connection.close()
        self._admin.close()

    def apply(self, migration: Migration) -> FileReplay:
        """Run a file up to its end, or to its first statement that fails."""
        if migration.problem:
            error = SqlError(migration.problem.message, sqlstate="22021", position=migration.problem.position)
            return FileReplay(migration.path, error=error, failed_line=migration.problem.position.line)
        traces: list[Trace] = []
        try:
            for statement in migration.statements:
                traces.append(self._traced(statement))
                if traces[-1].error:
                    return FileReplay(migration.path, tuple(traces), traces[-1].error, statement.position.line)
            idle = self._connection.info.transaction_status is TransactionStatus.IDLE
            return FileReplay(migration.path, tuple(traces), undone=not idle)
        finally:
            self._reset(migration)

    def _traced(self, statement: Statement) -> Trace:
        self._notices.clear()
        began = time.perf_counter()
        if statement.meta and statement.problem:
            error: SqlError | None = SqlError(statement.problem.message, position=statement.problem.position)
        else:
            error = self._ran(statement)
        return Trace(statement.position.line, time.perf_counter() - began, tuple(self._notices), error)

    def _ran(self, statement: Statement) -> SqlError | None:
        error = None
        try:
            with self._deadline.of(self._connection, self._timeout), self._raised(statement):
                self._execute(statement)
        except psycopg.Error as caught:
            error = _told(caught, statement)
        if self._deadline.passed:  # also where the statement caught the cancellation: what it did then, nobody meant
            message = f"the statement ran longer than {self._timeout:g} s (--ctb-timeout) and was cancelled"
            context, position = (error.context, error.position) if error else ("", None)
            return SqlError(message, sqlstate="57014", context=context, position=position)
        return error

    def _execute(self, statement: Statement) -> None:
        sql = statement.sql.encode()  # the bytes of the file, as psql sends them, whatever client_encoding is set to
        with self._connection.cursor() as cursor:
            if statement.kind == "copy_stmt" and not statement.body.filename and not statement.body.is_program:
                with cursor.copy(sql) as copy:
                    if statement.data is not None:
                        copy.write(statement.data.encode())
                    else:
                        for _ in copy:
                            pass
            else:
                cursor.execute(sql)

    @contextmanager
    def _raised(self, statement: Statement) -> Iterator[None]:
        """Let the ordinary role create an extension that the server does not call trusted, as platforms do."""
        raising = statement.kind == "create_extension_stmt" and self._role is not None and self._server.superuser
        if not raising or not self._untrusted(statement.body.extname):
            yield
            return
        assert self._role is not None
        role = compose.Identifier(self._role)
        self._admin.execute(compose.SQL("ALTER ROLE {} SUPERUSER").format(role))
        try:
            yield
        finally:
            self._admin.execute(compose.SQL("ALTER ROLE {} NOSUPERUSER").format(role))

    def _untrusted(self, extension: str) -> bool:
        query = "SELECT bool_or(superuser AND NOT trusted) FROM pg_available_extension_versions WHERE name = %s"
        row = self._admin.execute(query, [extension]).fetchone()
        return bool(row and row[0])

    def _reset(self, migration: Migration) -> None:
        """Leave the session as a fresh login is: what psql would find in the next file."""
        with contextlib.suppress(psycopg.Error):  # the server ended the connection; the next file gets another
            self._connection.rollback()
            self._connection.execute("DISCARD ALL")
            if not _LASTING.search(migration.source.text) and self._session_defaults() == self._defaults:
                return
        self._connection.close()
        self._connection = self._connect()
        self._defaults = self._session_defaults()

    def _connect(self) -> psycopg.Connection[Any]:
        connection = self._server.connect(self._database, self._role)
        connection.add_notice_handler(
            lambda diag: self._notices.append(f"{diag.severity_nonlocalized}: {diag.message_primary}")
        )
        return connection

    def _session_defaults(self) -> Any:
        """What ALTER DATABASE or ALTER ROLE … SET has laid down; it reaches new logins alone."""
        return self._admin.execute(_SESSION_DEFAULTS).fetchone()


class _Deadline:
    """A thread that cancels a statement which takes too long, and then ends its backend. One for many statements."""

    _TICK = 0.2

    def __init__(self, admin: psycopg.Connection[Any]) -> None:
        self.passed = False
        self._admin = admin
        self._running: tuple[psycopg.Connection[Any], float] | None = None
        self._turn = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="pytest-ctb-deadline", daemon=True)
        self._thread.start()

    @contextmanager
    def of(self, connection: psycopg.Connection[Any], seconds: float) -> Iterator[None]:
        """Let what runs inside take so many seconds; `passed` tells afterwards whether it took more."""
        self.passed = False
        self._running = (connection, time.monotonic() + seconds)
        try:
            yield
        finally:
            with self._turn:  # a cancellation that is under way shall not reach the next statement
                self._running = None

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._thread.join()

    def _watch(self) -> None:
        # It looks again and again: waking it for each of ten thousand statements would cost more than they do.
        while not self._closed.wait(self._TICK):
            with self._turn:
                if self._running and time.monotonic() > self._running[1]:
                    self._end(self._running[0])

    def _end(self, connection: psycopg.Connection[Any]) -> None:
        if self.passed:
            with contextlib.suppress(psycopg.Error):
                self._admin.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
        else:
            connection.cancel()
        self.passed = True
        self._running = (connection, time.monotonic() + _GRACE)


def _told(error: psycopg.Error, statement: Statement) -> SqlError:
    diag = error.diag
    message = diag.message_primary or str(error).strip() or type(error).__name__
    if error.sqlstate == "42601":
        message = brief(message)
    context = diag.context or ""
    if diag.internal_query:
        context = f"{context}\n{diag.internal_query.strip()}".strip()
    return SqlError(
        message=message,
        sqlstate=error.sqlstate or "",
        detail=diag.message_detail or "",
        hint=diag.message_hint or "",
        context=context,
        position=_position(diag, statement),
    )


def _position(diag: psycopg.errors.Diagnostic, statement: Statement) -> Position | None:
    """Where the server says that it is: a character of the statement, a row of a COPY, a line of a DO block."""
    if diag.statement_position:
        return statement.source.at(statement.start + int(diag.statement_position) - 1)
    context = diag.context or ""
    row = _COPY_LINE.search(context)
    if row and statement.data is not None:
        return Position(statement.position.line + statement.sql.count("\n") + int(row[1]), 1)
    block = _BLOCK_LINE.findall(context)
    if block and statement.kind == "do_stmt":
        line = statement.source.at(statement.start + body_start(statement)).line + int(block[-1]) - 1
        text = statement.source.line(line)
        return Position(line, len(text) - len(text.lstrip()) + 1)
    return None
