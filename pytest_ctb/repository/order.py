"""In which order migrations apply, and why: by date, within a date by need, then by path.

A file that uses what another file of the same date makes comes after it. `-- Depends on: FILE` overrides all of that.
A file without a date in its name has no place of its own: it comes after what it needs and before what needs it.
"""

from __future__ import annotations

import datetime
import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pytest_ctb.model import HeaderField, Migration, Name, Need, Order
from pytest_ctb.sql import Names, names_in


def ordered(migrations: Iterable[Migration]) -> tuple[tuple[Migration, ...], Order]:
    """The migrations in the order in which they apply, and the reasons for it. Linear, but for files of one date."""
    by_path = {one.path: one for one in sorted(migrations, key=_key)}
    told, unknown = _told(by_path)
    inferred = [n for n in _inferred(by_path.values()) if not _reaches(told, n.maker, n.user)]
    before: dict[str, set[str]] = defaultdict(set)
    for user, makers in told.items():
        before[user] |= makers
    for need in inferred:
        before[need.user].add(need.maker)
    paths, cycles = _sorted(_keys(by_path, before), before)
    order = Order(needs=tuple(inferred), cycles=tuple(cycles), unknown=tuple(unknown))
    return tuple(by_path[path] for path in paths), order


def _key(one: Migration) -> tuple[datetime.date, str]:
    return (one.date or datetime.date.max, one.path)


def _told(by_path: Mapping[str, Migration]) -> tuple[dict[str, set[str]], list[tuple[str, HeaderField]]]:
    """What the `-- Depends on:` lines say: path to the paths before it; and the lines that name no migration."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for path in by_path:
        by_name[path.rpartition("/")[2]].append(path)
    told: dict[str, set[str]] = defaultdict(set)
    unknown = []
    for path, one in by_path.items():
        for line in one.depends_on:
            for value in filter(None, (part.strip() for part in line.value.split(","))):
                named = [value] if value in by_path else by_name.get(value.rpartition("/")[2], [])
                matching = [p for p in named if p.endswith(value)]
                if matching == [path] or len(matching) != 1:
                    unknown.append((path, HeaderField(line.name, value, line.position)))
                else:
                    told[path].add(matching[0])
    return told, unknown


def _reaches(before: Mapping[str, set[str]], start: str, goal: str) -> bool:
    """Tell whether `goal` must come before `start`, directly or through others."""
    seen, todo = {start}, [start]
    while todo:
        for path in before.get(todo.pop(), ()):
            if path == goal:
                return True
            if path not in seen:
                seen.add(path)
                todo.append(path)
    return False


def _inferred(migrations: Iterable[Migration]) -> Iterable[Need]:
    """The needs between files of one date; a file without a date is compared with all."""
    groups: dict[datetime.date | None, list[Migration]] = defaultdict(list)
    for one in migrations:
        groups[one.date].append(one)
    undated = groups.pop(None, [])
    if undated:
        dated = [one for group in groups.values() for one in group]
        yield from (need for need in _needs([*dated, *undated]) if not _both_dated(need, {one.path for one in undated}))
    for group in groups.values():
        if len(group) > 1:
            yield from _needs(group)


def _both_dated(need: Need, undated: set[str]) -> bool:
    return need.user not in undated and need.maker not in undated


def _needs(group: Sequence[Migration]) -> Iterable[Need]:
    names = {one.path: names_in(one.statements) for one in group}
    makers = makers_of(names)
    for user, own in names.items():
        seen = set()
        for what, position in own.uses.items():
            for maker in makers.get(what, ()):
                if maker != user and maker not in seen:
                    seen.add(maker)
                    yield Need(user, maker, what, position)


def makers_of(names: Mapping[str, Names]) -> Mapping[Name, list[str]]:
    """Which paths make a name. One that several files make (with IF NOT EXISTS, say) is needed of the first alone."""
    makers: dict[Name, list[str]] = defaultdict(list)
    for path, own in names.items():
        for name in own.makes:
            if not makers[name]:
                makers[name].append(path)
    return makers


def _keys(by_path: Mapping[str, Migration], before: Mapping[str, set[str]]) -> dict[str, tuple[datetime.date, str]]:
    """What files sort by: date and path; one without a date takes that of the first file that waits for it."""
    keys: dict[str, tuple[datetime.date, str]] = {}
    for path, one in by_path.items():  # by date, so that the first to come here is the earliest
        if one.date is None:
            continue
        keys[path] = _key(one)
        waited_for = list(before.get(path, ()))
        while waited_for:
            undated = waited_for.pop()
            if by_path[undated].date is None and undated not in keys:
                keys[undated] = (one.date, undated)
                waited_for += before.get(undated, ())
    return {path: keys.get(path) or _key(one) for path, one in by_path.items()}


def _sorted(
    keys: Mapping[str, tuple[datetime.date, str]], before: Mapping[str, set[str]]
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Kahn's algorithm, always taking the first by its key; a cycle is cut at its first file, and reported."""
    waiting = {path: set(before.get(path, ())) for path in keys}
    after: dict[str, list[str]] = defaultdict(list)
    for path, earlier in waiting.items():
        for one in earlier:
            after[one].append(path)
    ready = [(keys[path], path) for path, earlier in waiting.items() if not earlier]
    heapq.heapify(ready)
    paths: list[str] = []
    cycles: list[tuple[str, ...]] = []
    while waiting:
        if not ready:
            cycle = _cycle(waiting)
            cycles.append(cycle)
            first = min(cycle, key=lambda path: keys[path])
            waiting[first] = set()
            ready = [(keys[first], first)]
        _, path = heapq.heappop(ready)
        if path not in waiting:
            continue
        paths.append(path)
        del waiting[path]
        for one in after[path]:
            if one in waiting:
                waiting[one].discard(path)
                if not waiting[one]:
                    heapq.heappush(ready, (keys[one], one))
    return paths, cycles


def _cycle(waiting: Mapping[str, set[str]]) -> tuple[str, ...]:
    """One cycle among files that all wait for each other: walk to what is waited for until a file comes again."""
    path = min(waiting)
    walked: list[str] = []
    while path not in walked:
        walked.append(path)
        path = min(p for p in waiting[path] if p in waiting)
    return tuple(walked[walked.index(path) :])
