"""The sizes of tables in production: `ctb sizes`, the file, the header of a run, and what the pack `online` makes of them."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from machine import OF_WHEELS, address, server_of
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Sizes, TableSize
from pytest_ctb.plugin.run_header import sizes_line
from pytest_ctb.repository.sizes import dump, find_sizes, read_sizes
from test_online import found

DAY = datetime.date(2026, 11, 30)
BEFORE = """
CREATE SCHEMA shop;
CREATE TABLE shop.orders (id bigint PRIMARY KEY, total int);
CREATE TABLE shop.settings (key text PRIMARY KEY, value text);
"""
CASE = """
ALTER TABLE shop.orders ALTER COLUMN total SET NOT NULL;
ALTER TABLE shop.settings ALTER COLUMN value SET NOT NULL;
"""


@pytest.fixture(scope="module")
def started():
    """A running server."""
    with server_of(OF_WHEELS[-1]) as server:
        yield server


def sizes(**rows: int) -> Sizes:
    """Sizes of tables of the schema `shop`."""
    return Sizes("sizes.json", DAY, {f"shop.{name}": TableSize(count, count * 100) for name, count in rows.items()})


def blocking(server, root: Path, known: Sizes | None):
    """The lines at which reads are blocked."""
    files = {"migrations/2025-01-01_create_shop.sql": BEFORE, "migrations/2025-01-02_add_case.sql": CASE}
    return {finding.line: finding for finding in found(server, root, files, sizes=known) if finding.code == "ON01"}


def test_a_table_is_large_by_its_rows_in_production(started, tmp_path):
    assert set(blocking(started, tmp_path / "unknown", None)) == {2, 3}
    some = blocking(started, tmp_path / "known", sizes(orders=40_000_000, settings=12))
    assert set(some) == {2}
    assert "shop.orders has 40,000,000 rows (4 GB) in production (sizes.json, 2026-11-30)" in some[2].details
    assert set(blocking(started, tmp_path / "edge", sizes(orders=10_000, settings=10_001))) == {3}


def test_a_table_that_the_file_does_not_hold_is_large(started, tmp_path):
    assert set(blocking(started, tmp_path, sizes(orders=5))) == {3}


def test_the_command_writes_names_and_numbers(started, tmp_path):
    with started.connect() as admin:
        admin.execute("CREATE DATABASE production")
    with started.connect("production") as session:
        session.execute(BEFORE)
        session.execute(
            "CREATE TABLE shop.events (at date) PARTITION BY RANGE (at);"
            "CREATE TABLE shop.old PARTITION OF shop.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
            "CREATE TABLE shop.new PARTITION OF shop.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
            'CREATE TABLE shop."Big table" (a int);'
            "INSERT INTO shop.orders SELECT i, i FROM generate_series(1, 300) i;"
            "INSERT INTO shop.events SELECT date '2024-12-01' + i % 60 FROM generate_series(1, 200) i;"
            "CREATE MATERIALIZED VIEW shop.totals AS SELECT id FROM shop.orders;"
            "CREATE ROLE reader LOGIN PASSWORD 'secret'"
        )
        session.execute("ANALYZE")
    url = address(started).replace("/postgres?", "/production?")
    with psycopg.connect(url) as connection:
        user = connection.info.user
    reader = url.replace(f"//{user}:", "//reader:").replace(url.partition(f"{user}:")[2].partition("@")[0], "secret", 1)
    command = [Path(sys.executable).with_name("ctb"), "sizes"]
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "DATABASE_URL": reader}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    rows = {name: size["rows"] for name, size in document["tables"].items()}
    assert rows == {
        "shop.Big table": 0, "shop.events": 200, "shop.new": rows["shop.new"], "shop.old": 200 - rows["shop.new"],
        "shop.orders": 300, "shop.settings": 0, "shop.totals": 300,
    }  # fmt: skip
    assert document["tables"]["shop.events"]["bytes"] == sum(
        document["tables"][f"shop.{name}"]["bytes"] for name in ("old", "new")
    )
    (tmp_path / "sizes.json").write_text(done.stdout)
    assert read_sizes(tmp_path, tmp_path / "sizes.json").tables["shop.orders"].rows == 300


def test_what_is_written_is_what_is_read(tmp_path):
    tables = {"shop.orders": TableSize(3, 8192), 'shop.Größe "x"': TableSize(0, 0)}
    (tmp_path / "sizes.json").write_text(dump(DAY, tables), "utf-8")
    assert read_sizes(tmp_path, tmp_path / "sizes.json") == Sizes("sizes.json", DAY, tables)
    (tmp_path / "empty.json").write_text(dump(DAY, {}), "utf-8")
    assert read_sizes(tmp_path, tmp_path / "empty.json").tables == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "sizes.json:1: not valid JSON"),
        ("[]", "sizes.json:1: not a file of sizes"),
        ('{"version": 2, "tables": {}}', "sizes.json:1: not a file of sizes"),
        ('{"version": 1, "tables": {}}', "sizes.json:1: 'date' must be a day as 2026-11-30, not None"),
        (
            '{"version": 1, "date": "today", "tables": {}}',
            "sizes.json:1: 'date' must be a day as 2026-11-30, not 'today'",
        ),
        ('{"version": 1, "date": "2026-11-30", "tables": {"a.b": 3}}', "sizes.json: the size of a.b is not "),
        (
            '{"version": 1, "date": "2026-11-30", "tables": {"a.b": {"rows": 1, "bytes": -1}}}',
            "sizes.json: the size of a.b is not ",
        ),
    ],
)
def test_a_mistake_is_told(tmp_path, text, message):
    (tmp_path / "sizes.json").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_sizes(tmp_path, tmp_path / "sizes.json")
    assert str(caught.value).startswith(message)


def test_a_file_that_is_named_must_be_there(tmp_path):
    assert find_sizes(tmp_path, tmp_path / "sizes.json", named=False) is None
    with pytest.raises(ConfigError, match=r"sizes file not found: .*sizes.json \(ctb sizes writes it\)"):
        find_sizes(tmp_path, tmp_path / "sizes.json", named=True)


@pytest.mark.parametrize(("days", "old"), [(0, False), (90, False), (91, True), (400, True)])
def test_the_header_says_when_sizes_are_old(days, old):
    line = sizes_line(sizes(orders=5), DAY + datetime.timedelta(days=days))
    assert line.startswith("ctb sizes: 1 table as of 2026-11-30 (sizes.json)")
    assert ("WARNING" in line) is old
    assert (f"{days} days old" in line) is old
