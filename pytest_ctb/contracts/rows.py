"""Rows against a contract, before a database sees them: each line of a file is a row as JSON.

The one module that imports `jsonschema`, an extra; and it does so when it is first asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

from pytest_ctb.contracts.formats import FORMATS, search
from pytest_ctb.contracts.shapes import Keywords
from pytest_ctb.errors import ConfigError

_DIGITS = 131072
"""How many digits before the point a number of Postgres has at most (manual, 8.1.2)."""
_NAMES = {"string": "text", "integer": "a whole number", "object": "an object", "array": "a list", "number": "a number"}


@dataclass(frozen=True)
class Wrong:
    """What is wrong with one row; `unread`: it is no row at all."""

    line: int
    message: str
    unread: bool = False


class Rows:
    """Validates rows of one table by its contract. Raises ConfigError where `jsonschema` is not installed."""

    def __init__(self, contract: Keywords, *, reading: bool = False) -> None:
        """`reading`: the rows come from the database, so that what it makes by itself stands in them."""
        self._properties = contract["properties"]
        self._required = contract.get("required", [])
        self._made = set() if reading else {name for name, one in self._properties.items() if one.get("readOnly")}
        definitions = contract.get("$defs", {})
        kind = _kind()
        self._columns = {name: kind(_inlined(one, definitions)) for name, one in self._properties.items()}

    def wrong(self, lines: Iterable[bytes]) -> Iterator[Wrong]:
        """The rows that the contract refuses, and the lines that hold no row; one line is read at a time."""
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = read_row(line)
            except ValueError as error:
                yield Wrong(number, f"not a row: {error}", unread=True)
                continue
            messages = list(self.messages(row))
            if messages:
                yield Wrong(number, "; ".join(messages))

    def messages(self, row: Any) -> Iterator[str]:
        """What is wrong with a row, column by column."""
        if not isinstance(row, dict):
            yield f"a row is an object, not {_shown(row)}"
            return
        for name in self._required:
            if name not in row:
                yield f"{name}: is missing, must be {self._allowed(name)}"
        for name, value in row.items():
            if name not in self._columns:
                yield f"{name}: there is no such column; there is {self._names}"
            elif name in self._made:
                yield f"{name}: is made by the database, leave it out"
            elif next(self._columns[name].iter_errors(value), None) is not None:
                yield f"{name}: is {_shown(value)}, must be {self._allowed(name)}"

    @cached_property
    def _names(self) -> str:
        return ", ".join(name for name in self._properties if name not in self._made)

    def _allowed(self, name: str) -> str:
        return allowed(self._properties[name])


def read_row(line: bytes) -> Any:
    """One line as Postgres reads a row, with exact numbers. Raises ValueError where it is no JSON to Postgres."""
    try:
        row = json.loads(line.decode().rstrip("\r\n"), parse_float=_decimal, parse_constant=_refused)
        if b"\\u" in line:
            _text(row)
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} is not UTF-8") from error
    except RecursionError as error:
        raise ValueError("it nests too deep to be read") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} (column {error.colno})") from error
    return row


def allowed(column: Keywords) -> str:
    """What a column takes, in words."""
    kinds = column.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    null = " or null" if "null" in kinds or not kinds else ""
    values = [one for one in column.get("enum", ()) if one is not None]
    if values:
        return f"{'' if len(values) == 1 else 'one of '}{', '.join(map(_shown, values))}{null}"
    named = [_NAMES.get(one, one) for one in kinds if one != "null" and not (one == "string" and "number" in kinds)]
    told = [key for key in _LIMITS if key in column and not (key == "pattern" and kinds[0] != "string")]
    limits = [_LIMITS[key].format(column[key]) for key in told]
    limits += [f"not {', '.join(map(_shown, column['not']['enum']))}"] if "not" in column else []
    inside = f" ({', '.join([column['x-postgres'], *limits])})" if "x-postgres" in column else ""
    return f"{' or '.join(named) or 'any value'}{inside}{null}"


_LIMITS = {
    "minimum": "from {}",
    "exclusiveMinimum": "above {}",
    "maximum": "to {}",
    "exclusiveMaximum": "below {}",
    "x-scale": "at most {} decimals",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "of the form {}",
}


@cache
def _kind() -> Any:
    """The class of validators: exact numbers, `$` that is the end and not the line's, and every format asserted."""
    try:
        import jsonschema  # noqa: PLC0415  # an extra, and 0.1 s
        from jsonschema import validators  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            'rows are validated by jsonschema, which is not here: pip install "pytest-ctb[contracts]"'
        ) from error
    error_class = jsonschema.ValidationError

    def check(holds: Any) -> Any:
        def function(_: Any, told: Any, instance: Any, __: Any) -> Iterator[Any]:
            if not holds(told, instance):
                yield error_class(f"{instance!r} is refused")

        return function

    checker = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, one: type(one) is int)
    own = {
        "pattern": check(lambda pattern, one: not isinstance(one, str) or search(pattern, one)),
        "format": check(lambda name, one: not isinstance(one, str) or name not in FORMATS or FORMATS[name](one)),
        "x-scale": check(lambda scale, one: not isinstance(one, Decimal) or _decimals(one) <= scale),
    }
    return validators.extend(  # type: ignore[no-untyped-call]
        jsonschema.Draft202012Validator, own, type_checker=checker
    )


def _inlined(schema: Any, definitions: Keywords) -> Any:
    """The same without references."""
    if isinstance(schema, list):
        return [_inlined(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _inlined(one, definitions) for key, one in schema.items() if key != "$ref"}
    return found | definitions.get(str(schema.get("$ref", "")).rpartition("/")[2], {})


def _decimals(value: Decimal) -> int:
    if not value:
        return 0
    digits, exponent = value.as_tuple()[1:]
    zeros = next(number for number, one in enumerate(reversed(digits)) if one)
    return max(0, -(int(exponent) + zeros))


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or abs(value.adjusted()) >= _DIGITS:
        raise ValueError(f"{text[:20]} is a number that Postgres cannot hold")
    return value


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is not JSON; where a column takes it, it is text")


def _text(value: Any) -> None:
    """Raise ValueError for characters that no text of Postgres has."""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("\\u0000 stands in a text, which Postgres cannot hold")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError("half of a surrogate pair stands in a text") from error
    elif isinstance(value, dict):
        for key, one in value.items():
            _text(key)
            _text(one)
    elif isinstance(value, list):
        for one in value:
            _text(one)


def _shown(value: Any) -> str:
    text = str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"
