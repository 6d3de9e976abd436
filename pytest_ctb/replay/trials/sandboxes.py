"""Sandboxes for trials, which leave the replayed database as it is: a transaction, or a copy of the database."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Any, Protocol

import psycopg
from psycopg.sql import SQL, Identifier

from pytest_ctb.postgres import Server, drop_database, our_roles
from pytest_ctb.replay.session.databases import copy_database, wait_until_left
from pytest_ctb.replay.session.outcome import Ran
from pytest_ctb.replay.session.outside import take_along
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session

NOT_INSIDE = {"25001", "2D000", "55P04", "25P01", "3B001"}
"""The errors of statements that Postgres refuses inside a transaction (manual, appendix A)."""
UNLIKE_PSQL = NOT_INSIDE | {"55006"}
"""Errors because two runs share a transaction. 55006: the first has put off what psql would have committed."""
_UNUSED = (0, False, False)
"""The state of a sequence that was never used: last value, is_called, and that the start value counts instead."""


class Sandbox(Protocol):
    """Gives sessions in the current state of the database, whose effects are gone when the block ends."""

    def session(self) -> AbstractContextManager[Session]:
        """A session for one trial. Raises psycopg.Error."""


class Sequences:
    """The state of all sequences, to restore it after a ROLLBACK, which leaves sequences as they are."""

    _ALL = in_full("""
        SELECT s.seqrelid::bigint, n.nspname, c.relname
        FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relpersistence <> 't' AND pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT')
            AND pg_catalog.has_sequence_privilege(s.seqrelid, 'UPDATE')
    """)
    _SOME = _ALL + in_full(" AND s.seqrelid = ANY (%s::bigint[]::pg_catalog.oid[])")
    _BACK = in_full("""
        SELECT pg_catalog.setval(s.seqrelid::pg_catalog.regclass, CASE WHEN k THEN v ELSE s.seqstart END, c)
        FROM ROWS FROM (pg_catalog.unnest(%s::bigint[]), pg_catalog.unnest(%s::bigint[]),
                        pg_catalog.unnest(%s::boolean[]), pg_catalog.unnest(%s::boolean[])) AS state(o, v, c, k)
        JOIN pg_catalog.pg_sequence s ON s.seqrelid = o::pg_catalog.oid
        WHERE pg_catalog.has_sequence_privilege(s.seqrelid, 'UPDATE')
    """)

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._state: dict[int, tuple[int, bool, bool]] = {}
        self._read(connection, connection.execute(self._ALL).fetchall())

    def note(self, connection: psycopg.Connection[Any], ran: Ran) -> None:
        """Read the sequences that a file used, after it was applied."""
        if ran.sequences:
            self._read(connection, connection.execute(self._SOME, [sorted(ran.sequences)]).fetchall())

    def note_unused(self, ran: Ran) -> None:
        """Note the sequences that a file created, if it used none."""
        self._state |= dict.fromkeys(ran.sequences, _UNUSED)

    def restore(self, connection: psycopg.Connection[Any], used: Collection[int] | None) -> None:
        """Set the used sequences (oids) back to the noted state; None: all, where it is unknown which were used."""
        oids = sorted(self._state if used is None else used)
        if oids:
            # No NULL among them: the setting array_nulls, which migrations may change, decides how arrays are read.
            values, called, known = zip(*(self._state.get(oid, _UNUSED) for oid in oids), strict=True)
            connection.execute(self._BACK, [oids, list(values), list(called), list(known)])

    def _read(self, connection: psycopg.Connection[Any], sequences: Iterable[tuple[int, str, str]]) -> None:
        for oid, schema, name in sequences:
            query = SQL("SELECT last_value, is_called FROM {}").format(Identifier(schema, name))
            row = connection.execute(query).fetchone()
            if row:
                self._state[oid] = (row[0], row[1], True)


class TransactionSandbox:
    """Runs trials in a transaction that is rolled back, which costs next to nothing."""

    def __init__(self, session: Session, sequences: Sequences) -> None:
        self._session = session
        self._sequences = sequences

    @contextmanager
    def session(self) -> Iterator[Session]:
        """The replay's session, inside a transaction that is rolled back."""
        self._session.used_sequences = set()
        try:
            with self._session.undone():
                yield self._session
        finally:
            self._sequences.restore(self._session.connection, self._session.used_sequences)


class CopySandbox:
    """Runs trials in copies of the database, for what cannot run inside a transaction."""

    _numbers = count(1)

    def __init__(self, server: Server, session: Session) -> None:
        self._server = server
        self._session = session
        self._kept = ""
        """The name of the copy that `keep` made."""

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session in a copy of the database."""
        with self._session_in_copy(self._session.database) as session:
            yield session

    @contextmanager
    def keep(self) -> Iterator[None]:
        """Keep a copy of the database in its current state until the block ends, for `session_before`."""
        with self._server.connect() as admin, self._copy(admin, self._session.database) as name:
            self._kept = name
            yield

    @contextmanager
    def session_before(self) -> Iterator[Session]:
        """A session in a copy of the state that `keep` kept."""
        with self._session_in_copy(self._kept) as session:
            yield session

    @contextmanager
    def _session_in_copy(self, original: str) -> Iterator[Session]:
        """A session in a copy of a database. Roles and databases that it creates are dropped at the end."""
        with self._server.connect() as admin:
            roles, databases = self._roles(admin), self._databases(admin)
            try:
                with self._copy(admin, original) as name, self._session.like(name) as session:
                    yield session
            finally:
                with self._answering(admin) as alive:
                    for name in self._databases(alive) - databases:
                        drop_database(alive, name)
                    for role in self._roles(alive) - roles:
                        with contextlib.suppress(psycopg.errors.DependentObjectsStillExist):
                            alive.execute(SQL("DROP ROLE {}").format(Identifier(role)))

    @contextmanager
    def _copy(self, admin: psycopg.Connection[Any], original: str) -> Iterator[str]:
        """The name of a copy of a database, which is dropped at the end."""
        name = f"{self._server.prefix}_copy_{next(self._numbers)}"
        if original == self._session.database:
            self._session.close()  # a database with a connection cannot be copied
        copy_database(admin, self._server, name, original, self._session.role)
        take_along(admin, original, name)
        if original == self._session.database:
            self._session.open()
        try:
            yield name
        finally:
            with self._answering(admin) as alive:
                wait_until_left(alive, name)
                drop_database(alive, name)

    @contextmanager
    def _answering(self, admin: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
        """The same connection; another one where a file has ended it."""
        with contextlib.suppress(psycopg.OperationalError):
            admin.execute("SELECT")
        with self._server.connect() if admin.closed else contextlib.nullcontext(admin) as alive:
            yield alive

    def _databases(self, admin: psycopg.Connection[Any]) -> set[str]:
        """The databases of a throwaway server. On a shared server none: there the migrations create no databases."""
        if self._server.shared:
            return set()
        return {name for (name,) in admin.execute("SELECT datname FROM pg_catalog.pg_database")}

    def _roles(self, admin: psycopg.Connection[Any]) -> set[str]:
        return our_roles(admin, self._server.prefix, self._server.roles)
