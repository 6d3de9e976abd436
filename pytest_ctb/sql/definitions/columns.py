"""Read the definitions of columns, domains, row types and enums, as catalog queries and ALTER TABLE write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import postgast

from pytest_ctb.model import Statement
from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.definitions.conditions import Fact, facts
from pytest_ctb.sql.objects import Relation, relation_of
from pytest_ctb.sql.tree import enum, node_name, node_of, parse_tree, strings

_ADDITIONS = (" STORAGE ", " COMPRESSION ", " STATISTICS ", " WITH (", " OPTIONS (", " OWNER ")
"""The starts of additions by our catalog queries, which the grammar does not accept there."""


class TypeName(NamedTuple):
    """A type: `int4`, `varchar` with its length, `shop.mood`. An array has the type of its elements, and `array`."""

    name: str
    modifiers: tuple[int, ...] = ()
    array: bool = False


@dataclass(frozen=True)
class Definition:
    """The definition of a column, or of a domain with its CHECKs."""

    type: TypeName
    required: bool = False
    """NOT NULL."""
    default: bool = False
    """It has a default other than NULL."""
    undefault: bool = False
    """It says DEFAULT NULL, which overrides a default of its domain."""
    identity: str = ""
    """`always`, `by default`, or empty."""
    generated: bool = False
    collation: bool = False
    """It names a collation, under which different texts may be equal."""
    checks: tuple[tuple[tuple[Fact, ...], bool], ...] = ()
    """For each CHECK its facts, and whether these are all that it says."""


def column(definition: str) -> Definition | None:
    """Read the definition of a column: its type, then its constraints; None where it does not parse."""
    node = _parsed("CREATE TABLE t (c ", definition, ")")
    return _definition(node.table_elts[0].column_def) if node is not None else None


def domain(definition: str) -> Definition | None:
    """Read the definition of a domain, from its base type on; None where it does not parse."""
    node = _parsed("CREATE DOMAIN d AS ", definition, "")
    return _definition(node) if node is not None else None


def row(definition: str) -> Mapping[str, TypeName] | None:
    """The columns of a row type by name, from the parenthesis on; None where it does not parse."""
    node = _parsed("CREATE TYPE t AS ", definition, "")
    if node is None:
        return None
    return {element.column_def.colname: type_named(element.column_def.type_name) for element in node.coldeflist}


def labels(definition: str) -> tuple[str, ...]:
    """The labels of an enum, from the parenthesis on; none where it does not parse."""
    node = _parsed("CREATE TYPE t AS ENUM ", definition, "")
    return tuple(strings(node.vals)) if node is not None else ()


def _parsed(before: str, definition: str, after: str) -> Any:
    """The node of the statement, without the additions that the grammar does not accept; None: it does not parse."""
    words = definition
    while True:
        try:
            (statement,) = libpg_query.parse(before + words + after).stmts
        except libpg_query.TOO_DEEP:
            return None
        except (postgast.PgQueryError, ValueError):
            cut = max(words.rfind(addition) for addition in _ADDITIONS)
            if cut < 0:
                return None
            words = words[:cut]
        else:
            return node_of(statement)


def type_named(node: Any) -> TypeName:
    """The type that a TypeName node names."""
    names = strings(node.names)
    modifiers = tuple(
        modifier.a_const.ival.ival for modifier in node.typmods if modifier.a_const.WhichOneof("val") == "ival"
    )
    return TypeName(".".join(names).removeprefix("pg_catalog."), modifiers, array=bool(node.array_bounds))


def _definition(node: Any) -> Definition:
    constraints = [constraint.constraint for constraint in node.constraints]
    kinds = {enum(constraint, "contype"): constraint for constraint in constraints}
    identity = kinds.get("CONSTR_IDENTITY")
    default = kinds.get("CONSTR_DEFAULT")
    return Definition(
        type=type_named(node.type_name),
        required="CONSTR_NOTNULL" in kinds,
        default=default is not None and not _is_null(default.raw_expr),
        undefault=default is not None and _is_null(default.raw_expr),
        identity="" if identity is None else "always" if identity.generated_when == "a" else "by default",
        generated="CONSTR_GENERATED" in kinds,
        collation=node.HasField("coll_clause"),
        checks=tuple(facts(constraint.raw_expr) for constraint in _enforced(constraints)),
    )


def _enforced(constraints: Iterable[Any]) -> Iterable[Any]:
    return (
        constraint
        for constraint in constraints
        if enum(constraint, "contype") == "CONSTR_CHECK" and constraint.is_enforced
    )


def _is_null(node: Any) -> bool:
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    return bool(node.WhichOneof("node") == "a_const" and node.a_const.isnull)


class NewColumn(NamedTuple):
    """A column that a statement adds to a table."""

    relation: Relation
    name: str
    type: str
    """As SQL."""


def new_columns(statement: Statement) -> tuple[NewColumn, ...]:
    """The columns that an ALTER TABLE adds."""
    if node_name(statement) != "AlterTableStmt":
        return ()
    tree = parse_tree(statement)
    commands = [node.alter_table_cmd for node in tree.cmds]
    columns = [getattr(command, "def").column_def for command in commands if enum(command, "subtype") == "AT_AddColumn"]
    return tuple(
        NewColumn(relation_of(tree.relation), column.colname, type_as_sql(column.type_name)) for column in columns
    )


def type_as_sql(type_name: Any) -> str:
    """A type of a parse tree as SQL."""
    select = libpg_query.parse("SELECT CAST(1 AS int)")
    cast = select.stmts[0].stmt.select_stmt.target_list[0].res_target.val.type_cast
    cast.type_name.CopyFrom(type_name)
    return libpg_query.deparse(select).removeprefix("SELECT 1::")
