"""A newcomer's first migration, from `ctb new` to the HTML report, as a person takes each step; a test looks at each.

Once with `ctb fix` and once with `sqlfluff fix`. The steps follow each other, so one fixture takes them all.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import sample
from test_editors import shown

pytestmark = [pytest.mark.editor, pytest.mark.browser]

ROOT = Path(__file__).parent.parent
GUARDED = "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS size int;"
BARE = "ALTER TABLE shop.item ADD COLUMN size int;"
Said = subprocess.CompletedProcess[str]
Entries = list[tuple[int, int, str]]
"""Line, column and code of what Vim shows."""


@dataclass(frozen=True)
class Story:
    """What each step gave."""

    root: Path
    path: Path
    new: Said
    at_first: Entries
    written: Entries
    checked: Said
    text: str
    broken: Entries
    broken_text: str
    told: tuple[Said, Said]
    explained: Said
    repaired: Said
    repaired_text: str
    at_last: Entries
    passed: Said


@pytest.fixture(scope="module", params=["ctb fix", "sqlfluff fix --quiet"])
def story(request, tmp_path_factory) -> Story:
    """The steps, in a repository that holds the guide and is set up as docs/editors.md says."""
    root = tmp_path_factory.mktemp("team")
    sample.write(root)
    (root / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\n")
    shutil.copy(ROOT / ".sqlfluff", root)
    # As the guide says, a change of the schema comes into the base as well.
    sample.change(root, sample.BASE, "price numeric\n", "price numeric,\n    size int\n")

    def run(command: str) -> Said:
        program, *arguments = command.split(" ")
        line = [Path(sys.executable).with_name(program), *arguments]
        return subprocess.run(line, cwd=root, capture_output=True, text=True, check=False)

    def vim(*commands: str) -> Entries:
        return shown(path, "\n".join((*commands, "write")) if commands else "")

    new = run("ctb new add size to item")
    (path,) = (root / "migrations").glob("*_add_size_to_item.sql")
    name = path.relative_to(root).as_posix()
    return Story(
        root=root,
        path=path,
        new=new,
        at_first=vim(),
        written=vim(
            f"%substitute/-- Your migration SQL here/{GUARDED}/",
            "%substitute/^-- -- SQL.*/-- ALTER TABLE shop.item DROP COLUMN IF EXISTS size;/",
        ),
        checked=run("ctb check"),
        text=path.read_text(encoding="utf-8"),
        broken=vim("%substitute/ADD COLUMN IF NOT EXISTS/ADD COLUMN/"),
        broken_text=path.read_text(encoding="utf-8"),
        told=(run("ctb check"), run(f"pytest --ctb -p no:cacheprovider {name}")),
        explained=run("ctb explain CT07"),
        repaired=run(f"{request.param} {name}"),
        repaired_text=path.read_text(encoding="utf-8"),
        at_last=vim(),
        passed=run("pytest --ctb -p no:cacheprovider --ctb-report ctb.html"),
    )


def test_ctb_new_makes_the_file(story):
    assert (story.new.returncode, story.new.stderr) == (0, "")
    assert story.new.stdout.startswith(story.path.relative_to(story.root).as_posix())


def test_vim_says_at_once_what_is_missing(story):
    assert story.at_first == [(19, 1, "CTB_CT06")]


def test_with_its_sql_written_the_text_holds(story):
    assert story.written == []
    assert GUARDED in story.text
    assert story.checked.returncode == 0


def test_broken_in_vim_the_message_stands_at_the_line(story):
    assert BARE in story.broken_text
    assert story.broken == [(15, 23, "CTB_CT07")]


def test_the_command_and_pytest_say_the_same(story):
    name = story.path.relative_to(story.root).as_posix()
    line = f"{name}:15:23: CT07 if-not-exists: ADD COLUMN shop.item.size has no IF NOT EXISTS"
    for one in story.told:
        assert one.returncode == 1
        assert line in one.stdout


def test_the_guideline_is_explained(story):
    assert "the second run stops at `already exists`" in " ".join(story.explained.stdout.split())


def test_the_repair_puts_it_back(story):
    assert story.repaired.returncode == 0, story.repaired.stdout + story.repaired.stderr
    assert story.repaired_text == story.text
    assert story.at_last == []


def test_pytest_ctb_passes(story):
    assert story.passed.returncode == 0, story.passed.stdout
    assert re.search(r"=+ \d+ passed in [\d.]+s =+$", story.passed.stdout)


def test_the_report_shows_it(story, browser):
    page = browser.new_page()
    page.goto((story.root / "ctb.html").as_uri())
    assert page.get_by_role("heading", level=1).inner_text().startswith("Passed: ")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=re.compile("add_size_to_item")))
    row.get_by_role("gridcell", name=re.compile("^CT09 replay: passed")).click()
    said = page.get_by_role("dialog").inner_text()
    assert GUARDED.removesuffix(";") in said
    assert "ACCESS EXCLUSIVE on shop.item" in said
    page.close()
