"""Which objects a statement needs when it runs: relations, columns of them, types, functions, schemas.

A use may mean several objects, of which any serves: a bare name in each schema of the search path, a bare column in
each table of FROM. Only what Postgres looks up counts: not what stands behind IF EXISTS.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_ctb.model import Name
from pytest_ctb.sql.names.queries import QUERIES
from pytest_ctb.sql.names.scope import Item, Lookup, Scope, from_items
from pytest_ctb.sql.names.walk import Found, Handler, Walk, children
from pytest_ctb.sql.tree import enum, strings

_ANY_COLUMN = (Item("", open=True),)
_RELATION_KINDS = {
    "OBJECT_TABLE",
    "OBJECT_VIEW",
    "OBJECT_MATVIEW",
    "OBJECT_INDEX",
    "OBJECT_SEQUENCE",
    "OBJECT_FOREIGN_TABLE",
}
_ON_A_RELATION = {"OBJECT_COLUMN", "OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE"}
_TYPE_KINDS = {"OBJECT_TYPE", "OBJECT_DOMAIN"}
_COLUMN_COMMANDS = {
    "AT_AddIdentity",
    "AT_AlterColumnGenericOptions",
    "AT_AlterColumnType",
    "AT_ColumnDefault",
    "AT_DropColumn",
    "AT_DropExpression",
    "AT_DropIdentity",
    "AT_DropNotNull",
    "AT_ResetOptions",
    "AT_SetCompression",
    "AT_SetExpression",
    "AT_SetIdentity",
    "AT_SetNotNull",
    "AT_SetOptions",
    "AT_SetStatistics",
    "AT_SetStorage",
}


def uses(tree: Any, lookup: Lookup, scope: Scope) -> Iterator[Found]:
    """The objects that the tree of a statement needs, in the order of its text; `scope`: the variables around it."""
    walk = Walk(lookup)
    walk.push([tree], scope)
    while walk.waiting:
        node, scope = walk.waiting.pop()
        handler = _HANDLERS.get(node.DESCRIPTOR.name)
        if handler:
            yield from handler(walk, node, scope)
        else:
            walk.push(children(node), scope)


def _about(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    """A statement on one relation whose columns its expressions name: an index, a trigger, a policy, a rule, a COPY."""
    field = "table" if node.DESCRIPTOR.name in {"CreatePolicyStmt", "AlterPolicyStmt"} else "relation"
    range_var = getattr(node, field)
    if range_var.relname:
        yield from walk.relation(range_var)
        for names in ("columns", "attlist"):
            yield from walk.columns(range_var, strings(getattr(node, names, ())))
    if node.DESCRIPTOR.name == "CreateTrigStmt":
        yield walk.lookup.of("function", strings(node.funcname)), -1
    inside = walk.on(range_var, scope, "old", "new") if range_var.relname else scope
    walk.rest(node, inside, field, "funcname", "query")
    walk.rest(node, scope, *(name.name for name, _ in node.ListFields() if name.name != "query"))


def _alter_table(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    yield from walk.relation(node.relation)
    inside = walk.on(node.relation, scope)
    for wrapped in node.cmds:
        command = wrapped.alter_table_cmd
        if enum(command, "subtype") in _COLUMN_COMMANDS and not command.missing_ok:
            yield from walk.columns(node.relation, [command.name])
        walk.rest(command, inside, "newowner")


def _constraint(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    for name in (*strings(node.keys), *strings(node.fk_attrs)):
        yield scope.column([name]), node.location
    if node.pktable.relname:
        yield from walk.relation(node.pktable)
        yield from walk.columns(node.pktable, strings(node.pk_attrs), node.location)
    walk.rest(node, scope, "pktable")


def _create_table(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    walk.rest(node, scope.within(_ANY_COLUMN), "relation")
    yield from ()


def _create_function(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    parameters = frozenset(parameter.function_parameter.name for parameter in node.parameters)
    name = strings(node.funcname)[-1]
    walk.rest(node, scope.within([Item(name, parameters)]), "funcname", "options")
    yield from ()


def _create_sequence(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    if node.DESCRIPTOR.name == "AlterSeqStmt":
        yield from walk.relation(node.sequence)
    for option in node.options:
        owner = strings(option.def_elem.arg) if option.def_elem.defname == "owned_by" else []
        if len(owner) > 1:
            yield from _column_of(walk, owner)
    walk.rest(node, scope, "sequence", "options")


def _column_of(walk: Walk, parts: list[str]) -> Iterator[Found]:
    """A relation and its column, from `table.column` or `schema.table.column`."""
    relations = walk.lookup.of("relation", parts[:-1])
    yield relations, -1
    yield tuple(Name("column", of.schema, parts[-1], of.name) for of in relations), -1


def _named_objects(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    """A COMMENT, DROP, GRANT, RENAME, SET SCHEMA or OWNER TO, which name objects as lists of strings."""
    kind, objects = _objects(node)
    if getattr(node, "relation", None) is not None and node.relation.relname:
        yield from walk.relation(node.relation)
        if kind in {"OBJECT_COLUMN", "OBJECT_ATTRIBUTE"}:
            yield from walk.columns(node.relation, [node.subname])
    for named in objects:
        parts = strings(named)
        if kind == "OBJECT_COLUMN" and len(parts) > 1:
            yield from _column_of(walk, parts)
        elif kind in _ON_A_RELATION and len(parts) > 1:
            yield walk.lookup.of("relation", parts[:-1]), -1
        elif kind in _RELATION_KINDS and named.WhichOneof("node") != "range_var":
            yield walk.lookup.of("relation", parts), -1
        elif kind in _TYPE_KINDS:
            yield walk.lookup.of("type", parts), -1
        elif kind == "OBJECT_SCHEMA" and parts:
            yield (Name("schema", "", parts[-1]),), -1
    walk.rest(node, scope, "relation", "privileges")
    if node.DESCRIPTOR.name == "GrantStmt":
        for privilege in node.privileges:
            for named in objects:
                yield from walk.columns(named.range_var, strings(privilege.access_priv.cols))


def _objects(node: Any) -> tuple[str, list[Any]]:
    match node.DESCRIPTOR.name:
        case "CommentStmt":
            return enum(node, "objtype"), [node.object]
        case "DropStmt":
            return enum(node, "remove_type"), list(node.objects)
        case "GrantStmt":
            return enum(node, "objtype"), list(node.objects)
        case "RenameStmt":
            return enum(node, "rename_type"), [node.object] if node.HasField("object") else []
        case _:
            return enum(node, "object_type"), [node.object] if node.HasField("object") else []


def _with_arguments(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    yield walk.lookup.of("function", strings(node.objname)), -1
    walk.push(node.objargs, scope)


def _alter_type(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    """An ALTER TYPE or ALTER DOMAIN."""
    yield walk.lookup.of("type", strings(node.type_name)), -1
    walk.rest(node, scope, "type_name")


def _with_columns(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    """A table and a list of columns: of a publication, or of VACUUM and ANALYZE."""
    yield from walk.relation(node.relation)
    names = node.columns if node.DESCRIPTOR.name == "PublicationTable" else node.va_cols
    yield from walk.columns(node.relation, strings(names))
    walk.rest(node, walk.on(node.relation, scope), "relation")


def _statistics(walk: Walk, node: Any, scope: Scope) -> Iterator[Found]:
    walk.rest(node, scope.within(from_items(node.relations, scope, walk.lookup)), "defnames", "stat_types")
    yield from ()


_HANDLERS: dict[str, Handler] = {
    **QUERIES,
    "AlterDomainStmt": _alter_type,
    "AlterEnumStmt": _alter_type,
    "AlterObjectSchemaStmt": _named_objects,
    "AlterOwnerStmt": _named_objects,
    "AlterPolicyStmt": _about,
    "AlterSeqStmt": _create_sequence,
    "AlterTableStmt": _alter_table,
    "AlterTypeStmt": _alter_type,
    "CommentStmt": _named_objects,
    "Constraint": _constraint,
    "CopyStmt": _about,
    "CreateFunctionStmt": _create_function,
    "CreatePolicyStmt": _about,
    "CreateSeqStmt": _create_sequence,
    "CreateStatsStmt": _statistics,
    "CreateStmt": _create_table,
    "CreateTrigStmt": _about,
    "DropStmt": _named_objects,
    "GrantStmt": _named_objects,
    "IndexStmt": _about,
    "ObjectWithArgs": _with_arguments,
    "PublicationTable": _with_columns,
    "RenameStmt": _named_objects,
    "RuleStmt": _about,
    "VacuumRelation": _with_columns,
}
"""How a node is read; any other one is read field by field."""
