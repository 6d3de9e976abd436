"""What changes a live database names it and asks, where a terminal is there to answer; elsewhere it does what it says."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from livedb import write
from pytest_ctb.deploy.connection import read_target

ITEM = "migrations/2025-01-01_create_item.sql"
FILES = {"2025-01-01_create_item.sql": "BEGIN;\nCREATE TABLE item ();\nCOMMIT;\n\n-- Rollback:\n-- DROP TABLE item;\n"}
UNCHECKED = ("--no-check", "a test")


@pytest.fixture
def team(tmp_path):
    write(tmp_path, FILES)
    return tmp_path


def answered(team, live, answer: str, *arguments: str) -> tuple[int, str]:
    """Run `ctb` with a terminal as its standard input, at which somebody types the answer."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer.encode())
        ended = subprocess.run(
            [sys.executable, "-m", "pytest_ctb.cli", *arguments],
            cwd=team,
            stdin=theirs,
            capture_output=True,
            text=True,
            env={**os.environ, "DATABASE_URL": live.url()},
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return ended.returncode, ended.stdout + ended.stderr


def test_apply_names_the_database_and_asks(team, live):
    code, said = answered(team, live, "n\n", "apply", *UNCHECKED)
    target = read_target(live.url(), {})
    assert f"{ITEM}\nApply 1 migration on {target} (DATABASE_URL)? [y/N]: Nothing was applied.\n" in said
    assert live.server.admin["password"] not in said
    assert (code, live.ask("SELECT to_regclass('item')")) == (1, [(None,)])
    code, said = answered(team, live, "y\n", "apply", *UNCHECKED)
    assert (code, live.ledger()) == (0, {ITEM: "applied"}), said
    code, said = answered(team, live, "", "apply", *UNCHECKED)
    assert (code, "?" in said) == (0, False), said  # nothing to apply, nothing to ask


def test_an_answer_that_ends_the_input_is_no(team, live):
    code, _ = answered(team, live, "\x04", "apply", *UNCHECKED)
    assert (code, live.ask("SELECT to_regclass('item')")) == (1, [(None,)])


@pytest.mark.parametrize("more", [("--yes",), ("--yes", "--out-of-order")])
def test_yes_asks_nothing(team, live, more):
    code, said = answered(team, live, "", "apply", *more, *UNCHECKED)
    assert (code, "?" in said, live.ledger()) == (0, False, {ITEM: "applied"}), said


def test_apply_goes_on_where_no_terminal_is(team, live, ctb):
    """A pipeline has been told by whoever wrote it; so it has always been."""
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, "?" in said, live.ledger()) == (0, False, {ITEM: "applied"}), said


def test_what_only_shows_asks_nothing(team, live):
    code, said = answered(team, live, "", "apply", "--dry-run")
    assert (code, "[y/N]" in said) == (0, False), said


def test_rollback_names_the_database_and_asks(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    code, said = answered(team, live, "n\n", "rollback", ITEM, *UNCHECKED)
    assert f"Run them on {read_target(live.url(), {})} (DATABASE_URL)? [y/N]: Not rolled back." in said
    assert (code, live.ledger()) == (1, {ITEM: "applied"})


def test_the_database_is_the_one_that_libpq_connects_to(monkeypatch):
    """Where an address leaves something out, libpq takes it from elsewhere: so does what we print."""
    monkeypatch.setenv("PGHOST", "db.example.com")
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("PGDATABASE", "shop")
    monkeypatch.setenv("PGUSER", "app")
    assert str(read_target("sslmode=require", {})) == "app@db.example.com:6543/shop"
    assert str(read_target("postgresql://somebody@/", {})) == "somebody@db.example.com:6543/shop"
    assert str(read_target("postgresql://h:1/d?user=u", {})) == "u@h:1/d"
    monkeypatch.delenv("PGDATABASE")
    assert str(read_target("host=h user=u", {})) == "u@h:6543/u"
    assert str(read_target("hostaddr=10.0.0.7 user=u dbname=d", {})) == "u@10.0.0.7:6543/d"
