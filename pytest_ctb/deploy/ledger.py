"""The ledger: which migrations a database has, kept in its schema `ctb_ledger`. One row a file, and all its events.

    no row, failed, rolled back  --apply-->     applying      --> applied, or failed
    applied, adopted             --rollback-->  rolling back  --> rolled back, or what it was

The row is written before the statement is sent, on a second connection that also holds the lock of the run:

- `done`: how many statements of the file are known to be permanent.
- `step` above `done`: statement `step` was about to become permanent. With `xid` it is the COMMIT of that transaction,
  and Postgres can say later whether it was committed (pg_xact_status). Without, it may have happened in full, in part
  or not at all.

So the only query of this package inside a file's transaction asks for its number, right before its COMMIT.
"""

from __future__ import annotations

import datetime
import getpass
import socket
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import psycopg
from psycopg.rows import dict_row

from pytest_ctb.deploy.connection import session_settings
from pytest_ctb.deploy.ledger_entry import COLUMNS, UNDER_WAY, LedgerEntry, State, edited_message, parse_row
from pytest_ctb.deploy.ledger_tables import MAKE_SCHEMA, MAKE_TABLES, existing_tables
from pytest_ctb.deploy.recorded_schema import RecordedSchema, parse_schema
from pytest_ctb.errors import LiveError

FORMAT = 1
_INVALID = """
SELECT i.indexrelid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid AND c.relkind = 'i' ORDER BY 1
"""
_CLUSTER = "SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()"
_DURABLE = """
SELECT pg_catalog.set_config('synchronous_commit', 'on', false)
WHERE pg_catalog.current_setting('synchronous_commit') = 'off'
"""
"""The ledger must survive a crash, also in a database that does without: the statements it records may survive one."""
_TIMES = ("started", "ended", "backend_start")
_READ = f"""
SELECT {", ".join(f"{column}::pg_catalog.text" if column in _TIMES else column for column in COLUMNS)}
FROM ctb_ledger.migrations ORDER BY number, file
"""  # noqa: S608  # the names of our own columns
_EVENTS = "SELECT DISTINCT ON (file) file, state FROM ctb_ledger.events ORDER BY file, id DESC"
_ALIVE = """
SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE pid = %s AND datname = pg_catalog.current_database()
AND usename = %s AND (backend_start = %s OR backend_start IS NULL)
"""
"""backend_start is NULL where another role may not read it."""
_KEEP = """
INSERT INTO ctb_ledger.schema (number, event, words, objects)
SELECT 1, %s, %s, %s WHERE pg_catalog.pg_backend_pid() = %s
ON CONFLICT (number) DO UPDATE SET event = EXCLUDED.event, words = EXCLUDED.words, objects = EXCLUDED.objects
"""
_MAY_READ = "SELECT pg_catalog.has_table_privilege(%s, 'SELECT')"

_SET_BY_SERVER = {
    "started": "now.at",
    "ended": "CASE WHEN NOT %(under_way)s THEN now.at END",
    "seconds": "NULL",
    "role": "session_user",
}
_KEPT = {
    # From `applying` to its end, a row keeps its start.
    "started": "CASE WHEN %(under_way)s OR old.ended IS NOT NULL THEN EXCLUDED.started ELSE old.started END",
    "seconds": "CASE WHEN old.ended IS NULL AND NOT %(under_way)s AND %(timed)s "
    "THEN extract(epoch FROM EXCLUDED.ended - old.started) END",
}
_UPDATES = ", ".join(f"{column} = {_KEPT.get(column, f'EXCLUDED.{column}')}" for column in COLUMNS)
_WRITE = f"""
WITH now AS (SELECT pg_catalog.clock_timestamp() AS at),
row AS (
    INSERT INTO ctb_ledger.migrations AS old ({", ".join(COLUMNS)})
    SELECT {", ".join(_SET_BY_SERVER.get(column, f"%({column})s") for column in COLUMNS)} FROM now
    WHERE pg_catalog.pg_backend_pid() = %(session)s
    ON CONFLICT (file) DO UPDATE SET {_UPDATES}
    RETURNING *
), event AS (
    INSERT INTO ctb_ledger.events (at, file, state, sha256, role, person, tool, detail)
    SELECT now.at, row.file, row.state, row.sha256, row.role, row.person, row.tool, %(detail)s FROM row, now
)
SELECT started, ended, seconds, role FROM row
"""  # noqa: S608  # the names of our own columns
"""Writes only in the session that holds the lock: where a pooler has handed us another session, it writes nothing."""
_NOT_AS_MADE = (psycopg.ProgrammingError, psycopg.IntegrityError, psycopg.DataError, psycopg.NotSupportedError)
"""The errors of a table that somebody has altered."""
_LOST = "a different session answered: there is a pooler in between, so the lock is lost"


def person() -> str:
    """Who runs this process: `user@machine`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = "?"
    return f"{user}@{socket.gethostname()}"


class Ledger:
    """Reads and writes the ledger, on a connection of its own; each write is a transaction."""

    def __init__(self, connection: psycopg.Connection[Any], tool: str, *, reads: bool = False) -> None:
        """With `reads` it only reads, in the transaction that is open. Raises psycopg.Error."""
        self.connection = connection
        self._tool = tool
        connection.execute(session_settings(connection.info.server_version, local=reads).encode())
        if not reads:
            connection.execute(_DURABLE)
        self._backend = self._pid()
        try:
            with connection.transaction() if reads else nullcontext():
                self.cluster = str(self._scalar(_CLUSTER))
        except psycopg.errors.InsufficientPrivilege:  # a platform may not tell
            self.cluster = ""

    def read(self) -> dict[str, LedgerEntry]:
        """Every row, by file; none where there is no ledger. Raises LiveError where somebody has edited it."""
        if not existing_tables(self.connection):
            return {}
        try:
            self._check_format()
            with self.connection.cursor(row_factory=dict_row) as cursor:
                rows = cursor.execute(_READ).fetchall()
            events = dict(self.connection.execute(_EVENTS).fetchall()) if self._may_read("events") else {}
        except psycopg.errors.InsufficientPrivilege as error:
            raise LiveError(f"the role cannot read the ledger: {error.diag.message_primary}") from None
        entries: dict[str, LedgerEntry] = {}
        for row in rows:
            entry = parse_row(row)
            if entry.file in entries:
                raise LiveError(edited_message(f"it has two rows for {entry.file}"))
            entries[entry.file] = entry
        lost = [file for file, state in events.items() if file not in entries and state != State.ROLLED_BACK]
        if lost:
            more = f" and {len(lost) - 1} more files" if len(lost) > 1 else ""
            raise LiveError(
                edited_message(f"ctb_ledger.events says of {lost[0]}{more} `{events[lost[0]]}`, migrations nothing")
            )
        return entries

    def make(self) -> None:
        """Create the schema and the tables of the ledger that are missing."""
        if "schema" in existing_tables(self.connection):
            return
        with self.connection.transaction():
            if self._scalar("SELECT pg_catalog.to_regnamespace('ctb_ledger')") is None:
                self.connection.execute(MAKE_SCHEMA)  # the owner of a schema may lack the right to create schemas
            self.connection.execute(MAKE_TABLES.encode())
            if self._scalar("SELECT pg_catalog.count(*) FROM ctb_ledger.ledger") == 0:
                self.connection.execute("INSERT INTO ctb_ledger.ledger VALUES (%s, %s)", [FORMAT, self._tool])

    def recorded_schema(self) -> RecordedSchema | None:
        """The schema as the last run left it; None where none was recorded, or the role may not read it.

        Raises LiveError where it was edited.
        """
        if "schema" not in existing_tables(self.connection) or not (
            self._may_read("schema") and self._may_read("events")
        ):
            return None
        rows = self.connection.execute("SELECT event, words, objects FROM ctb_ledger.schema").fetchall()
        if len(rows) > 1:
            raise LiveError(edited_message(f"ctb_ledger.schema has {len(rows)} rows, not one"))
        return parse_schema(*rows[0]) if rows else None

    def record_schema(self, schema: RecordedSchema) -> None:
        """Store the schema as this run leaves it."""
        self._write(_KEEP, [schema.event, schema.words, schema.text(), self._backend])

    def last_event(self) -> int:
        """The number of the last event; 0 where there is none."""
        readable = existing_tables(self.connection) and self._may_read("events")
        return int(self._scalar("SELECT pg_catalog.max(id) FROM ctb_ledger.events") or 0) if readable else 0

    def write(self, entry: LedgerEntry, detail: str = "") -> LedgerEntry:
        """Write a new state of a file: its row and an event, in one statement. Returns the entry as it was written."""
        values = {
            **vars(entry),
            "invalid": list(entry.invalid),
            "person": person(),
            "tool": self._tool,
            "cluster": self.cluster,
            "under_way": entry.state in UNDER_WAY,
            "timed": entry.state is not State.ADOPTED,
            "session": self._backend,
            "detail": detail,
        }
        row = self._write(_WRITE, values).fetchone()
        if row is None:
            raise LiveError(
                _LOST if self._pid() != self._backend else edited_message("a trigger or a rule keeps it from changing")
            )
        started, ended, seconds, role = row
        given = {"person": values["person"], "tool": self._tool, "cluster": self.cluster}
        return replace(entry, started=started, ended=ended, seconds=seconds, role=role, **given)

    def record_progress(self, entry: LedgerEntry) -> None:
        """Write which statements of a file are permanent, and which one is about to be."""
        query = """
            UPDATE ctb_ledger.migrations SET done = %s, step = %s, line = %s, xid = %s
            WHERE file = %s AND pg_catalog.pg_backend_pid() = %s"""
        values = [entry.done, entry.step, entry.line, entry.xid, entry.file, self._backend]
        if self._write(query, values).rowcount != 1:
            same = self._pid() == self._backend
            raise LiveError(edited_message(f"the row of {entry.file} is gone") if same else _LOST)

    def alive(self, entry: LedgerEntry) -> bool:
        """Whether the server process that runs the file is still there."""
        values = [entry.backend, entry.role, entry.backend_start]
        return bool(entry.backend) and bool(self._scalar(_ALIVE, values))

    def settled(self, entry: LedgerEntry) -> LedgerEntry:
        """The entry of an interrupted file, with `done` and `step` settled where Postgres knows; writes nothing."""
        if not entry.unclear or not entry.xid or entry.cluster != self.cluster:
            return entry
        try:
            fate = self._scalar("SELECT pg_catalog.pg_xact_status(%s::pg_catalog.text::pg_catalog.xid8)", [entry.xid])
        except psycopg.DataError:  # a number that this server has not reached: it is another server's
            return entry
        if fate == "committed":
            return replace(entry, done=entry.step, xid="")
        return replace(entry, step=entry.done, xid="") if fate == "aborted" else entry

    def invalid(self) -> tuple[str, ...]:
        """The invalid indexes, as SQL names them."""
        return tuple(name for (name,) in self.connection.execute(_INVALID).fetchall())

    def _may_read(self, table: str) -> bool:
        return bool(self._scalar(_MAY_READ, [f"ctb_ledger.{table}"]))

    def _check_format(self) -> None:
        rows = self.connection.execute("SELECT format, tool FROM ctb_ledger.ledger").fetchall()
        if len(rows) != 1:
            raise LiveError(edited_message(f"ctb_ledger.ledger has {len(rows)} rows, not one"))
        number, tool = rows[0]
        if number > FORMAT:
            raise LiveError(f"the ledger was written by ctb {tool}, in a newer format ({number}); update this one")

    def _write(self, query: str, values: Any) -> psycopg.Cursor[Any]:
        """Write a row. Raises LiveError where the table was altered and rejects it, and psycopg.Error."""
        try:
            return self.connection.execute(query, values)
        except psycopg.errors.InsufficientPrivilege:
            raise
        except _NOT_AS_MADE as error:
            raise LiveError(edited_message(f"it does not take a row: {error.diag.message_primary}")) from None

    def backend_start(self, backend: int) -> datetime.datetime | None:
        """When the server process with this ID started; None where the role may not read it."""
        query = "SELECT backend_start FROM pg_catalog.pg_stat_activity WHERE pid = %s"
        started: datetime.datetime | None = self._scalar(query, [backend])
        return started

    def _pid(self) -> int:
        return int(self._scalar("SELECT pg_catalog.pg_backend_pid()"))

    def _scalar(self, query: str, values: Sequence[Any] = ()) -> Any:
        row = self.connection.execute(query, values).fetchone()
        return row[0] if row else None
