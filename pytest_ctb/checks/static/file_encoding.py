"""CT02: the bytes of the file."""

import contextlib
import re
import shlex
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_ctb.checks import Case, check
from pytest_ctb.checks.static._twice_decoded import LOST, Word, twice_decoded
from pytest_ctb.model import Edit, Finding, Migration, Position, Source, Statement, lines
from pytest_ctb.repository.migration import BYTE_ORDER_MARK, reread
from pytest_ctb.sql import constants, searched_constants

_MOST = 8
"""How many different words a command to paste puts right."""
_LINE_END = re.compile(r"\r+\n")
_ALONE = re.compile(r"\r(?!\r*\n)")
"""A carriage return that belongs to no Windows line end."""
_TITLE = " CTB Classification Metadata"


@dataclass(frozen=True)
class Options:
    """`line_ends`: `lf`, or `any` to allow Windows line ends too."""

    line_ends: str = "lf"


@check("file-encoding", options=Options, reads_text=False)
def file_encoding(case: Case[Options]) -> Iterator[Finding]:
    """Decode the bytes; then look for text that turns into other text, which fits its place, when it is un-decoded.

    Text that a repair searches for (`replace(name, 'â€™', '…')`) is none. U+FFFD is, because what it was is lost.
    """
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
    yield from _broken_text(case)
    yield from _carriage_returns(case)
    source = case.migration.source
    windows = _LINE_END.search(source.text) if "\r\n" in source.text else None
    if case.options.line_ends == "lf" and windows and not case.migration.tool.is_code:
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
    offsets = [match.start() for match in _ALONE.finditer(source.text)] if "\r" in source.text else []
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
            "a carriage return inside a string, a name or a row of COPY, where editors do not show it: if you mean it, "
            "write it as \\r",
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


def _broken_text(case: Case[Options]) -> Iterator[Finding]:
    """Findings for text that was decoded twice (its first place, with an edit for each) and for the first U+FFFD."""
    source = case.migration.source
    if source.text.isascii():
        return
    lost = [Word(match.start(), LOST, "") for match in re.finditer(LOST, source.text)] if LOST in source.text else []
    words = [*twice_decoded(source.text), *lost]
    words = [word for word in words if not _named_on_purpose(case.migration, word)]
    twice = [word for word in words if word.meant]
    for word in twice[:1]:
        message = f"text decoded twice: {_short(word.text)!r} instead of {_short(word.meant)!r}"
        instead = _repair(case.subject, {word.text: word.meant for word in twice})
        fix = (_replace(source, word) for word in twice)
        yield case.finding(
            source.at(word.start), message, instead=instead, fix=(edit for edit in fix if LOST not in edit.text)
        )
    for word in [word for word in words if not word.meant][:1]:
        message = "U+FFFD replaces a character that could not be decoded: write the intended character"
        yield case.finding(source.at(word.start), message, instead="")


def _named_on_purpose(migration: Migration, word: Word) -> bool:
    """Whether a place names broken text on purpose, as `replace(name, 'â€™', '…')` does.

    A function or an operator searches for it, or what was meant is beside it: in the same statement, or in the same
    line of a comment. Where a part of a frame is broken, the rest of the frame names nothing.
    """
    statement = next(
        (around for around in migration.statements if 0 <= word.start - around.start < len(around.sql)), None
    )
    if statement and any(start <= word.start < end for start, end in searched_constants(statement)):
        return True
    line = migration.source.line(migration.source.at(word.start).line)
    beside = statement.sql if statement else line
    is_named = bool(word.meant) and LOST not in word.meant and word.meant in beside.replace(word.text, "")
    return is_named and not unicodedata.name(word.meant[0], "").startswith("BOX DRAWINGS")


def _replace(source: Source, word: Word) -> Edit:
    end = word.start + len(word.text)
    # The guide's template was itself decoded twice, and lost a byte of its emoji: that is put back.
    is_template = source.text.startswith(_TITLE, end)
    return Edit(word.start, end, "\N{FILE FOLDER}" if is_template and LOST in word.meant else word.meant)


def _repair(path: str, meant: Mapping[str, str]) -> str:
    """The sed command that replaces the words, the longest first; words with a lost byte are left out."""
    words = sorted((word for word in meant if LOST not in meant[word]), key=len, reverse=True)
    replacing = [f"-e {shlex.quote(f's/{word}/{meant[word]}/g')}" for word in words[:_MOST] if word.isprintable()]
    return f"sed -i {' '.join(replacing)} {shlex.quote(path)}" if replacing else ""


def _short(text: str) -> str:
    return text if len(text) <= 6 else text[:6] + "…"
