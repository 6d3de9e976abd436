"""The witness: what it tells of a statement is what Postgres did, on every major version that is here."""

from __future__ import annotations

import subprocess
from time import perf_counter  # noqa: TID251  # it bounds nothing: what is seen is part of what it took

import pytest

from machine import as_migrations, kinds_of_server, replayed, server_of, wheel_bin
from pytest_ctb.config.settings import Settings
from pytest_ctb.model import Dropped, Key, Rows
from pytest_ctb.replay.session.databases import database, migrating_role
from pytest_ctb.replay.timeline import Task, Timeline
from pytest_ctb.replay.witness.catalog import snapshot


@pytest.fixture(scope="module", params=kinds_of_server(), ids=str)
def each(request):
    """A running server of the oldest and the newest major version, and one that gives no superuser."""
    with server_of(request.param) as started:
        yield started


def seen(server, *texts, **options):
    """The last file's replay; every file applied."""
    replay = replayed(server, *texts, **options)
    for file in replay.files.values():
        assert file.applied, (file.path, file.error)
    return list(replay.files.values())[-1]


def at(file, line):
    """The trace of the statement that starts on a line."""
    (found,) = [trace for trace in file.traces if trace.line == line]
    return found


def modes(locks):
    """Which relation is locked how."""
    return [(lock.relation, lock.mode) for lock in locks]


def lost(server, kind, name, table="", *, cascade):
    """What a trace says that went, or went along; without event triggers nobody knows which."""
    return Dropped(Key(kind, name), table, cascade if server.superuser else None)


def clean(file):
    """Nothing that any guideline of the replay would tell."""
    assert file.on_rows is not None
    assert file.on_rows.error is None, file.on_rows.error
    assert file.on_rows.losses == ()
    assert file.mismatches == ()
    assert file.rerun is not None
    assert (file.rerun.error, file.rerun.changes) == (None, ())
    assert file.interruptions == ()
    if file.rollback is not None:
        assert (file.rollback.error, file.rollback.differences, file.rollback.reapply) == (None, (), None)


# --- what a trace holds ----------------------------------------------------------------------------------------------

SHOP = """
CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, price numeric(8, 2));
CREATE INDEX item_name ON item (name);
CREATE VIEW cheap AS SELECT id, name FROM item WHERE price < 10;
INSERT INTO item (name, price) VALUES ('pen', 2), ('lamp', 40), ('desk', 300);
"""


def test_objects_made_and_changed(each):
    file = seen(
        each,
        SHOP,
        "BEGIN;\nCREATE TABLE tag (id int PRIMARY KEY, item bigint REFERENCES item (id));\n"
        "ALTER TABLE item ADD COLUMN note text;\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
        "COMMENT ON COLUMN item.note IS 'x';\nCREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';\nCOMMIT;",
    )
    assert set(at(file, 2).created) == {Key("table", "public.tag"), Key("index", "public.tag_pkey")}
    assert at(file, 3).altered == (Key("table", "public.item"),)
    assert at(file, 4).created == (Key("function", "public.f()"),)
    assert at(file, 5).altered == (Key("column", "public.item.note"),)
    assert [trace.transaction for trace in file.traces[1:]] == [file.traces[2].transaction] * 6
    assert [trace.commits for trace in file.traces] == [False] * 6 + [True]


def test_what_goes_along_with_a_cascade_is_told_apart(each):
    file = seen(each, SHOP, "ALTER TABLE item DROP COLUMN price CASCADE;\nDROP TABLE item CASCADE;")
    assert set(at(file, 1).dropped) == {
        lost(each, "column", "public.item.price", "public.item", cascade=False),
        lost(each, "view", "public.cheap", cascade=True),
    }
    others = set(at(file, 2).dropped) - {lost(each, "table", "public.item", cascade=False)}
    assert {str(other.key) for other in others} >= {"index public.item_name", "sequence public.item_id_seq"}
    assert "table public.item" not in {str(other.key) for other in others}
    assert all(other.cascade is (True if each.superuser else None) for other in others)
    assert [trace.unknown for trace in file.traces] == [() if each.superuser else ("cascade",)] * 2


def test_tables_rewritten_and_scanned(each):
    file = seen(
        each,
        SHOP.replace("CREATE VIEW cheap AS SELECT id, name FROM item WHERE price < 10;\n", ""),
        "ALTER TABLE item ALTER COLUMN name TYPE varchar;\nALTER TABLE item ALTER COLUMN price TYPE text;\n"
        "ALTER TABLE item ADD CONSTRAINT named CHECK (name <> '');\n"
        "ALTER TABLE item ADD CONSTRAINT later CHECK (id > 0) NOT VALID;\nALTER TABLE item ALTER COLUMN name SET NOT NULL;\n"
        "CREATE INDEX item_price ON item (price);",
    )
    assert [trace.line for trace in file.traces if trace.rewritten] == [2]
    assert at(file, 2).rewritten == ("public.item",)
    scanned = {trace.line: trace.scanned[0] for trace in file.traces if trace.scanned}
    assert set(scanned) == {2, 3, 5, 6}
    assert any("verifying table" in why for why in scanned[3].why)
    assert any("building index" in why for why in scanned[6].why)


def test_rows_are_counted_table_by_table(each):
    file = seen(
        each,
        SHOP + "CREATE TABLE log (id bigint);",
        "BEGIN;\nINSERT INTO item (name) SELECT 'n' || i FROM generate_series(1, 10000) i;\n"
        "WITH gone AS (DELETE FROM item WHERE id > 10000 RETURNING id) INSERT INTO log SELECT id FROM gone;\n"
        "UPDATE item SET price = 1 WHERE id <= 5;\nTRUNCATE log;\nCOMMIT;",
    )
    assert at(file, 2).rows == (Rows("public.item", 10000, 0, 0),)
    assert set(at(file, 3).rows) == {Rows("public.item", 0, 0, 3), Rows("public.log", 3, 0, 0)}
    assert at(file, 4).rows == (Rows("public.item", 0, 5, 0),)
    assert at(file, 5).truncated == ("public.log",)
    assert not any(trace.truncated for trace in file.traces if trace.line != 5)


def test_locks_on_what_was_there_before(each):
    file = seen(
        each,
        SHOP,
        "BEGIN;\nCREATE TABLE fresh (id bigint);\nALTER TABLE fresh ADD COLUMN x int;\n"
        "ALTER TABLE item ADD COLUMN x int;\nCREATE INDEX ON item (x);\nSELECT 1 FROM item;\nCOMMIT;",
    )
    assert at(file, 2).locks == at(file, 3).locks == ()
    assert ("public.item", "ACCESS EXCLUSIVE") in modes(at(file, 4).locks)
    assert ("public.item", "SHARE") in modes(at(file, 5).locks)


def test_notices_and_times(each):
    began = perf_counter()
    file = seen(each, SHOP, "DROP TABLE IF EXISTS nothing;\nDO $$ BEGIN PERFORM pg_sleep(0.05); END $$;")
    whole = perf_counter() - began
    assert at(file, 1).notices == ('NOTICE: table "nothing" does not exist, skipping',)
    assert 0.05 <= at(file, 2).seconds < whole


def test_what_the_witness_makes_shows_nowhere(each):
    """Neither in a snapshot nor in a dump: both are those of a database that nobody watched."""
    file = as_migrations(SHOP)
    with migrating_role(each, "owner") as role:
        dumps, schemas = [], []
        for watched in (True, False):
            with database(each, "plain", role) as name:
                if watched:
                    task = Task(each, role, file, settings=Settings(trials=frozenset()))
                    with Timeline(task, name) as timeline:
                        timeline.observe_up_to(len(file))
                else:
                    with each.login(name, role) as connection:
                        connection.execute(SHOP)
                with each.login(name) as admin:
                    schemas.append(snapshot(admin, role).objects)
                    assert admin.execute("SELECT count(*) FROM pg_event_trigger").fetchone() == (0,)
                dumps.append(_dump(each, name))
    assert schemas[0] == schemas[1]
    assert dumps[0] == dumps[1]
    assert "pytest_ctb_probe" not in dumps[0]


def _dump(server, name):
    command = [
        wheel_bin() / "pg_dump",
        "-h",
        server.admin["host"],
        "-p",
        server.admin["port"],
        "-U",
        server.admin["user"],
    ]
    environment = {"LC_ALL": "C.UTF-8", "PGPASSWORD": server.admin.get("password", "")}
    done = subprocess.run([*command, name], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


# --- real cases ------------------------------------------------------------------------------------------------------


def test_an_index_built_concurrently(each):
    file = seen(
        each,
        SHOP,
        "-- ctb:no-transaction: the table is in use\nDROP INDEX CONCURRENTLY IF EXISTS item_price;\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS item_price ON item (price);\n"
        "-- Rollback:\n-- DROP INDEX CONCURRENTLY IF EXISTS item_price;",
    )
    clean(file)
    assert at(file, 3).created == (Key("index", "public.item_price"),)
    assert "locks" in at(file, 3).unknown


def test_an_enumeration_s_new_value_is_used_in_the_next_file(each):
    first = "CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE person (id int PRIMARY KEY, mood mood);"
    second = "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'glad';"
    clean(seen(each, first, second))
    third = "BEGIN;\nINSERT INTO person VALUES (1, 'glad') ON CONFLICT DO NOTHING;\nCOMMIT;"
    clean(seen(each, first, second, third))
    both = f"{second}\nALTER TABLE person ALTER COLUMN mood SET DEFAULT 'glad';"
    clean(seen(each, first, both))  # each for itself: the value may be used at once


DEFERRED = """
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE c (id int PRIMARY KEY, a int, CONSTRAINT c_a UNIQUE (a) DEFERRABLE INITIALLY IMMEDIATE);
CREATE TABLE said (what text PRIMARY KEY);
CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO said VALUES (TG_NAME) ON CONFLICT DO NOTHING; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER at_the_end AFTER INSERT ON a DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION say();
"""


def test_what_is_put_off_to_the_commit(each):
    file = seen(
        each,
        DEFERRED,
        "BEGIN;\nINSERT INTO b VALUES (1, 1) ON CONFLICT DO NOTHING;\nINSERT INTO a VALUES (1) ON CONFLICT DO NOTHING;\n"
        "INSERT INTO c VALUES (1, 1), (2, 2) ON CONFLICT (id) DO NOTHING;\nCOMMIT;\n",
    )
    clean(file)
    assert at(file, 3).rows == (Rows("public.a", 1, 0, 0),)
    file = seen(
        each, DEFERRED, "BEGIN;\nUPDATE c SET a = a + 1;\nALTER TABLE c ADD COLUMN IF NOT EXISTS d int;\nCOMMIT;"
    )
    assert file.on_rows.error is None


def test_a_migration_with_event_triggers_of_its_own(each):
    trigger = "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';\n"
    trigger += "CREATE EVENT TRIGGER own ON ddl_command_end EXECUTE FUNCTION f();"
    if not each.superuser:
        assert replayed(each, trigger).files["1.sql"].error.sqlstate == "42501"
        return
    file = seen(
        each,
        SHOP,
        "BEGIN;\nCREATE TABLE told (tag text);\nCREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS\n"
        "  $$ BEGIN INSERT INTO told VALUES (tg_tag); END $$;\nCREATE EVENT TRIGGER own ON ddl_command_end EXECUTE FUNCTION note();\n"
        "ALTER TABLE item DROP COLUMN name CASCADE;\nCOMMIT;\n-- Rollback: none, because it is a test",
        role="superuser",
    )
    assert at(file, 6).dropped[0].key == Key("column", "public.item.name")
    assert Rows("public.told", 1, 0, 0) in at(file, 6).rows


@pytest.mark.parametrize(
    "setting",
    ["SET search_path = elsewhere", "RESET ALL", "DISCARD ALL", "SET client_min_messages = error", "SET ROLE helper"],
)
def test_settings_of_the_session_blind_nobody(each, setting):
    file = seen(
        each,
        f"{SHOP}CREATE SCHEMA elsewhere;\nCREATE ROLE helper;\nGRANT helper TO CURRENT_USER;\n"
        "GRANT ALL ON SCHEMA public, elsewhere TO helper;\nALTER TABLE item OWNER TO helper;\nALTER VIEW cheap OWNER TO helper;",
        f"{setting};\nCREATE TABLE public.made (id int);\nALTER TABLE public.item DROP COLUMN name CASCADE;",
    )
    assert at(file, 2).created == (Key("table", "public.made"),)
    assert lost(each, "column", "public.item.name", "public.item", cascade=False) in at(file, 3).dropped
    assert ("public.item", "ACCESS EXCLUSIVE") in modes(at(file, 3).locks)


def test_temporary_tables_are_nobody_s_affair(each):
    file = seen(
        each,
        SHOP,
        "BEGIN;\nCREATE TEMP TABLE work ON COMMIT DROP AS SELECT * FROM item;\nALTER TABLE work DROP COLUMN name;\n"
        "DELETE FROM work;\nTRUNCATE work;\nCREATE INDEX ON work (id);\nDROP TABLE work;\nCOMMIT;",
    )
    clean(file)
    for trace in file.traces:
        assert (trace.created, trace.altered, trace.dropped, trace.rows, trace.truncated) == ((), (), (), (), ())


def test_partitions_attached_and_detached(each):
    parted = (
        "CREATE TABLE part (id int, day date) PARTITION BY RANGE (id);\n"
        "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10);\nCREATE TABLE loose (id int, day date);"
    )
    change = (
        "BEGIN;\nALTER TABLE part ATTACH PARTITION loose FOR VALUES FROM (10) TO (20);\n"
        "ALTER TABLE part DETACH PARTITION part_1;\nCOMMIT;\n-- Rollback:\n-- ALTER TABLE part DETACH PARTITION loose;\n"
        "-- ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES FROM (0) TO (10);"
    )
    file = seen(each, parted, change)
    assert (file.rollback.error, file.rollback.differences) == (None, ())
    assert all(trace.dropped == () for trace in file.traces)
    file = seen(each, parted, "ALTER TABLE part DROP COLUMN day;")
    assert next(one.key.name for one in at(file, 1).dropped if one.key.kind == "column") == "public.part.day"


def test_sequences_stand_where_psql_would_have_left_them(each):
    """Identity and serial: what is tried and taken back uses up no number."""
    files = (
        "CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY, n serial, x text);\nCREATE SEQUENCE s START 5;",
        "INSERT INTO a (x) VALUES ('one');\nSELECT nextval('s');",
        "BEGIN;\nINSERT INTO a (x) VALUES ('two'), ('three');\nCOMMIT;",
        "DO $$ BEGIN ASSERT (SELECT array_agg(id + n ORDER BY id) FROM a) = '{2,4,6}'; ASSERT nextval('s') = 6; END $$;",
        "DO $$ BEGIN ASSERT nextval('s') = 7; END $$;",
    )
    seen(each, *files)


def test_generated_columns_and_their_values(each):
    kinds = ["STORED", *(["VIRTUAL"] if each.info.major >= 18 else [])]
    for kind in kinds:
        file = seen(
            each,
            SHOP,
            f"ALTER TABLE item ADD COLUMN IF NOT EXISTS loud text GENERATED ALWAYS AS (upper(name)) {kind};\n"
            "-- Rollback:\n-- ALTER TABLE item DROP COLUMN IF EXISTS loud;",
        )
        clean(file)
        assert (file.traces[0].rewritten != ()) is (kind == "STORED")


TYPES = """
CREATE DOMAIN code AS text CHECK (VALUE ~ '^[A-Z]{3}$');
CREATE TYPE stage AS ENUM ('new', 'won');
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TYPE address AS (street text, town text);
CREATE TABLE everything (id int PRIMARY KEY, code code NOT NULL, stage stage, span span, home address, homes address[]);
"""


def test_types_of_one_s_own(each):
    file = seen(
        each,
        TYPES,
        "BEGIN;\nALTER TABLE everything ADD COLUMN IF NOT EXISTS more stage[];\nALTER DOMAIN code SET DEFAULT 'ABC';\n"
        "UPDATE everything SET more = '{}' WHERE more IS NULL;\nCOMMIT;\n"
        "-- Rollback:\n-- ALTER DOMAIN code DROP DEFAULT;\n-- ALTER TABLE everything DROP COLUMN IF EXISTS more;",
    )
    clean(file)
    assert file.on_rows.filled["public.everything"] > 0
    file = seen(each, TYPES, "DROP TYPE stage CASCADE;")
    assert lost(each, "column", "public.everything.stage", "public.everything", cascade=True) in at(file, 1).dropped


def test_row_level_security_and_grants(each):
    file = seen(
        each,
        SHOP + "CREATE ROLE reader;",
        "BEGIN;\nALTER TABLE item ENABLE ROW LEVEL SECURITY;\nDROP POLICY IF EXISTS own ON item;\n"
        "CREATE POLICY own ON item FOR SELECT USING (price < 100);\nGRANT SELECT ON item TO reader;\n"
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader;\nCOMMIT;\n-- Rollback:\n"
        "-- ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM reader;\n-- REVOKE SELECT ON item FROM reader;\n"
        "-- DROP POLICY IF EXISTS own ON item;\n-- ALTER TABLE item DISABLE ROW LEVEL SECURITY;",
    )
    clean(file)
    assert Key("table", "public.item") in at(file, 5).altered
    forgotten = "GRANT SELECT ON item TO reader;\n-- Rollback:\n-- SELECT 1;"
    file = seen(each, SHOP + "CREATE ROLE reader;", forgotten)
    assert [str(difference.key) for difference in file.rollback.differences] == ["privileges table public.item"]


def test_a_materialized_view_that_is_refreshed(each):
    file = seen(
        each,
        SHOP + "CREATE MATERIALIZED VIEW dear AS SELECT * FROM item WHERE price > 10;",
        "REFRESH MATERIALIZED VIEW dear;",
    )
    clean(file)


def test_an_extension_comes_and_goes(each):
    name, kind = next(one for one in (("citext", "citext"), ("vector", "vector(3)")) if _has(each, one[0]))
    change = f"CREATE EXTENSION IF NOT EXISTS {name};\n-- Rollback:\n-- DROP EXTENSION IF EXISTS {name};"
    clean(seen(each, SHOP, change))
    file = seen(each, SHOP, f"CREATE EXTENSION IF NOT EXISTS {name};\n-- Rollback:\n-- SELECT 1;")
    assert [str(difference.key) for difference in file.rollback.differences] == [f"extension {name}"]
    file = seen(
        each, f"CREATE EXTENSION {name};\nCREATE TABLE t (id int, c {kind});", f"DROP EXTENSION {name} CASCADE;"
    )
    assert lost(each, "column", "public.t.c", "public.t", cascade=True) in at(file, 1).dropped


def _has(server, extension):
    with server.login() as admin:
        query = "SELECT count(*) FROM pg_available_extensions WHERE name = %s"
        return admin.execute(query, [extension]).fetchone() == (1,)


def test_a_function_that_runs_as_its_owner(each):
    file = seen(
        each,
        SHOP + "CREATE FUNCTION strip() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS "
        "$$ BEGIN EXECUTE 'ALTER TABLE item ' || 'DROP COLUMN ' || 'name CASCADE'; END $$;",
        "SELECT 1;\nSELECT strip();",
    )
    assert lost(each, "column", "public.item.name", "public.item", cascade=False) in at(file, 2).dropped


def test_rows_from_a_copy_block(each):
    file = seen(each, SHOP, "COPY item (name, price) FROM stdin;\nchair\t50\nbed\t\\N\n\\.\n")
    assert at(file, 1).rows == (Rows("public.item", 2, 0, 0),)
    assert [change.rows for change in file.rerun.changes] == [(Rows("public.item", 2, 0, 0),)]


def test_rows_are_those_of_the_run_itself(each):
    """Not also those that a trial wrote until it failed."""
    file = replayed(each, "CREATE TABLE item (x int);", "INSERT INTO item VALUES (1), (2);\nSELECT 1 / 0;").files[
        "2.sql"
    ]
    assert at(file, 1).rows == (Rows("public.item", 2, 0, 0),)


def test_a_commit_inside_the_file(each):
    file = seen(
        each,
        SHOP,
        "BEGIN;\nCREATE TABLE IF NOT EXISTS one (id int);\nCOMMIT;\nBEGIN;\nCREATE TABLE IF NOT EXISTS two (id int);\nCOMMIT;",
    )
    clean(file)
    assert [trace.line for trace in file.traces if trace.commits] == [3, 6]
    assert at(file, 2).transaction != at(file, 5).transaction


def test_a_body_that_catches_its_own_error_undid_what_it_tells(each):
    file = seen(
        each,
        SHOP,
        "DO $$ BEGIN\n  ALTER TABLE item DROP COLUMN name CASCADE; CREATE TABLE x (id int); RAISE 'no';\n"
        "EXCEPTION WHEN raise_exception THEN NULL; END $$;",
    )
    assert (at(file, 1).dropped, at(file, 1).created) == ((), ())
    clean(file)


def test_a_savepoint_brings_back_what_was_dropped(each):
    file = seen(
        each,
        SHOP,
        "BEGIN;\nSAVEPOINT s;\nALTER TABLE item DROP COLUMN name CASCADE;\nROLLBACK TO s;\nCOMMIT;",
    )
    assert at(file, 3).dropped
    assert at(file, 3).undone
    clean(file)


def test_a_statement_that_locks_itself_out_ends_with_the_timeout(each):
    replay = replayed(
        each,
        SHOP + "CREATE FUNCTION wait() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); END $$;",
        "BEGIN;\nSELECT wait();\nCOMMIT;",
        "CREATE TABLE after (id int);",
        timeout=0.5,
    )
    assert replay.files["2.sql"].error.sqlstate == "57014"
    assert "--ctb-timeout" in replay.files["2.sql"].error.message
    assert replay.files["3.sql"].applied
