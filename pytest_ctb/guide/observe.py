"""Guidelines by effect without Python: SQL over the traces of one file, each of its rows a finding (`observe:`).

The traces are laid out as tables of an SQLite database in memory, so that a run answered from the cache needs no server
for it. `TABLES` names every column; `docs/observe.md` is made from it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import NamedTuple

from pytest_ctb.checks import Case, applied, fill
from pytest_ctb.checks.online._tables import Large, Tables
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import FileEvidence, Finding, Position, Statement, Trace
from pytest_ctb.model.locks import READS, WRITES, blocked_by, waiters, work_under_lock
from pytest_ctb.sql import UNKNOWN, blocks_nobody, names_in

Value = str | int | float | None
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
"""What a query may do; anything else SQLite refuses as `not authorized`."""


class Table(NamedTuple):
    """A table that `observe` can read."""

    means: str
    columns: Mapping[str, str]
    """What each column holds."""


_STATEMENT = "which statement of the file, counted from 0"
_NAME = "the table's name with its schema, unquoted"
_LARGE = "1 where the table is large (`rows`, `small`, `large`), else 0"
TABLES: Mapping[str, Table] = {
    "statements": Table(
        "Every statement that was sent.",
        {
            "statement": _STATEMENT,
            "line": "the line that it starts on",
            "sql": "its text",
            "tag": "its command tag: `ALTER TABLE`",
            "block": "its transaction, counted from 1",
            "ended": "how that ended: `committed`, `rolled back`",
            "divided": "1 where it committed in the middle of itself",
            "seconds": "how long it took in the replay",
            "lock_timeout": "milliseconds that it waits for a lock; 0: for ever; NULL: not known",
            "locks_known": "1 where every lock was seen, 0 where some could not be",
            "watched": "1 where its locks are known, or a second session looked at all the tables that it names",
        },
    ),
    "locks": Table(
        "Every lock on something that was there before the file: when it was taken, and while it was held.",
        {
            "statement": _STATEMENT,
            "block": "the transaction",
            "taken": "1: this statement took it; 0: the transaction held it already",
            "relation": "what is locked",
            "kind": "`table`, `index`, `partitioned index`, `view`, `materialized view`, `sequence` …",
            "table_name": "the table of an index; of everything else, itself",
            "mode": "as the manual writes it: `ACCESS EXCLUSIVE`",
            "blocks_reads": "1 where every SELECT waits",
            "blocks_writes": "1 where every INSERT, UPDATE and DELETE waits",
            "large": _LARGE,
        },
    ),
    "waiters": Table(
        "Who else waits for a lock: views over the table, the tables that it is a partition or a child of, "
        "and the tables that take their numbers from a sequence.",
        {
            "statement": "the statement that took the lock",
            "relation": "what is locked",
            "mode": "the lock's mode",
            "waiter": "the view, parent or table",
            "kind": "`view`, `parent` or `table`",
            "waits": "`reads` or `writes`: what has to wait there",
        },
    ),
    "scans": Table(
        "Every older table that was read from end to end.",
        {
            "statement": _STATEMENT,
            "table_name": _NAME,
            "times": "how often",
            "why": 'the server\'s reasons, one a line: `verifying table "orders"`',
            "large": _LARGE,
        },
    ),
    "rewrites": Table(
        "Every older table whose rows were written anew.",
        {"statement": _STATEMENT, "table_name": _NAME, "large": _LARGE},
    ),
    "rows": Table(
        "How many rows each statement wrote.",
        {
            "statement": _STATEMENT,
            "run": "`replay`, or `trial`: on tables that hold made-up rows",
            "table_name": _NAME,
            "inserted": "rows",
            "updated": "rows",
            "deleted": "rows",
        },
    ),
    "objects": Table(
        "Every object that was created, altered, renamed, dropped or truncated.",
        {
            "statement": _STATEMENT,
            "did": "`created`, `altered`, `renamed`, `dropped`, `truncated`",
            "kind": "`table`, `column`, `constraint`, `index`, `view`, `function` …",
            "name": "its name: `shop.orders`, `shop.orders.total`; what is renamed has its new one",
            "old_name": "of what is renamed",
            "table_name": "the table of a dropped column, constraint or trigger",
            "cascade": "1 where it went along with another; NULL where the server does not tell",
            "own": "1 where the file had made it",
        },
    ),
    "alterations": Table(
        "Every property that was changed of something that was there before the file.",
        {
            "statement": _STATEMENT,
            "kind": "`column`, `constraint`, `table`, `trigger` …",
            "name": "`shop.orders.total`",
            "what": "which property: `type`, `default`, `not null`, `validated` …; of what is new, its kind",
            "old": "what it was",
            "new": "what it is now",
        },
    ),
    "work": Table(
        "Every scan and rewrite with each lock that makes others wait meanwhile.",
        {
            "statement": "the statement that worked",
            "what": "`scan` or `rewrite`",
            "table_name": "the table that was read or written",
            "locked": "the table that others wait for",
            "mode": "the lock's mode",
            "taken": "the statement that took the lock",
            "large": "1 where both tables are large",
        },
    ),
    "sizes": Table(
        "The tables in production, from `sizes.json`; empty without one.",
        {"table_name": _NAME, "rows": "about how many", "bytes": "without indexes"},
    ),
}


def observe_findings(case: Case[Large]) -> Iterator[Finding]:
    """Ask the guideline's query of the traces of each file; each row that it returns is a finding.

    A column `statement` says which statement a row is about: the finding stands there, else at the start of the file.
    """
    guideline, file = case.guideline, applied(case)
    with closing(_database(case, file)) as database:
        try:
            cursor = database.execute(guideline.observe)
            columns = [column for column, *_ in cursor.description]
            rows = list(dict.fromkeys(cursor))
        except sqlite3.Error as error:
            line = guideline.lines.get("observe", 1)
            raise ConfigError(f"{guideline.path}:{line}: the query of 'observe' fails: {error}") from None
    for name in re.findall(r"\{(\w+)\}", guideline.message):
        if name not in columns:
            line, known = guideline.lines.get("message", 1), ", ".join(columns)
            raise ConfigError(f"{guideline.path}:{line}: the message names {{{name}}}; the query returns: {known}")
    for row in rows:
        values = dict(zip(columns, row, strict=True))
        names = {name: "" if value is None else str(value) for name, value in values.items()}
        yield case.finding(
            _position(case, values), fill(guideline.message, names), instead=fill(guideline.instead, names)
        )


def check_query(query: str) -> str:
    """Why SQLite cannot read a query over `TABLES`; empty where it can."""
    with closing(_empty(TABLES)) as database:
        database.set_authorizer(_only_reads)
        try:
            database.execute(f"EXPLAIN {query}")
        except (sqlite3.Error, sqlite3.Warning) as error:
            return str(error)
    return ""


def _position(case: Case[Large], values: Mapping[str, Value]) -> Position:
    statement = values.get("statement")
    if isinstance(statement, int) and 0 <= statement < len(case.migration.sent):
        return case.migration.sent[statement].position
    return Position(1, 1)


def _named(query: str) -> Sequence[str]:
    """The tables that a query may read: those whose names its text holds."""
    text = query.lower()
    return [name for name in TABLES if name in text]


def _empty(names: Iterable[str]) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    for name in names:
        database.execute(f"CREATE TABLE {name} ({', '.join(TABLES[name].columns)})")
    return database


def _database(case: Case[Large], file: FileEvidence) -> sqlite3.Connection:
    """The traces of a file as tables, as far as the guideline's query names these; they can only be read."""
    names = _named(case.guideline.observe)
    database, contents = _empty(names), _contents(case, file)
    for name in names:
        places = ", ".join("?" * len(TABLES[name].columns))
        database.executemany(f"INSERT INTO {name} VALUES ({places})", contents[name])  # noqa: S608  # names of our own
    database.set_authorizer(_only_reads)
    return database


def _only_reads(action: int, *_: str | None) -> int:
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _contents(case: Case[Large], file: FileEvidence) -> Mapping[str, Iterable[Sequence[Value]]]:
    tables, traces, sent = Tables(case, file.traces), file.traces, case.migration.sent
    tried = file.on_rows.traces if file.on_rows else ()
    sizes = case.repository.sizes
    return {
        "statements": (
            (
                trace.statement, trace.line, sent[trace.statement].sql, sent[trace.statement].tag, trace.block,
                str(trace.ended), trace.divided, trace.seconds, trace.lock_timeout, "locks" not in trace.unknown,
                _is_watched(sent[trace.statement], trace),
            )
            for trace in traces
        ),
        "locks": (
            (
                trace.statement, trace.block, taken, lock.relation, lock.kind, lock.table, lock.mode,
                READS in blocked_by(lock.mode), WRITES in blocked_by(lock.mode), tables.is_large(lock.table),
            )
            for trace in traces
            for taken, locks in ((True, trace.locks), (False, trace.held))
            for lock in locks
        ),
        "waiters": (
            (trace.statement, lock.relation, lock.mode, *waiter)
            for trace in traces
            for lock in trace.locks
            for waiter in waiters(lock)
            if waiter.relation != lock.table
        ),
        "scans": (
            (trace.statement, scan.table, scan.times, "\n".join(scan.why), tables.is_large(scan.table))
            for trace in traces
            for scan in trace.scanned
        ),
        "rewrites": (
            (trace.statement, table, tables.is_large(table)) for trace in traces for table in trace.rewritten
        ),
        "rows": (
            (trace.statement, run, *rows)
            for run, some in (("replay", traces), ("trial", tried))
            for trace in some
            for rows in trace.rows
        ),
        "objects": (row for trace in traces for row in _objects(trace)),
        "alterations": (
            (trace.statement, change.key.kind, change.key.name, change.what, change.old, change.new)
            for trace in traces
            for change in trace.alterations
        ),
        "work": (
            (
                work.statement, work.what, work.table, work.lock.table, work.lock.mode, work.taken,
                tables.is_large(work.table) and tables.is_large(work.lock.table),
            )
            for work in work_under_lock(traces)
        ),
        "sizes": ((name, *size) for name, size in (sizes.tables.items() if sizes else ())),
    }  # fmt: skip


def _is_watched(statement: Statement, trace: Trace) -> bool:
    """Whether a statement's locks are known, or none of them can stay unseen.

    One that ran alone was looked at by a second session, unless its text names no table; or it blocks nobody.
    """
    if "locks" not in trace.unknown or blocks_nobody(statement):
        return True
    return (
        "session" not in trace.unknown
        and statement.tag != "CALL"
        and not any(inner.unread or UNKNOWN in inner.sql for inner in statement.walk())
        and any(name.kind == "relation" for name in (*names_in([statement]).uses, *names_in([statement]).makes))
    )


def _objects(trace: Trace) -> Iterator[Sequence[Value]]:
    number = trace.statement
    yield from ((number, "created", key.kind, key.name, None, None, None, True) for key in trace.created)
    yield from ((number, "altered", key.kind, key.name, None, None, None, None) for key in trace.altered)
    for old, new in trace.renamed:
        yield number, "renamed", new.kind, new.name, old.name, None, None, None
    for dropped in trace.dropped:
        key = dropped.key
        yield number, "dropped", key.kind, key.name, None, dropped.table or None, dropped.cascade, dropped.own
    yield from ((number, "truncated", "table", table, None, None, None, False) for table in trace.truncated)
