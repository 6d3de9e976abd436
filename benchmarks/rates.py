"""How long each kind of work takes on a table, for each million rows and each GB; written into the package.

Three made-up tables: one with few rows, one with four times as many, one with few but wide rows. The difference between
the first two is what more rows cost, that to the third what more bytes cost, and what it takes to begin falls out.
The server keeps its data as in production, where the suite's own throwaway servers do not, and has to read each table
from disk. Afterwards: `python tests/test_docs.py`, since a finding on the page about the pack tells a time.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from bounds import Figure, Found
from timing import Plan, cores, memory

from pytest_ctb.checks.online._rates import FILE, Kind, Rate
from pytest_ctb.model import TableSize
from pytest_ctb.postgres import Server, Wanted, choose, cluster

_ROWS = 500_000
_FILLER = {"few": (1, 60), "many": (4, 60), "wide": (1, 900)}
"""The tables: how many times as many rows as the smallest, and how many bytes of filler each row has."""
_UNSAFE = ("fsync", "synchronous_commit", "full_page_writes")
# A checkpoint in the middle of a measurement would be one of the checkpoint.
_SETTINGS = ("max_wal_size=8GB", "checkpoint_timeout=1h")
_TABLE = """
CREATE TABLE {table} (id bigint, customer_id bigint, status text, total int, placed timestamptz, filler text);
INSERT INTO {table} SELECT i, i * 7919 % {rows} + 1, 'open', i % 1000, '2025-01-01', repeat('x', {filler})
    FROM generate_series(1, {rows}::bigint) i;
"""
_CUSTOMERS = """
CREATE TABLE {table}_customers (id bigint PRIMARY KEY);
INSERT INTO {table}_customers SELECT i FROM generate_series(1, {rows}::bigint) i;
"""
_IN_PLACE = {
    Kind.READ: "SELECT count(total) FROM {table}",
    Kind.CHECK: "ALTER TABLE {table} ADD CHECK (total >= 0)",
    Kind.NOT_NULL: "ALTER TABLE {table} ALTER COLUMN total SET NOT NULL",
    Kind.FOREIGN_KEY: "ALTER TABLE {table} ADD FOREIGN KEY (customer_id) REFERENCES {table}_customers (id)",
    Kind.REWRITE: "ALTER TABLE {table} ALTER COLUMN total TYPE bigint",
    Kind.INDEX: "CREATE INDEX ON {table} (customer_id)",
}
"""What is rolled back, and then was never done."""
_ON_A_COPY = {
    Kind.INSERT: "INSERT INTO {table}_copy SELECT * FROM {table}",
    Kind.UPDATE: "UPDATE {table}_copy SET total = total + 1",
    Kind.DELETE: "DELETE FROM {table}_copy",
}
"""What leaves traces behind also where it is rolled back."""


class _Times(NamedTuple):
    """One table, and what was measured on it."""

    size: TableSize
    seconds: Mapping[Kind, float]


def measure(plan: Plan) -> list[Found]:
    """Measure in turns; of each kind the shortest time counts, since whatever disturbs makes it longer."""
    rows = _ROWS // 100 if plan.quick else _ROWS
    sizes: dict[str, TableSize] = {}
    times: dict[str, dict[Kind, list[float]]] = {name: {kind: [] for kind in Kind} for name in _FILLER}
    with _keeping_data(), choose(Wanted(plan.where)).offer.start() as server, server.connect() as session:
        session.execute("SET search_path = public")
        session.execute("SET max_parallel_workers_per_gather = 0; SET max_parallel_maintenance_workers = 0")
        for name, (factor, filler) in _FILLER.items():
            values = {"table": name, "rows": rows * factor, "filler": filler}
            for statements in (_TABLE, _CUSTOMERS):
                session.execute(statements.format(**values))
            session.execute(f"VACUUM ANALYZE {name}")
            sizes[name] = TableSize(*_row(session, f"SELECT count(*), pg_table_size('{name}') FROM {name}"))
        for _ in range(min(plan.repeat, 3)):
            for name in _FILLER:
                for kind, seconds in _measured(session, name):
                    times[name][kind].append(seconds)
    tables = {name: _Times(sizes[name], {kind: min(found) for kind, found in times[name].items()}) for name in _FILLER}
    rates = {kind: _rate(kind, **tables) for kind in Kind}
    few = tables["few"].size
    if not plan.quick:
        _write(server, few.bytes // few.rows, rates)
    return [figure for kind in Kind for figure in _figures(kind, rates[kind], tables)]


def _measured(session: Any, table: str) -> Iterator[tuple[Kind, float]]:
    def timed(statement: str) -> float:
        session.execute("CHECKPOINT")
        _forget(session)
        begin = time.perf_counter()
        session.execute(statement.format(table=table))
        return time.perf_counter() - begin

    for kind, statement in _IN_PLACE.items():
        with session.transaction(force_rollback=True):
            yield kind, timed(statement)
    yield Kind.CONCURRENTLY, timed("CREATE INDEX CONCURRENTLY {table}_key ON {table} (customer_id)")
    session.execute(f"DROP INDEX {table}_key")
    session.execute(f"CREATE TABLE {table}_copy (LIKE {table}, PRIMARY KEY (id))")
    for kind, statement in _ON_A_COPY.items():
        yield kind, timed(statement)
        session.execute(f"VACUUM {table}_copy")
    session.execute(f"DROP TABLE {table}_copy")


def _forget(session: Any) -> None:
    """Have the operating system forget what it read of the server's files; the server itself keeps 128 MB."""
    if not hasattr(os, "posix_fadvise"):
        return
    (folder,) = _row(session, "SHOW data_directory")
    for path in Path(str(folder), "base").rglob("*"):
        with suppress(OSError):  # gone meanwhile, or a folder
            number = os.open(path, os.O_RDONLY)
            os.posix_fadvise(number, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(number)


def _row(session: Any, query: str) -> Sequence[int]:
    row: Sequence[int] = session.execute(query).fetchone()
    return row


def _rate(kind: Kind, few: _Times, many: _Times, wide: _Times) -> Rate:
    """The seconds that each million rows and each GB take; neither is negative."""

    def more(table: _Times) -> tuple[int, int, float]:
        rows, size = table.size.rows - few.size.rows, table.size.bytes - few.size.bytes
        return rows, size, table.seconds[kind] - few.seconds[kind]

    rows, many_bytes, by_rows = more(many)
    _, wide_bytes, by_bytes = more(wide)
    each_byte = min(max(by_bytes / wide_bytes, 0.0), max(by_rows / many_bytes, 0.0))
    each_row = max(by_rows - each_byte * many_bytes, 0.0) / rows
    return Rate(round(each_row * 1_000_000, 4), round(each_byte * (1 << 30), 4))


def _figures(kind: Kind, rate: Rate, tables: Mapping[str, _Times]) -> Iterator[Figure]:
    few, many = tables["few"], tables["many"]
    slope = (many.seconds[kind] - few.seconds[kind]) / (many.size.rows - few.size.rows)
    yield Figure(f"{kind}: a million rows of {few.size.bytes // few.size.rows} bytes", slope * 1_000_000, "s")
    yield Figure(f"{kind}: each GB that rows of the same number are larger", rate.gigabyte, "s")


def _write(server: Server, row_bytes: int, rates: Mapping[Kind, Rate]) -> None:
    document = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{cores()} cores, {memory()}",
        "postgres": server.info.version,
        "row_bytes": row_bytes,
    }
    head = "".join(f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in document.items())
    lines = ",\n".join(f"    {json.dumps(kind)}: {json.dumps(rate._asdict())}" for kind, rate in rates.items())
    FILE.write_text(f'{{\n{head}  "seconds": {{\n{lines}\n  }}\n}}\n', encoding="utf-8")


@contextmanager
def _keeping_data() -> Iterator[None]:
    """Servers that start meanwhile write to disk what a server in production writes to disk."""
    guarded, usual = cluster.guarded, os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = usual or tempfile.gettempdir()  # where it is set, no folder in memory is chosen

    def as_in_production(plan: Mapping[str, Any]) -> Any:
        settings = [value for value in plan["serve"] if value != "-c"]
        kept = [value for value in settings if value.partition("=")[0] not in _UNSAFE]
        program, _, data, *others = kept
        serve = [program, "-D", data, *(part for value in (*others, *_SETTINGS) for part in ("-c", value))]
        return guarded({**plan, "serve": serve})

    cluster.guarded = as_in_production
    try:
        yield
    finally:
        cluster.guarded = guarded
        if usual is None:
            del os.environ["TMPDIR"]
