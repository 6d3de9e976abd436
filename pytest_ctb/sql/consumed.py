"""The statements of a file that downstream code sends, as sqlc, aiosql and PugSQL keep them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pytest_ctb.model import Consumer, ConsumerId, Source
from pytest_ctb.sql.lexer import Lexer, Span
from pytest_ctb.sql.parser import comment
from pytest_ctb.sql.tokens import scan

_NAME = re.compile(r"\s*(?:name\s*:|:name\s)\s*([\w.-]+)")
_PARAMETER = re.compile(r":[^\W\d]\w*")
"""`:name`. Others that psql knows, `:'name'` say, no library of queries does."""
_WORD = re.compile(r"[\w\]]")


def consumed(path: str, source: Source) -> tuple[Consumer, ...]:
    """Read a file's statements in their order; what cannot be read is left for the server to refuse.

    A name, `-- name: x` or `-- :name x` on a line of its own, is that of the statements up to the next one, and ends
    what stands before it: libraries need no semicolon there.
    """
    consumers = []
    for name, start, end in _blocks(source):
        lexer = Lexer(source.text[start:end])
        while (span := lexer.next()) is not None:
            consumers.append(_consumer(path, name, source, start, span))
    return tuple(consumers)


def _blocks(source: Source) -> Iterator[tuple[str, int, int]]:
    """The name of each stretch, and where that begins and ends; before the first name it is empty."""
    lexer = Lexer(source.text)
    while lexer.next() is not None:
        pass
    name, start = "", 0
    for here, end in lexer.comments:
        name_line = _NAME.match(source.text, here + 2, end)
        if name_line and comment(source, here, end).alone:
            yield name, start, here
            name, start = name_line[1], here
    yield name, start, len(source.text)


def _consumer(path: str, name: str, source: Source, offset: int, span: Span) -> Consumer:
    """Put `$1` in the place of each name; the same name is the same parameter."""
    numbers: dict[str, int] = {}
    first = offset + span.start
    places = [(0, first)]
    sql = ""
    at = first
    for start, end in ((offset + first_in, offset + last_in) for first_in, last_in in span.placeholders):
        piece = source.text[start:end]
        slice_ = start > 0 and _WORD.match(source.text[start - 1])  # of an array: `a[x:y]`
        if slice_ or not _PARAMETER.fullmatch(piece):
            continue
        number = numbers.setdefault(piece, len(numbers) + 1)
        sql += source.text[at:start]
        places.append((len(sql), start))
        sql += f"${number}"
        places.append((len(sql), end))
        at = end
    sql += source.text[at : offset + span.end]
    position = source.at(first)
    return Consumer(ConsumerId(path, *position, name), sql.rstrip(), position, source, tuple(places))


def without(consumer: Consumer, number: int) -> Consumer:
    """The statement with NULL in the place of a parameter: what any type can be."""
    places: list[tuple[int, int]] = []
    sql = ""
    at = 0
    ends = [(token.start, token.end) for token in scan(consumer.sql) if token.word == f"${number}"]
    for start, end in (*ends, (len(consumer.sql), -1)):
        places.append((len(sql), consumer.offset(at)))
        places += [(len(sql) + in_sql - at, there) for in_sql, there in consumer.places if at <= in_sql <= start]
        sql += consumer.sql[at:start]
        if end > 0:
            places.append((len(sql), consumer.offset(start)))
            sql += "NULL"
        at = end
    return replace(consumer, sql=sql, places=tuple(places))
