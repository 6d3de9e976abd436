"""Layouts that data alone describes, each a record: numbered files, Hasura, node-pg-migrate."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Tool
from pytest_ctb.repository.layouts import Folder, Layout, by_path
from pytest_ctb.repository.layouts._sections import Sections

_LINE = r"(?i:^\s*--[\s-]*{}\s+migration)[^\r\n]*"
_STAMP_DIGITS = 17
_VERSION = r"[vV]?(?:(?:\d+(?:\.\d+)+|\d{8})[-_]\d+(?=[-_. ])|\d+(?:\.\d+)*(?:[a-z](?=[-_. ]))?)"
"""A number, as 7, 1.10 or 1.10a. One that counts the files of a version or a day belongs to it: 1.10_01, 20251023_2."""


def _one_database(folder: Path, versions: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse no file. Raises ConfigError for the files of several databases, which have no order together."""
    databases = sorted({name.split("/")[0] for name in versions if name.count("/") > 1})
    if len(databases) > 1:
        shown = ", ".join(databases)
        raise ConfigError(f"{folder} holds the migrations of several databases: {shown}; set --ctb-migrations to one")
    return {}


def _beside_hasura(folder: Folder) -> str:
    setting = r"(?m)^(endpoint|metadata_directory|migrations_directory)\s*:"
    return "beside Hasura's config.yaml" if folder.has_nearby("config.yaml", setting) else ""


def _by_time(version: str) -> tuple[int, str]:
    """By the number that the name begins with: 17 digits are a date, others milliseconds or a mere number."""
    digits = version[: len(version) - len(version.lstrip("0123456789"))]
    if len(digits) == _STAMP_DIGITS:
        try:
            time = datetime.datetime.strptime(f"{digits}000+0000", "%Y%m%d%H%M%S%f%z")
        except ValueError:
            return int(digits), version
        return round(time.timestamp() * 1000), version
    return int(digits or 0), version


def _beside_node_pg_migrate(folder: Folder) -> str:
    if folder.has_nearby("package.json", '"node-pg-migrate"'):
        return "beside a package.json that names node-pg-migrate"
    name = folder.file_with(r"\s*--[\s-]*up\s+migration\b")
    return f"{name} holds `-- Up Migration`" if name else ""


LAYOUTS = (
    Layout(
        name="numbered",
        source="`psql -v ON_ERROR_STOP=1 -f`, file by file",
        tool=Tool(file_name_form="N_name.sql, N-name.sql or N.name.sql"),
        migration_names=rf"(?:(?![vV]?\d)[^/]+/)*(?P<version>[vV]?\d[^/]*/.*|{_VERSION})(?:[-_. ][^/]*)?\.sql",
        sort_key=by_path,
        usual_folders=("migrations", "sql", "db"),
        typical_names=(
            r"(?:(?![vV]?\d)[^/]+/)*(?:[vV]?\d+(?:\.\d+)*/.*|[vV]?(?!\d{14}(?!\d))\d+(?:\.\d+)*[a-z]?(?:[-_ ][^/]*)?)"
            r"(?<!\.up)(?<!\.down)(?<!/up)(?<!/down)\.sql"
        ),
        wants="names that begin with a number other than of 14 digits",
    ),
    Layout(
        name="hasura",
        source="https://hasura.io/docs/2.0/migrations-metadata-seeds/manage-migrations/",
        tool=Tool(
            name="Hasura",
            runs_once=True,
            adds_transaction=True,
            sends_whole_file=True,
            sends_copy_rows=False,
            file_name_form="N_name/up.sql",
            rollback_place="down.sql beside the file",
        ),
        migration_names=r"(?:[^/]+/)?(?P<version>\d+)_[^/]*[/.]up\.sql",
        rollback_names=r"(?:[^/]+/)?(?P<version>\d+)_[^/]*[/.]down\.sql",
        refuses=_one_database,
        usual_folders=("hasura/migrations", "migrations"),
        recognise=_beside_hasura,
        typical_names=r"(?:[^/]+/)?\d{13}_[^/]*/(up|down)\.sql",
        wants="Hasura's config.yaml",
    ),
    Layout(
        name="node-pg-migrate",
        source="https://salsita.github.io/node-pg-migrate/cli",
        tool=Tool(
            name="node-pg-migrate",
            runs_once=True,
            adds_transaction=True,
            sends_whole_file=True,
            sends_copy_rows=False,
            file_name_form="N_name.sql",
            rollback_place="part behind `-- Down Migration`",
        ),
        migration_names=r"(?P<version>\d[^/]*?)(?:\.up|(?<!\.down))\.sql",
        rollback_names=r"(?P<version>\d[^/]*)\.down\.sql",
        sort_key=_by_time,
        split=Sections("node-pg-migrate", _LINE.format("up"), _LINE.format("down"), up_required=False),
        recognise=_beside_node_pg_migrate,
        wants="node-pg-migrate in package.json",
    ),
)
