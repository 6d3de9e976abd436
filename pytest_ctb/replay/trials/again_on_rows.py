"""Run a file once more, and its rollback instructions, on tables that hold rows."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from pytest_ctb.model import Change, Migration, RerunTrial, Rollback, RollbackTrial, Rows
from pytest_ctb.replay.session.outcome import Look, Ran
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.row_changes import digests, row_difference
from pytest_ctb.replay.trials.sandboxes import NOT_INSIDE, Sandbox

_UNLIKE_PSQL = NOT_INSIDE | {"55006"}
"""Errors because two runs share a transaction. 55006: the first has put off what psql would have committed."""
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
            unlike = second.error.sqlstate in _UNLIKE_PSQL
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
            counted = {rows.table: rows for rows in ran.traces[0].rows}
            of_statement = tuple(
                counted.get(table) or row_difference(table, before.get(table), after.get(table))
                for table in sorted(changed)
                if after.get(table) != before.get(table)
            )
            if of_statement:
                line = statement.position.line
                by_line[line] = (*by_line.get(line, ()), *of_statement)
            before = after
    return tuple(Change(line, rows=rows) for line, rows in by_line.items())


def roll_back(file: Migration, block: Rollback, sandbox: Sandbox, fill: Fill) -> RollbackTrial | None:
    """Run a file, its instructions, and the file again: what they raise; None where that cannot be seen."""
    with sandbox.session() as session:
        fill(session)
        if session.run(file.sent, Look.NEVER).error:
            return None
        session.refresh()
        ran = session.run(block.statements, Look.NEVER)
        if ran.error:
            return None if ran.error.sqlstate in _UNLIKE_PSQL else RollbackTrial(ran.error, ran.line)
        session.refresh()
        again = session.run(file.sent, Look.NEVER)
    if again.error and again.error.sqlstate in _UNLIKE_PSQL:
        return None
    return RollbackTrial(reapply=again.error, reapply_line=again.line)
