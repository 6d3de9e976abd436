"""How long work takes: the rates that come with the package, what findings say, and the summary of `ctb apply --dry-run`."""

from __future__ import annotations

import datetime
import json
import re

import pytest

from livedb import write
from machine import OF_WHEELS, server_of
from pytest_ctb.checks.online import _rates as rates
from pytest_ctb.checks.online._rates import FILE, Kind, Rate, about, duration
from pytest_ctb.model import Sizes, TableSize
from pytest_ctb.repository.sizes import dump
from test_online import found

UNCHECKED = ("--no-check", "a test")
DAY = datetime.date(2026, 11, 30)
SECONDS = {
    Kind.READ: 0.5, Kind.CHECK: 0.6, Kind.NOT_NULL: 0.7, Kind.FOREIGN_KEY: 1.2, Kind.REWRITE: 3, Kind.INDEX: 2,
    Kind.CONCURRENTLY: 4, Kind.INSERT: 5, Kind.UPDATE: 6, Kind.DELETE: 8,
}  # fmt: skip
"""Of each kind another number, so that a finding shows which counted."""
BEFORE = """
CREATE SCHEMA shop;
CREATE TABLE shop.customers (id bigint PRIMARY KEY);
CREATE TABLE shop.orders (id bigint PRIMARY KEY, customer_id bigint, total int);
CREATE TABLE shop.settings (key text, value int);
CREATE TABLE shop.events (id bigint, at date) PARTITION BY RANGE (at);
CREATE TABLE shop.old PARTITION OF shop.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE shop.new PARTITION OF shop.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE shop.items (amount int);
CREATE MATERIALIZED VIEW shop.totals AS SELECT amount FROM shop.items;
"""


@pytest.fixture
def known_rates(tmp_path_factory, monkeypatch):
    """Rates that no later measurement changes."""
    seconds = {kind: {"million_rows": number, "gigabyte": 0} for kind, number in SECONDS.items()}
    file = tmp_path_factory.mktemp("rates") / "rates.json"
    file.write_text(json.dumps({"machine": "2 cores", "postgres": "18.6", "row_bytes": 100, "seconds": seconds}))
    monkeypatch.setattr(rates, "FILE", file)
    rates.rates.cache_clear()
    yield
    rates.rates.cache_clear()


@pytest.fixture(scope="module")
def started():
    """A running server."""
    with server_of(OF_WHEELS[-1]) as running:
        yield running


def sizes(**rows: int) -> Sizes:
    """Sizes of tables of the schema `shop`."""
    return Sizes("sizes.json", DAY, {f"shop.{name}": TableSize(count, count * 100) for name, count in rows.items()})


def timed(running, root, statements: list[str], known: Sizes | None) -> list[str]:
    """What findings say of the time that each statement takes, with how many rows."""
    files = {"migrations/2025-01-01_create_shop.sql": BEFORE}
    files |= {f"migrations/2025-02-{day:02}_add_case.sql": f"{sql};\n" for day, sql in enumerate(statements, 1)}
    findings = found(running, root, files, sizes=known)
    lines: dict[str, list[str]] = {path: [] for path in list(files)[1:]}
    for finding in findings:
        lines[finding.file] += [line for line in finding.details.split("\n") if " per million rows" in line]
    return ["\n".join(dict.fromkeys(texts)) for texts in lines.values()]


def test_a_rate_of_each_kind_comes_with_the_package():
    document = json.loads(FILE.read_text("utf-8"))
    assert datetime.date.fromisoformat(document["date"])
    assert re.fullmatch(r"\d+ cores, \d+ GiB of memory", document["machine"])
    assert document["seconds"].keys() == set(Kind)
    for kind in Kind:
        assert 0.01 < duration([kind], None).per_million < 60


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than 1 s"), (0.99, "less than 1 s"), (1, "about 1 s"), (40.4, "about 40 s"), (99.4, "about 99 s"),
        (120, "about 2 min"), (5000, "about 83 min"), (7200, "about 2 h"), (360_000, "about 100 h"),
    ],
)  # fmt: skip
def test_a_time_is_told_as_a_person_says_it(seconds, words):
    assert about(seconds) == words


def test_bytes_count_besides_rows():
    """The same rows take longer where they are wider."""
    rate = Rate(million_rows=0.5, gigabyte=3)
    assert rate.seconds(TableSize(10_000_000, 1 << 30)) == 8
    assert rate.seconds(TableSize(10_000_000, 10 << 30)) == 35


def test_nothing_is_divided_by_no_rows():
    assert str(duration([Kind.CHECK], TableSize(0, 0))).startswith("less than 1 s, at ")


WORK = {
    "ALTER TABLE shop.orders ALTER COLUMN total SET NOT NULL": "0.7",
    "ALTER TABLE shop.orders ADD CHECK (total > 0)": "0.6",
    "ALTER TABLE shop.orders ADD FOREIGN KEY (customer_id) REFERENCES shop.customers (id)": "1.2",
    "ALTER TABLE shop.orders ADD UNIQUE (total)": "2",
    "CREATE INDEX ON shop.orders (total)": "2",
    "ALTER TABLE shop.orders ALTER COLUMN total TYPE bigint": "9",  # the rewrite, the key and the two indexes that are there by then
    "ALTER TABLE shop.settings ALTER COLUMN value TYPE bigint": "3",
    "UPDATE shop.settings SET value = 1": "6",
    "DELETE FROM shop.settings": "8",
    "DO $$ BEGIN EXECUTE 'UPDATE shop.settings SET value = 2'; END $$": "6",
    "BEGIN; LOCK TABLE shop.settings; UPDATE shop.settings SET value = 3; COMMIT": "6",
}
"""One after the other, with the seconds for each million rows."""


@pytest.mark.usefixtures("known_rates")
def test_each_kind_of_work_has_its_own_rate(started, tmp_path):
    lines = timed(started, tmp_path, list(WORK), None)
    shown = [
        set(re.findall(r": about (\S+) s per million rows \(measured on 2 cores, Postgres 18.6\)", text))
        for text in lines
    ]
    assert dict(zip(WORK, shown, strict=True)) == {sql: {number} for sql, number in WORK.items()}


@pytest.mark.usefixtures("known_rates")
def test_what_is_read_and_what_is_written_are_timed_each(started, tmp_path):
    (lines,) = timed(
        started, tmp_path, ["REFRESH MATERIALIZED VIEW shop.totals"], sizes(items=10_000_000, totals=2_000_000)
    )
    assert lines.split("\n") == [
        "reads shop.items from end to end: about 5 s, at 0.5 s per million rows (measured on 2 cores, Postgres 18.6)",
        "writes every row of shop.totals anew: about 6 s, at 3 s per million rows (measured on 2 cores, Postgres 18.6)",
    ]


@pytest.mark.usefixtures("known_rates")
def test_with_the_rows_in_production_the_time_is_told(started, tmp_path):
    some = {
        "CREATE INDEX ON shop.orders (total)": [
            "builds an index of shop.orders: about 80 s, at 2 s per million rows (measured on 2 cores, Postgres 18.6)",
            "CONCURRENTLY, which blocks nobody: about 3 min, at 4 s per million rows",
        ],
        "ALTER TABLE shop.orders ADD CHECK (total > 0)": [
            "checks every row of shop.orders: about 24 s, at 0.6 s per million rows (measured on 2 cores, Postgres 18.6)"
        ],
        "ALTER TABLE shop.events ALTER COLUMN id SET NOT NULL": [
            "checks every row of shop.new: about 2 s, at 0.7 s per million rows (measured on 2 cores, Postgres 18.6)",
            "checks every row of shop.old: about 7 s, at 0.7 s per million rows (measured on 2 cores, Postgres 18.6)",
        ],
        "ALTER TABLE shop.settings ALTER COLUMN value SET NOT NULL": [""],
        "ALTER TABLE shop.orders ADD COLUMN tax int": [""],
    }
    production = sizes(orders=40_000_000, old=10_000_000, new=3_000_000, events=13_000_000, settings=50)
    lines = timed(started, tmp_path, list(some), production)
    assert [text.split("\n") for text in lines] == list(some.values())


@pytest.mark.usefixtures("known_rates")
def test_rows_that_a_transaction_changes_are_timed_also_where_the_trial_met_none(started, tmp_path):
    """The few rows that are made up say nothing of how many a WHERE meets that no key bounds."""
    statements = [
        "UPDATE shop.orders SET total = 1 WHERE total = -778899",
        "DELETE FROM shop.orders WHERE customer_id = 5",
        "DELETE FROM shop.orders WHERE id = 5",
        "UPDATE shop.settings SET value = 1",
    ]
    lines = timed(started, tmp_path, statements, sizes(orders=10_000_000, settings=10_000))
    assert (
        lines[0]
        == "updates rows of shop.orders: about 60 s, at 6 s per million rows (measured on 2 cores, Postgres 18.6)"
    )
    assert re.match(
        r"deletes rows of shop.orders: about [1-7]\d s, at 8 s per million rows", lines[1]
    )  # a share of them
    assert lines[2:] == ["", ""]


@pytest.mark.usefixtures("known_rates")
def test_an_exclusion_constraint_has_no_way_concurrently(started, tmp_path):
    (lines,) = timed(started, tmp_path, ["ALTER TABLE shop.orders ADD EXCLUDE USING btree (total WITH =)"], None)
    assert "builds an index of shop.orders: about 2 s per million rows" in lines
    assert "CONCURRENTLY" not in lines


# ctb apply --dry-run

FIRST = "migrations/2025-01-01_create_shop.sql"
SECOND = "migrations/2025-01-02_change_shop.sql"
CHANGES = """BEGIN;
ALTER TABLE shop.settings ALTER COLUMN value SET NOT NULL;
ALTER TABLE shop.orders ALTER COLUMN total TYPE bigint;
ALTER TABLE shop.customers ADD CHECK (id > 0);
ALTER TABLE shop.orders ADD COLUMN tax int;
COMMIT;
CREATE INDEX ON shop.orders (customer_id);
"""


@pytest.fixture
def team(tmp_path):
    """A repository with one file that is applied, and one that is not."""
    files = {"2025-01-01_create_shop.sql": BEFORE, "2025-01-02_change_shop.sql": CHANGES}
    write(tmp_path, files)
    return tmp_path


def dry_run(team, live, ctb, *, applied: bool = True) -> list[str]:
    """What `ctb apply --dry-run` says, once the first file is applied."""
    if applied:
        text = (team / SECOND).read_text()
        (team / SECOND).unlink()
        assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
        (team / SECOND).write_text(text)
    code, said = ctb(team, live, "apply", "--dry-run")
    assert code == 0, said
    return said.splitlines()


@pytest.mark.usefixtures("known_rates")
def test_a_dry_run_begins_with_what_takes_longest(team, live, ctb):
    production = sizes(orders=10_000_000, customers=2_000_000, settings=50)
    (team / "sizes.json").write_text(dump(DAY, production.tables))
    lines = dry_run(team, live, ctb)
    assert lines[:5] == [
        "2 statements block reads of existing tables, the longest about 50 s:",
        f"  {SECOND}:3: blocks reads and writes of shop.orders while it writes every row of shop.orders anew "
        "(ACCESS EXCLUSIVE) (10,000,000 rows in production, about 50 s)",
        f"  {SECOND}:4: blocks reads and writes of shop.customers, shop.orders while it checks every row of "
        "shop.customers (ACCESS EXCLUSIVE) (2,000,000 rows in production, about 1 s)",
        "1 statement blocks writes to existing tables, for about 20 s:",
        f"  {SECOND}:7: blocks writes to shop.orders while it builds an index of shop.orders (SHARE) "
        "(10,000,000 rows in production, about 20 s)",
    ]


@pytest.mark.usefixtures("known_rates")
def test_a_dry_run_without_sizes_tells_rates(team, live, ctb):
    lines = dry_run(team, live, ctb)
    assert lines[0] == "3 statements block reads of existing tables:"
    assert all(re.search(r"\(about \S+ s per million rows\)$", line) for line in lines[1:4])
    assert lines[4] == "1 statement blocks writes to existing tables:"


@pytest.mark.usefixtures("known_rates")
def test_a_dry_run_of_what_blocks_nobody_begins_with_the_files(team, live, ctb):
    (team / SECOND).write_text("ALTER TABLE shop.orders ADD COLUMN tax int;\n")
    assert dry_run(team, live, ctb)[0] == SECOND
