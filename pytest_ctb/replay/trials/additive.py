"""Whether a file can only make what is not there yet: then all that was there before is as it was behind it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pytest_ctb.model import Statement
from pytest_ctb.sql import comment_on, created, index, parents, with_objects

_PARTS = {"COLUMN": 3, "FUNCTION": 2, "INDEX": 2, "CONSTRAINT": 3, "TABLE": 2, "VIEW": 2}
"""What a COMMENT is on, and how many names lead there with the schema."""


def made(statements: Sequence[Statement]) -> set[tuple[str, str]]:
    """Schema and name of all that these statements make; empty where one of them may do more than make new things.

    Where nothing has any of these names, they touch nothing that was there before, and look at no rows.
    """
    names: set[tuple[str, str]] = set()
    for statement in statements:
        if statement.control or (statement.tag == "CREATE SCHEMA" and not with_objects(statement)):
            continue  # a schema that is there already stays as it is
        if _commented(statement) in names:
            continue
        name = _made(statement, names)
        if name is None or not all(name) or name in names:
            return set()
        names.add(name)
    return names


def _made(statement: Statement, own: Collection[tuple[str, str]]) -> tuple[str, str] | None:
    """The new thing that a statement makes, if it is one that it makes of nothing that was there before."""
    new = created(statement)
    if new is None or new.temporary or new.schema == "":
        return None
    match statement.tag:
        case "CREATE TABLE" | "CREATE VIEW" | "CREATE FUNCTION" | "CREATE PROCEDURE" if not parents(statement):
            return new.schema, new.name
        case "CREATE INDEX" if (made := index(statement)) and not made.partial and all(made.columns):
            # Nothing in it is worked out, even of an empty table.
            return (new.schema, new.name) if made.relation[:2] in own else None
    return None


def _commented(statement: Statement) -> tuple[str, ...]:
    comment = comment_on(statement)
    return tuple(comment.names[:2]) if comment and len(comment.names) == _PARTS.get(comment.kind) else ()
