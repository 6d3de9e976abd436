"""Split files in which marker lines separate what is applied from what rolls back, as several tools do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pytest_ctb.model import Mark, Part, Parts, Problem, Source

Off = Callable[[re.Match[str]], bool]


def split_at_marks(text: str, up: str, down: str, tool: str, off: Off, says: str) -> Parts:
    """Split a text at the lines that match `up` and `down`; `off` tells whether a line switches the transaction off.

    Without a line that matches `up` the parts have a problem: the tool refuses the file.
    """
    source = Source(text)
    lines = sorted(
        [(line, False) for line in _lines(up, text)] + [(line, True) for line in _lines(down, text)],
        key=lambda marked: marked[0].start(),
    )
    ups: list[Part] = []
    downs: list[Part] = []
    for place, (line, is_down) in enumerate(lines):
        end = lines[place + 1][0].start() if place + 1 < len(lines) else len(text)
        mark = Mark(tool, source.at(line.start()), says) if off(line) else None
        (downs if is_down else ups).append(Part(line.end(), end, mark, line.start()))
    if not ups:
        problem = Problem(f"no line says what goes up: {tool} refuses the file", source.at(0))
        return Parts((Part(0, downs[0].opened_at if downs else len(text)),), tuple(downs), bool(downs), problem)
    return Parts(tuple(ups), tuple(downs), bool(downs))


def _lines(pattern: str, text: str) -> Iterator[re.Match[str]]:
    return re.finditer(pattern, text, re.MULTILINE)


def cuts_statements(text: str, tool: str, word: str) -> Callable[[int, int], Problem | None]:
    """A function that returns the problem of a statement that the tool would cut at a semicolon, if it would.

    The tool ends a statement where a line ends with a semicolon, except between its lines `-- +word StatementBegin` and
    `-- +word StatementEnd`.
    """
    source = Source(text)
    flags = re.MULTILINE | re.IGNORECASE
    begins = [line.end() for line in re.finditer(rf"^--\s*\+{word}\s+StatementBegin\s*$", text, flags)]
    ends = [line.start() for line in re.finditer(rf"^--\s*\+{word}\s+StatementEnd\s*$", text, flags)]
    blocks = [(begin, next((end for end in ends if end > begin), len(text))) for begin in begins]

    def cut(start: int, end: int) -> Problem | None:
        if any(first <= start and end <= last for first, last in blocks):
            return None
        at = start
        for line in text[start:end].split("\n")[:-1]:
            at += len(line) + 1
            if _closes(line):
                what = (
                    f"{tool} cuts the statement behind the semicolon of this line: put a line "
                    f"`-- +{word} StatementBegin` above the statement and `-- +{word} StatementEnd` below it"
                )
                return Problem(what, source.at(at - 1 - len(line) + line.rindex(";")))
        return None

    return cut


def _closes(line: str) -> bool:
    """Whether goose and sql-migrate end a statement here: the last word before a comment ends with a semicolon."""
    last = ""
    for word in line.split():
        if word.startswith("--"):
            break
        last = word
    return last.endswith(";")
