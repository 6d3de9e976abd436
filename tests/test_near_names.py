"""A file that fails for a name that does not exist is shown the one that does, as the database has it at that point."""

from __future__ import annotations

import pytest

import shops
from machine import replay, replayed
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.model.misspelt import did_you_mean, nearest

BASE = """
CREATE SCHEMA company;
CREATE TABLE company.master (id bigint PRIMARY KEY, name text, "Domain" text);
CREATE TABLE company.log (note text, at timestamptz);
CREATE VIEW company.names AS SELECT name FROM company.master;
CREATE TYPE company.state AS ENUM ('free');
CREATE FUNCTION company.touch(number bigint) RETURNS bigint LANGUAGE sql AS 'SELECT number';
CREATE PROCEDURE company.clear() LANGUAGE sql AS 'DELETE FROM company.log';
"""
ITS_OWN_SLOT = (
    "CREATE SCHEMA people; CREATE TABLE people.slot (person_id bigint); CREATE TABLE company.slot (company_id bigint);"
)
NEAR = {
    "ALTER TABLE company.mastre ADD COLUMN a int;": "company.master",
    "ALTER TABLE IF EXISTS company.log ADD COLUMN master_id int REFERENCES company.mastr;": "company.master",
    "SELECT 1 FROM master;": "company.master",
    "SELECT 1 FROM comapny.master;": "company.master",
    "BEGIN;\nINSERT INTO company.logs VALUES ('x');\nCOMMIT;": "company.log",
    "DROP TABLE company.mastre;": "company.master",
    "DROP VIEW company.name;": "company.names",
    "CREATE TABLE comapny.item (id int);": "company",
    "INSERT INTO company.master (id, nmae) VALUES (1, 'x');": "company.master.name",
    "UPDATE company.master SET nmae = 'x';": "company.master.name",
    "ALTER TABLE company.master ALTER COLUMN domain SET NOT NULL;": "company.master.Domain",
    "ALTER TABLE company.master ALTER COLUMN nmae SET NOT NULL;": "company.master.name",
    "CREATE INDEX ON company.master (nmae);": "company.master.name",
    "SELECT 1;\nALTER TABLE company.master ADD UNIQUE (id, nmae);": "company.master.name",
    "SELECT company.touhc(1);": "company.touch(number bigint)",
    "SELECT company.touch('x'::text);": "company.touch(number bigint)",
    "DROP FUNCTION company.tuch(bigint);": "company.touch(number bigint)",
    "SELECT touch(1);": "company.touch(number bigint)",
    "CALL company.claer();": "company.clear()",
    "CREATE TABLE company.item (kind company.stat);": "company.state",
    "CREATE TABLE company.item (id interger);": "integer",
    "CREATE TABLE company.item (at timestampz);": "timestamptz",
}
MEANT = {  # the place of the name, and the statement to paste; none where the statement gives the name twice
    "ALTER TABLE company.mastre ADD COLUMN a int;": (1, 13, "ALTER TABLE company.master ADD COLUMN a int;"),
    "DROP TABLE company.mastre CASCADE;": (1, 12, "DROP TABLE company.master CASCADE;"),
    'DROP TABLE "company" /* old */ . "mastre" CASCADE;': (1, 12, "DROP TABLE company.master CASCADE;"),
    "DROP TABLE mastre CASCADE;": (1, 12, "DROP TABLE company.master CASCADE;"),
    "SELECT 1 FROM comapny.master;": (1, 15, "SELECT 1 FROM company.master;"),
    "CREATE TABLE comapny.item (id int);": (1, 14, "CREATE TABLE company.item (id int);"),
    "BEGIN;\nUPDATE company.master\nSET nmae = 'nmae' -- nmae\n;\nCOMMIT;": (
        3, 5, "UPDATE company.master\nSET name = 'nmae';"),
    "ALTER TABLE company.master ALTER COLUMN domain SET NOT NULL;": (
        1, 41, 'ALTER TABLE company.master ALTER COLUMN "Domain" SET NOT NULL;'),
    "SELECT 1; CREATE INDEX ON company.master (NMAE);": (1, 43, "CREATE INDEX ON company.master (name);"),
    "CREATE INDEX ON people.slot (persn_id);": (1, 30, "CREATE INDEX ON people.slot (person_id);"),
    "CREATE INDEX ON people.slot (compny_id);": (1, 1, ""),  # a column of another table of that name
    "ALTER TABLE people.slot DROP COLUMN persn_id;": (1, 37, "ALTER TABLE people.slot DROP COLUMN person_id;"),
    "CREATE INDEX ON company.master (nmae, nmae);": (1, 1, ""),
    "SELECT company.touhc(1);": (1, 8, "SELECT company.touch(1);"),
    "SELECT touch(1);": (1, 8, "SELECT company.touch(1);"),
    "SELECT company.touch('x'::text);": (1, 8, ""),  # the name is right
    "DROP FUNCTION company.tuch(bigint);": (1, 15, "DROP FUNCTION company.touch(bigint);"),
    "CREATE TABLE company.item (id interger);": (1, 31, "CREATE TABLE company.item (id integer);"),
    "INSERT INTO company.master (id, nmae) VALUES" + "\n(1, 'x')," * 20 + "\n(2, 'y');": (1, 33, ""),  # too long to repeat
}  # fmt: skip
QUIET = [
    "SELECT 1 FROM company.invoice;",
    "SELECT 1 FROM entirely.elsewhere;",
    "INSERT INTO company.master (id, headcount) VALUES (1, 2);",
    "INSERT INTO company.log (id) VALUES (1);",  # a column of another table
    "CREATE TABLE company.item (email citext);",
    "CREATE TABLE company.item (place geometry);",
    "CREATE TABLE company.item (embedding vector);",
    "CREATE TABLE company.item (id uuid DEFAULT uuid_generate_v4());",
    "SELECT m.nmae FROM company.master AS m;",  # the server has a hint
    "SELECT 1 / 0;",
    "DROP ROLE nobody_of_that_name;",
    "CREATE TABLE company.master (id int);",
    "INSERT INTO company.master VALUES (1, 'a', 'b'), (1, 'a', 'b');",
    "SELECT 'relation \"company.mastre\" does not exist'::int;",
]


@pytest.fixture(scope="module")
def files(server):
    return list(replayed(server, BASE, *NEAR, *QUIET, trials=frozenset()).files.values())


@pytest.mark.parametrize("text", NEAR)
def test_a_name_that_exists_is_offered(files, text):
    file = files[1 + list(NEAR).index(text)]
    assert file.near_name.shown == NEAR[text], file.error


@pytest.mark.parametrize("text", QUIET)
def test_nothing_is_offered_that_nobody_means(files, text):
    file = files[1 + len(NEAR) + QUIET.index(text)]
    assert (file.near_name, file.error is None) == (None, False)


@pytest.fixture(scope="module")
def found(server, tmp_path_factory):
    """Place and SQL of each finding of MEANT."""
    root = tmp_path_factory.mktemp("meant")
    names = {f"2025-01-{number:02}_try_{number}.sql": text for number, text in enumerate(MEANT, start=2)}
    shops.write(
        root,
        {f"migrations/{name}": text for name, text in {"2025-01-01_base.sql": BASE + ITS_OWN_SLOT, **names}.items()},
    )
    suite = load_suite(root, [root / "migrations"], [], root / "rules")
    evidence = replay(suite.repository, server)
    replays = [asked for questions in suite.questions.values() for asked in questions if asked.guideline.id == "replay"]
    findings = {finding.file: finding for question in replays for finding in judge(question, evidence)}
    return {text: findings[f"migrations/{name}"] for name, text in names.items()}


@pytest.mark.parametrize("text", MEANT)
def test_the_statement_is_offered_with_the_name_that_exists(found, text):
    finding = found[text]
    assert (finding.line, finding.column, finding.instead) == MEANT[text], finding.message


def test_what_is_offered_applies(server):
    offered = [text.removesuffix(";") + ";\nROLLBACK;" for _, _, text in MEANT.values() if text]
    files = list(
        replayed(
            server, BASE + ITS_OWN_SLOT, *(f"BEGIN;\n{text}" for text in offered), trials=frozenset()
        ).files.values()
    )
    assert [file.error for file in files] == [None] * (1 + len(offered))


def test_the_nearest_name_is_found_whatever_its_case():
    assert (
        nearest("DROP TABEL", ["DROP TABLE", "CREATE TABLE"]) == nearest("drop tabel", ["DROP TABLE"]) == "DROP TABLE"
    )
    assert nearest("x", ["entirely else"]) == nearest("x", []) == ""


def test_there_is_one_wording():
    assert did_you_mean("titel", {"title": int}) == "; did you mean title?"
    assert did_you_mean("titel", ["title"], shown={"title": "CT01 title"}) == "; did you mean CT01 title?"
    assert did_you_mean(None, ["title"]) == did_you_mean("zzz", ["title"]) == ""
    assert did_you_mean("titel", ["title"], 0.9) == ""
