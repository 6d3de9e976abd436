"""Liquibase's formatted SQL: `--changeset` and `--rollback` lines; a transaction around each changeset."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from pytest_ctb.model import Mark, Part, Parts, Problem, Source, Tool
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.layouts import Folder, Layout, text

_FLAGS = re.MULTILINE | re.IGNORECASE
_CHANGESET = re.compile(r"^[ \t]*--[ \t]*changeset[ \t]+[^\s:]+:\S+[^\r\n]*", _FLAGS)
_ROLLBACK = re.compile(r"^[ \t]*--[ \t]*rollback[ \t]+(?!not[ \t]+required|empty)([^\r\n]*)", _FLAGS)
_BLOCK = re.compile(r"/\*[ \t]*liquibase[ \t]+rollback[ \t]*\n(.*?)\*/", re.DOTALL | re.IGNORECASE)
_REPEATED = re.compile(r"\b(?:runOnChange|runAlways)\s*:\s*true\b", re.IGNORECASE)
_DELIMITER = re.compile(r"\bendDelimiter:(\S+)", re.IGNORECASE)
_BODY = re.compile(r"(\$\w*\$)[^;]*?(;).*?\1", re.DOTALL)
_INCLUDED = re.compile(r"\bfile[\"']?\s*[:=]\s*[\"']?([^\"'\s>,}]+)\.sql\b")
_NOT_SQL = re.compile(r"[^\r\n]")


def _split(written: str) -> Parts:
    source = Source(written)
    changesets = list(_CHANGESET.finditer(written))
    ups: list[Part] = []
    downs: list[Part] = []
    uncut: list[tuple[int, int]] = []
    for place, line in enumerate(changesets):
        end = changesets[place + 1].start() if place + 1 < len(changesets) else len(written)
        options = line[0].lower()
        mark = None
        if "runintransaction:false" in options:
            mark = Mark("Liquibase", source.at(line.start()), "runInTransaction:false")
        delimiter = _DELIMITER.search(line[0])
        sql = _with_semicolons(written[line.end() : end], delimiter[1]) if delimiter else ""
        ups.append(Part(line.end(), end, mark, line.start(), sql))
        if delimiter or "splitstatements:false" in options:
            uncut.append((line.end(), end))
        rollback = _rollback(written, line.end(), end, mark)
        if rollback:
            downs.insert(0, rollback)
    problem = None
    if not re.match(r"\s*--\s*liquibase\s+formatted\s+sql", written, re.IGNORECASE):
        what = "the first line is not `--liquibase formatted sql`: Liquibase runs it as one raw script"
        problem = Problem(what, source.at(0))
    elif not ups:
        problem = Problem("no line `--changeset author:id`: Liquibase finds nothing to run", source.at(0))
    return Parts(tuple(ups) or (Part(0, len(written)),), tuple(downs), bool(downs), problem, _cuts_body(written, uncut))


def _with_semicolons(sql: str, delimiter: str) -> str:
    """The text with its statement delimiter replaced by semicolons, padded to the same length."""
    pattern = re.compile(rf"{re.escape(delimiter)}(?=[ \t]*$)", re.MULTILINE)
    return pattern.sub(lambda match: ";".ljust(len(match[0])), sql)


def _rollback(written: str, start: int, end: int, mark: Mark | None) -> Part | None:
    """The rollback of a changeset: its `--rollback` lines, or a comment that starts with `liquibase rollback`."""
    lines = [*_ROLLBACK.finditer(written, start, end), *_BLOCK.finditer(written, start, end)]
    if not lines:
        return None
    first, last = min(line.start() for line in lines), max(line.end() for line in lines)
    kept = list(_NOT_SQL.sub(" ", written[first:last]))
    for line in lines:
        kept[line.start(1) - first : line.end(1) - first] = line[1]
    return Part(first, last, mark, first, "".join(kept))


def _cuts_body(written: str, uncut: list[tuple[int, int]]) -> Callable[[int, int], Problem | None]:
    """A function that returns the problem of a body that Liquibase would cut at semicolons; `uncut` are left whole."""

    def cut(start: int, end: int) -> Problem | None:
        if any(first <= start and end <= last for first, last in uncut):
            return None
        body = _BODY.search(written, start, end)
        if body is None:
            return None
        what = "Liquibase cuts the body at its semicolons: write splitStatements:false behind the changeset's author:id"
        return Problem(what, Source(written).at(body.start(2)))

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
