"""Run `pytest --ctb` in a process of its own, for commands that need its report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_ctb.cli.project import Project
from pytest_ctb.cli.terminal.bar import shown
from pytest_ctb.errors import ConfigError
from pytest_ctb.repository.baseline import dump


def run_suite(project: Project, arguments: Sequence[str], otherwise: str) -> Any:
    """Run the compliance suite on a project and return its JSON report.

    Raises ConfigError where the run has errors or no report; `otherwise` is a part of its message.
    """
    from pytest_ctb.replay.steps import STEPS  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="ctb-") as folder, shown() as (steps, _):
        path = Path(folder) / "report.json"
        line = [sys.executable, "-m", "pytest", "--ctb", "--rootdir", str(project.root), f"--ctb-report={path}"]
        if name := project.config.name:
            line.append(f"--ctb-database={name}")
        if not project.config.source:
            line += [f"--ctb-migrations={folder}" for folder in project.config.migrations]
        line += [f"--ctb-rules={folder}" for folder in [project.config.profile or project.config.own_rules] if folder]
        line += ["-q", "--tb=short"]
        if not project.config.baseline.is_file():  # settings may name the one that is to be written
            none = Path(folder) / "none.json"
            none.write_text(dump(()), encoding="utf-8")
            line.append(f"--ctb-baseline={none}")
        line += arguments
        environment = {**os.environ, STEPS: str(steps)}
        done = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
        report = json.loads(path.read_text(encoding="utf-8")) if path.is_file() and path.stat().st_size else None
    if done.returncode not in {0, 1} or report is None or report["summary"]["error"]:
        raise ConfigError(f"pytest --ctb did not come to its end; {otherwise}:\n{done.stdout}{done.stderr}".rstrip())
    return report
