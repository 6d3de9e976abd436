"""Fill placeholders: psql's `:name`, and the `${name}` and `{{ name }}` of other tools.

psql fills its variables outside of quotes and comments only; other tools fill theirs anywhere, in strings and bodies
too, and so does this module. Positions stay those of the file (`Expanded`). A placeholder without a value is left:
`a[1:n]` and a `{{ name }}` in a string are valid SQL.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from pytest_ctb.model import Position, Source
from pytest_ctb.sql.lexer import Lexer, Span

LONGEST = 1_000_000
"""The most characters of a value: a value that refers to others can grow without bound."""
_DEEPEST = 50
AT_RUN_TIME = frozenset(
    {
        "DBNAME",
        "ENCODING",
        "ERROR",
        "HOST",
        "LAST_ERROR_MESSAGE",
        "LAST_ERROR_SQLSTATE",
        "PORT",
        "ROW_COUNT",
        "SERVER_VERSION_NAME",
        "SERVER_VERSION_NUM",
        "SHELL_ERROR",
        "SHELL_EXIT_CODE",
        "SQLSTATE",
        "USER",
        "VERSION",
        "VERSION_NAME",
        "VERSION_NUM",
    }
)
"""The variables that psql itself sets when it runs."""
_FOREIGN = r"\$\{\s*([A-Za-z_][\w.:-]*)\s*\}|\{\{[ \t]*\.?([^{}\r\n]+?)[ \t]*\}\}"
"""`${name}`, and `{{ … }}` with any text inside. The dot of a template of Go is no part of the name."""


class UnsupportedError(ValueError):
    """Why a command or a placeholder of psql is not supported."""


@dataclass(frozen=True)
class Expanded(Source):
    """A text with placeholders filled in, which maps its offsets to positions in the file."""

    origin: Source
    marks: tuple[tuple[int, int, bool], ...]
    """For each part its offset in this text, its offset in the file, and whether it is text of the file."""

    def at(self, offset: int) -> Position:
        """The position in the file; within a filled-in value, that of the placeholder."""
        part_start, in_file, is_own = self.marks[max(0, bisect_right(self.marks, (offset, 1 << 62, True)) - 1)]
        return self.origin.at(in_file + (offset - part_start if is_own else 0))


class Placeholder(NamedTuple):
    """A placeholder: start and end (characters), name, and the text in its place (None: it has no value)."""

    start: int
    end: int
    name: str
    value: str | None


def literal(value: str) -> str:
    """A string literal, as PQescapeLiteral of libpq writes it."""
    doubled = value.replace("'", "''")
    return " E'" + doubled.replace("\\", "\\\\") + "'" if "\\" in value else f"'{doubled}'"


def variable(written: str, variables: Mapping[str, str]) -> tuple[str, str | None]:
    """The name in a `:…` of psql, and the text in its place (None: it has no value).

    Raises UnsupportedError for a variable that psql sets when it runs.
    """
    name = written.strip(":'\"{?}")
    if written.startswith(":{") and name not in variables and name in AT_RUN_TIME:
        raise UnsupportedError(f"psql gives {name} its value when it runs")
    if written.startswith(":{"):
        return name, "TRUE" if name in variables else "FALSE"
    value = variables.get(name)
    if value is None:
        return name, None
    if written[1] == "'":
        return name, literal(value)
    return name, '"' + value.replace('"', '""') + '"' if written[1] == '"' else value


def placeholders(
    text: str,
    span: Span,
    end: int,
    comments: Iterable[tuple[int, int]],
    variables: Mapping[str, str],
    *,
    psql: bool = True,
    own: str = "",
) -> list[Placeholder]:
    """The placeholders from `span.start` to `end`, in order; those of psql only where psql applies the file.

    `own`: a regular expression for those of the tool itself. Raises UnsupportedError where a value is not known or
    grows too long.
    """
    if not own and not span.placeholders and text.find("{", span.start, end) < 0:
        return []
    results = []
    for start, stop in span.placeholders if psql else ():
        name, value = variable(text[start:stop], variables)
        if value is not None and text[start + 1] not in "'\"{":
            value = _nested(value, (name,), variables)
        results.append(Placeholder(start, stop, name, value))
    others = list(_others(own).finditer(text, span.start, end))
    hidden = [comment for comment in comments if comment[0] >= span.start] if others else []
    for match in others:
        if not any(start <= match.start() < stop for start, stop in hidden):
            name = match[match.lastindex or 0]
            results.append(Placeholder(match.start(), match.end(), name, variables.get(name)))
    return sorted(results, key=lambda placeholder: placeholder.start)


@cache
def _others(own: str) -> re.Pattern[str]:
    """The placeholders that are not psql's; each has one group, its name."""
    return re.compile(f"{own}|{_FOREIGN}" if own else _FOREIGN)


def _nested(value: str, names: tuple[str, ...], variables: Mapping[str, str]) -> str:
    """A value with the variables in it filled in, except those that it is itself part of, as in psql."""
    if ":" not in value:
        return value
    parts, at, size = [], 0, 0
    for start, stop in sorted(place for span in _spans(value) for place in span.placeholders):
        name, inner_value = variable(value[start:stop], variables)
        if inner_value is None or name in names:
            continue
        if len(names) > _DEEPEST:
            raise UnsupportedError(f"the value of {names[0]} is made of values of values, {_DEEPEST} deep")
        if value[start + 1] not in "'\"{":
            inner_value = _nested(inner_value, (*names, name), variables)
        parts += [value[at:start], inner_value]
        at = stop
        size += len(inner_value)
        if size > LONGEST:
            raise UnsupportedError(f"the value of {names[0]} grows beyond {LONGEST} characters")
    return "".join([*parts, value[at:]])


def _spans(text: str) -> Iterator[Span]:
    lexer = Lexer(text)
    while (span := lexer.next()) is not None:
        yield span


def expanded(source: Source, start: int, end: int, filled: Iterable[Placeholder]) -> Expanded:
    """The text from `start` to `end` with its placeholders filled in. Raises UnsupportedError: it grows too long."""
    parts, marks, at, length = [], [], start, 0
    for placeholder in filled:
        if placeholder.value is None or placeholder.start < at:
            continue
        for piece, in_file, is_own in (
            (source.text[at : placeholder.start], at, True),
            (placeholder.value, placeholder.start, False),
        ):
            parts.append(piece)
            marks.append((length, in_file, is_own))
            length += len(piece)
        at = placeholder.end
        if length > LONGEST * 10:
            raise UnsupportedError("the statement grows too long by the values that are filled in")
    marks.append((length, at, True))
    return Expanded("".join([*parts, source.text[at:end]]), source, tuple(marks))


def no_value_message(written: str, name: str) -> str:
    """The message for a placeholder without a value."""
    return (
        f"the placeholder {written} has no value: write `{name} = value` on a line below `ctb_variables =` in the "
        f"ini file, or give --ctb-variable {name}=value"
    )
