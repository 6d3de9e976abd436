"""What each pending migration should make, as the replay observed it, compared with a live database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_ctb.deploy.drift.compare import same_meaning
from pytest_ctb.deploy.recorded_schema import may_block, unowned
from pytest_ctb.model import Difference, Key, Migration, Schema, SchemaObject, ServerInfo
from pytest_ctb.replay.schema_changes import ObjectChange
from pytest_ctb.sql import names_in

Objects = Mapping[Key, SchemaObject]
SUPERUSER = "postgres"
"""The superuser of every throwaway server; the owner of all objects where it runs the replay."""
_RELATIONS = {"table", "foreign table", "view", "materialized view", "sequence", "index"}


@dataclass(frozen=True)
class ExpectedObjects:
    """What the pending migrations make. Without a replay only the names in their statements are known."""

    made: Mapping[str, Sequence[ObjectChange]] = field(default_factory=dict)
    """By path of the migration: the objects that it changes."""
    majors: frozenset[int] = frozenset()
    """The major versions of the server that replayed and of the live one."""
    why_not: str = ""
    """Why there was no replay; empty where there was one."""

    def in_the_way(self, migration: Migration, unrecorded: Iterable[Key], now: Objects) -> list[str]:
        """The objects that the migration makes and that exist in another form, though no migration made them.

        A line each. `unrecorded` are the existing objects that no migration made.
        """
        existing = set(unrecorded)
        if self.why_not:
            names = {(name.kind, str(name)) for name in names_in(migration.statements).makes}
            return [f"{key} is there" for key in sorted(existing) if _name_in_text(key) in names]
        created = {change.key: change.after for change in self.made.get(migration.path, ()) if change.before is None}
        clashing = {key: wanted for key, wanted in created.items() if not existing.isdisjoint(_chain(key, created))}
        return [_line(difference) for difference in self._differences(clashing, now)]

    def not_as_expected(self, migration: Migration, now: Objects) -> list[str]:
        """The objects that the applied migration should have made and that differ in the database, a line each."""
        wanted = {change.key: change.after for change in self.made.get(migration.path, ())}
        return [_line(difference) for difference in self._differences(wanted, now)]

    def _differences(self, wanted: Mapping[Key, SchemaObject | None], now: Objects) -> Iterator[Difference]:
        for key, expected in wanted.items():
            actual = now.get(key)
            if may_block(key) and _definition(expected) != _definition(actual):
                of = expected.of if expected else None
                difference = Difference(key, of, _definition(expected), _definition(actual))
                if not same_meaning(difference, set(self.majors)):
                    yield difference


def expected_of_replay(
    server: ServerInfo, made: Mapping[str, Sequence[ObjectChange]], major: int, *, by_superuser: bool
) -> ExpectedObjects:
    """What the replay on `server` observed, comparable with a live database of version `major`."""
    if by_superuser:
        made = {path: [_unowned(change) for change in changes] for path, changes in made.items()}
    return ExpectedObjects(made, frozenset({server.major, major}))


def _unowned(change: ObjectChange) -> ObjectChange:
    key = change.key
    return ObjectChange(key, _without_owner(key, change.after), _without_owner(key, change.before))


def _without_owner(key: Key, object_: SchemaObject | None) -> SchemaObject | None:
    return unowned(Schema({key: object_}), [SUPERUSER], [SUPERUSER]).objects[key] if object_ else None


def _definition(object_: SchemaObject | None) -> str | None:
    """The definition with one space where it has several; None where there is no object."""
    return "\n".join(" ".join(line.split()) for line in object_.definition.strip().splitlines()) if object_ else None


def _chain(key: Key, objects: Mapping[Key, SchemaObject | None]) -> Iterator[Key]:
    """An object, what it belongs to, and so on upwards."""
    ancestor: Key | None = key
    while ancestor is not None:
        yield ancestor
        parent = objects.get(ancestor)
        ancestor = parent.of if parent else None


def _line(difference: Difference) -> str:
    wanted, actual = (" ".join((definition or "").split()) for definition in (difference.left, difference.right))
    state = "is not there" if difference.right is None else f"is `{actual}`" if actual else "is there"
    if difference.left is None:
        return f"{difference.key} {state}; the file drops it"
    return f"{difference.key} {state}; the file makes it{f' `{wanted}`' if wanted else ''}"


def _name_in_text(key: Key) -> tuple[str, str]:
    """Kind and name as a statement writes them: a function without its arguments."""
    kind = "relation" if key.kind in _RELATIONS else key.kind
    return kind, key.name.partition("(")[0] if kind == "function" else key.name
