"""The rollback instructions that stand in the comments of a file: which lines open them, and which belong to them.

`-- Rollback:` and its like always open a block. Other headings (`-- DOWN MIGRATION (for reference)`, `-- To undo:`)
open one where SQL follows, because the same words also stand above other things.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pytest_ctb.model import Comment, Excerpt, Position, Reading, Rollback, Source, Statement, TransactionCommand
from pytest_ctb.sql import read_psql

FRAME = re.compile(r"\s*[─━═=\-*_#~]{3,}\s*$")
_HEADING = re.compile(
    r"[^\w(:]*+(?P<words>[A-Za-z]++(?:[ ,-]++[A-Za-z]++)*+)"
    r"\s*(?:\([^()]*\)\s*)?(?:(?P<colon>:)(?!:)(?P<rest>.*)|[^\w(:]*)$"
)
_PLAIN = re.compile(r"(?:to )?roll[ -]?back(?: instructions)?", re.IGNORECASE)
_KEYS = ("roll", "undo", "revert", "reverse", "down")
_KEY = re.compile(r"\b(?:roll(?: this| it| the \w+)?[ -]?back|undo|revert|reverse|down)\b")
_SPOKEN_OF = re.compile(r"\b(?:roll(?:ing|s|ed)?[ -]?back|undo|revert|reverse this|down migration)\b", re.IGNORECASE)
_OTHER_WORDS = {
    "a", "an", "the", "this", "that", "it", "to", "how", "do", "of", "for", "in", "by", "hand", "if", "you", "need",
    "needed", "necessary", "only", "run", "use", "manual", "manually", "uncomment", "below", "and", "sql", "script",
    "scripts", "section", "command", "commands", "statement", "statements", "step", "steps", "plan", "procedure",
    "instruction", "instructions", "migration", "file", "change", "changes", "block", "code", "query", "queries",
    "reference",
}  # fmt: skip
_NONE = re.compile(r"none\b\W*(?:because\b\W*(.*))?$", re.IGNORECASE | re.DOTALL)
_BEGINS = {TransactionCommand.BEGIN, TransactionCommand.START}
_ENDS = {TransactionCommand.COMMIT, TransactionCommand.ROLLBACK}
_SIMILAR = 0.8


class _Line(NamedTuple):
    """A line of instructions: its text, and the place where the text stands in the file."""

    text: str
    at: Position


def rollback_blocks(comments: Sequence[Comment], source: Source, path: str, reading: Reading) -> Iterator[Rollback]:
    """The blocks of rollback instructions in the comments; without a plain one, those that other headings open."""
    alone = [comment for comment in comments if comment.alone]
    headings = [(index, heading) for index, comment in enumerate(alone) if (heading := _heading(comment))]
    plain = [(index, heading) for index, heading in headings if is_plain(alone[index])]
    blocks = _Blocks(alone, source, path, reading)
    if plain:
        yield from (blocks.at(index, heading) for index, heading in plain)
        return
    for index, heading in headings:
        block = blocks.at(index, heading)
        if block.because or (block.statements and not any(statement.problem for statement in block.statements)):
            yield block


def is_plain(comment: Comment) -> bool:
    """Whether a comment opens rollback instructions, whatever follows: `-- Rollback:`, `-- To rollback (by hand):`."""
    heading = _HEADING.match(comment.text)
    return bool(heading and heading["colon"] and _PLAIN.fullmatch(heading["words"]))


def near_misses(comments: Sequence[Comment]) -> Iterator[Comment]:
    """Comments that read like the heading of rollback instructions."""
    for comment in comments:
        words = re.findall(r"[A-Za-z]+", comment.text)
        start = " ".join(words[:3])
        typo = words and difflib.SequenceMatcher(None, words[0].lower(), "rollback").ratio() >= _SIMILAR
        if typo or _SPOKEN_OF.search(start) or _heading(comment):
            yield comment


def _heading(comment: Comment) -> _Line | None:
    """The instructions on the line of a heading, mostly empty; None where the line is none."""
    heading = _HEADING.match(comment.text)
    if heading is None:
        return None
    words = heading["words"].lower()
    if not any(key in words for key in _KEYS) or not _KEY.search(words):
        return None
    others = re.findall(r"[a-z]+", _KEY.sub(" ", words))
    if not _OTHER_WORDS.issuperset(others):
        return None
    start = heading.start("rest") if heading["colon"] else len(comment.text)
    return _Line(comment.text[start:], Position(comment.position.line, comment.column + start))


class _Blocks(NamedTuple):
    """Reads the blocks of one file."""

    comments: Sequence[Comment]
    source: Source
    path: str
    reading: Reading

    def at(self, index: int, heading: _Line) -> Rollback:
        """The instructions that the comment at an index opens: on its own line, and on the lines below it.

        What an empty line sets apart belongs to them where it is SQL, and a BEGIN above waits for its COMMIT.
        """
        position = self.comments[index].position
        lines = [heading] if heading.text.strip() else []
        for apart, below in self._groups(index, has_begun=bool(lines)):
            if apart and not (self._is_sql(below) and (not lines or self._is_open(lines))):
                break
            lines += below
        text = "\n".join(line.text for line in lines).strip()
        none = _NONE.match(text)
        if none is not None:
            return Rollback(position, none=True, because=" ".join((none[1] or "").split()))
        return Rollback(position, sql=text, statements=self._parsed(lines))

    def _groups(self, index: int, *, has_begun: bool) -> Iterator[tuple[bool, list[_Line]]]:
        """The lines below a heading, in groups, each with whether an empty line is above it.

        A frame directly below the heading is part of it; another one ends the instructions, as SQL does.
        """
        before = self.comments[index]
        group: list[_Line] = []
        apart = False
        for comment in self.comments[index + 1 :]:
            gap = range(before.position.line + 1, comment.position.line)
            ends = _heading(comment) or (has_begun and (FRAME.match(comment.text) or comment.block != before.block))
            if ends or any(self.source.line(number).strip() for number in gap):
                break
            if gap:
                if group:
                    yield apart, group
                group, apart = [], True
            before = comment
            if has_begun or (comment.text.strip() and not FRAME.match(comment.text)):
                has_begun = True
                group.append(_Line(comment.text, Position(comment.position.line, comment.column)))
        if group:
            yield apart, group

    def _is_open(self, lines: Sequence[_Line]) -> bool:
        """The instructions so far hold a BEGIN without its COMMIT."""
        commands = [statement.command for statement in self._parsed(lines)]
        return sum(command in _BEGINS for command in commands) > sum(command in _ENDS for command in commands)

    def _is_sql(self, lines: Sequence[_Line]) -> bool:
        statements = self._parsed(lines)
        return bool(statements) and not any(statement.problem for statement in statements)

    def _parsed(self, lines: Sequence[_Line]) -> tuple[Statement, ...]:
        """The statements as they would stand outside of a comment, at the places that they have in the file."""
        indents = [line.text[: len(line.text) - len(line.text.lstrip())] for line in lines if line.text.strip()]
        width = len(os.path.commonprefix(indents))  # noqa: RUF071  # no paths: it is the spaces that they share
        text = "\n".join(line.text[width:] for line in lines)
        places = tuple(Position(line.at.line, line.at.column + width) for line in lines)
        return read_psql(Excerpt(text, places), self.path, self.reading).statements if lines else ()
