"""`ctb rollback`: the migration that was applied last, taken back."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from pytest_ctb.cli.apply import checked, interrupted, left_of, limited, limits_of, result
from pytest_ctb.cli.expected import left_out
from pytest_ctb.cli.project import Project
from pytest_ctb.errors import LiveError
from pytest_ctb.repository.paths import relative

if TYPE_CHECKING:
    from pytest_ctb.deploy.migrate import Outcome
    from pytest_ctb.deploy.rollback import Way


@click.command()
@click.argument("file")
@limited
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can answer.")
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
    from pytest_ctb.deploy.connection import target  # noqa: PLC0415
    from pytest_ctb.deploy.interrupts import Interrupts  # noqa: PLC0415
    from pytest_ctb.deploy.rollback import take_back, way  # noqa: PLC0415

    where, limits = target(url, os.environ), limits_of(wait, lock_timeout, retries, statement_timeout)
    path = _path(project, file)
    pooler.refuse_by_name(where)
    looked = run.look(where, project.history, left_out(project))
    found = way(project.history, {one.file: one.entry for one in looked.found if one.entry}, path)
    if looked.refused:
        raise LiveError(f"{path}: {looked.refused}")
    _show(found, yes=yes)
    if path in project.history.by_path:
        checked(project, no_check, path, "-k", "rollback-restores")
    with Interrupts() as interrupts:
        try:
            with run.locked(where, limits, interrupts, lambda said: click.echo(said, err=True), "rollback") as locked:
                now = way(project.history, locked.entries, path)
                if now.rollback.sql != found.rollback.sql:
                    raise LiveError(f"{path}: another run has applied it anew meanwhile; nothing was done")
                outcome = take_back(locked, now, no_check)
        except KeyboardInterrupt:
            sys.exit(interrupted(interrupts, "nothing was taken back"))
    sys.exit(_told(outcome))


def _told(outcome: Outcome) -> int:
    """Say what came of it; gives the exit code."""
    one = outcome.entry
    if outcome.error is None:
        click.echo(f"{one.file}: rolled back in {one.seconds or 0:.1f} s")
        return 0
    result(outcome)
    as_before = one.state in {"applied", "adopted"}
    click.echo(f"{one.file}: nothing was taken back, it is {one.state} as before" if as_before else left_of(outcome))
    return 1


def _path(project: Project, file: str) -> str:
    """What the ledger calls it: a file may be gone and have been applied all the same."""
    path = os.path.normpath(os.path.join(os.getcwd(), file))  # noqa: PTH109, PTH118  # without following links
    return relative(project.root, type(project.root)(path))


def _show(found: Way, *, yes: bool) -> None:
    if found.note:
        click.echo(f"{found.path}: {found.note}")
    click.echo(f"{found.path}: its rollback instructions:\n")
    for one in found.statements:
        click.echo(f"    {one.sql.strip()};".replace("\n", "\n    "))
    click.echo()
    if yes:
        return
    if not sys.stdin.isatty():
        click.echo("nothing was taken back: nobody is here to ask; say --yes", err=True)
        sys.exit(1)
    if not click.confirm("Run them?"):
        click.echo("nothing was taken back", err=True)
        sys.exit(1)
