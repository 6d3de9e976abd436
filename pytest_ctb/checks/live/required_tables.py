"""CT14: the tables that the guide names exist in the replayed schema."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_ctb.checks import Case, Scope, check, unapplied
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Finding, Position
from pytest_ctb.sql import as_sql

_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')
"""A part of a name, with or without quotes."""
_NOT_TABLES = ("view", "materialized view", "foreign table", "sequence")


@dataclass(frozen=True)
class Options:
    """The tables, each with its schema."""

    tables: tuple[str, ...]


@check("required-tables", scope=Scope.SCHEMA, options=Options, subjects=lambda options: options.tables)
def required_tables(case: Case[Options]) -> Iterator[Finding]:
    """Look the table up in the catalog; a view of that name is no table. A name may have its quotes or not."""
    parts = [quoted.replace('""', '"') or plain for quoted, plain in _PART.findall(case.subject)]
    table = ".".join(parts)
    objects = case.replay.schema.objects
    if ("table", table) in objects:
        return
    if missing := unapplied(case.replay):
        raise NotJudgedError(f"{case.subject} is not there, but {missing}")
    other = next((kind for kind in _NOT_TABLES if (kind, table) in objects), None)
    is_what = f"is a {other}, not a table" if other else "does not exist after all migrations"
    line = case.guideline.lines.get(f"options.tables.{case.options.tables.index(case.subject)}", 1)
    yield case.finding(Position(line, 1), f"{case.subject} {is_what}", table=as_sql(*parts))
