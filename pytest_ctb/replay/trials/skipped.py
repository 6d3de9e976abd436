"""What IF NOT EXISTS skipped, compared with what the statement would have made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from pytest_ctb.model import Difference, Key, Mismatch, Schema, Statement
from pytest_ctb.model.differences import differences
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.copies import Copies
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
"""The kinds of objects that the statement itself states."""
_COMPARED = {"TABLE", "MATERIALIZED VIEW", "SEQUENCE", "INDEX"}
Read = Callable[[Session, Touched], Schema]


def mismatches(
    statements: Sequence[Statement], skipped: Sequence[Statement], copies: Copies, read: Read
) -> tuple[Mismatch, ...]:
    """For each statement that skipped something: how what is there differs from what it says. Raises psycopg.Error.

    What is there is dropped, the statement makes its own, and the two are compared.
    """
    return tuple(
        one
        for statement in skipped
        for target in _targets(statement)
        for one in _mismatch(statements[: statements.index(statement)], statement, target, copies, read)
    )


def _targets(statement: Statement) -> Iterator[tuple[str, str, str]]:
    """Schema, relation and column (or empty) of each thing that IF NOT EXISTS asks for."""
    made = created(statement)
    if made and made.if_not_exists and made.kind in _COMPARED:
        yield made.schema, made.name, ""
    altered = relation(statement)
    for command in alterations(statement):
        if command.words == "ADD COLUMN" and command.guarded and altered:
            yield altered.schema, altered.name, command.name


def _mismatch(
    before: Sequence[Statement], statement: Statement, target: tuple[str, str, str], copies: Copies, read: Read
) -> Iterator[Mismatch]:
    schema, relation, column = target
    with copies.copy() as session:
        if session.run(before).error:
            return
        found = _find(session.connection, schema, relation)
        if found is None or (column and not _has(session.connection, found[0], column)):
            return
        oid, *name, kind = found
        there = _of(read(session, _one(oid)), name)
        # A savepoint of the connection's own would not do: outside of a transaction there is none.
        session.connection.execute(_drop(kind, name, column))
        if session.run([statement]).error:
            return  # it needs what hung on the old one: nothing to compare
        made = _find(session.connection, schema, relation)
        if made is None:
            return
        wanted = _of(read(session, _one(made[0])), name)
    key = Key("column", ".".join([*name, column])) if column else _key(there, name)
    unlike = tuple(one for one in differences(there, wanted) if _tells(one, there, key if column else None))
    if unlike:
        yield Mismatch(statement.position.line, key, unlike)


def _find(connection: psycopg.Connection[Any], schema: str, relation: str) -> Any:
    name = Identifier(*filter(None, (schema, relation)))
    return connection.execute(_FIND, [name.as_string(connection)]).fetchone()


def _has(connection: psycopg.Connection[Any], oid: int, column: str) -> bool:
    return connection.execute(_HAS, [oid, column]).fetchone() is not None


def _one(oid: int) -> Touched:
    touched = Touched()
    touched.add("pg_class", oid, None)
    return touched


def _of(schema: Schema, name: Sequence[str]) -> Schema:
    """The relation and what is of it; where nobody can be asked for it alone, much more was read."""
    full = ".".join(name)
    return Schema(
        {key: one for key, one in schema.objects.items() if full == key.name or (one.of and one.of.name == full)}
    )


def _drop(kind: str, name: Sequence[str], column: str) -> Composed:
    if column:
        return SQL("ALTER TABLE {} DROP COLUMN {} CASCADE").format(Identifier(*name), Identifier(column))
    return SQL("DROP {} {} CASCADE").format(SQL(_DROPS.get(kind, "TABLE")), Identifier(*name))


def _key(schema: Schema, name: Sequence[str]) -> Key:
    full = ".".join(name)
    return next((one for one in schema.objects if one.name == full and one.kind in _DECLARED), Key("table", full))


def _tells(one: Difference, there: Schema, column: Key | None) -> bool:
    """Whether it is the statement that says otherwise: what was added to the object since is no contradiction of it."""
    if one.key.kind not in _DECLARED:
        return False
    if column is not None and one.key != column:
        return False
    if one.key.kind in {"constraint", "index"}:
        if one.right is None:
            return False
        held = [o.definition for key, o in there.objects.items() if key.kind == one.key.kind]
        return one.left is not None or one.right not in held
    return True
