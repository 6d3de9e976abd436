"""The trial of interruptions: end the connection behind or inside a statement, run the file again, and compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Protocol

from psycopg.sql import SQL, Identifier

from pytest_ctb.model import Interruption, Migration, Schema, Statement, Trace
from pytest_ctb.model.differences import differences
from pytest_ctb.replay.session.databases import connect
from pytest_ctb.replay.session.outcome import Look
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.row_changes import all_tables, digests, row_difference
from pytest_ctb.replay.trials.sandboxes import CopySandbox, Sandbox
from pytest_ctb.replay.witness.catalog import Touched, snapshot
from pytest_ctb.sql import refused

_INVALID_INDEXES = in_full(
    "SELECT indexrelid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_index "
    "WHERE NOT indisvalid AND indexrelid >= 16384"
)
_INVALIDATE = "SELECT pg_catalog.pytest_ctb_invalidate(%s::bigint[]::pg_catalog.oid[])"
_LOCKABLE = in_full("""
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = ANY ('{r,p}') AND c.oid >= 16384
    AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
""")
_WAITS = "SET lock_timeout = '50ms'"
_LOCK_TIMEOUT = "55P03"


class State(NamedTuple):
    """The state that a run of the file leads to."""

    schema: Schema
    rows: Mapping[str, tuple[int, str]]
    """The `digests` of all tables."""
    invalid: frozenset[str]
    """The indexes that are invalid, those of a partitioned table that lack an index of a partition included."""


class Breaks(Protocol):
    """How a file is broken off."""

    def before(self) -> AbstractContextManager[Session]:
        """A session in the state before the file. Raises psycopg.Error."""

    def divides(self, statement: Statement) -> bool:
        """Whether a statement is several transactions, so that it can be broken off inside."""

    def inside(self, session: Session, statement: Statement) -> bool:
        """Break such a statement off; False where it does not come to the second of its transactions."""

    def end(self, session: Session) -> None:
        """End the connection, and log in anew."""

    def state(self, session: Session) -> State:
        """What there is now."""


def can_be_broken(file: Migration) -> bool:
    """Whether there is a place at which a break may leave something behind: where a transaction of the file ends."""
    return file.no_transaction is not None and (len(file.sent) > 1 or any(map(is_concurrent, file.sent)))


def is_concurrent(statement: Statement) -> bool:
    """Whether it says CONCURRENTLY, and so is several transactions."""
    return "CONCURRENTLY" in refused(statement)


def interruptions(
    file: Migration, traces: Sequence[Trace], unbroken: State, breaks: Breaks
) -> tuple[Interruption, ...]:
    """The interruptions after which a second run does not lead to the state of an unbroken run.

    Of those behind a statement the first, and those inside of statements up to there. `traces` are of the unbroken run.
    Raises psycopg.Error.
    """
    inside: list[Interruption] = []
    for place, (statement, trace) in enumerate(zip(file.sent, traces, strict=True)):
        if breaks.divides(statement):
            with breaks.before() as session:
                session.run(file.sent[:place])
                if breaks.inside(session, statement):
                    rest = file.sent[_resumes_at(file, place) :]
                    inside += _second_run(session, rest, unbroken, breaks, Interruption(trace.line, inside=True))
        wrote = trace.transaction or trace.unknown or trace.created or trace.dropped
        if place + 1 < len(traces) and trace.commits and wrote:
            with breaks.before() as session:
                session.run(file.sent[: place + 1])
                rest = file.sent[_resumes_at(file, place) :]
                behind = list(_second_run(session, rest, unbroken, breaks, Interruption(trace.line)))
            if behind:
                return (*inside, *behind)
    return tuple(inside)


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
    session: Session, statements: tuple[Statement, ...], unbroken: State, breaks: Breaks, interruption: Interruption
) -> Iterator[Interruption]:
    """End the connection and run what a second run has left: the interruption with what differs then, if anything."""
    breaks.end(session)
    again = session.run(statements)
    if again.error:
        yield interruption._replace(error=again.error, error_line=again.line)
        return
    state = breaks.state(session)
    unlike = tuple(differences(unbroken.schema, state.schema))
    other_rows = tuple(
        row_difference(table, unbroken.rows.get(table), state.rows.get(table))
        for table in sorted(unbroken.rows.keys() | state.rows.keys())
        if unbroken.rows.get(table) != state.rows.get(table)
    )
    invalid = tuple(sorted(state.invalid - unbroken.invalid))
    if unlike or other_rows or invalid:
        yield interruption._replace(differences=unlike, rows=other_rows, invalid=invalid)


class BreaksInCopies:
    """Breaks the file off as it happens: in copies of the database from before it, which are kept."""

    def __init__(self, copies: CopySandbox) -> None:
        self._copies = copies

    def before(self) -> AbstractContextManager[Session]:
        """A session in a copy."""
        return self._copies.session_before()

    def divides(self, statement: Statement) -> bool:
        """As it says itself."""
        return is_concurrent(statement)

    def inside(self, session: Session, statement: Statement) -> bool:
        """Run it up to where it waits for the transactions of others, and no further."""
        with _in_the_way(session):
            session.connection.execute(_WAITS)
            error = session.run([statement]).error
        return error is not None and error.sqlstate == _LOCK_TIMEOUT

    def end(self, session: Session) -> None:
        """As a power cut would."""
        session.kill()

    def state(self, session: Session) -> State:
        """The whole database."""
        rows = digests(session, all_tables(session.connection), lasting=True)
        return State(snapshot(session.connection, session.role or "", session.server), rows, _invalid(session))


class BreaksInside:
    """Breaks a file of CREATE INDEX CONCURRENTLY off inside a transaction, in which it runs without that word."""

    def __init__(self, sandbox: Sandbox, touched: Touched, read: Callable[[Session, Touched], Schema]) -> None:
        """`touched`: what the file touches, and `read` reads."""
        self._sandbox = sandbox
        self._touched = touched
        self._read = read

    def before(self) -> AbstractContextManager[Session]:
        """A session of the sandbox."""
        return self._sandbox.session()

    def divides(self, statement: Statement) -> bool:
        """All of them are, with the word that was left out."""
        return statement.tag == "CREATE INDEX"

    def inside(self, session: Session, statement: Statement) -> bool:
        """Leave the index invalid, as the first of its transactions does (manual, CREATE INDEX)."""
        ran = session.run([statement], Look.NEVER)
        made = [oid for oid in ran.touched.oids["pg_class"] if oid > ran.since]
        if ran.error or not made:
            return False
        session.connection.execute(_INVALIDATE, [made])
        return True

    def end(self, session: Session) -> None:
        """What psql would find in a new session."""
        session.refresh()

    def state(self, session: Session) -> State:
        """What the file touches; an index changes no rows."""
        return State(self._read(session, self._touched), {}, _invalid(session))


def _invalid(session: Session) -> frozenset[str]:
    return frozenset(name for (name,) in session.connection.execute(_INVALID_INDEXES))


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
