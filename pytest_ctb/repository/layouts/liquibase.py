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
_DELIMITER = re.compile(r"\bendDelimiter:(\S+)", re.IGNORECASE)
_BODY = re.compile(r"(\$\w*\$)[^;]*?(;).*?\1", re.DOTALL)
_INCLUDED = re.compile(r"\bfile[\"']?\s*[:=]\s*[\"']?([^\"'\s>,}]+)\.sql\b")
_NOT_SQL = re.compile(r"[^\r\n]")


def _parts(written: str) -> Parts:
    source = Source(written)
    found = list(_CHANGESET.finditer(written))
    ups: list[Part] = []
    downs: list[Part] = []
    whole: list[tuple[int, int]] = []
    for place, line in enumerate(found):
        end = found[place + 1].start() if place + 1 < len(found) else len(written)
        told = line[0].lower()
        mark = None
        if "runintransaction:false" in told:
            mark = Mark("Liquibase", source.at(line.start()), "runInTransaction:false")
        delimiter = _DELIMITER.search(line[0])
        sql = _ended(written[line.end() : end], delimiter[1]) if delimiter else ""
        ups.append(Part(line.end(), end, mark, line.start(), sql))
        if delimiter or "splitstatements:false" in told:
            whole.append((line.end(), end))
        back = _back(written, line.end(), end, mark)
        if back:
            downs.insert(0, back)
    problem = None
    if not re.match(r"\s*--\s*liquibase\s+formatted\s+sql", written, re.IGNORECASE):
        what = "the first line is not `--liquibase formatted sql`: Liquibase runs it as one raw script"
        problem = Problem(what, source.at(0))
    elif not ups:
        problem = Problem("no line `--changeset author:id`: Liquibase finds nothing to run", source.at(0))
    return Parts(tuple(ups) or (Part(0, len(written)),), tuple(downs), bool(downs), problem, _cutting(written, whole))


def _ended(sql: str, delimiter: str) -> str:
    """The text with semicolons where another delimiter ends a statement, and as long as before."""
    pattern = re.compile(rf"{re.escape(delimiter)}(?=[ \t]*$)", re.MULTILINE)
    return pattern.sub(lambda one: ";".ljust(len(one[0])), sql)


def _back(written: str, start: int, end: int, mark: Mark | None) -> Part | None:
    """What takes a changeset back: its `--rollback` lines, or a comment that begins with `liquibase rollback`."""
    lines = [*_ROLLBACK.finditer(written, start, end), *_BLOCK.finditer(written, start, end)]
    if not lines:
        return None
    first, last = min(one.start() for one in lines), max(one.end() for one in lines)
    kept = list(_NOT_SQL.sub(" ", written[first:last]))
    for one in lines:
        kept[one.start(1) - first : one.end(1) - first] = one[1]
    return Part(first, last, mark, first, "".join(kept))


def _cutting(written: str, whole: list[tuple[int, int]]) -> Callable[[int, int], Problem | None]:
    """A body with semicolons is cut at them, but where the changeset says that it is not, or what ends a statement."""

    def cut(start: int, end: int) -> Problem | None:
        if any(first <= start and end <= last for first, last in whole):
            return None
        body = _BODY.search(written, start, end)
        if body is None:
            return None
        what = "Liquibase cuts the body at its semicolons: write splitStatements:false behind the changeset's author:id"
        return Problem(what, Source(written).at(body.start(2)))

    return cut


def _plan(folder: Path) -> Mapping[str, int] | None:
    """The order in which a changelog in or above the folder includes the files; None where it includes folders."""
    names = [one.relative_to(folder).with_suffix("").as_posix() for one in sorted(folder.rglob("*.sql"))]
    for above in (folder, folder.parent):
        logs = (one for one in above.glob("*changelog*") if one.suffix in {".xml", ".yaml", ".yml", ".json"})
        for log in sorted(one for one in logs if one.is_file()):
            included = _INCLUDED.findall(read_text(log, errors="replace"))
            if included:
                places = {one: place for place, one in enumerate(included)}
                matching = {name: [one for one in included if f"/{one}".endswith(f"/{name}")] for name in names}
                return {name: places[found[0]] for name, found in matching.items() if found}
    return None


def _sign(folder: Folder) -> str:
    name = folder.holds(r"\s*--\s*liquibase\s+formatted\s+sql")
    return f"{name} begins with `--liquibase formatted sql`" if name else ""


LAYOUT = Layout(
    name="liquibase",
    source="https://docs.liquibase.com/concepts/changelogs/sql-format.html",
    tool=Tool(
        name="Liquibase",
        wraps=True,
        off="`runInTransaction:false` behind the changeset's author:id",
        rows=False,
        form="name.sql, which the changelog includes",
        down="`--rollback` line",
    ),
    ups=r"(?P<version>.+)\.sql",
    key=text,
    parts=_parts,
    plan=_plan,
    folders=("src/main/resources/db/changelog", "db/changelog", "changelog", "migrations"),
    sign=_sign,
)
