"""A sample schema with something of each kind, and what people do to a database by hand: one drift of each kind."""

from __future__ import annotations

SCHEMA = """
DO $$ BEGIN IF to_regrole('reader') IS NULL THEN CREATE ROLE reader NOLOGIN; END IF; END $$;
CREATE SCHEMA shop;
CREATE SCHEMA "Odd Shop";
COMMENT ON SCHEMA shop IS 'what is sold';
CREATE EXTENSION pg_trgm SCHEMA public;
CREATE TYPE shop.mood AS ENUM ('low', 'high');
CREATE DOMAIN shop.mail AS text CONSTRAINT has_at CHECK (VALUE LIKE '%@%');
CREATE TYPE shop.pair AS (x int, y text);
CREATE SEQUENCE shop.number START 100;
CREATE TABLE shop.item (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name varchar(50) NOT NULL,
    price numeric(10, 2) NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'sold')),
    feeling shop.mood,
    made timestamptz NOT NULL DEFAULT now(),
    twice numeric GENERATED ALWAYS AS (price * 2) STORED,
    CONSTRAINT item_name_key UNIQUE (name),
    CONSTRAINT item_price_check CHECK (price >= 0)
);
COMMENT ON TABLE shop.item IS 'one thing each';
COMMENT ON COLUMN shop.item.price IS 'in euros';
CREATE INDEX item_made_idx ON shop.item (made);
CREATE INDEX item_name_trgm_idx ON shop.item USING gin (name public.gin_trgm_ops) WHERE state = 'new';
COMMENT ON INDEX shop.item_made_idx IS 'for the list of new things';
CREATE TABLE shop.sale (
    id serial PRIMARY KEY,
    item_id bigint NOT NULL,
    sold_by shop.mail,
    note text,
    CONSTRAINT sale_item_id_fkey FOREIGN KEY (item_id) REFERENCES shop.item (id) ON DELETE CASCADE
);
CREATE TABLE "Odd Shop"."My.Table" (
    "a b" int PRIMARY KEY,
    "select" text DEFAULT 'it''s',
    CONSTRAINT "odd;-- one" CHECK ("a b" > 0)
);
CREATE INDEX "Odd Index" ON "Odd Shop"."My.Table" ("select");
CREATE TABLE shop.log (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE shop.log_2025 PARTITION OF shop.log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX log_at_idx ON shop.log (at);
CREATE VIEW shop.cheap AS SELECT id, name, price FROM shop.item WHERE price < 10;
CREATE VIEW shop.cheapest AS SELECT i.id, s.note FROM shop.cheap i JOIN shop.sale s ON s.item_id = i.id;
COMMENT ON VIEW shop.cheapest IS 'the least of all';
GRANT SELECT ON shop.cheapest TO reader;
CREATE MATERIALIZED VIEW shop.daily AS SELECT made::date AS day, count(*) AS n FROM shop.item GROUP BY 1;
CREATE UNIQUE INDEX daily_day_idx ON shop.daily (day);
CREATE FUNCTION shop.add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.made := now(); RETURN NEW; END$$;
CREATE PROCEDURE shop.tidy(days int) LANGUAGE sql AS 'DELETE FROM shop.sale WHERE id < days';
REVOKE EXECUTE ON FUNCTION shop.add(int, int) FROM PUBLIC;
CREATE TRIGGER item_touch BEFORE UPDATE ON shop.item FOR EACH ROW EXECUTE FUNCTION shop.touch();
CREATE RULE sale_keep AS ON DELETE TO shop.sale DO INSTEAD NOTHING;
ALTER TABLE shop.sale ENABLE ROW LEVEL SECURITY;
CREATE POLICY sale_read ON shop.sale FOR SELECT TO reader USING (item_id > 0);
CREATE STATISTICS shop.item_stats ON price, state FROM shop.item;
CREATE PUBLICATION sold FOR TABLE shop.sale;
GRANT USAGE ON SCHEMA shop TO reader;
GRANT SELECT ON shop.item TO reader;
GRANT SELECT (item_id) ON shop.sale TO reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO reader;
"""

DRIFTS = {
    # schemas
    "CREATE SCHEMA extra": "schema extra",
    'DROP SCHEMA "Odd Shop" CASCADE': "schema Odd Shop; table Odd Shop.My.Table",
    'CREATE SCHEMA "we;-- ""ird"': 'schema we;-- "ird',
    # tables
    "CREATE TABLE shop.extra (id int PRIMARY KEY, of_item bigint REFERENCES shop.item)": "table shop.extra",
    "CREATE TABLE shop.a (id int PRIMARY KEY); CREATE TABLE shop.b (id int PRIMARY KEY, a int REFERENCES shop.a); "
    "ALTER TABLE shop.a ADD b int REFERENCES shop.b": "table shop.a; table shop.b",
    "DROP TABLE shop.sale CASCADE": "table shop.sale; view shop.cheapest; publication sold",
    "DROP TABLE shop.log": "table shop.log; table shop.log_2025",
    'ALTER TABLE "Odd Shop"."My.Table" SET UNLOGGED': "table Odd Shop.My.Table",
    "ALTER TABLE shop.sale SET (fillfactor = 70)": "table shop.sale",
    "ALTER TABLE shop.sale DISABLE ROW LEVEL SECURITY": "table shop.sale",
    "ALTER TABLE shop.item FORCE ROW LEVEL SECURITY": "table shop.item",
    "ALTER TABLE shop.log DETACH PARTITION shop.log_2025": "table shop.log_2025; index shop.log_2025_at_idx",
    "DROP TABLE shop.log; CREATE TABLE shop.log (at date NOT NULL, what text) PARTITION BY LIST (at); CREATE INDEX log_at_idx ON shop.log (at)": "table shop.log; table shop.log_2025; "
    "privileges table shop.log",
    "ALTER TABLE shop.sale REPLICA IDENTITY FULL": "table shop.sale",
    # columns
    "ALTER TABLE shop.sale ADD extra varchar(10) DEFAULT 'x'": "column shop.sale.extra",
    "ALTER TABLE shop.sale DROP note CASCADE": "column shop.sale.note; view shop.cheapest",
    "ALTER TABLE shop.item DROP price CASCADE": "column shop.item.price; column shop.item.twice; statistics shop.item_stats; "
    "constraint shop.item.item_price_check; view shop.cheap; view shop.cheapest",
    "DROP VIEW shop.cheap CASCADE; ALTER TABLE shop.item ALTER name TYPE varchar(60)": "column shop.item.name; view shop.cheap; view shop.cheapest",
    'DROP VIEW shop.cheapest; ALTER TABLE shop.sale ALTER note TYPE text COLLATE "C"': "column shop.sale.note; view shop.cheapest",
    "ALTER TABLE shop.item ALTER feeling SET NOT NULL": "column shop.item.feeling",
    "ALTER TABLE shop.item ALTER name DROP NOT NULL": "column shop.item.name",
    "ALTER TABLE shop.item ALTER made DROP DEFAULT": "column shop.item.made",
    "ALTER TABLE shop.item ALTER made SET DEFAULT clock_timestamp()": "column shop.item.made",
    'ALTER TABLE "Odd Shop"."My.Table" ALTER "select" SET DEFAULT \'its\'': "column Odd Shop.My.Table.select",
    "ALTER TABLE shop.item ALTER id SET GENERATED BY DEFAULT": "column shop.item.id",
    "ALTER TABLE shop.item ALTER id DROP IDENTITY": "column shop.item.id; sequence shop.item_id_seq",
    "ALTER TABLE shop.item ALTER id DROP IDENTITY; CREATE SEQUENCE shop.item_id_seq OWNED BY shop.item.id; "
    "ALTER TABLE shop.item ALTER id SET DEFAULT nextval('shop.item_id_seq')": "column shop.item.id",
    "ALTER TABLE shop.sale ALTER id DROP DEFAULT; DROP SEQUENCE shop.sale_id_seq; "
    "ALTER TABLE shop.sale ALTER id ADD GENERATED BY DEFAULT AS IDENTITY": "column shop.sale.id",
    "ALTER TABLE shop.sale ALTER note SET STORAGE EXTERNAL": "column shop.sale.note",
    "ALTER TABLE shop.sale ALTER note SET STATISTICS 500": "column shop.sale.note",
    "ALTER TABLE shop.item ALTER twice DROP EXPRESSION": "column shop.item.twice",
    # constraints
    "ALTER TABLE shop.item DROP CONSTRAINT item_price_check": "constraint shop.item.item_price_check",
    "ALTER TABLE shop.item DROP CONSTRAINT item_price_check; ALTER TABLE shop.item ADD CONSTRAINT item_price_check CHECK (price >= 0) NOT VALID": "constraint shop.item.item_price_check",
    "ALTER TABLE shop.item DROP CONSTRAINT item_price_check; ALTER TABLE shop.item ADD CONSTRAINT item_price_check CHECK (price > 0)": "constraint shop.item.item_price_check",
    "ALTER TABLE shop.sale ADD CONSTRAINT short CHECK (length(note) < 9) NOT VALID": "constraint shop.sale.short",
    "ALTER TABLE shop.sale DROP CONSTRAINT sale_item_id_fkey; ALTER TABLE shop.sale ADD CONSTRAINT sale_item_id_fkey FOREIGN KEY (item_id) REFERENCES shop.item": "constraint shop.sale.sale_item_id_fkey",
    "ALTER TABLE shop.item DROP CONSTRAINT item_pkey CASCADE": "constraint shop.item.item_pkey; constraint shop.sale.sale_item_id_fkey",
    "ALTER TABLE shop.sale DROP CONSTRAINT sale_item_id_fkey; ALTER TABLE shop.item DROP CONSTRAINT item_pkey; ALTER TABLE shop.item ADD PRIMARY KEY (id) INCLUDE (name); "
    "ALTER TABLE shop.sale ADD CONSTRAINT sale_item_id_fkey FOREIGN KEY (item_id) REFERENCES shop.item (id) ON DELETE CASCADE": "constraint shop.item.item_pkey",
    "ALTER TABLE shop.item RENAME CONSTRAINT item_name_key TO item_name_unique": "constraint shop.item.item_name_key; constraint shop.item.item_name_unique",
    'ALTER TABLE "Odd Shop"."My.Table" DROP CONSTRAINT "odd;-- one"': "constraint Odd Shop.My.Table.odd;-- one",
    # indexes
    "DROP INDEX shop.item_made_idx": "index shop.item_made_idx",
    "CREATE INDEX by_hand ON shop.sale (note)": "index shop.by_hand",
    "DROP INDEX shop.item_made_idx; CREATE INDEX item_made_idx ON shop.item (made DESC); COMMENT ON INDEX shop.item_made_idx IS 'for the list of new things'": "index shop.item_made_idx",
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop.item_made_idx'::regclass": "index shop.item_made_idx",
    'DROP INDEX "Odd Shop"."Odd Index"': "index Odd Shop.Odd Index",
    "DROP INDEX shop.log_at_idx": "index shop.log_at_idx",
    # views
    "CREATE VIEW shop.extra AS SELECT 1 AS one": "view shop.extra",
    "CREATE OR REPLACE VIEW shop.cheap AS SELECT id, name, price FROM shop.item WHERE price < 11": "view shop.cheap",
    "CREATE OR REPLACE VIEW shop.cheap AS SELECT id, name, price, state FROM shop.item WHERE price < 10": "view shop.cheap",
    "ALTER VIEW shop.cheap SET (security_barrier)": "view shop.cheap",
    "CREATE VIEW shop.one AS SELECT 1 AS a; CREATE VIEW shop.a AS SELECT a FROM shop.one; CREATE VIEW shop.z AS SELECT a FROM shop.a": "view shop.a; view shop.one; view shop.z",
    "DROP MATERIALIZED VIEW shop.daily": "materialized view shop.daily",
    "DROP MATERIALIZED VIEW shop.daily; CREATE MATERIALIZED VIEW shop.daily AS SELECT made::date AS day, count(*) AS n FROM shop.item WHERE price > 1 GROUP BY 1; "
    "CREATE UNIQUE INDEX daily_day_idx ON shop.daily (day)": "materialized view shop.daily; privileges materialized view shop.daily",
    "REFRESH MATERIALIZED VIEW shop.daily WITH NO DATA": "materialized view shop.daily",
    # functions and procedures
    "CREATE FUNCTION shop.extra(a text[]) RETURNS int LANGUAGE sql AS 'SELECT 1'": "function shop.extra(text[])",
    "CREATE OR REPLACE FUNCTION shop.add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a - b'": "function shop.add(integer, integer)",
    "ALTER FUNCTION shop.add STABLE": "function shop.add(integer, integer)",
    "ALTER FUNCTION shop.touch SECURITY DEFINER": "function shop.touch()",
    "DROP FUNCTION shop.add; CREATE FUNCTION shop.add(a int, b int DEFAULT 1) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT a + b'; "
    "REVOKE EXECUTE ON FUNCTION shop.add(int, int) FROM PUBLIC": "function shop.add(integer, integer)",
    "DROP PROCEDURE shop.tidy": "function shop.tidy(integer)",
    "CREATE OR REPLACE PROCEDURE shop.tidy(days int) LANGUAGE sql AS 'DELETE FROM shop.sale'": "function shop.tidy(integer)",
    # triggers, rules, policies
    "ALTER TABLE shop.item DISABLE TRIGGER item_touch": "trigger shop.item.item_touch",
    "ALTER TABLE shop.sale DISABLE TRIGGER ALL": "constraint shop.sale.sale_item_id_fkey",
    "DROP TRIGGER item_touch ON shop.item": "trigger shop.item.item_touch",
    "CREATE OR REPLACE TRIGGER item_touch BEFORE INSERT ON shop.item FOR EACH ROW EXECUTE FUNCTION shop.touch()": "trigger shop.item.item_touch",
    "CREATE OR REPLACE RULE sale_keep AS ON DELETE TO shop.sale DO ALSO NOTHING": "rule shop.sale.sale_keep",
    "ALTER POLICY sale_read ON shop.sale USING (item_id > 1)": "policy shop.sale.sale_read",
    "ALTER POLICY sale_read ON shop.sale TO PUBLIC": "policy shop.sale.sale_read",
    "DROP POLICY sale_read ON shop.sale": "policy shop.sale.sale_read",
    "CREATE POLICY all_of_it ON shop.sale USING (true)": "policy shop.sale.all_of_it",
    # privileges
    "GRANT INSERT ON shop.item TO reader WITH GRANT OPTION": "privileges table shop.item",
    "REVOKE SELECT ON shop.item FROM reader": "privileges table shop.item",
    "GRANT SELECT ON shop.item TO stranger": "privileges table shop.item",
    "REVOKE ALL ON shop.log_2025 FROM keeper": "privileges table shop.log_2025",
    "REVOKE SELECT (item_id) ON shop.sale FROM reader": "privileges column shop.sale.item_id",
    "GRANT EXECUTE ON FUNCTION shop.add TO PUBLIC": "privileges function shop.add(integer, integer)",
    "REVOKE USAGE ON SCHEMA shop FROM reader": "privileges schema shop",
    "REVOKE USAGE ON TYPE shop.mood FROM PUBLIC": "privileges type shop.mood",
    "ALTER DEFAULT PRIVILEGES FOR ROLE keeper IN SCHEMA shop GRANT INSERT ON TABLES TO reader": "default privileges for owner in shop on tables",
    "ALTER DEFAULT PRIVILEGES FOR ROLE keeper REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC": "default privileges for owner on functions",
    "ALTER TABLE shop.item OWNER TO stranger": "table shop.item",
    "ALTER FUNCTION shop.touch OWNER TO stranger": "function shop.touch()",
    # types
    "ALTER TYPE shop.mood ADD VALUE 'middle' BEFORE 'high'": "type shop.mood",
    "ALTER TYPE shop.mood RENAME VALUE 'low' TO 'bad'": "type shop.mood",
    "ALTER DOMAIN shop.mail DROP CONSTRAINT has_at": "type shop.mail",
    "ALTER DOMAIN shop.mail SET DEFAULT 'a@b'": "type shop.mail",
    "CREATE TYPE shop.colour AS ENUM ('red')": "type shop.colour",
    "ALTER TYPE shop.pair ADD ATTRIBUTE z int": "type shop.pair",
    "DROP TYPE shop.pair": "type shop.pair",
    # sequences
    "DROP SEQUENCE shop.number": "sequence shop.number",
    "ALTER SEQUENCE shop.number INCREMENT 5 MAXVALUE 1000": "sequence shop.number",
    "CREATE SEQUENCE shop.extra": "sequence shop.extra",
    "ALTER SEQUENCE shop.item_id_seq CACHE 20": "sequence shop.item_id_seq",
    # comments
    "COMMENT ON TABLE shop.item IS 'things'": "comment table shop.item",
    "COMMENT ON COLUMN shop.item.price IS NULL": "comment column shop.item.price",
    "COMMENT ON FUNCTION shop.touch IS 'by hand'": "comment function shop.touch()",
    'COMMENT ON CONSTRAINT "odd;-- one" ON "Odd Shop"."My.Table" IS $$it\'s\nodd$$': "comment constraint Odd Shop.My.Table.odd;-- one",
    # the others
    "DROP EXTENSION pg_trgm CASCADE": "extension pg_trgm; index shop.item_name_trgm_idx",
    "CREATE EXTENSION hstore SCHEMA shop": "extension hstore",
    "ALTER EXTENSION pg_trgm SET SCHEMA shop": "extension pg_trgm; index shop.item_name_trgm_idx",
    "ALTER PUBLICATION sold ADD TABLE shop.item": "publication sold",
    "ALTER PUBLICATION sold SET (publish = 'insert')": "publication sold",
    "DROP PUBLICATION sold": "publication sold",
    "DROP STATISTICS shop.item_stats": "statistics shop.item_stats",
    "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION public.watched()": "event trigger watch",
}
"""What is done to the sample, and which objects differ then."""

BY_SUPERUSER = ("UPDATE pg_index", "CREATE EVENT TRIGGER", "OWNER TO stranger", "ALTER EXTENSION", "TRIGGER ALL")
"""What of it the owner may not do."""

UNWRITTEN = {
    "ALTER TYPE shop.mood RENAME VALUE 'low' TO 'bad'",
    "DROP TABLE shop.log; CREATE TABLE shop.log (at date NOT NULL, what text) PARTITION BY LIST (at); CREATE INDEX log_at_idx ON shop.log (at)",
    "ALTER TYPE shop.mood ADD VALUE 'middle' BEFORE 'high'",
    "ALTER TABLE shop.item ALTER twice DROP EXPRESSION",
}
"""Those that no statement brings back; `--sql` says so."""
