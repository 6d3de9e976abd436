"""The schema as a run left it, and what differs from it now: what stands in the way of a run, and what is only told.

Read from the catalogs of the live database alone: it needs no other server. The words are those of one server and one
version of catalog.sql; where either is another one now, only that an object is there or not is compared.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from pytest_ctb.deploy.drift.ignored import LEDGER, Ignored, left_out
from pytest_ctb.model import Key, Schema, SchemaObject
from pytest_ctb.replay.witness.catalog import CHOSEN_QUERY, snapshot

_TOLD_ONLY = {
    "cast",
    "column order",
    "comment",
    "default privileges",
    "event trigger",
    "extension",
    "foreign data wrapper",
    "privileges",
    "publication",
    "schema",
    "server",
    "user mapping",
}
"""What others may change without any file being untrue for it; nothing of it is passed by where it is there already."""
_NAMED = 5
_MAY_NOT_MAKE = """
SELECT n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace n
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE pg_catalog.pg_has_role(r.oid, 'MEMBER')
                  AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE'))
"""
"""The schemas in which the role of the session, and whatever role it can become, makes nothing."""
_ROLES = "SELECT rolname::pg_catalog.text FROM pg_catalog.pg_roles"
_OWN = """
SELECT session_user::pg_catalog.text UNION SELECT pg_catalog.pg_get_userbyid(datdba)::pg_catalog.text
FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
"""


@dataclass(frozen=True)
class Known:
    """The objects of a database, as a run left them."""

    objects: Mapping[Key, SchemaObject]
    others: frozenset[Key] = frozenset()
    """Those that no file made: they were there before the first, or a person has said that they are to stay."""
    words: str = ""
    """Equal where the same object is told in the same words."""
    event: int = 0
    """The last event of the ledger then."""
    closed: frozenset[str] = frozenset()
    """The schemas that were left out: the role that looked makes nothing there, though another may."""

    def text(self) -> str:
        """As the ledger holds it."""
        rows = [
            [*key, one.definition, *(one.of or (None, None)), key in self.others] for key, one in self.objects.items()
        ]
        document = {"closed": sorted(self.closed), "objects": rows}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def told(event: int, words: str, text: str) -> Known | None:
    """What `text` made. None where that cannot be read any more."""
    objects: dict[Key, SchemaObject] = {}
    others = set()
    try:
        document = json.loads(text)
        for kind, name, definition, of_kind, of_name, other in document["objects"]:
            key = Key(kind, name)
            objects[key] = SchemaObject(definition, Key(of_kind, of_name) if of_kind else None)
            others |= {key} if other else set()
        return Known(objects, frozenset(others), words, event, frozenset(document["closed"]))
    except (ValueError, TypeError, LookupError):
        return None


def read(connection: psycopg.Connection[Any]) -> Known:
    """What is there now, as far as a file can have made it; it does not tell who owns what.

    Left out is what lies in schemas in which the role may make nothing: what a platform keeps there no file can meet
    unawares. Raises psycopg.Error.
    """
    closed = [name for (name,) in connection.execute(_MAY_NOT_MAKE).fetchall()]
    roles = [name for (name,) in connection.execute(_ROLES).fetchall()]
    own = [name for (name,) in connection.execute(_OWN).fetchall()]
    schema, _ = left_out(snapshot(connection, ""), Ignored(tuple(("schema", name) for name in (LEDGER, *closed))), {})
    major = connection.info.server_version // 10000
    words = hashlib.sha256(f"{major} {CHOSEN_QUERY}".encode()).hexdigest()[:16]
    return Known(unowned(schema, roles, own).objects, words=words, closed=frozenset(closed))


def unowned(schema: Schema, roles: Iterable[str], own: Iterable[str]) -> Schema:
    """The schema in words that do not tell whom of `roles` an object belongs to; each of `own` is called the owner."""
    owners = "|".join(re.escape(one) for one in sorted(roles, key=len, reverse=True))
    owned = re.compile(rf"\bOWNER (?:{owners})(?!\S)")
    granted = re.compile(rf"^(?:{'|'.join(map(re.escape, own))}): ", re.MULTILINE)
    found = {}
    for key, one in schema.objects.items():
        is_privileges = key.kind == "privileges"
        words = granted.sub("owner: ", one.definition) if is_privileges else owned.sub("", one.definition)
        found[key] = one._replace(definition=words)
    return Schema(found)


@dataclass(frozen=True)
class Drifted:
    """What is not as it was left, one line each."""

    refused: tuple[str, ...] = ()
    """What a file may meet, and take for what it makes."""
    noted: tuple[str, ...] = ()
    """What stands in no file's way."""


def drifted(known: Known, now: Known, ignored: Ignored) -> Drifted:
    """What differs from what a run left, but for what is to be ignored."""
    refused: list[str] = []
    noted: list[str] = []
    same_words = known.words == now.words
    ignored = Ignored((*ignored.lines, *(("schema", name) for name in sorted(known.closed | now.closed))))
    for key in sorted(known.objects.keys() | now.objects.keys(), key=lambda key: (key.name, key.kind)):
        was, is_now = known.objects.get(key), now.objects.get(key)
        if was == is_now or (was and is_now and not same_words) or _passing(key, was, is_now):
            continue
        if _goes_along(key, known, now) or any(ignored.leaves_out(one, {}, {}) for one in _chain(key, known, now)):
            continue
        what = "is gone" if is_now is None else "is there" if was is None else "is another"
        strange = _is_others(key, known, now) or _partition(key, known, now)
        (noted if strange or not counts(key) else refused).append(f"{key} {what}")
    return Drifted(tuple(refused), tuple(noted))


def unknown(now: Known, ignored: Ignored) -> tuple[str, ...]:
    """What is there that a file may meet and that is not to be ignored, by whole objects, each a line."""
    found = (key for key, one in now.objects.items() if counts(key) and one.of is None)
    return tuple(f"{key} is there" for key in found if not ignored.leaves_out(key, {}, {}))


def counts(key: Key) -> bool:
    """Whether a file may meet an object of this kind, and take it for what it makes."""
    return key.kind not in _TOLD_ONLY


def strangers(now: Known, before: Known | None) -> frozenset[Key]:
    """What is there that a file may meet, and that no file made as far as is known."""
    made = before.objects.keys() - before.others if before else frozenset()
    return frozenset(key for key in now.objects if counts(key) and key not in made)


def named(lines: Iterable[str]) -> str:
    """The first few of many lines."""
    found = list(lines)
    more = [f"… and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
    return "\n".join(f"  {line}" for line in [*found[:_NAMED], *more])


def _passing(key: Key, was: SchemaObject | None, is_now: SchemaObject | None) -> bool:
    """What comes and goes in the course of work: an index that is being built, or was left; rows of a view."""
    if key.kind == "index":
        return all(one is None or one.definition.endswith("INVALID") for one in (was, is_now))
    if key.kind == "materialized view" and was and is_now:
        return _filled(was.definition) == _filled(is_now.definition)
    return False


def _filled(definition: str) -> str:
    return definition.replace("WITH NO DATA", "", 1).replace("  ", " ")


def _goes_along(key: Key, known: Known, now: Known) -> bool:
    """It came or went with the object that it goes with, which is told."""
    one = known.objects.get(key) or now.objects[key]
    if one.of is None:
        return False
    return (one.of in known.objects) != (one.of in now.objects) and (key in known.objects) != (key in now.objects)


def _is_others(key: Key, known: Known, now: Known) -> bool:
    """It is, or goes with, what no file made; or it is new where everything is of others."""
    return any(one in known.others for one in _chain(key, known, now)) or (
        key not in known.objects and counts(key) and _schema_of_others(key, known)
    )


def _schema_of_others(key: Key, known: Known) -> bool:
    schema = key.name.partition(".")[0]
    there = [one for one in known.objects if counts(one) and one.name.startswith(f"{schema}.")]
    return bool(there) and all(one in known.others for one in there)


def _partition(key: Key, known: Known, now: Known) -> bool:
    """A table that holds a part of another's rows; such are made and dropped as time goes by."""
    return any(
        "PARTITION OF" in one.definition
        for each in _chain(key, known, now)
        if each.kind in {"table", "foreign table"}
        for one in (known.objects.get(each), now.objects.get(each))
        if one
    )


def _chain(key: Key, known: Known, now: Known) -> Iterator[Key]:
    """An object, and those that it goes with."""
    at: Key | None = key
    while at is not None:
        yield at
        one = known.objects.get(at) or now.objects.get(at)
        at = one.of if one else None
