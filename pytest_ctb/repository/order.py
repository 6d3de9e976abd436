"""In which order migrations apply, and why: by date, within a date by need, then by path.

A file that uses what another file of the same date makes comes after it, unless that exists already. A sequence that
applies as it stands is not changed. `-- Depends on: FILE` overrides all of that. A file without a date in its name has
no place of its own: it comes after what it needs and before what needs it.
"""

from __future__ import annotations

import datetime
import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from pytest_ctb.model import HeaderField, Migration, Name, Need, Order
from pytest_ctb.repository.known_names import KnownNames
from pytest_ctb.sql import Step, Use, steps_in

_Key = tuple[datetime.date, str]


def ordered(migrations: Iterable[Migration], prelude: Sequence[Migration] = ()) -> tuple[tuple[Migration, ...], Order]:
    """The migrations in the order in which they apply, and the reasons for it.

    `prelude`: the files that run before all of them. Linear, but for files of one date.
    """
    by_path = {migration.path: migration for migration in sorted(migrations, key=_key)}
    declared, unknown = _declared(by_path)
    queue = _Queue(by_path, declared, prelude)
    queue.run()
    order = Order(needs=tuple(queue.needs), cycles=tuple(queue.cycles), unknown=tuple(unknown))
    return tuple(by_path[path] for path in queue.paths), order


def _key(migration: Migration) -> _Key:
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


class _Blocked(NamedTuple):
    """Why a file cannot be the next one: it waits for these files."""

    paths: tuple[str, ...]
    use: Use | None = None
    """What it needs of any of them; None: it needs all of them, by `-- Depends on:`."""


class _Queue:
    """Takes one file after another: always the first by date and path for which all that it needs is there."""

    def __init__(
        self, by_path: Mapping[str, Migration], declared: Mapping[str, set[str]], prelude: Sequence[Migration]
    ) -> None:
        self.paths: list[str] = []
        self.needs: list[Need] = []
        self.cycles: list[tuple[str, ...]] = []
        self._by_path = by_path
        self._declared = declared
        self._keys = {path: _key(migration) for path, migration in by_path.items()}
        self._waiting = dict.fromkeys(by_path)
        self._ready = list(zip(self._keys.values(), by_path, strict=True))  # sorted, and so a heap
        self._blocked: dict[str, _Blocked] = {}
        self._waits_for: dict[str, list[str]] = defaultdict(list)
        """Of each waiting file: the blocked files to look at again when it is applied."""
        self._all_dates_meet = any(migration.date is None for migration in by_path.values())
        self._steps: dict[str, tuple[Step, ...]] = {}
        """Of the files of a date that has several: what their statements need and do."""
        self._makers: dict[Name, list[str]] = defaultdict(list)
        """Those of these files that make a name, by path."""
        self._open_dates = set(self._dates_without_order())
        self._past = _Past(prelude)
        self._date: datetime.date | None = None
        self._of_date = KnownNames()
        """What the files of the date made, for the reasons that are shown."""

    def run(self) -> None:
        """Put all files into `paths`."""
        while self._waiting:
            if stuck := self._stuck():
                self._cut_cycle(stuck)
                continue
            _, path = heapq.heappop(self._ready)
            if path not in self._waiting or path in self._blocked:
                continue
            blocked = self._why_blocked(path)
            if blocked is None:
                self._apply(path)
                continue
            self._blocked[path] = blocked
            for other in blocked.paths:
                self._waits_for[other].append(path)
                self._pull(other, self._keys[path])

    def _dates_without_order(self) -> Iterator[datetime.date | None]:
        """The dates whose files may not find what they need if they apply by path. Reads all files of such a date."""
        groups: dict[datetime.date | None, list[str]] = defaultdict(list)
        for path, migration in self._by_path.items():
            groups[None if self._all_dates_meet else migration.date].append(path)
        for date, paths in groups.items():
            if len(paths) < 2:
                continue
            for path in paths:
                self._steps[path] = tuple(steps_in(self._by_path[path].statements))
                for name in dict.fromkeys(_made(self._steps[path])):
                    self._makers[name].append(path)
            place = {path: number for number, path in enumerate(paths)}
            if any(path in self._declared or self._may_need_later(path, place) for path in paths):
                yield date

    def _may_need_later(self, path: str, place: Mapping[str, int]) -> bool:
        """Whether a later file of the date makes something that this one uses."""
        names = (name for step in self._steps[path] for use in step.uses for name in use.names)
        return any(place.get(maker, -1) > place[path] for name in names for maker in self._makers.get(name, ()))

    def _pull(self, path: str, key: _Key) -> None:
        """A file without a date takes the date of the first file that waits for it, so that no later one overtakes."""
        if self._by_path[path].date is None and key[0] < self._keys[path][0]:
            self._keys[path] = (key[0], path)
            heapq.heappush(self._ready, (self._keys[path], path))
            for other in self._blocked[path].paths if path in self._blocked else ():
                self._pull(other, key)

    def _why_blocked(self, path: str) -> _Blocked | None:
        declared = tuple(other for other in sorted(self._declared.get(path, ())) if other in self._waiting)
        if declared:
            return _Blocked(declared)
        if path not in self._steps or self._group(path) not in self._open_dates:
            return None
        known = KnownNames(self._past.known)
        for step in self._steps[path]:
            if known.does_nothing(step) or (step.only_if and not self._is_there(step.only_if, known, path)):
                continue
            for use in step.uses:
                if not known.serves(use):
                    makers = tuple(
                        dict.fromkeys(maker for name in use.names for maker in self._waiting_makers(name, path))
                    )
                    if makers:
                        return _Blocked(makers, use)
            known.apply(path, step)
        return None

    def _is_there(self, names: Sequence[Name], known: KnownNames, path: str) -> bool:
        """Whether one of some names exists, as far as is known: what nobody makes was there before."""
        if any(map(known.has, names)):
            return True
        schemas = [Name("schema", "", name.schema) for name in names]
        missing = [name for name in (*names, *schemas) if not known.has(name)]
        return not any(any(self._waiting_makers(name, path)) for name in missing)

    def _waiting_makers(self, name: Name, user: str) -> Iterator[str]:
        """The files that make a name and may come before a user of it."""
        date = self._by_path[user].date
        for path in self._makers.get(name, ()):
            if path == user or path not in self._waiting or _reaches(self._declared, path, user):
                continue
            if date is None or self._by_path[path].date in {date, None}:
                yield path

    def _group(self, path: str) -> datetime.date | None:
        return None if self._all_dates_meet else self._by_path[path].date

    def _apply(self, path: str) -> None:
        self.paths.append(path)
        del self._waiting[path]
        if self._group(path) != self._date:
            self._date, self._of_date = self._group(path), KnownNames()
        for step in self._steps.get(path, ()):
            for use in step.uses:
                makers = ((self._of_date.maker(name), name) for name in use.names)
                self._note_need(path, use, next((made for made in makers if made[0]), None))
            self._of_date.apply(path, step)
        self._past.add(self._by_path[path], self._steps.get(path))
        for other in self._waits_for.pop(path, ()):
            if self._blocked.pop(other, None) is not None:
                heapq.heappush(self._ready, (self._keys[other], other))

    def _note_need(self, user: str, use: Use, served: tuple[str, Name] | None) -> None:
        if served and served[0] != user and not any(served[0] == need.maker for need in self._needs_of[user]):
            need = Need(user, served[0], served[1], use.position)
            self._needs_of[user].append(need)
            self.needs.append(need)

    @cached_property
    def _needs_of(self) -> dict[str, list[Need]]:
        return defaultdict(list)

    def _stuck(self) -> set[str]:
        """The files that wait for each other, once the queue is done with the files of their date."""
        date = self._ready[0][0][0] if self._ready else datetime.date.max
        if not any(self._keys[path][0] < date or not self._ready for path in self._blocked):
            return set()
        stuck = dict(self._blocked)
        free = [path for path in self._waiting if path not in stuck]
        while free:
            path = free.pop()
            for user in self._waits_for.get(path, ()):
                if user in stuck and (stuck[user].use or stuck.keys().isdisjoint(stuck[user].paths)):
                    del stuck[user]
                    free.append(user)
        return {path for path in stuck if self._keys[path][0] < date or not self._ready}

    def _cut_cycle(self, stuck: Collection[str]) -> None:
        """Report a cycle among files that wait for each other, and let its first file go ahead."""
        path = min(stuck)
        walked: list[str] = []
        while path not in walked:
            walked.append(path)
            path = min(other for other in self._blocked[path].paths if other in self._blocked)
        cycle = tuple(walked[walked.index(path) :])
        self.cycles.append(cycle)
        for user, maker in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            use = self._blocked[user].use
            if use:
                name = next((name for name in use.names if maker in self._makers.get(name, ())), use.names[0])
                self._note_need(user, use, (maker, name))
        first = min(cycle, key=lambda path: self._keys[path])
        del self._blocked[first]
        self._apply(first)


class _Past:
    """The files that are applied already. They are read only where it matters what they made."""

    def __init__(self, prelude: Sequence[Migration]) -> None:
        self._known = KnownNames()
        self._unread: list[tuple[Migration, tuple[Step, ...] | None]] = [(file, None) for file in prelude]

    def add(self, file: Migration, steps: tuple[Step, ...] | None) -> None:
        """Add the next file, with its steps where they are known."""
        self._unread.append((file, steps))

    @property
    def known(self) -> KnownNames:
        """The names that are known behind these files."""
        for file, steps in self._unread:
            for step in steps_in(file.statements) if steps is None else steps:
                self._known.apply(file.path, step)
        self._unread.clear()
        return self._known


def _made(steps: Iterable[Step]) -> Iterator[Name]:
    """The names that steps may make, columns included."""
    for step in steps:
        yield from (name for name, _ in step.effects.makes)
        yield from step.effects.columns
        yield from (name for names, _ in step.effects.adds for name in names)
