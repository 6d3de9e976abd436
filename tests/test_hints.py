"""A hint of what may block the application: from the text alone, a warning, and only where the replay would look."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from machine import as_migrations
from online_cases import every_case
from pytest_ctb.cli.main import ctb
from pytest_ctb.sql import may_block

CODES = {"reads": "ON01", "writes": "ON02"}
NO_TEXT_SAYS = {"an index of a materialized view", "an index that is there", "a type that is the same"}
"""Nobody writes to the first, nothing is done for the others: all this only the database knows."""
NAME = "migrations/2025-11-21_add_orders.sql"
BEGINNING = "CREATE SCHEMA IF NOT EXISTS shop;\nCREATE TABLE IF NOT EXISTS shop.orders (id bigint, total int);\n"
STRICT = "ALTER TABLE shop.orders ALTER COLUMN total SET NOT NULL;\n"
INDEX = "CREATE INDEX IF NOT EXISTS orders_total ON shop.orders (total);\n"


def hinted(sql: str) -> list[str]:
    """What the hints of a text say: what may be blocked, of which table, by what."""
    (migration,) = as_migrations(sql)
    return [f"{may.blocks} of {may.relation}: {may.does}" for _, may in may_block(migration.statements)]


@pytest.mark.quick
def test_the_cases_of_the_pack():
    """Where the replay finds nothing, the text hints at nothing; of what it finds by one statement, at most."""
    loud, found, hit = set(), 0, 0
    for case in every_case():
        (migration,) = as_migrations(case.sql)
        expected = {code for code, _ in case.expected} & set(CODES.values())
        codes = {CODES[may.blocks] for _, may in may_block(migration.statements)}
        if codes - expected:
            loud.add(case.name)
        found, hit = found + len(expected), hit + len(codes & expected)
    assert loud == NO_TEXT_SAYS
    assert hit >= 0.6 * found, (hit, found)


@pytest.mark.quick
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("VACUUM FULL shop.orders, customers;", ["reads of shop.orders: writes every row anew", "reads of customers: writes every row anew"]),
        ("CLUSTER shop.orders USING orders_pkey;", ["reads of shop.orders: writes every row anew"]),
        ("ALTER TABLE shop.orders ADD EXCLUDE USING gist (at WITH &&);", ["reads of shop.orders: builds an index"]),
        ("ALTER TABLE shop.orders ADD CONSTRAINT a NOT NULL total;", ["reads of shop.orders: checks every row"]),
        ("ALTER TABLE shop.orders ALTER total TYPE bigint;", ["reads of shop.orders: writes every row anew"]),
        ("ALTER TABLE shop.orders ALTER code TYPE text USING upper(code);", ["reads of shop.orders: writes every row anew"]),
        ("ALTER TABLE shop.orders ADD uid uuid DEFAULT public.gen_random_uuid();", ["reads of shop.orders: writes every row anew"]),
        ("ALTER TABLE shop.orders ADD n bigint GENERATED ALWAYS AS (total * 2) STORED;", ["reads of shop.orders: writes every row anew"]),
        ("DO $$ BEGIN IF true THEN CREATE INDEX ON shop.orders (total); END IF; END $$;", ["writes of shop.orders: builds an index"]),
        ("CREATE TABLE t (id int);\nALTER TABLE o ADD FOREIGN KEY (t) REFERENCES t;", ["writes of o: checks every row"]),
        ("BEGIN;\nCREATE TABLE a.t (id int);\nALTER TABLE b.t ALTER id SET NOT NULL;\nCOMMIT;", ["reads of b.t: checks every row"]),
        ("REINDEX (VERBOSE) TABLE shop.orders;", ["reads of shop.orders: builds an index"]),
        ("ALTER TABLE shop.orders ADD CHECK (a > 0) NOT VALID, ALTER b SET NOT NULL;", []),
        ("VACUUM (ANALYZE) shop.orders;", []),
        ("VACUUM;", []),
        ("REINDEX TABLE CONCURRENTLY shop.orders;", []),
        ("REINDEX (CONCURRENTLY) TABLE shop.orders;", []),
        ("REFRESH MATERIALIZED VIEW shop.daily WITH NO DATA;", []),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY shop.daily;", []),
        ("ALTER TABLE shop.orders ALTER code TYPE varchar(40);", []),
        ("ALTER TABLE shop.orders ALTER total TYPE shop.percent;", []),
        ("ALTER TABLE shop.orders ALTER code TYPE text USING code::text;", []),
        ("ALTER TABLE shop.orders ADD seen timestamptz NOT NULL DEFAULT now();", []),
        ("ALTER TABLE shop.orders ADD n bigint GENERATED ALWAYS AS (total * 2) VIRTUAL;", []),
        ("ALTER TABLE shop.orders ADD CONSTRAINT u UNIQUE USING INDEX orders_u;", []),
        ("ALTER TABLE shop.orders ADD FOREIGN KEY (id) REFERENCES shop.customers NOT VALID;", []),
        ("ALTER TABLE shop.orders ADD customer bigint REFERENCES shop.customers;", []),
        ("CREATE INDEX a ON ONLY shop.events (kind);", []),
        ("CREATE INDEX CONCURRENTLY a ON shop.orders (total);", []),
        ("CREATE TABLE shop.t (id int);\nCREATE INDEX ON t (id);\nALTER TABLE shop.t ADD PRIMARY KEY (id);", []),
        ("CREATE TABLE shop.n AS SELECT 1 AS id;\nALTER TABLE shop.n RENAME TO orders;\nCREATE INDEX ON shop.orders (id);", []),
        ("CREATE TABLE n (id int);\nALTER TABLE n SET SCHEMA shop;\nCREATE INDEX ON shop.n (id);", []),
        ("SELECT 1 AS id INTO shop.n;\nCREATE INDEX ON shop.n (id);", []),
        ("CREATE MATERIALIZED VIEW shop.m AS SELECT 1 AS id;\nCREATE UNIQUE INDEX ON shop.m (id);", []),
        ("CREATE TEMP TABLE t (id int);\nALTER TABLE t ADD PRIMARY KEY (id);", []),
        ("ALTER TABLE shop.orders VALIDATE CONSTRAINT there;\nALTER TABLE shop.orders ALTER total SET NOT NULL;", []),
        ("ALTER TABLE shop.orders ALTER total SET NOT NULL;\nALTER TABLE shop.orders DROP CONSTRAINT there;", ["reads of shop.orders: checks every row"]),
        ("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE INDEX ON shop.orders (total); END $$;", []),
        ("ALTER VIEW shop.v ALTER a SET DEFAULT 1;", []),
        ("ALTER TABLE shop.orders DISABLE TRIGGER USER;\nLOCK TABLE shop.orders;\nTRUNCATE shop.orders;", []),
    ],
)  # fmt: skip
def test_what_the_text_of_a_statement_says(sql, expected):
    assert hinted(sql) == expected


# --- as people see it -------------------------------------------------------------------------------------------------


@pytest.fixture
def team(tmp_path, monkeypatch):
    """A repository with the pack `online` alone, and a function that writes a migration."""
    for folder in ("migrations", "rules"):
        (tmp_path / folder).mkdir()
    (tmp_path / "rules/_profile.yml").write_text("extends: online\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / ".sqlfluff").write_text(
        "[sqlfluff]\ndialect = postgres\ntemplater = raw\nrules = ctb\nignore = parsing\n"
    )
    (tmp_path / "migrations/2025-11-20_create_orders.sql").write_text(BEGINNING)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(*arguments: str) -> tuple[int, list[str]]:
    """How `ctb check --short` ends, and the findings that it prints."""
    done = CliRunner().invoke(ctb, ["check", "--short", *arguments])
    return done.exit_code, [line for line in done.output.splitlines() if ": ON" in line]


def options(team, text: str) -> None:
    """Set options of both guidelines."""
    lines = "".join(f"  {name}-not-blocked:\n    options: {text}\n" for name in ("reads", "writes"))
    (team / "rules/_profile.yml").write_text(f"extends: online\nguidelines:\n{lines}")


def test_ctb_check_says_so_and_ends_well(team):
    (team / NAME).write_text(STRICT + INDEX)
    assert checked() == (
        0,
        [
            f"{NAME}:1:1: ON01 reads-not-blocked: may block reads of shop.orders; the replay decides (it checks every row)",
            f"{NAME}:2:1: ON02 writes-not-blocked: may block writes of shop.orders; the replay decides (it builds an index)",
        ],
    )


@pytest.mark.parametrize(
    ("of", "hints"),
    [
        ("{small: [shop.orders]}", 0),
        ("{small: ['shop.*']}", 0),
        ("{small: [shop.settings]}", 2),
        ("{large: [shop.events]}", 0),
        ("{large: [shop.orders]}", 2),
    ],
)
@pytest.mark.parametrize("name", ["shop.orders", "orders"])
def test_small_tables_are_left_alone(team, of, hints, name):
    """Also where the text leaves the schema out, and one table of that name is known."""
    if name == "orders" and of in {"{small: ['shop.*']}", "{small: [shop.settings]}"}:
        return  # no table of that name is known
    (team / NAME).write_text((STRICT + INDEX).replace("shop.orders", name))
    options(team, of)
    assert len(checked()[1]) == hints


@pytest.mark.parametrize(("rows", "hints"), [(3, 0), (10_000, 0), (10_001, 2)])
@pytest.mark.parametrize("name", ["shop.orders", "orders"])
def test_sizes_say_what_is_small(team, rows, hints, name):
    (team / NAME).write_text((STRICT + INDEX).replace("shop.orders", name))
    sizes = {"version": 1, "date": "2026-11-01", "tables": {"shop.orders": {"rows": rows, "bytes": 1}}}
    (team / "sizes.json").write_text(json.dumps(sizes))
    assert len(checked()[1]) == hints
    assert len(linted(team)[0]) == hints


def test_a_table_of_the_same_file_is_new(team):
    (team / NAME).write_text(BEGINNING.replace("orders", "parcels") + (STRICT + INDEX).replace("orders", "parcels"))
    assert checked() == (0, [])


def test_who_does_not_have_the_pack_gets_no_hint(team):
    (team / "rules/_profile.yml").write_text("extends: ctb\n")
    (team / NAME).write_text(STRICT + INDEX)
    assert checked()[1] == []
    assert [hint for hint in linted(team)[0] if "ON" in hint[2]] == []


@pytest.mark.parametrize("of", ["level: error", "level: warning"])
def test_a_team_can_switch_the_hint_off_and_not_into_an_error(team, of):
    (team / NAME).write_text(STRICT)
    profile = f"extends: online\nguidelines:\n  reads-not-blocked:\n    {of}\n"
    (team / "rules/_profile.yml").write_text(profile)
    status, hints = checked()
    assert (status, len(hints)) == (0, 1)
    (team / "rules/_profile.yml").write_text(profile.replace(of, "level: 'off'"))
    assert checked()[1] == []


def test_an_exception_holds_for_the_hint(team):
    (team / NAME).write_text(f"-- ctb:allow reads-not-blocked: the table is new in production\n{STRICT}")
    assert checked() == (0, [])


def linted(team, *, processes: int = 1) -> tuple[list[tuple[int, int, str, bool]], int]:
    """What sqlfluff shows: line, column, code, whether it is a warning; and how it ends."""
    command = [sys.executable, "-m", "sqlfluff", "lint", "--format", "json", "-p", str(processes), "migrations"]
    done = subprocess.run(command, cwd=team, capture_output=True, text=True, check=False)
    found = [violation for file in json.loads(done.stdout) for violation in file["violations"]]
    return [(v["start_line_no"], v["start_line_pos"], v["code"], v["warning"]) for v in found], done.returncode


@pytest.mark.parametrize("processes", [1, 2])
def test_sqlfluff_shows_a_warning_and_ends_well(team, processes):
    (team / NAME).write_text(f"BEGIN;\nDO $$ BEGIN\n    {STRICT}END $$;\n{INDEX}COMMIT;\n")
    assert linted(team, processes=processes) == ([(3, 5, "CTB_ON01", True), (5, 1, "CTB_ON02", True)], 0)
