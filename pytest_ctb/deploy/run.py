"""A run of `ctb apply` or `ctb rollback`: connect, take the lock, put the ledger in order, do what is pending."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

import psycopg

from pytest_ctb import __version__
from pytest_ctb.deploy import lock, pooler
from pytest_ctb.deploy.connection import Target
from pytest_ctb.deploy.course import cannot
from pytest_ctb.deploy.drift.ignored import Ignored
from pytest_ctb.deploy.entry import UNDER_WAY, Entry, State
from pytest_ctb.deploy.expected import Expected
from pytest_ctb.deploy.guarded import (
    drift,
    in_the_way,
    of_others,
    refuse_a_template,
    refuse_what_takes_no_writes,
    refused,
)
from pytest_ctb.deploy.interrupts import Interrupts
from pytest_ctb.deploy.known import Drifted, named, read, strangers
from pytest_ctb.deploy.ledger import Ledger
from pytest_ctb.deploy.migrate import Limits, Migrate, Outcome, application, broken_off, concluded, fresh
from pytest_ctb.deploy.standing import Stand, Standing, standings, what_changed, what_to_decide
from pytest_ctb.errors import LiveError
from pytest_ctb.model import Key, Migration, Repository, SqlError


@dataclass(frozen=True)
class Run:
    """A run that holds the lock."""

    target: Target
    ledger: Ledger
    migrate: Migrate
    entries: dict[str, Entry]


@dataclass(frozen=True)
class Looked:
    """How it stands with a database."""

    found: Sequence[Standing]
    drifted: Drifted
    refused: str
    """Why `ctb apply` would run nothing, as far as the schema tells; empty where nothing stands in the way."""


@dataclass
class Report:
    """What a run did."""

    applied: list[Outcome] = field(default_factory=list)
    stopped: Outcome | None = None
    left: Sequence[Standing] = ()
    refused: str = ""
    """Why nothing was run, in full."""
    noted: Sequence[str] = ()
    """What is not as it was left, and no reason to stop."""


def look(target: Target, repository: Repository, ignored: Ignored) -> Looked:
    """How it stands with every file, and the schema; writes nothing, and waits for nobody. Raises LiveError."""
    with target.connect(application=application("status")) as connection, _told(target):
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.transaction(force_rollback=True):
            ledger = Ledger(connection, __version__, reads=True)
            refuse_a_template(target, connection)
            entries = ledger.read()
            running = {one.file: ledger.alive(one) for one in entries.values() if one.state in UNDER_WAY}
            broken = bool(running)
            for path, at_work in running.items():
                if not at_work:
                    entries[path] = concluded(ledger.settled(entries[path]), broken_off(entries[path]))
            holder = lock.held(connection)
            different = Drifted() if holder else drift(ledger, entries, ignored, read(connection), broken=broken)
        return Looked(standings(repository, entries, running), different, refused(entries, different))


@contextmanager
def locked(
    target: Target, limits: Limits, interrupts: Interrupts, say: Callable[[str], None], command: str = "apply"
) -> Iterator[Run]:
    """Hold the lock, with a ledger in which nothing is under way. Raises LiveError."""
    pooler.refuse_by_name(target)
    with target.connect(application=application(command)) as connection, _told(target):
        pooler.refuse_by_deed(target, connection)
        ledger = Ledger(connection, __version__)
        refuse_a_template(target, connection)
        refuse_what_takes_no_writes(target, connection)
        lock.take(connection, limits.wait, interrupts)
        entries = ledger.read()
        for path, one in entries.items():
            if one.state in UNDER_WAY:
                _wait(ledger, one, limits.wait, interrupts)
                entries[path] = ledger.write(concluded(ledger.settled(one), broken_off(one)), broken_off(one))
        yield Run(target, ledger, Migrate(target, ledger, limits, interrupts, say), entries)


@contextmanager
def _told(target: Target) -> Iterator[None]:
    """The driver's errors in our own words."""
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
        raise LiveError(f"{target}: {target.hidden(error).strip()}") from None


def _wait(ledger: Ledger, entry: Entry, seconds: float, interrupts: Interrupts) -> None:
    """Wait for the server to be done with what a run that died has sent. Raises LiveError."""
    end = time.monotonic() + seconds
    while ledger.alive(entry):
        if time.monotonic() > end:
            raise LiveError(
                f"{entry.file}: a run that died has left process {entry.backend} of the server at work on it, "
                f"at line {entry.line}. "
                f"Wait for it (--wait SECONDS), or end it: SELECT pg_terminate_backend({entry.backend});"
            )
        with interrupts.open():
            time.sleep(0.05)


def apply(
    run: Run,
    repository: Repository,
    *,
    ignored: Ignored,
    expect: Callable[[int], Expected],
    checked: bool,
    out_of_order: bool,
    no_check: str,
    done: Callable[[Outcome], None],
) -> Report:
    """Apply what is pending, in order, up to the first that fails; nothing, where something has to be decided first.

    `expect` replays what is pending, for a live server of that version; it is asked where the suite was `checked`, and
    where something is there that no file made.
    """
    ledger, now = run.ledger, read(run.ledger.connection)
    found = drift(ledger, run.entries, ignored, now)
    if why := refused(run.entries, found):
        return Report(refused=why, noted=found.noted)
    ledger.make()
    stands = standings(repository, run.entries)
    if why := refusal(stands, out_of_order=out_of_order) or _invalid(run, stands):
        return Report(refused=why, noted=found.noted)
    known = ledger.known()
    foreign = strangers(now, known) if known or not run.entries else frozenset()
    if known is None:
        leave(run, foreign)
    pending = [one for one in stands if one.pending]
    wanted = expect(ledger.connection.info.server_version // 10000) if pending and (checked or foreign) else Expected()
    if why := in_the_way(pending, wanted, foreign, now):
        return Report(refused=why, noted=found.noted)
    report = Report(noted=(*found.noted, *([wanted.why_not] if wanted.why_not else [])))
    try:
        _all(run, pending, wanted, no_check, report, done)
    except BaseException:
        with suppress(psycopg.Error):  # the ledger may be what was lost; then the next run knows that it was
            leave(run, foreign)
        raise
    leave(run, foreign)
    return report


def leave(run: Run, others: frozenset[Key]) -> None:
    """Put down the schema as this run leaves it; `others` is what no file made. Raises psycopg.Error."""
    left = read(run.ledger.connection)
    run.ledger.keep(replace(left, others=others & left.objects.keys(), event=run.ledger.event()))


def _all(
    run: Run,
    pending: Sequence[Standing],
    wanted: Expected,
    no_check: str,
    report: Report,
    done: Callable[[Outcome], None],
) -> None:
    for place, one in enumerate(pending):
        outcome = _as_expected(run, one, _applied(run, one, no_check), wanted)
        if outcome.error is None:
            report.applied.append(outcome)
            done(outcome)
        if outcome.error or outcome.interrupted:
            report.stopped, report.left = outcome, pending[place + 1 :]
            return


def _as_expected(run: Run, one: Standing, outcome: Outcome, wanted: Expected) -> Outcome:
    """The outcome of a file; where it has not made what it should, it is none that is applied."""
    assert one.migration
    if outcome.error or not wanted.made:
        return outcome
    lines = wanted.otherwise(one.migration, read(run.ledger.connection).objects)
    if not lines:
        return outcome
    why = "every statement ran, but the schema is not what it should make"
    entry = run.ledger.write(replace(outcome.entry, state=State.FAILED, error=f"{why}: {lines[0]}"), why)
    run.entries[one.file] = entry
    return replace(outcome, entry=entry, error=SqlError(f"{why}:\n{named(lines)}"), line=1)


def _applied(run: Run, one: Standing, no_check: str) -> Outcome:
    assert one.migration
    number = 1 + max((each.number for each in run.entries.values() if each.file != one.file), default=0)
    entry = replace(fresh(one.migration, number, no_check), invalid=run.ledger.invalid())
    if one.entry is not None:
        entry = replace(entry, state=one.entry.state, done=one.entry.done, step=one.entry.step, xid=one.entry.xid)
        if one.stand is Stand.UNFINISHED:
            entry = replace(entry, invalid=one.entry.invalid)
    outcome = run.migrate.run(entry, one.migration.sent)
    run.entries[one.file] = outcome.entry
    return outcome


def refusal(found: Sequence[Standing], *, out_of_order: bool) -> str:
    """Why nothing is run; empty where nothing stands in the way."""
    told: list[str] = []
    if why := of_others(found):
        return why
    for one in found:
        if one.stand is Stand.CHANGED:
            told.append(what_changed(one))
        elif one.stand is Stand.UNDECIDED:
            told.append(what_to_decide(one))
        elif one.stand is Stand.RENAMED:
            told.append(
                f"{one.file}: {one.detail}, and that file is gone. "
                f"Give it its name back, or say: ctb apply --adopt --as-applied {one.file}"
            )
        elif one.stand is Stand.OUT_OF_ORDER and not out_of_order:
            told.append(f"{one.file}: {one.detail}. Date it behind, or say --out-of-order")
        elif one.pending and one.migration and (problem := _unsendable(one.migration)):
            told.append(problem)
    return "\n".join(told)


def _unsendable(one: Migration) -> str:
    if problem := one.problem or one.unapplied:
        return f"{one.path}:{problem.position.line}: {problem.message}"
    found = cannot(one.sent)
    return f"{one.path}:{found[0].position.line}: {found[1]}" if found else ""


def _invalid(run: Run, found: Sequence[Standing]) -> str:
    """Indexes that a broken file has left and nothing can use: to run it again would leave them so."""
    told = []
    for one in found:
        if one.stand is Stand.UNFINISHED and one.entry and not one.entry.whole:
            left = [name for name in run.ledger.invalid() if name not in one.entry.invalid]
            if left:
                sql = "\n".join(f"  DROP INDEX CONCURRENTLY {name};" for name in left)
                told.append(
                    f"{one.file}: {one.detail}; but it has left an index that nothing can use, "
                    f"and IF NOT EXISTS would keep it so. Drop it, then run `ctb apply` again:\n{sql}"
                )
    return "\n".join(told)
