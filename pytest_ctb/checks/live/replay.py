"""CT09: the file applies to the database that all earlier files made, also where its tables hold rows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache

from pytest_ctb.checks import Case, NoOptions, Scope, check, error_details, error_line, failed_before
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import FileEvidence, Finding, Name, Position, Repository, RowsTrial, SqlError, Trial
from pytest_ctb.sql import names_in

_ENDS_TRANSACTION = "2D000"
"""The SQLSTATE of a COMMIT or ROLLBACK in a procedure that was called inside a transaction."""
_EXISTS = {"42P06", "42P07", "42701", "42710", "42723"}
"""SQLSTATEs for a schema, table, column, object or function that exists already (manual, appendix A)."""


def replay_by_text(case: Case[NoOptions]) -> Iterator[Finding]:
    """The part of the check that needs no server: what does not parse cannot apply."""
    for statement in case.migration.statements:
        if statement.problem:
            yield case.finding(statement.problem.position, f"cannot be read: {statement.problem.message}", instead="")


@check("replay", scope=Scope.REPLAY, reads_text=False, needs=[Trial.ON_ROWS], by_text=replay_by_text)
def replay(case: Case[NoOptions]) -> Iterator[Finding]:
    """Report the server's error at the position that it names."""
    file = case.replay.files[case.subject]
    if file.culprit:
        raise NotJudgedError(f"needs {file.missing} of {file.culprit}, which did not apply")
    if file.left_open:
        raise NotJudgedError("ends inside its transaction: every statement ran, and Postgres rolled all of them back")
    if file.error:
        at = file.error.position or Position(file.failed_line, 1)
        yield case.finding(
            at, error_line(file.error) + _order_hint(case, file), instead="", details=_evidence(case, file)
        )
    elif file.on_rows and file.on_rows.error:
        yield _on_rows(case, file.on_rows, file.on_rows.error)


def _order_hint(case: Case[NoOptions], file: FileEvidence) -> str:
    """A clause that says whether the file applies when moved behind the others; empty where order is no reason."""
    assert file.error is not None
    if len(case.repository.migrations) == 1:
        return ""
    if file.applies_last:
        return "; only in the wrong place: behind the other files it applies"
    missing = file.error.missing or file.error.sqlstate in _EXISTS
    return (
        "; in no place: behind the other files it does not apply either"
        if missing and file.applies_last is False
        else ""
    )


def _on_rows(case: Case[NoOptions], on_rows: RowsTrial, error: SqlError) -> Finding:
    at = error.position or Position(on_rows.line, 1)
    filled = ", ".join(f"{table} ({rows})" for table, rows in sorted(on_rows.filled.items()))
    lines = [*error_details(error), *([f"ROWS: made up for {filled}"] if filled else [])]
    message = f"applies to an empty table, fails on rows: {error_line(error)}"
    return case.finding(at, message, instead="", details="\n".join(lines))


def _evidence(case: Case[NoOptions], file: FileEvidence) -> str:
    """Detail, hint and context of the error, and notes on other files that may be the reason."""
    error = file.error
    assert error is not None
    lines = error_details(error)
    if error.sqlstate == _ENDS_TRANSACTION:
        lines.append("NOTE: what commits cannot run inside BEGIN: see `transaction`, ctb:no-transaction")
    if error.missing:
        lines += _made_later(case)
        lines += failed_before(case)
    return "\n".join(lines)


def _made_later(case: Case[NoOptions]) -> Iterator[str]:
    """A note for each later file that creates what this one uses, the most frequent reason for an error."""
    order, makers = _makers(case.repository)
    noted = set()
    for name in names_in(case.migration.statements).uses:
        later = [path for path in makers.get(name, ()) if order[path] > order[case.subject]]
        if later and name.kind != "schema" and later[0] not in noted:
            noted.add(later[0])
            yield f"NOTE: {name} is made by {later[0]}, which comes later; give this file a later date"


@lru_cache(maxsize=1)
def _makers(repository: Repository) -> tuple[Mapping[str, int], Mapping[Name, list[str]]]:
    """The number of each migration in the order, and the migrations that create each name, in that order."""
    makers: dict[Name, list[str]] = defaultdict(list)
    for migration in repository.migrations:
        for name in names_in(migration.statements).makes:
            makers[name].append(migration.path)
    return {migration.path: number for number, migration in enumerate(repository.migrations)}, makers
