"""Postgres as it is installed on this machine: on PATH, by pg_config, or in one of the usual folders."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from glob import glob
from pathlib import Path

from pytest_ctb.postgres.asked import asked
from pytest_ctb.postgres.cluster import Programs, best, version_of
from pytest_ctb.postgres.place import Offer, Refusal, Wanted

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
            yield Programs("local", real, _share(real), version)


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


def _share(folder: Path) -> Path:
    """Where the installation of a bin folder keeps its extensions' control files."""
    told = asked(folder / "pg_config", "--sharedir")
    if told:
        return Path(told)
    beside = [folder.parent / "share" / "postgresql", folder.parent / "share"]
    return next((one for one in beside if (one / "extension").is_dir()), beside[0])
