"""Real runs are killed at random moments: nothing is left behind the next run, which says what it always says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sample

KILLS = Path(__file__).parents[1] / "benchmarks" / "kills.py"
COUNT = 50
RUN = [sys.executable, "-m", "pytest", "--ctb", "-q", "--ctb-postgres", "embedded"]


def test_runs_that_are_killed_leave_nothing_and_say_nothing_wrong():
    done = subprocess.run(
        [sys.executable, KILLS, "--count", str(COUNT), "--jobs", "2"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{COUNT} runs killed in " in done.stdout
    assert "0 went wrong" in done.stdout


@contextmanager
def checkout(folder: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """Write the sample into a folder: where its runs put their servers, and the environment that makes them."""
    sample.write(folder)
    with tempfile.TemporaryDirectory(prefix="ctb-", dir="/tmp") as name:
        home = Path(name)
        home.chmod(0o1777)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))}
        yield home, {**kept, "TMPDIR": name, "XDG_CACHE_HOME": str(folder / "caches")}


def test_twenty_runs_at_once_of_one_checkout_say_the_same(tmp_path):
    """One folder of migrations, one cache: as the first runs of all, and when there is something to remember."""
    with checkout(tmp_path) as (home, environment):
        for _ in ("cold", "warm"):
            reports = [tmp_path / f"{number}.json" for number in range(20)]
            runs = [
                subprocess.Popen(
                    [*RUN, f"--ctb-report={report}"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE
                )
                for report in reports
            ]
            assert [(run.communicate()[0], run.returncode)[1] for run in runs] == [0] * 20
            seen = [json.loads(report.read_text()) for report in reports]
            assert all(one["findings"] == seen[0]["findings"] for one in seen)
            assert {one["summary"]["passed"] for one in seen} == {seen[0]["summary"]["passed"]}
        assert list(home.glob("pytest-ctb-*")) == []


def test_a_run_that_needs_no_server_removes_what_a_killed_one_left(tmp_path):
    """Killed together with its guard after its results were in the cache: the next run reads them there, and starts no server."""
    with checkout(tmp_path) as (home, environment):
        subprocess.run(RUN, cwd=tmp_path, env=environment, check=True, stdout=subprocess.PIPE)
        left = home / "pytest-ctb-0123456789ab"
        left.mkdir()
        subprocess.run(RUN, cwd=tmp_path, env=environment, check=True, stdout=subprocess.PIPE)
        assert not left.exists()
