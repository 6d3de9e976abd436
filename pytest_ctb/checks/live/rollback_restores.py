"""CT11: the rollback instructions bring back the schema from before, and the file applies again after them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from pytest_ctb.checks import Case, NoOptions, Scope, applied, check, details, worded
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Finding, Key, Position, Repository, RollbackTrial, Trial
from pytest_ctb.model.differences import diff
from pytest_ctb.sql import places, rollback_block

_NAMED = 3
"""How many objects a message names."""


@check("rollback-restores", scope=Scope.REPLAY, needs=[Trial.ROLLBACK])
def rollback_restores(case: Case[NoOptions]) -> Iterator[Finding]:
    """Tell what the instructions failed with, or how the schema differs from the one that was there before."""
    file = applied(case)
    if not case.migration.rollbacks:
        raise NotJudgedError("the file has no rollback instructions (see `rollback-instructions`)")
    block = case.migration.rollbacks[0]
    if block.none:
        return
    undo = file.rollback
    if undo is None:
        raise NotJudgedError("the rollback instructions are not SQL that parses (see `rollback-instructions`)")
    if undo.error:
        at = undo.error.position or Position(undo.line, 1)
        message = f"the rollback instructions fail: {worded(undo.error)}"
        yield case.finding(at, message, details="\n".join(details(undo.error)), instead=_instead(case), file=block.path)
    elif undo.differences or undo.reapply:
        yield case.finding(
            block.position, _message(undo), details=_evidence(undo), instead=_instead(case), file=block.path
        )


def _message(undo: RollbackTrial) -> str:
    problems = []
    if undo.differences:
        keys = [difference.key for difference in undo.differences]
        more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
        problems.append(f"do not bring back what was before: {', '.join(map(str, keys[:_NAMED]))}{more}")
    if undo.reapply:
        problems.append(
            f"leave what the file does not apply to again: {worded(undo.reapply)} (line {undo.reapply_line})"
        )
    return f"the rollback instructions {'; they '.join(problems)}"


def _evidence(undo: RollbackTrial) -> str:
    lines = [diff(undo.differences, "before the file", "after its rollback")] if undo.differences else []
    lines += [
        f"NOTE: {table.key.name} has its columns back in another order: {table.right}" for table in undo.reordered
    ]
    return "\n".join(lines)


def _instead(case: Case[NoOptions]) -> str:
    """What takes the file back, as far as its text tells: what earlier files made stays."""
    migration = case.migration
    made = _made(case.repository)
    existing = [key for key in places(migration.statements) if made[key] != migration.path]
    return rollback_block(migration.statements, existing, plain=bool(migration.tool.rollback_place)).rstrip()


@lru_cache(maxsize=1)
def _made(repository: Repository) -> Mapping[Key, str]:
    """The first file that says something of an object, by the object."""
    makers: dict[Key, str] = {}
    for migration in repository.migrations:
        for key in places(migration.statements):
            makers.setdefault(key, migration.path)
    return makers
