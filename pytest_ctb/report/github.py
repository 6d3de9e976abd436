"""Annotations of GitHub Actions, one line for each finding.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from pytest_ctb.model import Finding, Level
from pytest_ctb.model.visible import visible
from pytest_ctb.report.results import Results
from pytest_ctb.report.span import end_of

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def as_github(results: Results) -> str:
    """A workflow command for each new finding; empty where there is none."""
    lines = [_command(finding, results) for finding in results.findings if finding.status == "new"]
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding, results: Results) -> str:
    end = end_of(finding, results.by_path.get(finding.file))
    properties = {
        "file": finding.file,
        "line": str(finding.line),
        "endLine": str(end.line),
        "col": str(finding.column),
        "endColumn": str(end.column),
        "title": f"{finding.code} {finding.guideline}",
    }
    if end.line != finding.line:
        del properties["endColumn"]  # GitHub shows no annotation whose columns are on different lines
        del properties["col"]
    text = finding.message + (f"\n\nInstead:\n{finding.instead}" if finding.instead else "")
    shown = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in properties.items())
    kind = "error" if finding.level is Level.ERROR else "warning"
    return f"::{kind} {shown}::{_escaped(text, _DATA)}"


def _escaped(text: str, characters: dict[str, str]) -> str:
    return "".join(characters.get(character, character) for character in visible(text))
