"""Guidelines without Python: `query:` and `forbid:` in a file of the repository's own, judged on a real Postgres."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_ctb.checks import checks
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide import guideline_files as guidelines
from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.sql import all_kinds, kinds, pattern

OPTIONS = {name: one.options for name, one in checks().items()}
HEAD = "code: XX01\ntitle: Cents\nwhat: Prices are cents.\nwhy: Because.\nsource: ours\n"
QUERY = (
    HEAD
    + """query: |
  SELECT 'table ' || nspname || '.' || relname AS object, relname AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE relkind = 'r' AND nspname = 'shop' AND relname !~ '^t_'
message: 'the table {name} has no t_'
instead: ALTER TABLE shop.{name} RENAME TO t_{name};
"""
)
FORBID = HEAD + "forbid: [TRUNCATE, CREATE TABLE AS, ALTER TABLE … SET TABLESPACE]\n"
MIGRATION = "BEGIN;\nCREATE SCHEMA shop;\nCREATE TABLE shop.t_a (id int);\n{}\nCOMMIT;\n"
FILE = "migrations/2025-10-23_create_shop.sql"


@pytest.fixture
def run(pytester):
    """Run one guideline of the repository's own over one migration, whose rest is given."""

    def run(rule: str, sql: str = "", *args: str):
        for folder in ("migrations", "rules"):
            pytester.path.joinpath(folder).mkdir(exist_ok=True)
        pytester.path.joinpath(FILE).write_text(MIGRATION.format(sql))
        pytester.path.joinpath("rules", "our-own.yml").write_text(rule)
        pytester.path.joinpath("rules", "_profile.yml").write_text("extends: none\n")
        return pytester.runpytest("--ctb", "--ctb-postgres", "embedded", *args)

    return run


def test_a_row_is_a_finding_at_the_statement_that_made_its_object(run):
    result = run(QUERY, "CREATE TABLE shop.b (id int);", "-rf")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        f"{FILE}:4:1: XX01 our-own: the table b has no t_",
        "Instead:",
        "    ALTER TABLE shop.b RENAME TO t_b;",
        "FAILED rules/our-own.yml::our-own - *",
    ])  # fmt: skip


def test_no_row_passes(run):
    run(QUERY, "CREATE TABLE shop.t_b (id int);", "-v").stdout.fnmatch_lines(["rules/our-own.yml::our-own PASSED*"])


def test_a_reason_in_the_file_allows_a_row(run):
    result = run(QUERY, "-- ctb:allow our-own: older than the rule\nCREATE TABLE shop.b (id int);", "-rx")
    result.assert_outcomes(xfailed=1)
    result.stdout.fnmatch_lines(["*older than the rule*"])


def test_a_row_without_an_object_stands_at_the_guideline(run):
    result = run(HEAD + "query: SELECT 3 AS n\nmessage: 'there are {n}'\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["rules/our-own.yml:6:1: XX01 our-own: there are 3"])


@pytest.mark.parametrize(
    ("query", "line", "error"),
    [
        ("query: SELECT nothing\n", 6, 'the query fails: column "nothing" does not exist'),
        ("query: |\n  SELECT 1\n  FROM shop.missing\n", 8, 'the query fails: relation "shop.missing" does not exist'),
        ("query: SELECT 1 / 0\n", 6, "the query fails: division by zero"),
        ("query: SELECT pg_sleep(9)\n", 6, "the query fails: canceling statement due to statement timeout"),
        ("query: WITH a AS (DELETE FROM shop.t_a RETURNING 1) SELECT 1 FROM a\n", 6, "the query fails: cannot execute SELECT in a read-only transaction"),
        ("query: SELECT pg_read_file('/etc/passwd')\n", 6, "the query fails: permission denied for function pg_read_file"),
        ("query: SELECT 1 AS m\n", 7, "the message names {n}; the query returns: m"),
    ],
)  # fmt: skip
def test_a_query_that_fails_is_an_error_of_the_test(run, query, line, error):
    result = run(HEAD + query + "message: 'x {n}'\n", "", "--ctb-timeout", "1")
    result.assert_outcomes(errors=1)
    assert f"rules/our-own.yml:{line}: {error}" in result.stdout.str()


def test_a_superuser_s_query_reads_no_file_either(run):
    rule = HEAD + "query: SELECT pg_read_file('/etc/passwd')\nmessage: x\n"
    result = run(rule, "", "--ctb-role", "superuser")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*permission denied for function pg_read_file*"])


def test_a_schema_that_is_not_whole_is_not_judged(run):
    result = run(QUERY, "SELECT 1 / 0;", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*2025-10-23_create_shop.sql did not apply*"])


def test_forbidden_statements_are_found_wherever_they_run(run, pytester):
    sql = """TRUNCATE shop.t_a; -- TRUNCATE
SELECT 'TRUNCATE';
CREATE TABLE shop.t_b AS SELECT 1 AS x;
DO $$ BEGIN
  EXECUTE 'TRUNCATE shop.t_a CASCADE';
END $$;
ALTER TABLE shop.t_a ADD COLUMN x int, SET TABLESPACE pg_default;
CREATE TABLE shop.truncate (x int GENERATED ALWAYS AS IDENTITY);"""
    result = run(FORBID, sql, "-m", "ctb_static", "-v")
    result.assert_outcomes(failed=1)
    shown = result.outlines[
        : result.outlines.index(next(outline for outline in result.outlines if "short test summary" in outline))
    ]
    found = [line for line in shown if line.startswith(f"{FILE}:") and "XX01 our" in line]
    assert found == [
        f"{FILE}:4:1: XX01 our-own: TRUNCATE is not allowed here",
        f"{FILE}:6:1: XX01 our-own: CREATE TABLE AS is not allowed here",
        f"{FILE}:8:3: XX01 our-own: TRUNCATE CASCADE is not allowed here",
        f"{FILE}:10:40: XX01 our-own: ALTER TABLE SET TABLESPACE is not allowed here",
    ]
    command = [Path(sys.executable).with_name("ctb"), "check", "--short"]
    told = subprocess.run(command, cwd=pytester.path, check=False, capture_output=True, text=True)
    assert told.returncode == 1
    assert [line for line in told.stdout.splitlines() if "XX01" in line] == found


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (HEAD + "query: SELECT 1\n", "1: the key 'message' is missing"),
        (HEAD + "query: DELETE FROM a\nmessage: x\n", "6: a query is one SELECT"),
        (HEAD + "query: SELECT 1; SELECT 2\nmessage: x\n", "6: a query is one SELECT"),
        (HEAD + "query: SELECT 1 INTO a\nmessage: x\n", "6: a query is one SELECT"),
        (HEAD + "query: SELEC 1\nmessage: x\n", "6: the query cannot be read: syntax error"),
        (HEAD + "query: SELECT 1\nforbid: [DO]\nmessage: x\n", "7: a guideline has one of 'query', 'observe' and 'forbid'"),
        (HEAD + "message: x\n", "6: 'message' goes with 'query', 'observe' or 'forbid'"),
        (HEAD + "forbid: []\n", "6: 'forbid' must name a kind of statement"),
        (HEAD + "forbid: TRUNCATE\n", "6: 'forbid' must be a list, not 'TRUNCATE'"),
        (HEAD + "forbid:\n  - TRUNCATE\n  - TRUNKATE\n", "8: no kind of statement is 'TRUNKATE'; did you mean TRUNCATE?"),
        (HEAD + "forbid: [3]\n", "6: an entry of 'forbid' is a kind of statement, as DROP TABLE; not 3"),
        (HEAD + "forbid: [DO]\noptions:\n  a: b\n", "8: unknown option 'a'; there is: none"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_and_line(tmp_path, rule, message):
    (tmp_path / "our-own.yml").write_text(rule)
    with pytest.raises(ConfigError) as caught:
        guidelines.load(tmp_path, tmp_path, OPTIONS)
    assert str(caught.value).startswith(f"our-own.yml:{message}")


def test_a_name_that_has_a_check_cannot_declare_one(tmp_path):
    (tmp_path / "atomic.yml").write_text(FORBID)
    with pytest.raises(ConfigError, match=r"^atomic.yml:6: the guideline 'atomic' has a check: name this file otherwi"):
        guidelines.load(tmp_path, tmp_path, OPTIONS)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("CREATE TABLE a (b int)", "CREATE TABLE"),
        ("SELECT 1 INTO a", "SELECT INTO"),
        ("CREATE MATERIALIZED VIEW a AS SELECT 1", "CREATE MATERIALIZED VIEW"),
        ("CREATE INDEX CONCURRENTLY ON a (b)", "CREATE INDEX CONCURRENTLY"),
        ("DROP TABLE a CASCADE", "DROP TABLE CASCADE"),
        ("DROP MATERIALIZED VIEW a", "DROP MATERIALIZED VIEW"),
        ("ALTER TABLE a ALTER b SET NOT NULL", "ALTER TABLE ALTER COLUMN SET NOT NULL"),
        ("ALTER TABLE a ALTER b TYPE int", "ALTER TABLE ALTER COLUMN TYPE"),
        ("ALTER TABLE a DROP COLUMN b", "ALTER TABLE DROP COLUMN"),
        ("ALTER TABLE a DISABLE ROW LEVEL SECURITY", "ALTER TABLE DISABLE ROW LEVEL SECURITY"),
        ("ALTER TABLE a RENAME TO b", "ALTER TABLE RENAME"),
        ("ALTER TABLE a RENAME b TO c", "ALTER TABLE RENAME COLUMN"),
        ("ALTER TABLE a SET SCHEMA b", "ALTER TABLE SET SCHEMA"),
        ("ALTER TABLE a OWNER TO b", "ALTER TABLE OWNER TO"),
        ("ALTER TYPE a ADD VALUE 'b'", "ALTER TYPE ADD VALUE"),
        ("COMMENT ON COLUMN a.b IS 'c'", "COMMENT ON COLUMN"),
        ("VACUUM FULL a", "VACUUM FULL"),
        ("ANALYZE", "ANALYZE"),
        ("REVOKE ALL ON a FROM b", "REVOKE"),
        ("GRANT a TO b", "GRANT"),
        ("SET search_path = a", "SET"),
        ("CREATE PROCEDURE a() LANGUAGE sql AS ''", "CREATE PROCEDURE"),
        ("LOCK TABLE a", "LOCK"),
        ("ALTER SYSTEM SET a = 1", "ALTER SYSTEM"),
        ("CREATE TYPE a AS ENUM ('b')", "CREATE TYPE"),
        ("ROLLBACK", "ROLLBACK"),
    ],
)
def test_the_kind_of_a_statement_in_words(sql, kind):
    (statement,) = parse_migration(f"{sql};".encode(), "x.sql").statements
    assert [one for one, _ in kinds(statement)] == [kind]
    assert kind in all_kinds()


def test_words_mean_what_starts_with_them():
    assert pattern("DROP").match("DROP TABLE CASCADE")
    assert pattern("alter table … set not null").match("ALTER TABLE ALTER COLUMN SET NOT NULL")
    assert pattern("ALTER TABLE...SET TABLESPACE").match("ALTER TABLE SET TABLESPACE")
    assert not pattern("SET").match("SETTING")
    assert not pattern("CREATE TABLE AS").match("CREATE TABLE")
