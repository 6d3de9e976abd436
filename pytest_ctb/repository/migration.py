"""One SQL file to one Migration: its text, header, statements, rollback instructions and `ctb:` comments.

Reads files; knows nothing of guidelines: it keeps what stands in the file and leaves the judging to the checks.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_ctb.model import (
    PSQL,
    Allow,
    Comment,
    HeaderField,
    Mark,
    Migration,
    Part,
    Parts,
    Position,
    Problem,
    Reading,
    Rollback,
    Section,
    Source,
    Statement,
    Tool,
)
from pytest_ctb.repository.files import read_bytes
from pytest_ctb.repository.parts import ReadParts, read_parts, sendable, sent_parts, switched_off
from pytest_ctb.repository.rollback_comments import FRAME, is_plain, rollback_blocks
from pytest_ctb.sql import no_value_message, read_psql

PLAIN = Reading()
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DATED = re.compile(r"(\d{4}-\d{2}-\d{2})(?!\d)")
_FIELD = re.compile(r"\s*(?:[^\w\s]+\s*)?([A-Za-z][A-Za-z ]{0,38}[A-Za-z])\s*:(?!:)\s*((?:.*\S)?)\s*$")
_NO_TRANSACTION = re.compile(r"\s*ctb:no-transaction\b\s*:?\s*(.*?)\s*$")
_ALLOW = re.compile(r"\s*ctb:allow\b\s*([\w-]*)\s*:?\s*(.*?)\s*$")


def read(file: Path, path: str, reading: Reading = PLAIN) -> Migration:
    """Read a file. `path` is its name in test ids and messages.

    Raises OSError where the file cannot be read; whatever stands in it is a Migration.
    """
    return parse_migration(read_bytes(file, reading.root), path, reading)


def unread(path: str, why: str) -> Migration:
    """A file of which nothing was read, and why."""
    return replace(parse_migration(b"", path), problem=Problem(why, Position(1, 1)), binary=True)


def parse_migration(
    data: bytes,
    path: str,
    reading: Reading = PLAIN,
    *,
    tool: Tool = PSQL,
    parts: Callable[[str], Parts] | None = None,
    off: Mark | None = None,
) -> Migration:
    """The Migration that these bytes are, whatever they hold; psql's own commands are done as far as they are known.

    `parts` tells which stretches of the text are applied, and which take it back; without it all of it is applied.
    `off` is what switches the tool's transaction off from outside of the file.
    """
    text, problem = _decode(data)
    binary = b"\0" in data
    source = Source(text)
    made = parts(text) if parts else Parts((Part(0, len(text)),))
    given = reading
    reading = replace(reading, placeholder=tool.placeholder)
    if parts is None and (tool.is_psql or not (tool.adds_transaction or tool.sends_whole_file)):
        # psql sends it, or what works as psql does
        as_psql = read_psql(source, path, reading)
        read = ReadParts(((made.up[0], as_psql.statements),), as_psql.comment_lines, as_psql.exact)
        reading = replace(reading, variables=as_psql.variables)
    else:
        reading = replace(reading, psql=tool.is_psql)
        read = read_parts(source, made.up, made.down, path, reading)
    comment_lines, exact = read.comment_lines, read.exact
    up = [(part, tuple(sendable(statements, tool, made, source))) for part, statements in read.parts]
    statements = tuple(statement for _, of_part in up for statement in of_part)
    outside, off = off, off or switched_off(statements, tool)
    down, beside = _down(source, tool, made, off, path, reading)
    switch = next((part.no_transaction for part, _ in up if part.no_transaction), off)
    first = statements[0].position.line if statements else None
    leading = [
        comment for comment in comment_lines if comment.alone and (first is None or comment.position.line < first)
    ]
    fields, description = _header(leading)
    return Migration(
        path=path,
        data=data,
        source=source,
        problem=problem,
        binary=binary,
        date=_date(path),
        statements=statements,
        comment_lines=comment_lines,
        header=tuple(fields),
        description=description,
        depends_on=tuple(header for header in fields if header.name.casefold() == "depends on"),
        rollbacks=rollbacks(down, rollback_blocks((*comment_lines, *beside), source, path, reading)),
        no_transaction=switch if tool.adds_transaction else _no_transaction(comment_lines),
        allows=tuple(allows(comment_lines, statements)),
        sent=sent_parts(up, tool, off),
        sections=_sections(up, off),
        tool=tool,
        parts=parts,
        outside=outside,
        unapplied=made.problem or _outside(up, tool, source) or _unfilled(source, tool, given),
        exact=exact,
        reading=given,
    )


def reread(before: Migration, data: bytes) -> Migration:
    """The same file with other bytes in it, read in the same way."""
    after = parse_migration(data, before.path, before.reading, tool=before.tool, parts=before.parts, off=before.outside)
    blocks = before.rollbacks if before.down else after.rollbacks
    dated = before.date if before.version else after.date
    return replace(after, version=before.version, date=dated, down=before.down, rollbacks=blocks)


def rollbacks(down: Rollback | None, commented: Iterable[Rollback]) -> tuple[Rollback, ...]:
    """The rollback instructions that count: what the tool runs, else the `-- Rollback:` comments."""
    blocks = tuple(commented)
    return blocks if down is None or (blocks and not down.statements) else (down,)


def _down(
    source: Source, tool: Tool, made: Parts, off: Mark | None, path: str, reading: Reading
) -> tuple[Rollback | None, tuple[Comment, ...]]:
    """The rollback that the tool runs, where the file itself holds it, and the comments in it."""
    if not made.has_down:
        return None, ()
    parts: list[tuple[Part, tuple[Statement, ...]]] = []
    comments: list[Comment] = []
    for part in made.down:
        read = read_parts(source, [part], [Part(0, part.start)], path, reading)
        ((_, statements),) = read.parts
        parts.append((part, tuple(sendable(statements, tool, made, source))))
        comments += read.comment_lines
    place = min((part.opened_at for part, _ in parts), default=0)
    text = "\n".join(source.text[part.start : part.end].strip() for part, _ in parts)
    return Rollback(source.at(max(0, place)), text, sent_parts(parts, tool, off)), tuple(comments)


def _sections(up: Sequence[tuple[Part, tuple[Statement, ...]]], off: Mark | None) -> tuple[Section, ...]:
    """The statements by transaction, where lines of the file open more than one; `off` holds for the whole file."""
    sections: dict[int, Section] = {}
    for part, statements in up:
        before = sections.get(part.opened_at, Section((), part.no_transaction or off))
        sections[part.opened_at] = before._replace(statements=before.statements + statements)
    return tuple(sections.values()) if len(sections) > 1 else ()


def _unfilled(source: Source, tool: Tool, reading: Reading) -> Problem | None:
    """A placeholder without the value that the tool demands."""
    for match in re.finditer(tool.required_placeholder, source.text) if tool.required_placeholder else ():
        if match[1] not in reading.variables:
            return Problem(
                f"{tool.name} refuses the file: {no_value_message(match[0], match[1])}", source.at(match.start())
            )
    return None


def _outside(up: Sequence[tuple[Part, tuple[Statement, ...]]], tool: Tool, source: Source) -> Problem | None:
    """What stands above the line that opens the first part."""
    for part, statements in up[:1]:
        if statements and source.offset(statements[0].position) < part.opened_at:
            what = f"is above the line that opens the migration: {tool.name} does not apply it"
            return Problem(what, statements[0].position)
    return None


def _decode(data: bytes) -> tuple[str, Problem | None]:
    """The text as psql would read it (a byte order mark is no part of it), and why it is none."""
    body = data.removeprefix(BYTE_ORDER_MARK)
    nul = body.find(b"\0")
    if nul >= 0:
        return "", Problem("a NUL byte: the file is not text", _position(body, nul))
    try:
        return body.decode(), None
    except UnicodeDecodeError as error:
        message = f"the byte 0x{body[error.start]:02x} is not UTF-8"
        return body.decode(errors="replace"), Problem(message, _position(body, error.start))


def _position(data: bytes, offset: int) -> Position:
    before = data[:offset].decode(errors="replace")
    return Source(before).at(len(before))


def _date(path: str) -> datetime.date | None:
    dated = _DATED.match(path.rpartition("/")[2])
    try:
        return datetime.date.fromisoformat(dated[1]) if dated else None
    except ValueError:
        return None


def _header(leading: Sequence[Comment]) -> tuple[list[HeaderField], HeaderField | None]:
    """The `Name: value` lines above the first statement, and the description, which may run over several lines."""
    fields: list[HeaderField] = []
    description = None
    for index, comment in enumerate(leading):
        match = _FIELD.match(comment.text) if ":" in comment.text else None
        if match is None:
            continue
        if "back" in match[1].lower() and is_plain(comment):
            break
        column = comment.column + (match.start(2) if match[2] else match.start(1))
        header = HeaderField(match[1], match[2], Position(comment.position.line, column))
        if header.name.casefold() == "description":
            description = description or _described(header, leading[index + 1 :])
        else:
            fields.append(header)
    return fields, description


def _described(first: HeaderField, following: Iterable[Comment]) -> HeaderField:
    words = [first.value]
    line = first.position.line
    for comment in following:
        line += 1
        if comment.position.line != line or FRAME.match(comment.text) or _FIELD.match(comment.text):
            break
        words.append(comment.text.strip())
    return HeaderField(first.name, " ".join(filter(None, words)), first.position)


def _no_transaction(comments: Iterable[Comment]) -> Mark | None:
    for comment in comments:
        match = _NO_TRANSACTION.match(comment.text) if "ctb:" in comment.text else None
        if match and comment.alone:
            return Mark(match[1], comment.position)
    return None


def allows(comments: Sequence[Comment], statements: Sequence[Statement]) -> Iterable[Allow]:
    """The `ctb:allow` comments, with the lines that they cover.

    Above the first statement one covers the file, else the statement below it.
    """
    allowing = [comment for comment in comments if comment.alone and "ctb:allow" in comment.text]
    if not allowing:
        return
    starts = {statement.position.line: statement for statement in reversed(statements)}
    comment_lines = {comment.position.line for comment in comments if comment.alone}
    first = min(starts, default=None)
    for comment in allowing:
        match = _ALLOW.match(comment.text)
        if match is None:
            continue
        line = comment.position.line
        if first is None or line < first:
            yield Allow(match[1], match[2], comment.position, 1, 2**31)
            continue
        line += 1
        while line in comment_lines and line not in starts:
            line += 1
        end = starts[line].last_line if line in starts else 0
        yield Allow(match[1], match[2], comment.position, line, end)
