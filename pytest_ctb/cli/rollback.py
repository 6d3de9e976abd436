"""`ctb rollback`: roll back the migration that was applied last."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from pytest_ctb.cli.apply import confirmed, limit_options, limits_of, print_error, print_interrupted, remains, run_check
from pytest_ctb.cli.comparison import ignored_objects
from pytest_ctb.cli.project import Project
from pytest_ctb.cli.terminal import completion
from pytest_ctb.errors import LiveError
from pytest_ctb.repository.paths import relative

if TYPE_CHECKING:
    from pytest_ctb.deploy.connection import Target
    from pytest_ctb.deploy.file_run import Outcome
    from pytest_ctb.deploy.rollback import RollbackPlan


@click.command()
@click.argument("file", shell_complete=completion.files)
@limit_options
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
@click.pass_obj
def rollback(project: Project, file: str, url: str, no_check: str, wait: float, lock_timeout: str, retries: int, statement_timeout: str, yes: bool) -> None:  # fmt: skip  # noqa: E501
    """Take back the migration that was applied last.

    FILE must be the newest that the database has. Its rollback instructions are proven first (CT11, by `pytest --ctb`),
    shown, and run in one transaction where Postgres takes them in one. Where the file has changed since, the
    instructions are those that it was applied with.

    \b
    ctb rollback migrations/2025-10-24_add_price_to_item.sql
    ctb rollback --yes migrations/2025-10-24_add_price_to_item.sql

    Ends with 1 if it was not taken back, with 2 if it could not begin.
    """
    from pytest_ctb.deploy import pooler, run  # noqa: PLC0415  # with the driver; most commands need no server
    from pytest_ctb.deploy.connection import read_target  # noqa: PLC0415
    from pytest_ctb.deploy.rollback import plan_rollback, roll_back  # noqa: PLC0415
    from pytest_ctb.deploy.signals import SignalHandler  # noqa: PLC0415

    target, limits = read_target(url, os.environ), limits_of(wait, lock_timeout, retries, statement_timeout)
    path = _path(project, file)
    pooler.refuse_known_pooler(target)
    database = run.database_status(target, project.history, ignored_objects(project))
    plan = plan_rollback(project.history, {file.file: file.entry for file in database.files if file.entry}, path)
    if database.refused:
        raise LiveError(f"{path}: {database.refused}")
    _confirm(plan, target, yes=yes)
    if path in project.history.by_path:
        run_check(project, no_check, path, "-k", "rollback-restores")
    with SignalHandler() as signals:
        try:
            with run.locked(target, limits, signals, lambda line: click.echo(line, err=True), "rollback") as locked:
                now = plan_rollback(project.history, locked.entries, path)
                if now.rollback.sql != plan.rollback.sql:
                    raise LiveError(f"{path}: another run applied it again in the meantime; nothing was rolled back")
                outcome = roll_back(locked, now, no_check)
        except KeyboardInterrupt:
            sys.exit(print_interrupted(signals, "nothing was rolled back"))
    sys.exit(_print_outcome(outcome))


def _print_outcome(outcome: Outcome) -> int:
    """Print how the rollback ended. Returns the exit code."""
    entry = outcome.entry
    if outcome.error is None:
        click.echo(f"{entry.file}: rolled back in {entry.seconds or 0:.1f} s")
        return 0
    print_error(outcome)
    as_before = entry.state in {"applied", "adopted"}
    click.echo(f"{entry.file}: not rolled back, it is {entry.state} as before" if as_before else remains(outcome))
    return 1


def _path(project: Project, file: str) -> str:
    """The path as the ledger has it, also of a migration whose file is gone."""
    path = os.path.normpath(os.path.join(os.getcwd(), file))  # noqa: PTH109, PTH118  # without following links
    return relative(project.root, type(project.root)(path))


def _confirm(plan: RollbackPlan, target: Target, *, yes: bool) -> None:
    """Show the rollback and ask whether to run it; exit with 1 where the answer is no, or there is no terminal."""
    if plan.note:
        click.echo(f"{plan.path}: {plan.note}")
    click.echo(f"{plan.path}: its rollback instructions:\n")
    for statement in plan.statements:
        click.echo(f"    {statement.sql.strip()};".replace("\n", "\n    "))
    click.echo()
    if yes:
        return
    if not sys.stdin.isatty():
        click.echo("Not rolled back: there is no terminal to confirm. Use --yes.", err=True)
        sys.exit(1)
    if not confirmed("Run them", target):
        click.echo("Not rolled back.", err=True)
        sys.exit(1)
