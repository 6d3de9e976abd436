"""goose: `N_name.sql` with `-- +goose Up` and `-- +goose Down`; a transaction around each file."""

import re

from pytest_ctb.model import Mark, Parts, Source, Tool
from pytest_ctb.repository.layouts import Folder, Layout
from pytest_ctb.repository.layouts._marked import cuts_statements, split_at_marks

_OFF = re.compile(r"^--\s*\+goose\s+NO\s+TRANSACTION\s*$", re.MULTILINE | re.IGNORECASE)


def _split(text: str) -> Parts:
    parts = split_at_marks(
        text, r"(?i)^--\s*\+goose\s+Up\s*$", r"(?i)^--\s*\+goose\s+Down\s*$", "goose", lambda _: False, "goose"
    )
    off = _OFF.search(text)
    if off:  # of the whole file, wherever it stands
        mark = Mark("goose", Source(text).at(off.start()), "+goose NO TRANSACTION")
        up, down = (tuple(part._replace(no_transaction=mark) for part in side) for side in (parts.up, parts.down))
        parts = parts._replace(up=up, down=down)
    return parts._replace(cuts=cuts_statements(text, "goose", "goose"))


def _recognise(folder: Folder) -> str:
    name = folder.file_with(r"--\s*\+goose\s+Up\b")
    return f"{name} holds `-- +goose Up`" if name else ""


LAYOUT = Layout(
    name="goose",
    source="https://pressly.github.io/goose/documentation/annotations/",
    tool=Tool(
        name="goose",
        runs_once=True,
        adds_transaction=True,
        transaction_off_switch="`-- +goose NO TRANSACTION`",
        sends_copy_rows=False,
        file_name_form="N_name.sql",
        rollback_place="part behind `-- +goose Down`",
    ),
    migration_names=r"(?P<version>\d+)_[^/]*\.sql",
    split=_split,
    usual_folders=("migrations", "db/migrations"),
    down_mark=r"^--\s*\+goose\s+Down\b",
    recognise=_recognise,
    wants="line `-- +goose Up`",
)
