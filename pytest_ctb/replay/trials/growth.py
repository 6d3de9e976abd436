"""How the losses of a file grow from statement to statement."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_ctb.model import Loss
from pytest_ctb.replay.trials.row_changes import LossKey


class Growth:
    """Which statement lost how many of the rows of each loss."""

    def __init__(self) -> None:
        self._parts: dict[LossKey, list[Loss]] = {}
        """By loss: what each statement added to it, in order."""
        self._grown: list[LossKey] = []
        """The losses that the last statement added to."""

    def note(self, line: int, losses: Mapping[LossKey, Loss]) -> bool:
        """Note the losses so far, behind a statement on this line: whether it lost something."""
        self._grown = []
        for key in losses.keys() | self._parts.keys():
            parts = self._parts.setdefault(key, [])
            rows = losses[key].rows if key in losses else 0
            more = rows - sum(part.rows for part in parts)
            if more > 0:
                parts.append(losses[key]._replace(line=line, rows=more))
                self._grown.append(key)
            while more < 0:  # something was taken back
                last = parts.pop()
                more += last.rows
                if more > 0:
                    parts.append(last._replace(rows=more))
        return bool(self._grown)

    def show(self, losses: Mapping[LossKey, Loss]) -> None:
        """Take the samples of the last statement from its losses alone."""
        for key in self._grown:
            if key in losses:
                self._parts[key][-1] = self._parts[key][-1]._replace(sample=losses[key].sample)

    def by_line(self, losses: Mapping[LossKey, Loss], last: int) -> dict[tuple[LossKey, int], Loss]:
        """The losses of the whole file by line; what no statement was seen to lose stands on the `last`."""
        by_line: dict[tuple[LossKey, int], Loss] = {}
        for key, loss in losses.items():
            for part in self._parts.get(key) or [loss._replace(line=last)]:
                before = by_line.get((key, part.line))
                by_line[key, part.line] = part._replace(rows=part.rows + before.rows) if before else part
        return by_line
