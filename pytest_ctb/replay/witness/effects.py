"""What a statement did, put together from what was heard while it ran and from its transaction before and after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pytest_ctb.model import Dropped, Key, Lock, Rows, Scan
from pytest_ctb.model.locks import READS, blocked_by
from pytest_ctb.replay.witness.probe import Probe, Relation

_KINDS = {
    "table column": "column",
    "foreign table column": "column",
    "table constraint": "constraint",
    "procedure": "function",
    "aggregate": "function",
    "composite type": "type",
    "domain": "type",
}
RELATION_KINDS = {
    "r": "table",
    "p": "table",
    "f": "foreign table",
    "v": "view",
    "m": "materialized view",
    "S": "sequence",
    "i": "index",
    "I": "index",
    "c": "type",
}
_MAKING = ("CREATE", "SELECT INTO", "IMPORT")
_OF_A_TABLE = {"column", "constraint", "trigger", "policy", "rule"}
UNTOLD = {"default value", "toast table", "table row type"}
WHY = re.compile(r"(?:verifying|rewriting|validating|building index) ")
"""What the server says of itself at DEBUG1 about why it reads a table from end to end (tablecmds.c, index.c)."""
REWRITING = "rewriting table "
_OF_TABLE = re.compile(
    r'(?:verifying|rewriting) table "(.*)"|building index ".*" on table "(.*)" (?:serially|with request .*)', re.DOTALL
)


class Why(NamedTuple):
    """Why a table is read, in the server's words, which name it without its schema."""

    message: str
    tables: frozenset[int] = frozenset()
    """The numbers of the tables that the command was about; empty where no event trigger told."""


def locks_held(probe: Probe, since: int) -> tuple[Lock, ...]:
    """The locks that a transaction holds, on what was there before the file: for others it still is."""
    held = [(relation, relation.modes) for relation in probe.relations.values()]
    held += [(relation, probe.gone[oid]) for oid, relation in probe.dropped.items()]
    return tuple(
        _lock(relation, mode, probe.relations.get(relation.table, relation), probe)
        for relation, modes in held
        if _is_older(relation, probe, since)
        for mode in sorted(modes)
    )


def locks_taken(before: Probe, after: Probe, since: int, outside: Mapping[int, Relation]) -> tuple[Lock, ...]:
    """The locks that were taken in between, each on a relation as it was before.

    `outside` is what another session sees of what has another name now, or is dropped.
    """

    def was(oid: int, now: Relation) -> Relation:
        return before.relations.get(oid) or outside.get(oid) or now._replace(inserted=0, deleted=0)

    locks = [
        _lock(was(oid, relation), mode, was(relation.table, after.relations.get(relation.table, relation)), after)
        for oid, relation in after.relations.items()
        if _is_older(relation, after, since)
        for mode in sorted(set(relation.modes) - set(_before(before, relation).modes))
    ]
    for oid, modes in after.gone.items():
        known = before.relations.get(oid) or outside.get(oid)
        if known and _is_older(known, after, since):
            taken = set(modes) - set(known.modes) - set(before.gone.get(oid, ()))
            locks += [_lock(known, mode, was(known.table, known), after) for mode in sorted(taken)]
    return tuple(locks)


def _is_older(relation: Relation, probe: Probe, since: int) -> bool:
    """Whether a relation was there before the file; or is an index of such a table, which others use already."""
    return relation.oid <= since or (relation.table <= since and relation.oid in probe.readers)


def _lock(relation: Relation, mode: str, table: Relation, probe: Probe) -> Lock:
    kind = "partitioned index" if relation.kind == "I" else RELATION_KINDS.get(relation.kind, relation.kind)
    readers = [reader for reader in probe.readers.get(relation.oid, ()) if blocked_by(mode)]
    reads = READS in blocked_by(mode) and kind != "sequence"  # nobody who reads a table takes a number
    views = tuple(reader.name for reader in readers if reader.kind == "v" and (reads or reader.writes))
    others = tuple(reader.name for reader in readers if reader.kind != "v" and reader.oid != table.oid)
    tables, parents = (others, ()) if kind == "sequence" else ((), others)
    size = table.rows * table.width
    return Lock(relation.qualified_name, mode, kind, table.qualified_name, table.rows, size, views, parents, tables)


def key_of(kind: str, identity: str) -> Key:
    """An object by the kind and the name that the server gives it."""
    return Key(_KINDS.get(kind, kind), identity)


def made(rows: Iterable[list[Any]], since: int) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    """What was created and what was altered."""
    created: dict[Key, None] = {}
    altered: dict[Key, None] = {}
    for tag, kind, identity, _, oid, _, _ in rows:
        if not identity or identity.startswith("pg_temp") or is_internal(identity):
            continue
        (created if tag.startswith(_MAKING) and int(oid or 0) > since else altered)[key_of(kind, identity)] = None
    return tuple(created), tuple(key for key in altered if key not in created)


def dropped(rows: Iterable[list[Any]], since: int) -> Iterator[Dropped]:
    """What was dropped, but for what goes with it under a name of Postgres's own."""
    for kind, identity, _, oid, _, original, names, temporary in rows:
        known = _KINDS.get(kind, kind)
        untold = (kind == "type" and original is False) or kind in UNTOLD
        if temporary or untold or is_internal(identity) or not names:
            continue
        table = ".".join(names[:2]) if known in _OF_A_TABLE else ""
        name = ".".join(names) if known != "function" else identity
        yield Dropped(Key(known, name), table, None if original is None else not original, own=int(oid) > since)


def is_internal(identity: str | None) -> bool:
    """What Postgres makes and drops along with something else, under a name of its own."""
    return (identity or "").startswith(("pg_toast.", '"pg_toast".', '"RI_ConstraintTrigger', '"_RETURN" on '))


def rewritten(after: Probe, heard: Sequence[int], why: Iterable[Why], since: int) -> tuple[str, ...]:
    """The tables whose rows were written anew by an ALTER TABLE: as the event told, or the server's own words."""
    said = _by_table((reason for reason in why if reason.message.startswith(REWRITING)), after)
    numbers = [*heard, *(oid for oid in said if after.relations[oid].filenode > since)]
    return tuple(dict.fromkeys(after.relations[oid].qualified_name for oid in numbers if oid in after.relations))


def stored_anew(after: Probe, since: int, newest: int) -> Iterator[Relation]:
    """What was there before the file, and got other storage: a number above `newest`, the highest before."""
    for relation in after.relations.values():
        if relation.oid <= since and relation.filenode > newest and relation.kind in "rpm":
            yield relation


def scans(before: Probe, after: Probe, why: Iterable[Why], since: int) -> Iterator[Scan]:
    """The tables that were read from end to end, each with its own reasons."""
    reasons = _by_table(why, after)
    for relation in after.relations.values():
        times = relation.scans - _before(before, relation).scans
        if relation.oid <= since and relation.kind in "rpmf" and times > 0:
            yield Scan(relation.qualified_name, times, tuple(reasons.get(relation.oid, ())))


def _by_table(why: Iterable[Why], after: Probe) -> dict[int, list[str]]:
    """The reasons of each table, by its number: the server names it without its schema, the command may tell more."""
    named: dict[str, set[int]] = {}
    for relation in after.relations.values():
        if relation.kind in "rm":
            named.setdefault(relation.name, set()).add(relation.oid)
    reasons: dict[int, list[str]] = {}
    for reason in why:
        words = _OF_TABLE.fullmatch(reason.message)
        meant = named.get(words[1] or words[2], set()) if words else set()
        for oid in meant & reason.tables or meant:
            reasons.setdefault(oid, []).append(reason.message)
    return reasons


def rows(before: Probe, after: Probe) -> Iterator[Rows]:
    """How many rows were written of which table."""
    for relation in after.relations.values():
        if relation.kind not in "rpf":
            continue
        was = _before(before, relation)
        # TRUNCATE sets the counters back: what was inserted before it counts no more.
        counts = [
            max(0, relation.inserted - was.inserted),
            max(0, relation.updated - was.updated),
            max(0, relation.deleted - was.deleted),
        ]
        if any(counts):
            yield Rows(relation.qualified_name, *counts)


def _before(before: Probe, relation: Relation) -> Relation:
    nothing = relation._replace(modes=(), inserted=0, updated=0, deleted=0, scans=0)
    return before.relations.get(relation.oid, nothing)
