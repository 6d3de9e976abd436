"""What changed since an earlier report: `--ctb-compare`, in all places that say it; and the revision of a report."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from pathlib import Path

import pytest

import sample
from pytest_ctb.errors import ConfigError
from pytest_ctb.report.compare import compared, read
from pytest_ctb.report.json import as_dict
from pytest_ctb.report.markdown import as_markdown
from pytest_ctb.report.results import EarlierReport, Outcome
from pytest_ctb.repository.git import revision
from sample import FIRST, SECOND, change
from test_reports import HOSTILE, finding, rendered, results


def counts(root, before, now, outcome=Outcome.FAILED) -> str:
    """What is said of findings of an earlier report and of this one, which asked `replay` of the first file alone."""
    run = results(root, *now, outcome=outcome)
    earlier = EarlierReport(root / "old.json", tuple(before), None)
    return str(compared(dataclasses.replace(run, earlier=earlier)))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("repository")
    sample.write(root)
    return root


def test_new_gone_and_still_there(root):
    kept, gone, new = (finding(message=message) for message in ("kept", "gone", "new"))
    assert counts(root, [kept, gone], [kept, new]) == "1 new, 1 gone, 1 still there"
    assert counts(root, [], [new]) == "1 new, 0 gone, 0 still there"


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"line": 3}, {"line": 30}, "0 new, 0 gone, 1 still there"),
        ({"message": "fails on 7 rows"}, {"message": "fails on 12,000 rows"}, "0 new, 0 gone, 1 still there"),
        ({"message": "drops item_1"}, {"message": "drops item_2"}, "1 new, 1 gone, 0 still there"),
        ({"message": "column a.b2"}, {"message": "column a.b3"}, "1 new, 1 gone, 0 still there"),
        ({"status": "new"}, {"status": "allowed"}, "0 new, 0 gone, 1 still there"),
        ({"file": "migrations/gone.sql"}, {}, "1 new, 1 gone, 0 still there"),
        ({"database": "a"}, {"database": "b"}, "1 new, 1 gone, 0 still there"),
    ],
)
def test_two_findings_are_the_same_by_their_words(root, before, now, said):
    assert counts(root, [finding(**before)], [finding(**now)]) == said


def test_equal_findings_are_counted(root):
    """An equal message is matched before one that differs in a number."""
    assert counts(root, [finding()] * 3, [finding()]) == "0 new, 2 gone, 1 still there"
    two, three = finding(message="2 rows"), finding(message="3 rows")
    assert counts(root, [two, three], [three]) == "0 new, 1 gone, 1 still there"


def test_what_was_not_judged_is_not_gone(root):
    other_file, other_guideline = finding(file=SECOND), finding(guideline="atomic", code="CT12")
    assert counts(root, [other_file, other_guideline], []) == "0 new, 0 gone, 0 still there, 2 not judged this time"
    for outcome in (Outcome.SKIPPED, Outcome.ERROR):
        assert counts(root, [finding()], [], outcome) == "0 new, 0 gone, 0 still there, 1 not judged this time"
    assert counts(root, [finding()], [], Outcome.PASSED) == "0 new, 1 gone, 0 still there"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not a JSON report"),
        ("[]", "not a JSON report"),
        ('{"version": 2, "findings": []}', "not a JSON report"),
        ('{"version": 1}', "`--ctb-report report.json` writes one"),
        ('{"version": 1, "findings": [{}]}', "findings[0]: lacks the keys of a finding"),
        ('{"version": 1, "findings": [3]}', "findings[0]: lacks the keys of a finding"),
        ("[" * 100_000, "not a JSON report"),
        ("\\xff", "not a JSON report"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path, text, said):
    (tmp_path / "old.json").write_text(text)
    with pytest.raises(ConfigError) as error:
        read(tmp_path / "old.json")
    assert said in str(error.value)
    assert str(tmp_path / "old.json") in str(error.value)


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    for path, said in (
        (tmp_path / "pipe.json", "a named pipe"),
        (tmp_path, "a folder"),
        (Path("/dev/zero"), "a device"),
    ):
        with pytest.raises(ConfigError, match=f"{path}: cannot be read: it is {said}"):
            read(path)


def test_ten_thousand_findings_are_matched_one_by_one(root):
    before = [finding(message=f"item_{number} has {number} rows") for number in range(10_000)]
    now = [dataclasses.replace(one, line=3) for one in before[5_000:]]
    assert counts(root, before, now) == "0 new, 5000 gone, 5000 still there".replace("5000", "5,000")


def test_a_wrong_level_is_refused_and_keys_of_later_versions_are_not(tmp_path):
    values = {**as_dict(finding()), "end_line": 1, "end_column": 2, "later": "key"}
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"version": 1, "findings": [values], "revision": {"later": "key"}}))
    assert [one.message for one in read(path).findings] == ["it fails"]
    for odd in (None, 3, [], {"repository": "a", "branch": 1, "commit": [], "edited": None}):
        path.write_text(json.dumps({"version": 1, "findings": [], "revision": odd}))
        assert str(read(path)) == "old.json"
    whole = {"repository": "shop", "branch": "main", "commit": "0123456789", "edited": False}
    path.write_text(json.dumps({"version": 1, "findings": [], "revision": whole}))
    assert str(read(path)) == "old.json (shop, main at 01234567)"
    path.write_text(json.dumps({"version": 1, "findings": [{**values, "level": "loud"}]}))
    with pytest.raises(ConfigError, match=r"findings\[0\]: 'loud' is not a valid"):
        read(path)


def test_a_run_compares_with_a_report_that_it_then_replaces(pytester):
    sample.write(pytester.path)
    args = ["--ctb", "--ctb-postgres", "embedded", "-k", "if-not-exists", "--ctb-report=out.json"]
    change(pytester.path, SECOND, "IF NOT EXISTS price", "price")
    pytester.runpytest(*args).assert_outcomes(failed=1, passed=1)
    change(pytester.path, FIRST, "CREATE TABLE IF NOT EXISTS", "CREATE TABLE")
    change(pytester.path, SECOND, "price", "IF NOT EXISTS price")
    result = pytester.runpytest(*args, "--ctb-report=out.md", "--ctb-report=out.html", "--ctb-compare", "out.json")
    result.stdout.fnmatch_lines(["ctb: findings since out.json: 1 new, 1 gone, 0 still there"])
    text = (pytester.path / "out.md").read_text()
    assert "### Since out.json\n\n1 new, 1 gone, 0 still there\n" in text
    assert "**new:** CREATE TABLE shop.item has no IF NOT EXISTS" in text
    assert "<details><summary>1 gone</summary>\n\n- `" + SECOND in text
    pytester.runpytest(*args, "--ctb-compare", "out.json").stdout.fnmatch_lines(["*0 new, 0 gone, 1 still there"])
    result = pytester.runpytest(*args, "--ctb-compare", "nowhere.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --ctb-compare *nowhere.json: cannot be read: No such file*"])


def test_words_of_an_earlier_report_are_text(root):
    old = finding(**dict.fromkeys(("message", "file", "guideline", "code"), HOSTILE))
    earlier = EarlierReport(root / f"{HOSTILE.replace('/', '')}.json", (old,), None)
    run = dataclasses.replace(results(root, finding(), outcome=Outcome.FAILED), earlier=earlier)
    assert "<img" not in rendered(as_markdown(run))


# --- The revision -----------------------------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A git repository with one commit, and how to call git in it."""
    for name in ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BITBUCKET_BRANCH", "BUILDKITE_BRANCH"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "shop"
    (folder / "migrations").mkdir(parents=True)
    (folder / "migrations" / "a.sql").write_text("SELECT 1;\n")

    def git(*args: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        return subprocess.run(
            ["git", "-C", folder, *identity, *args], check=True, capture_output=True, text=True
        ).stdout

    git("init", "-q", "-b", "prices")
    assert revision(folder, ["migrations/a.sql"]) is None, "there is no commit yet"
    git("add", "-A")
    git("commit", "-qm", "first")
    return folder, git


def test_no_git_no_revision(tmp_path):
    assert revision(tmp_path, []) is None


def test_branch_commit_and_uncommitted_changes(clone, monkeypatch):
    folder, git = clone
    commit = git("rev-parse", "HEAD").strip()
    assert str(revision(folder, ["migrations/a.sql"])) == f"shop, prices at {commit[:8]}"
    (folder / "notes.txt").write_text("not judged")
    assert not revision(folder, ["migrations/a.sql"]).edited
    (folder / "migrations" / "b.sql").write_text("SELECT 2;\n")
    assert revision(folder, ["migrations/a.sql", "migrations/b.sql"]).edited, "a new file"
    assert revision(folder / "migrations", ["b.sql"]).edited, "paths are relative to the root, which may lie below"
    (folder / "migrations" / "a.sql").write_text("SELECT 3;\n")
    assert str(revision(folder, ["migrations/a.sql"])).endswith(" with uncommitted changes")
    git("checkout", "-q", "--detach")
    assert revision(folder, []).branch == ""
    monkeypatch.setenv("GITHUB_HEAD_REF", "from-ci")
    assert revision(folder, []).branch == "from-ci"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://user:secret@github.com/acme/shop.git", "acme/shop"),
        ("git@github.com:acme/shop.git", "acme/shop"),
        ("ssh://git@host:22/acme/team/shop", "team/shop"),
        ("/srv/git/shop.git", "shop"),
        ("../shop", "shop"),
        ("https://x:secret@example.org", "shop"),
    ],
)
def test_the_repository_is_named_without_its_password(clone, address, name):
    folder, git = clone
    git("remote", "add", "origin", address)
    assert revision(folder, []).repository == name
