"""Supabase: `TS_name.sql`, ordered as text; each file is one batch, which Postgres takes as one transaction."""

from pytest_ctb.model import Tool
from pytest_ctb.repository.layouts import Folder, Layout, text


def _recognise(folder: Folder) -> str:
    return "beside supabase's config.toml" if (folder.path.parent / "config.toml").is_file() else ""


LAYOUT = Layout(
    name="supabase",
    source="https://supabase.com/docs/guides/deployment/database-migrations",
    tool=Tool(
        name="supabase",
        runs_once=True,
        rolls_back=False,
        sends_whole_file=True,
        sends_copy_rows=False,
        file_name_form="YYYYMMDDHHMMSS_name.sql",
        same_version="applies the first, and fails at the second",
    ),
    migration_names=r"(?P<version>\d+)_[^/]*\.sql",
    sort_key=text,
    by_name=True,
    usual_folders=("supabase/migrations",),
    recognise=_recognise,
    typical_names=r"\d{14}_[^/]*(?<!\.up)(?<!\.down)\.sql",
    wants="supabase's config.toml",
)
