"""`ctb init`: three commands make a repository green, and what is new is red; no file that exists is changed."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_ctb.cli import main

CTB = Path(sys.executable).with_name("ctb")
HEADER = """-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: CTB-0A00000{id}
-- Last Updated: 2025-10-23
-- Enforcement: HEIR

-- Description: {what}

"""
TABLE = "CREATE TABLE item (id bigint PRIMARY KEY, name text, fax text);\n"
DROP = "ALTER TABLE item DROP COLUMN fax;\n"
PRISMA = "prisma/migrations/20251001120000"
REPOSITORIES: dict[str, tuple[dict[str, str], dict[str, str], tuple[str, str]]] = {
    "plain": (
        {"sql/001_item.sql": TABLE, "sql/002_index.sql": "CREATE INDEX item_name ON item (name);\n"},
        {"layout": "numbered", "guidelines": "postgres", "migrations": "sql"},
        ("sql/003_drop.sql", DROP),
    ),
    "goose": (
        {
            "db/migrations/00001_item.sql": f"-- +goose Up\n{TABLE}\n-- +goose Down\nDROP TABLE item;\n",
            "db/migrations/00002_index.sql": "-- +goose Up\nCREATE INDEX CONCURRENTLY item_name ON item (name);\n",
        },
        {"layout": "goose", "guidelines": "postgres", "migrations": "db/migrations"},
        ("db/migrations/00003_drop.sql", f"-- +goose Up\n{DROP}"),
    ),
    "prisma": (
        {
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
            f"{PRISMA}_init/migration.sql": f'-- CreateTable\n{TABLE}CREATE UNIQUE INDEX "item_name" ON item (name);\n',
            f"{PRISMA.replace('1001', '1002')}_price/migration.sql": "ALTER TABLE item ADD COLUMN price int NOT NULL;\n",
        },
        {"layout": "prisma", "guidelines": "postgres", "migrations": "prisma/migrations"},
        (f"{PRISMA.replace('1001', '1101')}_drop/migration.sql", DROP),
    ),
    "legacy": (
        {
            "migrations/create_item.sql": HEADER.format(id=1, what="What is sold") + TABLE,
            "migrations/index_events.sql": "CREATE INDEX events_at ON events (at);\n",
        },
        {"layout": "ctb", "guidelines": "ctb", "migrations": "migrations"},
        ("migrations/2025-11-21_drop_fax.sql", HEADER.format(id=2, what="No fax") + DROP),
    ),
}
"""In the style of public ones: the files, what `ctb init` is to see, and a risky file."""


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def ran(root: Path, *command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("style", REPOSITORIES)
def test_three_commands_make_it_green_and_a_risky_file_is_red(tmp_path, style):
    files, seen, (risky, sql) = REPOSITORIES[style]
    write(tmp_path, files)
    (tmp_path / ".github").mkdir()
    first = ran(tmp_path, CTB, "init")
    assert first.returncode == 0, first.stdout + first.stderr
    chosen = dict(re.findall(r"^(\w+)  +(\S+)", first.stdout, re.MULTILINE))
    assert chosen.items() >= seen.items()
    assert "Next: `ctb baseline` writes these down as known" in first.stdout
    workflow = (tmp_path / ".github" / "workflows" / "ctb.yml").read_text()
    assert "python -m pytest --ctb\n" in workflow
    second = ran(tmp_path, CTB, "baseline")
    assert second.returncode == 0, second.stdout + second.stderr
    third = ran(tmp_path, sys.executable, "-m", "pytest", "--ctb", "-q", "-W", "ignore")
    assert third.returncode == 0, third.stdout
    assert " xfailed" in third.stdout
    assert {name: (tmp_path / name).read_text() for name in files} == files
    write(tmp_path, {risky: sql})
    red = ran(tmp_path, sys.executable, "-m", "pytest", "--ctb", "-q", "-W", "ignore")
    assert red.returncode == 1
    failed = {line.split()[1] for line in red.stdout.splitlines() if line.startswith("FAILED ")}
    assert f"{risky}::no-drop-column" in failed
    assert {test.partition("::")[0] for test in failed} == {risky}
    assert "CT08 no-drop-column: DROP COLUMN item.fax" in red.stdout


def test_no_file_that_exists_is_changed(tmp_path):
    there = {
        "migrations/1_item.sql": "BEGIN;\nCREATE TABLE IF NOT EXISTS item (id int);\nCOMMIT;\n-- Rollback: none, because it is first\n",
        "pyproject.toml": '[tool.pytest.ini_options]\nctb_postgres = "embedded"\n',
        ".gitlab-ci.yml": "test:\n  script: [make]\n",
        ".github/workflows/ctb.yml": "name: mine\n",
    }
    write(tmp_path, there)
    done = ran(tmp_path, CTB, "--migrations", "migrations", "init")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name: (tmp_path / name).read_text() for name in there} == there
    assert not (tmp_path / "pytest.ini").exists()
    assert "pyproject.toml: there already, so nothing is written; add to what it says to pytest:\n" in done.stdout
    assert (
        '    ctb_migrations = ["migrations"]\n    ctb_layout = "numbered"\n    ctb_rules = "postgres"\n' in done.stdout
    )
    assert "ctb_postgres = " not in done.stdout, "it says so already"
    assert ".gitlab-ci.yml: there already, so nothing is written; add:\n    ctb:\n" in done.stdout
    assert ".github/workflows/ctb.yml: there already, so nothing is written\n" in done.stdout
    assert re.search(r"^pytest --ctb: \d+ passed$", done.stdout, re.MULTILINE)
    assert done.stdout.endswith("Next: write a migration, then pytest --ctb\n")


def test_on_a_terminal_it_offers_the_baseline(tmp_path):
    write(tmp_path, {"migrations/001_item.sql": TABLE})
    ours, theirs = pty.openpty()
    process = subprocess.Popen([CTB, "init"], cwd=tmp_path, stdin=theirs, stdout=subprocess.PIPE, text=True)
    os.write(ours, b"y\n")
    told, _ = process.communicate()
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0, told
    assert "Write these down as known, so that only new ones fail?" in told
    assert re.search(r"ctb-baseline\.json: \d+ known\n$", told)
    assert (tmp_path / "ctb-baseline.json").is_file()


def test_where_no_migrations_are_it_says_where_sql_is(tmp_path, monkeypatch, capsys):
    write(tmp_path, {"backend/changes/1.sql": TABLE, "node_modules/x/1.sql": TABLE})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["init"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "ctb: no migrations in migrations; .sql files are in backend/changes. Say where: ctb --migrations DIR init\n"
    )
    assert not (tmp_path / "pytest.ini").exists()
