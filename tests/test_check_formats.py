"""`ctb check` for programs: its formats, its choice of guidelines, and text that is not saved yet."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import sample
from sample import FIRST, SECOND, change

CTB = Path(sys.executable).with_name("ctb")


@pytest.fixture
def team(tmp_path):
    """A repository that holds the guide, but for one statement without its guard."""
    sample.write(tmp_path)
    change(tmp_path, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    return tmp_path


def ctb(folder: Path, *arguments: str, text: bytes | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([CTB, "check", *arguments], cwd=folder, input=text, capture_output=True, check=False)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_github_gets_an_annotation_at_the_very_columns(team):
    done = ctb(team, "--format", "github")
    assert (done.returncode, done.stderr) == (1, "")
    (line,) = done.stdout.splitlines()
    place = f"file={SECOND},line=15,endLine=15,col=23,endColumn=26"
    assert line.startswith(f"::error {place},title=CT07 if-not-exists::ADD COLUMN shop.item.price has no IF NOT EXISTS")
    assert line.endswith("%0A%0AInstead:%0AALTER TABLE shop.item ADD COLUMN IF NOT EXISTS price numeric;")


def test_a_name_cannot_write_a_workflow_command(team):
    change(team, SECOND, "ADD COLUMN price", 'ADD COLUMN "a\n::error file=x::b%0A"')
    done = ctb(team, "--format", "github")
    assert len(done.stdout.splitlines()) == 1
    assert done.stdout.count("::error") == 1
    assert "%250A" in done.stdout


def test_github_shows_a_finding_of_several_lines_by_its_lines_alone(team):
    change(team, SECOND, "ALTER TABLE shop.item ADD COLUMN price numeric;", "CREATE TABLE shop.price (\n    id int\n);")
    (line,) = [line for line in ctb(team, "--format", "github").stdout.splitlines() if "CT07" in line]
    assert ",line=15,endLine=17,title" in line


def test_gitlab_gets_a_code_quality_report(team):
    (issue,) = json.loads(ctb(team, "--format", "gitlab").stdout)
    assert issue["check_name"] == "CT07"
    assert issue["severity"] == "major"
    assert issue["location"] == {"path": SECOND, "lines": {"begin": 15, "end": 15}}
    before = issue["fingerprint"]
    change(team, SECOND, "BEGIN;", "\n\nBEGIN;")
    (moved,) = json.loads(ctb(team, "--format", "gitlab").stdout)
    assert (moved["fingerprint"], moved["location"]["lines"]["begin"]) == (before, 17)


def test_junit_has_the_tests_of_pytest(team):
    root = ET.fromstring(ctb(team, "--format", "junit").stdout)  # ours
    (suite,) = root
    cases = {(case.get("classname"), case.get("name")): case for case in suite}
    assert suite.get("failures") == "1"
    failure = cases[SECOND, "if-not-exists"].find("failure")
    assert "has no IF NOT EXISTS" in failure.get("message")
    assert "Instead:" in failure.text
    assert list(cases[FIRST, "if-not-exists"]) == []


def test_json_and_sarif_say_where_a_finding_ends(team):
    (finding,) = json.loads(ctb(team, "--format", "json").stdout)["findings"]
    assert (finding["line"], finding["column"], finding["end_line"], finding["end_column"]) == (15, 23, 15, 26)
    sarif = json.loads(ctb(team, "--format", "sarif").stdout)
    (result,) = sarif["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startColumn"], region["endLine"], region["endColumn"]) == (23, 15, 26)


def test_every_region_of_sarif_has_an_end(team):
    """Also of what stands on an empty line, or in a file that is no migration."""
    change(team, SECOND, "-- Enforcement: ORBT\n", "")
    (team / "migrations" / "2025-10-25_add_nothing.sql").write_text("\n", encoding="utf-8")
    (team / "migrations" / "2025-10-26_add_odd.sql").write_bytes(b"\xff\x00\n")
    report = json.loads(ctb(team, "--format", "sarif").stdout)
    regions = [
        location["physicalLocation"]["region"]
        for result in report["runs"][0]["results"]
        for location in result["locations"]
    ]
    assert len(regions) >= 4
    for region in regions:
        start, end = (region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"])
        assert start <= end


@pytest.mark.parametrize(
    ("workspace", "path"), [("..", f"team/{SECOND}"), (".", SECOND), ("elsewhere", SECOND), ("", SECOND)]
)
def test_github_gets_a_path_from_the_checkout(tmp_path, monkeypatch, workspace, path):
    folder = tmp_path / "team"
    sample.write(folder)
    change(folder, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    monkeypatch.setenv("GITHUB_WORKSPACE", str((folder / workspace).resolve()) if workspace else "")
    assert f"::error file={path},line=15," in ctb(folder, "--format", "github").stdout


@pytest.mark.parametrize("form", ["json", "sarif", "github", "gitlab", "junit", "markdown"])
def test_where_nothing_is_found_every_format_is_whole(team, form):
    change(team, SECOND, "ADD COLUMN", "ADD COLUMN IF NOT EXISTS")
    done = ctb(team, "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    if form in {"json", "sarif", "gitlab"}:
        json.loads(done.stdout)
    assert (done.stdout == "") == (form == "github")


def test_a_warning_is_a_warning_in_every_format(team):
    change(team, "rules/if-not-exists.yml", "level: error", "level: warning")
    done = ctb(team, "--format", "github")
    assert (done.returncode, done.stdout.startswith("::warning ")) == (0, True)
    (issue,) = json.loads(ctb(team, "--format", "gitlab").stdout)
    assert issue["severity"] == "minor"
    (suite,) = ET.fromstring(ctb(team, "--format", "junit").stdout)  # ours
    assert suite.get("failures") == "0"


def test_guidelines_are_chosen_by_code_and_by_id(team):
    change(team, SECOND, "-- Enforcement: ORBT\n", "")

    def codes(*arguments: str) -> set[str]:
        return set(re.findall(r": (CT\d\d) ", ctb(team, "--short", *arguments).stdout))

    assert codes() == {"CT03", "CT07"}
    assert codes("--select", "CT07") == codes("--ignore", "ctb-header") == {"CT07"}
    assert codes("--select", "ct03,if-not-exists") == {"CT03", "CT07"}
    assert codes("--select", "CT03", "--select", "CT07", "--ignore", "CT07") == {"CT03"}
    assert ctb(team, "--select", "CT01").returncode == 0


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_an_unknown_guideline_is_an_error(team, option):
    done = ctb(team, option, "CT70")
    assert done.returncode == 2
    assert f"{option} CT70: no guideline" in done.stderr


def test_text_that_is_not_saved_is_checked_as_the_file(team):
    saved = (team / SECOND).read_bytes()
    repaired = saved.replace(b"ADD COLUMN", b"ADD COLUMN IF NOT EXISTS")
    assert ctb(team, "--stdin-filename", SECOND, text=repaired).returncode == 0
    broken = saved.replace(b"COMMIT;\n", b"")
    done = ctb(team, "--stdin-filename", SECOND, "--short", text=broken)
    assert {"CT05", "CT07"} <= set(re.findall(r": (CT\d\d) ", done.stdout))
    assert (team / SECOND).read_bytes() == saved


def test_text_that_is_not_saved_is_the_only_file(team):
    done = ctb(team, "--stdin-filename", SECOND, FIRST, text=b"")
    assert done.returncode == 2
    assert "standard input" in done.stderr


def test_statistics_and_quiet(team):
    change(team, FIRST, "CREATE TABLE IF NOT EXISTS", "CREATE TABLE")
    done = ctb(team, "--statistics", "--short", "--quiet")
    assert done.stdout.splitlines()[-1] == "     2  CT07 if-not-exists"
    assert done.stderr == ""


def test_a_finding_in_a_comment_ends_with_its_line(team):
    """What is about a comment is marked to the end of the line, not by its first word."""
    change(team, SECOND, "-- Rollback:\n", "-- Rollback: none\n")
    (finding,) = [
        finding for finding in json.loads(ctb(team, "--format", "json").stdout)["findings"] if finding["code"] == "CT06"
    ]
    line = (team / SECOND).read_text().splitlines()[finding["line"] - 1]
    assert (finding["end_line"], finding["end_column"]) == (finding["line"], len(line) + 1)
