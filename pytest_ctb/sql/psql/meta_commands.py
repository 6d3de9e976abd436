"""The arguments of psql's commands, as psql reads them (psqlscanslash.l): quotes, variables, where they end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from pytest_ctb.model import SPACE
from pytest_ctb.sql.lexer import PLACEHOLDER
from pytest_ctb.sql.psql.placeholders import NotFilledError, variable

_NAME = re.compile(rf"\\([^{SPACE}\\]*)")
_VARIABLE = re.compile(PLACEHOLDER)
_BETWEEN = SPACE.replace("\n", "")
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "b": "\b", "r": "\r", "f": "\f"}


class Command(NamedTuple):
    """One command of psql: its name without the backslash, its arguments, and the offset behind it."""

    name: str
    arguments: tuple[str, ...]
    end: int
    problem: str = ""
    """Why the arguments cannot be read."""


def command(text: str, at: int, variables: Mapping[str, str]) -> Command:
    """The command whose backslash stands at an offset. It ends with its line, or where the next one starts."""
    named = _NAME.match(text, at)
    name = named[1] if named else ""
    at += 1 + len(name)
    arguments: list[str] = []
    try:
        while True:
            while at < len(text) and text[at] in _BETWEEN:
                at += 1
            if at >= len(text) or text[at] == "\n":
                break
            if text[at] == "\\":
                at += 2 if text.startswith("\\\\", at) else 0
                break
            argument, at = _argument(text, at, variables)
            arguments.append(argument)
    except NotFilledError as error:
        end = text.find("\n", at)
        return Command(name, tuple(arguments), len(text) if end < 0 else end, str(error))
    return Command(name, tuple(arguments), at)


def _argument(text: str, at: int, variables: Mapping[str, str]) -> tuple[str, int]:
    parts = []
    while at < len(text) and text[at] not in _BETWEEN and text[at] not in "\n\\":
        here = text[at]
        found = _VARIABLE.match(text, at)
        if here in "'\"":
            end = _end_of_quote(text, at)
            quoted = text[at : end + 1]
            parts.append(quoted if here == '"' else _unescaped(quoted[1:-1]))
            at = end + 1
        elif here == "`":
            raise NotFilledError("what stands in backticks is a program, which a migration cannot run")
        elif found:
            _, value = variable(found[0], variables)
            parts.append(found[0] if value is None else value)
            at = found.end()
        else:
            parts.append(here)
            at += 1
    return "".join(parts), at


def _end_of_quote(text: str, at: int) -> int:
    quote = text[at]
    at += 1
    while at < len(text) and text[at] != "\n":
        if quote == "'" and (text[at] == "\\" or text.startswith("''", at)):
            at += 1
        elif text[at] == quote:
            return at
        at += 1
    raise NotFilledError(f"the quote {quote} is not closed on its line")


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1] or found[2]:
            return chr(int(found[1], 8) if found[1] else int(found[2], 16))
        return _LETTERS.get(found[3], found[3])

    return _ESCAPE.sub(one, text.replace("''", "'"))
