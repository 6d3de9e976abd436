"""Which statement of a file did what the running application meets, as the traces show it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pytest_ctb.model import FileEvidence, Key, SqlError, Trace
from pytest_ctb.model.trace import unquoted

_QUOTED = re.compile(r"[\"«„]([^\"»“]+)[\"»“]")
_PLAIN = re.compile(r"[\w$]+(?:\.[\w$]+)*")
_NO_OBJECT = {"3F000", "42P01", "42704", "42883"}
"""A schema, table, type or function is not there (manual, appendix A)."""
_RELATIONS = {"table", "view", "materialized view", "foreign table"}


class Effect(NamedTuple):
    """One thing that a statement of a file did to an object that was there before."""

    trace: Trace
    what: str
    """`renamed`, `dropped`, or the property that was altered; empty where only the object is known."""
    key: Key
    """Under its old name."""
    new: Key | None = None
    """Under its new name."""
    on: str = ""
    """Of an index, its table."""

    @property
    def name(self) -> str:
        """The old name, as the evidence writes that of a table."""
        return unquoted(self.key.name)


def effect_behind(file: FileEvidence, error: SqlError, of: Key) -> Effect | None:
    """What a file did that an error of the server is about, in a statement sent to `of`; None: nothing stands out.

    What the message names by its old name comes first, then what was altered under a name in it, then what was done to
    the object itself, and the last of equals: it ends what those before it may have left whole.
    """
    words = (*_QUOTED.findall(error.message), *_PLAIN.findall(error.message))
    names = {name for word in words for name in (word, word.rpartition(".")[2])}
    if error.sqlstate not in _NO_OBJECT:  # it is there, and what the error is about is a part of it
        names -= {of.name, of.name.rpartition(".")[2]}
    best: tuple[int, Effect | None] = (0, None)
    for trace in file.traces:
        for effect in () if trace.undone else _effects(trace):
            points = _points(effect, names, of)
            if points and points >= best[0]:
                best = points, effect
    return best[1]


def _effects(trace: Trace) -> Iterator[Effect]:
    tables = {lock.relation: lock.table for lock in trace.locks}
    for key in (*trace.created, *trace.altered):
        yield Effect(trace, "", key)
    for alteration in trace.alterations:
        if alteration.what != "validated":  # what it asks of new rows it asked before
            yield Effect(trace, alteration.what, alteration.key)
    for dropped in trace.dropped:
        if not dropped.own:
            yield Effect(trace, "dropped", dropped.key, on=tables.get(dropped.key.name, ""))
    for renamed in trace.renamed:
        yield Effect(trace, "renamed", renamed.old, renamed.new)


def _points(effect: Effect, names: set[str], of: Key) -> int:
    name = effect.name.partition("(")[0]
    bare, table = name.rpartition(".")[2], effect.on or table_of(effect.key)
    lost = effect.what in {"dropped", "renamed"}
    about = name == unquoted(of.name) or table == unquoted(of.name) or of.name.startswith(f"{name}.")
    if lost and (name in names or (bare in names and (about or effect.key.kind != "column"))):
        return 6 + about
    new = unquoted(effect.new.name).rpartition(".")[2] if effect.new else ""
    if (bare in names or new in names) and effect.what:
        return 4 + about
    if bare in names and effect.key.kind not in _RELATIONS:
        return 2 + about
    return int(about)


def table_of(key: Key) -> str:
    """The table that a column or a constraint is of; else the object itself."""
    name = unquoted(key.name).partition("(")[0]
    if key.kind in _RELATIONS or name.count(".") < 2:
        return name.partition(" on ")[2] or name
    return ".".join(name.split(".")[:2])
