"""An extension that the server lacks, told with the place that has it."""

from __future__ import annotations

import re

from pytest_ctb.model import ServerInfo, SqlError
from pytest_ctb.postgres import elsewhere

_STATES = {"0A000", "58P01"}  # from 15 on, and before
_FILE = re.compile(r"([^/\"]+)\.control\b")
_NAME = re.compile(r'^extension "(.+)" is not available$')


def located(error: SqlError | None, server: ServerInfo) -> SqlError | None:
    """The error; where it is that an extension is not installed, in words that say who has it."""
    if error is None or error.sqlstate not in _STATES:
        return error
    named = _NAME.search(error.message) or _FILE.search(f"{error.message}\n{error.detail}")
    if named is None:
        return error
    which = {"url": "the server of --ctb-postgres", "docker": f"the image {server.detail}"}.get(
        server.place, f"the {server.place} Postgres {server.version}"
    )
    message = f"{which} has no extension {named[1]}; {elsewhere(named[1], server)}"
    return error._replace(message=message, detail="", hint="")
