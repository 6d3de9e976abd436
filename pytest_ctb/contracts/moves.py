"""What differs between a committed contract and the table as it is now, and whom that breaks, if anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pytest_ctb.contracts.shapes import ANYTHING, Keywords
from pytest_ctb.contracts.tables import UNTOLD

_SPECIALS = re.compile(r"\^\(((?:-?Infinity|NaN)(?:\|(?:-?Infinity|NaN))*)\)\$")
_OF_TEXT = ("pattern", "format", "$ref", "minLength", "maxLength")
_LISTED = {"type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "maxLength", "minLength"}
_LISTED |= {"x-scale", "items"}
_SAID = {"description", "deprecated", "x-postgres", "readOnly"}
_INFINITE = Decimal("Infinity")


@dataclass(frozen=True)
class Move:
    """One thing that is not as the contract says.

    A reader breaks where he may meet what he did not have to expect, a writer where he may not write any more what he
    was allowed to, or has to write more.
    """

    column: str
    """Empty where it is about the table."""
    what: str
    readers: bool = False
    """It breaks those who read."""
    writers: bool = False
    """It breaks those who write."""
    comment: bool = False
    """Only a comment changed."""
    columns: tuple[str, ...] = ()
    """Those of the key that it is about."""


def moves(committed: Keywords, now: Keywords) -> tuple[Move, ...]:
    """All that differs, by column; nothing where both say the same."""
    return (*_of_columns(committed, now), *_of_table(committed, now)) if committed != now else ()


def _of_columns(committed: Keywords, now: Keywords) -> Iterator[Move]:
    old, new = committed["properties"], now["properties"]
    had, has = set(committed.get("required", ())), set(now["required"])
    for column in sorted(old.keys() - new.keys()):
        yield Move(column, "it is gone", readers=True, writers=True)
    for column in [one for one in new if one not in old]:
        must = column in has
        yield Move(column, f"it is new and {'has to be given' if must else 'may be left out'}", writers=must)
    for column in [one for one in new if one in old]:
        before, after = old[column], new[column]
        yield from (Move(column, what, wider, narrower) for what, wider, narrower in _values(before, after))
        if (column in had) is not (column in has):
            must = column in has
            yield Move(column, "it has to be given now" if must else "it may be left out now", writers=must)
        if before.get("readOnly") != after.get("readOnly"):
            made = bool(after.get("readOnly"))
            yield Move(
                column, f"the database {'makes it' if made else 'does not make it by itself any more'}", writers=made
            )
        yield from _said(column, before, after)


def _said(column: str, before: Keywords, after: Keywords) -> Iterator[Move]:
    """What breaks nobody."""
    if before.get("description") != after.get("description"):
        yield Move(column, "its comment is another", comment=True)
    if before.get("x-postgres") != after.get("x-postgres"):
        yield Move(column, f"its type is {after.get('x-postgres')}, and was {before.get('x-postgres')}")


def _values(before: Keywords, after: Keywords) -> Iterator[tuple[str, bool, bool]]:
    """In which respect other values than before are allowed: what, and whether there are more, or fewer, or both."""
    old, new = _kinds(before), _kinds(after)
    gained, lost = new - old - ({"integer"} & _covered(old)), old - new - ({"integer"} & _covered(new))
    if (gained, lost) == ({"null"}, set()):
        yield "it may be NULL now", True, False
    elif (gained, lost) == (set(), {"null"}):
        yield "it must not be NULL now", False, True
    elif gained or lost:
        yield f"it is {_listed(new)} now, and was {_listed(old)}", bool(gained), bool(lost)
    if {"number", "integer"} & old and {"number", "integer"} & new:
        yield from _numbers(before, after)
    if "string" in old & new:
        yield from _texts(before, after)
    yield from _enums(before, after)
    if "array" in old & new and "items" in before and "items" in after:
        yield from (
            (f"of its members: {what}", wider, narrower)
            for what, wider, narrower in _values(before["items"], after["items"])
        )
    for keyword in sorted((before.keys() | after.keys()) - _LISTED - _SAID - set(_OF_TEXT)):
        if before.get(keyword) != after.get(keyword):
            yield f"its {keyword!r} is another", keyword in before, keyword in after


def _numbers(before: Keywords, after: Keywords) -> Iterator[tuple[str, bool, bool]]:
    lower, upper = (_lower(before), _lower(after)), (_upper(before), _upper(after))
    if lower[0] != lower[1]:
        yield "its smallest value is another", lower[1] < lower[0], lower[1] > lower[0]
    if upper[0] != upper[1]:
        yield "its greatest value is another", upper[1] > upper[0], upper[1] < upper[0]
    old, new = _scale(before), _scale(after)
    if old != new and {"x-scale"} & (before.keys() | after.keys()):
        yield "it has another number of decimals", new > old, new < old


def _texts(before: Keywords, after: Keywords) -> Iterator[tuple[str, bool, bool]]:
    for keyword, none, more in (("maxLength", _INFINITE, 1), ("minLength", 0, -1)):
        old, new = before.get(keyword, none), after.get(keyword, none)
        if old != new:
            which = "longest" if more > 0 else "shortest"
            yield (
                f"its {which} text has {new} characters, and had {old}".replace("Infinity", "any number of"),
                ((new - old) * more > 0),
                ((new - old) * more < 0),
            )
    for keyword in ("pattern", "format", "$ref"):
        one, other = before.get(keyword), after.get(keyword)
        if one == other:
            continue
        apart = [_SPECIALS.fullmatch(value) if value else None for value in (one, other)]
        if apart[0] and apart[1]:
            old_set, new_set = (set(found[1].split("|")) for found in apart if found)
            yield "it takes other numbers than JSON has", bool(new_set - old_set), bool(old_set - new_set)
        else:
            yield "the form of its text is another", one is not None, other is not None


def _enums(before: Keywords, after: Keywords) -> Iterator[tuple[str, bool, bool]]:
    old, new = before.get("enum"), after.get("enum")
    if old is None and new is None:
        return
    if old is None or new is None:
        what = "it takes any value now" if new is None else f"it takes {_listed(new)} alone now"
        yield what, new is None, old is None
        return
    added, gone = (
        [one for one in this if one not in that and one is not None] for this, that in ((new, old), (old, new))
    )
    if added or gone:
        told = [f"takes {_listed(added)} too"] * bool(added) + [f"takes {_listed(gone)} no more"] * bool(gone)
        yield f"it {' and '.join(told)}", bool(added), bool(gone)


def _of_table(committed: Keywords, now: Keywords) -> Iterator[Move]:
    if committed.get("description") != now.get("description"):
        yield Move("", "its comment is another", comment=True)
    old, new = _keys(committed), _keys(now)
    for key in sorted(new - old):
        yield Move("", f"({', '.join(key)}) must be unique now", writers=True, columns=key)
    for key in sorted(old - new):
        yield Move("", f"({', '.join(key)}) need not be unique any more", readers=True, columns=key)
    if old == new and committed.get("x-primary-key") != now.get("x-primary-key"):
        yield Move("", "its primary key is another")
    before, after = _untold(committed, now), _untold(now, committed)
    for line in [one for one in after if one not in before]:
        yield Move("", f"new: {line}", writers=True)
    for line in [one for one in before if one not in after]:
        yield Move("", f"gone: {line}", readers=True)


def _untold(one: Keywords, other: Keywords) -> list[str]:
    """What a contract has no words for, but for what goes with a column that only it has."""
    lines = [line for line in one.get("$comment", "").split("\n") if line and line != UNTOLD]
    alone = one["properties"].keys() - other["properties"].keys()
    return [line for line in lines if ": what " not in line and line.partition(": ")[0] not in alone]


def _keys(one: Keywords) -> set[tuple[str, ...]]:
    every = [*one.get("x-unique", ()), *([one["x-primary-key"]] if "x-primary-key" in one else [])]
    return {tuple(key) for key in every}


def _kinds(one: Keywords) -> set[str]:
    kinds = one.get("type", [*ANYTHING, "null"])
    return {kinds} if isinstance(kinds, str) else set(kinds)


def _covered(kinds: set[str]) -> set[str]:
    """Integers are numbers."""
    return {*kinds, "integer"} if "number" in kinds else kinds


def _listed(values: Any) -> str:
    return ", ".join(
        sorted(map(str, values)) if isinstance(values, set) else map(repr, (one for one in values if one is not None))
    )


def _lower(one: Mapping[str, Any]) -> tuple[Any, int]:
    """The lower bound, one that is itself left out being the higher of two."""
    return max((one.get("minimum", -_INFINITE), 0), (one.get("exclusiveMinimum", -_INFINITE), 1))


def _upper(one: Mapping[str, Any]) -> tuple[Any, int]:
    return min((one.get("maximum", _INFINITE), 1), (one.get("exclusiveMaximum", _INFINITE), 0))


def _scale(one: Keywords) -> Any:
    return one.get("x-scale", _INFINITE if "number" in _kinds(one) else 0)
