"""Values that a condition may be met by, made from its constants and from what is usual for a type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import permutations

from pytest_ctb.replay.trials.values import TEXTS, Type, fits, matching, value

_INTEGERS = {"int2", "int4", "int8"}
_NUMBERS = {*_INTEGERS, "numeric", "float4", "float8", "money"}
_DATES = {"date", "timestamp", "timestamptz"}
_JSON = {"json", "jsonb"}
_LONGEST = 20_000
"""Longer texts are not made."""
_JOINED = 4
"""How many constants are joined with each other."""
_FILLERS = ("x" * 20, "x" * 300)
_PATTERN = re.compile(r"[\\^$.|?*+()\[\]{}%_]")
_USUAL: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(TEXTS, ("", " ", "a", "A", " Ab  c ", "1", "a" * 300)),
    **dict.fromkeys(_INTEGERS, ("0", "1", "2", "-1", "7", "100", "1000")),
    **dict.fromkeys(_NUMBERS - _INTEGERS, ("0", "1", "-1", "0.5", "100", "12345.678")),
    **dict.fromkeys(_JSON, ("{}", "[]", "null", '{"a": 1}', "[1]", '"a"')),
    "bool": ("true", "false"),
    "interval": ("0", "1 day", "-1 day", "2 years"),
}
_DAYS = ("1970-01-01", "1999-12-31 23:59:59", "2000-02-29", "2024-06-01", "2024-06-02 12:30:00", "2024-06-07")
_FROM_NOW = (0, -1, 1, -8, -40, -100, -400, -4000, 40, 400)
"""Days from today."""


def from_constant(of: Type, text: str) -> Iterator[str]:
    """Values of a type that a constant suggests: itself, what is beside it, what matches it as a pattern."""
    if of.array:
        yield from (text, "{" + text + "}", '{"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"}')
    elif of.kind == "e":
        yield text
    elif of.name in TEXTS:
        yield from _texts(text)
    elif of.name in _NUMBERS:
        yield from _numbers(text)
    elif of.name in _DATES:
        yield from _dates(text)
    elif of.name in _JSON:
        yield from (text, json.dumps(text), json.dumps({text: "a"}), json.dumps([text, "a"]))
    else:
        yield text


def joined(of: Type, constants: Iterable[str]) -> Iterator[str]:
    """Texts that hold two constants, as if around a separator; and long ones, of which a part can be cut off."""
    if of.name in TEXTS and not of.array:
        some = list(dict.fromkeys(constants))[:_JOINED]
        for text in some:
            yield from (padded for filler in _FILLERS for padded in (text + filler, filler + text))
        for first, second in permutations(some, 2):
            yield from (first + second, f"x{first}{second}x", f"x{first}{second}", f"{first}x{second}")


def usual(of: Type) -> Iterator[str]:
    """Ordinary values of a type, and some at its edges."""
    if of.array:
        elements = [element for element in usual(of._replace(array=False)) if element.isalnum()]
        yield from ("{}", *("{" + element + "}" for element in elements), "{" + ",".join(elements[:5]) + "}")
        return
    yield from of.labels
    yield from _USUAL.get(of.name, ())
    if of.name in _DATES:
        yield from _DAYS
    for wide in (False, True):
        if (text := value(of, wide=wide)) is not None:
            yield text


def from_now(of: Type) -> Iterator[str]:
    """SQL expressions for days before and after today; none for other types than dates."""
    if of.name in _DATES and not of.array:
        for days in _FROM_NOW:
            yield f"pg_catalog.now() OPERATOR(pg_catalog.+) CAST('{days} days' AS pg_catalog.interval)"


def steps(of: Type, expression: str) -> Iterator[str]:
    """SQL expressions for the values just below and above that of an expression."""
    if of.array:
        return
    if of.name in _NUMBERS:
        for step in ("1", "-1"):
            yield f"CAST(({expression}) AS pg_catalog.numeric) OPERATOR(pg_catalog.+) {step}"
    elif of.name in _DATES:
        for step in ("-1 day", "1 day"):
            moved = f"OPERATOR(pg_catalog.+) CAST('{step}' AS pg_catalog.interval)"
            yield f"CAST(({expression}) AS pg_catalog.timestamptz) {moved}"


def acceptable(of: Type, texts: Iterable[str]) -> list[str]:
    """The texts that look like values of the type, each once."""
    return [text for text in dict.fromkeys(texts) if of.array or of.name in _NUMBERS | _DATES or fits(of, text)]


def _texts(text: str) -> Iterator[str]:
    yield text
    if _PATTERN.search(text):
        yield from matching(text)
        for filler in ("", "x"):
            yield text.replace("%", filler).replace("_", "a")
    for filler in ("x", " ", "1"):
        yield from (text + filler, filler + text, filler + text + filler)
    yield from (text.upper(), text.lower(), text.title(), text + text)
    if text.isdecimal() and 0 < int(text) <= _LONGEST:
        yield from ("a" * int(text), "a" * (int(text) + 1), "a" * (int(text) - 1))


def _numbers(text: str) -> Iterator[str]:
    yield text
    if re.fullmatch(r"-?\d{1,18}", text):
        number = int(text)
        yield from map(str, (number + 1, number - 1, -number, number * 2, number // 2, number * 100))


def _dates(text: str) -> Iterator[str]:
    yield text
    if re.fullmatch(r"\d{4}", text):
        yield from (f"{int(text) + step:04}-06-15" for step in (0, 1, -1) if 0 < int(text) + step < 10_000)
    elif year := re.match(r"(\d{4})-\d\d?(?!\d)", text):
        yield f"{year[0]}-15"
        yield from (f"{int(year[1]) + years:04}-06-15" for years in (-7, 7) if 0 < int(year[1]) + years < 10_000)
        yield from (f"{year[1]}-{month:02}-15" for month in range(1, 13))
        yield from (f"{year[1]}-01-{day:02}" for day in range(1, 8))
