"""The trial of interruptions: end the connection behind or inside a statement, run the file again, and compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from psycopg.sql import SQL, Identifier

from pytest_ctb.model import Interruption, Migration, Schema, Statement
from pytest_ctb.model.differences import differences
from pytest_ctb.replay.session.databases import connect
from pytest_ctb.replay.session.outcome import Ran
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.row_changes import all_tables, digests, row_difference
from pytest_ctb.replay.trials.sandboxes import CopySandbox
from pytest_ctb.replay.witness.catalog import snapshot
from pytest_ctb.sql import refused

_INVALID_INDEXES = in_full(
    "SELECT indexrelid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_index "
    "WHERE NOT indisvalid AND indexrelid >= 16384"
)
_LOCKABLE = in_full("""
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = ANY ('{r,p}') AND c.oid >= 16384
    AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
""")
_WAITS = "SET lock_timeout = '50ms'"
_LOCK_TIMEOUT = "55P03"


class _State(NamedTuple):
    """The state that a run of the file leads to."""

    schema: Schema
    rows: Mapping[str, tuple[int, str]]
    """The `digests` of all tables."""
    invalid: frozenset[str]
    """The indexes that are invalid, those of a partitioned table that lack an index of a partition included."""


def interruptions(replayed: Session, file: Migration, ran: Ran, copies: CopySandbox) -> tuple[Interruption, ...]:
    """The interruptions after which a second run does not lead to the state of an unbroken run.

    Of those behind a statement the first, and those inside of statements up to there. `ran` is the unbroken run in the
    replayed database; `copies` has kept the state before it. Raises psycopg.Error.
    """
    unbroken = _state(replayed)
    found: list[Interruption] = []
    for place, (statement, trace) in enumerate(zip(file.sent, ran.traces, strict=True)):
        if "CONCURRENTLY" in refused(statement):
            with copies.session_before() as session:
                session.run(file.sent[:place])
                if _broken_inside(session, statement):
                    rest = file.sent[_resumes_at(file, place) :]
                    found += _second_run(session, rest, unbroken, Interruption(trace.line, inside=True))
        wrote = trace.transaction or trace.unknown or trace.created or trace.dropped
        if place + 1 < len(ran.traces) and trace.commits and wrote:
            with copies.session_before() as session:
                session.run(file.sent[: place + 1])
                rest = file.sent[_resumes_at(file, place) :]
                behind = list(_second_run(session, rest, unbroken, Interruption(trace.line)))
            if behind:
                return (*found, *behind)
    return tuple(found)


def _resumes_at(file: Migration, place: int) -> int:
    """The number of the statement at which a second run begins, when the file was broken off at `place` or behind it.

    That is the first, but where the tool records each section of a file: there the section that it did not record.
    """
    if file.tool.unit == "file" or not file.sections:
        return 0
    starts = {statement.start: number for number, part in enumerate(file.sections) for statement in part.statements}
    sections = [starts[statement.start] for statement in file.sent]
    current = sections[place] + file.sent[place].added
    return next((number for number, section in enumerate(sections) if section >= current), len(sections))


def _second_run(
    session: Session, statements: tuple[Statement, ...], unbroken: _State, interruption: Interruption
) -> Iterator[Interruption]:
    """End the connection and run what a second run has left: the interruption with what differs then, if anything."""
    session.kill()
    again = session.run(statements)
    if again.error:
        yield interruption._replace(error=again.error, error_line=again.line)
        return
    state = _state(session)
    unlike = tuple(differences(unbroken.schema, state.schema))
    other_rows = tuple(
        row_difference(table, unbroken.rows.get(table), state.rows.get(table))
        for table in sorted(unbroken.rows.keys() | state.rows.keys())
        if unbroken.rows.get(table) != state.rows.get(table)
    )
    invalid = tuple(sorted(state.invalid - unbroken.invalid))
    if unlike or other_rows or invalid:
        yield interruption._replace(differences=unlike, rows=other_rows, invalid=invalid)


def _state(session: Session) -> _State:
    invalid = frozenset(name for (name,) in session.connection.execute(_INVALID_INDEXES))
    rows = digests(session, all_tables(session.connection), lasting=True)
    return _State(snapshot(session.connection, session.role or "", session.server), rows, invalid)


def _broken_inside(session: Session, statement: Statement) -> bool:
    """Run a statement that is several transactions up to where it waits for those of others, and no further.

    False where it does not get there: because it has nothing to do, say.
    """
    with _in_the_way(session):
        session.connection.execute(_WAITS)
        error = session.run([statement]).error
    return error is not None and error.sqlstate == _LOCK_TIMEOUT


@contextmanager
def _in_the_way(session: Session) -> Iterator[None]:
    """Another session, which writes to every table and has an old snapshot, as a long transaction does."""
    with connect(session.server, session.database, session.role) as other, other.transaction():
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        tables: Sequence[tuple[str, str]] = other.execute(_LOCKABLE).fetchall()
        if tables:
            names = SQL(", ").join(Identifier(schema, name) for schema, name in tables)
            other.execute(SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(names))
        yield
