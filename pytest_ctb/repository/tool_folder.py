"""The files of one folder as a migration tool reads them: which apply, which take back, in which order."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Migration, Order, Position, Problem, Reading, Rollback
from pytest_ctb.repository.files import NotAFileError, read_bytes
from pytest_ctb.repository.layouts import Layout, any_down_mark, down_marks
from pytest_ctb.repository.migration import parse_migration, rollbacks, unread
from pytest_ctb.repository.paths import relative

_DATE = re.compile(r"(\d{4})[-_]?(\d{2})[-_]?(\d{2})(?:[-_]?\d{2,6})?")


class Placed(NamedTuple):
    """A migration, its version as its tool compares versions, and what the tool sorts it by."""

    key: Any
    """None: the tool does not apply it."""
    migration: Migration
    place: Any = None


def placed_files(reading: Reading, folder: Path, files: Sequence[Path], layout: Layout) -> list[Placed]:
    """Read the files of a folder; `reading` has the repository's root. Raises ConfigError where one cannot be read."""
    plan = layout.listed_order(folder)
    named = {file: file.relative_to(folder).as_posix() for file in files}
    downs, others = _matched(layout.rollback_names, named)
    ups, strays = _matched(layout.migration_names, {file: named[file] for file in others})
    strays = [file for file in strays if not (layout.other_names and re.fullmatch(layout.other_names, named[file]))]
    refused = layout.refuses(folder, {named[file]: version for file, version in ups.items()})
    by_key: dict[Any, list[Path]] = defaultdict(list)
    for file, version in downs.items():
        by_key[layout.sort_key(version)].append(file)
    read = _reader(reading, folder, layout)
    placed = []
    for file, version in ups.items():
        migration = replace(read(file), version=version, date=_date(version))
        if plan is not None and version not in plan:
            listed_in = layout.list_name or f"the plan of {layout.tool.name}"
            migration = _refused(migration, f"{listed_in} does not name it")
        elif named[file] in refused:
            migration = _refused(migration, refused[named[file]])
        if down_files := by_key.get(layout.sort_key(version)):
            migration = _with_down(migration, read(down_files[0]))
        key = layout.sort_key(version) if plan is None else plan.get(version)
        placed.append(Placed(key, migration, file.name if layout.by_name else key))
    for file in strays:
        form = f"its name is not of the form {layout.tool.file_name_form}"
        outcome = "stops at it" if re.fullmatch(layout.tool.stops_at, named[file]) else "does not apply it"
        what = f"it is not applied: {form}" if layout.tool.is_psql else f"{layout.tool.name} {outcome}: {form}"
        placed.append(Placed(None, _refused(read(file), what)))
    for first, *others in by_key.values():
        for file in others:
            what = f"takes back version {downs[file]}, as {named[first]} does: only one of them can"
            placed.append(Placed(None, replace(_refused(read(file), what), only_rolls_back=True)))
    applied = {layout.sort_key(version) for version in ups.values()}
    for file in (down_files[0] for key, down_files in by_key.items() if key not in applied):
        what = f"takes back version {downs[file]}, which no file applies"
        placed.append(Placed(None, replace(_refused(read(file), what), only_rolls_back=True)))
    return placed


def by_version(placed: Iterable[Placed]) -> tuple[tuple[Migration, ...], Order]:
    """The migrations in their tool's order, then those that it does not apply; and which have the same version."""
    placed = sorted(placed, key=lambda entry: entry.migration.path)
    applied = sorted((entry for entry in placed if entry.key is not None), key=lambda entry: entry.place)
    by_key: dict[Any, list[str]] = defaultdict(list)
    for entry in applied:
        by_key[entry.key].append(entry.migration.path)
    clashes = tuple(tuple(paths) for paths in by_key.values() if len(paths) > 1)
    others = (entry for entry in placed if entry.key is None)
    return tuple(entry.migration for entry in (*applied, *others)), Order(clashes=clashes)


def _matched(pattern: str, named: Mapping[Path, str]) -> tuple[dict[Path, str], list[Path]]:
    """The version of each file that matches, and the others."""
    versions = {
        file: match["version"] for file, name in named.items() if pattern and (match := re.fullmatch(pattern, name))
    }
    return versions, [file for file in named if file not in versions]


def _reader(reading: Reading, folder: Path, layout: Layout) -> Callable[[Path], Migration]:
    assert reading.root is not None
    root = reading.root

    def read(file: Path) -> Migration:
        try:
            data = read_bytes(file, root)
        except NotAFileError as error:
            return unread(relative(root, file), error.why)
        except OSError as error:
            raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
        off, tool = layout.transaction_off(file), layout.tool
        if tool.runs_once and layout.runs_again(file.relative_to(folder).as_posix(), data.decode(errors="replace")):
            tool = tool._replace(runs_once=False)
        migration = parse_migration(data, relative(root, file), reading, tool=tool, parts=layout.split, off=off)
        return without_foreign_mark(migration, layout)

    return read


def without_foreign_mark(migration: Migration, layout: Layout) -> Migration:
    """The migration; refused where SQL that goes up stands below another tool's line for what rolls back."""
    source = migration.source
    if migration.unapplied or not any_down_mark().search(source.text):
        return migration
    for name, mark in down_marks().items():
        places = [source.at(line.start()) for line in mark.finditer(source.text)] if name != layout.name else []
        if not places:
            continue
        comments = {comment.position.line for comment in migration.comments if comment.alone}
        at = next((position for position in places if position.line in comments), None)
        statements = (statement for statement in migration.statements if not statement.control)
        if at and any(statement.position > at for statement in statements):
            line = source.text[source.offset(at) : source.line_end(at.line)].strip()
            what = (
                f"`{line}` is a line of {name}, below which a file takes back what it did: "
                f"{layout.tool.name} runs that too; set ctb_layout = {name}, or take that part out"
            )
            return replace(migration, unapplied=Problem(what, at))
    return migration


def _refused(migration: Migration, what: str) -> Migration:
    return replace(migration, unapplied=Problem(what, Position(1, 1)))


def _with_down(up: Migration, down: Migration) -> Migration:
    text = down.source.text.strip()
    block = Rollback(Position(1, 1), text, down.sent, path=down.path)
    return replace(up, down=down, rollbacks=rollbacks(block, up.rollbacks))


def _date(version: str) -> datetime.date | None:
    """The day that a version is a timestamp of; None where it is a mere number."""
    dated = _DATE.fullmatch(version)
    try:
        return datetime.date(int(dated[1]), int(dated[2]), int(dated[3])) if dated else None
    except ValueError:
        return None
