"""A carriage return ends a line and a `--` comment, as it does for psql and the server; what else Python takes for one does not."""

from __future__ import annotations

import subprocess

import pytest

from pytest_ctb.checks import checks
from pytest_ctb.guide import fixes
from pytest_ctb.guide import guideline_files as guidelines
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import question_of_file
from pytest_ctb.model import Position, Source, lines
from pytest_ctb.repository.migration import parse_migration, reread
from pytest_ctb.sql import alterations

GUIDE = {
    one.id: one
    for one in guidelines.load(
        guidelines.packaged().parent, guidelines.packaged(), {name: one.options for name, one in checks().items()}
    )
}
NAME = "migrations/2025-10-23_add_x.sql"


def file(text):
    return parse_migration(text.encode(), NAME)


def encoding(migration):
    return judge(question_of_file(GUIDE["file-encoding"], migration))


def kinds(text):
    return [statement.tag for statement in file(text).statements]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-- tidy up\rDROP TABLE keep;", ["DROP TABLE"]),
        ("ALTER TABLE t ADD c int; -- done\rALTER TABLE t DROP a;", ["ALTER TABLE"] * 2),
        ("ALTER TABLE t ADD c int -- one\r, DROP a;", ["ALTER TABLE"]),
        ("SELECT 1;\rSELECT 2;\r", ["SELECT"] * 2),
        ("--\r--\r\r-- a\r\nSELECT 1;", ["SELECT"]),
        ("\\echo a\rDROP TABLE keep;\nSELECT 1;", ["SELECT"]),  # psql prints all of its line
        ("\\set a 1 -- b\rDROP TABLE keep;\nSELECT 1;", ["SELECT"]),
        ("-- a\u2028DROP TABLE keep;\x85DROP TABLE keep;\x0b\x0cDROP TABLE keep;\x1c\nSELECT 1;", ["SELECT"]),
        ("/* -- \r */ SELECT '--\r', $$--\r$$, \"--\r\";", ["SELECT"]),
    ],
)
def test_statements_are_those_that_the_server_runs(text, expected):
    assert kinds(text) == expected


def test_a_body_is_read_alike():
    (block,) = file("DO $$ BEGIN -- tidy up\rDROP TABLE keep; END $$;").statements
    (held,) = block.inner
    assert (held.tag, held.position) == ("DROP TABLE", Position(2, 1))


def test_white_space_is_what_it_is_to_postgres():
    """A no-break space is a letter: it belongs to the name."""
    (one,) = file("ALTER TABLE t DROP COLUMN a\u00a0;").statements
    assert alterations(one)[0].name == "a\u00a0"


def test_lines_end_where_editors_end_them():
    source = Source("a\rb\r\nc\nd\u2028e\x0bf\r")
    assert [source.at(at) for at in (0, 1, 2, 5, 7, 13)] == [(1, 1), (1, 2), (2, 1), (3, 1), (4, 1), (5, 1)]
    assert [source.line(number) for number in range(7)] == ["", "a", "b", "c", "d\u2028e\x0bf", "", ""]
    assert [source.text[: source.line_end(number)] for number in (1, 2, 5, 9)] == [
        "a",
        "a\rb",
        source.text,
        source.text,
    ]
    assert all(source.offset(source.at(at)) == at for at in range(len(source.text) + 1))
    assert lines("a\rb\r\n\nc") == ["a", "b", "", "c"]
    assert (lines(""), lines("\r")) == ([], [""])


def test_a_file_of_old_macs_is_read_whole():
    text = (
        "-- CTB Branch: main\r-- Description: Adds x\r\r-- ctb:allow no-drop-column: moved on 2025-01-01\rBEGIN;\r"
        "ALTER TABLE t ADD x int;\r-- ctb:allow keep-data: moved on 2025-01-01\rDROP TABLE u;\rCOMMIT;\r"
        "-- Rollback:\r-- ALTER TABLE t DROP x;\r-- CREATE TABLE u ();\r"
    )
    one, same = file(text), file(text.replace("\r", "\n"))
    assert [(each.name, each.value, each.position) for each in one.header] == [
        (each.name, each.value, each.position) for each in same.header
    ]
    assert (one.description, one.allows, one.comments) == (same.description, same.allows, same.comments)
    assert [statement.position for statement in one.statements] == [statement.position for statement in same.statements]
    assert [statement.sql for statement in one.rollbacks[0].statements] == [
        statement.sql for statement in same.rollbacks[0].statements
    ]
    for name in ("transaction", "no-drop-column", "ctb-header", "rollback-instructions"):
        told, also = (judge(question_of_file(GUIDE[name], each)) for each in (one, same))
        assert [(each.line, each.column, each.message) for each in told] == [
            (each.line, each.column, each.message) for each in also
        ]


@pytest.mark.parametrize(
    ("text", "place", "fixed"),
    [
        ("-- tidy up\rDROP TABLE keep;\n", (1, 11), "-- tidy up\nDROP TABLE keep;\n"),
        ("SELECT 1; -- a\rSELECT 2;\n", (1, 15), "SELECT 1; -- a\nSELECT 2;\n"),
        ("SELECT 1;\rSELECT '\r';\r", (1, 10), "SELECT 1;\nSELECT '\n';\n"),  # they are the ends of its lines
        ("SELECT 1;\n\nSELECT 2;\r", (3, 10), "SELECT 1;\n\nSELECT 2;\n"),
        ("DO $$ BEGIN -- a\rNULL; END $$;\n", (1, 17), "DO $$ BEGIN -- a\nNULL; END $$;\n"),
        ("/* a\rb */\nSELECT 1;\n", (1, 5), "/* a\nb */\nSELECT 1;\n"),
        # What would not be the same any more stays.
        ("SELECT 'a\rb';\n", (1, 10), None),
        ('SELECT "a\rb", $$a\rb$$;\n', (1, 10), None),
        ("COPY t FROM stdin;\na\rb\n\\.\n", (2, 2), None),
        ("COPY t FROM stdin; -- a\r-- b\n1\n\\.\n", (1, 24), None),
        ("\\echo a\rDROP TABLE keep;\nSELECT 1;\n", (1, 8), None),
        ("\\echo \\if\rSELECT 1;\n", (1, 10), None),
        ("SELEC 1;\rSELECT 2;\n", (1, 9), "SELEC 1;\nSELECT 2;\n"),
    ],
)
def test_file_encoding_points_at_it_and_repairs_what_stays_the_same(text, place, fixed):
    one = file(text)
    (finding, *_) = encoding(one)
    assert (finding.line, finding.column) == place
    assert "carriage return" in finding.message
    assert finding.instead
    repaired = fixes.repaired(one, [GUIDE["file-encoding"]])
    assert repaired.source.text == (text if fixed is None else fixed)
    assert not any(each.fix for each in encoding(repaired))


@pytest.mark.parametrize("text", ["SELECT 1;\nSELECT E'\\r';\n", "-- a\u2028b\x0cc\x0bd\x85e\nSELECT 1;\n", ""])
def test_what_holds_none_is_no_finding(text):
    assert encoding(file(text)) == ()


def test_windows_line_ends_are_none_of_these():
    (finding,) = encoding(file("-- a\r\nSELECT 1;\r\r\n"))
    assert "Windows" in finding.message


@pytest.mark.parametrize(
    "text", ["-- a\rSELECT 1;\r\n-- b\rSELECT 2; \r\r\n\rSELECT 3;\r", "SELECT 1;\r\r\rSELECT 2;\n", "\r\r\n\r\r"]
)
def test_the_command_to_paste_repairs_it_as_the_fix_does(text, tmp_path):
    one = file(text)
    (path := tmp_path / "migrations").mkdir()
    (path / "2025-10-23_add_x.sql").write_bytes(text.encode())
    finding = next(each for each in encoding(one) if "CR without LF" in each.message)
    subprocess.run(finding.instead, shell=True, check=True, cwd=tmp_path)
    pasted = (path / "2025-10-23_add_x.sql").read_bytes()
    assert encoding(reread(one, pasted)) == ()
    assert pasted.rstrip(b"\n") == fixes.repaired(one, [GUIDE["file-encoding"]]).data.rstrip(b"\n")


@pytest.mark.parametrize("behind", [" DROP TABLE keep;", " -- a\rDROP TABLE keep;", " \\echo a", " /* a", " SELECT"])
def test_what_stands_behind_copy_on_its_line_is_not_passed_over(behind):
    """That is run when psql has read the rows."""
    copy, other, last = file(f"COPY t FROM stdin;{behind}\n1\n\\.\nSELECT 1;").statements
    assert (copy.data, last.tag) == ("1\n", "SELECT")
    assert other.problem
    assert other.position == Position(1, 19)


@pytest.mark.parametrize("behind", ["", "  ", " -- a", " -- a\r-- b\r", " /* a */ ;; -- b", "\r"])
def test_a_comment_behind_copy_is_none(behind):
    copy, last = file(f"COPY t FROM stdin;{behind}\n1\n\\.\nSELECT 1;").statements
    assert (copy.data, last.tag, copy.problem) == ("1\n", "SELECT", None)
