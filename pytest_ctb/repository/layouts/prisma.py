"""Prisma: `TS_name/migration.sql`, ordered as text, each sent in one go; a `down.sql` beside it, as its guide says."""

from pytest_ctb.model import Tool
from pytest_ctb.repository.layouts import Folder, Layout, text


def _recognise(folder: Folder) -> str:
    return "migration_lock.toml stands in it" if (folder.path / "migration_lock.toml").is_file() else ""


LAYOUT = Layout(
    name="prisma",
    source="https://www.prisma.io/docs/orm/prisma-migrate/understanding-prisma-migrate/migration-histories",
    tool=Tool(
        name="prisma",
        runs_once=True,
        rolls_back=False,
        sends_whole_file=True,
        sends_copy_rows=False,
        file_name_form="YYYYMMDDHHMMSS_name/migration.sql",
        rollback_place="down.sql beside the file",
    ),
    migration_names=r"(?P<version>[^/]+)/migration\.sql",
    rollback_names=r"(?P<version>[^/]+)/down\.sql",
    sort_key=text,
    usual_folders=("prisma/migrations",),
    recognise=_recognise,
    typical_names=r"[^/]+/(migration|down)\.sql",
    wants="migration_lock.toml",
)
