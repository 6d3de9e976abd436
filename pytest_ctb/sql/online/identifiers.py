"""The names that stand in a statement, each by itself: without saying of what."""

from __future__ import annotations

from pytest_ctb.model import Statement
from pytest_ctb.sql.names.mentions import mentions
from pytest_ctb.sql.tree import parse_tree, walk


def identifiers(statement: Statement) -> frozenset[str]:
    """The names in a statement and in those inside its body: of tables, columns, constraints, whatever they are of."""
    names: set[str] = set()
    for inner in statement.walk():
        if not inner.tag:
            continue
        names |= mentions(inner).names
        for node in walk(parse_tree(inner)):
            if node.DESCRIPTOR.name == "RangeVar":
                names.add(node.relname)
    return frozenset(names)
