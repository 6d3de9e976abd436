"""Results to one HTML file that needs nothing beside it: no network, no other file, no build.

Words of others (names, SQL, messages) reach the page in three ways only: as JSON in a block that is no script, from
which the page's script makes text nodes; as elements of a tree that is serialised (the diagram); and escaped, in the
title. The page's own policy lets no other script or style run, and nothing be loaded.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections import defaultdict
from pathlib import Path
from string import Template
from typing import Any

from pytest_ctb import __version__
from pytest_ctb.guide.questions import Question
from pytest_ctb.model import FileEvidence, Finding, Migration
from pytest_ctb.model.visible import all_visible, visible
from pytest_ctb.report.changes import changes
from pytest_ctb.report.diagram.svg import diagram
from pytest_ctb.report.json import plain
from pytest_ctb.report.results import Answer, Outcome, Results
from pytest_ctb.report.text import excerpt

_PAGE = Path(__file__).with_name("page")
_SQL = 240
"""How many characters of a statement are shown beside its trace."""


def as_html(results: Results) -> str:
    """The HTML report."""
    page, style, script = ((_PAGE / name).read_text(encoding="utf-8") for name in ("page.html", "page.css", "page.js"))
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return Template(page).substitute(
        policy=policy,
        style=style,
        script=script,
        title=html.escape(visible(results.verdict)),
        data=_embedded(_data(results)),
        diagram=diagram(results.seen.schema) if results.seen else "",
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _embedded(data: Any) -> str:
    """JSON that can stand between script tags: nothing in it ends the element or begins a comment."""
    text = json.dumps(all_visible(data), separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _data(results: Results) -> dict[str, Any]:
    seen, suite = results.seen, results.suite
    answers = {one.question.id: one for one in results.answers}
    columns = {one.id: number for number, one in enumerate(suite.guidelines)}
    rows: dict[str, list[list[Any]]] = defaultdict(list)
    others: dict[str, list[list[Any]]] = defaultdict(list)
    listed = {one.path for one in suite.repository.migrations}
    for question in (one for questions in suite.questions.values() for one in questions):
        answer = answers.get(question.id)
        cell = _answer(answer) if answer else None
        if question.file in listed:
            rows[question.file].append([columns[question.guideline.id], cell])
        else:
            others[question.guideline.id].append([question.name, question.file, cell])
    return {
        "verdict": results.verdict,
        "version": __version__,
        "server": {"version": seen.server.version, "place": seen.server.place} if seen else None,
        "notes": list(seen.notes) if seen else [],
        "began": results.began.isoformat(timespec="seconds"),
        "seconds": round(results.seconds, 2),
        "counts": {str(outcome): number for outcome, number in results.counts.items()},
        "guidelines": [
            {
                "code": one.code,
                "id": one.id,
                "title": one.title,
                "level": str(one.level),
                "what": " ".join(one.what.split()),
                "why": " ".join(one.why.split()),
                "page": one.page,
            }
            for one in suite.guidelines
        ],
        "files": [_file(one, results, dict(rows[one.path])) for one in suite.repository.migrations],
        "others": [[columns[guideline], cells] for guideline, cells in others.items()],
    }


def _answer(answer: Answer) -> Any:
    """An outcome by itself where there is no more to tell, which is how most are."""
    told: dict[str, Any] = {"outcome": str(answer.outcome)}
    if answer.reason and not answer.findings:
        told["reason"] = answer.reason
    if answer.findings:
        told["findings"] = [_finding(one, answer.question) for one in answer.findings]
    return told if len(told) > 1 or answer.outcome is not Outcome.PASSED else told["outcome"]


def _finding(one: Finding, question: Question) -> dict[str, Any]:
    file = question.repository.by_path.get(one.file)
    told = {
        "line": one.line,
        "column": one.column,
        "message": one.message,
        "level": str(one.level),
        "file": one.file if one.file != question.file else "",
        "excerpt": excerpt(file, one.line, one.column) if file else "",
        "evidence": one.details,
        "instead": one.instead,
        "status": one.status if one.status != "new" else "",
        "reason": one.reason,
    }
    return {key: value for key, value in told.items() if value != ""}


def _file(one: Migration, results: Results, cells: dict[int, Any]) -> dict[str, Any]:
    fared = results.seen.files.get(one.path) if results.seen else None
    folder, _, name = one.path.rpartition("/")
    told: dict[str, Any] = {"folder": folder, "name": name, "cells": sorted(cells.items())}
    if fared:
        told["applied"] = fared.applied
        told["seconds"] = round(fared.seconds, 6)
        told["trace"] = _trace(one, fared)
        told["changes"] = [list(change) for change in changes(fared)]
    return told


def _trace(migration: Migration, fared: FileEvidence) -> list[dict[str, Any]]:
    """What each statement was seen to do, in the JSON report's words, and how it begins."""
    told = []
    for trace in fared.traces:
        statement = migration.sent[trace.statement]
        sql = statement.sql if len(statement.sql) <= _SQL else statement.sql[:_SQL] + "…"
        told.append({**plain(trace._replace(held=())), "sql": sql, "added": statement.added})
    return told
