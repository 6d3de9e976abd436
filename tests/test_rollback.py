"""`ctb rollback`: the newest file taken back, as it was applied."""

from __future__ import annotations

import pytest

from livedb import write
from machine import wait_until
from pytest_ctb.cli import rollback as command
from test_apply import FILES, ONE, THREE, TWO, UNCHECKED, edit
from wire import Wire


@pytest.fixture
def team(tmp_path, live, ctb):
    """Two of the files, applied."""
    write(tmp_path, dict(list(FILES.items())[:2]))
    assert ctb(tmp_path, live, "apply", *UNCHECKED)[0] == 0
    return tmp_path


def columns(live) -> list[str]:
    return [
        name
        for (name,) in live.ask(
            "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass('item') AND attnum > 0 AND NOT attisdropped"
        )
    ]


def test_the_newest_is_taken_back_and_is_pending_then(team, live, ctb):
    code, said = ctb(team, live, "rollback", TWO, "--yes", *UNCHECKED)
    assert code == 0
    assert (
        f"{TWO}: its rollback instructions:\n\n    BEGIN;\n    ALTER TABLE item DROP COLUMN price;\n    COMMIT;\n\n{TWO}: rolled back in"
        in said
    )
    assert columns(live) == ["id"]
    assert live.ledger() == {ONE: "applied", TWO: "rolled back"}
    assert f"pending  {TWO}: rolled back" in ctb(team, live, "status")[1]
    assert ctb(team, live, "rollback", ONE, "--yes", *UNCHECKED)[0] == 0
    assert live.ask("SELECT to_regclass('item')") == [(None,)]
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    assert columns(live) == ["id", "price"]


def test_it_is_one_transaction_where_the_instructions_bring_none(team, live, ctb):
    write(
        team,
        {
            "2025-01-04_two.sql": "CREATE TABLE a ();\nCREATE TABLE b ();\n-- Rollback:\n-- DROP TABLE a;\n-- DROP TABLE nowhere;\n"
        },
    )
    ctb(team, live, "apply", *UNCHECKED)
    code, said = ctb(team, live, "rollback", "migrations/2025-01-04_two.sql", "--yes", *UNCHECKED)
    assert code == 1
    assert 'migrations/2025-01-04_two.sql:5: table "nowhere" does not exist (42P01)' in said
    assert "not rolled back, it is applied as before" in said
    assert live.ask("SELECT to_regclass('a') IS NOT NULL") == [(True,)]
    assert ctb(team, live, "status")[0] == 0


def test_what_postgres_refuses_in_a_transaction_goes_as_it_stands(team, live, ctb):
    write(
        team,
        {
            "2025-01-04_index.sql": "-- ctb:no-transaction: in use\nCREATE INDEX CONCURRENTLY i ON item (price);\n\n-- Rollback:\n-- DROP INDEX CONCURRENTLY i;\n"
        },
    )
    ctb(team, live, "apply", *UNCHECKED)
    assert ctb(team, live, "rollback", "migrations/2025-01-04_index.sql", "--yes", *UNCHECKED)[0] == 0
    assert live.ask("SELECT to_regclass('i')") == [(None,)]


def test_newest_first(team, live, ctb):
    code, said = ctb(team, live, "rollback", ONE, "--yes", *UNCHECKED)
    assert (code, columns(live)) == (2, ["id", "price"])
    assert f"{TWO} was applied after it; newest first: ctb rollback {TWO}" in said


def test_it_asks_and_does_nothing_without_an_answer(team, live, ctb, monkeypatch):
    code, said = ctb(team, live, "rollback", TWO, *UNCHECKED)
    assert (code, columns(live)) == (1, ["id", "price"])
    assert "ALTER TABLE item DROP COLUMN price;" in said
    assert "Not rolled back: there is no terminal to confirm. Use --yes." in said
    monkeypatch.setattr(command.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(command.click, "confirm", lambda *_, **__: False)
    assert ctb(team, live, "rollback", TWO, *UNCHECKED)[0] == 1
    assert columns(live) == ["id", "price"]


def test_none_because_is_told(team, live, ctb):
    write(team, FILES)
    ctb(team, live, "apply", *UNCHECKED)
    code, said = ctb(team, live, "rollback", THREE, "--yes", *UNCHECKED)
    assert (code, "it cannot be rolled back, because rows are not taken back" in said) == (2, True), said


@pytest.mark.parametrize("gone", [False, True])
def test_what_was_applied_is_taken_back_whatever_the_file_is_now(team, live, ctb, gone):
    if gone:
        (team / TWO).unlink()
    else:
        edit(team, TWO, "-- ALTER TABLE item DROP COLUMN price;", "-- DROP TABLE item CASCADE;")
    code, said = ctb(team, live, "rollback", TWO, "--yes", *UNCHECKED)
    assert code == 0, said
    assert (
        f"the file is {'gone' if gone else 'changed'} since it was applied: these are the instructions that it had then"
        in said
    )
    assert columns(live) == ["id"]


def test_what_is_not_applied_cannot_be_taken_back(team, live, ctb):
    assert "it is not applied" in ctb(team, live, "rollback", "migrations/2025-02-01_no.sql", "--yes")[1]
    ctb(team, live, "rollback", TWO, "--yes", *UNCHECKED)
    assert "it is not applied (rolled back)" in ctb(team, live, "rollback", TWO, "--yes", *UNCHECKED)[1]


def test_it_is_proven_first(team, live, ctb):
    write(team, {"2025-01-04_wrong.sql": "BEGIN;\nCREATE TABLE a ();\nCOMMIT;\n\n-- Rollback:\n-- SELECT 1;\n"})
    ctb(team, live, "apply", *UNCHECKED)
    wrong = "migrations/2025-01-04_wrong.sql"
    code, said = ctb(team, live, "rollback", wrong, "--yes")
    assert code == 1
    assert f"{wrong}:5:" in said
    assert "CT11" in said
    assert live.ledger()[wrong] == "applied"


@pytest.mark.parametrize(("said_by", "left"), [("DROP COLUMN", ["id", "price"]), ("COMMIT", ["id"])])
def test_killed_while_it_takes_back_it_is_known_what_is_there(team, live, forks, tmp_path, ctb, said_by, left):
    folder = tmp_path / "wire"
    folder.mkdir()
    wire = Wire(folder, f"{live.server.admin['host']}/.s.PGSQL.5432")
    wire.when, wire.passed_on = lambda sql: sql.startswith(("ALTER", "COMMIT")) and said_by in sql, True
    pid = forks.start(
        team, "rollback", TWO, "--yes", *UNCHECKED, to=tmp_path / "said", DATABASE_URL=live.url(str(folder))
    )
    wire.born(pid)
    assert forks.wait(pid) == -9
    wire.close()
    wait_until(lambda: "running" not in ctb(team, live, "status")[1], "the server has noticed")
    told = ctb(team, live, "status")
    assert columns(live) == left
    assert (f"pending  {TWO}: rolled back" in told[1]) is (left == ["id"]), told
    code, said = ctb(team, live, "rollback", TWO, "--yes", *UNCHECKED)
    assert code == (0 if left == ["id", "price"] else 2), said
    assert columns(live) == ["id"]
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    assert live.ask("SELECT state FROM ctb_ledger.events WHERE file = %s ORDER BY id", TWO)[-3:] == [
        ("rolled back",),
        ("applying",),
        ("applied",),
    ]
