"""What others write (names, SQL, a server's words, a file's name) steers no terminal, no page and no CI system."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import sample
from pytest_ctb.model import guide
from pytest_ctb.model.visible import json_text, steers, visible, without_commands
from pytest_ctb.report.markdown import escaped, fenced
from sample import change

HOSTILE = "a\x1b[31m\x07\x9b1m\x7f\u202e\u2066\u200b\ufeff\n::error::b\n  ##[error]c\r##vso[task.setvariable]d"
COMMAND = re.compile(r"^\s*::[\w-]+.*::|##\w*\[", re.MULTILINE)
JOINING = {"\u200c", "\u200d"}
"""Of the unseen characters those that words and pictures are written with."""


def is_clean(text: str) -> bool:
    """Whether nothing in a text steers; told by Unicode's own kinds, and not by ours."""
    odd = {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - {"\t", "\n"} - JOINING
    return not {c for c in odd if not ("\u0600" <= c <= "\u0605")} and not COMMAND.search(text)


ODD = st.sampled_from(
    [
        *"\x00\x07\x08\x1b\x7f\x85\x9b\r\n\t :#[]\\",
        "::",
        "\n::error::",
        "##[",
        "\u202e",
        "\ud800",
        "\udcff",
        "\U000e0041",
    ]
)
TEXT = st.lists(st.one_of(ODD, st.text(max_size=3))).map("".join)


@given(TEXT)
@example(HOSTILE)
def test_nothing_that_is_shown_steers(text):
    shown = visible(text)
    assert not COMMAND.search(shown)
    assert not steers(shown)
    assert visible(shown) == shown
    assert not {c for c in shown.replace("\r\n", "\n") if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}} - {
        "\t",
        "\n",
    }
    shown.encode()


@given(TEXT)
@example(HOSTILE)
@example("\ud800\udcff")
def test_json_loses_nothing(text):
    told = json_text({"a": [text], text: 1})
    assert not steers(told)
    value = {"a": [text], text: 1}
    assert json.loads(told) == json.loads(json.dumps(value))  # two halves of a pair are one character in JSON
    told.encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain\n\tindented\r\nof Windows",
        "Ümläut é 日本語 עברית \N{FILE FOLDER} \N{GRINNING FACE} \U0001f469\u200d\U0001f4bb \u0646\u0645\u06cc\u200c",
        "SELECT a::int, b::text FROM t",
        "SELECT a\n  ::int",
        "x ## y",
        "a[1] #> b #- c",
        "# heading",
        "see migrations/a.sql::ctb-header and b.sql::replay",
        "─── frame ───",
    ],
)
def test_what_steers_nothing_stays(text):
    assert visible(text) == text
    assert without_commands(text) == text


MARKUP = [
    "[a](http://x)", "![a](b)", "<b>", "https://evil.example/x", "www.evil.com", "WWW.EVIL.COM", "@team", "a@b.com", "#12", "GH-3",
    "# h", "- x", "+ x", "1. x", "1) y", "---", "___", "a|b", "~~x~~", "`c`", "*a*", "_b_", "__c__", "&lt;", "&#35;", "mailto:a@b.c",
    "xmpp:a@b.c/x", "ftp://x.y", "//x.y", "http://[::1]/", ":octocat:", "<https://x.y>", "<a@b.c>", "[x]: http://y", "\\", "!", " ",
    "\n", "\n\n", "    ", "|-|", ">", "$x$", "<!--", "_", "*", "\x1b[1m", "\u202e", "::error::", "```", "~~~", "word", "shop_item",
]  # fmt: skip


@example("::error::___::error::")
@given(st.lists(st.sampled_from(MARKUP), max_size=6).map("".join))
def test_in_markdown_words_are_words(text):
    """As GitHub reads it, with links made of bare addresses: one paragraph, one text, and that the same."""
    tokens = MarkdownIt("gfm-like").parse(escaped(text))
    parts = [part for token in tokens for part in token.children or ()]
    assert {one.type for one in (*tokens, *parts)} <= {"paragraph_open", "inline", "paragraph_close", "text"}
    shown = "".join(one.content for one in parts).replace("\N{ZERO WIDTH SPACE}", "")
    assert shown == visible(" ".join(text.split()))
    told = "".join(one.content for one in parts)
    assert not re.search(r"@\w|#\d|\bGH-\d|:\w+:", told), "nothing is left that GitHub looks for in the finished text"


@pytest.mark.parametrize("frame", ["- x: {}", "### {}", "| a |\n| --- |\n| {} |", "**{}**", "> {}"])
@given(st.lists(st.sampled_from(MARKUP), max_size=6).map("".join))
def test_in_markdown_words_break_no_frame(frame, text):
    def kinds(words):
        return [one.type for one in MarkdownIt("gfm-like").parse(frame.format(words))]

    assert kinds(escaped(f"x{text}x")) == kinds("x")


@given(st.lists(st.sampled_from(MARKUP), max_size=6).map("".join))
def test_a_fence_holds_what_is_in_it(text):
    (token,) = MarkdownIt("gfm-like").parse(fenced(text))
    assert token.type == "fence"
    assert is_clean(token.content)


# --- a run of pytest --------------------------------------------------------------------------------------------------

NAME = "2025-10-25_a\x1b[31m\u202e\n##[error]b\x7f.sql"
HELD = "2025-10-26_add_note_to_item.sql"


@pytest.fixture
def project(pytester, monkeypatch):
    """A repository whose last files do all that could steer, on a runner of GitHub's."""
    sample.write(pytester.path)
    folder = pytester.path / "migrations"
    table = '"' + HOSTILE.replace('"', '""') + '"'
    odd = sample.migration(
        f"CREATE TABLE shop.{table} (id bigint PRIMARY KEY, {table} text);\n"
        f"ALTER TABLE shop.{table} DROP COLUMN {table};\n"
        f"DO $$ BEGIN RAISE EXCEPTION E'{{}}'; END $$;\n".replace("{}", HOSTILE.replace("\\", "\\\\")),
        unique_id="00000007",
        date="2025-10-25",
    )
    (folder / NAME).write_text(odd, encoding="utf-8", newline="")
    allowed = sample.migration(
        f"-- ctb:allow if-not-exists: {HOSTILE.splitlines()[0]} https://example.org\n"
        "ALTER TABLE shop.item ADD COLUMN note text;\n",
        unique_id="00000008",
        date="2025-10-26",
    )
    (folder / HELD).write_text(allowed, encoding="utf-8", newline="")
    change(pytester.path, "rules/if-not-exists.yml", "level: error", "level: warning")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(pytester.path))
    return pytester


def streams(project, *arguments) -> str:
    """Both streams of a run, but for the commands that another plugin writes on purpose."""
    done = project.runpytest_subprocess("--ctb", "--ctb-postgres", "embedded", "--color=no", *arguments)
    assert done.ret in {0, 1, 2}
    text = done.stdout.str() + "\n" + done.stderr.str()
    return re.sub(r"^::(error|warning) file=[^\n:]*(,line=\d+)?::", r"annotated \1: ", text, flags=re.MULTILINE)


@pytest.mark.parametrize(
    "arguments",
    [
        ("-v", "-rA"),
        ("-vv", "--tb=long", "--showlocals", "-rA"),
        ("-q", "--tb=line"),
        ("--tb=native", "-rA"),
        ("--co",),
        ("--co", "-q"),
        ("-n", "2", "-rA", "-v"),
        ("-W", "error::pytest_ctb.CtbWarning", "-rA"),
        ("--durations=0", "-vv", "-rx", "--lf"),
    ],
    ids=" ".join,
)
def test_no_stream_of_a_run_steers(project, arguments):
    text = streams(project, *arguments)
    assert r"\x1b" in text, "what is written in escapes can still be read"
    for line in text.splitlines():
        assert is_clean(line), line


def test_a_usage_error_steers_nothing(project):
    (project.path / "rules" / "x\x1b.yml").write_text("code: [\n")
    text = streams_of_error(project)
    assert r"\x1b" in text
    assert is_clean(text)


def streams_of_error(project) -> str:
    done = project.runpytest_subprocess("--ctb", "--color=no", "-m", "ctb_static")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    return done.stdout.str() + done.stderr.str()


def test_a_check_that_crashes_steers_nothing(project):
    project.makeconftest(
        "import pytest_ctb.checks.static.file_name as module\n"
        "from pytest_ctb import checks\n"
        "def broken(*_):\n"
        f"    raise RuntimeError({HOSTILE!r})\n"
        "found = checks.checks()['file-name']\n"
        "object.__setattr__(found, 'function', broken)\n"
    )
    for tb in ("long", "short", "native", "line", "value"):
        text = streams(project, "-m", "ctb_static", "-k", "file-name", f"--tb={tb}" if tb != "value" else "--tb=auto")
        assert "RuntimeError" in text
        for line in text.splitlines():
            assert is_clean(line), line


def test_reports_of_such_a_run(project):
    """Those for people hold nothing that steers; those for programs lose nothing."""
    endings = ("json", "sarif", "md", "html")
    streams(project, *(f"--ctb-report=r.{ending}" for ending in endings))
    texts = {ending: (project.path / f"r.{ending}").read_text(encoding="utf-8") for ending in endings}
    for text in texts.values():
        for line in text.split("\n"):
            assert is_clean(line), line
    document = json.loads(texts["json"])
    assert f"migrations/{NAME}" in {one["file"] for one in document["migrations"]}
    assert any(HOSTILE in one["message"] for one in document["findings"])
    uris = re.findall(r'"uri": "([^"]*)"', texts["sarif"])
    assert any("%1B" in one for one in uris)
    page = "https://pytest-ctb.readthedocs.io/"
    links = [
        part.attrs.get("href") or part.attrs.get("src")
        for token in MarkdownIt("gfm-like").parse(texts["md"])
        for part in token.children or ()
        if part.type in {"link_open", "image"}
    ]
    assert bool(links) is guide.PUBLISHED
    assert all(str(link).startswith(page) for link in links), links


@pytest.mark.skipif(os.name != "posix", reason="names that are no text are of POSIX")
def test_a_name_that_is_no_text(pytester):
    sample.write(pytester.path)
    name = os.fsencode(pytester.path) + b"/migrations/2025-10-25_\xff_a.sql"
    Path(os.fsdecode(name)).write_text(sample.migration("SELECT 1;\n", unique_id="00000009", date="2025-10-25"))
    done = pytester.runpytest_subprocess(
        "--ctb", "-m", "ctb_static", "-v", *(f"--ctb-report=r.{one}" for one in ("json", "sarif", "md", "html"))
    )
    assert r"\udcff" in done.stdout.str()
    assert "INTERNALERROR" not in done.stdout.str() + done.stderr.str()
    files = [one["file"] for one in json.loads((pytester.path / "r.json").read_text())["migrations"]]
    assert "migrations/2025-10-25_\udcff_a.sql" in files
    assert "%FF" in (pytester.path / "r.sarif").read_text()


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("check", "--short"),
        ("order",),
        ("fix", "--diff"),
        ("explain", HOSTILE),
        ("check", f"x{HOSTILE}"),
        ("fix",),
    ],
    ids=lambda one: " ".join(one).encode("unicode_escape").decode()[:20],
)
def test_no_command_steers(project, arguments):
    done = subprocess.run(
        [sys.executable, "-m", "pytest_ctb.cli", *arguments], cwd=project.path, capture_output=True, check=False
    )
    text = (done.stdout + b"\n" + done.stderr).decode()
    if arguments == ("fix", "--diff"):  # a patch keeps its characters for git
        assert not COMMAND.search(text)
        return
    assert r"\x1b" in text
    assert "Traceback" not in text
    for line in text.split("\n"):
        assert is_clean(line), line


def test_a_description_of_ctb_new_steers_nothing(project):
    done = subprocess.run(
        [sys.executable, "-m", "pytest_ctb.cli", "new", "add \x1b[31mprice\u202e to item"],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=True,
    )
    made = project.path / done.stdout.splitlines()[0]
    assert is_clean(made.read_text(encoding="utf-8"))
    assert r"\x1b" in made.read_text(encoding="utf-8")
