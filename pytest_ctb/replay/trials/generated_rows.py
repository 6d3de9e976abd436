"""Generate rows for empty tables, so that the effects of a migration on rows can be observed.

The rows depend only on what the catalogs say of a table (types, keys, CHECKs) and on what the file expects of it, so
they are the same in each run. No value of a sequence is used.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import psycopg
from psycopg import sql

from pytest_ctb.replay.session.row_security import secured, switch
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.expectations import NOTHING, Expectations, Parent, expectations
from pytest_ctb.replay.trials.offers import ChangedTableError, Offers
from pytest_ctb.replay.trials.ordinary_rows import OrdinaryRows, referring
from pytest_ctb.replay.trials.target_tables import (
    ForeignKey,
    TargetTable,
    Values,
    accepts,
    likely_values,
    target_table,
)
from pytest_ctb.replay.trials.values import value
from pytest_ctb.replay.witness.refusals import Filling
from pytest_ctb.sql import ExpectedRows

_CONSTANTS = 8
_NUMBERS = 4
"""How many numbers each table has for values that no other has: two unusual rows, and some in place of refused ones."""


@dataclass(frozen=True)
class GeneratedRows:
    """For each table (by oid): how many rows were generated, or why none could be."""

    rows: Mapping[int, int] = field(default_factory=dict)
    unfilled: Mapping[int, str] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    """The full name of each of these tables."""
    samples: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    """By full name of a table: the first of its rows."""
    unmet: bool = False
    """Not all that the file expects of ordinary rows could be met."""
    inserts: tuple[bytes, ...] = field(default=(), repr=False)
    """The statements that put the rows in."""
    secured: Mapping[int, sql.Identifier] = field(default_factory=dict, repr=False)
    """The tables whose policies were off meanwhile."""


def generate_rows(
    session: Session,
    tables: Sequence[int],
    constants: Sequence[str] = (),
    expected: ExpectedRows = ExpectedRows(),  # noqa: B008  # immutable
    *,
    unusual: bool = True,
    most: int = 4,
    known: Sequence[TargetTable] | None = None,
) -> GeneratedRows:
    """Insert about four rows into each of these tables (oids) that is empty, and into the tables that they reference.

    Must be called inside a transaction. Ordinary rows differ from each other and meet what the file expects; one of
    them has NULL where it is allowed. `unusual` puts two others in the place of two of them: equal but for unique
    columns, with values as wide as their types allow, and without a parent unless a foreign key asks for one. One
    more row for each of the `constants` holds it in the columns whose types accept it. Of ordinary rows there are at
    most `most`. `known` are the tables and those that they reference, where they were asked for. Raises
    psycopg.OperationalError where the server is lost.
    """
    if not tables:
        return GeneratedRows()
    targets = {table.oid: table for table in (fillable(session, tables) if known is None else known)}
    expected_of = expectations(session.connection, expected, targets)
    refused: dict[int, str] = {}
    while True:
        try:
            with session.connection.transaction():
                generator = _Generator(
                    session,
                    targets,
                    constants[:_CONSTANTS],
                    refused,
                    expected_of,
                    unusual=unusual,
                    most=most,
                )
                policies = secured(session.connection, targets)
                switch(session.connection, policies, on=False, installed=session.installed)
                generator.fill(tables)
                session.settle()
                rows = generator.result()
                switch(session.connection, policies, on=True, installed=session.installed)
                return replace(rows, secured=policies)
        except ChangedTableError:
            session.refusals.fillings.clear()
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:  # a constraint that is checked at COMMIT refuses the rows
            name = f"{error.diag.schema_name}.{error.diag.table_name}"
            refusing = {oid for oid, table in targets.items() if table.full_name == name} - refused.keys()
            if refused.keys() >= targets.keys():
                raise
            refused |= dict.fromkeys(refusing or targets.keys() - refused.keys(), _reason(error))


def insert_again(session: Session, generated: GeneratedRows) -> bool:
    """Insert rows once more, where the tables are as they were when these were generated: whether they were taken.

    Must be called inside a transaction. Raises psycopg.OperationalError where the server is lost.
    """
    if not generated.inserts:
        return True
    try:
        with session.connection.transaction():
            switch(session.connection, generated.secured, on=False, installed=session.installed)
            session.connection.execute(b";".join(generated.inserts))
            session.settle()
            switch(session.connection, generated.secured, on=True, installed=session.installed)
    except psycopg.OperationalError:
        raise
    except psycopg.Error:  # a trigger does not do the same each time
        return False
    return True


def fillable(session: Session, tables: Sequence[int]) -> list[TargetTable]:
    """These tables (oids) and those that they reference. Raises psycopg.Error."""
    return [target_table(row) for (row,) in session.ask("fillable", tables=list(tables))] if tables else []


class _Generator:
    """Fills tables with rows, each table after those that it references."""

    def __init__(
        self,
        session: Session,
        tables: Mapping[int, TargetTable],
        constants: Sequence[str],
        refused: Mapping[int, str],
        expected: Mapping[int, Expectations],
        *,
        unusual: bool,
        most: int,
    ) -> None:
        self._connection = session.connection
        self._tables = tables
        self._constants = constants
        self._expected = expected
        self._unusual = unusual
        self._most = most
        self._unmet = False
        self._rows: dict[int, int] = {}
        self._unfilled: dict[int, str] = dict(refused)
        self._visited: set[int] = set(refused)
        self._has_rows: dict[int, bool] = {}
        self._offers = Offers(session, tables)
        self._places = {oid: place for place, oid in enumerate(sorted(tables))}
        self._fillings = session.refusals.fillings
        self._filled: dict[int, Filling] = {}
        """By oid of the table: how it was filled here."""

    def fill(self, oids: Sequence[int]) -> None:
        """Insert rows into each of these tables that is empty."""
        self._read_which_have_rows()
        for oid in oids:
            if oid in self._tables:
                self._fill(self._tables[oid])
        self._offers.finish()

    def result(self) -> GeneratedRows:
        """The rows that are there now: a trigger may have deleted some, even at COMMIT."""
        if self._rows:
            self._read_which_have_rows()
        for oid in [oid for oid in self._rows if not self._has_rows.get(oid, True)]:
            self._unfilled[oid] = "a trigger or a rule takes its rows away again"
            del self._rows[oid]
        names = {oid: self._tables[oid].full_name for oid in (*self._rows, *self._unfilled)}
        offers = self._offers
        samples = {
            self._tables[oid].full_name: {column.name: rows[0][column.number] for column in self._tables[oid].columns}
            for oid, rows in offers.taken.items()
        }
        return GeneratedRows(self._rows, self._unfilled, names, samples, self._unmet, tuple(offers.inserts))

    def _read_which_have_rows(self) -> None:
        """Ask for all tables in one query; where that fails for any of them, `_fill` asks for each table."""
        exists = [sql.SQL("EXISTS (SELECT FROM {})").format(table.identifier) for table in self._tables.values()]
        try:
            (answers,) = self._offers.ask(sql.SQL("SELECT {}").format(sql.SQL(", ").join(exists)))
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            self._offers.take_back()
            answers = ()
        self._has_rows = dict(zip(self._tables, answers, strict=False))

    def _fill(self, table: TargetTable) -> None:
        if table.oid in self._visited:
            return
        self._visited.add(table.oid)
        parents = self._expected[table.oid].parents
        for key in (*table.foreign_keys, *(parent.key for parent in parents)):
            if key.referenced_table in self._tables:
                self._fill(self._tables[key.referenced_table])
        if table.oid not in self._has_rows or self._may_have_passed_rows_on(table):
            try:
                query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(table.identifier)
                ((self._has_rows[table.oid],),) = self._offers.ask(query)
            except psycopg.Error as error:
                self._unfilled[table.oid] = _reason(error)
                return
        if self._has_rows[table.oid]:
            return
        if table.partitions == 0:
            self._unfilled[table.oid] = "it is partitioned, and has no partition yet"
            return
        self._offers.take_back()
        inserted, why = self._offer(table)
        if inserted:
            self._rows[table.oid] = inserted
        else:
            self._unfilled[table.oid] = why

    def _offer(self, table: TargetTable) -> tuple[int, str]:
        """Offer rows to a table, or what it took before: how many it takes; and why none, if there are none."""
        parents = self._parents(table)
        decided_by = self._decided_by(table, parents)
        filling, why = self._fillings.get(decided_by), ""
        if filling is not None:
            self._offers.repeat(table, filling)
        else:
            offers = self._offers
            begin = len(offers.inserts)
            offers.count_from(self._places[table.oid] * _NUMBERS)
            planned = self._planned_rows(table, parents)
            inserted, why = offers.offer(table, planned, parents)
            taken = offers.taken.get(table.oid, [])
            filling = Filling(tuple(offers.inserts[begin:]), tuple(taken), inserted)
            if inserted == len(planned) and taken == planned and decided_by is not None:
                self._fillings[decided_by] = filling  # of one that refused some, a later trigger may mend these
        self._filled[table.oid] = filling
        return filling.inserted, why

    def _decided_by(self, table: TargetTable, parents: Sequence[Parent]) -> Hashable | None:
        """What decides which rows a table gets; None where the file or its partitions have a say."""
        if self._expected[table.oid] != NOTHING or table.bounds or table.partitions is not None:
            return None
        constants = tuple(
            (number, constant)
            for number, constant in enumerate(self._constants)
            if any(accepts(column.type, constant) for column in table.columns)
        )
        return table, self._places[table.oid], self._unusual, self._most, constants, tuple(parents)

    def _referenced_keys(self, key: ForeignKey) -> list[tuple[str, ...]]:
        """The values that a foreign key may refer to."""
        table = self._tables.get(key.referenced_table)
        if table is None:
            return []
        names = {column.number: column.name for column in table.columns}
        if not names.keys() >= set(key.referenced_columns):
            return []
        filling = self._filled.get(table.oid)
        if filling is not None and key.referenced_columns in filling.keys:
            return filling.keys[key.referenced_columns]
        columns = sql.SQL(", ").join(
            sql.SQL("{}::pg_catalog.text").format(sql.Identifier(names[number])) for number in key.referenced_columns
        )
        rows = self._offers.ask(sql.SQL("SELECT {} FROM {} LIMIT 20").format(columns, table.identifier))
        # The server gives them as they lie, which what was there before decides as well.
        taken = [
            tuple(row[number] for number in key.referenced_columns) for row in self._offers.taken.get(table.oid, ())
        ]
        keys = sorted(rows, key=lambda values: taken.index(values) if values in taken else len(taken))
        if filling is not None:
            filling.keys[key.referenced_columns] = keys
        return keys

    def _parents(self, table: TargetTable) -> list[Parent]:
        """What the rows of a table refer to: first by its foreign keys, then as the file expects it."""
        declared = [Parent(key, tuple(self._referenced_keys(key))) for key in table.foreign_keys]
        return [*declared, *self._with_keys(self._expected[table.oid].parents)]

    def _planned_rows(self, table: TargetTable, parents: Sequence[Parent]) -> list[Values]:
        """The rows to insert, of each kind some, and one for each constant."""
        declared = parents[: len(table.foreign_keys)]
        ordinary = OrdinaryRows(self._connection, table, self._expected[table.oid], parents, self._places[table.oid])
        constants = [
            self._with_constant(table, ordinary.row(number), constant)
            for number, constant in enumerate(self._constants, start=5)
        ]
        if self._unusual:
            wide = [self._wide_row(table, declared, number) for number in range(2)]
            rows = [*wide, ordinary.row(1), ordinary.row(2, nulls=True)]
        else:
            rows = [ordinary.row(number, nulls=number == 2) for number in range(1, self._most + 1)]
        rows += [row for row in constants if row is not None]
        self._unmet |= ordinary.unmet
        return rows if self._unusual else ordinary.distinct(rows)

    def _may_have_passed_rows_on(self, table: TargetTable) -> bool:
        """Whether a partitioned table that was filled may have put its rows into this one."""
        return bool(table.bounds) and any(self._tables[oid].partitions is not None for oid in self._rows)

    def _with_keys(self, parents: Sequence[Parent]) -> Iterator[Parent]:
        """The parents that the file expects, with the keys of their rows."""
        for parent in parents:
            yield parent if parent.keys else parent._replace(keys=tuple(self._referenced_keys(parent.key)))

    def _with_constant(self, table: TargetTable, row: Values, constant: str) -> Values | None:
        """The row with a constant in the columns that are free to hold it; None where there is none."""
        bound = table.unique_columns | table.referring_columns | self._expected[table.oid].bound
        free = (column for column in table.columns if column.number not in bound)
        accepting = [column.number for column in free if accepts(column.type, constant)]
        return row | dict.fromkeys(accepting, constant) if accepting else None

    def _wide_row(self, table: TargetTable, parents: Sequence[Parent], number: int) -> Values:
        row: Values = {}
        serial = self._offers.fresh()
        for column in table.columns:
            unique = column.number in table.unique_columns
            likely = [] if unique else likely_values(table, column)
            row[column.number] = likely[0] if likely else value(column.type, wide=True, number=serial if unique else 0)
        return referring(table, row, parents, number, nulls=False)


def _reason(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error)
