"""What the witness is asked about a table costs as much in a large database as in a small one."""

from __future__ import annotations

import json

import pytest

from machine import as_migrations, choice_of
from pytest_ctb.replay.session.databases import connect, database, migrating_role
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.witness.questions import questions
from pytest_ctb.replay.witness.witness import install, key_of

ONE = """
CREATE TYPE mood AS ENUM ('fine', 'tired');
CREATE TABLE one (id int PRIMARY KEY, mood mood NOT NULL DEFAULT 'fine', name text CHECK (name <> ''), at timestamptz);
CREATE VIEW of_one AS SELECT id, mood FROM one;
CREATE FUNCTION count_one() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM one';
"""
MANY = """
DO $$ BEGIN FOR n IN 1..{count} LOOP
    EXECUTE format('CREATE TABLE many_%s (id int PRIMARY KEY, one int REFERENCES many_%s, name text NOT NULL)', n, greatest(1, n - 1));
    EXECUTE format('CREATE INDEX ON many_%s (name)', n);
    EXECUTE format('CREATE VIEW of_many_%s AS SELECT id FROM many_%s', n, n);
END LOOP; END $$;
"""
SIZES = (20, 300)
ROOM = 20
"""Rows: a question may look through what belongs to no table."""
EXPLAINED = """
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_nested_statements = on;
SET auto_explain.log_analyze = on;
SET auto_explain.log_format = json;
SET client_min_messages = log;
"""
OF_ONE_ALONE = {"mark", "sequences", "limits", "probe"}
"""Those about what the transaction has done, which is nothing here."""
QUESTIONS = [name for name in questions(installed=True, version=180000) if name not in OF_ONE_ALONE]


def rows_in(plan: dict) -> float:
    """How many rows the nodes of a plan gave and left out."""
    left_out = sum(rows for name, rows in plan.items() if name.startswith("Rows Removed by"))
    rows = (plan["Actual Rows"] + left_out) * plan["Actual Loops"]
    return rows + sum(map(rows_in, plan.get("Plans", ())))


def rows_of(connection, question: str, values: dict[str, object]) -> float:
    """How many rows the plans of a question have when it is asked once more."""
    plans: list[str] = []

    def heard(notice):
        _, _, plan = notice.message_primary.partition("plan:\n")
        plans.append(plan)

    connection.execute(question, values).fetchall()
    connection.add_notice_handler(heard)
    connection.execute(question, values).fetchall()
    connection.remove_notice_handler(heard)
    return sum(rows_in(json.loads(plan)["Plan"]) for plan in plans)


def asked(connection) -> dict[str, float]:
    """Each question about one table, its view, its type and a function that names it."""
    (table, view, mood) = connection.execute(
        "SELECT 'one'::regclass::oid, 'of_one'::regclass::oid, 'mood'::regtype::oid"
    ).fetchone()
    values = {
        "free": {"schemas": ["public"], "names": ["one_more"]},
        "granted": {"tag": "GRANT", "transaction": "0", "names": ["one"]},
        "readers": {"relations": [table]}, "fillable": {"tables": [table]}, "versions": {"tables": [table]},
        "named": {
            "tables": [table, view], "relation_names": ["public.one"], "schema_names": [], "type_names": ["public.mood"],
            "function_names": ["public.count_one"], "own_names": ["one", "mood", "count_one"],
        },
        "sent_to": {"sent_names": ["public.one", "public.of_one"], "types": [23, 25, mood], "extensions": ["dblink"]},
        "properties": {"relations": [table, view], "types": [mood]},
        "columns": {"tables": [table], "kinds": ["r"]},
    }  # fmt: skip
    texts = questions(installed=True, version=connection.info.server_version)
    return {name: rows_of(connection, texts[name], values[name]) for name in QUESTIONS}


@pytest.fixture(scope="module")
def rows():
    """How many rows each question goes through in databases of both sizes."""
    read = {}
    with choice_of(18).offer.start() as server, migrating_role(server, "owner") as role:
        for size in SIZES:
            with database(server, f"of_{size}", role) as name, server.login(name) as admin:
                with connect(server, name) as installing:
                    install(installing, key_of(server.password), role)
                admin.execute(EXPLAINED)
                with Session(server, name, role, 60) as session:
                    session.apply(*as_migrations(ONE))
                    asked(admin)  # the server plans each question while there is little
                    session.apply(*as_migrations(MANY.format(count=size)))
                read[size] = asked(admin)
    return read


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_about_one_table_reads_no_more_where_there_are_more_tables(rows, name):
    small, large = (rows[size][name] for size in SIZES)
    assert large <= small + ROOM
