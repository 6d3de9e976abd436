"""Validate rows by a contract before they reach a database: each line of a file is a row as JSON.

The only module that imports `jsonschema`, an extra, and only when a validator is made.
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
"""The largest number of digits that Postgres allows before the decimal point (manual, 8.1.2)."""
_NAMES = {"string": "text", "integer": "a whole number", "object": "an object", "array": "a list", "number": "a number"}


@dataclass(frozen=True)
class RowError:
    """What is wrong with the row on a line, from 1."""

    line: int
    message: str
    unreadable: bool = False
    """Whether the line holds no row at all."""


class RowValidator:
    """Validates the rows of one table by its contract. Raises ConfigError where `jsonschema` is not installed."""

    def __init__(self, contract: Keywords, *, reading: bool = False) -> None:
        """`reading`: the rows come from the database, so that they hold generated columns."""
        self._properties = contract["properties"]
        self._required = contract.get("required", [])
        self._generated = set()
        if not reading:
            self._generated = {name for name, column in self._properties.items() if column.get("readOnly")}
        definitions = contract.get("$defs", {})
        validator = _validator_class()
        self._columns = {name: validator(_inlined(column, definitions)) for name, column in self._properties.items()}

    def errors(self, lines: Iterable[bytes]) -> Iterator[RowError]:
        """The errors of rows and of lines that hold no row; lines are read one at a time, empty ones are skipped."""
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = read_row(line)
            except ValueError as error:
                yield RowError(number, f"not a row: {error}", unreadable=True)
                continue
            messages = list(self.messages(row))
            if messages:
                yield RowError(number, "; ".join(messages))

    def messages(self, row: Any) -> Iterator[str]:
        """What is wrong with a row, a message for each column."""
        if not isinstance(row, dict):
            yield f"a row is an object, not {_shown(row)}"
            return
        for name in self._required:
            if name not in row:
                yield f"{name}: is missing, must be {self._allowed(name)}"
        for name, value in row.items():
            if name not in self._columns:
                yield f"{name}: there is no such column; there is {self._names}"
            elif name in self._generated:
                yield f"{name}: is made by the database, leave it out"
            elif next(self._columns[name].iter_errors(value), None) is not None:
                yield f"{name}: is {_shown(value)}, must be {self._allowed(name)}"

    @cached_property
    def _names(self) -> str:
        return ", ".join(name for name in self._properties if name not in self._generated)

    def _allowed(self, name: str) -> str:
        return allowed(self._properties[name])


def read_row(line: bytes) -> Any:
    """The JSON on a line, with exact numbers. Raises ValueError where Postgres would not read it."""
    try:
        row = json.loads(line.decode().rstrip("\r\n"), parse_float=_decimal, parse_constant=_refused)
        if b"\\u" in line:
            _check_text(row)
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} is not UTF-8") from error
    except RecursionError as error:
        raise ValueError("it nests too deep to be read") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} (column {error.colno})") from error
    return row


def allowed(column: Keywords) -> str:
    """The values that a column takes, as text."""
    kinds = column.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    null = " or null" if "null" in kinds or not kinds else ""
    values = [value for value in column.get("enum", ()) if value is not None]
    if values:
        return f"{'' if len(values) == 1 else 'one of '}{', '.join(map(_shown, values))}{null}"
    named = [
        _NAMES.get(kind, kind) for kind in kinds if kind != "null" and not (kind == "string" and "number" in kinds)
    ]
    keywords = [
        keyword for keyword in _LIMITS if keyword in column and not (keyword == "pattern" and kinds[0] != "string")
    ]
    limits = [_LIMITS[keyword].format(column[keyword]) for keyword in keywords]
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
def _validator_class() -> Any:
    """The validator class of `jsonschema`, with exact numbers, `$` as the end of the text, and formats checked.

    Raises ConfigError where `jsonschema` is not installed.
    """
    try:
        import jsonschema  # noqa: PLC0415  # an extra, and 0.1 s
        from jsonschema import validators  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            'jsonschema, which validates rows, is not installed: pip install "pytest-ctb[contracts]"'
        ) from error
    error_class = jsonschema.ValidationError

    def check(holds: Any) -> Any:
        def function(_: Any, argument: Any, instance: Any, __: Any) -> Iterator[Any]:
            if not holds(argument, instance):
                yield error_class(f"{instance!r} is refused")

        return function

    checker = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    keywords = {
        "pattern": check(lambda pattern, value: not isinstance(value, str) or search(pattern, value)),
        "format": check(lambda name, value: not isinstance(value, str) or name not in FORMATS or FORMATS[name](value)),
        "x-scale": check(lambda scale, value: not isinstance(value, Decimal) or _decimals(value) <= scale),
    }
    return validators.extend(  # type: ignore[no-untyped-call]
        jsonschema.Draft202012Validator, keywords, type_checker=checker
    )


def _inlined(schema: Any, definitions: Keywords) -> Any:
    """The schema with each `$ref` replaced by its definition."""
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inlined = {key: _inlined(value, definitions) for key, value in schema.items() if key != "$ref"}
    return inlined | definitions.get(str(schema.get("$ref", "")).rpartition("/")[2], {})


def _decimals(value: Decimal) -> int:
    """How many decimals a number has, trailing zeros not counted."""
    if not value:
        return 0
    digits, exponent = value.as_tuple()[1:]
    zeros = next(number for number, digit in enumerate(reversed(digits)) if digit)
    return max(0, -(int(exponent) + zeros))


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or abs(value.adjusted()) >= _DIGITS:
        raise ValueError(f"{text[:20]} is a number that Postgres cannot hold")
    return value


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is not JSON; where a column takes it, it is text")


def _check_text(value: Any) -> None:
    """Raise ValueError for characters that Postgres cannot store in a text."""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("a text contains \\u0000, which Postgres cannot hold")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError("a text contains half of a surrogate pair") from error
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check_text(item)
    elif isinstance(value, list):
        for item in value:
            _check_text(item)


def _shown(value: Any) -> str:
    text = str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"
