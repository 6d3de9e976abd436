"""What a statement locks besides what it makes, where its text tells that: it reads no rows, and runs no body."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from pytest_ctb.model import Name, Statement
from pytest_ctb.sql.tree import enum, node_name, parse_tree, strings, walk

_RELATIONS = {
    "OBJECT_FOREIGN_TABLE",
    "OBJECT_INDEX",
    "OBJECT_MATVIEW",
    "OBJECT_SEQUENCE",
    "OBJECT_TABLE",
    "OBJECT_VIEW",
}
_PARTS = {"OBJECT_COLUMN", "OBJECT_POLICY", "OBJECT_RULE", "OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER"}
"""Their names start with that of their relation."""
_TYPES = {"OBJECT_DOMAIN", "OBJECT_TYPE"}
_UNLOCKED = {"OBJECT_AGGREGATE", "OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_SCHEMA"}
"""A COMMENT, a GRANT or an OWNER TO on one of these locks no relation."""
_PLAIN_COMMANDS = {
    "AT_AddIdentity",
    "AT_AttachPartition",
    "AT_ChangeOwner",
    "AT_ClusterOn",
    "AT_ColumnDefault",
    "AT_DisableRowSecurity",
    "AT_DropNotNull",
    "AT_EnableRowSecurity",
    "AT_ForceRowSecurity",
    "AT_NoForceRowSecurity",
    "AT_ReplicaIdentity",
    "AT_SetNotNull",
    "AT_SetOptions",
    "AT_SetRelOptions",
    "AT_SetStatistics",
    "AT_SetStorage",
}
"""Commands of an ALTER TABLE that evaluate no expression."""
_PLAIN_CONSTRAINTS = {"CONSTR_FOREIGN", "CONSTR_NOTNULL", "CONSTR_NULL", "CONSTR_PRIMARY", "CONSTR_UNIQUE"}
"""Constraints that evaluate no expression of the file's."""


class Subjects(NamedTuple):
    """What a statement locks or changes besides what it makes."""

    names: tuple[Name, ...] = ()
    """Relations and types; the schema is empty where the SQL gives none."""
    certain: bool = True
    """It creates something, with neither IF NOT EXISTS nor OR REPLACE."""


def subjects(statement: Statement) -> Subjects | None:
    """The relations and types that a statement locks or changes; None where it may also read rows or run a body."""
    handler = _HANDLERS.get(node_name(statement))
    return handler(statement, parse_tree(statement)) if handler else None


def granted_on(statement: Statement) -> tuple[Name, ...]:
    """The objects that a GRANT or REVOKE names; none where it names a schema for all that is in it, or is none."""
    tree = parse_tree(statement) if node_name(statement) == "GrantStmt" else None
    if tree is None or enum(tree, "targtype") != "ACL_TARGET_OBJECT":
        return ()
    kind = enum(tree, "objtype")
    if kind in _RELATIONS:
        return tuple(_name(node.range_var) for node in tree.objects)
    of_kind = {**dict.fromkeys(_TYPES, "type"), "OBJECT_SCHEMA": "schema"}.get(kind, "function")
    return tuple(_named(of_kind, strings(node)) for node in tree.objects) if kind in _TYPES | _UNLOCKED else ()


def _name(range_var: Any) -> Name:
    return Name("relation", range_var.schemaname, range_var.relname)


def _named(kind: str, parts: list[str]) -> Name:
    return Name(kind, parts[-2] if len(parts) > 1 else "", parts[-1])


def _read(nodes: Iterable[Any]) -> tuple[Name, ...]:
    """The relations that expressions and queries name, the names of WITH among them."""
    return tuple(_name(inner) for node in nodes for inner in walk(node) if inner.DESCRIPTOR.name == "RangeVar")


def _is_temporary(range_var: Any) -> bool:
    return bool(range_var.relpersistence == "t") or range_var.schemaname == "pg_temp"


def _table(_: Statement, tree: Any) -> Subjects | None:
    if _is_temporary(tree.relation) or tree.of_typename.names:  # the type is locked
        return None
    parents = [_name(parent.range_var) for parent in tree.inh_relations]
    elements = [getattr(element, element.WhichOneof("node")) for element in tree.table_elts]
    return Subjects((*parents, *(name for element in elements for name in _element(element))), not tree.if_not_exists)


def _element(element: Any) -> Iterator[Name]:
    match element.DESCRIPTOR.name:
        case "TableLikeClause":
            yield _name(element.relation)
        case "ColumnDef":
            for part in element.constraints:
                yield from _element(part.constraint)
        case "Constraint" if element.pktable.relname:
            yield _name(element.pktable)


def _sequence(_: Statement, tree: Any) -> Subjects | None:
    altered = [_name(tree.sequence)] if tree.DESCRIPTOR.name == "AlterSeqStmt" else []
    owners = [strings(o.def_elem.arg)[:-1] for o in tree.options if o.def_elem.defname == "owned_by"]
    tables = [_named("relation", owner) for owner in owners if owner]
    guarded = tree.missing_ok if altered else tree.if_not_exists
    return None if _is_temporary(tree.sequence) else Subjects((*altered, *tables), not guarded)


def _view(_: Statement, tree: Any) -> Subjects | None:
    return None if _is_temporary(tree.view) else Subjects(_read([tree.query]), not tree.replace)


def _function(statement: Statement, tree: Any) -> Subjects | None:
    languages = [o.def_elem.arg.string.sval for o in tree.options if o.def_elem.defname == "language"]
    if languages == ["plpgsql"]:  # which looks at its relations when it is called
        return Subjects()
    if languages not in ([], ["sql"]) or not all(inner.tag for inner in statement.inner):
        return None
    return Subjects(_read([tree, *map(parse_tree, statement.inner)]))


def _type(_: Statement, __: Any) -> Subjects:
    return Subjects()


def _schema(_: Statement, tree: Any) -> Subjects | None:
    return None if tree.schema_elts else Subjects((), not tree.if_not_exists)


def _index(_: Statement, tree: Any) -> Subjects | None:
    """Without expressions, which are evaluated for each row."""
    keys = [*tree.index_params, *tree.index_including_params]
    if tree.concurrent or tree.HasField("where_clause") or not all(key.index_elem.name for key in keys):
        return None
    return Subjects((_name(tree.relation),), not tree.if_not_exists)


def _on_a_table(_: Statement, tree: Any) -> Subjects:
    return Subjects(_read([tree]))


def _alter_table(_: Statement, tree: Any) -> Subjects | None:
    names, certain = [_name(tree.relation)], not tree.missing_ok
    for wrapped in tree.cmds:
        command = wrapped.alter_table_cmd
        definition = getattr(command, "def")
        match enum(command, "subtype"):
            case "AT_AddConstraint":
                constraints = [definition.constraint]
            case "AT_AddColumn" if not definition.column_def.HasField("raw_default"):
                constraints = [part.constraint for part in definition.column_def.constraints]
                certain = False  # its type may have a default, or a CHECK
            case kind if kind in _PLAIN_COMMANDS:
                constraints = []
            case _:
                return None
        if any(enum(constraint, "contype") not in _PLAIN_CONSTRAINTS for constraint in constraints):
            return None
        names += [_name(constraint.pktable) for constraint in constraints if constraint.pktable.relname]
        if definition.HasField("partition_cmd"):
            names.append(_name(definition.partition_cmd.name))
    return Subjects(tuple(names), certain)


def _comment_or_owner(_: Statement, tree: Any) -> Subjects | None:
    kind = enum(tree, "objtype" if tree.DESCRIPTOR.name == "CommentStmt" else "object_type")
    parts = strings(tree.object)
    if kind in _RELATIONS:
        return Subjects((_named("relation", parts),))
    if kind in _PARTS:
        return Subjects((_named("relation", parts[:-1]),))
    if kind in _TYPES:
        return Subjects((_named("type", parts),))
    return Subjects() if kind in _UNLOCKED else None


def _grant(statement: Statement, tree: Any) -> Subjects | None:
    """Without privileges of columns, which stand in another catalog."""
    names = granted_on(statement)
    if not names or any(node.access_priv.cols for node in tree.privileges):
        return None
    return Subjects(tuple(name for name in names if name.kind in {"relation", "type"}))


_HANDLERS: dict[str, Callable[[Statement, Any], Subjects | None]] = {
    "AlterOwnerStmt": _comment_or_owner,
    "AlterPolicyStmt": _on_a_table,
    "AlterSeqStmt": _sequence,
    "AlterTableStmt": _alter_table,
    "CommentStmt": _comment_or_owner,
    "CompositeTypeStmt": _type,
    "CreateDomainStmt": _type,
    "CreateEnumStmt": _type,
    "CreateFunctionStmt": _function,
    "CreatePolicyStmt": _on_a_table,
    "CreateRangeStmt": _type,
    "CreateSchemaStmt": _schema,
    "CreateSeqStmt": _sequence,
    "CreateStmt": _table,
    "CreateTrigStmt": _on_a_table,
    "GrantStmt": _grant,
    "IndexStmt": _index,
    "ViewStmt": _view,
}
