"""What was done to a database, written down in it: the schema `ctb_ledger`. One row a file, and every event of it.

    no row, failed, rolled back  --apply-->     applying      --> applied, or failed
    applied, adopted             --rollback-->  rolling back  --> rolled back, or what it was

The row is written before what it tells of is sent, by a connection of its own that holds the lock of the run:

- `done`: so many statements of the file are known to have happened for good.
- `step` above `done`: statement `step` was about to be made last. With `xid`, as the COMMIT of that transaction:
  Postgres itself tells ever after whether it was (pg_xact_status). Without, it may have happened as a whole, in part or
  not at all.

So nothing of ours runs inside a file's transaction but one question, for its number, right before its COMMIT.
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

from pytest_ctb.deploy.connection import ours
from pytest_ctb.deploy.entry import COLUMNS, UNDER_WAY, Entry, State, edited, read_entry
from pytest_ctb.deploy.known import Known, told
from pytest_ctb.deploy.shape import MAKE_SCHEMA, MAKE_TABLES, shape
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
"""What is written down must survive a crash, also where the database does without: what it tells of may survive one."""


_TIMES = ("started", "ended", "backend_start")
_READ = f"""
SELECT {", ".join(f"{one}::pg_catalog.text" if one in _TIMES else one for one in COLUMNS)}
FROM ctb_ledger.migrations ORDER BY number, file
"""  # noqa: S608  # the names of our own columns
_EVENTS = "SELECT DISTINCT ON (file) file, state FROM ctb_ledger.events ORDER BY file, id DESC"
_ALIVE = """
SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE pid = %s AND datname = pg_catalog.current_database()
AND usename = %s AND (backend_start = %s OR backend_start IS NULL)
"""
"""NULL: another role may not know."""
_KEEP = """
INSERT INTO ctb_ledger.schema (number, event, words, objects)
SELECT 1, %s, %s, %s WHERE pg_catalog.pg_backend_pid() = %s
ON CONFLICT (number) DO UPDATE SET event = EXCLUDED.event, words = EXCLUDED.words, objects = EXCLUDED.objects
"""
_MAY_READ = "SELECT pg_catalog.has_table_privilege(%s, 'SELECT')"

_TOLD_BY_THE_SERVER = {
    "started": "now.at",
    "ended": "CASE WHEN NOT %(under_way)s THEN now.at END",
    "seconds": "NULL",
    "role": "session_user",
}
_KEPT = {
    # From `applying` to its end, a row keeps when that began.
    "started": "CASE WHEN %(under_way)s OR old.ended IS NOT NULL THEN EXCLUDED.started ELSE old.started END",
    "seconds": "CASE WHEN old.ended IS NULL AND NOT %(under_way)s AND %(timed)s "
    "THEN extract(epoch FROM EXCLUDED.ended - old.started) END",
}
_WRITE = f"""
WITH now AS (SELECT pg_catalog.clock_timestamp() AS at),
row AS (
    INSERT INTO ctb_ledger.migrations AS old ({", ".join(COLUMNS)})
    SELECT {", ".join(_TOLD_BY_THE_SERVER.get(one, f"%({one})s") for one in COLUMNS)} FROM now
    WHERE pg_catalog.pg_backend_pid() = %(session)s
    ON CONFLICT (file) DO UPDATE SET {", ".join(f"{one} = {_KEPT.get(one, f'EXCLUDED.{one}')}" for one in COLUMNS)}
    RETURNING *
), event AS (
    INSERT INTO ctb_ledger.events (at, file, state, sha256, role, person, tool, detail)
    SELECT now.at, row.file, row.state, row.sha256, row.role, row.person, row.tool, %(detail)s FROM row, now
)
SELECT started, ended, seconds, role FROM row
"""  # noqa: S608  # the names of our own columns
"""Whoever is asked holds the lock: where a pooler has handed us another session, nothing is written."""
_NOT_AS_MADE = (psycopg.ProgrammingError, psycopg.IntegrityError, psycopg.DataError, psycopg.NotSupportedError)
"""What a table answers that somebody has altered."""
_LOST = "another session answers than before: there is a pooler in between, and the lock is lost"


def person() -> str:
    """Who runs this process, and where."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = "?"
    return f"{user}@{socket.gethostname()}"


class Ledger:
    """The ledger through a connection that does nothing else; each write is a transaction of its own."""

    def __init__(self, connection: psycopg.Connection[Any], tool: str, *, reads: bool = False) -> None:
        """With `reads` nothing is written, inside the transaction that is open. Raises psycopg.Error."""
        self.connection = connection
        self._tool = tool
        connection.execute(ours(connection.info.server_version, local=reads).encode())
        if not reads:
            connection.execute(_DURABLE)
        self._backend = self._pid()
        try:
            with connection.transaction() if reads else nullcontext():
                self.cluster = str(self._one(_CLUSTER))
        except psycopg.errors.InsufficientPrivilege:  # a platform may not tell
            self.cluster = ""

    def read(self) -> dict[str, Entry]:
        """Every row, by file; none where there is no ledger. Raises LiveError where it is none of ours any more."""
        if not shape(self.connection):
            return {}
        try:
            self._formats()
            with self.connection.cursor(row_factory=dict_row) as cursor:
                rows = cursor.execute(_READ).fetchall()
            events = dict(self.connection.execute(_EVENTS).fetchall()) if self._may_read("events") else {}
        except psycopg.errors.InsufficientPrivilege as error:
            raise LiveError(f"the ledger may not be read: {error.diag.message_primary}") from None
        found: dict[str, Entry] = {}
        for row in rows:
            one = read_entry(row)
            if one.file in found:
                raise LiveError(edited(f"it has two rows for {one.file}"))
            found[one.file] = one
        lost = [file for file, state in events.items() if file not in found and state != State.ROLLED_BACK]
        if lost:
            more = f" and {len(lost) - 1} more files" if len(lost) > 1 else ""
            raise LiveError(
                edited(f"ctb_ledger.events says of {lost[0]}{more} `{events[lost[0]]}`, migrations nothing")
            )
        return found

    def make(self) -> None:
        """Make what of it is missing."""
        if "schema" in shape(self.connection):
            return
        with self.connection.transaction():
            if self._one("SELECT pg_catalog.to_regnamespace('ctb_ledger')") is None:
                self.connection.execute(MAKE_SCHEMA)  # who owns one need not be allowed to make one
            self.connection.execute(MAKE_TABLES.encode())
            if self._one("SELECT pg_catalog.count(*) FROM ctb_ledger.ledger") == 0:
                self.connection.execute("INSERT INTO ctb_ledger.ledger VALUES (%s, %s)", [FORMAT, self._tool])

    def known(self) -> Known | None:
        """The schema as the last run left it; None where none was put down, or we may not know.

        Raises LiveError where it was edited.
        """
        if "schema" not in shape(self.connection) or not (self._may_read("schema") and self._may_read("events")):
            return None
        rows = self.connection.execute("SELECT event, words, objects FROM ctb_ledger.schema").fetchall()
        if len(rows) > 1:
            raise LiveError(edited(f"ctb_ledger.schema has {len(rows)} rows, not one"))
        return told(*rows[0]) if rows else None

    def keep(self, known: Known) -> None:
        """Put down the schema as this run leaves it."""
        self._written(_KEEP, [known.event, known.words, known.text(), self._backend])

    def event(self) -> int:
        """The number of the last event; 0 where there is none."""
        there = shape(self.connection) and self._may_read("events")
        return int(self._one("SELECT pg_catalog.max(id) FROM ctb_ledger.events") or 0) if there else 0

    def write(self, entry: Entry, detail: str = "") -> Entry:
        """Put down a new state of a file: its row, and an event, in one statement."""
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
        row = self._written(_WRITE, values).fetchone()
        if row is None:
            raise LiveError(
                _LOST if self._pid() != self._backend else edited("a trigger or a rule keeps it from changing")
            )
        told = {"person": values["person"], "tool": self._tool, "cluster": self.cluster}
        return replace(entry, started=row[0], ended=row[1], seconds=row[2], role=row[3], **told)

    def note(self, entry: Entry) -> Entry:
        """Put down how far a file has come."""
        query = """
            UPDATE ctb_ledger.migrations SET done = %s, step = %s, line = %s, xid = %s
            WHERE file = %s AND pg_catalog.pg_backend_pid() = %s"""
        values = [entry.done, entry.step, entry.line, entry.xid, entry.file, self._backend]
        if self._written(query, values).rowcount != 1:
            same = self._pid() == self._backend
            raise LiveError(edited(f"the row of {entry.file} is gone") if same else _LOST)
        return entry

    def alive(self, entry: Entry) -> bool:
        """Whether the server still works for the process that sent the file."""
        values = [entry.backend, entry.role, entry.backend_start]
        return bool(entry.backend) and bool(self._one(_ALIVE, values))

    def settled(self, entry: Entry) -> Entry:
        """How far a file that was broken off has come, as far as that can be told; writes nothing."""
        if not entry.unclear or not entry.xid or entry.cluster != self.cluster:
            return entry
        try:
            fate = self._one("SELECT pg_catalog.pg_xact_status(%s::pg_catalog.text::pg_catalog.xid8)", [entry.xid])
        except psycopg.DataError:  # a number of the future: another server's
            return entry
        if fate == "committed":
            return replace(entry, done=entry.step, xid="")
        return replace(entry, step=entry.done, xid="") if fate == "aborted" else entry

    def invalid(self) -> tuple[str, ...]:
        """The indexes that nothing can use, as SQL names them."""
        return tuple(name for (name,) in self.connection.execute(_INVALID).fetchall())

    def _may_read(self, table: str) -> bool:
        return bool(self._one(_MAY_READ, [f"ctb_ledger.{table}"]))

    def _formats(self) -> None:
        found = self.connection.execute("SELECT format, tool FROM ctb_ledger.ledger").fetchall()
        if len(found) != 1:
            raise LiveError(edited(f"ctb_ledger.ledger has {len(found)} rows, not one"))
        number, tool = found[0]
        if number > FORMAT:
            raise LiveError(f"the ledger was written by ctb {tool}, in a newer format ({number}); update this one")

    def _written(self, query: str, values: Any) -> psycopg.Cursor[Any]:
        """Write a row. Raises LiveError where the table does not take what we made it for, and psycopg.Error."""
        try:
            return self.connection.execute(query, values)
        except psycopg.errors.InsufficientPrivilege:
            raise
        except _NOT_AS_MADE as error:
            raise LiveError(edited(f"it does not take a row: {error.diag.message_primary}")) from None

    def begun(self, backend: int) -> datetime.datetime | None:
        """When a process of the server began; None where it may not be known."""
        query = "SELECT backend_start FROM pg_catalog.pg_stat_activity WHERE pid = %s"
        found: datetime.datetime | None = self._one(query, [backend])
        return found

    def _pid(self) -> int:
        return int(self._one("SELECT pg_catalog.pg_backend_pid()"))

    def _one(self, query: str, values: Sequence[Any] = ()) -> Any:
        row = self.connection.execute(query, values).fetchone()
        return row[0] if row else None
