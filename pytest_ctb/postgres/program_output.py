"""The output of programs of an installation (`postgres --version`, say), cached, because each call is a process.

An output is valid as long as the program is the same file. The cache is in a folder that only the user can write; what
cannot be read there is run again.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pytest_ctb.postgres.data_directory import cache_folder
from pytest_ctb.repository import writing

_FILE = "said.json"
_LIMIT = 64
"""How many outputs are cached, the latest."""


def program_output(program: Path, option: str, *, depends_on: str = "") -> str:
    """What a program prints when it is run with one option; empty where it fails.

    `depends_on` is what else the output depends on: the installations from which a script chooses, say.
    """
    try:
        about = program.stat()
    except OSError:
        return ""
    key = f"{program} {option} {about.st_dev} {about.st_ino} {about.st_size} {about.st_mtime_ns} {depends_on}"
    folder = cache_folder()
    cached = _read(folder / _FILE) if folder else {}
    if key in cached:
        return cached[key]
    output = _run(program, option)
    if output and folder:
        _write(folder, {**cached, key: output})
    return output


def _run(program: Path, option: str) -> str:
    with contextlib.suppress(OSError, subprocess.SubprocessError, UnicodeDecodeError):
        environment = {**os.environ, "LC_ALL": "C"}
        done = subprocess.run(
            [program, option], capture_output=True, text=True, check=True, timeout=10, env=environment
        )
        return done.stdout.strip()
    return ""


def _read(file: Path) -> Mapping[str, str]:
    with contextlib.suppress(OSError, ValueError):
        outputs = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(outputs, dict) and all(isinstance(output, str) for output in outputs.values()):
            return outputs
    return {}


def _write(folder: Path, outputs: Mapping[str, str]) -> None:
    """Write the cache; where two runs write at once, the outputs of one are lost."""
    with contextlib.suppress(OSError):
        writing.store(folder / _FILE, json.dumps(dict(list(outputs.items())[-_LIMIT:]), indent=0).encode())
