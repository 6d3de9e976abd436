"""CT09: the file applies to the database that all earlier files made."""

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, check
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import FileReplay, Finding, Position, SqlError
from pytest_ctb.order import makers_of
from pytest_ctb.sql import names_in


@check("replay", scope=Scope.REPLAY, reads_text=False)
def replay(case: Case[NoOptions]) -> Iterator[Finding]:
    """Tell the server's own error, at the place that it names."""
    fared = case.replay.files[case.subject]
    if fared.culprit:
        raise NotJudgedError(f"needs {fared.missing} of {fared.culprit}, which did not apply")
    if fared.undone:
        raise NotJudgedError("ends inside its transaction: every statement ran, and Postgres rolled all of them back")
    if fared.error:
        at = fared.error.position or Position(fared.failed_line, 1)
        yield case.finding(at, _message(fared.error), instead="", evidence=_evidence(case, fared))


def _message(error: SqlError) -> str:
    return f"{error.message} (SQLSTATE {error.sqlstate})" if error.sqlstate else error.message


def _evidence(case: Case[NoOptions], fared: FileReplay) -> str:
    """What the server added, and what of it another file may explain."""
    error = fared.error
    assert error is not None
    parts = [("DETAIL", error.detail), ("HINT", error.hint), ("CONTEXT", error.context)]
    lines = [f"{label}: {text}" for label, text in parts if text]
    if error.missing:
        lines += _made_later(case)
    failed = [path for path, one in case.replay.files.items() if not one.applied and path != case.subject]
    order = [one.path for one in case.repository.migrations]
    earlier = [path for path in failed if order.index(path) < order.index(case.subject)]
    if earlier and error.missing:
        lines.append(f"NOTE: {', '.join(earlier)} did not apply; that may be why")
    return "\n".join(lines)


def _made_later(case: Case[NoOptions]) -> Iterator[str]:
    """Name the later file that makes what this one uses: the commonest reason why a file does not apply."""
    paths = [one.path for one in case.repository.migrations]
    later = case.repository.migrations[paths.index(case.subject) + 1 :]
    makers = makers_of({one.path: names_in(one.statements) for one in later})
    told = set()
    for what in names_in(case.migration.statements).uses:
        for maker in makers.get(what, ()):
            if maker not in told and what.kind != "schema":
                told.add(maker)
                yield f"NOTE: {what} is made by {maker}, which comes later; give this file a later date"
