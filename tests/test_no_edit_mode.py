"""A migration that only became executable was not edited (CT18), whether that is committed or not."""

from __future__ import annotations

import subprocess

import pytest

from cases import HERE, Case, judged

TEXT = "BEGIN;\nCREATE TABLE IF NOT EXISTS company.tag (id bigint);\nCOMMIT;\n"
FILE = "migrations/2025-10-23_create_tag.sql"


def _git(root, *arguments):
    identity = ("-c", "user.name=Team", "-c", "user.email=team@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def suite(tmp_path):
    case = Case("no-edit", fires=False, path=tmp_path / "case")
    for name in ("published/" + FILE, FILE):
        path = case.path / name
        path.parent.mkdir(parents=True)
        path.write_text(TEXT)
    return case, case.write(tmp_path / "repository")


def found(suite):
    def no_server():
        raise AssertionError("the text and git are enough")

    case, read = suite
    return [(one.file, one.line) for one in judged(case, read, no_server)]


@pytest.mark.parametrize("committed", [False, True])
def test_chmod_is_no_change(suite, committed):
    root = suite[1].repository.root
    (root / FILE).chmod(0o755)
    if committed:
        _git(root, "commit", "--quiet", "--all", "--message", "Executable")
    assert found(suite) == []


@pytest.mark.parametrize("text", [TEXT + "\n", TEXT.replace("\n", "\r\n"), "", TEXT + "\0", "\0"])
def test_chmod_does_not_hide_a_change(suite, text):
    root = suite[1].repository.root
    (root / FILE).write_bytes(text.encode())
    (root / FILE).chmod(0o755)
    assert [file for file, _ in found(suite)] == [FILE]


def test_a_link_in_its_place_is_a_change(suite):
    root = suite[1].repository.root
    (root / FILE).unlink()
    (root / FILE).symlink_to(HERE / "before.sql")
    assert [file for file, _ in found(suite)] == [FILE]
