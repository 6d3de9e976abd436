"""What others build on: the exported names, the wheel, the dependencies, the layers."""

from __future__ import annotations

import ast
import email
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import pytest_ctb

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pytest_ctb"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """The wheel, built from the tree as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_what_is_exported_is_sorted_and_there():
    assert pytest_ctb.__all__ == sorted(pytest_ctb.__all__)
    for name in pytest_ctb.__all__:
        assert hasattr(pytest_ctb, name)


def test_the_wheel_holds_every_guideline_and_data_file(wheel):
    names = set(wheel.namelist())
    for guideline in (ROOT / "rules").rglob("*.yml"):
        name = f"pytest_ctb/{guideline.relative_to(ROOT).as_posix()}"
        assert name in names
        assert wheel.read(name) == guideline.read_bytes()
    data = {path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
    assert PACKAGE / "py.typed" in data
    assert {one.relative_to(ROOT).as_posix() for one in data} <= names
    assert all(name.startswith(("pytest_ctb/", "pytest_ctb-")) for name in names)


def test_the_wheel_s_metadata(wheel):
    (name,) = [one for one in wheel.namelist() if one.endswith("METADATA")]
    metadata = email.message_from_bytes(wheel.read(name))
    assert metadata["Name"] == "pytest-ctb"
    assert metadata["Version"] == pytest_ctb.__version__
    assert metadata["License-Expression"] == "MIT"
    assert set(metadata.get_all("Provides-Extra")) == {"contracts", "docker", "embedded", "lsp", "sqlfluff", "watch"}
    required = [one for one in metadata.get_all("Requires-Dist") if "extra ==" not in one]
    assert {one.partition(">")[0].partition("[")[0].partition("<")[0].lower() for one in required} == {
        "pytest", "psycopg", "pyyaml", "postgast", "click", "iniconfig", "codeowners",
    }  # fmt: skip
    (entry,) = [one for one in wheel.namelist() if one.endswith("entry_points.txt")]
    assert wheel.read(entry).decode().split() == [
        "[console_scripts]", "ctb", "=", "pytest_ctb.cli:main",
        "[pytest11]", "ctb", "=", "pytest_ctb.plugin",
        "[sqlfluff]", "sqlfluff_ctb", "=", "pytest_ctb.editors",
    ]  # fmt: skip


def test_every_dependency_has_its_reason():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    decisions = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8").lower()
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    for one in (*project["dependencies"], *extras):
        name = one.partition(">")[0].partition("[")[0]
        assert f"| {name.lower()}" in decisions, name


def modules():
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_are_small_and_explained(path):
    """At most 400 lines (250 is the aim), and a docstring that says what the module holds."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert ast.get_docstring(ast.parse(text))


def test_nobody_reads_the_production_database_s_address():
    """But the package for live databases, and the commands that say so in their help; import-linter keeps pytest away."""
    live = [PACKAGE / "deploy", PACKAGE / "cli"]
    for path in modules():
        if not any(path.is_relative_to(one) for one in live):
            assert "DATABASE_URL" not in path.read_text(encoding="utf-8"), path
