"""What differs between the migrations, replayed, and a live database: object by object, without what is none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pytest_ctb.deploy.drift.ignored import Ignored, left_out
from pytest_ctb.deploy.drift.observe import Observed
from pytest_ctb.model import Difference, Key, Schema, SchemaObject, ServerInfo
from pytest_ctb.model.differences import differences
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
"""What makes a statement of an object's words."""
_PUBLIC = Key("schema", "public")
_ITS_PRIVILEGES = Key("privileges", "schema public")
MAINTAIN = 17
"""The version from which a table can be granted that."""


@dataclass(frozen=True)
class Drift:
    """A comparison; in each Difference the left side is what the migrations say, the right what the database has."""

    wanted: Schema
    live: Schema
    found: tuple[Difference, ...]
    notes: tuple[str, ...]
    """What a person should know, and is no drift."""


def as_owned(schema: Schema, role: str) -> Schema:
    """What a superuser replayed, as if it had been the role for which the owner stands."""
    objects: dict[Key, SchemaObject] = {}
    for key, one in schema.objects.items():
        words = one.definition.removesuffix(f"OWNER {role}").rstrip().removeprefix(f"OWNER {role}").lstrip()
        name = key.name
        if key.kind in {"privileges", "default privileges"}:
            start = f"{role}: "
            lines = [
                f"owner: {each.removeprefix(start)}" if each.startswith(start) else each for each in words.splitlines()
            ]
            words = "\n".join(sorted(lines))
            name = f"for owner {name.removeprefix(f'for {role} ')}" if name.startswith(f"for {role} ") else name
        objects[Key(key.kind, name)] = SchemaObject(words, one.of)
    return Schema(objects)


def drift(wanted: Schema, server: ServerInfo, live: Observed, ignored: Ignored) -> Drift:
    """Compare what the migrations make, on the server that replayed, with a live database."""
    notes = _about_versions(server, live)
    straddles = {server.major, live.major}
    one, used_here = left_out(wanted, ignored, live.owners)
    other, used_there = left_out(live.schema, ignored, live.owners)
    for_nothing = [line for line in ignored.lines[1:] if line not in used_here | used_there]
    notes += [f"ctb_verify_ignore: `{' '.join(line)}` leaves nothing out" for line in for_nothing]
    if min(straddles) < MAINTAIN <= max(straddles):
        one, other = _without_maintain(one), _without_maintain(other)
    one, other = _public(one), _public(other)
    found = []
    for each in differences(one, other):
        note = _note(each, live, old_public=min(straddles) < 15 <= max(straddles))
        if note:
            notes.append(note)
        elif not meant(each, straddles) and not _follows(each, one, other, live.owners):
            found.append(each)
    return Drift(one, other, tuple(found), tuple(notes))


def _about_versions(server: ServerInfo, live: Observed) -> list[str]:
    if server.major == live.major:
        return []
    return [
        f"the database is Postgres {live.major}, the migrations were replayed on {server.major}: what these are known "
        f"to print in two ways is no drift (a throwaway server of {live.major} would tell it for sure)"
    ]


def _public(schema: Schema) -> Schema:
    """Whether the schema public belongs to the owner of the database by name or by pg_database_owner is the same."""
    objects = dict(schema.objects)
    if _PUBLIC in objects and objects[_PUBLIC].definition == "OWNER pg_database_owner":
        objects[_PUBLIC] = SchemaObject("")
    if _ITS_PRIVILEGES in objects:
        lines = objects[_ITS_PRIVILEGES].definition.splitlines()
        lines = ["owner: " + one.partition(": ")[2] if one.startswith("pg_database_owner: ") else one for one in lines]
        objects[_ITS_PRIVILEGES] = SchemaObject("\n".join(sorted(lines)), _PUBLIC)
    return replace(schema, objects=objects)


def _without_maintain(schema: Schema) -> Schema:
    objects = dict(schema.objects)
    for key, one in schema.objects.items():
        if key.kind not in {"privileges", "default privileges"}:
            continue
        kept = []
        for line in one.definition.splitlines():
            who, _, what = line.rpartition(": ")
            left = [each for each in what.split(", ") if each not in {"MAINTAIN", "MAINTAIN*"}]
            kept += [f"{who}: {', '.join(left)}"] if left else []
        objects[key] = SchemaObject("\n".join(kept), one.of)
        if one.definition and not kept:
            del objects[key]
    return replace(schema, objects=objects)


def _note(one: Difference, live: Observed, *, old_public: bool) -> str:
    """Why a difference is none that a migration could put right; empty where it is drift."""
    kind = one.key.kind
    if kind == "column order":
        return f"the columns of {one.key.name} stand in another order: {one.right}; the migrations: {one.left}"
    if kind == "extension" and one.left is not None and one.right is not None:
        mine, theirs = (words.rpartition(" VERSION ") for words in (one.left, one.right))
        if mine[0] == theirs[0]:
            return f"extension {one.key.name} has version {theirs[2]}, replayed was {mine[2]}"
    if str(one.key) in live.unseen and one.left is not None and one.right is not None:
        return f"the options of {one.key} cannot be seen by {live.reader}"
    if old_public and str(one.key) in {"schema public", "privileges schema public", "comment schema public"}:
        return f"{one.key} is another one from Postgres 15 on, and was not compared"
    return ""


def meant(one: Difference, majors: set[int]) -> bool:
    """The two sides are printed in two ways, but are the same."""
    if one.left is None or one.right is None:
        return False
    if one.key.kind in {"publication", "collation"} and len(majors) > 1:
        return _same_json(one.left, one.right)
    if one.key.kind == "statistics":  # their columns are told as they stand in the table
        return _same_list(one.left, one.right)
    form = _AS_STATEMENT.get(one.key.kind)
    mine, theirs = one.left, one.right
    if form is None:
        return False
    if one.key.kind in {"view", "materialized view"}:  # in front of AS stand its owner and its options
        (before, _, mine), (too, _, theirs) = mine.partition("AS\n"), theirs.partition("AS\n")
        if before != too:
            return False
    # Up to 15 a view's columns are printed with their table also where there is only one.
    return equivalent(form.format(mine), form.format(theirs), qualified=not min(majors) < 16 <= max(majors))


def _same_list(left: str, right: str) -> bool:
    """The same columns between ON and FROM, in another order."""
    (before, _, mine), (too, _, theirs) = left.partition(" ON "), right.partition(" ON ")
    (mine, _, table), (theirs, _, other) = mine.rpartition(" FROM "), theirs.rpartition(" FROM ")
    return (before, table) == (too, other) and sorted(mine.split(", ")) == sorted(theirs.split(", "))


def _follows(one: Difference, wanted: Schema, live: Schema, owners: Mapping[Key, str]) -> bool:
    """It only follows from another owner, which is told of the object itself."""
    if one.left is None or one.right is None or one.of is None:
        return False
    if one.key.kind == "sequence" and one.right.startswith("OWNER ") and one.of in live.objects:
        return one.right.partition(" AS ")[2] == one.left.partition("AS ")[2]
    of = one.of
    if one.key.kind == "privileges" and of.kind == "column":
        of = wanted.objects[of].of or of if of in wanted.objects else of
    if one.key.kind == "privileges" and wanted.objects.get(of) != live.objects.get(of) and of in owners:
        start = f"{owners[of]}: "
        told = [
            "owner: " + line.removeprefix(start) if line.startswith(start) else line for line in one.right.splitlines()
        ]
        return sorted(told) == sorted(one.left.splitlines())
    return False


def _same_json(left: str, right: str) -> bool:
    """Lines of JSON that say the same as far as both have a key: newer versions have more."""
    mine, theirs = (list(_lines(one)) for one in (left, right))
    return len(mine) == len(theirs) and all(_agree(*pair) for pair in zip(mine, theirs, strict=True))


def _lines(words: str) -> Iterator[object]:
    for line in words.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            yield line


def _agree(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return all(one[name] == other[name] for name in one.keys() & other.keys())
    return one == other
