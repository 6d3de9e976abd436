"""Findings to text for people and to JSON for programs. Knows neither pytest nor a server."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import (
    Finding,
    Guideline,
    Key,
    Level,
    Migration,
    Peopled,
    Replay,
    Repository,
    Source,
    Statement,
)

_WIDTH = 100
_PLACES = 20
"""How many places of one file are told; who must mend more than that starts with these."""
_BEFORE, _AFTER = 6, 2
"""How many lines of a statement are shown around the place."""


def text(findings: Sequence[Finding], guideline: Guideline, files: Mapping[str, Migration]) -> str:
    """What a person reads of one failed test: each place and what is there, then once why, and how to allow it.

    Of a finding whose file is not among `files` (one about the schema as a whole) no line is shown.
    """
    parts = [_place(one, files.get(one.file)) for one in findings[:_PLACES]]
    if len(findings) > _PLACES:
        parts.append(f"and {len(findings) - _PLACES} more places")
    parts.append(_labelled("Why", guideline.why))
    if any(one.file in files for one in findings) and guideline.id not in _NOT_ALLOWABLE:
        parts.append(
            "Meant so? Say why, on the line above the statement or in the header:\n"
            f"    -- ctb:allow {guideline.id}: the reason"
        )
    return "\n\n".join(parts)


_NOT_ALLOWABLE = {"replay", "base-schema", "file-encoding"}
"""Where a reason in the file helps nobody: the server would still refuse it. It is honoured all the same."""


def headline(finding: Finding) -> str:
    """The first line of a finding: place, code, what."""
    return f"{finding.file}:{finding.line}:{finding.column}: {finding.code} {finding.guideline}: {finding.message}"


def _place(finding: Finding, file: Migration | None) -> str:
    parts = [headline(finding)]
    if finding.status == "allowed":
        parts[0] += f" (allowed: {finding.reason})"
    if file is not None:
        shown = excerpt(file, finding.line, finding.column)
        parts += [shown] if shown else []
    if finding.evidence:
        parts.append(textwrap.indent(finding.evidence, "    "))
    if finding.instead:
        parts.append("Instead:\n" + textwrap.indent(finding.instead, "    "))
    return "\n\n".join(parts) if len(parts) > 1 else parts[0]


def excerpt(file: Migration, line: int, column: int) -> str:
    """The lines of the statement around a place, numbered, with a caret under it; empty for an empty line."""
    source: Source = file.source
    first, last = _bounds(file.statements, line)
    first, end = max(first, line - _BEFORE), min(last, line + _AFTER)
    # Of a very long line only what stands around the place.
    start = max(0, column - _WIDTH) if len(source.line(line)) > 2 * _WIDTH else 0
    width = len(str(end))
    rows = []
    for number in range(first, end + 1):
        rows.append(f"{number:>{width + 4}} | {_shown(source.line(number), start)}".rstrip())
        if number == line:
            # Tabs stay tabs, so that the caret stands under its character at any width.
            lead = "".join("\t" if c == "\t" else " " for c in source.line(number)[start : column - 1])
            rows.append(f"{'':>{width + 4}} | {' ' if start else ''}{lead}^")
    return "\n".join(rows) if any(source.line(n).strip() for n in range(first, end + 1)) else ""


def _bounds(statements: Iterable[Statement], line: int) -> tuple[int, int]:
    for one in statements:
        if one.position.line <= line <= one.last_line:
            return one.position.line, one.last_line
    return line, line


def _shown(content: str, start: int) -> str:
    """A line as a terminal may show it, from a character on: no control characters, and not all of a very long one."""
    part = content[start : start + 2 * _WIDTH]
    clean = "".join(c if c == "\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in part)
    return ("…" if start else "") + clean + ("…" if len(content) > start + 2 * _WIDTH else "")


def _labelled(label: str, prose: str) -> str:
    lead = f"{label}: "
    return textwrap.fill(
        " ".join(prose.split()),
        _WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_dict(finding: Finding) -> dict[str, Any]:
    """A finding as the JSON report has it: the keys of the contract, in its order."""
    values = dataclasses.asdict(finding)
    del values["reason"], values["fix"]
    return {**values, "level": str(finding.level)}


def check_path(path: Path) -> None:
    """Raise ConfigError where no report can be written to `path`, before the run rather than after it."""
    if path.suffix != ".json":
        raise ConfigError(f"--ctb-report {path}: the ending says the format, and {path.suffix or 'none'} is not .json")
    if not path.parent.is_dir():
        raise ConfigError(f"--ctb-report {path}: there is no folder {path.parent}")
    if path.is_dir():
        raise ConfigError(f"--ctb-report {path}: is a folder")


def as_json(
    repository: Repository, seen: Replay | None, findings: Iterable[Mapping[str, Any]], summary: Mapping[str, int]
) -> str:
    """The JSON report, version 1. `seen` is None where no server was needed."""
    order = sorted(findings, key=lambda one: (one["file"], one["line"], one["column"], one["code"]))
    document = {
        "version": 1,
        "postgres": dataclasses.asdict(seen.server) if seen else None,
        "migrations": [_migration(one, seen) for one in repository.migrations],
        "findings": order,
        "summary": dict(summary),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _migration(one: Migration, seen: Replay | None) -> dict[str, Any]:
    fared = seen.files.get(one.path) if seen else None
    unique_id = one.header_field("Unique ID")
    return {
        "file": one.path,
        "date": one.date.isoformat() if one.date else None,
        "unique_id": unique_id.value if unique_id else None,
        "statements": len(one.statements),
        "applied": fared.applied if fared else None,
        "seconds": round(fared.seconds, 6) if fared else None,
        "trace": [_plain(one) for one in fared.traces] if fared else None,
        "again": _plain(fared.again) if fared and fared.again else None,
        "rollback": _plain(fared.rollback) if fared and fared.rollback else None,
        "rows": _rows(fared.peopled) if fared and fared.peopled else None,
        "mismatches": [_plain(one) for one in fared.mismatches] if fared else None,
        "breaks": [_plain(one) for one in fared.breaks] if fared else None,
    }


def _rows(peopled: Peopled) -> dict[str, Any]:
    """Which tables were filled for the trial on rows, which could not be and why, and what was lost in it."""
    return {
        "filled": dict(sorted(peopled.filled.items())),
        "unfilled": dict(sorted(peopled.unfilled.items())),
        "losses": [_plain(one) for one in peopled.losses],
    }


def _plain(value: Any) -> Any:
    """A record as JSON has it: what is empty, false or none left out; an object's key in words."""
    if isinstance(value, Key):
        return str(value)
    if dataclasses.is_dataclass(value):
        value = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    elif hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items() if one not in (None, "", (), False)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return round(value, 6) if isinstance(value, float) else value


def is_breach(finding: Finding) -> bool:
    """It fails its test: new, and of level `error`."""
    return finding.status == "new" and finding.level is Level.ERROR


class Tally:
    """What the reports are made of: pytest's own reports, one after the other, each as it comes from its process."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._outcomes: dict[str, str] = {}
        self._findings: dict[str, list[dict[str, Any]]] = {}

    def add(self, report: Any) -> None:
        """Take a pytest.TestReport; of a test that is run again the last counts."""
        if "ctb" not in report.keywords:
            return
        self._findings[report.nodeid] = getattr(report, "ctb_findings", self._findings.get(report.nodeid, []))
        if report.when == "setup":
            self._outcomes[report.nodeid] = {"failed": "error"}.get(report.outcome, report.outcome)
        elif report.when == "call":
            self._outcomes[report.nodeid] = "xfailed" if hasattr(report, "wasxfail") else report.outcome

    def write(self, repository: Repository, seen: Replay | None) -> None:
        """Write every report that was asked for."""
        outcomes = list(self._outcomes.values())
        summary = {one: outcomes.count(one) for one in ("passed", "failed", "xfailed", "skipped", "error")}
        findings = [one for found in self._findings.values() for one in found]
        for path in self._paths:
            path.write_text(as_json(repository, seen, findings, summary), encoding="utf-8")
