"""A server starts while what needs none goes on: not before a test will need it, and nothing of it is left."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from machine import processes, wait_until
from pytest_ctb.postgres import Wanted, choose
from test_servers import ctb, home, left_in, project, running, temporary, wait_for

__all__ = ["home", "project"]  # the fixtures of servers

NOTES_GUARDS = """
import sys

def note(event, arguments):
    if event == "subprocess.Popen" and any(str(one).endswith("guard.py") for one in arguments[1]):
        with open("guards", "a") as file:
            file.write("one\\n")

sys.addaudithook(note)
"""
STOPS_AT_THE_FIRST_TEST = """
import time

def pytest_runtest_setup(item):
    assert item.get_closest_marker("ctb_static")
    time.sleep(1000)
"""
BREAKS_COLLECTION = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if collector.name.endswith(".sql"):
        report.outcome, report.longrepr = "failed", "broken"
    return report
"""


def guards(project: Path) -> int:
    noted = project / "guards"
    return len(noted.read_text().splitlines()) if noted.exists() else 0


@pytest.mark.parametrize("seconds", [0, 0.05, 0.2, 1])
def test_one_that_is_begun_and_never_asked_for_is_gone(monkeypatch, home, seconds):
    """However far it has come."""
    temporary(monkeypatch, home)
    with choose(Wanted("embedded")).offer.begin():
        signal.sigtimedwait([], seconds)
    assert left_in(home) == []


def test_it_is_asked_for_long_after_it_has_begun(monkeypatch, home):
    temporary(monkeypatch, home)
    with choose(Wanted("embedded")).offer.begin() as start:
        wait_until(lambda: list(home.glob("pytest-ctb-*/.s.PGSQL.5432")), "it listens")
        with start() as server, server.login() as admin:
            assert admin.execute("SELECT 1").fetchone() == (1,)
        wait_until(lambda: not left_in(home), "it goes with the block of the one who asked")
    assert left_in(home) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
def test_a_run_that_is_ended_before_its_first_question_leaves_nothing(project, home, number):
    """The first test, which needs no server, has not ended, and the server is there."""
    (project / "conftest.py").write_text(STOPS_AT_THE_FIRST_TEST)
    with running(project, home, "-m", "ctb") as process:
        wait_for(lambda: list(home.glob("pytest-ctb-*/.s.PGSQL.5432")), process)
        os.killpg(process.pid, number)
        process.communicate(timeout=60)
    wait_until(lambda: not left_in(home), "all have gone")


def test_a_run_that_fails_before_its_first_question_leaves_nothing(project, home):
    first = min((project / "migrations").iterdir())
    first.rename(first.with_name("2025-10-23_Bad.sql"))
    done = ctb(project, home, "-x", "-m", "ctb")
    assert "1 failed" in done.stdout
    assert "file-name" in done.stdout
    assert left_in(home) == []
    assert processes(str(home)) == []


NOTES_COLLECTION = """
def pytest_collection_modifyitems():
    with open("guards", "a") as file:
        file.write("collected\\n")
"""


@pytest.mark.parametrize(
    ("options", "conftest", "noted"),
    [
        ([], "", ["one", "collected"]),
        (["--co"], "", ["collected"]),
        (["-k", "replay"], "", ["collected", "one"]),
        (["--deselect=migrations"], "", ["collected", "one"]),
        ([], BREAKS_COLLECTION, ["one", "collected"]),
        ([], BREAKS_COLLECTION.replace('report.outcome, report.longrepr = "failed", "broken"', "1 / 0"), ["one"]),
    ],
    ids=["all", "none", "chosen", "some", "a file that is not collected", "a collection that crashes"],
)
def test_it_is_begun_before_the_collection_where_all_tests_run(project, home, options, conftest, noted):
    """Nothing of it is left, even where no test runs."""
    (project / "conftest.py").write_text(NOTES_GUARDS + NOTES_COLLECTION + conftest)
    run = ctb(project, home, "-m", "", *options)
    assert (project / "guards").read_text().split() == noted, run.stdout
    assert left_in(home) == []
    assert processes(str(home)) == []


@pytest.mark.parametrize(
    ("options", "conftest", "begun"),
    [
        (["-m", "ctb"], "", 1),
        (["-m", "ctb_static"], "", 0),
        (["-m", "ctb", "--co"], "", 0),
        (["-k", "file-name or ctb-header"], "", 0),
        (["-m", "ctb"], BREAKS_COLLECTION, 0),
    ],
)
def test_none_is_begun_before_it_is_needed(project, home, options, conftest, begun):
    (project / "conftest.py").write_text(NOTES_GUARDS + conftest)
    run = ctb(project, home, "-m", "ctb", *options)
    assert guards(project) == begun, run.stdout
