"""A newcomer's first migration, from `ctb new` to the HTML report: every step as a person takes it, one test each.

The steps follow each other in one repository, once with `ctb fix` and once with `sqlfluff fix`; each needs those before it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sample
from test_editors import shown

pytestmark = [pytest.mark.editor, pytest.mark.browser, pytest.mark.xdist_group("newcomer")]

ROOT = Path(__file__).parent.parent
GUARDED = "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS size int;"
BARE = "ALTER TABLE shop.item ADD COLUMN size int;"


@pytest.fixture(scope="module", params=["ctb fix", "sqlfluff fix --quiet"])
def team(request, tmp_path_factory):
    """A repository that holds the guide, set up as docs/editors.md says; with how files are repaired in it."""
    root = tmp_path_factory.mktemp("team")
    sample.write(root)
    (root / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\n")
    shutil.copy(ROOT / ".sqlfluff", root)
    # As the guide says, a change of the schema comes into the base as well.
    sample.change(root, sample.BASE, "price numeric\n", "price numeric,\n    size int\n")
    return root, request.param


def run(root: Path, command: str) -> subprocess.CompletedProcess[str]:
    """What a person types, with the programs that `pip install` brings."""
    program, *arguments = command.split(" ")
    line = [Path(sys.executable).with_name(program), *arguments]
    return subprocess.run(line, cwd=root, capture_output=True, text=True, check=False)


def written(root: Path) -> Path:
    """The migration that the story is about."""
    (path,) = (root / "migrations").glob("*_add_size_to_item.sql")
    return path


def typed(*commands: str) -> str:
    """Commands of Vim, and the file saved."""
    return "\n".join((*commands, "write"))


def test_ctb_new_makes_the_file(team):
    root, _ = team
    done = run(root, "ctb new add size to item")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(written(root).relative_to(root).as_posix())


def test_vim_says_at_once_what_is_missing(team):
    root, _ = team
    assert shown(written(root)) == [(19, 1, "CTB_CT06")]


def test_with_its_sql_written_the_text_holds(team):
    root, _ = team
    path = written(root)
    sql = f"%substitute/-- Your migration SQL here/{GUARDED}/"
    back = "%substitute/^-- -- SQL.*/-- ALTER TABLE shop.item DROP COLUMN IF EXISTS size;/"
    assert shown(path, typed(sql, back)) == []
    assert GUARDED in path.read_text(encoding="utf-8")
    assert run(root, "ctb check").returncode == 0


def test_broken_in_vim_the_message_stands_at_the_line(team):
    root, _ = team
    path = written(root)
    assert shown(path, typed("%substitute/ADD COLUMN IF NOT EXISTS/ADD COLUMN/")) == [(15, 23, "CTB_CT07")]
    assert BARE in path.read_text(encoding="utf-8")
    name = path.relative_to(root).as_posix()
    told = f"{name}:15:23: CT07 if-not-exists: ADD COLUMN shop.item.size has no IF NOT EXISTS"
    assert told in run(root, "ctb check").stdout
    assert told in run(root, f"pytest --ctb -p no:cacheprovider {name}").stdout
    assert "the second run stops at `already exists`" in " ".join(run(root, "ctb explain CT07").stdout.split())


def test_the_repair_puts_it_back(team):
    root, repair = team
    before = written(root).read_text(encoding="utf-8")
    done = run(root, f"{repair} {written(root).relative_to(root)}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert written(root).read_text(encoding="utf-8") == before.replace(BARE, GUARDED)
    assert shown(written(root)) == []


def test_pytest_ctb_passes(team):
    root, _ = team
    done = run(root, "pytest --ctb -p no:cacheprovider --ctb-report ctb.html")
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d+ passed in", done.stdout)
    assert "skipped" not in done.stdout.splitlines()[-1]


def test_the_report_shows_it(team, browser):
    root, _ = team
    page = browser.new_page()
    page.goto((root / "ctb.html").as_uri())
    assert page.get_by_role("heading", level=1).inner_text().startswith("The guide holds")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=re.compile("add_size_to_item")))
    row.get_by_role("gridcell", name=re.compile("^CT09 replay: passed")).click()
    said = page.get_by_role("dialog").inner_text()
    assert GUARDED.removesuffix(";") in said
    assert "AccessExclusiveLock on shop.item" in said
    page.close()
