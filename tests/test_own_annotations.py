"""Annotations of GitHub Actions by `pytest --ctb` itself: each finding once, at its place, with or without xdist."""

from __future__ import annotations

import re

import pytest

import sample
from sample import FIRST, SECOND, change

PEER = "pytest_github_actions_annotate_failures"
COMMAND = re.compile(r"::(error|warning) file=([^,]+),line=(\d+)[^:]*,title=([^:]+)::(.*)")


@pytest.fixture
def project(pytester, monkeypatch):
    """A repository with three findings, checked out on a runner of GitHub's."""
    sample.write(pytester.path)
    change(pytester.path, FIRST, "SCHEMA IF NOT EXISTS", "SCHEMA")
    change(pytester.path, FIRST, "TABLE IF NOT EXISTS", "TABLE")
    change(pytester.path, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(pytester.path))
    return pytester


def annotations(project, *options: str, peer: bool = False) -> list[tuple[str, ...]]:
    """Kind, file, line, title and text of each annotation."""
    plugins = () if peer else ("-p", f"no:{PEER}")
    done = project.runpytest_subprocess(
        "--ctb", "--ctb-postgres", "embedded", "-p", "no:cacheprovider", *plugins, *options
    )
    lines = [line for line in (*done.outlines, *done.errlines) if line.startswith("::")]
    found = [match.groups() for line in lines if (match := COMMAND.fullmatch(line))]
    assert len(found) == len(lines) or peer
    return found


STATIC = ("-m", "ctb_static")


@pytest.mark.parametrize(
    "options", [STATIC, (*STATIC, "-n", "2"), (*STATIC, "-q", "--tb=no"), (*STATIC, "--reruns", "1")], ids=str
)
def test_each_finding_has_one_annotation_at_its_place(project, monkeypatch, options):
    if "--reruns" in options:
        monkeypatch.setenv("PYTEST_ADDOPTS", "")
    found = annotations(project, *options)
    assert [one[:4] for one in found] == [
        ("error", FIRST, "15", "CT07 if-not-exists"),
        ("error", FIRST, "17", "CT07 if-not-exists"),
        ("error", SECOND, "15", "CT07 if-not-exists"),
    ]
    assert found[2][4].startswith("ADD COLUMN shop.item.price has no IF NOT EXISTS%0A%0AInstead:%0A")


def test_what_the_replay_finds_is_annotated_too(project):
    titles = {title for _, _, _, title, _ in annotations(project)}
    assert {"CT07 if-not-exists", "CT10 idempotent"} <= titles


def test_a_warning_is_one(project):
    change(project.path, "rules/if-not-exists.yml", "level: error", "level: warning")
    assert {kind for kind, *_ in annotations(project, *STATIC)} == {"warning"}


def test_what_is_allowed_or_known_is_not_annotated(project):
    for file, statement in ((FIRST, "CREATE SCHEMA"), (FIRST, "CREATE TABLE"), (SECOND, "ALTER TABLE")):
        change(project.path, file, f"\n{statement}", f"\n-- ctb:allow if-not-exists: made once\n{statement}")
    assert annotations(project, *STATIC) == []


def test_where_another_plugin_annotates_nothing_is_said_twice(project):
    assert annotations(project, *STATIC, peer=True) == []  # its own commands have no title
    assert annotations(project, *STATIC) != []


def test_who_wants_none_leaves_them_out(project):
    assert annotations(project, *STATIC, "-p", "no:ctb-annotations") == []


def test_elsewhere_than_on_github_nothing_is_annotated(project, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert annotations(project, *STATIC) == []
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert annotations(project, *STATIC) == []


def test_a_check_that_crashes_is_annotated_at_its_file(project):
    """Else a job would fail, and nothing in the pull request said why."""
    project.makeconftest(
        "from pytest_ctb.guide import judge\n"
        "kept = judge._run_check\n"
        "def broken(function, case, files):\n"
        "    if case.guideline.id == 'file-name':\n"
        "        raise KeyError('a mistake of ours')\n"
        "    return kept(function, case, files)\n"
        "judge._run_check = broken\n"
    )
    found = annotations(project, "-k", "file-name")
    assert [one[:4] for one in found] == [("error", file, "1", "CT01 file-name") for file in (FIRST, SECOND)]
    assert all("a mistake of ours" in one[4] for one in found)


def test_a_file_name_cannot_write_a_command(project):
    odd = "migrations/2025-10-25_add_a\n::error file=x::b.sql"
    (project.path / odd).write_text("SELECT 1;\n", encoding="utf-8")
    found = annotations(project, *STATIC)
    assert not [one for one in found if one[1] == "x"]
