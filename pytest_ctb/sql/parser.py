"""Parse a text into Statements with the grammar of Postgres."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import postgast

from pytest_ctb.model import SPACE, Comment, Control, Position, Problem, Source, Statement, line_ends, lines
from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.plpgsql import body
from pytest_ctb.sql.spelling import spelled_name
from pytest_ctb.sql.tags import command_tag, control
from pytest_ctb.sql.tree import Tree, enum, node_of, parse_tree

_FRAME_OF_BLOCK = re.compile(r"[ \t]*(?:\*+|--)")
"""What some set in front of each line of a `/* … */`."""


def comments_in(source: Source, spans: Iterable[tuple[int, int]]) -> Iterator[Comment]:
    """The lines of comments from a start to an end (characters): one behind `--`, or each of a `/* … */`."""
    text = source.text
    for start, end in spans:
        position = source.at(start)
        alone = position.column == 1 or not text[start - position.column + 1 : start].strip()
        if text.startswith("--", start):
            yield Comment(text[start + 2 : end], position, alone, position.column + 2)
        else:
            yield from _block_comment(source, start, end - 2, position, alone=alone)


def _block_comment(source: Source, start: int, stop: int, position: Position, *, alone: bool) -> Iterator[Comment]:
    """The lines of a `/* … */`; `stop` is the offset of its `*/`."""
    text = source.text
    first = _line(text, start + 2, stop)
    yield Comment(first, position, alone, position.column + 2, position)
    others = [(at, _line(text, at, stop)) for at in line_ends(text, start, stop)]
    frames = [_FRAME_OF_BLOCK.match(line) for _, line in others]
    framed = all(frame or not line.strip() for frame, (_, line) in zip(frames, others, strict=True))
    for frame, (at, line) in zip(frames, others, strict=True):
        skipped = frame.end() if framed and frame else 0
        place = source.at(at + skipped)
        yield Comment(line[skipped:], place, alone=True, column=place.column, block=position)


def _line(text: str, start: int, stop: int) -> str:
    """The text from `start` to the end of its line, or to `stop`."""
    return next(iter(lines(text[start:stop])), "")


def parse_statement(source: Source, start: int, stop: int, end: int = 0) -> Statement | None:
    """Parse the statement from `start` to `stop` (characters); None where there is none.

    `end` is the offset behind its semicolon. Raises nothing: an error is the statement's `problem`.
    """
    sql = source.text[start:stop].rstrip(SPACE)
    try:
        (tag, transaction, tree), number = (_short_tree if len(sql) <= _SHORT else _tree)(sql)
    except postgast.PgQueryError as error:
        at = source.at(start + max(0, error.cursorpos - 1))  # in characters, whatever postgast says of bytes
        return Statement(sql, source, start, problem=Problem(first_line(error.message), at), end=end)
    except libpg_query.TOO_DEEP:
        problem = Problem("the statement nests too deep to be read", source.at(start))
        return Statement(sql, source, start, problem=problem, end=end)
    if not number:
        return None
    if number > 1:
        problem = Problem("several statements where psql sees one", source.at(start))
        return Statement(sql, source, start, problem=problem, end=end)
    statement = Statement(sql, source, start, tag, transaction, tree, end=end)
    if statement.tag not in body.ROUTINES:
        return statement
    inner, unread = body.inner_statements(statement)
    return replace(statement, inner=inner, unread=unread)


def _tree(sql: str) -> tuple[tuple[str, Control | None, Tree | None], int]:
    """Tag, transaction control and tree of the only statement of a text, and how many statements there are."""
    nodes = libpg_query.parse(sql).stmts
    if len(nodes) != 1:
        return ("", None, None), len(nodes)
    tree = node_of(nodes[0])
    return (command_tag(tree), control(tree), Tree(tree, len(sql))), 1


_SHORT = 16
_short_tree = lru_cache(maxsize=64)(_tree)  # nearly all files hold a BEGIN and a COMMIT


def fingerprint(statement: Statement) -> str:
    """A hash that statements of the same form share, whatever their constants, comments and spaces are."""
    try:
        return libpg_query.fingerprint(statement.sql)
    except (postgast.PgQueryError, *libpg_query.TOO_DEEP):
        return hashlib.sha256(" ".join(statement.sql.split()).encode()).hexdigest()[:16]


def first_line(message: str) -> str:
    """The first line of a syntax error: an unterminated string quotes the rest of the file."""
    first, newline, _ = message.partition("\n")
    return f'{first} …"' if newline else message


def copies_from_stdin(statement: Statement) -> bool:
    """Whether a statement is a COPY FROM STDIN, whose rows follow it."""
    if statement.tag != "COPY":
        return False
    tree = parse_tree(statement)
    return bool(tree.is_from and not tree.filename and not tree.is_program)


def as_sql(*parts: str) -> str:
    """A name as SQL must write it: `company.master`, `"Order"."Ä b"`; empty parts are left out."""
    return ".".join(_identifier(part) for part in parts if part)


def table_as_sql(name: str) -> str:
    """The name of a table or index as the evidence has it (`shop.Order Line`), as SQL must write it."""
    return as_sql(*name.split(".", 1))


def relation_as_sql(relation: Any) -> str:
    """The name of a RangeVar as SQL must write it."""
    return as_sql(relation.schemaname, relation.relname)


def literal(text: str) -> str:
    """A text as a string constant of SQL."""
    return "'" + text.replace("'", "''") + "'"


@lru_cache(maxsize=1024)  # the same few names come again and again
def _identifier(name: str) -> str:
    try:
        tokens = postgast.scan(name).tokens
    except postgast.PgQueryError:
        tokens = ()
    kinds = {"NO_KEYWORD", "UNRESERVED_KEYWORD"}
    if len(tokens) == 1 and (name == "…" or (_is_word(name) and enum(tokens[0], "keyword_kind") in kinds)):
        return name
    return spelled_name(name)


def _is_word(name: str) -> bool:
    return (
        name == name.lower() and (name[0].isalpha() or name[0] == "_") and all(c.isalnum() or c in "_$" for c in name)
    )
