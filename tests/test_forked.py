"""`--forked` of pytest-forked, which runs each test in a process of its own: ours run as ever, those of others forked."""

from __future__ import annotations

import json

import pytest

import sample
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.report import Tally
from sample import SECOND, change


@pytest.fixture
def project(pytester):
    sample.write(pytester.path)
    return pytester


def outcomes(project, *options):
    done = project.runpytest_subprocess(
        "--ctb", "--ctb-postgres", "embedded", "--ctb-report=r.json", *options, timeout=120
    )
    return done.parseoutcomes() | {"seconds": 0}, json.loads((project.path / "r.json").read_text())["findings"]


@pytest.mark.parametrize("options", [(), ("-n", "2"), ("-k", "replay or file-name")], ids=" ".join)
def test_it_changes_no_verdict(project, options):
    change(project.path, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    assert outcomes(project, "--forked", *options) == outcomes(project, *options)


def test_tests_of_others_are_forked_all_the_same(project):
    project.makepyfile(test_own="import os\ndef test_process():\n    open('pid', 'w').write(str(os.getpid()))\n")
    project.makeconftest("import os\ndef pytest_configure():\n    open('main', 'w').write(str(os.getpid()))\n")
    done = project.runpytest_subprocess(
        "--ctb", "--forked", "--ctb-postgres", "embedded", "test_own.py", "migrations", timeout=120
    )
    assert "::" not in done.stderr.str()
    assert (project.path / "pid").read_text() != (project.path / "main").read_text()
    done.stdout.fnmatch_lines(["migrations/*create_shop_item.sql ...*"])


def test_a_mark_that_asks_for_it(project):
    project.makeconftest("import pytest\ndef pytest_itemcollected(item):\n    item.add_marker(pytest.mark.forked)\n")
    seen, _ = outcomes(project, "-k", "replay")
    assert seen["passed"] == 2


def test_a_process_that_dies_with_its_test_ends_no_report(tmp_path):
    """As xdist tells of a worker that was killed: of the test nothing was reported before."""
    sample.write(tmp_path)
    suite = load_suite(tmp_path, [tmp_path / "migrations"], [], tmp_path / "rules")
    (question, *_) = suite.questions[SECOND]
    tally = Tally(suite)
    tally.add(pytest.TestReport(question.id, (SECOND, 0, "x"), {}, "failed", "worker 'gw0' crashed", when="???"))
    (answer,) = tally.results(None).answers
    assert (str(answer.outcome), answer.reason) == ("error", "worker 'gw0' crashed")
