"""What the programs of an installation say of themselves, remembered, because each question is a process.

An answer holds for as long as the program is the same file. It lies in the user's cache, in a folder of ours that
nobody else can write; what cannot be read there is asked anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pytest_ctb.postgres.prepared import home
from pytest_ctb.repository import atomic_file as whole

_FILE = "said.json"
_MOST = 64
"""So many answers are remembered, the latest."""


def asked(program: Path, option: str, *, among: str = "") -> str:
    """What a program prints when it is run with one option; nothing where it does not run.

    `among` names what else the answer depends on: of a script that takes one of several installations, which there are.
    """
    try:
        about = program.stat()
    except OSError:
        return ""
    key = f"{program} {option} {about.st_dev} {about.st_ino} {about.st_size} {about.st_mtime_ns} {among}"
    folder = home()
    known = _read(folder / _FILE) if folder else {}
    if key in known:
        return known[key]
    said = _run(program, option)
    if said and folder:
        _write(folder, {**known, key: said})
    return said


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
        found = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(found, dict) and all(isinstance(one, str) for one in found.values()):
            return found
    return {}


def _write(folder: Path, known: Mapping[str, str]) -> None:
    """Keep the answers; of two runs at once one's are forgotten, and asked again."""
    with contextlib.suppress(OSError):
        whole.write(folder / _FILE, json.dumps(dict(list(known.items())[-_MOST:]), indent=0).encode())
