"""All names in a statement, whatever they stand for."""

from __future__ import annotations

from typing import NamedTuple

from pytest_ctb.model import Statement
from pytest_ctb.sql.tree import parse_tree, walk

_NAME_FIELDS = ("colname", "name", "newname", "subname", "sval")


class Mentions(NamedTuple):
    """The names in a statement, and whether it defines or names a constraint."""

    names: frozenset[str] = frozenset()
    constraint: bool = False


def mentions(statement: Statement) -> Mentions:
    """All names in a statement, without those of the statements inside it; none for one that cannot be read."""
    if not statement.tag:
        return Mentions()
    names, constraint = set(), False
    for node in walk(parse_tree(statement)):
        kind = node.DESCRIPTOR.name
        constraint |= kind == "Constraint" and bool(node.conname or node.keys or node.HasField("raw_expr"))
        for name_field in _NAME_FIELDS:
            value = getattr(node, name_field, None)
            if isinstance(value, str) and value:
                names.add(value)
    return Mentions(frozenset(names), constraint)


def named(statement: Statement) -> frozenset[str]:
    """The bare names of relations and columns in a statement, and in its bodies."""
    names: set[str] = set()
    for inner in statement.walk():
        names |= mentions(inner).names
        if inner.tag:
            names |= {node.relname for node in walk(parse_tree(inner)) if node.DESCRIPTOR.name == "RangeVar"}
    return frozenset(names)
