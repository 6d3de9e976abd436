"""The layout of the guide: dated files, applied by `psql -f`; undated ones go where they are needed."""

import re

from pytest_ctb.model import Tool
from pytest_ctb.repository.layouts import Folder, Layout

_DATED = re.compile(r"(.*/)?\d{4}-\d{2}-\d{2}_[^/]*\.sql")
_VERSIONED = re.compile(
    r"(.*/)?([VUR]?\d[\d._]*[-_ ][^/]*|R__[^/]*|[vV]?\d[\d.]*(\.(up|down))?\.sql|[vV]\d[\d.]*/.*)"
    r"|.*/(up|down|migration)\.sql|(deploy|revert|verify)/.*"
)


def _recognise(folder: Folder) -> str:
    dated = next((name for name in folder.names if _DATED.fullmatch(name)), "")
    if dated:
        return f"a date stands in the name of {dated}"
    if any(_VERSIONED.fullmatch(name) for name in folder.names):
        return ""
    return "no name has a date or a version" if not folder.file_with(r"--\s*(\+|migrate:|liquibase\b)") else ""


LAYOUT = Layout(
    name="ctb",
    source="guide, Migration Guidelines, File Naming",
    tool=Tool(),
    migration_names=r".*",
    usual_folders=("migrations", "ctb/data/migrations"),
    recognise=_recognise,
    typical_names=rf"{_DATED.pattern}|(?!(?:{_VERSIONED.pattern})\Z).*",
    wants="names that begin with a date",
)
