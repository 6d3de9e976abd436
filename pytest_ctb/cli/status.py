"""`ctb status`: which migrations a live database has."""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from pytest_ctb.cli.apply import database_url, print_notes
from pytest_ctb.cli.comparison import ignored_objects
from pytest_ctb.cli.project import Project
from pytest_ctb.model.visible import json_text

if TYPE_CHECKING:
    from pytest_ctb.deploy.connection import Target
    from pytest_ctb.deploy.file_status import FileStatus
    from pytest_ctb.deploy.run import DatabaseStatus


@click.command()
@database_url
@click.option("--json", "as_json", is_flag=True, help="For programs: one object a file.")
@click.pass_obj
def status(project: Project, url: str, as_json: bool) -> None:
    """Say what is applied, pending, changed, missing.

    Reads the database's ledger and changes nothing; without a ledger everything is pending.

    \b
    ctb status --database-url postgresql://app@db.example.com/shop
    ctb status --json

    Ends with 1 if not everything is applied as it stands, with 2 if it could not check.
    """
    from pytest_ctb.deploy import run  # noqa: PLC0415  # with the driver; most commands need no server
    from pytest_ctb.deploy.connection import read_target  # noqa: PLC0415
    from pytest_ctb.deploy.file_status import Status, decision_message  # noqa: PLC0415
    from pytest_ctb.deploy.refusals import foreign_ledger  # noqa: PLC0415

    target = read_target(url, os.environ)
    database = run.database_status(target, project.history, ignored_objects(project))
    files = database.files
    if as_json:
        click.echo(json_text(_document(target, database)))
    else:
        width = max((len(file.status) for file in files), default=0)
        for file in files:
            detail = f": {file.detail}" if file.detail else ""
            click.echo(f"{file.status:{width}}  {file.file}{_applied_at(file)}{detail}")
        for file in files:
            if file.status is Status.UNDECIDED:
                click.echo(f"\n{decision_message(file)}")
        if refused := foreign_ledger(files) or database.refused:
            click.echo(f"\n{refused}\n")
        print_notes(database.drift.notes)
        counts = Counter(file.status for file in files)
        click.echo(f"{target}: {', '.join(f'{counts[status]} {status}' for status in Status if counts[status])}")
    if database.refused or any(file.status is not Status.APPLIED for file in files):
        sys.exit(1)


def _document(target: Target, database: DatabaseStatus) -> dict[str, Any]:
    drift = [*database.drift.blocking, *database.drift.notes]
    migrations = [_record(file) for file in database.files]
    return {"version": 1, "database": str(target), "migrations": migrations, "drift": drift}


def _applied_at(file: FileStatus) -> str:
    entry = file.entry
    if entry is None or entry.ended is None or file.status not in {"applied", "changed"}:
        return ""
    return f"  {entry.ended.astimezone():%Y-%m-%d %H:%M} by {entry.role}"


def _record(file: FileStatus) -> dict[str, Any]:
    record: dict[str, Any] = {"file": file.file, "status": str(file.status), "detail": file.detail}
    if file.entry:
        entry = file.entry
        record |= {
            "sha256": entry.sha256,
            "unique_id": entry.unique_id,
            "state": str(entry.state),
            "started": entry.started.isoformat() if entry.started else None,
            "ended": entry.ended.isoformat() if entry.ended else None,
            "seconds": entry.seconds,
            "role": entry.role,
            "person": entry.person,
            "tool": entry.tool,
            "line": entry.line,
            "error": entry.error,
            "no_check": entry.no_check,
        }
    return record
