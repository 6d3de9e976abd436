"""The trial on rows: run a file on tables that hold rows, to see its errors there and which data is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import replace
from typing import NamedTuple, TypeVar

from psycopg.pq import TransactionStatus

from pytest_ctb.model import Loss, Migration, Rollback, RowsTrial, SqlError, Trace, UnusualRows
from pytest_ctb.replay.session.outcome import Ran
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.again_on_rows import roll_back, run_again
from pytest_ctb.replay.trials.cascades import Followers, with_what_went_along
from pytest_ctb.replay.trials.generated_rows import GeneratedRows, generate_rows, insert_again
from pytest_ctb.replay.trials.growth import Growth
from pytest_ctb.replay.trials.made.maker import Made, make_rows, wants_rows
from pytest_ctb.replay.trials.made.proof import unproven
from pytest_ctb.replay.trials.made.rows import MadeRow, NullsGone, insert_made
from pytest_ctb.replay.trials.row_changes import LossKey, TableRows, losses, read_tables
from pytest_ctb.replay.trials.sandboxes import Sandbox
from pytest_ctb.sql import ExpectedRows, assigned, changes_rows, compared, created, expected_rows, names_in

_T = TypeVar("_T")
_MAX_RUNS = 3
"""How often a file is run, at most, because the last run touched more tables."""
_MAX_PARTS = 12
"""On how many parts of the made rows a file is run, at most, where it fails on all of them."""
_NAMED = in_full("""
SELECT c.oid::bigint
FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.name[]), pg_catalog.unnest(%s::pg_catalog.name[])) AS named(s, r)
JOIN pg_catalog.pg_namespace n ON n.nspname = s
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = r AND c.relkind = ANY ('{r,p}')
""")
_SECONDS = 10.0
"""How long a statement may take on unusual rows: a number that is far too large may keep it busy for ever."""
_MORE, _TIMES = 1.0, 20
"""How long a statement may take on any rows: this many seconds, and so many times what the file takes without rows."""
_LIMIT = f"a second and {_TIMES} times what the file takes on tables without rows,"
_CANCELLED = "57014"  # query_canceled
_NULL = "22004"  # null_value_not_allowed
_OF_THE_FILE = {"P0001", "P0004"}
"""The errors that a file itself raises, by RAISE and ASSERT, because it looks for rows that it does not expect."""
_ROWS_UNCHANGED = {"COMMENT", "CREATE INDEX", "CREATE SCHEMA", "CREATE TABLE", "CREATE VIEW"}
"""Statements that may fail on existing rows, but change none, unless their trace has changed rows."""


def run_on_rows(
    replayed: Session,
    file: Migration,
    sandbox: Sandbox,
    first_run: Ran,
    other_tables: Collection[int] = frozenset(),
    *,
    rerun: bool = False,
    undo: tuple[Rollback, Sandbox] | None = None,
) -> RowsTrial:
    """Fill the tables that a file touches with rows, and run it. Raises psycopg.Error.

    `first_run` is its run without rows: where that read no rows, even of an empty table, rows make no difference.
    `other_tables` (oids) are those that the file may touch in another session. `rerun`: run it once more there.
    `undo`: its rollback instructions, and where they can be run there.
    """
    touched = {relation.oid for relation in first_run.old} if first_run.unseen else set(first_run.looked)
    touched |= set(other_tables)
    if not touched and not any(map(changes_rows, file.sent)):
        return RowsTrial()
    rows = _Rows(file, touched | _named_tables(replayed, file), expected_rows(file.statements), unusual=True)
    seconds = sum(trace.seconds for trace in first_run.traces)
    with replayed.within(_MORE + _TIMES * seconds, _LIMIT):
        return _try_on(rows, sandbox, first_run, rerun=rerun, undo=undo)


def _try_on(
    rows: _Rows, sandbox: Sandbox, first_run: Ran, *, rerun: bool, undo: tuple[Rollback, Sandbox] | None
) -> RowsTrial:
    file = rows.file
    run = unusual = _run_on(sandbox, rows)
    if unusual.ran.error:
        ordinary = unusual.rows._replace(unusual=False, generated=None)
        run = _sure(lambda: _run_on(sandbox, ordinary), lambda run: [run.ran.error])
    names = run.generated.names
    unfilled = {names[oid]: why for oid, why in run.generated.unfilled.items()}
    unfilled |= {table.full_name: table.unread for table in run.before.values() if table.unread}
    proven = run.ran.error is not None and _is_proof(file, run.ran.error, run)
    trial = RowsTrial(
        {names[oid]: count for oid, count in run.generated.rows.items()},
        unfilled,
        run.ran.error if proven else None,
        run.ran.line if proven else 0,
        len(run.ran.traces) - 1 if proven else 0,
        _unusual_rows(run if run.ran.error and not proven else unusual, passed=not run.ran.error),
        not run.ran.error,
        run.ran.traces,
    )
    if run.ran.error or not run.compares:
        return trial
    made = _made(sandbox, run.rows, first_run.since) if wants_rows(file) else Made()
    runs = [run, *_on_made_rows(sandbox, run.rows._replace(made=made.rows))]
    counts = [Counter(row.place for row in tried.rows.made) for tried in runs]
    wanted = Counter(row.place for row in made.rows)
    failed = {place for place in wanted if all(count[place] < wanted[place] for count in counts)}
    fill = runs[-1].rows.fill
    return replace(
        trial,
        losses=_losses(sandbox, runs),
        unproven=unproven(made.writes, [tried.ran.traces for tried in runs], failed),
        rerun=_sure(lambda: run_again(file, sandbox, fill), lambda again: [again and again.error]) if rerun else None,
        rollback=_sure(lambda: roll_back(file, *undo, fill), lambda back: [back and back.error, back and back.reapply])
        if undo
        else None,
    )


def _sure(trial: Callable[[], _T], errors: Callable[[_T], Iterable[SqlError | None]]) -> _T:
    """What a trial shows; where only the time ended it, once more: the machine may just have been busy."""
    shown = trial()
    timed_out = any(error and error.sqlstate == _CANCELLED for error in errors(shown))
    return trial() if timed_out else shown


def _is_proof(file: Migration, error: SqlError, run: _Run) -> bool:
    """Whether an error on ordinary rows shows that the file fails on the rows of others too.

    What a text holds, what refers to which older table, and what the file itself looks for, nobody can know who makes
    rows up.
    """
    match error.sqlstate:
        case "23503":
            new = (created(statement) for statement in file.sent)
            return any(table and error.detail.endswith(f'in table "{table.name}".') for table in new)
        case "23514":
            checked = {(check.relation.name,) for check in run.rows.expected.checks}
            return error.table[-1:] in checked and not run.generated.unmet
        case sqlstate:
            return sqlstate not in _OF_THE_FILE and (not sqlstate.startswith("22") or sqlstate == _NULL)


def _unusual_rows(run: _Run, *, passed: bool) -> UnusualRows | None:
    """The error of a run on rows that are unusual; none where the file itself refuses them, and no others.

    None either where such a row only kept the server busy, or took all its memory.
    """
    error = run.ran.error
    if error is None or error.transient or (passed and error.sqlstate in _OF_THE_FILE):
        return None
    return UnusualRows(error, run.ran.line, len(run.ran.traces) - 1, run.generated.samples)


def _run_on(sandbox: Sandbox, rows: _Rows) -> _Run:
    """Run the file on tables with rows of one kind; again where it touched more tables than were filled."""
    compares = not all(statement.control or statement.tag in _ROWS_UNCHANGED for statement in rows.file.sent)
    run: _Run | None = None
    for _ in range(_MAX_RUNS):
        next_run = _run(sandbox, rows, compares=compares)
        if next_run.ran.error and run is not None:
            break  # the error comes from rows in tables that the file does not name
        run = next_run
        if run.ran.error and run.ran.error.sqlstate == _CANCELLED:
            break
        more = run.ran.looked - rows.oids - run.generated.rows.keys() - run.before.keys()
        wrote = not compares and any(trace.rows or trace.rewritten or trace.truncated for trace in run.ran.traces)
        if not more and not wrote:
            break
        rows, compares = rows._replace(oids=rows.oids | more, generated=None), compares or wrote
    assert run is not None
    return run


class _Rows(NamedTuple):
    """The rows that tables are filled with for a file."""

    file: Migration
    oids: AbstractSet[int]
    """The tables."""
    expected: ExpectedRows
    """What the file expects of ordinary ones."""
    unusual: bool
    """With unusual ones among them."""
    made: tuple[MadeRow | NullsGone, ...] = ()
    """Rows that were made for the file, beside the others."""
    generated: GeneratedRows | None = None
    """What the tables were filled with before, in the same state; None: not yet."""

    def fill(self, session: Session) -> GeneratedRows:
        """Fill the tables of a session. Raises psycopg.Error."""
        idle = session.connection.info.transaction_status is TransactionStatus.IDLE
        constants = compared(self.file.statements)
        with session.connection.transaction() if idle else nullcontext():
            if self.generated and insert_again(session, self.generated):
                generated = self.generated
            else:
                generated = generate_rows(session, sorted(self.oids), constants, self.expected, unusual=self.unusual)
            insert_made(session, self.made)
        session.refresh()
        return generated


class _Run(NamedTuple):
    """One run of the file on tables with rows."""

    rows: _Rows
    compares: bool
    """The rows were compared."""
    generated: GeneratedRows
    before: Mapping[int, TableRows]
    ran: Ran
    losses: Mapping[LossKey, Loss]


def _run(sandbox: Sandbox, rows: _Rows, *, compares: bool) -> _Run:
    file = rows.file
    with sandbox.session() as session, session.within(_SECONDS) if rows.unusual else nullcontext():
        generated = rows.fill(session)
        before = read_tables(session, rows.oids | generated.rows.keys()) if compares else {}
        ran = session.run(file.sent)
        compared_losses = (
            {} if ran.error or not compares else losses(session, before, ran.traces, assigned(file.statements))
        )
        return _Run(rows._replace(generated=generated), compares, generated, before, ran, compared_losses)


def _made(sandbox: Sandbox, rows: _Rows, since: int) -> Made:
    """The rows made for the conditions of a file, beside others."""
    with sandbox.session() as session:
        rows.fill(session)
        return make_rows(session, rows.file, since)


def _on_made_rows(sandbox: Sandbox, rows: _Rows) -> Iterator[_Run]:
    """The run on all made rows; where it fails, those on parts of them on which it does not."""
    waiting = [rows.made] if rows.made else []
    for _ in range(_MAX_PARTS):
        if not waiting:
            return
        made = waiting.pop(0)
        run = _run(sandbox, rows._replace(made=made), compares=True)
        half = len(made) // 2
        if not run.ran.error:
            yield run
        elif half:
            waiting += [made[:half], made[half:]]


def _losses(sandbox: Sandbox, runs: Iterable[_Run]) -> tuple[Loss, ...]:
    """The losses of all runs, each table and column once for each statement."""
    lost: dict[tuple[LossKey, int], Loss] = {}
    followers = Followers()
    for run in runs:
        if run.losses:
            of_run, followers = _by_statement(sandbox, run, followers)
            lost = of_run | lost
    by_table: dict[int, list[Loss]] = {}
    for (key, _), loss in lost.items():
        by_table.setdefault(key.table, []).append(loss)
    together = with_what_went_along(by_table, followers)
    return tuple(sorted(together, key=lambda loss: (loss.line, loss.table, loss.column)))


def _by_statement(
    sandbox: Sandbox, run: _Run, followers: Followers
) -> tuple[dict[tuple[LossKey, int], Loss], Followers]:
    """The losses of a run by their lines, found by comparing after each statement. Slow, but few files lose data.

    Also returns `followers` with those of the tables that lost something.
    """
    file = run.rows.file
    growth = Growth()
    tables = {key.table for key in run.losses}
    with sandbox.session() as session:
        generated = run.rows.fill(session)
        before = latest = read_tables(session, run.rows.oids | generated.rows.keys())
        followers = followers.with_those_of(session, tables)
        traces: list[Trace] = []
        for statement in file.sent:
            ran = session.run([statement])
            traces += ran.traces
            if ran.error:
                break
            followers = followers.with_those_of(session, tables)
            so_far = losses(session, before, traces, assigned(file.statements))
            if growth.note(statement.position.line, so_far):
                growth.show(losses(session, latest, ran.traces, assigned(file.statements)))
                latest = read_tables(session, before)
    return growth.by_line(run.losses, file.sent[-1].position.line), followers


def _named_tables(replayed: Session, file: Migration) -> set[int]:
    """The oids of the tables that the file's text names."""
    names = [name for name in names_in(file.statements).uses if name.kind == "relation"]
    if not names:
        return set()
    values = [[name.schema or "public" for name in names], [name.name for name in names]]
    return {oid for (oid,) in replayed.connection.execute(_NAMED, values)}
