"""sql-migrate: `N_name.sql` with `-- +migrate Up` and `-- +migrate Down`; a transaction around each part."""

from pytest_ctb.model import Parts, Tool
from pytest_ctb.repository.layouts import Folder, Layout
from pytest_ctb.repository.layouts._marked import cutting, marked


def _parts(text: str) -> Parts:
    found = marked(
        text,
        r"^-- \+migrate Up\b.*$",
        r"^-- \+migrate Down\b.*$",
        "sql-migrate",
        lambda line: "notransaction" in line[0].split(),
        "notransaction",
    )
    return found._replace(cuts=cutting(text, "sql-migrate", "migrate"))


def _key(version: str) -> tuple[int, str]:
    """By the number that a name begins with, then as text."""
    digits = version[: len(version) - len(version.lstrip("0123456789"))]
    return int(digits or 0), version


def _sign(folder: Folder) -> str:
    name = folder.holds(r"-- \+migrate Up\b")
    return f"{name} holds `-- +migrate Up`" if name else ""


LAYOUT = Layout(
    name="sql-migrate",
    source="https://github.com/rubenv/sql-migrate#writing-migrations",
    tool=Tool(
        name="sql-migrate",
        wraps=True,
        off="`-- +migrate Up notransaction`",
        rows=False,
        form="N_name.sql",
        down="part behind `-- +migrate Down`",
    ),
    ups=r"(?P<version>[^/]+)\.sql",
    key=_key,
    parts=_parts,
    folders=("migrations",),
    sign=_sign,
)
