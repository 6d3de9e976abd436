"""A numbered folder: `001_name.sql`, `002_name.sql`, applied in the order of their numbers by `psql -f`."""

from pytest_ctb.model import Tool
from pytest_ctb.repository.layouts import Layout

LAYOUT = Layout(
    name="numbered",
    source="`psql -v ON_ERROR_STOP=1 -f`, file by file",
    tool=Tool(file_name_form="N_name.sql, N-name.sql or N.name.sql"),
    migration_names=r"(?:.*/)?(?P<version>\d+(?:\.\d+)*)[-_. ][^/]*\.sql",
    usual_folders=("migrations", "sql", "db"),
    typical_names=r"(?:.*/)?\d{1,8}[-_][^/]*(?<!\.up)(?<!\.down)\.sql",
)
