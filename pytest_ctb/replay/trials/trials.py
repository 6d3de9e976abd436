"""What is tried with a file besides applying it: on tables with rows, once more, taken back, broken off.

Each is tried where it leaves nothing behind, so that the file itself always meets the database that psql would make.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import psycopg

from pytest_ctb.model import (
    Break,
    Change,
    Difference,
    Key,
    Migration,
    Mismatch,
    OnRows,
    Rerun,
    Rollback,
    Rows,
    Schema,
    Statement,
    Trial,
    Undo,
)
from pytest_ctb.model.differences import differences
from pytest_ctb.postgres import Server
from pytest_ctb.replay.session.outcome import Look, Ran
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.session.transactions import asks_first, fits_inside, only_objects, takes_back
from pytest_ctb.replay.trials import additive as anew
from pytest_ctb.replay.trials import row_changes as rows
from pytest_ctb.replay.trials.copies import NOT_INSIDE, Clones, Copies, Inside, Sequences
from pytest_ctb.replay.trials.on_rows import run_on_rows
from pytest_ctb.replay.trials.skipped import mismatches
from pytest_ctb.replay.witness.catalog import Touched, chosen, digest, snapshot
from pytest_ctb.sql import parents

_INVALID = in_full(
    "SELECT indexrelid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_index "
    "WHERE NOT indisvalid AND indexrelid >= 16384"
)
_ROWLESS = {
    "COMMENT",
    "CREATE FUNCTION",
    "CREATE PROCEDURE",
    "CREATE SCHEMA",
    "CREATE TABLE",
    "CREATE TYPE",
    "CREATE VIEW",
}
_TABLES = in_full("""
SELECT c.oid::bigint FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
""")


@dataclass(frozen=True)
class Before:
    """What is known of a file before it is applied."""

    copies: Copies
    touched: Touched = field(default_factory=Touched)
    schema: Schema = field(default_factory=lambda: Schema({}))
    """The objects that it will touch, as they were."""
    on_rows: OnRows | None = None
    mismatches: tuple[Mismatch, ...] = ()
    steady: bool = False
    """Run once more behind itself, the file was seen to do nothing."""
    restored: bool = False
    """The rollback instructions were seen to bring back every row of the catalogs that the file had touched."""
    anew: bool = False
    """It can only make what is not there yet, and so was not tried: its own run is as good."""


class After(NamedTuple):
    """What was tried after it was applied."""

    again: Rerun | None = None
    undo: Undo | None = None
    breaks: tuple[Break, ...] = ()


class _TakenBack(NamedTuple):
    """What the trial and its rollback instructions touched, and what the catalogs held of it behind both."""

    touched: Touched
    digest: str


class Trials:
    """The trials with the files of one database, in their order: `around` each, and `note` behind it."""

    def __init__(self, server: Server, session: Session, wanted: Collection[Trial]) -> None:
        self.session = session
        self._owner = session.role or ""
        self._wanted = wanted
        self._sequences = Sequences(session.connection)
        self._inside = Inside(session, self._sequences)
        self._clones = Clones(server, session)
        self._reaches_out = False

    @contextmanager
    def around(self, file: Migration) -> Iterator[Before]:
        """What comes before the file is applied; where a copy of that state is needed, it is kept until the block ends.

        Raises psycopg.Error.
        """
        if file.unreadable or not self._wanted:
            yield Before(self._inside)
            return
        self.session.progress.what = "trying it before it is applied"
        before = None
        self._reaches_out = self.session.reaches_out(file)
        if (
            fits_inside(file.sent) and not self._reaches_out
        ):  # what another session does, no ROLLBACK of ours takes back
            before = self._before(file, self._inside)
        if before is None:
            with self._clones.keep():
                yield self._before(file, self._clones) or Before(self._clones)
        else:
            yield before

    def after(self, file: Migration, before: Before, ran: Ran) -> After:
        """What comes after the file was applied. Raises psycopg.Error."""
        self.session.progress.what = "running it once more"
        if before.anew:
            self._sequences.note_unused(ran)
        else:
            self._sequences.note(self.session.connection, ran)
        touched = Touched().update(before.touched).update(ran.touched)
        again = undo = None
        breaks: tuple[Break, ...] = ()
        block = self._instructions(file)
        if before.anew:
            assert touched.is_new(ran.since), f"{file.path} touched what it could not touch"
            with self._inside.copy() as session:
                steady, back = self._behind(session, file, block, ran)
            restored = back is not None and back.digest == "" and back.touched.is_new(ran.since)
            before = replace(before, steady=steady, restored=restored)
        if Trial.AGAIN in self._wanted:
            again = Rerun() if before.steady else self._again(file, before.copies)
        if block is not None:
            self.session.progress.what = "running its rollback instructions"
            undo = Undo() if before.restored else self._undo(file, block, before, touched)
        if Trial.BREAKS in self._wanted and file.no_transaction and before.copies is self._clones:
            self.session.progress.what = "breaking it off behind each statement"
            breaks = self._broken(file, ran)
        return After(again, undo, breaks)

    def _instructions(self, file: Migration) -> Rollback | None:
        """The rollback instructions, where they are to be tried and can be."""
        block = file.rollbacks[0] if file.rollbacks and Trial.UNDO in self._wanted else None
        return None if block is None or block.none or any(s.problem for s in block.statements) else block

    def _digest(self, session: Session, touched: Touched) -> str | None:
        return digest(session.connection, touched) if session.installed else None

    def _read(self, session: Session, touched: Touched) -> Schema:
        if session.installed:
            return chosen(session.connection, touched, self._owner)
        return snapshot(session.connection, self._owner)

    # --- before the file ------------------------------------------------------------------------------------------

    def _before(self, file: Migration, copies: Copies) -> Before | None:
        """None where it does not do in a transaction what it does by itself."""
        block = self._instructions(file)
        names = anew.made(file.sent) if copies is self._inside and self.session.installed else set()
        if names and self.session.free(names):
            return Before(copies, on_rows=OnRows() if Trial.ON_ROWS in self._wanted else None, anew=True)
        after = None
        steady = False
        with copies.copy() as session:
            ran = session.run(file.sent, _look(file.sent))
            if copies is self._inside and session.installed and not ran.error:
                steady, after = self._behind(session, file, block, ran)
        if copies is self._inside and ran.error and ran.error.sqlstate in NOT_INSIDE:
            return None
        touched = Touched().update(ran.touched)
        restored = after is not None and after.digest == (
            "" if after.touched.is_new(ran.since) else self._digest(self.session, after.touched)
        )
        schema = Schema({}) if restored or block is None else self._read(self.session, touched)
        on_rows = None
        if Trial.ON_ROWS in self._wanted and not ran.error:
            self.session.progress.what = "running it on made-up rows"
            beyond = _all_tables(self.session.connection) if self._reaches_out else ()
            on_rows = run_on_rows(self.session, file, copies, ran, beyond)
        found: tuple[Mismatch, ...] = ()
        if Trial.AGAIN in self._wanted and ran.skipped:
            self.session.progress.what = "comparing what IF NOT EXISTS skipped with what the file says"
            found = mismatches(file.sent, ran.skipped, copies, self._read)
        return Before(copies, touched, schema, on_rows, found, steady, restored)

    def _behind(
        self, session: Session, file: Migration, block: Rollback | None, ran: Ran
    ) -> tuple[bool, _TakenBack | None]:
        """Right behind the file, run it once more if it asks first: whether it did nothing; then the instructions."""
        guarded = Trial.AGAIN in self._wanted and all(map(asks_first, file.sent))
        steady = guarded and _steady(session, file)
        back = None if block is None or steady is not guarded else self._taken_back(session, file, block, ran)
        return steady, back

    def _taken_back(self, session: Session, file: Migration, block: Rollback, ran: Ran) -> _TakenBack | None:
        """Run the instructions right behind the file.

        None where that proves nothing: then they are tried by themselves, behind the file. Where they do bring back
        every row of the catalogs, the file finds what it has just found; it is run again only where there was more to
        it than objects.
        """
        if not fits_inside(block.statements):
            return None
        alone = all(map(only_objects, (*file.sent, *block.statements)))
        if not alone:
            session.refresh()
        undone = session.run(block.statements, Look.NEVER if alone else Look.LAST)
        if undone.error:
            return None
        touched = Touched().update(ran.touched).update(undone.touched)
        gone = alone and touched.is_gone() and not any(map(takes_back, (*file.sent, *block.statements)))
        found = "" if gone else self._digest(session, touched)
        wrote = any(one.rows or one.truncated or one.unknown for one in (*ran.traces, *undone.traces))
        if found is not None and (wrote or not alone):
            session.refresh()
            if session.run(file.sent, Look.NEVER).error:
                return None
        return None if found is None else _TakenBack(touched, found)

    # --- after the file -------------------------------------------------------------------------------------------

    def _again(self, file: Migration, copies: Copies) -> Rerun:
        with copies.copy() as session:
            alone = all(map(only_objects, file.sent))
            ran = session.run(file.sent, Look.NEVER if alone else Look.LAST)
            if ran.error:
                return Rerun(ran.error, ran.line)
            touched = ran.touched
            everywhere = ran.unseen or self._reaches_out
            written = _all_tables(session.connection) if everywhere else _written(ran)
            brief = self._digest(session, touched)
            after = self._read(session, touched) if brief is None else Schema({})
            digests = rows.digests(session, written)
        if not touched and not written:
            return Rerun()
        if brief is None:
            before = self._read(self.session, touched)
        elif brief == self._digest(self.session, touched):
            before = after
        else:  # other rows in the catalogs, perhaps for the same objects
            with copies.copy() as session:
                session.run(file.sent, Look.NEVER)
                after = self._read(session, touched)
            before = self._read(self.session, touched)
        old = rows.digests(self.session, written)
        changed = {one.key: one for one in differences(before, after)}
        tables = {name for name in digests.keys() | old.keys() if digests.get(name) != old.get(name)}
        if not changed and not tables:
            return Rerun()
        return Rerun(changes=self._blamed(file, copies, touched, written, changed, tables))

    def _blamed(
        self,
        file: Migration,
        copies: Copies,
        touched: Touched,
        written: Collection[int],
        changed: Mapping[Key, Difference],
        tables: AbstractSet[str],
    ) -> tuple[Change, ...]:
        """Each change with the last statement that made it; slow, for the rare file that makes any."""
        lines = dict.fromkeys(changed, file.sent[-1].position.line)
        counts: dict[int, tuple[Rows, ...]] = {}
        with copies.copy() as session:
            was = self._read(session, touched)
            held = rows.digests(session, written)
            for statement in file.sent:
                ran = session.run([statement])
                if ran.error:
                    break
                now = self._read(session, touched)
                holds = rows.digests(session, written)
                line = statement.position.line
                lines |= {one.key: line for one in differences(was, now) if one.key in lines}
                others = sorted(one for one in tables if holds.get(one) != held.get(one))
                told = {one.table: one for one in ran.traces[0].rows}
                own = (told.get(t) or _counted(t, held.get(t), holds.get(t)) for t in others)
                counts[line] = (*counts.get(line, ()), *own)  # of two statements on one line, both
                was, held = now, holds
        changes = (
            Change(line, tuple(one for key, one in changed.items() if lines[key] == line), counts.get(line, ()))
            for line in dict.fromkeys(one.position.line for one in file.sent)
        )
        return tuple(one for one in changes if one.differences or one.rows)

    def _undo(self, file: Migration, block: Rollback, before: Before, touched: Touched) -> Undo:
        copies = before.copies if fits_inside(block.statements) else self._clones
        with copies.copy() as session:
            ran = session.run(block.statements, Look.LAST)
            if ran.error and ran.error.sqlstate in NOT_INSIDE and copies is self._inside:
                return self._undo(file, block, replace(before, copies=self._clones), touched)
            if ran.error:
                return Undo(ran.error, ran.line)
            every = Touched().update(touched).update(ran.touched)
            after = self._read(session, every)
            session.refresh()
            again = session.run(file.sent, Look.NEVER)
        was = self._as_before(before, touched, every)
        found = tuple(differences(was, after))
        return Undo(
            differences=tuple(one for one in found if one.key.kind != "column order"),
            reordered=tuple(one for one in found if one.key.kind == "column order"),
            reapply=again.error,
            reapply_line=again.line,
        )

    def _as_before(self, before: Before, touched: Touched, every: Touched) -> Schema:
        """What the instructions touched was, where the file did not, the same before the file and after it."""
        if every <= touched:
            return before.schema
        own = dict(before.schema.objects)
        by_file = self._read(self.session, touched).objects
        for key, one in self._read(self.session, every).objects.items():
            if key not in by_file:
                own.setdefault(key, one)
        return Schema(own)

    def _broken(self, file: Migration, ran: Ran) -> tuple[Break, ...]:
        """The first break point from which the file does not come to its end state; behind the last there is none."""
        end = snapshot(self.session.connection, self._owner)
        tables = _all_tables(self.session.connection)
        held = rows.digests(self.session, tables, lasting=True)
        for place, trace in enumerate(ran.traces[:-1]):
            if not trace.commits or not (trace.transaction or trace.unknown or trace.created or trace.dropped):
                continue
            with self._clones.copy_of_kept() as session:
                session.run(file.sent[: place + 1])
                session.kill()
                again = session.run(file.sent)
                if again.error:
                    return (Break(trace.line, error=again.error, error_line=again.line),)
                found = tuple(differences(end, snapshot(session.connection, self._owner)))
                other = rows.digests(session, _all_tables(session.connection), lasting=True)
                counts = tuple(
                    _counted(name, held.get(name), other.get(name))
                    for name in sorted(held.keys() | other.keys())
                    if held.get(name) != other.get(name)
                )
                invalid = tuple(name for (name,) in session.connection.execute(_INVALID))
            if found or counts or invalid:
                return (Break(trace.line, differences=found, rows=counts, invalid=invalid),)
        return ()


def _look(statements: Sequence[Statement]) -> Look:
    """Never where none can look at rows; a partition that is made looks at those of the default one."""
    rowless = all(
        (statement.control or statement.tag in _ROWLESS) and not parents(statement) for statement in statements
    )
    return Look.NEVER if rowless else Look.LAST


def _steady(session: Session, file: Migration) -> bool:
    """Run a file that asks first once more, right behind itself: whether it did nothing.

    Its COMMENTs are left out: where nothing else did anything, each says again of the same object what it has said.
    """
    ran = session.run([statement for statement in file.sent if statement.tag != "COMMENT"], Look.NEVER)
    return not ran.error and not any(trace.created or trace.altered or trace.dropped for trace in ran.traces)


def _written(ran: Ran) -> set[int]:
    """The tables whose rows a statement changed."""
    names = {one.table for trace in ran.traces for one in trace.rows}
    names |= {name for trace in ran.traces for name in (*trace.truncated, *trace.rewritten)}
    return {one.oid for one in ran.old if one.told in names}


def _all_tables(connection: psycopg.Connection[Any]) -> set[int]:
    return {oid for (oid,) in connection.execute(_TABLES)}


def _counted(table: str, old: tuple[int, str] | None, new: tuple[int, str] | None) -> Rows:
    more = (new[0] if new else 0) - (old[0] if old else 0)
    return Rows(table, max(more, 0), 0 if more else 1, max(-more, 0))
