"""The words of a statement, for places that the parse tree does not tell: where an ALTER's third command starts."""

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
    """One token, in upper case, and where it lies in the statement (characters)."""

    word: str
    start: int
    end: int


@lru_cache(maxsize=4)  # the commands of one ALTER are asked for one by one
def scan(text: str) -> Sequence[Token]:
    """The tokens of a text, comments left out; none where it cannot be read."""
    try:
        found = postgast.scan(text).tokens
    except postgast.PgQueryError:
        return ()
    # By name, not by number: the scanner hands on characters that the enumeration has no name for, as `{` is.
    kinds = found[0].DESCRIPTOR.fields_by_name["token"].enum_type.values_by_name if found else {}
    comments = {kinds[name].number for name in ("SQL_COMMENT", "C_COMMENT") if name in kinds}
    bounds = [(t.start, t.end) for t in found if t.token not in comments]
    if text.isascii():
        return tuple(Token(text[a:b].upper(), a, b) for a, b in bounds)
    return tuple(_in_characters(text.encode(), bounds))


def _in_characters(data: bytes, bounds: Iterable[tuple[int, int]]) -> Iterator[Token]:
    """Tokens from their bounds in bytes, walking the text once."""
    at = seen = 0
    for start, end in bounds:
        word = data[start:end].decode()
        at += len(data[seen:start].decode())
        yield Token(word.upper(), at, at + len(word))
        at, seen = at + len(word), end


def after_words(statement: Statement, *words: str, start: int = 0) -> int | None:
    """The offset (characters) behind the last of `words`, which stand in this order at or after `start`."""
    rest = list(words)
    found = scan(statement.sql)
    for token in islice(found, bisect_left(found, start, key=lambda one: one.start), None):
        if token.word == rest[0]:
            rest.pop(0)
            if not rest:
                return token.end
    return None


def code_end(statement: Statement) -> int:
    """The offset (characters) behind the last token of a statement: a comment at the end of a file is none of it."""
    found = scan(statement.sql)
    return found[-1].end if found else len(statement.sql)


def commands(statement: Statement) -> list[int]:
    """Where each command of an ALTER TABLE starts (characters into the statement)."""
    found: list[int] = []
    depth = 0
    named = False
    after_comma = False
    previous = ""
    for token in scan(statement.sql):
        depth += (token.word == "(") - (token.word == ")")
        if not found:
            # ALTER [FOREIGN] TABLE [IF EXISTS] [ONLY] name [*]: the name's parts are joined by dots.
            if named and previous != "." and token.word not in {".", "*"}:
                found.append(token.start)
            elif not named and token.start >= _name_location(statement):
                named = True
        elif after_comma:
            found.append(token.start)
        after_comma = token.word == "," and depth == 0
        previous = token.word
    return found


def _name_location(statement: Statement) -> int:
    location = parse_tree(statement).relation.location
    return location if statement.sql.isascii() else len(statement.sql.encode()[:location].decode())


def constants(statement: Statement) -> Iterator[tuple[int, int]]:
    """Where the strings and the quoted names of a statement stand (characters); those in a routine's body for it.

    All of the statement, or of the body, where its words cannot be told apart.
    """
    yield from _constants(statement.sql, 0, bodies=statement.tag in _WITH_BODY)


def _constants(text: str, start: int, *, bodies: bool) -> Iterator[tuple[int, int]]:
    found = scan(text)
    if not found:
        yield start, start + len(text)
    for token in found:
        opened = DOLLAR.match(text, token.start) if bodies else None
        if opened:
            size = len(opened[0])
            yield from _constants(text[token.start + size : token.end - size], start + token.start + size, bodies=False)
        elif text[token.end - 1] in "'\"$":
            yield start + token.start, start + token.end


def position_at(statement: Statement, offset: int) -> Position:
    """The position in the file of an offset (characters) into a statement."""
    return statement.source.at(statement.start + offset) if statement.verbatim else statement.position
