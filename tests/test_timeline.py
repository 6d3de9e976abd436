"""The timeline of a migration: which relations it locks, from which statement to which, and the work meanwhile."""

from __future__ import annotations

import datetime

from machine import traces_of_last
from pytest_ctb.model import Sizes, TableSize
from pytest_ctb.report.timeline import Row, Timeline, timeline

BEFORE = """CREATE SCHEMA s;
CREATE TABLE s.a (id int PRIMARY KEY, note text, other int);
CREATE TABLE s.b (id int PRIMARY KEY, a int);
CREATE VIEW s.seen AS SELECT id FROM s.a;
CREATE TABLE s.log (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE s.log_1 PARTITION OF s.log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO s.a VALUES (1, 'x', 1), (2, 'y', 2);
"""


def of(server, text: str, sizes: Sizes | None = None) -> Timeline:
    return timeline(traces_of_last(server, BEFORE, text), sizes)


def row(line: Timeline, relation: str) -> Row:
    return next(row for row in line.rows if row.relation == relation)


def bars(line: Timeline, relation: str) -> list[tuple[int, int, str, tuple[str, ...]]]:
    return [tuple(bar) for bar in row(line, relation).bars]


BOTH, WRITES = ("reads", "writes"), ("writes",)


def test_a_lock_lasts_from_its_statement_to_the_end_of_the_transaction(server):
    line = of(server, "BEGIN;\nALTER TABLE s.a ADD COLUMN x int;\nSELECT 1;\nCOMMIT;\nSELECT 2;\n")
    assert bars(line, "s.a") == [(1, 3, "ACCESS EXCLUSIVE", BOTH)]
    assert [tuple(part) for part in line.transactions] == [(0, 3, "committed"), (4, 4, "committed")]
    assert line.busy == ()


def test_a_stronger_lock_is_a_bar_of_its_own(server):
    line = of(server, "BEGIN;\nCREATE INDEX ON s.a (other);\nSELECT 1;\nALTER TABLE s.a ADD COLUMN x int;\nCOMMIT;\n")
    assert bars(line, "s.a") == [(1, 2, "SHARE", WRITES), (3, 4, "ACCESS EXCLUSIVE", BOTH)]
    assert [tuple(work)[:3] for work in row(line, "s.a").work] == [(1, "scan", "reads every row")]
    assert line.busy == (1,)


def test_without_a_transaction_each_statement_has_one(server):
    line = of(server, "ALTER TABLE s.a ADD COLUMN x int;\nALTER TABLE s.a ADD COLUMN y int;\n")
    assert bars(line, "s.a") == [(0, 0, "ACCESS EXCLUSIVE", BOTH), (1, 1, "ACCESS EXCLUSIVE", BOTH)]
    assert len(line.transactions) == 2


def test_what_waits_has_a_bar_too_a_view_and_a_parent(server):
    line = of(
        server, "BEGIN;\nALTER TABLE s.a ADD COLUMN x int;\nALTER TABLE s.log_1 SET (fillfactor = 90);\nCOMMIT;\n"
    )
    assert (row(line, "s.seen").kind, bars(line, "s.seen")[0][0]) == ("view", 1)
    assert next(each.relation for each in line.rows) == "s.a", "tables come first"
    line = of(server, "BEGIN;\nTRUNCATE s.log_1;\nCOMMIT;\n")
    assert row(line, "s.log").kind == "parent"
    assert [work.kind for work in row(line, "s.log_1").work] == ["empty"]


def test_rows_and_rewrites_stand_on_the_bar_with_the_size_in_production(server):
    sizes = Sizes("sizes.json", datetime.date(2025, 11, 1), {"s.a": TableSize(40_000_000, 1)})
    text = "BEGIN;\nALTER TABLE s.a ALTER COLUMN other TYPE bigint;\nINSERT INTO s.b VALUES (1, 1), (2, 2);\nCOMMIT;\n"
    line = of(server, text, sizes)
    assert row(line, "s.a").size == (40_000_000, 1)
    assert [work.words for work in row(line, "s.a").work] == ["rewrites 40,000,000 rows"]
    assert [work.words for work in row(line, "s.b").work] == ["inserts 2"]
    assert bars(line, "s.b") == [(2, 3, "ROW EXCLUSIVE", ())], "nobody waits, but for the same rows"
    assert line.busy == (1, 2)


def test_a_table_keeps_the_name_that_it_had_before_the_file(server):
    line = of(server, "BEGIN;\nALTER TABLE s.b RENAME TO c;\nALTER TABLE s.c ADD COLUMN x int;\nCOMMIT;\n")
    assert bars(line, "s.b") == [(1, 3, "ACCESS EXCLUSIVE", BOTH)]
    assert "s.c" not in {each.relation for each in line.rows}


def test_a_savepoint_gives_locks_back(server):
    text = "BEGIN;\nSAVEPOINT p;\nALTER TABLE s.b ADD COLUMN x int;\nROLLBACK TO p;\nSELECT 1;\nCOMMIT;\n"
    assert bars(of(server, text), "s.b")[0][:2] == (2, 3)


def test_what_could_not_be_seen_is_named(server):
    """A procedure that commits gives back its locks before anybody can look."""
    made = "CREATE PROCEDURE s.twice() LANGUAGE plpgsql AS $$BEGIN TRUNCATE s.b; COMMIT; TRUNCATE s.b; COMMIT; END$$;\n"
    line = timeline(traces_of_last(server, BEFORE + made, "SELECT 1;\nCALL s.twice();\n"))
    assert line.unseen == (1,)
    assert of(server, "BEGIN;\nTRUNCATE s.b;\nCOMMIT;\n").unseen == ()


def test_nothing_is_shown_of_what_blocks_nobody(server):
    """A table that the file makes; one that it only reads."""
    line = of(
        server,
        "BEGIN;\nCREATE TABLE s.new (id int);\nINSERT INTO s.new VALUES (1);\nSELECT count(*) FROM s.b WHERE id = 1;\nCOMMIT;\n",
    )
    assert "s.new" not in {each.relation for each in line.rows}
    assert not any(bar.waits for each in line.rows for bar in each.bars)
