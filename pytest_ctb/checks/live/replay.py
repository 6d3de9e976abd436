"""CT09: the file applies to the database that all earlier files made, also where its tables hold rows."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from pytest_ctb.checks import (
    Case,
    NoOptions,
    Scope,
    check,
    error_details,
    error_line,
    fill,
    of_statement,
)
from pytest_ctb.checks.live._earlier import failed_before
from pytest_ctb.checks.live._failing_rows import Samples, cause_of, shown_rows
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import (
    FileEvidence,
    Finding,
    Follows,
    Name,
    NearName,
    Position,
    Repository,
    RowsTrial,
    SqlError,
    Statement,
    Trial,
)
from pytest_ctb.sql import as_sql, code_end, names_in, position_at, spans_of

_ENDS_TRANSACTION = "2D000"
"""The SQLSTATE of a COMMIT or ROLLBACK in a procedure that was called inside a transaction."""
_IN_TRANSACTION = "25001"
"""The SQLSTATE of a statement that Postgres refuses inside a transaction."""
_EXISTS = {"42P06", "42P07", "42701", "42710", "42723"}
"""SQLSTATEs for a schema, table, column, object or function that exists already (manual, appendix A)."""

_OF_BEFORE = {"schema", "relation", "type", "function"}
"""The kinds of names that a database had before it had migrations."""
_LONGEST = 12
"""The most lines of a statement that a message repeats."""
_STAND_IN = "the stand-in for "
"""How a stand-in says that it cannot do something (postgres/stand_ins)."""


def replay_by_text(case: Case[NoOptions]) -> Iterator[Finding]:
    """The part of the check that needs no server: what the tool refuses or what does not parse cannot apply."""
    if refused := case.migration.unapplied:
        yield case.finding(refused.position, refused.message, instead="")
        return
    for statement in case.migration.statements:
        if statement.problem:
            yield case.finding(statement.problem.position, f"cannot be read: {statement.problem.message}", instead="")


@check("replay", scope=Scope.REPLAY, reads_text=False, needs=[Trial.ON_ROWS], by_text=replay_by_text)
def replay(case: Case[NoOptions]) -> Iterator[Finding]:
    """Report the server's error at the position that it names."""
    file = case.replay.files[case.subject]
    if file.culprit:
        unreadable = list(replay_by_text(case))
        if unreadable:
            yield from unreadable
            return
        raise NotJudgedError(f"needs {file.missing} of {file.culprit}, which did not apply")
    if file.left_open:
        raise NotJudgedError("ends inside its transaction: every statement ran, and Postgres rolled all of them back")
    if file.error:
        place, instead = _meant(case, file)
        yield case.finding(
            file.error.position or place,
            error_line(file.error) + _hint(case, file),
            instead=instead,
            details=_evidence(case, file),
            follows=_follows(case, file),
        )
    elif file.on_rows:
        yield from _on_rows(case, file.on_rows)


def _follows(case: Case[NoOptions], file: FileEvidence) -> Follows | None:
    """The guideline that finds by the text what the server refused."""
    assert file.error is not None
    if case.migration.problem:
        return Follows("file-encoding")
    refused = file.error.sqlstate in {_IN_TRANSACTION, _ENDS_TRANSACTION}
    return of_statement("transaction", case.migration, file.failed_line or 1) if refused else None


def _meant(case: Case[NoOptions], file: FileEvidence) -> tuple[Position, str]:
    """The place of a name that does not exist, and the statement to paste, with the name that was meant.

    If no existing name is like it, or the statement gives it twice: the place of the statement, and no SQL.
    """
    near, line = _near(case, file), file.failed_line
    if near is None:
        return Position(line, 1), ""
    places = [
        (statement, *span)
        for statement in case.migration.sent
        if statement.position.line == line
        for span in spans_of(statement, near.given, qualified=near.qualified)
    ]
    if len(places) != 1:
        return Position(line, 1), ""
    ((statement, start, end),) = places
    sql = f"{statement.sql[:start]}{near.sql}{statement.sql[end : code_end(statement)]};"
    offered = near.sql != as_sql(*near.given) and sql.count("\n") < _LONGEST
    return position_at(statement, start), sql if offered else ""


def _near(case: Case[NoOptions], file: FileEvidence) -> NearName | None:
    """The existing name that the file means, unless a later file makes the one that it gives."""
    return None if file.error is None or any(_made_later(case, file.error)) else file.near_name


def _hint(case: Case[NoOptions], file: FileEvidence) -> str:
    """What helps: another place in the order, or another name. Empty where neither would."""
    assert file.error is not None
    if file.applies_last:
        return "; it applies after the other files, so only its place in the order is wrong"
    existing = _near(case, file)
    near_name = existing.shown if existing else ""
    near = f"; did you mean {near_name}?" if near_name else ""
    missing = file.error.missing or file.error.sqlstate in _EXISTS
    if missing and file.applies_last is False and len(case.repository.migrations) > 1:
        return f"{near or '.'} No other file order would make it apply."
    return near


def _on_rows(case: Case[NoOptions], on_rows: RowsTrial) -> Iterator[Finding]:
    """What breaks on ordinary rows, and what breaks on unusual ones alone, with a row that does it."""
    filled = ", ".join(f"{table} ({rows})" for table, rows in sorted(on_rows.filled.items()))
    made_up = [f"ROWS: made up for {filled}"] if filled else []
    if on_rows.error and on_rows.error.message.startswith(_STAND_IN):
        raise NotJudgedError(f"on rows it needs something that this server does not have: {on_rows.error.message}")
    if on_rows.error:
        message = f"applies to an empty table, fails on rows: {error_line(on_rows.error)}"
        statement = case.migration.sent[on_rows.statement]
        yield _finding(case, statement, on_rows.error, message, made_up, None)
    unusual = on_rows.unusual
    if unusual and (not on_rows.error or unusual.line != on_rows.line):
        statement = case.migration.sent[unusual.statement]
        shown = shown_rows(statement, unusual.error, unusual.samples)
        rows = f": {shown[0]}" if shown else ""
        message = f"fails on rows that are legal but unusual{rows}: {error_line(unusual.error)}"
        lines = [f"ROW: {row}" for row in shown] or made_up
        yield _finding(case, statement, unusual.error, message, lines, unusual.samples)


def _finding(
    case: Case[NoOptions],
    statement: Statement,
    error: SqlError,
    message: str,
    rows: Iterable[str],
    samples: Samples | None,
) -> Finding:
    at = error.position or Position(statement.position.line, 1)
    cause = cause_of(case.replay, case.migration, statement, error, samples)
    template = case.guideline.causes.get(cause.instead)
    return case.finding(
        at,
        message,
        instead=fill(template.instead, cause.names) if template else None,
        details="\n".join([*error_details(error), *rows]),
        cause=cause.name,
    )


def _evidence(case: Case[NoOptions], file: FileEvidence) -> str:
    """Detail, hint and context of the error, and notes on other files that may be the reason."""
    error = file.error
    assert error is not None
    lines = error_details(error)
    if error.sqlstate == _ENDS_TRANSACTION:
        lines.append("NOTE: what commits cannot run inside BEGIN: see `transaction`, ctb:no-transaction")
    statement = next((sent for sent in case.migration.sent if sent.position.line == file.failed_line), None)
    from pytest_ctb.checks.live._advice import advice  # noqa: PLC0415  # it reads what platforms provide

    advised = [f"NOTE: {line}" for line in advice(case, error, statement)]
    lines += advised
    if error.missing:
        lines += _made_later(case, error)
        nowhere = [] if advised else list(_made_nowhere(case, file, statement))
        lines += nowhere or failed_before(case)
    return "\n".join(lines)


def _made_later(case: Case[NoOptions], error: SqlError) -> Iterator[str]:
    """A note for each missing name that only a later file makes, the most frequent reason for an error."""
    order, makers = _makers(case.repository)
    noted = set()
    for name in names_in(case.migration.statements).uses:
        paths = makers.get(name, ())
        made_before = any(order[path] < order[case.subject] for path in paths)
        later = [path for path in paths if order[path] > order[case.subject]]
        if later and not made_before and name.kind != "schema" and later[0] not in noted and _is_named(name, error):
            noted.add(later[0])
            yield f"NOTE: {name} is made by {later[0]}, which comes later; {_advice(case, later[0])}"


def _made_nowhere(case: Case[NoOptions], file: FileEvidence, statement: Statement | None) -> Iterator[str]:
    """A note for a table, type or function that no migration makes: the history begins in the middle."""
    assert file.error is not None
    if statement is None or file.near_name or not _is_read_whole(case.repository):
        return
    _, makers = _makers(case.repository)
    made = {(name.kind, name.name) for name in makers}
    uses = set(names_in([statement]).uses)
    schemas = {Name("schema", "", name.schema) for name in uses if name.schema}
    for name in sorted(uses | schemas, key=str):
        if (name.kind, name.name) not in made and name.kind in _OF_BEFORE and _is_named(name, file.error):
            yield (
                f"NOTE: no migration has a CREATE of {name}. If it was there before the first of them, add one in "
                "front that makes it (pg_dump --schema-only)"
            )
            return


@lru_cache(maxsize=1)
def _is_read_whole(repository: Repository) -> bool:
    """Whether the text of the migrations says all that they make: what cannot be read may make anything."""
    return not any(
        statement.problem or statement.unread
        for migration in repository.migrations
        for sent in migration.statements
        for statement in sent.walk()
    )


def _is_named(name: Name, error: SqlError) -> bool:
    return re.search(rf"(?<!\w){re.escape(name.name)}(?!\w)", error.message) is not None


def _advice(case: Case[NoOptions], maker: str) -> str:
    """How to bring the file behind another, which is said in this file alone."""
    other, order = case.repository.by_path[maker], case.repository.order
    file = case.migration
    if order.order_file:
        return f"move the line of this file behind it in {order.order_file}"
    if file.version:
        return f"give this file a version behind {other.version}"
    if any(case.subject in cycle and maker in cycle for cycle in order.cycles):
        return "the two need each other: move the statement that fails into a file behind both"
    if any(file.name in line.value for line in other.depends_on):
        return "take the name of this file out of the line `Depends on` there"
    if file.date is None or other.date is None or file.date >= other.date:
        return f"say so in this file: -- Depends on: {maker}"
    return f"give this file a date behind {other.date}, or say in it: -- Depends on: {maker}"


@lru_cache(maxsize=1)
def _makers(repository: Repository) -> tuple[Mapping[str, int], Mapping[Name, list[str]]]:
    """The number of each migration in the order, and the migrations that create each name, in that order."""
    makers: dict[Name, list[str]] = defaultdict(list)
    for migration in repository.migrations:
        for name in names_in(migration.statements).makes:
            makers[name].append(migration.path)
    return {migration.path: number for number, migration in enumerate(repository.migrations)}, makers
