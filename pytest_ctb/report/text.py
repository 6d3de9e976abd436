"""Findings as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from pytest_ctb.model import Finding, Guideline, Migration, Source, Statement
from pytest_ctb.model.visible import on_a_line
from pytest_ctb.sql import spelled_sql

_WIDTH = 100
_PLACES = 20
"""How many places of one file are shown."""
_BEFORE, _AFTER = 6, 2
"""How many lines of a statement are shown around the place."""


def text(
    findings: Sequence[Finding],
    guideline: Guideline,
    files: Mapping[str, Migration],
    causes: Mapping[Finding, Finding] = MappingProxyType({}),
    *,
    short: bool = False,
) -> str:
    """The text of one failed test: each place and what is there, then why it matters, and how to allow it.

    Lines of SQL are shown for the findings whose file is among `files`, not for those about the whole schema.
    `causes`: the findings that only follow from another, which is named in place of all that it says itself.
    `short`: only the places, each with its lines of SQL.
    """
    parts = []
    for finding in findings[:_PLACES]:
        file = files.get(finding.file)
        if finding in causes:
            parts.append(f"{headline(finding)}\n    {_see(causes[finding])}")
        elif short:
            shown = excerpt(file, finding.line, finding.column) if file else ""
            parts.append(f"{headline(finding)}\n\n{shown}" if shown else headline(finding))
        else:
            parts.append(place(finding, file))
    if len(findings) > _PLACES:
        parts.append(f"and {len(findings) - _PLACES} more places")
    return "\n\n".join(parts if short else [*parts, *closing(findings, guideline, files, causes)])


def closing(
    findings: Sequence[Finding],
    guideline: Guideline,
    files: Mapping[str, Migration],
    causes: Mapping[Finding, Finding] = MappingProxyType({}),
) -> Sequence[str]:
    """The paragraphs at the end of a text, the same for each failed test of a guideline: why, and how to allow it."""
    explained = [finding for finding in findings if finding not in causes]
    parts = []
    if not all(finding.why for finding in explained):
        parts.append(_why(guideline.why))
    if any(finding.file in files and (finding.why or guideline.id not in _NOT_ALLOWABLE) for finding in explained):
        comment = next(files[finding.file].tool.comment for finding in explained if finding.file in files)
        parts.append(
            "Intentional? Say why, on the line above the statement or in the header:\n"
            f"    {comment} ctb:allow {guideline.id}: the reason"
        )
    return parts


def _see(cause: Finding) -> str:
    """A pointer to the finding that is the cause of another."""
    return f"see {cause.code} {cause.guideline} at line {cause.line}: the cause is the same, and so is the repair"


_NOT_ALLOWABLE = {"replay", "base-schema", "file-encoding"}
"""Guidelines whose text does not suggest `ctb:allow`, but for a cause of its own: the server would still refuse the
file. It works all the same."""


def headline(finding: Finding) -> str:
    """The first line of a finding: place, code, id and message."""
    place = f"{finding.file}:{finding.line}:{finding.column}"
    return on_a_line(f"{place}: {finding.code} {finding.guideline}: {finding.message}")


def place(finding: Finding, file: Migration | None) -> str:
    """The text of one finding: headline, the lines around its place, evidence, what to write instead."""
    parts = [headline(finding)]
    if finding.status == "allowed":
        parts[0] += f" (allowed: {finding.reason})"
    if file is not None:
        shown = excerpt(file, finding.line, finding.column)
        parts += [shown] if shown else []
    if finding.details:
        parts.append(textwrap.indent(finding.details, "    "))
    if finding.owner:
        parts.append(f"Owner: {on_a_line(finding.owner)}")
    if finding.why:
        parts.append(_why(finding.why))
    if finding.instead:
        parts.append("Instead:\n" + textwrap.indent(spelled_sql(finding.instead), "    "))
    return "\n\n".join(parts) if len(parts) > 1 else parts[0]


def excerpt(file: Migration, line: int, column: int) -> str:
    """The lines of the statement around a place, numbered, with a caret under it; empty for an empty line."""
    source: Source = file.source
    first, last = _bounds(file.statements, line)
    first, end = max(first, line - _BEFORE), min(last, line + _AFTER)
    # Only the part around the place of a very long line.
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
    """The first and last line of the statement on a line; the line itself where there is none."""
    for statement in statements:
        if statement.position.line <= line <= statement.last_line:
            return statement.position.line, statement.last_line
    return line, line


def _shown(content: str, start: int) -> str:
    """A line from a character on, without control characters; a very long one is cut."""
    part = content[start : start + 2 * _WIDTH]
    clean = "".join(c if c == "\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in part)
    return ("…" if start else "") + clean + ("…" if len(content) > start + 2 * _WIDTH else "")


def _why(prose: str) -> str:
    lead = "Why: "
    return textwrap.fill(
        " ".join(prose.split()),
        _WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
