"""Prepare and run the statements of downstream code before the first migration and after each one, and compare."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg.pq.abc import PGresult
from psycopg.sql import SQL, Literal

from pytest_ctb.model import Consumer, ConsumerChange, FileEvidence, Migration, PreparedStatement, SqlError
from pytest_ctb.postgres import Server
from pytest_ctb.replay.consumer_runs import Prepared, failures
from pytest_ctb.replay.session import drain
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.sandboxes import Sandbox, Sequences, TransactionSandbox
from pytest_ctb.sql import with_null_parameter

_UNTYPED = {"42P18", "42P08"}
"""The errors for a parameter of unknown type (manual, appendix A); the message has the parameter's number."""
_PARAMETER = re.compile(r"\$(\d+)")
_TEXT = 25
"""The oid of the type text (pg_type.dat)."""
_NAMES = """
SELECT t.oid, pg_catalog.format_type(t.oid, NULL)
FROM pg_catalog.unnest(%s::pg_catalog.oid[]) AS t (oid)
"""
_SETTINGS = {"ALTER DATABASE", "ALTER ROLE"}
"""Statements that change the settings of new connections, which is in no trace."""


class Consumers:
    """The statements of downstream code as prepared and run in a database, again after each migration that changes it.

    Each time on a new connection, as a program has it: it sees what is committed, with the settings of ALTER DATABASE,
    and disturbs no transaction.
    """

    def __init__(
        self, server: Server, database: str, role: str | None, timeout: float, consumers: Sequence[Consumer]
    ) -> None:
        self._server = server
        self._database = database
        self._role = role
        self._timeout = timeout
        self._consumers = consumers
        self.prepared = tuple(self._prepare())
        """How the server prepares each statement, after the last migration that may have changed it."""

    def after(self, file: Migration, evidence: FileEvidence) -> FileEvidence:
        """The evidence with the `consumer_changes` of a file that was just applied. Raises psycopg.Error."""
        if not self._consumers or not _may_change_statements(file, evidence):
            return evidence
        before, self.prepared = self.prepared, tuple(self._prepare())
        changes = (
            ConsumerChange(consumer.sender, old, new)
            for consumer, old, new in zip(self._consumers, before, self.prepared, strict=True)
            if old != new and not (old.problem and new.problem)
        )
        return evidence._replace(consumer_changes=tuple(changes))

    def _prepare(self) -> list[PreparedStatement]:
        if not self._consumers:
            return []
        with Session(self._server, self._database, self._role, self._timeout) as session:
            limit = SQL("SET statement_timeout = {}").format(Literal(int(self._timeout * 1000) or 1))
            session.connection.execute(limit)
            sandbox = TransactionSandbox(session, Sequences(session.connection))
            return prepare_and_run(session, sandbox, self._consumers)


def prepare_and_run(
    session: Session,
    sandbox: Sandbox,
    consumers: Sequence[Consumer],
    *,
    only_prepared: Collection[Consumer] = (),
    rows: int = 4,
) -> list[PreparedStatement]:
    """How the server prepares each statement, and whether it runs on made-up rows. Raises psycopg.Error.

    They run in the sandbox, whose session it is; `rows` are made up for each table.
    """
    results = describe(session.connection, consumers)
    oids = {oid for result in results if isinstance(result, Described) for oid in result.type_oids}
    names = dict(session.connection.execute(_NAMES, [sorted(oids)]).fetchall()) if oids else {}
    failed = run(session, sandbox, results, only_prepared=only_prepared, rows=rows)
    return [
        result.named(names, failure) if isinstance(result, Described) else PreparedStatement(error=result)
        for result, failure in zip(results, failed, strict=True)
    ]


def run(
    session: Session,
    sandbox: Sandbox,
    results: Sequence[Described | SqlError],
    *,
    only_prepared: Collection[Consumer] = (),
    rows: int = 4,
) -> list[SqlError | None]:
    """Of each statement that was described, the error that it raises on made-up rows, as `prepare_and_run` tells it.

    Raises psycopg.Error.
    """
    taken = [result for result in results if isinstance(result, Described)]
    prepared = [
        Prepared(described.consumer, described.types, described.consumer not in only_prepared) for described in taken
    ]
    failed = iter(failures(session, sandbox, prepared, rows))
    errors = [(result.consumer, next(failed)) if isinstance(result, Described) else None for result in results]
    return [_sql_error(pair[1], pair[0]) if pair and pair[1] else None for pair in errors]


class Described(NamedTuple):
    """How the server describes a statement."""

    consumer: Consumer
    """As it was prepared."""
    result: PGresult

    @property
    def types(self) -> tuple[int, ...]:
        """The oids of the types of its parameters."""
        return tuple(self.result.param_type(number) for number in range(self.result.nparams))

    @property
    def type_oids(self) -> list[int]:
        """The oids of the types of its parameters and of its columns."""
        return [*self.types, *(self.result.ftype(number) for number in range(self.result.nfields))]

    def named(self, names: dict[int, str], failure: SqlError | None) -> PreparedStatement:
        """The description with the names of its types, and the error of its run."""
        result = self.result
        fields = ((result.fname(number) or b"", names[result.ftype(number)]) for number in range(result.nfields))
        return PreparedStatement(
            tuple(names[oid] for oid in self.types),
            tuple((name.decode(), kind) for name, kind in fields),
            failure=failure,
        )


def _may_change_statements(file: Migration, evidence: FileEvidence) -> bool:
    """Whether a file may have changed how statements are prepared; changes of rows alone do not."""
    changed = any(trace.created or trace.altered or trace.dropped or trace.unknown for trace in evidence.traces)
    return changed or any(statement.tag in _SETTINGS for statement in file.sent)


def describe(connection: psycopg.Connection[Any], consumers: Sequence[Consumer]) -> list[Described | SqlError]:
    """Let the server parse and analyse statements, without running them: of each its description, or the error.

    Raises psycopg.Error.
    """
    described: dict[int, Described | SqlError] = {}
    left = dict(enumerate(consumers))
    untyped: dict[int, set[int]] = {place: set() for place in left}
    while left:
        asked = [drain.Prepared(b"", left[place].sql.encode(), _types(untyped[place])) for place in left]
        for (place, consumer), result in zip([*left.items()], drain.describe_each(connection, asked), strict=True):
            error = drain.error_of(connection, result)
            number = _without_type(error) if error else 0
            if number and number not in untyped[place]:
                # The statement gives the parameter no type, or two. A driver sends a type, or the value as a literal.
                untyped[place].add(number)
                left[place] = with_null_parameter(consumer, number)
            else:
                described[place] = _sql_error(error, consumer) if error else Described(consumer, result)
                del left[place]
    return [described[place] for place in range(len(consumers))]


def _types(untyped: Collection[int]) -> list[int]:
    """The types to send for the parameters up to the last one of these, which are text."""
    return [_TEXT if number in untyped else 0 for number in range(1, max(untyped, default=0) + 1)]


def _without_type(error: psycopg.Error) -> int:
    """The number of the parameter whose type the server does not find out; 0 where the error is another."""
    parameter = _PARAMETER.search(error.diag.message_primary or "") if error.sqlstate in _UNTYPED else None
    return int(parameter[1]) if parameter else 0


def _sql_error(error: psycopg.Error, consumer: Consumer) -> SqlError:
    diag = error.diag
    return SqlError(
        message=diag.message_primary or str(error).strip(),
        sqlstate=error.sqlstate or "",
        detail=diag.message_detail or "",
        hint=diag.message_hint or "",
        context=diag.context or "",
        position=consumer.source.at(consumer.offset(int(diag.statement_position) - 1))
        if diag.statement_position
        else consumer.position,
    )
