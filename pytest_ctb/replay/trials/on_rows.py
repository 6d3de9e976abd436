"""A file on tables that hold rows: what it then fails on, and which of them it loses or changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext

from psycopg.pq import TransactionStatus

from pytest_ctb.model import Loss, Migration, OnRows, Trace
from pytest_ctb.replay.session.outcome import Ran
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials import row_changes as rows
from pytest_ctb.replay.trials.copies import Copies
from pytest_ctb.replay.trials.made_up_rows import Seeded, seed
from pytest_ctb.sql import assigned, compared, names_in

_LOOKS = 3
"""How often a file is run anew because it touched a table that nobody had thought of."""
_NAMED = in_full("""
SELECT c.oid::bigint
FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.name[]), pg_catalog.unnest(%s::pg_catalog.name[])) AS named(s, r)
JOIN pg_catalog.pg_namespace n ON n.nspname = s
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = r AND c.relkind = ANY ('{r,p}')
""")
_KEEP_ROWS = {"COMMENT", "CREATE INDEX", "CREATE SCHEMA", "CREATE TABLE", "CREATE VIEW"}
"""What leaves the rows that are there as they are, and fails on them at most; unless it was seen to write some."""


def run_on_rows(
    replayed: Session, file: Migration, copies: Copies, progress: Ran, beyond: Collection[int] = frozenset()
) -> OnRows:
    """Fill the tables that the file touches, and run it. Raises psycopg.Error.

    `beyond` are tables that it may touch in another session. Where the trial was seen to look at no rows, even of an
    empty table, none can make a difference to it.
    """
    looked = ({one.oid for one in progress.old} if progress.unseen else set(progress.looked)).union(beyond)
    if not looked:
        return OnRows()
    wanted = looked | _named(replayed, file)
    constants = compared(file.statements)
    compares = not all(statement.control or statement.tag in _KEEP_ROWS for statement in file.sent)
    tried: tuple[set[int], Seeded, dict[int, rows.Table], Ran, dict[rows.Lost, Loss]] | None = None
    for _ in range(_LOOKS):
        with copies.copy() as session:
            seeded = _seeded(session, wanted, constants)
            before = rows.read(session, wanted | seeded.rows.keys()) if compares else {}
            ran = session.run(file.sent)
            if ran.error and tried is not None:
                break  # what refuses it are rows of tables that it does not name, and that nobody may have
            lost = {}
            if compares and not ran.error:
                lost = rows.losses(session, before, ran.traces, assigned(file.statements))
            tried = (set(wanted), seeded, before, ran, lost)
        more = ran.looked - wanted - seeded.rows.keys() - before.keys()
        wrote = not compares and any(one.rows or one.rewritten or one.truncated for one in ran.traces)
        if not more and not wrote:
            break
        wanted |= more
        compares |= wrote
    assert tried is not None
    wanted, seeded, before, ran, lost = tried
    if lost:
        lost = _lines(file, copies, wanted, lost)
    filled = {seeded.names[oid]: count for oid, count in seeded.rows.items()}
    unfilled = {seeded.names[oid]: why for oid, why in seeded.unfilled.items()}
    unfilled |= {one.told: why for one in before.values() if (why := one.unread)}
    told = tuple(sorted(lost.values(), key=lambda one: (one.line, one.table, one.column)))
    return OnRows(filled, unfilled, ran.error, ran.line, ran.traces, told)


def _lines(file: Migration, copies: Copies, wanted: set[int], lost: Mapping[rows.Lost, Loss]) -> dict[rows.Lost, Loss]:
    """Each loss with the line of the statement behind which it was there; slow, for the rare file that has any."""
    lines: dict[rows.Lost, int] = {}
    with copies.copy() as session:
        seeded = _seeded(session, wanted, compared(file.statements))
        before = rows.read(session, wanted | seeded.rows.keys())
        traces: list[Trace] = []
        for statement in file.sent:
            ran = session.run([statement])
            traces += ran.traces
            if ran.error:
                break
            found = rows.losses(session, before, traces, assigned(file.statements))
            lines = {one: lines.get(one, statement.position.line) for one in found}
    last = file.sent[-1].position.line
    return {key: one._replace(line=lines.get(key, last)) for key, one in lost.items()}


def _named(replayed: Session, file: Migration) -> set[int]:
    """The tables that the file's text names: a first guess at those that it touches."""
    names = [one for one in names_in(file.statements).uses if one.kind == "relation"]
    if not names:
        return set()
    values = [[one.schema or "public" for one in names], [one.name for one in names]]
    return {oid for (oid,) in replayed.connection.execute(_NAMED, values)}


def _seeded(session: Session, tables: set[int], constants: Sequence[str]) -> Seeded:
    idle = session.connection.info.transaction_status is TransactionStatus.IDLE
    with session.connection.transaction() if idle else nullcontext():
        seeded = seed(session, sorted(tables), constants)
    session.refresh()
    return seeded
