"""The first run: what a tool guarantees is not asked, one cause is told once, reasons are seen, `ctb init` writes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import shops
from pytest_ctb.cli import main
from pytest_ctb.config.packaged import packaged_by_name
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.model import Level, guide
from pytest_ctb.report.markdown import as_markdown
from pytest_ctb.report.results import Answer, JudgedDatabase, Outcome, Results
from pytest_ctb.report.sarif import as_sarif
from pytest_ctb.repository.layouts import layouts, usual_folders

RERUN, BACK = {"if-not-exists", "idempotent"}, {"rollback-instructions"}
OFF = {
    "ctb": set(),
    "numbered": set(),
    "atlas": RERUN | BACK,
    "dbmate": RERUN,
    "diesel": RERUN,
    "drizzle": RERUN | BACK,
    "flyway": RERUN | BACK,
    "golang-migrate": RERUN,
    "goose": RERUN,
    "hasura": RERUN,
    "liquibase": RERUN,
    "node-pg-migrate": RERUN,
    "prisma": RERUN | BACK,
    "sqitch": RERUN,
    "sql-migrate": RERUN,
    "sqlx": RERUN,
    "supabase": RERUN | BACK,
    "tern": RERUN,
}
"""What the tool of each layout makes needless."""
POSTGRES = packaged_by_name()["postgres"]
TABLE = "CREATE TABLE item (id int);\n"
GOOSE = "-- +goose Up\nCREATE TABLE item (id int);\n\n-- +goose Down\nDROP TABLE item;\n"


def asked(root: Path, layout: str, rules: Path = POSTGRES, also=()) -> dict[str, set[str]]:
    """The guidelines that are put to each migration."""
    suite = load_suite(root, usual_folders(root, layout), [], rules, layout=layout, rules_under=None, also=also)
    files = [migration.path for migration in suite.repository.migrations]
    return {file: {question.guideline.id for question in suite.questions[file]} for file in files}


def shop(root: Path, layout: str) -> None:
    """A shop of a layout, without guidelines of its own."""
    shops.write(root, shops.SHOPS[layout])
    shutil.rmtree(root / "rules")


@pytest.mark.parametrize("layout", shops.SHOPS)
def test_what_a_tool_guarantees_is_not_asked_of_its_files(tmp_path, layout):
    """Half of all findings on public files were about running a file twice, which a tool with a ledger never does."""
    shop(tmp_path, layout)
    for file, guidelines in asked(tmp_path, layout).items():
        if "/R__" in file:
            continue  # which Flyway runs again
        assert guidelines.isdisjoint(OFF[layout])
        assert {"transaction", "replay", "rollback-restores"} <= guidelines
        assert (RERUN | BACK) - OFF[layout] <= guidelines


def test_every_layout_says_what_its_tool_guarantees():
    assert set(OFF) == set(layouts())


@pytest.mark.parametrize("also", ["idempotent", "CT10"])
def test_what_is_asked_for_by_name_is_judged_all_the_same(tmp_path, also):
    shop(tmp_path, "goose")
    for guidelines in asked(tmp_path, "goose", also=[also]).values():
        assert "idempotent" in guidelines
        assert "if-not-exists" not in guidelines


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("idempotent.yml", "extends: idempotent\nlevel: warning\n"),
        ("_profile.yml", "extends: postgres\nguidelines:\n  idempotent:\n    level: warning\n"),
    ],
)
def test_a_file_of_one_s_own_asks_by_name_too(tmp_path, name, text):
    shop(tmp_path, "goose")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / name).write_text(text)
    for guidelines in asked(tmp_path, "goose", rules).values():
        assert "idempotent" in guidelines
        assert "if-not-exists" not in guidelines


def test_a_file_that_the_tool_runs_again_is_asked(tmp_path):
    """A repeatable migration of Flyway and a changeset with runOnChange run as often as they change."""
    shop(tmp_path / "flyway", "flyway")
    again = "src/main/resources/db/migration/R__totals.sql"
    (tmp_path / "flyway" / again).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "flyway" / again).write_text("CREATE VIEW totals AS SELECT 1 AS total;\n")
    by_file = asked(tmp_path / "flyway", "flyway")
    assert by_file.pop(again) >= RERUN
    assert all(guidelines.isdisjoint(RERUN) for guidelines in by_file.values())
    shop(tmp_path / "liquibase", "liquibase")
    name = shops.path("liquibase", "create_history")
    file = tmp_path / "liquibase" / name
    lines = file.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if "changeset" in line)
    lines[place] += " runOnChange:true"
    file.write_text("\n".join(lines))
    by_file = asked(tmp_path / "liquibase", "liquibase")
    assert by_file.pop(name) >= RERUN
    assert all(guidelines.isdisjoint(RERUN) for guidelines in by_file.values())


def test_a_guideline_that_is_off_is_switched_on_by_name(tmp_path):
    shop(tmp_path, "numbered")
    suite = load_suite(tmp_path, [tmp_path / "migrations"], [], POSTGRES, layout="numbered", also=["file-name", "ON04"])
    levels = {guideline.id: guideline.level for guideline in suite.guidelines}
    assert levels["file-name"] is Level.ERROR
    assert levels["lock-timeout"] is Level.WARNING, "it is on already, and stays what it is"
    with pytest.raises(ConfigError, match=r"^ctb_also \(--ctb-also\) idempotnt: .*; did you mean idempotent\?$"):
        load_suite(tmp_path, [tmp_path / "migrations"], [], POSTGRES, layout="numbered", also=["idempotnt"])


def test_ctb_fix_adds_no_guard_that_the_tool_makes_needless(tmp_path, monkeypatch):
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "1_item.sql").write_text(GOOSE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nctb_layout = goose\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["fix"])
    assert ended.value.code == 0
    assert (tmp_path / "migrations" / "1_item.sql").read_text() == GOOSE


def test_an_allow_of_what_is_not_asked_is_no_finding(tmp_path):
    (tmp_path / "migrations").mkdir()
    text = f"-- +goose Up\n-- ctb:allow idempotent: as it was before\n{GOOSE.partition(chr(10))[2]}"
    (tmp_path / "migrations" / "1_item.sql").write_text(text)
    suite = load_suite(tmp_path, [tmp_path / "migrations"], [], POSTGRES, layout="goose")
    asked = {question.guideline.id: question for question in suite.questions["migrations/1_item.sql"]}
    assert judge(asked["unused-allow"]) == ()
    assert not asked["unused-allow"].live


@pytest.mark.parametrize(("layout", "asks"), [("goose", False), ("numbered", True)])
def test_sqlfluff_asks_the_same(tmp_path, layout, asks):
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "1_item.sql").write_text(GOOSE)
    config = "[sqlfluff]\ndialect = postgres\ntemplater = raw\nrules = CTB_CT07\nignore = parsing\n"
    (tmp_path / ".sqlfluff").write_text(f"{config}[sqlfluff:rules]\nctb_layout = {layout}\n")
    line = [sys.executable, "-m", "sqlfluff", "lint", "migrations"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ("CREATE TABLE item has no IF NOT EXISTS" in done.stdout) is asks, done.stdout + done.stderr


# --- One cause, one text ----------------------------------------------------------------------------------------------

PLAIN = {
    "001_item.sql": "CREATE TABLE item (id int PRIMARY KEY);\nCREATE TABLE part (id int);\n-- Rollback: none, because x\n",
    "002_tag.sql": "ALTER TABLE item ADD COLUMN tag text;\nALTER TABLE part ADD COLUMN tag text;\n"
    "-- Rollback: none, because x\n",
    "003_index.sql": "BEGIN;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS tag_idx ON item (tag);\nCOMMIT;\n"
    "-- Rollback: none, because x\n",
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """A repository in which the same causes break several guidelines; its cache is warm after the first run."""
    root = tmp_path_factory.mktemp("plain")
    (root / "migrations").mkdir()
    for name, text in PLAIN.items():
        (root / "migrations" / name).write_text(text)
    (root / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\n")
    return root


def ran(root: Path, *arguments: str, columns: int = 80) -> tuple[int, str]:
    """The exit code and the output of a run."""
    line = [sys.executable, "-m", "pytest", "--ctb", "-W", "ignore", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "COLUMNS": str(columns), "HOME": str(root)}
    done = subprocess.run(line, cwd=root, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def failure(output: str, title: str) -> str:
    """The text of one failed test."""
    match = re.search(rf"^_+ {re.escape(title)} _+\n(.*?)(?=^_+ CT|^=+ )", output, re.MULTILINE | re.DOTALL)
    assert match, output
    return re.sub(r"^\[gw\d\] .*\n", "", match[1])  # which xdist adds


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_cause_is_told_once_and_others_point_to_it(plain, workers):
    code, output = ran(plain, *workers)
    assert code == 1
    told = failure(output, "CT05 transaction: migrations/001_item.sql")
    assert "Instead:\n    BEGIN;" in told
    for title, cause in {
        "CT12 atomic: migrations/001_item.sql": "see CT05 transaction at line 1",
        "CT10 idempotent: migrations/001_item.sql": "see CT07 if-not-exists at line 1",
        "CT12 atomic: migrations/002_tag.sql": "see CT05 transaction at line 1",
        "CT09 replay: migrations/003_index.sql": "see CT05 transaction at line 2",
    }.items():
        headline, pointer = failure(output, title).strip().splitlines()
        assert headline.startswith(f"migrations/{title.rpartition('/')[2]}:")
        assert pointer == f"    {cause}: the cause is the same, and so is the repair"
    assert "FAILED " in output
    for guideline in ("CT05", "CT07"):
        texts = re.findall(rf"^_+ {guideline} .*?(?=^_+ CT|^=+ )", output, re.MULTILINE | re.DOTALL)
        assert len(texts) > 1
        explained = [
            text for text in texts if f"Why: see the first failure of {guideline}, or `ctb explain" not in text
        ]
        assert len(explained) == 1, "why, once in a run"
        assert "Intentional? Say why" in explained[0]
        assert sum("Intentional?" in text for text in texts) == 1


def test_what_runs_alone_tells_all_of_it(plain):
    """Where the test of the cause is not in the run, or its finding is allowed, nobody else tells it."""
    code, output = ran(plain, "-k", "001_item and atomic")
    assert code == 1
    told = failure(output, "CT12 atomic: migrations/001_item.sql")
    assert "Instead:\n    BEGIN;" in told
    assert "Why: Connections end" in told
    assert "see CT05" not in output
    file = plain / "migrations" / "001_item.sql"
    file.write_text(f"-- ctb:allow transaction: it ran so in 2019\n\n{PLAIN['001_item.sql']}")
    try:
        code, output = ran(plain, "-k", "001_item and (transaction or atomic)")
    finally:
        file.write_text(PLAIN["001_item.sql"])
    assert code == 1
    assert "see CT05" not in output
    assert "Why: Connections end" in output


def test_the_styles_of_tracebacks_are_honoured(plain):
    _, output = ran(plain, "-k", "001_item", "--tb=short")
    assert "Why:" not in output
    assert "Instead:" not in output
    assert "    1 | CREATE TABLE item (id int PRIMARY KEY);" in output
    _, output = ran(plain, "-k", "001_item and transaction", "--tb=line", columns=200)
    (line,) = [line for line in output.splitlines() if "no BEGIN" in line and not line.startswith("FAILED")]
    assert line.startswith("migrations/001_item.sql:1: CT05 no BEGIN")


def test_the_reason_is_seen_at_80_columns(tmp_path):
    """A path is cut in the middle, not the reason; the guideline's name stays, and nothing is cut where all fits."""
    (tmp_path / "migrations" / "2025").mkdir(parents=True)
    long = "2025-10-23_add_a_column_with_a_name_that_is_really_much_too_long.sql"
    for name in (f"2025/{long}", "a.sql"):
        (tmp_path / "migrations" / name).write_text("SELECT 1;\n")
    code, output = ran(tmp_path, "-m", "ctb_static", "-k", "transaction or rollback-instructions", "--tb=no")
    assert code == 1
    summary = [line for line in output.splitlines() if line.startswith("FAILED")]
    assert len(summary) == 4
    for line in summary:
        assert len(line) <= 80
        place, _, reason = line.partition(" - ")
        assert re.search(r"::(transaction|rollback-instructions)$", place)
        assert reason.startswith(("CT05 no BEGIN: the statement c", "CT06 no comment block `-- Roll"))
    assert any(re.match(r"FAILED migr\S*…\S*\.sql::", line) for line in summary)
    _, output = ran(tmp_path, "-m", "ctb_static", "-k", "transaction", "--tb=no", columns=250)
    assert f"FAILED migrations/2025/{long}::transaction - CT05 no BEGIN: the statement commits by itself\n" in output
    _, output = ran(tmp_path, "-m", "ctb_static", "-k", "transaction", "--tb=no", "-vv")
    assert f"FAILED migrations/2025/{long}::transaction - CT05 no BEGIN: the statement commits by itself\n" in output


# --- What costs nothing, and where links lead -------------------------------------------------------------------------


def test_an_expected_finding_is_one_report_as_a_pass_is(pytester):
    """A traceback of each, formatted and thrown away, took 0.13 s."""
    pytester.mkdir("migrations").joinpath("a.sql").write_text(
        "-- ctb:allow transaction: the vendor ships it so\n-- ctb:allow CT06: nor does it come with a way back\n\n"
        "SELECT 1;\n"
    )
    # A hook of the test's own would ask for every phase: the outcomes are counted by the terminal.
    pytester.makeini("[pytest]\n")
    result = pytester.runpytest("--ctb", "-m", "ctb_static", "-rx", "--durations=0", "-vv")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["XFAIL migrations/a.sql::transaction - the vendor ships it so"])
    result.stdout.fnmatch_lines(["XFAIL migrations/a.sql::rollback-instructions - nor does it come with a way back"])
    timed = [line.split() for line in result.outlines if line.endswith("::transaction") and "s " in line[:12]]
    assert {words[1] for words in timed} == {"call"}, "no setup, no teardown"
    pytester.runpytest("--ctb", "-m", "ctb_static", "--runxfail").assert_outcomes(
        passed=result.parseoutcomes()["passed"] + result.parseoutcomes()["xfailed"]
    )


OWN = """code: MY01
title: No tables
what: No table.
why: We have enough.
source: ours
forbid: [CREATE TABLE]
message: a table
"""


@pytest.mark.parametrize("published", [False, True])
def test_links_lead_to_what_there_is(tmp_path, monkeypatch, published):
    """To the documentation once it is there; of a guideline of one's own to its file."""
    monkeypatch.setattr(guide, "PUBLISHED", published)
    for folder, name, text in (("migrations", "a.sql", TABLE), ("rules", "no-tables.yml", OWN)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    suite = load_suite(tmp_path, [tmp_path / "migrations"], [], tmp_path / "rules", rules_under=POSTGRES)
    answers = []
    for name in ("no-tables", "transaction"):
        question = next(asked for asked in suite.questions["migrations/a.sql"] if asked.guideline.id == name)
        answers.append(Answer(question, Outcome.FAILED, judge(question)))
    results = Results((JudgedDatabase(suite, None),), tuple(answers), datetime.now(UTC), 1.0)
    markdown, sarif = as_markdown(results), as_sarif(results)
    assert "[MY01 no-tables](rules/no-tables.yml)" in markdown
    page = "https://pytest-ctb.readthedocs.io/guidelines/transaction/"
    assert (f"[CT05 transaction]({page})" in markdown) is published
    assert ("Why: `ctb explain CT05`" in markdown) is not published
    assert (page in sarif) is published
    assert ("readthedocs" in sarif) is published


@pytest.mark.parametrize(
    ("lines", "off"),
    [
        ("", set()),
        ("\nruns: again", set()),
        ("\nruns: once", RERUN),
        ("\ndown: none", BACK),
        ("\nruns: once\ndown: none", RERUN | BACK),
    ],
)
def test_a_layout_of_ones_own_says_what_its_tool_guarantees(tmp_path, lines, off):
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "1_item.sql").write_text(TABLE)
    suite = load_suite(
        tmp_path, [tmp_path / "migrations"], [], POSTGRES, layout=f"{{number}}_{{name}}.sql{lines}", rules_under=None
    )
    given = {question.guideline.id for question in suite.questions["migrations/1_item.sql"]}
    assert given.isdisjoint(off)
    assert (RERUN | BACK) - off <= given


def test_a_promise_that_nobody_knows_is_refused(tmp_path):
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "1_item.sql").write_text(TABLE)
    with pytest.raises(ConfigError, match="runs: 'twice' is not one of once, again"):
        load_suite(tmp_path, [tmp_path / "migrations"], [], POSTGRES, layout="{number}_{name}.sql\nruns: twice")
