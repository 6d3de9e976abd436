"""The constants that a statement searches for: in `replace(name, 'x', 'y')` and in `name LIKE '%x%'`, the `x`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_ctb.model import Statement
from pytest_ctb.sql.tokens import scan
from pytest_ctb.sql.tree import enum, parse_tree, strings, walk

_FUNCTIONS = {
    "btrim", "ltrim", "position", "regexp_count", "regexp_instr", "regexp_like", "regexp_match", "regexp_matches",
    "regexp_replace", "regexp_split_to_array", "regexp_split_to_table", "regexp_substr", "replace", "rtrim",
    "split_part", "starts_with", "string_to_array", "strpos", "translate",
}  # fmt: skip
"""Those whose second argument is what they search for in the first."""
_OPERATORS = {"~", "~*", "!~", "!~*", "^@"}
_KINDS = {"AEXPR_LIKE", "AEXPR_ILIKE", "AEXPR_SIMILAR"}


def searched_constants(statement: Statement) -> Iterator[tuple[int, int]]:
    """Start and end (characters) in the file of each such constant, also of those in the bodies of the statement."""
    for inner in statement.walk():
        if not inner.verbatim or inner.sql.isascii() or parse_tree(inner) is None:
            continue
        locations = {_in_characters(inner.sql, location) for location in _locations(parse_tree(inner))}
        for token in scan(inner.sql) if locations else ():
            if token.start in locations:
                yield inner.start + token.start, inner.start + token.end


def _locations(tree: Any) -> Iterator[int]:
    """Where the constants stand, in bytes."""
    for node in walk(tree):
        wanted: Any = None
        if node.DESCRIPTOR.name == "FuncCall" and len(node.args) > 1 and strings(node.funcname)[-1] in _FUNCTIONS:
            wanted = node.args[1]
        elif node.DESCRIPTOR.name == "A_Expr" and (
            enum(node, "kind") in _KINDS or _OPERATORS.intersection(strings(node.name))
        ):
            wanted = node.rexpr
        if wanted is not None:
            yield from (inner.location for inner in walk(wanted) if inner.DESCRIPTOR.name == "A_Const")


def _in_characters(sql: str, location: int) -> int:
    return len(sql.encode()[:location].decode(errors="ignore"))
