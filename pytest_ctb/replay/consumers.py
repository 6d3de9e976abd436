"""What the statements of downstream code are to the database, before the first migration and after each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.sql import SQL, Literal

from pytest_ctb.model import Consumer, Effect, FileEvidence, Migration, Prepared, SqlError
from pytest_ctb.postgres import Server
from pytest_ctb.replay.session.databases import login
from pytest_ctb.sql import with_null_parameter

_UNTYPED = {"42P18", "42P08"}
"""The server cannot tell the type of a parameter (manual, appendix A); its message names that."""
_NAMED = re.compile(r"\$(\d+)")
_TEXT = 25
"""The number of the type text (pg_type.dat)."""
_NAMES = """
SELECT t.oid, pg_catalog.format_type(t.oid, NULL)
FROM pg_catalog.unnest(%s::pg_catalog.oid[]) AS t (oid)
"""
_SETTINGS = {"ALTER DATABASE", "ALTER ROLE"}
"""What reaches new logins, and is no object that a trace could tell of."""


class Consumers:
    """The statements of downstream code in one database, looked at after each migration that changed something.

    Each look is a login of its own, as a program of theirs would have: it sees what is committed, with the settings
    that ALTER DATABASE has laid down; and nobody's transaction is disturbed.
    """

    def __init__(
        self, server: Server, database: str, role: str | None, timeout: float, wanted: Sequence[Consumer]
    ) -> None:
        self._server = server
        self._database = database
        self._role = role
        self._timeout = timeout
        self._wanted = wanted
        self.now = tuple(self._look())
        """What each is to the server, as it was last looked at."""

    def behind(self, file: Migration, fared: FileEvidence) -> FileEvidence:
        """The file with what it did to them. Raises psycopg.Error."""
        if not self._wanted or not _may_matter(file, fared):
            return fared
        before, self.now = self.now, tuple(self._look())
        effects = (
            Effect(one.sender, old, new)
            for one, old, new in zip(self._wanted, before, self.now, strict=True)
            if old != new and not (old.error and new.error)
        )
        return fared._replace(consumers=tuple(effects))

    def _look(self) -> list[Prepared]:
        if not self._wanted:
            return []
        with login(self._server, self._database, self._role) as connection:
            limit = SQL("SET statement_timeout = {}").format(Literal(int(self._timeout * 1000) or 1))
            connection.execute(limit)
            described = [_described(connection, one) for one in self._wanted]
            results = [one for one in described if not isinstance(one, SqlError)]
            oids = {oid for one in results for oid in _types(one)}
            names = dict(connection.execute(_NAMES, [sorted(oids)]).fetchall()) if oids else {}
            return [Prepared(error=one) if isinstance(one, SqlError) else _told(one, names) for one in described]


def _may_matter(file: Migration, fared: FileEvidence) -> bool:
    """Whether it may have changed what a statement is; nothing that it did to rows alone does."""
    changed = any(one.created or one.altered or one.dropped or one.unknown for one in fared.traces)
    return changed or any(one.tag in _SETTINGS for one in file.sent)


def _described(connection: psycopg.Connection[Any], one: Consumer) -> PGresult | SqlError:
    """What the server says of a statement: it is parsed and analysed, and nothing of it is run."""
    untyped: set[int] = set()
    while True:
        types = [_TEXT if number in untyped else 0 for number in range(1, max(untyped, default=0) + 1)]
        result = connection.pgconn.prepare(b"", one.sql.encode(), types)
        if result.status == ExecStatus.COMMAND_OK:
            result = connection.pgconn.describe_prepared(b"")
        if result.status == ExecStatus.COMMAND_OK:
            return result
        error = error_from_result(result)
        if connection.closed:
            raise error
        named = _NAMED.search(error.diag.message_primary or "") if error.sqlstate in _UNTYPED else None
        if named is None or int(named[1]) in untyped:
            return _failure(error, one)
        # A parameter of which the statement tells no type, or two. A driver sends one along, or the value as a literal.
        untyped.add(int(named[1]))
        one = with_null_parameter(one, int(named[1]))


def _failure(error: psycopg.Error, one: Consumer) -> SqlError:
    diag = error.diag
    return SqlError(
        message=diag.message_primary or str(error).strip(),
        sqlstate=error.sqlstate or "",
        detail=diag.message_detail or "",
        hint=diag.message_hint or "",
        context=diag.context or "",
        position=one.source.at(one.offset(int(diag.statement_position) - 1))
        if diag.statement_position
        else one.position,
    )


def _types(result: PGresult) -> list[int]:
    taken = [result.param_type(number) for number in range(result.nparams)]
    return [*taken, *(result.ftype(number) for number in range(result.nfields))]


def _told(result: PGresult, names: dict[int, str]) -> Prepared:
    taken = tuple(names[result.param_type(number)] for number in range(result.nparams))
    fields = ((result.fname(number) or b"", names[result.ftype(number)]) for number in range(result.nfields))
    return Prepared(taken, tuple((name.decode(), kind) for name, kind in fields))
