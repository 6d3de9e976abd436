"""Additive files: files that only create new objects, so that all older objects and rows stay as they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pytest_ctb.model import Statement
from pytest_ctb.sql import comment_on, created, index, parents, with_objects

_NO_ROWS = {
    "COMMENT",
    "CREATE FUNCTION",
    "CREATE PROCEDURE",
    "CREATE SCHEMA",
    "CREATE TABLE",
    "CREATE TYPE",
    "CREATE VIEW",
}
"""The tags of statements that neither read nor write rows."""
_NAME_PARTS = {"COLUMN": 3, "FUNCTION": 2, "INDEX": 2, "CONSTRAINT": 3, "TABLE": 2, "VIEW": 2}
"""By kind of object: how many parts the name in a COMMENT has, its schema included."""


def reads_rows(statement: Statement) -> bool:
    """Whether a statement may read or write rows; a new partition reads those of the default partition."""
    return not (statement.control or statement.tag in _NO_ROWS) or bool(parents(statement))


def new_names(statements: Sequence[Statement]) -> set[tuple[str, str]]:
    """Schema and name of each object that the statements create; empty where one of them may do anything else.

    Where no object has one of these names yet, the statements change no older object and read no rows. The schema is
    empty where the search_path says it; the same name with a schema, which may be that one, counts as anything else.
    """
    names: set[tuple[str, str]] = set()
    for statement in statements:
        if statement.control or (statement.tag == "CREATE SCHEMA" and not with_objects(statement)):
            continue  # CREATE SCHEMA IF NOT EXISTS leaves an existing schema as it is
        if _commented(statement) in names:
            continue
        name = _new_name(statement, names)
        if name is None or not name[1] or name in names:
            return set()
        names.add(name)
    bare, whole = ({name for schema, name in names if bool(schema) is is_whole} for is_whole in (False, True))
    return names if bare.isdisjoint(whole) else set()


def _new_name(statement: Statement, new: Collection[tuple[str, str]]) -> tuple[str, str] | None:
    """Schema and name of the object that a statement creates, if that changes no older object."""
    created_object = created(statement)
    if created_object is None or created_object.temporary:
        return None
    name = (created_object.schema, created_object.name)
    match statement.tag:
        case "CREATE TABLE" | "CREATE VIEW" | "CREATE FUNCTION" | "CREATE PROCEDURE" if not parents(statement):
            return name
        case "CREATE INDEX" if (definition := index(statement)) and not definition.partial and all(definition.columns):
            # Without expressions, which are evaluated even on an empty table.
            return name if definition.relation[:2] in new else None
    return None


def _commented(statement: Statement) -> tuple[str, ...]:
    """Schema and name of the object that a COMMENT is on: of a column or constraint, its table."""
    comment = comment_on(statement)
    parts = _NAME_PARTS.get(comment.kind, 0) if comment else 0
    if not comment or not 0 <= parts - len(comment.names) <= 1:
        return ()
    return tuple(("", *comment.names)[-parts:][:2])
