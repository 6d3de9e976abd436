"""What changed since a revision: only that is judged, everything is replayed."""

from __future__ import annotations

import subprocess

import pytest

import sample
import shops
from pytest_ctb.errors import ConfigError
from pytest_ctb.repository import git
from sample import FIRST, SECOND, change

THIRD = "migrations/2025-10-25_add_size_to_item.sql"


def run(folder, *arguments: str) -> str:
    identity = ("-c", "user.name=Team", "-c", "user.email=team@example.org", "-c", "commit.gpgsign=false")
    line = ["git", *identity, *arguments]
    return subprocess.run(line, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def team(pytester):
    """A repository that holds the guide, committed on `main`."""
    sample.write(pytester.path)
    pytester.makeini("[pytest]\nctb_postgres = embedded\n")
    (pytester.path / ".gitignore").write_text("out/\n")
    run(pytester.path, "init", "--quiet", "--initial-branch", "main")
    run(pytester.path, "add", "--all")
    run(pytester.path, "commit", "--quiet", "--message", "All")
    git.changes.cache_clear()
    yield pytester
    git.changes.cache_clear()


def third(team, name: str = THIRD) -> None:
    body = "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS size int;\n"
    rollback = "ALTER TABLE shop.item DROP COLUMN IF EXISTS size;"
    text = sample.migration(body, unique_id="00000007", date="2025-10-25", rollback=rollback)
    (team.path / name).write_text(text)
    change(team.path, sample.BASE, "price numeric\n", "price numeric,\n    size int\n")


def judged(team, *arguments: str) -> set[str]:
    """The files that tests are listed under."""
    listed = team.runpytest("--ctb", "--co", "-q", *arguments).outlines
    return {line.partition("::")[0] for line in listed if "::" in line}


def test_only_what_is_new_is_judged_and_all_is_replayed(team):
    third(team)
    result = team.runpytest("--ctb", "--ctb-since", "main", "-v")
    assert result.ret == 0
    assert "ctb since main: 1 of 3 migrations changed; the others are only replayed" in result.outlines
    assert judged(team, "--ctb-since", "main") == {THIRD, sample.BASE, *(
        f"rules/{one}.yml" for one in ("required-tables", "deprecated-column")
    )}  # fmt: skip
    change(team.path, FIRST, "shop.item", "shop.thing")
    git.changes.cache_clear()
    assert FIRST in judged(team, "--ctb-since", "main")


@pytest.mark.parametrize("added", [False, True])
def test_edited_renamed_and_deleted_files(team, added):
    third(team)
    run(team.path, "add", "--all")
    run(team.path, "commit", "--quiet", "--message", "Third")
    change(team.path, SECOND, "-- Description: ", "-- Description: Of ")
    other = "migrations/2025-10-26_add_size_to_item.sql"
    (team.path / THIRD).rename(team.path / other)
    if added:
        run(team.path, "add", "--all")
    (team.path / FIRST).unlink()
    found = git.changes(team.path, "main")
    assert (found.edited, found.renamed, found.deleted, found.added) == ({SECOND}, {other: THIRD}, {FIRST}, frozenset())
    assert found.present == {SECOND, other}
    assert run(team.path, "status", "--short").count("\n") == (4 if not added else 3), "git's own index is as it was"


def test_what_the_branch_got_since_counts_for_nothing(team):
    run(team.path, "checkout", "--quiet", "-b", "feature")
    third(team)
    run(team.path, "add", "--all")
    run(team.path, "commit", "--quiet", "--message", "Third")
    run(team.path, "checkout", "--quiet", "main")
    change(team.path, SECOND, "-- Description: ", "-- Description: Of ")
    run(team.path, "commit", "--quiet", "--all", "--message", "On main")
    run(team.path, "checkout", "--quiet", "feature")
    assert git.changes(team.path, "main").present == {THIRD, sample.BASE}


def test_names_that_are_odd(team):
    odd = "migrations/2025-10-25_ä b\n'c'.sql"
    third(team, odd)
    assert odd in git.changes(team.path, "main").added
    (team.path / "out").mkdir()
    (team.path / "out/x.sql").write_text("")
    git.changes.cache_clear()
    assert "out/x.sql" not in git.changes(team.path, "main").added


def test_from_a_folder_inside_of_the_repository(team):
    inside = team.path / "migrations"
    third(team)
    assert git.changes(inside, "main").added == {THIRD.partition("/")[2]}
    assert git.changes(inside, "main").edited == {f"../{sample.BASE}"}


@pytest.mark.parametrize(
    ("revision", "said"),
    [("nowhere", "*git diff: *nowhere*"), ("--output=x", "*'--output=x' is not a git revision*")],
)
def test_a_revision_that_is_none(team, revision, said):
    result = team.runpytest("--ctb", f"--ctb-since={revision}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {said}"])
    assert not (team.path / "x").exists()


def test_without_git_or_a_repository(team, monkeypatch, tmp_path):
    with pytest.raises(ConfigError, match="not a git repository"):
        git.changes(tmp_path, "main")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="git is not installed"):
        git.changes(team.path, "HEAD")


def test_what_is_published_is_not_edited(team):
    change(team.path, "rules/no-edit.yml", "level: off", "level: error")
    change(team.path, "rules/no-edit.yml", "origin/main", "main")
    team.runpytest("--ctb", "-k", "no-edit").assert_outcomes(passed=2)
    git.changes.cache_clear()
    change(team.path, SECOND, "numeric", "text")
    result = team.runpytest("--ctb", "-k", "no-edit")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"{SECOND}:15:1: CT18 no-edit: this migration is on main already, and was changed"])
    result.stdout.fnmatch_lines([f"    git checkout main -- {SECOND}"])
    git.changes.cache_clear()
    change(team.path, "rules/no-edit.yml", "branch: main", "branch: nowhere")
    result = team.runpytest("--ctb", "-k", "no-edit", "-rs")
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines(["*git diff: *nowhere*"])


def test_what_takes_a_migration_back_is_part_of_it(pytester):
    """Its file changed, so the migration is judged."""
    shops.write(pytester.path, shops.SHOPS["golang-migrate"])
    pytester.makeini("[pytest]\nctb_postgres = embedded\nctb_layout = golang-migrate\n")
    run(pytester.path, "init", "--quiet", "--initial-branch", "main")
    run(pytester.path, "add", "--all")
    run(pytester.path, "commit", "--quiet", "--message", "All")
    git.changes.cache_clear()
    path = shops.path("golang-migrate", "create_stock")
    down = path.replace(".up.sql", ".down.sql")
    (pytester.path / down).write_text("DROP VIEW IF EXISTS shop.stock;\nDROP TABLE shop.nothing;\n")
    result = pytester.runpytest("--ctb", "--ctb-since", "main", "-q")
    git.changes.cache_clear()
    result.stdout.fnmatch_lines([f"{down}:2:1: CT11 rollback-restores: the rollback instructions fail: *"])
    failed = [line for line in result.outlines if line.startswith("FAILED")]
    assert [line.split()[1] for line in failed] == [f"{path}::rollback-restores"]
