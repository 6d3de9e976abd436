"""Files of CREATE INDEX CONCURRENTLY, tried inside a transaction: there without that word.

What comes of it is the same, the index or the error. The word changes how long it takes, whom it locks out, and that a
broken one leaves an invalid index: what is told of that is as if the word were there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_ctb.model import Migration, Rollback, Trace
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.interruptions import is_concurrent
from pytest_ctb.replay.witness.questions import FLUSHES
from pytest_ctb.sql import as_sql, index, without_concurrently

_ORDINARY = in_full("""
SELECT pg_catalog.concat(n.nspname, '.', c.relname)
FROM pg_catalog.unnest(%s::pg_catalog.text[]) WITH ORDINALITY AS named(name, place)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(named.name)::pg_catalog.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE (c.relkind = 'r') AND (c.relpersistence <> 't') AND c.oid >= 16384
ORDER BY named.place
""")
_WITHOUT, _WITH = "SHARE", "SHARE UPDATE EXCLUSIVE"
"""The locks that CREATE INDEX takes on its table (manual, table 13.2)."""
_SCANS = 2
"""How often it reads the table with the word: to build the index, and to find what was written meanwhile."""


@dataclass(frozen=True)
class Tried:
    """A file as it is tried inside a transaction."""

    file: Migration
    tables: tuple[str, ...] = ()
    """What each of its statements makes an index on, where the word was left out."""

    @property
    def is_broken_off(self) -> bool:
        """Whether its interruptions can be tried inside a transaction too."""
        return bool(self.tables) and self.file.no_transaction is not None

    def as_sent(self, traces: Sequence[Trace]) -> tuple[Trace, ...]:
        """The traces of a run, as they were if the word had been there."""
        if not self.tables:
            return tuple(traces)
        taken = {lock.relation: lock for trace in traces for lock in trace.locks if lock.mode == _WITHOUT}
        return tuple(
            trace
            if trace.error
            else trace._replace(
                locks=(taken[table]._replace(mode=_WITH, views=(), parents=()),) if table in taken else (),
                scanned=tuple(scan._replace(times=_SCANS) for scan in trace.scanned),
                transaction="",
                commits=True,
                unknown=("locks",),
            )
            for trace, table in zip(traces, self.tables, strict=False)
        )


def as_tried(session: Session, file: Migration) -> Tried:
    """The file without the word, where this alone keeps it, or its rollback instructions, out of a transaction.

    A file that does something else too stays as it is, and one on anything but ordinary tables: it has other rules.
    Raises psycopg.Error.
    """
    plain = tuple(map(without_concurrently, file.sent))
    tables: tuple[str, ...] = ()
    if file.sent and all(map(is_concurrent, file.sent)) and session.connection.info.server_version >= FLUSHES:
        names = [as_sql(*filter(None, made.relation[:2])) for made in map(index, plain) if made]
        tables = tuple(name for (name,) in session.connection.execute(_ORDINARY, [names]))
    tables = tables if len(tables) == len(plain) else ()  # DROP INDEX makes none
    rollbacks = tuple(map(_plain, file.rollbacks))
    return Tried(replace(file, sent=plain if tables else file.sent, rollbacks=rollbacks), tables)


def _plain(block: Rollback) -> Rollback:
    """Without the word, where no transaction command is among them: in the transaction of that, Postgres refuses it."""
    if any(statement.control for statement in block.statements):
        return block
    return block._replace(statements=tuple(map(without_concurrently, block.statements)))
