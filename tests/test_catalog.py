"""The catalog snapshot: every kind of object shows, every change of one shows, and nothing else does."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from machine import choice_of, oldest_and_newest
from pytest_ctb.model import Key
from pytest_ctb.replay.witness import catalog
from pytest_ctb.replay.witness.catalog import snapshot


@pytest.fixture(scope="module", params=oldest_and_newest(), ids="pg{}".format)
def server(request):
    """A server of the oldest and of the newest major version that can be had."""
    with choice_of(request.param).offer.start() as started:
        yield started


@pytest.fixture(scope="module")
def empty(server):
    with server.login() as connection:
        yield connection


@pytest.fixture(scope="module")
def full(server):
    """A superuser in a database that holds something of everything."""
    with server.login() as admin:
        admin.execute("CREATE DATABASE full_of_things")
    with server.login("full_of_things") as connection:
        connection.execute(BASE.replace("EXTENSION_OF_THIS_SERVER", an_extension(connection)))
        yield connection


@pytest.fixture
def connection(empty):
    """A superuser in an empty database; what a test does is rolled back."""
    with empty.transaction(force_rollback=True):
        yield empty


@pytest.fixture
def filled(full):
    """A superuser in a database that holds something of everything; what a test does is rolled back."""
    with full.transaction(force_rollback=True):
        yield full


def changed(connection, change, server=None) -> set[str]:
    """The objects that differ after a change; with a server, what its databases share too."""
    before = snapshot(connection, "", server).objects
    connection.execute(change)
    after = snapshot(connection, "", server).objects
    return {str(key) for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def an_extension(connection) -> str:
    """One that this server has: no two installations have the same."""
    query = "SELECT min(name) FROM pg_available_extensions WHERE name IN ('vector', 'citext')"
    (name,) = connection.execute(query).fetchone()
    return name


def test_an_empty_database_has_its_public_schema_alone(connection):
    """Nothing of Postgres, of the plugin or of plpgsql shows."""
    assert set(snapshot(connection, "").objects) == {
        Key("schema", "public"),
        Key("comment", "schema public"),
        Key("privileges", "schema public"),
    }


BASE = """
CREATE SCHEMA s;
CREATE TABLE s.p (id bigint PRIMARY KEY, a int, b text, c numeric, d date);
CREATE TABLE s.q (id bigint PRIMARY KEY, p_id bigint, t text COLLATE "C", e int4range);
CREATE UNIQUE INDEX q_t ON s.q (t);
CREATE VIEW s.v AS SELECT id, a FROM s.p;
CREATE MATERIALIZED VIEW s.m AS SELECT id FROM s.p;
CREATE SEQUENCE s.z;
CREATE TYPE s.mood AS ENUM ('low', 'high');
CREATE DOMAIN s.mail AS text CONSTRAINT has_at CHECK (VALUE LIKE '%@%');
CREATE TYPE s.pair AS (x int, y text);
CREATE TYPE s.span AS RANGE (subtype = float8);
CREATE FUNCTION s.f(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION s.noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION s.happened() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE PROCEDURE s.pr(a int) LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE s.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE TRIGGER tr BEFORE INSERT ON s.p FOR EACH ROW EXECUTE FUNCTION s.noted();
CREATE RULE ru AS ON DELETE TO s.q DO INSTEAD NOTHING;
CREATE POLICY po ON s.p FOR SELECT USING (a > 0);
CREATE STATISTICS s.st ON a, c FROM s.p;
CREATE PUBLICATION pub FOR TABLE s.p;
CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION s.happened();
CREATE TABLE s.parted (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE s.part1 PARTITION OF s.parted FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE ROLE reader;
CREATE ROLE writer;
CREATE COLLATION s.co (provider = libc, locale = 'C');
CREATE TEXT SEARCH CONFIGURATION s.tsc (COPY = pg_catalog.simple);
CREATE TEXT SEARCH DICTIONARY s.tsd (TEMPLATE = pg_catalog.simple);
CREATE FOREIGN DATA WRAPPER fdw;
CREATE SERVER srv FOREIGN DATA WRAPPER fdw;
CREATE USER MAPPING FOR reader SERVER srv OPTIONS (who 'a');
CREATE FOREIGN TABLE s.ft (id int) SERVER srv;
CREATE OPERATOR s.### (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
CREATE CAST (s.pair AS bigint) WITH INOUT;
CREATE OPERATOR CLASS s.ops FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(int);
COMMENT ON TABLE s.p IS 'people';
CREATE TABLE s.whole (id int NOT NULL, at date) PARTITION BY RANGE (at);
CREATE TABLE s.half PARTITION OF s.whole FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TRIGGER on_halves BEFORE INSERT ON s.whole FOR EACH ROW EXECUTE FUNCTION s.noted();
CREATE INDEX whole_id ON s.whole (id);
CREATE TABLE s.owner (id int, other int);
CREATE SEQUENCE s.owned OWNED BY s.owner.id;
CREATE TABLE s.elder (id int, a int);
CREATE TABLE s.heir () INHERITS (s.elder);
CREATE TABLE s.cousin (id int) INHERITS (s.elder);
CREATE FUNCTION s.leaning() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE CONVERSION s.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TRUSTED LANGUAGE plother HANDLER plpgsql_call_handler;
CREATE ACCESS METHOD other_heap TYPE TABLE HANDLER heap_tableam_handler;
CREATE TEXT SEARCH PARSER s.tsp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE s.tst (LEXIZE = dsimple_lexize);
CREATE FUNCTION s.from_sql(internal) RETURNS internal IMMUTABLE LANGUAGE internal AS 'prsd_headline';
CREATE TRANSFORM FOR s.pair LANGUAGE plother (FROM SQL WITH FUNCTION s.from_sql(internal));
CREATE ROLE member IN ROLE writer;
CREATE EXTENSION EXTENSION_OF_THIS_SERVER SCHEMA s;
ALTER FUNCTION s.leaning DEPENDS ON EXTENSION EXTENSION_OF_THIS_SERVER;
CREATE SUBSCRIPTION sub CONNECTION 'dbname=other' PUBLICATION pub WITH (connect = false);
ALTER ROLE reader SET work_mem = '5MB';
"""

CHANGES = {
    # a table as a whole
    "CREATE TABLE s.new (id int)": "table s.new; column s.new.id; column order s.new",
    "DROP TABLE s.q": "table s.q; column order s.q; column s.q.id; column s.q.p_id; column s.q.t; column s.q.e; "
    "constraint s.q.q_pkey; index s.q_t; rule s.q.ru",
    "ALTER TABLE s.q SET UNLOGGED": "table s.q",
    "ALTER TABLE s.q SET (fillfactor = 70)": "table s.q",
    "ALTER TABLE s.q SET (toast.autovacuum_enabled = false)": "table s.q",
    "ALTER TABLE s.q OWNER TO writer": "table s.q",
    "ALTER TABLE s.q ENABLE ROW LEVEL SECURITY": "table s.q",
    "ALTER TABLE s.q FORCE ROW LEVEL SECURITY": "table s.q",
    "ALTER TABLE s.q REPLICA IDENTITY FULL": "table s.q",
    "ALTER TABLE s.q REPLICA IDENTITY USING INDEX q_pkey": "table s.q",
    "ALTER TABLE s.q CLUSTER ON q_pkey": "table s.q",
    "ALTER TABLE s.q CLUSTER ON q_t": "table s.q",
    "CREATE TABLE s.child () INHERITS (s.q)": "table s.child; column s.child.id; column s.child.p_id; "
    "column s.child.t; column s.child.e; column order s.child",
    "ALTER TABLE s.parted DETACH PARTITION s.part1": "table s.part1",
    "ALTER TABLE s.parted DETACH PARTITION s.part1; "
    "ALTER TABLE s.parted ATTACH PARTITION s.part1 FOR VALUES FROM ('2025-01-01') TO ('2027-01-01')": "table s.part1",
    "ALTER TABLE s.parted DETACH PARTITION s.part1; ALTER TABLE s.parted ATTACH PARTITION s.part1 DEFAULT": "table s.part1",
    "DROP TABLE s.part1; DROP TABLE s.parted; CREATE TABLE s.parted (id int, at date) PARTITION BY LIST (at)": "table s.parted; "
    "table s.part1; column s.part1.id; column s.part1.at; column order s.part1",
    # columns
    "ALTER TABLE s.q ALTER p_id TYPE int": "column s.q.p_id",
    "ALTER TABLE s.q ADD extra varchar(10)": "column s.q.extra; column order s.q",
    "ALTER TABLE s.q DROP e": "column s.q.e; column order s.q",
    "ALTER TABLE s.q DROP e, ADD e int4range; ALTER TABLE s.q DROP p_id, ADD p_id bigint": "column order s.q",
    "ALTER TABLE s.q RENAME p_id TO people": "column s.q.p_id; column s.q.people; column order s.q",
    "ALTER TABLE s.p ALTER c SET DEFAULT 0": "column s.p.c",
    "ALTER TABLE s.p ALTER c SET NOT NULL": "column s.p.c",
    'ALTER TABLE s.p ALTER b TYPE text COLLATE "C"': "column s.p.b",
    "ALTER TABLE s.q ALTER p_id SET NOT NULL, ALTER p_id ADD GENERATED ALWAYS AS IDENTITY": "column s.q.p_id; sequence s.q_p_id_seq",
    "ALTER TABLE s.q ADD twice bigint GENERATED ALWAYS AS (p_id * 2) STORED": "column s.q.twice; column order s.q",
    "ALTER TABLE s.p ALTER b SET STORAGE EXTERNAL": "column s.p.b",
    "ALTER TABLE s.p ALTER b SET COMPRESSION pglz": "column s.p.b",
    "ALTER TABLE s.p ALTER b SET STATISTICS 500": "column s.p.b",
    "ALTER TABLE s.p ALTER b SET (n_distinct = 5)": "column s.p.b",
    "ALTER FOREIGN TABLE s.ft ALTER id OPTIONS (ADD k 'v')": "column s.ft.id",
    "ALTER VIEW s.v ALTER a SET DEFAULT 3": "column s.v.a",
    # constraints
    "ALTER TABLE s.p ADD CONSTRAINT pos CHECK (a > 0)": "constraint s.p.pos",
    "ALTER TABLE s.q ADD CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES s.p": "constraint s.q.fk",
    "ALTER TABLE s.q ADD CONSTRAINT ex EXCLUDE USING gist (e WITH &&)": "constraint s.q.ex",
    "ALTER TABLE s.q RENAME CONSTRAINT q_pkey TO other": "constraint s.q.q_pkey; constraint s.q.other",
    "ALTER TABLE s.q DROP CONSTRAINT q_pkey; ALTER TABLE s.q ADD PRIMARY KEY (id) INCLUDE (t)": "constraint s.q.q_pkey",
    "ALTER INDEX s.q_pkey SET (fillfactor = 50)": "constraint s.q.q_pkey",
    # indexes
    "CREATE INDEX i ON s.p (a)": "index s.i",
    "ALTER INDEX s.q_t RENAME TO q_u": "index s.q_t; index s.q_u",
    "ALTER INDEX s.q_t SET (fillfactor = 50)": "index s.q_t",
    # views
    "CREATE OR REPLACE VIEW s.v AS SELECT id, a FROM s.p WHERE a > 0": "view s.v",
    "ALTER VIEW s.v SET (security_barrier)": "view s.v",
    "ALTER VIEW s.v OWNER TO writer": "view s.v",
    "REFRESH MATERIALIZED VIEW s.m WITH NO DATA": "materialized view s.m",
    "DROP MATERIALIZED VIEW s.m; CREATE MATERIALIZED VIEW s.m AS SELECT id FROM s.p WHERE a = 1": "materialized view s.m",
    # sequences
    "ALTER SEQUENCE s.z INCREMENT 2": "sequence s.z",
    "ALTER SEQUENCE s.z START 5": "sequence s.z",
    "ALTER SEQUENCE s.z MINVALUE -5": "sequence s.z",
    "ALTER SEQUENCE s.z MAXVALUE 9": "sequence s.z",
    "ALTER SEQUENCE s.z CACHE 10": "sequence s.z",
    "ALTER SEQUENCE s.z CYCLE": "sequence s.z",
    "ALTER SEQUENCE s.z AS int": "sequence s.z",
    "ALTER SEQUENCE s.z OWNED BY s.p.id": "sequence s.z",
    "ALTER SEQUENCE s.z OWNER TO writer": "sequence s.z",
    # types
    "ALTER TYPE s.mood ADD VALUE 'middle' BEFORE 'high'": "type s.mood",
    "ALTER TYPE s.mood RENAME VALUE 'low' TO 'bad'": "type s.mood",
    "DROP TYPE s.mood; CREATE TYPE s.mood AS ENUM ('high', 'low')": "type s.mood",
    "ALTER TYPE s.mood OWNER TO writer": "type s.mood",
    "ALTER DOMAIN s.mail SET NOT NULL": "type s.mail",
    "ALTER DOMAIN s.mail SET DEFAULT 'a@b'": "type s.mail",
    "ALTER DOMAIN s.mail ADD CONSTRAINT short CHECK (length(VALUE) < 9)": "type s.mail",
    "ALTER DOMAIN s.mail ADD CONSTRAINT short CHECK (length(VALUE) < 9) NOT VALID": "type s.mail",
    "ALTER DOMAIN s.mail DROP CONSTRAINT has_at": "type s.mail",
    "DROP DOMAIN s.mail; CREATE DOMAIN s.mail AS text COLLATE \"C\" CONSTRAINT has_at CHECK (VALUE LIKE '%@%')": "type s.mail",
    "ALTER TYPE s.pair ADD ATTRIBUTE z int": "type s.pair",
    'ALTER TYPE s.pair DROP ATTRIBUTE y; ALTER TYPE s.pair ADD ATTRIBUTE y text COLLATE "C"': "type s.pair",
    "DROP TYPE s.span; CREATE TYPE s.span AS RANGE (subtype = float4)": "type s.span",
    "DROP TYPE s.span; CREATE TYPE s.span AS RANGE (subtype = float8, subtype_diff = float8mi)": "type s.span",
    "DROP TYPE s.span; CREATE TYPE s.span AS RANGE (subtype = float8, multirange_type_name = s.spans)": "type s.span",
    # functions
    "CREATE OR REPLACE FUNCTION s.f(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1'": "function s.f(integer)",
    "ALTER FUNCTION s.f IMMUTABLE": "function s.f(integer)",
    "ALTER FUNCTION s.f STRICT": "function s.f(integer)",
    "ALTER FUNCTION s.f SECURITY DEFINER": "function s.f(integer)",
    "ALTER FUNCTION s.f LEAKPROOF": "function s.f(integer)",
    "ALTER FUNCTION s.f PARALLEL SAFE": "function s.f(integer)",
    "ALTER FUNCTION s.f COST 7": "function s.f(integer)",
    "ALTER FUNCTION s.f SET search_path = ''": "function s.f(integer)",
    "ALTER FUNCTION s.f OWNER TO writer": "function s.f(integer)",
    "CREATE FUNCTION s.f(text) RETURNS int LANGUAGE sql AS 'SELECT 1'": "function s.f(text)",
    "CREATE OR REPLACE PROCEDURE s.pr(a int) LANGUAGE sql AS 'SELECT 2'": "function s.pr(integer)",
    "CREATE OR REPLACE AGGREGATE s.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '1')": "function s.total(integer)",
    "CREATE OR REPLACE AGGREGATE s.total(int) (SFUNC = int4mi, STYPE = int, INITCOND = '0')": "function s.total(integer)",
    "CREATE OR REPLACE AGGREGATE s.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', FINALFUNC = int4abs)": "function s.total(integer)",
    "CREATE OR REPLACE AGGREGATE s.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', COMBINEFUNC = int4pl)": "function s.total(integer)",
    "CREATE OR REPLACE AGGREGATE s.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', PARALLEL = SAFE)": "function s.total(integer)",
    "CREATE OR REPLACE AGGREGATE s.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', SORTOP = <)": "function s.total(integer)",
    # what hangs on tables
    "ALTER TABLE s.p DISABLE TRIGGER tr": "trigger s.p.tr",
    "ALTER TABLE s.p ENABLE ALWAYS TRIGGER tr": "trigger s.p.tr",
    "ALTER TABLE s.p ENABLE REPLICA TRIGGER tr": "trigger s.p.tr",
    "CREATE OR REPLACE TRIGGER tr AFTER INSERT ON s.p FOR EACH ROW EXECUTE FUNCTION s.noted()": "trigger s.p.tr",
    "CREATE OR REPLACE TRIGGER tr BEFORE INSERT ON s.p FOR EACH ROW WHEN (NEW.a > 0) EXECUTE FUNCTION s.noted()": "trigger s.p.tr",
    "CREATE OR REPLACE RULE ru AS ON DELETE TO s.q DO ALSO NOTHING": "rule s.q.ru",
    "ALTER TABLE s.q DISABLE RULE ru": "rule s.q.ru",
    "ALTER POLICY po ON s.p USING (a > 1)": "policy s.p.po",
    "ALTER POLICY po ON s.p TO reader": "policy s.p.po",
    "DROP POLICY po ON s.p; CREATE POLICY po ON s.p AS RESTRICTIVE FOR SELECT USING (a > 0)": "policy s.p.po",
    "DROP POLICY po ON s.p; CREATE POLICY po ON s.p FOR DELETE USING (a > 0)": "policy s.p.po",
    "DROP POLICY po ON s.p; CREATE POLICY po ON s.p FOR ALL USING (a > 0) WITH CHECK (a > 0)": "policy s.p.po",
    "ALTER STATISTICS s.st SET STATISTICS 50": "statistics s.st",
    "DROP STATISTICS s.st; CREATE STATISTICS s.st (ndistinct) ON a, c FROM s.p": "statistics s.st",
    # privileges
    "GRANT SELECT ON s.p TO reader": "privileges table s.p",
    "GRANT SELECT (a) ON s.p TO reader": "privileges column s.p.a",
    "GRANT USAGE ON SCHEMA s TO reader": "privileges schema s",
    "GRANT USAGE ON SEQUENCE s.z TO reader": "privileges sequence s.z",
    "GRANT SELECT ON s.v TO reader": "privileges view s.v",
    "REVOKE EXECUTE ON FUNCTION s.f FROM PUBLIC": "privileges function s.f(integer)",
    "REVOKE USAGE ON TYPE s.mood FROM PUBLIC": "privileges type s.mood",
    "GRANT USAGE ON FOREIGN SERVER srv TO reader": "privileges server srv",
    "REVOKE ALL ON s.p FROM postgres": "privileges table s.p",
    "GRANT SELECT ON s.p TO writer WITH GRANT OPTION; GRANT SELECT ON s.p TO reader": "privileges table s.p",
    "GRANT USAGE ON FOREIGN DATA WRAPPER fdw TO reader": "privileges foreign data wrapper fdw",
    "GRANT USAGE ON LANGUAGE plpgsql TO reader": "privileges language plpgsql",
    "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC": "privileges language plpgsql",
    "GRANT CREATE ON DATABASE full_of_things TO reader": "privileges database (this one)",
    "REVOKE CONNECT, TEMPORARY ON DATABASE full_of_things FROM PUBLIC": "privileges database (this one)",
    "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO reader": "system privileges function pg_catalog.pg_read_file(text)",
    "REVOKE EXECUTE ON FUNCTION pg_sleep(float8) FROM PUBLIC": "system privileges function pg_catalog.pg_sleep(double precision)",
    "REVOKE SELECT ON pg_roles FROM PUBLIC": "system privileges view pg_catalog.pg_roles",
    "GRANT CREATE ON TABLESPACE pg_default TO reader": "privileges tablespace pg_default",
    "GRANT SET ON PARAMETER log_statement TO reader": "privileges parameter log_statement",
    "GRANT SET ON PARAMETER log_statement TO reader WITH GRANT OPTION": "privileges parameter log_statement",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO reader": "default privileges for postgres in s on tables",
    "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC": "default privileges for postgres on functions",
    # comments
    "COMMENT ON TABLE s.p IS 'persons'": "comment table s.p",
    "COMMENT ON TABLE s.p IS NULL": "comment table s.p",
    "COMMENT ON COLUMN s.p.a IS 'x'": "comment column s.p.a",
    "COMMENT ON COLUMN s.v.a IS 'x'": "comment column s.v.a",
    "COMMENT ON CONSTRAINT q_pkey ON s.q IS 'x'": "comment constraint s.q.q_pkey",
    "COMMENT ON INDEX s.q_t IS 'x'": "comment index s.q_t",
    "COMMENT ON VIEW s.v IS 'x'": "comment view s.v",
    "COMMENT ON SCHEMA s IS 'x'": "comment schema s",
    "COMMENT ON SCHEMA public IS 'x'": "comment schema public",
    "COMMENT ON SEQUENCE s.z IS 'x'": "comment sequence s.z",
    "COMMENT ON TYPE s.mood IS 'x'": "comment type s.mood",
    "COMMENT ON DOMAIN s.mail IS 'x'": "comment type s.mail",
    "COMMENT ON CONSTRAINT has_at ON DOMAIN s.mail IS 'x'": "comment domain constraint s.mail(has_at)",
    "COMMENT ON FUNCTION s.f IS 'x'": "comment function s.f(integer)",
    "COMMENT ON PROCEDURE s.pr IS 'x'": "comment function s.pr(integer)",
    "COMMENT ON AGGREGATE s.total(int) IS 'x'": "comment function s.total(integer)",
    "COMMENT ON TRIGGER tr ON s.p IS 'x'": "comment trigger s.p.tr",
    "COMMENT ON POLICY po ON s.p IS 'x'": "comment policy s.p.po",
    "COMMENT ON RULE ru ON s.q IS 'x'": "comment rule s.q.ru",
    "COMMENT ON EVENT TRIGGER et IS 'x'": "comment event trigger et",
    "COMMENT ON CAST (s.pair AS bigint) IS 'x'": "comment cast s.pair(bigint)",
    "COMMENT ON OPERATOR s.### (int, int) IS 'x'": "comment operator s.###(integer, integer)",
    "COMMENT ON STATISTICS s.st IS 'x'": "comment statistics s.st",
    "COMMENT ON DATABASE full_of_things IS 'x'": "comment database (this one)",
    "COMMENT ON ROLE reader IS 'x'": "comment role reader",
    "COMMENT ON TABLESPACE pg_default IS 'x'": "comment tablespace pg_default",
    "COMMENT ON SUBSCRIPTION sub IS 'x'": "comment subscription sub",
    "COMMENT ON TRIGGER on_halves ON s.half IS 'x'": "comment trigger s.half.on_halves",
    "COMMENT ON INDEX s.half_id_idx IS 'x'": "comment index s.half_id_idx",
    # sequences and their columns
    "ALTER SEQUENCE s.owned OWNED BY NONE": "sequence s.owned",
    "ALTER SEQUENCE s.owned OWNED BY s.elder.id": "sequence s.owned",
    "ALTER SEQUENCE s.owned OWNED BY s.owner.other": "sequence s.owned",
    # partitions and heirs
    "ALTER TABLE s.half DISABLE TRIGGER on_halves": "trigger s.half.on_halves",
    "ALTER TABLE s.half ENABLE ALWAYS TRIGGER on_halves": "trigger s.half.on_halves",
    "ALTER INDEX s.half_id_idx RENAME TO half_i": "index s.half_id_idx; index s.half_i; "
    "attachment index s.half_id_idx; attachment index s.half_i",
    "ALTER INDEX s.half_id_idx SET (fillfactor = 50)": "index s.half_id_idx",
    "ALTER TABLE s.half ADD PRIMARY KEY (id)": "constraint s.half.half_pkey",
    "ALTER TABLE s.heir NO INHERIT s.elder; ALTER TABLE s.heir INHERIT s.elder": "declared columns s.heir",
    "ALTER TABLE s.heir ALTER a SET DEFAULT 1": "column s.heir.a",
    # what goes with an extension
    "ALTER FUNCTION s.noted DEPENDS ON EXTENSION EXTENSION_OF_THIS_SERVER": "dependency function s.noted()",
    "ALTER FUNCTION s.leaning NO DEPENDS ON EXTENSION EXTENSION_OF_THIS_SERVER": "dependency function s.leaning()",
    "ALTER INDEX s.q_t DEPENDS ON EXTENSION EXTENSION_OF_THIS_SERVER": "dependency index s.q_t",
    "ALTER TRIGGER tr ON s.p DEPENDS ON EXTENSION EXTENSION_OF_THIS_SERVER": "dependency trigger s.p.tr",
    "ALTER MATERIALIZED VIEW s.m DEPENDS ON EXTENSION EXTENSION_OF_THIS_SERVER": "dependency materialized view s.m",
    # materialized views
    "ALTER MATERIALIZED VIEW s.m SET (fillfactor = 50)": "materialized view s.m",
    "ALTER MATERIALIZED VIEW s.m ALTER id SET STATISTICS 7": "column s.m.id",
    "CREATE UNIQUE INDEX m_id ON s.m (id); ALTER MATERIALIZED VIEW s.m CLUSTER ON m_id": "index s.m_id; materialized view s.m",
    # roles
    "CREATE ROLE extra": "role extra",
    "ALTER ROLE reader LOGIN": "role reader",
    "ALTER ROLE reader NOINHERIT": "role reader",
    "ALTER ROLE reader CREATEDB": "role reader",
    "ALTER ROLE reader CREATEROLE": "role reader",
    "ALTER ROLE reader SUPERUSER": "role reader",
    "ALTER ROLE reader REPLICATION": "role reader",
    "ALTER ROLE reader BYPASSRLS": "role reader",
    "ALTER ROLE reader CONNECTION LIMIT 3": "role reader",
    "ALTER ROLE reader VALID UNTIL '2030-01-01'": "role reader",
    "ALTER ROLE reader VALID UNTIL 'infinity'": "",
    "ALTER ROLE reader PASSWORD 'x'": "role reader",
    "ALTER ROLE reader RENAME TO watcher": "role reader; role watcher; setting work_mem of role reader; "
    "setting work_mem of role watcher; user mapping srv for reader; user mapping srv for watcher",
    "GRANT writer TO reader": "membership of reader in writer",
    "GRANT writer TO member WITH ADMIN OPTION": "membership of member in writer",
    "REVOKE writer FROM member": "membership of member in writer",
    "GRANT pg_monitor TO reader": "membership of reader in pg_monitor",
    # settings
    "ALTER ROLE reader SET work_mem = '6MB'": "setting work_mem of role reader",
    "ALTER ROLE reader RESET ALL": "setting work_mem of role reader",
    "ALTER ROLE reader SET search_path = s, public": "setting search_path of role reader",
    "ALTER ROLE reader IN DATABASE full_of_things SET work_mem = '7MB'": "setting work_mem of role reader in database (this one)",
    "ALTER ROLE ALL SET work_mem = '7MB'": "setting work_mem of all roles",
    "ALTER DATABASE full_of_things SET work_mem = '7MB'": "setting work_mem of database (this one)",
    "ALTER DATABASE full_of_things SET app.tenant = '7'": "setting app.tenant of database (this one)",
    # databases and what they share
    "ALTER DATABASE full_of_things CONNECTION LIMIT 7": "database (this one)",
    "ALTER DATABASE full_of_things IS_TEMPLATE true": "database (this one)",
    "ALTER DATABASE full_of_things OWNER TO writer": "database (this one)",
    "ALTER TABLESPACE pg_default SET (seq_page_cost = 2)": "tablespace pg_default",
    "ALTER SUBSCRIPTION sub SET (slot_name = NONE)": "subscription sub",
    "ALTER SUBSCRIPTION sub SET (binary = true)": "subscription sub",
    "ALTER SUBSCRIPTION sub CONNECTION 'dbname=another'": "subscription sub",
    "ALTER SUBSCRIPTION sub SET PUBLICATION other WITH (refresh = false)": "subscription sub",
    "ALTER SUBSCRIPTION sub OWNER TO postgres": "",
    # owners
    "ALTER STATISTICS s.st OWNER TO writer": "statistics s.st",
    "ALTER COLLATION s.co OWNER TO writer": "collation s.co",
    "ALTER CONVERSION s.conv OWNER TO writer": "conversion s.conv",
    "ALTER TEXT SEARCH CONFIGURATION s.tsc OWNER TO writer": "text search configuration s.tsc",
    "ALTER TEXT SEARCH DICTIONARY s.tsd OWNER TO writer": "text search dictionary s.tsd",
    "ALTER OPERATOR CLASS s.ops USING hash OWNER TO writer": "operator class s.ops using hash",
    "ALTER OPERATOR FAMILY s.ops USING hash OWNER TO writer": "operator family s.ops using hash",
    "ALTER LANGUAGE plother OWNER TO writer": "language plother",
    "ALTER CONVERSION s.conv RENAME TO conv2": "conversion s.conv; conversion s.conv2",
    "DROP TRANSFORM FOR s.pair LANGUAGE plother": "transform s.pair in plother",
    "ALTER PUBLICATION pub ADD TABLES IN SCHEMA s": "publication pub",
    # the others
    "CREATE SCHEMA t AUTHORIZATION writer": "schema t",
    "ALTER SCHEMA s OWNER TO writer": "schema s",
    "DROP SCHEMA public": "schema public; privileges schema public; comment schema public",
    "ALTER PUBLICATION pub ADD TABLE s.q": "publication pub",
    "ALTER PUBLICATION pub SET TABLE s.p (id, a)": "publication pub",
    "ALTER PUBLICATION pub SET TABLE s.p WHERE (id > 5)": "publication pub",
    "ALTER PUBLICATION pub SET (publish = 'insert')": "publication pub",
    "ALTER PUBLICATION pub SET (publish_via_partition_root)": "publication pub",
    "ALTER EVENT TRIGGER et DISABLE": "event trigger et",
    "DROP EVENT TRIGGER et; CREATE EVENT TRIGGER et ON ddl_command_start EXECUTE FUNCTION s.happened()": "event trigger et",
    "DROP EVENT TRIGGER et; CREATE EVENT TRIGGER et ON ddl_command_end WHEN TAG IN ('CREATE TABLE') "
    "EXECUTE FUNCTION s.happened()": "event trigger et",
    "DROP OPERATOR s.### (int, int); CREATE OPERATOR s.### (LEFTARG = int, RIGHTARG = int, FUNCTION = int4mi)": "operator s.###(integer, integer)",
    "DROP CAST (s.pair AS bigint); CREATE CAST (s.pair AS bigint) WITH INOUT AS ASSIGNMENT": "cast s.pair as bigint",
    "DROP COLLATION s.co; CREATE COLLATION s.co (provider = libc, locale = 'POSIX')": "collation s.co",
    "ALTER TEXT SEARCH CONFIGURATION s.tsc DROP MAPPING FOR word": "text search configuration s.tsc",
    "ALTER TEXT SEARCH DICTIONARY s.tsd (Accept = false)": "text search dictionary s.tsd",
    "ALTER SERVER srv OPTIONS (ADD host 'x')": "server srv",
    "ALTER SERVER srv VERSION '2'": "server srv",
    "ALTER USER MAPPING FOR reader SERVER srv OPTIONS (SET who 'b')": "user mapping srv for reader",
    "ALTER FOREIGN TABLE s.ft OPTIONS (ADD name 'x')": "foreign table s.ft",
    "ALTER FOREIGN DATA WRAPPER fdw OPTIONS (ADD k 'v')": "foreign data wrapper fdw",
    "ALTER OPERATOR FAMILY s.ops USING hash ADD FUNCTION 2 (int, int) hashint4extended(int, bigint)": "operator family s.ops using hash",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_shows_as_what_it_changes(filled, server, change):
    made = change.replace("EXTENSION_OF_THIS_SERVER", an_extension(filled))
    assert changed(filled, made, server) == set(filter(None, CHANGES[change].split("; ")))


ALTERNATIVES = {
    "constraint s.p.k": [
        "ALTER TABLE s.p ADD CONSTRAINT k CHECK (a > 0)",
        "ALTER TABLE s.p ADD CONSTRAINT k CHECK (a > 1)",
        "ALTER TABLE s.p ADD CONSTRAINT k CHECK (a > 0) NOT VALID",
        "ALTER TABLE s.p ADD CONSTRAINT k CHECK (a > 0) NO INHERIT",
        "ALTER TABLE s.p ADD CONSTRAINT k UNIQUE (a)",
        "ALTER TABLE s.p ADD CONSTRAINT k UNIQUE (a, c)",
        "ALTER TABLE s.p ADD CONSTRAINT k UNIQUE (a) INCLUDE (c)",
        "ALTER TABLE s.p ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a)",
        "ALTER TABLE s.p ADD CONSTRAINT k UNIQUE (a) DEFERRABLE",
        "ALTER TABLE s.p ADD CONSTRAINT k UNIQUE (a) DEFERRABLE INITIALLY DEFERRED",
        "ALTER TABLE s.p ADD CONSTRAINT k UNIQUE (a) WITH (fillfactor = 50)",
        "ALTER TABLE s.p ADD CONSTRAINT k EXCLUDE (a WITH =)",
        "ALTER TABLE s.p ADD CONSTRAINT k EXCLUDE (a WITH =) WHERE (c > 0)",
    ],
    "constraint s.q.k": [
        "ALTER TABLE s.q ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES s.p",
        "ALTER TABLE s.q ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES s.p",
        "ALTER TABLE s.q ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES s.q",
        "ALTER TABLE s.q ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES s.p ON DELETE CASCADE",
        "ALTER TABLE s.q ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES s.p ON DELETE SET NULL",
        "ALTER TABLE s.q ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES s.p ON UPDATE CASCADE",
        "ALTER TABLE s.q ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES s.p MATCH FULL",
        "ALTER TABLE s.q ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES s.p DEFERRABLE",
        "ALTER TABLE s.q ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES s.p DEFERRABLE INITIALLY DEFERRED",
        "ALTER TABLE s.q ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES s.p NOT VALID",
    ],
    "index s.i": [
        "CREATE INDEX i ON s.p (a)",
        "CREATE UNIQUE INDEX i ON s.p (a)",
        "CREATE UNIQUE INDEX i ON s.p (a) NULLS NOT DISTINCT",
        "CREATE INDEX i ON s.p (a DESC)",
        "CREATE INDEX i ON s.p (a NULLS FIRST)",
        "CREATE INDEX i ON s.p (a, c)",
        "CREATE INDEX i ON s.p (c, a)",
        "CREATE INDEX i ON s.p (a) INCLUDE (c)",
        "CREATE INDEX i ON s.p (a) WHERE a > 0",
        "CREATE INDEX i ON s.p (a) WITH (fillfactor = 50)",
        "CREATE INDEX i ON s.p USING hash (a)",
        "CREATE INDEX i ON s.p (b)",
        "CREATE INDEX i ON s.p (b text_pattern_ops)",
        'CREATE INDEX i ON s.p (b COLLATE "POSIX")',
        "CREATE INDEX i ON s.p (lower(b))",
        "CREATE INDEX i ON s.p (lower(b)); ALTER INDEX s.i ALTER COLUMN 1 SET STATISTICS 9",
        "CREATE INDEX i ON s.q (id)",
    ],
    "column s.p.k": [
        "ALTER TABLE s.p ADD k int",
        "ALTER TABLE s.p ADD k int[]",
        "ALTER TABLE s.p ADD k int NOT NULL",
        "ALTER TABLE s.p ADD k int DEFAULT 1",
        "ALTER TABLE s.p ADD k int GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE s.p ADD k int GENERATED BY DEFAULT AS IDENTITY",
        "ALTER TABLE s.p ADD k int GENERATED ALWAYS AS (a) STORED",
        "ALTER TABLE s.p ADD k varchar(3)",
        "ALTER TABLE s.p ADD k varchar(4)",
        "ALTER TABLE s.p ADD k numeric(4, 2)",
        "ALTER TABLE s.p ADD k timestamptz(3)",
        "ALTER TABLE s.p ADD k s.mood",
    ],
    "table s.k": [
        "CREATE TABLE s.k (id int)",
        "CREATE TABLE s.k (id int) PARTITION BY RANGE (id)",
        "CREATE TABLE s.k (id int) PARTITION BY LIST (id)",
        "CREATE TABLE s.k () INHERITS (s.p)",
        "CREATE TABLE s.k () INHERITS (s.q)",
        "CREATE TABLE s.k PARTITION OF s.parted DEFAULT",
        "CREATE TABLE s.k PARTITION OF s.parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "CREATE TABLE s.k OF s.pair",
        "CREATE FOREIGN TABLE s.k (id int) SERVER srv",
    ],
    "trigger s.p.k": [
        "CREATE TRIGGER k BEFORE INSERT ON s.p FOR EACH ROW EXECUTE FUNCTION s.noted()",
        "CREATE TRIGGER k BEFORE UPDATE ON s.p FOR EACH ROW EXECUTE FUNCTION s.noted()",
        "CREATE TRIGGER k BEFORE UPDATE OF a ON s.p FOR EACH ROW EXECUTE FUNCTION s.noted()",
        "CREATE TRIGGER k BEFORE INSERT ON s.p EXECUTE FUNCTION s.noted()",
        "CREATE TRIGGER k BEFORE INSERT ON s.p FOR EACH ROW EXECUTE FUNCTION s.noted('x')",
        "CREATE CONSTRAINT TRIGGER k AFTER INSERT ON s.p FOR EACH ROW EXECUTE FUNCTION s.noted()",
        "CREATE CONSTRAINT TRIGGER k AFTER INSERT ON s.p INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION s.noted()",
    ],
}
OF_18 = {
    "constraint s.p.k": [
        "ALTER TABLE s.p ADD CONSTRAINT k CHECK (a > 0) NOT ENFORCED",
        "ALTER TABLE s.p ADD CONSTRAINT k NOT NULL a NOT VALID",
        "ALTER TABLE s.p ADD CONSTRAINT k NOT NULL a NO INHERIT",
        "ALTER TABLE s.p ADD CONSTRAINT k NOT NULL a",
    ],
    "constraint s.q.k": ["ALTER TABLE s.q ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES s.p NOT ENFORCED"],
    "column s.p.k": ["ALTER TABLE s.p ADD k int GENERATED ALWAYS AS (a) VIRTUAL"],
}
"""What Postgres 18 brought."""


@pytest.mark.parametrize("key", ALTERNATIVES)
def test_no_two_ways_to_make_an_object_look_alike(filled, key):
    newer = OF_18.get(key, []) if filled.info.server_version >= 180000 else []
    seen: dict[str, str] = {}
    for way in [*ALTERNATIVES[key], *newer]:
        with filled.transaction(force_rollback=True):
            filled.execute(way)
            objects = snapshot(filled, "").objects
        kind, _, name = key.partition(" ")
        made = objects.get(Key(kind, name)) or objects[Key("foreign table", name)]
        assert made.definition not in seen, f"{way} looks like {seen[made.definition]}"
        seen[made.definition] = way


def test_every_kind_of_object_shows(filled, server):
    """Each SELECT of the query gives something: none stands there untried."""
    filled.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader")
    shown = {key.kind for key in snapshot(filled, "", server).objects}
    folder = Path(catalog.__file__).parent
    query = "".join((folder / name).read_text(encoding="utf-8") for name in ("catalog.sql", "cluster.sql"))
    assert shown >= set(re.findall(r"^SELECT '([a-z ]+)'", query, re.MULTILINE))


FORWARD = """
CREATE SCHEMA one; CREATE SCHEMA two;
CREATE ROLE anna; CREATE ROLE bert;
CREATE TABLE one.a (id int PRIMARY KEY, x int) WITH (fillfactor = 70, autovacuum_enabled = false);
CREATE TABLE two.b (id int, a_id int, CONSTRAINT fk FOREIGN KEY (a_id) REFERENCES one.a, CONSTRAINT pos CHECK (id > 0));
CREATE INDEX i1 ON two.b (id); CREATE INDEX i2 ON two.b (a_id);
GRANT SELECT ON one.a TO anna; GRANT INSERT, UPDATE ON one.a TO bert;
CREATE POLICY po ON one.a TO anna, bert USING (true);
CREATE PUBLICATION pub FOR TABLE one.a, two.b;
CREATE FUNCTION one.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION one.f(text) RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO anna; ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO bert;
COMMENT ON TABLE one.a IS 'a'; COMMENT ON TABLE two.b IS 'b';
"""
BACKWARD = """
CREATE ROLE bert; CREATE ROLE anna;
CREATE SCHEMA two; CREATE SCHEMA one;
CREATE FUNCTION one.f(text) RETURNS int LANGUAGE sql AS 'SELECT 2'; CREATE FUNCTION one.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE two.b (id int, gone int, a_id int); CREATE INDEX i2 ON two.b (a_id); CREATE INDEX i1 ON two.b (id);
ALTER TABLE two.b ADD CONSTRAINT pos CHECK (id > 0), DROP gone;
COMMENT ON TABLE two.b IS 'b';
CREATE TABLE one.a (id int) WITH (autovacuum_enabled = false); ALTER TABLE one.a SET (fillfactor = 70);
ALTER TABLE one.a ADD PRIMARY KEY (id), ADD x bigint; ALTER TABLE one.a ALTER x TYPE int;
ALTER TABLE two.b ADD CONSTRAINT fk FOREIGN KEY (a_id) REFERENCES one.a NOT VALID; ALTER TABLE two.b VALIDATE CONSTRAINT fk;
ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO bert; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO anna;
CREATE PUBLICATION pub FOR TABLE two.b; ALTER PUBLICATION pub ADD TABLE one.a;
GRANT UPDATE ON one.a TO bert; GRANT INSERT ON one.a TO bert; GRANT SELECT ON one.a TO anna;
CREATE POLICY po ON one.a TO bert, anna USING (true);
COMMENT ON TABLE one.a IS 'a';
CREATE OR REPLACE FUNCTION one.f(text) RETURNS int LANGUAGE sql AS 'SELECT 1';
"""


def test_equal_schemas_are_equal_however_they_came_to_be(connection):
    """Order of statements, detours, and numbers that Postgres gives out do not show."""
    schemas = []
    for way in (FORWARD, BACKWARD):
        with connection.transaction(force_rollback=True):
            connection.execute(way)
            schemas.append(snapshot(connection, "").objects)
    assert schemas[0] == schemas[1]


def test_data_do_not_show(filled):
    assert not changed(filled, "INSERT INTO s.p (id) VALUES (1); SELECT nextval('s.z'); ANALYZE s.p")


def test_what_an_extension_brings_does_not_show(connection):
    """Of every extension that the server has, only that it is there."""
    rows = connection.execute("SELECT name FROM pg_available_extensions WHERE installed_version IS NULL").fetchall()
    for (name,) in rows:
        with connection.transaction(force_rollback=True):
            try:
                with connection.transaction():
                    connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{name}" CASCADE')
            except (psycopg.errors.ObjectNotInPrerequisiteState, psycopg.errors.UndefinedFile):
                continue  # it has to be preloaded, or wants a library that is not here
            keys = [
                key
                for key in snapshot(connection, "").objects
                if key.name != "public" and not key.name.endswith(" public")
            ]
            assert {key.kind for key in keys} <= {"extension", "comment", "schema"}, name
            assert Key("extension", name) in keys


def test_an_extension_shows_its_schema_and_version(connection):
    name = an_extension(connection)
    connection.execute(f"CREATE SCHEMA x; CREATE SCHEMA y; CREATE EXTENSION {name} SCHEMA x")
    assert changed(connection, f"ALTER EXTENSION {name} SET SCHEMA y") == {f"extension {name}"}
