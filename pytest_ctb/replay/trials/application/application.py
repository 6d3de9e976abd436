"""The trial of the running application: what it could send before a file, sent again after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from pytest_ctb.model import ApplicationTrial, BrokenStatement, NewType, SqlError, StalePlan
from pytest_ctb.replay.consumers import Described, describe, prepare_and_run, run
from pytest_ctb.replay.session import drain
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.application.catalog import Changed, named_by_applications
from pytest_ctb.replay.trials.application.statements import MadeStatement, column_by_column, statements_for
from pytest_ctb.replay.trials.sandboxes import Sandbox

_ROWS = 1
"""Of each table: one is enough for a statement to find."""
_NO_COLUMN = "42703"  # undefined_column
_REVALIDATES = "RevalidateCachedQuery"
"""Where the server refuses a plan whose result has another type (plancache.c)."""
_TYPE_NAMES = """
SELECT pg_catalog.format_type(t, m) FROM ROWS FROM (
    pg_catalog.unnest(%s::pg_catalog.oid[]), pg_catalog.unnest(%s::pg_catalog.int4[])) AS wanted(t, m)
"""
_GONE = "???"
"""What format_type says of a type that is not there."""


class Application:
    """What the running application sends. It keeps its plans on a connection that is open while a file is applied."""

    def __init__(
        self,
        session: Session,
        sandbox: Sandbox,
        statements: Sequence[MadeStatement],
        connection: psycopg.Connection[Any],
    ) -> None:
        self._session = session
        self._sandbox = sandbox
        self._connection = connection
        consumers = [statement.consumer for statement in statements]
        sure = {statement.consumer for statement in statements if statement.surely_runs}
        results = prepare_and_run(session, sandbox, consumers, only_prepared=sure, rows=_ROWS)
        working = [pair for pair in zip(statements, results, strict=True) if pair[1].problem is None]
        self._working = [statement for statement, _ in working]
        self._types = {
            (made.of, name): kind for made, result in working if made.columns for name, kind in result.columns
        }
        self._plans = _prepared(connection, self._working)

    def after(self) -> ApplicationTrial:
        """What does not work any more. Raises psycopg.Error."""
        described = self._described(self._working)
        missing = [made for made, result in described if isinstance(result, SqlError) and _is_missing(result)]
        # They run together with their parts, as the rows for them take longer than all the rest.
        broken = self._broken([*described, *self._described(_parts(missing))])
        whole, parts = broken[: len(described)], broken[len(described) :]
        in_bodies = [made for made, error in whole if error and _is_missing(error) and made not in missing]
        parts += self._broken(self._described(_parts(in_bodies)))
        in_parts = {made.of for made, error in parts if error}
        others = [pair for pair in whole if not (pair[0].columns and pair[0].of in in_parts)]
        stale = tuple(_stale(self._connection, self._plans))
        return ApplicationTrial(
            len(self._working),
            tuple(
                BrokenStatement(made.consumer.sql, made.of, error, self._type(made))
                for made, error in parts + others
                if error
            ),
            stale,
        )

    def _type(self, made: MadeStatement) -> str:
        """The type that the one column of a statement had before the file; empty where it reads others too."""
        if len(made.columns) != 1:
            return ""
        return self._types.get((made.of, made.columns[0]), "")

    def _described(self, statements: Sequence[MadeStatement]) -> list[tuple[MadeStatement, Described | SqlError]]:
        results = describe(self._session.connection, [statement.consumer for statement in statements])
        return list(zip(statements, results, strict=True))

    def _broken(
        self, described: Sequence[tuple[MadeStatement, Described | SqlError]]
    ) -> list[tuple[MadeStatement, SqlError | None]]:
        """Of each statement why it fails, if it does."""
        if not described:
            return []
        failed = run(self._session, self._sandbox, [result for _, result in described], rows=_ROWS)
        return [
            (made, result if isinstance(result, SqlError) else failure)
            for (made, result), failure in zip(described, failed, strict=True)
        ]


def _is_missing(error: SqlError) -> bool:
    return error.sqlstate == _NO_COLUMN


def _parts(statements: Sequence[MadeStatement]) -> list[MadeStatement]:
    return [part for made in statements for part in column_by_column(made)]


@contextmanager
def running_application(session: Session, sandbox: Sandbox, changed: Changed) -> Iterator[Application | None]:
    """The application as it runs before a file; None where it sends nothing to what the file changes.

    It runs in the sandbox, whose session it is, and keeps its plans on a connection of its own, as a program has it.
    Raises psycopg.Error.
    """
    statements = statements_for(named_by_applications(session, changed)) if changed else []
    yield Application(session, sandbox, statements, session.application()) if statements else None


class _Plan(NamedTuple):
    """A SELECT that the application has prepared, and keeps."""

    name: bytes
    statement: MadeStatement
    result: PGresult
    """How the server described it then."""


def _prepared(connection: psycopg.Connection[Any], statements: Sequence[MadeStatement]) -> list[_Plan]:
    """The SELECTs among these statements, as the server prepares them; without those that it refuses."""
    reading = [statement for statement in statements if statement.reads]
    names = [b"ctb_%d" % number for number in range(len(reading))]
    asked = [drain.Prepared(name, made.consumer.sql.encode()) for name, made in zip(names, reading, strict=True)]
    results = drain.describe_each(connection, asked)
    plans = map(_Plan, names, reading, results)
    return [plan for plan in plans if plan.result.status == ExecStatus.COMMAND_OK]


def _stale(connection: psycopg.Connection[Any], plans: Sequence[_Plan]) -> Iterator[StalePlan]:
    """What is wrong with plans. Whoever asks for a description is refused as who runs it, and nothing is run."""
    results = drain.describe_again(connection, [plan.name for plan in plans])
    for plan, result in zip(plans, results, strict=True):
        error = drain.error_of(connection, result)
        if error is not None and error.diag.source_function == _REVALIDATES:
            sql, of = plan.statement.consumer.sql, plan.statement.of
            (now,) = drain.describe_each(connection, [drain.Prepared(b"", sql.encode())])
            columns = tuple(_new_types(connection, plan, now)) if now.status == ExecStatus.COMMAND_OK else ()
            yield StalePlan(sql, of, SqlError(error.diag.message_primary or "", error.sqlstate or ""), columns)


def _new_types(connection: psycopg.Connection[Any], plan: _Plan, now: PGresult) -> Iterator[NewType]:
    places = range(min(plan.result.nfields, now.nfields))
    oids = [result.ftype(place) for place in places for result in (plan.result, now)]
    modifiers = [result.fmod(place) for place in places for result in (plan.result, now)]
    names = [name for (name,) in connection.execute(_TYPE_NAMES, [oids, modifiers])]
    for place, before, after in zip(places, names[::2], names[1::2], strict=True):
        if before != after:
            column = (now.fname(place) or b"").decode()
            yield NewType(column, "a type that is gone" if before == _GONE else before, after)
