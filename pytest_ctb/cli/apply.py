"""`ctb apply`: the pending migrations, applied to a live database."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pytest_ctb.cli.expected import expecting, left_out
from pytest_ctb.cli.project import Project
from pytest_ctb.cli.suite import run_suite
from pytest_ctb.errors import ConfigError
from pytest_ctb.report import counted

if TYPE_CHECKING:
    from pytest_ctb.deploy.connection import Target
    from pytest_ctb.deploy.interrupts import Interrupts
    from pytest_ctb.deploy.migrate import Limits, Outcome
    from pytest_ctb.deploy.run import Looked, Report

_DURATION = "TIME"


def database_url(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option that says which database."""
    told = "Which database, as postgresql://user@host:5432/name (default: DATABASE_URL)."
    return click.option("--database-url", "url", default="", metavar="URL", help=told)(command)


def limited(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of what changes a database."""
    for option in (
        click.option(
            "--statement-timeout",
            default="",
            metavar=_DURATION,
            help="Longest time of a statement, as 30s or 5min (default: the server's).",
        ),
        click.option(
            "--retries",
            default=5,
            metavar="N",
            type=click.IntRange(0, 100),
            help="How often a file is tried again that only a lock kept from applying.  [default: 5]",
        ),
        click.option(
            "--lock-timeout",
            default="5s",
            metavar=_DURATION,
            help="Longest time that a statement waits for a lock.  [default: 5s]",
        ),
        click.option(
            "--wait",
            default=60.0,
            metavar="SECONDS",
            type=click.FloatRange(0, 1e6),
            help="How long to wait for another run.  [default: 60]",
        ),
        click.option(
            "--no-check",
            default="",
            metavar="REASON",
            help="Do without the compliance suite; the reason is kept in the ledger.",
        ),
        database_url,
    ):
        command = option(command)
    return command


@click.command()
@limited
@click.option("--out-of-order", is_flag=True, help="Apply also what sorts before an applied file.")
@click.option("--dry-run", is_flag=True, help="Show what would be applied, and the locks it takes; change nothing.")
@click.option("--adopt", is_flag=True, help="Record as applied what the database is seen to hold; run nothing.")
@click.option("--as-applied", multiple=True, metavar="FILE", help="With --adopt: this file is applied (repeatable).")
@click.option(
    "--as-pending", multiple=True, metavar="FILE", help="With --adopt: this file is not applied (repeatable)."
)
@click.pass_obj
def apply(project: Project, url: str, no_check: str, wait: float, lock_timeout: str, retries: int, statement_timeout: str, out_of_order: bool, dry_run: bool, adopt: bool, as_applied: tuple[str, ...], as_pending: tuple[str, ...]) -> None:  # fmt: skip  # noqa: E501
    """Apply the pending migrations to a database.

    First `pytest --ctb` must pass. Then each file that the database's ledger does not hold is sent as it stands, in
    order, up to the first that fails. The ledger (schema ctb_ledger) tells how far it is, also after a crash.

    \b
    ctb apply --database-url postgresql://app@db.example.com/shop
    ctb apply --dry-run
    ctb apply --no-check "the suite ran in CI, build 4711"
    ctb apply --adopt

    Ends with 1 if something is left unapplied: a file failed, changed, or needs a decision, or the suite found
    something; with 2 if it could not begin.
    """
    from pytest_ctb.deploy.guarded import of_others  # noqa: PLC0415  # with the driver; most commands need no server

    target = _target(url)
    limits = limits_of(wait, lock_timeout, retries, statement_timeout)
    if (as_applied or as_pending) and not adopt:
        raise click.UsageError("--as-applied and --as-pending go with --adopt")
    if adopt and (dry_run or out_of_order or no_check):
        raise click.UsageError("--adopt runs nothing: it goes with --as-applied and --as-pending alone")
    if adopt:
        from pytest_ctb.cli.adopted import adopt as adopted  # noqa: PLC0415

        sys.exit(adopted(project, target, limits, as_applied, as_pending))
    looked = _looked(project, target)
    found = looked.found
    if dry_run:
        from pytest_ctb.cli.planned import plan  # noqa: PLC0415

        sys.exit(plan(project, target, looked, out_of_order=out_of_order))
    if refused := looked.refused or of_others(found):
        _refused(target, refused, looked.drifted.noted)
    for one in found:
        if one.stand == "missing":
            click.echo(f"{one.file}: {one.detail}", err=True)
    done = all(one.stand in {"applied", "missing"} for one in found)
    # What is there, but was not put down before its run died, the next one puts down.
    if done and all(one.entry and one.entry.ended for one in found):
        noted(looked.drifted.noted)
        there = sum(one.stand == "applied" for one in found)
        click.echo(f"{target}: nothing to apply, {counted(there, 'migration')} applied")
        return
    if not done:
        checked(project, no_check)
    files = frozenset(one.file for one in found if one.pending)
    _run(project, target, limits, files, out_of_order=out_of_order, no_check=no_check)


def _target(url: str) -> Target:
    from pytest_ctb.deploy.connection import target  # noqa: PLC0415

    return target(url, os.environ)


def _looked(project: Project, target: Target) -> Looked:
    from pytest_ctb.deploy import pooler, run  # noqa: PLC0415

    pooler.refuse_by_name(target)
    return run.look(target, project.history, left_out(project))


def noted(lines: Iterable[str]) -> None:
    """Say what is not as it was left, and is no reason to stop."""
    for line in lines:
        click.echo(f"note: {line}", err=True)


def _refused(target: Target, why: str, notes: Iterable[str]) -> NoReturn:
    noted(notes)
    click.echo(why)
    click.echo(f"{target}: nothing was applied", err=True)
    sys.exit(1)


def limits_of(wait: float, lock_timeout: str, retries: int, statement_timeout: str) -> Limits:
    """The options of `limited`. Raises ConfigError where one is no time."""
    from pytest_ctb.deploy.migrate import Limits  # noqa: PLC0415

    lock, statement = _duration("--lock-timeout", lock_timeout), _duration("--statement-timeout", statement_timeout)
    return Limits(lock, statement, retries, wait)


def checked(project: Project, no_check: str, *arguments: str) -> None:
    """Run the compliance suite, if there is no reason not to; end with 1 where it finds something."""
    if no_check:
        if not no_check.strip():
            raise click.UsageError("--no-check needs a reason: it stays in the ledger, for those who read it later")
        return
    report = run_suite(project, arguments, "nothing was done")
    found = [one for one in report["findings"] if one["status"] == "new" and one["level"] == "error"]
    for one in found:
        click.echo(f"{one['file']}:{one['line']}:{one['column']}: {one['code']} {one['guideline']}: {one['message']}")
    if found or report["summary"]["failed"]:
        number = report["summary"]["failed"]
        told = f"the compliance suite failed: {counted(number, 'test')}; nothing was done"
        click.echo(f"{told} (pytest --ctb tells all; --no-check REASON does without)", err=True)
        sys.exit(1)


def _run(
    project: Project, target: Target, limits: Limits, files: frozenset[str], *, out_of_order: bool, no_check: str
) -> None:
    from pytest_ctb.deploy import interrupts as signals  # noqa: PLC0415
    from pytest_ctb.deploy import run as runs  # noqa: PLC0415

    with signals.Interrupts() as interrupts:
        try:
            with runs.locked(target, limits, interrupts, lambda said: click.echo(said, err=True)) as run:
                report = runs.apply(
                    run,
                    project.history,
                    ignored=left_out(project),
                    expect=expecting(project, files),
                    checked=not no_check,
                    out_of_order=out_of_order,
                    no_check=no_check,
                    done=_done,
                )
        except KeyboardInterrupt:
            sys.exit(interrupted(interrupts, "nothing was applied"))
    if report.refused:
        _refused(target, report.refused, report.noted)
    noted(report.noted)
    if report.stopped and (report.stopped.error or report.left):
        _stopped(report)
        sys.exit(1)
    click.echo(f"{target}: {counted(len(report.applied), 'migration')} applied")


def interrupted(interrupts: Interrupts, otherwise: str) -> int:
    """Say what an interrupt that came between two files has ended; gives the exit code."""
    at_once = "interrupted at once: `ctb status` tells what is there"
    click.echo(at_once if interrupts.at_once else f"interrupted before anything was sent; {otherwise}", err=True)
    return 1


def _done(outcome: Outcome) -> None:
    click.echo(f"{outcome.entry.file}: applied in {outcome.entry.seconds or 0:.1f} s")


def _stopped(report: Report) -> None:
    """What failed, what is left of it, and what was not begun."""
    assert report.stopped
    one, error = report.stopped.entry, report.stopped.error
    if error is None:
        click.echo(f"interrupted behind {one.file}, which is applied")
    else:
        result(report.stopped)
        click.echo(left_of(report.stopped))
    for done in report.applied:
        click.echo(f"applied: {done.entry.file}")
    for later in report.left:
        click.echo(f"not applied: {later.file}")


def result(outcome: Outcome) -> None:
    """What a file failed with, in the server's words."""
    error = outcome.error
    assert error
    at = error.position.line if error.position else outcome.line
    click.echo(f"{outcome.entry.file}:{at}: {error.message}{f' ({error.sqlstate})' if error.sqlstate else ''}")
    for name, more in (("DETAIL", error.detail), ("HINT", error.hint), ("CONTEXT", error.context)):
        if more:
            click.echo(f"{name}: {more}")


def left_of(outcome: Outcome) -> str:
    """What is there of a file that did not come to its end."""
    one = outcome.entry
    if one.nothing:
        return f"{one.file}: nothing of it is left, it is pending as before"
    first = "statement is" if one.done == 1 else f"{one.done} statements are"
    sure = f"its first {first} there for good" if one.done else "none of it is known to be there"
    more = f"; whether line {one.line} happened cannot be told" if one.unclear else "; the rest is not"
    return f"{one.file}: {sure}{more}. `ctb status` says what to do"


def _duration(option: str, value: str) -> str:
    """A time as Postgres reads it, checked as far as a person mistypes it."""
    number = value.rstrip("abcdefghijklmnopqrstuvwxyz ")
    if value and (not number.isdecimal() or value[len(number) :].strip() not in {"", "ms", "s", "min", "h", "d"}):
        raise ConfigError(f"{option} {value}: not a time, as 500ms, 30s or 5min is")
    return value
