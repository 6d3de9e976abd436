"""The cases of the pack `online` are no opinion: each is sent to a server with 500 rows, and to one with 10,000.

A case is a hazard of locks only where the pages that a statement touches while a lock blocks others grow with the tables.
What the cases expect of ON01 and ON02 must be that, on the oldest and the newest version. Of a statement whose locks
ON10 says nobody saw, nothing is expected.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.sql import SQL, Identifier

from machine import oldest_and_newest, server_of
from online_cases import before, every_case
from pytest_ctb.model import Source
from pytest_ctb.sql import parse, refused

FEW, MANY = 500, 10_000
GROWTH = 12
"""So many pages more at least are touched with many rows where every row is read; a key takes two or three."""
TRIES = 40
"""What no transaction may enclose is looked at from outside: some of the tries see a short lock, few on a busy machine."""
FILL = """
INSERT INTO shop.customers SELECT i, 'c' || i || '@shop', 'note ' || i, repeat('x', 90) FROM generate_series(1, {n}) i;
INSERT INTO shop.orders SELECT i, i, CASE WHEN i % 2 = 0 THEN 'open' ELSE 'done' END, i, 'c' || i, '2024-01-01', repeat('x', 90)
    FROM generate_series(1, {n}) i;
INSERT INTO shop.items SELECT i, i, i, repeat('x', 90) FROM generate_series(1, {n}) i;
INSERT INTO shop.events_2024 SELECT i, date '2024-01-01' + i % 300, 'k' || i % 9, repeat('x', 90) FROM generate_series(1, {n}) i;
INSERT INTO shop.events_2025 SELECT i, date '2025-01-01' + i % 300, 'k' || i % 9, repeat('x', 90) FROM generate_series(1, {n}) i;
INSERT INTO shop.logs SELECT i, 'line ' || i, repeat('x', 90) FROM generate_series(1, {n}) i;
INSERT INTO shop.logs_web SELECT i, 'line ' || i, repeat('x', 90), 'url' FROM generate_series(1, {n}) i;
INSERT INTO shop.settings SELECT 'k' || i, 'value', repeat('x', 90) FROM generate_series(1, {n}) i;
INSERT INTO shop.moods SELECT i, 'good', repeat('x', 90) FROM generate_series(1, {n}) i;
INSERT INTO shop.numbered SELECT i, repeat('x', 90) FROM generate_series(1, {n}) i;
REFRESH MATERIALIZED VIEW shop.daily;
"""
BLOCKING = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")
KINDS = "SELECT c.oid::bigint, c.relkind::text, coalesce(i.indrelid, c.oid)::bigint FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE c.oid >= 16384"
LOCKS = "SELECT relation::bigint, mode FROM pg_locks WHERE pid = %s AND granted AND locktype = 'relation' AND relation >= 16384"
PAGES = "SELECT coalesce(sum({}(oid)), 0)::bigint FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'm', 'i', 't')"
PAGES_INSIDE, PAGES_EVER = PAGES.format("pg_stat_get_xact_blocks_fetched"), PAGES.format("pg_stat_get_blocks_fetched")


@pytest.fixture(scope="module", params=oldest_and_newest(), ids=str)
def filled(request) -> Iterator:
    """A server with two databases, `few` and `many`, whose tables hold as many rows."""
    with server_of(request.param) as server:
        for name, rows in (("few", FEW), ("many", MANY)):
            with server.connect() as admin:
                admin.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
            with server.connect(name) as session:
                session.execute(before())
                session.execute(FILL.format(n=rows))
                session.execute("VACUUM ANALYZE")
        yield server


class Measured:
    """What one case did: of each statement the pages that it touched, and what was blocked meanwhile."""

    def __init__(self, server, template: str, sql: str) -> None:
        self.pages: list[int] = []
        self.blocked: list[set[str]] = []
        with _copy(server, template) as name, server.connect(name) as session, server.connect(name) as other:
            self._session, self._other = session, other
            self._known = {oid: (kind, table) for oid, kind, table in other.execute(KINDS)}
            for statement in parse(Source(sql))[0]:
                if statement.control or statement.tag in {"SET", "RESET"}:
                    session.execute(statement.sql)
                    self._note(0, set())
                elif session.info.transaction_status is TransactionStatus.INTRANS:
                    self._inside(statement.sql)
                elif refused(statement) or statement.tag == "VACUUM":
                    self._alone(statement.sql)
                else:
                    session.execute("BEGIN")
                    try:
                        self._inside(statement.sql)
                    except psycopg.errors.InvalidTransactionTermination:  # a procedure that commits
                        session.execute("ROLLBACK")
                        self._alone(statement.sql)
                    else:
                        session.execute("COMMIT")

    def _note(self, pages: int, blocked: set[str]) -> None:
        self.pages.append(max(0, pages))
        self.blocked.append(blocked)

    def _inside(self, sql: str) -> None:
        start = self._session.execute(PAGES_INSIDE).fetchone()[0]
        self._session.execute(sql)
        end = self._session.execute(PAGES_INSIDE).fetchone()[0]
        self._note(end - start, self._blocks(self._session))

    def _alone(self, sql: str) -> None:
        start = self._flushed()
        seen, over = set[str](), threading.Event()

        def look() -> None:
            while not over.is_set():
                # REINDEX CONCURRENTLY locks the old index at its end, when nothing uses it any more.
                seen.update(self._blocks(self._other, kinds={"r", "p", "m"}))

        thread = threading.Thread(target=look)
        thread.start()
        try:
            self._session.execute(sql)
        finally:
            over.set()
            thread.join()
        self._note(self._flushed() - start, seen)

    def _flushed(self) -> int:
        self._session.execute("SELECT pg_stat_force_next_flush()")
        return self._other.execute(PAGES_EVER).fetchone()[0]

    def _blocks(self, session, kinds=frozenset({"r", "p", "m", "i", "I"})) -> set[str]:
        """`reads` and `writes`: what the locks on what was there before make others wait for."""
        strongest: dict[int, str] = {}
        for relation, mode in session.execute(LOCKS, [self._session.info.backend_pid]).fetchall():
            kind, table = self._known.get(relation, ("", 0))
            if mode not in BLOCKING or kind not in kinds:
                continue
            if mode == "AccessExclusiveLock":
                strongest[table] = "reads"
            elif self._known.get(table, ("", 0))[0] != "m":  # nobody writes to a materialized view
                strongest.setdefault(table, "writes")
        return set(strongest.values())


@contextmanager
def _copy(server, template: str) -> Iterator[str]:
    with server.connect() as admin:
        admin.execute(SQL("CREATE DATABASE one_case TEMPLATE {}").format(Identifier(template)))
    try:
        yield "one_case"
    finally:
        with server.connect() as admin, suppress(psycopg.Error):
            admin.execute("DROP DATABASE one_case WITH (FORCE)")


CASES = list(every_case())


@pytest.mark.parametrize("theme", sorted({case.theme for case in CASES}))
def test_what_is_expected_is_what_a_server_shows(filled, theme):
    wrong = {}
    for case in (case for case in CASES if case.theme == theme):
        codes = {code for code, _ in case.expected}
        shown = {name for name, code in (("reads", "ON01"), ("writes", "ON02")) if code in codes}
        unseen = {line for code, line in case.expected if code == "ON10"}
        seen = [statement.position.line not in unseen for statement in parse(Source(case.sql))[0]]
        few, hazards = Measured(filled, "few", case.sql), set()
        for _ in range(TRIES):
            many = Measured(filled, "many", case.sql)
            for less, more, blocked, counts in zip(few.pages, many.pages, many.blocked, seen, strict=True):
                hazards |= blocked if counts and more - less > GROWTH else set()
            if hazards >= shown:
                break
        if hazards != shown:
            wrong[case.name] = (hazards, shown, few.pages, many.pages, many.blocked)
    assert not wrong, "\n".join(f"{name}: {what}" for name, what in wrong.items())
