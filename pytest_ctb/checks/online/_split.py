"""A file that blocks the application as the files of the safe way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pytest_ctb.checks import Case
from pytest_ctb.checks.online._tables import Large
from pytest_ctb.checks.online._work import BlockingWork
from pytest_ctb.model import Statement, TransactionCommand
from pytest_ctb.sql import SafeStep, refused

_FRAME = {TransactionCommand.BEGIN, TransactionCommand.START, TransactionCommand.COMMIT}


class Split(NamedTuple):
    """The files that one migration becomes, and what stays as it is."""

    files: tuple[SafeStep, ...] = ()
    """None where nothing has to be split."""
    kept: tuple[Statement, ...] = ()
    """Statements that block, and for which no other way is known."""


def split(case: Case[Large]) -> Split:
    """The files that do what one migration does, in the same order, and block nobody for long.

    Raises NotJudgedError where the migration did not apply.
    """
    work = BlockingWork(case)
    sent = case.migration.sent
    hazards = dict(work.found(lambda _: True))
    replaced = {statement: work.other_way(statement) for statement in hazards}
    by_itself = {number for number, works in hazards.items() if any(hazard.taken == number for hazard in works)}
    kept = tuple(sent[number] for number in sorted(by_itself) if not replaced[number])
    files = _files(sent, hazards.keys() | work.apart, replaced) if hazards else ()
    return Split(files if len(files) > 1 or any(replaced.values()) else (), kept)


def _files(
    sent: Sequence[Statement], apart: Collection[int], replaced: Mapping[int, Sequence[SafeStep]]
) -> tuple[SafeStep, ...]:
    files: list[SafeStep] = []
    together: list[str] = []

    def end() -> None:
        if together:
            files.append(SafeStep("as it was", "\n".join(together)))
            together.clear()

    for number, statement in enumerate(sent):
        if statement.command in _FRAME or statement.added:
            continue
        steps = replaced.get(number, ())
        if number in apart:
            end()  # what the file has locked so far is let go
        if steps:
            files += steps
        elif refused(statement):
            end()
            files.append(SafeStep("as it was", _ended(statement), alone=True))
        else:
            together.append(_ended(statement))
    end()
    return tuple(files)


def _ended(statement: Statement) -> str:
    return f"{statement.sql.rstrip().rstrip(';')};"
