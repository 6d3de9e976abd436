"""`ctb base`: what it writes, what it tells, and what it refuses."""

from __future__ import annotations

import pytest

from pytest_ctb.cli import main
from pytest_ctb.repository.bases import usual_bases

FIRST = """BEGIN;
CREATE SCHEMA shop;
CREATE TABLE shop.item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE SCHEMA other;
CREATE TABLE other.note (item_id bigint REFERENCES shop.item (id));
COMMIT;
"""
HEAD = "-- Ours.\n-- Part: shop\n\n"
SHOP = """BEGIN;

CREATE SCHEMA shop;

CREATE TABLE shop.item (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    name text NOT NULL
);
ALTER TABLE shop.item ADD CONSTRAINT item_pkey PRIMARY KEY (id);

COMMIT;
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository with two schemas and no base schema."""
    for folder in ("migrations", "infra"):
        (tmp_path / folder).mkdir()
    (tmp_path / "migrations" / "2025-10-23_create_shop.sql").write_text(FIRST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run the command; gives what it ended with, and what it said on each stream."""

    def done(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["base", *arguments])
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return done


def test_from_nothing_to_a_base_schema_that_goes_with_the_migrations(project, run):
    assert run("--check")[:2][0] == 1
    assert run("--write") == (0, "infra/neon.sql: new\n", "")
    whole = (project / "infra" / "neon.sql").read_text()
    assert whole.startswith("-- Written by ctb base --write")
    assert "CREATE TABLE other.note (\n    item_id bigint\n);" in whole
    part = project / "infra" / "shop-schema.sql"
    part.write_text(f"{HEAD}SELECT 1;\n\n-- Rollback: none, because it is a new database\n")
    assert run("--write") == (0, "infra/neon.sql: as the migrations make it\ninfra/shop-schema.sql: written\n", "")
    assert part.read_text() == f"{HEAD}{SHOP}\n-- Rollback: none, because it is a new database\n"
    part.write_text(part.read_text().replace("name text NOT NULL", "name TEXT not null"))
    (project / "infra" / "neon.sql").write_text(whole.replace("    item_id bigint\n", ""))
    code, out, _ = run("--check")
    assert code == 1
    assert "+    item_id bigint" in out
    assert "infra/neon.sql: would change: ctb base --write infra/neon.sql" in out
    assert "infra/shop-schema.sql: as the migrations make it, in words of its own" in out


def test_a_new_part_and_what_cannot_be_written(project, run):
    assert run("--part", "shop", "infra/shop-schema.sql", "--write")[1] == "infra/shop-schema.sql: new\n"
    text = (project / "infra" / "shop-schema.sql").read_text()
    assert text.partition("\n")[2] == f"-- Part: shop\n\n{SHOP}"
    (project / "migrations" / "2025-10-24_create_sum.sql").write_text(
        "CREATE AGGREGATE shop.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');"
    )
    code, out, err = run("--write", "infra/shop-schema.sql")
    assert (code, out) == (2, "")
    assert "infra/shop-schema.sql cannot be written: ctb base writes no SQL for function shop.total(integer)" in err
    assert (project / "infra" / "shop-schema.sql").read_text() == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--write", "--check"], "--write and --check exclude each other: use one of them"),
        (["--part", "shop"], "--part is for one new FILE"),
        (["--part", "shop", "infra/there.sql"], "--part is for one new FILE; an existing file names its part itself"),
    ],
)
def test_a_wrong_line_is_refused(project, run, arguments, message):
    (project / "infra" / "there.sql").write_text("SELECT 1;")
    (project / "infra" / "neon.sql").write_text("SELECT 1;")
    code, _, err = run(*arguments)
    assert code == 2
    assert message in err


def test_the_usual_base_schemas(tmp_path):
    names = ["neon.sql", "cold-outreach-schema.sql", "neon-company-schema.sql", "platform.sql", "schema.md"]
    for name in names:
        (tmp_path / name).touch()
    assert [path.name for path in usual_bases(tmp_path)] == ["neon.sql", *sorted(names[1:3])]
    assert usual_bases(tmp_path / "nowhere") == ()
