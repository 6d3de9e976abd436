"""The statements that an application may send to what it names: reads, writes by key, calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

from psycopg.sql import Literal

from pytest_ctb.model import Consumer, ConsumerId, Key, Position, Source
from pytest_ctb.replay.trials.application.catalog import (
    Column,
    Named,
    NamedEnum,
    NamedFunction,
    NamedRelation,
    UniqueKey,
)
from pytest_ctb.sql import as_sql

_ANYWHERE = Position(1, 1)


class MadeStatement(NamedTuple):
    """A statement, and what it is about."""

    consumer: Consumer
    of: Key
    columns: tuple[str, ...] = ()
    """The columns that it reads; empty where it does something else."""
    source: str = ""
    """What it reads them from, as SQL."""
    surely_runs: bool = False
    """Where the server prepares it, it runs: nothing but the values can make it fail."""

    @property
    def reads(self) -> bool:
        """It is a SELECT, as drivers prepare them."""
        return self.consumer.sql.startswith("SELECT")


def statements_for(named: Iterable[Named]) -> list[MadeStatement]:
    """The statements for all that an application names."""
    statements: list[MadeStatement] = []
    for target in named:
        match target:
            case NamedRelation():
                made = _of_relation(target)
                statements += (statement._replace(surely_runs=not target.runs_more) for statement in made)
            case NamedFunction():
                statements.append(_call(target))
            case NamedEnum() if target.labels:
                statements.append(_labels(target))
    return statements


def column_by_column(statement: MadeStatement) -> list[MadeStatement]:
    """A SELECT of several columns as one for each, since an error tells of the first wrong one alone."""
    if len(statement.columns) < 2:
        return []
    return [_select(statement.of, (column,), statement.source) for column in statement.columns]


def _select(of: Key, columns: tuple[str, ...], source: str) -> MadeStatement:
    made = _made(of, f"SELECT {', '.join(map(as_sql, columns))} FROM {source}")  # noqa: S608  # quoted by as_sql
    return made._replace(columns=columns, source=source)


def _made(of: Key, sql: str) -> MadeStatement:
    return MadeStatement(Consumer(ConsumerId("", 1, 1, ""), sql, _ANYWHERE, Source(sql)), of)


def _of_relation(relation: NamedRelation) -> Iterator[MadeStatement]:
    table = as_sql(relation.schema, relation.name)
    of = Key(relation.kind, f"{relation.schema}.{relation.name}")
    # What an earlier file has announced as DEPRECATED the release that runs leaves out, unless it has to give it.
    columns = [column for column in relation.columns if not column.deprecated or column.required]
    read = tuple(column.name for column in columns)
    if read:
        yield _select(of, read, f"{table} LIMIT 1")
    if relation.inserts:
        given = [column for column in columns if column.required]
        if relation.kind == "view":  # which of its columns have to be given, no catalog tells
            given = [column for column in columns if not column.computed]
        yield _made(of, _insert(table, given))
        names = {column.name for column in columns}
        for key in (key for key in dict.fromkeys(relation.keys) if names.issuperset(key.columns)):
            yield _made(of, _upsert(table, columns, given, key))
    by = _key(relation, columns)
    written = [column for column in columns if not column.computed and column not in by]
    if relation.updates and by and written:
        numbers = count(1)
        values = ", ".join(f"{as_sql(column.name)} = {_parameter(next(numbers), column)}" for column in written)
        yield _made(of, f"UPDATE {table} SET {values} WHERE {_where(by, numbers)}")  # noqa: S608  # quoted by as_sql
    if relation.deletes and by:
        yield _made(of, f"DELETE FROM {table} WHERE {_where(by, count(1))}")  # noqa: S608  # quoted by as_sql


def _insert(table: str, given: Sequence[Column]) -> str:
    if not given:
        return f"INSERT INTO {table} DEFAULT VALUES"
    names = ", ".join(as_sql(column.name) for column in given)
    values = ", ".join(_parameter(number, column) for number, column in enumerate(given, 1))
    return f"INSERT INTO {table} ({names}) VALUES ({values})"  # noqa: S608  # quoted by as_sql


def _upsert(table: str, columns: Sequence[Column], given: Sequence[Column], key: UniqueKey) -> str:
    with_key = [column for column in columns if column in given or (column.name in key.columns and not column.computed)]
    parts = ", ".join(as_sql(column) if column is not None else f"({part})" for column, part in key.parts)
    where = f" WHERE {key.predicate}" if key.predicate else ""
    return f"{_insert(table, with_key)} ON CONFLICT ({parts}){where} DO NOTHING"


def _key(relation: NamedRelation, columns: Sequence[Column]) -> list[Column]:
    """The columns by which an application finds a row: of the first key that has no expression, else the first one."""
    for key in relation.keys:
        by = [column for column in columns if column.name in key.columns]
        if len(by) == len(key.parts):
            return by
    return list(columns[:1])


def _where(by: Sequence[Column], numbers: Iterator[int]) -> str:
    return " AND ".join(f"{as_sql(column.name)} = {_parameter(next(numbers), column)}" for column in by)


def _parameter(number: int, column: Column) -> str:
    """A parameter of the type that the column has now, as a prepared statement keeps it."""
    return _typed(number, column.type)


def _typed(number: int, type_name: str | None) -> str:
    return f"${number}::{type_name}" if type_name else f"${number}"


def _call(function: NamedFunction) -> MadeStatement:
    name = as_sql(function.schema, function.name)
    of = Key("function", f"{function.schema}.{function.name}")
    call = f"{name}({', '.join(_typed(number, given) for number, given in enumerate(function.arguments, 1))})"
    if function.is_procedure:
        return _made(of, f"CALL {call}")
    if not function.columns:
        return _made(of, f"SELECT {call}")
    return _select(of, function.columns, call)


def _labels(enum: NamedEnum) -> MadeStatement:
    name = as_sql(enum.schema, enum.name)
    labels = ", ".join(f"{Literal(label).as_string()}::{name}" for label in enum.labels)
    return _made(Key("type", f"{enum.schema}.{enum.name}"), f"SELECT {labels}")
