"""Runs of `pytest --ctb` for one file, and what Postgres did for each of its statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_ctb.cli.project import Project
from pytest_ctb.cli.suite import run_suite
from pytest_ctb.model import Finding
from pytest_ctb.report.json import from_dict


@dataclass(frozen=True)
class Replayed:
    """What one run found in a file and saw of it. It holds for the text that was run."""

    text: str
    findings: tuple[Finding, ...]
    traces: Sequence[Mapping[str, Any]]
    """One for each statement that was sent, as in the JSON report."""

    def at(self, line: int) -> Mapping[str, Any] | None:
        """The trace of the last statement that starts on a line or above it."""
        before = [trace for trace in self.traces if trace.get("line", 0) <= line]
        return before[-1] if before else None


def replay(project: Project, path: str, text: str) -> Replayed:
    """Run the suite on a file as it is saved. Raises ConfigError where the run does not come to its end."""
    report = run_suite(project, [path], "the file was not replayed")
    findings = tuple(
        finding
        for values in report["findings"]
        if (finding := from_dict(values)).file == path and finding.status == "new"
    )
    traces = next((record["trace"] or () for record in report["migrations"] if record["file"] == path), ())
    return Replayed(text, findings, traces)


def seen(trace: Mapping[str, Any]) -> str:
    """What Postgres did for one statement, as a list in Markdown."""
    locks = trace.get("locks", ())
    lines = [f"- {lock['mode']} on `{lock.get('table') or lock['relation']}`{_size(lock)}" for lock in locks]
    for key, verb in (("created", "makes"), ("altered", "changes"), ("dropped", "drops")):
        lines += [f"- {verb} `{_named(item)}`" for item in trace.get(key, ())]
    lines += [f"- rewrites `{_named(item)}`" for item in trace.get("rewritten", ())]
    lines += [f"- reads every row of `{_named(item)}`" for item in trace.get("scanned", ())]
    for row in trace.get("rows", ()):
        counts = [f"{row[verb]:,} {verb}" for verb in ("inserted", "updated", "deleted") if row.get(verb)]
        lines += [f"- rows of `{_named(row)}`: {', '.join(counts)}"] if counts else []
    return "\n".join(dict.fromkeys(lines))


def _named(item: Any) -> str:
    if isinstance(item, Mapping):
        return str(item.get("table") or item.get("key"))
    return str(item)


def _size(lock: Mapping[str, Any]) -> str:
    return f" ({lock['rows']:,} rows here)" if lock.get("rows") else ""
