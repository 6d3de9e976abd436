"""The baseline: what is known stays known through edits, what is new fails, and it only gets shorter."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sample
from pytest_ctb.cli import main
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import BaselineEntry, Finding, Level
from pytest_ctb.repository import baseline
from pytest_ctb.repository.migration import parse_migration
from sample import SECOND, change

KNOWN = "ctb-baseline.json"
NEW = "migrations/2025-10-25_create_tag.sql"
TAG = "CREATE TABLE shop.tag (id bigint);\n"


@pytest.fixture
def team(pytester, monkeypatch):
    """A repository with one old file that breaks a good part of the guide."""
    sample.write(pytester.path)
    pytester.makeini("[pytest]\nctb_postgres = embedded\n")
    (pytester.path / NEW).write_text(TAG)
    change(pytester.path, sample.BASE, "COMMIT;", "CREATE TABLE IF NOT EXISTS shop.tag (id bigint);\nCOMMIT;")
    monkeypatch.chdir(pytester.path)
    return pytester


@pytest.fixture
def run(capsys):
    def done(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["baseline", *arguments])
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return done


def turned_red(result) -> set[str]:
    return {line.split()[1] for line in result.outlines if line.startswith("FAILED ")}


def lines(team) -> list[str]:
    return (team.path / KNOWN).read_text(encoding="utf-8").splitlines()[2:-1]


def test_what_is_known_is_expected_and_what_is_new_fails(team, run):
    before = turned_red(team.runpytest("--ctb"))
    assert f"{NEW}::ctb-header" in before
    code, out, _ = run()
    assert (code, out) == (0, f"{KNOWN}: {len(lines(team))} known\n")
    result = team.runpytest("--ctb", "-rx")
    assert result.ret == 0
    assert result.parseoutcomes()["xfailed"] == len(before)
    result.stdout.fnmatch_lines([f"XFAIL {NEW}::ctb-header - known in {KNOWN}"])
    later = "migrations/2025-10-26_create_label.sql"
    (team.path / later).write_text(TAG.replace("tag", "label"))
    red = turned_red(team.runpytest("--ctb"))
    assert f"{later}::ctb-header" in red
    assert {one.partition("::")[0] for one in red} == {later, sample.BASE}


def test_it_is_sorted_and_one_line_each(team, run):
    run()
    text = (team.path / KNOWN).read_text(encoding="utf-8")
    document = json.loads(text)
    assert len(lines(team)) == len(document["findings"])
    keys = [(one["file"], one["guideline"], one["fingerprint"], one["says"]) for one in document["findings"]]
    assert keys == sorted(keys)
    assert baseline.dump(baseline.load(team.path, team.path / KNOWN).entries) == text


@pytest.mark.parametrize(
    "edited",
    [
        f"\n\n-- A tag is a word.\n\n{TAG}",
        TAG.replace("(id bigint)", "(\n    id bigint -- its number\n)"),
        f"SELECT 1;\n{TAG}",
        TAG.replace("bigint", "bigint DEFAULT 1"),
    ],
    ids=["moved", "laid out", "behind another", "changed"],
)
def test_edits_elsewhere_do_not_wake_what_is_known(team, run, edited):
    run()
    (team.path / NEW).write_text(edited)
    assert (
        turned_red(team.runpytest("--ctb", "-k", "tag and (if-not-exists or ctb-header or rollback-instructions)"))
        == set()
    )


def test_the_same_again_is_new(team, run):
    run()
    (team.path / NEW).write_text(TAG + TAG.replace("shop.tag", "shop.label"))
    assert turned_red(team.runpytest("--ctb", "-k", "if-not-exists")) == {f"{NEW}::if-not-exists"}


def test_what_is_gone_is_told_until_it_is_taken_out(team, run):
    run()
    number = len(lines(team))
    (team.path / NEW).write_text(TAG.replace("TABLE", "TABLE IF NOT EXISTS"))
    result = team.runpytest_subprocess("--ctb")
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"*{KNOWN}:*:1: CT22 stale-baseline: the entry `if-not-exists` of {NEW} is stale, *"])
    result = team.runpytest_subprocess("--ctb", "-W", "error::pytest_ctb.CtbWarning")
    assert turned_red(result) == {f"{KNOWN}::{NEW}"}
    assert run("--prune")[1] == f"{KNOWN}: {number - 2} known (-2)\n"  # that it runs twice as well
    assert team.runpytest_subprocess("--ctb", "-W", "error::pytest_ctb.CtbWarning").ret == 0
    (team.path / NEW).write_text(TAG)
    assert f"{NEW}::if-not-exists" in turned_red(team.runpytest("--ctb"))


def test_only_half_of_what_is_counted_is_gone(team, run):
    (team.path / NEW).write_text("CREATE TABLE shop.tag (id bigint);\nDROP TABLE shop.tag;\n" + TAG)
    run()
    counted = [json.loads(line.rstrip(",")) for line in lines(team) if '"if-not-exists"' in line]
    assert [one.get("count", 1) for one in counted if "CREATE TABLE" in one["says"]] == [2]
    (team.path / NEW).write_text("DROP TABLE IF EXISTS shop.tag;\n" + TAG)
    run("--prune")
    counted = [json.loads(line.rstrip(",")) for line in lines(team) if '"if-not-exists"' in line]
    assert [one.get("count", 1) for one in counted if "CREATE TABLE" in one["says"]] in ([1], [])


def test_what_cannot_be_judged_stays(team, run):
    run()
    before = lines(team)
    (team.path / NEW).write_text(TAG.replace("TABLE", "TABEL"))
    code, _, err = run("--prune")
    assert code == 0
    assert "skipped; their findings are not in the baseline" in err
    kept = {json.loads(line.rstrip(","))["guideline"] for line in lines(team)}
    assert {"if-not-exists", "idempotent"} <= kept
    assert len(lines(team)) <= len(before)


def test_a_file_that_is_gone_takes_its_entries_along(team, run):
    run()
    (team.path / NEW).unlink()
    result = team.runpytest_subprocess("--ctb", "-k", KNOWN)
    result.stdout.fnmatch_lines([f"*the entry `ctb-header` of {NEW} is stale, it is not found any more*"])
    run("--prune")
    assert not [line for line in lines(team) if NEW in line]


def test_adding_takes_a_reason_which_stays(team, run):
    run()
    known = lines(team)
    change(team.path, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    assert run()[0] == 2
    code, _, err = run("--update")
    assert (code, "--reason" in err) == (2, True)
    assert lines(team) == known
    code, out, _ = run("--update", "--reason", "it is out since Monday")
    assert (code, out) == (0, f"{KNOWN}: {len(known) + 2} known (+2)\n")
    assert sum('"reason": "it is out since Monday"' in line for line in lines(team)) == 2
    team.runpytest("--ctb", "-rx").stdout.fnmatch_lines([f"XFAIL {SECOND}::if-not-exists - it is out since Monday"])


def test_an_exception_in_the_file_comes_first(team, run):
    run()
    (team.path / NEW).write_text(f"SELECT 1;\n-- ctb:allow if-not-exists: once is enough\n{TAG}")
    result = team.runpytest_subprocess("--ctb", "-rx", "-k", "if-not-exists or baseline")
    result.stdout.fnmatch_lines([f"XFAIL {NEW}::if-not-exists - once is enough"])
    result.stdout.fnmatch_lines(["*the entry `if-not-exists` of * is stale*"])


def test_workers_and_reports_say_the_same(team, run):
    run()
    result = team.runpytest_subprocess("--ctb", "-n", "2", "--ctb-report", "out.json", "--ctb-report", "out.sarif")
    assert result.ret == 0
    findings = json.loads((team.path / "out.json").read_text(encoding="utf-8"))["findings"]
    assert {one["status"] for one in findings} == {"baselined"}
    sarif = json.loads((team.path / "out.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert {one["suppressions"][0]["kind"] for one in sarif} == {"external"}


def test_command_and_editor_are_silent_too(team, run, capsys):
    run()
    with pytest.raises(SystemExit) as ended:
        main(["check"])
    assert not ended.value.code, capsys.readouterr()
    lint = [Path(sys.executable).with_name("sqlfluff"), "lint", "--rules", "ctb", "--dialect", "postgres", "migrations"]
    done = subprocess.run(lint, capture_output=True, text=True, check=False, cwd=team.path)
    assert done.returncode == 0, done.stdout
    (team.path / KNOWN).unlink()
    assert "CTB_CT07" in subprocess.run(lint, capture_output=True, text=True, check=False, cwd=team.path).stdout


def test_it_may_have_another_name(team, run):
    team.makeini("[pytest]\nctb_postgres = embedded\nctb_baseline = guide/known.json\n")
    (team.path / "guide").mkdir()
    assert run()[1].startswith("guide/known.json: ")
    assert team.runpytest("--ctb").ret == 0
    (team.path / "guide/known.json").rename(team.path / "other.json")
    assert team.runpytest("--ctb", "--ctb-baseline", "other.json").ret == 0
    result = team.runpytest("--ctb")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: guide/known.json: cannot be read*"])


def test_packaged_guidelines_are_known_by_a_name_that_is_the_same_everywhere(team, run):
    import shutil

    shutil.rmtree(team.path / "rules")
    run()
    assert any('"file": "rules/required-tables.yml"' in line for line in lines(team))
    assert ".." not in (team.path / KNOWN).read_text(encoding="utf-8")
    assert team.runpytest_subprocess("--ctb", "-W", "error::pytest_ctb.CtbWarning").ret == 0


def test_a_run_that_does_not_come_to_its_end_writes_nothing(team, run):
    code, _, err = run("--", "--ctb-postgres-version", "9")
    assert code == 2
    assert "did not come to its end" in err
    assert "no throwaway Postgres 9 can be had" in err
    assert not (team.path / KNOWN).exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", f"{KNOWN}:1: not valid JSON: "),
        ("[]", f"{KNOWN}:1: not a baseline"),
        ('{"version": 2, "findings": []}', f"{KNOWN}:1: not a baseline"),
        ('{"version": 1,\n "findings": [\n  {"file": "a"}\n]}', f"{KNOWN}:3: the entry's 'guideline' is missing"),
        ('{"version": 1,\n "findings": [\n{0},\n{0}\n]}', f"{KNOWN}:4: unknown key 'level'"),
        ('{"version": 1,\n "findings": [\n{1}\n]}', f"{KNOWN}:3: 'count' is a number from 1 on"),
    ],
)
def test_a_baseline_that_is_none(tmp_path, text, said):
    good = {"file": "a", "guideline": "b", "fingerprint": "", "says": "{[ it"}
    text = text.replace("{0}", json.dumps(good), 1)
    text = text.replace("{0}", json.dumps({**good, "level": "off"})).replace("{1}", json.dumps({**good, "count": 0}))
    (tmp_path / KNOWN).write_text(text)
    with pytest.raises(ConfigError, match=re.escape(said)):
        baseline.load(tmp_path, tmp_path / KNOWN)


def finding(line: int, message: str) -> Finding:
    return Finding("if-not-exists", "CT07", Level.ERROR, NEW, line, 1, message)


def test_the_nearest_entry_is_the_one_that_is_used():
    """Equal in all before equal in the statement before equal in words."""
    migration = parse_migration(b"CREATE TABLE a (i int);\nCREATE TABLE b (i int);\nCREATE TABLE c (i int);\n", NEW)
    a, b = (baseline.entries([(finding(number, says), migration)])[0] for number, says in ((1, "A 1"), (2, "B 2")))
    words = BaselineEntry(NEW, "if-not-exists", "", "A 9")
    found, left = baseline.matched([finding(3, "A 3"), finding(1, "Z"), finding(2, "B 7")], migration, [words, a, b])
    assert found == (words, a, b)
    assert left == ()
    found, left = baseline.matched([finding(3, "C")], migration, [a, b])
    assert found == (None,)
    assert left == (a, b)
