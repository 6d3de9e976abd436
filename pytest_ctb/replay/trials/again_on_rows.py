"""Run a file once more, right after it and on tables that hold rows, and its rollback instructions on these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet

from pytest_ctb.model import Change, Migration, RerunTrial, Rollback, RollbackTrial, Rows, Trace
from pytest_ctb.replay.session.outcome import Look, Ran
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.row_changes import digests, row_difference
from pytest_ctb.replay.trials.sandboxes import UNLIKE_PSQL, Sandbox
from pytest_ctb.replay.witness.catalog import Touched

Fill = Callable[[Session], object]
"""Puts rows into the tables that a file touches."""


def run_again(file: Migration, sandbox: Sandbox, fill: Fill) -> RerunTrial | None:
    """Run a file twice: what the second run raised, or which rows it changed; None where that cannot be seen."""
    with sandbox.session() as session:
        fill(session)
        first = session.run(file.sent, Look.LAST)
        if first.error:
            return None
        session.refresh()
        oids = _tables(first)
        before = digests(session, oids)
        second = session.run(file.sent, Look.NEVER)
        if second.error:
            unlike = second.error.sqlstate in UNLIKE_PSQL
            return None if unlike else RerunTrial(second.error, second.line)
        after = digests(session, oids)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return RerunTrial(changes=_changes(file, sandbox, fill, oids, changed)) if changed else RerunTrial()


def _tables(ran: Ran) -> set[int]:
    return {relation.oid for relation in ran.relations.values() if relation.kind == "r"}


def _changes(
    file: Migration, sandbox: Sandbox, fill: Fill, oids: AbstractSet[int], changed: AbstractSet[str]
) -> tuple[Change, ...]:
    """The rows that the second run changes, by line. Slow, but few files change any."""
    by_line: dict[int, tuple[Rows, ...]] = {}
    with sandbox.session() as session:
        fill(session)
        session.run(file.sent, Look.NEVER)
        session.refresh()
        before = digests(session, oids)
        for statement in file.sent:
            ran = session.run([statement])
            if ran.error:
                break
            after = digests(session, oids)
            of_statement = rows_changed(ran.traces[0], changed, before, after)
            if of_statement:
                line = statement.position.line
                by_line[line] = (*by_line.get(line, ()), *of_statement)
            before = after
    return tuple(Change(line, rows=rows) for line, rows in by_line.items())


def rows_changed(
    trace: Trace, tables: Iterable[str], before: Mapping[str, tuple[int, str]], after: Mapping[str, tuple[int, str]]
) -> tuple[Rows, ...]:
    """What a statement changed in these tables, by the `digests` around it: as it was counted, where it was."""
    counted = {rows.table: rows for rows in trace.rows}
    return tuple(
        counted.get(table) or row_difference(table, before.get(table), after.get(table))
        for table in sorted(tables)
        if after.get(table) != before.get(table)
    )


def roll_back(file: Migration, block: Rollback, sandbox: Sandbox, fill: Fill) -> RollbackTrial | None:
    """Run a file, its instructions, and the file again: what they raise; None where that cannot be seen."""
    with sandbox.session() as session:
        fill(session)
        if session.run(file.sent, Look.NEVER).error:
            return None
        session.refresh()
        ran = session.run(block.statements, Look.NEVER)
        if ran.error:
            return None if ran.error.sqlstate in UNLIKE_PSQL else RollbackTrial(ran.error, ran.line)
        session.refresh()
        again = session.run(file.sent, Look.NEVER)
    if again.error and again.error.sqlstate in UNLIKE_PSQL:
        return None
    return RollbackTrial(reapply=again.error, reapply_line=again.line)


def rerun_of_guarded(session: Session, file: Migration) -> RerunTrial | None:
    """Right after a file that makes only what is not there, run it once more; None where that may change something.

    The COMMENTs are left out: where no other statement changes anything, they only repeat themselves.
    """
    ran = session.run([statement for statement in file.sent if statement.tag != "COMMENT"], Look.NEVER)
    changes = ran.error or any(trace.created or trace.altered or trace.dropped for trace in ran.traces)
    return None if changes else RerunTrial()


def rerun_and_take_back(
    session: Session, file: Migration, digest: Callable[[Session, Touched], str | None]
) -> RerunTrial | None:
    """Right after a file of `only_objects`, run it once more, and take that back; None where it may change something.

    That the first run is not committed makes no difference to it, but for what is gone with the COMMIT.
    """
    if any("temp" in statement.sql.lower() for statement in file.sent):
        return None
    session.connection.execute("SAVEPOINT ctb_again")
    again = session.run(file.sent, Look.NEVER)
    after = None if again.error or again.written else digest(session, again.touched)
    session.connection.execute("ROLLBACK TO SAVEPOINT ctb_again")
    if again.error:
        return None if again.error.sqlstate in UNLIKE_PSQL else RerunTrial(again.error, again.line)
    return RerunTrial() if after is not None and after == digest(session, again.touched) else None
