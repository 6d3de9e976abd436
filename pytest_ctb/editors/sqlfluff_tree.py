"""Map offsets and edits of a text to the segments of sqlfluff's tree."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate

from sqlfluff.core.parser import BaseSegment, PositionMarker, RawSegment
from sqlfluff.core.rules import LintFix
from sqlfluff.core.templaters import TemplatedFile

from pytest_ctb.guide import fixes
from pytest_ctb.model import Edit


class Segments:
    """The raw segments of a file in order; together they hold its text."""

    def __init__(self, root: BaseSegment, text: str) -> None:
        self._segments = [segment for segment in root.raw_segments if segment.raw]
        ends = list(accumulate(len(segment.raw) for segment in self._segments))
        self._whole = bool(ends) and ends[-1] == len(text)
        self._starts = [0, *ends[:-1]]

    def at(self, offset: int, file: TemplatedFile) -> BaseSegment:
        """A segment at exactly this offset (characters), to anchor a finding.

        It is made up, because a body of PL/pgSQL is a single segment to sqlfluff. After a repair the position is that
        in the original text.
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
        """The fixes of sqlfluff for each edit; none where the text is not that of the tree, or an edit spans segments.

        A segment keeps its class: then sqlfluff does not parse the file again with its own grammar, which may fail.
        Several edits of one segment become one fix, which each of them gets.
        """
        by_segment: dict[int, list[Edit]] = {}
        for edit in edits if self._whole else ():
            index = self._index(edit.start)
            if edit.end <= self._starts[index] + len(self._segments[index].raw):
                by_segment.setdefault(index, []).append(edit)
        fixes_of: dict[Edit, list[LintFix]] = {}
        for index, edits_here in by_segment.items():
            segment, start = self._segments[index], self._starts[index]
            moved = [Edit(edit.start - start, edit.end - start, edit.text) for edit in edits_here]
            repair = LintFix.replace(segment, [segment.edit(fixes.apply(segment.raw, moved))])
            fixes_of |= {edit: [repair] for edit in edits_here}
        return fixes_of

    def _index(self, offset: int) -> int:
        return max(0, bisect_right(self._starts, offset) - 1)
