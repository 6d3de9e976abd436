"""Liquibase's formatted SQL: `--changeset` and `--rollback` lines; a transaction around each changeset."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from pytest_ctb.model import Mark, Part, Parts, Problem, Source, Tool
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.layouts import Folder, Layout, text

_FLAGS = re.MULTILINE | re.IGNORECASE
_CHANGESET = re.compile(
    r"^[ \t]*--[ \t]*changeset[ \t]+(\"[^\"\r\n]+\"|[^:\r\n]+):(\"[^\"\r\n]+\"|\S+)(?P<options>[^\r\n]*)", _FLAGS
)
_MALFORMED = re.compile(r"^[ \t]*(?:--[ \t]*(changeset)(?!\S)|-(changeset|rollback)[ \t])[^\r\n]*", _FLAGS)
"""A line that Liquibase takes for an annotation, and refuses where it is none: one dash, or no author:id."""
_ROLLBACK = re.compile(r"^[ \t]*--[ \t]*rollback[ \t]+(?!not[ \t]+required|empty)([^\r\n]*)", _FLAGS)
_BLOCK = re.compile(r"/\*[ \t]*liquibase[ \t]+rollback[ \t]*\n(.*?)\*/", re.DOTALL | re.IGNORECASE)
_REPEATED = re.compile(r"\b(?:runOnChange|runAlways)\s*:\s*true\b", re.IGNORECASE)
_OF_CHANGESET = re.compile(r"\s*changesetId:(\S+)\s+changesetAuthor:(\S+)\s*", re.IGNORECASE)
_DELIMITER = re.compile(r"\bendDelimiter:(\S+)", re.IGNORECASE)
_ALONE = r"^(?:go|/)(?=[ \t\r]*$)"
"""What ends a statement besides a semicolon, where no `endDelimiter` says otherwise."""
_TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|--[^\r\n]*|/\*.*?\*/|\w+|;", re.DOTALL)
_INCLUDED = re.compile(r"\bfile[\"']?\s*[:=]\s*[\"']?([^\"'\s>,}]+)\.sql\b")
_NOT_SQL = re.compile(r"[^\r\n]")


def _split(written: str) -> Parts:
    source = Source(written)
    changesets = list(_CHANGESET.finditer(written))
    ups: list[Part] = []
    downs: list[Part] = []
    ends: list[int] = []
    by_name: dict[tuple[str, str], Part] = {}
    for place, line in enumerate(changesets):
        end = changesets[place + 1].start() if place + 1 < len(changesets) else len(written)
        options = line["options"].lower()
        mark = None
        if "runintransaction:false" in options:
            mark = Mark("Liquibase", source.at(line.start()), "runInTransaction:false")
        delimiter = _DELIMITER.search(line["options"])
        sql = written[line.end() : end]
        if delimiter:
            sql = _with_semicolons(sql, _delimiter(delimiter[1]))
        elif "splitstatements:false" not in options:
            sql = _with_semicolons(sql, _ALONE)
            ends += _statement_ends(written, line.end(), end)
        part = Part(line.end(), end, mark, line.start(), sql)
        ups.append(part)
        by_name.setdefault(_name(line), part)
        if rollback := _rollback(written, part, by_name):
            downs.insert(0, rollback)
    problem = _problem(source, changesets)
    return Parts(tuple(ups) or (Part(0, len(written)),), tuple(downs), bool(downs), problem, _cuts(written, ends))


def _name(changeset: re.Match[str]) -> tuple[str, str]:
    """Author and id."""
    return changeset[1].strip().strip('"'), changeset[2].strip('"')


def _problem(source: Source, changesets: list[re.Match[str]]) -> Problem | None:
    """Why Liquibase refuses the file, or runs it as something else."""
    if not re.match(r"\s*--\s*liquibase\s+formatted\s+sql", source.text, re.IGNORECASE):
        what = "the first line is not `--liquibase formatted sql`: Liquibase runs it as one raw script"
        return Problem(what, source.at(0))
    starts = {line.start() for line in changesets}
    for line in _MALFORMED.finditer(source.text):
        if line.start() not in starts:
            form = "`--rollback SQL`" if (line[2] or "").lower() == "rollback" else "`--changeset author:id`"
            return Problem(f"not of the form {form}: Liquibase refuses the file", source.at(line.start()))
    if not changesets:
        return Problem("no line `--changeset author:id`: Liquibase finds nothing to run", source.at(0))
    first: dict[tuple[str, str], int] = {}
    for line in changesets:
        name = _name(line)
        if name in first:
            what = (
                f"a second changeset {':'.join(name)} (the first is on line {source.at(first[name]).line}): "
                "Liquibase refuses the changelog"
            )
            return Problem(what, source.at(line.start()))
        first[name] = line.start()
    return None


def _delimiter(written: str) -> str:
    """The pattern of an `endDelimiter`: one character is meant as it stands, more are a regular expression."""
    try:
        pattern = re.escape(written) if len(written) == 1 else re.compile(written).pattern
    except re.error:
        pattern = re.escape(written)
    return rf"(?:{pattern})(?=[ \t\r]*$)"


def _with_semicolons(sql: str, delimiter: str) -> str:
    """The text with semicolons in place of what ends its statements, padded to the same length and lines."""

    def semicolon(match: re.Match[str]) -> str:
        word = match[0].lstrip("\r\n")
        return match[0][: len(match[0]) - len(word)] + ";" + _NOT_SQL.sub(" ", word[1:]) if word else match[0]

    return re.sub(delimiter, semicolon, sql, flags=_FLAGS)


def _rollback(written: str, part: Part, by_name: Mapping[tuple[str, str], Part]) -> Part | None:
    """The rollback of a changeset: its `--rollback` lines, or a comment that starts with `liquibase rollback`.

    It may name a changeset above, which then runs once more.
    """
    lines = [*_ROLLBACK.finditer(written, part.start, part.end), *_BLOCK.finditer(written, part.start, part.end)]
    if not lines:
        return None
    named = _OF_CHANGESET.fullmatch(lines[0][1])
    if named and (named[2], named[1]) in by_name:
        return by_name[named[2], named[1]]._replace(no_transaction=part.no_transaction)
    first, last = min(line.start() for line in lines), max(line.end() for line in lines)
    kept = list(_NOT_SQL.sub(" ", written[first:last]))
    for line in lines:
        kept[line.start(1) - first : line.end(1) - first] = line[1]
    return Part(first, last, part.no_transaction, first, "".join(kept))


def _statement_ends(written: str, start: int, end: int) -> list[int]:
    """The offsets of the semicolons at which Liquibase ends a statement.

    It knows strings and comments, but no dollar quotes: it counts BEGIN and END instead, those of END IF too.
    """
    ends = []
    depth = 0
    for token in _TOKEN.finditer(written, start, end):
        word = token[0].upper()
        depth = depth + 1 if word == "BEGIN" else max(0, depth - 1) if word == "END" else depth
        if word == ";" and not depth:
            ends.append(token.start())
    return ends


def _cuts(written: str, ends: list[int]) -> Callable[[int, int], Problem | None]:
    """A function that returns the problem of a statement that Liquibase would cut at a semicolon, if it would."""

    def cut(start: int, end: int) -> Problem | None:
        if not any(start <= at < end - 1 for at in ends):
            return None
        first = next(token.start() for token in _TOKEN.finditer(written, start, end) if token[0] == ";")
        what = "Liquibase cuts the body at its semicolons: write splitStatements:false behind the changeset's author:id"
        return Problem(what, Source(written).at(first))

    return cut


def _listed_order(folder: Path) -> Mapping[str, int] | None:
    """The order in which a changelog in or above the folder includes the files; None where it includes none."""
    names = [file.relative_to(folder).with_suffix("").as_posix() for file in sorted(folder.rglob("*.sql"))]
    for above in (folder, folder.parent):
        logs = (file for file in above.glob("*changelog*") if file.suffix in {".xml", ".yaml", ".yml", ".json"})
        for log in sorted(file for file in logs if file.is_file()):
            included = _INCLUDED.findall(read_text(log, errors="replace"))
            if included:
                places = {path: place for place, path in enumerate(included)}
                matching = {name: [path for path in included if f"/{path}".endswith(f"/{name}")] for name in names}
                return {name: places[paths[0]] for name, paths in matching.items() if paths}
    return None


def _recognise(folder: Folder) -> str:
    name = folder.file_with(r"\s*--\s*liquibase\s+formatted\s+sql")
    return f"{name} begins with `--liquibase formatted sql`" if name else ""


LAYOUT = Layout(
    name="liquibase",
    source="https://docs.liquibase.com/concepts/changelogs/sql-format.html",
    tool=Tool(
        name="Liquibase",
        runs_once=True,
        adds_transaction=True,
        transaction_off_switch="`runInTransaction:false` behind the changeset's author:id",
        sends_copy_rows=False,
        file_name_form="name.sql, which the changelog includes",
        rollback_place="`--rollback` line",
        unit="changeset",
    ),
    migration_names=r"(?P<version>.+)\.sql",
    sort_key=text,
    split=_split,
    runs_again=lambda _, text: any(_REPEATED.search(line[0]) for line in _CHANGESET.finditer(text)),
    listed_order=_listed_order,
    usual_folders=("src/main/resources/db/changelog", "db/changelog", "changelog", "migrations"),
    recognise=_recognise,
    wants="first line `--liquibase formatted sql`",
)
