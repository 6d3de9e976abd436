"""The hooks, run by pre-commit itself in a team's repository, as docs/ci.md shows them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import sample
from sample import SECOND, change

ROOT = Path(__file__).parent.parent
PRE_COMMIT = Path(sys.executable).parent / "pre-commit"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL")


def git(folder: Path, *args: str | Path) -> str:
    identity = ("-c", "user.name=Team", "-c", "user.email=team@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *args], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def commit_all(folder: Path) -> str:
    """Commit everything in a folder, and give the commit's name."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--allow-empty", "--message", "Now")
    return git(folder, "rev-parse", "HEAD").strip()


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> tuple[Path, str]:
    """This checkout, as it is now, as a repository with one commit."""
    folder = tmp_path_factory.mktemp("released")
    for name in git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder, commit_all(folder)


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    """Where pre-commit keeps what it installed, for all tests here."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def team(tmp_path, released, cache):
    """A repository that holds the guide, with the configuration of docs/ci.md; and how to run a hook in it."""
    sample.write(tmp_path)
    (tmp_path / ".pre-commit-config.yaml").write_text(configuration(*released), encoding="utf-8")
    commit_all(tmp_path)
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("PIP_")}

    def run(hook: str, stage: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PRE_COMMIT, "run", *([hook] if hook else []), "--hook-stage", stage, "--all-files", "--verbose"],
            cwd=tmp_path,
            env={**kept, "PRE_COMMIT_HOME": str(cache)},
            capture_output=True,
            text=True,
            check=False,
        )

    return tmp_path, run


def configuration(repository: Path, commit: str) -> str:
    """The block of docs/ci.md, with this checkout in place of a release."""
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(# .pre-commit-config.yaml\n.*?)^```$", text, re.MULTILINE | re.DOTALL)
    made = re.sub(r"repo: .*", f"repo: {repository}", re.sub(r"rev: .*", f"rev: {commit}", block))
    assert made.count(commit) == made.count(f"repo: {repository}\n") == 1
    return made


def test_the_manifest_is_valid_and_its_hooks_are_documented(released):
    subprocess.run([PRE_COMMIT, "validate-manifest", HOOKS], check=True)
    ids = [one["id"] for one in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))]
    (repository,) = yaml.safe_load(configuration(*released))["repos"]
    assert sorted(one["id"] for one in repository["hooks"]) == sorted(ids)
    docs = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    assert all(f"| `{one}` |" in docs for one in ids)


def test_the_hook_that_replays_brings_the_wheel_of_the_extra():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (hook,) = [one for one in yaml.safe_load(HOOKS.read_text(encoding="utf-8")) if one["id"] == "pytest-ctb"]
    assert hook["additional_dependencies"] == project["optional-dependencies"]["embedded"]


def test_before_a_push_the_whole_guide_is_held(team):
    folder, run = team
    done = run("pytest-ctb", "pre-push")
    assert done.returncode == 0, done.stdout
    assert re.search(r"=+ \d+ passed in ", done.stdout)
    change(folder, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    done = run("pytest-ctb", "pre-push")
    assert done.returncode == 1
    assert "::idempotent - CT10" in done.stdout


def test_what_a_text_can_break_stops_a_commit(team):
    folder, run = team
    done = run("ctb-check", "pre-commit")
    assert done.returncode == 0, done.stdout
    change(folder, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    done = run("ctb-check", "pre-commit")
    assert done.returncode == 1
    assert re.search(rf"{re.escape(SECOND)}:\d+:\d+: CT07 if-not-exists", done.stdout)


def test_a_finding_is_reported_once(team):
    """All hooks of a stage run one after the other; no two of them report the same."""
    folder, run = team
    change(folder, SECOND, "COMMIT;", "ALTER TABLE shop.item DROP COLUMN name;\nCOMMIT;")  # nothing repairs that
    commit = run("", "pre-commit").stdout
    assert len(re.findall(rf"{re.escape(SECOND)}:\d+:\d+: CT08 no-drop-column", commit)) == 1
    assert "pytest --ctb" not in commit
    push = run("", "pre-push").stdout
    assert "ctb check" not in push
    assert "ctb fix" not in push
    assert push.count("::no-drop-column - CT08") == 1


def test_what_needs_no_decision_is_repaired_and_the_commit_looked_at_again(team):
    folder, run = team
    before = (folder / SECOND).read_text(encoding="utf-8")
    change(folder, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    assert run("ctb-fix", "pre-commit").returncode == 1
    assert (folder / SECOND).read_text(encoding="utf-8") == before
    assert run("ctb-fix", "pre-commit").returncode == 0
