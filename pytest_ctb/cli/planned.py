"""`ctb apply --dry-run`: the pending migrations, with the locks that each statement took in the replay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from pytest_ctb.cli.project import Project
from pytest_ctb.config.packaged import packaged_by_name
from pytest_ctb.guide.blocking import Blocking, blocking
from pytest_ctb.model import Evidence, FileEvidence, Migration, Statement, Trace
from pytest_ctb.report import counted

if TYPE_CHECKING:
    from pytest_ctb.deploy.connection import Target
    from pytest_ctb.deploy.run import DatabaseStatus

_SHOWN = 72


def plan(project: Project, target: Target, database: DatabaseStatus, *, out_of_order: bool) -> int:
    """Show the plan. The exit code: 1 where the plan is refused or a migration fails in the replay, else 0."""
    from pytest_ctb.deploy.run import refusal  # noqa: PLC0415  # with the driver; most commands need no server

    refused = database.refused or refusal(database.files, out_of_order=out_of_order)
    pending = [file.migration for file in database.files if file.pending and file.migration]
    evidence = project.replay() if pending else None
    failing = False
    for line in _summary(project, pending, evidence) if evidence else ():
        click.echo(line)
    for migration in pending:
        assert evidence
        file = evidence.files[migration.path]
        failing |= not file.applied
        click.echo(migration.path)
        for line in _lines(migration, file):
            click.echo(line)
    for line in database.drift.notes:
        click.echo(f"note: {line}", err=True)
    if refused:
        click.echo(refused)
    if evidence:
        click.echo(
            f"Locks on what was there before, as seen on Postgres {evidence.server.version} ({evidence.server.place})."
        )
    click.echo(f"{target}: {counted(len(pending), 'migration')} to apply; this was a dry run, nothing was changed")
    return 1 if refused or failing else 0


def _summary(project: Project, pending: Sequence[Migration], evidence: Evidence) -> Iterator[str]:
    """How many statements block the application while they work, and which, those that take longest first."""
    pack, repository = packaged_by_name()["online"], replace(project.history, sizes=project.sizes)
    blocks = [
        statement
        for migration in pending
        if evidence.files[migration.path].applied
        for statement in blocking(pack, repository, migration, evidence)
    ]
    for reads, what in ((True, "reads of"), (False, "writes to")):
        ranked = sorted(
            (statement for statement in blocks if statement.reads is reads),
            key=lambda statement: (-(statement.seconds or 0), -statement.rows),
        )
        if ranked:
            verb = "blocks" if len(ranked) == 1 else "block"
            yield f"{counted(len(ranked), 'statement')} {verb} {what} existing tables{_longest(ranked)}:"
        for statement in ranked:
            rows = f"{statement.rows:,} rows in production, " if statement.rows else ""
            finding = statement.finding
            yield f"  {finding.file}:{finding.line}: {finding.message} ({rows}{statement.time})"


def _longest(ranked: Sequence[Blocking]) -> str:
    """How long the first of several statements takes, where that is known of any."""
    if ranked[0].seconds is None:
        return ""
    return f", {'the longest ' if len(ranked) > 1 else 'for '}{ranked[0].time}"


def _lines(migration: Migration, file: FileEvidence) -> Iterator[str]:
    width = len(str(max((statement.position.line for statement in migration.sent), default=0)))
    for trace in file.traces:
        statement = migration.sent[trace.statement]
        if statement.control and not trace.locks:
            continue
        yield f"  {statement.position.line:>{width}}  {_shortened(statement)}"
        for effect in _effects(trace):
            yield f"  {'':>{width}}    {effect}"
    if file.error:
        yield f"  {file.failed_line:>{width}}  fails in the replay: {file.error.message}"
    elif not file.applied:
        why = f": it needs {file.missing} of {file.culprit}" if file.culprit else ""
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
        yield f"{'other' if trace.locks else 'its'} locks could not be seen: it commits by itself"


def _shortened(statement: Statement) -> str:
    words = " ".join(statement.sql.split())
    return f"{words[:_SHOWN]} …" if len(words) > _SHOWN else words
