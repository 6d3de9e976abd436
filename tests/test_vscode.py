"""The extension for VS Code: its own tests in Node, the findings of `ctb check` at the same places, and the .vsix.

VS Code itself is not run: the client is VS Code's own protocol library, and the server is `ctb lsp`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

import pytest_ctb
from test_neovim import CTB, cases, checked

__all__ = ["cases"]  # a fixture

pytestmark = pytest.mark.node
EXTENSION = Path(__file__).parent.parent / "editors/vscode"


@pytest.fixture(scope="module")
def extension(tmp_path_factory) -> Path:
    """A copy of the extension with its packages, so that building it leaves the checkout as it is."""
    folder = tmp_path_factory.mktemp("extension")
    shutil.copytree(EXTENSION, folder, ignore=shutil.ignore_patterns("node_modules", "dist"), dirs_exist_ok=True)
    (folder / "node_modules").symlink_to(EXTENSION / "node_modules")
    return folder


def npm(extension: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["npm", "--silent", *command],
        cwd=extension,
        env={**os.environ, "CTB": str(CTB)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_the_extensions_own_tests_pass(extension):
    done = npm(extension, "test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 4" in done.stdout
    assert "# fail 0" in done.stdout


def test_it_shows_what_ctb_check_finds(extension, cases):
    """Every case of every guideline; ranges, codes and severities."""
    assert npm(extension, "run", "build").returncode == 0
    files = sorted((cases / "migrations").rglob("*.sql"))
    (cases / "files.txt").write_text("".join(f"{file}\n" for file in files), encoding="utf-8")
    command = ["node", str(extension / "test/diagnostics.mjs"), str(cases), str(CTB), str(cases / "files.txt")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    expected = checked(cases)
    assert len(expected) > 1000
    for file, diagnostics in json.loads(done.stdout).items():
        places = {
            (item["range"]["start"]["line"], item["range"]["end"]["line"], item["code"], item["severity"])
            for item in diagnostics
        }
        assert places == expected.get(Path(file).relative_to(cases).as_posix(), set()), file


def test_the_vsix_holds_the_bundle_and_nothing_else(extension):
    done = npm(extension, "run", "package", "--", "--out", "out.vsix")
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(extension / "out.vsix") as packed:
        names = {name for name in packed.namelist() if name.startswith("extension/")}
        described = json.loads(packed.read("extension/package.json"))
        bundle = packed.read("extension/dist/extension.js")
    files = {"package.json", "readme.md", "LICENSE.txt", "dist/extension.js"}
    assert names == {f"extension/{file}" for file in files}
    assert described["main"] == "./dist/extension.js"
    assert described["version"] == pytest_ctb.__version__
    for command in described["contributes"]["commands"]:
        assert f'"{command["command"]}"'.encode() in bundle
    for setting in described["contributes"]["configuration"]["properties"]:
        assert setting in (EXTENSION / "README.md").read_text(encoding="utf-8")
