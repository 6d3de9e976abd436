"""Postgres as it is installed on this machine: on PATH, by pg_config, or in one of the usual folders."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from glob import glob
from pathlib import Path
from typing import Any

from pytest_ctb.postgres.asked import asked
from pytest_ctb.postgres.cluster import LIBRARIES, Programs, best, version_of
from pytest_ctb.postgres.place import Offer, Refusal, Wanted
from pytest_ctb.postgres.scratch import reachable

_USUAL = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # PGDG on Red Hat
    "/usr/libexec/postgresql*",  # Alpine
    "/usr/local/pgsql/bin",  # built from source
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/opt/local/lib/postgresql*/bin",  # MacPorts
)
_REMEDY = "install the server programs (Debian: apt-get install postgresql; macOS: brew install postgresql@18)"


def look(wanted: Wanted) -> Offer | Refusal:
    """Offer the newest installation of the wanted major version that has every extension, or lacks the fewest."""
    found = sorted(_installed(), key=lambda one: one.major, reverse=True)
    if not found:
        return Refusal("local", "no postgres and initdb on PATH, by pg_config, or in the usual folders", _REMEDY)
    reasons = [f"{one.bin} has Postgres {one.version}, not {wanted.major}" for one in found]
    return best(found, wanted) or Refusal("local", "; ".join(reasons), f"install Postgres {wanted.major}")


def _installed() -> Iterator[Programs]:
    seen = set()
    for folder in _folders():
        real = (folder / "postgres").resolve().parent
        if real in seen:
            continue
        seen.add(real)
        version = version_of(real)
        if version:
            there = Programs("local", real, _share(real), version)
            closed = os.geteuid() == 0 and not there.reachable  # as in a virtual environment below root's own home
            yield there._replace(**_moved(there)) if closed else there


def _folders() -> Iterator[Path]:
    for name in ("postgres", "initdb"):
        program = shutil.which(name)
        if program:
            yield Path(program).resolve().parent
    usual = [one for pattern in _USUAL for one in sorted(glob(pattern), reverse=True)]  # noqa: PTH207  # Path.glob takes no absolute pattern
    pg_config = shutil.which("pg_config")
    if pg_config:
        folder = asked(Path(pg_config), "--bindir", among=" ".join(usual))  # Debian's is a script that takes the newest
        if folder:
            yield Path(folder)
    yield from map(Path, usual)


def _moved(there: Programs) -> dict[str, Any]:
    """What a server needs of an installation, each part in the place beside the others in which Postgres looks."""
    told = asked(there.bin / "pg_config", "--pkglibdir")
    beside = [there.bin.parent / "lib" / "postgresql", there.bin.parent / "lib"]
    folder = Path(told) if told else next((one for one in beside if one.is_dir()), beside[-1])
    top = os.path.commonpath((there.bin, there.share, folder))
    programs = [there.bin / "postgres", there.bin / "initdb", *sorted(folder.glob("*.so"))]
    tree = [(one, f"programs/{one.relative_to(top)}") for one in (*programs, there.share)]
    tree += [(one, f"{LIBRARIES}/{name}") for name, one in _needed(programs).items() if not reachable(one)]
    return {"tree": tuple(tree), "moved": f"programs/{there.bin.relative_to(top)}"}


def _needed(programs: Iterable[Path]) -> Mapping[str, Path]:
    """The shared libraries that programs are loaded with, by name; none where nobody can tell."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(["ldd", *programs], capture_output=True, text=True, timeout=60, check=False)
        return {Path(one).name: Path(one) for one in re.findall(r"^\s.* => (/.*) \(0x", done.stdout, re.MULTILINE)}
    return {}


def _share(folder: Path) -> Path:
    """Where the installation of a bin folder keeps its extensions' control files."""
    told = asked(folder / "pg_config", "--sharedir")
    if told:
        return Path(told)
    beside = [folder.parent / "share" / "postgresql", folder.parent / "share"]
    return next((one for one in beside if (one / "extension").is_dir()), beside[0])
