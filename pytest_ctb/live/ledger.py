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

import getpass
import socket
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg
from psycopg.rows import dict_row

from pytest_ctb.errors import LiveError
from pytest_ctb.live.entry import COLUMNS, UNDER_WAY, Entry, State, edited, read_entry

FORMAT = 1
_MAKE = """
CREATE SCHEMA IF NOT EXISTS ctb_ledger;
CREATE TABLE IF NOT EXISTS ctb_ledger.ledger (format integer NOT NULL, tool text NOT NULL);
CREATE TABLE IF NOT EXISTS ctb_ledger.migrations (
    file text PRIMARY KEY,
    number bigint NOT NULL,
    state text NOT NULL,
    sha256 text NOT NULL,
    unique_id text NOT NULL,
    content bytea NOT NULL,
    started timestamptz NOT NULL,
    ended timestamptz,
    seconds double precision,
    role text NOT NULL,
    person text NOT NULL,
    tool text NOT NULL,
    statements integer NOT NULL,
    done integer NOT NULL,
    step integer NOT NULL,
    line integer NOT NULL,
    xid text NOT NULL,
    backend integer NOT NULL,
    backend_start timestamptz,
    cluster text NOT NULL,
    error text NOT NULL,
    no_check text NOT NULL,
    invalid text[] NOT NULL
);
CREATE TABLE IF NOT EXISTS ctb_ledger.events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    file text NOT NULL,
    state text NOT NULL,
    sha256 text NOT NULL,
    role text NOT NULL,
    person text NOT NULL,
    tool text NOT NULL,
    detail text NOT NULL
);
COMMENT ON SCHEMA ctb_ledger IS 'Which migrations are applied; written by ctb apply, and by nobody else.';
"""
_INVALID = """
SELECT i.indexrelid::pg_catalog.regclass::text FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid AND c.relkind = 'i' ORDER BY 1
"""
_CLUSTER = "SELECT system_identifier::text FROM pg_catalog.pg_control_system()"
_QUIET = """
SET search_path = ''; SET statement_timeout = 0; SET lock_timeout = '10s'; SET idle_session_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SELECT pg_catalog.set_config('synchronous_commit', 'on', false)
WHERE pg_catalog.current_setting('synchronous_commit') = 'off';
"""
"""What is written down must survive a crash, also where the database does without: what it tells of may survive one."""


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

    def __init__(self, connection: psycopg.Connection[Any], tool: str) -> None:
        self.connection = connection
        self._tool = tool
        connection.execute(_QUIET)
        self._backend = self._pid()
        try:
            self.cluster = str(self._one(_CLUSTER))
        except psycopg.DatabaseError:  # a platform may not tell
            self.cluster = ""

    def read(self) -> dict[str, Entry]:
        """Every row, by file; none where there is no ledger. Raises LiveError where it is none of ours any more."""
        if self._one("SELECT pg_catalog.to_regnamespace('ctb_ledger')") is None:
            return {}
        try:
            self._formats()
            with self.connection.cursor(row_factory=dict_row) as cursor:
                rows = cursor.execute("SELECT * FROM ctb_ledger.migrations ORDER BY number, file").fetchall()
        except psycopg.errors.InsufficientPrivilege as error:
            raise LiveError(f"the ledger may not be read: {error.diag.message_primary}") from None
        except psycopg.errors.UndefinedTable as error:
            raise LiveError(edited(f"{error.diag.message_primary}")) from None
        found: dict[str, Entry] = {}
        for row in rows:
            one = read_entry(row)
            if one.file in found:
                raise LiveError(edited(f"it has two rows for {one.file}"))
            found[one.file] = one
        return found

    def make(self) -> None:
        """Make what of it is missing."""
        if self._one("SELECT pg_catalog.to_regclass('ctb_ledger.events')") is None:
            with self.connection.transaction():
                self.connection.execute(_MAKE)
                if self._one("SELECT count(*) FROM ctb_ledger.ledger") == 0:
                    self.connection.execute("INSERT INTO ctb_ledger.ledger VALUES (%s, %s)", [FORMAT, self._tool])

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
        row = self.connection.execute(_WRITE, values).fetchone()
        if row is None:
            raise LiveError(_LOST)
        told = {"person": values["person"], "tool": self._tool, "cluster": self.cluster}
        return replace(entry, started=row[0], ended=row[1], seconds=row[2], role=row[3], **told)

    def note(self, entry: Entry) -> Entry:
        """Put down how far a file has come."""
        query = """
            UPDATE ctb_ledger.migrations SET done = %s, step = %s, line = %s, xid = %s
            WHERE file = %s AND pg_catalog.pg_backend_pid() = %s"""
        values = [entry.done, entry.step, entry.line, entry.xid, entry.file, self._backend]
        if self.connection.execute(query, values).rowcount != 1:
            same = self._pid() == self._backend
            raise LiveError(edited(f"the row of {entry.file} is gone") if same else _LOST)
        return entry

    def alive(self, entry: Entry) -> bool:
        """Whether the server still works for the process that sent the file."""
        query = """
            SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE pid = %s AND datname = pg_catalog.current_database()
            AND usename = %s AND (backend_start = %s OR backend_start IS NULL)"""  # NULL: another role may not know
        return bool(entry.backend) and bool(self._one(query, [entry.backend, entry.role, entry.backend_start]))

    def settled(self, entry: Entry) -> Entry:
        """How far a file that was broken off has come, as far as that can be told; writes nothing."""
        if not entry.unclear or not entry.xid or entry.cluster != self.cluster:
            return entry
        try:
            fate = self._one("SELECT pg_catalog.pg_xact_status(%s::text::pg_catalog.xid8)", [entry.xid])
        except psycopg.DataError:  # a number of the future: another server's
            return entry
        if fate == "committed":
            return replace(entry, done=entry.step, xid="")
        return replace(entry, step=entry.done, xid="") if fate == "aborted" else entry

    def invalid(self) -> tuple[str, ...]:
        """The indexes that nothing can use, as SQL names them."""
        return tuple(name for (name,) in self.connection.execute(_INVALID).fetchall())

    def _formats(self) -> None:
        found = self.connection.execute("SELECT format, tool FROM ctb_ledger.ledger").fetchall()
        if len(found) != 1:
            raise LiveError(edited(f"ctb_ledger.ledger has {len(found)} rows, not one"))
        number, tool = found[0]
        if number > FORMAT:
            raise LiveError(f"the ledger was written by ctb {tool}, in a newer format ({number}); update this one")

    def _pid(self) -> int:
        return int(self._one("SELECT pg_catalog.pg_backend_pid()"))

    def _one(self, query: str, values: Sequence[Any] = ()) -> Any:
        row = self.connection.execute(query, values).fetchone()
        return row[0] if row else None
