"""The checks of guidelines without Python: each row that `query` returns, each statement that `forbid` names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pytest_ctb.checks import Case, Check, NoOptions, Scope, checks, fill, readable_statements, unapplied
from pytest_ctb.checks.live._last_change import definitions
from pytest_ctb.checks.online._tables import Large
from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.model import Finding, Guideline, Key, Position, Trial
from pytest_ctb.sql import kinds, object_positions, pattern


def check_of(guideline: Guideline) -> Check:
    """The check of a guideline: what its file declares (`query`, `observe`, `forbid`), else the check of that id."""
    if guideline.observe:
        from pytest_ctb.guide.observe import observe_findings  # noqa: PLC0415  # with SQLite; few guidelines have one

        return Check(
            guideline.id, Scope.REPLAY, Large, lambda _: (), observe_findings, needs=frozenset({Trial.ON_ROWS})
        )
    if guideline.query:
        return Check(guideline.id, Scope.SCHEMA, NoOptions, lambda _: (guideline.id,), query_findings)
    if guideline.forbid:
        return Check(
            guideline.id, Scope.FILE, NoOptions, lambda _: (), forbidden_statements, by_text=forbidden_statements
        )
    return checks()[guideline.id]


def query_findings(case: Case[NoOptions]) -> Iterator[Finding]:
    """Run the query on the schema that all migrations made; each row that it returns is a finding.

    It runs as the role that migrates, in a transaction that may only read, with the time limit of a statement and an
    empty `search_path`. A column `object` names what a row is about, as `table company.master`: the finding is placed
    at the statement that created it.
    """
    guideline = case.guideline
    if missing := unapplied(case.replay):
        raise NotJudgedError(missing)
    result = case.replay.query_results[guideline.query]
    line = guideline.lines.get("query", 1)
    if result.error:
        inside = result.error.position.line if result.error.position and "\n" in guideline.query else 0
        raise ConfigError(f"{guideline.path}:{line + inside}: the query fails: {result.error.message}")
    for name in re.findall(r"\{(\w+)\}", guideline.message):
        if name not in result.columns:
            message_line = guideline.lines.get("message", 1)
            known = ", ".join(result.columns)
            raise ConfigError(
                f"{guideline.path}:{message_line}: the message names {{{name}}}; the query returns: {known}"
            )
    for values in dict.fromkeys(result.rows):
        row = dict(zip(result.columns, values, strict=True))
        file, position = _creation(case, row) or ("", Position(line, 1))
        yield case.finding(position, fill(guideline.message, row), instead=fill(guideline.instead, row), file=file)


def _creation(case: Case[NoOptions], row: Mapping[str, str]) -> tuple[str, Position] | None:
    """File and position of the statement that created the object of a row, else the object that it belongs to."""
    objects = case.replay.schema.objects
    kind = next((key.kind for key in objects if row.get("object", "").startswith(f"{key.kind} ")), "")
    wanted: Key | None = Key(kind, row.get("object", "").removeprefix(f"{kind} "))
    while wanted is not None and wanted in objects:
        if place := _traced(case, wanted) or definitions(case.repository).get(wanted):
            return place
        wanted = objects[wanted].of
    return None


def _traced(case: Case[NoOptions], key: Key) -> tuple[str, Position] | None:
    """The last statement that the replay saw create an object."""
    for path, file in reversed(list(case.replay.files.items())):
        for trace in reversed(file.traces):
            if key in trace.created and not trace.undone:
                statement = case.repository.by_path[path].sent[trace.statement]
                return path, object_positions(statement.walk()).get(key, Position(statement.position.line, 1))
    return None


def forbidden_statements(case: Case[NoOptions]) -> Iterator[Finding]:
    """Find statements of a forbidden kind, also inside DO blocks, functions and constant EXECUTE strings."""
    guideline = case.guideline
    patterns = [pattern(words) for words in guideline.forbid]
    message = guideline.message or "{statement} is not allowed here"
    for statement in readable_statements(case.migration):
        for kind, position in kinds(statement):
            if any(words.match(kind) for words in patterns):
                names = {"statement": kind}
                yield case.finding(position, fill(message, names), instead=fill(guideline.instead, names))
