"""What a CHECK says of a column, put into its JSON Schema: where both surely mean the same."""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import Any

from pytest_ctb.contracts.patterns import portable
from pytest_ctb.contracts.shapes import Shape
from pytest_ctb.sql import Fact

_BOUNDS = {
    "<": ("exclusiveMaximum", min),
    "<=": ("maximum", min),
    ">": ("exclusiveMinimum", max),
    ">=": ("minimum", max),
    "length <=": ("maxLength", min),
    "length >=": ("minLength", max),
}
_KINDS = {"text": str, "bpchar": str, "enum": str, "boolean": bool, "number": Decimal, "float4": Decimal}


def narrow(shape: Shape, fact: Fact) -> bool:  # noqa: PLR0911  # a table: one way for each thing that is said
    """Narrow a shape by what a CHECK says of it. False where that cannot be said in the words of a schema."""
    if fact.says == "not null":
        shape.required = True
        return True
    if fact.cast and fact.cast not in shape.casts:
        return False
    if fact.says.startswith("length"):
        return shape.family == "text" and _bound(shape, fact.says, _number(fact.values[0]))
    if not all(isinstance(one, _KINDS.get(shape.family, type(None))) for one in fact.values):
        return False
    if shape.family == "float4" and not all(_exact(one) for one in fact.values):
        return False
    match fact.says:
        case "in":
            return _listed(shape, fact)
        case "not in":
            return _unlisted(shape, fact)
        case "matches":
            return shape.family == "text" and _pattern(shape, str(fact.values[0]))
    if shape.family not in {"number", "float4"}:
        return False
    shape.specials = tuple(one for one in shape.specials if (one == "-Infinity") is fact.says.startswith("<"))
    return _bound(shape, fact.says, _number(fact.values[0]))


def _listed(shape: Shape, fact: Fact) -> bool:
    values: list[Any] = [_number(one) if isinstance(one, Decimal) else one for one in fact.values]
    if shape.family == "bpchar":  # what is shorter is filled up with blanks, and is equal all the same
        width = shape.keywords.get("maxLength")
        if width is None:
            return False
        short = [one.rstrip(" ") for one in values]
        values = [form for one in short for form in dict.fromkeys((one, one.ljust(width)))]
    before = shape.keywords.get("enum")
    shape.keywords["enum"] = list(dict.fromkeys(values if before is None else [one for one in before if one in values]))
    shape.specials = ()
    return True


def _unlisted(shape: Shape, fact: Fact) -> bool:
    if shape.family == "bpchar":
        return False
    if shape.family in {"boolean", "enum"}:
        known = shape.keywords.get("enum", [True, False])
        shape.keywords["enum"] = [one for one in known if one not in fact.values]
        return True
    if "not" in shape.keywords:
        return False
    shape.keywords["not"] = {"enum": [_number(one) if isinstance(one, Decimal) else one for one in fact.values]}
    return True


def _pattern(shape: Shape, pattern: str) -> bool:
    if "pattern" in shape.keywords or not portable(pattern):
        return False
    shape.keywords["pattern"] = pattern
    return True


def _bound(shape: Shape, says: str, value: int | Decimal) -> bool:
    keyword, stricter = _BOUNDS[says]
    shape.keywords[keyword] = stricter(value, shape.keywords.get(keyword, value))
    return True


def _number(value: Any) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else Decimal(value)


def _exact(value: Any) -> bool:
    """Tell whether a float4 holds the number itself: else the one that it holds is compared."""
    try:
        return bool(Decimal(struct.unpack("f", struct.pack("f", float(value)))[0]) == value)
    except OverflowError:
        return False
