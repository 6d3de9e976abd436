"""What each file should make, as a replay on a throwaway server has seen it, held against what a database has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_ctb.deploy.drift.compare import meant
from pytest_ctb.deploy.known import counts, unowned
from pytest_ctb.model import Difference, Key, Migration, Name, Schema, SchemaObject, ServerInfo
from pytest_ctb.replay.trials.versions import Version
from pytest_ctb.sql import names_in

Objects = Mapping[Key, SchemaObject]
SUPERUSER = "postgres"
"""So every throwaway server of ours calls him; where he replays, objects are his."""
_RELATIONS = {"table", "foreign table", "view", "materialized view", "sequence", "index"}


@dataclass(frozen=True)
class Expected:
    """What the pending files make. Without a replay only names are known, and those alone that the text says."""

    made: Mapping[str, Sequence[Version]] = field(default_factory=dict)
    """By file: the objects that are others behind it; None where one is gone."""
    majors: frozenset[int] = frozenset()
    """Of the server that replayed, and of the live one."""
    why_not: str = ""
    """Why nothing could be replayed; empty where it was."""

    def in_the_way(self, migration: Migration, strangers: Iterable[Key], now: Objects) -> list[str]:
        """What the file makes, and what is there already in another form, though no file made it; a line each."""
        there = set(strangers)
        if self.why_not:
            named = {_named(one) for one in names_in(migration.statements).makes}
            return [f"{key} is there" for key in sorted(there) if _plain(key) in named]
        created = {one.key: one.behind for one in self.made.get(migration.path, ()) if one.before is None}
        met = {key: one for key, one in created.items() if not there.isdisjoint(_chain(key, created))}
        return [_told(one, "the file makes it") for one in self._unlike(met, now)]

    def otherwise(self, migration: Migration, now: Objects) -> list[str]:
        """What the file should have made, and what is not there so, a line each."""
        wanted = {one.key: one.behind for one in self.made.get(migration.path, ())}
        return [_told(one, "the file makes it") for one in self._unlike(wanted, now)]

    def _unlike(self, wanted: Mapping[Key, SchemaObject | None], now: Objects) -> Iterator[Difference]:
        for key, one in wanted.items():
            there = now.get(key)
            if counts(key) and _words(one) != _words(there):
                found = Difference(key, one.of if one else None, _words(one), _words(there))
                if not meant(found, set(self.majors)):
                    yield found


def expected(server: ServerInfo, made: Mapping[str, Sequence[Version]], major: int, *, by_superuser: bool) -> Expected:
    """What a replay has seen, in the words in which a live database of that major version is read."""
    if by_superuser:
        made = {path: [_unowned(one) for one in versions] for path, versions in made.items()}
    return Expected(made, frozenset({server.major, major}))


def _unowned(version: Version) -> Version:
    key, behind, before = version
    return Version(key, *(_without_owner(key, one) for one in (behind, before)))


def _without_owner(key: Key, one: SchemaObject | None) -> SchemaObject | None:
    return unowned(Schema({key: one}), [SUPERUSER], [SUPERUSER]).objects[key] if one else None


def _words(one: SchemaObject | None) -> str | None:
    return "\n".join(" ".join(line.split()) for line in one.definition.strip().splitlines()) if one else None


def _chain(key: Key, objects: Mapping[Key, SchemaObject | None]) -> Iterator[Key]:
    """An object, and those that it goes with."""
    at: Key | None = key
    while at is not None:
        yield at
        one = objects.get(at)
        at = one.of if one else None


def _told(one: Difference, wanted: str) -> str:
    left, right = (" ".join((words or "").split()) for words in (one.left, one.right))
    there = "is not there" if one.right is None else f"is `{right}`" if right else "is there"
    if one.left is None:
        return f"{one.key} {there}; the file drops it"
    return f"{one.key} {there}; {wanted}{f' `{left}`' if left else ''}"


def _named(name: Name) -> tuple[str, str]:
    return name.kind, str(name)


def _plain(key: Key) -> tuple[str, str]:
    """As the text of a file names it: a function without its arguments."""
    kind = "relation" if key.kind in _RELATIONS else key.kind
    return kind, key.name.partition("(")[0] if kind == "function" else key.name
