"""The differences between the replayed schema and a live database, without those that mean nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pytest_ctb.deploy.drift.ignored import Ignored, without_ignored
from pytest_ctb.deploy.drift.live_schema import LiveSchema
from pytest_ctb.model import Difference, Key, Schema, SchemaObject, ServerInfo
from pytest_ctb.model.differences import differences, of_the_server
from pytest_ctb.sql import equivalent

_AS_STATEMENT = {
    "column": "CREATE TABLE t (c {})",
    "constraint": "ALTER TABLE t ADD {}",
    "index": "{}",
    "view": "CREATE VIEW v AS {}",
    "materialized view": "CREATE MATERIALIZED VIEW v AS {}",
    "policy": "CREATE POLICY p ON t AS {}",
    "rule": "{}",
    "trigger": "{}",
}
"""For each kind, a statement that holds an object's definition, so that the parser can compare two."""
_PUBLIC = Key("schema", "public")
_PUBLIC_PRIVILEGES = Key("privileges", "schema public")
MAINTAIN = 17
"""The first major version of Postgres that has the privilege MAINTAIN."""
_ONLY_A_NAME = re.compile(r"NOT NULL (?:\w+|\".*\")")
"""The definition of a NOT NULL that says no more than the column does."""


@dataclass(frozen=True)
class Drift:
    """How a live database differs from the migrations; `left` of a Difference is the migrations' side."""

    wanted: Schema
    live: Schema
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
    """Remarks for the user that are no drift."""


def as_owned(schema: Schema, role: str) -> Schema:
    """The schema that a superuser replayed, with its objects owned by `owner` instead."""
    objects: dict[Key, SchemaObject] = {}
    for key, object_ in schema.objects.items():
        definition = object_.definition.removesuffix(f"OWNER {role}").rstrip().removeprefix(f"OWNER {role}").lstrip()
        name = key.name
        if key.kind in {"privileges", "default privileges"}:
            start = f"{role}: "
            definition = _replace_start(definition, start, "owner: ")
            name = f"for owner {name.removeprefix(f'for {role} ')}" if name.startswith(f"for {role} ") else name
        objects[Key(key.kind, name)] = SchemaObject(definition, object_.of)
    return Schema(objects)


def _replace_start(text: str, start: str, replacement: str) -> str:
    """The lines of a text, sorted, with `start` replaced where a line begins with it."""
    lines = (replacement + line.removeprefix(start) if line.startswith(start) else line for line in text.splitlines())
    return "\n".join(sorted(lines))


def compare_schemas(wanted: Schema, server: ServerInfo, live: LiveSchema, ignored: Ignored) -> Drift:
    """Compare the schema that the migrations make, replayed on `server`, with a live database."""
    notes = _version_notes(server, live)
    majors = {server.major, live.major}
    wanted, used_here = without_ignored(_comparable(wanted), ignored, live.owners)
    actual, used_there = without_ignored(_comparable(live.schema), ignored, live.owners)
    unused = [line for line in ignored.lines[1:] if line not in used_here | used_there]
    notes += [f"ctb_verify_ignore: `{' '.join(line)}` leaves nothing out" for line in unused]
    if min(majors) < MAINTAIN <= max(majors):
        wanted, actual = _without_maintain(wanted), _without_maintain(actual)
    wanted, actual = _without_public_owner(wanted), _without_public_owner(actual)
    drift = []
    for difference in differences(wanted, actual):
        note = _note(difference, live, old_public=min(majors) < 15 <= max(majors))
        if note:
            notes.append(note)
        elif not same_meaning(difference, majors) and not _follows_owner(difference, wanted, actual, live.owners):
            drift.append(difference)
    return Drift(wanted, actual, tuple(drift), tuple(notes))


def _comparable(schema: Schema) -> Schema:
    """The schema without what a repair cannot mean: what all databases of a server share, and names of NOT NULL.

    An index of a partition goes with that of the whole table, so it is left out as long as it is attached.
    """
    attached = {
        (object_.of, key.name.rpartition(".")[2]) for key, object_ in schema.objects.items() if key.kind == "attachment"
    }
    kept = {
        key: object_
        for key, object_ in schema.objects.items()
        if key.kind != "attachment"
        and not of_the_server(key, object_.of)
        and not (key.kind in {"index", "constraint"} and (object_.of, key.name.rpartition(".")[2]) in attached)
        and not (key.kind == "constraint" and _ONLY_A_NAME.fullmatch(object_.definition))
    }
    return replace(schema, objects=kept)


def _version_notes(server: ServerInfo, live: LiveSchema) -> list[str]:
    if server.major == live.major:
        return []
    return [
        f"the database is Postgres {live.major}, the migrations were replayed on {server.major}: what these are known "
        f"to print in two ways is no drift (a throwaway server of {live.major} would tell it for sure)"
    ]


def _without_public_owner(schema: Schema) -> Schema:
    """The schema with `public` owned by no name: pg_database_owner stands for the owner of the database."""
    objects = dict(schema.objects)
    if _PUBLIC in objects and objects[_PUBLIC].definition == "OWNER pg_database_owner":
        objects[_PUBLIC] = SchemaObject("")
    if _PUBLIC_PRIVILEGES in objects:
        privileges = _replace_start(objects[_PUBLIC_PRIVILEGES].definition, "pg_database_owner: ", "owner: ")
        objects[_PUBLIC_PRIVILEGES] = SchemaObject(privileges, _PUBLIC)
    return replace(schema, objects=objects)


def _without_maintain(schema: Schema) -> Schema:
    objects = dict(schema.objects)
    for key, object_ in schema.objects.items():
        if key.kind not in {"privileges", "default privileges"}:
            continue
        kept = []
        for line in object_.definition.splitlines():
            role, _, listed = line.rpartition(": ")
            privileges = [privilege for privilege in listed.split(", ") if privilege not in {"MAINTAIN", "MAINTAIN*"}]
            kept += [f"{role}: {', '.join(privileges)}"] if privileges else []
        objects[key] = SchemaObject("\n".join(kept), object_.of)
        if object_.definition and not kept:
            del objects[key]
    return replace(schema, objects=objects)


def _note(difference: Difference, live: LiveSchema, *, old_public: bool) -> str:
    """The remark for a difference that no migration could repair; empty where it is drift."""
    kind = difference.key.kind
    if kind == "declared columns":
        there, wanted = difference.right or "none", difference.left or "none"
        return f"{difference.key.name} and its parent both declare the columns {there}; the migrations: {wanted}"
    if kind == "column order":
        return (
            f"the columns of {difference.key.name} stand in another order: {difference.right}; "
            f"the migrations: {difference.left}"
        )
    if kind == "extension" and difference.left is not None and difference.right is not None:
        replayed, _, replayed_version = difference.left.rpartition(" VERSION ")
        live_definition, _, live_version = difference.right.rpartition(" VERSION ")
        if replayed == live_definition:
            return f"extension {difference.key.name} has version {live_version}, replayed was {replayed_version}"
    if str(difference.key) in live.unseen and difference.left is not None and difference.right is not None:
        return f"the options of {difference.key} cannot be seen by {live.reader}"
    if old_public and str(difference.key) in {"schema public", "privileges schema public", "comment schema public"}:
        return f"{difference.key} is another one from Postgres 15 on, and was not compared"
    return ""


def same_meaning(difference: Difference, majors: set[int]) -> bool:
    """Whether the two sides mean the same although Postgres prints them differently."""
    if difference.left is None or difference.right is None:
        return False
    if difference.key.kind in {"publication", "collation"} and len(majors) > 1:
        return _same_json(difference.left, difference.right)
    if difference.key.kind == "statistics":  # their columns are printed in the order of the table
        return _same_columns(difference.left, difference.right)
    form = _AS_STATEMENT.get(difference.key.kind)
    left, right = difference.left, difference.right
    if form is None:
        return False
    if difference.key.kind in {"view", "materialized view"}:  # the owner and the options stand before AS
        (left_head, _, left), (right_head, _, right) = left.partition("AS\n"), right.partition("AS\n")
        if left_head != right_head:
            return False
    # Up to Postgres 15 the columns of a view are printed with their table, even where there is only one.
    return equivalent(form.format(left), form.format(right), qualified=not min(majors) < 16 <= max(majors))


def _same_columns(left: str, right: str) -> bool:
    """Whether two definitions of statistics have the same columns, in any order, and are the same besides."""
    return _without_column_order(left) == _without_column_order(right)


def _without_column_order(definition: str) -> tuple[str, list[str], str]:
    """What stands before ON, the sorted columns, and the table after FROM."""
    head, _, rest = definition.partition(" ON ")
    columns, _, table = rest.rpartition(" FROM ")
    return head, sorted(columns.split(", ")), table


def _follows_owner(difference: Difference, wanted: Schema, live: Schema, owners: Mapping[Key, str]) -> bool:
    """Whether the difference only follows from another owner, which has a difference of its own."""
    if difference.left is None or difference.right is None or difference.of is None:
        return False
    if difference.key.kind == "sequence" and difference.right.startswith("OWNER ") and difference.of in live.objects:
        return difference.right.partition(" AS ")[2] == difference.left.partition("AS ")[2]
    of = difference.of
    if difference.key.kind == "privileges" and of.kind == "column":
        of = wanted.objects[of].of or of if of in wanted.objects else of
    if difference.key.kind == "privileges" and wanted.objects.get(of) != live.objects.get(of) and of in owners:
        return _replace_start(difference.right, f"{owners[of]}: ", "owner: ").splitlines() == sorted(
            difference.left.splitlines()
        )
    return False


def _same_json(left: str, right: str) -> bool:
    """Whether lines of JSON agree on the keys that both have: newer versions of Postgres have more."""
    values = [list(_lines(text)) for text in (left, right)]
    return len(values[0]) == len(values[1]) and all(_agree(*pair) for pair in zip(*values, strict=True))


def _lines(words: str) -> Iterator[object]:
    for line in words.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            yield line


def _agree(left: object, right: object) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return all(left[name] == right[name] for name in left.keys() & right.keys())
    return left == right
