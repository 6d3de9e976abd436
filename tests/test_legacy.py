"""A repository that is older than its guide, as the owner's is: from red to green by the three commands of the README."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import sample

ROOT = Path(__file__).parent.parent
HEADER = """-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-{id}
-- Blueprint Hash: 9f86d081
-- Last Updated: 2025-10-23
-- Enforcement: HEIR

-- Description: {what}

"""
FILES = {
    # Undated, and in no order that their names give.
    "create_company_master.sql": HEADER.format(id="0A000001", what="The companies")
    + "CREATE SCHEMA company;\nCREATE TABLE company.master (id bigint PRIMARY KEY, name text, fax text);\n",
    "add_company_slot.sql": HEADER.format(id="0A000002", what="The slots of companies")
    + "CREATE TABLE company.slot (id bigint PRIMARY KEY, master_id bigint REFERENCES company.master (id));\n",
    "drop_fax.sql": "ALTER TABLE company.master DROP COLUMN fax;\n",
    # Never applied anywhere: a column given twice, a policy that Postgres refuses, a table that no file makes.
    "create_people.sql": "BEGIN;\nCREATE TABLE company.people (id bigint, email text, email text);\nCOMMIT;\n",
    "secure_slot.sql": "CREATE POLICY all_of_it ON company.slot FOR INSERT USING (true);\n",
    "index_events.sql": "CREATE INDEX events_at ON company.events (at);\n",
    "use_people.sql": "ALTER TABLE company.people ADD COLUMN phone text;\n",
    "2025-11-20_create_history.sql": "CREATE TABLE company.history (id bigint PRIMARY KEY, at timestamptz);\n",
}
NEW = "CREATE TABLE IF NOT EXISTS company.tag (id bigint PRIMARY KEY);\n"


@pytest.fixture(scope="module")
def commands() -> list[str]:
    """Those that the README gives for an old repository."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"### On an old repository\n.*?```sh\n(.*?)```", readme, re.DOTALL)
    found = [line.partition("#")[0].strip() for line in block.splitlines()]
    assert len(found) == 3
    return found


@pytest.fixture
def legacy(tmp_path):
    """The look-alike, with a guide that asks for tables that it has."""
    sample.write(tmp_path, tables=("company.master", "company.slot", "company.history"))
    for one in ("migrations", "infra"):
        for path in (tmp_path / one).iterdir():
            path.unlink()
    (tmp_path / "infra").rmdir()
    for name, text in FILES.items():
        (tmp_path / "migrations" / name).write_text(text, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\n")
    return tmp_path


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    program, *arguments = shlex.split(command)
    line = [Path(sys.executable).with_name(program), *arguments]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)


def test_three_commands_turn_it_green_and_what_is_new_is_held_to_the_guide(legacy, commands):
    first, second, third = (run(legacy, command) for command in commands)
    assert first.returncode == 1
    for name in ("create_people", "secure_slot", "index_events"):
        assert f"FAILED migrations/{name}.sql::replay" in first.stdout
    assert "FAILED migrations/drop_fax.sql::no-drop-column" in first.stdout
    assert "create_company_master.sql::ctb-header" not in first.stdout, "a Blueprint Hash and HEIR are fine"
    assert second.returncode == 0, second.stdout + second.stderr
    assert third.returncode == 0, third.stdout
    assert " failed" not in third.stdout
    (legacy / "migrations/2025-11-21_create_company_tag.sql").write_text(NEW)
    red = run(legacy, commands[2])
    assert red.returncode == 1
    failed = set(re.findall(r"^FAILED (\S+)", red.stdout, re.MULTILINE))
    assert {one.partition("::")[0] for one in failed} == {"migrations/2025-11-21_create_company_tag.sql"}
    assert "migrations/2025-11-21_create_company_tag.sql::ctb-header" in failed


def test_its_files_stay_as_they_are(legacy, commands):
    for command in commands:
        run(legacy, command)
    assert {path.name: path.read_text(encoding="utf-8") for path in (legacy / "migrations").iterdir()} == FILES
