"""What a file expects of the rows that are there already: what can be converted, what is unique, who has parents.

The trial on rows makes up rows that meet this, so that a file fails there only on rows that it should have thought of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import postgast

from pytest_ctb.model import Statement
from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.definitions.columns import TypeName, type_named
from pytest_ctb.sql.objects import Relation, relation_of
from pytest_ctb.sql.plpgsql.dynamic_sql import UNKNOWN
from pytest_ctb.sql.tree import enum, node_name, parse_tree, strings, walk

_BY_FORMAT = {"to_date": "date", "to_timestamp": "timestamptz", "to_number": "numeric"}
"""Functions that read a text by a format, and the type of their result."""
_ANY_TEXT = {TypeName("text"), TypeName("varchar")}
"""Types that any value can be converted to."""
_SPLITTING = {"string_to_array", "regexp_split_to_array"}


class ExpectedType(NamedTuple):
    """A column whose values the file converts to another type."""

    relation: Relation | None
    """None: a column of this name in any table."""
    column: str
    type: TypeName
    format: str = ""
    """The format by which `to_date` and the like read it."""
    labels: tuple[str, ...] = ()
    """The labels of the type, where the file itself creates it as an enum."""


class ExpectedKey(NamedTuple):
    """Columns that the file makes unique."""

    relation: Relation
    columns: tuple[str, ...]


class ExpectedParent(NamedTuple):
    """Columns that the file makes a foreign key of."""

    relation: Relation | None
    """None: columns of these names in any table, since the file has a new table refer by such a column."""
    columns: tuple[str, ...]
    parent: Relation
    parent_columns: tuple[str, ...]
    """Empty: those of its primary key."""
    name: str = ""
    """The name of the constraint; empty where Postgres generates one."""
    values: tuple[tuple[str, ...], ...] = ()
    """The keys of the rows that the file itself inserts into a parent that it creates."""


class ExpectedCheck(NamedTuple):
    """A CHECK that the file adds to a table."""

    relation: Relation
    expression: str
    """As SQL."""
    columns: tuple[str, ...]
    """Those that it names."""
    name: str = ""
    """The name of the constraint; empty where Postgres generates one."""


@dataclass(frozen=True)
class ExpectedRows:
    """What a file expects of the rows that are there before it."""

    types: tuple[ExpectedType, ...] = ()
    keys: tuple[ExpectedKey, ...] = ()
    parents: tuple[ExpectedParent, ...] = ()
    checks: tuple[ExpectedCheck, ...] = ()


def expected_rows(statements: Iterable[Statement]) -> ExpectedRows:
    """What the statements expect of older rows, those in bodies too."""
    read = [inner for statement in statements for inner in statement.walk() if node_name(inner)]
    nodes = [parse_tree(statement) for statement in read]
    labels = {
        tuple(strings(node.type_name)): tuple(strings(node.vals))
        for node in nodes
        if node.DESCRIPTOR.name == "CreateEnumStmt"
    }
    inserted = _inserted(nodes)
    parents = [parent for node in nodes for parent in _parents(node)]
    parents += [source for node in nodes for source in _read_from(node, parents)]
    return ExpectedRows(
        tuple(
            expected._replace(labels=labels.get(tuple(expected.type.name.split(".")), ()))
            for node in nodes
            for expected in _types(node)
        ),
        tuple(key for node in nodes for key in _keys(node)),
        tuple(parent._replace(values=_keys_of(inserted.get(parent.parent, ()), parent)) for parent in parents),
        tuple(check for node in nodes for check in _checks(node)),
    )


# --- types -----------------------------------------------------------------------------------------------------------


def _types(statement: Any) -> Iterator[ExpectedType]:
    """The columns that a statement converts: by a cast, by a function that reads a format, by ALTER COLUMN … TYPE."""
    if statement.DESCRIPTOR.name == "InsertStmt" and statement.select_stmt.select_stmt.values_lists:
        return  # it reads no rows, and may write many
    relations = _relations(statement)
    for reference, conversion in _converted(statement):
        for relation, column in _resolved(reference, relations):
            yield ExpectedType(relation, column, *conversion)
    if statement.DESCRIPTOR.name == "AlterTableStmt":
        for command in (node.alter_table_cmd for node in statement.cmds):
            if enum(command, "subtype") == "AT_AlterColumnType":
                new_type = type_named(getattr(command, "def").column_def.type_name)
                yield ExpectedType(relation_of(statement.relation), command.name, new_type)


def _resolved(reference: Any, relations: Mapping[str, Relation]) -> list[tuple[Relation | None, str]]:
    """The relations whose column a reference may mean, each with the column's name."""
    parts = strings(reference.fields)
    if not parts:
        return []
    *qualifiers, column = parts
    if qualifiers:
        return [(relations.get(qualifiers[-1]), column)]
    return [(relation, column) for relation in dict.fromkeys(relations.values())] or [(None, column)]


def _converted(statement: Any) -> Iterator[tuple[Any, tuple[TypeName, str]]]:
    """The column references under a conversion, each with the innermost one. No recursion: expressions nest deep."""
    stack: list[tuple[Any, tuple[TypeName, str] | None]] = [(statement, None)]
    while stack:
        node, conversion = stack.pop()
        match node.DESCRIPTOR.name:
            case "ColumnRef":
                if conversion is not None:
                    yield node, conversion
                continue
            case "TypeCast" if (new_type := type_named(node.type_name)) not in _ANY_TEXT:
                conversion = new_type, ""
            case "FuncCall":
                conversion = _by_function(node, conversion)
            case "A_Expr" if strings(node.name) != ["||"] and enum(node, "kind") != "AEXPR_NULLIF":
                conversion = None
            case "SelectStmt":
                conversion = None
        stack += reversed([(inner, conversion) for inner in _children(node)])


def _by_function(call: Any, conversion: tuple[TypeName, str] | None) -> tuple[TypeName, str] | None:
    """The conversion of the arguments of a function whose result has this one."""
    name = strings(call.funcname)[-1]
    if name in _BY_FORMAT and len(call.args) == 2 and call.args[1].a_const.sval.sval:  # a text, its format
        return TypeName(_BY_FORMAT[name]), call.args[1].a_const.sval.sval
    if name in _SPLITTING and conversion:
        return conversion[0]._replace(array=False), conversion[1]
    return conversion


def _children(node: Any) -> Iterator[Any]:
    """The nodes directly under a node."""
    for field, value in node.ListFields():
        if field.message_type is None:
            continue
        for child in value if isinstance(value, Iterable) else [value]:
            if child.DESCRIPTOR.name == "Node":
                kind = child.WhichOneof("node")
                if kind:
                    yield getattr(child, kind)
            else:
                yield child


def _relations(statement: Any) -> dict[str, Relation]:
    """The relations in a statement by their alias, or by their name where they have none."""
    return {
        node.alias.aliasname or node.relname: relation_of(node)
        for node in walk(statement)
        if node.DESCRIPTOR.name == "RangeVar"
    }


# --- constraints -----------------------------------------------------------------------------------------------------


def _constraints(statement: Any) -> Iterator[tuple[Relation, Any, str]]:
    """The constraints that a statement adds: the table, the node, and the column of one that stands behind a column."""
    name = statement.DESCRIPTOR.name
    if name == "AlterTableStmt":
        definitions = [getattr(node.alter_table_cmd, "def") for node in statement.cmds]
    elif name == "CreateStmt":
        definitions = list(statement.table_elts)
    else:
        return
    table = relation_of(statement.relation)
    for definition in definitions:
        if definition.WhichOneof("node") == "constraint":
            yield table, definition.constraint, ""
        elif definition.WhichOneof("node") == "column_def":
            for constraint in definition.column_def.constraints:
                yield table, constraint.constraint, definition.column_def.colname


def _keys(statement: Any) -> Iterator[ExpectedKey]:
    """The keys that a statement adds to an older table."""
    if statement.DESCRIPTOR.name == "IndexStmt" and statement.unique:
        columns = tuple(dict.fromkeys(column for element in statement.index_params for column in _columns(element)))
        yield ExpectedKey(relation_of(statement.relation), columns)
    if statement.DESCRIPTOR.name != "AlterTableStmt":
        return
    for table, constraint, column in _constraints(statement):
        if enum(constraint, "contype") in {"CONSTR_UNIQUE", "CONSTR_PRIMARY"} and not column:
            yield ExpectedKey(table, tuple(strings(constraint.keys)))


def _columns(element: Any) -> list[str]:
    """The columns of an element of an index: one, or those in its expression."""
    if element.index_elem.name:
        return [element.index_elem.name]
    return [
        strings(node.fields)[-1]
        for node in walk(element.index_elem.expr)
        if node.DESCRIPTOR.name == "ColumnRef" and strings(node.fields)
    ]


def _parents(statement: Any) -> Iterator[ExpectedParent]:
    """The foreign keys that a statement adds; those of a new table, or a new column, say what a name refers to."""
    for table, constraint, column in _constraints(statement):
        if enum(constraint, "contype") != "CONSTR_FOREIGN":
            continue
        columns = (column,) if column else tuple(strings(constraint.fk_attrs))
        added = statement.DESCRIPTOR.name == "AlterTableStmt" and not column
        parent = relation_of(constraint.pktable)
        keys = tuple(strings(constraint.pk_attrs))
        yield ExpectedParent(table if added else None, columns, parent, keys, constraint.conname)


def _read_from(statement: Any, parents: Iterable[ExpectedParent]) -> Iterator[ExpectedParent]:
    """The parents of columns from which a statement fills a column that refers to those parents."""
    by_column = {parent.columns[0]: parent for parent in parents if len(parent.columns) == 1}
    if not by_column:
        return
    relations = _relations(statement)
    for target, value in _assignments(statement):
        if target not in by_column:
            continue
        source = _without_casts(value)
        if source.WhichOneof("node") == "column_ref":
            for relation, column in _resolved(source.column_ref, relations):
                if column != target:
                    yield by_column[target]._replace(relation=relation, columns=(column,))


def _assignments(statement: Any) -> Iterator[tuple[str, Any]]:
    """The columns that an UPDATE or an INSERT … SELECT fills, each with its value."""
    if statement.DESCRIPTOR.name == "UpdateStmt":
        for target in statement.target_list:
            yield target.res_target.name, target.res_target.val
    elif statement.DESCRIPTOR.name == "InsertStmt":
        values = statement.select_stmt.select_stmt.target_list
        for target, value in zip(statement.cols, values, strict=False):
            yield target.res_target.name, value.res_target.val


def _checks(statement: Any) -> Iterator[ExpectedCheck]:
    """The CHECKs that a statement adds to an older table."""
    if statement.DESCRIPTOR.name != "AlterTableStmt":
        return
    for table, constraint, _ in _constraints(statement):
        if enum(constraint, "contype") == "CONSTR_CHECK":
            names = (
                strings(node.fields)[-1]
                for node in walk(constraint.raw_expr)
                if node.DESCRIPTOR.name == "ColumnRef" and strings(node.fields)
            )
            expression = _as_sql(constraint.raw_expr)
            if expression:
                yield ExpectedCheck(table, expression, tuple(dict.fromkeys(names)), constraint.conname)


def _as_sql(expression: Any) -> str:
    """An expression of a parse tree as SQL; empty where it cannot be written."""
    select = libpg_query.parse("SELECT 1")
    select.stmts[0].stmt.select_stmt.target_list[0].res_target.val.CopyFrom(expression)
    try:
        return libpg_query.deparse(select).removeprefix("SELECT ")
    except (postgast.PgQueryError, *libpg_query.TOO_DEEP):
        return ""


# --- rows that the file inserts --------------------------------------------------------------------------------------


def _inserted(nodes: Iterable[Any]) -> dict[Relation, tuple[Mapping[str, str], ...]]:
    """By table: the constants of the rows that the statements insert into tables that they create."""
    columns: dict[Relation, list[str]] = {}
    rows: dict[Relation, tuple[Mapping[str, str], ...]] = {}
    for node in nodes:
        if node.DESCRIPTOR.name == "CreateStmt":
            elements = (element.column_def.colname for element in node.table_elts)
            columns[relation_of(node.relation)] = [name for name in elements if name]
        if node.DESCRIPTOR.name != "InsertStmt" or relation_of(node.relation) not in columns:
            continue
        table = relation_of(node.relation)
        names = [target.res_target.name for target in node.cols] or columns[table]
        for values in node.select_stmt.select_stmt.values_lists:
            constants = zip(names, map(_constant, values.list.items), strict=False)
            rows[table] = (*rows.get(table, ()), {name: value for name, value in constants if value is not None})
    return rows


def _without_casts(node: Any) -> Any:
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    return node


def _constant(value: Any) -> str | None:
    node = _without_casts(value)
    if node.WhichOneof("node") != "a_const":
        return None
    match node.a_const.WhichOneof("val"):
        case "sval" if UNKNOWN not in node.a_const.sval.sval:
            return str(node.a_const.sval.sval)
        case "ival":
            return str(node.a_const.ival.ival)
        case "fval":
            return str(node.a_const.fval.fval)
    return None


def _keys_of(rows: Iterable[Mapping[str, str]], parent: ExpectedParent) -> tuple[tuple[str, ...], ...]:
    """The keys of rows that a foreign key refers to; the first column where it names none."""
    keys = (
        tuple(row.get(column, "") for column in parent.parent_columns)
        if parent.parent_columns
        else tuple(row.values())[: len(parent.columns)]
        for row in rows
    )
    return tuple(key for key in keys if all(key) and len(key) == len(parent.columns))
