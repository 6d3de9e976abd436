"""What no test can do without is told once, in seconds: a server that cannot be had, a prelude that fails, a crash of ours."""

from __future__ import annotations

import json

import pytest

import sample
from machine import choice_of, majors

pytest_plugins = ["pytester"]

NOBODY = "postgresql://boss:secret@127.0.0.1:1/postgres"
REFUSED = "the server of --ctb-postgres cannot be reached"


@pytest.fixture
def many(pytester):
    """A repository of twenty migrations more, so that a message for each test would be seen."""
    sample.write(pytester.path)
    (pytester.path / "infra/neon.sql").unlink()
    sample.write_more(pytester.path)
    return pytester


def run(pytester, *options):
    return pytester.runpytest_subprocess("--ctb", "--ctb-report", "seen.json", *options)


def check_told_once(result, message: str) -> None:
    """Fail where it is told more or less than once, or with anything else than exit 4 and no test to blame."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    told = [line for line in (*result.outlines, *result.errlines) if message in line]
    assert len(told) == 1, told
    outcomes = result.parseoutcomes()
    assert not outcomes.keys() & {"failed", "errors", "error"}, outcomes
    result.stdout.fnmatch_lines(["=* pytest-ctb ends the run =*"])


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["one process", "two"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--ctb-postgres", NOBODY], REFUSED),
        (
            ["--ctb-postgres", "embedded", "--ctb-prelude", "prelude.sql"],
            'prelude.sql:2: the prelude fails: relation "nothing"',
        ),
    ],
    ids=["no server", "prelude"],
)
def test_what_cannot_be_had_is_one_message(many, options, message, processes):
    (many.path / "prelude.sql").write_text("SELECT 1;\nSELECT * FROM nothing;\n")
    check_told_once(run(many, *options, *processes), message)


def test_the_report_holds_what_was_judged_by_then(many):
    run(many, "--ctb-postgres", NOBODY)
    report = json.loads((many.path / "seen.json").read_text())
    assert report["summary"]["passed"] > 0
    assert report["summary"]["failed"] == report["summary"]["error"] == 0


def test_static_guidelines_need_none_of_it(many):
    result = run(many, "--ctb-postgres", NOBODY, "-m", "ctb_static")
    assert result.ret == 0, result.outlines


def test_a_server_of_another_major_is_started_once(many):
    """Which one it is shows when it has been reached."""
    major = majors()[0]
    with choice_of(major).offer.start() as server:
        url = f"postgresql://postgres:{server.admin['password']}@/postgres?host={server.admin['host']}&port=5432"
        result = run(many, "--ctb-postgres", url, "--ctb-postgres-version", str(major + 1))
    check_told_once(result, f"it is Postgres {major}, not {major + 1} as --ctb-postgres-version asks")


def test_what_the_workers_meet_is_told_once_by_who_started_them(many):
    """Whichever of them asked first."""
    (many.path / "conftest.py").write_text(
        "from pytest_ctb.replay import run\nfrom pytest_ctb.errors import LostError, ServerError\n"
        "lost = []\n"
        "def observe(*given):\n"
        "    lost.append(1)\n"
        "    raise LostError('it is gone') if len(lost) == 1 else ServerError('and there is no other')\n"
        "run.observe = observe\n"
    )
    check_told_once(run(many, "--ctb-postgres", "embedded", "-n", "2"), "and there is no other")


def test_a_crash_of_ours_is_told_once_with_its_traceback(many):
    (many.path / "conftest.py").write_text(
        "from pytest_ctb.replay import run\n"
        "def observe(*given):\n    raise IndexError('a mistake')\nrun.observe = observe\n"
    )
    result = run(many, "--ctb-postgres", "embedded")
    check_told_once(result, "IndexError: a mistake")
    result.stdout.fnmatch_lines(
        ["pytest-ctb broke off (IndexError). Please report this, with what follows:", "Traceback *"]
    )


def test_a_crash_at_one_migration_is_an_error_of_its_own_tests_alone(many):
    """Short: one message each, whatever frames it has gone through."""
    (many.path / "conftest.py").write_text(
        "from pytest_ctb.replay.trials.trials import Trials\nusual = Trials._before\n"
        "def breaks(self, file, *given):\n    if 't7.sql' in file.path: raise IndexError('a mistake')\n"
        "    return usual(self, file, *given)\nTrials._before = breaks\n"
    )
    result = run(many, "--ctb-postgres", "embedded", "-rE")
    name = "migrations/2025-10-25_create_t7.sql"
    errors = [line for line in result.outlines if line.startswith("ERROR ")]
    assert len(errors) == result.parseoutcomes()["errors"] >= 5
    assert all(line.startswith(f"ERROR {name}::") for line in errors)
    assert "failed" not in result.parseoutcomes()
    result.stdout.fnmatch_lines(
        [f"{name}:1: pytest-ctb failed while trying it before it is applied*IndexError*a mistake"]
    )
    assert not [line for line in result.outlines if line.startswith("Traceback")]
    assert len(result.outlines) < 120
