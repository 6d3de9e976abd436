"""Profiles, packs and `extends`: what a repository takes over, what it changes, and mistakes told with file and line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_ctb.errors import ConfigError
from pytest_ctb.guide import guideline_files as guidelines
from pytest_ctb.model import Level
from registry import GUIDELINES, OF_THE_GUIDE, OPTIONS, live_of_each_file, of_each_file, of_the_schema, profile

CTB_ONLY = {"file-name", "ctb-header", "unique-id", "required-tables"}


def load(root: Path, **files: str):
    folder = root / "rules"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return {one.id: one for one in guidelines.load(root, folder, OPTIONS)}


@pytest.mark.registry
def test_the_profile_postgres_is_the_guide_without_what_is_one_team_s_own():
    found = {guideline.id: guideline for guideline in profile("postgres")}
    online = {guideline.id for guideline in profile("online")}
    assert set(found) == {*OF_THE_GUIDE, *online}
    assert {found[name].level for name in online} == {Level.WARNING}
    off = {guideline.id for guideline in GUIDELINES if guideline.level is Level.OFF}
    assert {one.id for one in found.values() if one.level is Level.OFF} == off | CTB_ONLY


def test_a_profile_changes_some_keys_and_options(tmp_path):
    profile = """extends: ctb
guidelines:
  keep-data:
    level: warning
  file-name:
    options:
      verbs: [make]
"""
    found = load(tmp_path, _profile=profile)
    assert set(found) == set(OF_THE_GUIDE)
    assert found["keep-data"].level is Level.WARNING
    assert found["keep-data"].path == "rules/_profile.yml"
    assert found["keep-data"].why
    assert found["file-name"].options.verbs == ("make",)
    assert found["atomic"].level is Level.ERROR


def test_a_file_changes_the_guideline_of_its_name(tmp_path):
    found = load(tmp_path, **{"required-tables": "extends: required-tables\noptions:\n  tables: [shop.item]\n"})
    assert set(found) == {"required-tables"}
    assert found["required-tables"].options.tables == ("shop.item",)
    assert found["required-tables"].code == "CT14"
    assert found["required-tables"].lines["options.tables.0"] == 3


def test_a_file_goes_on_top_of_the_profile(tmp_path):
    found = load(tmp_path, _profile="extends: [postgres]\n", **{"file-name": "extends: file-name\nlevel: warning\n"})
    assert found["file-name"].level is Level.WARNING
    assert found["ctb-header"].level is Level.OFF


def test_a_profile_extends_a_folder_of_another_team(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "_profile.yml").write_text("extends: ctb\nguidelines:\n  atomic:\n    level: 'off'\n")
    found = load(tmp_path, _profile="extends: ../shared\n")
    assert found["atomic"].level is Level.OFF


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ("extends: postgress\n", "1: nothing to extend is named 'postgress'; did you mean postgres?"),
        ("extends: [ctb, 3]\n", "1: 'extends.1' must be text, not 3"),
        ("guidelines: {}\n", "1: 'extends' must be a name, or a list of names"),
        ("extends: ctb\nlevels: {}\n", "2: unknown key 'levels': a profile has extends, guidelines"),
        ("- ctb\n", "1: a profile is a mapping with the keys extends and guidelines"),
        ("extends: ctb\nguidelines: [a]\n", "2: 'guidelines' must be a mapping of ids to keys, not ['a']"),
        ("extends: ctb\nguidelines:\n  atomics: {}\n", "3: rules/_profile.yml extends no guideline named 'atomics'; did you mean atomic?"),
        ("extends: ctb\nguidelines:\n  atomic: off\n", "3: 'atomic' must be a mapping of what changes"),
        ("extends: ctb\nguidelines:\n  atomic:\n    level: fatal\n", "4: level 'fatal' is not one of error, warning, off"),
        ("extends: ctb\nguidelines:\n  atomic:\n    levl: off\n", "4: unknown key 'levl'; did you mean level?"),
        ("extends: ctb\nguidelines:\n  file-name:\n    options:\n      verb: [a]\n", "5: unknown option 'verb'; did you mean verbs?"),
        ("extends: ctb\nguidelines:\n  atomic:\n    code: CT13\n", "4: the code CT1"),
        ("extends: ./\n", "1: rules/_profile.yml extends itself by way of rules"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_profile_is_told_with_file_and_line(tmp_path, profile, message):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, _profile=profile)
    told = str(caught.value)
    assert told.startswith(f"rules/_profile.yml:{message}") or ("CT13" in profile and "CT13 is taken by rules/" in told)


def test_a_circle_over_two_folders(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "_profile.yml").write_text("extends: ../rules\n")
    with pytest.raises(ConfigError, match=r"^shared/_profile.yml:1: shared/_profile.yml extends itself"):
        load(tmp_path, _profile="extends: ../shared\n")


def test_two_guidelines_of_one_name(tmp_path):
    (tmp_path / "shared").mkdir()
    text = (guidelines.packaged() / "atomic.yml").read_text("utf-8")
    (tmp_path / "shared" / "atomic.yml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"^rules/_profile.yml:1: two guidelines are named 'atomic': .*atomic.yml"):
        load(tmp_path, _profile="extends: [ctb, ../shared]\n")
    (tmp_path / "rules" / "atomic.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"the guideline 'atomic' has another file, rules/atomic.yaml"):
        load(tmp_path, _profile="extends: ctb\n", atomic=text)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("keep-data", "a guideline extends the one of its own name, 'atomics', not 'keep-data'"),
        ("atomics", r"no guideline is named 'atomics'; did you mean atomic\?"),
    ],
)
def test_a_file_that_extends_what_is_not_there(tmp_path, wanted, message):
    with pytest.raises(ConfigError, match=rf"^rules/atomics.yml:1: {message}"):
        load(tmp_path, atomics=f"extends: {wanted}\n")


_MIGRATION = "BEGIN;\nCREATE TABLE IF NOT EXISTS item (id bigint PRIMARY KEY);\nCOMMIT;\n\n-- Rollback:\n-- DROP TABLE IF EXISTS item;\n"


@pytest.mark.parametrize("ini", [True, False])
@pytest.mark.registry
def test_a_profile_by_its_name_needs_no_folder(pytester, ini):
    pytester.mkdir("migrations").joinpath("0001_item.sql").write_text(_MIGRATION)
    pytester.makeini("[pytest]\n" + ("ctb_rules = postgres\n" if ini else ""))
    more = [] if ini else ["--ctb-rules", "postgres"]
    result = pytester.runpytest("--ctb", "--ctb-postgres", "embedded", "-v", *more)
    held = profile("postgres")
    result.assert_outcomes(passed=len([*of_each_file(held), *of_the_schema(held)]))
    result.stdout.fnmatch_lines(["rules/deprecated-column.yml::deprecated-column PASSED*"])
    result.stdout.no_fnmatch_line("*ctb-header*")


def test_ids_of_tests_stay_as_they_are_with_a_profile(pytester):
    pytester.mkdir("migrations").joinpath("2025-10-23_create_item.sql").write_text(_MIGRATION)
    profile = "extends: postgres\nguidelines:\n  required-tables:\n    level: error\n    options:\n      tables: [public.item, company.master]\n"
    pytester.mkdir("rules").joinpath("_profile.yml").write_text(profile)
    result = pytester.runpytest("--ctb", "--ctb-postgres", "embedded", "-v", "-k", "required-tables")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([
        "rules/required-tables.yml::public.item PASSED*",
        "rules/_profile.yml:6:*: CT14 required-tables: company.master does not exist after all migrations",
    ])  # fmt: skip


def test_a_name_that_is_neither_folder_nor_profile(pytester):
    pytester.mkdir("migrations").joinpath("0001_item.sql").write_text(_MIGRATION)
    result = pytester.runpytest("--ctb", "--ctb-rules", "postgress")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*guidelines folder not found: *postgress; did you mean postgres?"])


def test_ctb_reads_the_profile_too(tmp_path):
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_item.sql").write_text(_MIGRATION)
    for ini, status in (("ctb_rules = postgres\n", 0), ("", 0), ("ctb_rules = ctb\n", 1)):
        (tmp_path / "pytest.ini").write_text(f"[pytest]\n{ini}")
        command = [Path(sys.executable).with_name("ctb"), "check"]
        assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == status


# --- What a folder adds to


OWN = """code: XX01
title: No truncate
what: Nothing is truncated.
why: Because.
source: ours
forbid: [TRUNCATE]
"""
HEADER = "-- CTB Branch: company\n"


@pytest.fixture
def team(pytester):
    """A repository with a migration; the rest is given."""

    def team(*arguments: str, ini: str = "", header: str = "", **rules: str):
        for folder in ("migrations", *(["rules"] if rules else [])):
            (pytester.path / folder).mkdir(exist_ok=True)
        (pytester.path / "migrations" / "2025-01-01_create_item.sql").write_text(header + _MIGRATION)
        (pytester.path / "pytest.ini").write_text(f"[pytest]\n{ini}")
        for name, text in rules.items():
            (pytester.path / "rules" / f"{name}.yml").write_text(text)
        return pytester.runpytest("--ctb", "-m", "ctb_static", *arguments)

    return team


@pytest.mark.parametrize(
    ("ini", "header", "rules", "sources"),
    [
        ("", "", {}, "*guidelines (postgres)*"),
        ("", HEADER, {}, "*guidelines (ctb)*"),
        ("", "/*\n * Unique ID: CTB-0A1B2C3D\n */\n", {}, "*guidelines (ctb)*"),
        ("", "-- the branch of CTB: company\n", {}, "*guidelines (postgres)*"),
        ("", "", {"own": OWN}, "*guidelines (* of postgres, 1 of rules/)*"),
        ("", HEADER, {"own": OWN}, "*guidelines (* of ctb, 1 of rules/)*"),
        ("ctb_rules = ctb\n", "", {"own": OWN}, "*guidelines (* of ctb, 1 of rules/)*"),
        ("ctb_rules = schema-hygiene\n", "", {"own": OWN}, "*guidelines (10 of schema-hygiene, 1 of rules/)*"),
        ("", "", {"own": OWN, "_profile": "extends: ctb\n"}, "*guidelines (* of rules/_profile.yml, 1 of rules/)*"),
        ("", HEADER, {"own": OWN, "_profile": "extends: none\n"}, "*: 1 migration, 1 guideline (rules/)*"),
    ],
)
def test_the_first_line_says_which_guidelines_come_from_where(team, ini, header, rules, sources):
    team("--co", ini=ini, header=header, **rules).stdout.fnmatch_lines([sources])


@pytest.mark.parametrize(
    ("profile_text", "line"),
    [
        (
            "",
            "ctb rules not read: rules/team/own.yml (rules/_profile.yml takes a folder: extends: [[]postgres, ./team[]])",
        ),
        (
            "extends: ctb\n",
            "ctb rules not read: rules/team/own.yml (rules/_profile.yml takes a folder: extends: [[]*, ./team[]])",
        ),
        ("extends: [postgres, ./team]\n", ""),
        ("extends: ../more/profile.yml\n", ""),
    ],
)
def test_guidelines_in_a_folder_below_that_nothing_extends_are_named(team, pytester, profile_text, line):
    (pytester.path / "rules" / "team").mkdir(parents=True)
    (pytester.path / "rules" / "team" / "own.yml").write_text(OWN)
    (pytester.path / "rules" / ".hidden").mkdir()
    (pytester.path / "rules" / ".hidden" / "own.yml").write_text(OWN)
    if profile_text:
        (pytester.path / "rules" / "_profile.yml").write_text(profile_text)
    pytester.mkdir("more")
    (pytester.path / "more" / "profile.yml").write_text("extends: [postgres, ../rules/team]\n")
    result = team("-v")
    if line:
        result.stdout.fnmatch_lines([line])
        result.stdout.no_fnmatch_line("*::own *")
    else:
        result.stdout.no_fnmatch_line("ctb rules not read*")
        result.stdout.fnmatch_lines(["*::own *"])


def test_every_forbidden_kind_that_is_none_is_named_at_once(team):
    result = team(own=OWN.replace("[TRUNCATE]", "[TRUNCAT, DROP TABEL, TRUNCATE, 7]"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*no kind of statement is 'TRUNCAT'*", "*no kind of statement is 'DROP TABEL'*", "*not 7*"]
    )


def test_a_file_of_ones_own_switches_no_other_guideline_off(team):
    rules = {"own": OWN, "if-not-exists": "extends: if-not-exists\nlevel: 'off'\n"}
    result = team("-v", **rules)
    names = {line.partition("::")[2].split()[0] for line in result.stdout.lines if line.startswith("migrations/")}
    wanted = {*of_each_file(profile("postgres"))} - {*live_of_each_file(profile("postgres"))}
    assert names == wanted - {"if-not-exists"} | {"own"}


@pytest.mark.parametrize("how", ["ini", "option"])
def test_two_profiles_at_once_are_refused(team, how):
    ini, option = ("ctb_rules = postgres\n", ()) if how == "ini" else ("", ("--ctb-rules", "postgres"))
    result = team(*option, ini=ini, own=OWN, _profile="extends: ctb\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*rules/_profile.yml and ctb_rules (--ctb-rules) = postgres both choose a profile: *"])


def test_a_broken_file_beside_a_named_profile_is_not_passed_by(team):
    result = team(ini="ctb_rules = postgres\n", own="code: [\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*rules/own.yml:*: not valid YAML*"])


def test_a_code_that_a_packaged_guideline_has_is_refused(team):
    result = team(own=OWN.replace("XX01", "CT08"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the code CT08 is taken by *"])
