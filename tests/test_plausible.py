"""CT09 on rows: ordinary rows prove an error, unusual ones are a warning; each cause has its own reason and SQL."""

from __future__ import annotations

import pytest

from cases import Case, judged
from machine import replay, replayed
from pytest_ctb.cli import main
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide.guideline_files import load
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.model import Level
from pytest_ctb.report import text
from pytest_ctb.repository.migration import parse_migration
from registry import GUIDELINES, OPTIONS

# --- what is ordinary ------------------------------------------------------------------------------------------------

CONVERTED = [
    *("smallint", "integer", "bigint", "numeric(8, 2)", "real", "money", "boolean", "varchar(4)", "char(2)", "bytea"),
    *("date", "time", "timestamp", "timestamptz", "interval", "uuid", "json", "jsonb", "inet", "cidr", "macaddr"),
    *("bit(8)", "point", "int4range", "daterange", "tsvector", "integer[]", "made.mood", "made.later", "made.positive"),
]
KEYS = ["smallint", "integer", "bigint", "numeric(12, 0)", "text", "varchar(12)", "char(3)", "uuid", "date", "inet"]
_MADE = "CREATE SCHEMA made; CREATE TYPE made.mood AS ENUM ('glad', 'sad'); CREATE DOMAIN made.positive AS int CHECK (VALUE > 0);"


def _on_rows(server, *files):
    """How each file but the first did on rows; all applied where there are none."""
    seen = list(replayed(server, *files).files.values())
    assert all(file.applied for file in seen), [(file.path, file.error) for file in seen if file.error]
    return [file.on_rows for file in seen[1:]]


def test_a_text_that_is_converted_holds_what_can_be(server):
    """By ALTER COLUMN, by UPDATE, through functions, and in a loop: text in a column is read on ordinary rows."""
    forms = [
        "ALTER TABLE made.{table} ALTER COLUMN a TYPE {type} USING a::{type};",
        "ALTER TABLE made.{table} ADD COLUMN v {type}; UPDATE made.{table} AS x SET v = nullif(btrim(x.b), '')::{type};",
        "ALTER TABLE made.{table} ADD COLUMN w {type}; DO $$ DECLARE r record; BEGIN FOR r IN SELECT * FROM made.{table} LOOP"
        " UPDATE made.{table} SET w = r.c::{type} WHERE c = r.c; END LOOP; END $$;",
    ]
    tables = {f"t{number}": type_ for number, type_ in enumerate(CONVERTED)}
    first = _MADE + "".join(f"CREATE TABLE made.{table} (a text, b varchar, c text NOT NULL);" for table in tables)
    later = "CREATE TYPE made.later AS ENUM ('soon', 'then');"
    files = [form.format(table=table, type=type_) for table, type_ in tables.items() for form in forms]
    trials = _on_rows(server, first + later, *files)
    assert [
        (sql, trial.error) for sql, trial in zip(files, trials, strict=True) if trial.error or not trial.passed
    ] == []
    assert sum(trial.unusual is not None for trial in trials) > len(files) // 2, (
        "a text that is none of it is tried too"
    )


FORMATS = {
    "to_date(note, 'DD.MM.YYYY')": "date",
    "to_timestamp(note, 'YYYY/MM/DD HH24-MI')": "timestamptz",
    "to_number(note, '9999')": "numeric",
    "string_to_array(note, ',')::int[]": "int[]",
    "CASE WHEN note IS NULL THEN 0 ELSE note::int END": "int",
    "(note::jsonb ->> 'id')::int": "int",
    "coalesce(note, 'false')::boolean": "boolean",
}


def test_a_text_is_read_by_its_format(server):
    first = "".join(f"CREATE TABLE t{number} (note text);" for number in range(len(FORMATS)))
    files = [
        f"ALTER TABLE t{number} ALTER COLUMN note TYPE {type_} USING {expression};"
        for number, (expression, type_) in enumerate(FORMATS.items())
    ]
    assert [trial.passed for trial in _on_rows(server, first, *files)] == [True] * len(files)


def test_children_have_parents_and_keys_are_keys(server):
    """Of each type, where the parents are made up, are there, or come with the file; named by a schema or not."""
    values = {"uuid": "gen_random_uuid()", "date": "'2020-02-02'", "inet": "'10.0.0.1'"}
    first, files = [], []
    for number, type_ in enumerate(KEYS):
        value = values.get(type_, "'7'")
        first.append(
            f"CREATE TABLE p{number} (id {type_} PRIMARY KEY); CREATE TABLE q{number} (code {type_} UNIQUE);"
            f"INSERT INTO q{number} VALUES ({value}); CREATE TABLE c{number} (a {type_}, b {type_}, c {type_} NOT NULL);"
        )
        files += [
            f"ALTER TABLE c{number} ADD FOREIGN KEY (a) REFERENCES p{number}, ADD UNIQUE (c);",
            f"ALTER TABLE public.c{number} ADD CONSTRAINT k FOREIGN KEY (b) REFERENCES q{number} (code);",
        ]
    first.append(
        "CREATE TABLE n (kind text NOT NULL, customer_id bigint, old bigint); CREATE TABLE customer (id bigint PRIMARY KEY);"
    )
    files += [
        "CREATE TABLE kind (name text PRIMARY KEY); INSERT INTO kind VALUES ('a'), ('b');"
        "ALTER TABLE n ADD FOREIGN KEY (kind) REFERENCES kind;",
        # What is written into a column that refers to a parent comes from one that nothing says that of.
        "CREATE TABLE m (of_customer bigint NOT NULL REFERENCES customer (id));"
        "INSERT INTO m (of_customer) SELECT old FROM n WHERE old IS NOT NULL;",
        "CREATE TABLE o (at date, who bigint NOT NULL REFERENCES customer (id));"
        "INSERT INTO o (who) SELECT n.customer_id FROM n WHERE n.customer_id IS NOT NULL;",
    ]
    trials = _on_rows(server, "".join(first), *files)
    assert [
        (sql, trial.error) for sql, trial in zip(files, trials, strict=True) if trial.error or not trial.passed
    ] == []
    assert sum(trial.unusual is not None for trial in trials) > len(KEYS)


CHECKS = [
    "a IN ('new', 'done')",
    "a ~ '^[A-Z]{2}[0-9]{3}$'",
    "char_length(a) = 5 AND a <> ''",
    "n BETWEEN 1900 AND 2100",
    "n > 0 AND (a IS NULL OR length(a) < 20)",
    "day >= DATE '2019-01-01' AND day < DATE '2029-01-01'",
    "j ? 'id'",
    "NOT flag OR n IS NOT NULL",
]


def test_a_check_that_the_file_adds_is_met(server):
    columns = "a text, n integer NOT NULL, day date, j jsonb, flag boolean NOT NULL, list int[]"
    first = "".join(f"CREATE TABLE t{number} ({columns});" for number in range(len(CHECKS)))
    files = [f"ALTER TABLE t{number} ADD CHECK ({check});" for number, check in enumerate(CHECKS)]
    trials = _on_rows(server, first, *files)
    assert [(check, trial.error) for check, trial in zip(CHECKS, trials, strict=True) if not trial.passed] == []


def test_numbers_are_small_and_a_column_that_counts_rows_keeps_nobody_waiting(server):
    """What is far too large for a loop is cancelled soon, and nothing is said of it."""
    first = "CREATE TABLE job (id int PRIMARY KEY, runs int, qty smallint NOT NULL); CREATE TABLE run (job int, n int);"
    files = (
        "INSERT INTO run SELECT job.id, n FROM job, generate_series(1, runs) AS n;",
        "UPDATE job SET qty = qty * 100;",
        "UPDATE job SET runs = id * 1000;",
    )
    loop, product, key = _on_rows(server, first, *files)
    assert (loop.passed, loop.error, loop.unusual) == (True, None, None)
    for trial in (product, key):
        assert (trial.passed, trial.error) == (True, None)
        assert trial.unusual.error.sqlstate == "22003"


def test_losses_are_seen_on_ordinary_rows_where_unusual_ones_stop_the_file(server):
    (trial,) = _on_rows(
        server,
        "CREATE TABLE t (id int PRIMARY KEY, a text);",
        "ALTER TABLE t ALTER COLUMN a TYPE jsonb USING a::jsonb; DELETE FROM t;",
    )
    assert trial.unusual.error.sqlstate == "22P02"
    assert [(loss.what, loss.rows) for loss in trial.losses] == [("deleted", trial.filled["public.t"])]


# --- what is said ----------------------------------------------------------------------------------------------------

SAID = {
    "ALTER TABLE company.log ADD COLUMN IF NOT EXISTS source varchar(20) NOT NULL;": (
        "error",
        "have no value for a new column",
        "ALTER TABLE company.log ADD COLUMN IF NOT EXISTS source varchar(20) NOT NULL DEFAULT …;",
    ),
    "ALTER TABLE company.log ALTER COLUMN note SET NOT NULL;": (
        "error",
        "The column allows NULL",
        "UPDATE company.log SET note = … WHERE note IS NULL;",
    ),
    "INSERT INTO company.slot (id) SELECT id FROM company.log;": ("error", "NULL for some rows", "coalesce(…, …)"),
    "CREATE TABLE company.kind (code text PRIMARY KEY);\n"
    "ALTER TABLE company.master ADD FOREIGN KEY (domain) REFERENCES company.kind (code);": (
        "error",
        "refer to parents that are not there",
        "INSERT INTO company.kind (code) SELECT DISTINCT domain FROM company.master",
    ),
    "CREATE UNIQUE INDEX IF NOT EXISTS log_note_key ON company.log (note, id);": (
        "warning",
        "kept two rows from being equal",
        "SELECT note, id, count(*) FROM company.log WHERE (note, id) IS NOT NULL GROUP BY note, id HAVING count(*) > 1;",
    ),
    "ALTER TABLE company.log ADD CONSTRAINT of FOREIGN KEY (id) REFERENCES company.master;": (
        "warning",
        "whose parent was deleted",
        "FOREIGN KEY (id) REFERENCES company.master (id) NOT VALID;\nALTER TABLE company.log VALIDATE CONSTRAINT of;",
    ),
    "ALTER TABLE company.log ADD CONSTRAINT short CHECK (length(note) < 9);": (
        "warning",
        "that the CHECK refuses",
        "SELECT * FROM company.log WHERE NOT (length(note) < 9);",
    ),
    "ALTER TABLE company.log ALTER COLUMN id TYPE smallint, ALTER COLUMN note TYPE varchar(9);": (
        "warning",
        "has no room for",
        "SELECT id, note FROM company.log WHERE id::numeric NOT BETWEEN -32768 AND 32767 OR length(note::text) > 9;",
    ),
    "ALTER TABLE company.log ALTER COLUMN note TYPE uuid USING note::uuid;": (
        "warning",
        "A text may hold anything",
        "SELECT note FROM company.log WHERE NOT pg_input_is_valid(note::text, 'uuid');",
    ),
    "UPDATE company.master SET legacy_id = legacy_id * 100;": (
        "warning",
        "types and keys of the tables allow such rows",
        "SELECT legacy_id FROM company.master ORDER BY legacy_id DESC NULLS LAST LIMIT 10;",
    ),
    "CREATE TABLE company.one (key text PRIMARY KEY);\nINSERT INTO company.one SELECT 'x' FROM company.master;": (
        "error",
        "once for each row that it reads",
        "ON CONFLICT DO NOTHING;",
    ),
}


def _suite(root, sql, profile=""):
    """The suite of a repository with one file behind that of all cases, and its guideline `replay`."""
    file = root / "case" / "2025-10-23_alter_tables.sql"
    file.parent.mkdir(parents=True)
    file.write_text(sql)
    suite = Case("replay", fires=True, path=file).write(root / "repository")
    if not profile:
        return suite
    rules = root / "repository" / "rules"
    (rules / "_profile.yml").write_text(profile)
    (rules / "replay.yml").unlink()
    return load_suite(root / "repository", [root / "repository" / "migrations"], [], rules)


def _findings(suite, server):
    seen = replay(suite.repository, server, timeout=5, trials=suite.trials)
    case = Case("replay", fires=True, path=suite.repository.root)
    return list(judged(case, suite, lambda: seen))


@pytest.mark.parametrize("sql", SAID, ids=range(len(SAID)))
def test_each_cause_has_its_level_its_reason_and_its_sql(sql, tmp_path, server):
    level, why, instead = SAID[sql]
    suite = _suite(tmp_path, sql)
    (finding,) = _findings(suite, server)
    assert finding.level is Level(level), finding
    assert why in " ".join(finding.why.split()), finding.why
    assert "only ever run by hand" not in finding.why
    assert instead in finding.instead, finding.instead
    if level == "warning":
        assert "legal but unusual: company." in finding.message
        assert "ROW: company." in finding.details
        assert not parse_migration(finding.instead.encode(), "a.sql").unreadable
    guideline = next(guideline for guideline in suite.guidelines if guideline.id == "replay")
    shown = text([finding], guideline, suite.repository.by_path)
    assert shown.count("Why: ") == 1
    assert "-- ctb:allow replay: the reason" in shown


QUOTED = (
    'CREATE UNIQUE INDEX ON "T 1" (lower("A b"), "select");',
    'ALTER TABLE "T 1" ADD CONSTRAINT "to p" FOREIGN KEY ("select") REFERENCES p;',
    'ALTER TABLE "T 1" ADD CONSTRAINT "is it" CHECK ("A b" LIKE \'%@%\');',
    'ALTER TABLE "T 1" ALTER COLUMN "A b" TYPE int USING "A b"::int;',
    'ALTER TABLE "T 1" ALTER COLUMN "select" TYPE int;',
)


def test_what_is_offered_is_sql_that_the_server_takes(tmp_path, server):
    """Pasted in the place of the statement: also with names that need quotes, and on an old server."""
    case = tmp_path / "case"
    case.mkdir()
    first = 'CREATE TABLE "T 1" ("A b" text, "select" bigint);\nCREATE TABLE p (id bigint PRIMARY KEY);\n'
    (case / "2025-10-23_create.sql").write_text(first)
    for number, sql in enumerate(QUOTED):
        (case / f"2025-10-24_{number}.sql").write_text(f"BEGIN;\n{sql}\nROLLBACK;\n")
    suite = Case("replay", fires=True, path=case).write(tmp_path / "repository")
    findings = _findings(suite, server)
    assert [finding.level for finding in findings] == [Level.WARNING] * len(QUOTED)
    seen = replayed(server, first, *(finding.instead for finding in findings), trials=())
    assert [file.error for file in seen.files.values() if file.error] == []


def test_a_cause_may_be_off_or_an_error_and_a_file_may_allow_it(tmp_path, server):
    sql = "CREATE UNIQUE INDEX IF NOT EXISTS log_note_key ON company.log (note);\n"
    profile = "extends: postgres\nguidelines:\n  replay:\n    causes:\n      duplicates:\n        level: {}\n"
    assert _findings(_suite(tmp_path / "off", sql, profile.format("off")), server) == []
    (finding,) = _findings(_suite(tmp_path / "error", sql, profile.format("error")), server)
    assert (finding.level, finding.why != "") == (Level.ERROR, True)
    allowed = f"-- ctb:allow replay: the notes were compared on 2025-10-20\n{sql}"
    (finding,) = _findings(_suite(tmp_path / "allowed", allowed), server)
    assert finding.status == "allowed"


WRONG = {
    "causes: none\n": "'causes' must be a mapping, not 'none'",
    "causes:\n  rows: bad\n": "'causes.rows' must be a mapping, not 'bad'",
    "causes:\n  rows:\n    reason: x\n": "unknown key 'reason'; a cause has level, why, instead",
    "causes:\n  rows:\n    why: [x]\n": "'causes.rows.why' must be text, not ['x']",
    "causes:\n  rows:\n    level: loud\n": "level 'loud' is not one of error, warning, off",
    "causes:\n  mine:\n    level: warning\n": "the key 'why' is missing in 'causes.mine'",
}


@pytest.mark.parametrize("change", WRONG)
def test_a_mistake_in_the_causes_is_told_with_file_and_line(change, tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "replay.yml").write_text(f"extends: replay\n{change}")
    line = 1 + change.count("\n")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, rules, OPTIONS)
    message = str(caught.value)
    assert WRONG[change] in message
    assert message.startswith(tuple(f"rules/replay.yml:{number}: " for number in range(2, line + 1)))


def test_a_change_of_one_cause_leaves_the_others_and_its_words(tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "replay.yml").write_text("extends: replay\nlevel: warning\ncauses:\n  orphans:\n    level: error\n")
    (guideline,) = load(tmp_path, rules, OPTIONS)
    packaged_one = next(guideline for guideline in GUIDELINES if guideline.id == "replay")
    assert guideline.causes.keys() == packaged_one.causes.keys()
    assert guideline.causes["orphans"] == packaged_one.causes["orphans"]._replace(level=Level.ERROR)
    assert guideline.level_of(guideline.causes["orphans"]) is Level.WARNING, "a guideline that is a warning stays one"
    assert guideline.level_of(None) is Level.WARNING
    assert packaged_one.level_of(packaged_one.causes["rows"]) is Level.ERROR


def test_what_explains_a_guideline_names_its_causes(capsys):
    guideline = next(guideline for guideline in GUIDELINES if guideline.id == "replay")
    with pytest.raises(SystemExit):
        main(["explain", "replay"])
    shown = capsys.readouterr().out
    for name, cause in guideline.causes.items():
        assert f"Cause {name} (level {guideline.level_of(cause)}):" in shown
        assert cause.instead.strip().partition("\n")[0] in shown
