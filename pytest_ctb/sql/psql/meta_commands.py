"""Read psql's meta-commands with their arguments as psql does (psqlscanslash.l): quotes, variables, their end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from pytest_ctb.model import SPACE
from pytest_ctb.sql.lexer import PLACEHOLDER
from pytest_ctb.sql.psql.placeholders import UnsupportedError, variable

_NAME = re.compile(rf"\\([^{SPACE}\\]*)")
_VARIABLE = re.compile(PLACEHOLDER)
_BETWEEN = SPACE.replace("\n", "")
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))", re.DOTALL)
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_LETTERS = {"n": "\n", "t": "\t", "b": "\b", "r": "\r", "f": "\f"}


class Command(NamedTuple):
    """A meta-command: its name without the backslash, its arguments, and the offset behind it."""

    name: str
    arguments: tuple[str, ...]
    end: int
    problem: str = ""
    """Why the arguments cannot be read."""


def read_command(text: str, at: int, variables: Mapping[str, str]) -> Command:
    """The command whose backslash is at this offset. It ends with its line, or where the next command starts."""
    name_match = _NAME.match(text, at)
    name = name_match[1] if name_match else ""
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
    except UnsupportedError as error:
        return Command(name, tuple(arguments), end_of_line(text, at), str(error))
    return Command(name, tuple(arguments), at)


def _argument(text: str, at: int, variables: Mapping[str, str]) -> tuple[str, int]:
    parts = []
    while at < len(text) and text[at] not in _BETWEEN and text[at] not in "\n\\":
        character = text[at]
        variable_match = _VARIABLE.match(text, at)
        if character in "'\"":
            end = _end_of_quote(text, at)
            quoted = text[at : end + 1]
            parts.append(quoted if character == '"' else _unescaped(quoted[1:-1]))
            at = end + 1
        elif character == "`":
            raise UnsupportedError("text in backticks is a program, which a migration cannot run")
        elif variable_match:
            _, value = variable(variable_match[0], variables)
            parts.append(variable_match[0] if value is None else value)
            at = variable_match.end()
        else:
            parts.append(character)
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
    raise UnsupportedError(f"the quote {quote} is not closed on its line")


def _unescaped(text: str) -> str:
    def unescape(match: re.Match[str]) -> str:
        if match[1] or match[2]:
            return chr(int(match[1], 8) if match[1] else int(match[2], 16))
        return _LETTERS.get(match[3], match[3])

    return _ESCAPE.sub(unescape, text.replace("''", "'"))


def boolean(command: Command) -> tuple[bool | None, str]:
    """The value of the condition of an `if` or `elif`, and why it has none (empty where it has)."""
    if command.problem:
        return None, not_sql(command.name, f"is not judged: {command.problem}")
    written = " ".join(command.arguments)
    value = parse_bool(written)
    if value is None:
        lacks = ", a variable without a value" if written.startswith(":") else ""
        return None, not_sql(command.name, f"is not judged: {written or 'nothing'} is neither true nor false{lacks}")
    return value, ""


def parse_bool(written: str) -> bool | None:
    """A boolean as psql reads it (ParseVariableBool): a word may be abbreviated, `on` and `off` to two letters."""
    word = written.casefold()
    if not word or word == "o":
        return None
    if any(choice.startswith(word) for choice in _TRUE):
        return True
    return False if any(choice.startswith(word) for choice in _FALSE) else None


def not_sql(name: str, why: str) -> str:
    """The message for a command that is refused."""
    return f"psql's \\{name} is a command of the client psql, not SQL: {why}"


def end_of_line(text: str, at: int) -> int:
    """The offset of the end of the line that `at` is on."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end
