"""The compliance suite, run by a command: `pytest --ctb` in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_ctb.cli.project import Project
from pytest_ctb.errors import ConfigError


def run_suite(project: Project, arguments: Sequence[str], otherwise: str) -> Any:
    """The JSON report of `pytest --ctb`.

    Raises ConfigError, which says `otherwise`, where it did not come to its end.
    """
    with tempfile.TemporaryDirectory(prefix="ctb-") as folder:
        path = Path(folder) / "report.json"
        line = [sys.executable, "-m", "pytest", "--ctb", "--rootdir", str(project.root), f"--ctb-report={path}"]
        line += [f"--ctb-migrations={one}" for one in project.config.migrations]
        line += [f"--ctb-rules={project.config.rules}", "-q", "--tb=short"]
        if not project.config.baseline.is_file():
            line += ["-o", "ctb_baseline="]  # the ini file may name the one that is to be written
        line += arguments
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        report = json.loads(path.read_text(encoding="utf-8")) if path.is_file() and path.stat().st_size else None
    if done.returncode not in {0, 1} or report is None or report["summary"]["error"]:
        raise ConfigError(f"pytest --ctb did not come to its end; {otherwise}:\n{done.stdout}{done.stderr}".rstrip())
    return report
