"""Files outside of a transaction, and what is tried inside of one: seen there as it would be seen outside."""

from __future__ import annotations

import pytest

from machine import as_migrations, choice_of, kinds_of_server, oldest_and_newest, replayed, server_of
from pytest_ctb.model import Trace
from pytest_ctb.replay.session.outcome import Look
from pytest_ctb.replay.trials import sandboxes, trials
from pytest_ctb.replay.trials.additive import new_names
from pytest_ctb.replay.trials.concurrently import Tried
from pytest_ctb.sql import refused, without_concurrently

SHOP = """
CREATE TABLE item (id bigint PRIMARY KEY, name text, price numeric(8, 2));
CREATE TABLE sold (id bigint PRIMARY KEY, item bigint REFERENCES item, note text);
CREATE INDEX sold_item ON sold (item);
INSERT INTO sold VALUES (1, NULL, 'a'), (2, NULL, 'a');
CREATE VIEW items AS SELECT id, name FROM item;
CREATE MATERIALIZED VIEW names AS SELECT name FROM item;
CREATE TABLE part (id int, region text) PARTITION BY LIST (region);
CREATE TABLE part_eu PARTITION OF part FOR VALUES IN ('eu');
CREATE FUNCTION loud(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE NOTICE 'is %', t; RETURN t; END$$;
CREATE SCHEMA other;
CREATE TABLE other."Odd name" ("a b" int);
"""
HEAD = "-- ctb:no-transaction: nobody shall wait\n"
INSIDE = {
    "plain": "CREATE INDEX CONCURRENTLY item_name ON item (name);\n-- Rollback:\n-- DROP INDEX CONCURRENTLY item_name;",
    "guarded": "create index concurrently if not exists item_price on public.item (price);",
    "again": "CREATE INDEX CONCURRENTLY IF NOT EXISTS item_price ON public.item (id);",
    "unique": "CREATE UNIQUE INDEX CONCURRENTLY item_u ON item (name, price) WHERE price > 0;",
    "nameless": "CREATE INDEX CONCURRENTLY ON item (id, name);\n-- Rollback:\n-- DROP INDEX item_id_name_idx;",
    "two": "CREATE INDEX CONCURRENTLY a1 ON item (price);\nCREATE INDEX CONCURRENTLY IF NOT EXISTS a2 ON item (id);",
    "expression": "CREATE INDEX CONCURRENTLY item_loud ON item (loud(name), lower(name));",
    "partition": "CREATE INDEX CONCURRENTLY eu_id ON part_eu USING hash (id);",
    "odd": 'CREATE INDEX /* CONCURRENTLY */ CONCURRENTLY "CONCURRENTLY" ON other."Odd name" ("a b");',
    "left": "CREATE INDEX CONCURRENTLY item_x ON item (price, id);\n-- Rollback:\n-- DROP INDEX CONCURRENTLY item_y;",
}
"""Files that are tried without a copy."""
ELSEWHERE = {
    "materialized": "CREATE INDEX CONCURRENTLY names_name ON names (name);",
    "partitioned": "CREATE INDEX CONCURRENTLY part_id ON part (id);",
    "missing": "CREATE INDEX CONCURRENTLY no_id ON nowhere (id);",
    "duplicates": "CREATE UNIQUE INDEX CONCURRENTLY sold_note ON sold (note);",
    "dropped": "DROP INDEX CONCURRENTLY sold_item;",
    "mixed": "CREATE INDEX CONCURRENTLY item_m ON item (price, name);\nALTER TABLE item ADD COLUMN m int;",
    "vacuum": "VACUUM item;",
    "enclosed": "BEGIN;\nCREATE INDEX CONCURRENTLY item_e ON item (name);\nCOMMIT;",
}


def evidence(server, texts, **options):
    """What is known of each file, but for how long it took, and the numbers of transactions."""
    files = replayed(server, SHOP, *(HEAD + text for text in texts), **options).files
    return [_timeless(file) for file in list(files.values())[1:]]


def _timeless(file):
    on_rows = file.on_rows and file.on_rows.__class__(**{**vars(file.on_rows), "traces": _same(file.on_rows.traces)})
    return file._replace(traces=_same(file.traces), on_rows=on_rows)


def _same(traces: tuple[Trace, ...]) -> list[Trace]:
    return [
        trace._replace(seconds=0.0, transaction="", locks=tuple(sorted(trace.locks)), held=tuple(sorted(trace.held)))
        for trace in traces
    ]


@pytest.fixture(scope="module", params=oldest_and_newest(), ids=str)
def server(request):
    """A running server of the oldest and the newest major version."""
    with choice_of(request.param).offer.start() as started:
        yield started


@pytest.fixture
def copies(monkeypatch):
    """How many copies of databases were made."""
    made = []
    copy = sandboxes.copy_database
    monkeypatch.setattr(sandboxes, "copy_database", lambda *args: (made.append(args[2]), copy(*args)))
    return made


def test_what_is_tried_without_the_word_is_told_as_if_it_were_there(server, monkeypatch, copies):
    """As the file itself does it, in copies of the database, where it is really broken off."""
    seen = evidence(server, INSIDE.values())
    assert copies == []
    monkeypatch.setattr(trials, "as_tried", lambda _, file: Tried(file))
    real = evidence(server, INSIDE.values())
    assert len(copies) > 5 * len(INSIDE)
    for name, tried, original in zip(INSIDE, seen, real, strict=True):
        assert tried == original, name
    by_name = dict(zip(INSIDE, seen, strict=True))
    assert [broken.error.sqlstate for broken in by_name["plain"].interruptions] == ["42P07"]
    assert by_name["guarded"].interruptions[0].invalid == ("item_price",)
    assert by_name["again"].interruptions == ()
    assert by_name["left"].rollback.error.sqlstate == "42704"
    assert len(by_name["two"].interruptions) == 2


def test_what_may_be_something_else_without_the_word_is_tried_with_it(server, monkeypatch):
    seen = evidence(server, ELSEWHERE.values())
    monkeypatch.setattr(trials, "as_tried", lambda _, file: Tried(file))
    for name, tried, original in zip(ELSEWHERE, seen, evidence(server, ELSEWHERE.values()), strict=True):
        assert tried == original, name
    by_name = dict(zip(ELSEWHERE, seen, strict=True))
    assert {name: file.error.sqlstate for name, file in by_name.items() if file.error} == {
        "partitioned": "0A000",
        "missing": "42P01",
        "duplicates": "23505",
        "enclosed": "25001",
    }


@pytest.mark.parametrize("text", ["VACUUM item;", "UPDATE item SET price = 1;", "ALTER SYSTEM RESET work_mem;"])
def test_no_copy_is_kept_for_a_break_that_cannot_happen(server, copies, text):
    """One statement that is one transaction; what does not fit into one of ours has a copy for each trial alone."""
    evidence(server, [text], role="superuser", trials=frozenset({trials.Trial.INTERRUPTIONS}))
    assert len(copies) == (0 if text.startswith("UPDATE") else 1)


def test_whoever_ends_our_connections_has_the_copy_dropped_all_the_same(server, copies):
    """Those to the server's own database, which a copy is made and dropped by."""
    ends = "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = 'postgres' AND backend_type LIKE 'client%'"
    (file,) = evidence(server, [f"VACUUM item;\n{ends};"], role="superuser")
    assert (file.error, file.trouble) == (None, None)
    assert copies
    with server.connect() as admin:
        assert admin.execute("SELECT datname FROM pg_database WHERE datname ~ 'copy'").fetchall() == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("CREATE INDEX CONCURRENTLY é ON t (a)", "CREATE INDEX              é ON t (a)"),
        ("DROP INDEX concurrently IF EXISTS é", "DROP INDEX              IF EXISTS é"),
        ("DROP INDEX CONCURRENTLY a, b", None),
        ("DROP INDEX CONCURRENTLY a CASCADE", None),
        ("REINDEX INDEX CONCURRENTLY a", None),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY a", None),
        ('CREATE INDEX "CONCURRENTLY" ON t (a)', None),
        ("DROP TABLE concurrently_a", None),
    ],
)
def test_the_word_alone_is_left_out(text, plain):
    (statement,) = as_migrations(f"-- here\n{text};")[0].sent
    without = without_concurrently(statement)
    assert without.sql == (plain or text)
    assert (refused(without) == "") is (plain is not None or refused(statement) == "")
    assert without.position == statement.position


# --- Only new things --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("CREATE TABLE t (a int); CREATE INDEX i ON t (a); COMMENT ON COLUMN t.a IS 'a';", {("", "t"), ("", "i")}),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMENT ON FUNCTION f() IS '1';", {("", "f")}),
        ("CREATE TABLE a.t (a int); CREATE VIEW v AS SELECT 1;", {("a", "t"), ("", "v")}),
        ("CREATE TABLE t (a int); CREATE TABLE IF NOT EXISTS public.t (b int);", set()),
        ("CREATE TABLE t (a int); CREATE TABLE IF NOT EXISTS t (b int);", set()),
        ("CREATE TABLE t (a int); CREATE INDEX i ON other (a);", set()),
        ("CREATE TABLE t (a int); COMMENT ON TABLE other IS 'a';", set()),
        ("CREATE TABLE t (a int); COMMENT ON SCHEMA t IS 'a';", set()),
        ("CREATE TEMP TABLE t (a int);", set()),
        ("SET search_path = b; CREATE TABLE t (a int);", set()),
    ],
)
def test_new_names(text, names):
    assert new_names(as_migrations(text)[0].sent) == names


OLD = """
CREATE SCHEMA app;
ALTER ROLE CURRENT_USER SET search_path = app, public;
CREATE TABLE app.taken (a int);
CREATE TABLE public.hidden (a int);
CREATE FUNCTION public.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
"""
UNNAMED = {
    "new": "CREATE TABLE fresh (a int);\nCREATE INDEX fresh_a ON fresh (a);\nCOMMENT ON TABLE fresh IS 'new';",
    "before another": "CREATE TABLE hidden (a int, b int);\n-- Rollback:\n-- DROP TABLE hidden;",
    "taken": "CREATE TABLE IF NOT EXISTS taken (a int, b int);",
    "twice": "CREATE TABLE twin (a int);\nCREATE TABLE IF NOT EXISTS app.twin (a int, b int);",
    "another's arguments": "CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 2';\nCOMMENT ON FUNCTION f(int) IS 'old';",
    "Postgres's own": "CREATE VIEW pg_am AS SELECT 1 AS a;\nCOMMENT ON VIEW pg_am IS 'whose';",
}
"""Files whose names the search_path says."""


def test_names_without_a_schema_are_those_of_the_search_path(server, monkeypatch):
    """What only makes new things is not tried before, and nobody sees a difference."""
    texts = [OLD, *UNNAMED.values()]
    tried = []
    run = trials.Session.run
    monkeypatch.setattr(
        trials.Session,
        "run",
        lambda self, sent, look=Look.EACH: (tried.append((self._inside, sent)), run(self, sent, look))[1],
    )
    files = list(replayed(server, *texts).files.values())[1:]
    first = [next(inside for inside, sent in tried if sent == file.sent) for file in as_migrations(*texts)[1:]]
    assert dict(zip(UNNAMED, first, strict=True)) == {
        "new": False,
        "before another": False,
        "taken": True,
        "twice": True,
        "another's arguments": True,
        "Postgres's own": True,
    }
    by_name = dict(zip(UNNAMED, files, strict=True))
    assert [mismatch.key.name for name in ("taken", "twice") for mismatch in by_name[name].mismatches] == [
        "app.taken",
        "app.twin",
    ]
    monkeypatch.setattr(trials, "new_names", lambda _: set())
    for name, file, slow in zip(UNNAMED, files, list(replayed(server, *texts).files.values())[1:], strict=True):
        assert _timeless(file) == _timeless(slow), name


# --- Once more, right after it ----------------------------------------------------------------------------------------

AGAIN = {
    "exists": "CREATE TABLE b (id int);",
    "gone": "DROP TABLE extra;",
    "replaced": "CREATE OR REPLACE VIEW item_ids AS SELECT id FROM item;",
    "says it again": "ALTER TABLE item ALTER COLUMN name SET NOT NULL;",
    "says it anew": "ALTER TABLE item ALTER COLUMN price TYPE numeric(9, 2);",
    "until the commit": "BEGIN;\nCREATE TEMP TABLE short (id int) ON COMMIT DROP;\nCOMMIT;",
    "for the session": "CREATE TEMPORARY TABLE short (id int);",
    "renamed": "ALTER TABLE item RENAME COLUMN name TO title;",
    "one more each time": "CREATE INDEX ON item (title);",
    "a check more": "ALTER TABLE item ADD CHECK (price > 0);",
    "a label": "CREATE TYPE mood AS ENUM ('sad');\nALTER TABLE item ADD COLUMN mood mood DEFAULT 'sad';",
    "back and forth": "BEGIN;\nSAVEPOINT ctb_again;\nCREATE TABLE c (id int);\nROLLBACK TO SAVEPOINT ctb_again;\nCOMMIT;",
    "a comment": "COMMENT ON TABLE item IS 'things';",
    "deferred": "ALTER TABLE sold ADD CONSTRAINT later FOREIGN KEY (id) REFERENCES item DEFERRABLE INITIALLY DEFERRED NOT VALID;",
}


@pytest.mark.parametrize("kind", kinds_of_server(), ids=str)
def test_once_more_right_after_it_is_as_once_more_later(kind, monkeypatch):
    texts = [
        f"{SHOP}CREATE TABLE extra (id int);",
        *(f"{text}\n-- Rollback: none, because it is a test" for text in AGAIN.values()),
    ]
    with server_of(kind) as each:
        files = list(replayed(each, *texts).files.values())[1:]
        monkeypatch.setattr(trials, "rerun_and_take_back", lambda *_: None)
        later = list(replayed(each, *texts).files.values())[1:]
    for name, file, slow in zip(AGAIN, files, later, strict=True):
        assert _timeless(file) == _timeless(slow), name
    by_name = dict(zip(AGAIN, (file.rerun for file in files), strict=True))
    assert by_name["exists"].error.sqlstate == "42P07"
    assert by_name["until the commit"].error is None
    assert len(by_name["one more each time"].changes) == 1


# --- Passwords --------------------------------------------------------------------------------------------------------


def test_our_passwords_are_hashed_once_and_those_of_migrations_as_usual(server, monkeypatch):
    secrets = {}
    after = trials.Trials.after

    def look(*arguments):
        with server.connect() as admin:
            secrets.update(
                admin.execute("SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword <> ''").fetchall()
            )
        return after(*arguments)

    monkeypatch.setattr(trials.Trials, "after", look)
    assert evidence(server, ["CREATE ROLE clerk PASSWORD 'x';"])[0].applied
    rounds = {role: int(secret.removeprefix("SCRAM-SHA-256$").partition(":")[0]) for role, secret in secrets.items()}
    assert rounds == {"postgres": 1, "pytest_ctb_owner": 1, "clerk": 4096}
