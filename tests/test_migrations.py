"""A file's header, rollback instructions and `ctb:` comments, and which files are read."""

from __future__ import annotations

import datetime

import pytest

import sample
from pytest_ctb.errors import ConfigError
from pytest_ctb.repository import folders as repository
from pytest_ctb.repository.migration import parse_migration


def read(text, path="migrations/2025-10-23_add_x.sql"):
    return parse_migration(text.encode() if isinstance(text, str) else text, path)


def test_the_header_of_the_guide_is_read():
    one = read(sample.migration("SELECT 1;\n", unique_id="1A2B3C4D"))
    assert {field.name: field.value for field in one.header} == {
        "CTB Branch": "data/migrations",
        "Barton ID": "05.01.02",
        "Unique ID": "CTB-1A2B3C4D",
        "Last Updated": "2025-10-23",
        "Enforcement": "ORBT",
    }
    assert one.header_field("Unique ID").position == (6, 15)
    assert one.description.value == "What the shop sells"
    assert one.date == datetime.date(2025, 10, 23)
    assert one.name == "2025-10-23_add_x.sql"


def test_the_header_ends_where_sql_begins():
    one = read("-- Barton ID: 1\nSELECT 1; -- Unique ID: 2\n-- Enforcement: 3\n")
    assert [field.name for field in one.header] == ["Barton ID"]


def test_a_description_may_run_on():
    one = read("-- Description: one,\n-- two;\n--   three.\n\n-- not four\nSELECT 1;")
    assert one.description.value == "one, two; three."


@pytest.mark.parametrize(
    ("path", "date"),
    [
        ("2025-10-23_add_x.sql", datetime.date(2025, 10, 23)),
        ("a/b/2025-10-23.sql", datetime.date(2025, 10, 23)),
        ("2025-02-30_add_x.sql", None),
        ("20251023_add_x.sql", None),
        ("2025-10-231_add_x.sql", None),
        ("x_2025-10-23.sql", None),
    ],
)
def test_the_date_is_that_of_the_name(path, date):
    assert read("", path).date == date


def test_rollback_instructions_have_their_places_in_the_file():
    one = read("SELECT 1;\n\n-- Rollback:\n--   DROP TABLE a;\n-- DRP b;\n")
    (block,) = one.rollbacks
    drop, broken = block.statements
    assert drop.position == (4, 6)
    assert broken.problem.position == (5, 4)
    assert not block.none


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("-- Rollback: none, because it is so", "it is so"),
        ("-- rollback: NONE because: it is\n--   so", "it is so"),
        ("-- Rollback instructions:\n-- none, because it is so", "it is so"),
        ("-- Rollback: none", ""),
        ("-- Rollback: none.", ""),
    ],
)
def test_no_rollback_with_its_reason(text, because):
    (block,) = read(text).rollbacks
    assert block.none
    assert block.because == because


def test_a_rollback_that_only_starts_with_none_is_sql():
    (block,) = read("-- Rollback: nonesuch();").rollbacks
    assert not block.none


def test_the_block_ends_with_the_comment():
    (block,) = read("-- Rollback:\n-- SELECT 1;\n\n-- Something else\n").rollbacks
    assert [statement.sql for statement in block.statements] == ["SELECT 1"]


def test_an_allow_speaks_of_the_statement_below_it_or_of_the_file():
    text = "-- ctb:allow replay: whole\nSELECT 1;\n-- ctb:allow transaction: one\n-- a word\nSELECT\n 2;\nSELECT 3;\n"
    whole, one = read(text).allows
    assert (whole.guideline, whole.reason) == ("replay", "whole")
    assert whole.first_line == 1
    assert whole.last_line > 1000
    assert (one.first_line, one.last_line) == (5, 6)


def test_marks_in_strings_are_none():
    one = read("SELECT '\n-- ctb:allow replay: no\n-- ctb:no-transaction: no\n-- Rollback: none, because no\n';")
    assert (one.allows, one.no_transaction, one.rollbacks) == ((), None, ())


def test_windows_line_ends_and_a_byte_order_mark_change_no_place():
    text = sample.migration("SELECT 1;\n", unique_id="1A2B3C4D")
    one = read(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    plain = read(text)
    assert [s.position for s in one.statements] == [s.position for s in plain.statements]
    assert [(f.value, f.position) for f in one.header] == [(f.value, f.position) for f in plain.header]
    assert not one.problem


@pytest.mark.parametrize(
    ("data", "message", "position"),
    [
        (b"SELECT 1;\nSELECT '\xe9';", "the byte 0xe9 is not UTF-8", (2, 9)),
        ("é\n\0".encode(), "a NUL byte: the file is not text", (2, 1)),
    ],
)
def test_what_is_no_text_says_where(data, message, position):
    one = read(data)
    assert one.problem.message == message
    assert one.problem.position == position
    assert one.unreadable == one.problem


def test_files_are_found_in_folders_and_told_from_others(tmp_path):
    for name in ("a.sql", "deep/er/b.SQL", ".hidden/c.sql", "deep/.d.sql", "e.txt", "deep/f.sql.bak"):
        path = tmp_path / "migrations" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("SELECT 1;")
    found = repository.load(tmp_path, [tmp_path / "migrations"], [])
    assert sorted(found.by_path) == ["migrations/a.sql", "migrations/deep/er/b.SQL"]


def test_a_base_schema_inside_the_migrations_is_no_migration(tmp_path):
    (tmp_path / "m").mkdir()
    for name in ("base.sql", "one.sql"):
        (tmp_path / "m" / name).write_text("SELECT 1;")
    found = repository.load(tmp_path, [tmp_path / "m", tmp_path / "m"], [tmp_path / "m" / "base.sql"])
    assert [migration.path for migration in found.migrations] == ["m/one.sql"]
    assert [base.path for base in found.bases] == ["m/base.sql"]


def test_a_link_to_a_folder_is_followed_and_one_that_leads_back_is_told(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.sql").write_text("SELECT 1;")
    (tmp_path / "m" / "link").symlink_to(tmp_path / "other")
    assert list(repository.load(tmp_path, [tmp_path / "m"], []).by_path) == ["m/link/a.sql"]
    (tmp_path / "other" / "back").symlink_to(tmp_path / "m")
    with pytest.raises(ConfigError, match="leads back"):
        repository.load(tmp_path, [tmp_path / "m"], [])


def test_a_broken_link_is_told(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "a.sql").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match=r"a.sql: cannot be read: No such file"):
        repository.load(tmp_path, [tmp_path / "m"], [])


@pytest.mark.parametrize("folder", ["nowhere", "file"])
def test_a_folder_that_is_none_is_told(tmp_path, folder):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=f"migrations folder (not found|is not a folder): .*{folder}"):
        repository.load(tmp_path, [tmp_path / folder], [])
