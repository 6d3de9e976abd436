"""Annotations of GitHub Actions, one line for each finding.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import os
from pathlib import Path

from pytest_ctb.model import Finding, Level
from pytest_ctb.model.visible import visible
from pytest_ctb.report.results import Answer, Outcome, Results
from pytest_ctb.report.span import end_of

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def as_github(results: Results) -> str:
    """A workflow command for each new finding, and for each check that ended in an error; empty where there is none."""
    lines = [_of_finding(finding, results) for finding in results.findings if finding.status == "new"]
    lines += [_of_error(answer, results) for answer in results.answers if answer.outcome is Outcome.ERROR]
    return "".join(f"{line}\n" for line in lines)


def _of_finding(finding: Finding, results: Results) -> str:
    end = end_of(finding, results.by_path.get(finding.file))
    properties = {
        "file": _in_workspace(finding.file, results),
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
    return _command("error" if finding.level is Level.ERROR else "warning", properties, text)


def _of_error(answer: Answer, results: Results) -> str:
    """The command for a check that crashed, or whose teardown failed: its message is that of the error."""
    guideline = answer.question.guideline
    properties = {
        "file": _in_workspace(answer.question.file, results),
        "line": "1",
        "title": f"{guideline.code} {guideline.id}",
    }
    lines = answer.reason.strip().splitlines() or [""]
    message = next((line[1:] for line in lines if line.startswith("E ")), lines[0])  # of a traceback, its error
    return _command("error", properties, f"The check ended in an error, so nothing is known: {message.strip()}")


def _command(kind: str, properties: dict[str, str], text: str) -> str:
    shown = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in properties.items())
    return f"::{kind} {shown}::{_escaped(text, _DATA)}"


def _in_workspace(file: str, results: Results) -> str:
    """The path of a file as GitHub wants it: from the folder of the checkout, which may lie above the project."""
    workspace = os.environ.get("GITHUB_WORKSPACE", "")
    if not workspace or not results.databases:
        return file
    path = os.path.normpath(results.databases[0].suite.repository.root / file)
    for folder in (os.path.normpath(workspace), os.path.realpath(workspace)):
        if Path(path).is_relative_to(folder):
            return Path(path).relative_to(folder).as_posix()
    return file


def _escaped(text: str, characters: dict[str, str]) -> str:
    return "".join(characters.get(character, character) for character in visible(text))
