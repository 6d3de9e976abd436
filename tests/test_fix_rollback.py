"""`ctb fix --rollback` writes what takes a file back: Postgres finds the schema of before, or the file says what is left to write."""

from __future__ import annotations

import re

import pytest

import sample
from pytest_ctb.cli import main
from pytest_ctb.guide.fixes import with_rollback
from pytest_ctb.repository.migration import parse_migration
from test_inverse import CHANGES

_BLOCK = re.compile(r"\n-- Rollback:.*", re.DOTALL)


@pytest.fixture
def team(tmp_path, monkeypatch):
    sample.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    def done(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        return ended.value.code or 0, said.out + said.err

    return done


def test_postgres_finds_the_schema_of_before(pytester, monkeypatch, run):
    """Over every kind of statement of which the text says what takes it back, in files without a block."""
    sample.write(pytester.path)
    monkeypatch.chdir(pytester.path)
    for day, (words, sql) in enumerate(CHANGES.items(), 1):
        (pytester.path / "change.sql").write_text(re.sub("^ {8}", "", sql.strip(), flags=re.MULTILINE))
        assert run("new", words, "--date", f"2025-11-{day:02}", "--from", "change.sql")[0] == 0
    written = [file for file in (pytester.path / "migrations").iterdir() if file.name > "2025-11"]
    for file in written:
        text = file.read_text()
        file.write_text(_BLOCK.sub("\n", text))
        assert file.read_text() != text
    code, said = run("fix", "--rollback")
    assert (code, said.count(": repaired\n")) == (0, len(CHANGES)), said
    assert not any("WRITE ME" in file.read_text() for file in written)
    assert run("fix", "--rollback") == (0, said.splitlines()[-1] + "\n")
    done = pytester.runpytest(
        "--ctb", "--ctb-postgres", "embedded", "-q", "-W", "default::pytest_ctb.CtbWarning",
        "-k", "migrations and (rollback-restores or rollback-instructions)",
    )  # fmt: skip
    assert done.ret == 0, done.stdout.str()
    assert done.parseoutcomes()["passed"] == 2 * (len(CHANGES) + 2)
    assert "skipped" not in done.parseoutcomes()


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("CREATE TABLE shop.tag (id int);", "-- -- Loses what was written since: the rows of shop.tag\n-- DROP TABLE"),
        (
            "ALTER TABLE shop.item ADD COLUMN a int, ADD COLUMN b int;",
            "-- -- Loses what was written since: the values of shop.item.a, the values of shop.item.b\n-- ALTER TABLE",
        ),
        (
            "CREATE TABLE shop.kept AS SELECT * FROM shop.item;",
            "-- -- Loses what was written since: the rows of shop.kept\n",
        ),
        ("UPDATE shop.item SET name = 'x';", "-- WRITE ME: what takes back line 15, UPDATE shop.item SET name = 'x'\n"),
        ("DROP TABLE shop.item;", "-- WRITE ME: what takes back line 15, DROP TABLE"),
        ("ALTER TABLE shop.item DROP COLUMN name;", "-- WRITE ME: what takes back line 15, ALTER TABLE"),
        ("TRUNCATE shop.item;", "-- WRITE ME: what takes back line 15, TRUNCATE"),
        ("ANALYZE shop.item;", "-- Rollback: none, because it leaves nothing behind in the schema\n"),
        # An earlier file has the table and the column: they stay, and nothing is lost.
        ("CREATE TABLE IF NOT EXISTS shop.item (id bigint);", "-- Rollback: none, because"),
        ("ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS price numeric;", "-- Rollback: none, because"),
        (
            "CREATE INDEX item_name ON shop.item (name);",
            "-- Rollback:\n-- BEGIN;\n-- DROP INDEX IF EXISTS shop.item_name;\n",
        ),
        (
            "CREATE MATERIALIZED VIEW shop.names AS SELECT name FROM shop.item;",
            "-- Rollback:\n-- BEGIN;\n-- DROP MATERIALIZED",
        ),
    ],
)
def test_what_is_lost_is_said_and_what_is_not_known_is_left_to_write(team, run, sql, says):
    file = team / "migrations/2025-11-01_do_something.sql"
    file.write_text(sql)
    code, _ = run("fix", "--rollback", "migrations/2025-11-01_do_something.sql")
    assert says in file.read_text()
    assert ("WRITE ME" in says) <= (code == 1)
    checked = run("check", "migrations/2025-11-01_do_something.sql")[1]
    assert ("CT06" in checked) == ("WRITE ME" in says)
    if "WRITE ME" in says:
        assert (
            "the rollback instructions have a line `WRITE ME`: write the SQL, or `-- Rollback: none, because …`"
            in checked
        )


def test_what_has_instructions_stays_and_without_the_option_nothing_is_written(team, run):
    before = {file: file.read_bytes() for file in (team / "migrations").iterdir()}
    assert run("fix", "--rollback")[0] == 0
    assert {file: file.read_bytes() for file in before} == before
    file = team / "migrations/2025-11-01_create_tag.sql"
    file.write_text("BEGIN;\nCREATE TABLE IF NOT EXISTS shop.tag (id int);\nCOMMIT;")
    run("fix")
    assert "Rollback" not in file.read_text()
    repaired = file.read_bytes()
    assert "+-- DROP TABLE IF EXISTS shop.tag;" in run("fix", "--rollback", "--diff")[1]
    assert file.read_bytes() == repaired
    assert run("fix", "--rollback")[0] == 0
    assert file.read_bytes().startswith(repaired + b"\n\n-- Rollback:\n-- BEGIN;\n")


def test_the_ends_of_lines_stay_as_they_are():
    file = parse_migration(b"CREATE TABLE a ();\r\n", "migrations/2025-11-01_create_a.sql")
    written = with_rollback(file, ()).data
    assert written.startswith(b"CREATE TABLE a ();\r\n\r\n-- Rollback:\r\n")
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert with_rollback(parse_migration(b"CREATE TABL a;", file.path), ()).rollbacks == ()
    assert with_rollback(parse_migration(b"-- nothing\n", file.path), ()).rollbacks == ()


def test_a_tool_with_a_place_of_its_own_is_told_where_it_goes(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nctb_layout = goose\nctb_rules = postgres\n")
    (tmp_path / "migrations").mkdir()
    file = tmp_path / "migrations/00001_a.sql"
    file.write_text("-- +goose Up\nCREATE TABLE a (id int);\n")
    code, said = run("fix", "--rollback")
    assert (code, "goose takes a migration back by a part behind `-- +goose Down`" in said) == (2, True), said
    assert file.read_text() == "-- +goose Up\nCREATE TABLE a (id int);\n"
