"""`ctb apply --adopt`: record as applied what a database that was migrated by hand already has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pytest_ctb.cli.comparison import ignored_objects
from pytest_ctb.cli.project import Project
from pytest_ctb.errors import ConfigError
from pytest_ctb.report import counted

if TYPE_CHECKING:
    from pytest_ctb.deploy.connection import Target
    from pytest_ctb.deploy.file_run import Limits
    from pytest_ctb.deploy.run import DeployRun


def adopt(project: Project, target: Target, limits: Limits, applied: Sequence[str], pending: Sequence[str]) -> int:
    """Record what the schema shows, or what the user says of named files. Returns the exit code."""
    from pytest_ctb.deploy import pooler, run  # noqa: PLC0415  # with the driver; most commands need no server
    from pytest_ctb.deploy.signals import SignalHandler  # noqa: PLC0415

    as_applied = tuple(migration.path for migration in project.chosen(applied)) if applied else ()
    as_pending = tuple(migration.path for migration in project.chosen(pending)) if pending else ()
    pooler.refuse_known_pooler(target)
    with SignalHandler() as signals:
        try:
            with run.locked(target, limits, signals, click.echo) as locked:
                locked.ledger.make()
                if locked.entries:
                    return _record_choices(project, locked, as_applied, as_pending)
                with signals.interruptible():
                    return _infer(project, locked, as_applied, as_pending)
        except KeyboardInterrupt:
            click.echo("interrupted; nothing was recorded", err=True)
            return 1


def _record_choices(project: Project, locked: DeployRun, applied: Sequence[str], pending: Sequence[str]) -> int:
    from pytest_ctb.deploy import adopt as adopting  # noqa: PLC0415

    drift = adopting.blocking_drift(locked, ignored_objects(project))
    if not applied and not pending and not drift:
        raise ConfigError(
            "this database has a ledger with files in it, so it is adopted already, and is as the last run left it. "
            "To record one file: --adopt --as-applied FILE, or --adopt --as-pending FILE"
        )
    for line in adopting.record_choices(locked, project.history, applied, pending):
        click.echo(line)
    for line in drift:
        click.echo(f"{line}: it stays so")
    adopting.accept_schema(locked, made_by_files=bool(applied))
    return 0


def _infer(project: Project, locked: DeployRun, applied: Sequence[str], pending: Sequence[str]) -> int:
    from pytest_ctb.deploy import adopt as adopting  # noqa: PLC0415
    from pytest_ctb.deploy.recorded_schema import read_schema  # noqa: PLC0415

    now = read_schema(locked.ledger.connection)
    _, changes = project.schema_changes()
    verdicts = adopting.infer_adoption(project.history.migrations, changes, now.objects)
    verdicts = adopting.with_choices(verdicts, applied, pending)
    width = max(len(verdict.adoption) for verdict in verdicts)
    for verdict in verdicts:
        click.echo(f"{verdict.adoption:{width}}  {verdict.file}: {verdict.why}")
    unknown = [verdict.file for verdict in verdicts if verdict.adoption is adopting.Adoption.UNKNOWN]
    if unknown:
        click.echo(
            f"\nNothing was recorded: of {counted(len(unknown), 'file')} the schema does not tell. "
            "Look, and say of each:\n"
            + "\n".join(f"  --as-applied {path}   or   --as-pending {path}" for path in unknown)
        )
        return 1
    written = adopting.record_adopted(locked, project.history, verdicts, changes, now)
    click.echo(f"{counted(len(written), 'migration')} recorded as applied; the schema was not touched")
    return 0
