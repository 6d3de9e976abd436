"""ON06: what the running release sends still works after the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pytest_ctb.checks import Case, NoOptions, Scope, applied, check, error_line, fill
from pytest_ctb.checks.online._effects import Effect, effect_behind, table_of
from pytest_ctb.model import BrokenStatement, FileEvidence, Finding, Key, Position, Trial
from pytest_ctb.model.trace import unquoted
from pytest_ctb.sql import as_sql, sent_statement, table_as_sql

_SHOWN = 6
"""A finding lists at most this many of the statements that a file breaks."""
_VALUE_MISSING = {"23502", "23514"}
"""An INSERT leaves out a value that is required now."""
_FILLS_IN = {"default", "identity", "generated"}
"""The properties that give a column its value where an INSERT leaves it out."""
_OTHER_TYPE = {"42804", "42883"}


class _Broken(NamedTuple):
    """What one statement of a file breaks."""

    effect: Effect | None
    statements: list[BrokenStatement]


@check("old-application", scope=Scope.REPLAY, needs=[Trial.APPLICATION])
def old_application(case: Case[NoOptions]) -> Iterator[Finding]:
    """Make statements from the catalogs before the file, run them on made-up rows, and again after it.

    They are sent to the tables, views, functions and enumerations that the file was seen to change, to the views and
    functions that stand on them, and to partitioned tables in place of their partitions: a SELECT of the columns, an
    INSERT of what is required, one with ON CONFLICT for each unique key, UPDATE and DELETE by key, a call. What worked
    and does not any more is broken, unless the made-up values alone are to blame. Where `consumers/` has statements of
    a kind to a table, those made of that kind are not judged. No statement names what a comment called DEPRECATED
    before the file.
    """
    file = applied(case)
    all_broken = file.application.broken if file.application else ()
    broken = [statement for statement in all_broken if not _is_left_to_consumers(case, statement)]
    for number, group in sorted(_by_statement(case, file, broken).items()):
        sent = case.migration.sent[number]
        yield _finding(case, file, sent.position, group)


def _is_left_to_consumers(case: Case[NoOptions], broken: BrokenStatement) -> bool:
    """Whether `consumers/` has a statement of this kind to the same relation: a real one, which counts instead."""
    names = {broken.of.name, broken.of.name.partition(".")[2]}
    tag = broken.sql.partition(" ")[0]
    for consumer in case.repository.consumers:
        sent = sent_statement(consumer)
        if sent.tag == tag and not names.isdisjoint(unquoted(relation) for relation in sent.relations):
            return True
    return False


def _by_statement(case: Case[NoOptions], file: FileEvidence, broken: Sequence[BrokenStatement]) -> dict[int, _Broken]:
    """What is broken by the statement of the file that did it."""
    groups: dict[int, _Broken] = {}
    for statement in broken:
        effect = effect_behind(file, statement.error, statement.of)
        if effect and _ends_a_swap(case, file, effect):
            continue
        number = effect.trace.statement if effect else _last_statement(file)
        groups.setdefault(number, _Broken(effect, [])).statements.append(statement)
    return groups


def _ends_a_swap(case: Case[NoOptions], file: FileEvidence, effect: Effect) -> bool:
    """Whether a column that an earlier file added beside another takes the name of that one: nobody uses it yet."""
    if effect.new is None or effect.key.kind != "column":
        return False
    old, new = Key("column", effect.name), Key("column", unquoted(effect.new.name))
    gone = {
        Key(key.kind, unquoted(key.name))
        for trace in file.traces[: file.traces.index(effect.trace) + 1]
        if not trace.undone
        for key in (*(change.old for change in trace.renamed), *(drop.key for drop in trace.dropped if not drop.own))
    }
    return new in gone and new not in _added(file) and any(old in _added(earlier) for earlier in _before(case))


def _before(case: Case[NoOptions]) -> Iterator[FileEvidence]:
    for migration in case.repository.migrations:
        if migration.path == case.subject:
            return
        if migration.path in case.replay.files:
            yield case.replay.files[migration.path]


def _added(file: FileEvidence) -> set[Key]:
    """The columns that a file added to tables that were there before it."""
    changes = (change for trace in file.traces if not trace.undone for change in trace.alterations)
    return {change.key for change in changes if change.what == "column" and change.old is None}


def _last_statement(file: FileEvidence) -> int:
    changing = [trace.statement for trace in file.traces if trace.created or trace.altered or trace.dropped]
    return changing[-1] if changing else 0


def _finding(case: Case[NoOptions], file: FileEvidence, at: Position, broken: _Broken) -> Finding:
    first, *others = sorted(broken.statements, key=lambda statement: not _is_of(statement, broken.effect))
    also = [statement for statement in others if statement.of != first.of]
    reach = f", and what it sends to {_names(also)}" if also else ""
    cause = _cause(file, first, broken.effect)
    template = case.guideline.causes[cause].instead if cause in case.guideline.causes else case.guideline.instead
    return case.finding(
        at,
        f"{_what(first, broken.effect)}breaks what the running release sends to {_name(first)}{reach}: "
        f"{error_line(first.error)}",
        details="\n".join(_details((first, *others))),
        cause=cause,
        instead=fill(template, _placeholders(case, first, broken.effect)),
    )


def _is_of(statement: BrokenStatement, effect: Effect | None) -> bool:
    """Whether a statement is sent to the very object that was changed, not to what stands on it."""
    return effect is not None and statement.of.name in {effect.name.partition("(")[0], table_of(effect.key)}


def _what(first: BrokenStatement, effect: Effect | None) -> str:
    """What the statement did, where that says more than the error."""
    if effect is None:
        return ""
    kind = effect.key.kind
    if effect.new is not None:
        return f"renames {kind} {effect.name} to {unquoted(effect.new.name)}, which "
    if effect.what == "dropped":
        return f"drops {kind} {effect.name}, which "
    if first.error.sqlstate in _VALUE_MISSING and kind == "column":
        return f"requires column {effect.name}, which "
    return ""


def _name(statement: BrokenStatement) -> str:
    return f"{statement.of.kind} {statement.of.name}" if statement.of.kind != "table" else statement.of.name


def _names(statements: Sequence[BrokenStatement]) -> str:
    names = list(dict.fromkeys(map(_name, statements)))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _details(statements: Sequence[BrokenStatement]) -> Iterator[str]:
    for statement in statements[:_SHOWN]:
        yield f"worked before the file: {statement.sql}"
        yield f"after it: {error_line(statement.error)}"
    if len(statements) > _SHOWN:
        yield f"and {len(statements) - _SHOWN} statements more"


def _cause(file: FileEvidence, broken: BrokenStatement, effect: Effect | None) -> str:
    """Which of the guideline's causes it is; empty for any other."""
    state, what, kind = broken.error.sqlstate, effect.what if effect else "", effect.key.kind if effect else ""
    if what in {"renamed", "dropped"} and kind in {"column", "table", "view", "materialized view"}:
        return f"{what}-{'column' if kind == 'column' else 'table'}"
    if what in {"renamed", "dropped"} and kind in {"function", "type", "schema"}:
        return f"{what}-object"
    if state in _VALUE_MISSING:
        known = what not in _FILLS_IN and broken.of.name not in map(table_of, _added(file))
        return "required-of-old" if known else "required"
    if state == "42P10":
        return "no-key"
    if state == "22P02":
        return "label"
    return "type" if state in _OTHER_TYPE and what == "type" else ""


def _placeholders(case: Case[NoOptions], broken: BrokenStatement, effect: Effect | None) -> dict[str, str]:
    key = effect.key if effect else broken.of
    date = case.migration.date.isoformat() if case.migration.date else "YYYY-MM-DD"
    table = table_of(key) if key.kind == "column" else broken.of.name
    schema, _, name = table.partition(".")
    column = unquoted(key.name).removeprefix(f"{table}.") if key.kind == "column" else "…"
    new = unquoted(effect.new.name) if effect and effect.new else "…"
    new_column = new.rpartition(".")[2]
    return {
        "table": table_as_sql(table),
        "column": as_sql(column),
        "type": broken.type or "…",
        "kind": key.kind.upper(),
        "object": _as_written(unquoted(key.name)),
        "new": _as_written(new),
        "new_column": as_sql(new_column),
        "function": as_sql(schema, f"{name}_{new_column}"),
        "trigger": as_sql(f"{name}_{new_column}"),
        "date": date,
    }


def _as_written(name: str) -> str:
    """The name of an object as SQL writes it; the arguments of a function are as the server wrote them."""
    head, paren, arguments = name.partition("(")
    return as_sql(*head.split(".", 1)) + paren + arguments
