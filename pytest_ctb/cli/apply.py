"""`ctb apply`: the pending migrations, applied to a live database."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pytest_ctb.cli.comparison import ignored_objects, replayed_for
from pytest_ctb.cli.project import Project
from pytest_ctb.cli.suite import run_suite
from pytest_ctb.cli.terminal import completion
from pytest_ctb.cli.terminal.bar import shown
from pytest_ctb.errors import ConfigError
from pytest_ctb.report import counted

if TYPE_CHECKING:
    from pytest_ctb.deploy.connection import Target
    from pytest_ctb.deploy.file_run import Limits, Outcome
    from pytest_ctb.deploy.run import ApplyReport, DatabaseStatus
    from pytest_ctb.deploy.signals import SignalHandler

_DURATION = "TIME"


def database_url(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option `--database-url` to a command."""
    text = "Which database, as postgresql://user@host:5432/name (default: DATABASE_URL)."
    return click.option("--database-url", "url", default="", metavar="URL", help=text)(command)


def limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the commands that change a database."""
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
@limit_options
@click.option("--out-of-order", is_flag=True, help="Apply also what sorts before an applied file.")
@click.option("--yes", is_flag=True, help="Do not ask. Without a terminal nothing is asked.")
@click.option("--dry-run", is_flag=True, help="Show what would be applied, and the locks it takes; change nothing.")
@click.option("--adopt", is_flag=True, help="Record as applied what the database is seen to hold; run nothing.")
@click.option(
    "--as-applied",
    multiple=True,
    metavar="FILE",
    shell_complete=completion.files,
    help="With --adopt: this file is applied (repeatable).",
)
@click.option(
    "--as-pending",
    multiple=True,
    metavar="FILE",
    shell_complete=completion.files,
    help="With --adopt: this file is not applied (repeatable).",
)
@click.pass_obj
def apply(project: Project, url: str, no_check: str, wait: float, lock_timeout: str, retries: int, statement_timeout: str, out_of_order: bool, yes: bool, dry_run: bool, adopt: bool, as_applied: tuple[str, ...], as_pending: tuple[str, ...]) -> None:  # fmt: skip  # noqa: E501
    """Apply the pending migrations to a database.

    It shows them and asks, naming the database; where no terminal is there to ask, it goes on.
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
    from pytest_ctb.deploy.connection import read_target  # noqa: PLC0415  # with the driver; most need no server
    from pytest_ctb.deploy.refusals import foreign_ledger  # noqa: PLC0415

    target = read_target(url, os.environ)
    limits = limits_of(wait, lock_timeout, retries, statement_timeout)
    if (as_applied or as_pending) and not adopt:
        raise click.UsageError("--as-applied and --as-pending go with --adopt")
    if adopt and (dry_run or out_of_order or no_check):
        raise click.UsageError("--adopt runs nothing: it goes with --as-applied and --as-pending alone")
    if adopt:
        from pytest_ctb.cli.adopt import adopt as run_adopt  # noqa: PLC0415

        sys.exit(run_adopt(project, target, limits, as_applied, as_pending))
    database = _database_status(project, target)
    files = database.files
    if dry_run:
        from pytest_ctb.cli.planned import plan  # noqa: PLC0415

        sys.exit(plan(project, target, database, out_of_order=out_of_order))
    if refused := database.refused or foreign_ledger(files):
        _exit_refused(target, refused, database.drift.notes)
    for file in files:
        if file.status == "missing":
            click.echo(f"{file.file}: {file.detail}", err=True)
    done = all(file.status in {"applied", "missing"} for file in files)
    # A file that was committed as its run died has no end in the ledger: go on, so that this run records it.
    if done and all(file.entry and file.entry.ended for file in files):
        print_notes(database.drift.notes)
        applied = sum(file.status == "applied" for file in files)
        click.echo(f"{target}: nothing to apply, {counted(applied, 'migration')} applied")
        return
    pending = frozenset(file.file for file in files if file.pending)
    if pending and not yes and sys.stdin.isatty():
        for file in files:
            if file.pending:
                click.echo(file.file)
        if not confirmed(f"Apply {counted(len(pending), 'migration')}", target):
            click.echo("Nothing was applied.", err=True)
            sys.exit(1)
    if not done:
        run_check(project, no_check)
    _run(project, target, limits, pending, out_of_order=out_of_order, no_check=no_check)


def confirmed(what: str, target: Target) -> bool:
    """Ask whether to do something to a database, which the question names; the answer."""
    # To stderr: the answers of the command may go to a file.
    return bool(click.confirm(f"{what} on {target} ({target.source})?", err=True))


def _database_status(project: Project, target: Target) -> DatabaseStatus:
    from pytest_ctb.deploy import pooler, run  # noqa: PLC0415

    pooler.refuse_known_pooler(target)
    return run.database_status(target, project.history, ignored_objects(project))


def print_notes(lines: Iterable[str]) -> None:
    """Print the differences of the schema that are no reason to stop."""
    for line in lines:
        click.echo(f"note: {line}", err=True)


def _exit_refused(target: Target, why: str, notes: Iterable[str]) -> NoReturn:
    print_notes(notes)
    click.echo(why)
    click.echo(f"{target}: nothing was applied", err=True)
    sys.exit(1)


def limits_of(wait: float, lock_timeout: str, retries: int, statement_timeout: str) -> Limits:
    """The values of the options that `limit_options` adds. Raises ConfigError where one is no time."""
    from pytest_ctb.deploy.file_run import Limits  # noqa: PLC0415

    lock, statement = _duration("--lock-timeout", lock_timeout), _duration("--statement-timeout", statement_timeout)
    return Limits(lock, statement, retries, wait)


def run_check(project: Project, no_check: str, *arguments: str) -> None:
    """Run the compliance suite, unless `no_check` gives a reason not to; exit with 1 where it fails."""
    if no_check:
        if not no_check.strip():
            raise click.UsageError("--no-check needs a reason, which the ledger keeps")
        return
    report = run_suite(project, arguments, "nothing was done")
    errors = [finding for finding in report["findings"] if finding["status"] == "new" and finding["level"] == "error"]
    for error in errors:
        place = f"{error['file']}:{error['line']}:{error['column']}"
        click.echo(f"{place}: {error['code']} {error['guideline']}: {error['message']}")
    if errors or report["summary"]["failed"]:
        failed = f"the compliance suite failed: {counted(report['summary']['failed'], 'test')}; nothing was done"
        click.echo(f"{failed} (all findings: pytest --ctb; apply without this check: --no-check REASON)", err=True)
        sys.exit(1)


def _run(
    project: Project, target: Target, limits: Limits, files: frozenset[str], *, out_of_order: bool, no_check: str
) -> None:
    from pytest_ctb.deploy import run  # noqa: PLC0415
    from pytest_ctb.deploy.signals import SignalHandler  # noqa: PLC0415

    with SignalHandler() as signals, shown("applying") as (steps, bar):

        def say(line: str) -> None:
            with bar.hidden():
                click.echo(line, err=True)

        def print_applied(outcome: Outcome) -> None:
            with bar.hidden():
                click.echo(f"{outcome.entry.file}: applied in {outcome.entry.seconds or 0:.1f} s")

        try:
            with run.locked(target, limits, signals, say) as locked:
                report = run.apply(
                    locked,
                    project.history,
                    ignored=ignored_objects(project),
                    expect=replayed_for(project, files),
                    checked=not no_check,
                    out_of_order=out_of_order,
                    no_check=no_check,
                    done=print_applied,
                    steps=steps,
                )
        except KeyboardInterrupt:
            sys.exit(print_interrupted(signals, "nothing was applied"))
    if report.refused:
        _exit_refused(target, report.refused, report.notes)
    print_notes(report.notes)
    if report.stopped and (report.stopped.error or report.remaining):
        _print_stopped(report)
        sys.exit(1)
    click.echo(f"{target}: {counted(len(report.applied), 'migration')} applied")


def print_interrupted(signals: SignalHandler, otherwise: str) -> int:
    """Print that a signal ended the command before a file was sent. Returns the exit code."""
    forced = "interrupted at once. Run `ctb status` to see what was applied"
    click.echo(forced if signals.forced else f"interrupted before anything was sent; {otherwise}", err=True)
    return 1


def _print_stopped(report: ApplyReport) -> None:
    """Print what failed, what is left of it, and what was not started."""
    assert report.stopped
    if report.stopped.error is None:
        click.echo(f"interrupted behind {report.stopped.entry.file}, which is applied")
    else:
        print_error(report.stopped)
        click.echo(remains(report.stopped))
    for outcome in report.applied:
        click.echo(f"applied: {outcome.entry.file}")
    for file in report.remaining:
        click.echo(f"not applied: {file.file}")


def print_error(outcome: Outcome) -> None:
    """Print the error that a file failed with, in the server's words."""
    error = outcome.error
    assert error
    line = error.position.line if error.position else outcome.line
    click.echo(f"{outcome.entry.file}:{line}: {error.message}{f' ({error.sqlstate})' if error.sqlstate else ''}")
    for name, text in (("DETAIL", error.detail), ("HINT", error.hint), ("CONTEXT", error.context)):
        if text:
            click.echo(f"{name}: {text}")


def remains(outcome: Outcome) -> str:
    """What took effect of a file that failed or was interrupted, as a sentence."""
    entry = outcome.entry
    if entry.nothing:
        return f"{entry.file}: nothing of it is left, it is pending as before"
    statements = "statement is" if entry.done == 1 else f"{entry.done} statements are"
    known = f"its first {statements} there for good" if entry.done else "none of it is known to be there"
    more = f"; whether line {entry.line} happened is not known" if entry.unclear else "; the rest is not"
    return f"{entry.file}: {known}{more}. `ctb status` says what to do"


def _duration(option: str, value: str) -> str:
    """The value of an option that is a time as Postgres reads it. Raises ConfigError where it is none."""
    number = value.rstrip("abcdefghijklmnopqrstuvwxyz ")
    if value and (not number.isdecimal() or value[len(number) :].strip() not in {"", "ms", "s", "min", "h", "d"}):
        raise ConfigError(f"{option} {value}: not a time, as 500ms, 30s or 5min is")
    return value
