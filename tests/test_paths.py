"""How a file is named: relative to the root, with forward slashes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_ctb.repository.paths import relative


@pytest.mark.parametrize(
    ("root", "path", "name"),
    [
        ("/a/b", "/a/b/c/d.sql", "c/d.sql"),
        ("/a/b", "/a/bc/d.sql", "../bc/d.sql"),
        ("/a/b", "/a/b", "."),
        ("/a/b", "/a/b/../c.sql", "../c.sql"),
        ("/a/../b", "/a/../b/c.sql", "c.sql"),
        ("/a/b", "/a/b/x..y.sql", "x..y.sql"),
        ("/", "/a.sql", "a.sql"),
        ("a", "a/b.sql", "b.sql"),
        (".", "b.sql", "b.sql"),
    ],
)
def test_a_path_is_told_from_the_root(root, path, name):
    assert relative(Path(root), Path(path)) == name == os.path.relpath(path, root).replace(os.sep, "/")


def test_a_link_is_told_as_it_is_written(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert relative(tmp_path, tmp_path / "link/a.sql") == "link/a.sql"
    assert relative(tmp_path / "link", tmp_path / "real/a.sql") == "../real/a.sql"
