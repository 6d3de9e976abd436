"""Atlas: `TS_name.sql`, as text, whose hashes are in atlas.sum; a transaction around each, if its head allows it."""

import base64
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from pytest_ctb.model import Mark, Part, Parts, Position, Tool
from pytest_ctb.repository.files import read_bytes, read_text
from pytest_ctb.repository.layouts import Folder, Layout, text
from pytest_ctb.repository.layouts._sections import pieces

_SUMS = "atlas.sum"
_OFF = "-- atlas:txmode none"
_DIRECTIVE = re.compile(r"[ -~]*?\batlas:(\w+)(?: +([ -~]*))?")
_REPAIR = "Atlas applies nothing; if the files are meant so, run `atlas migrate hash`"


def _split(written: str) -> Parts:
    """One part, in pieces where the first line gives a delimiter."""
    off = next((line for line, name, value in _directives(written) if name == "txmode" and value == "none"), 0)
    mark = Mark("Atlas", Position(off, 1), "atlas:txmode none") if off else None
    first = re.match(r"-- atlas:delimiter +([ -~]*)", written)
    delimiter = first[1].replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t") if first else ""
    whole = Part(first.end() if first else 0, len(written), mark)
    return Parts(tuple(pieces(written, [whole], re.escape(delimiter))))


def _directives(written: str) -> list[tuple[int, str, str]]:
    """Line, name and value of the directives of a file: comments at its beginning, which an empty line sets apart."""
    lines = written.split("\n")
    count = next((place for place, line in enumerate(lines) if not line.startswith(("#", "--"))), len(lines))
    if lines[count:][:1] != [""]:
        return []
    matches = [(number, _DIRECTIVE.match(line.strip())) for number, line in enumerate(lines[:count], 1)]
    return [(number, match[1], match[2] or "") for number, match in matches if match]


def _refuses(folder: Path, versions: Mapping[str, str]) -> Mapping[str, str]:
    """The first file that differs from atlas.sum: Atlas then applies none."""
    names = sorted(versions)
    try:
        written = read_text(folder / _SUMS, errors="replace")
    except OSError as error:
        return dict.fromkeys(names[:1], f"there is no {_SUMS} to read ({error.strerror}): {_REPAIR}")
    listed = [line.rpartition(" h1:") for line in written.split("\n")[1:] if line.strip()]
    sums = {name.strip(): value.strip() for name, _, value in listed}
    running, total = hashlib.sha256(), hashlib.sha256()
    for name in names:
        try:
            data = read_bytes(folder / name)
        except OSError:  # told where it is read as a migration
            return {}
        running.update(name.encode())
        if re.match(rb"[ -~]*?atlas:sum +ignore\b", data):
            continue
        running.update(data)
        value = _base64(running)
        total.update(name.encode() + value.encode())
        if name not in sums:
            return {name: f"{_SUMS} does not name it: {_REPAIR}"}
        if sums[name] != value:
            return {name: f"it is not the file that {_SUMS} has the hash of, or one before it is gone: {_REPAIR}"}
    gone = [name for name in sums if name not in names]
    if names and (gone or written.split("\n")[0].strip() != f"h1:{_base64(total)}"):
        what = f"{_SUMS} names {gone[0]}, which is not there" if gone else f"the first line of {_SUMS} is not its hash"
        return {names[-1]: f"{what}: {_REPAIR}"}
    return {}


def _base64(running: "hashlib._Hash") -> str:
    return base64.b64encode(running.digest()).decode()


def _recognise(folder: Folder) -> str:
    return f"{_SUMS} stands in it" if (folder.path / _SUMS).is_file() else ""


LAYOUT = Layout(
    name="atlas",
    source="https://atlasgo.io/concepts/migration-directory-integrity",
    tool=Tool(
        name="Atlas",
        runs_once=True,
        rolls_back=False,
        adds_transaction=True,
        transaction_off_switch=f"`{_OFF}` above an empty line at the head of the file",
        sends_copy_rows=False,
        file_name_form="TS_name.sql",
    ),
    migration_names=r"(?P<version>[^/]+)\.sql",
    sort_key=text,
    split=_split,
    refuses=_refuses,
    recognise=_recognise,
    wants=_SUMS,
)
