"""What a replay asks of its server stays within its bounds: the least of a few runs, as a busy machine makes some ask again."""

from __future__ import annotations

import psycopg
import pytest
from bounds import COUNTS
from shapes import write
from tally import count, tapped

TRIES = 5
"""A busy machine may make a replay ask again: what only the time ended is tried once more. The least counts."""

ROOM = 1.1
"""A server that other tests have used has longer numbers, and more in its catalogs."""


@pytest.mark.parametrize("bound", COUNTS, ids=lambda bound: f"{bound.history}-{bound.size}")
def test_a_replay_asks_no_more_of_its_server_than_it_may(bound, tmp_path, server):
    write(bound.history, tmp_path, bound.size)
    over = {}
    for _ in range(TRIES):
        counts, evidence = count(tmp_path, server)
        assert not [path for path, file in evidence.files.items() if not file.applied]
        asked = counts.asked(bound.history, bound.size)
        most = {name: value * ROOM for name, value in bound._asdict().items() if isinstance(value, float)}
        over = {name: got for name, got in asked._asdict().items() if name in most and got > most[name]}
        if not over:
            break
    assert not over, f"for each statement, and {bound} is the most: lower the cost, or say in bounds.py why it may rise"


def test_each_question_and_each_refused_row_is_counted_whatever_the_protocol(server):
    """Simple queries, those with values, and rows that the server refuses; what is asked again at once, once."""
    with tapped(server) as (watched, counted):
        with watched.connect() as connection:
            connection.execute("CREATE TEMP TABLE few (n int CHECK (n > 0))")
            connection.execute("INSERT INTO few VALUES (%s)", [1])
            for number in (0, -1):
                with pytest.raises(psycopg.errors.CheckViolation):
                    connection.execute("INSERT INTO few VALUES (%s)", [number])
            with pytest.raises(psycopg.errors.UndefinedTable):
                connection.execute("SELECT FROM nothing")
            for _ in range(5):
                connection.execute("SELECT count(*) FROM few")
            connection.execute("SELECT 1; SELECT 2")
        counts = counted()
    assert counts["logins"] == 1
    assert counts["refused"] == 2
    assert counts["round_trips"] == 1 + 3 + 1 + 1 + 1
    assert counts.get("copies", 0) == 0
