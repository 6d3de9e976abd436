"""Where statements, comments, COPY rows and psql's meta-commands begin and end.

Follows psql's own lexer (src/fe_utils/psqlscan.l), because a migration is applied as `psql -f` applies it: quotes,
dollar quotes, nested comments, parentheses and `BEGIN ATOMIC` bodies hide a semicolon; a backslash outside of them
starts a meta-command, which ends with its line. The parser proper sees one statement at a time, so that a file with
one broken statement can still be judged on the others. Linear in the length of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FIRST = "A-Za-z_\x80-\U0010ffff"
_INTERESTING = re.compile(rf"--|/\*|['\"$();\\]|[{_FIRST}][{_FIRST}0-9$]*|[0-9]+")
_DOLLAR = re.compile(rf"\$(?:[{_FIRST}][{_FIRST}0-9]*)?\$")
# Atomic groups: a doubled quote is never taken for an end when the real end is missing.
_END_OF_STRING = re.compile(r"(?>[^']*(?:''[^']*)*)'")
_END_OF_ESCAPE_STRING = re.compile(r"(?>[^'\\]*(?:(?:\\.|'')[^'\\]*)*)'", re.DOTALL)
_END_OF_IDENTIFIER = re.compile(r'(?>[^"]*(?:""[^"]*)*)"')
_BLOCK_COMMENT = re.compile(r"/\*|\*/")
_END_OF_COPY = re.compile(r"^\\\.[ \t]*\r?$", re.MULTILINE)
_SPACE = re.compile(r"[ \t\r\n\f\v]*")


@dataclass(frozen=True)
class Span:
    """A stretch of the text: `kind` is `statement`, `meta` (a psql meta-command) or `comment` (one of `--`)."""

    kind: str
    start: int
    end: int


class Lexer:
    """Walks one text; `next` gives one statement or meta-command after the other, `comments` collects on the way."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.comments: list[Span] = []
        self._at = 0

    def next(self) -> Span | None:
        """The next statement (without its semicolon) or meta-command, or None at the end of the text."""
        text = self.text
        start = -1
        depth = 0
        words: list[str] = []  # the statement's first four, as psql keeps them to know CREATE FUNCTION … BEGIN ATOMIC
        atomic = 0
        at = self._at
        while True:
            if start < 0:
                blank = _SPACE.match(text, at)
                assert blank is not None
                at = blank.end()
            found = _INTERESTING.search(text, at)
            if found is None:
                if start < 0 and at < len(text):
                    start = at
                self._at = len(text)
                return Span("statement", start, len(text)) if start >= 0 else None
            token, here = found[0], found.start()
            if start < 0 and here > at:
                start = at  # an operator or a number begins it: no SQL, but the parser shall say so
            at = found.end()
            if token == "--":
                end = text.find("\n", here)
                at = len(text) if end < 0 else end
                self.comments.append(Span("comment", here, at))
                continue
            if token == "/*":
                at = self._after_block_comment(at)
                continue
            if token == "\\":
                end = text.find("\n", here)
                self._at = len(text) if end < 0 else end
                return Span("meta", here if start < 0 else start, self._at)
            if token == ";" and depth == 0 and atomic == 0:
                if start < 0:
                    continue  # an empty statement, as in `;;`
                self._at = at
                return Span("statement", start, here)
            if start < 0:
                start = here
            if token == "'":
                at = self._after(_END_OF_STRING, at)
            elif token == '"':
                at = self._after(_END_OF_IDENTIFIER, at)
            elif token == "$":
                at = self._after_dollar_quote(here)
            elif token == "(":
                depth += 1
            elif token == ")":
                depth = max(0, depth - 1)
            elif token in {"e", "E"} and text.startswith("'", at):
                at = self._after(_END_OF_ESCAPE_STRING, at + 1)
            elif token[0] not in "0123456789;":
                word = token.lower()
                if len(words) < 4:
                    words.append(word)
                if depth == 0 and _makes_routine(words):
                    if word == "begin" or (word == "case" and atomic):
                        atomic += 1
                    elif word == "end" and atomic:
                        atomic -= 1

    def copy_rows(self) -> str:
        r"""Take the rows that follow a `COPY … FROM stdin;`, from the next line up to `\.` or the end of the text."""
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

    def _after(self, pattern: re.Pattern[str], at: int) -> int:
        found = pattern.match(self.text, at)
        return found.end() if found else len(self.text)

    def _after_dollar_quote(self, here: int) -> int:
        opened = _DOLLAR.match(self.text, here)
        if opened is None:
            return here + 1  # a parameter, `$1`
        end = self.text.find(opened[0], opened.end())
        return len(self.text) if end < 0 else end + len(opened[0])

    def _after_block_comment(self, at: int) -> int:
        depth = 1
        while depth:
            found = _BLOCK_COMMENT.search(self.text, at)
            if found is None:
                return len(self.text)
            depth += 1 if found[0] == "/*" else -1
            at = found.end()
        return at


def _makes_routine(words: list[str]) -> bool:
    """Tell whether a statement's first words are CREATE [OR REPLACE] FUNCTION or PROCEDURE."""
    if words[0] != "create":
        return False
    rest = words[3:4] if words[1:3] == ["or", "replace"] else words[1:2]
    return rest in (["function"], ["procedure"])
