"""The segments of sqlfluff's tree that a place or an edit of the text falls on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate

from sqlfluff.core.parser import BaseSegment, PositionMarker, RawSegment
from sqlfluff.core.rules import LintFix
from sqlfluff.core.templaters import TemplatedFile

from pytest_ctb.guide import fixes
from pytest_ctb.model import Edit


class Tree:
    """The raw segments of a file one after the other: between them they hold its whole text."""

    def __init__(self, root: BaseSegment, text: str) -> None:
        self._segments = [one for one in root.raw_segments if one.raw]
        ends = list(accumulate(len(one.raw) for one in self._segments))
        self._whole = bool(ends) and ends[-1] == len(text)
        self._starts = [0, *ends[:-1]]

    def at(self, offset: int, file: TemplatedFile) -> BaseSegment:
        """A segment at exactly this offset (characters), to anchor a finding.

        A body of PL/pgSQL is one segment to sqlfluff, whatever is in it; and what stood there before a repair is what
        the place is reported of.
        """
        start = offset
        if self._whole:
            index = self._index(offset)
            marker = self._segments[index].pos_marker
            assert marker is not None
            inside = min(offset - self._starts[index], marker.source_slice.stop - marker.source_slice.start)
            start = marker.source_slice.start + inside
        start = max(0, min(start, len(file.source_str) - 1))
        place = slice(start, start + 1)
        return RawSegment(file.source_str[place], PositionMarker(place, place, file))

    def repairs(self, edits: Iterable[Edit]) -> Mapping[Edit, list[LintFix]]:
        """Edits as sqlfluff makes them, segment by segment; none where the text is not the tree's.

        A segment keeps its class, so that sqlfluff does not ask its own grammar whether the file can still be read:
        it must not be able to. What several edits make of one segment is one fix, which each of them has.
        """
        on: dict[int, list[Edit]] = {}
        for one in edits if self._whole else ():
            index = self._index(one.start)
            if one.end <= self._starts[index] + len(self._segments[index].raw):
                on.setdefault(index, []).append(one)
        found: dict[Edit, list[LintFix]] = {}
        for index, own in on.items():
            segment, start = self._segments[index], self._starts[index]
            moved = [Edit(one.start - start, one.end - start, one.text) for one in own]
            repair = LintFix.replace(segment, [segment.edit(fixes.apply(segment.raw, moved))])
            found |= {one: [repair] for one in own}
        return found

    def _index(self, offset: int) -> int:
        return max(0, bisect_right(self._starts, offset) - 1)
