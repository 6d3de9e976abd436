"""A type of Postgres as the JSON that `to_jsonb` makes of its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pytest_ctb import sql
from pytest_ctb.model import Key, Schema
from pytest_ctb.sql import TypeName

Keywords = dict[str, Any]
"""A JSON Schema, or the part of one for a single value."""

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
"""What people call the types that the grammar has other names for."""
_FLOATS = {"float4": Decimal("3.4028235e38"), "float8": Decimal("1.7976931348623157e308")}
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
_HEX2 = "[0-9a-f]{2}"


@dataclass
class Shape:
    """What may stand for a value; narrowed while the CHECKs are read."""

    kinds: tuple[str, ...]
    """JSON's types, but for null."""
    keywords: Keywords = field(default_factory=dict)
    family: str = ""
    """By which rules two values are compared: `text`, `number` …; empty: nobody can tell."""
    casts: tuple[str, ...] = ()
    """The types into which a value may be turned in a CHECK, and still is what it was."""
    specials: tuple[str, ...] = ()
    """The numbers that JSON has to write as text."""
    required: bool = False
    """NULL is refused by the type itself."""
    default: bool = False
    """The type has one."""
    untold: list[str] = field(default_factory=list)
    """What the database holds besides, and has no form here."""


def words(one: TypeName) -> str:
    """The type as a person writes it."""
    modifiers = f"({','.join(map(str, one.modifiers))})" if one.modifiers and one.name != "interval" else ""
    return f"{_WORDS.get(one.name, one.name)}{modifiers}{'[]' if one.array else ''}"


def shape(one: TypeName, schema: Schema) -> Shape:  # noqa: PLR0911  # one for each sort of type
    """The shape of a type, which is Postgres's own or one of the schema."""
    if one.array:
        items = shape(TypeName(one.name, one.modifiers), schema)
        return Shape(("array",), {"items": render(items, nullable=not items.required)}, untold=items.untold)
    if one.name in _MAKERS:
        return _MAKERS[one.name](one)
    own = schema.objects.get(Key("type", one.name))
    if own is not None:
        kind, _, rest = own.definition.partition(" ")
        match kind:
            case "ENUM":
                return Shape(("string",), {"enum": list(sql.labels(rest))}, "enum", casts=("text", one.name))
            case "DOMAIN":
                return _domain(one.name, rest.removeprefix("OVER "), schema)
            case "ROW":
                return _row(rest, schema)
            case "RANGE":
                return _open("string")(one)
    if Key("table", one.name) in schema.objects:
        return Shape(("object",))
    return _open(*ANYTHING)(one)


def render(one: Shape, *, nullable: bool) -> Keywords:
    """The JSON Schema of a shape."""
    kinds, keywords = one.kinds, dict(one.keywords)
    if one.specials:
        kinds = (*kinds, "string")
        keywords["pattern"] = f"^({'|'.join(one.specials)})$"
    if nullable and "enum" in keywords:
        keywords["enum"] = [*keywords["enum"], None]
    if nullable and kinds == ANYTHING:
        return keywords
    every = (*kinds, "null") if nullable else kinds
    return {"type": every[0] if len(every) == 1 else list(every), **keywords}


def _domain(name: str, definition: str, schema: Schema) -> Shape:
    from pytest_ctb.contracts.narrow import narrow  # noqa: PLC0415  # each needs the other: a domain has CHECKs

    read = sql.domain(definition)
    if read is None:
        return _open(*ANYTHING)(TypeName(name))
    found = shape(read.type, schema)
    found.required |= read.required
    found.default = read.default or (found.default and not read.undefault)
    found.casts += (read.type.name,)
    for facts, whole in read.checks:
        told = [not read.collation and narrow(found, one) for one in facts]
        if not (whole and all(told)):
            found.untold.append(f"domain {name} {definition}")
    return found


def _row(definition: str, schema: Schema) -> Shape:
    read = sql.row(definition)
    if read is None:
        return Shape(("object",))
    shapes = {name: shape(one, schema) for name, one in read.items()}
    properties = {name: render(one, nullable=not one.required) for name, one in shapes.items()}
    untold = [line for one in shapes.values() for line in one.untold]
    return Shape(("object",), {"properties": properties, "additionalProperties": False}, untold=untold)


def _open(*kinds: str) -> Callable[[TypeName], Shape]:
    """A type whose text Postgres alone can tell right from wrong."""
    return lambda one: Shape(kinds, untold=[f"what {words(one)} takes for a value"])


def _whole(bits: int, casts: tuple[str, ...]) -> Callable[[TypeName], Shape]:
    most = 2 ** (bits - 1)
    return lambda _: Shape(("integer",), {"minimum": -most, "maximum": most - 1}, "number", casts)


def _numeric(one: TypeName) -> Shape:
    if not one.modifiers:
        return Shape(("number",), {}, "number", ("numeric",), ("NaN", "Infinity", "-Infinity"))
    precision, scale = (*one.modifiers, 0)[:2]
    nines = tuple(int(one) for one in str(10**precision - 1))
    most = Decimal((0, nines, -scale)) if scale > 0 else (10**precision - 1) * 10**-scale
    keywords: Keywords = {"minimum": _negative(most), "maximum": most}
    if scale > 0:
        keywords["x-scale"] = scale
    if scale < 0:
        keywords["multipleOf"] = 10**-scale
    return Shape(("number" if scale > 0 else "integer",), keywords, "number", ("numeric",), ("NaN",))


def _negative(number: int | Decimal) -> int | Decimal:
    """The number below zero; a minus would round a long one."""
    return number.copy_negate() if isinstance(number, Decimal) else -number


def _float(one: TypeName) -> Shape:
    most = _FLOATS[one.name]
    family = "number" if one.name == "float8" else "float4"
    specials = ("NaN", "Infinity", "-Infinity")
    return Shape(("number",), {"minimum": _negative(most), "maximum": most}, family, ("float8",), specials)


def _text(one: TypeName) -> Shape:
    limit: Keywords = {"maxLength": one.modifiers[0]} if one.modifiers else {}
    if one.name == "bpchar":
        return Shape(("string",), limit, "bpchar", ("bpchar",))
    return Shape(("string",), limit, "text", ("text", "varchar"))


def _bits(one: TypeName) -> Shape:
    longest = one.modifiers[0] if one.modifiers else None
    least = longest if one.name == "bit" else None
    times = f"{{{longest}}}" if least else f"{{0,{longest}}}" if longest else "*"
    return Shape(("string",), {"pattern": f"^[01]{times}$"})


def _written(**keywords: Any) -> Callable[[TypeName], Shape]:
    return lambda _: Shape(("string",), dict(keywords))


def _referred(name: str) -> Callable[[TypeName], Shape]:
    return lambda _: Shape(("string",), {"$ref": f"#/$defs/{name}"})


def _moment(standard: str, own: str, rest: str) -> Keywords:
    """What the standard can write, and what it cannot: infinity, years before Christ and after 9999."""
    other = {"pattern": rf"^[0-9]{{4,7}}-[0-9]{{2}}-[0-9]{{2}}{rest}( BC)?$", "format": own}
    ends = {"enum": ["infinity", "-infinity"]}
    return {"anyOf": [*([{"format": standard}] if standard else []), ends, other]}


_TIME = r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
DEFINITIONS: Mapping[str, Keywords] = {
    "date": _moment("date", "postgres-date", ""),
    "timestamp": _moment("", "postgres-timestamp", _TIME),
    "timestamptz": _moment("date-time", "postgres-timestamptz", _TIME + r"[+-][0-9]{2}:[0-9]{2}(:[0-9]{2})?"),
}
"""What `$ref` means. Where null is allowed too, it is allowed here: `format` and `pattern` are about text alone."""

_ASK_POSTGRES = (
    *("interval", "money", "xml", "tsvector", "tsquery", "jsonpath", "oid", "xid", "xid8", "cid", "tid", "pg_lsn"),
    *("point", "line", "lseg", "box", "path", "polygon", "circle"),
    *(f"{one}{kind}" for kind in ("range", "multirange") for one in ("int4", "int8", "num", "ts", "tstz", "date")),
    *("regclass", "regtype", "regproc", "regprocedure", "regrole", "regnamespace"),
)
_MAKERS: Mapping[str, Callable[[TypeName], Shape]] = {
    "bool": lambda _: Shape(("boolean",), {}, "boolean", ("bool",)),
    "int2": _whole(16, ("int4", "int8", "numeric")),
    "int4": _whole(32, ("int8", "numeric")),
    "int8": _whole(64, ("numeric",)),
    "numeric": _numeric,
    "float4": _float,
    "float8": _float,
    "text": _text,
    "varchar": _text,
    "bpchar": _text,
    "name": _written(),
    "char": _written(),
    "json": lambda _: Shape(ANYTHING),
    "jsonb": lambda _: Shape(ANYTHING),
    "uuid": _written(format="uuid"),
    "bytea": _written(pattern=rf"^\\x({_HEX2})*$"),
    "date": _referred("date"),
    "timestamp": _referred("timestamp"),
    "timestamptz": _referred("timestamptz"),
    "time": _written(pattern=f"^({_CLOCK}|24:00:00)$"),
    "timetz": _written(pattern=f"^({_CLOCK}|24:00:00)[+-](0[0-9]|1[0-5])(:[0-5][0-9])?(:[0-5][0-9])?$"),
    "bit": _bits,
    "varbit": _bits,
    "macaddr": _written(pattern=f"^{_HEX2}(:{_HEX2}){{5}}$"),
    "macaddr8": _written(pattern=f"^{_HEX2}(:{_HEX2}){{7}}$"),
    "inet": _written(format="postgres-inet"),
    "cidr": _written(format="postgres-cidr"),
    **{one: _open("string") for one in _ASK_POSTGRES},
}
