"""Keys of the evidence: whatever a replay could see otherwise makes another key, and takes those behind it along."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_ctb.config.settings import Settings
from pytest_ctb.guide.guideline_files import packaged
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.model import Source, Statement
from pytest_ctb.replay.cache import _statements, keys

FIRST = "migrations/2025-01-01_create_first.sql"
LAST = "migrations/2025-01-03_create_last.sql"
FILES = {
    FIRST: "CREATE TABLE first (id int);\n",
    "migrations/2025-01-02_create_it.sql": (
        "BEGIN;\nCREATE TABLE :name (id int);\n\\i more/one.sql\nCOPY it FROM stdin;\n1\n\\.\n"
        "\\if :also\nSELECT 1;\n\\endif\nCOMMIT;\n-- Rollback:\n-- DROP TABLE it;\n"
    ),
    LAST: "CREATE TABLE last (id int);\n",
    "more/one.sql": "\\ir two.sql\nSELECT 11;\n",
    "more/two.sql": "SELECT 22;\n",
}
VARIABLES = {"name": "it", "also": "true"}


def told(top: Path, files, variables, layout="ctb"):
    """The keys of these files."""
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    suite = load_suite(top, [top / "migrations"], (), packaged(), variables=variables, layout=layout)
    return keys("server", Settings(), suite.repository).files


@pytest.fixture
def before(tmp_path):
    return told(tmp_path, FILES, VARIABLES)


def test_the_same_files_have_the_same_keys(tmp_path, before):
    assert len(set(before)) == 3
    assert told(tmp_path, FILES, VARIABLES) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("migrations/2025-01-02_create_it.sql", "(id int)", "(id oid)"),
        ("migrations/2025-01-02_create_it.sql", "\n1\n", "\n2\n"),
        ("migrations/2025-01-02_create_it.sql", "-- DROP TABLE it;", "-- DROP TABLE me;"),
        ("migrations/2025-01-02_create_it.sql", "more/one.sql", "more/two.sql"),
        ("more/one.sql", "11", "12"),
        ("more/one.sql", "SELECT 11;\n", "\nSELECT 11;"),  # another line
        ("more/two.sql", "22", "33"),
    ],
)
def test_another_text_is_another_key_from_there_on(tmp_path, before, name, old, new):
    """Also where that text lies in another file, and has the same length."""
    assert FILES[name].count(old) == 1
    after = told(tmp_path, {**FILES, name: FILES[name].replace(old, new)}, VARIABLES)
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert after[2] != before[2]


@pytest.mark.parametrize("changed", [{"name": "me"}, {"also": "null"}, {"also": "0"}])
def test_another_value_of_a_variable_is_another_key(tmp_path, before, changed):
    after = told(tmp_path, FILES, {**VARIABLES, **changed})
    assert after[1] != before[1]


def test_a_change_behind_a_file_leaves_its_key(tmp_path, before):
    after = told(tmp_path, {**FILES, LAST: "CREATE TABLE last (id oid);\n"}, VARIABLES)
    assert after[:2] == before[:2]
    assert after[2] != before[2]


def test_a_file_that_takes_another_back_belongs_to_its_key(tmp_path):
    up, down = ("migrations/0001_it.up.sql", "migrations/0001_it.down.sql")
    files = {up: "CREATE TABLE it (id int);\n", down: "DROP TABLE it;\n"}
    before = told(tmp_path, files, {}, "golang-migrate")
    assert told(tmp_path, {**files, down: "DROP TABLE me;\n"}, {}, "golang-migrate") != before
    assert told(tmp_path, files, {}, "golang-migrate") == before


def test_where_a_statement_ends_is_not_left_to_chance():
    """Texts that hold the same letters, cut elsewhere."""

    def told_of(*statements):
        return _statements([Statement(sql, Source(""), 0, data=rows, verbatim=False) for sql, rows in statements])

    found = {
        told_of(("SELECT 1", None), ("2", None)),
        told_of(("SELECT 12", None), ("", None)),
        told_of(("SELECT 1", "2"), ("", None)),
        told_of(("SELECT 12", None)),
    }
    assert len(found) == 4
