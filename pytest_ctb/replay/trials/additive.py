"""Whether a file can only make what is not there yet: then all that was there before is as it was behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_ctb.model import Statement
from pytest_ctb.sql import enum, is_temporary, relation_made, strings

_PARTS = {
    "OBJECT_COLUMN": 3,
    "OBJECT_FUNCTION": 2,
    "OBJECT_INDEX": 2,
    "OBJECT_TABCONSTRAINT": 3,
    "OBJECT_TABLE": 2,
    "OBJECT_VIEW": 2,
}
"""What a COMMENT is on, and how many names lead there with the schema."""


def made(statements: Sequence[Statement]) -> set[tuple[str, str]]:
    """Schema and name of all that these statements make; empty where one of them may do more than make new things.

    Where nothing has any of these names, they touch nothing that was there before, and look at no rows.
    """
    found: set[tuple[str, str]] = set()
    for one in statements:
        match one.kind:
            case "transaction_stmt":
                continue
            case "create_schema_stmt" if not one.body.schema_elts:
                continue  # one that is there already stays as it is
            case "comment_stmt" if _on(one) in found:
                continue
        name = _made(one, found)
        if name is None or not all(name) or name in found:
            return set()
        found.add(name)
    return found


def _made(statement: Statement, own: set[tuple[str, str]]) -> tuple[str, str] | None:
    body = statement.body
    match statement.kind:
        case "create_stmt" | "view_stmt":
            relation = relation_made(statement)
            parents = statement.kind == "create_stmt" and body.inh_relations
            return None if parents or is_temporary(relation) else (relation.schemaname, relation.relname)
        case "index_stmt" if (body.relation.schemaname, body.relation.relname) in own and _of_columns(body):
            return body.relation.schemaname, body.idxname
        case "create_function_stmt" if len(names := strings(body.funcname)) == 2:  # schema and name
            return names[0], names[1]
    return None


def _of_columns(index: Any) -> bool:
    """Whether nothing in it is worked out, even of an empty table."""
    return not index.HasField("where_clause") and all(one.index_elem.name for one in index.index_params)


def _on(comment: Statement) -> tuple[str, ...]:
    names = strings(comment.body.object)
    return tuple(names[:2]) if len(names) == _PARTS.get(enum(comment.body, "objtype")) else ()
