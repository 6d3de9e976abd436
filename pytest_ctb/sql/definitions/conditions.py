"""What a CHECK says of single columns: a list of values, a bound, a length, a pattern; and whether it says more."""

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
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_LENGTHS = frozenset({"char_length", "character_length", "length"})


class _OpenError(Exception):
    """It says something that has no form here."""


class Fact(NamedTuple):
    """One thing that holds of a column's value, unless that is NULL."""

    column: str
    says: str
    """`in`, `not in`, `<`, `<=`, `>`, `>=`, `matches`, `length <=`, `length >=`, or `not null`."""
    values: tuple[Value, ...] = ()
    cast: str = ""
    """The type that the value is turned into before; empty where it is taken as it is."""


def condition(definition: str) -> tuple[tuple[Fact, ...], bool]:
    """The facts that a CHECK (as `pg_get_constraintdef` words it) comes to, and whether it says no more than these."""
    check = _constraint(definition)
    if check is None:
        return (), False
    return facts(check.raw_expr) if check.is_enforced else ((), True)


def facts(expression: Any) -> tuple[tuple[Fact, ...], bool]:
    """The facts that an expression comes to, and whether it says no more than these."""
    found: list[Fact] = []
    whole = True
    for part in _conjuncts(expression):
        try:
            found += _facts(part)
        except (_OpenError, RecursionError):
            whole = False
    return tuple(found), whole


def _conjuncts(node: Any) -> Iterator[Any]:
    """The parts of which none may be false: a CHECK fails on false alone, so each of them is one by itself."""
    left = [node]
    while left:
        one = left.pop()
        if one.WhichOneof("node") == "bool_expr" and enum(one.bool_expr, "boolop") == "AND_EXPR":
            left += reversed(one.bool_expr.args)
        else:
            yield one


def _facts(node: Any) -> list[Fact]:
    match node.WhichOneof("node"):
        case "column_ref":
            return [Fact(*_column(node)[:1], "in", (True,))]
        case "null_test" if enum(node.null_test, "nulltesttype") == "IS_NOT_NULL":
            return [Fact(_column(node.null_test.arg)[0], "not null")]
        case "a_expr":
            return [_comparison(node.a_expr)]
        case "bool_expr" if enum(node.bool_expr, "boolop") == "OR_EXPR":
            return _either(node.bool_expr.args)
        case "bool_expr" if enum(node.bool_expr, "boolop") == "NOT_EXPR":
            return [_not(_facts(node.bool_expr.args[0]))]
    raise _OpenError


def _not(found: list[Fact]) -> Fact:
    if len(found) == 1 and found[0].says in {"in", "not in"}:
        return found[0]._replace(says="not in" if found[0].says == "in" else "in")
    raise _OpenError


def _either(branches: Any) -> list[Fact]:
    """Lists of values of one column come to one list; that the column IS NULL beside them says nothing more."""
    nulls = [_column(one.null_test.arg)[0] for one in branches if _is_null_test(one)]
    others = [one for one in branches if not _is_null_test(one)]
    if nulls and len(others) == 1:
        found = [fact for part in _conjuncts(others[0]) for fact in _facts(part)]
        if all(one.column in nulls and one.says != "not null" for one in found):
            return found
        raise _OpenError
    found = [fact for one in others for fact in _facts(one)]
    if {one.says for one in found} != {"in"} or len(found) != len(others):
        raise _OpenError
    first = found[0]
    if {*nulls, *(one.column for one in found)} != {first.column} or {one.cast for one in found} != {first.cast}:
        raise _OpenError
    return [first._replace(values=tuple(dict.fromkeys(value for one in found for value in one.values)))]


def _is_null_test(node: Any) -> bool:
    return bool(node.WhichOneof("node") == "null_test" and enum(node.null_test, "nulltesttype") == "IS_NULL")


def _comparison(node: Any) -> Fact:
    kind, names = enum(node, "kind"), strings(node.name)
    if len(names) != 1:
        raise _OpenError
    match kind, names[0]:
        case "AEXPR_OP_ANY", "=":
            return Fact(*_named(node.lexpr, "in"), _array(node.rexpr), _cast(node.lexpr))
        case "AEXPR_OP_ALL", "<>":
            return Fact(*_named(node.lexpr, "not in"), _array(node.rexpr), _cast(node.lexpr))
        case "AEXPR_OP", "~":
            return Fact(*_named(node.lexpr, "matches"), (_constant(node.rexpr),), _cast(node.lexpr))
        case "AEXPR_OP", operator if operator in _TURNED:
            if _is_constant(node.lexpr):
                return _compared(node.rexpr, _TURNED[operator], _constant(node.lexpr))
            return _compared(node.lexpr, operator, _constant(node.rexpr))
    raise _OpenError


def _compared(left: Any, operator: str, value: Value) -> Fact:
    if left.WhichOneof("node") == "func_call":
        return _length(left.func_call, operator, value)
    says = {"=": "in", "<>": "not in"}.get(operator, operator)
    return Fact(*_named(left, says), (value,), _cast(left))


def _length(call: Any, operator: str, value: Value) -> Fact:
    names = strings(call.funcname)
    if len(names) != 1 or names[0] not in _LENGTHS or len(call.args) != 1 or not isinstance(value, Decimal):
        raise _OpenError
    if value != value.to_integral_value():
        raise _OpenError
    column, cast = _column(call.args[0])
    match operator:
        case "<" | "<=":
            return Fact(column, "length <=", (value - (operator == "<"),), cast)
        case ">" | ">=":
            return Fact(column, "length >=", (value + (operator == ">"),), cast)
    raise _OpenError


def _named(node: Any, says: str) -> tuple[str, str]:
    return _column(node)[0], says


def _cast(node: Any) -> str:
    return _column(node)[1]


def _column(node: Any) -> tuple[str, str]:
    """A column, and the type that it is turned into."""
    cast = ""
    if node.WhichOneof("node") == "type_cast":
        if node.type_cast.type_name.typmods or node.type_cast.type_name.array_bounds:
            raise _OpenError
        cast = _type(node.type_cast.type_name)
        node = node.type_cast.arg
    if node.WhichOneof("node") != "column_ref" or len(strings(node.column_ref.fields)) != 1:
        raise _OpenError
    return strings(node.column_ref.fields)[0], cast


def _array(node: Any) -> tuple[Value, ...]:
    if node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    if node.WhichOneof("node") != "a_array_expr":
        raise _OpenError
    return tuple(_constant(one) for one in node.a_array_expr.elements)


def _is_constant(node: Any) -> bool:
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    return bool(node.WhichOneof("node") == "a_const")


def _constant(node: Any) -> Value:
    if node.WhichOneof("node") == "type_cast":
        return _turned(_constant(node.type_cast.arg), node.type_cast.type_name)
    if node.WhichOneof("node") != "a_const":
        raise _OpenError
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
    raise _OpenError


def _turned(value: Value, type_name: Any) -> Value:
    """A constant under a cast that leaves it what it is."""
    name = _type(type_name)
    if type_name.typmods or type_name.array_bounds:
        raise _OpenError
    if isinstance(value, str) and name in _NUMBERS:
        number = Decimal(value) if value.strip("+-0123456789.") == "" else Decimal("NaN")
        if not number.is_finite():
            raise _OpenError
        return number
    whole = isinstance(value, Decimal) and (not name.startswith("int") or value == value.to_integral_value())
    if (whole and name in _NUMBERS) or (isinstance(value, str) and (name in _TEXTS or "." in name)):
        return value
    raise _OpenError


def _type(node: Any) -> str:
    return ".".join(strings(node.names)).removeprefix("pg_catalog.")


class Constraint(NamedTuple):
    """A constraint of a table, in the words of `pg_get_constraintdef`, but for what a CHECK says (see `condition`)."""

    kind: str
    """`PRIMARY KEY`, `UNIQUE`, `FOREIGN KEY`, `CHECK`, `EXCLUSION`, `NOT NULL`"""
    columns: tuple[str, ...] = ()
    """Those of a key, in their order; none of any other constraint."""
    references: str = ""
    """The table that a foreign key points to: `company.master`."""
    referenced: tuple[str, ...] = ()
    """Its columns."""
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
    """Read a constraint in the words of `pg_get_constraintdef`; None where that cannot be done."""
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
