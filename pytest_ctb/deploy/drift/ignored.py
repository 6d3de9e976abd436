"""What a comparison leaves out: objects of the platform, as `ctb_verify_ignore` lists them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Key, Schema, SchemaObject

LEDGER = "ctb_ledger"
"""The schema in which `ctb apply` keeps its ledger."""
_KINDS = (
    "cast",
    "collation",
    "column",
    "comment",
    "constraint",
    "default privileges",
    "event trigger",
    "extension",
    "foreign data wrapper",
    "foreign table",
    "function",
    "index",
    "materialized view",
    "operator",
    "operator class",
    "operator family",
    "policy",
    "privileges",
    "publication",
    "role",
    "rule",
    "schema",
    "sequence",
    "server",
    "statistics",
    "table",
    "text search configuration",
    "text search dictionary",
    "trigger",
    "type",
    "user mapping",
    "view",
)


@dataclass(frozen=True)
class Ignored:
    """Patterns of names, each with the kind of object that it is for."""

    lines: tuple[tuple[str, str], ...]

    def leaves_out(
        self, key: Key, objects: Mapping[Key, SchemaObject], owners: Mapping[Key, str]
    ) -> tuple[str, str] | None:
        """The line by which an object is left out: by itself, its owner, what it goes with, its schema; else None."""
        found = next((line for line in self.lines if _meets(line, key)), None) or self.of_role(owners.get(key, ""))
        if found:
            return found
        one = objects.get(key)
        of = one.of if one else None
        return self.leaves_out(of, objects, owners) if of is not None else None

    def of_role(self, name: str) -> tuple[str, str] | None:
        """The line that a role meets."""
        return next((one for one in self.lines if name and one[0] == "role" and fnmatchcase(name, one[1])), None)


def ignored(lines: Iterable[str]) -> Ignored:
    """Read lines as `schema auth` or `role neon_*`. Raises ConfigError where one names no kind of object."""
    found = [("schema", LEDGER)]
    for line in lines:
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        kind = max((one for one in _KINDS if words.startswith(f"{one} ")), key=len, default="")
        name = words.removeprefix(kind).strip()
        if not kind or not name:
            raise ConfigError(
                f"ctb_verify_ignore: {words!r}: say a kind of object and a name, as `schema auth` or `role neon_*`; "
                f"the kinds are {', '.join(_KINDS)}"
            )
        found.append((kind, name))
    return Ignored(tuple(found))


def left_out(schema: Schema, what: Ignored, owners: Mapping[Key, str]) -> tuple[Schema, set[tuple[str, str]]]:
    """The schema without what is ignored, and the lines that left something out.

    `owners` are the roles to whom objects of the live database belong: by these a line `role …` leaves them out.
    """
    used: set[tuple[str, str]] = set()
    kept: dict[Key, SchemaObject] = {}
    for key, one in schema.objects.items():
        line = what.leaves_out(key, schema.objects, owners)
        if line:
            used.add(line)
            continue
        kept[key] = one
        if key.kind in {"privileges", "default privileges"}:
            lines = [(grant, what.of_role(grant.rpartition(": ")[0])) for grant in one.definition.splitlines()]
            used |= {line for _, line in lines if line}
            left = [grant for grant, line in lines if not line]
            kept[key] = SchemaObject("\n".join(left), one.of)
            if len(left) < len(lines) and (not left or _usual(key, left)):
                del kept[key]
    return replace(schema, objects=kept), used


_TABLE = "DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE"
_USUAL = {
    "schema": ("CREATE, USAGE", ""),
    "table": (_TABLE, ""),
    "view": (_TABLE, ""),
    "materialized view": (_TABLE, ""),
    "foreign table": (_TABLE, ""),
    "sequence": ("SELECT, UPDATE, USAGE", ""),
    "function": ("EXECUTE", "EXECUTE"),
    "type": ("USAGE", "USAGE"),
}
"""What is granted to the owner and to everybody where nobody granted anything (manual, 5.8)."""


def _usual(key: Key, lines: Sequence[str]) -> bool:
    """What is left is what there is without any GRANT, which is then not told."""
    kind = next((one for one in _USUAL if key.name.startswith(f"{one} ")), "")
    told = {who == "PUBLIC": what.replace("MAINTAIN, ", "") for who, _, what in (one.rpartition(": ") for one in lines)}
    return bool(kind) and len(told) == len(lines) and (told.get(False, ""), told.get(True, "")) == _USUAL[kind]


def untold(key: Key, lines: list[str]) -> list[str]:
    """The lines of privileges without what the owner has anyway; all of them where there is nothing else."""
    kind = next((one for one in _USUAL if key.name.startswith(f"{one} ")), "")
    own = f"owner: {_USUAL[kind][0]}" if kind else ""
    return [one for one in lines if one.replace("MAINTAIN, ", "") != own] or lines


def _meets(line: tuple[str, str], key: Key) -> bool:
    kind, pattern = line
    if kind == "role":
        return key.kind == "default privileges" and any(
            key.name.startswith(("for " + who + " in ", "for " + who + " on ")) for who in _fitting(pattern, key.name)
        )
    if kind == "schema" and key.kind != "schema":
        return _inside(key, pattern)
    return kind == key.kind and (key.name == pattern or fnmatchcase(key.name, pattern))


def _inside(key: Key, pattern: str) -> bool:
    """The name starts with a schema's; that of default privileges says it in words."""
    if key.kind == "default privileges":
        return any(fnmatchcase(key.name, f"for * in {pattern} on {what}") for what in _DEFAULTS)
    names = key.name.split(".")
    schemas = (".".join(names[:end]) for end in range(1, len(names)))
    return key.kind not in _NO_SCHEMA and any(one == pattern or fnmatchcase(one, pattern) for one in schemas)


_DEFAULTS = ("tables", "sequences", "functions", "types", "schemas", "large objects")
_NO_SCHEMA = {
    "extension",
    "publication",
    "event trigger",
    "cast",
    "server",
    "user mapping",
    "foreign data wrapper",
    "comment",
    "privileges",
}
"""Kinds whose name holds none: of the last two what they are of tells it."""


def _fitting(pattern: str, name: str) -> list[str]:
    """The role of a key of default privileges, where its name meets the pattern."""
    words = name.removeprefix("for ")
    who = words.rpartition(" in ")[0] or words.rpartition(" on ")[0]
    return [who] if fnmatchcase(who, pattern) else []
