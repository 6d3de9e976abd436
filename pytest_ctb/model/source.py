"""A text and the places in it: which line an offset lies on, as Postgres and editors count lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

SPACE = " \t\n\r\f\v"
"""What Postgres takes for white space: `str.strip()` alone would take a no-break space too, which is a letter to it."""
_LINE_END = re.compile(r"\r\n?|\n")


def line_ends(text: str, start: int = 0, end: int | None = None) -> list[int]:
    """The offsets behind each line end of a stretch of text: a line feed, a carriage return, or both together.

    A carriage return ends a line also where it stands alone, as it ends a `--` comment. What Python takes for more line
    ends (a form feed, U+2028) is none to Postgres.
    """
    end = len(text) if end is None else end
    if text.find("\r", start, end) >= 0:
        return [one.end() for one in _LINE_END.finditer(text, start, end)]
    found = []
    at = text.find("\n", start, end)
    while at >= 0:
        found.append(at + 1)
        at = text.find("\n", at + 1, end)
    return found


def lines(text: str) -> list[str]:
    """The lines of a text without their ends; what stands behind the last end is one if there is something."""
    starts = [0, *line_ends(text)]
    found = [text[start:end].rstrip("\r\n") for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    return found if found[-1] else found[:-1]


class Position(NamedTuple):
    """A place in a file, counted from 1 in lines and in characters, as editors count."""

    line: int
    column: int


class Included(Position):
    r"""The place in a migration where psql's `\\i` includes a file; `inside` is the place in that file."""

    inside: str

    @classmethod
    def of(cls, via: Position, inside: str) -> Included:
        """The place of an include, and the one inside it, as `file:line:column`."""
        place = cls(via.line, via.column)
        place.inside = inside
        return place


@dataclass(frozen=True)
class Source:
    """The text of one file, which knows on which line an offset lies."""

    text: str

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *line_ends(self.text)]

    def at(self, offset: int) -> Position:
        """The position of a character offset (0-based) into the text."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def offset(self, at: Position) -> int:
        """The character offset of a position; that of the text's end for a line beyond the last."""
        return self._starts[at.line - 1] + at.column - 1 if at.line <= len(self._starts) else len(self.text)

    def line_end(self, number: int) -> int:
        """The offset behind a line's text (1-based), before what ends it; that of the text's end beyond the last."""
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        start = self._starts[number - 1] if number <= len(self._starts) else end
        return start + len(self.text[start:end].rstrip("\r\n"))

    def line(self, number: int) -> str:
        """The text of a line (1-based), without its end; empty beyond the last line."""
        if not 1 <= number <= len(self._starts):
            return ""
        return self.text[self._starts[number - 1] : self.line_end(number)]
