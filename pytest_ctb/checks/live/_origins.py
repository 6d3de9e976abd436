"""Which statement of the migrations made an object what it is, or took it away."""

from __future__ import annotations

from functools import cached_property

from pytest_ctb.checks.live._last_change import FilePosition, SchemaHistory, definitions, schema_history
from pytest_ctb.model import Evidence, Key, Repository, Statement
from pytest_ctb.sql import mentions, object_positions, renamed


class Origins:
    """Where the objects of the replayed schema come from, and where those went that are not in it."""

    def __init__(self, repository: Repository, replay: Evidence) -> None:
        self._repository = repository
        self._replay = replay

    @cached_property
    def _history(self) -> SchemaHistory:
        return schema_history(self._repository, self._replay)

    def maker(self, key: Key, of: Key | None) -> FilePosition | None:
        """The statement that last made or changed an object; by its text, else by what it was seen to do."""
        plain = Key(key.kind, key.name.partition("(")[0])
        by_text = definitions(self._repository).get(key) or definitions(self._repository).get(plain)
        altered = next(
            (
                FilePosition(step.path, object_positions(step.statement.walk()).get(key, step.statement.position))
                for step in reversed(self._history.steps)
                if key in step.altered and not (key.kind == "table" and key in step.created)
            ),
            None,
        )
        if altered and (by_text is None or self._is_later(altered, by_text)):
            return altered
        if by_text:
            return by_text
        created = next((step.place for step in reversed(self._history.steps) if key in step.created), None)
        return created or (of and self._of_table(of)) or None

    def dropper(self, key: Key, of: Key | None) -> FilePosition | None:
        """The last statement that dropped an object, or renamed it; None where none was seen to."""
        for step in reversed(self._history.steps):
            if key in step.dropped or (of and of in step.dropped):
                return step.place
            if of and key.kind == "column" and _renames(step.statement, of.name, key.name.rpartition(".")[2]):
                return step.place
        return self._history.removal(key.name) if key.kind == "table" else None

    def _of_table(self, of: Key) -> FilePosition | None:
        return next((step.place for step in reversed(self._history.steps) if of in step.touched), None)

    def _is_later(self, place: FilePosition, other: FilePosition) -> bool:
        order = {migration.path: number for number, migration in enumerate(self._repository.migrations)}
        mine, theirs = ((order.get(path, -1), position.line) for path, position in (place, other))
        return mine > theirs


def _renames(statement: Statement, table: str, column: str) -> bool:
    return any(
        rename.relation is not None
        and rename.kind == "COLUMN"
        and rename.relation.name == table.rpartition(".")[2]
        and column in mentions(inner).names
        for inner in statement.walk()
        if (rename := renamed(inner))
    )
