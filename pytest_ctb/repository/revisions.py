"""Migrations that a tool keeps as code: what a command printed of each revision, read into Migrations.

What the command prints is the contract of `ctb_source` (docs/layouts.md): one JSON object a line. The command itself is
run by `pytest_ctb.source`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import (
    Included,
    Mark,
    Migration,
    Position,
    Problem,
    Reading,
    Rollback,
    Source,
    Statement,
    Tool,
    TransactionCommand,
)
from pytest_ctb.repository.files import NotAFileError, read_bytes
from pytest_ctb.repository.migration import allows, parse_migration, rollbacks, unread
from pytest_ctb.repository.parts import sent
from pytest_ctb.repository.paths import relative
from pytest_ctb.sql import read_psql

_MARKS = {"#": {".py", ".rb", ".ex", ".exs", ".sh", ".pl"}, "--": {".sql"}}
"""What a comment begins with, by the ending of the file; `//` in all others."""
_FRAME = {TransactionCommand.BEGIN, TransactionCommand.START, TransactionCommand.COMMIT}
_AS_IT_STANDS = Reading(psql=False)
_LONGEST = 100
"""The most characters of a line of SQL that a message shows."""
_REVISION = {
    "file": str,
    "up": (str, list),
    "down": (str, list, type(None)),
    "transaction": bool,
    "down_transaction": bool,
    "not_sql": list,
    "judged": bool,
    "error": str,
    "line": int,
}
_PIECE = {"sql": str, "line": int}
_NOT_SQL = {"what": str, "line": int}
_TOOL = {"tool": str, "transaction_off": str, "way_back": str, "note": str}
_READS = {"reads": list}


class Piece(NamedTuple):
    """SQL that a revision makes, and the line of the file that makes it; 0 where that is not known."""

    sql: str
    line: int = 0


class Revision(NamedTuple):
    """What a command printed of one migration."""

    file: str
    """The file that a person edits, relative to the root of the repository."""
    up: tuple[Piece, ...] = ()
    down: tuple[Piece, ...] = ()
    """Empty where nothing takes the migration back."""
    transaction: bool = True
    """The tool runs what applies it in one transaction."""
    down_transaction: bool = True
    """The tool runs what takes it back in one transaction."""
    not_sql: tuple[Piece, ...] = ()
    """What it does besides and no SQL says, in words."""
    judged: bool = True
    """False: it is somebody else's, so it is applied and not judged."""
    error: str = ""
    """Why its SQL could not be printed."""
    line: int = 0
    """The line of the file that the error is about."""


class Printed(NamedTuple):
    """All that a command printed."""

    tool: Tool
    revisions: tuple[Revision, ...]
    """In the order in which they apply."""
    reads: tuple[str, ...] = ()
    """The files, and folders of files, that the output depends on."""
    note: str = ""
    """What people should know of all of them."""


def parse_printed(output: str, root: Path, name: str) -> Printed:
    """Read what a command printed; `name` is how messages call it. Raises ConfigError where it is not as agreed."""
    described: Mapping[str, Any] = {}
    reads: list[str] = []
    revisions: dict[str, Revision] = {}
    for number, line in enumerate(output.splitlines(), start=1):
        if not line.strip():
            continue
        place = f"ctb_source: line {number} of what `{name}` prints"
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{place} is not a JSON object: {line[:_LONGEST]!r} (send notes to stderr)") from error
        if isinstance(entry, dict) and "tool" in entry:
            described = _known(entry, _TOOL, place)
        elif isinstance(entry, dict) and "reads" in entry:
            reads += map(str, _known(entry, _READS, place)["reads"])
        else:
            revision = _revision(_known(entry, _REVISION, place), root, place)
            if revision.file in revisions:
                raise ConfigError(f"{place}: {revision.file} was printed before; one file is one migration")
            revisions[revision.file] = revision
    if not revisions:
        raise ConfigError(f"ctb_source: nothing to check: `{name}` prints no migration")
    tool = Tool(
        name=described.get("tool", name),
        runs_once=True,
        adds_transaction=True,
        transaction_off_switch=described.get("transaction_off", "`transaction: false`"),
        sends_copy_rows=False,
        file_name_form="the tool's own",
        rollback_place=described.get("way_back", "way back"),
    )
    return Printed(tool, tuple(revisions.values()), tuple(reads), described.get("note", ""))


def _known(entry: Any, keys: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """The entry, which has known keys and values of their types only."""
    if not isinstance(entry, dict):
        raise ConfigError(f"{place} is not a JSON object: {json.dumps(entry)[:_LONGEST]}")
    for key, value in entry.items():
        if key not in keys:
            raise ConfigError(f"{place}: unknown key {key!r} (known: {', '.join(keys)})")
        if not isinstance(value, keys[key]) or (keys[key] is int and isinstance(value, bool)):
            raise ConfigError(f"{place}: {key!r} may not be {json.dumps(value)[:_LONGEST]}")
    return entry


def _revision(entry: Mapping[str, Any], root: Path, place: str) -> Revision:
    if not entry.get("file"):
        raise ConfigError(f"{place}: 'file' is missing, the path of the migration's file")
    judged = entry.get("judged", True)
    file = relative(root, Path(os.path.normpath(root / entry["file"]))) if judged else entry["file"]
    if judged and file.startswith("../"):
        raise ConfigError(
            f'{place}: {file} is outside of the repository ("judged": false applies a file that is not judged)'
        )
    if judged and not (root / file).exists():
        raise ConfigError(f"{place}: {file} does not exist")
    return Revision(
        file=file,
        up=tuple(_pieces(entry.get("up") or (), _PIECE, place)),
        down=tuple(_pieces(entry.get("down") or (), _PIECE, place)),
        transaction=entry.get("transaction", True),
        down_transaction=entry.get("down_transaction", entry.get("transaction", True)),
        not_sql=tuple(_pieces(entry.get("not_sql", ()), _NOT_SQL, place)),
        judged=judged,
        error=entry.get("error", ""),
        line=entry.get("line", 0),
    )


def _pieces(value: str | Iterable[Any], keys: Mapping[str, Any], place: str) -> Iterator[Piece]:
    text = next(iter(keys))
    for piece in [value] if isinstance(value, str) else value:
        known: Mapping[str, Any] = {text: piece} if isinstance(piece, str) else _known(piece, keys, place)
        if text not in known:
            raise ConfigError(f"{place}: {text!r} is missing in {json.dumps(piece)[:_LONGEST]}")
        yield Piece(known[text], known.get("line", 0))


def migrations(printed: Printed, root: Path) -> tuple[Migration, ...]:
    """The Migration of each revision. Raises ConfigError where a file cannot be read."""
    return tuple(_migration(revision, printed.tool, root) for revision in printed.revisions)


def _migration(revision: Revision, tool: Tool, root: Path) -> Migration:
    """The file that a person edits, with the statements that it makes: each stands at the line that makes it."""
    try:
        data = read_bytes(root / revision.file, root) if revision.judged else b""
    except NotAFileError as error:
        return unread(revision.file, error.why)
    except OSError as error:
        raise ConfigError(f"{revision.file}: cannot be read: {error.strerror}") from error
    text = data.decode(errors="replace")
    comment = _comment_mark(revision.file)
    written = parse_migration(_comments_as_sql(text, comment).encode(), revision.file)
    up, down = _statements(revision.up), _statements(revision.down)
    mark = _off(tool, text)
    off = None if revision.transaction else mark
    sent_down = _sent(down, tool, None if revision.down_transaction else mark)
    way_back = Rollback(down[0].position, _text(revision.down), sent_down) if down else None
    placed = [statement for statement in up if statement.position.line]
    return replace(
        written,
        data=data,
        source=Source(text),
        date=None,
        statements=tuple(statement for statement in up if not (off and statement.command in _FRAME)),
        allows=tuple(allows(written.comment_lines, placed if any(piece.line for piece in revision.up) else ())),
        rollbacks=rollbacks(way_back, written.rollbacks),
        no_transaction=off,
        sent=_sent(up, tool, off),
        tool=tool._replace(comment=comment),
        version=Path(revision.file).stem,
        unapplied=_problem(f"{tool.name} prints no SQL of it: {revision.error}", revision.line, revision.error),
        exact=False,
        judged=revision.judged,
        not_sql=tuple(Problem(piece.sql, Position(max(1, piece.line), 1)) for piece in revision.not_sql),
    )


def _off(tool: Tool, text: str) -> Mark:
    """The mark of a file that switches the tool's transaction off, at the first place of its words."""
    words = tool.transaction_off_switch.strip("`")
    return Mark(tool.name, Source(text).at(max(0, text.find(words))), words)


def _sent(statements: tuple[Statement, ...], tool: Tool, off: Mark | None) -> tuple[Statement, ...]:
    """The statements as the tool sends them; where it puts no transaction around all, it may around some."""
    if off is None:
        return sent(statements, tool, None)
    return tuple(
        replace(statement, added=True) if statement.command in _FRAME else statement for statement in statements
    )


def _problem(what: str, line: int, error: str) -> Problem | None:
    return Problem(what, Position(max(1, line), 1)) if error else None


def _text(pieces: Sequence[Piece]) -> str:
    return "\n".join(piece.sql.strip() for piece in pieces)


def _statements(pieces: Iterable[Piece]) -> tuple[Statement, ...]:
    sources = (_Made(piece.sql, Position(max(1, piece.line), 1)) for piece in pieces)
    return tuple(statement for source in sources for statement in read_psql(source, "", _AS_IT_STANDS).statements)


@dataclass(frozen=True)
class _Made(Source):
    """SQL that a line of a file makes; its places are that line, and quote the SQL."""

    via: Position

    def at(self, offset: int) -> Included:
        line = " ".join(self.line(super().at(offset).line).split())
        return Included.of(self.via, f"`{line[:_LONGEST]}{'…' if len(line) > _LONGEST else ''}`")


def _comment_mark(file: str) -> str:
    ending = Path(file).suffix.lower()
    return next((mark for mark, endings in _MARKS.items() if ending in endings), "//")


def _comments_as_sql(text: str, mark: str) -> str:
    """The lines that are comments, as comments of SQL at the places that they have; all other lines are empty."""
    comment = re.compile(rf"(\s*){re.escape(mark)}(.*)")
    matches = (comment.match(line) for line in text.splitlines())
    return "\n".join(
        f"{match[1]}--{match[2].removeprefix(' ') if mark == '#' else match[2]}" if match else "" for match in matches
    )


def folders(files: Iterable[Migration]) -> tuple[str, ...]:
    """The folders of the files that are judged, without those that are in another one."""
    paths = {Path(file.path).parent for file in files if file.judged}
    return tuple(sorted(path.as_posix() for path in paths if not any(above in paths for above in path.parents)))
