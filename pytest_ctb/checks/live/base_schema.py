"""CT15: a declared base schema, loaded into an empty database, gives what the migrations give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pytest_ctb.checks import Case, Scope, check, unapplied
from pytest_ctb.checks.live._advice import advice
from pytest_ctb.checks.live._last_change import FilePosition, definitions
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Difference, Finding, Key, Position
from pytest_ctb.model.differences import differences, of_the_server
from pytest_ctb.sql import equivalent, object_positions

_AS_STATEMENT = {
    "constraint": "ALTER TABLE t ADD ",
    "index": "",
    "view": "CREATE VIEW v ",
    "materialized view": "CREATE MATERIALIZED VIEW v ",
}
"""The words that make a statement of a definition, which `equivalent` can parse."""


@dataclass(frozen=True)
class Options:
    """What must be the same too.

    `column_order`: the order of a table's columns.
    `roles`: what `pg_dumpall` writes besides each database: roles, settings, privileges on the database.
    """

    column_order: bool = True
    roles: bool = True


@check("base-schema", scope=Scope.BASE, options=Options)
def base_schema(case: Case[Options]) -> Iterator[Finding]:
    """Compare the catalogs of the two databases, object by object."""
    loaded, schema = case.replay.bases[case.subject]
    if loaded.error:
        at = loaded.error.position or Position(loaded.failed_line, 1)
        sent = next((sent for sent in case.migration.sent if sent.position.line == loaded.failed_line), None)
        notes = [f"NOTE: {line}" for line in advice(case, loaded.error, sent)]
        details = [loaded.error.detail, loaded.error.hint, *notes]
        yield case.finding(
            at,
            f"does not load into an empty database: {loaded.error.message}",
            instead="",
            details="\n".join(filter(None, details)),
        )
        return
    if missing := unapplied(case.replay):
        raise NotJudgedError(f"the migrations do not make the whole schema: {missing}")
    base_places = object_positions(case.migration.statements)
    in_migrations = definitions(case.repository)
    for difference in differences(schema, case.replay.schema):
        if _equivalent(difference) or _left_out(difference, case.options):
            continue
        at = _nearest(difference, base_places) or Position(1, 1)
        yield case.finding(
            at,
            _message(difference, case.subject, in_migrations),
            instead="",
            details=_evidence(difference, case.subject),
        )


def _left_out(difference: Difference, options: Options) -> bool:
    if difference.key.kind == "column order":
        return not options.column_order
    return not options.roles and of_the_server(difference.key, difference.of)


def _equivalent(difference: Difference) -> bool:
    """The two definitions are written differently, but mean the same."""
    start = _AS_STATEMENT.get(difference.key.kind)
    return (
        start is not None
        and difference.left is not None
        and difference.right is not None
        and equivalent(start + difference.left, start + difference.right)
    )


def _nearest(difference: Difference, positions: Mapping[Key, Position]) -> Position | None:
    """The position where the object is defined, else that of the object that it belongs to; None for neither."""
    plain = Key(difference.key.kind, difference.key.name.partition("(")[0])
    position = positions.get(difference.key) or positions.get(plain)
    if position is None and difference.key.kind == "comment":
        kind, _, name = difference.key.name.partition(" ")
        position = positions.get(Key(kind, name))
    return position or (positions.get(difference.of) if difference.of else None)


def _message(difference: Difference, base: str, in_migrations: Mapping[Key, FilePosition]) -> str:
    without_arguments = Key(difference.key.kind, difference.key.name.partition("(")[0])
    place = in_migrations.get(difference.key) or in_migrations.get(without_arguments)
    made_by = f" ({place.path}:{place.position.line})" if place else ""
    if difference.left is None:
        return f"{difference.key} is made by the migrations{made_by}, but {base} has none"
    if difference.right is None:
        return f"{difference.key} stands in {base}, but no migration makes it"
    return f"{difference.key} is not what the migrations make of it{made_by}"


def _evidence(difference: Difference, base: str) -> str:
    name = f"{difference.key.name.rpartition('.')[2]} " if difference.key.kind in {"column", "constraint"} else ""
    left = [f"- {line}" for line in f"{name}{difference.left}".splitlines() if difference.left is not None]
    right = [f"+ {line}" for line in f"{name}{difference.right}".splitlines() if difference.right is not None]
    return "\n".join([f"--- {base}", "+++ after the migrations", *left, *right])
