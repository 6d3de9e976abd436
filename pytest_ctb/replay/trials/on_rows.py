"""The trial on rows: run a file on tables that hold rows, to see its errors there and which data is lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from typing import NamedTuple

from psycopg.pq import TransactionStatus

from pytest_ctb.model import Loss, Migration, RowsTrial, SqlError, Trace, UnusualRows
from pytest_ctb.replay.session.outcome import Ran
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.generated_rows import GeneratedRows, generate_rows
from pytest_ctb.replay.trials.row_changes import LossKey, TableRows, losses, read_tables
from pytest_ctb.replay.trials.sandboxes import Sandbox
from pytest_ctb.sql import ExpectedRows, assigned, compared, created, expected_rows, names_in

_MAX_RUNS = 3
"""How often a file is run, at most, because the last run touched more tables."""
_NAMED = in_full("""
SELECT c.oid::bigint
FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.name[]), pg_catalog.unnest(%s::pg_catalog.name[])) AS named(s, r)
JOIN pg_catalog.pg_namespace n ON n.nspname = s
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = r AND c.relkind = ANY ('{r,p}')
""")
_SECONDS = 10.0
"""How long a statement may take on unusual rows: a number that is far too large may keep it busy for ever."""
_CANCELLED = "57014"  # query_canceled
_NULL = "22004"  # null_value_not_allowed
_OF_THE_FILE = {"P0001", "P0004"}
"""The errors that a file itself raises, by RAISE and ASSERT, because it looks for rows that it does not expect."""
_ROWS_UNCHANGED = {"COMMENT", "CREATE INDEX", "CREATE SCHEMA", "CREATE TABLE", "CREATE VIEW"}
"""Statements that may fail on existing rows, but change none, unless their trace has changed rows."""


def run_on_rows(
    replayed: Session, file: Migration, sandbox: Sandbox, first_run: Ran, other_tables: Collection[int] = frozenset()
) -> RowsTrial:
    """Fill the tables that a file touches with rows, and run it. Raises psycopg.Error.

    `first_run` is its run without rows: where that read no rows, even of an empty table, rows make no difference.
    `other_tables` (oids) are those that the file may touch in another session.
    """
    touched = {relation.oid for relation in first_run.old} if first_run.unseen else set(first_run.looked)
    touched |= set(other_tables)
    if not touched:
        return RowsTrial()
    oids = touched | _named_tables(replayed, file)
    expected = expected_rows(file.statements)
    run = unusual = _run_on(file, sandbox, oids, _Kind(expected, unusual=True))
    if unusual.ran.error:
        run = _run_on(file, sandbox, unusual.oids, _Kind(expected, unusual=False))
    lost = _with_lines(file, sandbox, run) if run.losses else {}
    names = run.generated.names
    unfilled = {names[oid]: why for oid, why in run.generated.unfilled.items()}
    unfilled |= {table.full_name: table.unread for table in run.before.values() if table.unread}
    proven = run.ran.error is not None and _is_proof(file, run.ran.error, run)
    return RowsTrial(
        {names[oid]: count for oid, count in run.generated.rows.items()},
        unfilled,
        run.ran.error if proven else None,
        run.ran.line if proven else 0,
        len(run.ran.traces) - 1 if proven else 0,
        _unusual_rows(run if run.ran.error and not proven else unusual, passed=not run.ran.error),
        not run.ran.error,
        run.ran.traces,
        tuple(sorted(lost.values(), key=lambda loss: (loss.line, loss.table, loss.column))),
    )


def _is_proof(file: Migration, error: SqlError, run: _Run) -> bool:
    """Whether an error on ordinary rows shows that the file fails on the rows of others too.

    What a text holds, what refers to which older table, and what the file itself looks for, nobody can know who makes
    rows up.
    """
    match error.sqlstate:
        case "23503":
            new = (created(statement) for statement in file.sent)
            return any(table and error.detail.endswith(f'in table "{table.name}".') for table in new)
        case "23514":
            checked = {(check.relation.name,) for check in run.kind.expected.checks}
            return error.table[-1:] in checked and not run.generated.unmet
        case sqlstate:
            return sqlstate not in _OF_THE_FILE and (not sqlstate.startswith("22") or sqlstate == _NULL)


def _unusual_rows(run: _Run, *, passed: bool) -> UnusualRows | None:
    """The error of a run on rows that are unusual; none where the file itself refuses them, and no others."""
    error = run.ran.error
    if error is None or error.sqlstate == _CANCELLED or (passed and error.sqlstate in _OF_THE_FILE):
        return None
    return UnusualRows(error, run.ran.line, len(run.ran.traces) - 1, run.generated.samples)


def _run_on(file: Migration, sandbox: Sandbox, oids: AbstractSet[int], kind: _Kind) -> _Run:
    """Run the file on tables with rows of one kind; again where it touched more tables than were filled."""
    compares = not all(statement.control or statement.tag in _ROWS_UNCHANGED for statement in file.sent)
    run: _Run | None = None
    for _ in range(_MAX_RUNS):
        next_run = _run(file, sandbox, oids, kind, compares=compares)
        if next_run.ran.error and run is not None:
            break  # the error comes from rows in tables that the file does not name
        run = next_run
        if run.ran.error and run.ran.error.sqlstate == _CANCELLED:
            break
        more = run.ran.looked - oids - run.generated.rows.keys() - run.before.keys()
        wrote = not compares and any(trace.rows or trace.rewritten or trace.truncated for trace in run.ran.traces)
        if not more and not wrote:
            break
        oids, compares = oids | more, compares or wrote
    assert run is not None
    return run


class _Kind(NamedTuple):
    """Which rows the tables are filled with."""

    expected: ExpectedRows
    """What the file expects of ordinary ones."""
    unusual: bool
    """With unusual ones among them."""


class _Run(NamedTuple):
    """One run of the file on tables with rows."""

    oids: AbstractSet[int]
    """The tables that were to be filled."""
    kind: _Kind
    generated: GeneratedRows
    before: Mapping[int, TableRows]
    ran: Ran
    losses: Mapping[LossKey, Loss]


def _run(file: Migration, sandbox: Sandbox, oids: AbstractSet[int], kind: _Kind, *, compares: bool) -> _Run:
    with sandbox.session() as session, session.within(_SECONDS) if kind.unusual else nullcontext():
        generated = _generate(session, oids, file, kind)
        before = read_tables(session, oids | generated.rows.keys()) if compares else {}
        ran = session.run(file.sent)
        compared_losses = (
            {} if ran.error or not compares else losses(session, before, ran.traces, assigned(file.statements))
        )
        return _Run(oids, kind, generated, before, ran, compared_losses)


def _with_lines(file: Migration, sandbox: Sandbox, run: _Run) -> dict[LossKey, Loss]:
    """The losses of a run with their lines, found by comparing after each statement. Slow, but few files lose data."""
    lines: dict[LossKey, int] = {}
    with sandbox.session() as session:
        generated = _generate(session, run.oids, file, run.kind)
        before = read_tables(session, run.oids | generated.rows.keys())
        traces: list[Trace] = []
        for statement in file.sent:
            ran = session.run([statement])
            traces += ran.traces
            if ran.error:
                break
            so_far = losses(session, before, traces, assigned(file.statements))
            lines = {key: lines.get(key, statement.position.line) for key in so_far}
    last = file.sent[-1].position.line
    return {key: loss._replace(line=lines.get(key, last)) for key, loss in run.losses.items()}


def _named_tables(replayed: Session, file: Migration) -> set[int]:
    """The oids of the tables that the file's text names."""
    names = [name for name in names_in(file.statements).uses if name.kind == "relation"]
    if not names:
        return set()
    values = [[name.schema or "public" for name in names], [name.name for name in names]]
    return {oid for (oid,) in replayed.connection.execute(_NAMED, values)}


def _generate(session: Session, oids: AbstractSet[int], file: Migration, kind: _Kind) -> GeneratedRows:
    idle = session.connection.info.transaction_status is TransactionStatus.IDLE
    with session.connection.transaction() if idle else nullcontext():
        constants = compared(file.statements)
        generated = generate_rows(session, sorted(oids), constants, kind.expected, unusual=kind.unusual)
    session.refresh()
    return generated
