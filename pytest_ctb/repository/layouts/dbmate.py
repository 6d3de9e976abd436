"""dbmate: `TS_name.sql`, as text, with `-- migrate:up` and `-- migrate:down`; a transaction around each part."""

from __future__ import annotations

import re
from itertools import zip_longest

from pytest_ctb.model import Mark, Part, Parts, Problem, Source, Tool
from pytest_ctb.repository.layouts import Folder, Layout, text

_MARKER = re.compile(r"^--[ \t]*migrate:(up|down)(?!\S)([^\r\n]*)", re.MULTILINE)
_ABOVE = re.compile(r"^(?![ \t\r\f\v]*(?:--|$))[^\n]*", re.MULTILINE)
"""A line that is neither empty nor a `--` comment."""


def _split(written: str) -> Parts:
    """A file is one part for up and one for down behind it, or several such pairs, rolled back from the last."""
    source = Source(written)
    markers = list(_MARKER.finditer(written))
    ups: list[Part] = []
    downs: list[Part] = []
    for marker, following in zip_longest(markers, markers[1:]):
        off = Mark("dbmate", source.at(marker.start()), "transaction:false") if _switched_off(marker) else None
        end = following.start() if following else len(written)
        (ups if marker[1] == "up" else downs).append(Part(marker.end(), end, off, marker.start()))
    problem = _problem(source, markers)
    if not ups:
        ups = [Part(0, downs[0].opened_at if downs else len(written))]
    return Parts(tuple(ups), tuple(reversed(downs)), bool(downs), problem)


def _switched_off(marker: re.Match[str]) -> bool:
    options = dict(option.split(":") for option in marker[2].split() if option.count(":") == 1)
    return options.get("transaction") == "false"


def _problem(source: Source, markers: list[re.Match[str]]) -> Problem | None:
    """Why dbmate refuses the file: what stands above the first marker, or is no pair of up and down."""
    if not any(marker[1] == "up" for marker in markers):
        return Problem("no line says what goes up: dbmate refuses the file", source.at(0))
    above = _ABOVE.search(source.text, 0, markers[0].start())
    if above:
        what = "is above the line that opens the migration: dbmate does not apply it"
        return Problem(what, source.at(above.start()))
    for place, marker in enumerate(markers):
        if place % 2 == 0 and marker[1] == "down":
            what = "`-- migrate:down` without a `-- migrate:up` of its own above it: dbmate refuses the file"
            return Problem(what, source.at(marker.start()))
        if place % 2 and marker[1] == "up":
            line = source.at(markers[place - 1].start()).line
            what = f"the `-- migrate:up` of line {line} has no `-- migrate:down` below it: dbmate refuses the file"
            return Problem(what, source.at(marker.start()))
    if len(markers) % 2:
        what = "no `-- migrate:down` below this line: dbmate refuses the file, also where there is nothing to take back"
        return Problem(what, source.at(markers[-1].start()))
    return None


def _recognise(folder: Folder) -> str:
    name = folder.file_with(r"--\s*migrate:up\b")
    return f"{name} holds `-- migrate:up`" if name else ""


LAYOUT = Layout(
    name="dbmate",
    source="https://github.com/amacneil/dbmate#creating-migrations",
    tool=Tool(
        name="dbmate",
        runs_once=True,
        adds_transaction=True,
        sends_whole_file=True,
        transaction_off_switch="`-- migrate:up transaction:false`",
        sends_copy_rows=False,
        file_name_form="N_name.sql",
        rollback_place="part behind `-- migrate:down`",
        same_version="applies the first, and fails at the second",
    ),
    migration_names=r"(?P<version>\d+)[^/]*\.sql",
    sort_key=text,
    by_name=True,
    split=_split,
    usual_folders=("db/migrations",),
    down_mark=r"^--\s*migrate:down\b",
    recognise=_recognise,
    wants="line `-- migrate:up`",
)
