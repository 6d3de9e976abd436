"""The reports as files: what stands in them, that their formats' own readers take them, and that no name breaks out."""

from __future__ import annotations

import dataclasses
import json
import re
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import sample
import test_readme
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.model import DOCUMENTATION, Edit, Finding, Level, guide
from pytest_ctb.report.diagram.layers import Box, lay_out
from pytest_ctb.report.html import as_html
from pytest_ctb.report.markdown import as_markdown, escaped
from pytest_ctb.report.results import Answer, JudgedDatabase, Outcome, Results
from pytest_ctb.report.sarif import as_sarif
from pytest_ctb.report.tally import from_values, to_values
from sample import BASE, FIRST, SECOND, change
from shown import run

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "reports.md"
SCHEMA = json.loads((HERE / "sarif-2.1.0.json").read_text(encoding="utf-8"))
"""The schema of SARIF 2.1.0 (rtm.5) as schemastore.org has it; this copy is out of @microsoft/jest-sarif, MIT."""
HOSTILE = "</script><img src=x onerror=document.title='hit'>"
ENDINGS = ("json", "sarif", "html", "md")


@pytest.fixture
def project(pytester):
    """A repository that holds the guide, as the current directory."""
    sample.write(pytester.path)
    return pytester


def reported(project, *args) -> dict[str, str]:
    """The text of each report, by its ending, of one run."""
    reports = [f"--ctb-report=out.{ending}" for ending in ENDINGS]
    project.runpytest("--ctb", "--ctb-postgres", "embedded", *reports, *args)
    return {ending: (project.path / f"out.{ending}").read_text(encoding="utf-8") for ending in ENDINGS}


def sarif(text: str) -> dict:
    """The one run of a SARIF log that its schema takes."""
    log = json.loads(text)
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    (run,) = log["runs"]
    return run


def data(page: str) -> dict:
    """What the page is drawn from."""
    (block,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(block)


def diagram(page: str) -> ElementTree.Element | None:
    """The diagram, read by a parser that takes no broken markup."""
    found = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    return ElementTree.fromstring(found[0]) if found else None


def results(root: Path, *findings: Finding, outcome: Outcome = Outcome.FAILED, guideline: str = "replay") -> Results:
    """A run in which the guideline's first question came to these findings, and nothing else was asked."""
    suite = load_suite(root, [root / "migrations"], [root / BASE], root / "rules")
    question = next(one for asked in suite.questions.values() for one in asked if one.guideline.id == guideline)
    answer = Answer(question, outcome, findings, "" if findings else HOSTILE)
    return Results((JudgedDatabase(suite, None),), (answer,), datetime.now(UTC), 1.0)


def finding(**values) -> Finding:
    told = {"guideline": "replay", "code": "CT09", "level": Level.ERROR, "file": FIRST, "line": 14, "column": 1}
    return Finding(**{**told, "message": "it fails", **values})


# --- All formats ------------------------------------------------------------------------------------------------------


def test_an_ending_that_is_none_of_the_four_is_told(project):
    result = project.runpytest("--ctb", "--ctb-report", "out.xml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --ctb-report *out.xml: the ending says the format, and .xml is not one of .json, .sarif, .html or .md"]
    )


def test_workers_lose_nothing_of_a_finding(project):
    """What xdist carries from process to process is all of it: reasons, levels, outcomes."""
    change(project.path, SECOND, "ALTER TABLE", "-- ctb:allow CT07: it is meant to fail, #4711\nALTER TABLE")
    change(project.path, SECOND, "IF NOT EXISTS price", "price")
    args = ["--ctb", "--ctb-postgres", "embedded"]
    for name, more in (("one", []), ("two", ["-n", "2"])):
        reports = [f"--ctb-report={name}.{ending}" for ending in ENDINGS]
        project.runpytest_subprocess(*args, *reports, *more)

    def without_times(name, ending):
        text = (project.path / f"{name}.{ending}").read_text()
        text = re.sub(r'("startTimeUtc": )".*?"|("(?:began|seconds|transaction)":) ?[^,}]+', r"\1\2", text)
        return re.sub(r", \d+\.\d s", "", text)

    for ending in ("sarif", "html", "md"):
        assert without_times("one", ending) == without_times("two", ending), ending
    (suppressed,) = [
        one for one in sarif((project.path / "two.sarif").read_text())["results"] if one["ruleId"] == "CT07"
    ]
    assert suppressed["suppressions"] == [{"kind": "inSource", "justification": "it is meant to fail, #4711"}]


@given(
    st.builds(
        Finding,
        guideline=st.text(),
        code=st.text(),
        level=st.sampled_from(Level),
        file=st.text(),
        line=st.integers(1),
        column=st.integers(1),
        message=st.text(),
        fix=st.lists(st.builds(Edit, st.integers(0), st.integers(0), st.text())).map(tuple),
    )
)
def test_what_is_carried_is_received(one):
    """Through JSON, which knows fewer types than execnet does."""
    assert from_values(json.loads(json.dumps(to_values(one)))) == one


def test_a_crash_and_a_skip_are_in_every_report(project, monkeypatch):
    from pytest_ctb import checks

    def crash(_case):
        raise ZeroDivisionError("a check is broken")
        yield

    registered = dict(checks.checks())
    registered["file-name"] = dataclasses.replace(registered["file-name"], function=crash)
    monkeypatch.setattr("pytest_ctb.guide.declarative.checks", lambda: registered)
    change(project.path, SECOND, "ALTER TABLE shop.item", "ALTER TABLE shop.itm")
    texts = reported(project)
    run = sarif(texts["sarif"])
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    notes = {
        (one["level"], one["message"]["text"].partition(":")[0]) for one in invocation["toolExecutionNotifications"]
    }
    assert ("error", FIRST) in notes
    assert ("note", SECOND) in notes
    assert "ZeroDivisionError: a check is broken" in texts["md"]
    assert f"- `{SECOND}::idempotent`: the file did not apply" in texts["md"]
    cells = {
        (file["name"], data(texts["html"])["guidelines"][column]["id"]): cell
        for file in data(texts["html"])["files"]
        for column, cell in file["cells"]
    }
    assert cells[Path(FIRST).name, "file-name"]["outcome"] == "error"
    assert "a check is broken" in cells[Path(FIRST).name, "file-name"]["reason"]
    assert cells[Path(SECOND).name, "idempotent"] == {
        "outcome": "skipped",
        "reason": "the file did not apply (see `replay`)",
    }


def test_a_part_of_the_suite_tells_of_that_part_alone(project):
    """What was not asked is no pass."""
    texts = reported(project, "-k", "file-name")
    page = data(texts["html"])
    asked = [cell for file in page["files"] for _, cell in file["cells"] if cell]
    assert asked == ["passed", "passed"]
    assert page["counts"]["passed"] == 2
    assert page["server"] is None
    assert texts["md"].startswith("**Passed: 2 checks, no breach**\n")


# --- SARIF ------------------------------------------------------------------------------------------------------------


def test_sarif_of_a_repository_that_holds_the_guide(project):
    run = sarif(reported(project)["sarif"])
    assert run["results"] == []
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(
        path_code(path)
        for path in (project.path / "rules").glob("*.yml")
        if "level: off" not in path.read_text(encoding="utf-8")
        and path.stem not in {"consumers", "data-contract"}  # there are none
    )
    for one in rules:
        # What GitHub asks of a rule.
        page = f"{DOCUMENTATION}guidelines/{one['name']}/"
        assert one.get("helpUri", "") == (page if guide.PUBLISHED else ""), "no link leads to what is not there"
        assert 0 < len(one["shortDescription"]["text"]) <= 1024
        assert 0 < len(one["fullDescription"]["text"]) <= 1024
        assert one["help"]["text"]
        assert one["help"]["markdown"]


def path_code(path: Path) -> str:
    return re.search(r"^code: (\w+)", path.read_text(), re.MULTILINE)[1]


def test_sarif_tells_place_rule_and_fingerprint(project):
    change(project.path, SECOND, "IF NOT EXISTS price", "price")
    run = sarif(reported(project)["sarif"])
    assert run["columnKind"] == "unicodeCodePoints"
    found = {one["ruleId"]: one for one in run["results"]}
    assert set(found) == {"CT07", "CT10"}
    one = found["CT07"]
    place = one["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": SECOND, "uriBaseId": "%SRCROOT%"}
    assert (place["region"]["startLine"], place["region"]["startColumn"]) == (15, 23)
    assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == "CT07"
    assert one["level"] == "error"
    assert one["message"]["text"].startswith("ADD COLUMN shop.item.price has no IF NOT EXISTS")
    assert "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS price numeric;" in one["message"]["text"]


def test_a_fingerprint_stays_while_lines_move(project):
    body = "ALTER TABLE shop.item ADD COLUMN price numeric;"
    change(project.path, SECOND, "ADD COLUMN IF NOT EXISTS price numeric;", f"ADD COLUMN price numeric;\n{body}")

    def prints():
        results_ = sarif(reported(project, "-k", "if-not-exists")["sarif"])["results"]
        return [one["partialFingerprints"]["primaryLocationLineHash"] for one in results_]

    before = prints()
    assert len(set(before)) == 2, "two equal lines are two findings"
    change(project.path, SECOND, "BEGIN;", "-- a line more\n\nBEGIN;")
    assert prints() == before
    change(project.path, SECOND, body, f"  {body.replace('numeric', 'money')}")
    assert prints() != before


@given(st.data())
def test_a_sarif_fix_makes_of_the_file_what_the_edit_does(tmp_path_factory, drawn):
    """By lines and columns as by offsets, in a text with wide characters and both kinds of line ends."""
    root = tmp_path_factory.mktemp("fix")
    sample.write(root)
    change(root, FIRST, "BEGIN;", "-- \N{GRINNING FACE} é\r\nBEGIN;")
    text = (root / FIRST).read_bytes().decode()
    start = drawn.draw(st.integers(0, len(text)))
    edit = Edit(
        start, drawn.draw(st.integers(start, len(text))), drawn.draw(st.sampled_from(["", "x", "\N{GRINNING FACE}\n"]))
    )
    run = sarif(as_sarif(results(root, finding(fix=(edit,)))))
    wanted = text[: edit.start] + edit.text + text[edit.end :]
    (result,) = run["results"]
    if wanted == text:
        assert "fixes" not in result
        return
    (replacement,) = result["fixes"][0]["artifactChanges"][0]["replacements"]
    region = replacement["deletedRegion"]
    lines = text.split("\n")
    first, last = (
        sum(len(line) + 1 for line in lines[: region[f"{end}Line"] - 1]) + region[f"{end}Column"] - 1
        for end in ("start", "end")
    )
    assert text[:first] + replacement["insertedContent"]["text"] + text[last:] == wanted


def test_what_the_baseline_knows_is_suppressed_from_outside(tmp_path):
    sample.write(tmp_path)
    (one,) = sarif(as_sarif(results(tmp_path, finding(status="baselined"), outcome=Outcome.XFAILED)))["results"]
    assert one["suppressions"] == [{"kind": "external"}]


def test_sarif_of_odd_files_and_messages(tmp_path):
    """A path becomes a URI, one outside of the repository its test's id, and a message no link."""
    sample.write(tmp_path)
    odd = [
        finding(file="migrations/a b#é.sql", message="[click](https://example.org) text[] int[3]"),
        finding(file="/usr/lib/python/rules/replay.yml"),
    ]
    outside, spaced = sarif(as_sarif(results(tmp_path, *odd)))["results"]
    uris = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in (outside, spaced)]
    assert uris == [FIRST, "migrations/a%20b%23%C3%A9.sql"]
    assert spaced["message"]["text"] == r"\[click](https://example.org) text[] int[3]"


def test_sarif_has_no_more_results_than_github_takes(tmp_path):
    sample.write(tmp_path)
    many = [finding(line=number, level=Level.WARNING) for number in range(1, 25_002)]
    run = json.loads(as_sarif(results(tmp_path, *many, finding(line=30_000))))["runs"][0]
    assert len(run["results"]) == 25_000
    assert run["results"][0]["level"] == "error", "what fails comes first"
    assert run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"].startswith(
        "2 findings are left out"
    )


# --- Markdown ---------------------------------------------------------------------------------------------------------


def rendered(text: str) -> str:
    """As a reader that lets HTML through shows it, which GitHub's does."""
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(text)


def test_markdown_tells_verdict_counts_and_findings(project):
    change(project.path, FIRST, "CREATE TABLE", "-- ctb:allow CT07: asked for by | the *team*\nCREATE TABLE")
    change(project.path, FIRST, "CREATE TABLE IF NOT EXISTS", "CREATE TABLE")
    change(project.path, SECOND, "IF NOT EXISTS price", "price")
    text = reported(project)["md"]
    first, _, second, _, header, rule, counts, *_ = text.splitlines()
    assert re.fullmatch(r"\*\*3 of \d+ checks failed\*\*", first)
    assert re.fullmatch(r"2 migrations, \d+ guidelines on Postgres 18\.\d+ \(embedded\), \d+\.\d s", second)
    assert (header, rule) == ("| failed | allowed | passed |", "| ---: | ---: | ---: |")
    assert re.fullmatch(r"\| 3 \| 1 \| \d+ \|", counts)
    page = f"{DOCUMENTATION}guidelines/if-not-exists/"
    link = f"[CT07 if-not-exists]({page})" if guide.PUBLISHED else "CT07 if-not-exists"
    assert f"- **15:23** {link}: ADD COLUMN shop.item.price has no IF NOT EXISTS\n" in text
    html = rendered(text)
    shown = f'<a href="{page}">CT07 if-not-exists</a>' if guide.PUBLISHED else "CT07 if-not-exists"
    assert f"<h3>{FIRST}</h3>" in html
    assert f"<h3>{SECOND}</h3>" in html
    assert (
        '<details><summary>Instead</summary>\n<pre><code class="language-sql">'
        "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS price numeric;\n</code></pre>\n</details>"
    ) in html
    assert f"<code>{FIRST}:18:1</code> {shown}: asked for by | the *team*" in html


@pytest.mark.parametrize(
    "words",
    [
        HOSTILE,
        "a | b || c",
        "`code` ``more``` and a lone `",
        "*bold* _slanted_ snake_case ~~struck~~ **",
        "[link](https://example.org) ![image](x) [[x]]",
        "<!-- hidden",
        "&lt; &amp; $x$ #12 back\\slash \\",
        "two\nlines\n\n# heading",
    ],
)
def test_words_of_others_are_shown_as_they_are(tmp_path, words):
    """In a paragraph, in a table's cell, in a heading: the same words, and no element."""
    sample.write(tmp_path)
    shown = " ".join(words.split())
    for frame in ("- x: {}", "### {}", "| a |\n| --- |\n| {} |"):
        tree = ElementTree.fromstring(f"<x>{rendered(frame.format(escaped(words)))}</x>")
        assert {one.tag for one in tree.iter()} <= {"x", "ul", "li", "h3", "table", "thead", "tbody", "tr", "th", "td"}
        assert shown in "".join(tree.itertext()).replace("\N{ZERO WIDTH SPACE}", "")
    every = finding(message=words, details=words, instead=words, file=words)
    html = rendered(as_markdown(results(tmp_path, every, dataclasses.replace(every, status="allowed", reason=words))))
    assert "<img" not in html
    assert html.count("<details>") == html.count("</details>") == 3


def test_a_name_is_no_mention():
    assert escaped("owner @team") == "owner @&#8203;team"


def test_markdown_fits_into_a_step_summary(tmp_path):
    """GitHub refuses all of a summary that is longer than 1 MiB."""
    sample.write(tmp_path)
    many = [finding(line=number, instead="\N{GRINNING FACE}" * 100) for number in range(1, 4000)]
    text = as_markdown(results(tmp_path, *many))
    assert 900_000 < len(text.encode()) < 1_048_576
    assert re.fullmatch(r"and \d+ parts more, for which this summary has no room", text.splitlines()[-1])


# --- HTML -------------------------------------------------------------------------------------------------------------


def test_no_name_message_or_sql_becomes_markup(tmp_path):
    """Outside of the block of data, which a browser does not parse, nothing of theirs is there unescaped."""
    sample.write(tmp_path)
    told = dict.fromkeys(("message", "instead", "details", "reason", "file"), HOSTILE)
    page = as_html(results(tmp_path, finding(**told)))
    assert "<img" not in page
    assert page.count("</script>") == 2
    cells = [cell for file in data(page)["files"] for _, cell in file["cells"] if cell]
    assert cells[0]["findings"][0]["message"] == HOSTILE


def test_hostile_names_in_the_database_reach_the_diagram_as_text(project):
    name = HOSTILE.replace("'", "''")
    change(
        project.path,
        FIRST,
        "COMMIT;",
        f'CREATE TABLE IF NOT EXISTS shop."{name}" ("{name}" int, "a, b" int, c int);\nCOMMIT;',
    )
    page = reported(project)["html"]
    assert "<img" not in page
    table = next(one for one in diagram(page).iter("g") if one.get("data-table") == f"shop.{name}")
    assert [one.text for one in table.iter("text") if one.get("class", "").startswith("column")] == [
        name[:33] + "…", "a, b", "c",
    ]  # fmt: skip


def test_the_diagram_has_keys_and_references(project):
    """Of several columns, to itself, to a name that needs quotes, and not to a partition."""
    change(
        project.path,
        FIRST,
        "COMMIT;",
        """CREATE SCHEMA IF NOT EXISTS "Big Store";
CREATE TABLE IF NOT EXISTS "Big Store"."Line.Item" (a int, b int, note varchar(20), PRIMARY KEY (a, b));
CREATE TABLE IF NOT EXISTS shop.part (
    id bigint PRIMARY KEY, code text UNIQUE NOT NULL, parent bigint REFERENCES shop.part (id), x int, y int,
    FOREIGN KEY (x, y) REFERENCES "Big Store"."Line.Item" (a, b)
);
CREATE TABLE IF NOT EXISTS shop.event (at timestamptz NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE IF NOT EXISTS shop.event_2025 PARTITION OF shop.event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
COMMIT;""",
    )
    svg = diagram(reported(project)["html"])
    tables = {one.get("data-table"): one for one in svg.iter("g") if one.get("data-table")}
    assert set(tables) == {"Big Store.Line.Item", "shop.event", "shop.item", "shop.part"}
    texts = [one.text for one in tables["shop.part"].iter("text")]
    assert texts == [
        "shop.part", "PK", "id", "bigint", "UQ", "code", "text", "FK", "parent", "bigint",
        "FK", "x", "integer", "FK", "y", "integer",
    ]  # fmt: skip
    assert "1 parts" in [one.text for one in tables["shop.event"].iter("text")]
    assert "timestamptz" in [one.text for one in tables["shop.event"].iter("text")]
    arrows = {
        (one.get("data-from"), one.get("data-to")): one[0].text for one in svg.iter("path") if one.get("data-from")
    }
    assert arrows == {
        ("shop.part", "shop.part"): "shop.part (parent) references shop.part",
        ("shop.part", "Big Store.Line.Item"): "shop.part (x, y) references Big Store.Line.Item",
    }


def test_the_changes_of_a_migration(project):
    """What it made, changed and dropped, by line; not the parts of what goes as a whole, nor its own for a while."""
    change(
        project.path,
        SECOND,
        "COMMIT;",
        """CREATE TABLE IF NOT EXISTS shop.brief (id int);
DROP TABLE IF EXISTS shop.brief;
CREATE VIEW shop.names AS SELECT name FROM shop.item;
ALTER TABLE shop.item DROP COLUMN IF EXISTS name CASCADE;
CREATE SCHEMA IF NOT EXISTS other;
COMMIT;""",
    )
    file = data(reported(project)["html"])["files"][1]
    assert [tuple(one[:3]) for one in file["changes"]] == [
        ("~", "table", "shop.item"),
        ("-", "column", "shop.item.name"),
        ("-", "constraint", "shop.item.item_name_not_null"),
        ("+", "schema", "other"),
    ]


def test_a_repository_without_a_table_has_no_diagram(project):
    for name in (FIRST, SECOND, BASE):
        (project.path / name).unlink()
    text = sample.migration("SELECT 1;\n", unique_id="00000001")
    (project.path / FIRST).write_text(text, encoding="utf-8")
    assert diagram(reported(project)["html"]) is None


# --- The layout -------------------------------------------------------------------------------------------------------

NAMES = st.integers(0, 14).map("t{}".format)


@given(
    st.dictionaries(NAMES, st.tuples(st.integers(50, 300), st.integers(30, 400))),
    st.lists(st.tuples(NAMES, NAMES), max_size=40),
)
def test_boxes_stand_apart_and_inside(sizes, arrows):
    """Whatever points at whatever, in circles too."""
    boxes = [Box(name, float(width), float(height)) for name, (width, height) in sizes.items()]
    placed = lay_out(boxes, arrows)
    assert set(placed.corners) == set(sizes)
    corners = [(*placed.corners[box.name], box) for box in boxes]
    for number, (x, y, one) in enumerate(corners):
        assert -0.01 <= x <= placed.width - one.width + 0.01
        assert -0.01 <= y <= placed.height - one.height + 0.01
        for left, top, other in corners[:number]:
            apart = x + one.width <= left or left + other.width <= x or y + one.height <= top or top + other.height <= y
            assert apart, (one, other)


def test_what_is_pointed_at_stands_left():
    boxes = [Box(name, 100.0, 100.0) for name in "abc"]
    corners = lay_out(boxes, [("c", "b"), ("b", "a")]).corners
    assert corners["a"][0] < corners["b"][0] < corners["c"][0]


# --- Documents --------------------------------------------------------------------------------------------------------


def test_the_documentation_has_one_address():
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["urls"]["Documentation"] == DOCUMENTATION


def shown(folder: Path) -> str:
    """The Markdown report of the README's failing migration, without what differs from machine to machine."""
    run(f"{test_readme.FAILING} --ctb-report=out.md", test_readme.repository(folder, "failing"))
    text = (folder / "out.md").read_text(encoding="utf-8")
    return re.sub(r"\d+\.\d s$", "0.8 s", text, count=1, flags=re.MULTILINE).rstrip("\n")


def test_the_markdown_that_the_documentation_shows_is_real(tmp_path):
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"<!-- markdown -->\n````markdown\n(.*?)\n````\n<!-- end -->", text, re.DOTALL) == [
        shown(tmp_path / "x")
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        part = f"<!-- markdown -->\n````markdown\n{shown(Path(made) / 'x')}\n````\n<!-- end -->"
    page = re.sub(
        r"<!-- markdown -->\n.*?<!-- end -->", lambda _: part, PAGE.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    PAGE.write_text(page, encoding="utf-8")
