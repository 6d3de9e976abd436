"""CT20: each statement of downstream code still works after every migration, and gives the same columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from pytest_ctb.checks import Case, NoOptions, Scope, applied, check, error_details, error_line, fill, unapplied
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

_SAME_TO_CLIENTS = {"text": "text", "character varying": "text"}
"""Types whose values look the same to a program."""
_MISSING = re.compile(r"\S+ [\"«„]?([^\"»“ ]+)[\"»“]? ")
"""The name in a message of the server such as `column "fax" does not exist`, in any language."""
_QUOTED = re.compile(r"[\"«„]([^\"»“]+)[\"»“]")
_KEEP = "-- Keep the old name for those who use it, until no statement in consumers/ does:"
_WIDER = {"smallint": 1, "integer": 2, "bigint": 3}
"""The size of integer types: a parameter may become wider."""


@check("consumers", scope=Scope.CONSUMERS, reads_text=False, about=lambda repository: repository.consumer_files)
def consumers(case: Case[NoOptions]) -> Iterator[Finding]:
    """Prepare and run each statement before the first migration and after every one; all that it does is rolled back.

    A migration is to blame where a statement is refused or fails after it and did not before, or its result lacks a
    column, or has one of another type or place. It runs on made-up rows, with made-up values: where it fails for these
    alone, that is no failure. A statement that never worked is a finding in its own file. A statement that only a later
    migration makes possible passes, and so does an additional column.
    """
    if case.subject in case.replay.files:
        yield from _by_migration(case)
    else:
        yield from _never_accepted(case)


def _by_migration(case: Case[NoOptions]) -> Iterator[Finding]:
    file = case.replay.files[case.subject]
    statements = {consumer.sender: consumer for consumer in case.repository.consumers}
    for effect in file.consumer_changes:
        message = _message(effect)
        if message:
            statement, key = _culprit(case, file, effect, statements[effect.sender].sql)
            at = statement.position if statement else _first_position(case)
            error = effect.after.problem
            evidence = "\n".join(error_details(error)) if error else _shapes(effect)
            yield case.finding(at, message, details=evidence, instead=_instead(case, effect, key))
    applied(case)


def _message(effect: ConsumerChange) -> str:
    """What the migration broke for a statement; empty where it broke nothing."""
    if effect.before.problem:
        return ""
    if effect.after.problem:
        when = "" if effect.after.error else " when it runs"
        return f"breaks {effect.sender}{when}: {error_line(effect.after.problem)}"
    changes = [*_columns(effect.before, effect.after), *_parameters(effect.before, effect.after)]
    return f"changes {effect.sender}: {'; '.join(changes)}" if changes else ""


def _columns(before: PreparedStatement, after: PreparedStatement) -> list[str]:
    old, new = ([(name, _SAME_TO_CLIENTS.get(kind, kind)) for name, kind in state.columns] for state in (before, after))
    if _is_subsequence(old, new):
        return []
    left = list((Counter(name for name, _ in old) - Counter(name for name, _ in new)).elements())
    changes = [f"it no longer gives {', '.join(left)}"] if left else []
    in_place = [name for name, _ in old] == [name for name, _ in new]
    for place, (name, before_kind) in enumerate(before.columns):
        kind = after.columns[place][1] if in_place else dict(after.columns).get(name, before_kind)
        if name not in left and _SAME_TO_CLIENTS.get(kind, kind) != old[place][1]:
            changes.append(f"{name} is {kind} and was {before_kind}")
    return changes or ["it gives its columns in another order"]


def _is_subsequence(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> bool:
    """Whether the new columns hold all old ones in their order, with or without others between them."""
    rest = iter(new)
    return all(column in rest for column in old)


def _parameters(before: PreparedStatement, after: PreparedStatement) -> Iterator[str]:
    for number, (old, new) in enumerate(zip(before.parameters, after.parameters, strict=False), 1):
        wider = old in _WIDER and _WIDER[old] < _WIDER.get(new, 0)
        if _SAME_TO_CLIENTS.get(old, old) != _SAME_TO_CLIENTS.get(new, new) and not wider:
            yield f"its parameter ${number} is {new} and was {old}"


def _shapes(effect: ConsumerChange) -> str:
    lines = []
    for sign, state in zip("-+", (effect.before, effect.after), strict=True):
        lines.append(f"{sign} {', '.join(f'{name} {kind}' for name, kind in state.columns)}")
    return "\n".join(lines)


def _instead(case: Case[NoOptions], effect: ConsumerChange, key: Key | None) -> str:
    """SQL to paste, with the missing column: the trace of a rename has the new name, the server's message the old."""
    error = effect.after.problem
    missing = _MISSING.match(error.message) if error and error.sqlstate in {"42P01", "42703"} else None
    if missing and error and error.sqlstate == "42P01":
        return f"{_KEEP}\nCREATE VIEW {missing[1]} AS TABLE …;"
    lost = {name for name, _ in _lost_columns(effect)}
    table, _, column = key.name.rpartition(".") if key and key.kind == "column" else (key.name if key else "…", "", "…")
    if missing:
        column = missing[1].rpartition(".")[2]
    elif lost and column not in lost:
        column = min(lost)
    table = table if key and key.kind in {"column", "table"} else "…"
    return fill(case.guideline.instead, {"table": table, "column": column})


def _culprit(
    case: Case[NoOptions], file: FileEvidence, effect: ConsumerChange, sent: str
) -> tuple[Statement | None, Key | None]:
    """The statement of the migration that is to blame and the object that it changed; both None where none stands out.

    The server names what it misses; the statement whose text or trace names most of that is chosen.
    """
    message = effect.after.problem.message if effect.after.problem else " ".join(map(" ".join, _lost_columns(effect)))
    sent_words = _words(sent)
    wrong = {
        word
        for word in _words(message) & sent_words | {name for name, _ in _lost_columns(effect)}
        if as_sql(word.lower()) == word.lower()
    }
    if effect.after.failure:  # of a column that the statement leaves out, say
        wrong |= set(_QUOTED.findall(message))
    best_points, best, best_key = 0, None, None
    changing = 0
    for statement, trace in zip(case.migration.sent, file.traces, strict=False):
        keys = [candidate.key for candidate in trace.dropped if not candidate.own]
        keys += [*trace.altered, *trace.created, *(alteration.key for alteration in trace.alterations)]
        if trace.undone or not keys or statement.tag == "COMMENT":
            continue
        changing += 1
        key = max(keys, key=lambda candidate: (_bare_name(candidate) in wrong, _table_name(candidate) in sent_words))
        named = wrong & set(map(_bare_name, keys))
        points = 2 * len(wrong & _words(statement.sql)) + 2 * len(named) + (_table_name(key) in sent_words)
        later = effect.after.failure is not None and points == best_points  # DROP DEFAULT, not the ADD COLUMN before it
        if points > best_points or best is None or later:
            best_points, best, best_key = points, statement, key
    return (best, best_key) if best_points or changing == 1 else (None, None)


def _lost_columns(effect: ConsumerChange) -> set[tuple[str, str]]:
    """The columns, each with its type, that the result had before the migration and has no more."""
    return set() if effect.after.problem else set(effect.before.columns) - set(effect.after.columns)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def _bare_name(key: Key) -> str:
    return key.name.partition("(")[0].rpartition(".")[2]


def _table_name(key: Key) -> str:
    """The name of the table that a column is of; else the object's own name."""
    parts = key.name.partition("(")[0].split(".")
    return parts[-2] if key.kind == "column" and len(parts) > 1 else parts[-1]


def _first_position(case: Case[NoOptions]) -> Position:
    places = (statement.position for statement in case.migration.statements if not statement.control)
    return next(places, Position(1, 1))


def _never_accepted(case: Case[NoOptions]) -> Iterator[Finding]:
    """Findings for a file of downstream code: its statements that no state of the schema accepted."""
    if case.migration.problem:
        yield case.finding(case.migration.problem.position, case.migration.problem.message, instead="")
        return
    statements: list[Consumer] = [
        consumer for consumer in case.repository.consumers if consumer.sender.file == case.subject
    ]
    if not statements:
        yield case.finding(Position(1, 1), "this file has no statement", instead="")
    results = {consumer.sender: consumer for consumer in case.replay.consumer_results}
    refused = [
        (consumer, results[consumer.sender].last) for consumer in statements if not results[consumer.sender].worked
    ]
    missing = unapplied(case.replay)
    if refused and missing:
        raise NotJudgedError(f"{refused[0][0].sender} {_fails(refused[0][1])}, but {missing}")
    for consumer, last in refused:
        error = last.problem
        assert error is not None
        name = consumer.sender.name or "this statement"
        message = f"{name} {_fails(last)}, whatever migrations have run: {error_line(error)}"
        yield case.finding(
            error.position or consumer.position, message, instead="", details="\n".join(error_details(error))
        )


def _fails(last: PreparedStatement) -> str:
    return "cannot be prepared" if last.error else "fails when it runs"
