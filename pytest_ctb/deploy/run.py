"""A run of `ctb apply` or `ctb rollback`: connect, take the lock, settle the ledger, apply what is pending."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from pytest_ctb import __version__
from pytest_ctb.deploy import lock, pooler
from pytest_ctb.deploy.connection import Target
from pytest_ctb.deploy.drift.ignored import Ignored
from pytest_ctb.deploy.execution import find_unsendable
from pytest_ctb.deploy.expected_objects import ExpectedObjects
from pytest_ctb.deploy.file_run import (
    FileRunner,
    Limits,
    Outcome,
    application_name,
    final_entry,
    interruption,
    new_entry,
)
from pytest_ctb.deploy.file_status import FileStatus, Status, change_message, decision_message, file_statuses
from pytest_ctb.deploy.ledger import Ledger
from pytest_ctb.deploy.ledger_entry import UNDER_WAY, LedgerEntry, State
from pytest_ctb.deploy.recorded_schema import LedgerDrift, first_lines, read_schema, unrecorded_objects
from pytest_ctb.deploy.refusals import (
    drift_since_last_run,
    foreign_ledger,
    objects_in_the_way,
    refuse_read_only,
    refuse_template,
    schema_refusal,
)
from pytest_ctb.deploy.signals import SignalHandler
from pytest_ctb.errors import LiveError
from pytest_ctb.model import Key, Migration, Repository, SqlError
from pytest_ctb.replay.steps import begin, note


@dataclass(frozen=True)
class DeployRun:
    """A run of `ctb apply` or `ctb rollback` that holds the lock."""

    ledger: Ledger
    runner: FileRunner
    entries: dict[str, LedgerEntry]
    """The rows of the ledger, by path of the migration."""


@dataclass(frozen=True)
class DatabaseStatus:
    """What `ctb status` reads from a database."""

    files: Sequence[FileStatus]
    drift: LedgerDrift
    refused: str
    """Why `ctb apply` would run nothing, because of the schema; empty where the schema is no reason."""


@dataclass
class ApplyReport:
    """What a run of `ctb apply` did."""

    applied: list[Outcome] = field(default_factory=list)
    stopped: Outcome | None = None
    """The outcome of the migration that ended the run early; None where all are applied."""
    remaining: Sequence[FileStatus] = ()
    """The migrations behind `stopped`."""
    refused: str = ""
    """Why nothing was run; empty where something was."""
    notes: Sequence[str] = ()
    """Differences of the schema that did not stop the run, a line each."""


def database_status(target: Target, repository: Repository, ignored: Ignored) -> DatabaseStatus:
    """The status of every migration and of the schema. Writes nothing and waits for no lock. Raises LiveError."""
    with target.connect(application=application_name("status")) as connection, _readable_errors(target):
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.transaction(force_rollback=True):
            ledger = Ledger(connection, __version__, reads=True)
            refuse_template(target, connection)
            entries = ledger.read()
            running = {entry.file: ledger.alive(entry) for entry in entries.values() if entry.state in UNDER_WAY}
            for path, at_work in running.items():
                if not at_work:
                    entries[path] = final_entry(ledger.settled(entries[path]), interruption(entries[path]))
            drift = LedgerDrift()
            if not lock.holder(connection):
                now = read_schema(connection)
                drift = drift_since_last_run(ledger, entries, ignored, now, broken=bool(running))
        return DatabaseStatus(file_statuses(repository, entries, running), drift, schema_refusal(entries, drift))


@contextmanager
def locked(
    target: Target, limits: Limits, signals: SignalHandler, say: Callable[[str], None], command: str = "apply"
) -> Iterator[DeployRun]:
    """A run that holds the lock, with a ledger in which no file is under way. Raises LiveError."""
    pooler.refuse_known_pooler(target)
    with target.connect(application=application_name(command)) as connection, _readable_errors(target):
        pooler.refuse_observed_pooler(target, connection)
        ledger = Ledger(connection, __version__)
        refuse_template(target, connection)
        refuse_read_only(target, connection)
        lock.acquire(connection, limits.wait, signals)
        entries = ledger.read()
        for path, entry in entries.items():
            if entry.state in UNDER_WAY:
                _wait(ledger, entry, limits.wait, signals)
                error = interruption(entry)
                entries[path] = ledger.write(final_entry(ledger.settled(entry), error), error)
        yield DeployRun(ledger, FileRunner(target, ledger, limits, signals, say), entries)


@contextmanager
def _readable_errors(target: Target) -> Iterator[None]:
    """Turn errors of the driver into LiveError with a message for the user."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise LiveError(
            f"{target}: {error.diag.message_primary}: the role needs to make and write the schema ctb_ledger "
            f"(GRANT CREATE ON DATABASE …, or ownership of that schema)"
        ) from None
    except UnicodeError as error:
        raise LiveError(f"{target}: it holds text that is not in its encoding: {error}") from None
    except psycopg.Error as error:
        raise LiveError(f"{target}: {target.without_password(error).strip()}") from None


def _wait(ledger: Ledger, entry: LedgerEntry, seconds: float, signals: SignalHandler) -> None:
    """Wait until the server has ended the statement of a run that died. Raises LiveError after so many seconds."""
    end = time.monotonic() + seconds
    while ledger.alive(entry):
        if time.monotonic() > end:
            raise LiveError(
                f"{entry.file}: a run that died has left process {entry.backend} of the server at work on it, "
                f"at line {entry.line}. "
                f"Wait for it (--wait SECONDS), or end it: SELECT pg_terminate_backend({entry.backend});"
            )
        with signals.interruptible():
            time.sleep(0.05)


def apply(
    run: DeployRun,
    repository: Repository,
    *,
    ignored: Ignored,
    expect: Callable[[int], ExpectedObjects],
    checked: bool,
    out_of_order: bool,
    no_check: str,
    done: Callable[[Outcome], None],
    steps: Path | None = None,
) -> ApplyReport:
    """Apply the pending migrations in order, up to the first that fails; none where the user has to decide first.

    `expect` replays the pending migrations for a live server of a major version. It is called where the compliance
    suite ran (`checked`), and where the database has objects that no migration made. `done` is called for each applied
    migration. `steps`: the file in which it notes the migration that it begins with; None where nobody reads it.
    """
    ledger, now = run.ledger, read_schema(run.ledger.connection)
    drift = drift_since_last_run(ledger, run.entries, ignored, now)
    if why := schema_refusal(run.entries, drift):
        return ApplyReport(refused=why, notes=drift.notes)
    ledger.make()
    files = file_statuses(repository, run.entries)
    if why := refusal(files, out_of_order=out_of_order) or _left_indexes(run, files):
        return ApplyReport(refused=why, notes=drift.notes)
    known = ledger.recorded_schema()
    foreign = unrecorded_objects(now, known) if known or not run.entries else frozenset()
    if known is None:
        record_schema(run, foreign)
    pending = [file for file in files if file.pending]
    wanted = ExpectedObjects()
    if pending and (checked or foreign):
        wanted = expect(ledger.connection.info.server_version // 10000)
    if why := objects_in_the_way(pending, wanted, foreign, now):
        return ApplyReport(refused=why, notes=drift.notes)
    report = ApplyReport(notes=(*drift.notes, *([wanted.why_not] if wanted.why_not else [])))
    try:
        _apply_pending(run, pending, wanted, no_check, report, done, steps)
    except BaseException:
        with suppress(psycopg.Error):  # where the ledger's connection is lost, the next run sees that this one died
            record_schema(run, foreign)
        raise
    record_schema(run, foreign)
    return report


def record_schema(run: DeployRun, others: frozenset[Key]) -> None:
    """Store the schema as this run leaves it; `others` are the objects that no migration made. Raises psycopg.Error."""
    now = read_schema(run.ledger.connection)
    run.ledger.record_schema(replace(now, others=others & now.objects.keys(), event=run.ledger.last_event()))


def _apply_pending(
    run: DeployRun,
    pending: Sequence[FileStatus],
    wanted: ExpectedObjects,
    no_check: str,
    report: ApplyReport,
    done: Callable[[Outcome], None],
    steps: Path | None,
) -> None:
    begin(steps, 0, len(pending))
    for place, file in enumerate(pending):
        note(steps, file.file)
        outcome = _compare_with_replay(run, file, _apply_file(run, file, no_check), wanted)
        if outcome.error is None:
            report.applied.append(outcome)
            done(outcome)
        if outcome.error or outcome.interrupted:
            report.stopped, report.remaining = outcome, pending[place + 1 :]
            return


def _compare_with_replay(run: DeployRun, file: FileStatus, outcome: Outcome, wanted: ExpectedObjects) -> Outcome:
    """The outcome of a migration; a failure where it applied but did not make what it made in the replay."""
    assert file.migration
    if outcome.error or not wanted.made:
        return outcome
    lines = wanted.not_as_expected(file.migration, read_schema(run.ledger.connection).objects)
    if not lines:
        return outcome
    why = "every statement ran, but the schema is not what it should make"
    entry = run.ledger.write(replace(outcome.entry, state=State.FAILED, error=f"{why}: {lines[0]}"), why)
    run.entries[file.file] = entry
    return replace(outcome, entry=entry, error=SqlError(f"{why}:\n{first_lines(lines)}"), line=1)


def _apply_file(run: DeployRun, file: FileStatus, no_check: str) -> Outcome:
    assert file.migration
    number = 1 + max((entry.number for entry in run.entries.values() if entry.file != file.file), default=0)
    entry = replace(new_entry(file.migration, number, no_check), invalid=run.ledger.invalid())
    if file.entry is not None:
        entry = replace(entry, state=file.entry.state, done=file.entry.done, step=file.entry.step, xid=file.entry.xid)
        if file.status is Status.UNFINISHED:
            entry = replace(entry, invalid=file.entry.invalid)
    outcome = run.runner.run(entry, file.migration.sent)
    run.entries[file.file] = outcome.entry
    return outcome


def refusal(files: Sequence[FileStatus], *, out_of_order: bool) -> str:
    """Why nothing is run, because of the migrations' status; empty where they are no reason."""
    problems: list[str] = []
    if why := foreign_ledger(files):
        return why
    for file in files:
        if file.status is Status.CHANGED:
            problems.append(change_message(file))
        elif file.status is Status.UNDECIDED:
            problems.append(decision_message(file))
        elif file.status is Status.RENAMED:
            problems.append(
                f"{file.file}: {file.detail}, and that file is gone. "
                f"Give it its name back, or say: ctb apply --adopt --as-applied {file.file}"
            )
        elif file.status is Status.OUT_OF_ORDER and not out_of_order:
            problems.append(f"{file.file}: {file.detail}. Give it a later date, or use --out-of-order")
        elif file.pending and file.migration and (problem := _unsendable(file.migration)):
            problems.append(problem)
    return "\n".join(problems)


def _unsendable(migration: Migration) -> str:
    """Why a migration cannot be applied to a live database, with its place; empty where it can."""
    if problem := migration.problem or migration.unapplied:
        return f"{migration.path}:{problem.position.line}: {problem.message}"
    if unsendable := find_unsendable(migration.sent):
        statement, why = unsendable
        return f"{migration.path}:{statement.position.line}: {why}"
    return ""


def _left_indexes(run: DeployRun, files: Sequence[FileStatus]) -> str:
    """The message for invalid indexes that an unfinished file left: running it again would not repair them."""
    problems = []
    for file in files:
        if file.status is Status.UNFINISHED and file.entry and not file.entry.whole:
            left = [name for name in run.ledger.invalid() if name not in file.entry.invalid]
            if left:
                sql = "\n".join(f"  DROP INDEX CONCURRENTLY {name};" for name in left)
                problems.append(
                    f"{file.file}: {file.detail}; but it has left an index that nothing can use, "
                    f"and IF NOT EXISTS would keep it so. Drop it, then run `ctb apply` again:\n{sql}"
                )
    return "\n".join(problems)
