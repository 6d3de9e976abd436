"""Annotations: what GitHub is told by pytest-github-actions-annotate-failures, and at which line of which file."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

import pytest_ctb
import sample
from sample import FIRST, SECOND, change

# pytester forgets what a run inside it imported first; the package's modules must stay one and the same.
for _module in pkgutil.walk_packages(pytest_ctb.__path__, "pytest_ctb."):
    import_module(_module.name)

ANNOTATION = re.compile(r"::(?P<kind>error|warning) file=(?P<file>[^,]+),line=(?P<line>\d+)::(?P<said>.*)")


@pytest.fixture
def project(pytester, monkeypatch):
    """A repository that holds the guide, checked out on a runner of GitHub's."""
    sample.write(pytester.path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(pytester.path))
    return pytester


def annotations(project, *args) -> set[tuple[str, str, int, str]]:
    """Kind, file, line and text of each annotation of a run."""
    done = project.runpytest("--ctb", "--ctb-postgres", "embedded", *args)
    found = [found.groupdict() for line in done.errlines if (found := ANNOTATION.fullmatch(line))]
    assert len(found) == sum(line.startswith("::") for line in done.errlines)
    return {(one["kind"], one["file"], int(one["line"]), one["said"].replace("%0A", "\n")) for one in found}


def line_of(root: Path, name: str, text: str) -> int:
    """The one line of a file that holds a text."""
    lines = (root / name).read_text(encoding="utf-8").splitlines()
    (number,) = [number for number, line in enumerate(lines, start=1) if text in line]
    return number


def unguard(root: Path) -> int:
    """Take IF NOT EXISTS out of the second line of a statement; where that is."""
    change(root, SECOND, "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS", "ALTER TABLE shop.item\n    ADD COLUMN")
    return line_of(root, SECOND, "ADD COLUMN")


def test_what_holds_is_not_annotated(project):
    assert annotations(project, "-m", "ctb_static") == set()


def test_a_finding_is_annotated_at_its_own_line(project):
    """Neither the file's first line nor the statement's: the line that a person has to change."""
    body = "DO $$\nBEGIN\n    PERFORM 1;\n    ALTER TABLE shop.item DROP COLUMN IF EXISTS name;\nEND $$;\n\nCOMMIT;"
    change(project.path, SECOND, "COMMIT;", body)
    ((kind, file, line, said),) = annotations(project, "-k", "no-drop-column")
    assert (kind, file, line) == ("error", SECOND, line_of(project.path, SECOND, "DROP COLUMN IF EXISTS name"))
    assert said == f"CT08 no-drop-column: {SECOND}\n\nCT08 DROP COLUMN shop.item.name"


def test_workers_annotate_once_and_at_the_same_line(project):
    line = unguard(project.path)
    ((_, file, at, _),) = annotations(project, "-k", "if-not-exists", "-n", "2")
    assert (file, at) == (SECOND, line)


def test_of_several_findings_the_first_has_the_annotation_and_names_the_others(project):
    """The plugin makes one annotation for each failed test."""
    change(project.path, FIRST, "SCHEMA IF NOT EXISTS", "SCHEMA")
    change(project.path, FIRST, "TABLE IF NOT EXISTS", "TABLE")
    first, second = (line_of(project.path, FIRST, text) for text in ("CREATE SCHEMA", "CREATE TABLE"))
    ((_, file, at, said),) = annotations(project, "-k", "if-not-exists")
    assert (file, at) == (FIRST, first)
    assert f"\n{FIRST}:{second}:" in said


def test_a_finding_that_is_allowed_does_not_take_the_annotation(project):
    change(project.path, FIRST, "CREATE SCHEMA IF NOT EXISTS", "-- ctb:allow if-not-exists: made once\nCREATE SCHEMA")
    change(project.path, FIRST, "TABLE IF NOT EXISTS", "TABLE")
    ((_, file, at, said),) = annotations(project, "-k", "if-not-exists")
    assert (file, at) == (FIRST, line_of(project.path, FIRST, "CREATE TABLE"))
    assert "CREATE SCHEMA" not in said


def test_a_warning_has_its_line_too(project):
    line = unguard(project.path)
    change(project.path, "rules/if-not-exists.yml", "level: error", "level: warning")
    ((kind, file, at, said),) = annotations(project, "-k", "if-not-exists", "-W", "always::pytest_ctb.CtbWarning")
    assert (kind, file, at) == ("warning", SECOND, line)
    assert said.startswith(f"{SECOND}:{line}:")


@pytest.mark.parametrize("root", ["the subfolder", "the workspace"])
def test_a_repository_in_a_subfolder(project, monkeypatch, root):
    """GitHub wants paths from the workspace. Where pytest is called below its root, PYTEST_RUN_PATH has to say so."""
    sub = project.path / "services" / "shop"
    sub.mkdir(parents=True)
    line = unguard(project.path)
    options = ["-k", "if-not-exists"]
    if root == "the subfolder":
        for part in ("infra", "migrations", "rules"):
            (project.path / part).rename(sub / part)
        options += ["--rootdir", "."]
    else:
        monkeypatch.setenv("PYTEST_RUN_PATH", "../..")
        (project.path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(sub)
    ((_, file, at, _),) = annotations(project, *options)
    assert (file, at) == (f"services/shop/{SECOND}" if root == "the subfolder" else SECOND, line)
