"""CT02: the bytes of the file."""

import contextlib
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pytest_ctb.checks import Case, check
from pytest_ctb.migrations import BYTE_ORDER_MARK
from pytest_ctb.model import Edit, Finding, Position, Source

# UTF-8 read as one of these single-byte encodings and saved as UTF-8 again.
_SINGLE_BYTE = ("cp1252", "latin-1", "cp1254")
_HARDLY_MEANT = ("â€", "â”", "â•", "ðŸ", "ğŸ", "ï»¿")
"""What punctuation, frames, emoji and a byte order mark turn into."""
_MOST = 8
"""How many different words a command to paste puts right."""
_LINE_END = re.compile(r"\r+\n")
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
    if case.options.line_ends == "lf" and b"\r" in data:
        line = data.count(b"\n", 0, data.index(b"\r")) + 1
        yield case.finding(
            Position(line, len(case.migration.source.line(line)) + 1),
            "Windows line ends (CR LF): they become part of function bodies and strings, which then differ by machine",
            instead=f"sed -i 's/\\r$//' {shlex.quote(case.subject)}",
            fix=(Edit(one.start(), one.end(), "\n") for one in _LINE_END.finditer(case.migration.source.text)),
        )


def _from_utf_16(case: Case[Options]) -> Iterator[Edit]:
    """The mark at its start says how the file is to be read."""
    with contextlib.suppress(UnicodeDecodeError):
        yield Edit(0, len(case.migration.source.text), case.migration.data.decode("utf-16"))


def _mojibake(case: Case[Options]) -> Iterator[Finding]:
    """One finding for all lines: a file is decoded twice as a whole, not here and there.

    What can hardly be meant (`â€`, `ðŸ`) is told wherever it stands. Other pairs can be honest, as the last two
    characters of `„MENÜ“` are: they are told only where nothing in the file must have been decoded once.
    """
    if case.migration.source.text.isascii():
        return
    runs = [
        (Position(number, column), word, _undecode(word))
        for number, line in enumerate(case.migration.source.text.split("\n"), 1)
        if not line.isascii()
        for column, word in _words(line)
    ]
    honest = any(meant is None for _, _, meant in runs)
    told = [
        (position, word, meant)
        for position, word, meant in runs
        if meant is not None and (not honest or word.startswith(_HARDLY_MEANT))
    ]
    for position, word, meant in told[:1]:
        message = f"text decoded twice: {_short(word)!r} stands where {_short(meant)!r} was meant"
        instead = _repair(case.subject, {word: meant for _, word, meant in told})
        fix = (_meant(case.migration.source, *one) for one in told)
        yield case.finding(position, message, instead=instead, fix=(one for one in fix if _LOST not in one.text))


def _meant(source: Source, position: Position, word: str, meant: str) -> Edit:
    start = source.offset(position)
    # The guide's own template lost a byte of its emoji when it was decoded twice, and is copied like that.
    is_template = source.text.startswith(_TITLE, start + len(word))
    return Edit(start, start + len(word), "\N{FILE FOLDER}" if is_template and _LOST in meant else meant)


def _repair(path: str, meant: Mapping[str, str]) -> str:
    """The command that puts back what was meant, longest first; nothing can where a byte is lost."""
    words = sorted((one for one in meant if _LOST not in meant[one]), key=len, reverse=True)
    replacing = [f"-e {shlex.quote(f's/{one}/{meant[one]}/g')}" for one in words[:_MOST] if one.isprintable()]
    return f"sed -i {' '.join(replacing)} {shlex.quote(path)}" if replacing else ""


def _words(line: str) -> Iterator[tuple[int, str]]:
    """Runs of characters that are one byte above 127 in one of the encodings, with their columns."""
    yield from ((one.start() + 1, one[0]) for one in _UPPER_HALVES.finditer(line))


def _undecode(word: str) -> str | None:
    """What was meant, where `word` is UTF-8 that was read as a single-byte encoding; None for honest text."""
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
    """Encode; the five bytes that Windows-1252 leaves undefined are taken for themselves, as browsers take them."""
    made = bytearray()
    for character in word:
        try:
            made += character.encode(encoding)
        except UnicodeEncodeError:
            if ord(character) > 0x9F:
                raise
            made.append(ord(character))
    return bytes(made)


def _short(text: str) -> str:
    return text if len(text) <= 6 else text[:6] + "…"
