"""The trials of a file besides applying it: on tables with rows, once more, rolled back, interrupted.

Each trial runs in a sandbox that leaves nothing behind, so each file meets the database that psql would make.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pytest_ctb.model import (
    Change,
    Difference,
    Interruption,
    Key,
    Migration,
    Mismatch,
    RerunTrial,
    Rollback,
    RollbackTrial,
    Rows,
    RowsTrial,
    Schema,
    Trial,
)
from pytest_ctb.model.differences import differences
from pytest_ctb.postgres import Server
from pytest_ctb.replay.session.outcome import Look, Ran
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.session.transactions import asks_first, fits_inside, only_objects, takes_back
from pytest_ctb.replay.trials.additive import new_names, reads_rows
from pytest_ctb.replay.trials.again_on_rows import rerun_and_take_back, rerun_of_guarded, rows_changed
from pytest_ctb.replay.trials.application.application import Application, running_application
from pytest_ctb.replay.trials.application.catalog import changed_by
from pytest_ctb.replay.trials.concurrently import Tried, as_tried
from pytest_ctb.replay.trials.interruptions import BreaksInCopies, BreaksInside, can_be_broken, interruptions
from pytest_ctb.replay.trials.mismatches import mismatches
from pytest_ctb.replay.trials.on_rows import run_on_rows
from pytest_ctb.replay.trials.row_changes import all_tables, digests
from pytest_ctb.replay.trials.sandboxes import NOT_INSIDE, CopySandbox, Sandbox, Sequences, TransactionSandbox
from pytest_ctb.replay.witness.catalog import Touched, chosen, digest, snapshot

_NEVER_RESTORED = {"column order", "declared columns"}
"""What no instructions can bring back but by making the table anew."""


@dataclass(frozen=True)
class Before:
    """The results of the trials before a file is applied, and what those after it need."""

    sandbox: Sandbox
    file: Migration
    """As it was tried."""
    touched: Touched = field(default_factory=Touched)
    schema: Schema = field(default_factory=lambda: Schema({}))
    """The objects that the file or its rollback instructions touch, as they were before the file."""
    on_rows: RowsTrial | None = None
    mismatches: tuple[Mismatch, ...] = ()
    rerun: RerunTrial | None = None
    """The second run of the file right after the first, where that tells what a later one does."""
    rollback_restores: bool = False
    """The rollback instructions restored every row of the catalogs that the file had changed."""
    ran: Ran | None = None
    """The run of the file, where it was tried before."""
    interruptions: tuple[Interruption, ...] | None = None
    """Those of a file that could be broken off before it was applied."""
    additive: bool = False
    """The file can only create new objects: it was not tried, because applying it shows the same."""


class After(NamedTuple):
    """The results of the trials after a file was applied; None where a trial was not run."""

    rerun: RerunTrial | None = None
    rollback: RollbackTrial | None = None
    interruptions: tuple[Interruption, ...] = ()


class _RollbackRun(NamedTuple):
    """A run of the rollback instructions right after the file."""

    touched: Touched
    """The objects that the file or the instructions touched; every object where that is not known."""
    digest: str | None = None
    """A digest of the catalog rows of these objects after the instructions; empty where none is left.

    None where this proves nothing, so that the instructions need a trial of their own after the file is applied.
    """


class Trials:
    """The trials of the files of one database, in their order: `around` each file, and `after` it."""

    def __init__(self, server: Server, session: Session, wanted: Collection[Trial]) -> None:
        self.session = session
        self._owner = session.role or ""
        self._wanted = wanted
        self._sequences = Sequences(session.connection)
        self._transaction = TransactionSandbox(session, self._sequences)
        self._copy = CopySandbox(server, session)
        self._reaches_out = False
        """The file may change something in another session, which no ROLLBACK of this one undoes."""

    @contextmanager
    def around(self, file: Migration) -> Iterator[Before]:
        """Run the trials before a file is applied, which happens inside the `with` block.

        Where the trials need copies of the database, its state is kept until the block ends. Raises psycopg.Error.
        """
        if file.unreadable or not self._wanted:
            yield Before(self._transaction, file)
            return
        self.session.progress.what = "trying it before it is applied"
        self._reaches_out = self.session.reaches_out(file)
        # Nobody but a superuser can leave an index invalid inside a transaction.
        tried = as_tried(self.session, file) if self.session.installed or not self._breaks(file) else Tried(file)
        before = None
        if fits_inside(tried.file.sent) and not self._reaches_out:
            before = self._before(tried.file, self._transaction, tried)
        with nullcontext() if before or not self._breaks(file) else self._copy.keep():
            yield before or self._before(file, self._copy) or Before(self._copy, file)

    def _breaks(self, file: Migration) -> bool:
        return Trial.INTERRUPTIONS in self._wanted and can_be_broken(file)

    @contextmanager
    def application(self, before: Before) -> Iterator[Application | None]:
        """The application that runs while a file is applied, inside the `with` block.

        None where nobody asks, or where it cannot notice the file. Raises psycopg.Error.
        """
        if Trial.APPLICATION not in self._wanted or before.ran is None or before.ran.error:
            yield None
            return
        self.session.progress.what = "sending what the running application sends"
        with running_application(self.session, self._transaction, changed_by(before.ran)) as application:
            yield application

    def after(self, file: Migration, before: Before, ran: Ran) -> After:
        """Run the trials after a file was applied, as it was tried before; `ran` is that run. Raises psycopg.Error."""
        self.session.progress.what = "running it once more"
        if before.additive:
            self._sequences.note_unused(ran)
        else:
            self._sequences.note(self.session.connection, ran)
        touched = Touched().update(before.touched).update(ran.touched)
        block = self._instructions(file)
        if before.additive:
            assert touched.is_new(ran.since), f"{file.path} touched what it could not touch"
            with self._transaction.session() as session:
                rerun, run = self._rerun_and_roll_back(session, file, block, ran)
            restores = run.digest == "" and run.touched.is_new(ran.since)
            before = replace(before, rerun=rerun, rollback_restores=restores)
        rerun = rollback = None
        interrupted = before.interruptions
        if Trial.RERUN in self._wanted:
            rerun = before.rerun or self._rerun(file, before.sandbox)
        if block is not None:
            self.session.progress.what = "running its rollback instructions"
            rollback = RollbackTrial() if before.rollback_restores else self._rollback(file, block, before, touched)
        if interrupted is None and before.sandbox is self._copy and self._breaks(file):
            self.session.progress.what = "breaking it off behind each statement"
            breaks = BreaksInCopies(self._copy)
            interrupted = interruptions(file, ran.traces, breaks.state(self.session), breaks)
        return After(rerun, rollback, interrupted or ())

    def _instructions(self, file: Migration) -> Rollback | None:
        """The rollback instructions that the trial runs; None where there are none, or none that can be run."""
        block = file.rollbacks[0] if file.rollbacks and Trial.ROLLBACK in self._wanted else None
        if block is None or block.none or any(statement.problem for statement in block.statements):
            return None
        return block

    def _digest(self, session: Session, touched: Touched) -> str | None:
        """A digest of the catalog rows of some objects; None without the witness."""
        return digest(session.connection, touched) if session.installed else None

    def _read(self, session: Session, touched: Touched) -> Schema:
        """The definitions of some objects; without the witness, of all objects."""
        if session.installed:
            return chosen(session.connection, touched, self._owner, session.server)
        return snapshot(session.connection, self._owner, session.server)

    # --- before the file ------------------------------------------------------------------------------------------

    def _before(self, file: Migration, sandbox: Sandbox, tried: Tried | None = None) -> Before | None:
        """Run the trials before the file. None where Postgres refuses a statement in the transaction of the sandbox."""
        tried = tried or Tried(file)
        block = self._instructions(file)
        inside = sandbox is self._transaction
        names = new_names(file.sent) if inside and self.session.installed else set()
        if names and self.session.free(names):
            return Before(sandbox, file, on_rows=RowsTrial() if Trial.ON_ROWS in self._wanted else None, additive=True)
        run = _RollbackRun(Touched(other=True))
        rerun: RerunTrial | None = None
        # A copy does not keep to itself what its server's databases share: so all is read before it runs.
        schema = Schema({}) if inside or block is None else self._read(self.session, run.touched)
        breaks: BreaksInside | None = None
        with sandbox.session() as session:
            ran = session.run(file.sent, self._look(file))
            if tried.is_broken_off and Trial.INTERRUPTIONS in self._wanted and not ran.error:
                breaks = BreaksInside(sandbox, ran.touched, self._read)
                unbroken = breaks.state(session)
            if inside and session.installed and not ran.error:
                rerun, run = self._rerun_and_roll_back(session, file, block, ran)
        if inside and ran.error and ran.error.sqlstate in NOT_INSIDE:
            return None
        restores = run.digest is not None and run.digest == (
            "" if run.touched.is_new(ran.since) else self._digest(self.session, run.touched)
        )
        touched = Touched().update(ran.touched)
        if block is not None and not restores:
            touched.update(run.touched)
            schema = self._read(self.session, touched) if inside else schema
        on_rows = None
        if Trial.ON_ROWS in self._wanted and not ran.error:
            self.session.progress.what = "running it on made-up rows"
            other_tables = all_tables(self.session.connection) if self._reaches_out else ()
            undo = (block, sandbox if fits_inside(block.statements) else self._copy) if block else None
            # Where it fails on any rows, nobody asks what it does on some.
            again = Trial.RERUN in self._wanted and not (rerun and rerun.error)
            on_rows = run_on_rows(self.session, file, sandbox, ran, other_tables, rerun=again, undo=undo)
            on_rows = replace(on_rows, traces=tried.as_sent(on_rows.traces))
        unlike: tuple[Mismatch, ...] = ()
        if Trial.RERUN in self._wanted and ran.skipped:
            self.session.progress.what = "comparing what IF NOT EXISTS skipped with what the file says"
            unlike = mismatches(file.sent, ran.skipped, sandbox, self._read)
        broken = interruptions(file, tried.as_sent(ran.traces), unbroken, breaks) if breaks else None
        return Before(sandbox, file, touched, schema, on_rows, unlike, rerun, restores, ran, broken)

    def _rerun_and_roll_back(
        self, session: Session, file: Migration, block: Rollback | None, ran: Ran
    ) -> tuple[RerunTrial | None, _RollbackRun]:
        """Right after the file, run it once more, if that tells what a later run does, and then its rollback.

        Returns the second run, and the run of the instructions, which proves nothing where the second run may have
        changed something, and was not taken back.
        """
        rerun: RerunTrial | None = None
        asks = Trial.RERUN in self._wanted and all(map(asks_first, file.sent))
        if asks:
            rerun = rerun_of_guarded(session, file)
        elif Trial.RERUN in self._wanted and all(map(only_objects, file.sent)):
            rerun = rerun_and_take_back(session, file, self._digest)
        if block is None or (asks and rerun is None) or not fits_inside(block.statements):
            return rerun, _RollbackRun(Touched(other=True))
        return rerun, self._roll_back(session, file, block, ran)

    def _roll_back(self, session: Session, file: Migration, block: Rollback, ran: Ran) -> _RollbackRun:
        """Run the instructions right after the file.

        Where they restore all catalog rows, the file would apply again as it just did; it is run again only where the
        statements have other effects than on objects.
        """
        objects_only = all(map(only_objects, (*file.sent, *block.statements)))
        if not objects_only:
            session.refresh()
        rolled_back = session.run(block.statements, Look.NEVER if objects_only else Look.LAST)
        touched = Touched().update(ran.touched).update(rolled_back.touched)
        if rolled_back.error:
            return _RollbackRun(touched.update(Touched(other=True)))
        gone = objects_only and touched.is_gone() and not any(map(takes_back, (*file.sent, *block.statements)))
        catalogs = "" if gone else self._digest(session, touched)
        if catalogs is None:
            return _RollbackRun(touched)
        traces = (*ran.traces, *rolled_back.traces)
        if not objects_only or any(trace.rows or trace.truncated or trace.unknown for trace in traces):
            session.refresh()
            if session.run(file.sent, Look.NEVER).error:
                return _RollbackRun(touched)
        return _RollbackRun(touched, catalogs)

    # --- after the file -------------------------------------------------------------------------------------------

    def _rerun(self, file: Migration, sandbox: Sandbox) -> RerunTrial:
        """Run the file once more, and compare the objects and rows that it touches with those before."""
        with sandbox.session() as session:
            objects_only = all(map(only_objects, file.sent))
            ran = session.run(file.sent, Look.NEVER if objects_only else Look.LAST)
            if ran.error:
                return RerunTrial(ran.error, ran.line)
            touched = ran.touched
            any_table = ran.unseen or self._reaches_out
            written = all_tables(session.connection) if any_table else ran.written
            catalogs = self._digest(session, touched)
            after = self._read(session, touched) if catalogs is None else Schema({})
            rows_after = digests(session, written)
        if not touched and not written:
            return RerunTrial()
        if catalogs is None:
            before = self._read(self.session, touched)
        elif catalogs == self._digest(self.session, touched):
            before = after
        else:  # the catalog rows differ, though the definitions may be equal
            with sandbox.session() as session:
                session.run(file.sent, Look.NEVER)
                after = self._read(session, touched)
            before = self._read(self.session, touched)
        rows_before = digests(self.session, written)
        changed = {difference.key: difference for difference in differences(before, after)}
        names = rows_after.keys() | rows_before.keys()
        tables = {name for name in names if rows_after.get(name) != rows_before.get(name)}
        if not changed and not tables:
            return RerunTrial()
        return RerunTrial(changes=self._changes(file, sandbox, touched, written, changed, tables))

    def _changes(
        self,
        file: Migration,
        sandbox: Sandbox,
        touched: Touched,
        written: Collection[int],
        changed: Mapping[Key, Difference],
        tables: AbstractSet[str],
    ) -> tuple[Change, ...]:
        """The changes by the line of the last statement that made each. Slow, but few files make any."""
        lines = dict.fromkeys(changed, file.sent[-1].position.line)
        rows: dict[int, tuple[Rows, ...]] = {}
        with sandbox.session() as session:
            before, rows_before = self._read(session, touched), digests(session, written)
            for statement in file.sent:
                ran = session.run([statement])
                if ran.error:
                    break
                after, rows_after = self._read(session, touched), digests(session, written)
                line = statement.position.line
                keys = {difference.key for difference in differences(before, after)}
                lines |= dict.fromkeys(keys & lines.keys(), line)
                of_statement = rows_changed(ran.traces[0], tables, rows_before, rows_after)
                rows[line] = (*rows.get(line, ()), *of_statement)  # two statements may share a line
                before, rows_before = after, rows_after
        changes = (
            Change(line, tuple(changed[key] for key in changed if lines[key] == line), rows.get(line, ()))
            for line in dict.fromkeys(statement.position.line for statement in file.sent)
        )
        return tuple(change for change in changes if change.differences or change.rows)

    def _rollback(self, file: Migration, block: Rollback, before: Before, touched: Touched) -> RollbackTrial:
        """Run the rollback instructions and then the file again."""
        sandbox = before.sandbox if fits_inside(block.statements) else self._copy
        with sandbox.session() as session:
            ran = session.run(block.statements, Look.LAST)
            if ran.error and ran.error.sqlstate in NOT_INSIDE and sandbox is self._transaction:
                return self._rollback(file, block, replace(before, sandbox=self._copy), touched)
            if ran.error:
                return RollbackTrial(ran.error, ran.line)
            touched_by_both = Touched().update(touched).update(ran.touched)
            after = self._read(session, touched_by_both)
            session.refresh()
            again = session.run(file.sent, Look.NEVER)
        unlike = tuple(differences(self._schema_before(before, touched, touched_by_both), after))
        return RollbackTrial(
            differences=tuple(difference for difference in unlike if difference.key.kind not in _NEVER_RESTORED),
            reordered=tuple(difference for difference in unlike if difference.key.kind in _NEVER_RESTORED),
            reapply=again.error,
            reapply_line=again.line,
        )

    def _schema_before(self, before: Before, touched: Touched, touched_by_both: Touched) -> Schema:
        """The objects before the file that the file or the instructions touched.

        A file that only makes new objects is not tried before: the others are read now, for it left them as they were.
        """
        if not before.additive or touched_by_both <= touched:
            return before.schema
        objects = dict(before.schema.objects)
        by_file = self._read(self.session, touched).objects
        for key, schema_object in self._read(self.session, touched_by_both).objects.items():
            if key not in by_file:
                objects.setdefault(key, schema_object)
        return Schema(objects)

    def _look(self, file: Migration) -> Look:
        """As little as tells what the file did; without the witness, only a look behind each tells what it changed."""
        if Trial.APPLICATION in self._wanted and not self.session.installed:
            return Look.EACH
        return Look.LAST if any(map(reads_rows, file.sent)) else Look.NEVER
