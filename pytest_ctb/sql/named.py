"""Which names a statement says, wherever in it they stand."""

from __future__ import annotations

from typing import NamedTuple

from pytest_ctb.model import Statement
from pytest_ctb.sql.tree import parse_tree, walk

_FIELDS = ("colname", "name", "newname", "subname", "sval")


class Said(NamedTuple):
    """The names that a statement says, and whether it says something of a constraint."""

    names: frozenset[str] = frozenset()
    constraint: bool = False


def named_in(statement: Statement) -> Said:
    """The names in a statement itself, not in those inside it; none of one that cannot be read."""
    if not statement.tag:
        return Said()
    names, constraint = set(), False
    for node in walk(parse_tree(statement)):
        kind = node.DESCRIPTOR.name
        constraint |= kind == "Constraint" and bool(node.conname or node.keys or node.HasField("raw_expr"))
        for field in _FIELDS:
            value = getattr(node, field, None)
            if isinstance(value, str) and value:
                names.add(value)
    return Said(frozenset(names), constraint)
