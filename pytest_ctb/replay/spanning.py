"""Which files reach beyond their own database: to what all databases of a server share."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pytest_ctb.model import GEXEC, Migration, Statement
from pytest_ctb.postgres import Server
from pytest_ctb.sql import extension

_SHARED = re.compile(
    "(?:CREATE|ALTER|DROP) (?:ROLE|DATABASE|TABLESPACE|SUBSCRIPTION)|(?:GRANT|REVOKE) ROLE|ALTER SYSTEM"
    "|(?:DROP|REASSIGN) OWNED|SECURITY LABEL"
)
"""Statements, by their tags, about roles, databases, tablespaces, and what belongs to them all."""
_BODIES = {"DO", "CREATE FUNCTION", "CREATE PROCEDURE"}
_RUNS = re.compile(r"\bexecute\b", re.IGNORECASE)
_UNTRUSTED = """
SELECT FROM pg_catalog.pg_available_extension_versions WHERE name = ANY (%s) AND superuser AND NOT trusted
"""
_WORDS = re.compile(
    r"\b(?:role|user|group|grant|revoke|tablespace|database|system|owned|subscription|label)\b|extension", re.IGNORECASE
)
"""What the text of a statement for one of these holds, in whatever way it is put together; a guess costs time alone."""


def spans(files: Iterable[Migration], server: Server) -> bool:
    """Whether one of the files may change, or need unchanged, what another database of the server sees as well.

    Raises psycopg.Error.
    """
    inner = [one for file in files for statement in file.statements for one in statement.walk()]
    if any(map(_reaches, inner)):
        return True
    # For an extension that is not trusted the role that migrates is raised, wherever it is logged in.
    wanted = [made.name for made in map(extension, inner) if made]
    if not wanted or not server.superuser:
        return False
    with server.connect() as admin:
        return admin.execute(_UNTRUSTED, [wanted]).fetchone() is not None


def _reaches(one: Statement) -> bool:
    if _SHARED.match(one.tag) or one.tag == GEXEC or not (one.tag or one.meta):
        return True
    return one.tag in _BODIES and bool(one.unread or (_RUNS.search(one.sql) and _WORDS.search(one.sql)))
