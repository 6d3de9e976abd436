"""What a tool refuses and takes, asked of the tool itself and of pytest-ctb: the cases of tests/layouts_truth.

A file there is a layout; each case has the files of a folder of migrations, and where the tool refuses it, the line.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
import yaml

from machine import replay, wheel_bin
from pytest_ctb.checks import checks
from pytest_ctb.config.packaged import packaged
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide.guideline_files import load as load_guidelines
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import suite_of
from pytest_ctb.model import Baseline, Guideline
from pytest_ctb.repository.folders import load
from pytest_ctb.repository.layouts import layouts

FOLDER = Path(__file__).parent / "layouts_truth"


class Case(NamedTuple):
    """A folder of migrations, and the line at which the tool stops; 0 where it applies all of them."""

    layout: str
    it: str
    files: Mapping[str, str]
    refused: int
    plan_is_refused: bool
    """The line is one of sqitch's plan."""
    decided_by: str

    def write(self, folder: Path) -> Path:
        """Write the files, and return the folder."""
        for name, text in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text.encode())
        return folder


def cases() -> Iterator[Case]:
    """Every case of every layout."""
    for file in sorted(FOLDER.glob("*.yml")):
        of_layout: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        for case in of_layout["cases"]:
            files = case.get("files") or {of_layout["file"]: case["sql"]}
            line, in_plan = case.get("refused", 0), "refused_in_plan" in case
            yield Case(
                file.stem, case["it"], files, case.get("refused_in_plan", line), in_plan, of_layout["decided_by"]
            )


CASES = list(cases())
BY_NAME = [pytest.param(case, id=f"{case.layout}-{case.it}") for case in CASES]
ASKED = [pytest.param(case, id=f"{case.layout}-{case.it}") for case in CASES if case.decided_by == case.layout]


@cache
def guidelines() -> tuple[Guideline, ...]:
    """Those that say what a tool refuses: `replay` and `migration-order`."""
    loaded = load_guidelines(packaged(), packaged(), {name: check.options for name, check in checks().items()}, None)
    return tuple(guideline for guideline in loaded if guideline.id in {"replay", "migration-order"})


@pytest.mark.parametrize("case", BY_NAME)
def test_pytest_ctb_says_the_same(tmp_path, server, case):
    """With one finding where the tool refuses a folder, at the line; with none where it takes it."""
    folder = case.write(tmp_path / "migrations")
    if case.plan_is_refused:
        with pytest.raises(ConfigError, match=rf"sqitch\.plan:{case.refused}: "):
            load(tmp_path, [folder], [], case.layout)
        return
    repository = load(tmp_path, [folder], [], case.layout)
    suite = suite_of(repository, guidelines(), Baseline(""), packaged())
    refused = [migration for migration in repository.migrations if migration.unreadable]
    seen = None if refused or repository.order.clashes else replay(repository, server, trials=())
    found = [(migration.unreadable.position.line, migration.unreadable.message) for migration in refused]
    for migration in repository.migrations:
        for question in suite.questions[migration.path]:
            if (seen or not question.live) and not migration.only_rolls_back:
                found += [(finding.line, finding.message) for finding in judge(question, seen)]
    assert {line for line, _ in found} == ({case.refused} if case.refused else set()), found


# --- The tools themselves ---------------------------------------------------------------------------------------------


@pytest.fixture
def database(server) -> Iterator[str]:
    """The name of an empty database."""
    with server.connect() as admin:
        admin.execute("CREATE DATABASE tools_truth TEMPLATE template0")
    yield "tools_truth"
    with server.connect() as admin:
        admin.execute("DROP DATABASE tools_truth WITH (FORCE)")


def program(name: str) -> str:
    """The path of a tool: dbmate comes as a wheel, the others are Debian's."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found, f"there is no {name}"
    return found


def dbmate(folder: Path, address: Mapping[str, str], database: str) -> list[str]:
    """The command that applies all files with dbmate."""
    url = f"postgres://{address['user']}@/{database}?socket={quote(address['host'])}&sslmode=disable"
    return [program("dbmate"), "--url", url, "--migrations-dir", str(folder), "--no-dump-schema", "up"]


def sql_migrate(folder: Path, address: Mapping[str, str], database: str) -> list[str]:
    """The command that applies all files with sql-migrate."""
    source = f"host={address['host']} user={address['user']} dbname={database} sslmode=disable"
    if address.get("password"):
        source += f" password={address['password']}"
    config = folder.with_name("dbconfig.yml")
    config.write_text(
        yaml.safe_dump({"development": {"dialect": "postgres", "datasource": source, "dir": str(folder)}})
    )
    return [program("sql-migrate"), "up", f"-config={config}"]


def sqitch(folder: Path, address: Mapping[str, str], database: str) -> list[str]:
    """The command that applies all files with sqitch."""
    (folder / "sqitch.conf").write_text("[core]\n\tengine = pg\n[user]\n\tname = Ann\n\temail = ann@example.com\n")
    client = wheel_bin() / "psql"
    return [program("sqitch"), "deploy", "--client", str(client), "--target", f"db:pg://{address['user']}@/{database}"]


TOOLS = {"dbmate": dbmate, "sql-migrate": sql_migrate, "sqitch": sqitch}


@pytest.mark.tools
@pytest.mark.parametrize("case", ASKED)
def test_the_tool_says_so(tmp_path, server, database, case):
    """It refuses the folder, or applies all of it."""
    folder = case.write(tmp_path / "migrations")
    command = TOOLS[case.layout](folder, server.admin, database)
    address = {"PGHOST": server.admin["host"], "PGPASSWORD": server.admin.get("password", ""), "HOME": str(tmp_path)}
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **address}, capture_output=True, text=True, check=False
    )
    assert bool(done.returncode) == bool(case.refused), done.stdout + done.stderr


def test_every_layout_with_cases_is_one():
    assert {case.layout for case in CASES} <= set(layouts())
    assert {case.layout for case in CASES if case.decided_by == case.layout} == set(TOOLS)
