"""CT09: the file applies to the database that all earlier files made, also where its tables hold rows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice, takewhile

from pytest_ctb.checks import Case, NoOptions, Scope, check, details, worded
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import FileEvidence, Finding, Name, Position, Repository, RowsTrial, SqlError, Trial
from pytest_ctb.sql import names_in

_THERE = {"42P06", "42P07", "42701", "42710", "42723"}
"""A schema, table, column, object or function is there already (manual, appendix A)."""


@check("replay", scope=Scope.REPLAY, reads_text=False, needs=[Trial.ON_ROWS])
def replay(case: Case[NoOptions]) -> Iterator[Finding]:
    """Tell the server's own error, at the place that it names."""
    file = case.replay.files[case.subject]
    if file.culprit:
        raise NotJudgedError(f"needs {file.missing} of {file.culprit}, which did not apply")
    if file.left_open:
        raise NotJudgedError("ends inside its transaction: every statement ran, and Postgres rolled all of them back")
    if file.error:
        at = file.error.position or Position(file.failed_line, 1)
        yield case.finding(at, worded(file.error) + _placed(case, file), instead="", details=_evidence(case, file))
    elif file.on_rows and file.on_rows.error:
        yield _on_rows(case, file.on_rows, file.on_rows.error)


def _placed(case: Case[NoOptions], file: FileEvidence) -> str:
    """Whether another place in the order would help, as it was tried; said where an order can be the reason."""
    assert file.error is not None
    if len(case.repository.migrations) == 1:
        return ""
    if file.applies_last:
        return "; only in the wrong place: behind the other files it applies"
    missing = file.error.missing or file.error.sqlstate in _THERE
    return (
        "; in no place: behind the other files it does not apply either"
        if missing and file.applies_last is False
        else ""
    )


def _on_rows(case: Case[NoOptions], on_rows: RowsTrial, error: SqlError) -> Finding:
    at = error.position or Position(on_rows.line, 1)
    filled = ", ".join(f"{table} ({rows})" for table, rows in sorted(on_rows.filled.items()))
    lines = [*details(error), *([f"ROWS: made up for {filled}"] if filled else [])]
    message = f"applies to an empty table, fails on rows: {worded(error)}"
    return case.finding(at, message, instead="", details="\n".join(lines))


def _evidence(case: Case[NoOptions], file: FileEvidence) -> str:
    """What the server added, and what of it another file may explain."""
    error = file.error
    assert error is not None
    lines = details(error)
    if error.missing:
        lines += _made_later(case)
        lines += _failed_before(case)
    return "\n".join(lines)


def _made_later(case: Case[NoOptions]) -> Iterator[str]:
    """Name the later files that make what this one uses: the commonest reason why a file does not apply."""
    places, makers = _makers(case.repository)
    named = set()
    for what in names_in(case.migration.statements).uses:
        later = [path for path in makers.get(what, ()) if places[path] > places[case.subject]]
        if later and what.kind != "schema" and later[0] not in named:
            named.add(later[0])
            yield f"NOTE: {what} is made by {later[0]}, which comes later; give this file a later date"


@lru_cache(maxsize=1)
def _makers(repository: Repository) -> tuple[Mapping[str, int], Mapping[Name, list[str]]]:
    """Where each migration stands in the order, and which migrations make a name, in that order."""
    makers: dict[Name, list[str]] = defaultdict(list)
    for migration in repository.migrations:
        for name in names_in(migration.statements).makes:
            makers[name].append(migration.path)
    return {migration.path: place for place, migration in enumerate(repository.migrations)}, makers


def _failed_before(case: Case[NoOptions]) -> Iterator[str]:
    before = takewhile(lambda path: path != case.subject, case.replay.files)
    failed = list(islice((path for path in before if not case.replay.files[path].applied), 3))
    if failed:
        yield f"NOTE: {', '.join(failed)} did not apply; that may be why"
