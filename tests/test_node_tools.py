"""drizzle and node-pg-migrate themselves: what they apply has no finding of CT09, and what they refuse has one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import shops
from livedb import Live
from machine import replay
from needs import NODE_TOOLS
from pytest_ctb.repository.folders import load

pytestmark = pytest.mark.node
BREAK = "--> statement-breakpoint"


def by_the_tool(tool, folder, live, direction="up") -> str:
    """What the tool says where it refuses; empty where it applies the folder."""
    script = folder.parent / "node_tools.mjs"
    if not script.exists():  # Node looks for packages beside the script
        shutil.copyfile(Path(__file__).with_name("node_tools.mjs"), script)
        (folder.parent / "node_modules").symlink_to(NODE_TOOLS / "node_modules")
    admin = live.server.admin
    database = {"PGHOST": admin["host"], "PGPORT": "5432", "PGUSER": "postgres", "PGDATABASE": live.name}
    done = subprocess.run(
        ["node", script, tool, folder, direction],
        env={**os.environ, **database, "PGPASSWORD": admin["password"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stderr.strip() if done.returncode else ""


def by_us(layout, root, folder, server) -> dict[str, str]:
    """What CT09 says of each file that does not apply."""
    seen = replay(load(root, [folder], [], layout), server, trials=())
    return {path: file.error.message for path, file in seen.files.items() if file.error}


def entry(tag, when):
    return {"idx": when, "version": "7", "when": when, "tag": tag, "breakpoints": True}


def journal(*tags) -> dict[str, str]:
    entries = [entry(tag, when) for when, tag in enumerate(tags, 1)]
    return {"meta/_journal.json": json.dumps({"version": "7", "dialect": "postgresql", "entries": entries})}


A = "CREATE TABLE a (x int);"
DRIZZLE = {
    "order": ({"9_a.sql": A, "1_b.sql": "ALTER TABLE a ADD y int;", **journal("9_a", "1_b")}, True),
    "order_of_names": ({"1_a.sql": A, "2_b.sql": "ALTER TABLE a ADD y int;", **journal("2_b", "1_a")}, False),
    "pieces_without_semicolons": (
        {"a.sql": f"CREATE TABLE a (x int)\n{BREAK}\nDROP TABLE a {BREAK}", **journal("a")},
        True,
    ),
    "several_in_a_piece": ({"a.sql": f"{A}\nDROP TABLE a;\n{BREAK}\nSELECT 1; SELECT 2", **journal("a")}, True),
    "a_body_cut": ({"a.sql": f"DO $$ BEGIN\n{BREAK}\nPERFORM 1; END $$;", **journal("a")}, False),
    "a_piece_behind_a_comment": ({"a.sql": f"{A} -- one {BREAK}\nDROP TABLE a", **journal("a")}, True),
    "concurrently": ({"a.sql": f"{A}\n{BREAK}\nCREATE INDEX CONCURRENTLY i ON a (x);", **journal("a")}, False),
    "a_file_that_is_gone": ({"a.sql": A, **journal("a", "b")}, False),
    "rows_of_a_copy": ({"a.sql": f"{A}\n{BREAK}\nCOPY a FROM stdin;\n1\n\\.\n", **journal("a")}, False),
    "a_command_of_psql": ({"a.sql": f"\\echo x\n{A}", **journal("a")}, False),
    "placeholders_stay": ({"a.sql": "DO $$ BEGIN ASSERT '${x}' = '$' || '{x}'; END $$", **journal("a")}, True),
}


@pytest.mark.parametrize("case", DRIZZLE)
def test_drizzle(tmp_path, server, case):
    files, applies = DRIZZLE[case]
    shops.write(tmp_path, {f"drizzle/{name}": text for name, text in files.items()})
    live = Live(server)
    try:
        refusal = by_the_tool("drizzle", tmp_path / "drizzle", live)
    finally:
        live.drop()
    found = by_us("drizzle", tmp_path, tmp_path / "drizzle", server)
    assert (refusal == "", found == {}) == (applies, applies), (refusal, found)


def test_drizzle_skips_a_file_whose_entry_is_older(tmp_path, server):
    """It says nothing, and the table is not there: CT09 tells of the file."""
    shops.write(tmp_path, {f"drizzle/{name}": text for name, text in {"a.sql": A, **journal("a")}.items()})
    live = Live(server)
    try:
        assert by_the_tool("drizzle", tmp_path / "drizzle", live) == ""
        entries = [entry("a", 1), entry("b", 0)]
        later = {"b.sql": "CREATE TABLE b (x int);", "meta/_journal.json": json.dumps({"entries": entries})}
        shops.write(tmp_path, {f"drizzle/{name}": text for name, text in later.items()})
        assert by_the_tool("drizzle", tmp_path / "drizzle", live) == ""
        assert live.ask("SELECT to_regclass('a')::text, to_regclass('b')::text") == [("a", None)]
    finally:
        live.drop()
    found = by_us("drizzle", tmp_path, tmp_path / "drizzle", server)
    assert list(found) == ["drizzle/b.sql"]
    assert found["drizzle/b.sql"].endswith("drizzle skips this file and says nothing")


NODE_PG_MIGRATE = {
    "both_parts": ({"1_a.sql": f"-- Up Migration\n{A}\n-- Down Migration\nDROP TABLE a;"}, True),
    "down_first": ({"1_a.sql": f"-- Down Migration\nDROP TABLE a;\n-- Up Migration\n{A}"}, True),
    "no_lines": ({"1_a.sql": A, "2_b.sql": "ALTER TABLE a ADD y int"}, True),
    "in_any_case": ({"1_a.sql": f"  ---- up  MIGRATION of a\n{A}\n--down migration\nSELECT 1/0;"}, True),
    "numbers_not_text": ({"9_a.sql": A, "10_b.sql": "ALTER TABLE a ADD y int;"}, True),
    "a_date_and_milliseconds": (
        {"20250104093000000_b.sql": "ALTER TABLE a ADD y int;", "1735810200000_a.sql": A},
        True,
    ),
    "concurrently": ({"1_a.sql": A, "2_b.sql": "CREATE INDEX CONCURRENTLY i ON a (x);"}, False),
    "rows_of_a_copy": ({"1_a.sql": f"{A}\nCOPY a FROM stdin;\n1\n\\.\n"}, False),
    "no_number": ({"1_a.sql": A, "b.sql": "SELECT 1;"}, False),
}


@pytest.mark.parametrize("case", NODE_PG_MIGRATE)
def test_node_pg_migrate(tmp_path, server, case):
    files, applies = NODE_PG_MIGRATE[case]
    shops.write(tmp_path, {f"migrations/{name}": text for name, text in files.items()})
    live = Live(server)
    try:
        refusal = by_the_tool("node-pg-migrate", tmp_path / "migrations", live)
        if applies and len(files) == 1 and "down" in next(iter(files.values())).lower() and "1/0" not in str(files):
            assert by_the_tool("node-pg-migrate", tmp_path / "migrations", live, "down") == ""
            assert live.ask("SELECT to_regclass('a')") == [(None,)]
    finally:
        live.drop()
    found = by_us("node-pg-migrate", tmp_path, tmp_path / "migrations", server)
    assert (refusal == "", found == {}) == (applies, applies), (refusal, found)


def test_node_pg_migrate_runs_a_way_back_that_no_line_parts(tmp_path, server):
    """The table is gone at once, and the tool says nothing: CT09 tells of the line."""
    shops.write(tmp_path, {"migrations/1_a.sql": f"{A}\n-- Down Migration\nDROP TABLE a;\n"})
    live = Live(server)
    try:
        assert by_the_tool("node-pg-migrate", tmp_path / "migrations", live) == ""
        assert live.ask("SELECT to_regclass('a')") == [(None,)]
    finally:
        live.drop()
    found = by_us("node-pg-migrate", tmp_path, tmp_path / "migrations", server)
    assert list(found.values()) == [
        "no line says what goes up: node-pg-migrate runs the whole file, what takes it back too"
    ]
