"""The schema as a run left it, and how it differs now: differences that block the next run, and those only reported.

Read from the catalogs of the live database alone: it needs no other server. How definitions are printed depends on the
server's version and on catalog.sql; where either has changed, only the existence of objects is compared.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from pytest_ctb.deploy.drift.ignored import LEDGER, Ignored, without_ignored
from pytest_ctb.model import Key, Schema, SchemaObject
from pytest_ctb.replay.witness.catalog import CHOSEN_QUERY, snapshot

_REPORTED_ONLY = {
    "access method",
    "attachment",
    "cast",
    "column order",
    "comment",
    "conversion",
    "declared columns",
    "default privileges",
    "dependency",
    "event trigger",
    "extension",
    "foreign data wrapper",
    "language",
    "privileges",
    "publication",
    "schema",
    "server",
    "text search parser",
    "text search template",
    "transform",
    "user mapping",
}
"""Kinds whose changes never block a run: no migration mistakes such an object for one of its own."""
_SHOWN = 5
_CLOSED_SCHEMAS = """
SELECT n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace n
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE pg_catalog.pg_has_role(r.oid, 'MEMBER')
                  AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE'))
"""
"""The schemas in which neither the session's role nor any role that it is a member of may create objects."""
_ROLES = "SELECT rolname::pg_catalog.text FROM pg_catalog.pg_roles"
_OWNERS = """
SELECT session_user::pg_catalog.text UNION SELECT pg_catalog.pg_get_userbyid(datdba)::pg_catalog.text
FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
"""


@dataclass(frozen=True)
class RecordedSchema:
    """The objects of a database, as a run left them."""

    objects: Mapping[Key, SchemaObject]
    others: frozenset[Key] = frozenset()
    """Those that no migration made: they existed before the first one, or the user accepted them."""
    words: str = ""
    """A digest of what definitions depend on; where two are equal, equal objects have equal definitions."""
    event: int = 0
    """The number of the last event in the ledger at that time."""
    closed: frozenset[str] = frozenset()
    """The schemas that were left out, because the role that read may not create objects there."""

    def text(self) -> str:
        """The JSON that the ledger stores."""
        rows = [
            [*key, object_.definition, *(object_.of or (None, None)), key in self.others]
            for key, object_ in self.objects.items()
        ]
        document = {"closed": sorted(self.closed), "objects": rows}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def parse_schema(event: int, words: str, text: str) -> RecordedSchema | None:
    """The schema of which `text` is the JSON; None where it cannot be read any more."""
    objects: dict[Key, SchemaObject] = {}
    others = set()
    try:
        document = json.loads(text)
        for kind, name, definition, of_kind, of_name, other in document["objects"]:
            key = Key(kind, name)
            objects[key] = SchemaObject(definition, Key(of_kind, of_name) if of_kind else None)
            others |= {key} if other else set()
        return RecordedSchema(objects, frozenset(others), words, event, frozenset(document["closed"]))
    except (ValueError, TypeError, LookupError):
        return None


def read_schema(connection: psycopg.Connection[Any]) -> RecordedSchema:
    """The present schema of the database, without the owners of objects.

    Schemas in which the role may not create objects are left out: a platform keeps its own objects there, and no
    migration can mistake them for its own. Raises psycopg.Error.
    """
    closed = [name for (name,) in connection.execute(_CLOSED_SCHEMAS).fetchall()]
    roles = [name for (name,) in connection.execute(_ROLES).fetchall()]
    owners = [name for (name,) in connection.execute(_OWNERS).fetchall()]
    schema, _ = without_ignored(
        snapshot(connection, ""), Ignored(tuple(("schema", name) for name in (LEDGER, *closed))), {}
    )
    major = connection.info.server_version // 10000
    words = hashlib.sha256(f"{major} {CHOSEN_QUERY}".encode()).hexdigest()[:16]
    return RecordedSchema(unowned(schema, roles, owners).objects, words=words, closed=frozenset(closed))


def unowned(schema: Schema, roles: Iterable[str], owners: Iterable[str]) -> Schema:
    """The schema without `OWNER role` for each of `roles`; privileges of each of `owners` are those of `owner`."""
    any_role = "|".join(re.escape(role) for role in sorted(roles, key=len, reverse=True))
    owned = re.compile(rf"\bOWNER (?:{any_role})(?!\S)")
    granted = re.compile(rf"^(?:{'|'.join(map(re.escape, owners))}): ", re.MULTILINE)
    objects = {}
    for key, object_ in schema.objects.items():
        pattern, replacement = (granted, "owner: ") if key.kind == "privileges" else (owned, "")
        objects[key] = object_._replace(definition=pattern.sub(replacement, object_.definition))
    return Schema(objects)


@dataclass(frozen=True)
class LedgerDrift:
    """How a schema differs from what the last run left, one line a difference."""

    blocking: tuple[str, ...] = ()
    """Objects that a migration could mistake for its own: they keep a run from starting."""
    notes: tuple[str, ...] = ()
    """Differences that are only reported."""


def ledger_drift(known: RecordedSchema, now: RecordedSchema, ignored: Ignored) -> LedgerDrift:
    """How `now` differs from `known`, the schema that the last run left, without what is ignored."""
    blocking: list[str] = []
    notes: list[str] = []
    same_words = known.words == now.words
    ignored = Ignored((*ignored.lines, *(("schema", name) for name in sorted(known.closed | now.closed))))
    for key in sorted(known.objects.keys() | now.objects.keys(), key=lambda key: (key.name, key.kind)):
        was, is_now = known.objects.get(key), now.objects.get(key)
        if was == is_now or (was and is_now and not same_words) or _transient(key, was, is_now):
            continue
        if _follows_parent(key, known, now) or any(
            ignored.leaves_out(ancestor, {}, {}) for ancestor in _chain(key, known, now)
        ):
            continue
        change = "is gone" if is_now is None else "is there" if was is None else "is another"
        foreign = _of_others(key, known, now) or _partition(key, known, now) or _names_not_null(key, was or is_now)
        (notes if foreign or not may_block(key) else blocking).append(f"{key} {change}")
    return LedgerDrift(tuple(blocking), tuple(notes))


def unrecorded_lines(now: RecordedSchema, ignored: Ignored) -> tuple[str, ...]:
    """The objects that a migration could mistake for its own and that are not ignored, a line each; no parts."""
    keys = (key for key, object_ in now.objects.items() if may_block(key) and object_.of is None)
    return tuple(f"{key} is there" for key in keys if not ignored.leaves_out(key, {}, {}))


def may_block(key: Key) -> bool:
    """Whether a migration could mistake an object of this kind for one of its own."""
    return key.kind not in _REPORTED_ONLY


def unrecorded_objects(now: RecordedSchema, before: RecordedSchema | None) -> frozenset[Key]:
    """The objects that a migration could mistake for its own and that, as far as is known, no migration made."""
    made = before.objects.keys() - before.others if before else frozenset()
    return frozenset(key for key in now.objects if may_block(key) and key not in made)


def first_lines(lines: Iterable[str]) -> str:
    """The first five lines, indented, and how many more there are."""
    lines = list(lines)
    more = [f"… and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return "\n".join(f"  {line}" for line in [*lines[:_SHOWN], *more])


def _transient(key: Key, was: SchemaObject | None, is_now: SchemaObject | None) -> bool:
    """Whether the difference comes and goes in normal use: an invalid index, or whether a view has its rows."""
    if key.kind == "index":
        return all(state is None or state.definition.endswith("INVALID") for state in (was, is_now))
    if key.kind == "materialized view" and was and is_now:
        return _filled(was.definition) == _filled(is_now.definition)
    return False


def _names_not_null(key: Key, object_: SchemaObject | None) -> bool:
    """Whether it only tells the name of a NOT NULL, which the column itself is compared for."""
    return key.kind == "constraint" and object_ is not None and object_.definition.startswith("NOT NULL")


def _filled(definition: str) -> str:
    return definition.replace("WITH NO DATA", "", 1).replace("  ", " ")


def _follows_parent(key: Key, known: RecordedSchema, now: RecordedSchema) -> bool:
    """Whether the object came or went with the one it belongs to, which has a line of its own."""
    of = (known.objects.get(key) or now.objects[key]).of
    if of is None:
        return False
    return (of in known.objects) != (of in now.objects) and (key in known.objects) != (key in now.objects)


def _of_others(key: Key, known: RecordedSchema, now: RecordedSchema) -> bool:
    """Whether no migration made the object or what it belongs to, or it is new in a schema of such objects."""
    return any(ancestor in known.others for ancestor in _chain(key, known, now)) or (
        key not in known.objects and may_block(key) and _schema_of_others(key, known)
    )


def _schema_of_others(new: Key, known: RecordedSchema) -> bool:
    schema = new.name.partition(".")[0]
    keys = [key for key in known.objects if may_block(key) and key.name.startswith(f"{schema}.")]
    return bool(keys) and all(key in known.others for key in keys)


def _partition(key: Key, known: RecordedSchema, now: RecordedSchema) -> bool:
    """Whether the object is or belongs to a partition; programs create and drop partitions as time goes by."""
    return any(
        "PARTITION OF" in object_.definition
        for ancestor in _chain(key, known, now)
        if ancestor.kind in {"table", "foreign table"}
        for object_ in (known.objects.get(ancestor), now.objects.get(ancestor))
        if object_
    )


def _chain(key: Key, known: RecordedSchema, now: RecordedSchema) -> Iterator[Key]:
    """An object, what it belongs to, and so on upwards."""
    ancestor: Key | None = key
    while ancestor is not None:
        yield ancestor
        parent = known.objects.get(ancestor) or now.objects.get(ancestor)
        ancestor = parent.of if parent else None
