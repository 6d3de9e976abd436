"""CT07: every statement that has an IF [NOT] EXISTS or OR REPLACE form uses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_ctb.checks import Case, check, own_statements
from pytest_ctb.model import Finding, Migration, Statement
from pytest_ctb.sql import Unguarded, dropped, place, strings, unguarded, walk


@dataclass(frozen=True)
class Options:
    """Kinds of statement that are left alone, by their words: `CREATE INDEX`, say."""

    except_for: tuple[str, ...] = ()


@check("if-not-exists", options=Options)
def if_not_exists(case: Case[Options]) -> Iterator[Finding]:
    """Ask the parse tree of each statement that runs for its guard.

    A DROP IF EXISTS before it is a guard too, and so is an IF or an EXCEPTION around it in a body. What is temporary is
    gone before it could be made again.
    """
    again: set[tuple[str, str]] = set()
    temporary: set[str] = set()
    for statement in _that_run(case.migration):
        if statement.kind == "drop_stmt" and statement.body.missing_ok:
            words, names = dropped(statement)
            again |= {(words, name) for name in names}
        made = _temporary(statement)
        temporary |= made
        if made or statement.guarded or _is_about(statement, temporary):
            continue
        for one in unguarded(statement):
            object_kind = one.words.removeprefix("CREATE ")
            if one.words not in case.options.except_for and any((object_kind, name) not in again for name in one.names):
                message = f"{one.words} {', '.join(one.names)} has no {one.guard}"
                yield case.finding(place(statement, one.start), message, instead=_guarded(statement, one))


def _that_run(migration: Migration) -> Iterator[Statement]:
    """The statements of the file, those of its DO blocks, and those of a function of its own that it calls."""
    called = {
        strings(node.funcname)[-1]
        for statement in migration.statements
        if statement.kind in {"select_stmt", "call_stmt", "do_stmt"}
        for one in statement.walk()
        for node in walk(one.body)
        if node.DESCRIPTOR.name == "FuncCall"
    }
    runs_later: set[int] = set()
    for statement in own_statements(migration):
        if id(statement) in runs_later:
            continue
        if statement.kind == "create_function_stmt" and strings(statement.body.funcname)[-1] not in called:
            runs_later |= {id(one) for one in statement.walk()[1:]}
        yield statement


def _temporary(statement: Statement) -> set[str]:
    """The temporary relation that a statement makes."""
    body: Any = statement.body
    relation = None
    match statement.kind:
        case "create_stmt":
            relation = body.relation
        case "create_table_as_stmt":
            relation = body.into.rel
        case "view_stmt":
            relation = body.view
        case "create_seq_stmt":
            relation = body.sequence
    if relation is None or not (relation.relpersistence == "t" or relation.schemaname == "pg_temp"):
        return set()
    return {relation.relname}


def _is_about(statement: Statement, temporary: set[str]) -> bool:
    """Tell whether a statement indexes, alters or drops nothing but relations of these names."""
    if statement.kind == "drop_stmt":
        _, names = dropped(statement)
        return bool(names) and set(names) <= temporary
    return statement.kind in {"index_stmt", "alter_table_stmt"} and statement.body.relation.relname in temporary


def _guarded(statement: Statement, one: Unguarded) -> str:
    """The statement with its guard put in: whole where it is short, else its first lines."""
    if one.behind is None:
        return f"{one.words} {one.guard} …"
    sql = f"{statement.sql[: one.behind]} {one.guard}{statement.sql[one.behind :]}"
    lines = sql.splitlines()
    return sql + ";" if len(lines) <= 12 else "\n".join([*lines[:6], "…"])
