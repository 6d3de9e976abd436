"""`ctb check` with --live, --watch and --color: what `pytest --ctb` finds, again at each change, in colours."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import sample
from machine import wait_until
from pytest_ctb.cli.terminal.colours import painted, wanted
from pytest_ctb.model import Finding, Level
from sample import FIRST, SECOND, change
from terminals import Terminal

CTB = Path(sys.executable).with_name("ctb")
LIVE = ("--live", "--postgres", "embedded")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def team(tmp_path):
    """A repository with findings of the text, of the replay, of the schema and of the base schema."""
    sample.write(tmp_path, tables=("shop.item", "shop.missing"))
    change(tmp_path, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    change(tmp_path, SECOND, "price numeric", "price integer")
    return tmp_path


def ctb(folder: Path, *arguments: str, text: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"CI", "NO_COLOR", "GITHUB_ACTIONS"}}
    return subprocess.run(
        [CTB, "check", *arguments],
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**kept, **variables},
    )


def test_every_format_says_what_pytest_says(team):
    reports = {ending: team / f"pytest.{ending}" for ending in ("json", "sarif", "md")}
    options = [f"--ctb-report={path}" for path in reports.values()]
    line = [
        sys.executable,
        "-m",
        "pytest",
        "--ctb",
        "--ctb-postgres",
        "embedded",
        "-q",
        f"--junitxml={team / 'pytest.xml'}",
        *options,
    ]
    assert subprocess.run(line, cwd=team, capture_output=True, check=False).returncode == 1

    done = {
        form: ctb(team, *LIVE, "--format", form) for form in ("json", "sarif", "markdown", "github", "gitlab", "junit")
    }
    assert {(run.returncode, run.stderr) for run in done.values()} == {(1, "")}
    mine = json.loads(done["json"].stdout)
    assert timeless(mine) == timeless(json.loads(reports["json"].read_text()))
    assert {"CT07", "CT10", "CT14", "CT15"} <= {finding["code"] for finding in mine["findings"]}
    (run,), (other,) = (json.loads(text)["runs"] for text in (done["sarif"].stdout, reports["sarif"].read_text()))
    assert run["results"] == other["results"]
    assert done["markdown"].stdout.splitlines()[4:] == reports["md"].read_text().splitlines()[4:]
    assert len(done["github"].stdout.splitlines()) == len(mine["findings"]) == len(json.loads(done["gitlab"].stdout))
    assert failed_tests(done["junit"].stdout) == failed_tests((team / "pytest.xml").read_text())


def timeless(report: dict) -> dict:
    """A report without its times."""
    for migration in report["migrations"]:
        migration["seconds"] = None
        for trace in migration["trace"]:
            trace.pop("seconds", None)
            trace.pop("transaction", None)
    return report


def failed_tests(text: str) -> set[str]:
    return {case.get("name") for case in ET.fromstring(text).iter("testcase") if case.find("failure") is not None}


def test_text_names_the_server_and_shows_what_is_about_no_file(team):
    done = ctb(team, *LIVE)
    assert (done.returncode, done.stderr) == (1, "")
    assert re.search(
        r"^\d+ findings in 2 migrations, replayed on Postgres \S+ \(embedded\);", done.stdout, re.MULTILINE
    )
    assert "rules/required-tables.yml:" in done.stdout
    assert "infra/neon.sql:" in done.stdout


def test_files_and_guidelines_are_chosen_as_without_a_replay(team):
    def found(*arguments: str) -> set[tuple[str, str]]:
        return set(
            re.findall(r"^([^:\n]+):\d+:\d+: (CT\d\d) ", ctb(team, *LIVE, "--short", *arguments).stdout, re.MULTILINE)
        )

    assert found(SECOND) == {(SECOND, "CT07"), (SECOND, "CT10")}
    assert found("--select", "CT10,CT14") == {(SECOND, "CT10"), ("rules/required-tables.yml", "CT14")}
    assert ctb(team, "--live", "--postgres", "nowhere", "--select", "CT07").returncode == 1  # it needs no server


def test_text_that_is_not_saved_is_replayed(team):
    saved = (team / SECOND).read_text()
    repaired = saved.replace("ADD COLUMN", "ADD COLUMN IF NOT EXISTS")
    assert "CT10" in ctb(team, *LIVE, "--short", "--stdin-filename", SECOND, text=saved).stdout
    done = ctb(team, *LIVE, "--short", "--stdin-filename", SECOND, text=repaired)
    assert (done.returncode, done.stdout) == (0, "")


def test_where_no_server_is_nothing_is_judged(team):
    done = ctb(team, "--live", "--postgres", "postgresql://nobody@127.0.0.1:1/none")
    assert (done.returncode, done.stdout) == (2, "")
    assert ctb(team, "--postgres", "embedded").returncode == 2


def test_what_could_not_be_judged_is_said_and_is_no_pass(team):
    change(team, FIRST, "CREATE SCHEMA IF NOT EXISTS shop;", "CREATE SCHEMA IF NOT EXISTS shop;\nSELECT nothing();")
    done = ctb(team, *LIVE, "--short")
    assert done.returncode == 1
    assert re.search(rf"^{re.escape(FIRST)}:\d+:\d+: CT09 replay", done.stdout, re.MULTILINE)
    assert f"{FIRST}: not judged: " in done.stderr


# --- colours ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "terminal", "variables", "colours"),
    [
        ("auto", False, {}, False),
        ("auto", True, {}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"CLICOLOR": "0"}, False),
        ("auto", False, {"CLICOLOR_FORCE": "1"}, True),
        ("auto", False, {"CLICOLOR_FORCE": "0"}, False),
        ("auto", False, {"CLICOLOR_FORCE": ""}, False),
        ("auto", False, {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"CLICOLOR_FORCE": "1"}, False),
    ],
)
def test_who_decides_on_colours(monkeypatch, choice, terminal, variables, colours):
    for name in ("NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert wanted(choice, terminal=terminal) is colours


@pytest.mark.parametrize("short", [(), ("--short",)], ids=str)
def test_colours_add_nothing_but_colours(team, short):
    plain = ctb(team, *short)
    coloured = ctb(team, "--color", "always", *short)
    assert "\x1b" not in plain.stdout
    assert coloured.stdout != plain.stdout
    assert ESCAPE.sub("", coloured.stdout) == plain.stdout
    assert f"\x1b[1m{SECOND}:15:23\x1b[0m: \x1b[31m\x1b[1mCT07 if-not-exists\x1b[0m: " in coloured.stdout
    if not short:
        assert re.search(r"\| +\x1b\[31m\x1b\[1m\^\x1b\[0m\n", coloured.stdout)
    assert ctb(team, "--color", "always", "--format", "github").stdout == ctb(team, "--format", "github").stdout


def test_a_terminal_gets_colours_unless_somebody_minds(team):
    terminal = Terminal([CTB, "check"], team, columns=200)
    assert terminal.finish() == 1
    assert "\x1b[31m" in terminal.output
    minding = Terminal([CTB, "check"], team, columns=200, environment={"NO_COLOR": "1"})
    assert minding.finish() == 1
    assert "\x1b" not in minding.output


def test_no_colour_comes_from_a_file(team):
    change(team, SECOND, "ADD COLUMN price", 'ADD COLUMN "\x1b[32mgreen"')
    done = ctb(team, "--color", "always")
    assert "\x1b[32m" not in done.stdout
    assert "\\x1b[32mgreen" in done.stdout


def test_a_warning_is_yellow():
    finding = Finding("a-guideline", "XX01", Level.WARNING, "a.sql", 1, 2, "odd: a.sql:1:2: XX01 a-guideline: ^")
    text = painted("a.sql:1:2: XX01 a-guideline: odd: a.sql:1:2: XX01 a-guideline: ^\n\n    1 | x\n      |  ^", finding)
    assert text.count("\x1b[33m") == 2  # the name once, and the caret that stands alone
    assert text.startswith("\x1b[1ma.sql:1:2\x1b[0m: \x1b[33m\x1b[1mXX01 a-guideline\x1b[0m: odd: a.sql")


# --- watching ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def watching(team):
    """`ctb check --watch` in the background, and its output so far."""
    output = team.parent / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [CTB, "check", "--watch", "--short"], cwd=team, stdout=file, stderr=subprocess.STDOUT
        )
        try:
            yield process, output.read_text
        finally:
            process.kill()
            process.wait()


def test_a_change_is_checked_at_once(team, watching):
    process, read = watching
    wait_until(lambda: read().endswith("ends.\n"), "it waits")
    assert read().count("CT07 if-not-exists:") == 1
    steps = [
        (lambda: change(team, SECOND, "ADD COLUMN", "ADD COLUMN IF NOT EXISTS"), ": nothing found"),
        (
            lambda: change(team, "rules/if-not-exists.yml", "level: error", "level: nonsense"),
            "rules/if-not-exists.yml:",
        ),
        (lambda: change(team, "rules/if-not-exists.yml", "level: nonsense", "level: error"), ": nothing found"),
        (
            lambda: (team / "migrations/2025-10-26_add_x.sql").write_text("SELECT 1;\n"),
            "2025-10-26_add_x.sql:1:1: CT03",
        ),
        (lambda: (team / "pytest.ini").write_text("[pytest]\nctb_rules = postgres\n"), "3 migrations"),
    ]
    for deed, said in steps:
        before = len(read())
        deed()
        wait_until(lambda said=said, before=before: said in read()[before:], said)
        wait_until(lambda: read().endswith("ends.\n"), "it waits again")
    process.send_signal(2)
    assert process.wait(timeout=60) == 0
    assert "Traceback" not in read()


def test_what_does_not_go_with_watching(team):
    done = ctb(team, "--watch", "--stdin-filename", SECOND, text="")
    assert done.returncode == 2
    assert "--watch" in done.stderr


def test_without_watchfiles_it_says_what_to_install(team):
    blocked = (
        "import sys; sys.modules['watchfiles'] = None; from pytest_ctb.cli import main; main(['check', '--watch'])"
    )
    done = subprocess.run([sys.executable, "-c", blocked], cwd=team, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, 'ctb: --watch needs watchfiles: pip install "pytest-ctb[watch]"\n')
