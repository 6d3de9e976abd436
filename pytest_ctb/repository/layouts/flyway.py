"""Flyway: `V1__name.sql`, then `R__name.sql`, with `U1__name.sql` to undo; a transaction around most."""

import re
from pathlib import Path

from pytest_ctb.model import Mark, Position, Tool
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.layouts import Folder, Layout, numbers

_OFF = re.compile(r"^\s*executeInTransaction\s*=\s*false\s*$", re.MULTILINE | re.IGNORECASE)
_VERSION = re.compile(r"\d+([._]\d+)*")


def _key(version: str) -> tuple[int, object]:
    """Numbers, and behind all of them the repeatable ones, by their description."""
    return (0, numbers(version)) if _VERSION.fullmatch(version) else (1, version)


def _off(file: Path) -> Mark | None:
    config = file.with_name(f"{file.name}.conf")
    found = config.is_file() and _OFF.search(read_text(config, errors="replace"))
    return Mark("Flyway", Position(1, 1), f"executeInTransaction=false in {config.name}") if found else None


def _sign(folder: Folder) -> str:
    named = next((one for one in folder.names if re.fullmatch(r"(.*/)?V\d[^/]*__[^/]*\.sql", one)), "")
    return f"a file is named {named}" if named else ""


LAYOUT = Layout(
    name="flyway",
    source="https://documentation.red-gate.com/fd/migrations-271585107.html",
    tool=Tool(
        name="Flyway",
        wraps=True,
        off="`executeInTransaction=false` in a file of its name and .conf",
        detects=True,
        demands=r"\$\{([^\s{}]+)\}",
        form="V1__name.sql or R__name.sql",
        down="U1__name.sql beside the file",
    ),
    ups=r"(?:.*/)?V?(?P<version>(?<=V)\d+(?:[._]\d+)*(?=__)|(?<!V)R__[^/]*(?=\.sql))[^/]*\.sql",
    downs=r"(?:.*/)?U(?P<version>\d+(?:[._]\d+)*)__[^/]*\.sql",
    beside=r"(?:.*/)?((before|after)\w*(__[^/]*)?|B\d[^/]*__[^/]*)\.sql",
    key=_key,
    off=_off,
    folders=("src/main/resources/db/migration", "db/migration", "migrations", "sql"),
    sign=_sign,
)
