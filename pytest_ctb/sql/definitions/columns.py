"""What the words of a column, a domain or a row type say, as the catalogs print them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import postgast

from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.definitions.conditions import Fact, facts
from pytest_ctb.sql.tree import enum, node_of, strings

_TAILS = (" STORAGE ", " COMPRESSION ", " STATISTICS ", " WITH (", " OPTIONS (", " OWNER ")
"""What may stand behind a definition and is no part of what SQL says there."""


class TypeName(NamedTuple):
    """A type: `int4`, `varchar` with its length, or `shop.mood`; for an array, that of its elements."""

    name: str
    modifiers: tuple[int, ...] = ()
    array: bool = False


@dataclass(frozen=True)
class Definition:
    """A column, or a domain, whose CHECKs are then here too."""

    type: TypeName
    required: bool = False
    """NOT NULL."""
    default: bool = False
    """It has one, and one that is not NULL."""
    undefault: bool = False
    """It says DEFAULT NULL, which stands before a default of the type."""
    identity: str = ""
    """`always`, `by default`, or empty."""
    generated: bool = False
    collation: bool = False
    """One of its own, by which other texts may be equal than those that are written alike."""
    checks: tuple[tuple[tuple[Fact, ...], bool], ...] = ()
    """Each: the facts that it comes to, and whether it says no more than these."""


def column(definition: str) -> Definition | None:
    """The words of a column: its type, then what else is said of it; None where they cannot be read."""
    node = _parsed("CREATE TABLE t (c ", definition, ")")
    return _definition(node.table_elts[0].column_def) if node is not None else None


def domain(definition: str) -> Definition | None:
    """The words of a domain, from its base type on."""
    node = _parsed("CREATE DOMAIN d AS ", definition, "")
    return _definition(node) if node is not None else None


def row(definition: str) -> Mapping[str, TypeName] | None:
    """The columns of a row type, from the parenthesis on."""
    node = _parsed("CREATE TYPE t AS ", definition, "")
    if node is None:
        return None
    return {one.column_def.colname: _type(one.column_def.type_name) for one in node.coldeflist}


def labels(definition: str) -> tuple[str, ...]:
    """The labels of an enum, from the parenthesis on."""
    node = _parsed("CREATE TYPE t AS ENUM ", definition, "")
    return tuple(strings(node.vals)) if node is not None else ()


def _parsed(before: str, definition: str, after: str) -> Any:
    """The node of the statement; what the grammar has no place for is cut off from behind."""
    words = definition
    while True:
        try:
            (statement,) = libpg_query.parse(before + words + after).stmts
        except libpg_query.TOO_DEEP:
            return None
        except (postgast.PgQueryError, ValueError):
            cut = max(words.rfind(tail) for tail in _TAILS)
            if cut < 0:
                return None
            words = words[:cut]
        else:
            return node_of(statement)


def _type(node: Any) -> TypeName:
    names = strings(node.names)
    modifiers = tuple(one.a_const.ival.ival for one in node.typmods if one.a_const.WhichOneof("val") == "ival")
    return TypeName(".".join(names).removeprefix("pg_catalog."), modifiers, array=bool(node.array_bounds))


def _definition(node: Any) -> Definition:
    said = [one.constraint for one in node.constraints]
    kinds = {enum(one, "contype"): one for one in said}
    identity = kinds.get("CONSTR_IDENTITY")
    default = kinds.get("CONSTR_DEFAULT")
    return Definition(
        type=_type(node.type_name),
        required="CONSTR_NOTNULL" in kinds,
        default=default is not None and not _is_null(default.raw_expr),
        undefault=default is not None and _is_null(default.raw_expr),
        identity="" if identity is None else "always" if identity.generated_when == "a" else "by default",
        generated="CONSTR_GENERATED" in kinds,
        collation=node.HasField("coll_clause"),
        checks=tuple(facts(one.raw_expr) for one in _enforced(said)),
    )


def _enforced(constraints: Iterable[Any]) -> Iterable[Any]:
    return (one for one in constraints if enum(one, "contype") == "CONSTR_CHECK" and one.is_enforced)


def _is_null(node: Any) -> bool:
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    return bool(node.WhichOneof("node") == "a_const" and node.a_const.isnull)
