"""What a finding advises about order: whether another place helps, and which file is to say so."""

from __future__ import annotations

import pytest

import shops
from machine import replay
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import load_suite

ELSEWHERE = "; it applies after the other files, so only its place in the order is wrong"
NOWHERE = ". No other file order would make it apply."
LATER = "CREATE TABLE later (id int, kind text);"


def findings(root, server, files) -> dict[str, tuple[str, str, str]]:
    """By file: what CT09 or CT17 says of it, what it offers instead, and the details."""
    shops.write(root, {f"migrations/{name}": text for name, text in files.items()})
    suite = load_suite(root, [root / "migrations"], [], root / "rules")
    evidence = replay(suite.repository, server)
    found = {}
    for question in (question for questions in suite.questions.values() for question in questions):
        if question.guideline.id not in {"replay", "migration-order"}:
            continue
        try:
            for finding in judge(question, evidence):
                found[finding.file.removeprefix("migrations/")] = (finding.message, finding.instead, finding.details)
        except NotJudgedError:
            continue
    return found


def place(message: str) -> str:
    """What a message of CT09 says of the place: what stands behind the SQLSTATE."""
    return message.partition("(SQLSTATE ")[2].partition(")")[2]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("LOCK TABLE later IN SHARE MODE;", ""),
        ("SAVEPOINT a;\nCREATE INDEX ON later (id);\n", ""),
        ("DECLARE c CURSOR FOR SELECT 1;\n", ""),
        ("LOCK TABLE early;\nSELECT 1 FROM later;\n", ""),
        ("BEGIN;\nLOCK TABLE later;\nCOMMIT;\n", ELSEWHERE),
        ("CREATE INDEX CONCURRENTLY later_id ON later (id);\n", ELSEWHERE),
        ("VACUUM later;\n", ELSEWHERE),
        ("ALTER TYPE kind ADD VALUE 'b';\nINSERT INTO later (kind) VALUES ('b'::kind);\n", NOWHERE),
        ("ALTER TYPE kind ADD VALUE IF NOT EXISTS 'b';\nINSERT INTO later (kind) VALUES ('b'::kind);\n", ELSEWHERE),
        ("CREATE TABLE early (id int);\n", NOWHERE),
        ("INSERT INTO early VALUES (1);\nCREATE TABLE gone.x ();\n", NOWHERE),
        ("ALTER TABLE earyl ADD a int;\n", f"; did you mean public.early?{NOWHERE[1:]}"),
        ("INSERT INTO early (idd) VALUES (1);\n", f"; did you mean public.early.id?{NOWHERE[1:]}"),
        ("CREATE TABLE early2 (id int);\nSELECT * FROM latter;\n", NOWHERE),
    ],
)
def test_a_file_is_tried_behind_the_others_as_it_would_run(tmp_path, server, text, says):
    """With a transaction around it LOCK TABLE would apply there, and what adds a value and uses it would not."""
    before = "CREATE TABLE early (id int PRIMARY KEY);\nCREATE TYPE kind AS ENUM ('a');\n"
    files = {"2025-01-01_before.sql": before, "2025-01-02_tried.sql": text, "2025-01-03_later.sql": LATER}
    ((name, (message, _, _)),) = findings(tmp_path, server, files).items()
    assert (name, place(message)) == ("2025-01-02_tried.sql", says)


def test_what_a_failed_file_has_left_does_not_help_the_next_one(tmp_path, server):
    """The first trial of `half` leaves a table behind, which the second must not find."""
    files = {
        "2025-01-01_half.sql": "CREATE TABLE IF NOT EXISTS half (id int);\nSELECT 1 FROM rest;\n",
        "2025-01-02_rest.sql": "SELECT 1 FROM later;\nCREATE TABLE rest (id int);\n",
        "2025-01-03_later.sql": "CREATE TABLE later (id int);\n",
    }
    found = findings(tmp_path, server, files)
    assert {name: place(message) for name, (message, _, _) in found.items()} == {
        "2025-01-01_half.sql": ELSEWHERE,
        "2025-01-02_rest.sql": ELSEWHERE,
    }


def test_a_trial_leaves_no_role_behind(tmp_path, server):
    files = {
        "2025-01-01_role.sql": "SELECT 1 FROM later;\nCREATE ROLE ctb_late_clerk;\n",
        "2025-01-02_later.sql": "CREATE TABLE later (id int);\n",
    }
    assert place(findings(tmp_path, server, files)["2025-01-01_role.sql"][0]) == ELSEWHERE
    with server.connect() as admin:
        assert not admin.execute("SELECT FROM pg_roles WHERE rolname = 'ctb_late_clerk'").fetchall()


NOWHERE = (
    "NOTE: no migration has a CREATE of {}. If it was there before the first of them, add one in front that makes it "
    "(pg_dump --schema-only)"
)


def note(details: str) -> str:
    """The advice in the details of a finding."""
    return next((line for line in details.splitlines() if line.startswith("NOTE")), "")


@pytest.mark.parametrize(
    ("name", "files", "advice"),
    [
        (
            "2025-01-02_use.sql",
            {"2025-01-02_use.sql": "SELECT 1 FROM later;\n", "2025-01-03_later.sql": LATER},
            "NOTE: public.later is made by migrations/2025-01-03_later.sql, which comes later; give this file a date "
            "behind 2025-01-03, or say in it: -- Depends on: migrations/2025-01-03_later.sql",
        ),
        (
            "2025-01-04_use.sql",
            {
                "2025-01-03_later.sql": f"-- Depends on: 2025-01-04_use.sql\n{LATER}\n",
                "2025-01-04_use.sql": "SELECT 1 FROM later;\n",
            },
            "NOTE: public.later is made by migrations/2025-01-03_later.sql, which comes later; take the name of this "
            "file out of the line `Depends on` there",
        ),
        (
            "2025-01-02_use.sql",
            {
                "2025-01-01_log.sql": "CREATE TABLE log (id int);\n",
                "2025-01-02_use.sql": "CREATE TABLE IF NOT EXISTS log (id int);\nSELECT 1 FROM gone;\n",
                "2025-01-03_log.sql": "CREATE TABLE IF NOT EXISTS log (id int);\n",
            },
            NOWHERE.format("public.gone"),
        ),
        (
            "2025-01-02_use.sql",
            {
                "2025-01-01_log.sql": "CREATE TABLE log (id int);\n",
                "2025-01-02_use.sql": "CREATE VIEW seen AS SELECT before.mended(id::old.kind) FROM log;\n",
            },
            NOWHERE.format("old"),
        ),
        (  # a near name is what was meant
            "2025-01-02_use.sql",
            {
                "2025-01-01_log.sql": "CREATE TABLE customers (id int);\n",
                "2025-01-02_use.sql": "SELECT 1 FROM custmers;\n",
            },
            "",
        ),
        (  # a column
            "2025-01-02_use.sql",
            {
                "2025-01-01_log.sql": "CREATE TABLE customers (id int);\n",
                "2025-01-02_use.sql": "SELECT wholly_new FROM customers;\n",
            },
            "",
        ),
    ],
)
def test_the_advice_fits_the_dates(tmp_path, server, name, files, advice):
    found = findings(tmp_path, server, files)
    assert [*found] == [name]
    assert note(found[name][2]) == advice


def test_what_cannot_be_read_may_make_what_is_missing(tmp_path, server):
    files = {"2025-01-01_make.sql": "CREATE TABLE gone (id $%key%$);\n", "2025-01-02_use.sql": "SELECT 1 FROM gone;\n"}
    found = findings(tmp_path, server, files)
    assert note(found["2025-01-02_use.sql"][2]).endswith("2025-01-01_make.sql did not apply; that may be why")


def test_the_advice_names_the_list_that_fixes_the_order(tmp_path, server):
    (tmp_path / "ctb-order.txt").write_text("migrations/use.sql\nmigrations/later.sql\n")
    found = findings(tmp_path, server, {"use.sql": "SELECT 1 FROM later;\n", "later.sql": LATER})
    assert note(found["use.sql"][2]).endswith("move the line of this file behind it in ctb-order.txt")


def test_only_one_file_of_a_cycle_is_offered_a_dependency(tmp_path):
    files = {
        "2025-01-01_a.sql": "CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES b);\n",
        "2025-01-01_b.sql": "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);\n",
    }
    shops.write(tmp_path, {f"migrations/{name}": text for name, text in files.items()})
    suite = load_suite(tmp_path, [tmp_path / "migrations"], [], tmp_path / "rules")
    asked = (question for questions in suite.questions.values() for question in questions)
    found = [finding for question in asked if question.guideline.id == "migration-order" for finding in judge(question)]
    first, second = found
    assert (first.instead, second.instead) == ("", "-- Depends on: migrations/2025-01-01_a.sql")
    assert first.message.endswith(
        "this file uses public.b of migrations/2025-01-01_b.sql; move that statement into a file behind both"
    )
    assert second.message.endswith("this file uses public.a of migrations/2025-01-01_a.sql")


def test_what_depends_in_a_circle_is_to_be_taken_out(tmp_path, server):
    files = {
        "2025-01-01_a.sql": "-- Depends on: 2025-01-01_b.sql\nSELECT 1;\n",
        "2025-01-01_b.sql": "-- Depends on: 2025-01-01_a.sql\nSELECT 1;\n",
    }
    found = findings(tmp_path, server, files)
    for name, other in (("a", "b"), ("b", "a")):
        message, instead, _ = found[f"2025-01-01_{name}.sql"]
        assert instead == ""
        assert message.endswith(
            f"take the file name out of the line `Depends on`, here or in migrations/2025-01-01_{other}.sql"
        )


def test_a_cycle_does_not_wait_for_later_dates(tmp_path, server):
    """What comes behind it on other days still finds what the two make."""
    files = {
        "2025-01-01_a.sql": "CREATE TABLE a (id int PRIMARY KEY);\nSELECT 1 FROM b;\n",
        "2025-01-01_b.sql": "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);\n",
        "2025-01-02_c.sql": "ALTER TABLE b ADD COLUMN size int;\n",
    }
    found = findings(tmp_path, server, files)
    assert "2025-01-02_c.sql" not in found


@pytest.mark.parametrize(
    ("uses", "makes", "name"),
    [
        ("INSERT INTO erly VALUES (1);", "CREATE TABLE erly (id int);", "erly"),
        ("UPDATE early SET kindd = 1;", "ALTER TABLE early ADD COLUMN kindd int;", "early.kindd"),
        ("SELECT one(1);", "CREATE FUNCTION one(int) RETURNS int LANGUAGE sql AS 'SELECT 1';", "one"),
        ("CREATE TABLE a (kind kinds);", "CREATE TYPE kinds AS ENUM ('a');", "kinds"),
    ],
)
def test_what_a_later_file_makes_is_named_with_that_file_and_no_other_name_is_offered(
    tmp_path, server, uses, makes, name
):
    before = "CREATE TABLE early (id int PRIMARY KEY, kind int);\nCREATE TYPE kind AS ENUM ('a');\n"
    files = {"2025-01-01_before.sql": before, "2025-01-02_uses.sql": uses, "2025-01-03_makes.sql": makes}
    ((_, (message, _, details)),) = findings(tmp_path, server, files).items()
    assert place(message) == ELSEWHERE
    assert f"NOTE: public.{name} is made by migrations/2025-01-03_makes.sql, which comes later" in details
