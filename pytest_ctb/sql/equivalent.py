"""Whether two statements that a server printed mean the same: it prints some of them otherwise when it reads its own.

`CHECK (status IN ('a', 'b'))` on a varchar is printed with the array cast as a whole, and that, read and printed again,
with each of its members cast. So a base schema that pg_dump wrote never equals the migrations letter for letter.
"""

from __future__ import annotations

from typing import Any

import postgast


def equivalent(left: str, right: str) -> bool:
    """The parse trees are equal but for casts of constants and of arrays; False where one does not parse."""
    try:
        return _bare(left) == _bare(right)
    except postgast.PgQueryError:
        return False


def _bare(sql: str) -> bytes:
    tree = postgast.parse(sql)
    _strip(tree)
    return bytes(tree.SerializeToString(deterministic=True))


def _strip(node: Any) -> None:
    """Take away every position, and every cast of what has no type of its own."""
    for field, value in list(node.ListFields()):
        if field.name in {
            "location",
            "stmt_location",
            "stmt_len",
            "rexpr_list_start",
            "rexpr_list_end",
            "list_start",
            "list_end",
        }:
            node.ClearField(field.name)
        elif field.type == field.TYPE_MESSAGE:
            for one in value if field.is_repeated else [value]:
                _strip(one)
                _uncast(one)


def _uncast(node: Any) -> None:
    if node.DESCRIPTOR.name != "Node" or node.WhichOneof("node") != "type_cast":
        return
    inner = node.type_cast.arg
    if inner.WhichOneof("node") in {"a_const", "a_array_expr"}:
        kept = type(inner)()
        kept.CopyFrom(inner)
        node.CopyFrom(kept)
