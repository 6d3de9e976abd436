"""What a terminal shows of failures: colours of severity, place and caret; lines in its width; links where it has them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

import sample
from pytest_ctb.model import Level
from pytest_ctb.report.terminal import Terminal, has_links, shown
from sample import SECOND, change
from test_reports import finding

BOLD, RED, YELLOW, END = "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[0m"
CODES = re.compile(r"\x1b\[[\d;]*m|\x1b\]8;;.*?\x1b\\")
PAGE = "https://example.org/guidelines/replay/"


def on(terminal: Terminal, text: str, *findings) -> list[str]:
    return list(shown(text.split("\n"), findings, terminal, Path("/work"), {"replay": PAGE}))


def plain(text: str) -> str:
    return CODES.sub("", text)


COLOURS, NARROW, LINKS = Terminal(200, True, False), Terminal(50, False, False), Terminal(200, False, True)


def test_severity_place_and_caret_have_colours():
    error, warning = finding(file="a.sql"), finding(file="b.sql", level=Level.WARNING)
    text = "a.sql:14:1: CT09 replay: it fails\n\n    14 | SELECT 1;\n       | ^\n\nb.sql:14:1: CT09 replay: it fails\n\n    | ^"
    lines = on(COLOURS, text, error, warning)
    assert lines[0] == f"{BOLD}a.sql:14:1{END}: {RED}CT09 replay{END}: it fails"
    assert lines[3] == f"       | {RED}^{END}"
    assert lines[5] == f"{BOLD}b.sql:14:1{END}: {YELLOW}CT09 replay{END}: it fails"
    assert lines[7] == f"    | {YELLOW}^{END}"
    assert plain("\n".join(lines)) == text
    assert on(COLOURS, "Why: so\nInstead:\n    SELECT 1;")[:2] == [f"{BOLD}Why:{END} so", f"{BOLD}Instead:{END}"]
    assert on(COLOURS._replace(colours=False), text, error, warning) == text.split("\n")


@pytest.mark.parametrize(
    "line", ["    Why: this is SQL", "other.sql:1:1: CT09 replay: x", "    2 | SELECT 1 ^ 2", "a ^"]
)
def test_what_only_looks_like_it_stays_as_it_is(line):
    assert on(COLOURS, line, finding()) == [line]


def test_prose_is_wrapped_and_sql_is_not():
    sql = "    ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS a_very_long_name_of_a_column numeric;"
    text = "\n".join(
        (
            "a.sql:14:1: CT09 replay: a message that is longer than fifty columns of a terminal",
            "",
            f"    14 | {sql}",
            "",
            "    the evidence says a good deal more than there is room for here",
            "",
            "Why: one reason, which was wrapped for a width that is larger than this one, and which",
            "     goes on here.",
            "",
            "Instead:",
            sql,
            "",
            sql,
            "",
            "Intentional? Say why, on the line above the statement or in the header:",
            "    -- ctb:allow a-very-long-name-of-a-guideline-of-somebody: the reason",
        )
    )
    lines = on(NARROW, text, finding(file="a.sql"))
    long = [line for line in lines if len(line) > 50]
    assert long == [
        f"    14 | {sql}",
        sql,
        sql,
        "    -- ctb:allow a-very-long-name-of-a-guideline-of-somebody: the reason",
    ]
    assert "Why: one reason, which was wrapped for a width" in lines
    assert " ".join(" ".join(lines).split()) == " ".join(text.split()), "no word is lost"
    assert on(NARROW._replace(width=300), text, finding(file="a.sql"))[0] == text.split("\n")[0]


def test_a_headline_of_two_lines_keeps_its_colours():
    error = finding(file=f"migrations/{'long_' * 8}name of three.sql")
    lines = on(Terminal(50, True, False), f"{error.file}:14:1: CT09 replay: it fails", error)
    assert lines == [f"{BOLD}{error.file}:14:1{END}:", f"    {RED}CT09 replay{END}: it fails"]


def test_places_and_codes_are_links():
    error = finding(file="migrations/a b\N{SNOWMAN}.sql")
    (line,) = on(LINKS, f"{error.file}:14:1: CT09 replay: it fails", error)
    place, page = re.findall(r"\x1b\]8;;([^\x1b]+)\x1b\\", line)
    assert re.fullmatch(r"file://[^/]*/work/migrations/a%20b%E2%98%83\.sql", place)
    assert unquote(place).endswith(error.file)
    assert page == PAGE
    assert plain(line) == f"{error.file}:14:1: CT09 replay: it fails"
    (line,) = shown([f"{error.file}:14:1: CT09 replay: x"], [error], LINKS, Path("/work"), {"replay": ""})
    assert line.count("\x1b]8;;file://") == line.count("\x1b]8;;") - 1, "a guideline without a page has no link"


@pytest.mark.parametrize(
    ("environment", "links"),
    [
        ({}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"VTE_VERSION": "7600"}, True),
        ({"VTE_VERSION": "4999"}, False),
        ({"VTE_VERSION": "new"}, False),
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"WT_SESSION": "1"}, True),
        ({"KITTY_WINDOW_ID": "1", "TERM": "dumb"}, False),
        ({"WT_SESSION": "1", "CI": "true"}, False),
        ({"FORCE_HYPERLINK": "1", "CI": "true"}, True),
        ({"FORCE_HYPERLINK": "0", "WT_SESSION": "1"}, False),
    ],
)
def test_links_are_for_terminals_that_have_them(environment, links):
    assert has_links(environment, terminal=True) is links
    assert has_links(environment, terminal=False) is (environment.get("FORCE_HYPERLINK") == "1")


@pytest.mark.parametrize("more", [(), ("-n", "1")])
def test_a_run_paints_its_failures_and_nothing_else(pytester, monkeypatch, more):
    monkeypatch.setenv("COLUMNS", "60")
    sample.write(pytester.path)
    change(pytester.path, SECOND, "IF NOT EXISTS price", "price")
    args = ("--ctb", "-m", "ctb_static", "-k", "if-not-exists", "--junitxml=out.xml", "--ctb-report=out.md", *more)
    text = pytester.runpytest_subprocess(*args, "--color=yes").stdout.str()
    assert f"{BOLD}{SECOND}:15:23{END}: {RED}CT07{END}" not in text
    assert f"{BOLD}{SECOND}:15:23{END}:" in text
    assert f"{RED}CT07 if-not-exists{END}: ADD COLUMN" in text
    assert f"{RED}^{END}" in text
    assert "file://" not in text, "a pipe has no links"
    for report in ("out.xml", "out.md"):
        assert "\x1b" not in (pytester.path / report).read_text()
    text = pytester.runpytest_subprocess(*args, "--color=no").stdout.str()
    assert "\x1b" not in text
    assert f"{SECOND}:15:23: CT07 if-not-exists: ADD COLUMN shop.item.price has no IF NOT EXISTS" in text, (
        "one line in a pipe"
    )
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    text = pytester.runpytest_subprocess(*args, "--color=yes").stdout.str()
    assert f"{pytester.path / SECOND}\x1b\\{BOLD}" in text
