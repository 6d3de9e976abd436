"""tern: `001_name.sql`, numbered without a gap, in parts for up and down; a transaction around each part."""

import re
from collections.abc import Mapping
from pathlib import Path

from pytest_ctb.model import Parts, Problem, Source, Tool
from pytest_ctb.repository.layouts import Folder, Layout
from pytest_ctb.repository.layouts._sections import Sections

_DOWN = "---- create above / drop below ----"
_OFF = "---- tern: disable-tx ----"
_SECTIONS = Sections("tern", down=re.escape(_DOWN), off=f"^{re.escape(_OFF)}$")


def _split(written: str) -> Parts:
    parts = _SECTIONS(written)
    (up,) = parts.up
    if any(line.strip() and not line.strip().startswith("--") for line in written[: up.end].split("\n")):
        if up.no_transaction and up.no_transaction.position > Source(written).at(up.end):
            return Sections("tern", down=re.escape(_DOWN))(written)  # below the cut it switches nothing off
        return parts
    return parts._replace(problem=Problem("no SQL goes up: tern refuses the file", Source(written).at(0)))


def _refuses(_: Path, versions: Mapping[str, str]) -> Mapping[str, str]:
    """The files above a number that is missing."""
    refused = {}
    last = 0
    for number, name in sorted((int(version), name) for name, version in versions.items()):
        if number == 0:
            refused[name] = "tern refuses the number 0, and applies nothing"
        elif number > last + 1:
            refused[name] = f"there is no migration {last + 1}: tern wants numbers without a gap, and applies nothing"
        last = number
    return refused


def _recognise(folder: Folder) -> str:
    if folder.has_nearby("tern.conf"):
        return "beside tern.conf"
    name = folder.file_with(re.escape(_DOWN))
    return f"{name} holds `{_DOWN}`" if name else ""


LAYOUT = Layout(
    name="tern",
    source="https://github.com/jackc/tern#migrations",
    tool=Tool(
        name="tern",
        runs_once=True,
        adds_transaction=True,
        transaction_off_switch=f"`{_OFF}`",
        sends_copy_rows=False,
        file_name_form="N_name.sql",
        rollback_place=f"part behind `{_DOWN}`",
    ),
    migration_names=r"(?P<version>\d+)_[^/]+\.sql",
    other_names=r".+/.+",
    split=_split,
    refuses=_refuses,
    down_mark=rf"^[ \t]*{re.escape(_DOWN)}",
    recognise=_recognise,
    wants="tern.conf",
)
