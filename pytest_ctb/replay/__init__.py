"""Migrations to what a server was seen to do with them: the evidence that live guidelines are judged by.

`replay` does it all: it makes databases on the server that it is given, applies files to them as
`psql -v ON_ERROR_STOP=1 -f` would, reads the catalogs, and drops what it made. A `Timeline` does a part of it.
"""

from pytest_ctb.replay.run import Bases, loaded_bases, lost, notes, replay
from pytest_ctb.replay.session.databases import database, migrating_role
from pytest_ctb.replay.spanning import spans
from pytest_ctb.replay.timeline import Timeline, Wish, prepare

__all__ = [
    "Bases",
    "Timeline",
    "Wish",
    "database",
    "loaded_bases",
    "lost",
    "migrating_role",
    "notes",
    "prepare",
    "replay",
    "spans",
]
