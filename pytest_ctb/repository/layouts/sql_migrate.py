"""sql-migrate: `N_name.sql` with `-- +migrate Up` and `-- +migrate Down`; a transaction around each part."""

from pytest_ctb.model import Parts, Tool
from pytest_ctb.repository.layouts import Folder, Layout
from pytest_ctb.repository.layouts._marked import cuts_statements, split_at_marks


def _split(text: str) -> Parts:
    parts = split_at_marks(
        text,
        r"^-- \+migrate Up\b.*$",
        r"^-- \+migrate Down\b.*$",
        "sql-migrate",
        lambda line: "notransaction" in line[0].split(),
        "notransaction",
    )
    return parts._replace(cuts=cuts_statements(text, "sql-migrate", "migrate"))


def _sort_key(version: str) -> tuple[int, str]:
    """By the number that a name begins with, then as text."""
    digits = version[: len(version) - len(version.lstrip("0123456789"))]
    return int(digits or 0), version


def _recognise(folder: Folder) -> str:
    name = folder.file_with(r"-- \+migrate Up\b")
    return f"{name} holds `-- +migrate Up`" if name else ""


LAYOUT = Layout(
    name="sql-migrate",
    source="https://github.com/rubenv/sql-migrate#writing-migrations",
    tool=Tool(
        name="sql-migrate",
        runs_once=True,
        adds_transaction=True,
        transaction_off_switch="`-- +migrate Up notransaction`",
        sends_copy_rows=False,
        file_name_form="N_name.sql",
        rollback_place="part behind `-- +migrate Down`",
    ),
    migration_names=r"(?P<version>[^/]+)\.sql",
    sort_key=_sort_key,
    split=_split,
    usual_folders=("migrations",),
    down_mark=r"^-- \+migrate Down\b",
    recognise=_recognise,
    wants="line `-- +migrate Up`",
)
