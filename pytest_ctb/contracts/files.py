"""The files of contracts: where each lies, how it is written, and what a file that was edited by hand has wrong."""

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
"""All that `ctb contracts` writes."""


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a contract, and on which line."""

    message: str
    line: int


def file_name(table: str) -> str:
    """The name of a table's contract: `company.slot.json`; what a file system may not like is escaped as in a URL."""
    return f"{quote(table, safe='')}.json"


def parsed(text: str) -> Keywords | Mistake:  # noqa: PLR0911  # one for each thing that can be wrong
    """A contract, its numbers exact; or the first thing that is wrong with it."""
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
        return Mistake("it is no contract: an object with `properties`, as ctb contracts writes it", 1)
    if not isinstance(document.get(MARK), str):
        return Mistake(f"it is no contract: its {MARK!r} does not name the table", _line(text, (MARK,)))
    if document.get("$schema") != DIALECT:
        return Mistake(f"its `$schema` is not {DIALECT}", _line(text, ("$schema",)))
    wrong = next(_wrong(document, ()), None)
    return document if wrong is None else Mistake(wrong[1], _line(text, wrong[0]))


def dump(contract: Mapping[str, Any]) -> str:
    """The text of a contract: always the same for the same, each number as it is, short lists on one line."""
    return _text(contract, "") + "\n"


def _text(value: Any, indent: str) -> str:
    inner = indent + "  "
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, Mapping) and value:
        lines = [f"{inner}{json_text(key, indent=None)}: {_text(one, inner)}" for key, one in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        line = "[" + ", ".join(_text(one, inner) for one in value) + "]"
        if "\n" not in line and len(line) <= 80:
            return line
        return "[\n" + ",\n".join(inner + _text(one, inner) for one in value) + f"\n{indent}]"
    return json_text(value, indent=None)


def _number(value: Decimal) -> str:
    """In JSON's form, and exact; without a power of ten where that would be short."""
    plain = format(value, "f")
    return plain if len(plain) <= 50 else str(value)


def _wrong(schema: Any, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each keyword that ctb does not write, or whose value it would not write."""
    if not isinstance(schema, dict):
        yield where, "a schema is an object"
        return
    for keyword, value in schema.items():
        here = (*where, keyword)
        if keyword not in KEYWORDS:
            yield here, f"unknown keyword {keyword!r}"
        elif not _is_meant(keyword, value):
            yield here, f"{keyword!r} cannot be {json.dumps(value, default=str, ensure_ascii=False)[:60]}"
        elif keyword in _SCHEMAS:
            for name, one in value.items():
                yield from _wrong(one, (*here, name))
        elif keyword in {"items", "not"}:
            yield from _wrong(value, here)
        elif keyword == "anyOf":
            for number, one in enumerate(value):
                yield from _wrong(one, (*here, str(number)))


def _is_meant(keyword: str, value: Any) -> bool:
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
        or (keyword == "type" and bool(kinds) and all(one in (*ANYTHING, "integer", "null") for one in kinds))
    )


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _line(text: str, where: tuple[str, ...]) -> int:
    """The line on which a key stands, as YAML's reader tells it, to whom JSON is YAML; 1 where it cannot."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return 1
    line = 1
    for step in where:
        if isinstance(node, yaml.MappingNode):
            key, node = next(((key, one) for key, one in node.value if key.value == step), (None, None))
            line = key.start_mark.line + 1 if key is not None else line
        elif isinstance(node, yaml.SequenceNode):
            node = node.value[int(step)]
    return line
