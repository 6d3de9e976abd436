"""What exactly a statement altered: the properties of objects, before it and behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pytest_ctb.model import Alteration, Key
from pytest_ctb.model.locks import MODES
from pytest_ctb.replay.witness.catalog import OWNER
from pytest_ctb.replay.witness.effects import RELATION_KINDS
from pytest_ctb.replay.witness.probe import Probe

_REPORTED = {"column", "constraint", "value"}
"""Parts that an ALTER adds without an event trigger reporting them."""
_WORDLESS = {"expression"}
"""Properties of which only a digest can be had: their text cannot be asked for while the table is locked."""
_WORDS = {
    "enabled": {"O": "yes", "R": "REPLICA", "A": "ALWAYS"},
    "generated": {"s": "STORED", "v": "VIRTUAL"},
    "identity": {"a": "ALWAYS", "d": "BY DEFAULT"},
    "replica identity": {"d": "DEFAULT", "n": "NOTHING", "f": "FULL", "i": "USING INDEX"},
    "storage": {"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"},
    "compression": {"p": "pglz", "l": "lz4"},
}
"""What the letters of the catalogs mean."""


class Part(NamedTuple):
    """An object or a part of one: a column, a constraint, a value of an enumeration."""

    kind: str
    name: str
    words: str
    """What it is, in short: the type of a column, `CHECK`."""
    properties: Mapping[str, str | int | None]


Object = tuple[str, int]
"""A relation (`pg_class`) or type (`pg_type`), and its number."""
Parts = dict[str, str]
"""The parts of an object: the JSON of each by its address, a catalog and two numbers. Only what differs is decoded."""
Ask = Callable[[Collection[Object]], dict[Object, Parts]]
"""Reads objects, in one session or another."""


class Properties:
    """What is known of the objects that one file alters.

    Each is read before its first ALTER, from a session that sees what is committed alone, and behind every one.
    """

    def __init__(self, role: str | None) -> None:
        """`role` is the one that migrates: here it is called `owner`, as everywhere."""
        self._names = {role, OWNER}
        self._known: dict[Object, Parts] = {}

    def forget(self) -> None:
        """Another file comes, or a transaction was rolled back."""
        self._known.clear()

    def read_again(self, inside: Ask) -> None:
        """A savepoint was gone back to: what is known may be so no more."""
        if self._known:
            self._known = inside(list(self._known))

    def alterations(self, objects: Collection[Object], outside: Ask, inside: Ask) -> tuple[Alteration, ...]:
        """What a statement altered of these objects; call it before its transaction ends.

        `inside` reads them in that transaction, `outside` in a session that sees what is committed alone.
        """
        if not objects:
            return ()
        unknown = [known for known in objects if known not in self._known]
        before = self._known | outside(unknown) if unknown else dict(self._known)
        now = inside(objects)
        self._known |= now
        changes = (_changes(before[known], parts) for known, parts in now.items() if known in before)
        return tuple(dict.fromkeys(self._anonymous(change) for some in changes for change in some))

    def _anonymous(self, change: Alteration) -> Alteration:
        if change.what != "owner":
            return change
        old, new = ("owner" if name in self._names else name for name in (change.old, change.new))
        return change._replace(old=old, new=new)


def read(rows: Sequence[tuple[Any, ...]]) -> dict[Object, Parts]:
    """The parts of each object, from the answer to `properties`."""
    objects: dict[Object, Parts] = {}
    for line in (rows[0][0] or "").split("\n"):
        if line:
            catalog, oid, *address, part = line.split("\t")
            objects.setdefault((catalog, int(oid)), {})[" ".join(address)] = part
    return objects


def _changes(before: Parts, now: Parts) -> Iterator[Alteration]:
    """The properties that differ."""
    gone = {address: _decoded(part) for address, part in before.items() if address not in now}
    for address, text in now.items():
        if before.get(address) == text:
            continue
        part = _decoded(text)
        was = _decoded(before[address]) if address in before else _same_name(gone, address, part)
        key = Key("type" if part.kind == "value" else part.kind, part.name)
        if was is None:
            if part.kind in _REPORTED and part.words not in {"NOT NULL", ""}:
                yield Alteration(key, part.kind, None, part.words)
            continue
        for what, new in part.properties.items():
            old = was.properties[what]
            if old != new:
                yield Alteration(key, what, _worded(what, old), _worded(what, new))


def _same_name(gone: Mapping[str, Part], address: str, part: Part) -> Part | None:
    """What went and was made anew under its name: the constraints of a column that gets another type."""
    catalog = address.partition(" ")[0]
    named = (old for place, old in gone.items() if place.startswith(f"{catalog} ") and old.name == part.name)
    return next(named, None)


def _decoded(text: str) -> Part:
    kind, name, words, properties = json.loads(text)
    return Part(RELATION_KINDS.get(kind, kind), name, words, properties)


def _worded(what: str, value: str | int | None) -> str | None:
    if value is None or what in _WORDLESS:
        return None
    return _WORDS.get(what, {}).get(str(value), str(value))


def as_arrays(objects: Collection[Object]) -> dict[str, str]:
    """The parameters of `properties` for these objects, as the server reads arrays."""
    numbers: dict[str, list[str]] = {"pg_class": [], "pg_type": []}
    for catalog, oid in sorted(objects):
        numbers[catalog].append(str(oid))
    relations, types = (f"{{{','.join(oids)}}}" for oids in numbers.values())
    return {"relations": relations, "types": types}


def altered_objects(
    made: Collection[list[Any]],
    dropped: Collection[list[Any]],
    reached: Collection[int],
    before: Probe,
    after: Probe,
) -> set[Object]:
    """The relations and types of which the event triggers reported an ALTER, and the partitions and heirs of such.

    Also tables that lost a default because what it used was dropped: they are locked, under the name that is reported.
    """
    objects: set[Object] = set()
    for tag, _, _, catalog, oid, _, table in made:
        if tag.startswith("ALTER") and catalog in {"pg_class", "pg_type"}:
            objects.add((catalog, int(oid)))
        elif tag.startswith("ALTER") and catalog in {"pg_trigger", "pg_constraint", "pg_rewrite"} and table:
            objects.add(("pg_class", int(table)))
    if any(catalog == "pg_class" for catalog, _ in objects):
        # An event trigger reports the table that the text names: not its heirs, nor the partition that it detaches.
        objects |= {
            ("pg_class", oid) for _, oid in perhaps_altered(after) if oid not in before.relations or oid in reached
        }
    names = {tuple(row[6][:2]) for row in dropped if row[0] == "default value" and row[6]}
    if names:
        objects |= {("pg_class", oid) for oid, table in after.relations.items() if (table.schema, table.name) in names}
    return objects


def perhaps_altered(after: Probe) -> set[Object]:
    """The relations that a transaction may have altered, by its locks on them: where no event trigger reports."""
    weaker = set(MODES[: MODES.index("SHARE UPDATE EXCLUSIVE")])
    return {("pg_class", oid) for oid, table in after.relations.items() if set(table.modes) - weaker}
