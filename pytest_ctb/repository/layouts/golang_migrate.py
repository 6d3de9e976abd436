"""golang-migrate: `N_name.up.sql` and `N_name.down.sql`; each file is sent in one go, no transaction around it."""

from pytest_ctb.model import Tool
from pytest_ctb.repository.layouts import Folder, Layout


def _recognise(folder: Folder) -> str:
    if any(name.endswith(".up.sql") for name in folder.names) and folder.has_nearby("go.mod"):
        return "files named .up.sql beside a go.mod"
    return ""


LAYOUT = Layout(
    name="golang-migrate",
    source="https://github.com/golang-migrate/migrate/blob/master/MIGRATIONS.md",
    tool=Tool(
        name="golang-migrate",
        runs_once=True,
        sends_whole_file=True,
        sends_copy_rows=False,
        file_name_form="N_name.up.sql",
        rollback_place="N_name.down.sql beside the file",
    ),
    migration_names=r"(?P<version>\d+)_[^/]*\.up\.sql",
    rollback_names=r"(?P<version>\d+)_[^/]*\.down\.sql",
    usual_folders=("migrations", "db/migrations", "db/migration"),
    recognise=_recognise,
    wants="names as 1_name.up.sql",
    typical_names=r"\d+_[^/]*\.(up|down)\.sql",
)
