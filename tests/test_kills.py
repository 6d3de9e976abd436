"""Real runs are killed at random moments: nothing is left behind the next run, which says what it always says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

KILLS = Path(__file__).parents[1] / "benchmarks" / "kills.py"
COUNT = 50


def test_runs_that_are_killed_leave_nothing_and_say_nothing_wrong():
    done = subprocess.run(
        [sys.executable, KILLS, "--count", str(COUNT), "--jobs", "2"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{COUNT} runs killed in " in done.stdout
    assert "0 went wrong" in done.stdout
