"""What exactly a statement altered: the properties of objects, before it and behind it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from pytest_ctb.model import Alteration, Key
from pytest_ctb.model.locks import MODES
from pytest_ctb.replay.witness.effects import RELATION_KINDS
from pytest_ctb.replay.witness.inventory import Address
from pytest_ctb.replay.witness.probe import Probe

_PARTS = {"column", "constraint", "value"}
"""What an ALTER adds that no event trigger reports by itself."""
_WORDLESS = {"expression"}
"""Properties of which only a digest can be had: their text cannot be asked for while the table is locked."""


class Part(NamedTuple):
    """An object or a part of one: a column, a constraint, a value of an enumeration."""

    kind: str
    name: str
    words: str
    """What it is, in short: the type of a column, `CHECK`."""
    properties: Mapping[str, str]


Object = tuple[str, int]
"""A relation (`pg_class`) or type (`pg_type`), and its number."""
Parts = dict[Address, Part]
Ask = Callable[[Collection[Object]], dict[Object, Parts]]
"""Reads objects, in one session or another."""


class Properties:
    """What is known of the objects that one file alters."""

    def __init__(self) -> None:
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
        changes = (_changes(before[name], parts) for name, parts in now.items() if name in before)
        return tuple(dict.fromkeys(change for some in changes for change in some))


def _changes(before: Parts, now: Parts) -> Iterator[Alteration]:
    """The properties that differ. A constraint or index that is made anew under its name is the one that was there."""
    gone = {(address[0], part.name): part for address, part in before.items() if address not in now}
    for address, part in now.items():
        was = before.get(address) or gone.get((address[0], part.name))
        key = Key("type" if part.kind == "value" else part.kind, part.name)
        if was is None:
            if part.kind in _PARTS and part.words not in {"NOT NULL", ""}:
                yield Alteration(key, part.kind, None, part.words)
            continue
        for what in dict.fromkeys([*was.properties, *part.properties]):
            old, new = was.properties.get(what), part.properties.get(what)
            if old != new:
                yield Alteration(key, what, *((None, None) if what in _WORDLESS else (old, new)))


def as_arrays(objects: Collection[Object]) -> dict[str, list[int]]:
    """The parameters of `properties` for these objects."""
    numbers: dict[str, list[int]] = {"pg_class": [], "pg_type": []}
    for catalog, oid in sorted(objects):
        numbers[catalog].append(oid)
    return {"relations": numbers["pg_class"], "types": numbers["pg_type"]}


def parts_of(rows: Collection[tuple[Any, ...]], role: str | None) -> dict[Object, Parts]:
    """The parts of each object, from the answer to `properties`; `role` is the one that we made up."""
    objects: dict[Object, Parts] = {}
    for ((of_catalog, of, catalog, oid, column, kind, name, words, properties),) in rows:
        known = {
            what: "owner" if value == role else _WORDS.get((what, value), str(value))
            for what, value in properties.items()
            if value not in (None, "")
        }
        part = Part(RELATION_KINDS.get(kind, kind), name, words, known)
        objects.setdefault((of_catalog, of), {})[catalog, oid, column] = part
    return objects


_WORDS = {
    ("enabled", "O"): "yes",
    ("enabled", "R"): "REPLICA",
    ("enabled", "A"): "ALWAYS",
    ("generated", "s"): "STORED",
    ("generated", "v"): "VIRTUAL",
    ("identity", "a"): "ALWAYS",
    ("identity", "d"): "BY DEFAULT",
    ("replica identity", "d"): "DEFAULT",
    ("replica identity", "n"): "NOTHING",
    ("replica identity", "f"): "FULL",
    ("replica identity", "i"): "USING INDEX",
    ("storage", "p"): "PLAIN",
    ("storage", "e"): "EXTERNAL",
    ("storage", "m"): "MAIN",
    ("storage", "x"): "EXTENDED",
    ("compression", "p"): "pglz",
    ("compression", "l"): "lz4",
    ("enforced", "true"): "yes",
}
"""The letters that the catalogs have for some values."""


def altered_objects(made: Collection[list[Any]], dropped: Collection[list[Any]], after: Probe) -> set[Object]:
    """The relations and types of which the event triggers reported an ALTER.

    Also tables that lost a default because what it used was dropped: they are locked, under the name that is reported.
    """
    objects: set[Object] = set()
    for tag, _, _, catalog, oid, _, table in made:
        if tag.startswith("ALTER") and catalog in {"pg_class", "pg_type"}:
            objects.add((catalog, int(oid)))
        elif tag.startswith("ALTER") and catalog in {"pg_trigger", "pg_constraint", "pg_rewrite"} and table:
            objects.add(("pg_class", int(table)))
    names = {tuple(row[6][:2]) for row in dropped if row[0] == "default value" and row[6]}
    if names:
        objects |= {("pg_class", oid) for oid, table in after.relations.items() if (table.schema, table.name) in names}
    return objects


def perhaps_altered(after: Probe) -> set[Object]:
    """The relations that a transaction may have altered, by its locks on them: where no event trigger reports."""
    weaker = set(MODES[: MODES.index("SHARE UPDATE EXCLUSIVE")])
    return {("pg_class", oid) for oid, table in after.relations.items() if set(table.modes) - weaker}
