"""Layouts that data describes: a pattern with lines below it, the newer tools' own rules, and what `auto` makes of a folder."""

from __future__ import annotations

import json

import pytest

import shops
from machine import replay
from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.repository.folders import load

BREAK = "--> statement-breakpoint"


def read(root, layout, files, folder="migrations", variables=None):
    """The migrations of a folder with these files, in their order."""
    for name, text in files.items():
        (root / folder / name).parent.mkdir(parents=True, exist_ok=True)
        (root / folder / name).write_text(text)
    return load(root, [root / folder], [], layout, variables).migrations


def refused(root, layout, files, folder="migrations") -> dict[str, str]:
    """Why the tool refuses files, by the end of their paths."""
    migrations = read(root, layout, files, folder)
    return {
        migration.path.removeprefix(f"{folder}/"): f"{migration.unapplied.position.line}: {migration.unapplied.message}"
        for migration in migrations
        if migration.unapplied
    }


def sent(migration) -> list[str]:
    """The statements as they are sent."""
    return [statement.sql.strip() for statement in migration.sent]


def evidence(root, layout, files, server, variables=None):
    """What a server says of the files: the error of each that does not apply."""
    for name, text in files.items():
        (root / "migrations" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "migrations" / name).write_text(text)
    repository = load(root, [root / "migrations"], [], layout, variables)
    seen = replay(repository, server, trials=())
    return {path.removeprefix("migrations/"): file.error for path, file in seen.files.items() if file.error}


# --- A pattern, and lines below it ------------------------------------------------------------------------------------

PATTERN = "{number}_{name}.sql"


def test_one_transaction_around_a_file(tmp_path):
    """Psql brings it; its own commands and rows are still understood."""
    text = "\\set t a\nCREATE TABLE :t (x int);\nCOPY a FROM stdin;\n1\n\\.\n"
    (migration,) = read(tmp_path, f"{PATTERN}\ntransaction: file", {"1_a.sql": text})
    assert sent(migration) == ["BEGIN", "CREATE TABLE a (x int)", "COPY a FROM stdin", "COMMIT"]
    assert not any(statement.problem for statement in migration.sent)


@pytest.mark.parametrize("word", ["file", "all"])
def test_a_line_of_the_file_switches_the_transaction_off(tmp_path, word):
    files = {
        "1_a.sql": "--  no   transaction: it is long\nCREATE INDEX CONCURRENTLY i ON a (x);\n",
        "2_b.sql": "-- see no transaction\nSELECT 1;\n",
    }
    off, on = read(tmp_path, f"{PATTERN}\n  transaction: {word} unless -- no transaction", files)
    assert (off.no_transaction.says, off.no_transaction.position.line) == ("no   transaction: it is long", 1)
    assert [len(off.sent), len(on.sent)] == [1, 3]
    assert off.tool.transaction_off_switch == "`-- no transaction`"


def test_no_transaction_is_psql_s_own_way(tmp_path):
    (migration,) = read(tmp_path, f"{PATTERN}\ntransaction: none", {"1_a.sql": "SELECT 1; SELECT 2;"})
    assert sent(migration) == ["SELECT 1", "SELECT 2"]
    assert migration.tool.is_psql


def test_a_file_in_one_go(tmp_path):
    """Postgres takes it for one transaction; what is for psql cannot be sent."""
    files = {"1_a.sql": "SELECT 1; SELECT 2;", "2_b.sql": "\\echo x\n"}
    first, second = read(tmp_path, f"{PATTERN}\nsends: file", files)
    assert sent(first) == ["BEGIN", "SELECT 1", "SELECT 2", "COMMIT"]
    assert "what applies this file sends SQL alone" in second.statements[0].problem.message


def test_lines_for_up_and_down(tmp_path):
    text = "-- UP\nSELECT 1;\n-- DOWN\nSELECT 2;\n"
    (migration,) = read(tmp_path, f"{PATTERN}\nup: -- UP\ndown: -- DOWN", {"1_a.sql": text})
    assert sent(migration) == ["SELECT 1"]
    (block,) = migration.rollbacks
    assert [statement.sql for statement in block.statements] == ["SELECT 2"]
    assert block.position.line == 3
    assert refused(tmp_path, f"{PATTERN}\nup: -- UP", {"1_a.sql": "SELECT 1;\n"}) == {
        "1_a.sql": "1: no line says what goes up: the tool refuses the file"
    }


def test_the_way_back_in_a_file_of_its_own(tmp_path):
    files = {"1_a.sql": "SELECT 1;", "undo/1.sql": "SELECT 2;", "2_b.sql": "SELECT 3;"}
    first, second = read(tmp_path, f"{PATTERN}\ndown: undo/{{number}}.sql", files)
    assert [statement.sql for statement in first.rollbacks[0].statements] == ["SELECT 2"]
    assert not second.rollbacks


@pytest.mark.parametrize(
    ("separator", "text"),
    [
        (BREAK, f"SELECT 1; {BREAK}\nSELECT 2\n{BREAK} SELECT 3"),
        ("GO", "SELECT 1\nGO\nSELECT 2;\n  GO;\nSELECT 3 AS GO\n"),
        ("/", "SELECT 1\n/\nSELECT 2\n/\nSELECT 3 / 1\n"),
    ],
)
def test_pieces_are_sent_one_after_the_other(tmp_path, separator, text):
    """A statement needs no semicolon at the end of a piece; one transaction holds all pieces, and each line stays."""
    (migration,) = read(tmp_path, f"{PATTERN}\nseparator: {separator}\ntransaction: file", {"1_a.sql": text})
    assert [sql.split()[0] for sql in sent(migration)] == ["BEGIN", "SELECT", "SELECT", "SELECT", "COMMIT"]
    lines = text.splitlines()
    for statement in migration.statements:
        assert not statement.problem
        assert lines[statement.position.line - 1][statement.position.column - 1 :].startswith("SELECT")


def test_a_separator_in_a_body_cuts_it(tmp_path):
    text = f"DO $$ BEGIN PERFORM 1; {BREAK}\nEND $$;\n"
    (migration,) = read(tmp_path, f"{PATTERN}\nseparator: {BREAK}", {"1_a.sql": text})
    assert migration.statements[0].problem


def test_what_is_excluded_is_not_there(tmp_path):
    files = {"1_a.sql": "SELECT 1;", "seeds/2_b.sql": "SELECT 1;", "scratch.sql": "SELECT 1;"}
    layout = f"{PATTERN}\nexclude: seeds/*\nexclude: scratch.sql"
    assert [migration.path for migration in read(tmp_path, layout, files)] == ["migrations/1_a.sql"]
    goose = {"1_a.sql": "-- +goose Up\nSELECT 1;", "seeds/x.sql": "SELECT 1;"}
    assert [one.name for one in read(tmp_path / "goose", "goose\nexclude: seeds/*", goose)] == ["1_a.sql"]
    dated = {"2025-01-01_add_x.sql": "SELECT 1;", "old/x.sql": "SELECT 1;"}
    assert [one.name for one in read(tmp_path / "ctb", "ctb\nexclude: old/*", dated)] == ["2025-01-01_add_x.sql"]


def test_the_order_of_several_numbers(tmp_path):
    """Each part of a path counts by its number; text where it is said so."""
    names = ["v1.9/2_b.sql", "v1.9/11_c.sql", "v1.10/1_a.sql", "v2/1_a.sql", "v1.9/1_a.sql"]
    files = dict.fromkeys(names, "SELECT 1;")
    ordered = ["v1.9/1_a.sql", "v1.9/2_b.sql", "v1.9/11_c.sql", "v1.10/1_a.sql", "v2/1_a.sql"]
    layout = "v{version}/{number}_{name}.sql"
    assert [one.path.removeprefix("migrations/") for one in read(tmp_path, layout, files)] == ordered
    assert [one.path.removeprefix("migrations/") for one in read(tmp_path, "numbered", files)] == ordered
    as_text = [one.path.removeprefix("migrations/") for one in read(tmp_path, f"{layout}\norder: text", files)]
    assert as_text == sorted(names, key=lambda name: name.split("_")[0])


@pytest.mark.parametrize(
    ("names", "doubled"),
    [
        (["00.05.00_01_a.sql", "00.05.00_02_b.sql", "00.05.00_10_c.sql", "00.06.00_01_d.sql"], 0),
        (["20251023_1_a.sql", "20251023_2_b.sql", "20251023_10_c.sql", "20251024_d.sql"], 0),
        (["20251023_093000_a.sql", "20251023_100000_b.sql"], 0),
        (["v1.2-1.sql", "v1.2-2.sql"], 0),
        (["1.1.2.sql", "1.1.9.sql", "1.1.11.sql", "1.1.11a.sql", "1.1.11b_x.sql", "1.1.12.sql"], 0),
        (["7_a.sql", "7a_b.sql", "7b-c.sql", "8.sql", "10a.sql"], 0),
        (["7a_b.sql", "7a_c.sql"], 2),
        (["v1.9a/1_x.sql", "v1.10/1_y.sql"], 0),
        (["1.2_01_a.sql", "1.2_01_b.sql"], 2),
        (["20251023_a.sql", "20251023_b.sql"], 2),
        (["001_2024_a.sql", "001_2025_b.sql"], 2),
        (["1.2_2fa.sql", "1.2_3d.sql"], 2),
    ],
)
def test_what_counts_the_files_of_a_version_belongs_to_it(tmp_path, names, doubled):
    shuffled = dict.fromkeys(reversed(names), "SELECT 1;")
    migrations = read(tmp_path, "numbered", shuffled)
    assert [migration.path.removeprefix("migrations/") for migration in migrations] == names
    versions = [migration.version for migration in migrations]
    assert sum(versions.count(version) > 1 for version in versions) == doubled


@pytest.mark.parametrize(
    ("layout", "why"),
    [
        (f"{PATTERN}\ntransation: file", "'transation: file' does not begin with one of down, up, transaction,"),
        (f"{PATTERN}\nmore", "'more' does not begin with one of"),
        (f"{PATTERN}\ntransaction: maybe", "transaction: 'maybe' is not one of file, all, none"),
        (f"{PATTERN}\ntransaction: none unless -- x", "is not one of file, all, none"),
        (f"{PATTERN}\norder: size", "order: 'size' is not one of number, text"),
        (f"{PATTERN}\nup:", "up: nothing follows it"),
        (f"{PATTERN}\nup: -- a\nup: -- b", "up: a second one"),
        (f"{PATTERN}\nplaceholder: __x__", "has to hold {name}"),
        (f"{PATTERN}\nplaceholder: {{name}}", "and what surrounds it"),
        (f"{PATTERN} {{number}}.undo.sql\ndown: {{number}}.down.sql", "two patterns for what takes it back"),
        (f"{PATTERN}\ndown: {{name}}.down.sql", "{name}.down.sql needs one of {number}, {version} or {date}"),
        (f"{PATTERN}\nsends: psql\nseparator: GO", "psql cuts no file at a separator"),
        (f"{PATTERN}\nexclude: *", "nothing to check: ctb_layout excludes every .sql file"),
        ("goose\nseparator: GO", "parts its files in its own way"),
        ("auto\nexclude: x", "no line may follow it"),
        ("gose\nexclude: x", "--ctb-layout gose: no layout of that name"),
    ],
)
def test_lines_that_cannot_be_meant(tmp_path, layout, why):
    with pytest.raises(ConfigError) as error:
        read(tmp_path, layout, {"1_a.sql": "SELECT 1;"})
    assert why in str(error.value)
    assert "\n" not in str(error.value)


def test_the_ini_file_says_it(pytester):
    """As pytest reads it; a message shows the first line alone."""
    ini = f"[pytest]\nctb_layout =\n    {PATTERN}\n    down: -- DOWN\n    transaction: file\n    exclude: scratch.sql\n"
    down = "-- DOWN\nDROP TABLE a;\n"
    files = {"migrations/1_a.sql": f"CREATE TABLE a (x int);\n{down}", "migrations/scratch.sql": "", "pytest.ini": ini}
    shops.write(pytester.path, files)
    result = pytester.runpytest("--ctb", "--ctb-postgres", "embedded")
    assert set(result.parseoutcomes()) == {"passed"}, result.stdout.str()
    result.stdout.fnmatch_lines([f"ctb layout: {PATTERN}"])


# --- Placeholders -----------------------------------------------------------------------------------------------------


def test_any_text_between_braces(tmp_path, server):
    """Jinja's, Go's and a list's alike; braces that are an array stay what they are."""
    text = (
        "CREATE TABLE {{ env['TABLE'] }} (x int[]);\n"
        "INSERT INTO {{.Table}} VALUES ('{1,2}'), ('{{ 3 }}'), ('{{1,2},{3,4}}');\n"
    )
    variables = {"env['TABLE']": "a", "Table": "a"}
    assert not evidence(tmp_path, PATTERN, {"1_a.sql": text}, server, variables)
    (migration,) = read(tmp_path, PATTERN, {"1_a.sql": "SELECT {{ var x }};"})
    assert "write `var x = value`" in migration.statements[0].problem.message


def test_placeholders_of_the_tool_s_own_form(tmp_path, server):
    """Filled inside of bodies and strings, not in comments; a cast and a time are none."""
    text = (
        "-- :schema\nCREATE TABLE :schema.a (x int);\n"
        "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN\n"
        "    RETURN (SELECT count(*) FROM :schema.a)::text || '12:30' || ':schema';\nEND $$;\n"
        "DO $$ BEGIN IF f() <> '012:30public' THEN RAISE '%', f(); END IF; END $$;\n"
    )
    layout = f"{PATTERN}\nsends: file\nplaceholder: :{{name}}"
    variables = {"schema": "public", "text": "wrong", "30": "wrong"}
    assert not evidence(tmp_path, layout, {"1_a.sql": text}, server, variables)
    (migration,) = read(
        tmp_path,
        f"{PATTERN}\nplaceholder: __{{name}}__",
        {"1_a.sql": "SELECT __a_b__, '__a_b__x';"},
        variables={"a_b": "1"},
    )
    assert migration.statements[0].sql.strip() == "SELECT 1, '1x'"


# --- drizzle ----------------------------------------------------------------------------------------------------------


def journal(*entries: tuple[str, int]) -> str:
    return json.dumps({"entries": [{"idx": 0, "when": when, "tag": tag, "breakpoints": True} for tag, when in entries]})


def test_drizzle_s_journal_is_checked(tmp_path):
    """What it skips or never comes to is told at the file; others may stay quiet."""
    names = ["0000_a", "0001_b", "0002_c", "scratch"]
    files = {f"{name}.sql": f"SELECT 1; {BREAK}\nSELECT 2;" for name in names}
    entries = ("0000_a", 5), ("0002_c", 9), ("0001_b", 9)
    found = refused(tmp_path, "drizzle", {**files, "meta/_journal.json": journal(*entries)}, "drizzle")
    assert found == {
        "0001_b.sql": "1: its `when` in meta/_journal.json is not after that of 0002_c: where 0002_c is applied, "
        "drizzle skips this file and says nothing",
        "scratch.sql": "1: meta/_journal.json does not name it",
    }
    entries = ("0000_a", 5), ("gone", 6), ("0001_b", 7), ("0002_c", 8), ("scratch", 9)
    found = refused(tmp_path, "drizzle", {"meta/_journal.json": journal(*entries)}, "drizzle")
    assert found == {
        "0001_b.sql": "1: meta/_journal.json names gone, and there is no gone.sql: drizzle applies nothing"
    }
    entries = (*((name, when) for when, name in enumerate(names)), ("later", 10))
    found = refused(tmp_path, "drizzle", {"meta/_journal.json": journal(*entries)}, "drizzle")
    assert found == {
        "scratch.sql": "1: meta/_journal.json names later, and there is no later.sql: drizzle applies nothing"
    }
    (tmp_path / "drizzle" / "meta" / "_journal.json").write_text('{"entries": [{}]}')
    with pytest.raises(ConfigError, match=r"_journal\.json: the journal of drizzle cannot be read"):
        refused(tmp_path, "drizzle", {}, "drizzle")


def test_drizzle_s_folders_without_a_journal(tmp_path):
    files = {"20250102_b/migration.sql": "SELECT 2;", "20250101_a/migration.sql": "SELECT 1;"}
    assert [sent(one)[1] for one in read(tmp_path, "drizzle", files)] == ["SELECT 1", "SELECT 2"]


def test_drizzle_has_no_switch(tmp_path):
    files = {"0000_a.sql": "CREATE INDEX CONCURRENTLY i ON a (x);", "meta/_journal.json": journal(("0000_a", 1))}
    read(tmp_path, "drizzle", files)
    suite = load_suite(tmp_path, [tmp_path / "migrations"], [], shops.RULES, layout="drizzle")
    asked = (one for questions in suite.questions.values() for one in questions if one.guideline.id == "transaction")
    (finding,) = (finding for question in asked for finding in judge(question))
    assert finding.message.endswith(
        "and drizzle puts one around a file: nothing in a file switches that off, so run the statement by hand, "
        "beside the migrations"
    )


# --- Hasura, tern, node-pg-migrate, Atlas -----------------------------------------------------------------------------


def test_hasura_s_versions_are_numbers(tmp_path):
    files = {"default/10_b/up.sql": "SELECT 2;", "default/9_a/up.sql": "SELECT 1;", "default/9_a/down.sql": "SELECT 0;"}
    first, second = read(tmp_path, "hasura", files)
    assert (first.version, second.version) == ("9", "10")
    assert first.rollbacks[0].path == "migrations/default/9_a/down.sql"
    with pytest.raises(ConfigError, match="holds the migrations of several databases: default, other; set --ctb-migr"):
        read(tmp_path, "hasura", {"other/11_a/up.sql": "SELECT 1;"})


def test_tern_s_rules(tmp_path):
    cut = "---- create above / drop below ----"
    files = {
        "001_a.sql": f"SELECT 1;\n{cut}\nSELECT 2;\n{cut}\n",
        "002_b.sql": f"-- nothing\n\n{cut}\nSELECT 2;\n",
        "003_c.sql": f"SELECT 1;\n{cut}\n---- tern: disable-tx ----\nSELECT 2;\n",
        "004_d.sql": "---- tern: disable-tx ----\nVACUUM;\n",
        "006_f.sql": "SELECT 1;\n",
        "007_g.sql": "SELECT 1;\n",
        "shared/view.sql": "CREATE VIEW v AS SELECT 1;\n",
    }
    migrations = {one.name: one for one in read(tmp_path, "tern", files)}
    assert set(migrations) == {name for name in files if "/" not in name}
    assert {name: one.unapplied.message for name, one in migrations.items() if one.unapplied} == {
        "002_b.sql": "no SQL goes up: tern refuses the file",
        "006_f.sql": "there is no migration 5: tern wants numbers without a gap, and applies nothing",
    }
    assert {name for name, one in migrations.items() if one.no_transaction} == {"004_d.sql"}
    assert [statement.sql for statement in migrations["001_a.sql"].rollbacks[0].statements if not statement.added] == [
        "SELECT 2"
    ]
    assert not migrations["006_f.sql"].rollbacks
    assert refused(tmp_path / "zero", "tern", {"0_a.sql": "SELECT 1;", "1_b.sql": "SELECT 1;"}) == {
        "0_a.sql": "1: tern refuses the number 0, and applies nothing"
    }


def test_node_pg_migrate_s_lines(tmp_path):
    """In any case and order; without a line for up the whole file goes up, what takes it back too."""
    files = {
        "1_a.sql": "--- DOWN migration\nSELECT 2;\n  -- up  Migration: x\nSELECT 1;\n",
        "2_b.sql": "SELECT 1;\n",
        "3_c.sql": "SELECT 1;\n-- Down Migration\nSELECT 2;\n",
    }
    first, second, third = read(tmp_path, "node-pg-migrate", files)
    assert sent(first) == sent(second) == ["BEGIN", "SELECT 1", "COMMIT"]
    assert first.rollbacks[0].statements
    assert not second.rollbacks
    assert third.unapplied.position.line == 2
    assert third.unapplied.message.endswith("node-pg-migrate runs the whole file, what takes it back too")


def test_atlas_s_hashes(tmp_path):
    """The first file that differs is told; the whole of `shops.atlas_sum` was held against folders that Atlas hashed."""
    files = {
        "1_a.sql": "CREATE TABLE a (x int);\n",
        "2_b.sql": "-- atlas:delimiter -- end\n\nCREATE PROCEDURE p() LANGUAGE SQL BEGIN ATOMIC\nSELECT 1;\nEND;\n-- end\nSELECT 2\n",
    }
    sums = shops.atlas_sum(files)
    assert refused(tmp_path, "atlas", {**files, "atlas.sum": sums}) == {}
    assert refused(tmp_path, "atlas", {"1_a.sql": "CREATE TABLE b (x int);\n"}) == {
        "1_a.sql": "1: it is not the file that atlas.sum has the hash of, or one before it is gone: Atlas applies nothing; "
        "if the files are meant so, run `atlas migrate hash`"
    }
    found = refused(tmp_path, "atlas", {**files, "3_c.sql": "SELECT 1;"})
    assert list(found) == ["3_c.sql"]
    assert found["3_c.sql"].startswith("1: atlas.sum does not name it: ")
    (tmp_path / "migrations" / "3_c.sql").unlink()
    found = refused(tmp_path, "atlas", {"atlas.sum": f"{sums}3_c.sql h1:x\n"})
    assert found["2_b.sql"].startswith("1: atlas.sum names 3_c.sql, which is not there: ")
    found = refused(tmp_path, "atlas", {"atlas.sum": "h1:x\n" + sums.split("\n", 1)[1]})
    assert found["2_b.sql"].startswith("1: the first line of atlas.sum is not its hash: ")
    (tmp_path / "migrations" / "atlas.sum").unlink()
    assert refused(tmp_path, "atlas", {})["1_a.sql"].startswith(
        "1: there is no atlas.sum to read (No such file or directory): "
    )


# --- Another tool's line, and a way back without its way there --------------------------------------------------------

MARKS = {
    "goose": "-- +goose Down",
    "dbmate": "-- migrate:down",
    "sql-migrate": "-- +migrate Down",
    "tern": "---- create above / drop below ----",
}


@pytest.mark.parametrize("layout", ["ctb", "numbered", "supabase", PATTERN])
@pytest.mark.parametrize("tool", MARKS)
def test_another_tool_s_way_back_is_told(tmp_path, layout, tool):
    """Where it would be run; not where only a COMMIT or a comment stands below it, or the line in a string."""
    text = f"BEGIN;\nCREATE TABLE a (x int);\n{MARKS[tool]}\n"
    quiet = f"{text}-- DROP TABLE a;\nCOMMIT;\n"
    files = {
        "1_quiet.sql": quiet,
        "2_inside.sql": f"SELECT '\n{MARKS[tool]}\n';\n/*\n{MARKS[tool]}\n*/\nSELECT 1; {MARKS[tool]}\nSELECT 1;",
        "3_down.sql": f"{text}DROP TABLE a;",
    }
    found = refused(tmp_path, layout, files)
    assert list(found) == ["3_down.sql"]
    assert found["3_down.sql"].startswith(f"3: `{MARKS[tool]}` is a line of {tool}, below which a file takes back")
    assert found["3_down.sql"].endswith(f"set ctb_layout = {tool}, or take that part out")


def test_a_tool_s_own_line_is_none_of_another(tmp_path):
    for tool, mark in MARKS.items():
        up = {"tern": "SELECT 1;", "dbmate": "-- migrate:up\nSELECT 1;"}.get(tool, f"{mark[:-4]}Up\nSELECT 1;")
        assert refused(tmp_path / tool, tool, {"1_a.sql": f"{up}\n{mark}\nSELECT 2;\n"}) == {}


@pytest.mark.parametrize(
    ("layout", "name"),
    [
        ("golang-migrate", "2_x.down.sql"),
        ("hasura", "2_x/down.sql"),
        ("flyway", "U2__x.sql"),
        ("{number}.do.sql {number}.undo.sql", "2.undo.sql"),
    ],
)
def test_an_orphan_down_file_is_one_finding(tmp_path, server, layout, name):
    up = {"hasura": "1_x/up.sql", "flyway": "V1__x.sql"}.get(layout, name.replace("2", "1").replace("down", "up"))
    up = up.replace("undo", "do")
    shops.write(tmp_path, {f"migrations/{up}": "SELECT 1;", f"migrations/{name}": "DROP TABLE a;"})
    suite = load_suite(tmp_path, [tmp_path / "migrations"], [], tmp_path / "rules", layout=layout)
    seen = replay(suite.repository, server)
    findings = [
        finding
        for questions in suite.questions.values()
        for question in questions
        if question.subject == f"migrations/{name}"
        for finding in _judged(question, seen)
    ]
    assert [(one.guideline, one.message) for one in findings] == [
        ("replay", "takes back version 2, which no file applies")
    ]


def _judged(question, seen):
    try:
        return judge(question, seen)
    except NotJudgedError:
        return ()


# --- auto -------------------------------------------------------------------------------------------------------------


def recognised(root, names, beside=(), text="SELECT 1;", folder="migrations") -> str:
    """What `auto` says of a folder; names may be given with a text of their own."""
    files = (
        {f"{folder}/{name}": text for name in names}
        if not isinstance(names, dict)
        else {f"{folder}/{name}": own for name, own in names.items()}
    )
    shops.write(root, {**files, **dict(beside)})
    return load(root, [root / folder], [], "auto").layout


PLAIN = [f"{number}_x.sql" for number in range(1, 13)]


@pytest.mark.parametrize(
    ("names", "beside", "layout"),
    [
        (["20250101093000_x.up.sql", "20250101093000_x.down.sql"], {}, "golang-migrate"),
        (["20250101093000_x.up.sql"], {"Cargo.toml": 'sqlx = "0.8"'}, "sqlx"),
        (["000001.sql", "000002.sql"], {}, "numbered"),
        (["v1.9/001_a.sql", "v1.10/001_a.sql"], {}, "numbered"),
        (["v1.9/create_a.sql", "v1.10/add_b.sql"], {}, "numbered"),
        (["1.0.0.sql", "1.10.0.sql"], {}, "numbered"),
        (["1.1.11a.sql", "1.1.12a.sql", "1.1.12.sql"], {}, "numbered"),
        (["1700000000_a.sql", "1700000001_b.sql"], {}, "numbered"),
        (["1654696186008_a/up.sql", "1654696186008_a/down.sql"], {}, "hasura"),
        (["20250101_a/up.sql"], {}, "diesel"),
        (["20250101_a/migration.sql"], {}, "prisma"),
        (["20250101_a/migration.sql"], {"drizzle.config.ts": ""}, "drizzle"),
        ([*PLAIN, "V1__x.sql"], {}, "numbered"),
        ([*PLAIN, "2025-10-23_add_x.sql"], {}, "numbered"),
        ([*PLAIN, "a/up.sql"], {}, "numbered"),
        (["2025-10-23_add_x.sql", "2025-10-24_add_y.sql", "1_x.sql"], {}, "ctb"),
        (["V1__a.sql", "V2__b.sql", "notes.sql"], {}, "flyway"),
        (["create_a.sql", "add_b.sql"], {}, "ctb"),
    ],
)
def test_auto_goes_by_what_most_files_are(tmp_path, names, beside, layout):
    assert recognised(tmp_path, names, beside).startswith(f"{layout} (auto: ")


def test_one_file_with_a_line_of_a_tool_leads_nobody_astray(tmp_path):
    """And most files with it do not lose it to one that has none."""
    files = dict.fromkeys(PLAIN, "SELECT 1;")
    shown = recognised(tmp_path / "few", {**files, "13_x.sql": "-- +goose Up\nSELECT 1;"})
    assert shown.startswith(
        "numbered (auto: its files are named as 10_x.sql; not goose: 13_x.sql holds `-- +goose Up`, but 1 of 13 files fit"
    )
    files = dict.fromkeys(PLAIN, "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;")
    shown = recognised(tmp_path / "most", {**files, "13_x.sql": "SELECT 1;"})
    assert shown == "goose (auto: 10_x.sql holds `-- +goose Up`, 12 of 13 files fit)"


def test_auto_says_why_not_the_others(tmp_path):
    shown = recognised(tmp_path, ["1_x.sql"])
    for other in (
        "atlas: no atlas.sum",
        "tern: no tern.conf",
        "sqlx: no sqlx in Cargo.toml",
    ):
        assert f"; not {other}" in shown


def test_what_a_tool_cannot_send_decides_between_two(tmp_path):
    """Names that two tools share: rows behind a COPY are for neither; a COMMIT is none of the one that brings its own."""
    names = dict.fromkeys(["20250101093000_x.sql", "20250102093000_x.sql"], "BEGIN;\nSELECT 1;\nCOMMIT;\n")
    assert recognised(tmp_path, names).startswith("supabase (auto: ")


# --- A dump as the base schema ----------------------------------------------------------------------------------------

STRUCTURE = """\
SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
SET default_tablespace = '';

CREATE TABLE public.ar_internal_metadata (
    key character varying NOT NULL,
    value character varying,
    created_at timestamp(6) without time zone NOT NULL
);
CREATE TABLE public.schema_migrations (
    version character varying NOT NULL
);
CREATE TABLE public.goose_db_version (id integer GENERATED BY DEFAULT AS IDENTITY, version_id bigint NOT NULL);
CREATE TABLE public._sqlx_migrations (version bigint NOT NULL, success boolean DEFAULT false NOT NULL);
CREATE SEQUENCE public.gorp_migrations_id_seq;
CREATE INDEX on_success ON public._sqlx_migrations USING btree (success);
COMMENT ON TABLE public.schema_migrations IS 'kept by Rails';

CREATE TABLE public.items (id bigint NOT NULL, name text);
ALTER TABLE ONLY public.ar_internal_metadata ADD CONSTRAINT ar_internal_metadata_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.schema_migrations ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

SET search_path TO "$user", public;

INSERT INTO "schema_migrations" (version) VALUES
('20250102093000'),
('20250101093000');
"""


@pytest.mark.parametrize(
    ("migration", "differs"),
    [
        ("CREATE TABLE items (id bigint NOT NULL, name text);", []),
        ("CREATE TABLE items (id bigint NOT NULL);", ["column public.items.name is in db/structure.sql, but no"]),
        (
            "CREATE TABLE items (id bigint NOT NULL, name text); CREATE TABLE pgmigrations (id int);",
            ["table public.pgmigrations is made by the migrations"],
        ),
    ],
)
def test_a_dump_of_rails_is_a_base_schema(tmp_path, server, migration, differs):
    """What tools keep for themselves is no difference, unless a migration makes it."""
    shops.write(tmp_path, {"db/structure.sql": STRUCTURE, "migrations/1_create_items.sql": migration})
    base = tmp_path / "db" / "structure.sql"
    suite = load_suite(tmp_path, [tmp_path / "migrations"], [base], tmp_path / "rules", layout="numbered")
    seen = replay(suite.repository, server, trials=())
    asked = [one for questions in suite.questions.values() for one in questions if one.guideline.id == "base-schema"]
    messages = [finding.message for question in asked for finding in judge(question, seen)]
    assert len([message for message in messages if not message.startswith("column public.pgmig")]) == len(differs)
    for message, start in zip(messages, differs, strict=False):
        assert message.startswith(start)
