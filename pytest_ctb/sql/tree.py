"""Access to the parse tree of a statement. Nothing outside of this package reads a node.

Nodes, their fields and the values of enumerations have the names that Postgres's own source gives them
(src/include/nodes/parsenodes.h): `CreateStmt`, `RangeVar`, `OBJECT_TABLE`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import postgast
from google.protobuf.message import Message

from pytest_ctb.model import GEXEC, Statement
from pytest_ctb.sql.stack import from_bytes, to_bytes


class Tree:
    """Holds the node of a statement. It is pickled as bytes, which are parsed on first use."""

    __slots__ = ("_length", "_node")

    def __init__(self, node: Any, length: int) -> None:
        """`length`: that of the text of the node, in characters."""
        self._node = node
        self._length = length

    @property
    def node(self) -> Any:
        """The node."""
        if isinstance(self._node, _Packed):
            self._node = from_bytes(getattr(postgast.pg_query_pb2, self._node.name), self._node.data, self._length)
        return self._node

    def __reduce__(self) -> tuple[type[Tree], tuple[Any, int]]:
        """Pickle bytes: a node has no importable class, and may nest deeper than pickle can."""
        node = self._node
        if not isinstance(node, _Packed):
            node = _Packed(node.DESCRIPTOR.name, to_bytes(node, self._length))
        return Tree, (node, self._length)


class _Packed(NamedTuple):
    name: str
    data: bytes


def parse_tree(statement: Statement) -> Any:
    """The node of a statement; None where the statement cannot be read."""
    tree: Tree | None = statement._tree  # noqa: SLF001  # here alone
    return tree.node if tree else None


def node_name(statement: Statement) -> str:
    r"""The name of the node that a statement is (`CreateStmt`); empty where it cannot be read, and for a `\\gexec`."""
    return "" if statement.tag in {"", GEXEC} else str(parse_tree(statement).DESCRIPTOR.name)


def node_of(parsed: Any) -> Any:
    """The node inside a RawStmt of a parse result."""
    return getattr(parsed.stmt, parsed.stmt.WhichOneof("node"))


def enum(node: Any, field: str) -> str:
    """The name of an enumeration value as Postgres writes it: `enum(stmt, "remove_type")` is `OBJECT_TABLE`."""
    values = node.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return str(values[getattr(node, field)].name)


def strings(nodes: Any) -> list[str]:
    """The strings of a list of nodes, or of one node that is a list, a string or a type name; others are left out."""
    values: list[str] = []
    for node in nodes if not isinstance(nodes, Message) else [nodes]:
        kind = node.WhichOneof("node") if "node" in node.DESCRIPTOR.oneofs_by_name else None
        inner: Any = getattr(node, kind) if kind else node
        name = inner.DESCRIPTOR.name
        if name == "String":
            values.append(inner.sval)
        elif name == "List":
            values.extend(strings(inner.items))
        elif name == "TypeName":
            values.extend(strings(inner.names))
        elif name == "ObjectWithArgs":
            values.extend(strings(inner.objname))
    return values


def name_of(relation: Any) -> str:
    """The name of a RangeVar: `company.master`, or the bare name."""
    return ".".join(part for part in (relation.schemaname, relation.relname) if part)


def qualified_name_of(relation: Any) -> str:
    """The same with a schema: without one it is taken to be in `public`."""
    return name_of(relation) if relation.schemaname else f"public.{relation.relname}"


def walk(node: Any) -> Iterator[Any]:
    """Every node under (and with) a node, depth first, in the order of the grammar."""
    for _, inner in postgast.walk(node):
        yield inner
