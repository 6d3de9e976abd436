"""Where something can be tried that leaves the replayed database as it is: a transaction, or a copy of the database."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Any, Protocol

import psycopg
from psycopg.sql import SQL, Identifier

from pytest_ctb.postgres import Server, drop_database, our_roles
from pytest_ctb.replay.session.databases import copy_database
from pytest_ctb.replay.session.outcome import Ran
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session

NOT_INSIDE = {"25001", "2D000", "55P04", "25P01", "3B001"}
"""What an ordinary run does not fail with: inside our transaction a statement refused to run (manual, appendix A)."""
_UNUSED = (0, False, False)
"""Where a sequence stands that nothing has used since it was made: whatever it starts with."""


class Copies(Protocol):
    """Hands out sessions in the database as it is now; what they do is lost when the block ends."""

    def copy(self) -> AbstractContextManager[Session]:
        """A session to try something with. Raises psycopg.Error."""


class Sequences:
    """How far each sequence has come: the one thing that a rolled back transaction leaves changed."""

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
        """What has been run is there for good: take the sequences that it used as they are now."""
        used = [(one.oid, one.schema, one.name) for one in ran.relations.values() if one.kind == "S"]
        try:
            self._read(connection, used)
        except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):  # dropped again, or not ours
            self._read(connection, connection.execute(self._SOME, [[oid for oid, _, _ in used]]).fetchall())

    def note_unused(self, ran: Ran) -> None:
        """The same of what has only made sequences, and used none."""
        self._state |= {one.oid: _UNUSED for one in ran.relations.values() if one.kind == "S"}

    def back(self, connection: psycopg.Connection[Any], used: Collection[int] | None) -> None:
        """Set back those that were used since; None: nobody knows which, so all."""
        oids = sorted(self._state if used is None else used)
        if oids:
            # No NULL among them: how one is written in an array is a setting (array_nulls) that migrations may change.
            values, called, known = zip(*(self._state.get(one, _UNUSED) for one in oids), strict=True)
            connection.execute(self._BACK, [oids, list(values), list(called), list(known)])

    def _read(self, connection: psycopg.Connection[Any], sequences: Iterable[tuple[int, str, str]]) -> None:
        for oid, schema, name in sequences:
            query = SQL("SELECT last_value, is_called FROM {}").format(Identifier(schema, name))
            row = connection.execute(query).fetchone()
            if row:
                self._state[oid] = (row[0], row[1], True)


class Inside:
    """Transactions that are rolled back: as cheap as what is run in them."""

    def __init__(self, session: Session, sequences: Sequences) -> None:
        self._session = session
        self._sequences = sequences

    @contextmanager
    def copy(self) -> Iterator[Session]:
        """The session itself, inside a transaction."""
        self._session.used_sequences = set()
        try:
            with self._session.undone():
                yield self._session
        finally:
            self._sequences.back(self._session.connection, self._session.used_sequences)


class Clones:
    """Copies of the whole database, for what no transaction takes. `keep` makes one that later copies are made of."""

    _numbers = count(1)

    def __init__(self, server: Server, session: Session) -> None:
        self._server = server
        self._session = session
        self._kept = ""

    @contextmanager
    def copy(self) -> Iterator[Session]:
        """A session in a copy of the database as it is now."""
        with self._tried_in(self._session.database) as session:
            yield session

    @contextmanager
    def keep(self) -> Iterator[None]:
        """Keep a copy of the database as it is now, for `copy_of_kept`."""
        with self._copied(self._session.database) as name:
            self._kept = name
            yield

    @contextmanager
    def copy_of_kept(self) -> Iterator[Session]:
        """A session in a copy of the database as it was kept."""
        with self._tried_in(self._kept) as session:
            yield session

    @contextmanager
    def _tried_in(self, original: str) -> Iterator[Session]:
        """A session in a copy; what it makes that is of no one database, roles say, goes along with that."""
        with self._server.connect() as admin:
            roles, databases = self._roles(admin), self._databases(admin)
        try:
            with self._copied(original) as name, self._session.like(name) as session:
                yield session
        finally:
            with self._server.connect() as admin:
                for made in self._databases(admin) - databases:
                    drop_database(admin, made)
                for role in self._roles(admin) - roles:
                    with contextlib.suppress(psycopg.errors.DependentObjectsStillExist):
                        admin.execute(SQL("DROP ROLE {}").format(Identifier(role)))

    @contextmanager
    def _copied(self, original: str) -> Iterator[str]:
        name = f"{self._server.prefix}_copy_{next(self._numbers)}"
        if original == self._session.database:
            self._session.close()  # nobody may be logged in to what is copied
        with self._server.connect() as admin:
            copy_database(admin, self._server, name, original, self._session.role)
        if original == self._session.database:
            self._session.open()
        try:
            yield name
        finally:
            with self._server.connect() as admin:
                drop_database(admin, name)

    def _databases(self, admin: psycopg.Connection[Any]) -> set[str]:
        """Every database of a server that is all ours; only a superuser makes some besides."""
        if self._server.shared:
            return set()
        return {name for (name,) in admin.execute("SELECT datname FROM pg_catalog.pg_database")}

    def _roles(self, admin: psycopg.Connection[Any]) -> set[str]:
        return our_roles(admin, self._server.prefix, self._server.roles)
