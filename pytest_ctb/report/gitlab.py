"""The Code Quality report of GitLab: https://docs.gitlab.com/ci/testing/code_quality/."""

from __future__ import annotations

from pytest_ctb.model import Level
from pytest_ctb.model.visible import json_text
from pytest_ctb.report.fingerprints import Fingerprints
from pytest_ctb.report.results import Results
from pytest_ctb.report.span import end_of

_SEVERITY = {Level.ERROR: "major", Level.WARNING: "minor"}


def as_gitlab(results: Results) -> str:
    """A JSON list with a record for each new finding."""
    files = results.by_path
    fingerprints = Fingerprints(files)
    return (
        json_text(
            [
                {
                    "description": f"{finding.code} {finding.guideline}: {finding.message}",
                    "check_name": finding.code,
                    "fingerprint": fingerprints.of(finding),
                    "severity": _SEVERITY[finding.level],
                    "location": {
                        "path": finding.file,
                        "lines": {"begin": finding.line, "end": end_of(finding, files.get(finding.file)).line},
                    },
                }
                for finding in results.findings
                if finding.status == "new"
            ]
        )
        + "\n"
    )
