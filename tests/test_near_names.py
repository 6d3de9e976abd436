"""A file that fails for a name that does not exist is shown the one that does, as the database has it at that point."""

from __future__ import annotations

import pytest

from machine import replayed
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
    assert file.near_name == NEAR[text], file.error


@pytest.mark.parametrize("text", QUIET)
def test_nothing_is_offered_that_nobody_means(files, text):
    file = files[1 + len(NEAR) + QUIET.index(text)]
    assert (file.near_name, file.error is None) == ("", False)


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
