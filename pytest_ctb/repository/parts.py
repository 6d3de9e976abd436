"""What of a file is sent to a server, and how: its parts, and the BEGIN and COMMIT that the tool brings itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from pytest_ctb.model import Comment, Mark, Part, Parts, Problem, Reading, Source, Statement, Tool
from pytest_ctb.sql import parse, read_psql, refused

_BLANKED = re.compile(r"[^\r\n]")


class ReadParts(NamedTuple):
    """What stands in the parts of a file, at the places that it has in the file."""

    parts: tuple[tuple[Part, tuple[Statement, ...]], ...]
    comment_lines: tuple[Comment, ...]
    exact: bool
    """The statements are those of the text: nothing was filled in."""


def read_parts(source: Source, parts: Sequence[Part], others: Sequence[Part], path: str, reading: Reading) -> ReadParts:
    """Read each part, with the values of its placeholders.

    The first part begins with what stands above it; `others` are blanked out, but for what they share with it.
    """
    read_so_far: list[tuple[Part, tuple[Statement, ...]]] = []
    comment_lines: list[Comment] = []
    exact = True
    blank = _BLANKED.sub(" ", source.text)
    for number, part in enumerate(parts):
        text = _alone(source.text, blank, part, 0 if number == 0 else part.start, others)
        read = read_psql(source if text == source.text else Source(text), path, reading)
        read_so_far.append((part, read.statements))
        comment_lines += read.comment_lines
        exact = exact and read.exact
    return ReadParts(tuple(read_so_far), tuple(comment_lines), exact)


def _alone(text: str, blank: str, part: Part, start: int, without: Iterable[Part]) -> str:
    """The text with spaces (`blank`) in place of what is not asked for, so that every line and column stays."""
    body = part.sql or text[part.start : part.end]
    kept = blank[:start] + text[start : part.start] + body + blank[part.end :]
    for other in without:
        if other.start == part.start:  # it is run once more to take another part back
            continue
        kept = kept[: other.start] + blank[other.start : other.end] + kept[other.end :]
    return kept


def sendable(statements: Iterable[Statement], tool: Tool, parts: Parts, source: Source) -> Iterator[Statement]:
    """The statements; with a problem where the tool cannot send one as it stands. `source` is the file's text."""
    for statement in statements:
        problem = None
        if parts.cuts and not statement.problem:
            start = source.offset(statement.position)
            problem = parts.cuts(start, statement.end or start + len(statement.sql))
        if statement.data is not None and not tool.sends_copy_rows:
            what = f"the rows of COPY … FROM stdin are for psql: {tool.name} sends SQL alone; write INSERT"
            problem = Problem(what, statement.position)
        if problem:
            yield statement.withheld(problem)
        else:
            yield statement


def sent_parts(
    parts: Iterable[tuple[Part, tuple[Statement, ...]]], tool: Tool, off: Mark | None
) -> tuple[Statement, ...]:
    """The statements of all parts as the tool sends them; parts that continue others share their transaction."""
    groups: list[tuple[Part, tuple[Statement, ...]]] = []
    for part, statements in parts:
        if part.continues and groups and tool.adds_transaction and not (part.no_transaction or off):
            groups[-1] = (part, groups[-1][1] + statements)
        else:
            groups.append((part, statements))
    return tuple(
        statement
        for part, statements in groups
        for statement in sent(statements, tool, part.no_transaction or off, at_once=part.at_once)
    )


def sent(
    statements: tuple[Statement, ...], tool: Tool, off: Mark | None, *, at_once: bool = False
) -> tuple[Statement, ...]:
    """The statements inside the tool's own BEGIN and COMMIT, or as one query (`at_once`), or as they stand."""
    has_its_own = any(statement.control for statement in statements)
    enclosed = tool.adds_transaction and not off
    at_once = at_once or tool.sends_whole_file
    if statements and (enclosed or (at_once and len(statements) > 1 and not has_its_own)):
        begin, commit = _frame()
        first, last = statements[0], statements[-1]
        return (_added(begin, first), *statements, _added(commit, last))
    return statements


def switched_off(statements: Iterable[Statement], tool: Tool) -> Mark | None:
    """Where the tool leaves its transaction away by itself, because of a statement."""
    needing = (
        next((statement for statement in statements if refused(statement)), None)
        if tool.detects_refused_statements
        else None
    )
    return Mark(f"{tool.name} sees it by itself", needing.position, refused(needing)) if needing else None


@cache
def _frame() -> tuple[Statement, Statement]:
    (begin, commit), _ = parse(Source("BEGIN; COMMIT;"))
    return begin, commit


def _added(command: Statement, beside: Statement) -> Statement:
    return replace(command, source=beside.source, start=beside.start, verbatim=False, added=True)
