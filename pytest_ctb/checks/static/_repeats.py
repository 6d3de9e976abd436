"""Which statements of a file a second run of the file would stop at, by the text alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pytest_ctb.model import Statement
from pytest_ctb.sql import (
    Created,
    DropStatement,
    Relation,
    Unguarded,
    created,
    dropped,
    names_in,
    parents,
    relation,
    renamed,
    routines,
    unguarded,
)

_ROUTINES = ("FUNCTION", "PROCEDURE", "ROUTINE")
_GO_ALONG = {"VIEW", "MATERIALIZED VIEW", "TRIGGER", "INDEX", "RULE", "POLICY"}
"""What a DROP … CASCADE of something that they use drops too."""


def unrepeatable(statements: Iterable[Statement]) -> Iterator[tuple[Statement, list[Unguarded]]]:
    """The statements that lack a guard, each with the parts that do; `statements` are those that run, in order."""
    before = _Before()
    for statement in statements:
        if before.is_harmless(statement):
            continue
        parts = [part for part in unguarded(statement) if not before.dropped_before(statement, part)]
        if parts:
            yield statement, parts


@dataclass
class _Before:
    """What the statements so far dropped with IF EXISTS and made anew, and the temporary relations that they made."""

    dropped: set[tuple[str, str]] = field(default_factory=set)
    cascaded: set[str] = field(default_factory=set)
    """The names of those that were dropped with all that depends on them."""
    new: set[str] = field(default_factory=set)
    """The names of relations and schemas that were dropped and then created: a second run makes them anew too."""
    temporary: set[str] = field(default_factory=set)

    def is_harmless(self, statement: Statement) -> bool:
        """Record the next statement; whether a second run of it is harmless without a guard."""
        drop, creation = dropped(statement), created(statement)
        if drop and drop.if_exists:
            self._drop(statement, drop)
        if creation and creation.temporary:
            self.temporary.add(creation.name)
            return True
        if statement.guarded:
            return True
        about = relation(statement)
        if about and about.temporary:
            return True
        if self._goes_with_another(statement, creation, about):
            self.new |= {_short(str(creation))} if creation and creation.name else set()
            return True
        if drop and self.new.issuperset(map(_short, drop.names)):
            return True
        if creation and not about and (creation.kind, _short(str(creation))) in self.dropped:
            self.new.add(_short(str(creation)))
        names = drop.names if drop else ()
        if about:
            names = (about.name,) if not about.schema else ()
        elif creation and creation.kind in _ROUTINES:
            names = (str(creation),)
        return bool(names) and all(name in self.temporary or name.startswith("pg_temp.") for name in names)

    def _drop(self, statement: Statement, drop: DropStatement) -> None:
        if drop.kind in _ROUTINES:
            self.dropped |= {("ROUTINE", name) for name in routines(statement)}
        else:
            self.dropped |= {(drop.kind, _short(name)) for name in drop.names}
        if drop.cascade and not statement.guarded:
            self.cascaded |= {name.partition("(")[0] for name in routines(statement)} | {*map(_short, drop.names)}

    def _goes_with_another(self, statement: Statement, creation: Created | None, about: Relation | None) -> bool:
        """Whether what it makes or alters is gone when the file drops what it belongs to, in a second run."""
        if about and creation and self._uses_what_cascades(statement):
            return True
        if about:
            change = renamed(statement)
            moves = change is not None and change.kind != "COLUMN"
            return not moves and (_short(str(about)) in self.new or about.schema in self._new_schemas)
        if creation is None:
            return False
        if creation.schema in self._new_schemas or any(
            _short(str(parent)) in self.new for parent in parents(statement)
        ):
            return True
        goes_along = creation.kind in _GO_ALONG and self._uses_what_cascades(statement)
        self.cascaded |= {_short(str(creation))} if goes_along else set()
        return goes_along

    @property
    def _new_schemas(self) -> set[str]:
        return self.new & self.cascaded & {name for kind, name in self.dropped if kind == "SCHEMA"}

    def _uses_what_cascades(self, statement: Statement) -> bool:
        if not self.cascaded:
            return False
        used = [name for name in names_in((statement,)).uses if name.kind in {"relation", "function", "type"}]
        return any(_short(str(name)) in self.cascaded for name in used)

    def dropped_before(self, statement: Statement, part: Unguarded) -> bool:
        """Whether DROP IF EXISTS in this file removes all that the statement creates."""
        kind = part.words.removeprefix("CREATE ")
        if kind in _ROUTINES:  # of the same arguments, or of any
            return any(
                ("ROUTINE", form) in self.dropped
                for name in routines(statement)
                for form in (name, name.partition("(")[0])
            )
        return all((kind, _short(name)) in self.dropped for name in part.names)


def _short(name: str) -> str:
    """The name without `public.`, which a bare name means."""
    return name.removeprefix("public.")
