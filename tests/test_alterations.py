"""A trace tells what exactly a statement altered, and a lock who else waits for it."""

from __future__ import annotations

import pytest

from machine import kinds_of_server, server_of, traces_of_last
from pytest_ctb.model import Alteration, Key

SHOP = """
CREATE TABLE item (id bigint PRIMARY KEY, name text DEFAULT 'x', price numeric(8, 2) NOT NULL);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER checked BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION f();
ALTER TABLE item ADD CONSTRAINT positive CHECK (price > 0) NOT VALID;
CREATE TYPE mood AS ENUM ('sad', 'calm');
CREATE DOMAIN code AS int;
CREATE SEQUENCE counter;
CREATE TABLE part (id int DEFAULT nextval('counter'), item bigint REFERENCES item, twice int GENERATED ALWAYS AS (1 + 1) STORED);
CREATE TABLE day (id int, at date) PARTITION BY RANGE (id);
CREATE TABLE day_1 PARTITION OF day FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (id);
CREATE TABLE day_1_a PARTITION OF day_1 FOR VALUES FROM (0) TO (5);
CREATE VIEW dear AS SELECT id FROM item WHERE price > 9;
CREATE VIEW dearest AS SELECT id FROM dear LIMIT 1;
CREATE VIEW days AS SELECT * FROM day;
CREATE MATERIALIZED VIEW kept AS SELECT id FROM item;
"""


@pytest.fixture(scope="module", params=kinds_of_server(), ids=str)
def each(request):
    """A running server of the oldest and the newest major version, and one that gives no superuser."""
    with server_of(request.param) as started:
        yield started


def traced(server, text, before=SHOP, **options):
    """The traces of a file behind `before`."""
    return traces_of_last(server, before, text, **options)


def column(name, what, old, new):
    return Alteration(Key("column", f"public.{name}"), what, old, new)


def constraint(name, what, old, new):
    return Alteration(Key("constraint", f"public.{name}"), what, old, new)


CASES = {
    "a default set": ("ALTER TABLE item ALTER price SET DEFAULT 1;", column("item.price", "default", None, "1")),
    "a default dropped": (
        "ALTER TABLE item ALTER name DROP DEFAULT;",
        column("item.name", "default", "'x'::text", None),
    ),
    "a default that goes by CASCADE": (
        "DROP SEQUENCE counter CASCADE;",
        column("part.id", "default", "nextval('public.counter'::regclass)", None),
    ),
    "NOT NULL set": ("ALTER TABLE item ALTER name SET NOT NULL;", column("item.name", "not null", None, "yes")),
    "NOT NULL dropped": ("ALTER TABLE item ALTER price DROP NOT NULL;", column("item.price", "not null", "yes", None)),
    "NOT NULL by a key": (
        "ALTER TABLE day_1_a ALTER at SET STATISTICS 0;",
        column("day_1_a.at", "statistics", None, "0"),
    ),
    "a type changed": (
        "ALTER TABLE part ALTER item TYPE int;",
        column("part.item", "type", "bigint", "integer"),
    ),
    "a trigger disabled": (
        "ALTER TABLE item DISABLE TRIGGER checked;",
        Alteration(Key("trigger", "public.item.checked"), "enabled", "yes", None),
    ),
    "a trigger for replicas": (
        "ALTER TABLE item ENABLE REPLICA TRIGGER checked;",
        Alteration(Key("trigger", "public.item.checked"), "enabled", "yes", "REPLICA"),
    ),
    "a constraint validated": (
        "ALTER TABLE item VALIDATE CONSTRAINT positive;",
        constraint("item.positive", "validated", None, "yes"),
    ),
    "a constraint added": (
        "ALTER TABLE item ADD CONSTRAINT named CHECK (name <> '') NOT VALID;",
        constraint("item.named", "constraint", None, "CHECK"),
    ),
    "a constraint deferrable": (
        "ALTER TABLE part ALTER CONSTRAINT part_item_fkey DEFERRABLE;",
        constraint("part.part_item_fkey", "deferrable", None, "yes"),
    ),
    "a column added": ("ALTER TABLE item ADD COLUMN n int;", column("item.n", "column", None, "integer")),
    "a value added": (
        "ALTER TYPE mood ADD VALUE 'happy';",
        Alteration(Key("type", "public.mood"), "value", None, "happy"),
    ),
    "a value renamed": (
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';",
        Alteration(Key("type", "public.mood"), "value", "sad", "blue"),
    ),
    "a domain's default": (
        "ALTER DOMAIN code SET DEFAULT 4;",
        Alteration(Key("type", "public.code"), "default", None, "4"),
    ),
    "a domain's constraint": (
        "ALTER DOMAIN code ADD CONSTRAINT c CHECK (VALUE > 0);",
        constraint("code.c", "constraint", None, "CHECK"),
    ),
    "row level security": (
        "ALTER TABLE item ENABLE ROW LEVEL SECURITY;",
        Alteration(Key("table", "public.item"), "row level security", None, "yes"),
    ),
    "an option of an index": (
        "ALTER INDEX item_pkey SET (fillfactor = 50);",
        Alteration(Key("index", "public.item_pkey"), "options", None, "fillfactor=50"),
    ),
    "a step of a sequence": (
        "ALTER SEQUENCE counter INCREMENT 7;",
        Alteration(Key("sequence", "public.counter"), "increment", "1", "7"),
    ),
    "a generated column's expression": (
        "ALTER TABLE part ALTER twice DROP EXPRESSION;",
        column("part.twice", "generated", "STORED", None),
    ),
}


@pytest.mark.parametrize("how", ["{}", "DO $do$ BEGIN EXECUTE $x${}$x$; END $do$;", "BEGIN;\nSELECT 1;\n{}\nCOMMIT;"])
@pytest.mark.parametrize("name", CASES)
def test_what_exactly_was_altered(each, name, how):
    """Also by dynamic SQL, and inside of a transaction."""
    text, expected = CASES[name]
    told = [change for trace in traced(each, how.replace("{}", text)) for change in trace.alterations]
    assert expected in told
    assert len({change.what for change in told}) == (2 if expected.what == "generated" else 1), told


def test_one_statement_may_alter_much(each):
    (trace,) = traced(each, "ALTER TABLE item ALTER name SET DEFAULT 'y', ALTER price DROP NOT NULL, ADD COLUMN n int;")
    assert set(trace.alterations) == {
        column("item.name", "default", "'x'::text", "'y'::text"),
        column("item.price", "not null", "yes", None),
        column("item.n", "column", None, "integer"),
    }


def test_each_statement_is_told_with_its_own_alterations(each):
    """From what the one before has left, also behind a savepoint that was gone back to."""
    traces = traced(
        each,
        "BEGIN;\nALTER TABLE item ALTER name SET DEFAULT 'a';\nSAVEPOINT s;\nALTER TABLE item ALTER name SET DEFAULT 'b';\n"
        "ROLLBACK TO s;\nALTER TABLE item ALTER name SET DEFAULT 'c';\nCOMMIT;\nALTER TABLE item ALTER name DROP DEFAULT;",
    )
    words = {trace.line: [(change.old, change.new) for change in trace.alterations] for trace in traces}
    assert {line: changes for line, changes in words.items() if changes} == {
        2: [("'x'::text", "'a'::text")],
        4: [("'a'::text", "'b'::text")],
        6: [("'a'::text", "'c'::text")],
        8: [("'c'::text", None)],
    }


def test_what_was_rolled_back_is_no_before(each):
    traces = traced(
        each,
        "BEGIN;\nALTER TABLE item ALTER name SET DEFAULT 'a';\nROLLBACK;\nALTER TABLE item ALTER name SET DEFAULT 'b';",
    )
    assert traces[-1].alterations == (column("item.name", "default", "'x'::text", "'b'::text"),)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE INDEX ON item (name);",
        "CREATE TABLE fresh (id int);\nALTER TABLE fresh ADD COLUMN n int;",
        "COMMENT ON TABLE item IS 'x';",
        "GRANT SELECT ON item TO PUBLIC;",
        "ALTER TABLE item RENAME TO thing;",
        "ALTER TABLE item RENAME name TO title;",
        "ALTER TABLE item ADD COLUMN IF NOT EXISTS name text;",
        "ALTER TABLE item ALTER name SET DEFAULT 'x';",
        "ALTER TABLE item DROP COLUMN name;",
        "DO $$ BEGIN BEGIN ALTER TABLE item ALTER name DROP DEFAULT; RAISE 'no'; EXCEPTION WHEN OTHERS THEN NULL; END; END $$;",
        "INSERT INTO item VALUES (1, 'a', 2);",
        "CREATE OR REPLACE VIEW dear AS SELECT id FROM item WHERE price > 10;",
    ],
)
def test_what_alters_no_property_is_told_so(each, text):
    assert [change for trace in traced(each, text) for change in trace.alterations] == []


def test_the_role_that_we_made_up_is_named_nowhere(each):
    before = f"{SHOP}CREATE ROLE clerk;\nGRANT clerk TO CURRENT_USER;\nGRANT CREATE ON SCHEMA public TO clerk;"
    if not each.superuser:
        return
    (trace,) = traced(each, "ALTER TABLE item OWNER TO clerk;", before=before)
    changes = {change for change in trace.alterations if change.key.kind == "table"}
    assert changes == {Alteration(Key("table", "public.item"), "owner", "owner", "clerk")}


# --- Who else waits for a lock ----------------------------------------------------------------------------------------


def readers(traces, relation):
    """The views and the parents of the locks on a relation."""
    locks = [lock for trace in traces for lock in trace.locks if lock.relation == relation]
    assert locks
    return {(lock.views, lock.parents) for lock in locks if lock.views or lock.parents}


VIEWS = ("public.dear", "public.dearest")


@pytest.mark.parametrize(
    ("text", "relation", "expected"),
    [
        ("ALTER TABLE item ADD COLUMN n int;", "public.item", {(VIEWS, ())}),
        ("CREATE INDEX ON item (name);", "public.item", {(VIEWS, ())}),
        ("REINDEX INDEX item_pkey;", "public.item_pkey", {(VIEWS, ())}),
        (
            "BEGIN;\nALTER TABLE day_1_a SET (fillfactor = 50);\nLOCK TABLE day_1_a;\nCOMMIT;",
            "public.day_1_a",
            {(("public.days",), ("public.day", "public.day_1"))},
        ),
        ("BEGIN;\nLOCK TABLE ONLY day;\nCOMMIT;", "public.day", {(("public.days",), ())}),
        ("VACUUM FULL item;", "public.item", {(VIEWS, ())}),
        ("UPDATE item SET price = 3;", "public.item", set()),
        ("BEGIN;\nLOCK TABLE part;\nCOMMIT;", "public.part", set()),
        ("BEGIN;\nCREATE VIEW late AS SELECT * FROM part;\nLOCK TABLE part;\nCOMMIT;", "public.part", set()),
    ],
)
def test_who_else_waits_for_a_lock(each, text, relation, expected):
    """Whoever reads a view reads its tables, and whoever reads a partitioned table its partitions."""
    assert readers(traced(each, text), relation) == expected
