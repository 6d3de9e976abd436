"""Placeholders and their values: psql's `:name`, and the `${name}` and `{{ name }}` of other tools.

psql fills its variables outside of quotes and comments alone; other tools replace theirs wherever they stand, and so do
we, in strings and bodies too. What is filled keeps the places of the file (`Expanded`). One without a value stays as it
stands: `a[1:n]` and a `{{ name }}` in a text are good SQL.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pytest_ctb.model import Position, Source
from pytest_ctb.sql.lexer import Lexer, Span

LONGEST = 1_000_000
"""Characters that a value may grow to; values of values double with each step."""
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
"""What psql itself gives a value to, when it runs."""
_FOREIGN = re.compile(r"\$\{\s*([A-Za-z_][\w.:-]*)\s*\}|\{\{\s*([A-Za-z_][\w.]*)\s*\}\}")


class NotFilledError(ValueError):
    """Why a value cannot be filled in."""


@dataclass(frozen=True)
class Expanded(Source):
    """A text with the values filled in, which knows where each part stands in the file."""

    origin: Source
    marks: tuple[tuple[int, int, bool], ...]
    """For each part its offset here, its offset in the file, and whether it is the file's own text."""

    def at(self, offset: int) -> Position:
        """The place in the file; of what was filled in, that of the placeholder."""
        here, there, own = self.marks[max(0, bisect_right(self.marks, (offset, 1 << 62, True)) - 1)]
        return self.origin.at(there + (offset - here if own else 0))


class Placeholder(NamedTuple):
    """One placeholder and what stands in place of it; None: it has no value."""

    start: int
    end: int
    name: str
    value: str | None
    quoted: bool
    """It may stand inside of a string, where it is text if it has no value."""


def literal(value: str) -> str:
    """A string as SQL writes it (PQescapeLiteral of libpq)."""
    doubled = value.replace("'", "''")
    return " E'" + doubled.replace("\\", "\\\\") + "'" if "\\" in value else f"'{doubled}'"


def variable(written: str, variables: Mapping[str, str]) -> tuple[str, str | None]:
    """The name that a `:…` of psql speaks of, and what stands in place of it.

    Raises NotFilledError where only psql can know, when it runs.
    """
    name = written.strip(":'\"{?}")
    if written.startswith(":{") and name not in variables and name in AT_RUN_TIME:
        raise NotFilledError(f"psql gives {name} its value when it runs")
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
) -> list[Placeholder]:
    """Those of a stretch of text, in their order; psql's own where it sends the file.

    Raises NotFilledError where a value cannot be had.
    """
    if not span.placeholders and text.find("{", span.start, end) < 0:
        return []
    found = []
    for start, stop in span.placeholders if psql else ():
        name, value = variable(text[start:stop], variables)
        if value is not None and text[start + 1] not in "'\"{":
            value = _nested(value, (name,), variables)
        found.append(Placeholder(start, stop, name, value, quoted=False))
    foreign = list(_FOREIGN.finditer(text, span.start, end))
    hidden = [one for one in comments if one[0] >= span.start] if foreign else []
    for one in foreign:
        if not any(start <= one.start() < stop for start, stop in hidden):
            name = one[1] or one[2]
            found.append(Placeholder(one.start(), one.end(), name, variables.get(name), quoted=True))
    return sorted(found, key=lambda one: one.start)


def _nested(value: str, names: tuple[str, ...], variables: Mapping[str, str]) -> str:
    """A value with the variables in it filled in, but for those that it is part of: psql leaves those alone, too."""
    if ":" not in value:
        return value
    parts, at, size = [], 0, 0
    for start, stop in sorted(one for span in _spans(value) for one in span.placeholders):
        name, inner = variable(value[start:stop], variables)
        if inner is None or name in names:
            continue
        if len(names) > _DEEPEST:
            raise NotFilledError(f"the value of {names[0]} is made of values of values, {_DEEPEST} deep")
        if value[start + 1] not in "'\"{":
            inner = _nested(inner, (*names, name), variables)
        parts += [value[at:start], inner]
        at = stop
        size += len(inner)
        if size > LONGEST:
            raise NotFilledError(f"the value of {names[0]} grows beyond {LONGEST} characters")
    return "".join([*parts, value[at:]])


def _spans(text: str) -> Iterator[Span]:
    lexer = Lexer(text)
    while (span := lexer.next()) is not None:
        yield span


def expanded(source: Source, start: int, end: int, filled: Iterable[Placeholder]) -> Expanded:
    """A stretch of text with values in place of its placeholders. Raises NotFilledError where it grows too long."""
    parts, marks, at, here = [], [], start, 0
    for one in filled:
        if one.value is None or one.start < at:
            continue
        for piece, there, own in ((source.text[at : one.start], at, True), (one.value, one.start, False)):
            parts.append(piece)
            marks.append((here, there, own))
            here += len(piece)
        at = one.end
        if here > LONGEST * 10:
            raise NotFilledError("the statement grows too long by the values that are filled in")
    marks.append((here, at, True))
    return Expanded("".join([*parts, source.text[at:end]]), source, tuple(marks))


def no_value(written: str, name: str) -> str:
    """What is said of a placeholder that has none."""
    return (
        f"the placeholder {written} has no value: write `{name} = value` on a line below `ctb_variables =` in the "
        f"ini file, or give --ctb-variable {name}=value"
    )
