"""Where processes begin, and where one goes that is done sooner."""

from __future__ import annotations

from itertools import accumulate, pairwise
from multiprocessing import get_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ctb.replay.claims import Claims
from pytest_ctb.replay.stretches import costs, cut, helping


@given(
    st.lists(st.integers(1, 500), max_size=400),
    st.integers(0, 5),
    st.sampled_from([1, 2, 3, 8]),
)
def test_stretches_are_whole_and_begun_in_different_places(costs, first, workers):
    first = min(first, len(costs))
    stretches, begins = cut(costs, first, workers)
    assert (stretches[0][0], stretches[-1][1]) == (first, len(costs))
    assert all(left[1] == right[0] for left, right in pairwise(stretches))
    assert all(start < end for start, end in stretches) or stretches == ((first, first),)
    assert len(stretches) <= max(1, min(8 * workers if workers > 1 else 1, (len(costs) - first) // 20))
    assert begins[0] == 0
    assert list(begins) == sorted({*begins})
    assert begins[-1] < len(stretches)
    assert len(begins) <= workers


@pytest.mark.parametrize(("workers", "parts"), [(1, [1000]), (2, [540, 460]), (4, [295, 275, 235, 195])])
def test_the_later_a_process_begins_the_less_is_left_for_it(workers, parts):
    stretches, begins = cut([4] * 1000, 0, workers)
    places = [stretches[one][0] for one in begins] + [1000]
    assert [after - before for before, after in pairwise(places)] == pytest.approx(parts, abs=35)


def test_long_files_make_short_stretches():
    stretches, begins = cut([1] * 500 + [9] * 500, 0, 2)
    assert stretches[begins[1]][0] > 700
    assert max(end - start for start, end in stretches if start > 500) < 50


def test_the_end_is_a_part_of_the_last_file():
    assert costs([]) == ()
    assert costs([3]) == (pytest.approx(4.12),)
    each = costs([3] * 1000)
    assert each[:-1] == (4.0,) * 999
    assert each[-1] == pytest.approx(124)


EVEN = tuple((n * 10, n * 10 + 10) for n in range(10))


@pytest.mark.parametrize(
    ("free", "running", "at", "found"),
    [
        ((), (), None, None),
        ((3, 4), (), None, 3),  # nobody is on the way to them
        ((3, 4), (9,), 50, 3),
        ((0, 1), (), 100, 0),
        ((3, 4), (2,), None, 4),  # the other takes one, and one is left
        ((4,), (3,), None, None),  # the other has it done sooner
        ((4, 5, 6, 7), (3,), None, 6),
        ((4, 5, 6, 7), (3,), 100, 6),  # behind our database: a new one goes there
        ((9,), (8,), 90, None),
        ((8, 9), (7,), 80, 9),
        ((8, 9), (7,), None, None),  # a database that has gone there comes too late
        ((1, 2, 7, 8, 9), (0, 6), 60, 9),  # where it saves most
        ((1, 2, 3, 4, 8, 9), (0, 7), None, 3),
    ],
)
def test_who_is_done_sooner_helps_where_it_saves_most(free, running, at, found):
    assert helping(EVEN, [1.0] * 100, free, running, at) == found


@given(
    st.lists(st.integers(1, 50), min_size=10, max_size=10),
    st.lists(st.sampled_from(["free", "running", "told"]), min_size=10, max_size=10),
    st.sampled_from([None, 0, 3, 7, 10]),
)
def test_help_is_never_slower_and_what_nobody_is_on_the_way_to_is_taken(each, states, at):
    free = [number for number, state in enumerate(states) if state == "free"]
    running = [number for number, state in enumerate(states) if state == "running"]
    found = helping(tuple((n, n + 1) for n in range(10)), each, free, running, at)
    left = [number for number in free if number - 1 not in running and number - 1 not in free]
    if left:
        assert found == left[0]
    elif found is not None:
        assert found in free
        assert found - 1 in free  # what is next for the other is left to it
        end = next(number for number in range(found, 11) if number not in free)
        behind = [0, *accumulate(each)]
        first = max(number for number in range(found) if number not in free) + 1
        assert behind[end] - behind[found] < behind[end] - behind[first]


def _claim_all(claims, worker, results):
    mine = []
    with claims.by(worker):
        number = claims.claim(worker, (0, 25))
        while number is not None:
            mine.append(number)
            coming = claims.claim(worker, (number + 1,), claims.stretches[number][1])
            claims.tell(number, worker)
            number = coming
    results.put(mine)


def test_no_stretch_is_claimed_twice(tmp_path):
    """Three processes at once, each as fast as it can."""
    claims = Claims(tmp_path, tuple((n, n + 1) for n in range(50)), [1.0] * 50)
    context = get_context("fork")
    results = context.SimpleQueue()
    started = [context.Process(target=_claim_all, args=(claims, f"gw{n}", results)) for n in range(3)]
    for one in started:
        one.start()
    found = [results.get() for _ in started]
    for one in started:
        one.join()
    assert sorted(number for mine in found for number in mine) == list(range(50))
    assert [*claims.told()].count(None) == 0


def test_what_was_claimed_by_one_that_is_gone_is_free_again(tmp_path):
    claims = Claims(tmp_path, EVEN, [1.0] * 100)
    with claims.by("gw0"):
        assert claims.claim("gw0", (0, 5)) == 0
        claims.tell(0, "seen")
        assert claims.claim("gw0", (1,)) == 1
        with claims.by("gw1"):
            assert claims.claim("gw1", (0, 5)) == 5
            assert claims.claim("gw2", (5, 1)) == 4  # both are on their way
    with claims.by("gw2"):
        assert claims.claim("gw2", (5, 1)) == 5
        assert claims.claim("gw2", (1,)) == 1
    assert [*claims.told()] == ["seen"] + [None] * 9
