"""`ctb`, the command: what each part of it does to a repository, says, and ends with."""

from __future__ import annotations

import datetime
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

import sample
from pytest_ctb import __version__
from pytest_ctb.checks import checks
from pytest_ctb.cli import main
from pytest_ctb.cli.main import ctb
from pytest_ctb.guide import guideline_files as guidelines
from pytest_ctb.model import Level
from pytest_ctb.report import results
from sample import FIRST, SECOND, change

ROOT = Path(__file__).parent.parent
GUIDELINES = guidelines.load(ROOT, ROOT / "rules", {name: one.options for name, one in checks().items()})
NEW = "migrations/2025-11-21_add_size_to_item.sql"
DAY = "--date=2025-11-21"


@pytest.fixture
def team(tmp_path, monkeypatch):
    """A repository that holds the guide, and is the working directory."""
    sample.write(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run the command; gives what it ended with, and what it said on each stream."""

    def done(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return done


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# The command as a whole


def test_it_is_installed_under_its_name(team):
    program = Path(sys.executable).with_name("ctb")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, cwd=team)
    assert done.stdout == f"ctb, version {__version__}\n"
    assert subprocess.run([program, "check"], capture_output=True, check=False, cwd=team).returncode == 0


def test_it_needs_neither_pytest_nor_sqlfluff_nor_a_server(team):
    script = (
        "import sys; from pytest_ctb.cli import main\n"
        "try: main(['check'])\n"
        "except SystemExit as end: assert not end.code\n"
        "print([one for one in ('pytest', '_pytest', 'sqlfluff', 'psycopg', 'testcontainers') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=team)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", sorted(ctb.commands))
def test_every_command_and_option_stands_in_the_docs(command):
    docs = (ROOT / "docs" / "ctb.md").read_text(encoding="utf-8")
    assert f"\n## `ctb {command}`" in docs
    section = docs.partition(f"\n## `ctb {command}`")[2].partition("\n## ")[0]
    for param in ctb.commands[command].params:
        if isinstance(param, click.Option):
            place = docs.partition("\n## ")[0] if param.opts == ["--database"] else section  # all have that one
            assert all(f"`{name}" in place for name in param.opts), param.opts


def test_the_options_of_all_stand_in_the_docs():
    docs = (ROOT / "docs" / "ctb.md").read_text(encoding="utf-8")
    for param in ctb.params:
        assert all(f"`{name}" in docs for name in param.opts), param.opts


@pytest.mark.parametrize("command", ["", *sorted(ctb.commands)])
def test_the_help_teaches(run, command):
    code, out, _ = run(*filter(None, [command]), "--help")
    assert code == 0
    examples = re.findall(rf"^ +ctb {command}", out, re.MULTILINE)
    assert examples or not ctb.commands[command].params
    assert ("Ends with" if command else "Exit codes") in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chekc"], "No such command 'chekc'"),
        (["check", "nowhere.sql"], "nowhere.sql does not exist (migrations are in migrations)"),
        (["check", "infra/neon.sql"], "infra/neon.sql is outside migrations"),
        (["--rules", "nowhere", "check"], "guidelines folder not found"),
        (["--migrations", "nowhere", "check"], "migrations folder not found"),
        (["explain", "CT99"], "no guideline is named 'CT99'"),
        (["new"], "Missing argument"),
        (["new", "add", "x", "--date", "2025-02-30"], "2025-02-30"),
        (["new", "add", "x", "--from", "nowhere.sql"], "No such file"),
        (["new", "add x", "--folder", "infra"], "infra: no folder of migrations"),
    ],
)
def test_what_cannot_be_told_ends_with_2(team, run, arguments, said):
    before = files(team)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert files(team) == before


def test_a_broken_guideline_is_told_with_its_place(team, run):
    change(team, "rules/if-not-exists.yml", "title:", "titel:")
    code, _, err = run("check")
    assert code == 2
    assert err == "ctb: rules/if-not-exists.yml:2: unknown key 'titel'; did you mean title?\n"


def test_a_path_that_is_no_migration_is_told_apart(team, run):
    """Misspelt, of no migration, or somewhere else."""
    name = next(iter(sorted(path.name for path in (team / "migrations").glob("*.sql"))))
    _, _, err = run("check", f"migrations/{name[:-5]}x.sql")
    assert err == f"ctb: migrations/{name[:-5]}x.sql does not exist; did you mean migrations/{name}?\n"
    (team / "migrations/notes.txt").write_text("Remember the milk.\n")
    _, _, err = run("check", "migrations/notes.txt")
    assert err == "ctb: migrations/notes.txt is not a migration of the layout ctb\n"


def test_a_misspelt_key_of_the_ini_file_is_told(team, run):
    (team / "pytest.ini").write_text("[pytest]\nctb_migratons = sql\n")
    code, _, err = run("check")
    assert (code, err) == (
        2,
        f"ctb: {team / 'pytest.ini'}: unknown key 'ctb_migratons'; did you mean ctb_migrations?\n",
    )
    (team / "pytest.ini").write_text("[pytest]\nctb_of_our_own = sql\nminversion = 8\n")
    assert run("check")[0] != 2, "a key of a team's conftest.py"


def test_a_check_that_crashes_is_no_pass(team, run, monkeypatch):
    """The other guidelines and files are judged; the traceback is printed once."""
    (team / "migrations" / "2025-10-24_add_note.sql").write_text("SELECT 1;\n")
    judge = results.judge

    def broken(question, evidence=None):
        if question.guideline.id == "transaction":
            raise RuntimeError("no such luck")
        return judge(question, evidence)

    monkeypatch.setattr(results, "judge", broken)
    code, out, err = run("check")
    assert code == 2
    assert "2025-10-24_add_note.sql:1:1: CT03 ctb-header" in out
    assert "the same error as in migrations/2025-10-23" in err
    assert err.count("RuntimeError: no such luck") == 1


# Where things are


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\nctb_migrations = db/schema\nctb_rules = guide\n"),
        (".pytest.ini", "[pytest]\nctb_migrations = db/schema\nctb_rules = guide\n"),
        ("tox.ini", "[tox]\n[pytest]\nctb_migrations =\n    db/schema\nctb_rules = guide\n"),
        ("setup.cfg", "[metadata]\nname = x\n[tool:pytest]\nctb_migrations = db/schema\nctb_rules = guide\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\nctb_migrations = ["db/schema"]\nctb_rules = "guide"\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\nctb_migrations = "db/schema"\nctb_rules = "guide"\n'),
    ],
)
def test_the_ini_file_is_pytest_s(pytester, run, name, text):
    """Both find the same from a folder inside, and say the same."""
    sample.write(pytester.path)
    shutil.move(pytester.path / "migrations", pytester.path / "db" / "schema")
    shutil.move(pytester.path / "rules", pytester.path / "guide")
    change(pytester.path, "guide/if-not-exists.yml", "code: CT07", "code: ZZ07")
    (pytester.path / name).write_text(text)
    path = SECOND.replace("migrations", "db/schema")
    change(pytester.path, path, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    os.chdir(pytester.path / "db")
    code, out, _ = run("check")
    theirs = pytester.runpytest("--ctb", "-m", "ctb_static", "--rootdir", str(pytester.path), "-q").stdout.str()
    line = f"{path}:15:23: ZZ07 if-not-exists: ADD COLUMN shop.item.price has no IF NOT EXISTS"
    assert code == 1
    assert line in out
    assert line in theirs


def test_without_any_file_of_pytest_s_the_folder_counts(tmp_path, run, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = run("new", "create shop item", DAY)
    assert (code, out.splitlines()[0]) == (0, "migrations/2025-11-21_create_shop_item.sql")
    assert run("check")[0] == 1


def test_an_ini_file_that_cannot_be_read(team, run):
    (team / "pytest.ini").write_text("[pytest\n")
    code, _, err = run("check")
    assert code == 2
    assert "pytest.ini: cannot be read" in err


def test_options_come_first(team, run):
    shutil.move(team / "migrations", team / "elsewhere")
    shutil.move(team / "rules", team / "guide")
    assert run("--migrations", "elsewhere", "--rules", "guide", "check")[0] == 0


def test_migrations_may_lie_outside(team, run, monkeypatch):
    (team / "app").mkdir()
    (team / "pytest.ini").rename(team / "app" / "pytest.ini")
    (team / "app" / "pytest.ini").write_text("[pytest]\nctb_migrations = ../migrations\nctb_rules = ../rules\n")
    monkeypatch.chdir(team / "app")
    change(team, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    assert f"../{SECOND}:15:23: CT07" in run("check", f"../{SECOND}")[1]
    assert run("fix", f"../{SECOND}")[0] == 0
    assert run("new", "add size to item", DAY)[1].splitlines()[0] == f"../{NEW}"


# check


@pytest.mark.usefixtures("team")
def test_what_holds(run):
    assert run("check") == (0, "2 migrations: nothing found. What Postgres does with them: pytest --ctb\n", "")


def test_a_finding_is_told_as_pytest_tells_it(team, run):
    change(team, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    code, out, err = run("check")
    assert (code, err) == (1, "")
    assert (
        out
        == f"""\
{SECOND}:15:23: CT07 if-not-exists: ADD COLUMN shop.item.price has no IF NOT EXISTS

    15 | ALTER TABLE shop.item ADD COLUMN price numeric;
       |                       ^

Instead:
    ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS price numeric;

1 finding in 2 migrations; `ctb fix` repairs 1 of them; `ctb explain CT07` says why.
"""
    )


def test_short_is_a_line_each(team, run):
    change(team, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    change(team, SECOND, "-- Enforcement: ORBT\n", "")
    code, out, err = run("check", "--short")
    assert code == 1
    assert [line.split(": ")[0] for line in out.splitlines()] == [f"{SECOND}:4:1", f"{SECOND}:14:23"]
    assert err.startswith("2 findings in 2 migrations")


def test_all_that_pytest_says_without_a_server(pytester, run):
    """The same tests fail, those of files among each other too."""
    sample.write(pytester.path)
    text = (pytester.path / SECOND).read_text().replace("00000002", "00000001").replace("COMMIT;\n", "")
    (pytester.path / SECOND).write_text(text.replace("ORBT", "SOME").replace("-- ALTER", "-- ALTERNATE"))
    (pytester.path / "migrations/2025-10-25_drop_it.sql").write_bytes(
        b"\xef\xbb\xbfALTER TABLE shop.item DROP price;\r\n"
    )
    pytester.makeini("[pytest]\n")
    os.chdir(pytester.path)
    _, out, _ = run("check", "--short")
    ours = {(line.split(":")[0], line.split(": ")[1].split()[1]) for line in out.splitlines()}
    theirs = pytester.runpytest("--ctb", "-q", "--ctb-postgres", "embedded").stdout.str()
    failed = {tuple(one.split("::")) for one in re.findall(r"^FAILED (\S+)", theirs, re.MULTILINE)}
    text_alone = {one.id for one in GUIDELINES if not checks()[one.id].scope.live} | {"no-drop-column"}
    assert ours == {one for one in failed if one[1] in text_alone}
    assert len(ours) > 7


def test_only_what_is_named_is_told(team, run):
    change(team, FIRST, "CREATE TABLE IF NOT EXISTS", "CREATE TABLE")
    change(team, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    assert FIRST not in run("check", SECOND)[1]
    assert SECOND not in run("check", str(team / FIRST))[1]
    assert "2 findings" in run("check", "migrations")[1]


def test_a_warning_is_told_and_passes(team, run):
    change(team, "rules/if-not-exists.yml", "level: error", "level: warning")
    change(team, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    code, out, _ = run("check")
    assert (code, "CT07" in out) == (0, True)


def test_what_the_file_allows_is_no_finding(team, run):
    change(team, SECOND, "ALTER TABLE", "-- ctb:allow if-not-exists: it must stop the second time\nALTER TABLE")
    change(team, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    assert run("check")[0] == 0


def test_what_cannot_be_judged_is_said(team, run):
    (team / SECOND).write_bytes(b"SELECT 1;\0")
    code, out, err = run("check")
    assert code == 1
    assert "CT02 file-encoding: a NUL byte" in out
    assert (
        err
        == f"{SECOND}: not judged: CT03, CT04, CT05, CT06, CT07, CT08, CT17: the file is not text: it holds a NUL byte\n"
    )


# fix


def test_what_needs_no_decision_is_repaired(team, run):
    before = (team / SECOND).read_bytes()
    change(team, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    change(team, SECOND, "COMMIT;\n", "")
    (team / SECOND).chmod(0o640)
    code, out, _ = run("fix")
    assert (code, out.splitlines()[0]) == (0, f"{SECOND}: repaired")
    assert b"ADD COLUMN IF NOT EXISTS" in (team / SECOND).read_bytes()
    assert (team / SECOND).read_bytes().count(b"COMMIT;") == before.count(b"COMMIT;")
    assert (team / SECOND).stat().st_mode & 0o777 == 0o640
    now = files(team)
    assert run("fix")[0] == 0
    assert files(team) == now, "a second run changes nothing, and nothing else is left behind"


def test_a_guard_comes_back_as_it_was(team, run):
    before = files(team)
    change(team, FIRST, "CREATE TABLE IF NOT EXISTS", "CREATE TABLE")
    change(team, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    assert run("fix")[0] == 0
    assert files(team) == before


def test_the_diff_is_one_that_git_applies(team, run):
    change(team, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    broken = files(team)
    code, out, _ = run("fix", "--diff", SECOND)
    assert code == 1
    assert files(team) == broken
    subprocess.run(["git", "apply"], input=out, text=True, check=True, cwd=team)
    assert run("check")[0] == 0
    assert run("fix", "--diff") == (0, "", "")


def test_the_diff_of_odd_line_ends_and_characters(team, run):
    text = (team / SECOND).read_text(encoding="utf-8")
    odd = text.replace("ADD COLUMN IF NOT EXISTS price", "ADD COLUMN price").replace(
        "shop.item DROP", "\x0cshop.item DROP"
    )
    (team / SECOND).write_bytes(odd.replace("What the shop sells", "Sells \u2028 \x85").replace("\n", "\r\n").encode())
    out = run("fix", "--diff", SECOND)[1]
    subprocess.run(["git", "apply"], input=out.encode(), check=True, cwd=team)
    assert run("fix", "--diff", SECOND) == (0, "", "")


def test_what_takes_a_decision_is_left_and_listed(team, run):
    change(team, SECOND, "ADD COLUMN IF NOT EXISTS price numeric", "DROP COLUMN price")
    code, out, _ = run("fix")
    assert code == 1
    assert f"{SECOND}:15:23: CT08 no-drop-column: DROP COLUMN shop.item.price\n" in out
    assert "DROP COLUMN IF EXISTS price" in (team / SECOND).read_text()


def test_a_link_stays_one(team, run):
    real = team / "shared.sql"
    shutil.move(team / SECOND, real)
    (team / SECOND).symlink_to(real)
    change(team, "shared.sql", "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    assert run("fix")[0] == 0
    assert (team / SECOND).is_symlink()
    assert "IF NOT EXISTS" in real.read_text()


def test_only_what_is_named_is_repaired(team, run):
    change(team, FIRST, "CREATE TABLE IF NOT EXISTS", "CREATE TABLE")
    first = (team / FIRST).read_bytes()
    assert run("fix", SECOND)[0] == 0
    assert (team / FIRST).read_bytes() == first


# explain


@pytest.mark.parametrize("one", GUIDELINES, ids=lambda one: one.id)
@pytest.mark.usefixtures("team")
def test_a_guideline_is_explained_in_full(run, one):
    by_code, by_id = run("explain", one.code.lower()), run("explain", one.id)
    assert by_code == by_id
    code, out, _ = by_code
    assert code == 0
    said = " ".join(out.split())
    for part in (one.title, one.what, one.why, one.instead, one.source, one.page, f"rules/{one.id}.yml"):
        assert " ".join(part.split()) in said
    assert out.count("Holds") + out.count("Does not hold") >= sum(map(len, one.examples.values()))


def test_without_a_name_all_are_listed(team, run):
    change(team, "rules/atomic.yml", "level: error", "level: off")
    _, out, _ = run("explain")
    assert [line.split()[:2] for line in out.splitlines()] == [[one.code, one.id] for one in GUIDELINES]
    off = {one.id for one in GUIDELINES if one.level is Level.OFF} | {"atomic"}
    assert {line.split()[1] for line in out.splitlines() if line.endswith("(off)")} == off


@pytest.mark.usefixtures("team")
def test_a_name_that_is_nearly_one(run):
    assert "did you mean CT08 no-drop-column?" in run("explain", "no-drop-colum")[2]
    assert run("explain", "CTB_CT08") == run("explain", "ctb.no_drop_column") == run("explain", "CT08")


# order


def test_the_order_and_why(team, run):
    early = "migrations/2025-10-24_add_index_to_thing.sql"
    late = "migrations/2025-10-24_create_thing.sql"
    body = "CREATE TABLE IF NOT EXISTS shop.thing (id bigint);\n"
    (team / late).write_text(sample.migration(body, unique_id="00000005", date="2025-10-24"))
    body = "CREATE INDEX IF NOT EXISTS thing_idx ON shop.thing (id);\n"
    (team / early).write_text(sample.migration(body, unique_id="00000006", date="2025-10-24"))
    code, out, _ = run("order")
    assert code == 0
    assert (
        out
        == f"""\
1  {FIRST}
2  {SECOND}
3  {late}
4  {early}
       after {late}: it uses relation shop.thing (line 15)
"""
    )
    change(team, early, "-- Enforcement", f"-- Depends on: {SECOND}\n-- Enforcement")
    assert f"       after {SECOND}: line 8 says so\n" in run("order")[1]


def test_files_that_need_each_other_have_no_order(team, run):
    change(team, FIRST, "-- Enforcement", f"-- Depends on: {SECOND}\n-- Enforcement")
    change(team, SECOND, "-- Enforcement", f"-- Depends on: {FIRST}\n-- Enforcement")
    code, out, _ = run("order")
    assert code == 1
    assert re.search(r"these files have no order that works, since each needs the next: (\S+) -> \S+ -> \1", out)


def test_a_file_that_nobody_has(team, run):
    change(team, SECOND, "-- Enforcement", "-- Depends on: nowhere.sql\n-- Enforcement")
    code, out, _ = run("order")
    assert (code, out.splitlines()[-1]) == (1, f"{SECOND}:8: Depends on: 'nowhere.sql' does not name one migration")


# new


def test_a_new_file_is_the_template_of_the_guide(team, run):
    code, out, _ = run("new", "add  size to item", DAY)
    assert (code, out.splitlines()) == (
        0,
        [NEW, "Next: write the SQL and what takes it back, then ctb check, then pytest --ctb"],
    )
    text = (team / NEW).read_text(encoding="utf-8")
    (unique,) = re.findall(r"CTB-[0-9A-F]{8}", text)
    frame = "-- " + "─" * 45
    assert (
        text
        == f"""\
{frame}
-- 📁 CTB Classification Metadata
{frame}
-- CTB Branch: data/migrations
-- Barton ID: 05.01.02
-- Unique ID: {unique}
-- Last Updated: 2025-11-21
-- Enforcement: ORBT
{frame}

-- Description: Add size to item

BEGIN;

-- Your migration SQL here

COMMIT;

-- Rollback:
-- -- SQL that takes it back; or in the line above: none, because …
"""
    )
    code, out, _ = run("check", "--short")
    assert code == 1
    assert out == f"{NEW}:19:1: CT06 rollback-instructions: the rollback block holds no SQL statement\n"


def test_words_may_come_one_by_one_and_with_accents(team, run):
    path = "migrations/2025-11-21_add_cafe_no_2_to_item.sql"
    assert run("new", "add", "Café", "No. 2", "to item", DAY)[1].splitlines()[0] == path
    assert "-- Description: Add Café No. 2 to item\n" in (team / path).read_text(encoding="utf-8")


def test_it_is_dated_today(team, run):
    before = datetime.datetime.now().astimezone().date()
    path = team / run("new", "add size to item")[1].splitlines()[0]
    assert before <= datetime.date.fromisoformat(path.name[:10]) <= datetime.datetime.now().astimezone().date()


def test_an_id_that_is_taken_is_not_given_again(team, run):
    run("new", "add size to item", DAY)
    (first,) = re.findall(r"CTB-[0-9A-F]{8}", (team / NEW).read_text(encoding="utf-8"))
    (team / NEW).rename(team / "migrations/2025-11-20_add_size_to_item.sql")
    run("new", "add size to item", DAY)
    (second,) = re.findall(r"CTB-[0-9A-F]{8}", (team / NEW).read_text(encoding="utf-8"))
    assert first != second
    assert "CT04" not in run("check")[1]


@pytest.mark.usefixtures("team")
def test_a_name_that_the_guide_does_not_allow(run):
    code, out, err = run("new", "linkedin url", DAY)
    assert (code, out) == (2, "")
    assert "the name 2025-11-21_linkedin_url.sql has 'linkedin' where a verb is expected (create, add," in err
    assert run("new", "add", DAY)[0] == run("new", "…", DAY)[0] == 2


def test_nothing_is_written_over(team, run):
    (team / NEW).write_text("mine")
    code, _, err = run("new", "add size to item", DAY)
    assert (code, err) == (2, f"ctb: {NEW} is there already; nothing was changed\n")
    assert (team / NEW).read_text() == "mine"


def test_the_folder_may_lie_inside(team, run):
    path = "migrations/shop/fixes/2025-11-21_fix_item.sql"
    assert run("new", "fix item", DAY, "--folder", "migrations/shop/fixes")[1].splitlines()[0] == path
    assert (team / path).is_file()


def test_a_guideline_that_is_off_puts_nothing_in(team, run):
    for name in ("ctb-header", "transaction", "rollback-instructions", "file-name"):
        change(team, f"rules/{name}.yml", "level: error", "level: off")
    path = "migrations/2025-11-21_whatever.sql"
    assert run("new", "whatever", DAY)[1].splitlines()[0] == path
    assert (team / path).read_text() == "-- Your migration SQL here\n"


def made_from(team: Path, run, sql: str | bytes, words: str = "add size to item") -> tuple[str, str]:
    """The text of the migration that SQL becomes, and what is said of it."""
    (team / "change.sql").write_bytes(sql if isinstance(sql, bytes) else sql.encode())
    code, out, err = run("new", words, DAY, "--from", "change.sql")
    assert (code, err) == (0, "")
    return (team / out.splitlines()[0]).read_text(encoding="utf-8"), out


def body(text: str) -> str:
    """What stands below the description."""
    return text.partition("-- Description: ")[2].partition("\n\n")[2]


def test_sql_is_guarded_framed_and_taken_back(team, run):
    text, out = made_from(team, run, "ALTER TABLE shop.item ADD COLUMN size int;\nCREATE INDEX ON shop.item (size);\n")
    assert (
        body(text)
        == """\
BEGIN;

ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS size int;
CREATE INDEX IF NOT EXISTS item_size_idx ON shop.item (size);

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP INDEX IF EXISTS shop.item_size_idx;
-- -- Loses what was written since: the values of shop.item.size
-- ALTER TABLE IF EXISTS shop.item DROP COLUMN IF EXISTS size;
-- COMMIT;
"""
    )
    assert out.splitlines()[1] == "Next: ctb check, then pytest --ctb"
    assert run("check")[0] == 0


def test_what_only_the_author_knows_is_marked_and_told(team, run):
    text, out = made_from(team, run, "UPDATE shop.item SET name = trim(name);\n")
    assert "-- WRITE ME: what takes back line 15, UPDATE shop.item SET name = trim(name)\n" in text
    assert f"{NEW}:21:4: CT06 rollback-instructions" in out
    assert run("check")[0] == 1


def test_what_stands_in_the_sql_already_stays(team, run):
    own = sample.migration("SELECT 1;\n", unique_id="00000009", date="2025-11-21")
    assert made_from(team, run, own)[0] == own


def test_an_id_that_came_along_is_made_new(team, run):
    own = sample.migration("SELECT 1;\n", unique_id="00000001", date="2025-11-21")
    text, _ = made_from(team, run, own)
    assert "CTB-00000001" not in text
    assert re.sub("CTB-[0-9A-F]{8}", "CTB-00000001", text) == own


def test_a_transaction_and_a_description_that_came_along(team, run):
    sql = "-- Description: Of mine\n\nBEGIN;\nALTER TABLE shop.item ADD COLUMN IF NOT EXISTS size int;\nCOMMIT;\n"
    text, _ = made_from(team, run, sql)
    assert text.count("BEGIN;") == 2  # the rollback's
    assert re.findall("Description: (.*)", text) == ["Of mine"]
    assert run("check")[0] == 0


def test_what_needs_no_taking_back(team, run):
    assert "-- Rollback: none, because it leaves nothing" in made_from(team, run, "REINDEX TABLE shop.item;\n")[0]


def test_what_other_files_made_is_not_dropped(team, run):
    sql = "CREATE SCHEMA shop;\nCREATE TABLE shop.item (id bigint);\nCREATE TABLE shop.tag (id bigint);\n"
    assert re.findall("^-- (DROP .*)", made_from(team, run, sql)[0], re.MULTILINE) == ["DROP TABLE IF EXISTS shop.tag;"]


def test_sql_may_come_from_a_pipe(team):
    line = [Path(sys.executable).with_name("ctb"), "new", "add size to item", DAY, "--from", "-"]
    sql = "ALTER TABLE shop.item ADD size int;"
    assert subprocess.run(line, input=sql, text=True, cwd=team, check=True, capture_output=True).stderr == ""
    assert "ADD IF NOT EXISTS size int;" in (team / NEW).read_text(encoding="utf-8")
    done = subprocess.run(line, input="ADD", text=True, cwd=team, check=False, capture_output=True)
    assert (done.returncode, done.stderr.partition(";")[0]) == (2, 'ctb: <stdin>:1:1: syntax error at or near "ADD"')


def test_windows_line_ends_and_a_mark_do_not_come_along(team, run):
    sql = b"\xef\xbb\xbfALTER TABLE shop.item\r\n    ADD COLUMN size int;\r\n"
    text, _ = made_from(team, run, sql)
    assert "\r" not in text
    assert "\ufeff" not in text
    assert run("check")[0] == 0


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (b"ALTER TABLE shop.item\n    ADD KOLUMN size int;\n", 'change.sql:2:21: syntax error at or near "int"'),
        (b"SELECT 1;\0", "change.sql:1:10: a NUL byte"),
        (b"SELECT '\xff';", "change.sql:1:9: the byte 0xff is not UTF-8"),
        (b"\\i other.sql\n", r"change.sql:1:1: psql's \i is a command"),
    ],
)
def test_sql_that_cannot_be_read_makes_no_file(team, run, sql, said):
    (team / "change.sql").write_bytes(sql)
    before = files(team)
    code, _, err = run("new", "add size to item", DAY, "--from", "change.sql")
    assert code == 2
    assert said in err
    assert err.endswith("nothing was made of it\n")
    assert files(team) == before
