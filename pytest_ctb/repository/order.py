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
    by_path = {migration.path: migration for migration in sorted(migrations, key=_key)}
    declared, unknown = _declared(by_path)
    inferred = [need for need in _inferred(by_path.values()) if not _reaches(declared, need.maker, need.user)]
    before: dict[str, set[str]] = defaultdict(set)
    for user, makers in declared.items():
        before[user] |= makers
    for need in inferred:
        before[need.user].add(need.maker)
    paths, cycles = _sorted(_keys(by_path, before), before)
    order = Order(needs=tuple(inferred), cycles=tuple(cycles), unknown=tuple(unknown))
    return tuple(by_path[path] for path in paths), order


def _key(migration: Migration) -> tuple[datetime.date, str]:
    return (migration.date or datetime.date.max, migration.path)


def _declared(by_path: Mapping[str, Migration]) -> tuple[dict[str, set[str]], list[tuple[str, HeaderField]]]:
    """The `-- Depends on:` lines: for each path, the paths that it names; and the lines that name no migration."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for path in by_path:
        by_name[path.rpartition("/")[2]].append(path)
    declared: dict[str, set[str]] = defaultdict(set)
    unknown = []
    for path, migration in by_path.items():
        for line in migration.depends_on:
            for value in filter(None, (part.strip() for part in line.value.split(","))):
                named = [value] if value in by_path else by_name.get(value.rpartition("/")[2], [])
                matching = [name for name in named if name.endswith(value)]
                if matching == [path] or len(matching) != 1:
                    unknown.append((path, HeaderField(line.name, value, line.position)))
                else:
                    declared[path].add(matching[0])
    return declared, unknown


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
    for migration in migrations:
        groups[migration.date].append(migration)
    undated = groups.pop(None, [])
    if undated:
        dated = [migration for group in groups.values() for migration in group]
        paths = {migration.path for migration in undated}
        yield from (need for need in _needs([*dated, *undated]) if not _both_dated(need, paths))
    for group in groups.values():
        if len(group) > 1:
            yield from _needs(group)


def _both_dated(need: Need, undated: set[str]) -> bool:
    return need.user not in undated and need.maker not in undated


def _needs(group: Sequence[Migration]) -> Iterable[Need]:
    names = {migration.path: names_in(migration.statements) for migration in group}
    makers = makers_of(names)
    for user, names_of_user in names.items():
        seen = set()
        for what, position in names_of_user.uses.items():
            for maker in makers.get(what, ()):
                if maker != user and maker not in seen:
                    seen.add(maker)
                    yield Need(user, maker, what, position)


def makers_of(names: Mapping[str, Names]) -> Mapping[Name, list[str]]:
    """Which paths make a name. One that several files make (with IF NOT EXISTS, say) is needed of the first alone."""
    makers: dict[Name, list[str]] = defaultdict(list)
    for path, names_of_file in names.items():
        for name in names_of_file.makes:
            if not makers[name]:
                makers[name].append(path)
    return makers


def _keys(by_path: Mapping[str, Migration], before: Mapping[str, set[str]]) -> dict[str, tuple[datetime.date, str]]:
    """What files sort by: date and path; one without a date takes that of the first file that waits for it."""
    keys: dict[str, tuple[datetime.date, str]] = {}
    for path, migration in by_path.items():  # by date, so that the first to come here is the earliest
        if migration.date is None:
            continue
        keys[path] = _key(migration)
        waited_for = list(before.get(path, ()))
        while waited_for:
            undated = waited_for.pop()
            if by_path[undated].date is None and undated not in keys:
                keys[undated] = (migration.date, undated)
                waited_for += before.get(undated, ())
    return {path: keys.get(path) or _key(migration) for path, migration in by_path.items()}


def _sorted(
    keys: Mapping[str, tuple[datetime.date, str]], before: Mapping[str, set[str]]
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Kahn's algorithm, always taking the first by its key; a cycle is cut at its first file, and reported."""
    waiting = {path: set(before.get(path, ())) for path in keys}
    after: dict[str, list[str]] = defaultdict(list)
    for path, earlier in waiting.items():
        for before_it in earlier:
            after[before_it].append(path)
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
        for later in after[path]:
            if later in waiting:
                waiting[later].discard(path)
                if not waiting[later]:
                    heapq.heappush(ready, (keys[later], later))
    return paths, cycles


def _cycle(waiting: Mapping[str, set[str]]) -> tuple[str, ...]:
    """One cycle among files that all wait for each other: walk to what is waited for until a file comes again."""
    path = min(waiting)
    walked: list[str] = []
    while path not in walked:
        walked.append(path)
        path = min(earlier for earlier in waiting[path] if earlier in waiting)
    return tuple(walked[walked.index(path) :])
