"""Read the files of downstream code: SQL files in the formats of sqlc, aiosql and PugSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pytest_ctb.model import Consumer, ConsumerId, Source
from pytest_ctb.sql.lexer import Lexer, Span
from pytest_ctb.sql.parser import comments_in
from pytest_ctb.sql.tokens import scan

_NAME = re.compile(r"\s*(?:name\s*:|:name\s)\s*([\w.-]+)")
_PARAMETER = re.compile(r":[^\W\d]\w*")
"""`:name`. Others that psql knows, `:'name'` say, no library of queries does."""
_WORD = re.compile(r"[\w\]]")


def read_consumers(path: str, source: Source) -> tuple[Consumer, ...]:
    """The statements of a file, in order. Statements that do not parse are kept: the server refuses them.

    A line `-- name: x` or `-- :name x` names the statements up to the next such line, and ends the statement before it:
    these libraries need no semicolon there. `path` is relative to the root.
    """
    consumers = []
    for name, start, end in _blocks(source):
        lexer = Lexer(source.text[start:end])
        while (span := lexer.next()) is not None:
            consumers.append(_consumer(path, name, source, start, span))
    return tuple(consumers)


def _blocks(source: Source) -> Iterator[tuple[str, int, int]]:
    """Name, start and end (characters) of each named part of a file; the name is empty before the first one."""
    lexer = Lexer(source.text)
    while lexer.next() is not None:
        pass
    name, start = "", 0
    for comment_start, end in lexer.comments:
        name_line = _NAME.match(source.text, comment_start + 2, end)
        if (
            name_line
            and source.text.startswith("--", comment_start)
            and next(comments_in(source, [(comment_start, end)])).alone
        ):
            yield name, start, comment_start
            name, start = name_line[1], comment_start
    yield name, start, len(source.text)


def _consumer(path: str, name: str, source: Source, offset: int, span: Span) -> Consumer:
    """The statement with `$1`, `$2` … in place of its named parameters; the same name gets the same number."""
    numbers: dict[str, int] = {}
    first = offset + span.start
    offsets = [(0, first)]
    sql = ""
    at = first
    for start, end in ((offset + inner_start, offset + inner_end) for inner_start, inner_end in span.placeholders):
        piece = source.text[start:end]
        is_slice = start > 0 and _WORD.match(source.text[start - 1])  # of an array: `a[x:y]`
        if is_slice or not _PARAMETER.fullmatch(piece):
            continue
        number = numbers.setdefault(piece, len(numbers) + 1)
        sql += source.text[at:start]
        offsets.append((len(sql), start))
        sql += f"${number}"
        offsets.append((len(sql), end))
        at = end
    sql += source.text[at : offset + span.end]
    position = source.at(first)
    return Consumer(ConsumerId(path, *position, name), sql.rstrip(), position, source, tuple(offsets))


def with_null_parameter(consumer: Consumer, number: int) -> Consumer:
    """The statement with NULL in place of the parameter `$number`: NULL has any type."""
    offsets: list[tuple[int, int]] = []
    sql = ""
    at = 0
    ends = [(token.start, token.end) for token in scan(consumer.sql) if token.word == f"${number}"]
    for start, end in (*ends, (len(consumer.sql), -1)):
        offsets.append((len(sql), consumer.offset(at)))
        offsets += [(len(sql) + in_sql - at, in_file) for in_sql, in_file in consumer.places if at <= in_sql <= start]
        sql += consumer.sql[at:start]
        if end > 0:
            offsets.append((len(sql), consumer.offset(start)))
            sql += "NULL"
        at = end
    return replace(consumer, sql=sql, places=tuple(offsets))
