"""Find the statement that last changed a table or one of its columns, from the traces of all migrations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from pytest_ctb.model import Evidence, Key, Migration, Position, Repository, Statement, Trace, unquoted
from pytest_ctb.sql import mentions, object_positions, renamed


class FilePosition(NamedTuple):
    """A position in a file."""

    path: str
    position: Position


_HIDES = {"DO", "CALL", "SELECT", "SELECT INTO"}
"""Statements that can do more than their text says."""
_OF_TRIGGERS = {"CREATE TRIGGER", "ALTER TRIGGER", "DROP TRIGGER"}
_OF_TYPES = {"ALTER TYPE", "ALTER DOMAIN"}


@dataclass(frozen=True)
class _Step:
    """A statement of a migration that ran, with its trace."""

    path: str
    statement: Statement
    trace: Trace

    @property
    def place(self) -> FilePosition:
        """Where the statement starts."""
        return FilePosition(self.path, self.statement.position)

    @cached_property
    def created(self) -> frozenset[Key]:
        """The objects that it created, as the catalog names them: unquoted."""
        return frozenset(map(_unquoted, self.trace.created))

    @cached_property
    def altered(self) -> frozenset[Key]:
        """The objects that it altered, unquoted: also those that its text does not name, as tables that inherit."""
        return frozenset(map(_unquoted, (*self.trace.altered, *(change.key for change in self.trace.alterations))))

    @cached_property
    def dropped(self) -> frozenset[Key]:
        """The objects that it dropped, unquoted."""
        return frozenset(_unquoted(dropped.key) for dropped in self.trace.dropped)

    @cached_property
    def touched(self) -> frozenset[Key]:
        """The objects that it created, altered or dropped, unquoted."""
        return self.created | self.altered | self.dropped

    def touches(self, table: str) -> bool:
        """Whether it created, altered or dropped a table, a part of it, or a trigger, rule or policy on it."""
        return any(
            key.name == table or key.name.startswith(f"{table}.") or key.name.endswith(f" on {table}")
            for key in self.touched
        )

    def detaches(self, table: Key) -> bool:
        """Whether it made a table of its own of what was a partition."""
        return any(
            change.key == table and change.what == "partition" and not change.new for change in self.trace.alterations
        )


class SchemaHistory(NamedTuple):
    """The statements of all migrations, in the order in which they ran, without those that were rolled back."""

    steps: tuple[_Step, ...]

    def creation(self, table: str) -> FilePosition | None:
        """Where a table was created, renamed to this name, or detached as a partition; None where no migration did."""
        key = Key("table", table)
        for step in self.steps:
            if step.detaches(key):
                return step.place
        for step in self.steps:
            if key in step.created or (key in step.altered and renamed(step.statement)):
                return FilePosition(
                    step.path, object_positions(step.statement.walk()).get(key, step.statement.position)
                )
        return next((step.place for step in self.steps if key in step.altered), None)

    def removal(self, table: str) -> FilePosition | None:
        """Where a table was last dropped or renamed away; None where no migration did."""
        schema, _, name = table.rpartition(".")
        for step in reversed(self.steps):
            if Key("table", table) in step.dropped or any(
                rename.relation and rename.relation.name == name and rename.relation.schema in {schema, ""}
                for rename in map(renamed, step.statement.walk())
                if rename
            ):
                return step.place
        return None

    def last_change(
        self, table: str, names: Collection[str], types: Collection[str], *, comment: bool, key: bool
    ) -> FilePosition | None:
        """The last statement that changed a table and names one of its columns (`names`), or one of their `types`.

        `comment`: look for COMMENT statements only, else for all others. `key`: the change is about the table, so
        statements with a constraint come first. Where only the CREATE TABLE names the columns, it is the last statement
        that dropped a constraint of the table or hides what it does (DO, CALL); else the last that changed the table.
        None where no migration changed the table.
        """
        best_rank, best = -1, None
        of_table = comment and not names
        for step in self.steps:
            if of_table and Key("table", table) not in step.touched:
                continue
            rank, position = _rank(step, table, names, types, key=key)
            if (step.statement.tag == "COMMENT") is comment and rank is not None and rank >= best_rank:
                best_rank, best = rank, FilePosition(step.path, position)
        return best


@lru_cache(maxsize=1)
def definitions(repository: Repository) -> Mapping[Key, FilePosition]:
    """The last statement in the text of the migrations, bodies included, that defines or comments on each object."""
    return {
        key: FilePosition(migration.path, position)
        for migration in repository.migrations
        for key, position in object_positions(
            inner for statement in migration.statements for inner in statement.walk()
        ).items()
    }


def schema_history(repository: Repository, replay: Evidence) -> SchemaHistory:
    """The history of the schema: the statements of all migrations with their traces."""
    return SchemaHistory(tuple(step for migration in repository.migrations for step in _steps(migration, replay)))


def _steps(migration: Migration, replay: Evidence) -> Iterator[_Step]:
    file = replay.files.get(migration.path)
    for trace in file.traces if file else ():
        if not trace.undone:
            yield _Step(migration.path, migration.sent[trace.statement], trace)


def _rank(
    step: _Step, table: str, names: Collection[str], types: Collection[str], *, key: bool
) -> tuple[int | None, Position]:
    """How likely a statement made the change (0 to 4; None: it did not touch the table), and the position in it."""
    touched, position = step.touched, step.statement.position
    if any(Key("type", name) in touched or _alters(step.statement, name) for name in types):
        return 4, position
    if not step.touches(table):
        return None, position
    makes = Key("table", table) in step.created
    for inner in reversed(step.statement.walk()):
        mentioned = mentions(inner)
        if any(name in mentioned.names for name in names):
            return (2 if makes else 4), _part(inner, table, names)
        if key and (mentioned.constraint or inner.tag in _OF_TRIGGERS):
            return (1 if makes else 3), inner.position
    if not makes and any(Key("column", f"{table}.{name}") in step.altered for name in names):
        return 4, position
    hidden = step.statement.tag in _HIDES or any(dropped.key.kind == "constraint" for dropped in step.trace.dropped)
    return (3 if hidden else 0), position


def _unquoted(key: Key) -> Key:
    return Key(key.kind, unquoted(key.name))


def _alters(statement: Statement, name: str) -> bool:
    """Whether the text of a statement changes a type; without a superuser the trace does not show it."""
    last = name.rpartition(".")[2]
    return any(inner.tag in _OF_TYPES and last in mentions(inner).names for inner in statement.walk())


def _part(statement: Statement, table: str, names: Collection[str]) -> Position:
    """The position in a statement of the first of the columns that it defines; else that of the statement."""
    positions = object_positions([statement])
    keys = [Key("column", f"{table}.{name}") for name in names]
    return next((positions[key] for key in keys if key in positions), statement.position)
