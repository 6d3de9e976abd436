"""The order that is inferred, held against a server: what applies by path stays, what another order saves gets one."""

from __future__ import annotations

from itertools import permutations

import psycopg
import pytest

from pytest_ctb.replay.session.databases import database
from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.repository.order import ordered

BEFORE = """
CREATE SCHEMA company; CREATE SCHEMA shop;
CREATE TABLE company.firm (id bigint PRIMARY KEY, name text NOT NULL, url text);
CREATE TABLE company.contact (id bigint PRIMARY KEY, firm_id bigint REFERENCES company.firm, email text);
CREATE TABLE item (id bigint PRIMARY KEY, label text);
CREATE VIEW company.names AS SELECT id, name FROM company.firm;
CREATE TYPE company.stage AS ENUM ('new', 'won');
CREATE FUNCTION company.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
"""

AS_IT_STANDS = {
    "a column of one of two tables": (
        "CREATE VIEW company.both_of AS SELECT c.url FROM company.firm c LEFT JOIN company.contact p ON p.firm_id = c.id;",
        "ALTER TABLE company.contact ADD COLUMN url text;",
    ),
    "a bare column of one of two tables": (
        "CREATE VIEW company.v AS SELECT url FROM company.firm, item;",
        "ALTER TABLE item ADD COLUMN url text;",
    ),
    "a column that a subquery gives": (
        "UPDATE company.firm f SET name = s.total FROM (SELECT firm_id, count(*)::text AS total FROM company.contact GROUP BY firm_id) s WHERE s.firm_id = f.id;",
        "ALTER TABLE company.contact ADD COLUMN total numeric;",
    ),
    "a column that WITH gives": (
        "WITH top AS (SELECT id AS best FROM company.firm) DELETE FROM company.contact c USING top WHERE c.firm_id = best;",
        "ALTER TABLE company.contact ADD COLUMN best bigint;",
    ),
    "a query of WITH with the name of a table": (
        "WITH board AS (SELECT id FROM item) SELECT id FROM board;",
        "CREATE TABLE board (id int);",
    ),
    "what AS names in ORDER BY": (
        "SELECT count(*) AS total, name FROM company.firm GROUP BY name ORDER BY total;",
        "ALTER TABLE company.firm ADD COLUMN total bigint;",
    ),
    "a column of a query around": (
        "SELECT (SELECT max(c.id) FROM company.contact c WHERE firm_id = f.id AND url = 'x') FROM company.firm f;",
        "ALTER TABLE company.contact ADD COLUMN IF NOT EXISTS url text;",
    ),
    "a lateral subquery": (
        "SELECT l.n FROM company.firm f CROSS JOIN LATERAL (SELECT count(*) AS n FROM company.contact c WHERE c.firm_id = f.id) l;",
        "ALTER TABLE company.contact ADD COLUMN n int;",
    ),
    "columns of a function": (
        "SELECT day FROM company.firm, generate_series(now(), now(), '1 day') day;",
        "ALTER TABLE company.firm ADD COLUMN day date;",
    ),
    "a JSON record": (
        "SELECT x.code FROM item, jsonb_to_record('{}') AS x(code text);",
        "ALTER TABLE item ADD COLUMN code text;",
    ),
    "columns of VALUES": (
        "INSERT INTO item (id, label) SELECT v.id, v.code FROM (VALUES (1, 'a')) AS v(id, code);",
        "ALTER TABLE item ADD COLUMN code text;",
    ),
    "a constraint and a column of one name": (
        "ALTER TABLE item DROP CONSTRAINT IF EXISTS item_code; ALTER TABLE item ADD CONSTRAINT item_code CHECK (id > 0);",
        "ALTER TABLE item ADD COLUMN item_code text;",
    ),
    "names of a policy, a trigger, a rule": (
        "CREATE POLICY code ON item; CREATE TRIGGER code BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION company.stamp(); CREATE RULE code AS ON DELETE TO item DO INSTEAD NOTHING;",
        "ALTER TABLE item ADD COLUMN code text;",
    ),
    "a parameter of a function": (
        "CREATE FUNCTION f(code text) RETURNS bigint LANGUAGE sql AS $$ SELECT id FROM item WHERE label = code $$;",
        "CREATE TABLE code (id int);",
    ),
    "a variable of a DO block": (
        "DO $$ DECLARE total text := 'x'; BEGIN UPDATE item SET label = total; END $$;",
        "ALTER TABLE item ADD COLUMN total text;",
    ),
    "a loop's record": (
        "DO $$ DECLARE r record; BEGIN FOR r IN SELECT id AS code FROM item LOOP UPDATE item SET label = r.code; END LOOP; END $$;",
        "ALTER TABLE item ADD COLUMN code text;",
    ),
    "a table that is there, made again with a guard": (
        "ALTER TABLE company.firm ADD COLUMN size text;",
        "CREATE SCHEMA IF NOT EXISTS company; CREATE TABLE IF NOT EXISTS company.firm (id bigint);",
    ),
    "a schema that two files make": (
        "CREATE SCHEMA IF NOT EXISTS bit; CREATE TABLE bit.a (id int);",
        "CREATE SCHEMA IF NOT EXISTS bit; CREATE TABLE bit.b (id int);",
    ),
    "a table that three files make": (
        "CREATE TABLE IF NOT EXISTS log (id int); INSERT INTO log VALUES (1);",
        "CREATE TABLE IF NOT EXISTS log (id int); INSERT INTO log VALUES (2);",
        "CREATE TABLE IF NOT EXISTS log (id int); INSERT INTO log VALUES (3);",
    ),
    "a function that is replaced": (
        "CREATE TRIGGER stamp BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION company.stamp();",
        "CREATE OR REPLACE FUNCTION company.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN old; END $$;",
    ),
    "a view that is replaced": (
        "CREATE MATERIALIZED VIEW m AS SELECT name FROM company.names;",
        "CREATE OR REPLACE VIEW company.names AS SELECT id, name, url FROM company.firm;",
    ),
    "the schema behind in the search path": (
        "SET search_path = shop, public; ALTER TABLE item ADD COLUMN size int;",
        "CREATE TABLE shop.item (id int);",
    ),
    "the first schema of a search path": (
        "SET search_path = company, public; CREATE TABLE line (id int);",
        "CREATE TABLE line (id int); ALTER TABLE line ADD COLUMN size int;",
    ),
    "a search path of one transaction": (
        "BEGIN; SET LOCAL search_path = company; SELECT name FROM firm; COMMIT; SELECT label FROM item;",
        "CREATE TABLE company.item (id int); CREATE TABLE firm (id int);",
    ),
    "a search path that set_config sets": (
        "SELECT pg_catalog.set_config('search_path', 'company, public', false); SELECT name FROM firm;",
        "CREATE TABLE firm (id int);",
    ),
    "a search path of a function": (
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql SET search_path = company AS 'SELECT name FROM firm LIMIT 1';",
        "CREATE TABLE firm (id int);",
    ),
    "a temporary table": (
        "CREATE TEMP TABLE stage AS SELECT id FROM item; SELECT id FROM stage;",
        "CREATE TABLE stage (id int);",
    ),
    "a built-in type": (
        "CREATE TABLE spot (at point, way path, cost money, code name);",
        'CREATE TABLE point (id int); CREATE TABLE path (id int); CREATE TABLE money (id int); CREATE TABLE "name" (id int);',
    ),
    "IF EXISTS": (
        "ALTER TABLE IF EXISTS board ADD COLUMN size int; DROP VIEW IF EXISTS boards; DROP TRIGGER IF EXISTS t ON board; ALTER INDEX IF EXISTS board_size RENAME TO x;",
        "CREATE TABLE board (id int); CREATE VIEW boards AS SELECT id FROM board;",
    ),
    "IF EXISTS in a schema that comes later": (
        "ALTER TABLE IF EXISTS bit.board ADD COLUMN size int; DO $$ BEGIN IF to_regclass('bit.board') IS NOT NULL THEN DELETE FROM bit.board; END IF; END $$;",
        "CREATE SCHEMA bit;",
    ),
    "a table that refers to itself, made by two": (
        "CREATE TABLE IF NOT EXISTS board (id int PRIMARY KEY, parent int REFERENCES board (id));",
        "CREATE TABLE IF NOT EXISTS board (id int PRIMARY KEY, parent int REFERENCES board (id)); CREATE TABLE IF NOT EXISTS card (board int REFERENCES board (id));",
    ),
    "a guarded table whose parts are not there": (
        "CREATE TABLE IF NOT EXISTS item (id bigint, board_id bigint REFERENCES board (id));",
        "CREATE TABLE board (id bigint PRIMARY KEY);",
    ),
    "ALTER TABLE on a column that is dropped with a guard": (
        "ALTER TABLE item DROP COLUMN IF EXISTS size;",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "a body that runs later": (
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM board; END $$;",
        "CREATE TABLE board (id int);",
    ),
    "bodies that are not checked": (
        "SET check_function_bodies = off; CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM board';",
        "CREATE TABLE board (id int);",
    ),
    "a table that is put in another's place": (
        "CREATE TABLE item_new (LIKE item INCLUDING ALL); DROP TABLE item; ALTER TABLE item_new RENAME TO item; SELECT label FROM item;",
        "ALTER TABLE item ADD COLUMN IF NOT EXISTS label text;",
    ),
    "the columns of a table that is like another": (
        "CREATE TABLE twin (LIKE item); INSERT INTO twin (id, label) VALUES (1, 'x');",
        "ALTER TABLE twin ADD COLUMN IF NOT EXISTS label text;",
    ),
    "the columns of a partition": (
        "CREATE TABLE event (id int, at date) PARTITION BY RANGE (at); CREATE TABLE event_1 PARTITION OF event DEFAULT; CREATE INDEX ON event_1 (at);",
        "ALTER TABLE event ADD COLUMN IF NOT EXISTS at date;",
    ),
    "the columns of a star": (
        "CREATE VIEW v AS SELECT * FROM company.firm; CREATE VIEW w AS SELECT url FROM v;",
        "ALTER TABLE company.firm ADD COLUMN IF NOT EXISTS url text;",
    ),
    "a renamed column": (
        "ALTER TABLE item RENAME COLUMN label TO title; UPDATE item SET title = 'x';",
        "ALTER TABLE item ADD COLUMN IF NOT EXISTS title text;",
    ),
    "excluded, old and new": (
        "INSERT INTO item (id, label) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET label = excluded.label; CREATE TRIGGER t BEFORE UPDATE ON item FOR EACH ROW WHEN (old.label IS DISTINCT FROM new.label) EXECUTE FUNCTION company.stamp();",
        "CREATE TABLE excluded (label text); CREATE TABLE old (label text); CREATE TABLE new (label text);",
    ),
    "a locked item of FROM": (
        "SELECT f.name FROM company.firm f FOR UPDATE OF f;",
        "CREATE TABLE f (id int);",
    ),
    "MERGE": (
        "MERGE INTO item i USING (SELECT id, name AS code FROM company.firm) s ON s.id = i.id WHEN MATCHED THEN UPDATE SET label = code WHEN NOT MATCHED THEN INSERT (id, label) VALUES (s.id, s.code);",
        "ALTER TABLE item ADD COLUMN code text;",
    ),
    "a whole row": (
        "SELECT to_jsonb(item) FROM item;",
        "ALTER TABLE item ADD COLUMN item text;",
    ),
    "a name with quotes": (
        'CREATE TABLE "Order" (id int, "Item" int); CREATE INDEX ON "Order" ("Item");',
        'CREATE TABLE IF NOT EXISTS "order" (id int); ALTER TABLE "order" ADD COLUMN "item" int;',
    ),
    "a table that a file drops and another made before": (
        "DROP TABLE item;",
        "CREATE TABLE IF NOT EXISTS board (id int);",
    ),
    "a type made behind a condition": (
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'kind') THEN CREATE TYPE kind AS ENUM ('a'); END IF; END $$; CREATE TABLE a (k kind);",
        "DO $$ BEGIN CREATE TYPE kind AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$; CREATE TABLE b (k kind);",
    ),
    "a table that a condition asks for": (
        "DO $$ BEGIN IF EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = 'public' AND table_name = 'board') THEN ALTER TABLE board ADD COLUMN size int; END IF; END $$;",
        "CREATE TABLE board (id int, size int);",
    ),
    "a table that to_regclass asks for": (
        "DO $$ BEGIN IF to_regclass('public.board') IS NULL THEN RETURN; END IF; UPDATE board SET size = 1; END $$;",
        "CREATE TABLE board (id int, size int NOT NULL);",
    ),
    "a table and a column that conditions ask for": (
        "DO $$ BEGIN IF to_regclass('board') IS NOT NULL AND NOT EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'board' AND column_name = 'size') THEN ALTER TABLE board ADD size int; END IF; END $$;",
        "CREATE TABLE board (id int);",
    ),
    "a missing table that is caught": (
        "DO $$ BEGIN ALTER TABLE board ADD COLUMN size int; EXCEPTION WHEN undefined_table THEN RAISE NOTICE 'later'; END $$;",
        "CREATE TABLE board (id int, size int);",
    ),
    "a partition and its parent": (
        "CREATE TABLE event (id int) PARTITION BY LIST (id);",
        "CREATE TABLE event_2 PARTITION OF event FOR VALUES IN (2);",
        "CREATE TABLE event_1 PARTITION OF event FOR VALUES IN (1);",
    ),
}  # fmt: skip
"""Files of one date, a, b and c, that apply by path."""

ANOTHER_ORDER = {
    "a table": ("ALTER TABLE board ADD COLUMN size int;", "CREATE TABLE board (id int);"),
    "a column": ("UPDATE item SET size = 1;", "ALTER TABLE item ADD COLUMN size int;"),
    "a column by its alias": (
        "SELECT i.size FROM company.firm f JOIN item i ON i.id = f.id;",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "a bare column": (
        "SELECT size FROM company.firm f JOIN item i ON i.id = f.id;",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "a column in a subquery": (
        "DELETE FROM company.firm f WHERE EXISTS (SELECT FROM item WHERE item.id = f.id AND item.size > 1);",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "a column through a star": (
        "CREATE VIEW v AS SELECT s.size FROM (SELECT * FROM item) s;",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "a column through WITH": (
        "WITH x AS (SELECT i.* FROM item i) SELECT size FROM x;",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "a table inside a WITH of its name": (
        "WITH board AS (SELECT id FROM board) SELECT id FROM board;",
        "CREATE TABLE board (id int);",
    ),
    "a column in USING": (
        "SELECT 1 FROM item JOIN company.firm USING (size);",
        "ALTER TABLE item ADD COLUMN size int; ALTER TABLE company.firm ADD COLUMN size int;",
    ),
    "a column that is renamed": ("UPDATE item SET title = 'x';", "ALTER TABLE item RENAME COLUMN label TO title;"),
    "a table that is renamed": ("INSERT INTO thing (id) VALUES (1);", "ALTER TABLE item RENAME TO thing;"),
    "a table that moves to another schema": ("SELECT label FROM shop.item;", "ALTER TABLE item SET SCHEMA shop;"),
    "a column of an index": ("CREATE INDEX ON item (lower(label), size);", "ALTER TABLE item ADD COLUMN size int;"),
    "the condition of an index": ("CREATE INDEX ON item (id) WHERE size > 1;", "ALTER TABLE item ADD COLUMN size int;"),
    "a column of a constraint": (
        "ALTER TABLE item ADD CONSTRAINT c CHECK (size > 0), ADD UNIQUE (id, size);",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "a column that a foreign key points to": (
        "ALTER TABLE company.contact ADD FOREIGN KEY (id) REFERENCES item (size);",
        "ALTER TABLE item ADD COLUMN size bigint UNIQUE;",
    ),
    "a column that gets a default": (
        "ALTER TABLE item ALTER COLUMN size SET DEFAULT 1;",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "the columns of a trigger": (
        "CREATE TRIGGER t BEFORE UPDATE OF size ON item FOR EACH ROW EXECUTE FUNCTION company.stamp();",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "the condition of a trigger": (
        "CREATE TRIGGER t BEFORE UPDATE ON item FOR EACH ROW WHEN (new.size > 0) EXECUTE FUNCTION company.stamp();",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "the function of a trigger": (
        "CREATE TRIGGER t BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION shop.touch();",
        "CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;",
    ),
    "the condition of a policy": (
        "CREATE POLICY mine ON item USING (tenant = current_user);",
        "ALTER TABLE item ADD COLUMN tenant text;",
    ),
    "a policy's function": (
        "CREATE POLICY mine ON item USING (shop.may(id));",
        "CREATE FUNCTION shop.may(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true';",
    ),
    "a comment on a column": ("COMMENT ON COLUMN item.size IS 'x';", "ALTER TABLE item ADD COLUMN size int;"),
    "a right on a column": ("GRANT SELECT (size) ON item TO PUBLIC;", "ALTER TABLE item ADD COLUMN size int;"),
    "a right on a schema": ("GRANT USAGE ON SCHEMA bit TO PUBLIC;", "CREATE SCHEMA bit;"),
    "the columns of an INSERT": ("INSERT INTO item (id, size) VALUES (1, 1);", "ALTER TABLE item ADD COLUMN size int;"),
    "the columns of a conflict": (
        "INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET size = 1;",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "what RETURNING names": (
        "INSERT INTO item (id) VALUES (1) RETURNING size;",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "MERGE's target": (
        "MERGE INTO item i USING company.firm f ON f.id = i.id WHEN MATCHED THEN UPDATE SET size = 1;",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "a type in a cast": ("SELECT 'x'::kind;", "CREATE TYPE kind AS ENUM ('x');"),
    "a domain": ("CREATE TABLE a (mail shop.mail);", "CREATE DOMAIN shop.mail AS text;"),
    "the type of a parameter": (
        "CREATE FUNCTION f(x shop.kind) RETURNS void LANGUAGE plpgsql AS $$ BEGIN END $$;",
        "CREATE TYPE shop.kind AS ENUM ('x');",
    ),
    "a function in a default": (
        "CREATE TABLE a (id text DEFAULT shop.next_id());",
        "CREATE FUNCTION shop.next_id() RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;",
    ),
    "a sequence in a string": (
        "ALTER TABLE item ALTER COLUMN id SET DEFAULT nextval('shop.numbers');",
        "CREATE SEQUENCE shop.numbers;",
    ),
    "the owner of a sequence": (
        "CREATE SEQUENCE numbers OWNED BY item.size;",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "a body of SQL": (
        "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM board';",
        "CREATE TABLE board (id int);",
    ),
    "a body that is part of the statement": (
        "CREATE FUNCTION f(n int) RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM item WHERE size = n);",
        "ALTER TABLE item ADD COLUMN size int;",
    ),
    "a DO block": ("DO $$ BEGIN INSERT INTO board VALUES (1); END $$;", "CREATE TABLE board (id int);"),
    "a guard that asks for something else": (
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'fk') THEN ALTER TABLE item ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES board (id); END IF; END $$;",
        "CREATE TABLE board (id bigint PRIMARY KEY);",
    ),
    "a condition that asks for the table's absence of something": (
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'board' AND column_name = 'size') THEN ALTER TABLE board ADD size int; END IF; END $$;",
        "CREATE TABLE board (id int);",
    ),
    "an exception of another kind": (
        "DO $$ BEGIN ALTER TABLE board ADD COLUMN size int; EXCEPTION WHEN duplicate_column THEN NULL; END $$;",
        "CREATE TABLE board (id int);",
    ),
    "an exception that is raised again": (
        "DO $$ BEGIN ALTER TABLE board ADD COLUMN size int; EXCEPTION WHEN OTHERS THEN RAISE; END $$;",
        "CREATE TABLE board (id int);",
    ),
    "the parent of a partition": (
        "CREATE TABLE event_1 PARTITION OF event FOR VALUES IN (1);",
        "CREATE TABLE event (id int) PARTITION BY LIST (id);",
    ),
    "a partition that is attached": (
        "ALTER TABLE event ATTACH PARTITION event_1 FOR VALUES IN (1);",
        "CREATE TABLE event (id int) PARTITION BY LIST (id); CREATE TABLE event_1 (id int);",
    ),
    "a table like another": ("CREATE TABLE a (LIKE board);", "CREATE TABLE board (id int);"),
    "a column of a view that gets more columns": (
        "SELECT url FROM company.names;",
        "CREATE OR REPLACE VIEW company.names AS SELECT id, name, url FROM company.firm;",
    ),
    "two that need a third": (
        "ALTER TABLE board ADD COLUMN size int;",
        "CREATE VIEW v AS SELECT size FROM board;",
        "CREATE TABLE board (id int);",
    ),
    "a chain": (
        "CREATE VIEW w AS SELECT id FROM v;",
        "CREATE VIEW v AS SELECT id FROM board;",
        "CREATE TABLE board (id int);",
    ),
    "a table that was dropped and comes again": (
        "SELECT id FROM board;",
        "CREATE TABLE IF NOT EXISTS board (id int);",
    ),
    "a table in a schema of a search path": (
        "SET search_path = shop, public; ALTER TABLE board ADD COLUMN size int;",
        "CREATE TABLE shop.board (id int);",
    ),
    "a table in the same search path": (
        "SET search_path = shop; SELECT id FROM board;",
        "SET search_path = shop; CREATE TABLE board (id int);",
    ),
    "a table that CREATE SCHEMA holds": (
        "SELECT id FROM bit.a;",
        "CREATE SCHEMA bit CREATE TABLE a (id int);",
    ),
    "a name with quotes": ('SELECT "Size" FROM item;', 'ALTER TABLE item ADD COLUMN "Size" int;'),
    "COPY": ("COPY item (id, size) FROM '/dev/null';", "ALTER TABLE item ADD COLUMN size int;"),
    "TRUNCATE and LOCK": ("BEGIN; LOCK TABLE board; TRUNCATE board; COMMIT;", "CREATE TABLE board (id int);"),
    "the statistics of columns": ("CREATE STATISTICS s ON id, size FROM item;", "ALTER TABLE item ADD COLUMN size int;"),
    "a materialized view that is refreshed": (
        "REFRESH MATERIALIZED VIEW m;",
        "CREATE MATERIALIZED VIEW m AS SELECT 1;",
    ),
    "a value of a type of the same day": ("ALTER TYPE kind ADD VALUE 'y';", "CREATE TYPE kind AS ENUM ('x');"),
}  # fmt: skip
"""Files of one date that apply in another order only."""


@pytest.fixture(scope="module")
def applies(server):
    """A function that tells whether SQL texts apply, one after another, each in a fresh session."""
    with database(server, "order", None) as name, server.login(name, None) as connection:

        def texts_apply(texts) -> bool:
            try:
                for text in texts:
                    # Inside of a transaction of ours: what SET LOCAL has set ends with the file's.
                    inside = text.replace("BEGIN; ", "").replace("COMMIT;", "RESET search_path;")
                    connection.execute(f"RESET ALL; {inside}")
            except psycopg.Error:
                return False
            finally:
                connection.rollback()
            return True

        connection.autocommit = False
        yield texts_apply


def order(texts, *, prelude: bool) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The texts in their order, and the cycles; what is there before comes from an earlier file, or the prelude."""
    files = [
        parse_migration(text.encode(), f"2025-01-02_{letter}.sql") for letter, text in zip("abc", texts, strict=False)
    ]
    before = [
        parse_migration(BEFORE.encode(), "2025-01-01_before.sql"),
        parse_migration(b"CREATE TABLE board (id int); DROP TABLE board;", "2025-01-01_board.sql"),
    ]
    migrations, why = ordered(files if prelude else [*before, *files], before if prelude else ())
    return tuple(migration.source.text for migration in migrations if migration not in before), why.cycles


@pytest.mark.parametrize("name", AS_IT_STANDS)
def test_what_applies_by_path_is_not_reordered(applies, name):
    texts = AS_IT_STANDS[name]
    assert applies([BEFORE, *texts])
    for prelude in (False, True):
        assert order(texts, prelude=prelude) == (texts, ())


@pytest.mark.parametrize("name", ANOTHER_ORDER)
def test_what_needs_another_order_gets_one(applies, name):
    texts = ANOTHER_ORDER[name]
    assert not applies([BEFORE, *texts])
    serving = [way for way in permutations(texts) if applies([BEFORE, *way])]
    assert serving
    for prelude in (False, True):
        found, cycles = order(texts, prelude=prelude)
        assert found in serving
        assert not cycles
