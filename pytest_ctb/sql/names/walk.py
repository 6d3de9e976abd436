"""A walk through the tree of a statement, which collects the objects that the statement needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pytest_ctb.model import Name
from pytest_ctb.sql.names.scope import Lookup, Scope, inner, table_item

Found = tuple[tuple[Name, ...], int]
"""The objects of which one is needed, and the location (bytes into the statement, or -1)."""


class Walk:
    """What is still to be read of a tree; a stack of its own, since statements nest deeper than Python calls."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        self.waiting: list[tuple[Any, Scope]] = []

    def push(self, nodes: Iterable[Any], scope: Scope) -> None:
        """Read these nodes next, in their order."""
        self.waiting += [(inner(node), scope) for node in reversed(list(nodes))]

    def rest(self, node: Any, scope: Scope, *fields: str) -> None:
        """Read next the fields of a node, without those that are named."""
        self.push(children(node, fields), scope)

    def relation(self, range_var: Any) -> Iterator[Found]:
        """The relation of a RangeVar, and the schema that it names."""
        if names := self.lookup.relations(range_var):
            if range_var.schemaname:
                yield (Name("schema", "", range_var.schemaname),), range_var.location
            yield names, range_var.location

    def columns(self, range_var: Any, names: Iterable[str], location: int = -1) -> Iterator[Found]:
        """Columns of the relation of a RangeVar."""
        for name in filter(None, names):
            relations = self.lookup.relations(range_var)
            if relations:
                yield tuple(Name("column", of.schema, name, of.name) for of in relations), location

    def on(self, range_var: Any, scope: Scope, *aliases: str) -> Scope:
        """The scope of expressions about one relation; `aliases`: further names for it."""
        item = table_item(range_var, scope, self.lookup)
        return scope.within([item, *(item._replace(alias=alias) for alias in aliases)])


Handler = Callable[[Walk, Any, Scope], Iterator[Found]]


def children(node: Any, left_out: Sequence[str] = ()) -> Iterator[Any]:
    """The nodes in the fields of a node, without those of the fields that are left out."""
    for field, value in node.ListFields():
        if field.message_type and field.name not in left_out:
            yield from value if field.is_repeated else [value]
