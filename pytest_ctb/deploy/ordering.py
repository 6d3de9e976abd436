"""In which order statements run: what is in the way goes first, what others need is made before them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from pytest_ctb.deploy.drift.aspects import Aspect, Aspects
from pytest_ctb.model import Key

VIEWS = ("view", "materialized view")
FIRST = (
    "event trigger",
    "publication",
    "policy",
    "rule",
    "trigger",
    *VIEWS,
    "constraint",
    "index",
    "statistics",
)
"""Kinds of which one is dropped before anything is made: it may stand in the way."""
MADE = (
    "schema",
    "extension",
    "type",
    "sequence",
    "function",
    "table",
    "foreign table",
    "column",
    "constraint",
    "statistics",
    *VIEWS,
    "index",
    "trigger",
    "rule",
    "policy",
    "publication",
    "event trigger",
    "comment",
    "privileges",
    "default privileges",
)
LAST = ("column", "foreign table", "table", "sequence", "function", "type", "extension", "schema")
"""Kinds of which one is dropped when nothing uses it any more."""


@dataclass(frozen=True)
class Repair:
    """One thing to do; `sql` is empty where nothing can be written, and `why` says why then."""

    key: Key
    sql: str
    why: str = ""
    """Why it is not safe; empty where it is."""


def dropped(found: Iterable[Repair], kinds: tuple[str, ...], live: Aspects) -> list[Repair]:
    """Drops, by kind; a view before what it reads, a foreign key before the key that it needs, a partition first."""
    found = list(found)
    users = _order({one.key for one in found}, live)
    order = {key: number for number, key in enumerate(users)}

    def rank(one: Repair) -> tuple[int, ...]:
        kind = kinds.index(one.key.kind) if one.key.kind in kinds else len(kinds)
        is_view = one.key.kind in VIEWS
        partition = "partition of" not in live.get(one.key, {})
        return (kinds.index("view") if is_view else kind, partition, -order[one.key])

    return sorted(found, key=rank)


def user(used_by: Aspect) -> Key:
    """Who uses an object, as an aspect `used by …` tells it."""
    kind, _, name = used_by.value.partition("\n")
    return Key(kind, name)


def _order(keys: set[Key], known: Aspects) -> list[Key]:
    """What is used before what uses it."""
    needs: dict[Key, set[Key]] = {key: set() for key in sorted(keys)}
    for key, own in known.items():
        for name, one in own.items():
            other = user(one) if name.startswith("used by ") else None
            if other in needs and key in needs and other is not None:
                needs[other].add(key)
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError:
        return sorted(keys)


def made(found: Iterable[tuple[int, Repair]], wanted: Aspects) -> list[Repair]:
    """What is made, by rank; a view behind what it reads."""
    order = {key: number for number, key in enumerate(_order({one.key for _, one in found}, wanted))}
    views = {MADE.index(one) for one in VIEWS}

    def rank(pair: tuple[int, Repair]) -> tuple[int, int]:
        number, one = pair
        if number in views:
            return min(views), order[one.key]
        return number, 0

    return [one for _, one in sorted(found, key=rank)]
