"""The end of what a finding points at, for formats and editors that mark a range."""

from __future__ import annotations

import re

from pytest_ctb.model import Finding, Migration, Position, Statement
from pytest_ctb.sql import code_end

_WORD = re.compile(r"\w+|\S")


def end_of(finding: Finding, file: Migration | None) -> Position:
    """The position behind the last character that a finding is about.

    A finding at the start of a statement covers the whole statement. Any other covers the word at its place; in a
    comment it covers the rest of the line. Without the file, the end is the start.
    """
    start = Position(finding.line, finding.column)
    line = file.source.line(finding.line) if file else ""
    if file is None or finding.column > len(line):
        return start
    for statement in file.statements:
        for inner in statement.walk():
            if inner.verbatim and inner.sql and inner.position == start:
                return file.source.at(inner.start + code_end(inner)) if inner.source is file.source else start
    if not _inside_a_statement(start, file.statements):
        return Position(finding.line, len(line.rstrip()) + 1)
    word = _WORD.match(line, finding.column - 1)
    return Position(finding.line, word.end() + 1) if word else start


def _inside_a_statement(place: Position, statements: tuple[Statement, ...]) -> bool:
    return any(statement.position.line <= place.line <= statement.last_line for statement in statements)
