"""`ctb split`: a migration that blocks becomes files that hold the whole guide and block nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TABLES = """-- ctb:allow rollback-instructions: the first file, which nobody takes back
BEGIN;
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.customers (id bigint PRIMARY KEY, email text);
CREATE TABLE IF NOT EXISTS shop.orders (id bigint PRIMARY KEY, customer_id bigint, status text, total int);
COMMIT;
"""
BLOCKS = """BEGIN;
ALTER TABLE shop.orders ADD COLUMN IF NOT EXISTS tax int;
UPDATE shop.orders SET tax = 0 WHERE tax IS NULL;
ALTER TABLE shop.orders ALTER COLUMN tax SET NOT NULL;
CREATE INDEX IF NOT EXISTS orders_customer_idx ON shop.orders (customer_id);
ALTER TABLE shop.orders ALTER COLUMN total TYPE bigint;
COMMIT;
"""
PROFILE = """extends: [ctb, online]
guidelines:
  required-tables: {level: off}
  ctb-header: {level: off}
  lock-timeout: {options: {session: 5s}}
"""
FILE = "migrations/2025-01-02_add_tax.sql"


@pytest.fixture
def team(tmp_path) -> Path:
    """A repository with a file that blocks."""
    files = {
        "pytest.ini": "[pytest]\nctb_postgres = embedded\n",
        "migrations/2025-01-01_create_shop.sql": TABLES,
        FILE: BLOCKS,
        "rules/_profile.yml": PROFILE,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def ctb(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `ctb` in a repository."""
    command = [Path(sys.executable).with_name("ctb"), *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def suite(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the suite over a repository."""
    command = [sys.executable, "-m", "pytest", "--ctb", "-q", "-p", "no:cacheprovider", "--tb=line", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_the_files_pass_the_suite(team):
    before = suite(team, "-k", "ON01 or ON02 or reads-not-blocked or writes-not-blocked")
    assert before.returncode == 1, before.stdout
    done = ctb(team, "split", FILE)
    assert done.returncode == 0, done.stderr
    files = sorted(path.name for path in (team / "migrations").iterdir())
    assert len(files) == 9, files
    assert FILE not in files
    after = suite(team)
    assert after.returncode == 0, after.stdout


def test_a_dry_run_writes_nothing(team):
    done = ctb(team, "split", "--dry-run", FILE)
    assert done.returncode == 0, done.stderr
    assert "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_customer_idx" in done.stdout
    assert (team / FILE).read_text("utf-8") == BLOCKS
    assert len(list((team / "migrations").iterdir())) == 2


def test_what_has_no_other_way_is_told_and_left(team):
    (team / FILE).write_text("-- ctb:no-transaction: it is large\nVACUUM FULL shop.orders;\n", "utf-8")
    done = ctb(team, "split", FILE)
    assert (done.returncode, done.stdout) == (1, f"{FILE}:2: blocks, and no other way is known\n")
    assert (team / FILE).is_file()


def test_what_blocks_nothing_is_left(team):
    (team / FILE).write_text("BEGIN;\nALTER TABLE shop.orders ADD COLUMN IF NOT EXISTS tax int;\nCOMMIT;\n", "utf-8")
    done = ctb(team, "split", FILE)
    assert (done.returncode, done.stdout) == (0, f"{FILE}: blocks nothing for long; nothing was changed\n")
