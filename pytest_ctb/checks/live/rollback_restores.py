"""CT11: the rollback instructions bring back the schema from before, and the file applies again after them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, applied, check, error_details, error_line, first_of
from pytest_ctb.checks.live._earlier import failed_before
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Difference, Finding, Position, RollbackTrial, Trial
from pytest_ctb.model.differences import diff
from pytest_ctb.repository.creators import defined_elsewhere
from pytest_ctb.sql import as_sql, object_positions, rollback_block, table_as_sql

_NEVER_RESTORED = {
    "column-order": ("column order", "in another order"),
    "declared-columns": ("declared columns", "as its own, where it only inherited them"),
}
"""By cause, the kind of what no instructions can bring back, and what is said of it."""


@check("rollback-restores", scope=Scope.REPLAY, needs=[Trial.ROLLBACK, Trial.ON_ROWS])
def rollback_restores(case: Case[NoOptions]) -> Iterator[Finding]:
    """Report the error of the instructions, or how the schema after them differs from the one before the file."""
    file = applied(case)
    if not case.migration.rollbacks:
        raise NotJudgedError("the file has no rollback instructions (see `rollback-instructions`)")
    block = case.migration.rollbacks[0]
    if block.none:
        return
    undo = file.rollback
    if undo is None:
        raise NotJudgedError("the rollback instructions are not SQL that parses (see `rollback-instructions`)")
    where, reordered = "", undo.reordered
    on_rows = file.on_rows.rollback if file.on_rows else None
    if on_rows and not (undo.error or undo.differences or undo.reapply):
        undo, where = on_rows, " on tables that hold rows"
    if undo.error:
        at = undo.error.position or Position(undo.line, 1)
        message = f"the rollback instructions fail{where}: {error_line(undo.error)}"
        notes = failed_before(case) if undo.error.missing else ()
        details = "\n".join((*error_details(undo.error), *notes))
        yield case.finding(at, message, details=details, instead=_instead(case), file=block.path)
    elif undo.differences or undo.reapply:
        yield case.finding(
            block.position,
            _message(undo, where),
            details=_evidence(undo),
            instead=_instead(case, undo),
            file=block.path,
        )
    else:
        for cause, (kind, message) in _NEVER_RESTORED.items():
            changed = [difference for difference in reordered if difference.key.kind == kind]
            if changed:
                tables = first_of([table.key.name for table in changed])
                yield case.finding(
                    block.position,
                    f"the rollback instructions bring back the columns of {tables} {message}",
                    details=diff(changed, "before the file", "after its rollback"),
                    cause=cause,
                    table=changed[0].key.name,
                    file=block.path,
                )


def _message(undo: RollbackTrial, where: str) -> str:
    problems = []
    if undo.differences:
        left = [f"{difference.key} {_state(difference)}" for difference in undo.differences]
        problems.append(f"do not restore the schema: {first_of(left)}")
    if undo.reapply:
        problems.append(
            f"leave a schema to which the file does not apply again{where}: {error_line(undo.reapply)} "
            f"(line {undo.reapply_line})"
        )
    return f"the rollback instructions {'; they '.join(problems)}"


def _state(difference: Difference) -> str:
    if difference.left is None:
        return "is still there"
    return "is missing" if difference.right is None else "differs"


def _evidence(undo: RollbackTrial) -> str:
    lines = [diff(undo.differences, "before the file", "after its rollback")] if undo.differences else []
    lines += [
        f"NOTE: {table.key.name} has its columns back {message}: {table.right}"
        for kind, message in _NEVER_RESTORED.values()
        for table in undo.reordered
        if table.key.kind == kind
    ]
    return "\n".join(lines)


def _instead(case: Case[NoOptions], undo: RollbackTrial | None = None) -> str:
    """Rollback SQL derived from the text of the file; objects that an earlier file created stay.

    With the trial, also what no text tells: the indexes and keys that came, or went, with those of a whole table.
    """
    migration = case.migration
    positions = object_positions(migration.statements)
    existing = defined_elsewhere(case.repository, migration)
    plain = bool(migration.tool.rollback_place)
    block = rollback_block(migration.statements, existing, plain=plain).rstrip()
    others = [difference for difference in undo.differences if difference.key not in positions] if undo else []
    lines = [sql for sql in map(_taken_back, others) if sql]
    return "\n".join([block, *(lines if plain else (f"-- {line}" for line in lines))])


def _taken_back(difference: Difference) -> str:
    """SQL for an index or key that is left, or lost; empty where the evidence does not hold it."""
    key, of = difference.key, difference.of
    if key.kind == "index" and difference.right is None and difference.left is not None:
        return re.sub(r"^(CREATE (?:UNIQUE )?INDEX) ", r"\1 IF NOT EXISTS ", difference.left) + ";"
    if key.kind == "index" and difference.left is None:
        return f"DROP INDEX IF EXISTS {table_as_sql(key.name)};"
    if key.kind == "constraint" and difference.left is None and of is not None:
        name = key.name.removeprefix(f"{of.name}.")
        return f"ALTER TABLE {table_as_sql(of.name)} DROP CONSTRAINT IF EXISTS {as_sql(name)};"
    return ""
