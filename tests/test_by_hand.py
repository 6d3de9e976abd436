"""Rows of Postgres's own catalogs, written by a superuser: never passed by in silence; and what is no such thing is not told."""

from __future__ import annotations

import pytest

from machine import choice_of, replayed

BASE = (
    "CREATE TABLE public.a (id bigint PRIMARY KEY, website text);\n"
    "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
    "CREATE SCHEMA s;\nCREATE TABLE s.pg_class (relname text);\nCREATE ROLE keeper_by_hand;\n"
)
DROPS = "UPDATE pg_catalog.pg_attribute SET attisdropped = true WHERE attname = 'website'"
WRITES = {
    "plain": f"{DROPS};",
    "without its schema": DROPS.replace("pg_catalog.", "") + ";",
    "in a transaction": f"BEGIN;\n{DROPS};\nCOMMIT;",
    "behind other statements": f"BEGIN;\nSET LOCAL lock_timeout = '1s';\nALTER TABLE public.a ADD COLUMN b int;\n{DROPS};\nSELECT 1;\nCOMMIT;",
    "in DO": f"DO $$ BEGIN {DROPS}; END $$;",
    "by EXECUTE": f"DO $$ BEGIN EXECUTE replace($s${DROPS}$s$, 'nothing', ''); END $$;",
    "put together": "DO $$ BEGIN EXECUTE format('DELETE FROM %I.%I WHERE attname = %L', 'pg_' || 'catalog', 'pg_attr' || 'ibute', 'nothing'); END $$;",
    "by a function": f"CREATE FUNCTION public.g() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {DROPS}; END $$;\nSELECT public.g();",
    "by a trigger": "CREATE FUNCTION public.g() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM pg_depend WHERE false; RETURN NEW; END $$;\nCREATE TRIGGER t BEFORE INSERT ON public.a FOR EACH ROW EXECUTE FUNCTION public.g();\nINSERT INTO public.a VALUES (1);",
    "by a CTE": "WITH gone AS (DELETE FROM pg_index WHERE false RETURNING 1) SELECT * FROM gone;",
    "by a rule": "CREATE VIEW public.v AS SELECT attname FROM pg_attribute;\nUPDATE public.v SET attname = attname WHERE false;",
    "by MERGE": "MERGE INTO pg_class USING (SELECT 1) x ON false WHEN MATCHED THEN DELETE;",
    "by COPY": "COPY pg_catalog.pg_description FROM stdin;\n\\.\n",
    "an index made valid": "UPDATE pg_index SET indisvalid = true;",
    "a role made a superuser": "UPDATE pg_authid SET rolsuper = true WHERE rolname = 'keeper_by_hand';",
    "a setting": "DO $$ BEGIN DELETE FROM pg_db_role_setting WHERE false; END $$;",
    "a function beside ALTER FUNCTION": "DO $$ BEGIN ALTER FUNCTION public.f() SET work_mem = '1MB'; UPDATE pg_proc SET prosrc = 'SELECT 2' WHERE proname = 'f'; END $$;",
    "a catalog altered": "SET allow_system_table_mods = on;\nALTER TABLE pg_catalog.pg_ts_dict ADD CHECK (true);",
}
NONE = {
    "tables": "CREATE TABLE public.b (id int REFERENCES public.a (id), at timestamptz DEFAULT now());\nALTER TABLE public.a ADD COLUMN c int;\nALTER TABLE public.a DROP COLUMN c;\nCREATE INDEX ON public.a (website);\nDROP TABLE public.b;",
    "a transaction": "BEGIN;\nCREATE TABLE public.b (id int);\nALTER TABLE public.b RENAME TO c;\nCOMMENT ON TABLE public.c IS 'x';\nINSERT INTO public.c VALUES (1);\nCOMMIT;",
    "functions": "ALTER FUNCTION public.f() SET work_mem = '1MB';\nALTER FUNCTION public.f() RENAME TO g;\nDROP FUNCTION public.g();",
    "functions in DO": "DO $$ BEGIN EXECUTE 'ALTER FUNCTION public.f() SET work_mem = ''1MB'''; END $$;",
    "schemas": "ALTER SCHEMA s RENAME TO s2;\nDO $$ BEGIN EXECUTE 'ALTER SCHEMA s2 RENAME TO s'; END $$;",
    "roles": "CREATE ROLE r_by_hand;\nALTER ROLE r_by_hand SET work_mem = '1MB';\nGRANT keeper_by_hand TO r_by_hand;\nDO $$ BEGIN EXECUTE 'ALTER ROLE r_by_hand CREATEDB'; END $$;\nGRANT SELECT ON public.a TO r_by_hand;\nDROP OWNED BY r_by_hand;\nDROP ROLE r_by_hand;",
    "the database": "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '5MB'); END $$;",
    "types": "CREATE TYPE public.e AS ENUM ('a');\nALTER TYPE public.e ADD VALUE 'b';\nCREATE DOMAIN public.d AS int CHECK (value > 0);\nALTER DOMAIN public.d SET NOT NULL;\nDROP TYPE public.e;",
    "collations": 'CREATE COLLATION public.c FROM "C";\nALTER COLLATION public.c REFRESH VERSION;',
    "operators": "CREATE OPERATOR public.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq, COMMUTATOR = OPERATOR(public.===), NEGATOR = OPERATOR(public.!==));\nCREATE OPERATOR public.!== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4ne);\nALTER OPERATOR public.=== (int, int) SET (RESTRICT = eqsel);",
    "an extension": "CREATE EXTENSION IF NOT EXISTS citext;\nCREATE EXTENSION IF NOT EXISTS hstore;\nDROP EXTENSION hstore;",
    "large objects": "SELECT lo_from_bytea(4711, 'x');\nSELECT lo_unlink(4711);",
    "a table of the same name": "INSERT INTO s.pg_class VALUES ('x');\nUPDATE s.pg_class SET relname = 'y';\nDELETE FROM s.pg_class;",
    "a look": "SELECT * FROM pg_class FOR UPDATE;\nSELECT count(*) FROM pg_attribute;\nCREATE TABLE public.b AS SELECT relname FROM pg_class;",
    "statistics": "ANALYZE public.a;\nCREATE STATISTICS public.st ON id, website FROM public.a;\nALTER STATISTICS public.st SET STATISTICS 10;",
    "a setting by UPDATE": "UPDATE pg_settings SET setting = '1MB' WHERE name = 'work_mem';",
    "what was taken back": "DO $$ BEGIN BEGIN DELETE FROM pg_depend WHERE false; RAISE 'no'; EXCEPTION WHEN others THEN NULL; END; END $$;",
    "views, rules, triggers, policies": "CREATE VIEW public.v AS SELECT 1 AS one;\nCREATE OR REPLACE VIEW public.v AS SELECT 1 AS one, 2 AS two;\nCREATE RULE r AS ON DELETE TO public.a DO INSTEAD NOTHING;\nALTER TABLE public.a ENABLE ROW LEVEL SECURITY;\nCREATE POLICY p ON public.a USING (true);\nALTER POLICY p ON public.a RENAME TO q;",
    "a matview and a sequence": "CREATE MATERIALIZED VIEW public.m AS SELECT 1 AS one;\nREFRESH MATERIALIZED VIEW public.m;\nCREATE SEQUENCE public.n;\nSELECT nextval('public.n');\nALTER SEQUENCE public.n RESTART;",
    "partitions": "CREATE TABLE public.p (i int) PARTITION BY RANGE (i);\nCREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (0) TO (9);\nALTER TABLE public.p DETACH PARTITION public.p1;",
    "text search, foreign data": "CREATE TEXT SEARCH CONFIGURATION public.tc (COPY = english);\nALTER TEXT SEARCH CONFIGURATION public.tc RENAME TO td;\nCREATE FOREIGN DATA WRAPPER w;\nCREATE SERVER srv FOREIGN DATA WRAPPER w;\nCREATE USER MAPPING FOR CURRENT_USER SERVER srv;",
    "by itself": "CREATE INDEX CONCURRENTLY a_website ON public.a (website);\nVACUUM public.a;\nREINDEX TABLE CONCURRENTLY public.a;",
}


@pytest.fixture(scope="module", params=[15, 18])
def server(request):
    """A server of each major version."""
    with choice_of(request.param).offer.start() as started:
        yield started


def told(server, sql: str, role: str = "superuser") -> list[int]:
    """The lines of the statements that are seen to write to the catalogs."""
    found = replayed(server, BASE, sql, role=role).files["2.sql"]
    assert found.error is None or role == "owner", found.error
    return [trace.line for trace in found.traces if "catalogs" in trace.unknown]


@pytest.mark.parametrize("name", WRITES)
def test_a_write_to_the_catalogs_is_known_for_one(server, name):
    sql = WRITES[name]
    assert len(told(server, sql)) == 1


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_such_write_is_not_taken_for_one(server, name):
    assert told(server, NONE[name]) == []


def test_an_ordinary_role_cannot(server):
    found = replayed(server, BASE, WRITES["by EXECUTE"]).files["2.sql"]
    assert found.error
    assert "permission denied for table pg_attribute" in found.error.message


FILE = "BEGIN;\nALTER TABLE a ADD COLUMN IF NOT EXISTS b int;\n{}\nCOMMIT;\n\n-- Rollback:\n-- BEGIN;\n-- ALTER TABLE a DROP COLUMN IF EXISTS b;\n-- COMMIT;\n"


def test_no_guideline_passes_what_it_could_not_see(pytester):
    migrations = pytester.mkdir("migrations")
    (migrations / "2025-01-01_create_a.sql").write_text("CREATE TABLE a (id bigint, website text);\n")
    (migrations / "2025-01-02_write.sql").write_text(FILE.format(f"{DROPS};"))
    (migrations / "2025-01-03_drop.sql").write_text(
        FILE.replace("a ADD", "a DROP COLUMN id, ADD").format("DELETE FROM pg_depend WHERE false;")
    )
    pytester.makeini("[pytest]\nctb_postgres = embedded\nctb_role = superuser\n")
    ran = pytester.runpytest("--ctb", "-rs", "-v", "-p", "no:cacheprovider")
    told = ran.stdout.str()
    assert "2025-01-02_write.sql::no-drop-column SKIPPED" in told, told
    assert "2025-01-02_write.sql::keep-data SKIPPED" in told
    assert "2025-01-02_write.sql::idempotent SKIPPED" in told
    assert "2025-01-02_write.sql::replay PASSED" in told
    assert "2025-01-01_create_a.sql::no-drop-column PASSED" in told
    assert "2025-01-03_drop.sql::no-drop-column FAILED" in told
    assert "line 3: it writes rows of Postgres's own catalogs" in told
