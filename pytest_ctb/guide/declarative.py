"""The checks of guidelines that need no Python: what `query:` returns, and what `forbid:` names, are findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pytest_ctb.checks import Case, Check, NoOptions, Scope, checks, fill, own_statements, unapplied
from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.model import Finding, Guideline, Key, Position
from pytest_ctb.sql import kinds, pattern, places


def check_of(guideline: Guideline) -> Check:
    """The check that judges a guideline: the one of its name, else what its own file declares."""
    if guideline.query:
        return Check(guideline.id, Scope.SCHEMA, NoOptions, lambda _: (guideline.id,), returned)
    if guideline.forbid:
        return Check(guideline.id, Scope.FILE, NoOptions, lambda _: (), forbidden, by_text=forbidden)
    return checks()[guideline.id]


def returned(case: Case[NoOptions]) -> Iterator[Finding]:
    """Run the query on the schema that all migrations made; each row that it returns is a finding.

    It runs as the role that migrates, in a transaction that may only read, with the time limit of a statement and an
    empty `search_path`. A column `object` tells what a row is about, as `table company.master`: the finding stands at
    the statement that made it.
    """
    guideline = case.guideline
    if missing := unapplied(case.replay):
        raise NotJudgedError(missing)
    answer = case.replay.query_results[guideline.query]
    line = guideline.lines.get("query", 1)
    if answer.error:
        inside = answer.error.position.line if answer.error.position and "\n" in guideline.query else 0
        raise ConfigError(f"{guideline.path}:{line + inside}: the query fails: {answer.error.message}")
    for name in re.findall(r"\{(\w+)\}", guideline.message):
        if name not in answer.columns:
            told = guideline.lines.get("message", 1)
            known = ", ".join(answer.columns)
            raise ConfigError(f"{guideline.path}:{told}: the message names {{{name}}}; the query returns: {known}")
    for values in dict.fromkeys(answer.rows):
        row = dict(zip(answer.columns, values, strict=True))
        file, at = _made(case, row) or ("", Position(line, 1))
        yield case.finding(at, fill(guideline.message, row), instead=fill(guideline.instead, row), file=file)


def _made(case: Case[NoOptions], row: Mapping[str, str]) -> tuple[str, Position] | None:
    """The statement that made the object of a row; what goes with another (a column, a constraint) stands at that."""
    objects = case.replay.schema.objects
    kind = next((one.kind for one in objects if row.get("object", "").startswith(f"{one.kind} ")), "")
    key: Key | None = Key(kind, row.get("object", "").removeprefix(f"{kind} "))
    while key is not None and key in objects:
        if place := _seen(case, key) or _written(case, key):
            return place
        key = objects[key].of
    return None


def _seen(case: Case[NoOptions], key: Key) -> tuple[str, Position] | None:
    for path, fared in reversed(list(case.replay.files.items())):
        for trace in reversed(fared.traces):
            if key in trace.created and not trace.undone:
                statement = case.repository.by_path[path].sent[trace.statement]
                return path, places(statement.walk()).get(key, Position(statement.position.line, 1))
    return None


def _written(case: Case[NoOptions], key: Key) -> tuple[str, Position] | None:
    for file in reversed(case.repository.migrations):
        found = places(one for statement in file.statements for one in statement.walk()).get(key)
        if found:
            return file.path, found
    return None


def forbidden(case: Case[NoOptions]) -> Iterator[Finding]:
    """Read the parse tree of every statement, those inside DO blocks, functions and constant EXECUTE strings too."""
    guideline = case.guideline
    wanted = [pattern(one) for one in guideline.forbid]
    message = guideline.message or "{statement} is not allowed here"
    for statement in own_statements(case.migration):
        for kind, at in kinds(statement):
            if any(one.match(kind) for one in wanted):
                names = {"statement": kind}
                yield case.finding(at, fill(message, names), instead=fill(guideline.instead, names))
