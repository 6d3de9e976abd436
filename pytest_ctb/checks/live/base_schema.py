"""CT15: a declared base schema, loaded into an empty database, gives what the migrations give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pytest_ctb.checks import Case, Scope, check, unapplied
from pytest_ctb.checks.live._last_change import FilePosition
from pytest_ctb.checks.live._origins import Origins
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Difference, Evidence, Finding, Key, Position
from pytest_ctb.model.creations import creation_text
from pytest_ctb.model.differences import differences, of_the_server
from pytest_ctb.repository.bases import base_part, of_a_ledger, same_meaning
from pytest_ctb.sql import object_positions


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
    """Compare the catalogs of the two databases, object by object; of a base schema that is a part, the part."""
    loaded, schema = case.replay.bases[case.subject]
    part = base_part(case.migration, case.repository.bases, schema, case.replay)
    if loaded.error:
        at = loaded.error.position or Position(loaded.failed_line, 1)
        sent = next((sent for sent in case.migration.sent if sent.position.line == loaded.failed_line), None)
        from pytest_ctb.checks.live._advice import advice  # noqa: PLC0415  # it reads what platforms provide

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
    origins = Origins(case.repository, case.replay)
    all_differences = differences(schema, case.replay.schema)
    for difference in part.differences(all_differences) if part else all_differences:
        if same_meaning(difference) or _left_out(difference, case.options):
            continue
        at = _nearest(difference, base_places) or Position(1, 1)
        yield case.finding(
            at,
            _message(difference, case.subject, origins),
            instead=_ddl(difference, case.replay),
            details=_evidence(difference, case.subject),
        )


def _ddl(difference: Difference, replay: Evidence) -> str:
    """What makes an object that the base lacks, with its parts; empty where the base has it."""
    if difference.left is not None:
        return ""
    key = difference.key
    return creation_text(creation for creation in replay.creations if key in {creation.key, creation.of, creation.root})


def _left_out(difference: Difference, options: Options) -> bool:
    if of_a_ledger(difference):
        return True
    if difference.key.kind == "column order":
        return not options.column_order
    return not options.roles and of_the_server(difference.key, difference.of)


def _nearest(difference: Difference, positions: Mapping[Key, Position]) -> Position | None:
    """The position where the object is defined, else that of the object that it belongs to; None for neither."""
    plain = Key(difference.key.kind, difference.key.name.partition("(")[0])
    position = positions.get(difference.key) or positions.get(plain)
    if position is None and difference.key.kind == "comment":
        kind, _, name = difference.key.name.partition(" ")
        position = positions.get(Key(kind, name))
    return position or (positions.get(difference.of) if difference.of else None)


def _message(difference: Difference, base: str, origins: Origins) -> str:
    key, of = difference.key, difference.of
    if difference.left is None:
        return f"{key} is made by the migrations{_at(origins.maker(key, of))}, but {base} has none"
    if difference.right is None:
        dropped = origins.dropper(key, of)
        return f"{key} is in {base}, but no migration makes it" + (
            f": {dropped.path}:{dropped.position.line} drops it" if dropped else ""
        )
    return f"{key} differs from what the migrations make{_at(origins.maker(key, of))}"


def _at(place: FilePosition | None) -> str:
    return f" ({place.path}:{place.position.line})" if place else ""


def _evidence(difference: Difference, base: str) -> str:
    """The two definitions as a diff; nothing of an object whose definition has no words, as a table's."""
    if not (difference.left or difference.right):
        return ""
    name = f"{difference.key.name.rpartition('.')[2]} " if difference.key.kind in {"column", "constraint"} else ""
    left = [f"- {line}" for line in f"{name}{difference.left}".splitlines() if difference.left is not None]
    right = [f"+ {line}" for line in f"{name}{difference.right}".splitlines() if difference.right is not None]
    return "\n".join([f"--- {base}", "+++ after the migrations", *left, *right])
