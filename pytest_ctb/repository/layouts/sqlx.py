"""sqlx: `N_name.sql`, or `N_name.up.sql` and `N_name.down.sql`; a transaction around each, if line 1 allows it."""

from pytest_ctb.model import Mark, Part, Parts, Position, Tool
from pytest_ctb.repository.layouts import Folder, Layout

_OFF = "-- no-transaction"


def _split(text: str) -> Parts:
    off = Mark("sqlx", Position(1, 1), _OFF) if text.startswith(_OFF) else None
    return Parts((Part(0, len(text), off),))


def _recognise(folder: Folder) -> str:
    if folder.has_nearby(".sqlx") or folder.has_nearby("sqlx.toml"):
        return "beside .sqlx or sqlx.toml"
    return "beside a Cargo.toml that names sqlx" if folder.has_nearby("Cargo.toml", r"\bsqlx\b") else ""


LAYOUT = Layout(
    name="sqlx",
    source="https://docs.rs/sqlx/latest/sqlx/macro.migrate.html",
    tool=Tool(
        name="sqlx",
        runs_once=True,
        adds_transaction=True,
        sends_whole_file=True,
        transaction_off_switch=f"`{_OFF}` as the first line",
        sends_copy_rows=False,
        file_name_form="N_name.sql or N_name.up.sql",
        rollback_place="N_name.down.sql beside an N_name.up.sql",
        stops_at=r"[^/_]*_[^/]*\.sql",
        same_version="applies the first, and fails at the second",
    ),
    migration_names=r"(?P<version>\d+)_[^/]*\.sql",
    rollback_names=r"(?P<version>\d+)_[^/]*\.down\.sql",
    split=_split,
    recognise=_recognise,
    typical_names=r"\d{14}_[^/]*(?<!\.up)(?<!\.down)\.sql",
    wants="sqlx in Cargo.toml",
)
