"""What differs between two schemas, object by object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_ctb.model import Difference, Schema


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


def diff(found: Iterable[Difference], left: str, right: str) -> str:
    """Differences as a person reads them: `-` what the left side has, `+` what the right side has."""
    lines = [f"--- {left}", f"+++ {right}"]
    for one in found:
        lines.append(f"@@ {one.key}")
        lines += [f"- {line}" for line in (one.left or "").splitlines() or [""] if one.left is not None]
        lines += [f"+ {line}" for line in (one.right or "").splitlines() or [""] if one.right is not None]
    return "\n".join(lines)


def _same_columns(left: str, right: str) -> bool:
    """Where columns differ, that is told of each; their order means something only among the same."""
    return sorted(left.split(", ")) == sorted(right.split(", "))
