"""The HTML report in a real Chromium: opened from the file system, without a network, by mouse and by keyboard."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import sample
from pytest_ctb.model import guide
from sample import FIRST, SECOND, change
from test_reports import HOSTILE

pytestmark = pytest.mark.browser

ODD = f"migrations/2025-10-25_{HOSTILE}.sql"
"""A file in a folder named `2025-10-25_<`, whose name ends the script that holds the data, and then says more."""
ALLOWS = "-- ctb:allow CT07: a first time is enough\n-- ctb:allow CT10: a first time is enough\n"


@pytest.fixture(scope="module")
def page_of(tmp_path_factory):
    """The report of a repository with a finding, an allowed one, a warning, a file that fails, and a hostile name."""
    root = tmp_path_factory.mktemp("repository")
    sample.write(root)
    (root / "pytest.ini").write_text("[pytest]\n")
    change(root, FIRST, "CREATE TABLE IF NOT EXISTS", f"{ALLOWS}CREATE TABLE")
    change(root, SECOND, "IF NOT EXISTS price", "price")
    change(root, "rules/ctb-header.yml", "level: error", "level: warning")
    (root / ODD).parent.mkdir(parents=True)
    (root / ODD).write_text(f'SELECT 1 AS "{HOSTILE.replace("/", "")}", * FROM shop.nothing;\n', encoding="utf-8")
    args = [sys.executable, "-m", "pytest", "--ctb", "--ctb-postgres", "embedded", "-p", "no:cacheprovider"]
    subprocess.run([*args, "-q", "--ctb-report", "out.html"], cwd=root, check=False, capture_output=True)
    return root / "out.html"


@pytest.fixture
def page(browser, page_of):
    """The report, open at its matrix; it has asked for nothing else and complained of nothing when the test is over."""
    context = browser.new_context(viewport={"width": 1300, "height": 850}, color_scheme="light")
    context.set_default_timeout(5000)
    opened = context.new_page()
    said, asked = [], []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("dialog", lambda dialog: said.append(dialog.message))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(f"{page_of.as_uri()}#matrix")
    yield opened
    assert said == []
    assert {url.partition("#")[0] for url in asked} == {page_of.as_uri()}
    context.close()


def focused(page) -> str:
    """The name that a screen reader says of what has the focus, with the row for a cell."""
    return page.evaluate(
        "() => { const one = document.activeElement; const row = one.closest('tbody tr');"
        " return (row ? row.cells[0].getAttribute('aria-label') + ' | ' : '') + (one.getAttribute('aria-label') ?? one.textContent); }"
    )


def cell(page, file: str, guideline: str):
    """One cell of the matrix, found as a screen reader finds it."""
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=file, exact=True))
    return row.get_by_role("gridcell", name=re.compile(rf"^CT\d\d {guideline}:"))


def test_the_matrix_has_every_outcome_by_name(page):
    assert page.title() == page.get_by_role("heading", level=1).inner_text()
    assert re.search(r"\d+ of \d+ checks failed", page.title())
    assert "Postgres 18." in page.locator("#about").inner_text()
    assert cell(page, FIRST, "if-not-exists").get_attribute("aria-label") == "CT07 if-not-exists: allowed"
    assert cell(page, FIRST, "replay").get_attribute("aria-label") == "CT09 replay: passed"
    assert cell(page, SECOND, "if-not-exists").get_attribute("aria-label") == "CT07 if-not-exists: failed"
    assert cell(page, ODD, "ctb-header").get_attribute("aria-label") == "CT03 ctb-header: warning"
    assert cell(page, ODD, "atomic").get_attribute("aria-label") == "CT12 atomic: not judged"
    # Not by colour alone.
    signs = {one: cell(page, *one).inner_text().strip() for one in ((FIRST, "replay"), (SECOND, "if-not-exists"))}
    assert len(set(signs.values())) == 2
    assert page.get_by_role("button", name="shop.item, passed").is_visible()


def test_a_click_opens_the_evidence(page):
    cell(page, SECOND, "if-not-exists").click()
    dialog = page.get_by_role("dialog", name=re.compile("^CT07 "))
    text = dialog.inner_text()
    assert "15:23" in text
    assert "ADD COLUMN shop.item.price has no IF NOT EXISTS" in text
    assert re.search(r"15 \| ALTER TABLE shop\.item ADD COLUMN price numeric;\n\s+\| {23}\^", text)
    assert "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS price numeric;" in text
    assert "table shop.item" in text, "the trace of the statement"
    assert "ACCESS EXCLUSIVE on shop.item" in text
    if guide.PUBLISHED:
        link = dialog.locator("a:not(.anchor)").get_attribute("href")
        assert link.endswith("/guidelines/if-not-exists/")
    else:
        assert "ctb explain CT07" in text
        assert dialog.locator("a:not(.anchor)").count() == 0
    dialog.get_by_role("button", name="Close").click()
    assert dialog.is_hidden()


def test_what_could_not_be_judged_says_why(page):
    cell(page, ODD, "atomic").click()
    assert "the file did not apply" in page.get_by_role("dialog").inner_text()


def test_the_keyboard_reaches_everything(page):
    """Tab comes to one cell of the grid, the arrows go on from it, Enter opens, Escape comes back to it."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if "|" in focused(page):
            break
    assert focused(page).endswith("CT07 if-not-exists: failed"), "the first that fails"
    page.keyboard.press("ArrowRight")
    assert focused(page).endswith("CT08 no-drop-column: passed")
    page.keyboard.press("ArrowUp")
    assert focused(page).startswith(FIRST)
    page.keyboard.press("ArrowUp")
    assert focused(page).startswith(FIRST), "there is no row above"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert page.get_by_role("dialog").is_visible()
    assert "a first time is enough" in page.get_by_role("dialog").inner_text()
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").is_hidden()
    assert focused(page).endswith("CT07 if-not-exists: allowed")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert page.get_by_role("dialog", name="2025-10-23_create_shop_item.sql").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+End")
    assert focused(page).endswith("unused-allow: passed")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Shift+Tab")
    assert "|" not in focused(page), "one press leaves the grid"


def test_tabs_go_by_arrows(page):
    page.get_by_role("tab", name="Findings").click()
    titles = []
    for _ in range(5):
        titles.append(page.get_by_role("tab", selected=True).inner_text().split("\n")[0])
        page.keyboard.press("ArrowRight")
    assert [re.sub(r"\d+$", "", title) for title in titles] == [
        "Findings",
        "Migrations",
        "Timelines",
        "Schema changes",
        "Diagram",
    ]
    assert page.get_by_role("tabpanel", name="Findings").is_visible()


def test_filters_by_outcome_and_by_text(page):
    def shown():
        return [one.inner_text().split("_")[0] for one in page.get_by_role("rowheader").all() if one.is_visible()]

    assert shown()[:2] == ["2025-10-23", "2025-10-24"]
    page.get_by_role("button", name=re.compile(r"^allowed \d")).click()
    assert shown() == ["2025-10-23"]
    page.get_by_role("button", name=re.compile(r"^allowed \d")).click()
    page.keyboard.press("/")
    page.keyboard.type("price")
    assert shown() == ["2025-10-24"]
    page.keyboard.type("nowhere")
    assert shown() == []
    assert page.get_by_role("status").is_visible()


def test_findings_and_changes_are_lists(page):
    page.get_by_role("tab", name="Findings").click()
    page.get_by_role("button", name="ADD COLUMN shop.item.price has no IF NOT EXISTS").click()
    assert page.get_by_role("dialog", name=re.compile("^CT07 ")).is_visible()
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Schema changes").click()
    panel = page.get_by_role("tabpanel", name="Schema changes")
    panel.get_by_text("index shop.item_pkey").first.wait_for()  # the page shows it when the address has changed
    text = panel.inner_text()
    assert re.search(r"\+\s+table shop\.item\s+index shop\.item_pkey", text)
    assert re.search(r"~\s+table shop\.item\s+ALTER TABLE shop\.item ADD COLUMN price numeric", text)


def test_the_diagram_can_be_seen_and_enlarged(page):
    page.get_by_role("tab", name="Diagram").click()
    table = page.get_by_role("img", name=re.compile("^shop.item: id bigint, name text, price numeric"))
    before = table.bounding_box()["width"]
    assert before > 100
    page.get_by_role("button", name="Larger").click()
    assert table.bounding_box()["width"] > before
    table.click()
    assert "here" in table.get_attribute("class")


def test_dark_where_the_reader_wants_it_dark(page):
    def brightness():
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(one) for one in re.findall(r"\d+", colour)[:3]) / 3

    assert brightness() > 200
    page.emulate_media(color_scheme="dark")
    assert brightness() < 60
    page.emulate_media(media="print", color_scheme="dark")
    assert brightness() > 200, "paper is white"


def test_names_that_are_markup_do_nothing(page):
    """They are shown as they are: no element, no script, not in the title."""
    page.get_by_role("rowheader", name=ODD, exact=True).click()
    assert HOSTILE.replace("/", "") in page.get_by_role("dialog").inner_text()
    page.keyboard.press("Escape")
    for tab in page.get_by_role("tab").all():
        tab.click()
    assert page.locator("img").count() == 0
    assert "hit" not in page.title()
    assert page.locator("script").count() == 2


def test_a_narrow_window_has_no_page_that_scrolls_sideways(page):
    page.set_viewport_size({"width": 400, "height": 800})
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("tab", name="Migrations").click()
    cell(page, SECOND, "if-not-exists").click()
    assert page.get_by_role("dialog").bounding_box()["width"] <= 400
