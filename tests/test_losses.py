"""What a loss of rows is told as: one finding for a statement, with all that went along."""

from __future__ import annotations

from pathlib import Path

from machine import as_migrations, replay
from pytest_ctb.model import Loss, Order, Repository, Trial

TABLES = """
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE c (id int PRIMARY KEY, b_id int REFERENCES b ON DELETE CASCADE);
CREATE TABLE d (id int PRIMARY KEY, a_id int REFERENCES a ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE apart (id int PRIMARY KEY);
CREATE TABLE p (id int, a_id int REFERENCES a ON DELETE CASCADE ON UPDATE CASCADE) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
CREATE TABLE ring (id int PRIMARY KEY, next int REFERENCES ring ON DELETE CASCADE);
INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1, 1); INSERT INTO c VALUES (1, 1), (2, 1);
INSERT INTO d VALUES (1, 1); INSERT INTO apart VALUES (1); INSERT INTO p VALUES (1, 1), (11, 1), (12, 2);
INSERT INTO ring VALUES (1, NULL), (2, 1);
"""


def lost(server, sql: str) -> list[Loss]:
    """The losses of a file that comes after `TABLES`."""
    seen = replay(Repository(Path(), as_migrations(TABLES, sql), (), Order()), server, trials=(Trial.ON_ROWS,))
    file = list(seen.files.values())[1]
    assert file.on_rows is not None, file.error
    return list(file.on_rows.losses)


def told(losses) -> list[tuple[str, str, int, int]]:
    return [(loss.what, loss.table, loss.rows, loss.total) for loss in losses]


def test_a_delete_that_cascades_is_one_loss_with_all_that_went_along(server):
    (loss,) = lost(server, "DELETE FROM a WHERE id = 1;")
    assert told([loss]) == [("deleted", "public.a", 1, 2)]
    assert sorted(told(loss.along)) == [
        ("deleted", "public.b", 1, 1),
        ("deleted", "public.c", 2, 2),
        ("deleted", "public.p", 2, 3),
        ("overwritten", "public.d", 1, 1),
    ]


def test_a_truncate_that_cascades_is_one_loss(server):
    (loss,) = lost(server, "TRUNCATE a CASCADE;")
    assert told([loss]) == [("truncated", "public.a", 2, 2)]
    assert {one.table for one in loss.along} == {"public.b", "public.c", "public.d", "public.p"}


def test_keys_that_cascade_are_one_loss(server):
    (loss,) = lost(server, "UPDATE a SET id = id + 100;")
    assert (loss.what, loss.table, loss.column) == ("overwritten", "public.a", "id")
    assert {(one.table, one.column) for one in loss.along} == {
        ("public.b", "a_id"),
        ("public.d", "a_id"),
        ("public.p", "a_id"),
    }


def test_partitions_are_told_by_the_table_that_is_partitioned(server):
    assert told(lost(server, "DELETE FROM p;")) == [("deleted", "public.p", 3, 3)]


def test_statements_of_their_own_are_losses_of_their_own(server):
    assert told(lost(server, "DELETE FROM c;\nDELETE FROM a WHERE id = 2;\nDELETE FROM apart;")) == [
        ("deleted", "public.c", 2, 2),
        ("deleted", "public.a", 1, 2),
        ("deleted", "public.apart", 1, 1),
    ]


def test_what_no_key_ties_together_is_told_apart(server):
    losses = lost(server, "DO $$ BEGIN DELETE FROM apart; DELETE FROM a; END $$;")
    assert {loss.table for loss in losses} == {"public.apart", "public.a"}


def test_a_table_that_refers_to_itself_leads_itself(server):
    assert told(lost(server, "DELETE FROM ring WHERE id = 1;")) == [("deleted", "public.ring", 2, 2)]
