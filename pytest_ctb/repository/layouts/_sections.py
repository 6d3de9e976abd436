"""Split a file at marked lines and separators: the part of a layout that data describes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pytest_ctb.model import Mark, Part, Parts, Problem, Source


@dataclass(frozen=True)
class Sections:
    """What parts a file, as regular expressions. Called with a text, it gives its parts."""

    tool: str
    up: str = ""
    """The line above what is applied; empty: all that is not behind `down`."""
    down: str = ""
    """The line above what rolls back."""
    off: str = ""
    """The line that switches the transaction off."""
    separator: str = ""
    """What stands between two pieces of SQL that the tool sends one after the other."""
    up_required: bool = True
    """Without a line for `up` the tool refuses the file; else it runs all of it, what is behind `down` too."""

    def __call__(self, written: str) -> Parts:
        """The parts of a text."""
        source = Source(written)
        up, down, off = (_first(pattern, written) for pattern in (self.up, self.down, self.off))
        mark = Mark(self.tool, source.at(off.start()), off[0].strip().lstrip("- ")) if off else None
        problem = None
        if self.up and not up and (self.up_required or down):
            what = f"no line says what goes up: {self.tool} refuses the file"
            if not self.up_required:
                what = f"no line says what goes up: {self.tool} runs the whole file, what takes it back too"
            problem = Problem(what, source.at(down.start() if down else 0))
        start, opened_at = (up.end(), up.start()) if up else (0, -1)
        end = down.start() if down and down.start() >= start else len(written)
        downs: tuple[Part, ...] = ()
        if down:
            end_of_down = up.start() if up and up.start() > down.start() else len(written)
            downs = (Part(down.end(), end_of_down, mark, down.start()),)
        ups = pieces(written, [Part(start, end, mark, opened_at)], self.separator)
        return Parts(tuple(ups), tuple(pieces(written, downs, self.separator)), bool(down), problem)


def pieces(written: str, parts: Iterable[Part], separator: str) -> Iterator[Part]:
    """The parts, cut where the regular expression `separator` matches; empty: uncut."""
    for part in parts:
        at = part.start
        for cut in re.compile(separator, re.MULTILINE).finditer(written, at, part.end) if separator else ():
            yield part._replace(start=at, end=cut.start(), continues=at > part.start)
            at = cut.end()
        yield part._replace(start=at, continues=at > part.start)


def _first(pattern: str, text: str) -> re.Match[str] | None:
    return re.search(pattern, text, re.MULTILINE) if pattern else None
