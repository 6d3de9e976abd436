"""Flyway: `V1__name.sql`, then `R__name.sql`, with `U1__name.sql` to undo; a transaction around most."""

import re
from pathlib import Path

from pytest_ctb.model import Mark, Position, Tool
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.layouts import Folder, Layout, numbers

_OFF = re.compile(r"^\s*executeInTransaction\s*=\s*false\s*$", re.MULTILINE | re.IGNORECASE)
_VERSION = re.compile(r"\d+([._]\d+)*")


def _sort_key(version: str) -> tuple[int, object]:
    """By number; the repeatable ones come last, by their description."""
    return (0, numbers(version)) if _VERSION.fullmatch(version) else (1, version.replace("_", " "))


def _transaction_off(file: Path) -> Mark | None:
    config = file.with_name(f"{file.name}.conf")
    switched_off = config.is_file() and _OFF.search(read_text(config, errors="replace"))
    return Mark("Flyway", Position(1, 1), f"executeInTransaction=false in {config.name}") if switched_off else None


def _recognise(folder: Folder) -> str:
    named = next((name for name in folder.names if re.fullmatch(r"(.*/)?V\d[^/]*__[^/]*\.sql", name)), "")
    return f"a file is named {named}" if named else ""


LAYOUT = Layout(
    name="flyway",
    source="https://documentation.red-gate.com/fd/migrations-271585107.html",
    tool=Tool(
        name="Flyway",
        runs_once=True,
        rolls_back=False,
        adds_transaction=True,
        transaction_off_switch="`executeInTransaction=false` in a file of its name and .conf",
        detects_refused_statements=True,
        required_placeholder=r"\$\{([^\s{}]+)\}",
        file_name_form="V1__name.sql or R__name.sql",
        rollback_place="U1__name.sql beside the file",
    ),
    migration_names=r"(?:.*/)?V?(?P<version>(?<=V)\d+(?:[._]\d+)*(?=__|\.sql)|(?<!V)R__[^/]*(?=\.sql))[^/]*\.sql",
    rollback_names=r"(?:.*/)?U(?P<version>\d+(?:[._]\d+)*)__[^/]*\.sql",
    runs_again=lambda name, _: name.rpartition("/")[2].startswith("R__"),
    other_names=r"(?:.*/)?((before|after)\w*(__[^/]*)?|B\d[^/]*__[^/]*)\.sql",
    sort_key=_sort_key,
    transaction_off=_transaction_off,
    usual_folders=("src/main/resources/db/migration", "db/migration", "migrations", "sql"),
    recognise=_recognise,
    wants="names as V1__name.sql",
)
