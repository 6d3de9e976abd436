"""The tokens of a statement, for positions that the parse tree lacks, such as the start of a command of an ALTER."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import postgast

from pytest_ctb.model import Position, Statement
from pytest_ctb.sql.lexer import DOLLAR
from pytest_ctb.sql.tree import parse_tree

_WITH_BODY = {"DO", "CREATE FUNCTION", "CREATE PROCEDURE"}


class Token(NamedTuple):
    """A token in upper case, with its start and end in the text (characters)."""

    word: str
    start: int
    end: int


@lru_cache(maxsize=4)  # callers ask for each command of an ALTER in turn
def scan(text: str) -> Sequence[Token]:
    """The tokens of a text, without comments; none where the scanner fails."""
    try:
        scanned = postgast.scan(text).tokens
    except postgast.PgQueryError:
        return ()
    # Not every token has a name: single characters such as `{` have none.
    kinds = scanned[0].DESCRIPTOR.fields_by_name["token"].enum_type.values_by_name if scanned else {}
    comments = {kinds[name].number for name in ("SQL_COMMENT", "C_COMMENT") if name in kinds}
    bounds = [(token.start, token.end) for token in scanned if token.token not in comments]
    if text.isascii():
        return tuple(Token(text[a:b].upper(), a, b) for a, b in bounds)
    return tuple(_in_characters(text.encode(), bounds))


def _in_characters(data: bytes, bounds: Iterable[tuple[int, int]]) -> Iterator[Token]:
    """Tokens with offsets in characters, from their bounds in bytes; walks the text once."""
    at = end_before = 0
    for start, end in bounds:
        word = data[start:end].decode()
        at += len(data[end_before:start].decode())
        yield Token(word.upper(), at, at + len(word))
        at, end_before = at + len(word), end


def after_words(statement: Statement, *words: str, start: int = 0) -> int | None:
    """The offset (characters) behind the last of `words`, in this order from `start` on; None where one is missing."""
    wanted = list(words)
    tokens = scan(statement.sql)
    for token in islice(tokens, bisect_left(tokens, start, key=lambda token: token.start), None):
        if token.word == wanted[0]:
            wanted.pop(0)
            if not wanted:
                return token.end
    return None


def spans_of(statement: Statement, name: Sequence[str], *, qualified: bool = False) -> list[tuple[int, int]]:
    """Start and end (characters) of each place where a statement gives a name of these parts, however it is quoted.

    `qualified`: with the names of the schema or table that may stand before it.
    """
    tokens = scan(statement.sql)
    texts = [_unquoted(statement.sql[token.start : token.end]) for token in tokens]
    wanted = [text for part in name for text in (".", part)][1:]
    spans = []
    for last in range(len(wanted), len(texts) + 1):
        first = last - len(wanted)
        if texts[first:last] == wanted:
            while qualified and first > 1 and texts[first - 1] == ".":
                first -= 2
            spans.append((tokens[first].start, tokens[last - 1].end))
    return spans


def _unquoted(text: str) -> str:
    """An identifier as Postgres reads it."""
    return text[1:-1].replace('""', '"') if text.startswith('"') else text.lower()


def code_end(statement: Statement) -> int:
    """The offset (characters) behind the last token of a statement, before any comment at its end."""
    tokens = scan(statement.sql)
    return tokens[-1].end if tokens else len(statement.sql)


def commands(statement: Statement) -> list[int]:
    """The offset (characters) in the statement of each command of an ALTER TABLE."""
    starts: list[int] = []
    depth = 0
    named = False
    after_comma = False
    previous = ""
    for token in scan(statement.sql):
        depth += (token.word == "(") - (token.word == ")")
        if not starts:
            # ALTER [FOREIGN] TABLE [IF EXISTS] [ONLY] name [*]: the name's parts are joined by dots.
            if named and previous != "." and token.word not in {".", "*"}:
                starts.append(token.start)
            elif not named and token.start >= _name_location(statement):
                named = True
        elif after_comma:
            starts.append(token.start)
        after_comma = token.word == "," and depth == 0
        previous = token.word
    return starts


def _name_location(statement: Statement) -> int:
    location = parse_tree(statement).relation.location
    return location if statement.sql.isascii() else len(statement.sql.encode()[:location].decode())


def constants(statement: Statement) -> Iterator[tuple[int, int]]:
    """Start and end (characters) of the strings and quoted names of a statement; of those in a routine's body too.

    The whole text counts as one where the scanner cannot read it.
    """
    yield from _constants(statement.sql, 0, bodies=statement.tag in _WITH_BODY)


def _constants(text: str, start: int, *, bodies: bool) -> Iterator[tuple[int, int]]:
    tokens = scan(text)
    if not tokens:
        yield start, start + len(text)
    for token in tokens:
        opened = DOLLAR.match(text, token.start) if bodies else None
        if opened:
            size = len(opened[0])
            yield from _constants(text[token.start + size : token.end - size], start + token.start + size, bodies=False)
        elif text[token.end - 1] in "'\"$":
            yield start + token.start, start + token.end


def position_at(statement: Statement, offset: int) -> Position:
    """The position in the file of an offset (characters) into a statement."""
    return statement.source.at(statement.start + offset) if statement.verbatim else statement.position
