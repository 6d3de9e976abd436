"""CT20: what downstream code sends works before and after every migration, and gives what it gave."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from pytest_ctb.checks import Case, NoOptions, Scope, applied, check, details, fill, unapplied, worded
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import (
    Consumer,
    ConsumerChange,
    FileEvidence,
    Finding,
    Key,
    Position,
    PreparedStatement,
    Statement,
)
from pytest_ctb.sql import as_sql

_ALIKE = {"text": "text", "character varying": "text"}
"""Types whose values look the same to a program."""
_MISSING = re.compile(r"\S+ [\"«„]?([^\"»“ ]+)[\"»“]? ")
"""What is not there, in a message of the server's: `column "fax" does not exist`."""
_KEEP = "-- Keep the old name for those who use it, until no statement in consumers/ does:"
_WIDER = {"smallint": 1, "integer": 2, "bigint": 3}
"""What a parameter took, a later one takes."""


@check("consumers", scope=Scope.CONSUMERS, reads_text=False, about=lambda repository: repository.consumer_files)
def consumers(case: Case[NoOptions]) -> Iterator[Finding]:
    """Prepare each statement before the first migration and after every one: nothing is run, the server parses it.

    Where it is refused after a migration and was not before, or its result lacks a column, or has one of another type
    or place, that migration did it. A statement that no state of the schema takes is told where it stands. One that
    only a later migration makes possible is fine, and so is a column more.
    """
    if case.subject in case.replay.files:
        yield from _by_migration(case)
    else:
        yield from _never(case)


def _by_migration(case: Case[NoOptions]) -> Iterator[Finding]:
    file = case.replay.files[case.subject]
    statements = {consumer.sender: consumer for consumer in case.repository.consumers}
    for effect in file.consumer_changes:
        message = _message(effect)
        if message:
            statement, key = _culprit(case, file, effect, statements[effect.sender].sql)
            at = statement.position if statement else _first(case)
            evidence = "\n".join(details(effect.after.error)) if effect.after.error else _shapes(effect)
            yield case.finding(at, message, details=evidence, instead=_instead(case, effect, key))
    applied(case)


def _message(effect: ConsumerChange) -> str:
    """What is worse than before; empty where nothing is."""
    if effect.before.error:
        return ""
    if effect.after.error:
        return f"breaks {effect.sender}: {worded(effect.after.error)}"
    changes = [*_columns(effect.before, effect.after), *_parameters(effect.before, effect.after)]
    return f"changes {effect.sender}: {'; '.join(changes)}" if changes else ""


def _columns(before: PreparedStatement, after: PreparedStatement) -> list[str]:
    old, new = ([(name, _ALIKE.get(kind, kind)) for name, kind in state.columns] for state in (before, after))
    if _stands_in(old, new):
        return []
    left = list((Counter(name for name, _ in old) - Counter(name for name, _ in new)).elements())
    changes = [f"it no longer gives {', '.join(left)}"] if left else []
    in_place = [name for name, _ in old] == [name for name, _ in new]
    for place, (name, before_kind) in enumerate(before.columns):
        kind = after.columns[place][1] if in_place else dict(after.columns).get(name, before_kind)
        if name not in left and _ALIKE.get(kind, kind) != old[place][1]:
            changes.append(f"{name} is {kind} and was {before_kind}")
    return changes or ["it gives its columns in another order"]


def _stands_in(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> bool:
    """Whether the new columns are the old ones with others among them."""
    rest = iter(new)
    return all(column in rest for column in old)


def _parameters(before: PreparedStatement, after: PreparedStatement) -> Iterator[str]:
    for number, (old, new) in enumerate(zip(before.parameters, after.parameters, strict=False), 1):
        wider = old in _WIDER and _WIDER[old] < _WIDER.get(new, 0)
        if _ALIKE.get(old, old) != _ALIKE.get(new, new) and not wider:
            yield f"its parameter ${number} is {new} and was {old}"


def _shapes(effect: ConsumerChange) -> str:
    lines = []
    for sign, state in zip("-+", (effect.before, effect.after), strict=True):
        lines.append(f"{sign} {', '.join(f'{name} {kind}' for name, kind in state.columns)}")
    return "\n".join(lines)


def _instead(case: Case[NoOptions], effect: ConsumerChange, key: Key | None) -> str:
    """What to do, with the column that is missed: a rename is traced by the new name, and the server tells the old."""
    error = effect.after.error
    missing = _MISSING.match(error.message) if error and error.sqlstate in {"42P01", "42703"} else None
    if missing and error and error.sqlstate == "42P01":
        return f"{_KEEP}\nCREATE VIEW {missing[1]} AS TABLE …;"
    gone = {name for name, _ in _gone(effect)}
    table, _, column = key.name.rpartition(".") if key and key.kind == "column" else (key.name if key else "…", "", "…")
    if missing:
        column = missing[1].rpartition(".")[2]
    elif gone and column not in gone:
        column = min(gone)
    table = table if key and key.kind in {"column", "table"} else "…"
    return fill(case.guideline.instead, {"table": table, "column": column})


def _culprit(
    case: Case[NoOptions], file: FileEvidence, effect: ConsumerChange, sent: str
) -> tuple[Statement | None, Key | None]:
    """The statement that did it, and what it did it to: the one that has most to do with what is wrong.

    The server names what it misses, and the text or the traced effect of a statement names it too; key words apart.
    """
    said = effect.after.error.message if effect.after.error else " ".join(map(" ".join, _gone(effect)))
    uses = _words(sent)
    wrong = {
        word
        for word in _words(said) & uses | {name for name, _ in _gone(effect)}
        if as_sql(word.lower()) == word.lower()
    }
    best: tuple[int, Statement | None, Key | None] = (0, None, None)
    changing = 0
    for statement, trace in zip(case.migration.sent, file.traces, strict=False):
        keys = [candidate.key for candidate in trace.dropped if not candidate.own] + [*trace.altered, *trace.created]
        if trace.undone or not keys or statement.tag == "COMMENT":
            continue
        changing += 1
        key = max(keys, key=lambda candidate: (_leaf(candidate) in wrong, _of(candidate) in uses))
        points = 2 * len(wrong & _words(statement.sql)) + 2 * (_leaf(key) in wrong) + (_of(key) in uses)
        if points > best[0] or best[1] is None:
            best = (points, statement, key)
    return best[1:] if best[0] or changing == 1 else (None, None)


def _gone(effect: ConsumerChange) -> set[tuple[str, str]]:
    return set() if effect.after.error else set(effect.before.columns) - set(effect.after.columns)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def _leaf(key: Key) -> str:
    return key.name.partition("(")[0].rpartition(".")[2]


def _of(key: Key) -> str:
    """The name of a column's table; else its own."""
    parts = key.name.partition("(")[0].split(".")
    return parts[-2] if key.kind == "column" and len(parts) > 1 else parts[-1]


def _first(case: Case[NoOptions]) -> Position:
    places = (statement.position for statement in case.migration.statements if not statement.control)
    return next(places, Position(1, 1))


def _never(case: Case[NoOptions]) -> Iterator[Finding]:
    """The statements of a file that nothing ever took."""
    if case.migration.problem:
        yield case.finding(case.migration.problem.position, case.migration.problem.message, instead="")
        return
    consumers_here: list[Consumer] = [
        consumer for consumer in case.repository.consumers if consumer.sender.file == case.subject
    ]
    if not consumers_here:
        yield case.finding(Position(1, 1), "no statement stands in this file", instead="")
    served = {consumer.sender: consumer for consumer in case.replay.consumer_results}
    refused = [
        (consumer, served[consumer.sender].last.error)
        for consumer in consumers_here
        if not served[consumer.sender].worked
    ]
    missing = unapplied(case.replay)
    if refused and missing:
        raise NotJudgedError(f"{refused[0][0].sender} cannot be prepared, but {missing}")
    for consumer, error in refused:
        assert error is not None
        name = consumer.sender.name or "this statement"
        message = f"{name} cannot be prepared, whatever migrations have run: {worded(error)}"
        yield case.finding(error.position or consumer.position, message, instead="", details="\n".join(details(error)))
