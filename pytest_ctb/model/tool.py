"""How the tool that applies migrations treats a file, as facts that a check can read without knowing the tool."""

from __future__ import annotations

from typing import NamedTuple


class Tool(NamedTuple):
    """What applies the migrations. The default is psql, which applies a file as it stands."""

    name: str = "psql"
    wraps: bool = False
    """It puts a transaction around each file, which so should bring none of its own."""
    whole: bool = False
    """It sends a file in one go, which Postgres takes as one transaction where the file holds several statements
    (manual, 54.2.2.1, multiple statements in a simple query)."""
    off: str = ""
    """What switches off the transaction that it puts around a file; as a person would write it."""
    detects: bool = False
    """It leaves the transaction away by itself where Postgres refuses a statement inside one."""
    rows: bool = True
    """It sends the rows behind a `COPY … FROM stdin`."""
    demands: str = ""
    """A pattern of placeholders (the name in group 1) without whose value it refuses the file, wherever they stand."""
    form: str = ""
    """What the name of a file looks like; empty: as the guide says."""
    down: str = ""
    """Where what takes a migration back stands; empty: in a comment alone."""


PSQL = Tool()
