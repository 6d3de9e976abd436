"""A second session that looks on while a statement runs which no transaction of ours may enclose, and sees its locks.

So that it comes in time, it locks the tables that the statement names: the statement then waits for each, for as long
as one look takes. Locks on other tables are left out: which of them are seen would differ from run to run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from pytest_ctb.model.locks import MODES
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.witness.outside import counted_outside, tables_outside
from pytest_ctb.replay.witness.probe import Probe, Relation, in_words

_LOCKS = in_full("""
SELECT CASE WHEN l.locktype = 'relation' THEN l.relation::bigint END, l.mode, l.granted
FROM pg_catalog.pg_locks AS l WHERE l.pid = %s AND (l.mode <> 'SIReadLock')
""")
"""To extend a relation, and for a page or tuple of it, there are locks too: they are none on the table (pg_locks)."""
_NAMED = in_full("""
SELECT DISTINCT coalesce(i.indrelid, c.oid)::bigint
FROM pg_catalog.unnest(%s::pg_catalog.text[]) AS named(name)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(named.name)::pg_catalog.oid
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
JOIN pg_catalog.pg_class AS t ON t.oid = coalesce(i.indrelid, c.oid)
WHERE (t.relkind = ANY ('{r,p,m}')) AND (t.relpersistence <> 't') AND t.oid >= 16384
""")
_HOLDS = ("SHARE UPDATE EXCLUSIVE", "ACCESS SHARE")
_WAITING = MODES[MODES.index("SHARE UPDATE EXCLUSIVE") :]
"""What has to wait for a table that is held, and is seen for sure."""
_MOST = 8
"""So many tables are held at most, each by a connection of its own."""
_AT_ONCE = 50
"""So many times it looks without a pause."""
_PAUSE = 0.05
"""How long it pauses at most, in seconds."""


class Onlooker:
    """What one session does to tables: the strongest lock on each that is held, and the rows read and written."""

    def __init__(self, connections: Sequence[psycopg.Connection[Any]], backend: int, named: Sequence[int]) -> None:
        """With a connection to look from, and one for each table that is held."""
        self._connection, *others = connections
        self._backend = backend
        self._before = tables_outside(self._connection)
        self._modes: dict[int, str] = {}
        self._counted = counted_outside(self._connection)
        holds = {oid: _Hold(other, self._before[oid]) for oid, other in zip(named, others, strict=False)}
        self._holds = {oid: hold for oid, hold in holds.items() if hold.is_held}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="pytest-ctb-onlooker", daemon=True)
        self._thread.start()

    def probes(self) -> tuple[Probe, Probe]:
        """The tables as they were, and as they are now with what was locked; what is gone is as it was."""
        self.end()
        now, counted = tables_outside(self._connection), counted_outside(self._connection)
        after = {}
        for oid, was in self._before.items():
            after[oid] = was._replace(
                modes=(self._modes[oid],) if oid in self._modes else (),
                filenode=now[oid].filenode if oid in now else was.filenode,
            )
            if oid in counted:
                after[oid] = after[oid].with_counts(self._counted[oid], counted[oid])
        return Probe(relations=self._before), Probe(relations=after)

    def _look_on(self) -> None:
        """Look again and again until it is over."""
        with suppress(psycopg.Error):  # the server has gone: the statement tells
            looks = 0
            while not self._over.wait(min(max(0, looks - _AT_ONCE) / 1000, _PAUSE)):
                self._look()
                looks += 1
        for hold in self._holds.values():
            with suppress(psycopg.Error):
                hold.let_go()

    def end(self) -> None:
        """Look no more, and let go of all that is held."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        rows = self._connection.execute(_LOCKS, [self._backend]).fetchall()
        for oid, name, granted in rows:
            (mode,) = in_words([name])
            if oid in self._holds and mode in _WAITING:
                self._modes[oid] = max(mode, self._modes.get(oid, mode), key=MODES.index)
            if not granted:  # it waits for a table, or for the end of a transaction that uses one
                for hold in [self._holds[oid]] if oid in self._holds else self._holds.values():
                    hold.give_way()


class _Hold:
    """A table that is locked until somebody waits for it: first for any change, then for what lets nobody read it."""

    def __init__(self, connection: psycopg.Connection[Any], table: Relation) -> None:
        self._connection = connection
        self._table = Identifier(table.schema, table.name)
        self._modes = iter(_HOLDS)
        self.is_held = self._next()

    def give_way(self) -> None:
        """Let whoever waits go on, and wait for something stronger."""
        self.let_go()
        self._next()

    def let_go(self) -> None:
        """Hold it no more."""
        self._connection.rollback()

    def _next(self) -> bool:
        mode = next(self._modes, None)
        if mode is None:
            return False
        self._connection.execute("BEGIN")
        try:
            self._connection.execute(SQL("LOCK TABLE ONLY {} IN {} MODE NOWAIT").format(self._table, SQL(mode)))
        except psycopg.Error:  # another has it, or it is not ours to lock
            self._connection.rollback()
            return False
        return True


def tables_named(session: psycopg.Connection[Any], names: Sequence[str]) -> list[int]:
    """Of relations, by their names as a session finds them, the tables: of an index, that which it is on."""
    return [oid for (oid,) in session.execute(_NAMED, [list(names)])]


@contextmanager
def looking_on(
    connections: Callable[[int], Sequence[psycopg.Connection[Any]]], backend: int, named: Sequence[int]
) -> Iterator[Onlooker]:
    """Look at a session from others while the block runs; `named` are held until it waits for them.

    `connections` gives so many of them. Raises psycopg.Error.
    """
    onlooker = Onlooker(connections(1 + len(named[:_MOST])), backend, named)
    try:
        yield onlooker
    finally:
        onlooker.end()
