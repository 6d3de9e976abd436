"""What a contract says of a row and what Postgres does with it: both are asked, of many tables and many rows."""

from __future__ import annotations

import json
import struct
from contextlib import contextmanager
from decimal import Decimal
from itertools import product
from pathlib import Path

import jsonschema
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from machine import replay
from pytest_ctb.contracts import RowValidator, dump, parse_contract, table_contracts
from pytest_ctb.contracts.row_validator import read_row
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.replay.witness.catalog import snapshot

ROOT = Path(__file__).parent.parent
TYPES = """
CREATE SCHEMA s;
CREATE TYPE s.mood AS ENUM ('sad', 'ok', 'it''s');
CREATE DOMAIN s.pos AS integer CHECK (VALUE > 0);
CREATE DOMAIN s.code AS varchar(4) NOT NULL CHECK (VALUE IN ('a', 'b', 'abcd')) CHECK (char_length(VALUE) < 4);
CREATE DOMAIN s.small AS s.pos DEFAULT 3 CHECK (VALUE < 10);
CREATE TYPE s.pair AS (a integer, "B c" varchar(2));
"""
WHOLE = [
    "{0} > 0",
    "{0} BETWEEN -3 AND 7",
    "{0} IN (1, 2, -5)",
    "{0} <> 4",
    "{0} IS NULL OR {0} >= 3",
    "{0} = 1 OR {0} = 2",
    "{0} NOT IN (0, 1)",
    "0 < {0}",
    "{0} IS DISTINCT FROM 3",
]
NUMBER = [*WHOLE, "{0} >= 0.5 AND {0} < 99.5", "{0} < 'Infinity'", "{0} = 0.5"]
TEXT = [
    "{0} IN ('a', 'b', '')",
    "{0} <> 'a'",
    "char_length({0}) <= 3",
    "length({0}) > 1",
    "{0} ~ '^[A-Z]{{2}}$'",
    r"{0} ~ '^\d+$'",
    "{0} = 'a' OR {0} = 'B'",
    "{0} LIKE 'a%'",
    "NOT ({0} IN ('b', 'c'))",
    "{0} ~ '^[a-z ]*$' AND char_length({0}) < 3",
]
COLUMNS = {
    "smallint": WHOLE,
    "integer": WHOLE,
    "bigint": WHOLE,
    "numeric": NUMBER,
    "numeric(5,2)": NUMBER,
    "numeric(3,0)": NUMBER,
    "numeric(20,10)": NUMBER,
    "real": [*NUMBER, "{0} > 0.1"],
    "double precision": NUMBER,
    "text": TEXT,
    "varchar(3)": TEXT,
    "varchar": TEXT,
    "char(2)": TEXT,
    "boolean": ["{0}", "NOT {0}", "{0} = true"],
    "uuid": [],
    "date": ["{0} > '2020-01-01'"],
    "timestamp": [],
    "timestamptz": [],
    "time": [],
    "timetz": [],
    "jsonb": [],
    "json": [],
    "bytea": [],
    "integer[]": [],
    "varchar(2)[]": [],
    "s.mood[]": [],
    "date[]": [],
    "s.mood": ["{0} IN ('sad', 'ok')", "{0} <> 'ok'"],
    "s.pos": WHOLE,
    "s.code": [],
    "s.small": [],
    "s.pair": [],
    "bit(3)": [],
    "varbit(2)": [],
    "inet": [],
    "cidr": [],
    "macaddr": [],
    "interval": [],
    "int4range": [],
    'text COLLATE "C"': TEXT,
}
TAILS = ["", " NOT NULL", " NOT NULL DEFAULT NULL", " DEFAULT NULL"]
float4 = st.floats(width=32).map(lambda one: struct.unpack("f", struct.pack("f", one))[0])
TEXTS = st.sampled_from([
    "", "a", "b", "B", "AB", "AB\n", "abc", "abcd", "a ", "ä€", "😀😀😀", "12", "sad", "ok", "it's", "NaN", "Infinity", "-Infinity", "infinity", "-infinity",
    "2025-02-28", "2025-02-30", "2024-02-29", "10000-01-01", "0044-03-15 BC", "0001-02-29 BC", "0002-02-29 BC", "4714-11-24 BC", "4713-11-24 BC", "4712-11-24 BC",
    "5874897-12-31", "5874898-01-01", "0000-01-01", "2025-1-1", "tomorrow",
    "2025-10-23T12:00:00", "2025-10-23T12:00:60", "2025-10-23T24:00:00", "2025-10-23T12:00:00.123456", "2025-10-23T12:00:00Z", "2025-10-23T12:00:00+16:00",
    "2025-10-23T12:00:00-15:59", "2025-10-23T12:00:00.123456789+02:00", "0044-03-15T00:00:00+00:53:28 BC", "0044-03-15T00:00:00 BC", "294276-12-31T23:59:59", "294277-01-01T00:00:00",
    "294276-12-31T23:59:59+00:00", "2025-02-29T12:00:00+00:00", "12:00:00", "24:00:00", "24:00:01", "12:00", "12:00:00+02", "12:00:00-15:30", "12:00:00+16",
    "6f1c1a0e-9c1b-4b3e-8f5e-0123456789ab", "6F1C1A0E-9C1B-4B3E-8F5E-0123456789AB", "{6f1c1a0e9c1b4b3e8f5e0123456789ab}", "6f1c1a0e-9c1b-4b3e-8f5e-0123456789ab\n",
    "\\x", "\\x00ff", "\\x0", "101", "10", "1011", "10.0.0.1", "10.0.0.1/8", "10.0.0.0/8", "::1", "fe80::1%eth0", "::ffff:1.2.3.4", "010.0.0.1", "08:00:2b:01:02:03", "1 day", "[1,3)", "empty",
])  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-10, 12),
    st.sampled_from([32767, 32768, -32769, 2**31 - 1, 2**31, -(2**31) - 1, 2**63 - 1, 2**63, 999, 1000, -999]),
    st.sampled_from(["0.5", "1.0", "0.25", "999.99", "999.995", "1000.00", "1e2", "1e39", "1e308", "1e309", "9999999999.9999999999", "3.4028235e38", "3.4028236e39", "0.001", "-0.5", "99.5"]).map(Decimal),
    float4.filter(lambda one: abs(one) < 1e40 and (one == 0 or abs(one) > 1e-30)).map(lambda one: Decimal(repr(one))),
)  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), NUMBERS, TEXTS, st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4),
    st.lists(st.one_of(st.none(), NUMBERS, TEXTS), max_size=3), st.just([[1, 2], [3, 4]]), st.just({}), st.just({"a": 1, "B c": "xy"}),
    st.just({"a": None, "B c": "xyz"}), st.just({"a": "x", "B c": None}),
)  # fmt: skip


def as_json(row) -> str:
    """A row as JSON, its numbers as they are."""
    return dump(row).replace("\n", " ")


@st.composite
def _tables(draw):
    columns, checks = [], []
    for number in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(sorted(COLUMNS)))
        name = f"c{number}" if number else 'Odd "n'
        columns.append((name, kind, draw(st.sampled_from(TAILS))))
        if COLUMNS[kind] and draw(st.booleans()):
            quoted = '"' + name.replace('"', '""') + '"'
            checks.append(draw(st.sampled_from(COLUMNS[kind])).format(quoted))
    return columns, checks


@st.composite
def _rows(draw, columns):
    """Rows that mostly have each column, with values of all sorts."""
    names = [name for name, *_ in columns]
    return draw(st.dictionaries(st.sampled_from(names), VALUES, min_size=len(names) - 1))


@pytest.fixture(scope="module")
def connection(server):
    with server.login() as own:
        own.autocommit = False
        own.execute(TYPES)
        yield own
        own.rollback()


@contextmanager
def held(connection):
    """What is done inside is taken back."""
    with connection.transaction(force_rollback=True):
        yield


def accepted(connection, table: tuple[str, str], types: dict[str, str], row):
    """What is there when the row was inserted, as `to_jsonb` writes it; or the error that refused it."""
    if not row.keys() <= types.keys():
        return None, "42703"
    named = [sql.Identifier(name) for name in row]
    typed = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(types[name])) for name in row]
    into = sql.Identifier(*table)
    values = sql.SQL("({}) SELECT {} FROM jsonb_to_record(%s) AS r ({})").format(
        sql.SQL(", ").join(named), sql.SQL(", ").join(named), sql.SQL(", ").join(typed)
    )
    insert = sql.SQL("INSERT INTO {} {} RETURNING to_jsonb({}.*)::text").format(
        into, values if row else sql.SQL("DEFAULT VALUES"), sql.Identifier(table[1])
    )
    try:
        with connection.transaction(force_rollback=True):
            text = connection.execute(insert, [as_json(row)] if row else []).fetchone()[0]
    except psycopg.Error as error:
        return None, error.sqlstate
    return json.loads(text, parse_float=Decimal), ""


def _is_nested(column, value) -> bool:
    return "items" in column and isinstance(value, list) and any(isinstance(one, list) for one in value)


def both(contract) -> tuple[RowValidator, RowValidator]:
    """Who looks at rows before they are written, and who reads them."""
    return RowValidator(contract), RowValidator(contract, reading=True)


def agree(connection, contract, types, row, rows) -> str:
    """Both say the same of a row, but for what the contract says that it does not tell. Gives what became of it."""
    table = tuple(contract["x-table"].split(".", 1))
    there, refused = accepted(connection, table, types, row)
    told = list(rows[0].messages(read_row(as_json(row).encode())))
    if there is not None and any(_is_nested(contract["properties"][name], value) for name, value in there.items()):
        assert told, "lists of lists are left out of the contracts"
        return "accepted"
    if there is not None:
        again = list(rows[1].messages(there))
        assert not again, f"Postgres holds this row, and the contract refuses it: {there} {again}"
        if told:
            assert any(name not in there or there[name] != value or type(there[name]) is not type(value) for name, value in row.items()), (
                f"the row is written as Postgres writes it, and the contract refuses it: {row} {told}"
            )  # fmt: skip
        return "accepted"
    untold = contract.get("$comment", "").splitlines()[1:]
    open_check = refused == "23514" and any("CHECK" in line or "domain" in line for line in untold)
    open_type = refused[:2] == "22" and any(": what " in line for line in untold)
    elsewhere = refused in {"23505", "23503", "23P01"}
    assert told or open_check or open_type or elsewhere, f"Postgres refuses this row ({refused}): {row}"
    return refused


def typed(connection, table: str) -> dict[str, str]:
    query = (
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    )  # fmt: skip
    return dict(connection.execute(query, [table]).fetchall())


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(table=_tables(), data=st.data())
def test_postgres_and_the_contract_agree(connection, table, data):
    columns, checks = table
    with held(connection):
        parts = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind + tail)) for name, kind, tail in columns]
        parts += [sql.SQL("CHECK ({})").format(sql.SQL(check)) for check in checks]
        connection.execute(sql.SQL("CREATE TABLE s.t ({})").format(sql.SQL(", ").join(parts)))
        contract = table_contracts(snapshot(connection, ""))["s.t"]
        assert parse_contract(dump(contract)) == contract
        jsonschema.Draft202012Validator.check_schema(json.loads(dump(contract)))
        types, rows = typed(connection, "s.t"), both(contract)
        for row in data.draw(st.lists(_rows(columns), min_size=8, max_size=8)):
            agree(connection, contract, types, row, rows)


def _good(column) -> list:
    """Values of a column that its contract has in mind."""
    kinds = column.get("type", ["object"])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    by_kind = {"integer": [1, 5], "number": [1, Decimal("0.5")], "string": ["a", "a@x.org", "2025-10-23", "2025-10-23T12:00:00+00:00", "https://x.org"],
               "boolean": [True], "array": [["a"], [1]], "object": [{"a": 1}], "null": [None]}  # fmt: skip
    return list(column.get("enum", [])) + [value for kind in kinds for value in by_kind[kind]]


def _base(own, contract, types):
    """A row that is accepted: what must be there; and one thing more, where a CHECK is about several columns."""
    partial = RowValidator({**contract, "required": []})
    fitting = {
        column: [one for one in _good(told) if not list(partial.messages({column: one}))]
        for column, told in contract["properties"].items()
    }
    every = [
        dict(zip(contract["required"], values, strict=True))
        for values in product(*(fitting[one] for one in contract["required"]))
    ]
    tried = [
        *every,
        *({**must, column: value} for must in every for column, values in fitting.items() for value in values),
    ]
    table = tuple(contract["x-table"].split("."))
    return next(one for one in tried if not accepted(own, table, types, one)[1])


def test_every_table_of_this_repository(server):
    """With one column at a time that is not as the others: what Postgres takes, and what it does not."""
    suite = load_suite(ROOT, [ROOT / "migrations"], [ROOT / "infra/neon.sql"], ROOT / "rules")
    every = table_contracts(replay(suite.repository, server, trials=()).schema)
    fared = set()
    with server.login() as own:
        own.autocommit = False
        own.execute((ROOT / "infra/neon.sql").read_text("utf-8").replace("BEGIN;", "").replace("COMMIT;", ""))
        for name, contract in every.items():
            jsonschema.Draft202012Validator.check_schema(json.loads(dump(contract)))

            types = typed(own, name)
            with own.transaction(force_rollback=True):
                for line in own.execute(
                    "SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint WHERE contype = 'f'"
                ).fetchall():
                    own.execute(f"ALTER TABLE {line[0]} DROP CONSTRAINT {line[1]}")
                if own.execute("SELECT relkind FROM pg_class WHERE oid = %s::regclass", [name]).fetchone()[0] == "p":
                    own.execute(f"CREATE TABLE {name}_rest PARTITION OF {name} DEFAULT")
                rows = both(contract)
                base = _base(own, contract, types)
                for column in contract["properties"]:
                    odd = [None, True, 7, 10**12, Decimal("0.123"), "x" * 3000, "nowhere", "2025-02-30", [1], {}]
                    for value in [*_good(contract["properties"][column]), *odd]:
                        fared.add(agree(own, contract, types, {**base, column: value}, rows))
                    fared.add(
                        agree(own, contract, types, {key: value for key, value in base.items() if key != column}, rows)
                    )
        own.rollback()
    assert {"accepted", "23502", "23514", "22P02", "22003"} <= fared
