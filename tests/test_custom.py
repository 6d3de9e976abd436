"""Checks of other packages: a distribution with an entry point, as a team would install it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sample
from sample import SECOND, change

ROOT = Path(__file__).parent.parent
CHECK = '''
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_ctb.checks import Case, Scope, check
from pytest_ctb.model import Finding, Position
from pytest_ctb.sql import relation


@dataclass(frozen=True)
class Options:
    """The schemas that belong to nobody."""

    left_alone: tuple[str, ...] = ()


@check("one-schema", options=Options)
def one_schema(case: Case[Options]) -> Iterator[Finding]:
    """A file speaks of one schema."""
    found = {one.schema for one in map(relation, case.migration.statements) if one}
    if len(found.difference(case.options.left_alone)) > 1:
        yield case.finding(Position(1, 1), f"the file speaks of {', '.join(sorted(found))}")


@check("few-tables", scope=Scope.SCHEMA, subjects=lambda _: ("all",))
def few_tables(case: Case) -> Iterator[Finding]:
    """The replayed schema has few tables."""
    tables = [key for key in case.replay.schema.objects if key.kind == "table"]
    if len(tables) > 1:
        yield case.finding(Position(1, 1), f"{len(tables)} tables")
'''
GUIDELINE = """code: {code}
title: {title}
what: It holds.
why: Because of the lock on the table.
source: our guide
"""


@pytest.fixture
def team(tmp_path):
    """A repository with guidelines of its own, and the distribution that checks them; how to run in it."""
    root, site = tmp_path / "team", tmp_path / "site"
    root.mkdir()
    sample.write(root)
    (root / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\n")
    (root / "rules/one-schema.yml").write_text(
        GUIDELINE.format(code="TM01", title="One schema") + "options:\n  left_alone: [log]\n"
    )
    (root / "rules/few-tables.yml").write_text(GUIDELINE.format(code="TM02", title="Few tables"))
    install(site, CHECK)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(site), str(ROOT)])
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=root,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    return root, site, run


def install(site: Path, code: str) -> None:
    """What pip leaves of a distribution: its module, and what it says of itself."""
    info = site / "team_checks-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: team-checks\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pytest_ctb.checks]\nteam = team_checks\n")
    (site / "team_checks.py").write_text(code)


def test_one_that_crashes_is_said_to_be_theirs_and_the_summary_tells_of_it(team):
    """`ctb check` ends with 2, and the other guidelines are judged."""
    root, site, run = team
    install(site, "from pytest_ctb.checks import check\n@check('team-sums')\ndef sums(case):\n    yield 1 / 0\n")
    for name in ("one-schema", "few-tables"):
        (root / f"rules/{name}.yml").unlink()
    (root / "rules/team-sums.yml").write_text(GUIDELINE.format(code="TM01", title="Sums"))
    done = run("pytest_ctb.cli", "check")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "nothing found, but not all of it was judged" in done.stdout
    assert "TM01: the check in team_checks crashed (ZeroDivisionError). It does not come with" in done.stderr
    assert done.stderr.count("1 / 0") == 1
    change(root, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    done = run("pytest_ctb.cli", "check", "--short")
    assert (done.returncode, "CT07" in done.stdout) == (2, True)


def test_they_pass_and_fail_as_ours_do(team):
    root, _, run = team
    line = ("pytest", "--ctb", "-q", "-p", "no:cacheprovider", "-k", "TM01 or TM02")
    done = run(*line)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    more = "ALTER TABLE log.x ADD a int;\nALTER TABLE other.x ADD a int;\nALTER TABLE shop.item ADD"
    change(root, SECOND, "ALTER TABLE shop.item ADD", more)
    change(root, sample.FIRST, "COMMIT;", "CREATE TABLE IF NOT EXISTS shop.tag (id int);\nCOMMIT;")
    change(
        root,
        SECOND,
        "ALTER TABLE log.x",
        "CREATE SCHEMA log; CREATE SCHEMA other; CREATE TABLE log.x (); CREATE TABLE other.x (); ALTER TABLE log.x",
    )
    done = run(*line)
    assert done.returncode == 1
    assert f"{SECOND}:1:1: TM01 one-schema: the file speaks of log, other, shop" in done.stdout
    assert "rules/few-tables.yml:1:1: TM02 few-tables: 4 tables" in done.stdout
    check = run("pytest_ctb.cli", "check", "--short")
    assert f"{SECOND}:1:1: TM01 one-schema" in check.stdout


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        (CHECK.replace("one-schema", "transaction"), "two checks for one guideline: transaction"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_distribution(team, code, said):
    _, site, run = team
    install(site, code)
    done = run("pytest", "--ctb", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 4, done.stdout
    assert f"ERROR: the checks of team-checks cannot be used (entry point team = team_checks): {said}" in done.stderr


def test_without_the_option_they_are_not_imported(team):
    root, site, run = team
    install(site, "1 / 0")
    (root / "test_x.py").write_text("def test_x(): pass\n")
    assert run("pytest", "-q", "-p", "no:cacheprovider", "test_x.py").returncode == 0
