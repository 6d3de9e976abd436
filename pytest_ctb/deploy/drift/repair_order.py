"""A statement that repairs drift, and the order of several: what is in the way goes first, what others need too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from pytest_ctb.model import Key
from pytest_ctb.replay.ddl.aspects import Aspect, Aspects

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
"""Kinds to drop before anything is created, because they may be in the way."""
CREATED = (
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
"""Kinds to drop last, when nothing uses them any more."""


@dataclass(frozen=True)
class Repair:
    """One statement that repairs drift. Where `sql` is empty there is none, and `why` says why."""

    key: Key
    sql: str
    why: str = ""
    """Why the statement is not safe; empty where it is."""


def order_drops(repairs: Iterable[Repair], kinds: tuple[str, ...], live: Aspects) -> list[Repair]:
    """Drops in order of `kinds`; a view before what it reads, a foreign key before its key, a partition first."""
    repairs = list(repairs)
    users = _by_use({repair.key for repair in repairs}, live)
    order = {key: number for number, key in enumerate(users)}

    def rank(repair: Repair) -> tuple[int, ...]:
        kind = kinds.index(repair.key.kind) if repair.key.kind in kinds else len(kinds)
        is_view = repair.key.kind in VIEWS
        partition = "partition of" not in live.get(repair.key, {})
        return (kinds.index("view") if is_view else kind, partition, -order[repair.key])

    return sorted(repairs, key=rank)


def user_of(used_by: Aspect) -> Key:
    """The object that uses another, from an aspect `used by …`."""
    kind, _, name = used_by.value.partition("\n")
    return Key(kind, name)


def _by_use(keys: set[Key], known: Aspects) -> list[Key]:
    """The objects in order: what is used before what uses it; by name where they use each other in a circle."""
    needs: dict[Key, set[Key]] = {key: set() for key in sorted(keys)}
    for key, aspects in known.items():
        for name, aspect in aspects.items():
            user = user_of(aspect) if name.startswith("used by ") else None
            if user in needs and key in needs and user is not None:
                needs[user].add(key)
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError:
        return sorted(keys)


def order_creations(ranked: Iterable[tuple[int, Repair]], wanted: Aspects) -> list[Repair]:
    """Statements that create or alter, by rank; a view behind what it reads."""
    ranked = list(ranked)
    order = {key: number for number, key in enumerate(_by_use({repair.key for _, repair in ranked}, wanted))}
    views = {CREATED.index(kind) for kind in VIEWS}

    def position(pair: tuple[int, Repair]) -> tuple[int, int]:
        rank, repair = pair
        return (min(views), order[repair.key]) if rank in views else (rank, 0)

    return [repair for _, repair in sorted(ranked, key=position)]
