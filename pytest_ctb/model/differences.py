"""The differences between two schemas, object by object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_ctb.model import Difference, Key, Schema

_OF_THE_SERVER = {
    "database",
    "membership",
    "parameter",
    "role",
    "setting",
    "subscription",
    "system privileges",
    "tablespace",
}
"""Kinds that no database holds alone, and what such privileges and comments are of: `pg_dumpall` writes most."""


def differences(left: Schema, right: Schema) -> Iterator[Difference]:
    """The objects that differ, sorted by name. A missing table is one difference: its columns and indexes are none."""
    keys = left.objects.keys() | right.objects.keys()
    for key in sorted(keys, key=lambda key: (key.name, key.kind)):
        old, new = left.objects.get(key), right.objects.get(key)
        if old == new:
            continue
        if old and new:
            if key.kind == "column order" and not _same_columns(old.definition, new.definition):
                continue
            yield Difference(key, old.of, old.definition, new.definition)
            continue
        table = (old or new).of  # type: ignore[union-attr]  # one side has the object
        if table is None or (table in left.objects) == (table in right.objects):
            yield Difference(key, table, old.definition if old else None, new.definition if new else None)


def of_the_server(key: Key, of: Key | None) -> bool:
    """Whether an object, or what it is of, is no database's own: a role, a setting, a privilege on the database."""
    return bool({key.kind, of.kind if of else ""} & _OF_THE_SERVER)


def diff(differences: Iterable[Difference], left: str, right: str) -> str:
    """Differences as a text like a unified diff; `left` and `right` name the two sides."""
    lines = [f"--- {left}", f"+++ {right}"]
    for difference in differences:
        lines.append(f"@@ {difference.key}")
        for sign, definition in (("-", difference.left), ("+", difference.right)):
            if definition is not None:
                lines += [f"{sign} {line}" for line in definition.splitlines() or [""]]
    return "\n".join(lines)


def _same_columns(left: str, right: str) -> bool:
    """Whether two column orders name the same columns: else the columns themselves are differences already."""
    return sorted(left.split(", ")) == sorted(right.split(", "))
