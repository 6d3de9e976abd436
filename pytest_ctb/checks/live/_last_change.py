"""Which statement it was: the place in a file where a table, or a column of it, was last changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from pytest_ctb.model import Evidence, Key, Migration, Position, Repository, Statement, Trace
from pytest_ctb.sql import named_in, places, renamed

Place = tuple[str, Position]
"""A file's path, and the position in it."""
_HIDES = {"DO", "CALL", "SELECT", "SELECT INTO"}
"""Statements that do what does not stand in them."""
_OF_TYPES = {"ALTER TYPE", "ALTER DOMAIN"}


@dataclass(frozen=True)
class _Step:
    """One statement of a migration, and what it was seen to do."""

    path: str
    statement: Statement
    trace: Trace

    @cached_property
    def touched(self) -> frozenset[Key]:
        """All that it made, changed or dropped."""
        return frozenset({*self.trace.created, *self.trace.altered, *(one.key for one in self.trace.dropped)})


class Changed(NamedTuple):
    """The statements of all migrations, in the order in which they ran."""

    steps: tuple[_Step, ...]

    def made(self, table: str) -> Place | None:
        """Where a table got its name: by being made, or by being renamed. None: by no migration."""
        key = Key("table", table)
        for step in self.steps:
            if key in step.trace.created or (key in step.trace.altered and renamed(step.statement)):
                return step.path, _position(step, key)
        return next(((step.path, step.statement.position) for step in self.steps if key in step.trace.altered), None)

    def gone(self, table: str) -> Place | None:
        """Where a table went, or got another name. None: it never was there."""
        schema, _, name = table.rpartition(".")
        found = None
        for step in self.steps:
            if any(one.key == Key("table", table) for one in step.trace.dropped) or any(
                moved.relation and moved.relation.name == name and moved.relation.schema in {schema, ""}
                for moved in map(renamed, step.statement.walk())
                if moved
            ):
                found = (step.path, step.statement.position)
        return found

    def last(
        self, table: str, names: Collection[str], types: Collection[str], *, comment: bool, key: bool
    ) -> Place | None:
        """The last statement that changed a table and names one of the columns, or a type of theirs.

        `comment`: it says what they are; else it does anything but that. `key`: it is about the table, and so a
        statement with a constraint comes before one without. Where none but the one that made the table names them, it
        is the last that dropped one of the table's constraints, or that does not tell what it does; else the last that
        changed the table.
        """
        best: tuple[int, Place] | None = None
        of_table = comment and not names
        for step in self.steps:
            if of_table and Key("table", table) not in step.touched:
                continue
            rank, position = _rank(step, table, names, types, key=key)
            if rank is not None and (step.statement.tag == "COMMENT") is comment and (best is None or rank >= best[0]):
                best = (rank, (step.path, position))
        return best[1] if best else None


def changed(repository: Repository, replay: Evidence) -> Changed:
    """The statements of the migrations, with what each was seen to do."""
    return Changed(tuple(step for one in repository.migrations for step in _steps(one, replay)))


def _steps(migration: Migration, replay: Evidence) -> Iterator[_Step]:
    fared = replay.files.get(migration.path)
    for trace in fared.traces if fared else ():
        if not trace.undone:
            yield _Step(migration.path, migration.sent[trace.statement], trace)


def _rank(
    step: _Step, table: str, names: Collection[str], types: Collection[str], *, key: bool
) -> tuple[int | None, Position]:
    """How surely a statement is the one, None where it is not; and where in it."""
    touched, here = step.touched, step.statement.position
    if any(Key("type", one) in touched or _alters(step.statement, one) for one in types):
        return 4, here
    if not any(one.name == table or one.name.startswith(f"{table}.") for one in touched):
        return None, here
    makes = Key("table", table) in step.trace.created
    for one in reversed(step.statement.walk()):
        said = named_in(one)
        if any(name in said.names for name in names):
            return (2 if makes else 4), _part(one, table, names)
        if key and said.constraint:
            return (1 if makes else 3), one.position
    hidden = step.statement.tag in _HIDES or any(one.key.kind == "constraint" for one in step.trace.dropped)
    return (3 if hidden else 0), here


def _alters(statement: Statement, name: str) -> bool:
    """Tell by the text whether it changes a type: without a superuser no server does."""
    last = name.rpartition(".")[2]
    return any(one.tag in _OF_TYPES and last in named_in(one).names for one in statement.walk())


def _part(statement: Statement, table: str, names: Collection[str]) -> Position:
    """Where in a statement a column is told of."""
    found = places([statement])
    keys = [Key("column", f"{table}.{name}") for name in names]
    return next((found[key] for key in keys if key in found), statement.position)


def _position(step: _Step, key: Key) -> Position:
    """Where a table is made, inside a body too."""
    return places(step.statement.walk()).get(key, step.statement.position)
