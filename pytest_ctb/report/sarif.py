"""Findings to SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/.

It keeps to what GitHub takes: https://docs.github.com/code-security/reference/code-scanning/sarif-files.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from pytest_ctb import __version__
from pytest_ctb.model import DOCUMENTATION, Edit, Finding, Guideline, Migration, Source
from pytest_ctb.model.visible import json_text
from pytest_ctb.report.markdown import fenced
from pytest_ctb.report.results import Answer, Outcome, Results, is_breach

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
    rules = {one.id: number for number, one in enumerate(results.suite.guidelines)}
    found = sorted(
        ((answer, one) for answer in results.answers for one in answer.findings),
        key=lambda pair: (not is_breach(pair[1]), pair[1].file, pair[1].line, pair[1].column, pair[1].code),
    )
    prints = _Fingerprints(results.suite.repository.by_path)
    notes = [*_notes(results.answers, rules), *_left_out(len(found))]
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
                        "informationUri": DOCUMENTATION,
                        "rules": [_rule(one) for one in results.suite.guidelines],
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
                "results": [_result(answer, one, rules, prints) for answer, one in found[:_RESULTS]],
            }
        ],
    }
    return json_text(document) + "\n"


def _rule(one: Guideline) -> dict[str, Any]:
    what, why = " ".join(one.what.split()), " ".join(one.why.split())
    instead = one.instead.strip()
    text = [what, f"Why: {why}", *([f"Instead:\n{instead}"] if instead else []), f"Source: {one.source}"]
    markdown = [what, f"**Why:** {why}", *([f"**Instead:**\n\n{fenced(instead)}"] if instead else [])]
    markdown.append(f"**Source:** {one.source}\n\n[{one.code} {one.id}]({one.page})")
    return {
        "id": one.code,
        "name": one.id,
        "shortDescription": {"text": _short(one.title)},
        "fullDescription": {"text": _short(what)},
        "help": {"text": "\n\n".join(text), "markdown": "\n\n".join(markdown)},
        "helpUri": one.page,
        "defaultConfiguration": {"level": str(one.level)},
        "properties": {"tags": ["postgresql", "migrations"], "problem.severity": str(one.level)},
    }


def _short(text: str) -> str:
    return text if len(text) <= _DESCRIPTION else text[: _DESCRIPTION - 1] + "…"


def _result(answer: Answer, one: Finding, rules: Mapping[str, int], prints: _Fingerprints) -> dict[str, Any]:
    place = _artifact(answer, one)
    file = answer.question.repository.by_path.get(one.file)
    told: dict[str, Any] = {
        "ruleId": one.code,
        "ruleIndex": rules[one.guideline],
        "level": str(one.level),
        "message": {"text": _message(one)},
        "locations": [{"physicalLocation": {"artifactLocation": place, "region": _region(one, file)}}],
        "partialFingerprints": {"primaryLocationLineHash": prints.of(one)},
    }
    if one.status in _SUPPRESSIONS:
        told["suppressions"] = [
            {"kind": _SUPPRESSIONS[one.status], **({"justification": one.reason} if one.reason else {})}
        ]
    replacements = [_replacement(file.source, edit) for edit in _effective(one.fix, file)] if file else []
    if replacements:
        change = {"artifactLocation": place, "replacements": replacements}
        fix = {"description": {"text": f"Repair {one.code} {one.guideline}"}, "artifactChanges": [change]}
        told["fixes"] = [fix]
    return told


def _message(one: Finding) -> str:
    parts = [one.message, *([one.evidence] if one.evidence else [])]
    if one.instead:
        parts.append(f"Instead:\n{one.instead}")
    # `[words](1)` in a message would be a link (SARIF 3.11.6).
    return re.sub(r"\[(?=[^\[\]]*\]\()", r"\\[", "\n\n".join(parts))


def _artifact(answer: Answer, one: Finding) -> dict[str, Any]:
    """A file's place under the root; the guideline itself, as its test's id has it, where it lies elsewhere."""
    path = answer.question.file if PurePath(one.file).is_absolute() else one.file
    return {"uri": quote(path, errors="surrogateescape"), "uriBaseId": _ROOT}


def _region(one: Finding, file: Migration | None) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": one.line, "startColumn": one.column}
    line = file.source.line(one.line) if file else ""
    return {**region, "snippet": {"text": line}} if line else region


def _effective(fix: Sequence[Edit], file: Migration | None) -> Iterator[Edit]:
    """The edits that change a character: an editor cannot be told to write bytes anew that read the same."""
    for edit in fix:
        if file and file.source.text[edit.start : edit.end] != edit.text:
            yield edit


def _replacement(source: Source, edit: Edit) -> dict[str, Any]:
    start, end = source.at(edit.start), source.at(edit.end)
    region = {"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column}
    return {"deletedRegion": region, "insertedContent": {"text": edit.text}}


def _notes(answers: Sequence[Answer], rules: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """What could not be judged, and what went wrong: no finding, and no silence either."""
    for one in answers:
        if one.outcome in _NOTES:
            code, number = one.question.guideline.code, rules[one.question.guideline.id]
            yield {
                "level": _NOTES[one.outcome],
                "message": {"text": f"{one.id}: {one.reason}"},
                "associatedRule": {"id": code, "index": number},
            }


def _left_out(number: int) -> Iterator[dict[str, Any]]:
    if number > _RESULTS:
        text = f"{number - _RESULTS} findings are left out here: code scanning takes {_RESULTS}"
        yield {"level": "warning", "message": {"text": text}}


class _Fingerprints:
    """What stays the same of a finding while lines move above it: guideline, file, line without its indentation."""

    def __init__(self, files: Mapping[str, Migration]) -> None:
        self._files = files
        self._seen: Counter[str] = Counter()

    def of(self, one: Finding) -> str:
        """Its fingerprint; of several on equal lines of a file each has its number."""
        file = self._files.get(one.file)
        line = " ".join(file.source.line(one.line).split()) if file else ""
        parts = (one.code, one.file, line or one.message)
        digest = hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:16]
        self._seen[digest] += 1
        return f"{digest}:{self._seen[digest]}"
