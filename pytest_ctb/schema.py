"""What differs between two schemas, object by object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_ctb.model import Key, Schema


@dataclass(frozen=True)
class Difference:
    """One object that is not the same on both sides; a side that lacks it is None."""

    key: Key
    of: Key | None
    left: str | None
    right: str | None


def differences(left: Schema, right: Schema) -> Iterator[Difference]:
    """The objects that differ, sorted by name. Where a table is missing its columns, indexes and so on are not told."""
    a, b = left.objects, right.objects
    for key in sorted(a.keys() | b.keys(), key=lambda key: (key.name, key.kind)):
        mine, theirs = a.get(key), b.get(key)
        one = mine or theirs
        if mine == theirs or one is None:
            continue
        whole = one.of
        if whole is not None and (mine is None or theirs is None) and (whole in a) != (whole in b):
            continue
        if (
            key.kind == "column order"
            and mine
            and theirs
            and _same_columns(mine.definition, theirs.definition) is False
        ):
            continue
        yield Difference(key, whole, mine.definition if mine else None, theirs.definition if theirs else None)


def _same_columns(left: str, right: str) -> bool:
    """Where columns differ, that is told of each; their order means something only among the same."""
    return sorted(left.split(", ")) == sorted(right.split(", "))
