"""The base schemas of a repository: which files they are, and of which part of the schema each is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_ctb.model import LEDGER_TABLES, Creation, Difference, Evidence, Key, Migration, Schema
from pytest_ctb.model.creations import is_in_part, root_of
from pytest_ctb.model.differences import of_the_server
from pytest_ctb.sql import equivalent

WHOLE = "neon.sql"
"""The file that holds the whole schema, by the guide."""
_USUAL = "*schema*.sql"
"""The files beside it that hold parts: `neon-company-schema.sql`."""
_PART = "part"
_TO_COMPARE = {
    "constraint": "ALTER TABLE t ADD ",
    "index": "",
    "view": "CREATE VIEW v ",
    "materialized view": "CREATE MATERIALIZED VIEW v ",
}
"""The words that make a statement of a definition, which `equivalent` can parse."""
_MAY_REFER = {"constraint", "trigger", "policy", "rule", "index"}
"""Parts of a table that may need an object outside."""
_PUBLIC = "public"


def usual_bases(folder: Path) -> tuple[Path, ...]:
    """The base schemas of a folder: `neon.sql`, then the others by name."""
    files = {file for pattern in (WHOLE, _USUAL) for file in folder.glob(pattern) if file.is_file()}
    return tuple(sorted(files, key=lambda file: (file.name != WHOLE, file.name)))


def part_names(base: Migration) -> tuple[str, ...]:
    """The schemas and objects of which a base schema is, as its header says: `-- Part: company, people.master`."""
    fields = (field for field in base.header if field.name.casefold() == _PART)
    return tuple(name.strip().replace('"', "") for field in fields for name in field.value.split(",") if name.strip())


@dataclass(frozen=True)
class BasePart:
    """A base schema that declares a part of what the migrations make."""

    names: tuple[str, ...]
    """The schemas and objects that its header names; empty: its part is the objects that it declares."""
    base: Schema
    replay: Evidence

    def differences(self, differences: Iterable[Difference]) -> Iterator[Difference]:
        """Those that lie in the part, without what needs an object outside of it."""
        for difference in differences:
            if self._is_in(difference.key, difference.of) and not self._needs_more(difference):
                yield from self._among_roles(difference)

    def holds(self, creation: Creation) -> bool:
        """Whether an object that the migrations make belongs to the part; not if it needs one outside of it."""
        if not self._is_in(creation.key, creation.of):
            return False
        parts = (creation.key, creation.of or creation.key)
        return not any(self._needs_more(Difference(key, None, None, "")) for key in parts)

    def _is_in(self, key: Key, of: Key | None) -> bool:
        if of_the_server(key, of):
            return key in self.base.objects
        if key in self.base.objects:
            return True
        root = root_of(self.replay.schema, key)
        if root.kind == "default privileges":
            return False
        return is_in_part(self.replay.schema, key, self.names) if self.names else root in self.base.objects

    def _needs_more(self, difference: Difference) -> bool:
        """Whether what the base lacks needs an object that the migrations make and that is no object of the part."""
        if difference.left is not None or difference.key.kind not in _MAY_REFER:
            return False
        return any(not self._has(need) for made in self._made(difference.key) for need in made.needs)

    def _has(self, key: Key) -> bool:
        known = key not in self.replay.schema.objects or key in self.base.objects
        return known or (bool(self.names) and self._is_in(key, None))

    def _made(self, key: Key) -> Iterator[Creation]:
        return (made for made in self.replay.creations if made.key == key)

    def _among_roles(self, difference: Difference) -> Iterator[Difference]:
        """A difference in privileges, without those of roles that the base does not make."""
        if difference.key.kind != "privileges":
            yield difference
            return
        roles = {key.name for key in self.replay.schema.objects if key.kind == "role"}
        foreign = tuple(f"{role}: " for role in roles if Key("role", role) not in self.base.objects)
        sides = [_without(side, foreign) for side in (difference.left, difference.right)]
        if sides[0] != sides[1] and not (difference.left is None and _is_own_alone(sides[1])):
            yield difference


def base_part(base: Migration, bases: Sequence[Migration], schema: Schema, replay: Evidence) -> BasePart | None:
    """The part that a base schema declares, which makes `schema`; None where it is the whole schema.

    Its header says of what it is a part. Without that, `neon.sql` is the whole and what is beside it a part; where
    no base has that name, one of several is a part when it lacks a whole schema.
    """
    names = part_names(base)
    if names:
        return BasePart(names, schema, replay)
    if not _may_be_part(base, bases):
        return None
    if not all(_may_be_part(other, bases) for other in bases) or _schemas(replay.schema) - _schemas(schema):
        return BasePart((), schema, replay)
    return None


def of_a_ledger(difference: Difference) -> bool:
    """Whether it is of a table in which a tool notes what it applied, which no migration makes."""
    name = (difference.of or difference.key).name.rpartition(".")[2]
    return difference.right is None and name.removesuffix("_id_seq") in LEDGER_TABLES


def same_meaning(difference: Difference) -> bool:
    """The two definitions are written differently, but mean the same."""
    start = _TO_COMPARE.get(difference.key.kind)
    return (
        start is not None
        and difference.left is not None
        and difference.right is not None
        and equivalent(start + difference.left, start + difference.right)
    )


def _may_be_part(base: Migration, bases: Sequence[Migration]) -> bool:
    """Whether a base schema may be a part without saying so: one of several is, and `neon.sql` never."""
    return len(bases) > 1 and base.path.rpartition("/")[2] != WHOLE


def in_part(creations: Iterable[Creation], part: BasePart) -> Iterator[Creation]:
    """What makes the objects of a part, without what needs an object outside of it."""
    for creation in creations:
        if part.holds(creation):
            yield creation


def _schemas(schema: Schema) -> set[str]:
    return {key.name for key in schema.objects if key.kind == "schema"} - {_PUBLIC}


def _without(side: str | None, roles: tuple[str, ...]) -> str | None:
    return (
        None if side is None else "\n".join(line for line in side.splitlines() if not line.startswith(roles or ("\0",)))
    )


def _is_own_alone(side: str | None) -> bool:
    """Whether privileges are those of the owner alone, which an object has without any GRANT."""
    return side is not None and all(line.startswith("owner: ") for line in side.splitlines())
