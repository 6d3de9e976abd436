"""Ordinary values: as most rows of a table in use hold them, small and different in each row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from pytest_ctb.replay.trials.values import TEXTS, Type

_WORDS = ("aspen", "birch", "cedar", "dogwood", "elder", "fir", "ginkgo", "hazel", "ivy", "juniper", "kapok", "larch")
"""Each starts with another letter, so that they differ however short a column is."""
ROWS = len(_WORDS)
"""How many rows of a table differ in each of their values."""
_KEYS = {"int2": 3000, "int4": 700_000, "int8": 700_000, "numeric": 700_000, "float4": 700_000, "float8": 700_000}
"""Where keys that are numbers start: above what a sequence or a list of constants reaches, and far from any limit."""
_NUMBERS = {*_KEYS, "money"}


def _word(number: int) -> str:
    turn, place = divmod(number - 1, len(_WORDS))
    return f"{_WORDS[place]}{turn + 1 if turn else ''}"


def _day(number: int) -> str:
    return str(date(2023, 12, 31) + timedelta(days=number))


def _time(number: int) -> str:
    return f"{number // 60 % 24:02}:{number % 60:02}:00"


def _bytes(number: int) -> str:
    return f"{number >> 8 & 255:02x}:{number & 255:02x}"


_FORMS: dict[str, Callable[[int], str]] = {
    "bool": lambda n: "true" if n == 1 else "false",
    "bytea": lambda n: rf"\x{n:06x}",
    "date": _day,
    "time": _time,
    "timetz": lambda n: f"{_time(n)}+00",
    "timestamp": lambda n: f"{_day(n)} 09:30:00",
    "timestamptz": lambda n: f"{_day(n)} 09:30:00+00",
    "interval": lambda n: f"{n} days",
    "uuid": lambda n: f"00000000-0000-4000-8000-{n:012x}",
    "json": lambda n: f'{{"id": {n}}}',
    "jsonb": lambda n: f'{{"id": {n}}}',
    "xml": lambda n: f"<id>{n}</id>",
    "inet": lambda n: f"10.0.{n >> 8 & 255}.{n & 255}",
    "cidr": lambda n: f"10.{n >> 8 & 255}.{n & 255}.0/24",
    "macaddr": lambda n: f"08:00:2b:01:{_bytes(n)}",
    "macaddr8": lambda n: f"08:00:2b:01:02:03:{_bytes(n)}",
    "point": lambda n: f"({n},{n})",
    "line": lambda n: f"{{1,2,{n}}}",
    "lseg": lambda n: f"[(0,0),({n},{n})]",
    "box": lambda n: f"({n},{n}),(0,0)",
    "path": lambda n: f"((0,0),({n},{n}))",
    "polygon": lambda n: f"((0,0),({n},{n}),({n},0))",
    "circle": lambda n: f"<(0,0),{n}>",
    "tsvector": lambda n: f"'{_word(n)}'",
    "tsquery": lambda n: f"'{_word(n)}'",
    "pg_lsn": lambda n: f"0/{n:X}",
    "hstore": lambda n: f"id=>{n}",
    "ltree": lambda n: f"a.{_word(n)}",
    "oid": lambda n: str(700_000 + n),
    "int4range": lambda n: f"[{10 * n},{10 * n + 5})",
    "int8range": lambda n: f"[{10 * n},{10 * n + 5})",
    "numrange": lambda n: f"[{10 * n},{10 * n + 5})",
    "daterange": lambda n: f"[{_day(2 * n)},{_day(2 * n + 1)})",
    "tsrange": lambda n: f"[{_day(n)} 09:00,{_day(n)} 10:00)",
    "tstzrange": lambda n: f"[{_day(n)} 09:00+00,{_day(n)} 10:00+00)",
}
_NAMED: dict[Callable[[int], str], set[str]] = {
    lambda n: f"{_word(n)}@example.com": {"email", "mail"},
    lambda n: f"https://{_word(n)}.example.com/": {"url", "uri", "link", "website", "href"},
    lambda n: f"{_word(n)}.example.com": {"domain", "host", "hostname"},
    lambda n: f"+1555{n:07}": {"phone", "telephone", "mobile", "fax"},
    _FORMS["uuid"]: {"uuid", "guid"},
    _FORMS["inet"]: {"ip"},
    _FORMS["json"]: {"json", "payload", "metadata"},
    _FORMS["date"]: {"date", "day", "at"},
    str: {"amount", "price", "qty", "quantity", "count", "total", "year", "age"},
}
"""What a text holds in a column with one of these words in its name."""


def ordinary(of: Type, number: int, *, key: bool = False, name: str = "") -> str | None:  # noqa: PLR0911  # a table of kinds
    """An ordinary value of a type as text: another one for each number, counted from 1, as far as the type has so many.

    `key`: the column is unique. `name` is that of the column. None where the type is not known.
    """
    if of.array:
        element = ordinary(of._replace(array=False), number)
        return None if element is None else '{"' + element.replace("\\", "\\\\").replace('"', '\\"') + '"}'
    match of.kind:
        case "e":
            return of.labels[(number - 1) % len(of.labels)] if of.labels else None
        case "c":
            return "(" + "," * (of.fields - 1) + ")"
        case "m":
            return "{}"
    if of.name in _NUMBERS:
        return _number(of, number, key=key)
    if of.name in TEXTS:
        return _text(of, number, name)
    if of.name in {"bit", "varbit"}:
        width = of.limit if of.limit > 0 else 8
        return format(number % 2**width, f"0{width}b")
    if of.name == "vector":
        return "[" + ",".join([str(number)] * max(of.limit, 1)) + "]"
    if of.name == "char":
        return _word(number)[0]
    form = _FORMS.get(of.name)
    return form(number) if form else "empty" if of.kind == "r" else None


def converted(of: Type, to: Type, number: int, *, key: bool, name: str) -> str | None:
    """An ordinary value of a type that can be converted to another one."""
    is_text, numeric = of.name in TEXTS and not of.array, of.name in _NUMBERS and to.name in _NUMBERS
    return ordinary(to if is_text or numeric else of, number, key=key, name=name)


def _text(of: Type, number: int, name: str) -> str:
    parts = set(name.lower().split("_"))
    form = next((form for form, words in _NAMED.items() if words & parts), _word)
    text = form(number)
    if of.limit > 4 and len(text) > of.limit - 4:
        return _word(number)[: of.limit - 4]
    return text


def _number(of: Type, number: int, *, key: bool) -> str:
    whole = max((of.limit - 4 >> 16) - (of.limit - 4 & 0x7FF), 0) if of.name == "numeric" and of.limit > 0 else 9
    first = _KEYS.get(of.name, 0) if key else 0
    return str((first + number) % 10**whole)
