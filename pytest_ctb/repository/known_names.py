"""Which names exist in a database after some files, as far as the text of these files tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from pytest_ctb.model import Name
from pytest_ctb.sql import Step, Use

_DEEPEST = 10
"""How often a relation's columns are looked for in the one that it has them from."""


class Earlier(Protocol):
    """What is known of the files before."""

    def has(self, name: Name) -> bool:
        """Whether a name is known to exist."""

    def is_open(self, table: Name) -> bool:
        """Whether a relation may have more columns than are known."""


class KnownNames:
    """The names that files make, applied one after another, each with the file that made it."""

    def __init__(self, earlier: Earlier | None = None) -> None:
        """`earlier`: the state before the files that are applied here."""
        self._earlier = earlier
        self._makers: dict[Name, str] = {}
        self._gone: set[Name] = set()
        self._emptied: set[str] = set()
        """Schemas that were dropped, with all that was in them."""
        self._sources: dict[Name, list[Name]] = defaultdict(list)
        """For relations with all columns of others (LIKE, PARTITION OF, `*`): these others."""
        self._open: set[Name] = set()
        """Relations that may have more columns than are known."""

    def maker(self, name: Name) -> str:
        """The path of the file that made a name which exists; empty where none of the applied files did."""
        return self._makers.get(name, "")

    def has(self, name: Name) -> bool:
        """Whether a name is known to exist."""
        return self._has(name, 0)

    def is_open(self, table: Name) -> bool:
        """Whether a relation may have more columns than are known."""
        if table in self._makers or table in self._gone or self._earlier is None:
            return table in self._open
        return table in self._open or self._earlier.is_open(table)

    def _has(self, name: Name, depth: int) -> bool:
        if name in self._makers:
            return True
        if name in self._gone or name.schema in self._emptied or depth > _DEEPEST:
            return False
        if name.kind == "column":
            table = table_of(name)
            sources = self._sources.get(table, ())
            if any(self._has(_column(source, name.name), depth + 1) for source in sources):
                return True
            if table in self._makers or table in self._gone:
                return False
        return self._earlier is not None and self._earlier.has(name)

    def serves(self, use: Use) -> bool:
        """Whether something that a use can mean is known to exist, or may be a column that the text does not name."""
        if any(map(self.has, use.names)):
            return True
        tables = {table_of(name) for name in use.names if name.kind == "column"}
        return any(map(self.is_open, tables)) or (len(tables) > 1 and not any(map(self._is_closed, tables)))

    def apply(self, path: str, step: Step) -> None:
        """Do what a step of a file does."""
        if self.does_nothing(step):
            return
        done = step.effects
        for names in done.drops:
            self._drop(self._meant(names))
        made = [] if done.renames else [name for name, _ in done.makes]
        made += [self._rename(self._meant(renamed.old), renamed.new) for renamed in done.renames]
        made += [*done.columns, *(self._added(names) for names, _ in done.adds)]
        for name in made:
            self._gone.discard(name)
            self._makers[name] = path
        for copied in done.copied:
            self._sources[copied.relation].append(self._meant(copied.tables))
        self._open |= set(done.open)

    def does_nothing(self, step: Step) -> bool:
        """Whether a step is skipped since all that it makes exists (IF NOT EXISTS)."""
        made = [name for name, _ in step.effects.makes]
        return step.guarded and bool(made) and not step.effects.renames and all(map(self.has, made))

    def _meant(self, names: Sequence[Name]) -> Name:
        return next(filter(self.has, names), names[0])

    def _added(self, names: Sequence[Name]) -> Name:
        return next((name for name in names if self.has(table_of(name))), names[0])

    def _is_closed(self, table: Name) -> bool:
        """Whether all columns of a table are known."""
        return self.has(table) and not self.is_open(table)

    def _drop(self, name: Name) -> None:
        if name.kind == "schema":
            self._emptied.add(name.name)
            inside = [other for other in self._makers if other.schema == name.name and other.kind != "column"]
            for other in inside:
                self._drop(other)
        if name.kind == "relation":
            self._forget_columns(name)
            self._makers.pop(replace(name, kind="type"), None)
        self._makers.pop(name, None)
        self._gone.add(name)

    def _forget_columns(self, table: Name) -> None:
        self._sources.pop(table, None)
        self._open.discard(table)
        self._open |= {relation for relation, sources in self._sources.items() if table in sources}
        for column in self._columns_of(table):
            del self._makers[column]

    def _columns_of(self, table: Name) -> list[Name]:
        return [name for name in self._makers if name.kind == "column" and table_of(name) == table]

    def _rename(self, old: Name, new_name: Callable[[Name], Name]) -> Name:
        new = new_name(old)
        if old.kind == "relation":
            columns = {_column(new, name.name): self._makers[name] for name in self._columns_of(old)}
            sources = list(self._sources.get(old, ()))
            is_open = old in self._open or old not in self._makers
            self._drop(old)
            self._makers |= columns
            self._sources[new] += sources
            self._open |= {new} if is_open else set()
        else:
            self._drop(old)
        return new


def table_of(column: Name) -> Name:
    """The table of a column."""
    return Name("relation", column.schema, column.of)


def _column(table: Name, name: str) -> Name:
    return Name("column", table.schema, name, table.name)
