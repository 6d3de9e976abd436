"""Read files in which marker lines separate what is applied from what rolls back, as goose and sql-migrate do.

Both read line by line, and send a statement where a line ends with a semicolon, except between their lines
`StatementBegin` and `StatementEnd`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from pytest_ctb.model import Mark, Part, Parts, Problem, Source


class Line(NamedTuple):
    """A line of a file, without its line end."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """The offset behind its last character."""
        return self.start + len(self.text)


def text_lines(text: str) -> Iterator[Line]:
    """The lines of a text, as Go's scanner gives them: a carriage return before a line feed is no part of them."""
    start = 0
    for line in text.split("\n"):
        if line or start < len(text):
            yield Line(start, line.removesuffix("\r"))
        start += len(line) + 1


class Chunk(NamedTuple):
    """What the tool sends in one query, as character offsets."""

    start: int
    end: int


class Direction:
    """What is read for one direction, up or down: its spans of the file, and the queries that the tool sends."""

    def __init__(self) -> None:
        self.spans: list[Part] = []
        self.chunks: list[Chunk] = []
        self.pending: list[Line] = []
        """The lines that the tool has read, but not sent."""
        self.block_ends: list[Line] = []
        """The lines `StatementEnd` that end a statement without a semicolon."""

    def open(self, marker: Line) -> None:
        """Begin a span behind a marker; it ends where the text ends, until `close` is called."""
        self.spans.append(Part(marker.end, -1, None, marker.start))

    def close(self, end: int) -> None:
        """End the open span."""
        if self.spans and self.spans[-1].end < 0:
            self.spans[-1] = self.spans[-1]._replace(end=end)

    def send(self, end: Line | None = None) -> None:
        """The tool sends the lines that it has read; `end` is the line `StatementEnd` of a block."""
        if self.pending:
            self.chunks.append(Chunk(self.pending[0].start, (end or self.pending[-1]).end))
            if end and not self.pending[-1].text.rstrip().endswith(";"):
                self.block_ends.append(end)
        self.pending = []

    @property
    def unfinished(self) -> Line | None:
        """The last line of a statement that the tool has read to its end, but not sent."""
        return next((line for line in reversed(self.pending) if line.text.strip()), None)

    def parts(self, mark: Mark | None, *, together: bool) -> tuple[Part, ...]:
        """What runs in one transaction; without a transaction (`mark`) each query is a part, sent at once.

        `together`: its spans are one part, with whatever stands between them.
        """
        if not self.spans:
            return ()
        first, last = self.spans[0], self.spans[-1]
        if mark is None:
            return (first._replace(end=last.end),) if together else tuple(self.spans)
        ends = [chunk.end for chunk in self.chunks[:-1]]
        borders = zip([first.start, *ends], [*ends, last.end], strict=True)
        return tuple(Part(start, end, mark, first.opened_at, at_once=True) for start, end in borders)


class Script:
    """The two directions of a file, and why the tool refuses it."""

    def __init__(self, text: str, tool: str, word: str) -> None:
        self.source = Source(text)
        self.tool = tool
        self.word = word
        """Begins the tool's annotations: `-- +word Up`."""
        self.up = Direction()
        self.down = Direction()
        self.problem: Problem | None = None

    def refuse(self, at: Line, what: str) -> None:
        """The tool refuses the file; only the first reason counts."""
        self.problem = self.problem or Problem(f"{what}: {self.tool} refuses the file", self.source.at(at.start))

    def unfinished(self, direction: Direction) -> Problem | None:
        """Why the tool does not send the last statement of a direction; None where it sends it."""
        if line := direction.unfinished:
            what = (
                f"no line ends the last statement: {self.tool} refuses the file (a semicolon must end the line, or "
                "come before a space and a `--` comment)"
            )
            return Problem(what, self.source.at(line.start + len(line.text) - len(line.text.lstrip())))
        return None

    def parts(self, up: Mark | None, down: Mark | None) -> Parts:
        """The parts of the file; `up` and `down` are the marks that switch their transactions off."""
        text = self.source.text
        interleaved = any(
            down.start < up.start < self.down.spans[-1].start for down in self.down.spans for up in self.up.spans
        )
        downs = self.down.parts(down, together=not interleaved)
        ups = self.up.parts(up, together=True)
        if not ups:
            ups = (Part(0, downs[0].opened_at if downs else len(text)),)
        ups, downs = self._with_semicolons(ups), self._with_semicolons(downs)
        return Parts(ups, downs, bool(downs), self.problem, self._cuts())

    def _with_semicolons(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        """The parts, with a semicolon in place of a `StatementEnd` that alone ends a statement."""
        written = self.source.text
        for line in (*self.up.block_ends, *self.down.block_ends):
            written = written[: line.start] + ";".ljust(len(line.text)) + written[line.end :]
        if written == self.source.text:
            return parts
        return tuple(part._replace(sql=written[part.start : part.end]) for part in parts)

    def _cuts(self) -> Callable[[int, int], Problem | None]:
        chunks = sorted([*self.up.chunks, *self.down.chunks])
        spans = [*self.up.spans, *self.down.spans]

        def cut(start: int, end: int) -> Problem | None:
            if self.problem or not any(part.start <= start < part.end for part in spans):
                return None
            chunk = next((chunk for chunk in chunks if chunk.start <= start < chunk.end), None)
            if chunk is None:
                in_down = any(part.start <= start < part.end for part in self.down.spans)
                unfinished = self.unfinished(self.down) if in_down else None
                what = f"follows an empty StatementBegin block, whose next line {self.tool} leaves out"
                return unfinished or Problem(what, self.source.at(start))
            if end <= chunk.end:
                return None
            what = (
                f"{self.tool} cuts the statement behind the semicolon of this line: put a line "
                f"`-- +{self.word} StatementBegin` above the statement and `-- +{self.word} StatementEnd` below it"
            )
            return Problem(what, self.source.at(self.source.text.rindex(";", chunk.start, chunk.end)))

        return cut


def ends_statement(line: str) -> bool:
    """Whether both tools end a statement here: the last word before a comment ends with a semicolon."""
    last = ""
    for word in line.split():
        if word.startswith("--"):
            break
        last = word
    return last.endswith(";")


def number_of(source: Source, parts: Sequence[Part]) -> int:
    """The number of the line that opens the first part."""
    return source.at(parts[0].opened_at).line
