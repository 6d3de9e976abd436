"""The HTML report as one sends it around: order, links, narrow windows, timelines, what changed, a large diagram, and axe."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sample
from needs import AXE
from sample import FIRST, SECOND, change

pytestmark = pytest.mark.browser

MANY = "migrations/2025-10-24_create_many_things.sql"
RISKY = "migrations/2025-11-02_change_things.sql"
TYPO = "migrations/2025-11-03_add_typo.sql"
ODD = "migrations/2025-11-04_odd.sql"
WIDTHS = (400, 720, 1000, 1400)
THINGS = [f"{('shop', 'people', 'billing', 'stock')[number % 4]}.thing_{number}" for number in range(49)]
RISKS = """CREATE INDEX IF NOT EXISTS note ON shop.thing_4 (note);
ALTER TABLE shop.thing_4 ADD COLUMN IF NOT EXISTS total numeric;
SELECT 1;
SELECT 2;
SELECT 3;
UPDATE people.thing_1 SET name = upper(name);
INSERT INTO stock.thing_3 (id, name) VALUES (1, 'x') ON CONFLICT DO NOTHING;
ALTER TABLE billing.thing_2 ALTER COLUMN note TYPE integer USING 1;
"""


def _things() -> str:
    """Fifty tables in four schemas, with `shop.item`: each but the first refers to one before it."""
    schemas = [f"CREATE SCHEMA IF NOT EXISTS {name};" for name in ("people", "billing", "stock")]
    return "\n".join(
        schemas
        + [
            f"CREATE TABLE IF NOT EXISTS {name} (id bigint PRIMARY KEY, name text NOT NULL, note varchar(20)"
            + (f", other bigint REFERENCES {THINGS[number // 3]} (id)" if number else "")
            + ");"
            for number, name in enumerate(THINGS)
        ]
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report of a repository of git with findings of every kind, beside an earlier report."""
    root = tmp_path_factory.mktemp("repository") / "shop"
    root.mkdir()
    sample.write(root)
    (root / "pytest.ini").write_text("[pytest]\n")
    for name, body, number in ((MANY, _things(), 4), (RISKY, RISKS, 5), (TYPO, "ALTER TABLE shop.itm ADD x int;", 6)):
        text = sample.migration(f"{body}\n", unique_id=f"0000000{number}", date=name[11:21])
        (root / name).write_text(text, encoding="utf-8")
    (root / ODD).write_text("SELECT 1;\n")
    change(root, FIRST, "CREATE TABLE IF NOT EXISTS", "-- ctb:allow CT07: the first time\nCREATE TABLE")
    change(root, SECOND, "IF NOT EXISTS price", "price")
    change(root, "rules/ctb-header.yml", "level: error", "level: warning")
    sizes = {"shop.thing_4": {"rows": 40_000_000, "bytes": 12_000_000_000}}
    (root / "sizes.json").write_text(json.dumps({"version": 1, "date": "2025-11-01", "tables": sizes}))
    known = {
        "file": ODD,
        "guideline": "file-name",
        "fingerprint": "",
        "says": "the name 2025-11-04_odd.sql has no noun after 'odd'",
    }
    (root / "ctb-baseline.json").write_text(json.dumps({"version": 1, "findings": [known]}))
    common = {"level": "error", "line": 1, "column": 1, "instead": "", "evidence": "", "status": "new"}
    still = {
        "guideline": "if-not-exists",
        "code": "CT07",
        "file": SECOND,
        "message": "ADD COLUMN shop.item.price has no IF NOT EXISTS",
    }
    gone = {**still, "message": "CREATE INDEX shop.gone has no IF NOT EXISTS"}
    (root / "old.json").write_text(json.dumps({"version": 1, "findings": [{**common, **still}, {**common, **gone}]}))
    for arguments in (
        ("init", "-q", "-b", "prices"),
        ("remote", "add", "origin", "https://user:secret@github.com/acme/shop.git"),
        ("add", "-A"),
        ("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "all"),
    ):
        subprocess.run(["git", "-C", root, *arguments], check=True)
    args = [sys.executable, "-m", "pytest", "--ctb", "--ctb-postgres", "embedded", "-p", "no:cacheprovider", "-q"]
    args += ["--ctb-report", "out.html", "--ctb-compare", "old.json"]
    ended = subprocess.run(args, cwd=root, check=False, capture_output=True, text=True)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    return root / "out.html"


@pytest.fixture
def page(browser, report):
    """The report, open; it complained of nothing when the test is over."""
    context = browser.new_context(viewport={"width": 1300, "height": 850}, color_scheme="light")
    context.set_default_timeout(5000)
    opened = context.new_page()
    said = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(report.as_uri())
    yield opened
    assert said == []
    context.close()


def settle(page) -> None:
    """Wait for the page's own motion, and for what it draws after that: two frames, as observers of sizes come between."""
    page.evaluate(
        """() => Promise.allSettled(document.getAnimations().map((motion) => motion.finished))
          .then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))"""
    )


def tab(page, name: str):
    """Open one part of the report; gives its panel."""
    page.get_by_role("tab", name=re.compile(f"^{name}")).click()
    return page.get_by_role("tabpanel", name=re.compile(f"^{name}"))


def text_of(page, selector: str) -> list[str]:
    return [one.inner_text() for one in page.locator(selector).all() if one.is_visible()]


# --- Title, order, links ----------------------------------------------------------------------------------------------


def test_the_title_says_repository_branch_and_commit(page, report):
    command = ["git", "-C", report.parent, "rev-parse", "HEAD"]
    commit = subprocess.run(command, check=True, capture_output=True, text=True).stdout[:8]
    assert re.fullmatch(rf"\d+ of \d+ checks failed: acme/shop, prices at {commit}", page.title())
    assert page.get_by_role("heading", level=1).inner_text() == page.title()
    assert "secret" not in page.content()


def test_what_failed_comes_first(page):
    sections = [re.sub(r"\W*\d+$|^\W+", "", title) for title in text_of(page, ".list h2")]
    assert sections == ["Failed", "Warnings", "Not judged", "Allowed", "Baselined"]
    panel = page.get_by_role("tabpanel", name=re.compile("^Findings"))
    buttons = [one.locator(".sign").get_attribute("aria-label") for one in panel.locator("button.finding").all()]
    assert buttons == sorted(buttons, key=["failed", "warning", "allowed", "baselined"].index)
    assert "known in ctb-baseline.json" in panel.inner_text()
    assert "the first time" in panel.inner_text()
    row = tab(page, "Migrations").get_by_role("row").filter(has=page.get_by_role("rowheader", name=ODD))
    assert row.get_by_role("gridcell", name="CT01 file-name: baselined").is_visible()


def test_every_cell_finding_migration_and_table_has_a_link(page, report):
    """It is shown on hover, and leads from a fresh page to the same thing."""
    finding = page.locator("li", has=page.locator("button.finding")).filter(has_text="shop.item.price has no")
    link = finding.get_by_role("link")
    assert link.evaluate("one => getComputedStyle(one).opacity") == "0"
    finding.hover()
    assert link.evaluate("one => getComputedStyle(one).opacity") == "1"
    assert link.get_attribute("href") == f"#{SECOND}::if-not-exists:15:23"
    panel = tab(page, "Migrations")
    links = [one.get_attribute("href") for one in panel.locator("td a").all()]
    assert len(links) == len(set(links)) == panel.locator("td:not(.none)").count()
    assert f"#{RISKY}::replay" in links

    def opened(link: str) -> str:
        page.goto("about:blank")
        page.goto(f"{report.as_uri()}{link}")
        return page.get_by_role("dialog").inner_text()

    assert "CT09" in opened(f"#{RISKY}::replay")
    assert "What others wait for" in opened(f"#{RISKY}")
    assert "ADD COLUMN shop.item.price" in opened(f"#{SECOND}::if-not-exists:15:23")
    assert page.locator("article.here").count() == 1
    assert "CT14" in opened("#rules/required-tables.yml::shop.item")
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("#findings$"))  # the browser tells the page of the close a moment later
    page.goto("about:blank")
    page.goto(f"{report.as_uri()}#table/people.thing_5")
    assert page.locator(".table.here").get_attribute("data-table") == "people.thing_5"
    assert page.get_by_role("link", name="Link to people.thing_5").get_attribute("href") == "#table/people.thing_5"
    for nothing in ("#nowhere", "#%E0%A4%A", "#table/nowhere", f"#{ODD}::nothing:1:1"):
        page.goto("about:blank")
        page.goto(f"{report.as_uri()}{nothing}")
        assert page.get_by_role("tablist").is_visible()


def test_a_link_in_the_open_page_is_followed(page):
    page.evaluate(f"location.hash = '#{RISKY}::replay'")
    page.get_by_role("dialog", name=re.compile("^CT09")).wait_for()
    page.evaluate("location.hash = '#diagram'")
    page.get_by_role("tabpanel", name=re.compile("^Diagram")).wait_for()
    assert page.get_by_role("dialog").is_hidden()


# --- Narrow windows, and the toolbar ----------------------------------------------------------------------------------

CUT = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const style = getComputedStyle(one);
  if (!one.checkVisibility({visibilityProperty: true}) || one.scrollWidth - one.clientWidth <= 1 || style.overflowX === "visible") return false;
  if (one.closest(".unseen, svg") || style.textOverflow === "ellipsis" || one.matches("input")) return false;
  return !(/more-(left|right)/.test(one.className) && style.maskImage !== "none");
}).map((one) => one.outerHTML.slice(0, 200))"""
"""What is wider than its place and neither fades out nor ends in an ellipsis."""


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_without_a_hint_and_the_toolbar_keeps_its_height(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    heights = set()
    for part in page.get_by_role("tab").all():
        part.click()
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(CUT) == []
        heights.add(page.get_by_role("navigation").bounding_box()["height"])
    page.evaluate(f"location.hash = '#{RISKY}::replay'")
    page.get_by_role("dialog").wait_for()
    settle(page)
    assert page.evaluate(CUT) == []
    assert heights == {89}


def test_at_400_px_the_findings_come_first(page):
    page.set_viewport_size({"width": 400, "height": 800})
    page.reload()
    assert page.get_by_role("tab", selected=True).inner_text().startswith("Findings")
    assert page.locator("button.finding").first.bounding_box()["y"] < 500
    frame = tab(page, "Migrations").locator(".grid-frame")
    assert "more-right" in frame.get_attribute("class")
    frame.evaluate("one => one.scrollTo(one.scrollWidth, 0)")
    settle(page)
    assert "more-right" not in frame.get_attribute("class")


# --- Timelines --------------------------------------------------------------------------------------------------------


def test_a_timeline_says_what_waits_for_how_long_and_what_works_meanwhile(page):
    panel = tab(page, "Timelines")
    table = panel.get_by_role("table", name="Locks of 2025-11-02_change_things.sql")
    assert table.get_by_role("columnheader", name=re.compile("committed")).count() == 1
    assert table.get_by_role("columnheader", name="3 statements").count() == 1
    assert table.get_by_role("rowheader", name=re.compile(r"^shop\.thing_4 40,000,000 rows, 11 GB")).count() == 1
    names = [
        one.evaluate("one => one.textContent.replace(/\\s+/g, ' ').trim()") for one in table.get_by_role("button").all()
    ]
    share, exclusive = (name for name in names if "on shop.thing_4" in name)
    assert re.match(
        r"SHARE on shop\.thing_4, line 15: others can read it, and not write it\. Line 15 reads 40,000,000 rows", share
    )
    assert re.match(
        r"ACCESS EXCLUSIVE on shop\.thing_4, from line 16 to line 25: others can neither read nor write it", exclusive
    )
    assert "While line 20 works on other rows, others wait" in exclusive
    assert any("Line 22 rewrites every row" in name for name in names)
    assert any("Line 21 inserts 1." in name for name in names)
    assert "It locks nothing that was there before it." in panel.inner_text()


def test_a_timeline_is_read_by_keyboard(page):
    tab(page, "Timelines")
    table = page.get_by_role("table", name="Locks of 2025-11-02_change_things.sql")
    bars = table.get_by_role("button")
    assert [one.get_attribute("tabindex") for one in bars.all()].count("0") == 1, "Tab comes to one of them"
    bars.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    said = page.locator(".timeline-frame", has=table).get_by_role("status")
    assert said.inner_text().startswith("ACCESS EXCLUSIVE on shop.thing_4")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert bars.first.evaluate("one => one === document.activeElement")


def test_bars_differ_in_more_than_colour(page):
    tab(page, "Timelines")
    looks = {
        kind: page.locator(f"button.bar.{kind}").first.evaluate(
            "one => [getComputedStyle(one).backgroundImage === 'none', getComputedStyle(one).borderTopStyle].join()"
        )
        for kind in ("both", "writes", "none")
    }
    assert looks == {"both": "true,solid", "writes": "false,solid", "none": "true,dashed"}


# --- What changed since an earlier report -----------------------------------------------------------------------------


def test_new_gone_and_still_there(page):
    panel = tab(page, "New and gone")
    text = panel.inner_text()
    assert "Beside old.json" in text
    new, gone, still = (text.index(f"{title}\n") for title in ("New", "Gone", "Still there"))
    assert new < gone < text.index("CREATE INDEX shop.gone") < still < text.index("ADD COLUMN shop.item.price")
    marked = tab(page, "Findings").locator(".finding", has=page.locator(".since"))
    assert marked.count() == page.locator("#panel-findings button.finding").count() - 1
    assert "shop.item.price" not in " ".join(marked.all_inner_texts())


# --- The diagram ------------------------------------------------------------------------------------------------------


SMALLEST = """() => Math.min(...[...document.querySelectorAll("svg text")].map((one) =>
  parseFloat(getComputedStyle(one).fontSize) * one.getCTM().a))"""
"""The size of the smallest text of a diagram, in px as it is seen."""


def bright(page) -> set[str]:
    """The tables that are shown and not dimmed."""
    return set(
        page.evaluate(
            """() => [...document.querySelectorAll("svg .table")].filter((one) => getComputedStyle(one).display !== "none"
              && getComputedStyle(one).opacity > 0.5).map((one) => one.dataset.table)"""
        )
    )


def settled(page, names: set[str]) -> None:
    settle(page)
    assert bright(page) == names


def test_the_text_of_a_large_diagram_can_be_read(page):
    tab(page, "Diagram")
    assert page.evaluate(SMALLEST) >= 12
    page.get_by_role("button", name="Whole").click()
    assert (
        page.evaluate("document.querySelector('#canvas').scrollHeight - document.querySelector('#canvas').clientHeight")
        <= 1
    )
    assert page.locator("svg .table").count() == 50


def test_the_documentation_shows_a_diagram_as_large_as_it_is(page):
    """At 1,400 px, in spite of the theme, which makes every picture as narrow as its page."""
    drawn = page.locator("#canvas svg").evaluate("one => one.outerHTML")
    style = (Path(__file__).parent.parent / "docs" / "site.css").read_text(encoding="utf-8")
    site = page.context.new_page()
    site.set_viewport_size({"width": 1400, "height": 900})
    site.set_content(
        f"<style>.md-typeset svg {{ max-width: 100%; height: auto }} {style}</style>"
        f'<div class="md-typeset"><figure class="ctb-schema">{drawn}</figure></div>'
    )
    assert site.evaluate(SMALLEST) >= 12
    assert site.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_only_a_schema_and_only_neighbours(page):
    tab(page, "Diagram")
    page.get_by_role("button", name="billing", exact=True).click()
    settled(page, {name for name in THINGS if name.startswith("billing.")})
    page.get_by_role("button", name="billing", exact=True).click()
    neighbours = page.get_by_role("button", name="Only neighbours")
    assert neighbours.is_disabled()
    page.locator("#canvas").evaluate("one => one.scrollTo(0, 0)")
    page.evaluate("location.hash = '#table/people.thing_1'")
    page.locator(".table.here").wait_for()
    neighbours.click()
    near = {"people.thing_1", "shop.thing_0", "stock.thing_3", "shop.thing_4", "people.thing_5"}
    settled(page, near)
    boxes = [page.locator(f"[data-table='{name}'] .box").bounding_box() for name in near]
    for box in boxes:
        assert (
            sum(
                box["x"] < other["x"] + other["width"]
                and other["x"] < box["x"] + box["width"]
                and box["y"] < other["y"] + other["height"]
                and other["y"] < box["y"] + box["height"]
                for other in boxes
            )
            == 1
        ), "boxes do not cover each other"
    neighbours.click()
    assert page.locator("svg .table:visible").count() == 50


def test_a_pinned_table_and_a_filter_hold_together(page):
    tab(page, "Diagram")
    page.evaluate("location.hash = '#table/people.thing_1'")
    page.locator(".table.here").wait_for()
    page.get_by_role("searchbox").fill("shop.thing")
    settled(page, {"people.thing_1", "shop.thing_0", "shop.thing_4"})
    page.get_by_role("searchbox").fill("")
    settled(page, {"people.thing_1", "shop.thing_0", "stock.thing_3", "shop.thing_4", "people.thing_5"})
    page.locator("#canvas").focus()
    page.keyboard.press("Escape")
    settled(page, {*THINGS, "shop.item"})
    page.get_by_role("searchbox").fill("stock.thing_3:")
    settled(page, {"stock.thing_3"})
    box, frame = page.locator("[data-table='stock.thing_3']").bounding_box(), page.locator("#canvas").bounding_box()
    assert frame["x"] <= box["x"] <= frame["x"] + frame["width"], "a search brings what it finds into view"
    assert frame["y"] <= box["y"] <= frame["y"] + frame["height"]


def test_a_table_is_pinned_by_keyboard(page):
    tab(page, "Diagram")
    page.locator(".table[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == f"#table/{page.locator('.table.here').get_attribute('data-table')}"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#diagram"


# --- axe --------------------------------------------------------------------------------------------------------------


@pytest.mark.node
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1000, 1400])
def test_axe_finds_nothing_serious(page, width, scheme):
    """In every part, in the details of a cell and of a migration, and with a table pinned."""
    page.set_viewport_size({"width": width, "height": 850})
    page.emulate_media(color_scheme=scheme)
    session = page.context.new_cdp_session(page)  # the page's own policy lets no script in

    def evaluated(expression: str) -> object:
        answer = session.send(
            "Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True}
        )
        return answer["result"].get("value")

    evaluated(Path(AXE).read_text(encoding="utf-8"))
    places = [f"#{part}" for part in ("findings", "compared", "matrix", "timeline", "changes", "diagram")]
    for place in (*places, f"#{RISKY}::replay", f"#{RISKY}", "#table/people.thing_1"):
        page.evaluate(f"location.hash = '{place}'")
        settle(page)
        violations = json.loads(
            evaluated(
                "axe.run().then((found) => JSON.stringify(found.violations.map((one) =>"
                " [one.impact, one.id, ...one.nodes.map((node) => node.html.slice(0, 200))])))"
            )
        )
        assert [violation for violation in violations if violation[0] in {"serious", "critical"}] == [], place
