"""The part of the schema that a base schema declares, and the differences in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_ctb.model import Difference, Key, Migration, Name, Schema, Source
from pytest_ctb.model.creations import is_in_part, root_of
from pytest_ctb.model.differences import of_the_server
from pytest_ctb.repository.bases import has_whole, may_be_part, part_names
from pytest_ctb.sql import names_in, parse

_AS_STATEMENT = {"constraint": "ALTER TABLE t ADD {}", "policy": "CREATE POLICY p ON t AS {}"}
"""The statement that a definition of the catalog is a part of; others are statements."""
_MAY_REFER = {"constraint", "trigger", "policy", "rule", "index"}
"""Parts of a table that may need an object outside."""
_PUBLIC = "public"


@dataclass(frozen=True)
class BasePart:
    """A base schema that declares a part of what the migrations make."""

    names: tuple[str, ...]
    """The schemas and objects that its header names; empty: its part is the objects that it declares."""
    base: Schema
    replayed: Schema

    def differences(self, differences: Iterator[Difference]) -> Iterator[Difference]:
        """Those that lie in the part, without what needs an object outside of it."""
        for difference in differences:
            if self._is_in(difference.key, difference.of) and not self._refers_outside(difference):
                yield from self._among_roles(difference)

    def _is_in(self, key: Key, of: Key | None) -> bool:
        if of_the_server(key, of):
            return key in self.base.objects
        if key in self.base.objects:
            return True
        root = root_of(self.replayed, key)
        if root.kind == "default privileges":
            return False
        return is_in_part(self.replayed, key, self.names) if self.names else root in self.base.objects

    def _refers_outside(self, difference: Difference) -> bool:
        """Whether what the base lacks needs an object that the migrations make and the base does not."""
        if difference.left is not None or difference.right is None or difference.key.kind not in _MAY_REFER:
            return False
        form = _AS_STATEMENT.get(difference.key.kind, "{}")
        definition = re.sub(r" (?:DISABLED|ENABLED REPLICA|ENABLED ALWAYS)$", "", difference.right)
        statements, _ = parse(Source(form.format(definition)))
        missing = self.replayed.objects.keys() - self.base.objects.keys()
        outside = {
            (key.kind == "function", key.name.partition("(")[0])
            for key in missing
            if root_of(self.replayed, key) == key
        }
        if self.names:
            outside -= {
                (key.kind == "function", key.name.partition("(")[0])
                for key in missing
                if is_in_part(self.replayed, key, self.names)
            }
        return any((name.kind == "function", _shown(name)) in outside for name in names_in(statements).uses)

    def _among_roles(self, difference: Difference) -> Iterator[Difference]:
        """A difference in privileges, without those of roles that the base does not make."""
        if difference.key.kind != "privileges":
            yield difference
            return
        roles = {key.name for key in self.replayed.objects if key.kind == "role"}
        foreign = tuple(f"{role}: " for role in roles if Key("role", role) not in self.base.objects)
        sides = [_without(side, foreign) for side in (difference.left, difference.right)]
        if sides[0] != sides[1] and not (difference.left is None and _is_own_alone(sides[1])):
            yield difference


def base_part(base: Migration, bases: Sequence[Migration], schema: Schema, replayed: Schema) -> BasePart | None:
    """The part that a base schema declares; None where it is the whole schema.

    Its header says of what it is a part. Without that, `neon.sql` is the whole and what stands beside it a part; where
    no base has that name, one of several is a part when it lacks a whole schema.
    """
    names = part_names(base)
    if names:
        return BasePart(names, schema, replayed)
    if not may_be_part(base, bases):
        return None
    if has_whole(bases) or _schemas(replayed) - _schemas(schema):
        return BasePart((), schema, replayed)
    return None


def _schemas(schema: Schema) -> set[str]:
    return {key.name for key in schema.objects if key.kind == "schema"} - {_PUBLIC}


def _shown(name: Name) -> str:
    return f"{name.schema}.{name.name}"


def _without(side: str | None, roles: tuple[str, ...]) -> str | None:
    return (
        None if side is None else "\n".join(line for line in side.splitlines() if not line.startswith(roles or ("\0",)))
    )


def _is_own_alone(side: str | None) -> bool:
    """Whether privileges are those of the owner alone, which an object has without any GRANT."""
    return side is not None and all(line.startswith("owner: ") for line in side.splitlines())
