"""Compare an object that IF NOT EXISTS left as it is with the object that the statement defines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from pytest_ctb.model import Difference, Key, Mismatch, Schema, Statement
from pytest_ctb.model.differences import differences
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.sandboxes import Sandbox
from pytest_ctb.replay.witness.catalog import Touched
from pytest_ctb.sql import alterations, created, relation

_FIND = in_full("""
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::pg_catalog.text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(%s)::pg_catalog.oid
""")
_HAS = in_full(
    "SELECT FROM pg_catalog.pg_attribute "
    "WHERE attrelid = %s::bigint::pg_catalog.oid AND attname = %s::pg_catalog.name AND NOT attisdropped"
)
_DROPS = {
    "r": "TABLE",
    "p": "TABLE",
    "v": "VIEW",
    "m": "MATERIALIZED VIEW",
    "S": "SEQUENCE",
    "i": "INDEX",
    "I": "INDEX",
}
_DECLARED = {"table", "column", "constraint", "index", "sequence", "view", "materialized view"}
"""The kinds of objects that the statement itself can define."""
_COMPARED = {"TABLE", "MATERIALIZED VIEW", "SEQUENCE", "INDEX"}
ReadSchema = Callable[[Session, Touched], Schema]
"""Reads the definitions of some objects."""


class _Target(NamedTuple):
    """A relation, or a column of one, that a statement creates IF NOT EXISTS; names as written in the statement."""

    schema: str
    relation: str
    column: str = ""


class _Relation(NamedTuple):
    """A relation in the database."""

    oid: int
    schema: str
    name: str
    kind: str
    """pg_class.relkind."""

    @property
    def full_name(self) -> str:
        """Schema and name, as in the keys of a Schema."""
        return f"{self.schema}.{self.name}"


def mismatches(
    statements: Sequence[Statement], skipped: Sequence[Statement], sandbox: Sandbox, read: ReadSchema
) -> tuple[Mismatch, ...]:
    """The mismatches of the statements in which IF NOT EXISTS left an object as it is. Raises psycopg.Error.

    In a sandbox the existing object is dropped and the statement run again; then both definitions are compared.
    """
    by_target = (
        _mismatch(statements[: statements.index(statement)], statement, target, sandbox, read)
        for statement in skipped
        for target in _targets(statement)
    )
    return tuple(mismatch for mismatch in by_target if mismatch)


def _targets(statement: Statement) -> Iterator[_Target]:
    """The relations and columns that a statement creates IF NOT EXISTS."""
    new = created(statement)
    if new and new.if_not_exists and new.kind in _COMPARED:
        yield _Target(new.schema, new.name)
    altered = relation(statement)
    for command in alterations(statement):
        if command.words == "ADD COLUMN" and command.guarded and altered:
            yield _Target(altered.schema, altered.name, command.name)


def _mismatch(
    before: Sequence[Statement], statement: Statement, target: _Target, sandbox: Sandbox, read: ReadSchema
) -> Mismatch | None:
    """How an existing object differs from the one that a statement defines; None where it does not, or cannot be told.

    `before` are the statements of the file before it.
    """
    with sandbox.session() as session:
        if session.run(before).error:
            return None
        relation = _find(session.connection, target)
        if relation is None or (target.column and not _has_column(session.connection, relation, target.column)):
            return None
        existing = _read(session, relation, read)
        # Without a savepoint: in a copy of the database there is no transaction.
        session.connection.execute(_drop(relation, target.column))
        if session.run([statement]).error:
            return None  # it needs an object that CASCADE dropped too
        new_relation = _find(session.connection, target)
        if new_relation is None:
            return None
        defined = _read(session, new_relation, read)
    column = Key("column", f"{relation.full_name}.{target.column}") if target.column else None
    contradictions = tuple(
        difference for difference in differences(existing, defined) if _is_contradiction(difference, existing, column)
    )
    key = column or _key(existing, relation)
    return Mismatch(statement.position.line, key, contradictions) if contradictions else None


def _find(connection: psycopg.Connection[Any], target: _Target) -> _Relation | None:
    name = Identifier(*filter(None, (target.schema, target.relation)))
    row = connection.execute(_FIND, [name.as_string(connection)]).fetchone()
    return _Relation(*row) if row else None


def _has_column(connection: psycopg.Connection[Any], relation: _Relation, column: str) -> bool:
    return connection.execute(_HAS, [relation.oid, column]).fetchone() is not None


def _read(session: Session, relation: _Relation, read: ReadSchema) -> Schema:
    """A relation and its parts; they are picked from the whole schema where the witness cannot read them alone."""
    touched = Touched()
    touched.add("pg_class", relation.oid, None)
    name = relation.full_name
    objects = read(session, touched).objects.items()
    return Schema({key: part for key, part in objects if key.name == name or (part.of and part.of.name == name)})


def _drop(relation: _Relation, column: str) -> Composed:
    name = Identifier(relation.schema, relation.name)
    if column:
        return SQL("ALTER TABLE {} DROP COLUMN {} CASCADE").format(name, Identifier(column))
    return SQL("DROP {} {} CASCADE").format(SQL(_DROPS.get(relation.kind, "TABLE")), name)


def _key(schema: Schema, relation: _Relation) -> Key:
    keys = (key for key in schema.objects if key.name == relation.full_name and key.kind in _DECLARED)
    return next(keys, Key("table", relation.full_name))


def _is_contradiction(difference: Difference, existing: Schema, column: Key | None) -> bool:
    """Whether a difference contradicts the statement. An object that was added to the table later does not.

    For a statement that adds a column, only that column counts.
    """
    kind = difference.key.kind
    if kind not in _DECLARED or (column is not None and difference.key != column):
        return False
    if kind in {"constraint", "index"}:
        if difference.right is None:
            return False
        definitions = [part.definition for key, part in existing.objects.items() if key.kind == kind]
        return difference.left is not None or difference.right not in definitions
    return True
