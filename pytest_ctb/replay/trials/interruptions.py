"""The trial of interruptions: end the connection after a statement, run the file again, and compare the result."""

from __future__ import annotations

from pytest_ctb.model import Interruption, Migration
from pytest_ctb.model.differences import differences
from pytest_ctb.replay.session.outcome import Ran
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.row_changes import all_tables, digests, row_difference
from pytest_ctb.replay.trials.sandboxes import CopySandbox
from pytest_ctb.replay.witness.catalog import snapshot

_INVALID_INDEXES = in_full(
    "SELECT indexrelid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_index "
    "WHERE NOT indisvalid AND indexrelid >= 16384"
)


def interruptions(replayed: Session, file: Migration, ran: Ran, copies: CopySandbox) -> tuple[Interruption, ...]:
    """The first interruption after which a second run does not lead to the state of an unbroken run, if there is one.

    `ran` is the unbroken run in the replayed database; `copies` has kept the state before it. Raises psycopg.Error.
    """
    owner = replayed.role or ""
    schema = snapshot(replayed.connection, owner, replayed.server)
    rows = digests(replayed, all_tables(replayed.connection), lasting=True)
    for place, trace in enumerate(ran.traces[:-1]):
        if not trace.commits or not (trace.transaction or trace.unknown or trace.created or trace.dropped):
            continue
        with copies.session_before() as session:
            session.run(file.sent[: place + 1])
            session.kill()
            again = session.run(file.sent)
            if again.error:
                return (Interruption(trace.line, error=again.error, error_line=again.line),)
            unlike = tuple(differences(schema, snapshot(session.connection, owner, session.server)))
            new_rows = digests(session, all_tables(session.connection), lasting=True)
            invalid = tuple(name for (name,) in session.connection.execute(_INVALID_INDEXES))
        other_rows = tuple(
            row_difference(table, rows.get(table), new_rows.get(table))
            for table in sorted(rows.keys() | new_rows.keys())
            if rows.get(table) != new_rows.get(table)
        )
        if unlike or other_rows or invalid:
            return (Interruption(trace.line, differences=unlike, rows=other_rows, invalid=invalid),)
    return ()
