"""Compare statements that a server printed: it prints some differently after it has read its own output.

`CHECK (status IN ('a', 'b'))` on a varchar is printed with the array cast as a whole, and that, read and printed again,
with each of its members cast. So a base schema that pg_dump wrote never equals the migrations letter for letter.
"""

from __future__ import annotations

from typing import Any

import postgast

from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.stack import DEEP, call_with_stack
from pytest_ctb.sql.tree import walk

_POSITIONS = frozenset(
    ["location", "stmt_location", "stmt_len", "rexpr_list_start", "rexpr_list_end", "list_start", "list_end"]
)


def equivalent(left: str, right: str, *, qualified: bool = True) -> bool:
    """Whether two parse trees are equal, apart from casts of constants and arrays; False where one does not parse.

    Without `qualified`, `t.c` in one and `c` in the other are the same column.
    """
    try:
        return call_with_stack(DEEP, _equal, libpg_query.parse(left), libpg_query.parse(right), qualified)
    except (postgast.PgQueryError, *libpg_query.TOO_DEEP):
        return False


def _equal(mine: Any, theirs: Any, qualified: bool) -> bool:
    _strip(mine)
    _strip(theirs)
    if not qualified:
        _unqualify(mine, theirs)
    return bytes(mine.SerializeToString(deterministic=True)) == bytes(theirs.SerializeToString(deterministic=True))


def _unqualify(left: Any, right: Any) -> None:
    """Remove the table from columns that the other tree names without it; trees of other shapes differ anyway."""
    left_columns, right_columns = (
        [node for node in walk(tree) if node.DESCRIPTOR.name == "ColumnRef"] for tree in (left, right)
    )
    for column, counterpart in zip(left_columns, right_columns, strict=False):
        short, long = sorted((column, counterpart), key=lambda ref: len(ref.fields))
        if len(short.fields) == 1 and len(long.fields) == 2 and short.fields[0] == long.fields[1]:
            del long.fields[0]


def _strip(tree: Any) -> None:
    """Remove all positions, and all casts of constants and arrays, from the inside out."""
    nodes = [tree]
    for node in nodes:  # which grows
        for field, value in list(node.ListFields()):
            if field.name in _POSITIONS:
                node.ClearField(field.name)
            elif field.type == field.TYPE_MESSAGE:
                nodes += value if field.is_repeated else [value]
    for node in reversed(nodes):
        _uncast(node)


def _uncast(node: Any) -> None:
    if node.DESCRIPTOR.name != "Node" or node.WhichOneof("node") != "type_cast":
        return
    inner = node.type_cast.arg
    if inner.WhichOneof("node") in {"a_const", "a_array_expr"}:
        kept = type(inner)()
        kept.CopyFrom(inner)
        node.CopyFrom(kept)
