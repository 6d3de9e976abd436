"""Postgres installed on this machine: on PATH, found by pg_config, or in one of the usual folders."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from glob import glob
from operator import attrgetter
from pathlib import Path
from typing import Any

from pytest_ctb.postgres import stand_ins
from pytest_ctb.postgres.cluster import LIBRARIES, Programs, best, version_of
from pytest_ctb.postgres.place import Offer, Refusal, Wanted
from pytest_ctb.postgres.program_output import program_output
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
    """Offer the newest installation that has the wanted major version and lacks the fewest extensions."""
    installed = sorted(_installed(wanted), key=attrgetter("major"), reverse=True)
    if not installed:
        return Refusal("local", "no postgres and initdb on PATH, by pg_config, or in the usual folders", _REMEDY)
    reasons = [f"{programs.bin} has Postgres {programs.version}, not {wanted.major}" for programs in installed]
    return best(installed, wanted) or Refusal("local", "; ".join(reasons), f"install Postgres {wanted.major}")


def _installed(wanted: Wanted) -> Iterator[Programs]:
    seen = set()
    for folder in _folders():
        real = (folder / "postgres").resolve().parent
        if real in seen:
            continue
        seen.add(real)
        version = version_of(real)
        if version:
            programs = Programs("local", real, _share(real), version)
            closed = os.geteuid() == 0 and not programs.reachable  # as in a virtual environment below the home of root
            copied = closed or (programs.major < stand_ins.SINCE and programs.stood_in(wanted))
            yield programs._replace(**_copies(programs)) if copied else programs


def _folders() -> Iterator[Path]:
    for name in ("postgres", "initdb"):
        program = shutil.which(name)
        if program:
            yield Path(program).resolve().parent
    usual = [folder for pattern in _USUAL for folder in sorted(glob(pattern), reverse=True)]  # noqa: PTH207  # Path.glob takes no absolute pattern
    pg_config = shutil.which("pg_config")
    if pg_config:
        folder = program_output(
            Path(pg_config), "--bindir", depends_on=" ".join(usual)
        )  # Debian's is a script that takes the newest
        if folder:
            yield Path(folder)
    yield from map(Path, usual)


def _copies(installed: Programs) -> dict[str, Any]:
    """The fields `tree` and `moved` of an installation that has to be copied for the server's user."""
    output = program_output(installed.bin / "pg_config", "--pkglibdir")
    usual = [installed.bin.parent / "lib" / "postgresql", installed.bin.parent / "lib"]
    folder = Path(output) if output else next((folder for folder in usual if folder.is_dir()), usual[-1])
    top = os.path.commonpath((installed.bin, installed.share, folder))
    programs = [installed.bin / "postgres", installed.bin / "initdb", *sorted(folder.glob("*.so"))]
    tree = [(path, f"programs/{path.relative_to(top)}") for path in (*programs, installed.share)]
    libraries = _shared_libraries(programs)
    tree += [(path, f"{LIBRARIES}/{name}") for name, path in libraries.items() if not reachable(path)]
    return {"tree": tuple(tree), "moved": f"programs/{installed.bin.relative_to(top)}"}


def _shared_libraries(programs: Iterable[Path]) -> Mapping[str, Path]:
    """The shared libraries that programs load, by name; none where `ldd` does not say."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(["ldd", *programs], capture_output=True, text=True, timeout=60, check=False)
        paths = map(Path, re.findall(r"^\s.* => (/.*) \(0x", done.stdout, re.MULTILINE))
        return {path.name: path for path in paths}
    return {}


def _share(folder: Path) -> Path:
    """The folder of an installation that holds the control files of its extensions."""
    output = program_output(folder / "pg_config", "--sharedir")
    if output:
        return Path(output)
    usual = [folder.parent / "share" / "postgresql", folder.parent / "share"]
    return next((share for share in usual if (share / "extension").is_dir()), usual[0])
