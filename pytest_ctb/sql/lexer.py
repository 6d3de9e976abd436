"""Find the start and end of statements, comments, COPY rows and psql's meta-commands in a text.

Follows psql's own lexer (src/fe_utils/psqlscan.l), because a migration is applied as `psql -f` applies it: quotes,
dollar quotes, nested comments, parentheses and `BEGIN ATOMIC` bodies hide a semicolon; a backslash outside of them
starts a meta-command, which ends with its line. A carriage return alone ends a comment, as it does for the server; the
lines that psql itself reads, those of meta-commands and of rows, end with a line feed. The parser proper sees one
statement at a time, so that a file with one broken statement can still be judged on the others. Linear in the length of
the text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pytest_ctb.model import SPACE

# What is not ASCII is a letter to Postgres. Said by what ASCII leaves out: `re` takes 10 ms for a set up to U+10FFFF.
_FIRST = r"[^\x00-@\[-^`{-\x7f]"
_LETTER = r"[^\x00-/:-@\[-^`{-\x7f]"
_LETTER_OR_DOLLAR = r"[^\x00-#%-/:-@\[-^`{-\x7f]"
VARIABLE = rf"{_LETTER}+"
PLACEHOLDER = rf":(?:{VARIABLE}|'{VARIABLE}'|\"{VARIABLE}\"|\{{\?{VARIABLE}\}})"
"""A variable of psql: `:name`, `:'name'`, `:"name"`, `:{?name}`."""
_WORD = rf"{_FIRST}{_LETTER_OR_DOLLAR}*"
_PIECE = rf"--[^\n\r]*|/\*|{PLACEHOLDER}|['\"$();\\]|{_WORD}"
_OTHER = rf"[\x00-!#%&*-,.0-9<-@\[\]^`{{-\x7f]+|-(?!-)|/(?!\*)|::|:=|:(?!{PLACEHOLDER[1:]})"
# A word before a quote is never skipped: an `e` there makes another string.
_SKIPPED = rf"{_OTHER}|{_WORD}(?!{_LETTER_OR_DOLLAR}|')|'[^']*'|\"[^\"]*\""
_NEXT = re.compile(rf"(?:{_OTHER})*({_PIECE})?")
# Atomic: one pair that holds another is tried once and then taken as a piece.
_PAIR = rf"\((?>(?:{_SKIPPED})*)\)"
_NEXT_BUT_WORDS = re.compile(rf"(?:{_SKIPPED}|{_PAIR})*({_PIECE})?")
"""The next piece of a statement whose end does not depend on words: those are skipped."""
DOLLAR = re.compile(rf"\$(?:{_FIRST}{_LETTER}*)?\$")
"""What opens and closes a dollar quote."""
# Atomic groups: a doubled quote is never taken for an end when the real end is missing.
_END_OF_STRING = re.compile(r"(?>[^']*(?:''[^']*)*)'")
_END_OF_ESCAPE_STRING = re.compile(r"(?>[^'\\]*(?:(?:\\.|'')[^'\\]*)*)'", re.DOTALL)
_END_OF_IDENTIFIER = re.compile(r'(?>[^"]*(?:""[^"]*)*)"')
_ROUTINES = frozenset(
    ("create", *replacing, kind) for replacing in ((), ("or", "replace")) for kind in ("function", "procedure")
)
_TOWARDS_ROUTINE = frozenset(routine[:length] for routine in _ROUTINES for length in range(len(routine) + 1))
_BLOCK_COMMENT = re.compile(r"/\*|\*/")
_END_OF_COPY = re.compile(r"^\\\.[ \t]*\r?$", re.MULTILINE)
_BETWEEN = re.compile(rf"(?:[{SPACE}]+|--[^\n\r]*)*")
_COMMENT = re.compile(r"--[^\n\r]*")


class Span(NamedTuple):
    """A statement or a meta-command of psql: `kind` (`statement` or `meta`), start and end (characters)."""

    kind: str
    start: int
    end: int
    mark: int = -1
    """The offset of a meta-command's backslash; text before it is a statement without an end."""
    placeholders: tuple[tuple[int, int], ...] = ()
    """Start and end of psql's variables in it."""


class Lexer:
    """Walks a text: `next` returns the next statement or meta-command; `comments` collects the comments before it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.comments: list[tuple[int, int]] = []
        """Start and end of the comments."""
        self._at = 0

    def next(self) -> Span | None:
        """The next statement (without its semicolon) or meta-command, or None at the end of the text."""
        text, at, start = self.text, self._at, -1
        nesting = _Nesting()
        placeholders: list[tuple[int, int]] = []
        while True:
            if start < 0:
                at = self._begin(at)
                nesting.reads_words = not text[at : at + 1].isalpha() or text[at : at + 6].lower() == "create"
            piece_match = (_NEXT if nesting.reads_words else _NEXT_BUT_WORDS).match(text, at)
            piece_start, end = piece_match.span(1) if piece_match and piece_match[1] else (len(text), len(text))
            if start < 0 and piece_start > at:
                start = at  # starts with an operator: the parser reports that it is no SQL
            if piece_start == len(text):
                self._at = piece_start
                return Span("statement", start, piece_start, -1, tuple(placeholders)) if start >= 0 else None
            mark, at = text[piece_start], end
            if mark == "-":
                self.comments.append((piece_start, at))
            elif mark == "/":
                at = self._after_comment(piece_start)
                if at > len(text):
                    start = (
                        piece_start if start < 0 else start
                    )  # what never closes hides the rest of the file: no mere comment
                else:
                    self.comments.append((piece_start, at))
            elif mark == "\\":
                self._at = self._end_of_line(piece_start)
                return Span("meta", piece_start if start < 0 else start, self._at, piece_start, tuple(placeholders))
            elif mark == ";" and nesting.closed:
                if start >= 0:
                    self._at = at
                    return Span("statement", start, piece_start, -1, tuple(placeholders))
            else:
                start = piece_start if start < 0 else start
                if mark == ":":
                    placeholders.append((piece_start, at))
                piece = text[piece_start:at]
                at = self._after_quoted(piece, piece_start, at)
                nesting.add(piece)

    @property
    def at(self) -> int:
        """The offset that is reached: behind the semicolon of the last statement, or behind its rows."""
        return self._at

    def move(self, at: int) -> None:
        """Continue at an offset: a meta-command may end before its line does."""
        self._at = at

    def copy_rows(self) -> tuple[str, str]:
        r"""Take the rows that follow a `COPY … FROM stdin;`, from the next line up to `\.` or the end of the text.

        Returns the rows, and SQL that follows the COPY on its line, which psql runs after the rows.
        """
        rest = self.text[self._at : self._end_of_line(self._at)]
        line = Lexer(rest)
        more = rest if line.next() else ""
        self.comments += [(self._at + start, self._at + end) for start, end in line.comments]
        return self._rows(), more

    def _rows(self) -> str:
        start = self.text.find("\n", self._at) + 1
        if start == 0:
            self._at = len(self.text)
            return ""
        end = _END_OF_COPY.search(self.text, start)
        if end is None:
            self._at = len(self.text)
            return self.text[start:]
        self._at = end.end()
        return self.text[start : end.start()]

    def quoted_end(self, opened: str, start: int, end: int) -> int:
        """The offset behind a quote or a comment that was opened at `start`."""
        if opened.startswith("--"):
            return end
        if opened == "/*":
            return min(self._after_comment(start), len(self.text))
        return self._after_quoted(opened[0], start, start + 1)

    def _begin(self, at: int) -> int:
        """The offset behind white space and comments, where the next statement may start."""
        blank = _BETWEEN.match(self.text, at)
        end = blank.end() if blank else at
        if self.text.find("-", at, end) >= 0:
            self.comments += [match.span() for match in _COMMENT.finditer(self.text, at, end)]
        return end

    def _after(self, pattern: re.Pattern[str], at: int) -> int:
        match = pattern.match(self.text, at)
        return match.end() if match else len(self.text)

    def _end_of_line(self, at: int) -> int:
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end

    def _after_quoted(self, piece: str, start: int, at: int) -> int:
        """The offset behind the string that a piece opens; behind the piece where it opens none."""
        if piece == "'":
            return self._after(_END_OF_STRING, at)
        if piece == '"':
            return self._after(_END_OF_IDENTIFIER, at)
        if piece == "$":
            return self._after_dollar_quote(start)
        if piece in {"e", "E"} and self.text.startswith("'", at):
            return self._after(_END_OF_ESCAPE_STRING, at + 1)
        return at

    def _after_dollar_quote(self, start: int) -> int:
        opening = DOLLAR.match(self.text, start)
        if opening is None:
            return start + 1  # a parameter, `$1`
        end = self.text.find(opening[0], opening.end())
        return len(self.text) if end < 0 else end + len(opening[0])

    def _after_comment(self, start: int) -> int:
        at, depth = start + 2, 1
        while depth:
            mark = _BLOCK_COMMENT.search(self.text, at)
            if mark is None:
                return len(self.text) + 1
            depth += 1 if mark[0] == "/*" else -1
            at = mark.end()
        return at


class _Nesting:
    """The open parentheses and BEGIN ATOMIC bodies of a statement, which is all that psql tracks."""

    def __init__(self) -> None:
        self._parentheses = 0
        self._blocks = 0
        self._words: tuple[str, ...] = ()  # the first words, as psql keeps them to recognise CREATE FUNCTION
        self.reads_words = True
        """Whether words can decide where the statement ends: it creates a routine, or may still turn out to."""

    @property
    def closed(self) -> bool:
        """Whether a semicolon would end the statement."""
        return self._parentheses == 0 and self._blocks == 0

    def add(self, piece: str) -> None:
        """Add the next piece of the statement."""
        if piece == "(":
            self._parentheses += 1
        elif piece == ")":
            self._parentheses = max(0, self._parentheses - 1)
        elif self.reads_words and (piece[0] == "_" or piece[0].isalpha() or piece[0] > "\x7f"):
            self._add_word(piece.lower())

    def _add_word(self, word: str) -> None:
        if not self._makes_routine:
            self._words = (*self._words, word)
            self.reads_words = self._words in _TOWARDS_ROUTINE
        if self._parentheses == 0 and self._makes_routine:
            if word == "begin" or (word == "case" and self._blocks):
                self._blocks += 1
            elif word == "end" and self._blocks:
                self._blocks -= 1

    @property
    def _makes_routine(self) -> bool:
        return self._words in _ROUTINES


# A group that holds no other group, and nothing that may hide one, is at most as deep as it is long.
_FLAT = r"\((?>(?:[^()\[\]'\"$/-]|(?<![eE])'[^']*'|-(?!-)|/(?!\*))*)\)"
_SETS_DEPTH = re.compile(
    rf"(?P<flat>{_FLAT})|(?P<open>[(\[])|(?P<close>[)\]])|(?P<next>[,;])|(?P<sets>\b(?:union|intersect|except)\b)"
    rf"|(?P<long>{_LETTER_OR_DOLLAR}{{64,}}|[{SPACE}]{{64,}})"
    rf"|(?P<quote>(?<!{_LETTER_OR_DOLLAR})[eE]'|['\"]|(?<!{_LETTER_OR_DOLLAR})\$(?:{_FIRST}{_LETTER}*)?\$|--[^\n\r]*|/\*)",
    re.IGNORECASE,
)


def nesting(text: str) -> int:
    """An upper bound for the nesting levels of a statement, in one pass.

    Each level takes at least a character outside of strings and long words. Parts between commas do not nest in each
    other; parts of a UNION nest in the next one.
    """
    lexer = Lexer(text)
    levels = [_Level(0)]
    at = 0
    while match := _SETS_DEPTH.search(text, at):
        start, at = match.span()
        level = levels[-1]
        match match.lastgroup:
            case "flat":
                level.deepest = max(level.deepest, at - start)
                level.inside += at - start - 1
            case "open":
                levels.append(_Level(at))
            case "close" if len(levels) > 1:
                levels.pop()
                parent = levels[-1]
                parent.deepest = max(parent.deepest, level.end(start))
                parent.inside += at - level.began
            case "next":
                level.end(start)
                level.start, level.inside, level.deepest = at, 0, 0
            case "sets":
                level.end(start)
                level.start, level.inside, level.deepest = at, 0, 0
                level.sets += at - start
            case "long":
                level.inside += at - start - 1
            case "quote":
                at = lexer.quoted_end(match[0], start, at)
                level.inside += at - start - 1
    return sum(level.end(len(text)) for level in levels)


class _Level:
    """The state of an open parenthesis, and of its current part (between commas)."""

    def __init__(self, start: int) -> None:
        self.began = self.start = start
        self.inside = 0
        """How many characters of this part are inside of parentheses and strings."""
        self.deepest = 0
        """The levels of the deepest parenthesis in this part."""
        self.most = 0
        """The levels of the deepest part so far."""
        self.sets = 0

    def end(self, at: int) -> int:
        """The levels of all parts, with the one that ends at `at`."""
        self.most = max(self.most, at - self.start - self.inside + self.deepest)
        return self.most + self.sets + 1
