"""CT07: every statement that has an IF [NOT] EXISTS or OR REPLACE form uses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_ctb.checks import Case, check, readable_statements, runs_once
from pytest_ctb.checks.static._repeats import unrepeatable
from pytest_ctb.model import Edit, Finding, Migration, Statement, lines
from pytest_ctb.sql import (
    UNKNOWN,
    Unguarded,
    created,
    functions_called,
    guarded,
    position_at,
)

_CREATE_ROUTINE = {"CREATE FUNCTION", "CREATE PROCEDURE"}
_CALLING = {"SELECT", "SELECT INTO", "CALL", "INSERT", "UPDATE", "DELETE", "MERGE", "DO"}
_LONGEST = 12
"""The most lines of a statement that a message shows in full."""


@dataclass(frozen=True)
class Options:
    """Kinds of statement that are left alone, by their words: `CREATE INDEX`, say."""

    except_for: tuple[str, ...] = ()


@check("if-not-exists", options=Options, needless=runs_once)
def if_not_exists(case: Case[Options]) -> Iterator[Finding]:
    """Look for the guard in the parse tree of each statement that runs.

    The guard that counts is the one that makes a second run harmless, so `ALTER TABLE t ADD COLUMN IF NOT EXISTS` needs
    no `ALTER TABLE IF EXISTS`: that would hide that the table is missing. A DROP IF EXISTS before the statement is a
    guard too, also for what is made on the new table: an index, a trigger, a partition. So is an IF or an EXCEPTION
    around it in a body. Temporary objects need none.
    """
    for statement, parts in unrepeatable(_running_statements(case.migration)):
        instead = _instead(statement, parts[0])
        for part in parts:
            if part.words not in case.options.except_for:
                names = ", ".join(part.names).replace(UNKNOWN, "…")
                message = f"{part.words} {names} has no {part.guard}"
                yield case.finding(
                    position_at(statement, part.start), message, instead=instead, fix=_edit(case, statement, part)
                )


def _running_statements(migration: Migration) -> Iterator[Statement]:
    """The statements that run with the file: its own, those of its DO blocks, and of its functions that it calls."""
    called = {
        name
        for statement in migration.statements
        if statement.tag in _CALLING
        for inner in statement.walk()
        for name in functions_called(inner)
    }
    not_run: set[int] = set()
    for statement in readable_statements(migration):
        if statement.control or id(statement) in not_run:
            continue
        routine = created(statement) if statement.tag in _CREATE_ROUTINE else None
        if routine and routine.name not in called:
            not_run |= {id(inner) for inner in statement.walk()[1:]}
        yield statement


def _edit(case: Case[Options], statement: Statement, part: Unguarded) -> Iterator[Edit]:
    """An edit that inserts the guard, if the statement stands in the file as it is run."""
    if part.behind is not None and statement.verbatim and UNKNOWN not in statement.sql:
        yield case.insert(statement.start + part.behind, part.words_to_insert)


def _instead(statement: Statement, part: Unguarded) -> str:
    """The statement with all missing guards: in full where it is short, else its first lines."""
    sql = guarded(statement) if UNKNOWN not in statement.sql else part.instead
    shown = lines(sql)
    return (sql if len(shown) <= _LONGEST else "\n".join([*shown[:6], "…"])) or f"{part.words} {part.guard} …"
