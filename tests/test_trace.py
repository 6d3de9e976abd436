"""A trace is whole: its statement, its transaction and how that ended, the locks held and taken, and nothing of another's."""

from __future__ import annotations

import json
import re

import pytest

import shops
from machine import as_migrations, kinds_of_server, replayed, server_of, traces_of_last
from pytest_ctb.model import Ended, Key, Lock, Renamed, Rows, Scan, Trace
from pytest_ctb.model.locks import MODES, Work, blocked_by, work_under_lock
from pytest_ctb.replay.session.transactions import with_ends

SHOP = """
CREATE TABLE item (id bigint PRIMARY KEY, name text, price numeric(8, 2));
CREATE INDEX item_name ON item (name);
CREATE TABLE tag (id bigint PRIMARY KEY, item bigint);
INSERT INTO item VALUES (1, 'pen', 2), (2, 'lamp', 40), (3, 'desk', 300);
"""


@pytest.fixture(scope="module", params=kinds_of_server(), ids=str)
def each(request):
    """A running server of the oldest and the newest major version, and one that gives no superuser."""
    with server_of(request.param) as started:
        yield started


def traced(server, *texts, before=SHOP, **options):
    """The traces of a file behind `before`."""
    return traces_of_last(server, before, *texts, **options)


def modes(locks, relation="public.item"):
    """How one relation is locked."""
    return {lock.mode for lock in locks if lock.relation == relation}


# --- Its statement ----------------------------------------------------------------------------------------------------


def test_a_trace_names_its_statement(each):
    text = "SELECT 1; ALTER TABLE item ADD COLUMN a int; ALTER TABLE item ADD COLUMN b int;\nSELECT 2;"
    (_, migration) = as_migrations(SHOP, text)
    traces = traced(each, text)
    assert [trace.statement for trace in traces] == [0, 1, 2, 3]
    assert [migration.sent[trace.statement].position.line for trace in traces] == [trace.line for trace in traces]
    assert [bool(trace.altered) for trace in traces] == [False, True, True, False]


def page(project, *args):
    """What the page is drawn from."""
    project.runpytest("--ctb", "--ctb-postgres", "embedded", "--ctb-report=out.html", *args)
    text = (project.path / "out.html").read_text(encoding="utf-8")
    return json.loads(re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[0])


@pytest.mark.parametrize("layout", ["flyway", "dbmate", "sqlx"])
def test_the_page_shows_effects_beside_the_statement_that_had_them(pytester, layout):
    """Also where the tool brings its own BEGIN, which stands nowhere in the file."""
    shops.write(pytester.path, shops.SHOPS[layout])
    files = page(pytester, "--ctb-layout", layout)["files"]
    traces = [trace for file in files for trace in file["trace"]]
    assert any(trace["added"] for trace in traces)
    for trace in traces:
        words = trace["sql"].upper()
        if trace["added"]:
            assert words in {"BEGIN", "COMMIT"}
            assert not trace.get("created")
        for kind, _, name in (key.partition(" ") for key in trace.get("created", ())):
            assert kind not in {"table", "view", "function", "type"} or name.partition("(")[0].upper() in words
    for file in files:
        for _, kind, name, _, _, statement in file["changes"]:
            told = file["trace"][statement]
            effects = [
                *told.get("created", ()),
                *told.get("altered", ()),
                *(one["key"] for one in told.get("dropped", ())),
            ]
            assert f"{kind} {name}" in effects


def test_the_page_tells_two_statements_of_one_line_apart(pytester):
    shops.write(pytester.path, shops.SHOPS["flyway"])
    folder = next(pytester.path.rglob("V*.sql")).parent
    (folder / "V900__two.sql").write_text("CREATE TABLE a (x int); CREATE TABLE b (x int);\n", encoding="utf-8")
    (file,) = [file for file in page(pytester, "--ctb-layout", "flyway")["files"] if file["name"] == "V900__two.sql"]
    shown = {trace["sql"]: trace.get("created") for trace in file["trace"]}
    assert shown == {
        "BEGIN": None,
        "CREATE TABLE a (x int)": ["table public.a"],
        "CREATE TABLE b (x int)": ["table public.b"],
        "COMMIT": None,
    }
    assert [(change[2], file["trace"][change[5]]["sql"][:14]) for change in file["changes"]] == [
        ("public.a", "CREATE TABLE a"),
        ("public.b", "CREATE TABLE b"),
    ]


# --- Its transaction --------------------------------------------------------------------------------------------------


def test_each_trace_knows_its_transaction_and_how_that_ended(each):
    traces = traced(
        each,
        "BEGIN;\nSAVEPOINT a;\nSAVEPOINT a;\nCREATE TABLE x (i int);\nRELEASE a;\nROLLBACK TO a;\nCREATE TABLE y (i int);\nCOMMIT;\n"
        "BEGIN;\nCREATE TABLE z (i int);\nROLLBACK;\nSELECT 1;\nSELECT 2;",
    )
    assert [trace.block for trace in traces] == [1] * 8 + [2] * 3 + [3, 4]
    back = {trace.line: trace.savepoint for trace in traces if trace.ended is Ended.ROLLED_BACK}
    assert back == {2: "a", 3: "a", 4: "a", 5: "a", 9: "", 10: ""}
    assert {trace.line for trace in traces if trace.undone} == set(back)


def test_what_failed_is_rolled_back(each):
    file = replayed(each, "CREATE TABLE a (i int);\nBEGIN;\nCREATE TABLE b (i int);\nSELECT 1 / 0;").files["1.sql"]
    assert [trace.ended for trace in file.traces] == [Ended.COMMITTED, *[Ended.ROLLED_BACK] * 3]


def test_what_is_left_open_is_rolled_back(each):
    file = replayed(each, "CREATE TABLE a (i int);\nBEGIN;\nCREATE TABLE b (i int);").files["1.sql"]
    assert [trace.ended for trace in file.traces] == [Ended.COMMITTED, *[Ended.ROLLED_BACK] * 2]


def test_a_chained_transaction_is_another(each):
    traces = traced(
        each, "BEGIN;\nCREATE TABLE a (i int);\nCOMMIT AND CHAIN;\nCREATE TABLE b (i int);\nROLLBACK;\nSELECT 1;"
    )
    assert [(trace.block, str(trace.ended)) for trace in traces] == [
        *[(1, "committed")] * 3,
        (2, "rolled back"),
        (2, "committed"),
        (3, "committed"),
    ]


# --- Its locks --------------------------------------------------------------------------------------------------------


def test_locks_held_and_locks_taken_are_two_things(each):
    traces = traced(
        each,
        "BEGIN;\nLOCK TABLE item IN SHARE MODE;\nSAVEPOINT s;\nALTER TABLE item ADD COLUMN a int;\nROLLBACK TO s;\n"
        "ALTER TABLE item ADD COLUMN b int;\nALTER TABLE item ADD COLUMN c int;\nCOMMIT;\nSELECT 1;",
    )
    held = [modes(trace.held) for trace in traces]
    taken = [modes(trace.locks) for trace in traces]
    all_of_it = {"SHARE", "ACCESS EXCLUSIVE"}
    assert held == [set(), set(), {"SHARE"}, {"SHARE"}, all_of_it, {"SHARE"}, all_of_it, all_of_it, set()]
    assert taken == [set(), {"SHARE"}, set(), {"ACCESS EXCLUSIVE"}, set(), {"ACCESS EXCLUSIVE"}, set(), set(), set()]


def test_a_lock_tells_its_relation_with_the_rows_of_its_table(each):
    (trace,) = traced(each, "REINDEX INDEX item_name;")
    locks = {lock.relation: lock for lock in trace.locks}
    table, index = locks["public.item"], locks["public.item_name"]
    assert (table.kind, table.table, table.rows) == ("table", "public.item", 3)
    assert (index.kind, index.table, index.rows) == ("index", "public.item", 3)
    assert table.bytes == index.bytes > 3 * 8
    assert {lock.mode for lock in trace.locks} <= set(MODES)


def test_what_is_dropped_was_locked(each):
    """It is in no catalog any more when the statement has run."""
    traces = traced(
        each, "DROP INDEX item_name;\nBEGIN;\nLOCK TABLE tag IN SHARE MODE;\nDROP TABLE item, tag;\nCOMMIT;"
    )
    index = next(lock for lock in traces[0].locks if lock.relation == "public.item_name")
    assert (index.mode, index.kind, index.table, index.rows) == ("ACCESS EXCLUSIVE", "index", "public.item", 3)
    assert modes(traces[3].held, "public.tag") == {"SHARE"}
    assert modes(traces[3].locks, "public.tag") == modes(traces[3].locks) == {"ACCESS EXCLUSIVE"}
    assert traces[4].locks == ()


def test_what_the_file_made_and_dropped_itself_is_no_lock(each):
    traces = traced(
        each,
        "BEGIN;\nCREATE TABLE a (i int PRIMARY KEY);\nDROP TABLE a;\nCREATE TEMP TABLE b (i int);\nDROP TABLE b;\nCOMMIT;",
    )
    assert not any(trace.all_locks for trace in traces)


def test_rows_are_those_from_before_the_statement(each):
    traces = traced(
        each,
        "BEGIN;\nINSERT INTO item SELECT i FROM generate_series(10, 109) AS i;\nDELETE FROM item WHERE id < 3;\n"
        "TRUNCATE item;\nCOMMIT;\nALTER TABLE item ADD COLUMN x int;",
    )
    assert [lock.rows for lock in traces[1].locks if lock.relation == "public.item"] == [3]
    assert {lock.rows for lock in traces[2].held if lock.relation == "public.item"} == {103}
    assert {lock.rows for lock in traces[3].locks if lock.relation == "public.item"} == {101}
    assert {lock.rows for lock in traces[5].locks if lock.relation == "public.item"} == {0}


def test_rows_that_a_savepoint_took_back_count_no_more(each):
    traces = traced(
        each,
        "BEGIN;\nINSERT INTO item SELECT i FROM generate_series(10, 19) AS i;\nSAVEPOINT s;\n"
        "INSERT INTO item SELECT i FROM generate_series(100, 199) AS i;\nDELETE FROM tag;\nSAVEPOINT t;\n"
        "DELETE FROM item WHERE id < 3;\nINSERT INTO tag VALUES (7);\nROLLBACK TO t;\nRELEASE t;\nROLLBACK TO s;\n"
        "INSERT INTO item VALUES (5);\nALTER TABLE item ADD COLUMN x int;\nALTER TABLE tag ADD COLUMN x int;\nCOMMIT;\n"
        "ALTER TABLE item ADD COLUMN y int;",
        before=f"{SHOP}INSERT INTO tag VALUES (1), (2);",
    )
    taken = {trace.line: {lock.relation: lock.rows for lock in trace.locks} for trace in traces}
    held = {trace.line: {lock.relation: lock.rows for lock in trace.held} for trace in traces}
    assert (held[7]["public.item"], held[9]["public.item"], held[10]["public.item"]) == (113, 111, 113)
    assert (held[12]["public.item"], taken[13]["public.item"]) == (13, 14)
    assert (taken[14]["public.tag"], taken[16]["public.item"]) == (2, 14)


def test_what_was_taken_back_is_not_told_with_a_later_statement(each):
    """Behind a ROLLBACK TO the table is locked no more, but what was done to it still counts."""
    traces = traced(
        each,
        "BEGIN;\nSAVEPOINT s;\nINSERT INTO tag VALUES (1), (2);\nSELECT count(*) FROM item;\nROLLBACK TO s;\nSELECT 1;\n"
        "INSERT INTO tag VALUES (3);\nSELECT 1 FROM item WHERE id = 1;\nDROP TABLE tag;\nCOMMIT;",
    )
    assert [trace.rows for trace in traces] == [
        *[()] * 2,
        (Rows("public.tag", 2, 0, 0),),
        *[()] * 3,
        (Rows("public.tag", 1, 0, 0),),
        *[()] * 3,
    ]
    assert traces[6].scanned == traces[8].scanned == ()
    assert modes(traces[6].locks, "public.tag") == {"ROW EXCLUSIVE"}


def test_what_is_held_is_held_by_the_transaction_itself():
    """Not by the one of ours that a trial runs in."""
    statements = as_migrations("ALTER TABLE item ADD COLUMN a int; ALTER TABLE item ADD COLUMN b int;")[0].sent
    traces = [Trace(1, 0.0, held=(lock("SHARE"),)), Trace(1, 0.0, statement=1, held=(lock("SHARE"),))]
    assert [trace.held for trace in with_ends(statements, traces)] == [(), ()]
    statements = as_migrations("BEGIN; ALTER TABLE item ADD COLUMN a int; COMMIT;")[0].sent
    traces = [Trace(1, 0.0, statement=number, held=(lock("SHARE"),)) for number in range(3)]
    assert [bool(trace.held) for trace in with_ends(statements, traces)] == [False, True, True]


@pytest.mark.parametrize(
    ("text", "scans", "rows"),
    [
        ("CREATE INDEX CONCURRENTLY i ON item (price);", {"public.item"}, ()),
        ("REINDEX TABLE CONCURRENTLY item;", {"public.item"}, ()),
        ("VACUUM item;", set(), ()),
        ("VACUUM (ANALYZE) tag, item;", set(), ()),
        ("VACUUM;", set(), ()),
        ("VACUUM FULL item;", {"public.item"}, ()),
        (
            "DO $$ BEGIN INSERT INTO tag VALUES (7), (8); COMMIT; DELETE FROM tag WHERE id = 7; END $$;",
            {"public.tag"},
            (Rows("public.tag", 2, 0, 1),),
        ),
        (
            "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN UPDATE item SET price = 1; COMMIT; END $$;\nCALL p();",
            {"public.item"},
            (Rows("public.item", 0, 3, 0),),
        ),
    ],
)
def test_rows_and_scans_of_what_runs_alone(each, text, scans, rows):
    """Counted from outside; and nothing of it is told with the statement behind it."""
    traces = traced(
        each,
        f"INSERT INTO item VALUES (9);\nSELECT count(*) FROM item;\nDELETE FROM item WHERE id = 9;\n{text}\nSELECT 1;",
    )
    trace = traces[-2]
    # Of so few rows the planner may read all, or go by the key.
    assert {scan.table for scan in trace.scanned} | ({"public.tag"} & scans) == scans
    assert (trace.rows, trace.unknown) == (rows, ("locks",))
    assert (traces[-1].rows, traces[-1].scanned, traces[-1].unknown) == ((), (), ())


def test_a_table_without_columns_has_rows_too(each):
    traces = traced(
        each, "ALTER TABLE bare ADD COLUMN x int;", before="CREATE TABLE bare ();\nINSERT INTO bare DEFAULT VALUES;"
    )
    assert {lock.rows for lock in traces[0].locks} == {1}


def test_an_index_by_itself_knows_its_table(each):
    (trace,) = traced(each, "ALTER INDEX item_name RENAME TO item_title;")
    assert [(lock.relation, lock.table) for lock in trace.locks] == [("public.item_name", "public.item")]


@pytest.mark.parametrize(
    ("statement", "mode"),
    [
        ("CREATE INDEX CONCURRENTLY i ON item (price)", "SHARE UPDATE EXCLUSIVE"),
        ("DROP INDEX CONCURRENTLY item_name", "SHARE UPDATE EXCLUSIVE"),
        ("REINDEX INDEX CONCURRENTLY item_name", "SHARE UPDATE EXCLUSIVE"),
        ("VACUUM item", "SHARE UPDATE EXCLUSIVE"),
        ("VACUUM FULL tag, item", "ACCESS EXCLUSIVE"),
        ("DO $$ BEGIN ALTER TABLE item ADD COLUMN x int; COMMIT; END $$", "ACCESS EXCLUSIVE"),
    ],
)
def test_locks_where_no_transaction_may_enclose_the_statement(each, statement, mode):
    """Another session looks on: of a role that owns the tables, or of a superuser."""
    (trace,) = traced(each, f"{statement};")
    assert modes(trace.locks) == {mode}


def test_nobody_waits_for_the_onlooker_who_may_not_wait(each):
    """With a short lock_timeout, or NOWAIT: what applies without us applies."""
    body = "LOCK TABLE item IN ACCESS EXCLUSIVE MODE NOWAIT; ALTER TABLE item ADD COLUMN IF NOT EXISTS x int; COMMIT;"
    traces = traced(
        each,
        f"SET lock_timeout = '1ms';\nCREATE INDEX CONCURRENTLY i ON item (price);\nRESET lock_timeout;\n"
        f"VACUUM (SKIP_LOCKED) item;\nDO $$ BEGIN {body} END $$;",
    )
    assert traces[1].created == (Key("index", "public.i"),)
    assert [trace.lock_timeout for trace in traces] == [None, 1, None, 0, 0]


def test_the_lock_timeout_in_force_is_known(each):
    traces = traced(
        each,
        "ALTER TABLE item ADD COLUMN a int;\nSET lock_timeout = '90s';\nALTER TABLE item ADD COLUMN b int;\nBEGIN;\n"
        "SET LOCAL lock_timeout = 250;\nALTER TABLE item ADD COLUMN c int;\nCOMMIT;\nALTER TABLE item ADD COLUMN d int;\n"
        "VACUUM tag;",
    )
    known = {trace.line: trace.lock_timeout for trace in traces if trace.altered}
    assert known == {1: 0, 3: 90_000, 6: 250, 8: 90_000}
    assert traces[-1].lock_timeout == 90_000


# --- Its effects, and nobody else's -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first",
    [
        "CREATE UNIQUE INDEX CONCURRENTLY u ON item (id, name);",
        "CREATE UNIQUE INDEX u ON item (id, name);\nVACUUM FULL item;",
        "CREATE UNIQUE INDEX u ON item (id, name);\nREINDEX TABLE CONCURRENTLY item;",
        "CREATE UNIQUE INDEX u ON item (id, name);\nDO $$ BEGIN UPDATE item SET price = 1; COMMIT; PERFORM count(*) FROM item; END $$;",
    ],
)
def test_a_statement_is_charged_with_nothing_of_the_one_before(each, first):
    traces = traced(each, f"{first}\nALTER TABLE item ADD CONSTRAINT u UNIQUE USING INDEX u;")
    assert (traces[-1].scanned, traces[-1].rows, traces[-1].rewritten) == ((), (), ())
    assert modes(traces[-1].locks) == {"ACCESS EXCLUSIVE"}


def test_why_a_table_is_read_belongs_to_that_table(each):
    """Not to another of the same name in another schema."""
    there = (
        SHOP
        + "CREATE SCHEMA old;\nCREATE TABLE old.item (id bigint, name text);\nINSERT INTO old.item VALUES (1, 'x');"
    )
    body = "ALTER TABLE public.item ADD CHECK (price > 0); PERFORM count(*) FROM old.item; CREATE INDEX ON old.item (name);"
    (trace,) = traced(each, f"DO $$ BEGIN {body} END $$;", before=there)
    why = {scan.table: " ".join(scan.why) for scan in trace.scanned}
    if each.superuser:
        assert why["public.item"] == 'verifying table "item"'
        assert why["old.item"] == 'building index "item_name_idx" on table "item" serially'
    else:  # nobody tells which command it was
        assert set(why) == {"public.item", "old.item"}


def test_a_name_with_quotes_in_it_has_its_reasons(each):
    there = 'CREATE TABLE "we""ird" (id int);\nINSERT INTO "we""ird" VALUES (1);'
    (trace,) = traced(each, 'ALTER TABLE "we""ird" ADD CHECK (id > 0);', before=there)
    assert trace.scanned == (Scan('public.we"ird', 1, ('verifying table "we"ird"',)),)


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("CLUSTER item USING item_name", "public.item"),
        ("VACUUM FULL item", "public.item"),
        ("VACUUM (FULL true) item", "public.item"),
        ("REFRESH MATERIALIZED VIEW dear", "public.dear"),
        ("DO $$ BEGIN CLUSTER item USING item_name; END $$", "public.item"),
        ("DO $$ BEGIN EXECUTE 'REFRESH MATERIALIZED VIEW ' || 'dear'; END $$", "public.dear"),
        ("ALTER TABLE item ALTER COLUMN price TYPE text", "public.item"),
    ],
)
def test_rows_that_are_written_anew_are_told_so(each, statement, table):
    there = f"{SHOP}CREATE MATERIALIZED VIEW dear AS SELECT id FROM item WHERE id > 1;"
    (trace,) = traced(each, f"{statement};", before=there)
    assert (trace.rewritten, trace.truncated) == ((table,), ())


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE tag",
        "DO $$ BEGIN TRUNCATE tag; END $$",
        "DO $$ BEGIN CLUSTER item USING item_name; TRUNCATE tag; END $$",
        "DO $$ BEGIN TRUNCATE tag; COMMIT; END $$",
    ],
)
def test_an_empty_table_is_not_one_written_anew(each, statement):
    (trace,) = traced(each, f"{statement};")
    assert "public.tag" in trace.truncated
    assert "public.tag" not in trace.rewritten


@pytest.mark.parametrize(
    "statement", ["VACUUM item", "ANALYZE item", "REINDEX TABLE item", "CREATE INDEX ON item (price)"]
)
def test_what_moves_no_row_rewrites_nothing(each, statement):
    (trace,) = traced(each, f"{statement};")
    assert (trace.rewritten, trace.truncated) == ((), ())


def renamed(kind, old, new):
    """An object with both names."""
    return Renamed(Key(kind, old), Key(kind, new))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ALTER TABLE item RENAME TO thing;", renamed("table", "public.item", "public.thing")),
        ("ALTER TABLE item RENAME name TO title;", renamed("column", "public.item.name", "public.item.title")),
        ('ALTER TABLE item RENAME TO "A Thing";', renamed("table", "public.item", 'public."A Thing"')),
        ("ALTER TABLE item SET SCHEMA other;", renamed("table", "public.item", "other.item")),
        ("ALTER INDEX item_name RENAME TO i;", renamed("index", "public.item_name", "public.i")),
        (
            "DO $$ BEGIN EXECUTE 'ALTER TABLE item RENAME ' || 'TO thing'; END $$;",
            renamed("table", "public.item", "public.thing"),
        ),
        ("ALTER TYPE mood RENAME TO feeling;", renamed("type", "public.mood", "public.feeling")),
        ("ALTER FUNCTION f() RENAME TO g;", renamed("function", "public.f()", "public.g()")),
    ],
)
def test_what_has_another_name_is_told_with_both(each, text, expected):
    there = (
        f"{SHOP}CREATE SCHEMA other;\nCREATE TYPE mood AS ENUM ('sad');\n"
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
    )
    traces = traced(each, text, before=there)
    assert expected in traces[0].renamed
    assert not any(lock.relation in {"public.thing", "other.item", "public.A Thing"} for lock in traces[0].locks)


def test_a_table_and_its_column_renamed_one_after_the_other(each):
    traces = traced(
        each,
        "BEGIN;\nALTER TABLE item RENAME TO thing;\nALTER TABLE thing RENAME name TO title;\nALTER TABLE thing RENAME TO item;\n"
        "ALTER TABLE item ADD COLUMN x int;\nCOMMIT;",
    )
    assert [trace.renamed for trace in traces] == [
        (),
        (renamed("table", "public.item", "public.thing"),),
        (renamed("column", "public.thing.name", "public.thing.title"),),
        (renamed("table", "public.thing", "public.item"),),
        (),
        (),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE item ADD COLUMN x int;",
        "ALTER TABLE item ALTER COLUMN price TYPE text;",
        "COMMENT ON TABLE item IS 'x';",
        "DO $$ BEGIN ALTER TABLE item ADD COLUMN x int; COMMENT ON COLUMN item.x IS 'x'; END $$;",
        "CREATE TABLE fresh (id int);\nDROP TABLE fresh;",
    ],
)
def test_what_keeps_its_name_is_not_renamed(each, text):
    assert not any(trace.renamed for trace in traced(each, text))


# --- What findings are made of it -------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["", "LOCK TABLE item;\n", "ALTER TABLE item ADD COLUMN IF NOT EXISTS x int;\n"])
def test_a_dropped_column_keeps_its_lock_in_the_evidence(pytester, first):
    """Also where an earlier statement of the transaction had taken it."""
    migrations = pytester.mkdir("migrations")
    before = (
        "CREATE TABLE item (id int, name text);\nCREATE FUNCTION strip() RETURNS void LANGUAGE plpgsql AS $$\n"
        "BEGIN EXECUTE 'ALTER TABLE item DROP COLUMN ' || 'name'; END $$;\n"
    )
    (migrations / "2025-01-01_create_item.sql").write_text(before, encoding="utf-8")
    text = f"BEGIN;\n{first}SELECT strip();\nCOMMIT;\n"
    (migrations / "2025-01-02_drop_name.sql").write_text(text, encoding="utf-8")
    pytester.runpytest("--ctb", "--ctb-postgres", "embedded", "--ctb-report=out.json", "-k", "no-drop-column")
    report = json.loads((pytester.path / "out.json").read_text(encoding="utf-8"))
    (finding,) = [finding for finding in report["findings"] if finding["guideline"] == "no-drop-column"]
    assert "it held ACCESS EXCLUSIVE on public.item" in finding["evidence"].splitlines()


def test_work_under_a_lock(each):
    """Read off the traces alone: which lock made others wait while a table was read or written anew, and who took it."""
    traces = traced(
        each,
        "SET lock_timeout = '2s';\nBEGIN;\nALTER TABLE item RENAME TO thing;\nSELECT 1;\nALTER TABLE thing ADD CHECK (name <> '');\n"
        "COMMIT;\nALTER TABLE thing ALTER COLUMN price TYPE text;\nCREATE INDEX ON thing (name);\nSELECT count(*) FROM thing;",
    )
    work = list(work_under_lock(traces))
    assert [(one.statement, one.what, one.table, one.lock.mode, one.taken, one.lock_timeout) for one in work] == [
        (4, "scan", "public.thing", "ACCESS EXCLUSIVE", 2, 2000),
        (6, "rewrite", "public.thing", "ACCESS EXCLUSIVE", 6, 2000),
        (7, "scan", "public.thing", "SHARE", 7, 2000),
    ]
    assert {one.lock.rows for one in work} == {3}


def lock(mode, relation="public.a", table="public.a"):
    """A lock on a table, or on an index of one."""
    return Lock(relation, mode, "table" if relation == table else "index", table, 5, 500)


def test_work_under_a_lock_of_another_table():
    """Whoever wants that one waits as long."""
    traces = [
        Trace(1, 0.0, block=1, locks=(lock("ACCESS EXCLUSIVE"),), lock_timeout=10),
        Trace(
            2,
            0.0,
            block=1,
            statement=1,
            held=(lock("ACCESS EXCLUSIVE"),),
            scanned=(Scan("public.b", 1),),
            lock_timeout=9,
        ),
    ]
    assert list(work_under_lock(traces)) == [Work(1, "scan", "public.b", lock("ACCESS EXCLUSIVE"), 0, 10)]


def test_work_in_another_transaction_is_under_no_lock():
    traces = [
        Trace(1, 0.0, block=1, locks=(lock("ACCESS EXCLUSIVE"),)),
        Trace(2, 0.0, block=2, statement=1, locks=(lock("ACCESS SHARE"),), scanned=(Scan("public.a", 1),)),
        Trace(3, 0.0, block=3, statement=2, locks=(lock("SHARE UPDATE EXCLUSIVE"),), scanned=(Scan("public.a", 1),)),
        Trace(4, 0.0, block=4, statement=3, locks=(lock("ROW EXCLUSIVE"),), rewritten=()),
    ]
    assert list(work_under_lock(traces)) == []


def test_of_several_locks_on_a_table_the_strongest_counts():
    index = lock("ACCESS EXCLUSIVE", "public.a_i")
    trace = Trace(
        1, 0.0, block=1, locks=(lock("SHARE"), index), rewritten=("public.a",), scanned=(Scan("public.a", 2),)
    )
    assert [(one.what, one.lock) for one in work_under_lock([trace])] == [("rewrite", index)]
    trace = trace._replace(locks=(index, lock("ACCESS EXCLUSIVE")))
    assert [one.lock.relation for one in work_under_lock([trace])] == ["public.a"]


def test_what_a_mode_blocks_is_what_the_manual_says():
    assert [blocked_by(mode) for mode in MODES] == [
        (),
        (),
        (),
        (),
        ("writes",),
        ("writes",),
        ("writes",),
        ("reads", "writes"),
    ]
