"""The SARIF 2.1.0 report, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/.

It uses only what GitHub accepts: https://docs.github.com/code-security/reference/code-scanning/sarif-files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from pytest_ctb import __version__
from pytest_ctb.model import DOCUMENTATION, Edit, Finding, Guideline, Migration, Source
from pytest_ctb.model import guide as model_guide
from pytest_ctb.model.visible import json_text
from pytest_ctb.report.fingerprints import Fingerprints
from pytest_ctb.report.markdown import fenced
from pytest_ctb.report.results import Answer, Outcome, Results, is_breach
from pytest_ctb.report.span import end_of

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_RESULTS = 25_000
"""GitHub refuses a run with more results than that."""
_DESCRIPTION = 1024
"""GitHub refuses a description with more characters than that."""
_SUPPRESSIONS = {"allowed": "inSource", "baselined": "external"}
_NOTES = {Outcome.ERROR: "error", Outcome.SKIPPED: "note"}


def as_sarif(results: Results) -> str:
    """The SARIF report: one run, a rule for each guideline, a result for each finding."""
    rules = {guideline: number for number, guideline in enumerate(results.guidelines)}
    findings = sorted(((answer, finding) for answer in results.answers for finding in answer.findings), key=_sort_key)
    fingerprints = Fingerprints(results.by_path)
    notes = [*_notes(results.answers, rules), *_left_out(len(findings))]
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "pytest-ctb",
                        "version": __version__,
                        "semanticVersion": __version__,
                        **({"informationUri": DOCUMENTATION} if model_guide.PUBLISHED else {}),
                        "rules": [_rule(guideline) for guideline in results.guidelines.values()],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": not results.counts[Outcome.ERROR],
                        "startTimeUtc": f"{results.began:%Y-%m-%dT%H:%M:%SZ}",
                        "toolExecutionNotifications": notes,
                    }
                ],
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the project that was judged."}}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(answer, finding, rules, fingerprints) for answer, finding in findings[:_RESULTS]],
            }
        ],
    }
    return json_text(document) + "\n"


def _sort_key(result: tuple[Answer, Finding]) -> tuple[bool, str, int, int, str]:
    """Breaches first, then by place: GitHub refuses more results than the limit."""
    _, finding = result
    return not is_breach(finding), finding.file, finding.line, finding.column, finding.code


def _rule(guideline: Guideline) -> dict[str, Any]:
    what, why = " ".join(guideline.what.split()), " ".join(guideline.why.split())
    instead = guideline.instead.strip()
    text = [what, f"Why: {why}", *([f"Instead:\n{instead}"] if instead else []), f"Source: {guideline.source}"]
    markdown = [what, f"**Why:** {why}", *([f"**Instead:**\n\n{fenced(instead)}"] if instead else [])]
    page = guideline.page if guideline.documented else ""
    name = f"{guideline.code} {guideline.id}"
    markdown.append(f"**Source:** {guideline.source}")
    markdown.append(f"[{name}]({page})" if page else f"`ctb explain {guideline.code}`")
    return {
        "id": guideline.code,
        "name": guideline.id,
        "shortDescription": {"text": _short(guideline.title)},
        "fullDescription": {"text": _short(what)},
        "help": {"text": "\n\n".join(text), "markdown": "\n\n".join(markdown)},
        **({"helpUri": page} if page else {}),
        "defaultConfiguration": {"level": str(guideline.level)},
        "properties": {"tags": ["postgresql", "migrations"], "problem.severity": str(guideline.level)},
    }


def _short(text: str) -> str:
    return text if len(text) <= _DESCRIPTION else text[: _DESCRIPTION - 1] + "…"


def _result(answer: Answer, finding: Finding, rules: Mapping[str, int], fingerprints: Fingerprints) -> dict[str, Any]:
    place = _artifact(answer, finding)
    file = answer.question.repository.by_path.get(finding.file)
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rules[finding.guideline],
        "level": str(finding.level),
        "message": {"text": _message(finding)},
        "locations": [{"physicalLocation": {"artifactLocation": place, "region": _region(finding, file)}}],
        "partialFingerprints": {"primaryLocationLineHash": fingerprints.of(finding)},
    }
    if properties := {name: value for name in ("database", "owner") if (value := getattr(finding, name))}:
        result["properties"] = properties
    if finding.status in _SUPPRESSIONS:
        result["suppressions"] = [
            {"kind": _SUPPRESSIONS[finding.status], **({"justification": finding.reason} if finding.reason else {})}
        ]
    replacements = [_replacement(file.source, edit) for edit in _effective(finding.fix, file)] if file else []
    if replacements:
        change = {"artifactLocation": place, "replacements": replacements}
        fix = {"description": {"text": f"Repair {finding.code} {finding.guideline}"}, "artifactChanges": [change]}
        result["fixes"] = [fix]
    return result


def _message(finding: Finding) -> str:
    parts = [finding.message, *([finding.details] if finding.details else [])]
    if finding.why:
        parts.append(f"Why: {' '.join(finding.why.split())}")
    if finding.instead:
        parts.append(f"Instead:\n{finding.instead}")
    # `[words](1)` in a message would be a link (SARIF 3.11.6).
    return re.sub(r"\[(?=[^\[\]]*\]\()", r"\\[", "\n\n".join(parts))


def _artifact(answer: Answer, finding: Finding) -> dict[str, Any]:
    """The file of a finding, relative to the root; the file of the test id where it lies outside."""
    path = answer.question.file if PurePath(finding.file).is_absolute() else finding.file
    return {"uri": quote(path, errors="surrogateescape"), "uriBaseId": _ROOT}


def _region(finding: Finding, file: Migration | None) -> dict[str, Any]:
    end = end_of(finding, file)
    region: dict[str, Any] = {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": end.line,
        "endColumn": end.column,
    }
    line = file.source.line(finding.line) if file else ""
    return {**region, "snippet": {"text": line}} if line else region


def _effective(fix: Sequence[Edit], file: Migration | None) -> Iterator[Edit]:
    """The edits that change a character; others only change bytes, which SARIF cannot express."""
    for edit in fix:
        if file and file.source.text[edit.start : edit.end] != edit.text:
            yield edit


def _replacement(source: Source, edit: Edit) -> dict[str, Any]:
    start, end = source.at(edit.start), source.at(edit.end)
    region = {"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column}
    return {"deletedRegion": region, "insertedContent": {"text": edit.text}}


def _notes(answers: Sequence[Answer], rules: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """A notification for each skipped question and each error: they are no findings, but must not be silent."""
    for answer in answers:
        if answer.outcome in _NOTES:
            code, number = answer.question.guideline.code, rules[answer.question.guideline.id]
            yield {
                "level": _NOTES[answer.outcome],
                "message": {"text": f"{answer.id}: {answer.reason}"},
                "associatedRule": {"id": code, "index": number},
            }


def _left_out(number: int) -> Iterator[dict[str, Any]]:
    if number > _RESULTS:
        text = f"{number - _RESULTS} findings are left out here: code scanning takes {_RESULTS}"
        yield {"level": "warning", "message": {"text": text}}
