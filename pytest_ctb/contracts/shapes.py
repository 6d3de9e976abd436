"""The JSON Schema of a Postgres type: of the JSON that `to_jsonb` makes of its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pytest_ctb import sql
from pytest_ctb.model import Key, Schema
from pytest_ctb.sql import TypeName

Keywords = dict[str, Any]
"""A JSON Schema, of a whole row or of a single value."""

ANYTHING = ("object", "array", "string", "number", "boolean")
_WORDS = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "bool": "boolean",
    "bpchar": "char",
    "float4": "real",
    "float8": "double precision",
}
"""The usual names of types that have another name in the grammar."""
_FLOATS = {"float4": Decimal("3.4028235e38"), "float8": Decimal("1.7976931348623157e308")}
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
_HEX2 = "[0-9a-f]{2}"


@dataclass
class Shape:
    """The JSON values that a type allows; CHECKs narrow it."""

    kinds: tuple[str, ...]
    """The JSON types, without null."""
    keywords: Keywords = field(default_factory=dict)
    family: str = ""
    """How two values compare: `text`, `number` …; empty where that is not known."""
    casts: tuple[str, ...] = ()
    """The types to which a CHECK may cast a value without changing it."""
    specials: tuple[str, ...] = ()
    """The numbers that JSON has to write as text: NaN and infinities."""
    required: bool = False
    """Whether the type itself refuses NULL, as a domain may."""
    default: bool = False
    """Whether the type has a default, as a domain may."""
    unexpressed: list[str] = field(default_factory=list)
    """Conditions of the database that the JSON Schema cannot express."""


def type_name(type_: TypeName) -> str:
    """The type as SQL writes it: `varchar(20)`, `integer[]`."""
    modifiers = f"({','.join(map(str, type_.modifiers))})" if type_.modifiers and type_.name != "interval" else ""
    return f"{_WORDS.get(type_.name, type_.name)}{modifiers}{'[]' if type_.array else ''}"


def shape_of(type_: TypeName, schema: Schema) -> Shape:  # noqa: PLR0911  # a return for each kind of type
    """The shape of a type, which is built in or defined in the schema."""
    if type_.array:
        items = shape_of(TypeName(type_.name, type_.modifiers), schema)
        return Shape(
            ("array",), {"items": json_schema(items, nullable=not items.required)}, unexpressed=items.unexpressed
        )
    if type_.name in _BUILTIN:
        return _BUILTIN[type_.name](type_)
    object_ = schema.objects.get(Key("type", type_.name))
    if object_ is not None:
        kind, _, rest = object_.definition.partition(" ")
        match kind:
            case "ENUM":
                return Shape(("string",), {"enum": list(sql.labels(rest))}, "enum", casts=("text", type_.name))
            case "DOMAIN":
                return _of_domain(type_.name, rest.removeprefix("OVER "), schema)
            case "ROW":
                return _of_row(rest, schema)
            case "RANGE":
                return _unchecked("string")(type_)
    if Key("table", type_.name) in schema.objects:
        return Shape(("object",))
    return _unchecked(*ANYTHING)(type_)


def json_schema(shape: Shape, *, nullable: bool) -> Keywords:
    """The JSON Schema of a shape."""
    kinds, keywords = shape.kinds, dict(shape.keywords)
    if shape.specials:
        kinds = (*kinds, "string")
        keywords["pattern"] = f"^({'|'.join(shape.specials)})$"
    if nullable and "enum" in keywords:
        keywords["enum"] = [*keywords["enum"], None]
    if nullable and kinds == ANYTHING:
        return keywords
    all_kinds = (*kinds, "null") if nullable else kinds
    return {"type": all_kinds[0] if len(all_kinds) == 1 else list(all_kinds), **keywords}


def _of_domain(name: str, definition: str, schema: Schema) -> Shape:
    from pytest_ctb.contracts.narrow import narrow  # noqa: PLC0415  # each module needs the other: a domain has CHECKs

    domain = sql.domain(definition)
    if domain is None:
        return _unchecked(*ANYTHING)(TypeName(name))
    shape = shape_of(domain.type, schema)
    shape.required |= domain.required
    shape.default = domain.default or (shape.default and not domain.undefault)
    shape.casts += (domain.type.name,)
    for facts, whole in domain.checks:
        expressed = [not domain.collation and narrow(shape, fact) for fact in facts]
        if not (whole and all(expressed)):
            shape.unexpressed.append(f"domain {name} {definition}")
    return shape


def _of_row(definition: str, schema: Schema) -> Shape:
    columns = sql.row(definition)
    if columns is None:
        return Shape(("object",))
    shapes = {name: shape_of(type_, schema) for name, type_ in columns.items()}
    properties = {name: json_schema(shape, nullable=not shape.required) for name, shape in shapes.items()}
    unexpressed = [line for shape in shapes.values() for line in shape.unexpressed]
    return Shape(("object",), {"properties": properties, "additionalProperties": False}, unexpressed=unexpressed)


def _unchecked(*kinds: str) -> Callable[[TypeName], Shape]:
    """A type whose text only Postgres can check."""
    return lambda type_: Shape(kinds, unexpressed=[f"what {type_name(type_)} takes for a value"])


def _integer(bits: int, casts: tuple[str, ...]) -> Callable[[TypeName], Shape]:
    limit = 2 ** (bits - 1)
    return lambda _: Shape(("integer",), {"minimum": -limit, "maximum": limit - 1}, "number", casts)


def _numeric(type_: TypeName) -> Shape:
    if not type_.modifiers:
        return Shape(("number",), {}, "number", ("numeric",), ("NaN", "Infinity", "-Infinity"))
    precision, scale = (*type_.modifiers, 0)[:2]
    nines = tuple(int(digit) for digit in str(10**precision - 1))
    limit = Decimal((0, nines, -scale)) if scale > 0 else (10**precision - 1) * 10**-scale
    keywords: Keywords = {"minimum": _negative(limit), "maximum": limit}
    if scale > 0:
        keywords["x-scale"] = scale
    if scale < 0:
        keywords["multipleOf"] = 10**-scale
    return Shape(("number" if scale > 0 else "integer",), keywords, "number", ("numeric",), ("NaN",))


def _negative(number: int | Decimal) -> int | Decimal:
    """The negative number; a minus would round a long one."""
    return number.copy_negate() if isinstance(number, Decimal) else -number


def _float(type_: TypeName) -> Shape:
    limit = _FLOATS[type_.name]
    family = "number" if type_.name == "float8" else "float4"
    specials = ("NaN", "Infinity", "-Infinity")
    return Shape(("number",), {"minimum": _negative(limit), "maximum": limit}, family, ("float8",), specials)


def _text(type_: TypeName) -> Shape:
    limit: Keywords = {"maxLength": type_.modifiers[0]} if type_.modifiers else {}
    if type_.name == "bpchar":
        return Shape(("string",), limit, "bpchar", ("bpchar",))
    return Shape(("string",), limit, "text", ("text", "varchar"))


def _bits(type_: TypeName) -> Shape:
    longest = type_.modifiers[0] if type_.modifiers else None
    least = longest if type_.name == "bit" else None
    times = f"{{{longest}}}" if least else f"{{0,{longest}}}" if longest else "*"
    return Shape(("string",), {"pattern": f"^[01]{times}$"})


def _string(**keywords: Any) -> Callable[[TypeName], Shape]:
    return lambda _: Shape(("string",), dict(keywords))


def _reference(name: str) -> Callable[[TypeName], Shape]:
    return lambda _: Shape(("string",), {"$ref": f"#/$defs/{name}"})


def _moment(standard: str, extended: str, rest: str) -> Keywords:
    """A date or time: in the standard's format, and what that lacks: infinity, years before 1 and after 9999."""
    other = {"pattern": rf"^[0-9]{{4,7}}-[0-9]{{2}}-[0-9]{{2}}{rest}( BC)?$", "format": extended}
    ends = {"enum": ["infinity", "-infinity"]}
    return {"anyOf": [*([{"format": standard}] if standard else []), ends, other]}


_TIME = r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
DEFINITIONS: Mapping[str, Keywords] = {
    "date": _moment("date", "postgres-date", ""),
    "timestamp": _moment("", "postgres-timestamp", _TIME),
    "timestamptz": _moment("date-time", "postgres-timestamptz", _TIME + r"[+-][0-9]{2}:[0-9]{2}(:[0-9]{2})?"),
}
"""What `$ref` refers to. They allow null too: `format` and `pattern` apply only to text."""

_UNCHECKED = (
    *("interval", "money", "xml", "tsvector", "tsquery", "jsonpath", "oid", "xid", "xid8", "cid", "tid", "pg_lsn"),
    *("point", "line", "lseg", "box", "path", "polygon", "circle"),
    *(f"{base}{kind}" for kind in ("range", "multirange") for base in ("int4", "int8", "num", "ts", "tstz", "date")),
    *("regclass", "regtype", "regproc", "regprocedure", "regrole", "regnamespace"),
)
_BUILTIN: Mapping[str, Callable[[TypeName], Shape]] = {
    "bool": lambda _: Shape(("boolean",), {}, "boolean", ("bool",)),
    "int2": _integer(16, ("int4", "int8", "numeric")),
    "int4": _integer(32, ("int8", "numeric")),
    "int8": _integer(64, ("numeric",)),
    "numeric": _numeric,
    "float4": _float,
    "float8": _float,
    "text": _text,
    "varchar": _text,
    "bpchar": _text,
    "name": _string(),
    "char": _string(),
    "json": lambda _: Shape(ANYTHING),
    "jsonb": lambda _: Shape(ANYTHING),
    "uuid": _string(format="uuid"),
    "bytea": _string(pattern=rf"^\\x({_HEX2})*$"),
    "date": _reference("date"),
    "timestamp": _reference("timestamp"),
    "timestamptz": _reference("timestamptz"),
    "time": _string(pattern=f"^({_CLOCK}|24:00:00)$"),
    "timetz": _string(pattern=f"^({_CLOCK}|24:00:00)[+-](0[0-9]|1[0-5])(:[0-5][0-9])?(:[0-5][0-9])?$"),
    "bit": _bits,
    "varbit": _bits,
    "macaddr": _string(pattern=f"^{_HEX2}(:{_HEX2}){{5}}$"),
    "macaddr8": _string(pattern=f"^{_HEX2}(:{_HEX2}){{7}}$"),
    "inet": _string(format="postgres-inet"),
    "cidr": _string(format="postgres-cidr"),
    **{name: _unchecked("string") for name in _UNCHECKED},
}
