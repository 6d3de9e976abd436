"""The differences between a committed contract and the table now, and whether they break readers or writers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pytest_ctb.contracts.shapes import ANYTHING, Keywords
from pytest_ctb.contracts.tables import UNEXPRESSED
from pytest_ctb.sql import equivalent

_SPECIALS = re.compile(r"\^\(((?:-?Infinity|NaN)(?:\|(?:-?Infinity|NaN))*)\)\$")
_OF_TEXT = ("pattern", "format", "$ref", "minLength", "maxLength")
_LISTED = {"type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "maxLength", "minLength"}
_LISTED |= {"x-scale", "items"}
_HARMLESS = {"description", "deprecated", "x-postgres", "readOnly"}
_INFINITE = Decimal("Infinity")


@dataclass(frozen=True)
class ContractChange:
    """One difference between a table and its contract.

    It breaks readers where they may meet values that the contract excluded. It breaks writers where values that the
    contract allowed are refused now, or more has to be given.
    """

    column: str
    """The column; empty for a change of the table."""
    what: str
    readers: bool = False
    """Whether it breaks programs that read rows."""
    writers: bool = False
    """Whether it breaks programs that write rows."""
    comment: bool = False
    """Whether only a comment changed."""
    columns: tuple[str, ...] = ()
    """The columns of the key that changed."""


def contract_changes(committed: Keywords, now: Keywords) -> tuple[ContractChange, ...]:
    """All differences, those of columns first; none where the contracts are equal."""
    return (*_column_changes(committed, now), *_table_changes(committed, now)) if committed != now else ()


def _column_changes(committed: Keywords, now: Keywords) -> Iterator[ContractChange]:
    old, new = committed["properties"], now["properties"]
    was_required, now_required = set(committed.get("required", ())), set(now["required"])
    for column in sorted(old.keys() - new.keys()):
        yield ContractChange(column, "it is gone", readers=True, writers=True)
    for column in [name for name in new if name not in old]:
        required = column in now_required
        yield ContractChange(column, f"it is new and {'required' if required else 'optional'}", writers=required)
    for column in [name for name in new if name in old]:
        before, after = old[column], new[column]
        yield from (
            ContractChange(column, what, wider, narrower) for what, wider, narrower in _value_changes(before, after)
        )
        if (column in was_required) is not (column in now_required):
            required = column in now_required
            yield ContractChange(column, "it is required now" if required else "it is optional now", writers=required)
        if before.get("readOnly") != after.get("readOnly"):
            generated = bool(after.get("readOnly"))
            what = f"the database {'makes it' if generated else 'does not make it by itself any more'}"
            yield ContractChange(column, what, writers=generated)
        yield from _harmless_changes(column, before, after)


def _harmless_changes(column: str, before: Keywords, after: Keywords) -> Iterator[ContractChange]:
    """The changes of a column that break nobody."""
    if before.get("description") != after.get("description"):
        yield ContractChange(column, "its comment is another", comment=True)
    if before.get("x-postgres") != after.get("x-postgres"):
        yield ContractChange(column, f"its type is {after.get('x-postgres')}, and was {before.get('x-postgres')}")


def _value_changes(before: Keywords, after: Keywords) -> Iterator[tuple[str, bool, bool]]:
    """How the allowed values changed: the text, whether values were added, and whether values were removed."""
    old, new = _kinds(before), _kinds(after)
    gained, lost = new - old - ({"integer"} & _covered(old)), old - new - ({"integer"} & _covered(new))
    if (gained, lost) == ({"null"}, set()):
        yield "it may be NULL now", True, False
    elif (gained, lost) == (set(), {"null"}):
        yield "it must not be NULL now", False, True
    elif gained or lost:
        yield f"it is {_listed(new)} now, and was {_listed(old)}", bool(gained), bool(lost)
    if {"number", "integer"} & old and {"number", "integer"} & new:
        yield from _number_changes(before, after)
    if "string" in old & new:
        yield from _text_changes(before, after)
    yield from _enum_changes(before, after)
    if "array" in old & new and "items" in before and "items" in after:
        yield from (
            (f"of its members: {what}", wider, narrower)
            for what, wider, narrower in _value_changes(before["items"], after["items"])
        )
    for keyword in sorted((before.keys() | after.keys()) - _LISTED - _HARMLESS - set(_OF_TEXT)):
        if before.get(keyword) != after.get(keyword):
            yield f"its {keyword!r} is another", keyword in before, keyword in after


def _number_changes(before: Keywords, after: Keywords) -> Iterator[tuple[str, bool, bool]]:
    old_lower, new_lower = _lower(before), _lower(after)
    if old_lower != new_lower:
        yield "its smallest value is another", new_lower < old_lower, new_lower > old_lower
    old_upper, new_upper = _upper(before), _upper(after)
    if old_upper != new_upper:
        yield "its greatest value is another", new_upper > old_upper, new_upper < old_upper
    old, new = _scale(before), _scale(after)
    if old != new and {"x-scale"} & (before.keys() | after.keys()):
        yield "it has another number of decimals", new > old, new < old


def _text_changes(before: Keywords, after: Keywords) -> Iterator[tuple[str, bool, bool]]:
    for keyword, unlimited, sign in (("maxLength", _INFINITE, 1), ("minLength", 0, -1)):
        old, new = before.get(keyword, unlimited), after.get(keyword, unlimited)
        if old != new:
            which = "longest" if sign > 0 else "shortest"
            yield (
                f"its {which} text has {new} characters, and had {old}".replace("Infinity", "any number of"),
                ((new - old) * sign > 0),
                ((new - old) * sign < 0),
            )
    for keyword in ("pattern", "format", "$ref"):
        old, new = before.get(keyword), after.get(keyword)
        if old == new:
            continue
        old_specials, new_specials = _special_numbers(old), _special_numbers(new)
        if old_specials and new_specials:
            added, removed = new_specials - old_specials, old_specials - new_specials
            yield "it takes other numbers than JSON has", bool(added), bool(removed)
        else:
            yield "the form of its text is another", old is not None, new is not None


def _special_numbers(pattern: str | None) -> set[str]:
    """The numbers in a pattern that allows only NaN and infinities; empty for any other pattern."""
    match = _SPECIALS.fullmatch(pattern) if pattern else None
    return set(match[1].split("|")) if match else set()


def _enum_changes(before: Keywords, after: Keywords) -> Iterator[tuple[str, bool, bool]]:
    old, new = before.get("enum"), after.get("enum")
    if old is None and new is None:
        return
    if old is None or new is None:
        what = "it takes any value now" if new is None else f"it takes {_listed(new)} alone now"
        yield what, new is None, old is None
        return
    added = [value for value in new if value not in old and value is not None]
    removed = [value for value in old if value not in new and value is not None]
    if added or removed:
        parts = [f"takes {_listed(added)} too"] * bool(added) + [f"takes {_listed(removed)} no more"] * bool(removed)
        yield f"it {' and '.join(parts)}", bool(added), bool(removed)


def _table_changes(committed: Keywords, now: Keywords) -> Iterator[ContractChange]:
    if committed.get("description") != now.get("description"):
        yield ContractChange("", "its comment is another", comment=True)
    old, new = _keys(committed), _keys(now)
    for key in sorted(new - old):
        yield ContractChange("", f"({', '.join(key)}) must be unique now", writers=True, columns=key)
    for key in sorted(old - new):
        yield ContractChange("", f"({', '.join(key)}) need not be unique any more", readers=True, columns=key)
    if old == new and committed.get("x-primary-key") != now.get("x-primary-key"):
        yield ContractChange("", "its primary key is another")
    before, after = _unexpressed(committed, now), _unexpressed(now, committed)
    for line in [line for line in after if not any(_same(line, other) for other in before)]:
        yield ContractChange("", f"new: {line}", writers=True)
    for line in [line for line in before if not any(_same(line, other) for other in after)]:
        yield ContractChange("", f"gone: {line}", readers=True)


def _unexpressed(contract: Keywords, other: Keywords) -> list[str]:
    """What a contract cannot express, without the lines about a column that the other contract lacks."""
    lines = [line for line in contract.get("$comment", "").split("\n") if line and line != UNEXPRESSED]
    alone = contract["properties"].keys() - other["properties"].keys()
    return [line for line in lines if ": what " not in line and line.partition(": ")[0] not in alone]


def _same(line: str, other: str) -> bool:
    """Whether two lines mean the same: releases of Postgres print a CHECK differently."""
    start = "ALTER TABLE t ADD "
    return line == other or (line.startswith("CHECK ") and equivalent(start + line, start + other))


def _keys(contract: Keywords) -> set[tuple[str, ...]]:
    """The columns of each unique key, the primary key among them."""
    primary = [contract["x-primary-key"]] if "x-primary-key" in contract else []
    return {tuple(key) for key in (*contract.get("x-unique", ()), *primary)}


def _kinds(schema: Keywords) -> set[str]:
    kinds = schema.get("type", [*ANYTHING, "null"])
    return {kinds} if isinstance(kinds, str) else set(kinds)


def _covered(kinds: set[str]) -> set[str]:
    """The kinds, with `integer` where they have `number`, which includes it."""
    return {*kinds, "integer"} if "number" in kinds else kinds


def _listed(values: Any) -> str:
    return ", ".join(
        sorted(map(str, values))
        if isinstance(values, set)
        else map(repr, (value for value in values if value is not None))
    )


def _lower(schema: Mapping[str, Any]) -> tuple[Any, int]:
    """The lower bound, and 1 where the bound itself is excluded, which makes it the higher of two equal ones."""
    return max((schema.get("minimum", -_INFINITE), 0), (schema.get("exclusiveMinimum", -_INFINITE), 1))


def _upper(schema: Mapping[str, Any]) -> tuple[Any, int]:
    return min((schema.get("maximum", _INFINITE), 1), (schema.get("exclusiveMaximum", _INFINITE), 0))


def _scale(schema: Keywords) -> Any:
    return schema.get("x-scale", _INFINITE if "number" in _kinds(schema) else 0)
