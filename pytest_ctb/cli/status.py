"""`ctb status`: what of the migrations a live database has."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from pytest_ctb.cli.apply import database_url, noted
from pytest_ctb.cli.expected import left_out
from pytest_ctb.cli.project import Project
from pytest_ctb.model.visible import json_text

if TYPE_CHECKING:
    from pytest_ctb.deploy.connection import Target
    from pytest_ctb.deploy.run import Looked
    from pytest_ctb.deploy.standing import Standing


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

    Ends with 1 if not everything is applied as it stands, with 2 if that could not be told.
    """
    from pytest_ctb.deploy import guarded, run, standing  # noqa: PLC0415  # with the driver; most commands need no server
    from pytest_ctb.deploy.connection import target  # noqa: PLC0415

    where = target(url, os.environ)
    looked = run.look(where, project.history, left_out(project))
    found = looked.found
    if as_json:
        click.echo(json_text(_document(where, looked)))
    else:
        width = max((len(one.stand) for one in found), default=0)
        for one in found:
            click.echo(f"{one.stand:{width}}  {one.file}{_when(one)}{f': {one.detail}' if one.detail else ''}")
        for one in found:
            if one.stand is standing.Stand.UNDECIDED:
                click.echo(f"\n{standing.what_to_decide(one)}")
        if told := guarded.of_others(found) or looked.refused:
            click.echo(f"\n{told}\n")
        noted(looked.drifted.noted)
        counts = [
            f"{sum(one.stand is each for one in found)} {each}"
            for each in standing.Stand
            if any(one.stand is each for one in found)
        ]
        click.echo(f"{where}: {', '.join(counts)}")
    if looked.refused or any(one.stand is not standing.Stand.APPLIED for one in found):
        sys.exit(1)


def _document(where: Target, looked: Looked) -> dict[str, Any]:
    drift = [*looked.drifted.refused, *looked.drifted.noted]
    found = [_record(one) for one in looked.found]
    return {"version": 1, "database": str(where), "migrations": found, "drift": drift}


def _when(one: Standing) -> str:
    entry = one.entry
    if entry is None or entry.ended is None or one.stand not in {"applied", "changed"}:
        return ""
    return f"  {entry.ended.astimezone():%Y-%m-%d %H:%M} by {entry.role}"


def _record(one: Standing) -> dict[str, Any]:
    record: dict[str, Any] = {"file": one.file, "status": str(one.stand), "detail": one.detail}
    if one.entry:
        entry = one.entry
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
