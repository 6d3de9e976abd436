"""What README and docs show, made anew: the parts between `<!-- name -->` and `<!-- end -->`, and pages that run.

A page that runs is read from its top: a block with a title is written as that file, an `sh` block is run (installing
excepted), and so is the command of each part, whose answer the part must show.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_KEPT = ("HOME", "TMPDIR", "LANG", "LC_ALL")
_PART = re.compile(r"<!-- (\w+) -->\n(.*?)<!-- end -->", re.DOTALL)
_FENCE = re.compile(r"^```(?P<kind>\w+)(?: title=\"(?P<file>[^\"]+)\")?\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def run(command: str, folder: Path, **more: str) -> str:
    """The output of a shell command, without what differs from machine to machine; `more` is for its environment."""
    # CI=true alone changes what pytest says
    kept = {name: value for name, value in os.environ.items() if name in _KEPT}
    environment = {
        **kept,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "100",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "-p pytest_ctb.plugin -p no:cacheprovider",
        **more,
    }
    said = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = [
        line
        for line in said.stdout.replace(str(folder), "/home/you/shop").splitlines()
        if not re.match(r"platform |rootdir: |configfile: |plugins: |cachedir: ", line)
    ]
    text = re.sub(r"in \d+\.\d+s", "in 0.81s", "\n".join(lines).strip("\n").rstrip())
    return re.sub(r"=+ (\d.* in 0\.81s) =+", lambda found: f" {found[1]} ".center(100, "="), text)


def console(command: str, folder: Path, **more: str) -> str:
    """A block of a page: the command, and what it says."""
    return f"```console\n$ {command}\n{run(command, folder, **more)}\n```"


def written(document: Path) -> dict[str, str]:
    """The parts of a document between their marks."""
    return {found[1]: found[2].rstrip("\n") for found in _PART.finditer(document.read_text(encoding="utf-8"))}


def write(document: Path, parts: Mapping[str, str]) -> None:
    """Put parts between their marks; those that are not given stay."""
    text = document.read_text(encoding="utf-8")
    document.write_text(
        _PART.sub(
            lambda found: f"<!-- {found[1]} -->\n{parts[found[1]]}\n<!-- end -->" if found[1] in parts else found[0],
            text,
        ),
        encoding="utf-8",
    )


def played(document: Path, folder: Path, **more: str) -> dict[str, str]:
    """The parts of a page that runs, as they have to be, by doing in the folder what the page says from its top."""
    text = document.read_text(encoding="utf-8")
    starts = {found.start(2): found[1] for found in _PART.finditer(text)}
    parts = {}
    folder.mkdir(exist_ok=True)
    for fence in _FENCE.finditer(text):
        if fence["file"]:
            path = folder / fence["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fence["text"], encoding="utf-8")
        elif fence["kind"] == "sh" and not fence["text"].startswith("pip install"):
            assert run(fence["text"], folder, **more) == ""
        elif fence.start() in starts:
            command = fence["text"].splitlines()[0].removeprefix("$ ")
            parts[starts[fence.start()]] = console(command, folder, **more)
    return parts
