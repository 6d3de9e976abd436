"""The objects that a comparison leaves out, as `ctb_verify_ignore` lists them: those of the platform, say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Key, Schema, SchemaObject

LEDGER = "ctb_ledger"
"""The schema in which `ctb apply` keeps its ledger."""
_KINDS = (
    "access method",
    "attachment",
    "cast",
    "collation",
    "column",
    "comment",
    "constraint",
    "conversion",
    "default privileges",
    "dependency",
    "event trigger",
    "extension",
    "foreign data wrapper",
    "foreign table",
    "function",
    "index",
    "language",
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
    "text search parser",
    "text search template",
    "transform",
    "trigger",
    "type",
    "user mapping",
    "view",
)


@dataclass(frozen=True)
class Ignored:
    """The lines of `ctb_verify_ignore`: pairs of a kind of object and a pattern for its name."""

    lines: tuple[tuple[str, str], ...]

    def leaves_out(
        self, key: Key, objects: Mapping[Key, SchemaObject], owners: Mapping[Key, str]
    ) -> tuple[str, str] | None:
        """The line that leaves an object out, by its name, owner, schema or parent; None where none does."""
        line = next((line for line in self.lines if _matches(line, key)), None) or self.of_role(owners.get(key, ""))
        if line:
            return line
        object_ = objects.get(key)
        of = object_.of if object_ else None
        return self.leaves_out(of, objects, owners) if of is not None else None

    def of_role(self, name: str) -> tuple[str, str] | None:
        """The line `role …` that matches a role; None where none does."""
        matching = ((kind, pattern) for kind, pattern in self.lines if kind == "role" and fnmatchcase(name, pattern))
        return next(matching, None) if name else None


def parse_ignored(lines: Iterable[str]) -> Ignored:
    """Parse lines such as `schema auth` or `role neon_*`. Raises ConfigError where one names no kind of object."""
    patterns = [("schema", LEDGER)]
    for line in lines:
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        kind = max((kind for kind in _KINDS if words.startswith(f"{kind} ")), key=len, default="")
        name = words.removeprefix(kind).strip()
        if not kind or not name:
            raise ConfigError(
                f"ctb_verify_ignore: {words!r}: say a kind of object and a name, as `schema auth` or `role neon_*`; "
                f"the kinds are {', '.join(_KINDS)}"
            )
        patterns.append((kind, name))
    return Ignored(tuple(patterns))


def without_ignored(schema: Schema, what: Ignored, owners: Mapping[Key, str]) -> tuple[Schema, set[tuple[str, str]]]:
    """The schema without the ignored objects, and the lines that left something out.

    `owners` are the owners of the live database's objects, which a line `role …` matches.
    """
    used: set[tuple[str, str]] = set()
    kept: dict[Key, SchemaObject] = {}
    for key, object_ in schema.objects.items():
        line = what.leaves_out(key, schema.objects, owners)
        if line:
            used.add(line)
            continue
        kept[key] = object_
        if key.kind in {"privileges", "default privileges"}:
            lines = [(grant, what.of_role(grant.rpartition(": ")[0])) for grant in object_.definition.splitlines()]
            used |= {line for _, line in lines if line}
            left = [grant for grant, line in lines if not line]
            kept[key] = SchemaObject("\n".join(left), object_.of)
            if len(left) < len(lines) and (not left or _is_default(key, left)):
                del kept[key]
    return replace(schema, objects=kept), used


_TABLE = "DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE"
_DEFAULT_PRIVILEGES = {
    "schema": ("CREATE, USAGE", ""),
    "table": (_TABLE, ""),
    "view": (_TABLE, ""),
    "materialized view": (_TABLE, ""),
    "foreign table": (_TABLE, ""),
    "sequence": ("SELECT, UPDATE, USAGE", ""),
    "function": ("EXECUTE", "EXECUTE"),
    "type": ("USAGE", "USAGE"),
}
"""The privileges of the owner and of PUBLIC where nobody granted anything (manual, 5.8)."""


def _is_default(key: Key, lines: Sequence[str]) -> bool:
    """Whether the lines are the default privileges, which a schema does not list."""
    kind = next((kind for kind in _DEFAULT_PRIVILEGES if key.name.startswith(f"{kind} ")), "")
    granted = {}
    for line in lines:
        role, _, privileges = line.rpartition(": ")
        granted[role == "PUBLIC"] = privileges.replace("MAINTAIN, ", "")
    to_owner, to_public = granted.get(False, ""), granted.get(True, "")
    return bool(kind) and len(granted) == len(lines) and (to_owner, to_public) == _DEFAULT_PRIVILEGES[kind]


def without_defaults(key: Key, lines: list[str]) -> list[str]:
    """The lines of privileges without the owner's defaults; all lines where there is nothing else."""
    kind = next((kind for kind in _DEFAULT_PRIVILEGES if key.name.startswith(f"{kind} ")), "")
    default = f"owner: {_DEFAULT_PRIVILEGES[kind][0]}" if kind else ""
    return [line for line in lines if line.replace("MAINTAIN, ", "") != default] or lines


def _matches(line: tuple[str, str], key: Key) -> bool:
    kind, pattern = line
    if kind == "role":
        words = key.name.removeprefix("for ")
        role = words.rpartition(" in ")[0] or words.rpartition(" on ")[0]
        return (
            key.kind == "default privileges"
            and fnmatchcase(role, pattern)
            and key.name.startswith((f"for {role} in ", f"for {role} on "))
        )
    if kind == "schema" and key.kind != "schema":
        return _in_schema(key, pattern)
    return kind == key.kind and (key.name == pattern or fnmatchcase(key.name, pattern))


def _in_schema(key: Key, pattern: str) -> bool:
    """Whether an object lies in a schema that matches, by its name; default privileges name the schema after `in`."""
    if key.kind == "default privileges":
        return any(fnmatchcase(key.name, f"for * in {pattern} on {what}") for what in _DEFAULT_KINDS)
    names = key.name.split(".")
    schemas = (".".join(names[:end]) for end in range(1, len(names)))
    return key.kind not in _NO_SCHEMA and any(schema == pattern or fnmatchcase(schema, pattern) for schema in schemas)


_DEFAULT_KINDS = ("tables", "sequences", "functions", "types", "schemas", "large objects")
_NO_SCHEMA = {
    "extension",
    "publication",
    "event trigger",
    "cast",
    "server",
    "user mapping",
    "foreign data wrapper",
    "language",
    "access method",
    "transform",
    "attachment",
    "dependency",
    "comment",
    "privileges",
}
"""Kinds whose name holds no schema; the last four are left out with the object they belong to."""
