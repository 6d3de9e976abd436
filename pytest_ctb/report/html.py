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
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from pytest_ctb import __version__
from pytest_ctb.guide.questions import Question
from pytest_ctb.model import FileEvidence, Finding, Migration
from pytest_ctb.model.visible import all_visible, visible
from pytest_ctb.report.changes import changes
from pytest_ctb.report.compare import Comparison, compared
from pytest_ctb.report.diagram.svg import diagram
from pytest_ctb.report.json import as_dict, plain
from pytest_ctb.report.results import Answer, JudgedDatabase, Outcome, Results
from pytest_ctb.report.text import excerpt
from pytest_ctb.report.timeline import Timeline, timeline

_PAGE = Path(__file__).with_name("page")
_SCRIPTS = ("base", "evidence", "timeline", "matrix", "lists", "diagram", "parts")
"""The parts of the page's script, in the order in which they use each other."""
_SQL = 240
"""How many characters of a statement are shown beside its trace."""


def as_html(results: Results) -> str:
    """The HTML report."""
    page, style, *scripts = (
        (_PAGE / name).read_text(encoding="utf-8")
        for name in ("page.html", "page.css", *(f"{name}.js" for name in _SCRIPTS))
    )
    script = "\n".join(scripts)
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return Template(page).substitute(
        policy=policy,
        style=style,
        script=script,
        title=html.escape(visible(results.title)),
        heading=_heading(results),
        data=_embedded(_data(results)),
        diagram=diagram(
            {database.name: database.evidence.schema for database in results.databases if database.evidence}
        ),
    )


def _heading(results: Results) -> str:
    """The title, the revision in a place of its own."""
    of = f'<span id="revision">: {html.escape(visible(str(results.revision)))}</span>' if results.revision else ""
    return html.escape(visible(results.verdict)) + of


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _embedded(data: Any) -> str:
    """JSON that can stand between script tags: nothing in it ends the element or begins a comment."""
    text = json.dumps(all_visible(data), separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _data(results: Results) -> dict[str, Any]:
    comparison = compared(results)
    since = {id(finding): "new" for finding in comparison.new} if comparison else {}
    answers = {answer.question.id: answer for answer in results.answers}
    columns = {guideline: number for number, guideline in enumerate(results.guidelines)}
    files: list[dict[str, Any]] = []
    others: dict[str, list[list[Any]]] = defaultdict(list)
    for database in results.databases:
        rows: dict[str, dict[int, Any]] = {file.path: {} for file in database.suite.repository.migrations}
        for question in (question for questions in database.suite.questions.values() for question in questions):
            answer = answers.get(question.id)
            cell = _answer(answer, since) if answer else None
            if question.file in rows:
                rows[question.file][columns[question.guideline.id]] = cell
            else:
                others[question.guideline.id].append([question.name, question.file, cell])
        files += (_file(file, database, rows[file.path]) for file in database.suite.repository.migrations)
    notes = [note for database in results.databases if database.evidence for note in database.evidence.notes]
    servers = results.servers
    return {
        "verdict": results.verdict,
        "revision": str(results.revision) if results.revision else "",
        "comparison": _comparison(comparison) if comparison else None,
        "version": __version__,
        "server": {"version": servers[0].version, "place": servers[0].place} if servers else None,
        "notes": list(dict.fromkeys(notes)),
        "began": results.began.isoformat(timespec="seconds"),
        "seconds": round(results.seconds, 2),
        "counts": Counter(answer.shown for answer in results.answers),
        "guidelines": [
            {
                "code": guideline.code,
                "id": guideline.id,
                "title": guideline.title,
                "level": str(guideline.level),
                "what": " ".join(guideline.what.split()),
                "why": " ".join(guideline.why.split()),
                "page": guideline.page,
            }
            for guideline in results.guidelines.values()
        ],
        "files": files,
        "others": [[columns[guideline_id], cells] for guideline_id, cells in others.items()],
    }


def _answer(answer: Answer, since: Mapping[int, str]) -> Any:
    """The answer to one question as JSON: the outcome alone where there is nothing else, as for most."""
    values: dict[str, Any] = {"outcome": answer.shown}
    if answer.reason and not answer.findings:
        values["reason"] = answer.reason
    if answer.findings:
        values["findings"] = [
            {**_finding(finding, answer.question), **({"since": since[id(finding)]} if id(finding) in since else {})}
            for finding in answer.findings
        ]
    return values if len(values) > 1 or answer.outcome is not Outcome.PASSED else values["outcome"]


def _finding(finding: Finding, question: Question) -> dict[str, Any]:
    file = question.repository.by_path.get(finding.file)
    values = {
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "level": str(finding.level),
        "file": finding.file if finding.file != question.file else "",
        "excerpt": excerpt(file, finding.line, finding.column) if file else "",
        "evidence": finding.details,
        "why": " ".join(finding.why.split()),
        "instead": finding.instead,
        "status": finding.status if finding.status != "new" else "",
        "reason": finding.reason,
        "owner": finding.owner,
    }
    return {key: value for key, value in values.items() if value != ""}


def _comparison(comparison: Comparison) -> dict[str, Any]:
    """What changed since the earlier report; findings that this run has too are marked where they stand."""
    return {
        "earlier": str(comparison.earlier),
        "new": len(comparison.new),
        "still": len(comparison.still),
        "gone": [_earlier(finding) for finding in comparison.gone],
        "unjudged": [_earlier(finding) for finding in comparison.unjudged],
    }


def _earlier(finding: Finding) -> dict[str, Any]:
    values = as_dict(finding)
    return {key: values[key] for key in ("guideline", "code", "level", "file", "line", "column", "message", "status")}


def _file(migration: Migration, database: JudgedDatabase, cells: dict[int, Any]) -> dict[str, Any]:
    evidence = database.evidence.files.get(migration.path) if database.evidence else None
    folder, _, name = migration.path.rpartition("/")
    values: dict[str, Any] = {"folder": folder, "name": name, "cells": sorted(cells.items())}
    if database.name:
        values["database"] = database.name
    if evidence:
        values["applied"] = evidence.applied
        values["seconds"] = round(evidence.seconds, 6)
        values["trace"] = _traces(migration, evidence)
        values["timeline"] = _timeline(timeline(evidence.traces, database.suite.repository.sizes))
        values["changes"] = [list(change) for change in changes(evidence)]
    return values


def _traces(migration: Migration, evidence: FileEvidence) -> list[dict[str, Any]]:
    """The trace of each statement with the keys of the JSON report, and the beginning of its SQL."""
    values = []
    for trace in evidence.traces:
        statement = migration.sent[trace.statement]
        sql = statement.sql if len(statement.sql) <= _SQL else statement.sql[:_SQL] + "…"
        values.append({**plain(trace._replace(held=())), "sql": sql, "added": statement.added})
    return values


def _timeline(line: Timeline) -> dict[str, Any]:
    rows = [
        {
            **row._asdict(),
            "size": row.size._asdict() if row.size else None,
            "bars": [bar._asdict() for bar in row.bars],
            "work": [work._asdict() for work in row.work],
        }
        for row in line.rows
    ]
    return {
        "transactions": [part._asdict() for part in line.transactions],
        "rows": rows,
        "busy": line.busy,
        "unseen": line.unseen,
    }
