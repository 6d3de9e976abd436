"""An exception that nobody needs: what CT21 says where its cases cannot show it."""

from __future__ import annotations

import pytest

import sample
from sample import SECOND, change

LINE = "-- ctb:allow {}: a reason\nALTER TABLE"


@pytest.fixture
def team(pytester):
    """A repository that holds the guide."""
    sample.write(pytester.path)
    pytester.makeini("[pytest]\nctb_postgres = embedded\n")
    return pytester


def test_one_of_a_guideline_that_is_off_is_left_alone(team):
    change(team.path, SECOND, "ALTER TABLE", LINE.format("if-not-exists"))
    assert team.runpytest("--ctb", "-k", "unused-allow").ret == 1
    change(team.path, "rules/if-not-exists.yml", "level: error", "level: off")
    assert team.runpytest("--ctb", "-k", "unused-allow").ret == 0


def test_it_needs_a_server_only_where_what_is_allowed_does(team):
    change(team.path, SECOND, "ALTER TABLE", LINE.format("if-not-exists"))
    team.runpytest("--ctb", "-m", "ctb_static", "-k", "unused-allow").assert_outcomes(passed=1, failed=1)
    change(team.path, SECOND, "if-not-exists", "keep-data")
    team.runpytest("--ctb", "-m", "ctb_static", "-k", "unused-allow").assert_outcomes(passed=1)
    team.runpytest("--ctb", "-m", "ctb_live", "-k", "unused-allow").assert_outcomes(failed=1)


def test_where_that_cannot_be_judged_this_cannot_either(team):
    change(team.path, SECOND, "ALTER TABLE shop.item", LINE.format("keep-data") + " shop.nothing")
    done = team.runpytest("--ctb", "-rs", "-k", "unused-allow and price")
    done.assert_outcomes(skipped=1)
    done.stdout.fnmatch_lines(["*the findings that it allows cannot be judged: keep-data*"])


def test_workers_say_the_same(team):
    change(team.path, SECOND, "ALTER TABLE", LINE.format("no-drop-column"))
    team.runpytest("--ctb", "-n", "2", "-k", "unused-allow").assert_outcomes(passed=1, failed=1)


def test_the_exception_itself_is_still_an_exception(team):
    change(team.path, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    change(team.path, SECOND, "ALTER TABLE", LINE.format("if-not-exists"))
    team.runpytest("--ctb", "-k", "if-not-exists or unused-allow").assert_outcomes(passed=3, xfailed=1)
