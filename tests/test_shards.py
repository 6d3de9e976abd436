"""A history watched by several runs, each a part, and judged by `ctb merge`: the verdicts of one run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import sample
from machine import as_migrations
from pytest_ctb.cli.main import ctb
from pytest_ctb.config.settings import Settings
from pytest_ctb.config.shard import Shard, parse_shard
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import FileEvidence, Included, PartialEvidence, Position, SqlError
from pytest_ctb.replay.cache import Cache
from pytest_ctb.replay.orchestrate import Orchestrator
from pytest_ctb.replay.parts import part
from pytest_ctb.replay.summary import summed_up
from pytest_ctb.report.records import packed, unpacked
from sample import FIRST, SECOND, change
from test_memory import same
from test_processes import history

REPORTS = ("json", "sarif", "md", "html")
THIRD = "migrations/2025-10-25_add_size_to_item.sql"
BROKEN = "migrations/2025-10-26_add_colour_to_item.sql"
AFTER = "migrations/2025-10-27_add_note_to_colour.sql"
ALLOWED = "migrations/2025-10-28_drop_size_of_item.sql"


# --- the option -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1/1", "2/5", "5/5", " 2/5 ", "07/10"])
def test_a_shard_is_one_of_several(text):
    shard = parse_shard(text)
    assert 1 <= shard.number <= shard.of
    assert (shard.is_whole, shard.is_last) == (text == "1/1", text in {"1/1", "5/5"})


@pytest.mark.parametrize(
    "text", ["6/5", "0/5", "0/0", "1/0", "2", "/", "", "a/b", "2/5/7", "-1/5", "1.0/5", "²/5", "2 / 5"]
)
def test_what_is_no_shard_is_an_error_that_says_what_is_one(text):
    with pytest.raises(ConfigError, match=r"--ctb-shard .*(as 2/5|the shards are 1/5 to 5/5)"):
        parse_shard(text)


@given(st.lists(st.integers(0, 9), max_size=60), st.integers(1, 12))
def test_the_shards_are_the_whole_history_in_its_order(lengths, of):
    (statement,) = as_migrations("SELECT 1;")[0].statements
    migrations = [replace(as_migrations("")[0], statements=(statement,) * length) for length in lengths]
    parts = [part(migrations, Shard(number, of)) for number in range(1, of + 1)]
    assert [number for first, last in parts for number in range(first, last)] == list(range(len(lengths)))


# --- the evidence ---------------------------------------------------------------------------------------------------


def through_json(evidence: PartialEvidence) -> PartialEvidence:
    return unpacked(PartialEvidence, json.loads(json.dumps(packed(evidence))))


def of_shards(repository, of, cache=None, **told):
    parts = [
        through_json(Orchestrator(repository, Settings("embedded", shard=Shard(number, of), **told), cache).part())
        for number in range(1, of + 1)
    ]
    assert [observed.final is not None for observed in parts] == [False] * (of - 1) + [True]
    files = {path: file for observed in parts for path, file in observed.files.items()}
    return summed_up(repository, PartialEvidence(files, parts[-1].bases, parts[-1].final))


def test_shards_see_together_what_one_run_sees(tmp_path):
    """Files that fail by another's fault, base schemas, consumers, what is not in a transaction; cached and not."""
    repository = history()
    whole = Orchestrator(repository, Settings("embedded", processes=1)).replay()
    assert same(of_shards(repository, 3, Cache(tmp_path), processes=1), whole)
    cached = of_shards(repository, 3, Cache(tmp_path))
    assert same(cached, whole)
    assert same(Orchestrator(repository, Settings("embedded"), Cache(tmp_path)).replay(), whole), (
        "whole runs have it too"
    )


def test_a_shard_replays_in_several_processes_too():
    repository = history()
    whole = Orchestrator(repository, Settings("embedded", processes=1)).replay()
    assert same(of_shards(repository, 2, processes=2), whole)


def test_records_come_back_as_they_were():
    included = Included.of(Position(3, 1), "other.sql:1:2")
    error = SqlError("no", "42P01", position=included, table=("shop", "item"))
    evidence = PartialEvidence({"a.sql": FileEvidence("a.sql", error=error), "b\udc80": FileEvidence("b\udc80")})
    back = through_json(evidence)
    assert back == evidence
    assert back.files["a.sql"].error.position.inside == "other.sql:1:2"


@pytest.mark.parametrize(
    "document",
    [
        {"files": 3},
        {"files": [["a.sql"]]},
        {"files": [["a.sql", {"path": 3}]]},
        {"files": [["a.sql", {}]]},
        {"files": [["a.sql", {"path": "a.sql", "more": 1}]]},
        {"files": [["a.sql", {"path": "a.sql", "traces": [{"line": "1", "seconds": 0.1}]}]]},
        {"bases": [["a.sql", [{"path": "a.sql"}]]]},
        {"files": [["a.sql", {"path": "a.sql", "traces": [{"line": 1, "seconds": 0.1, "ended": "nothing"}]}]]},
        [],
        "x",
    ],
)
def test_what_is_no_evidence_is_refused(document):
    with pytest.raises((ValueError, TypeError)):
        unpacked(PartialEvidence, document)


# --- whole runs -----------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(pytester):
    """A file that fails, one that fails by its fault, one with findings of all kinds, and one whose finding is allowed."""
    sample.write(pytester.path)
    pytester.makeini("[pytest]\nctb_postgres = embedded\n")
    add(
        pytester.path,
        THIRD,
        "ALTER TABLE shop.item ADD COLUMN size int;\n",
        "3",
        "ALTER TABLE shop.item DROP COLUMN size;",
    )
    add(pytester.path, BROKEN, "CREATE TABLE IF NOT EXISTS shop.colour (id shop.nothing);\n", "4")
    add(pytester.path, AFTER, "ALTER TABLE shop.colour ADD COLUMN IF NOT EXISTS note text;\n", "5")
    body = "-- ctb:allow no-drop-column: nobody read it\nALTER TABLE shop.item DROP COLUMN IF EXISTS size;\n"
    add(pytester.path, ALLOWED, body, "6")
    return pytester


def add(root: Path, path: str, body: str, number: str, rollback: str = "SELECT 1;") -> None:
    date = path.removeprefix("migrations/")[:10]
    (root / path).write_text(sample.migration(body, unique_id=f"0000000{number}", date=date, rollback=rollback))


def run(pytester, *arguments: str):
    return pytester.runpytest("--ctb", "-p", "no:randomly", *arguments)


def shards(pytester, of: int, *arguments: str) -> list[str]:
    names = []
    for number in range(1, of + 1):
        result = run(pytester, "--ctb-shard", f"{number}/{of}", f"--ctb-report=shard-{number}.json", *arguments)
        assert result.ret in {0, 1}, result.stdout.str() + result.stderr.str()
        names.append(f"shard-{number}.json")
    return names


def merge(*arguments: str):
    return CliRunner().invoke(ctb, ["merge", *arguments])


def written(path: Path) -> str:
    """A report without what no two runs have in common: seconds, the time, transaction ids."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.dumps(timeless(json.loads(text)), indent=1)
    text = re.sub(r"\d+\.\d+ s\b|\"(began|startTimeUtc|timestamp)\": ?\"[^\"]*\"", "", text)
    return re.sub(r"\"?seconds\"?: ?[\d.e-]+", "", text)


def timeless(value):
    if isinstance(value, dict):
        return {name: timeless(item) for name, item in value.items() if name not in {"seconds", "transaction"}}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def test_the_merged_reports_are_those_of_one_run(repository):
    """In each format, and with its exit code; shards without a file take part."""
    whole = run(repository, *(f"--ctb-report=whole.{ending}" for ending in REPORTS))
    assert whole.ret == 1
    names = shards(repository, 8)
    merged = merge(*reversed(names), *(f"--report=merged.{ending}" for ending in REPORTS))
    assert merged.exit_code == 1, merged.output
    for ending in REPORTS:
        assert written(Path(f"merged.{ending}")) == written(Path(f"whole.{ending}")), ending
    assert "shard" not in json.loads(Path("merged.json").read_text())
    findings = json.loads(Path("merged.json").read_text())["findings"]
    assert {(finding["file"], finding["code"], finding["status"]) for finding in findings} >= {
        (BROKEN, "CT09", "new"),
        (ALLOWED, "CT08", "allowed"),
        (THIRD, "CT10", "new"),
    }
    for form in ("json", "sarif", "github", "gitlab", "junit", "markdown"):
        printed = merge(*names, "--format", form)
        assert printed.exit_code == 1
        assert BROKEN in printed.stdout
    assert merge(*names, "--format=json").stdout == Path("merged.json").read_text()
    short = merge(*names, "--short")
    assert f"{BROKEN}:" in short.stdout
    assert "8 shards, 6 migrations, Postgres" in short.output


def test_a_shard_judges_what_needs_no_server_and_sees_the_rest(repository):
    """Its own files alone; what it cannot judge is skipped with the reason, and nothing passes that nobody judged."""
    change(repository.path, FIRST, "CREATE TABLE IF NOT EXISTS", "CREATE TABLE")
    result = run(repository, "--ctb-shard", "1/2", "--ctb-report=one.json", "-rA")
    result.stdout.fnmatch_lines(["ctb shard 1/2: watches * migrations: *; ctb merge judges all shards"])
    text = result.stdout.str()
    assert f"FAILED {FIRST}::if-not-exists" in text
    assert "observed its part of the history; `ctb merge` judges the whole" in text
    assert ALLOWED not in "".join(
        line for line in text.splitlines() if line.startswith(("PASSED", "FAILED", "SKIPPED"))
    )
    document = json.loads(Path("one.json").read_text())
    assert {answer["outcome"] for answer in document["shard"]["answers"] if "::replay" in answer["test"]} == {"skipped"}
    assert document["shard"]["options"]["given"] == {}


@pytest.mark.parametrize(
    "options", [("-n", "2"), ("-k", "CT09 or CT15"), ("-m", "ctb_static"), ("--ctb-rules=postgres",)]
)
def test_options_of_the_shards_are_those_of_the_report(repository, options):
    """Selected tests alone; with xdist; where another profile is chosen."""
    whole = run(repository, "--ctb-report=whole.json", *options)
    merged = merge(*shards(repository, 3, *options), "--report=merged.json")
    assert merged.exit_code == whole.ret, merged.output
    assert written(Path("merged.json")) == written(Path("whole.json"))


def test_all_is_well(pytester):
    """Exit code 0; each shard too, also without the cache."""
    sample.write(pytester.path)
    pytester.makeini("[pytest]\nctb_postgres = embedded\n")
    names = shards(pytester, 2, "-p", "no:cacheprovider")
    merged = merge(*names)
    assert merged.exit_code == 0, merged.output
    assert "Passed: " in merged.output


def test_a_warning_that_fails_its_test_fails_it_in_the_report(pytester):
    """Of a guideline that a shard judges, and of one that it cannot."""
    sample.write(pytester.path)
    pytester.makeini("[pytest]\nctb_postgres = embedded\n")
    for name in ("if-not-exists", "idempotent"):
        change(pytester.path, f"rules/{name}.yml", "level: error", "level: warning")
    change(pytester.path, FIRST, "CREATE TABLE IF NOT EXISTS", "CREATE TABLE")
    for name in ("if-not-exists", "idempotent"):
        for how, code in (("default", 0), ("error", 1)):
            options = ("-k", name, "-W", f"{how}::pytest_ctb.CtbWarning")
            assert run(pytester, *options).ret == code
            assert merge(*shards(pytester, 2, *options)).exit_code == code


def test_several_databases_are_merged_each(pytester):
    for name in ("shop", "crm"):
        folder = pytester.path / name / "migrations"
        folder.mkdir(parents=True)
        for number in range(4):
            text = f"CREATE TABLE IF NOT EXISTS public.t{number} (id bigint PRIMARY KEY);\n"
            (folder / f"2025-10-2{number}_create_t{number}.sql").write_text(
                sample.migration(text, unique_id=f"0000000{number}", rollback=f"DROP TABLE IF EXISTS public.t{number};")
            )
    (pytester.path / "ctb.toml").write_text(
        'postgres = "embedded"\nrules = "postgres"\n[databases.shop]\nmigrations = "shop/migrations"\n'
        '[databases.crm]\nmigrations = "crm/migrations"\n'
    )
    broken = pytester.path / "crm/migrations/2025-10-23_create_t3.sql"
    broken.write_text(broken.read_text().replace("bigint", "bigger"))
    whole = run(pytester, "--ctb-report=whole.json")
    merged = merge(*shards(pytester, 2), "--report=merged.json")
    assert (merged.exit_code, whole.ret) == (1, 1)
    assert written(Path("merged.json")) == written(Path("whole.json"))


# --- what does not fit together -------------------------------------------------------------------------------------


@pytest.fixture
def two(pytester):
    """The reports of two shards that judge by text alone, and so need no server."""
    sample.write(pytester.path)
    pytester.makeini("[pytest]\n")
    return shards(pytester, 2, "-m", "ctb_static")


def changed(path: str, **values) -> str:
    document = json.loads(Path(path).read_text())
    for name, value in values.items():
        document["shard"][name] = value
    other = f"changed-{path}"
    Path(other).write_text(json.dumps(document))
    return other


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(ctb, ["merge", *arguments])
    assert isinstance(result.exception, ConfigError), result.output
    return str(result.exception)


def test_a_shard_that_is_missing_or_there_twice(two):
    one, other = two
    assert refused(one) == "the report of shard 2/2 is missing"
    assert refused(changed(other, of=4, number=4), changed(one, of=4)) == "the report of shards 2/4, 3/4 is missing"
    shutil.copy(one, "again.json")
    assert refused(one, "again.json", other) == f"shard 1/2 was given 2 times: {one}, again.json"
    assert "they are parts of two runs" in refused(one, changed(other, of=3))


def test_reports_of_other_files_or_settings(two, pytester):
    one, other = two
    document = json.loads(Path(other).read_text())
    for name, said in (
        ("files", "other files"), ("settings", "other settings"), ("guidelines", "other guidelines"), ("server", "another Postgres"),
    ):  # fmt: skip
        database = {**document["shard"]["databases"][0], name: "x"}
        first = (
            {**document["shard"]["databases"][0], "server": "y"}
            if name == "server"
            else document["shard"]["databases"][0]
        )
        text = refused(changed(one, databases=[first]), changed(other, databases=[database]))
        assert text.startswith(f"changed-{other} was made with {said}")
    assert "with other options" in refused(
        one,
        changed(
            other,
            options={"given": {"ctb_role": "superuser"}, "start": ".", "database": "", "since": "", "strict": False},
        ),
    )
    assert "of other databases" in refused(one, changed(other, databases=[]))
    assert "was written by pytest-ctb 0.0.9" in refused(one, changed(other, version="0.0.9"))
    add(pytester.path, THIRD, "SELECT 1;\n", "3")
    assert (
        refused(one, other)
        == f"{one} was made with other files (another commit, or another layout) than there are here"
    )


def test_other_guidelines_or_settings_where_they_are_merged(two, pytester):
    (pytester.path / "pytest.ini").write_text("[pytest]\nctb_timeout = 7\n")
    assert "with other settings than there are here" in refused(*two)
    (pytester.path / "pytest.ini").write_text("[pytest]\n")
    change(pytester.path, "rules/if-not-exists.yml", "level: error", "level: warning")
    assert "with other guidelines" in refused(*two)


def test_what_is_no_report_of_a_shard(two, pytester):
    one, other = two
    run(pytester, "-m", "ctb_static", "--ctb-report=whole.json")
    assert "is the report of a whole run" in refused(one, "whole.json")
    for text, said in (
        ("", "is not JSON"),
        ("[]", "is not a JSON report"),
        ('{"version": 1}', "is not a JSON report"),
        ("{" * 100_000, "is not JSON"),
    ):
        Path("x.json").write_text(text)
        assert said in refused(one, "x.json")
    assert "cannot be read" in refused(one, "nowhere.json")
    assert "its part `shard` cannot be read" in refused(
        one, changed(other, databases=[{"name": "", "evidence": {"files": 1}}])
    )
    assert "its part `shard` cannot be read" in refused(one, changed(other, answers=[{}]))
    assert "the ending says the format" in refused(one, other, "--report=x.txt")
    assert merge().exit_code == 2


def test_a_run_that_saw_nothing_does_not_pass(two):
    """A test that needs a server, of which one shard has no evidence."""
    one, other = two
    document = json.loads(Path(other).read_text())
    answers = [*document["shard"]["answers"], {"test": f"{SECOND}::replay", "outcome": "skipped", "seconds": 0.0}]
    assert "its run did not reach its end" in refused(one, changed(other, answers=answers))
    answers[-1]["test"] = f"{SECOND}::nothing"
    assert "is a test of the shards, but not of this checkout" in refused(one, changed(other, answers=answers))
    assert "ran no test" in refused(changed(one, answers=[]), changed(other, answers=[]))


@pytest.mark.parametrize("text", ["6/5", "0/5", "x"])
def test_no_such_shard_is_a_usage_error(pytester, text):
    sample.write(pytester.path)
    result = run(pytester, f"--ctb-shard={text}", "-m", "ctb_static")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --ctb-shard {text}: *"])


# --- what docs/shards.md shows --------------------------------------------------------------------------------------

DOCS = Path(__file__).parent.parent / "docs"
BIN = Path(sys.executable).parent


def blocks() -> dict[str, str]:
    text = (DOCS / "shards.md").read_text(encoding="utf-8")
    found = re.findall(r"^```yaml\n# (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return dict(found)


@pytest.mark.parametrize(
    ("name", "schema"), [(".github/workflows/ctb.yml", "github-workflows"), (".gitlab-ci.yml", "gitlab-ci")]
)
def test_a_block_is_valid_by_its_published_schema(tmp_path, name, schema):
    file = tmp_path / Path(name).name
    file.write_text(blocks()[name], encoding="utf-8")
    command = [BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_workflow_passes_the_audit(tmp_path):
    file = tmp_path / ".github" / "workflows" / "ctb.yml"
    file.parent.mkdir(parents=True)
    file.write_text(blocks()[".github/workflows/ctb.yml"], encoding="utf-8")
    command = [BIN / "zizmor", "--offline", "--format", "json", "--no-exit-codes", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_the_jobs_run_as_they_stand(tmp_path):
    """The commands of GitLab's jobs, but for what installs the package: each shard, then the merge."""
    jobs = yaml.safe_load(blocks()[".gitlab-ci.yml"])
    sample.write(tmp_path)
    path = f"{BIN}:/usr/bin:/bin"
    of = jobs["watch"]["parallel"]
    for number in range(1, of + 1):
        environment = {"CI_NODE_INDEX": str(number), "CI_NODE_TOTAL": str(of)}
        done = shell(tmp_path, jobs["watch"]["script"], PATH=path, HOME=str(tmp_path), **environment)
        assert done.returncode == 0, done.stdout + done.stderr
    done = shell(tmp_path, jobs["ctb"]["script"], PATH=path, HOME=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'failures="0" errors="0"' in (tmp_path / "junit.xml").read_text()


def shell(folder: Path, script: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    lines = [line for line in script if "pip install" not in line]
    command = ["bash", "-eo", "pipefail", "-c", "\n".join(lines)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
