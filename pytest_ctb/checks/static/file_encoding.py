"""CT02: the bytes of the file."""

import contextlib
import re
import shlex
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_ctb.checks import Case, check
from pytest_ctb.model import Edit, Finding, Migration, Position, Source, Statement, lines
from pytest_ctb.repository.migration import BYTE_ORDER_MARK, reread
from pytest_ctb.sql import constants

# UTF-8 read as one of these single-byte encodings and saved as UTF-8 again.
_SINGLE_BYTE = ("cp1252", "latin-1", "cp1254")
_NEVER_MEANT = ("â€", "â”", "â•", "ðŸ", "ğŸ", "ï»¿")
"""What punctuation, frames, emoji and a byte order mark turn into."""
_MOST = 8
"""How many different words a command to paste puts right."""
_LINE_END = re.compile(r"\r+\n")
_ALONE = re.compile(r"\r(?!\r*\n)")
"""A carriage return that belongs to no Windows line end."""
_LOST = "\N{REPLACEMENT CHARACTER}"
_TITLE = " CTB Classification Metadata"
_CUT_SHORT = (b"\xe2\x80", b"\xf0\x9f")
_UPPER_HALF = frozenset(
    character for name in _SINGLE_BYTE for character in bytes(range(128, 256)).decode(name, errors="ignore")
)
_UPPER_HALVES = re.compile(f"[{re.escape(''.join(sorted(_UPPER_HALF)))}]+")


@dataclass(frozen=True)
class Options:
    """`line_ends`: `lf`, or `any` to allow Windows line ends too."""

    line_ends: str = "lf"


@check("file-encoding", options=Options, reads_text=False)
def file_encoding(case: Case[Options]) -> Iterator[Finding]:
    """Decode the bytes; then look for lines that turn into other valid text when they are un-decoded once."""
    data = case.migration.data
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield case.finding(
            Position(1, 1),
            "the file is UTF-16, not UTF-8",
            encoding="UTF-16",
            path=shlex.quote(case.subject),
            fix=_from_utf_16(case),
        )
        return
    if data.startswith(BYTE_ORDER_MARK):
        yield case.finding(
            Position(1, 1),
            "the file starts with a byte order mark (EF BB BF), which some clients send to the server as SQL",
            instead=f"sed -i '1s/^\\xEF\\xBB\\xBF//' {shlex.quote(case.subject)}",
            fix=[Edit(0, 0, "")],
        )
    if case.migration.problem:
        at, what = case.migration.problem.position, case.migration.problem.message
        instead = "" if case.migration.binary else None
        yield case.finding(at, what, instead=instead, encoding="WINDOWS-1252", path=shlex.quote(case.subject))
        return
    yield from _mojibake(case)
    yield from _carriage_returns(case)
    source = case.migration.source
    windows = _LINE_END.search(source.text)
    if case.options.line_ends == "lf" and windows:
        yield case.finding(
            source.at(windows.start()),
            "Windows line ends (CR LF): they become part of function bodies and strings, which then differ by machine",
            instead=f"sed -i 's/\\r$//' {shlex.quote(case.subject)}",
            fix=(Edit(match.start(), match.end(), "\n") for match in _LINE_END.finditer(source.text)),
        )


def _from_utf_16(case: Case[Options]) -> Iterator[Edit]:
    """An edit of the whole file to UTF-8: its byte order mark says that it is UTF-16."""
    with contextlib.suppress(UnicodeDecodeError):
        yield Edit(0, len(case.migration.source.text), case.migration.data.decode("utf-16"))


def _carriage_returns(case: Case[Options]) -> Iterator[Finding]:
    """Findings for carriage returns without a line feed: as line ends (with a fix), in strings and rows."""
    source = case.migration.source
    offsets = [match.start() for match in _ALONE.finditer(source.text)]
    if not offsets:
        return
    literals = _literals(case.migration.statements) if "\n" in source.text else [(0, 0)]
    starts = [start for start, _ in literals]
    in_literals = [at for at in offsets if at < literals[bisect_right(starts, at) - 1][1]]
    ends = sorted({*offsets} - {*in_literals})
    if ends:
        any_end = case.options.line_ends == "any"
        sed = "" if any_end else "s/\\r*$//;"
        yield case.finding(
            source.at(ends[0]),
            "a carriage return that no line feed follows (CR without LF): Postgres ends the line there, and a `--` "
            "comment with it, where many tools show one line, so that SQL can stand behind a comment and not be seen",
            instead=f"sed -i '{sed}:a;s/\\r\\(.\\)/\\n\\1/;ta' {shlex.quote(case.subject)}",
            fix=_line_feeds(case.migration, ends, "\r\n" if any_end and "\r\n" in source.text else "\n"),
        )
    if in_literals:
        yield case.finding(
            source.at(in_literals[0]),
            "a carriage return inside a string, a name or a row of COPY, where nobody sees it: if it is meant, write "
            "it as \\r",
            instead="E'\\r'",
        )


def _literals(statements: Iterable[Statement]) -> list[tuple[int, int]]:
    """Start and end (characters) of the strings, quoted names and COPY rows of a file, sorted."""
    literals = [(0, 0)]
    for statement in statements:
        literals += [(statement.start + start, statement.start + end) for start, end in constants(statement)]
        if statement.data:
            literals.append((statement.end - len(statement.data) - len("\\.\r"), statement.end))
    return sorted(literals)


def _line_feeds(migration: Migration, offsets: Sequence[int], line_end: str) -> Iterator[Edit]:
    """Edits that put a line end at each offset; none where the file would then hold other statements."""
    text = list(migration.source.text)
    for at in offsets:
        text[at] = line_end
    repaired = reread(migration, "".join(text).encode())
    before, after = (
        [(lines(statement.sql), statement.data) for statement in version.statements]
        for version in (migration, repaired)
    )
    return (Edit(at, at + 1, line_end) for at in (offsets if before == after else ()))


def _mojibake(case: Case[Options]) -> Iterator[Finding]:
    """One finding for all lines: a file is decoded twice as a whole, not here and there.

    `â€` and `ðŸ` are never meant and are reported in any file. Other pairs can be meant, as the last two characters of
    `„MENÜ“` are: they are reported only where all text above ASCII in the file can be decoded once more.
    """
    if case.migration.source.text.isascii():
        return
    runs = [
        (Position(number, column), word, _undecode(word))
        for number, line in enumerate(lines(case.migration.source.text), 1)
        if not line.isascii()
        for column, word in _words(line)
    ]
    has_plain_text = any(meant is None for _, _, meant in runs)
    twice_decoded = [
        (position, word, meant)
        for position, word, meant in runs
        if meant is not None and (not has_plain_text or word.startswith(_NEVER_MEANT))
    ]
    for position, word, meant in twice_decoded[:1]:
        message = f"text decoded twice: {_short(word)!r} stands where {_short(meant)!r} was meant"
        instead = _repair(case.subject, {word: meant for _, word, meant in twice_decoded})
        fix = (_replace(case.migration.source, *run) for run in twice_decoded)
        yield case.finding(position, message, instead=instead, fix=(edit for edit in fix if _LOST not in edit.text))


def _replace(source: Source, position: Position, word: str, meant: str) -> Edit:
    start = source.offset(position)
    # The guide's template was itself decoded twice, and lost a byte of its emoji: that is put back.
    is_template = source.text.startswith(_TITLE, start + len(word))
    return Edit(start, start + len(word), "\N{FILE FOLDER}" if is_template and _LOST in meant else meant)


def _repair(path: str, meant: Mapping[str, str]) -> str:
    """The sed command that replaces the words, the longest first; words with a lost byte are left out."""
    words = sorted((word for word in meant if _LOST not in meant[word]), key=len, reverse=True)
    replacing = [f"-e {shlex.quote(f's/{word}/{meant[word]}/g')}" for word in words[:_MOST] if word.isprintable()]
    return f"sed -i {' '.join(replacing)} {shlex.quote(path)}" if replacing else ""


def _words(line: str) -> Iterator[tuple[int, str]]:
    """Runs of characters that are one byte above 127 in one of the encodings, with their columns."""
    yield from ((run.start() + 1, run[0]) for run in _UPPER_HALVES.finditer(line))


def _undecode(word: str) -> str | None:
    """The text that was meant, if `word` is UTF-8 that was read in a single-byte encoding; else None."""
    if len(word) < 2:
        return None
    for encoding in _SINGLE_BYTE:
        with contextlib.suppress(UnicodeEncodeError):
            data = _bytes(word, encoding)
            # Some editors lose the bytes that an encoding does not define, often the last of a sequence.
            lost = "replace" if data.startswith(_CUT_SHORT) else "strict"
            with contextlib.suppress(UnicodeDecodeError):
                return data.decode(errors=lost)
    return None


def _bytes(word: str, encoding: str) -> bytes:
    """Encode a word; the five bytes that Windows-1252 leaves undefined stay as they are, as in browsers."""
    data = bytearray()
    for character in word:
        try:
            data += character.encode(encoding)
        except UnicodeEncodeError:
            if ord(character) > 0x9F:
                raise
            data.append(ord(character))
    return bytes(data)


def _short(text: str) -> str:
    return text if len(text) <= 6 else text[:6] + "…"
