"""CT14: the tables that the guide names exist in the replayed schema, and have the shape that their name promises."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pytest_ctb.checks import Case, Scope, check, unapplied
from pytest_ctb.checks.live._last_change import FilePosition, schema_history
from pytest_ctb.checks.live._shapes import Lack, history_lacks, new_history, new_slot, slot_lacks
from pytest_ctb.checks.live._tables import Table, read_table
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Finding, Position, Schema
from pytest_ctb.sql import as_sql

_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')
"""A part of a name, with or without quotes."""
_NOT_TABLES = ("view", "materialized view", "foreign table", "sequence")


class _Shape(NamedTuple):
    """What a table beside a master has to be, by its name."""

    lacks: Callable[[Schema, Table, Table], Iterator[Lack]]
    new: Callable[[Table | None, str], str]


_SHAPES: Mapping[str, _Shape] = {
    "history": _Shape(history_lacks, new_history),
    "slot": _Shape(slot_lacks, new_slot),
}


@dataclass(frozen=True)
class Options:
    """The tables, each with its schema."""

    tables: tuple[str, ...]


@check("required-tables", scope=Scope.SCHEMA, options=Options, subjects=lambda options: options.tables)
def required_tables(case: Case[Options]) -> Iterator[Finding]:
    """Look the table up in the catalog; a view of that name is no table. A name may have its quotes or not.

    A table `history` or `slot` is held against the `master` of its schema; where there is none, there is nothing to
    compare. A history mirrors a key of it, by a foreign key or by a column of the same type that is named after it, and
    has a column for the time and one for what changed. A slot can feed its master: it has a column for each that a new
    row needs, or holds the row as its source sent it; or one refers to the other; or a trigger, rule or function names
    both.
    """
    parts = [quoted.replace('""', '"') or plain for quoted, plain in _PART.findall(case.subject)]
    table = ".".join(parts)
    objects, shape = case.replay.schema.objects, _SHAPES.get(parts[-1])
    line = case.guideline.lines.get(f"options.tables.{case.options.tables.index(case.subject)}", 1)
    master = read_table(case.replay.schema, ".".join([*parts[:-1], "master"])) if shape else None
    itself = read_table(case.replay.schema, table)
    lacks = list(shape.lacks(case.replay.schema, master, itself)) if shape and master and itself else []
    if itself and not lacks:
        return
    if missing := unapplied(case.replay):
        what = "has not its shape" if itself else "is not there"
        raise NotJudgedError(f"{case.subject} {what}, but {missing}")
    if itself:
        place = schema_history(case.repository, case.replay).creation(table) or FilePosition("", Position(line, 1))
        for lack in lacks:
            yield case.finding(place.position, lack.what, instead=lack.sql, file=place.path, cause=lack.cause)
        return
    other = next((kind for kind in _NOT_TABLES if (kind, table) in objects), None)
    is_what = f"is a {other}, not a table" if other else "does not exist after all migrations"
    yield case.finding(
        Position(line, 1),
        f"{case.subject} {is_what}",
        instead=shape.new(master, as_sql(*parts)) if shape else None,
        table=as_sql(*parts),
    )
