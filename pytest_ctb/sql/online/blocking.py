"""What a statement may block while it works, as far as its text says: a hint where nothing was run yet.

Only forms that take a lock which makes others wait, and read or write the whole table under it. Left out is what takes
a moment (a constant default, NOT VALID, USING INDEX, CONCURRENTLY), and what may take one: many changes of a type do,
and the text does not say which type the column had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pytest_ctb.model import Statement
from pytest_ctb.model.locks import READS, WRITES
from pytest_ctb.sql.objects import Relation, created, relation_of, renamed
from pytest_ctb.sql.refused import is_on, refused
from pytest_ctb.sql.tree import enum, node_name, parse_tree, strings, walk

_CHECKS = "checks every row"
_REWRITES = "writes every row anew"
_INDEXES = "builds an index"
_SERIAL = {"serial", "serial2", "serial4", "serial8", "bigserial", "smallserial"}
_ALWAYS_REWRITTEN = {
    *("bool", "bytea", "date", "float4", "float8", "int2", "int4", "int8", "json", "jsonb", "money", "uuid"),
}
"""A column that gets one of these types is rewritten, whatever other type it had (manual, ALTER TABLE, Notes).

Not among them: text, varchar, numeric, timestamp and the like, and domains: from some types no rewrite is needed.
"""
_VOLATILE = {
    *("clock_timestamp", "gen_random_uuid", "nextval", "random", "random_normal", "timeofday"),
    *("uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4", "uuidv4", "uuidv7"),
}
_LOCK_NO_TABLE = {
    *("ALTER DATABASE", "ALTER SYSTEM", "CREATE DATABASE", "CREATE TABLESPACE"),
    *("DISCARD ALL", "DROP DATABASE", "DROP TABLESPACE"),
}
_WORK_OF_COLUMN = {
    "CONSTR_CHECK": _CHECKS,
    "CONSTR_IDENTITY": _REWRITES,
    "CONSTR_PRIMARY": _INDEXES,
    "CONSTR_UNIQUE": _INDEXES,
}
_WORK_OF_CONSTRAINT = {
    "CONSTR_CHECK": (READS, _CHECKS),
    "CONSTR_NOTNULL": (READS, _CHECKS),
    "CONSTR_PRIMARY": (READS, _INDEXES),
    "CONSTR_UNIQUE": (READS, _INDEXES),
    "CONSTR_EXCLUSION": (READS, _INDEXES),
    "CONSTR_FOREIGN": (WRITES, _CHECKS),
}
_WORK_OF_COMMAND = {
    "AT_SetLogged": _REWRITES,
    "AT_SetUnLogged": _REWRITES,
    "AT_SetAccessMethod": _REWRITES,
    "AT_SetTableSpace": _REWRITES,
}


class MayBlock(NamedTuple):
    """A table whose readers or writers may have to wait while a statement works."""

    relation: Relation
    blocks: str
    """`reads` (and so writes too) or `writes`."""
    does: str
    """What the statement does meanwhile: `checks every row`."""


def may_block(statements: Iterable[Statement]) -> Iterator[tuple[Statement, MayBlock]]:
    """The statements of a file that may block an older table, each with that table; those inside a DO block too.

    A table that the file makes is new, also under another name. SET NOT NULL and ATTACH PARTITION are taken to find a
    CHECK that says the same where the file itself adds, validates or drops one of that table: the safe way does.
    """
    made: set[Relation] = set()
    checked: set[str] = set()
    for statement in statements:
        for inner in statement.walk() if statement.tag == "DO" else (statement,):
            if not inner.tag:
                continue
            checked |= _checked(inner)
            for may in _BY_NODE.get(node_name(inner), _nothing)(parse_tree(inner)):
                proven = may.does == _CHECKS and _needs_no_check(inner, may) and may.relation.name in checked
                if not proven and not any(_is_same(may.relation, table) for table in made):
                    yield inner, may
            made |= _made(inner, made)


def blocks_nobody(statement: Statement) -> bool:
    """Whether a statement that runs by itself lets all others read and write, whatever tables it comes to.

    So says the manual of what is CONCURRENTLY, of VACUUM without FULL and of ANALYZE; others lock no table.
    """
    if node_name(statement) == "VacuumStmt":
        return not is_on(parse_tree(statement).options, "full", default=False)
    return "CONCURRENTLY" in refused(statement) or statement.tag in _LOCK_NO_TABLE


def _made(statement: Statement, made: Iterable[Relation]) -> set[Relation]:
    """The relation that a statement makes, or gives another name to that the file made."""
    if (new := created(statement)) is not None:
        return {Relation(new.schema, new.name)}
    change = renamed(statement)
    old = change.relation if change and change.kind != "COLUMN" else None
    if change is None or old is None or not any(_is_same(old, table) for table in made):
        return set()
    return {Relation(change.to, old.name) if change.set_schema else Relation(old.schema, change.to)}


def _is_same(named: Relation, table: Relation) -> bool:
    return named.name == table.name and (named.schema == table.schema or not named.schema or not table.schema)


def _checked(statement: Statement) -> set[str]:
    """The names of the tables of which a statement adds, validates or drops a constraint."""
    if node_name(statement) != "AlterTableStmt":
        return set()
    tree = parse_tree(statement)
    kinds = {enum(node.alter_table_cmd, "subtype") for node in tree.cmds}
    about = kinds & {"AT_AddConstraint", "AT_ValidateConstraint", "AT_DropConstraint"}
    return {tree.relation.relname} if about else set()


def _needs_no_check(statement: Statement, may: MayBlock) -> bool:
    """Whether the statement reads no row where a CHECK says the same."""
    kinds = [enum(node.alter_table_cmd, "subtype") for node in parse_tree(statement).cmds]
    return may.blocks == READS and bool({"AT_SetNotNull", "AT_AttachPartition"} & set(kinds))


def _nothing(tree: Any) -> Iterator[MayBlock]:
    del tree
    yield from ()


def _alter_table(tree: Any) -> Iterator[MayBlock]:
    if enum(tree, "objtype") not in {"OBJECT_TABLE", "OBJECT_MATVIEW"}:
        return
    table = relation_of(tree.relation)
    for node in tree.cmds:
        command = node.alter_table_cmd
        definition, kind = getattr(command, "def"), enum(command, "subtype")
        if kind == "AT_SetNotNull":
            yield MayBlock(table, READS, _CHECKS)
        elif kind == "AT_AttachPartition":
            yield MayBlock(relation_of(definition.partition_cmd.name), READS, _CHECKS)
        elif kind == "AT_AlterColumnType" and _rewrites(definition.column_def, command.name):
            yield MayBlock(table, READS, _REWRITES)
        elif kind == "AT_AddColumn" and (work := _work_of_column(definition.column_def)):
            yield MayBlock(table, READS, work)
        elif kind == "AT_AddConstraint" and (of := _WORK_OF_CONSTRAINT.get(enum(definition.constraint, "contype"))):
            if not definition.constraint.skip_validation and not definition.constraint.indexname:
                yield MayBlock(table, *of)
        elif kind in _WORK_OF_COMMAND:
            yield MayBlock(table, READS, _WORK_OF_COMMAND[kind])


def _rewrites(column: Any, name: str) -> bool:
    """Whether a column is rewritten whatever type it had."""
    using = column.raw_default
    if using.WhichOneof("node") not in {None, "column_ref"} and not _only_casts(using, name):
        return True
    return strings(column.type_name.names)[-1] in _ALWAYS_REWRITTEN


def _only_casts(using: Any, name: str) -> bool:
    """Whether the expression is the column itself under another type."""
    if using.WhichOneof("node") != "type_cast":
        return False
    inner = using.type_cast.arg
    return inner.WhichOneof("node") == "column_ref" and strings(inner.column_ref.fields)[-1:] == [name]


def _work_of_column(column: Any) -> str:
    """What is done with every row when a column is added; empty where nothing is."""
    if strings(column.type_name.names)[-1] in _SERIAL:
        return _REWRITES
    for node in column.constraints:
        part = node.constraint
        kind = enum(part, "contype")
        if kind == "CONSTR_DEFAULT" and _is_volatile(part.raw_expr):
            return _REWRITES
        if kind == "CONSTR_GENERATED" and part.generated_kind != "v":
            return _REWRITES
        if kind in _WORK_OF_COLUMN:
            return _WORK_OF_COLUMN[kind]
    return ""


def _is_volatile(value: Any) -> bool:
    calls = (node for node in walk(value) if node.DESCRIPTOR.name == "FuncCall")
    return any(strings(call.funcname)[-1] in _VOLATILE for call in calls)


def _create_index(tree: Any) -> Iterator[MayBlock]:
    if not tree.concurrent and tree.relation.inh:
        yield MayBlock(relation_of(tree.relation), WRITES, _INDEXES)


def _reindex(tree: Any) -> Iterator[MayBlock]:
    if enum(tree, "kind") == "REINDEX_OBJECT_TABLE" and not is_on(tree.params, "concurrently", default=False):
        yield MayBlock(relation_of(tree.relation), READS, _INDEXES)


def _refresh(tree: Any) -> Iterator[MayBlock]:
    if not tree.concurrent and not tree.skip_data:
        yield MayBlock(relation_of(tree.relation), READS, _REWRITES)


def _vacuum(tree: Any) -> Iterator[MayBlock]:
    if is_on(tree.options, "full", default=False):
        yield from (MayBlock(relation_of(node.vacuum_relation.relation), READS, _REWRITES) for node in tree.rels)


def _cluster(tree: Any) -> Iterator[MayBlock]:
    if tree.HasField("relation"):
        yield MayBlock(relation_of(tree.relation), READS, _REWRITES)


_BY_NODE: Mapping[str, Callable[[Any], Iterator[MayBlock]]] = {
    "AlterTableStmt": _alter_table,
    "ClusterStmt": _cluster,
    "IndexStmt": _create_index,
    "RefreshMatViewStmt": _refresh,
    "ReindexStmt": _reindex,
    "VacuumStmt": _vacuum,
}
