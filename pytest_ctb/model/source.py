"""A text and the places in it: which line an offset lies on, as Postgres and editors count lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

SPACE = " \t\n\r\f\v"
"""White space to Postgres. `str.strip()` alone strips a no-break space too, which is a letter to Postgres."""
_LINE_END = re.compile(r"\r\n?|\n")


def line_ends(text: str, start: int = 0, end: int | None = None) -> list[int]:
    """The offset after each line end between two offsets of a text: a line feed, a carriage return, or both together.

    To Postgres a lone carriage return ends a line, as it ends a `--` comment. A form feed or U+2028 does not, other
    than to Python.
    """
    end = len(text) if end is None else end
    if text.find("\r", start, end) >= 0:
        return [line_end.end() for line_end in _LINE_END.finditer(text, start, end)]
    sizes = (len(line) + 1 for line in text[start:end].split("\n")[:-1])
    return list(accumulate(sizes, initial=start))[1:]


def lines(text: str) -> list[str]:
    """The lines of a text without their line ends; text after the last line end is a line too."""
    starts = [0, *line_ends(text)]
    texts = [text[start:end].rstrip("\r\n") for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    return texts if texts[-1] else texts[:-1]


class Position(NamedTuple):
    """A place in a file: line and column, both counted from 1, the column in characters."""

    line: int
    column: int


class Included(Position):
    r"""The place in a migration of a `\\i`, psql's include; `inside` is the place in the included file."""

    inside: str

    @classmethod
    def of(cls, via: Position, inside: str) -> Included:
        """The place of an include, with the place in the included file as `file:line:column`."""
        place = cls(via.line, via.column)
        place.inside = inside
        return place


@dataclass(frozen=True)
class Source:
    """The text of a file, with its offsets as lines and columns."""

    text: str

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *line_ends(self.text)]

    @cached_property
    def newline(self) -> str:
        """How its lines end: CR LF where one does."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def at(self, offset: int) -> Position:
        """The position of a character offset (0-based) into the text."""
        starts = self._starts
        line = bisect_right(starts, offset)
        return Position(line, offset - starts[line - 1] + 1)

    def offset(self, at: Position) -> int:
        """The character offset of a position; the end of the text for a line beyond the last."""
        return self._starts[at.line - 1] + at.column - 1 if at.line <= len(self._starts) else len(self.text)

    def line_end(self, number: int) -> int:
        """The offset of the end of a line (1-based), before its line end; the end of the text beyond the last line."""
        start = self._starts[number - 1] if number <= len(self._starts) else len(self.text)
        return start + len(self.line(number))

    def line(self, number: int) -> str:
        """The text of a line (1-based), without its end; empty beyond the last line."""
        starts = self._starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")


@dataclass(frozen=True)
class Excerpt(Source):
    """Lines that stand somewhere in a file, as a text of their own whose places are those in the file."""

    places: tuple[Position, ...]
    """Where each line begins."""

    def at(self, offset: int) -> Position:
        """The place in the file of an offset into the excerpt."""
        line, column = super().at(offset)
        place = self.places[min(line, len(self.places)) - 1]
        return Position(place.line, place.column + column - 1)
