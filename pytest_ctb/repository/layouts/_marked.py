"""Files in which lines of their own say what goes up and what comes down, as several tools have them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pytest_ctb.model import Mark, Part, Parts, Problem, Source

Off = Callable[[re.Match[str]], bool]


def marked(text: str, up: str, down: str, tool: str, off: Off, says: str) -> Parts:
    """The parts behind the lines that match `up` and `down`; `off`: the line switches the transaction off.

    Without a line for `up` the tool refuses the file.
    """
    source = Source(text)
    lines = sorted(
        [(one, False) for one in _lines(up, text)] + [(one, True) for one in _lines(down, text)],
        key=lambda each: each[0].start(),
    )
    ups: list[Part] = []
    downs: list[Part] = []
    for place, (line, is_down) in enumerate(lines):
        end = lines[place + 1][0].start() if place + 1 < len(lines) else len(text)
        mark = Mark(tool, source.at(line.start()), says) if off(line) else None
        (downs if is_down else ups).append(Part(line.end(), end, mark, line.start()))
    if not ups:
        problem = Problem(f"no line says what goes up: {tool} refuses the file", source.at(0))
        return Parts((Part(0, downs[0].told if downs else len(text)),), tuple(downs), bool(downs), problem)
    return Parts(tuple(ups), tuple(downs), bool(downs))


def _lines(pattern: str, text: str) -> Iterator[re.Match[str]]:
    return re.finditer(pattern, text, re.MULTILINE)


def cutting(text: str, tool: str, word: str) -> Callable[[int, int], Problem | None]:
    """Whether a tool sends a statement in pieces, which takes one to end where a line ends with a semicolon.

    Between its lines `-- +word StatementBegin` and `-- +word StatementEnd` it takes all for one.
    """
    source = Source(text)
    flags = re.MULTILINE | re.IGNORECASE
    begins = [one.end() for one in re.finditer(rf"^--\s*\+{word}\s+StatementBegin\s*$", text, flags)]
    ends = [one.start() for one in re.finditer(rf"^--\s*\+{word}\s+StatementEnd\s*$", text, flags)]
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
    """As goose and sql-migrate see it: the last word before one that begins a comment ends with a semicolon."""
    last = ""
    for word in line.split():
        if word.startswith("--"):
            break
        last = word
    return last.endswith(";")
