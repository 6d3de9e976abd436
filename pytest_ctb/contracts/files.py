"""The file of a contract: its name, its text, and the first mistake in one that was edited by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import yaml

from pytest_ctb.contracts.folder import MARK
from pytest_ctb.contracts.shapes import ANYTHING, Keywords
from pytest_ctb.contracts.tables import DIALECT
from pytest_ctb.model.visible import json_text

_TEXTS = {"$schema", "title", "description", "$comment", MARK, "format", "pattern", "$ref", "x-postgres"}
_FLAGS = {"deprecated", "readOnly"}
_NUMBERS = {
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "maxLength",
    "minLength",
    "x-scale",
}
_LISTS = {"required", "x-primary-key", "x-unique", "enum", "anyOf"}
_SCHEMAS = {"properties", "$defs"}
_OTHERS = {"type", "items", "not", "additionalProperties"}
KEYWORDS = frozenset(_TEXTS | _FLAGS | _NUMBERS | _LISTS | _SCHEMAS | _OTHERS)
"""Every keyword that `ctb contracts` writes."""


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a contract, and on which line, from 1."""

    message: str
    line: int


def file_name(table: str) -> str:
    """The file name of a table's contract: `company.slot.json`; unsafe characters are escaped as in a URL."""
    return f"{quote(table, safe='')}.json"


def parse_contract(text: str) -> Keywords | Mistake:  # noqa: PLR0911  # a return for each kind of mistake
    """The contract that a file holds, with exact numbers; or the first mistake in it."""
    try:
        text.encode()
        document = json.loads(text, parse_float=Decimal)
    except UnicodeEncodeError as error:
        return Mistake("it is not UTF-8", text.count("\n", 0, error.start) + 1)
    except RecursionError:
        return Mistake("it nests too deep to be read", 1)
    except json.JSONDecodeError as error:
        return Mistake(f"it is not JSON: {error.msg}", error.lineno)
    except ValueError as error:
        return Mistake(f"it cannot be read: {error}", 1)
    if not isinstance(document, dict) or not isinstance(document.get("properties"), dict):
        return Mistake("it is not a contract: an object with `properties`, as ctb contracts writes it", 1)
    if not isinstance(document.get(MARK), str):
        return Mistake(f"it is not a contract: its {MARK!r} does not name the table", _line(text, (MARK,)))
    if document.get("$schema") != DIALECT:
        return Mistake(f"its `$schema` is not {DIALECT}", _line(text, ("$schema",)))
    for where, message in _mistakes(document, ()):
        return Mistake(message, _line(text, where))
    return document


def dump(contract: Mapping[str, Any]) -> str:
    """The text of a contract: the same for equal contracts, with exact numbers, short lists on one line."""
    return _text(contract, "") + "\n"


def _text(value: Any, indent: str) -> str:
    inner = indent + "  "
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, Mapping) and value:
        lines = [f"{inner}{json_text(key, indent=None)}: {_text(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        line = "[" + ", ".join(_text(item, inner) for item in value) + "]"
        if "\n" not in line and len(line) <= 80:
            return line
        return "[\n" + ",\n".join(inner + _text(item, inner) for item in value) + f"\n{indent}]"
    return json_text(value, indent=None)


def _number(value: Decimal) -> str:
    """An exact number as JSON writes it; with an exponent only where it would be long without."""
    plain = format(value, "f")
    return plain if len(plain) <= 50 else str(value)


def _mistakes(schema: Any, parents: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each keyword or value that `ctb contracts` would not write: its place, and the message."""
    if not isinstance(schema, dict):
        yield parents, "a schema is an object"
        return
    for keyword, value in schema.items():
        place = (*parents, keyword)
        if keyword not in KEYWORDS:
            yield place, f"unknown keyword {keyword!r}"
        elif not _is_valid(keyword, value):
            yield place, f"{keyword!r} cannot be {json.dumps(value, default=str, ensure_ascii=False)[:60]}"
        elif keyword in _SCHEMAS:
            for name, inner in value.items():
                yield from _mistakes(inner, (*place, name))
        elif keyword in {"items", "not"}:
            yield from _mistakes(value, place)
        elif keyword == "anyOf":
            for number, inner in enumerate(value):
                yield from _mistakes(inner, (*place, str(number)))


def _is_valid(keyword: str, value: Any) -> bool:
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    kinds = value if isinstance(value, list) else [value]
    if keyword == "pattern" and isinstance(value, str):
        try:
            re.compile(value)
        except re.error:
            return False
    return (
        (keyword in _TEXTS and isinstance(value, str))
        or (keyword in _FLAGS and isinstance(value, bool))
        or (keyword == "additionalProperties" and isinstance(value, bool))
        or (keyword in _NUMBERS and number)
        or (keyword in {"enum", "anyOf"} and isinstance(value, list))
        or (keyword in {"required", "x-primary-key"} and _are_names(value))
        or (keyword == "x-unique" and isinstance(value, list) and all(map(_are_names, value)))
        or (keyword in {*_SCHEMAS, "items", "not"} and isinstance(value, dict))
        or (keyword == "type" and bool(kinds) and all(kind in (*ANYTHING, "integer", "null") for kind in kinds))
    )


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _line(text: str, where: tuple[str, ...]) -> int:
    """The line of a key, from 1, found by the YAML reader, which reads JSON too; 1 where it fails."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return 1
    line = 1
    for step in where:
        if isinstance(node, yaml.MappingNode):
            key, node = next(((key, value) for key, value in node.value if key.value == step), (None, None))
            line = key.start_mark.line + 1 if key is not None else line
        elif isinstance(node, yaml.SequenceNode):
            node = node.value[int(step)]
    return line
