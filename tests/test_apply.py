"""`ctb apply` and `ctb status` on a live database: what is applied, what is told, what is refused."""

from __future__ import annotations

import json
import shutil

import pytest

from livedb import write
from pytest_ctb import __version__
from sample import RULES

ONE, TWO, THREE = (
    f"migrations/2025-01-0{day}_{name}.sql" for day, name in ((1, "create_item"), (2, "add_price"), (3, "load"))
)
FILES = {
    "2025-01-01_create_item.sql": "-- Unique ID: CTB-00000001\nBEGIN;\nCREATE TABLE item (id bigint PRIMARY KEY);\nCOMMIT;\n\n-- Rollback:\n-- DROP TABLE item;\n",
    "2025-01-02_add_price.sql": "BEGIN;\nALTER TABLE item ADD COLUMN price numeric;\nCOMMIT;\n\n-- Rollback:\n-- BEGIN;\n-- ALTER TABLE item DROP COLUMN price;\n-- COMMIT;\n",
    "2025-01-03_load.sql": "BEGIN;\nINSERT INTO item VALUES (1, 2);\nCOMMIT;\n\n-- Rollback: none, because rows are not taken back\n",
}
UNCHECKED = ("--no-check", "a test")


@pytest.fixture
def team(tmp_path):
    write(tmp_path, FILES)
    return tmp_path


def edit(team, name: str, old: str, new: str) -> None:
    path = team / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# What is applied


def test_pending_files_are_applied_in_order_and_once(team, live, ctb):
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 0, said
    assert [line.split(":")[0] for line in said.splitlines()[:3]] == [ONE, TWO, THREE]
    assert live.ask("SELECT * FROM item") == [(1, 2)]
    assert live.ledger() == dict.fromkeys((ONE, TWO, THREE), "applied")
    assert ctb(team, live, "apply") == (
        0,
        said.splitlines()[-1].replace("3 migrations applied", "nothing to apply, 3 migrations applied") + "\n",
    )
    assert live.ask("SELECT count(*) FROM item") == [(1,)]


def test_the_ledger_says_what_who_when_and_why(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    columns = "unique_id, length(sha256), no_check, role, tool, ended >= started, seconds >= 0, encode(content, 'escape'), done"
    assert live.ask(f"SELECT {columns} FROM ctb_ledger.migrations WHERE file = %s", ONE) == [
        ("CTB-00000001", 64, "a test", "postgres", __version__, True, True, FILES["2025-01-01_create_item.sql"], 3)
    ]
    assert live.ask("SELECT file, state FROM ctb_ledger.events ORDER BY id") == [
        (one, state) for one in (ONE, TWO, THREE) for state in ("applying", "applied")
    ]
    assert live.ask("SELECT format, tool FROM ctb_ledger.ledger") == [(1, __version__)]


def test_each_file_begins_as_psql_would(team, live, ctb):
    write(
        team,
        {
            "2025-01-04_set.sql": "SET search_path = nowhere;\nSET ROLE pg_monitor;\nCREATE TEMP TABLE item2 (id int);\nPREPARE p AS SELECT 1;\n",
            "2025-01-05_see.sql": "CREATE TABLE seen AS SELECT current_user::text AS who, current_setting('search_path') AS path, to_regclass('item2') AS temp;\nPREPARE p AS SELECT 1;\n",
        },
    )
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    assert live.ask("SELECT * FROM seen") == [("postgres", '"$user", public', None)]


def test_the_files_of_another_layout_go_as_their_tool_sends_them(tmp_path, live, ctb):
    write(
        tmp_path,
        {
            "00001_item.sql": "-- +goose Up\nCREATE TABLE item (id int);\nINSERT INTO item VALUES (1);\n\n-- +goose Down\nDROP TABLE item;\n",
            "00002_index.sql": "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY item_id ON item (id);\n\n-- +goose Down\nDROP INDEX item_id;\n",
            "00003_bad.sql": "-- +goose Up\nINSERT INTO item VALUES (2);\nINSERT INTO nowhere VALUES (1);\n",
        },
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nctb_layout = goose\n")
    code, said = ctb(tmp_path, live, "apply", *UNCHECKED)
    assert code == 1
    assert 'migrations/00003_bad.sql:3: relation "nowhere" does not exist (42P01)' in said
    assert live.ask("SELECT * FROM item") == [(1,)]
    (tmp_path / "migrations" / "00003_bad.sql").unlink()
    assert ctb(tmp_path, live, "rollback", "migrations/00002_index.sql", "--yes", *UNCHECKED)[0] == 0
    assert live.ask("SELECT to_regclass('item_id')") == [(None,)]


def test_psql_s_own_language_is_sent_as_psql_does(tmp_path, live, ctb):
    write(
        tmp_path,
        {
            "2025-01-01_create_item.sql": "\\set name item\nCREATE TABLE :name (id int);\nCOPY item FROM stdin;\n1\n2\n\\.\nSELECT 'CREATE TABLE t' || id || ' ()' FROM item \\gexec\n"
        },
    )
    assert ctb(tmp_path, live, "apply", *UNCHECKED)[0] == 0
    assert live.ask("SELECT to_regclass('t1') IS NOT NULL, to_regclass('t2') IS NOT NULL") == [(True, True)]


# Status


def test_status_reads_alone(team, live, ctb):
    code, said = ctb(team, live, "status")
    assert (code, said.splitlines()[0]) == (1, f"pending  {ONE}")
    assert live.ask("SELECT to_regnamespace('ctb_ledger')") == [(None,)]
    ctb(team, live, "apply", *UNCHECKED)
    code, said = ctb(team, live, "status")
    assert code == 0
    assert said.endswith(": 3 applied\n")


def test_status_for_programs(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    (team / THREE).unlink()
    code, said = ctb(team, live, "status", "--json")
    told = json.loads(said)
    assert code == 1
    assert [(one["file"], one["status"]) for one in told["migrations"]] == [
        (ONE, "applied"),
        (TWO, "applied"),
        (THREE, "missing"),
    ]
    assert told["migrations"][0]["unique_id"] == "CTB-00000001"
    assert live.server.admin["password"] not in said


# What is refused


def test_a_changed_file_is_refused_with_what_changed(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    edit(team, TWO, "price numeric", "price bigint")
    write(team, {"2025-01-09_more.sql": "CREATE TABLE more ();"})
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 1
    assert "-ALTER TABLE item ADD COLUMN price numeric;\n+ALTER TABLE item ADD COLUMN price bigint;" in said
    assert live.ask("SELECT to_regclass('more')") == [(None,)]
    assert "changed  " in ctb(team, live, "status")[1]
    assert ctb(team, live, "apply", "--adopt", "--as-applied", TWO)[0] == 0
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    assert live.ledger()[TWO] == "adopted"


def test_what_sorts_before_the_applied_is_refused_or_asked_for(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    write(team, {"2025-01-02_between.sql": "CREATE TABLE between_them ();"})
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, live.ask("SELECT to_regclass('between_them')")) == (1, [(None,)])
    assert f"migrations/2025-01-02_between.sql: it sorts before {THREE}, which is applied" in said
    assert ctb(team, live, "apply", "--out-of-order", *UNCHECKED)[0] == 0
    assert ctb(team, live, "status")[0] == 0


def test_a_renamed_file_is_not_applied_twice(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    (team / THREE).rename(team / "migrations" / "2025-01-04_load_again.sql")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 1
    assert f"the same bytes were applied as {THREE}, and that file is gone" in said
    assert live.ask("SELECT count(*) FROM item") == [(1,)]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("BEGIN;\n\\connect other\nCOMMIT;\n", ":2: "),
        ("BEGIN;\nCREATE TABLE x ();\nPREPARE TRANSACTION 'x';\n", ":3: a transaction in two phases"),
        ("BEGIN;\nSELECT '\0';\nCOMMIT;", ":2: "),
    ],
)
def test_what_cannot_be_sent_is_found_before_anything_is(team, live, ctb, sql, told):
    write(team, {"2025-01-04_bad.sql": sql})
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 1
    assert f"migrations/2025-01-04_bad.sql{told}" in said
    assert live.ledger() == {}


def test_the_compliance_suite_comes_first(team, live, ctb):
    (team / "rules").mkdir()
    shutil.copy(RULES / "ctb-header.yml", team / "rules")
    code, said = ctb(team, live, "apply")
    assert code == 1
    assert f"{ONE}:" in said
    assert "CT03" in said
    assert "the compliance suite failed" in said
    assert live.ask("SELECT to_regnamespace('ctb_ledger')") == [(None,)]
    assert ctb(team, live, "apply", "--no-check", " ")[0] == 2


# What fails


def test_a_failure_half_way_leaves_a_ledger_that_says_where(team, live, ctb):
    write(
        team,
        {
            "2025-01-04_bad.sql": "BEGIN;\nCREATE TABLE gone ();\nINSERT INTO item\nVALUES (1, 3);\nCOMMIT;\n",
            "2025-01-05_later.sql": "SELECT 1;",
        },
    )
    code, said = ctb(team, live, "apply", *UNCHECKED)
    bad = "migrations/2025-01-04_bad.sql"
    assert code == 1
    assert (
        f'{bad}:3: duplicate key value violates unique constraint "item_pkey" (23505)\nDETAIL: Key (id)=(1) already exists.\n'
        in said
    )
    assert f"{bad}: nothing of it is left, it is pending as before\napplied: {ONE}" in said
    assert "not applied: migrations/2025-01-05_later.sql" in said
    assert live.ask("SELECT state, line, done FROM ctb_ledger.migrations WHERE file = %s", bad) == [("failed", 3, 0)]
    assert live.ask("SELECT to_regclass('gone')") == [(None,)]
    edit(team, bad, "VALUES (1, 3)", "VALUES (2, 3)")
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0


def test_what_fails_at_its_commit_is_not_there(team, live, ctb):
    write(
        team,
        {
            "2025-01-04_bad.sql": "BEGIN;\nALTER TABLE item ADD FOREIGN KEY (id) REFERENCES item DEFERRABLE INITIALLY DEFERRED;\nALTER TABLE item ADD other bigint REFERENCES item DEFERRABLE INITIALLY DEFERRED;\nCOMMIT;\nBEGIN;\nINSERT INTO item (id, other) VALUES (7, 8);\nCOMMIT;\n"
        },
    )
    code, said = ctb(team, live, "apply", *UNCHECKED)
    bad = "migrations/2025-01-04_bad.sql"
    assert code == 1
    assert f"{bad}: its first 4 statements are there for good; the rest is not" in said
    code, said = ctb(team, live, "status")
    assert "undecided" in said
    assert f"ctb apply --adopt --as-pending {bad}" in said
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 1
    assert ctb(team, live, "apply", "--adopt", "--as-applied", bad) == (
        0,
        f"{bad}: recorded as applied (--as-applied)\n",
    )
    assert ctb(team, live, "status")[0] == 0


def test_a_file_that_ends_inside_its_transaction_is_told(team, live, ctb):
    write(team, {"2025-01-04_open.sql": "BEGIN;\nCREATE TABLE x ();\n"})
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 1
    assert "the file ends inside its transaction, which is rolled back: it lacks a COMMIT" in said
    assert live.ledger()["migrations/2025-01-04_open.sql"] == "failed"


def test_an_index_that_was_left_invalid_is_named_with_what_to_do(team, live, ctb):
    sql = "-- ctb:no-transaction: in use\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS item_price ON item (price);\n"
    write(team, {"2025-01-03_load.sql": "INSERT INTO item VALUES (1, 2), (2, 2);", "2025-01-04_index.sql": sql})
    code, _ = ctb(team, live, "apply", *UNCHECKED)
    assert code == 1
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 1
    assert "it has left an index that nothing can use" in said
    assert "  DROP INDEX CONCURRENTLY public.item_price;" in said
    live.do("DROP INDEX CONCURRENTLY public.item_price")
    live.do("DELETE FROM item WHERE id = 2")
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    assert live.state()["invalid"] == []


def test_a_lock_is_waited_for_and_asked_for_again(team, live, ctb):
    write(team, dict(list(FILES.items())[:1]))
    (team / TWO).unlink(), (team / THREE).unlink()
    ctb(team, live, "apply", *UNCHECKED)
    write(team, FILES)
    with live.server.login(live.name) as other:
        other.execute("BEGIN; LOCK TABLE item")
        code, said = ctb(team, live, "apply", "--lock-timeout", "50ms", "--retries", "1", *UNCHECKED)
    assert code == 1
    assert f"{TWO}:2: canceling statement due to lock timeout; nothing of it is left. Again in 0.5 s (1 of 1)" in said
    assert f"{TWO}: nothing of it is left" in said
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0


def test_a_statement_has_its_time(team, live, ctb):
    write(team, {"2025-01-04_slow.sql": "BEGIN;\nSELECT pg_sleep(20);\nCOMMIT;"})
    code, said = ctb(team, live, "apply", "--statement-timeout", "100ms", *UNCHECKED)
    assert code == 1
    assert "migrations/2025-01-04_slow.sql:2: canceling statement due to statement timeout (57014)" in said


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (
            "SELECT pg_sleep(0.1), pg_terminate_backend(pg_backend_pid());",
            "terminating connection",
        ),
        (
            "DO $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;",
            "No space left on device (53100)",
        ),
        (
            "SET LOCAL temp_file_limit = '1kB';\nSELECT count(*) FROM (SELECT g FROM generate_series(1, 2000000) g ORDER BY -g) s;",
            'temporary file size exceeds "temp_file_limit" (1kB) (53400)',
        ),
        ("SET LOCAL ROLE pg_monitor;\nDROP TABLE item;", "must be owner of table item (42501)"),
    ],
    ids=["the server ends it", "a full disk", "no room for what is temporary", "permission denied"],
)
def test_whatever_ends_a_file_it_is_not_there_and_the_ledger_says_so(team, live, ctb, sql, told):
    write(team, {"2025-01-04_bad.sql": f"BEGIN;\nCREATE TABLE gone ();\n{sql}\nCOMMIT;\n"})
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 1
    assert told in said
    assert "nothing of it is left" in said
    assert live.ledger()["migrations/2025-01-04_bad.sql"] == "failed"
    assert live.ask("SELECT to_regclass('gone')") == [(None,)]


def test_a_dry_run_shows_the_locks_and_changes_nothing(team, live, ctb):
    code, said = ctb(team, live, "apply", "--dry-run")
    assert code == 0
    assert f"{TWO}\n  2  ALTER TABLE item ADD COLUMN price numeric\n       ACCESS EXCLUSIVE on public.item" in said
    assert live.ask("SELECT to_regnamespace('ctb_ledger')") == [(None,)]


def test_a_dry_run_says_which_locks_could_not_be_seen(team, live, ctb):
    """Of a statement that commits by itself: the others where some were seen, else all."""
    body = "DO $$ BEGIN ALTER TABLE item ADD COLUMN size int; COMMIT; END $$"
    write(team, {"2025-01-04_late.sql": f"-- ctb:no-transaction: in use\nVACUUM item;\nVACUUM;\n{body};\n"})
    _, said = ctb(team, live, "apply", "--dry-run")
    lines = [line.strip() for line in said.partition("2025-01-04_late.sql")[2].splitlines()[1:9]]
    assert lines == [
        "2  VACUUM item",
        "SHARE UPDATE EXCLUSIVE on public.item",
        "other locks could not be seen: it commits by itself",
        "3  VACUUM",
        "its locks could not be seen: it commits by itself",
        f"4  {body}",
        "ACCESS EXCLUSIVE on public.item",
        "other locks could not be seen: it commits by itself",
    ]


def test_a_broken_file_that_is_another_now_is_for_a_person(team, live, ctb):
    """That it can run again from any point was proven of the file that it was."""
    late = "migrations/2025-01-04_late.sql"
    write(team, {"2025-01-04_late.sql": "-- ctb:no-transaction: in use\nCREATE TABLE a ();\nVACUUM nowhere;\n"})
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 1
    assert f"unfinished  {late}: the first statement of it is there" in ctb(team, live, "status")[1]
    edit(team, late, "VACUUM nowhere", "VACUUM item")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, f"{late}: the first statement of it is there" in said, "and the file has changed since" in said) == (
        1,
        True,
        True,
    ), said
    live.do("DROP TABLE a")
    assert ctb(team, live, "apply", "--adopt", "--as-pending", late)[0] == 0
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    assert ctb(team, live, "status")[0] == 0
