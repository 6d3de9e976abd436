"""CT12: broken off after any of its statements, the file leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, applied, check, error_line, of_statement
from pytest_ctb.model import Finding, Follows, Interruption, Position, Statement, Trace, Trial
from pytest_ctb.model.differences import diff
from pytest_ctb.sql import alterations, as_sql, created, index, relation

_GLOBAL = {
    "ALTER DATABASE",
    "ALTER ROLE",
    "CREATE ROLE",
    "DROP ROLE",
    "GRANT ROLE",
    "REVOKE ROLE",
}
"""Commands on objects of the whole server, which fire no event trigger."""
_BODIES = {"DO", "CALL"}
_NAMED = 4
_DROP_INVALID = """\
-- DROP INDEX fails once the index is attached: only what an interruption left is dropped.
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('{text}') AND NOT indisvalid) THEN
        DROP INDEX {name};
    END IF;
END $$;"""


@check("atomic", scope=Scope.REPLAY, needs=[Trial.INTERRUPTIONS])
def atomic(case: Case[NoOptions]) -> Iterator[Finding]:
    """Find a commit, in the traces, between two statements that write: broken off there, the file is half applied.

    One transaction from the first write to the last needs no trial: what is not committed is gone with the connection.
    A commit that the tool adds is recorded by the tool, which goes on behind it. Where one file has several, as dbmate
    may, it is not, unless the tool records each, as Liquibase does its changesets.
    """
    file = applied(case)
    if case.migration.no_transaction:
        # Where a tool sends a file in one query, such a statement stands alone: all it can do is fail again.
        alone = case.migration.tool.sends_whole_file
        yield from (
            _broken(case, broken) for broken in file.interruptions if not (alone and broken.inside and broken.error)
        )
        return
    pairs = list(zip(case.migration.sent, file.traces, strict=True))
    writing = [place for place, (statement, trace) in enumerate(pairs) if _writes(statement, trace)]
    kept: list[int] = []
    begun = 0
    for place, (statement, trace) in enumerate(pairs):
        if trace.divided and place in writing:
            message = "commits in the middle: where it fails after that, a part of its changes stays"
            yield case.finding(statement.position, message, instead="")
            return
        if not trace.commits:
            continue
        if statement.added and not (case.migration.sections and case.migration.tool.unit == "file"):
            begun = place + 1
            continue
        kept = [writer for writer in writing if begun <= writer <= place]
        later = [writer for writer in writing if writer > place]
        if kept and later:
            yield _left(case, statement, [pairs[writer] for writer in kept], pairs[later[0]][0])
            return


def _writes(statement: Statement, trace: Trace) -> bool:
    if trace.undone:
        return False
    if trace.created or trace.altered or trace.dropped or trace.rows or trace.truncated or trace.divided:
        return True
    return bool(trace.transaction) and (statement.tag in _GLOBAL or (statement.tag in _BODIES and trace.commits))


def _left(case: Case[NoOptions], last: Statement, kept: list[tuple[Statement, Trace]], following: Statement) -> Finding:
    traces = [trace for _, trace in kept]
    stays = [str(key) for trace in traces for key in trace.created]
    stays += [
        f"{rows.table}: {rows.inserted + rows.updated + rows.deleted} rows" for trace in traces for rows in trace.rows
    ]
    stays += [f"no {dropped.key}" for trace in traces for dropped in trace.dropped if not dropped.cascade]
    stays += [str(key) for trace in traces for key in trace.altered]
    named = ", ".join(list(dict.fromkeys(stays))[:_NAMED]) or "what it did"
    message = (
        f"interrupted after this statement, the file leaves {named}; the statements from line "
        f"{following.position.line} on did not run"
    )
    ids = [f"line {trace.line}: transaction {trace.transaction}" for _, trace in kept if trace.transaction]
    return case.finding(last.position, message, details="\n".join(dict.fromkeys(ids)), follows=Follows("transaction"))


def _broken(case: Case[NoOptions], broken: Interruption) -> Finding:
    lines = []
    at = f"interrupted {'inside' if broken.inside else 'after'} this statement"
    if broken.error:
        message = f"{at} the file cannot run again: {error_line(broken.error)}"
        lines.append(f"it fails at line {broken.error_line}")
    elif broken.invalid:
        message = f"{at} and run again the file leaves an invalid index: {broken.invalid[0]}"
    else:
        message = f"{at} and run again the file does not come to its end state"
    if broken.inside:
        lines.append("it is several transactions: cancelled, or refused by a duplicate, it ends between two of them")
    if broken.differences:
        lines.append(diff(broken.differences, "unbroken", "broken off and run again"))
    for rows in broken.rows:
        count = rows.inserted or rows.deleted or "other"
        lines.append(f"{rows.table}: {count} rows {'more' if rows.inserted else 'fewer' if rows.deleted else 'there'}")
    follows = of_statement("if-not-exists", case.migration, broken.error_line) if broken.error else None
    return case.finding(
        Position(broken.line, 1),
        message,
        instead=_safe_form(case, broken),
        details="\n".join(lines),
        follows=follows,
    )


def _safe_form(case: Case[NoOptions], broken: Interruption) -> str:
    """The statement behind one that drops what an interruption of it leaves; empty where nothing is known to help."""
    file = case.migration.sent
    building = [
        statement
        for statement in file
        if statement.position.line == broken.line and (index(statement) or statement.tag == "REINDEX")
    ]
    if not broken.inside or not building:
        return ""
    (statement, *_) = building
    left = broken.invalid[0] if broken.invalid else _name_of_index(statement)
    if not left:
        return ""
    if any(command.words == "ATTACH PARTITION" for other in file for command in alterations(other)):
        drop = _DROP_INVALID.format(name=left, text=left.replace("'", "''"))
    else:
        drop = f"DROP INDEX CONCURRENTLY IF EXISTS {left};"
    return f"{drop}\n{statement.sql};"


def _name_of_index(statement: Statement) -> str:
    """The name of the index that a statement creates, in the schema of its table; empty where it says none."""
    new, table = created(statement), relation(statement)
    if not new or not new.name or not table:
        return ""
    return as_sql(table.schema, new.name) if table.schema else as_sql(new.name)
