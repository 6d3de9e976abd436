"""Put what a CHECK says of a column into its JSON Schema, where both surely mean the same."""

from __future__ import annotations

import re
import struct
from decimal import Decimal
from typing import Any

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

_CLASS = r"\[\^?(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9 _.@#%&+=:;,/])+-?\]"
_ATOM = rf"(?:[A-Za-z0-9 _@#%&=:;,<>~`!'\"/-]|\\[][.^$*+?(){{}}|/\\-]|{_CLASS})"
_TIMES = r"(?:[*+?]|\{[0-9]{1,2}(?:,(?:[0-9]{1,2})?)?\})?"
_RUN = rf"(?:{_ATOM}{_TIMES})+"
_GROUP = rf"(?:{_ATOM}{_TIMES}|\({_RUN}(?:\|{_RUN})*\){_TIMES})+"
_SAFE = re.compile(rf"\^{_GROUP}\$")
"""A regular expression that is anchored at both ends and means the same to Postgres and to readers of JSON Schema."""


def narrow(shape: Shape, fact: Fact) -> bool:  # noqa: PLR0911  # a return for each kind of fact
    """Narrow a shape by a fact of a CHECK. False where a JSON Schema cannot express the fact."""
    if fact.says == "not null":
        shape.required = True
        return True
    if fact.cast and fact.cast not in shape.casts:
        return False
    if fact.says.startswith("length"):
        return shape.family == "text" and _bound(shape, fact.says, _number(fact.values[0]))
    if not all(isinstance(value, _KINDS.get(shape.family, type(None))) for value in fact.values):
        return False
    if shape.family == "float4" and not all(_exact(value) for value in fact.values):
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
    shape.specials = tuple(number for number in shape.specials if (number == "-Infinity") is fact.says.startswith("<"))
    return _bound(shape, fact.says, _number(fact.values[0]))


def _listed(shape: Shape, fact: Fact) -> bool:
    values: list[Any] = [_number(value) if isinstance(value, Decimal) else value for value in fact.values]
    if shape.family == "bpchar":  # shorter values are padded with blanks, and compare as equal
        width = shape.keywords.get("maxLength")
        if width is None:
            return False
        short = [value.rstrip(" ") for value in values]
        values = [form for value in short for form in dict.fromkeys((value, value.ljust(width)))]
    before = shape.keywords.get("enum")
    shape.keywords["enum"] = list(
        dict.fromkeys(values if before is None else [value for value in before if value in values])
    )
    shape.specials = ()
    return True


def _unlisted(shape: Shape, fact: Fact) -> bool:
    if shape.family == "bpchar":
        return False
    if shape.family in {"boolean", "enum"}:
        known = shape.keywords.get("enum", [True, False])
        shape.keywords["enum"] = [value for value in known if value not in fact.values]
        return True
    if "not" in shape.keywords:
        return False
    shape.keywords["not"] = {"enum": [_number(value) if isinstance(value, Decimal) else value for value in fact.values]}
    return True


def portable(pattern: str) -> bool:
    """Whether a regular expression means the same to Postgres and to every reader of JSON Schema.

    It must be anchored at both ends. Not portable are classes that depend on a locale (that of digits, say), the dot,
    which may or may not match a line end, and greediness.
    """
    return bool(_SAFE.fullmatch(pattern)) and pattern.isascii()


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
    """Whether a float4 holds the number exactly; else Postgres compares with the rounded one."""
    try:
        return bool(Decimal(struct.unpack("f", struct.pack("f", float(value)))[0]) == value)
    except OverflowError:
        return False
