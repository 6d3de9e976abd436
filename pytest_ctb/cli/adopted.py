"""`ctb apply --adopt`: what a database that was migrated by hand is seen to hold, recorded as applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pytest_ctb.cli.expected import left_out
from pytest_ctb.cli.project import Project
from pytest_ctb.errors import ConfigError
from pytest_ctb.report import counted

if TYPE_CHECKING:
    from pytest_ctb.deploy.connection import Target
    from pytest_ctb.deploy.migrate import Limits
    from pytest_ctb.deploy.run import Run


def adopt(project: Project, target: Target, limits: Limits, applied: Sequence[str], pending: Sequence[str]) -> int:
    """Record what is there, or what a person says of the files that are named; gives the exit code."""
    from pytest_ctb.deploy import pooler, run  # noqa: PLC0415  # with the driver; most commands need no server
    from pytest_ctb.deploy.interrupts import Interrupts  # noqa: PLC0415

    as_applied = tuple(one.path for one in project.chosen(applied)) if applied else ()
    as_pending = tuple(one.path for one in project.chosen(pending)) if pending else ()
    pooler.refuse_by_name(target)
    with Interrupts() as interrupts:
        try:
            with run.locked(target, limits, interrupts, click.echo) as locked:
                locked.ledger.make()
                if locked.entries:
                    return _said(project, locked, as_applied, as_pending)
                with interrupts.open():
                    return _seen(project, locked, as_applied, as_pending)
        except KeyboardInterrupt:
            click.echo("interrupted; nothing was recorded", err=True)
            return 1


def _said(project: Project, locked: Run, applied: Sequence[str], pending: Sequence[str]) -> int:
    from pytest_ctb.deploy import adopt as adopting  # noqa: PLC0415

    different = adopting.different(locked, left_out(project))
    if not applied and not pending and not different:
        raise ConfigError(
            "this database has a ledger with files in it, so it is adopted already, and is as the last run left it. "
            "What the ledger does not know of a file, say: --adopt --as-applied FILE, or --as-pending FILE"
        )
    for line in adopting.say(locked, project.history, applied, pending):
        click.echo(line)
    for line in different:
        click.echo(f"{line}: it stays so")
    adopting.stay(locked, made_by_files=bool(applied))
    return 0


def _seen(project: Project, locked: Run, applied: Sequence[str], pending: Sequence[str]) -> int:
    from pytest_ctb.deploy import adopt as adopting  # noqa: PLC0415
    from pytest_ctb.deploy.known import read  # noqa: PLC0415

    files = project.history.migrations
    now = read(locked.ledger.connection)
    _, made = project.versions()
    found = adopting.judge(files, made, now.objects)
    verdicts = adopting.decided(found, applied, pending)
    width = max(len(one.told) for one in verdicts)
    for one in verdicts:
        click.echo(f"{one.told:{width}}  {one.file}: {one.why}")
    unknown = [one.file for one in verdicts if one.told is adopting.Told.UNKNOWN]
    if unknown:
        click.echo(
            f"\nNothing was recorded: of {counted(len(unknown), 'file')} the schema does not tell. "
            "Look, and say of each:\n" + "\n".join(f"  --as-applied {one}   or   --as-pending {one}" for one in unknown)
        )
        return 1
    written = adopting.record(locked, project.history, verdicts, made, now)
    click.echo(f"{counted(len(written), 'migration')} recorded as applied; the schema was not touched")
    return 0
