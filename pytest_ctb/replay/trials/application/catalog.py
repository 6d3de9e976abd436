"""What an application can name of what a file changes, as the catalogs have it before the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pytest_ctb.model import Key, Trace
from pytest_ctb.model.trace import unquoted
from pytest_ctb.replay.session.login import Login
from pytest_ctb.replay.session.outcome import Ran
from pytest_ctb.replay.witness.named import DELETE, INSERT, UPDATE

_STRONG = {"SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"}
"""The locks under which a table is changed in a way that an application may notice."""
_RELATIONS = {"table", "view", "materialized view"}


class Column(NamedTuple):
    """A column that an application may read or write."""

    name: str
    type: str | None
    """The name of a type of Postgres's own; None for any other, which the server then tells by the place."""
    required: bool
    """An INSERT has to give it: there is nothing in its place, or a partition is chosen by it."""
    computed: bool
    """No INSERT and no UPDATE may give it."""
    deprecated: bool
    """Its comment says DEPRECATED."""


class UniqueKey(NamedTuple):
    """A unique key that ON CONFLICT can name."""

    parts: tuple[tuple[str | None, str], ...]
    """Of each part its column, None for an expression; and its SQL."""
    predicate: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(name for name, _ in self.parts if name is not None)


class NamedRelation(NamedTuple):
    """A table, view or materialized view."""

    kind: str
    schema: str
    name: str
    inserts: bool
    updates: bool
    deletes: bool
    columns: tuple[Column, ...]
    keys: tuple[UniqueKey, ...]
    """The primary key first."""
    runs_more: bool
    """A trigger or a rule runs with what is sent to it, or may, and may fail."""


class NamedFunction(NamedTuple):
    """A function, or a procedure."""

    is_procedure: bool
    schema: str
    name: str
    arguments: tuple[str | None, ...]
    """The types of those that a call has to give, as `Column.type`."""
    columns: tuple[str, ...]
    """The columns of its result; empty where it gives a single value."""


class NamedEnum(NamedTuple):
    """An enumeration."""

    schema: str
    name: str
    labels: tuple[str, ...]


Named = NamedRelation | NamedFunction | NamedEnum


class Changed(NamedTuple):
    """What a run of a file was seen to change, among what was there before."""

    oids: frozenset[int] = frozenset()
    relations: frozenset[str] = frozenset()
    schemas: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether it changed anything."""
        return any(self)


def changed_by(ran: Ran) -> Changed:
    """What a run changed that an application may name, or that stands behind what it names."""
    oids = {relation.table for relation in ran.old if ran.unseen or not _STRONG.isdisjoint(relation.modes)}
    keys = {key for trace in ran.traces for key in _keys(trace)}

    def of(*kinds: str) -> frozenset[str]:
        return frozenset(unquoted(key.name) for key in keys if key.kind in kinds)

    return Changed(
        frozenset(oids),
        of(*_RELATIONS) | {dropped.table for trace in ran.traces for dropped in trace.dropped if dropped.table},
        frozenset(unquoted(old.name) for trace in ran.traces for old, _ in trace.renamed if old.kind == "schema"),
        of("type"),
        # Another function of that name can make a call ambiguous.
        frozenset(unquoted(key.name.partition("(")[0]) for key in keys if key.kind == "function"),
    )


def _keys(trace: Trace) -> Iterator[Key]:
    yield from trace.altered
    yield from (dropped.key for dropped in trace.dropped if not dropped.own)
    yield from (renamed.old for renamed in trace.renamed)
    yield from (key for key in trace.created if key.kind == "function")


def named_by_applications(session: Login, changed: Changed) -> list[Named]:
    """What an application may name of what was changed, and of what stands on that. Raises psycopg.Error."""
    full_names = sorted(changed.relations | changed.types | changed.functions)
    rows = session.ask(
        "named",
        tables=sorted(changed.oids),
        relation_names=sorted(changed.relations),
        schema_names=sorted(changed.schemas),
        type_names=sorted(changed.types),
        function_names=sorted(changed.functions),
        own_names=sorted({name for full_name in full_names for name in _endings(full_name)}),
    )
    return [named for named in map(_named, sorted((row for (row,) in rows), key=_place)) if named is not None]


def _endings(full_name: str) -> Iterator[str]:
    """What may be the name without its schema: both may have dots."""
    parts = full_name.split(".")
    yield from (".".join(parts[place:]) for place in range(1, len(parts)))


def _place(row: Sequence[Any]) -> tuple[int, str, str]:
    """Tables before views, relations before the rest, then by name: oids differ from run to run."""
    what, kind, schema, name, *_ = row
    return (0 if what == "relation" and kind in "rp" else 1 if what == "relation" else 2, schema, name)


def _named(row: Sequence[Any]) -> Named | None:
    what, kind, schema, name, deprecated, *rest = row
    if deprecated:
        return None
    if what == "type":
        return NamedEnum(schema, name, tuple(rest[0] or ()))
    if what == "function":
        return NamedFunction(kind == "p", schema, name, tuple(rest[0] or ()), tuple(rest[1] or ()))
    runs_more, commands, columns, keys = rest
    return NamedRelation(
        {"r": "table", "p": "table", "v": "view", "m": "materialized view"}[kind],
        schema,
        name,
        bool(commands & INSERT),
        bool(commands & UPDATE),
        bool(commands & DELETE),
        tuple(Column(*column) for column in columns or ()),
        tuple(UniqueKey(tuple(map(tuple, parts)), predicate) for parts, predicate in keys or ()),
        runs_more,
    )
