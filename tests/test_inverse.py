"""What `ctb new --from` derives takes the file back: judged by Postgres, which compares the schema with the one before."""

from __future__ import annotations

import re

import pytest

import sample
from pytest_ctb.cli import main
from pytest_ctb.model import Key, Source
from pytest_ctb.sql import inverse, parse

CHANGES = {
    "create a table and all that goes with it": """
        CREATE SCHEMA stock;
        CREATE TABLE stock.bin (id bigserial PRIMARY KEY, item bigint REFERENCES shop.item, full_at timestamptz);
        CREATE INDEX ON stock.bin (item);
        CREATE UNIQUE INDEX bin_full ON stock.bin (full_at);
        ALTER TABLE stock.bin ADD CHECK (id > 0), ALTER full_at SET DEFAULT now(), ENABLE ROW LEVEL SECURITY;
        CREATE POLICY everybody ON stock.bin USING (true);
        COMMENT ON TABLE stock.bin IS 'Where items lie';
        COMMENT ON COLUMN stock.bin.item IS 'What lies there';
        COMMENT ON SCHEMA stock IS 'What lies where';
        GRANT SELECT ON stock.bin TO PUBLIC;
        GRANT USAGE ON SCHEMA stock TO PUBLIC;
        INSERT INTO stock.bin (id) SELECT 1 WHERE NOT EXISTS (SELECT FROM stock.bin);
    """,
    "create views": """
        CREATE SEQUENCE stock.numbers;
        ALTER SEQUENCE stock.numbers INCREMENT BY 2;
        CREATE VIEW stock.empty AS SELECT * FROM stock.bin WHERE item IS NULL;
        CREATE MATERIALIZED VIEW stock.counted AS SELECT count(*) AS number FROM stock.bin;
        CREATE INDEX ON stock.counted (number);
        REFRESH MATERIALIZED VIEW stock.counted;
        CREATE TABLE stock.copied AS SELECT * FROM stock.bin;
        SELECT id INTO stock.chosen FROM stock.bin;
        CREATE STATISTICS stock.pairs (dependencies) ON item, full_at FROM stock.bin;
    """,
    "create types": """
        CREATE TYPE stock.state AS ENUM ('free', 'full');
        ALTER TYPE stock.state ADD VALUE 'locked';
        CREATE TYPE stock.size AS (width int, height int);
        CREATE TYPE stock.span AS RANGE (subtype = date);
        CREATE DOMAIN stock.code AS text CHECK (value ~ '^[A-Z]+$');
        COMMENT ON TYPE stock.state IS 'How it stands';
    """,
    "extend a type": "ALTER TYPE stock.size ADD ATTRIBUTE depth int;",
    "create functions": """
        CREATE FUNCTION stock.twice(number int, OUT doubled int, VARIADIC more timestamptz[] DEFAULT '{}')
            LANGUAGE sql AS 'SELECT number * 2';
        CREATE FUNCTION stock.twice(number text) RETURNS TABLE (doubled text) LANGUAGE sql AS 'SELECT number || number';
        CREATE PROCEDURE stock.clear() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM stock.bin; END $$;
        CREATE FUNCTION stock.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
        CREATE TRIGGER stamped BEFORE INSERT ON shop.item FOR EACH ROW EXECUTE FUNCTION stock.stamp();
        CREATE RULE kept AS ON DELETE TO stock.copied DO INSTEAD NOTHING;
        CREATE POLICY mine ON shop.item FOR SELECT USING (price > 0);
        COMMENT ON FUNCTION stock.twice(int, timestamptz[]) IS 'Twice as much';
    """,
    "alter tables": """
        ALTER TABLE shop.item ADD COLUMN size int DEFAULT 3, ADD weight numeric, ADD CONSTRAINT heavy CHECK (weight > 0);
        ALTER TABLE shop.item ALTER size SET NOT NULL;
        ALTER TABLE shop.item ALTER COLUMN name DROP NOT NULL;
        ALTER TABLE shop.item ADD UNIQUE (name, price);
        ALTER TABLE shop.item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        ALTER TABLE stock.copied ADD FOREIGN KEY (item) REFERENCES shop.item;
        ALTER TABLE stock.copied ADD CONSTRAINT copied_id UNIQUE (id);
        UPDATE shop.item SET weight = size;
        CREATE INDEX ON shop.item (size) WHERE weight IS NOT NULL;
        COMMENT ON TABLE shop.item IS 'What is sold';
        COMMENT ON COLUMN shop.item.size IS 'In millimetres';
    """,
    "create tables that need each other": """
        CREATE TABLE stock.a (id bigint PRIMARY KEY, b bigint);
        CREATE TABLE stock.b (id bigint PRIMARY KEY, a bigint REFERENCES stock.a);
        ALTER TABLE stock.a ADD FOREIGN KEY (b) REFERENCES stock.b;
    """,
    "create partitions": """
        CREATE TABLE stock.log (day date, what text) PARTITION BY RANGE (day);
        CREATE TABLE stock.log_2025 PARTITION OF stock.log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE TABLE stock.log_old (day date, what text);
        CREATE TABLE stock.parent (id bigint);
        CREATE TABLE stock.child () INHERITS (stock.parent);
    """,
    "alter partitions": """
        ALTER TABLE stock.log ATTACH PARTITION stock.log_old FOR VALUES FROM ('2020-01-01') TO ('2025-01-01');
        CREATE TABLE stock.log_2026 PARTITION OF stock.log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        ALTER TABLE stock.child NO INHERIT stock.parent;
    """,
    "grant this and that": """
        CREATE ROLE clerk;
        GRANT SELECT (id, name), INSERT ON shop.item TO clerk, PUBLIC;
        GRANT EXECUTE ON FUNCTION stock.twice(text) TO clerk;
        GRANT USAGE ON SCHEMA shop TO clerk;
        ALTER DEFAULT PRIVILEGES IN SCHEMA stock GRANT SELECT ON TABLES TO clerk;
    """,
    "rename this and that": """
        ALTER TABLE stock.copied RENAME TO kept;
        ALTER TABLE stock.kept RENAME COLUMN full_at TO since;
        ALTER TABLE stock.kept RENAME CONSTRAINT copied_id TO kept_id;
        ALTER VIEW stock.empty RENAME TO unused;
        ALTER INDEX stock.bin_full RENAME TO bin_since;
        ALTER SEQUENCE stock.numbers SET SCHEMA shop;
        ALTER TABLE stock.chosen SET SCHEMA shop;
    """,
    "create on a search path": """
        SET LOCAL search_path TO stock;
        CREATE TABLE found (id bigint);
        CREATE FUNCTION lost() RETURNS int LANGUAGE sql AS 'SELECT 1';
        ALTER TABLE bin ADD COLUMN found bigint;
    """,
    "create names to be quoted": """
        CREATE TABLE stock."Order" (id bigint, "Größe in mm" int, "select" text, "a""b" text);
        ALTER TABLE stock.bin ADD COLUMN "Order" bigint;
        CREATE INDEX "Größe?" ON stock.bin ("Order");
    """,
    "create temporary things": "CREATE TEMP TABLE scratch (id bigint); INSERT INTO scratch VALUES (1);",
    "index concurrently": """
        -- ctb:no-transaction: the table is in use
        CREATE INDEX CONCURRENTLY bin_item ON stock.bin (item, id);
    """,
}


def test_postgres_finds_the_schema_of_before(pytester, monkeypatch, capsys):
    sample.write(pytester.path)
    monkeypatch.chdir(pytester.path)
    for day, (words, sql) in enumerate(CHANGES.items(), 1):
        (pytester.path / "change.sql").write_text(re.sub("^ {8}", "", sql.strip(), flags=re.MULTILINE))
        with pytest.raises(SystemExit) as ended:
            main(["new", words, "--date", f"2025-11-{day:02}", "--from", "change.sql"])
        assert not ended.value.code, capsys.readouterr()
    written = [path for path in (pytester.path / "migrations").iterdir() if path.name > "2025-11"]
    for one in written:
        assert "WRITE ME" not in one.read_text(), one.read_text()
        assert "Rollback: none" not in one.read_text() or "temporary" in one.name
    assert len(written) == len(CHANGES)
    done = pytester.runpytest(
        # A child that inherits again has its columns for itself as well: a warning, for nothing brings that back.
        "--ctb", "--ctb-postgres", "embedded", "-q", "-W", "default::pytest_ctb.CtbWarning", "-k",
        "migrations and (rollback-restores or rollback-instructions or ctb-header or transaction)",
    )  # fmt: skip
    assert done.ret == 0, done.stdout.str()
    assert done.parseoutcomes()["passed"] == 4 * (len(CHANGES) + 2)
    assert "skipped" not in done.parseoutcomes()


UNKNOWN = [
    "UPDATE shop.item SET name = 'x'",
    "DELETE FROM shop.item",
    "INSERT INTO shop.item VALUES (1)",
    "MERGE INTO shop.item USING shop.item AS o ON true WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM shop.item RETURNING *) SELECT * FROM gone",
    "SELECT shop.tidy()",
    "CALL shop.tidy()",
    "DO $$ BEGIN DROP TABLE shop.item; END $$",
    "TRUNCATE shop.item",
    "DROP TABLE IF EXISTS shop.item",
    "ALTER TABLE shop.item DROP COLUMN IF EXISTS name",
    "ALTER TABLE shop.item ALTER name TYPE varchar",
    "ALTER TABLE shop.item ALTER name SET DEFAULT 'x'",
    "ALTER TABLE shop.item OWNER TO somebody",
    "ALTER TABLE shop.item VALIDATE CONSTRAINT heavy",
    "ALTER TABLE shop.item ADD CHECK (price > 0), ADD CHECK (price < 9)",
    "ALTER TYPE shop.state ADD VALUE IF NOT EXISTS 'x'",
    "ALTER SEQUENCE shop.numbers RESTART",
    "CREATE INDEX ON shop.item (lower(name))",
    "CREATE SCHEMA x CREATE TABLE y (id int)",
    "CREATE CAST (shop.state AS int) WITHOUT FUNCTION",
    "COPY shop.item FROM stdin;\n1\n\\.\n",
]


@pytest.mark.parametrize("sql", UNKNOWN)
def test_what_only_the_author_knows_is_not_guessed(sql):
    statements, _ = parse(Source(sql))
    assert statements[0].tag
    assert [one.sql for one in inverse(statements)] == [""]


def test_a_routine_or_view_of_another_file_is_not_dropped():
    """Replacing it is taken back by what it was, and that stands there."""
    sql = "CREATE OR REPLACE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE OR REPLACE VIEW s.v AS SELECT 1"
    statements, _ = parse(Source(sql))
    there = {Key("function", "s.f"), Key("view", "s.v")}
    assert [one.sql for one in inverse(statements, there)] == ["", ""]
    assert [one.sql for one in inverse(statements)] == ["DROP VIEW IF EXISTS s.v", "DROP FUNCTION IF EXISTS s.f()"]


def test_what_is_there_already_is_left_alone():
    sql = (
        "CREATE TABLE IF NOT EXISTS s.t (id int); CREATE SCHEMA IF NOT EXISTS s;"
        "ALTER TABLE s.t ADD COLUMN IF NOT EXISTS c int; COMMENT ON COLUMN s.t.d IS 'new'"
    )
    statements, _ = parse(Source(sql))
    there = {Key("table", "s.t"), Key("schema", "s"), Key("column", "s.t.c"), Key("comment", "column s.t.d")}
    assert [one.sql for one in inverse(statements, there)] == [""]


def test_what_every_database_has_is_not_dropped():
    """As a dump writes it: a rollback that drops the schema `public` would drop what all other files made."""
    sql = (
        "CREATE SCHEMA IF NOT EXISTS public; CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;"
        "CREATE EXTENSION IF NOT EXISTS hstore; CREATE SCHEMA publicity"
    )
    statements, _ = parse(Source(sql))
    assert [step.sql for step in inverse(statements)] == [
        "DROP SCHEMA IF EXISTS publicity",
        "DROP EXTENSION IF EXISTS hstore",
    ]
