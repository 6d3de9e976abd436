"""diesel: `TS_name/up.sql` and `down.sql`, ordered as text; a transaction around each, if metadata.toml allows it."""

from pathlib import Path

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Mark, Position, Tool
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.layouts import Folder, Layout


def _transaction_off(file: Path) -> Mark | None:
    metadata = file.parent / "metadata.toml"
    if not metadata.is_file():
        return None
    import tomllib  # noqa: PLC0415  # every run loads this layout

    try:
        options = tomllib.loads(read_text(metadata))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{metadata}: cannot be read: {error}") from error
    says = "run_in_transaction = false in metadata.toml"
    return Mark("diesel", Position(1, 1), says) if options.get("run_in_transaction") is False else None


def _sort_key(version: str) -> str:
    return version.replace("-", "")


def _recognise(folder: Folder) -> str:
    return "beside diesel.toml" if folder.has_nearby("diesel.toml") else ""


LAYOUT = Layout(
    name="diesel",
    source="https://docs.rs/diesel_migrations",
    tool=Tool(
        name="diesel",
        runs_once=True,
        adds_transaction=True,
        sends_whole_file=True,
        transaction_off_switch="`run_in_transaction = false` in a metadata.toml beside the file",
        sends_copy_rows=False,
        file_name_form="YYYY-MM-DD-HHMMSS_name/up.sql",
        rollback_place="down.sql beside the file",
        same_version="applies only one of them",
    ),
    migration_names=r"(?P<version>[^/_]+)(_[^/]*)?/up\.sql",
    rollback_names=r"(?P<version>[^/_]+)(_[^/]*)?/down\.sql",
    sort_key=_sort_key,
    transaction_off=_transaction_off,
    recognise=_recognise,
    typical_names=r"(?!\d{13}_)[^/]+/(up|down)\.sql",
    wants="diesel.toml",
)
