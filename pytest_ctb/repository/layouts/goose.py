"""goose: `N_name.sql` with `-- +goose Up` and `-- +goose Down`; a transaction around each file."""

import re

from pytest_ctb.model import Mark, Parts, Source, Tool
from pytest_ctb.repository.layouts import Folder, Layout
from pytest_ctb.repository.layouts._marked import cutting, marked

_OFF = re.compile(r"^--\s*\+goose\s+NO\s+TRANSACTION\s*$", re.MULTILINE | re.IGNORECASE)


def _parts(text: str) -> Parts:
    found = marked(
        text, r"(?i)^--\s*\+goose\s+Up\s*$", r"(?i)^--\s*\+goose\s+Down\s*$", "goose", lambda _: False, "goose"
    )
    off = _OFF.search(text)
    if off:  # of the whole file, wherever it stands
        mark = Mark("goose", Source(text).at(off.start()), "+goose NO TRANSACTION")
        up, down = (tuple(one._replace(off=mark) for one in parts) for parts in (found.up, found.down))
        found = found._replace(up=up, down=down)
    return found._replace(cuts=cutting(text, "goose", "goose"))


def _sign(folder: Folder) -> str:
    name = folder.holds(r"--\s*\+goose\s+Up\b")
    return f"{name} holds `-- +goose Up`" if name else ""


LAYOUT = Layout(
    name="goose",
    source="https://pressly.github.io/goose/documentation/annotations/",
    tool=Tool(
        name="goose",
        wraps=True,
        off="`-- +goose NO TRANSACTION`",
        rows=False,
        form="N_name.sql",
        down="part behind `-- +goose Down`",
    ),
    ups=r"(?P<version>\d+)_[^/]*\.sql",
    parts=_parts,
    folders=("migrations", "db/migrations"),
    sign=_sign,
)
