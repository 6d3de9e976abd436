"""What the cases say of ON06 and ON07 is no opinion: an application written down by hand is sent to a server beside each.

It knows the tables of `before.sql` and has values that suit the cases. Whatever it could send before a case and cannot
send after it, is broken; and a plan that it keeps is stale where the server says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from machine import oldest_and_newest, server_of
from online_cases import THEMES, before, cases
from pytest_ctb.model import Source
from pytest_ctb.postgres import Server
from pytest_ctb.sql import parse

OWN = ["application", "plans"]
"""The files of cases about ON06 and ON07."""
FILL = """
INSERT INTO shop.customers VALUES (1, 'a@shop', 'note', 'x'), (2, 'b@shop', 'note', 'x');
INSERT INTO shop.orders VALUES (1, 1, 'open', 100, 'c1', '2024-01-01', 'x'), (2, 2, 'done', 101, 'c2', '2024-01-01', 'x');
INSERT INTO shop.items VALUES (1, 2, 1, 'x');
INSERT INTO shop.events VALUES (1, '2024-01-01', 'k', 'x');
INSERT INTO shop.events_2025 VALUES (1, '2025-01-01', 'k', 'x');
INSERT INTO shop.logs VALUES (1, 'line', 'x');
INSERT INTO shop.logs_web VALUES (1, 'line', 'x', 'url');
INSERT INTO shop.settings VALUES ('x1', 'x', 'x');
INSERT INTO shop.moods VALUES (1, 'good', 'x');
INSERT INTO shop.numbered VALUES (1, 'x');
REFRESH MATERIALIZED VIEW shop.daily;
"""
ROWS = {
    "customers": {"id": "9::bigint", "email": "'z@shop'::varchar", "note": "'n'::text", "filler": "'f'::varchar"},
    "orders": {
        "id": "9::bigint", "customer_id": "1::bigint", "status": "'open'::varchar", "total": "102::int", "code": "'c'::varchar",
        "placed": "'2024-02-02'::timestamp", "filler": "'f'::varchar",
    },
    "items": {"id": "9::bigint", "order_id": "1::bigint", "amount": "1::int", "filler": "'f'::varchar"},
    "events": {"id": "9::bigint", "at": "'2024-03-03'::date", "kind": "'k'::varchar", "filler": "'f'::varchar"},
    "events_2025": {"id": "9::bigint", "at": "'2025-03-03'::date", "kind": "'k'::varchar", "filler": "'f'::varchar"},
    "logs": {"id": "9::bigint", "line": "'l'::text", "filler": "'f'::varchar"},
    "logs_web": {"id": "9::bigint", "line": "'l'::text", "filler": "'f'::varchar", "url": "'u'::text"},
    "settings": {"key": "'x9'::text", "value": "'x'::text", "filler": "'f'::varchar"},
    "moods": {"id": "9::bigint", "mood": "'good'", "filler": "'f'::varchar"},
    "numbered": {"id": "9::bigint", "filler": "'f'::varchar"},
    "open_orders": {"id": "9::bigint", "customer_id": "1::bigint", "status": "'open'::varchar"},
}  # fmt: skip
"""A row of each table, its first column what a row is found by; the types are those that a driver sends."""
READ_ONLY = {"vip": ("id", "email"), "doubled": ("id", "total"), "daily": ("id", "status")}
THERE = {"settings": "'x1'::text"}
"""What finds a row that is there."""
CONFLICTS = {"customers": ("id", "email"), "orders": ("id",), "items": ("id",), "settings": ("key",), "moods": ("id",)}
REQUIRED = {"items": {"amount"}, "open_orders": {"id"}}
"""Beside the primary keys."""
CALLS = [
    "SELECT shop.double(1::int)",
    "SELECT 'good'::shop.mood, 'bad'::shop.mood",
    "INSERT INTO shop.doubled (id) VALUES (9::bigint)",
]
OF_THE_ROWS = ("no partition of relation", "violates partition constraint", "violates foreign key constraint")
"""Which partition a row goes to, and which rows refer to each other, is a matter of the rows."""


def _selects() -> Iterator[str]:
    for table, columns in {**ROWS, **READ_ONLY}.items():
        yield f"SELECT {', '.join(columns)} FROM shop.{table}"


def _writes() -> Iterator[str]:
    for table, row in ROWS.items():
        first = next(iter(row))
        required = {*CONFLICTS.get(table, ())[:1], *REQUIRED.get(table, ())}
        for left_out in (None, *(column for column in row if column not in required)):
            yield _insert(table, {name: value for name, value in row.items() if name != left_out})
        for column in CONFLICTS.get(table, ()):
            yield f"{_insert(table, row)} ON CONFLICT ({column}) DO NOTHING"
        for column, value in list(row.items())[1:]:
            yield f"UPDATE shop.{table} SET {column} = {value} WHERE {first} = {THERE.get(table, '1::bigint')}"
        yield f"DELETE FROM shop.{table} WHERE {first} = {THERE.get(table, '1::bigint')}"


def _insert(table: str, row: dict[str, str]) -> str:
    return f"INSERT INTO shop.{table} ({', '.join(row)}) VALUES ({', '.join(row.values())})"


SENT = [*_selects(), *_writes(), *CALLS]
PLANS = [sent for sent in SENT if sent.startswith("SELECT")]


def _failing(session: psycopg.Connection) -> dict[str, str]:
    """What fails of all that the application sends, and how; nothing of it stays."""
    failing = {}
    with session.transaction(force_rollback=True):
        for sent in SENT:
            try:
                with session.transaction(force_rollback=True):
                    session.execute(sent)
            except psycopg.Error as error:
                if not any(message in str(error) for message in OF_THE_ROWS):
                    failing[sent] = str(error)
    return failing


def _stale(session: psycopg.Connection) -> set[str]:
    """The plans that the server refuses to go on with."""
    stale = set()
    for number, select in enumerate(PLANS):
        try:
            session.execute(f"EXECUTE plan_{number}")
        except psycopg.errors.FeatureNotSupported:
            stale.add(select)
        except psycopg.Error:
            continue
    return stale


@contextmanager
def _in_use(kind) -> Iterator[Server]:
    """A server with a database in which the application works."""
    with server_of(kind) as server:
        with server.connect() as admin:
            admin.execute("CREATE DATABASE shop")
        with server.connect("shop") as session:
            session.execute(before())
            session.execute(FILL)
            assert _failing(session) == {}
        yield server


@pytest.fixture(scope="module", params=oldest_and_newest(), ids=str)
def each(request):
    with _in_use(request.param) as server:
        yield server


@pytest.fixture(scope="module")
def newest():
    with _in_use(oldest_and_newest()[-1]) as server:
        yield server


@pytest.mark.parametrize("theme", OWN)
def test_what_is_expected_is_what_an_application_meets(each, theme):
    _meets_what_is_expected(each, theme)


@pytest.mark.parametrize("theme", sorted({*THEMES} - {*OWN}))
def test_so_it_is_with_the_cases_of_other_guidelines(newest, theme):
    _meets_what_is_expected(newest, theme)


def _meets_what_is_expected(server: Server, theme: str) -> None:
    wrong = {}
    for case in cases(theme):
        codes = {code for code, _ in case.expected}
        with server.connect() as admin:
            admin.execute("CREATE DATABASE one_case TEMPLATE shop STRATEGY FILE_COPY")
        try:
            with server.connect("one_case") as session:
                for number, select in enumerate(PLANS):
                    session.execute(f"PREPARE plan_{number} AS {select}")
                _apply(server, case.sql)
                stale, failing = _stale(session), _failing(session)
        finally:
            with server.connect() as admin:
                admin.execute("DROP DATABASE one_case WITH (FORCE)")
        if (bool(failing), bool(stale)) != ("ON06" in codes, "ON07" in codes):
            wrong[case.name] = (codes, failing, stale)
    assert not wrong, "\n".join(f"{name}: {what}" for name, what in wrong.items())


def _apply(server: Server, sql: str) -> None:
    with server.connect("one_case") as session:
        for statement in parse(Source(sql))[0]:
            session.execute(statement.sql)
