"""Whether a statement says CASCADE."""

from __future__ import annotations

from pytest_ctb.model import Statement
from pytest_ctb.sql.tree import enum, parse_tree, walk


def cascades(statement: Statement) -> bool:
    """Whether a DROP in a statement, or in its body, takes along what depends on the object."""
    return any(
        "behavior" in node.DESCRIPTOR.fields_by_name and enum(node, "behavior") == "DROP_CASCADE"
        for inner in statement.walk()
        if inner.tag
        for node in walk(parse_tree(inner))
    )
