"""Where a file is only about what it has made, nobody looks behind its statements; and the traces are the same."""

from __future__ import annotations

import pytest

from machine import as_migrations, choice_of, oldest_and_newest, replayed, traces_of_last
from pytest_ctb.model import Key, Trial
from pytest_ctb.sql import granted_on, subjects

LOOKED_AT = (
    "CREATE FUNCTION public.idle() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
    "CREATE EVENT TRIGGER idle ON ddl_command_end EXECUTE FUNCTION public.idle();"
)
"""With an event trigger of somebody else's each statement is looked at."""
OLD = """
CREATE SCHEMA auth; CREATE TABLE auth.users (id bigint PRIMARY KEY, name text);
CREATE TABLE item (id bigint PRIMARY KEY, name text); INSERT INTO item VALUES (1, 'a');
CREATE TABLE doc (id bigint PRIMARY KEY); CREATE TABLE loose (id int, k int);
CREATE TABLE part (id int, k int) PARTITION BY LIST (k);
CREATE TYPE mood AS ENUM ('a'); CREATE TYPE pair AS (a int); CREATE SEQUENCE numbers;
CREATE FUNCTION old_fn() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION reads_item(t text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
'BEGIN RETURN EXISTS (SELECT FROM public.item); END';
"""
ABOUT = {
    "keys of older tables": "CREATE TABLE n1 (id bigint PRIMARY KEY, u bigint REFERENCES auth.users); CREATE INDEX n1_u ON n1 (u); "
    "COMMENT ON TABLE n1 IS 'x'; CREATE TABLE n2 (id bigint REFERENCES n1);",
    "another of that name": "CREATE SCHEMA later; CREATE TABLE later.item (id bigint PRIMARY KEY); CREATE INDEX ON item (name); "
    "SET search_path = later, public; CREATE INDEX ON item (id); RESET search_path; COMMENT ON TABLE item IS 'the old one';",
    "another search_path": "CREATE TABLE bare (id int); SET search_path = auth, public; CREATE TABLE bare (id int); "
    "CREATE INDEX ON bare (id); COMMENT ON TABLE users IS 'old'; RESET search_path;",
    "a first schema": "SET search_path = first, public; CREATE TABLE b1 (id int); CREATE SCHEMA first; CREATE TABLE first.b1 (id int); "
    "CREATE INDEX ON b1 (id); RESET search_path;",
    "other names": "CREATE TABLE fresh (id bigint PRIMARY KEY); ALTER TABLE doc RENAME TO doc_old; ALTER TABLE fresh RENAME TO doc; "
    "CREATE INDEX ON doc (id); COMMENT ON TABLE doc_old IS 'o';",
    "a name given away": "CREATE TABLE swap (id bigint); ALTER TABLE swap RENAME TO swapped; ALTER TABLE loose RENAME TO swap; "
    "CREATE INDEX ON swap (id); ALTER TABLE swap RENAME TO loose;",
    "heirs": "CREATE TABLE l1 (LIKE item INCLUDING ALL); CREATE TABLE l2 () INHERITS (item); "
    "CREATE TABLE l3 PARTITION OF part FOR VALUES IN (1); CREATE INDEX ON l3 (id); CREATE INDEX ON part (k);",
    "an older part": "CREATE TABLE op (id int, k int) PARTITION BY LIST (k); ALTER TABLE op ATTACH PARTITION loose FOR VALUES IN (9); "
    "CREATE INDEX ON op (k); ALTER TABLE op ALTER k SET NOT NULL; ALTER TABLE op DETACH PARTITION loose;",
    "views": "CREATE VIEW v1 AS SELECT * FROM item; CREATE TABLE vt (id int); CREATE VIEW v3 AS SELECT * FROM vt; "
    "CREATE OR REPLACE VIEW v3 AS SELECT id FROM vt; CREATE OR REPLACE VIEW v1 AS SELECT id, name FROM item;",
    "bodies": "CREATE FUNCTION b1() RETURNS bigint LANGUAGE sql AS 'SELECT id FROM public.item'; "
    "CREATE OR REPLACE FUNCTION old_fn() RETURNS int LANGUAGE sql AS 'SELECT 2'; COMMENT ON FUNCTION old_fn() IS 'z'; "
    "ALTER FUNCTION b1() OWNER TO CURRENT_USER; GRANT EXECUTE ON FUNCTION old_fn() TO PUBLIC;",
    "rows": "CREATE TABLE r1 (id serial PRIMARY KEY, name text); INSERT INTO r1 (name) SELECT name FROM item; "
    "CREATE INDEX ON r1 (reads_item(name)); ALTER TABLE r1 ADD CHECK (reads_item(name)); ALTER TABLE r1 ADD COLUMN n serial; "
    "ALTER TABLE r1 ADD COLUMN d timestamptz DEFAULT clock_timestamp(); UPDATE r1 SET name = 'x'; DELETE FROM r1;",
    "temporary ones": "CREATE TABLE tt1 (id int); CREATE TEMP TABLE item (id int); CREATE INDEX ON item (id); DROP TABLE pg_temp.item; "
    "COMMENT ON TABLE item IS 'old again'; CREATE INDEX ON tt1 (id);",
    "policies and triggers": "CREATE TABLE h1 (id int); CREATE TABLE h2 OF pair; CREATE POLICY p ON h1 USING (EXISTS (SELECT FROM item)); "
    "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW;END'; ALTER TYPE pair OWNER TO CURRENT_USER; "
    "CREATE TRIGGER tr BEFORE INSERT ON h1 FOR EACH ROW EXECUTE FUNCTION tf(); COMMENT ON TRIGGER tr ON h1 IS 'x'; "
    "CREATE TRIGGER tr BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION tf(); COMMENT ON TYPE mood IS 'm';",
    "settings": "SET lock_timeout = '3s'; CREATE TABLE st1 (id int); SET lock_timeout = '1s'; CREATE INDEX ON st1 (id); SELECT 1; "
    "ALTER TABLE item ADD COLUMN st int; RESET lock_timeout; CREATE TABLE st3 (id int);",
    "guards": "CREATE TABLE IF NOT EXISTS item (id bigint); CREATE TABLE IF NOT EXISTS gd (id bigint PRIMARY KEY, n text); "
    "CREATE INDEX IF NOT EXISTS gd_i ON gd (n); CREATE INDEX IF NOT EXISTS item_g ON item (name); CREATE SCHEMA IF NOT EXISTS auth; "
    "ALTER TABLE gd ADD COLUMN IF NOT EXISTS z int; ALTER TABLE IF EXISTS gd ADD COLUMN IF NOT EXISTS z int; "
    "CREATE SEQUENCE IF NOT EXISTS numbers; CREATE SEQUENCE IF NOT EXISTS gd_s OWNED BY gd.id; SELECT nextval('gd_s');",
    "drops": "CREATE TABLE dr1 (id int PRIMARY KEY); CREATE TABLE dr2 (id int REFERENCES dr1); "
    "ALTER TABLE item ADD COLUMN dr int REFERENCES dr1; DROP TABLE dr1 CASCADE; CREATE TABLE dr1 (id int); DROP TABLE dr2;",
    "odd names": 'CREATE TABLE "Odd" (id int PRIMARY KEY); CREATE TABLE "a.b" (id int); CREATE TABLE "q""q" (id int); '
    'CREATE INDEX ON "Odd" (id); COMMENT ON TABLE public."q""q" IS \'x\'; GRANT SELECT ON "q""q", "a.b" TO PUBLIC;',
    "kinds of tables": "CREATE UNLOGGED TABLE ul (id int); CREATE MATERIALIZED VIEW mv AS SELECT * FROM item; REFRESH MATERIALIZED VIEW mv; "
    "COMMENT ON MATERIALIZED VIEW mv IS 'q'; CREATE TABLE cta AS SELECT * FROM item; ALTER TABLE cta ADD PRIMARY KEY (id); TRUNCATE cta;",
}
SAVEPOINTS = (
    "BEGIN; CREATE TABLE s1 (id int); SAVEPOINT a; CREATE TABLE s2 (id int); INSERT INTO s1 VALUES (1); INSERT INTO item VALUES (50, 'b'); "
    "ROLLBACK TO a; CREATE TABLE s2 (id int, k int); INSERT INTO s1 VALUES (2); RELEASE a; CREATE INDEX ON s1 (id); COMMIT;"
)


@pytest.fixture(scope="module", params=oldest_and_newest(), ids="pg{}".format)
def each(request):
    """A running server of the oldest and the newest major version."""
    with choice_of(request.param).offer.start() as started:
        yield started


def without_ids(traces):
    """The traces without times, and with their transactions counted from 0."""
    ids = {}
    return [
        trace._replace(seconds=0, transaction=trace.transaction and str(ids.setdefault(trace.transaction, len(ids))))
        for trace in traces
    ]


@pytest.mark.parametrize("frame", ["{}", "BEGIN; {} COMMIT;"], ids=["alone", "in one transaction"])
def test_what_is_not_looked_at_is_told_as_what_is(each, frame):
    texts = [OLD, *(frame.format(text) for text in ABOUT.values()), SAVEPOINTS]
    spared = list(replayed(each, "SELECT 1", *texts, trials=()).files.values())[1:]
    looked = list(replayed(each, LOOKED_AT, *texts, trials=()).files.values())[1:]
    for name, here, there in zip(["old", *ABOUT, "savepoints"], spared, looked, strict=True):
        assert here.error is None, (name, here.error)
        assert without_ids(here.traces) == without_ids(there.traces), name


def test_what_a_trial_tells_is_the_same(each):
    texts = [OLD, *(f"BEGIN; {text} COMMIT;\n-- Rollback:\n-- SELECT 1;" for text in list(ABOUT.values())[:4])]
    here, there = (list(replayed(each, first, *texts).files.values())[1:] for first in ("SELECT 1", LOOKED_AT))
    for mine, other in zip(here, there, strict=True):
        assert (mine.rerun, mine.rollback, mine.mismatches) == (other.rerun, other.rollback, other.mismatches)
        assert without_ids(mine.on_rows.traces) == without_ids(other.on_rows.traces)


GRANTS = {
    "GRANT SELECT ON item TO PUBLIC": [("table", "public.item")],
    "REVOKE SELECT ON item, auth.users FROM PUBLIC": [("table", "auth.users"), ("table", "public.item")],
    "GRANT SELECT ON made TO PUBLIC": [("table", "public.made")],
    "GRANT USAGE ON SEQUENCE made_id_seq TO PUBLIC": [("table", "public.made_id_seq")],
    "GRANT SELECT ON made, item TO PUBLIC": [("table", "public.item"), ("table", "public.made")],
    "GRANT USAGE ON SCHEMA auth TO PUBLIC": [("schema", "auth")],
    "GRANT EXECUTE ON FUNCTION old_fn() TO PUBLIC": [("function", "public.old_fn()")],
    "GRANT EXECUTE ON ROUTINE old_fn TO PUBLIC": [("function", "public.old_fn()")],
    "GRANT USAGE ON TYPE mood TO PUBLIC": [("type", "public.mood")],
    "GRANT SELECT (id) ON part TO PUBLIC": [],
    "GRANT SELECT (id) ON item, part TO PUBLIC": [("table", "public.item")],  # its row was written before
}


def test_a_grant_tells_what_it_is_on_and_nothing_that_came_before_it(each):
    before = "CREATE TABLE made (id serial PRIMARY KEY); ALTER TABLE doc ADD COLUMN x int;"
    traces = traces_of_last(each, OLD, f"BEGIN; {before} {'; '.join(GRANTS)}; COMMIT;")
    told = [trace.altered for trace in traces[3:-1]]
    assert [sorted(keys) for keys in told] == [[Key(*key) for key in keys] for keys in GRANTS.values()]


@pytest.mark.parametrize(
    "text",
    [
        "DO $$ BEGIN EXECUTE 'GRANT SELECT ON item TO PUBLIC'; END $$",
        "SELECT 'GRANT SELECT ON item TO PUBLIC' \\gexec\n",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC",
        "CREATE FUNCTION g() RETURNS void LANGUAGE sql AS 'GRANT SELECT ON public.item TO PUBLIC'; SELECT g()",
    ],
    ids=["in a DO", "by gexec", "on all tables", "in a function"],
)
def test_a_grant_that_does_not_name_its_table_is_seen(each, text):
    (*_, trace) = traces_of_last(each, OLD, text)
    assert Key("table", "public.item") in trace.altered


def test_what_a_grant_changed_is_compared(each):
    text = "CREATE TABLE made (id int); GRANT SELECT ON item TO PUBLIC; GRANT SELECT (id) ON doc TO PUBLIC;\n-- Rollback:\n-- DROP TABLE made;"
    file = list(replayed(each, OLD, text, trials=[Trial.ROLLBACK]).files.values())[-1]
    assert {difference.key.name for difference in file.rollback.differences} >= {"table public.item"}, file.rollback
    assert any("doc" in difference.key.name for difference in file.rollback.differences), file.rollback


SUBJECTS = {
    "CREATE TABLE a.b (id int REFERENCES c, FOREIGN KEY (id) REFERENCES d.e, LIKE f) INHERITS (g)": "c d.e f g",
    "CREATE TABLE p PARTITION OF q.r FOR VALUES IN (1)": "q.r",
    "CREATE SEQUENCE s OWNED BY a.t.id": "a.t",
    "CREATE VIEW v AS SELECT FROM a JOIN b.c ON EXISTS (SELECT FROM d)": "a b.c d",
    "CREATE INDEX ON a (b)": "a",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT a FROM t'": "t",
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT a FROM t); END'": "",
    "CREATE POLICY p ON t USING (EXISTS (SELECT FROM u))": "t u",
    "COMMENT ON COLUMN a.b.c IS 'x'": "a.b",
    "COMMENT ON TYPE m IS 'x'": "m",
    "GRANT SELECT ON a.b, c TO PUBLIC": "a.b c",
    "GRANT USAGE ON SCHEMA a TO PUBLIC": "",
    "ALTER TABLE a ADD FOREIGN KEY (x) REFERENCES b.c, ADD COLUMN d int NOT NULL": "a b.c",
    "ALTER TABLE a ATTACH PARTITION b FOR VALUES IN (1)": "a b",
}


@pytest.mark.parametrize("text", SUBJECTS)
def test_what_a_statement_locks_besides_what_it_makes(text):
    (migration,) = as_migrations(text)
    (statement,) = migration.statements
    assert sorted(str(name) for name in subjects(statement).names) == SUBJECTS[text].split()


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO a VALUES (1)",
        "CREATE TABLE a AS SELECT 1",
        "CREATE TEMP TABLE a (id int)",
        "CREATE TABLE a OF b",
        "CREATE INDEX ON a (lower(b))",
        "CREATE INDEX ON a (b) WHERE c",
        "CREATE INDEX CONCURRENTLY ON a (b)",
        "ALTER TABLE a ADD CHECK (b > 0)",
        "ALTER TABLE a ADD COLUMN b int DEFAULT 1",
        "ALTER TABLE a ALTER b TYPE text",
        "ALTER TABLE a RENAME TO b",
        "DROP TABLE a",
        "GRANT SELECT (b) ON a TO PUBLIC",
        "GRANT SELECT ON ALL TABLES IN SCHEMA a TO PUBLIC",
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'a', 'f'",
        "DO $$ BEGIN END $$",
    ],
)
def test_a_statement_that_may_read_rows_or_run_a_body_is_looked_at(text):
    (migration,) = as_migrations(text)
    (statement,) = migration.statements
    assert subjects(statement) is None


def test_a_grant_names_its_objects():
    texts = (
        "GRANT ALL ON a.b, c TO PUBLIC",
        "GRANT ALL ON ALL TABLES IN SCHEMA s TO PUBLIC",
        "GRANT a TO b",
        "SELECT 1",
    )
    names = [[str(name) for name in granted_on(*migration.statements)] for migration in as_migrations(*texts)]
    assert names == [["a.b", "c"], [], [], []]
