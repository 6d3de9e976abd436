"""What CT01 offers in place of a name: the name's own words, what the file does, and when it came."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from pytest_ctb.checks import Case, checks
from pytest_ctb.checks.static.file_name import Options
from pytest_ctb.model import Reading, Tool
from pytest_ctb.model.tool import PSQL
from pytest_ctb.repository.layouts import layouts
from pytest_ctb.repository.migration import parse_migration
from registry import GUIDELINES

_CT01 = next(guideline for guideline in GUIDELINES if guideline.id == "file-name")


def offered(path: str, text: str = "", tool: Tool = PSQL, root=None, **options) -> str:
    """The new path that a finding offers; empty where it offers none."""
    migration = replace(parse_migration(text.encode(), path, Reading(root)), tool=tool)
    case = Case(_CT01, Options(**{"nouns": _CT01.options.nouns, **options}), path, migration)
    (finding,) = checks()["file-name"].function(case)
    return finding.instead.rpartition(" ")[2].strip("'")


DOES = {
    "CREATE TABLE company.master (id int);": "create_company_master",
    "CREATE SCHEMA company; CREATE TABLE company.master (id int); CREATE INDEX ON company.master (id);": "create_company_master",
    "BEGIN; SET LOCAL lock_timeout = '1s'; ALTER TABLE people ADD COLUMN linkedin_url text; COMMIT;": "add_linkedin_url_to_people",
    "ALTER TABLE people DROP COLUMN fax, ADD COLUMN a int;": "drop_fax_from_people",
    "ALTER TABLE people ADD CONSTRAINT positive CHECK (id > 0);": "add_positive_to_people",
    "ALTER TABLE people ADD CHECK (id > 0);": "add_constraint_to_people",
    "ALTER TABLE people ALTER COLUMN size TYPE bigint;": "change_size_of_people",
    "ALTER TABLE people ENABLE ROW LEVEL SECURITY;": "alter_people",
    "CREATE INDEX ON people (name, age);": "index_people_name_age",
    "CREATE INDEX people_age ON people (age);": "create_people_age",
    'CREATE VIEW "BigOnes" AS SELECT 1;': "create_big_ones",
    "CREATE SCHEMA sales;": "create_schema_sales",
    "CREATE TYPE mood AS ENUM ('a');": "create_mood",
    "ALTER TYPE mood ADD VALUE 'b c';": "add_b_c_to_mood",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';": "create_f",
    "CREATE TRIGGER touched BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION f();": "create_touched",
    "CREATE POLICY mine ON people USING (true);": "create_mine",
    "CREATE EXTENSION citext;": "create_citext",
    "DROP TABLE IF EXISTS old_people;": "drop_old_people",
    "INSERT INTO stages VALUES (1);": "insert_stages",
    "UPDATE company.master SET domain = lower(domain);": "update_company_master_domain",
    "DELETE FROM people;": "delete_people",
    "TRUNCATE people;": "truncate_people",
    "GRANT SELECT ON people TO PUBLIC;": "grant_rights_on_people",
    "COMMENT ON TABLE people IS 'x';": "comment_people",
    "ALTER TABLE a RENAME TO b;": "rename_a_to_b",
    "ALTER TABLE a RENAME COLUMN c TO d;": "rename_c_to_d",
    "ALTER TYPE mood RENAME TO state;": "rename_mood_to_state",
    "DO $$ BEGIN CREATE TABLE inside (id int); END $$;": "create_inside",
    "REFRESH MATERIALIZED VIEW counted;": "refresh_counted",
    'CREATE TABLE "Größe" (id int);': "create_gro_e",
    "SELECT 1;": "verb_noun",
    "": "verb_noun",
    "CREATE TABL x;": "verb_noun",
}


@pytest.mark.parametrize("sql", DOES)
def test_without_words_of_its_own_a_file_is_named_after_what_it_does(sql):
    name = DOES[sql].replace("gro_e", "groe")
    assert offered("migrations/2025-10-23.sql", sql) == f"migrations/2025-10-23_{name}.sql"


@pytest.mark.parametrize(
    ("name", "new"),
    [
        ("2025-10-23_company_master.sql", "2025-10-23_create_company_master.sql"),
        ("2025-10-23_createCompanyMaster.sql", "2025-10-23_create_company_master.sql"),
        ("20251023_create_company_master.sql", "2025-10-23_create_company_master.sql"),
        ("2025-10-23_create.sql", "2025-10-23_create_item.sql"),
        ("2025-10-23_import.sql", "2025-10-23_import_item.sql"),
        ("2025-02-30_create_item.sql", "YYYY-MM-DD_create_item.sql"),
        ("create_item.sql", "YYYY-MM-DD_create_item.sql"),
    ],
)
def test_the_words_of_its_own_stay(name, new):
    assert offered(f"migrations/{name}", "CREATE TABLE item (id int);") == f"migrations/{new}"


def test_a_closed_list_of_verbs_is_kept():
    assert (
        offered("m/2025-10-23_item.sql", "CREATE TABLE item ();", verbs=("create",)) == "m/2025-10-23_create_item.sql"
    )
    assert offered("m/2025-10-23_item.sql", "CREATE TABLE item ();", verbs=("build",)) == "m/2025-10-23_verb_item.sql"


def test_the_date_is_that_of_the_header_else_of_git(tmp_path):
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "sub/m").mkdir(parents=True)
    git("init", "-q")
    (tmp_path / "sub/m/create_item.sql").write_text("SELECT 1;")
    git("add", ".")
    git("commit", "-qm", "one", "--date", "2024-03-09T12:00:00")
    (tmp_path / "sub/m/create_item.sql").write_text("SELECT 2;")
    git("commit", "-qam", "two", "--date", "2024-05-09T12:00:00")
    root = tmp_path / "sub"
    assert offered("m/create_item.sql", "SELECT 2;", root=root) == "m/2024-03-09_create_item.sql"
    assert offered("m/create_other.sql", "SELECT 2;", root=root) == "m/YYYY-MM-DD_create_other.sql"
    head = "-- CTB Branch: data/migrations\n-- Unique ID: CTB-00000001\n-- Last Updated: 2023-01-02\n"
    assert offered("m/create_item.sql", head, root=root) == "m/2023-01-02_create_item.sql"
    assert offered("m/create_item.sql", head.replace("01-02", "13-02"), root=root) == "m/2024-03-09_create_item.sql"


@pytest.mark.parametrize(
    ("layout", "name", "new"),
    [
        ("goose", "create_item.sql", "N_create_item.sql"),
        ("goose", "7-create-item.sql", "7_create_item.sql"),
        ("goose", "2025-10-23.sql", "20251023000000_create_item.sql"),
        ("dbmate", "2025-10-23_create_item.sql", "20251023000000_create_item.sql"),
        ("flyway", "create_item.sql", "VN__create_item.sql"),
        ("flyway", "v3_create_item.sql", "V3__create_item.sql"),
        ("golang-migrate", "create_item.sql", "N_create_item.up.sql"),
        ("supabase", "2025-10-23.sql", "20251023000000_create_item.sql"),
        ("numbered", "create_item.sql", "N_create_item.sql"),
        ("sqlx", "create_item.sql", "N_create_item.sql"),
    ],
)
def test_where_a_tool_orders_the_files_the_name_is_of_its_form(layout, name, new):
    tool = layouts()[layout].tool
    assert offered(f"migrations/{name}", "CREATE TABLE item (id int);", tool) == f"migrations/{new}", (
        tool.file_name_form
    )


@pytest.mark.parametrize("layout", ["prisma", "diesel", "sqitch", "liquibase", "drizzle"])
def test_where_another_name_is_not_enough_none_is_offered(layout):
    assert offered("migrations/create_item.sql", "CREATE TABLE item (id int);", layouts()[layout].tool) == ""
