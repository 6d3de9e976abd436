"""Read what a CHECK says of single columns: lists of values, bounds, lengths, patterns. Also reads constraints."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from pytest_ctb.model import Source
from pytest_ctb.sql.psql.script import parse
from pytest_ctb.sql.tree import enum, name_of, parse_tree, strings

Value = str | bool | Decimal

_NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})
_TEXTS = frozenset({"text", "varchar", "bpchar"})
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_LENGTHS = frozenset({"char_length", "character_length", "length"})


class _NoFactError(Exception):
    """An expression that no Fact can express."""


class Fact(NamedTuple):
    """A condition on the value of a column, which holds unless the value is NULL."""

    column: str
    says: str
    """`in`, `not in`, `<`, `<=`, `>`, `>=`, `matches`, `length <=`, `length >=`, or `not null`."""
    values: tuple[Value, ...] = ()
    cast: str = ""
    """The type that the column is cast to first; empty for none."""


class _Column(NamedTuple):
    """A column in an expression, and the type that it is cast to (empty: none)."""

    name: str
    cast: str


def condition(definition: str) -> tuple[tuple[Fact, ...], bool]:
    """The facts of a CHECK, as `pg_get_constraintdef` prints it, and whether these are all that it says."""
    check = _constraint(definition)
    if check is None:
        return (), False
    return facts(check.raw_expr) if check.is_enforced else ((), True)


def facts(expression: Any) -> tuple[tuple[Fact, ...], bool]:
    """The facts of a boolean expression, and whether these are all that it says."""
    results: list[Fact] = []
    complete = True
    for part in _conjuncts(expression):
        try:
            results += _facts(part)
        except (_NoFactError, RecursionError):
            complete = False
    return tuple(results), complete


def _conjuncts(node: Any) -> Iterator[Any]:
    """The parts that AND joins: none of them may be false, so each is a CHECK by itself."""
    remaining = [node]
    while remaining:
        part = remaining.pop()
        if part.WhichOneof("node") == "bool_expr" and enum(part.bool_expr, "boolop") == "AND_EXPR":
            remaining += reversed(part.bool_expr.args)
        else:
            yield part


def _facts(node: Any) -> list[Fact]:
    match node.WhichOneof("node"):
        case "column_ref":
            return [Fact(_column(node).name, "in", (True,))]
        case "null_test" if enum(node.null_test, "nulltesttype") == "IS_NOT_NULL":
            return [Fact(_column(node.null_test.arg).name, "not null")]
        case "a_expr":
            return [_comparison(node.a_expr)]
        case "bool_expr" if enum(node.bool_expr, "boolop") == "OR_EXPR":
            return _either(node.bool_expr.args)
        case "bool_expr" if enum(node.bool_expr, "boolop") == "NOT_EXPR":
            return [_not(_facts(node.bool_expr.args[0]))]
    raise _NoFactError


def _not(operands: list[Fact]) -> Fact:
    if len(operands) == 1 and operands[0].says in {"in", "not in"}:
        return operands[0]._replace(says="not in" if operands[0].says == "in" else "in")
    raise _NoFactError


def _either(branches: Any) -> list[Fact]:
    """The facts of an OR: lists of values of the same column become one list; `column IS NULL` adds nothing to them."""
    nulls = [_column(branch.null_test.arg).name for branch in branches if _is_null_test(branch)]
    others = [branch for branch in branches if not _is_null_test(branch)]
    if nulls and len(others) == 1:
        branch_facts = [fact for part in _conjuncts(others[0]) for fact in _facts(part)]
        if all(fact.column in nulls and fact.says != "not null" for fact in branch_facts):
            return branch_facts
        raise _NoFactError
    branch_facts = [fact for branch in others for fact in _facts(branch)]
    if {fact.says for fact in branch_facts} != {"in"} or len(branch_facts) != len(others):
        raise _NoFactError
    first = branch_facts[0]
    if {*nulls, *(fact.column for fact in branch_facts)} != {first.column} or {fact.cast for fact in branch_facts} != {
        first.cast
    }:
        raise _NoFactError
    return [first._replace(values=tuple(dict.fromkeys(value for fact in branch_facts for value in fact.values)))]


def _is_null_test(node: Any) -> bool:
    return bool(node.WhichOneof("node") == "null_test" and enum(node.null_test, "nulltesttype") == "IS_NULL")


def _comparison(node: Any) -> Fact:
    kind, names = enum(node, "kind"), strings(node.name)
    if len(names) != 1:
        raise _NoFactError
    match kind, names[0]:
        case "AEXPR_OP_ANY", "=":
            return _fact(node.lexpr, "in", _array(node.rexpr))
        case "AEXPR_OP_ALL", "<>":
            return _fact(node.lexpr, "not in", _array(node.rexpr))
        case "AEXPR_OP", "~":
            return _fact(node.lexpr, "matches", (_constant(node.rexpr),))
        case "AEXPR_OP", operator if operator in _MIRRORED:
            if _is_constant(node.lexpr):
                return _compared(node.rexpr, _MIRRORED[operator], _constant(node.lexpr))
            return _compared(node.lexpr, operator, _constant(node.rexpr))
    raise _NoFactError


def _compared(left: Any, operator: str, value: Value) -> Fact:
    if left.WhichOneof("node") == "func_call":
        return _length(left.func_call, operator, value)
    return _fact(left, {"=": "in", "<>": "not in"}.get(operator, operator), (value,))


def _length(call: Any, operator: str, value: Value) -> Fact:
    names = strings(call.funcname)
    if len(names) != 1 or names[0] not in _LENGTHS or len(call.args) != 1 or not isinstance(value, Decimal):
        raise _NoFactError
    if value != value.to_integral_value():
        raise _NoFactError
    column, cast = _column(call.args[0])
    match operator:
        case "<" | "<=":
            return Fact(column, "length <=", (value - (operator == "<"),), cast)
        case ">" | ">=":
            return Fact(column, "length >=", (value + (operator == ">"),), cast)
    raise _NoFactError


def _fact(node: Any, says: str, values: tuple[Value, ...]) -> Fact:
    column = _column(node)
    return Fact(column.name, says, values, column.cast)


def _column(node: Any) -> _Column:
    cast = ""
    if node.WhichOneof("node") == "type_cast":
        if node.type_cast.type_name.typmods or node.type_cast.type_name.array_bounds:
            raise _NoFactError
        cast = _type(node.type_cast.type_name)
        node = node.type_cast.arg
    if node.WhichOneof("node") != "column_ref" or len(strings(node.column_ref.fields)) != 1:
        raise _NoFactError
    return _Column(strings(node.column_ref.fields)[0], cast)


def _array(node: Any) -> tuple[Value, ...]:
    if node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    if node.WhichOneof("node") != "a_array_expr":
        raise _NoFactError
    return tuple(_constant(element) for element in node.a_array_expr.elements)


def _is_constant(node: Any) -> bool:
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    return bool(node.WhichOneof("node") == "a_const")


def _constant(node: Any) -> Value:
    if node.WhichOneof("node") == "type_cast":
        return _cast_constant(_constant(node.type_cast.arg), node.type_cast.type_name)
    if node.WhichOneof("node") != "a_const":
        raise _NoFactError
    constant = node.a_const
    match constant.WhichOneof("val"):
        case "sval":
            return str(constant.sval.sval)
        case "ival":
            return Decimal(constant.ival.ival)
        case "fval":
            return Decimal(constant.fval.fval)
        case "boolval":
            return bool(constant.boolval.boolval)
    raise _NoFactError


def _cast_constant(value: Value, type_name: Any) -> Value:
    """The value of a cast constant, where the cast does not change the value."""
    name = _type(type_name)
    if type_name.typmods or type_name.array_bounds:
        raise _NoFactError
    if isinstance(value, str) and name in _NUMBERS:
        number = Decimal(value) if value.strip("+-0123456789.") == "" else Decimal("NaN")
        if not number.is_finite():
            raise _NoFactError
        return number
    fits = isinstance(value, Decimal) and (not name.startswith("int") or value == value.to_integral_value())
    if (fits and name in _NUMBERS) or (isinstance(value, str) and (name in _TEXTS or "." in name)):
        return value
    raise _NoFactError


def _type(node: Any) -> str:
    return ".".join(strings(node.names)).removeprefix("pg_catalog.")


class Constraint(NamedTuple):
    """A constraint of a table; for the expression of a CHECK see `condition`."""

    kind: str
    """`PRIMARY KEY`, `UNIQUE`, `FOREIGN KEY`, `CHECK`, `EXCLUSION`, `NOT NULL`"""
    columns: tuple[str, ...] = ()
    """The columns of a key, in order; none for other constraints."""
    references: str = ""
    """The table that a foreign key points to: `company.master`."""
    referenced: tuple[str, ...] = ()
    """The columns that a foreign key points to."""
    match_full: bool = False
    period: bool = False
    """The last column is a PERIOD, which several rows may cover together."""


_KINDS = {
    "CONSTR_CHECK": "CHECK",
    "CONSTR_EXCLUSION": "EXCLUSION",
    "CONSTR_FOREIGN": "FOREIGN KEY",
    "CONSTR_NOTNULL": "NOT NULL",
    "CONSTR_PRIMARY": "PRIMARY KEY",
    "CONSTR_UNIQUE": "UNIQUE",
}


def constraint(definition: str) -> Constraint | None:
    """Read a constraint, as `pg_get_constraintdef` prints it; None where it does not parse."""
    node = _constraint(definition)
    if node is None:
        return None
    return Constraint(
        _KINDS.get(enum(node, "contype"), ""),
        tuple(strings(node.fk_attrs if enum(node, "contype") == "CONSTR_FOREIGN" else node.keys)),
        name_of(node.pktable),
        tuple(strings(node.pk_attrs)),
        node.fk_matchtype == "f",
        node.fk_with_period,
    )


def _constraint(definition: str) -> Any:
    statements, _ = parse(Source(f"ALTER TABLE t ADD CONSTRAINT c {definition}"))
    if len(statements) != 1 or not statements[0].tag:
        return None
    return getattr(parse_tree(statements[0]).cmds[0].alter_table_cmd, "def").constraint
