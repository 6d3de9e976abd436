"""CT15: a declared base schema, loaded into an empty database, gives what the migrations give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pytest_ctb.checks import Case, Scope, check, unapplied
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Difference, Finding, Key, Position
from pytest_ctb.model.differences import differences
from pytest_ctb.sql import equivalent, places

_AS_STATEMENT = {
    "constraint": "ALTER TABLE t ADD ",
    "index": "",
    "view": "CREATE VIEW v ",
    "materialized view": "CREATE MATERIALIZED VIEW v ",
}
"""What makes a statement of an object's definition."""


@dataclass(frozen=True)
class Options:
    """`column_order`: also the order of a table's columns must be the same."""

    column_order: bool = True


@check("base-schema", scope=Scope.BASE, options=Options)
def base_schema(case: Case[Options]) -> Iterator[Finding]:
    """Compare the catalogs of the two databases, object by object."""
    loaded, schema = case.replay.bases[case.subject]
    if loaded.error:
        at = loaded.error.position or Position(loaded.failed_line, 1)
        details = [loaded.error.detail, loaded.error.hint]
        yield case.finding(
            at,
            f"does not load into an empty database: {loaded.error.message}",
            instead="",
            evidence="\n".join(filter(None, details)),
        )
        return
    if missing := unapplied(case.replay):
        raise NotJudgedError(f"the migrations do not make the whole schema: {missing}")
    here = places(case.migration.statements)
    there = {
        key: f"{one.path}:{position.line}"
        for one in case.repository.migrations
        for key, position in places(s for statement in one.statements for s in statement.walk()).items()
    }
    for one in differences(schema, case.replay.schema):
        if _meant(one) or (one.key.kind == "column order" and not case.options.column_order):
            continue
        at = _nearest(one, here) or Position(1, 1)
        yield case.finding(at, _message(one, case.subject, there), instead="", evidence=_evidence(one, case.subject))


def _meant(one: Difference) -> bool:
    """The two are printed in two ways, but are the same."""
    start = _AS_STATEMENT.get(one.key.kind)
    return (
        start is not None
        and one.left is not None
        and one.right is not None
        and equivalent(start + one.left, start + one.right)
    )


def _nearest(one: Difference, where: Mapping[Key, Position]) -> Position | None:
    """Where the object is defined; else where that is which it goes with."""
    plain = Key(one.key.kind, one.key.name.partition("(")[0])
    found = where.get(one.key) or where.get(plain)
    if found is None and one.key.kind == "comment":
        kind, _, name = one.key.name.partition(" ")
        found = where.get(Key(kind, name))
    return found or (where.get(one.of) if one.of else None)


def _message(one: Difference, base: str, there: Mapping[Key, str]) -> str:
    made = there.get(one.key) or there.get(Key(one.key.kind, one.key.name.partition("(")[0]))
    made_by = f" ({made})" if made else ""
    if one.left is None:
        return f"{one.key} is made by the migrations{made_by}, but {base} has none"
    if one.right is None:
        return f"{one.key} stands in {base}, but no migration makes it"
    return f"{one.key} is not what the migrations make of it{made_by}"


def _evidence(one: Difference, base: str) -> str:
    own = f"{one.key.name.rpartition('.')[2]} " if one.key.kind in {"column", "constraint"} else ""
    left = [f"- {line}" for line in f"{own}{one.left}".splitlines() if one.left is not None]
    right = [f"+ {line}" for line in f"{own}{one.right}".splitlines() if one.right is not None]
    return "\n".join([f"--- {base}", "+++ after the migrations", *left, *right])
