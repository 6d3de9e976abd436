"""`ctb apply --dry-run`: what would be applied, and the locks that the replay saw each statement take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from pytest_ctb.cli.project import Project
from pytest_ctb.model import FileEvidence, Migration, Statement, Trace
from pytest_ctb.report import counted

if TYPE_CHECKING:
    from pytest_ctb.deploy.connection import Target
    from pytest_ctb.deploy.run import DatabaseStatus

_SHOWN = 72


def plan(project: Project, target: Target, database: DatabaseStatus, *, out_of_order: bool) -> int:
    """Show the plan; gives the exit code: 1 where something stands in the way of it."""
    from pytest_ctb.deploy.run import refusal  # noqa: PLC0415  # with the driver; most commands need no server

    refused = database.refused or refusal(database.files, out_of_order=out_of_order)
    pending = [one.migration for one in database.files if one.pending and one.migration]
    seen = project.replay() if pending else None
    failing = False
    for one in pending:
        assert seen
        fared = seen.files[one.path]
        failing |= not fared.applied
        click.echo(one.path)
        for line in _lines(one, fared):
            click.echo(line)
    for line in database.drift.notes:
        click.echo(f"note: {line}", err=True)
    if refused:
        click.echo(refused)
    if seen:
        click.echo(f"Locks on what was there before, as seen on Postgres {seen.server.version} ({seen.server.place}).")
    click.echo(f"{target}: {counted(len(pending), 'migration')} to apply; this was a dry run, nothing was changed")
    return 1 if refused or failing else 0


def _lines(one: Migration, fared: FileEvidence) -> Iterator[str]:
    width = len(str(max((each.position.line for each in one.sent), default=0)))
    for trace in fared.traces:
        statement = one.sent[trace.statement]
        if statement.control and not trace.locks:
            continue
        yield f"  {statement.position.line:>{width}}  {_brief(statement)}"
        for told in _effects(trace):
            yield f"  {'':>{width}}    {told}"
    if fared.error:
        yield f"  {fared.failed_line:>{width}}  fails in the replay: {fared.error.message}"
    elif not fared.applied:
        why = f": it needs {fared.missing} of {fared.culprit}" if fared.culprit else ""
        yield f"  does not apply in the replay{why}"


def _effects(trace: Trace) -> Iterator[str]:
    modes: dict[str, list[str]] = {}
    for lock in trace.locks:
        modes.setdefault(lock.mode, []).append(lock.relation)
    for mode, relations in modes.items():
        yield f"{mode} on {', '.join(relations)}"
    for table in trace.rewritten:
        yield f"rewrites {table}, row by row"
    for scan in trace.scanned:
        why = f" ({'; '.join(scan.why)})" if scan.why else ""
        yield f"reads {scan.table} from end to end{why}"
    if "locks" in trace.unknown:
        yield "its locks could not be seen: it commits by itself"


def _brief(statement: Statement) -> str:
    words = " ".join(statement.sql.split())
    return f"{words[:_SHOWN]} …" if len(words) > _SHOWN else words
