"""The site: it builds, strictly and from nothing but this machine; its links lead somewhere; what it says is so.

`python tests/test_docs.py` writes anew what the pages show of the program.
"""

from __future__ import annotations

import ast
import html
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest

import sample
import test_readme
from livedb import Live
from machine import choice_of
from pytest_ctb.checks import checks
from pytest_ctb.guide import guideline_files as guidelines
from pytest_ctb.postgres import Wanted, choose
from shown import console, played, run, write, written
from test_readme import repository

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
FAQ = DOCS / "faq.md"
GUIDELINES = guidelines.load(ROOT, ROOT / "rules", {name: one.options for name, one in checks().items()})
RUNNING = ("get-started.md", "ctb.md", "adopting.md", "contracts.md")
"""Pages that are done from top to bottom."""
_LIKE_CT05 = "code: CT05\ntitle: Transaction\nwhat: One.\nwhy: A lock.\nsource: guide\n"
_ONE = {"migrations/2025-10-23_create_tag.sql": "CREATE TABLE tag (id bigint);\n"}
BY_HAND = """
ALTER TABLE shop.item ALTER price TYPE numeric(8, 2);
CREATE INDEX item_name_idx ON shop.item (name);
GRANT SELECT ON shop.item TO PUBLIC;
CREATE TABLE shop.item_backup AS SELECT * FROM shop.item;
"""
SCENARIOS = {
    "no_folder": ("pytest --ctb", {}),
    "no_file": ("pytest --ctb", {"migrations/create_tag.txt": ""}),
    "unknown_key": ("pytest --ctb", {**_ONE, "rules/transaction.yml": f"{_LIKE_CT05}severity: warning\n"}),
    "no_check": ("pytest --ctb", {**_ONE, "rules/money-in-cents.yml": _LIKE_CT05}),
    "taken": (
        "pytest --ctb",
        {**_ONE, "rules/atomic.yml": _LIKE_CT05, "rules/transaction.yml": _LIKE_CT05},
    ),
    "no_place": ("pytest --ctb -q --ctb-postgres neon", _ONE),
    "version": ("pytest --ctb --ctb-postgres-version 17.2", _ONE),
    "missing": (
        'pytest --ctb -q -rs -k "replay or idempotent"',
        {"migrations/2025-10-23_add_tier.sql": "ALTER TABLE company.master ADD COLUMN IF NOT EXISTS tier text;\n"},
    ),
    "extension": (
        "pytest --ctb -q -k replay",
        {"migrations/2025-10-23_create_shapes.sql": "CREATE EXTENSION postgis;\n"},
    ),
    "psql": ("pytest --ctb -q -k replay", {"migrations/2025-10-23_create_all.sql": "\\connect company\n"}),
    "rows": (
        "pytest --ctb -q -k replay",
        {**_ONE, "migrations/2025-10-24_add_name.sql": "ALTER TABLE tag ADD COLUMN name text NOT NULL;\n"},
    ),
    "slow": (
        "pytest --ctb -q -k replay --ctb-timeout 1",
        {"migrations/2025-10-23_set_all.sql": "SELECT pg_sleep(60);\n"},
    ),
    "prelude": (
        "pytest --ctb -q -k replay --ctb-prelude platform.sql",
        {**_ONE, "platform.sql": "CREATE SCHEMA platform;\nGRANT SELECT ON platform.tenant TO PUBLIC;\n"},
    ),
}
"""What is done to get a message of the questions page: a command, and the files of a repository."""


def produced(name: str, folder: Path) -> str:
    """The block of a scenario."""
    command, files = SCENARIOS[name]
    for path, text in {"pytest.ini": "[pytest]\nctb_postgres = embedded\n", **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return console(command, folder)


def verified(folder: Path) -> dict[str, str]:
    """The blocks of the page about live databases: of one that the sample's migrations made, and somebody changed."""
    sample.write(folder)
    (folder / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\n", encoding="utf-8")
    with choice_of(18).offer.start() as server:
        with server.login() as admin:
            admin.execute("CREATE ROLE shop; CREATE ROLE reader LOGIN PASSWORD 'secret'")
            admin.execute("CREATE DATABASE shop OWNER shop")
        with server.login("shop") as admin:
            admin.execute("SET SESSION AUTHORIZATION shop")
            for one in sample.FIRST, sample.SECOND:
                admin.execute((folder / one).read_text(encoding="utf-8"))
            admin.execute(BY_HAND)
        host = server.admin["host"]
        told = {}
        for name, command in {"drift": "ctb verify", "sql": "ctb verify --sql", "json": "ctb verify --json"}.items():
            said = run(f"export DATABASE_URL='postgresql://reader:secret@/shop?host={quote(host)}'; {command}", folder)
            said = re.sub(r"\b18\.\d+", "18.6", said.replace(host, "db.example.com"))
            told[name] = f"```console\n$ {command}\n{said}\n```"
    return told


def applied(folder: Path) -> dict[str, str]:
    """The page that is done on a live database, with an address and times that stay."""
    with choose(Wanted("embedded")).offer.start() as server:
        live = Live(server)
        parts = played(DOCS / "apply.md", folder, DATABASE_URL=live.url())
        for name, text in parts.items():
            told = re.sub(r"postgres@\S+/live_\d+", "app@db.example.com:5432/shop", text)
            told = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d by postgres", "2025-11-21 09:30 by app", told)
            parts[name] = re.sub(r" in \d+\.\d s", " in 0.1 s", told)
    return parts


def options(folder: Path) -> str:
    """The table of options, from what pytest says of them."""
    said = run("COLUMNS=1000 pytest --ctb --help", folder)
    group = re.search(r"^migration guidelines \(pytest-ctb\):\n(.*?)\n\n", said, re.DOTALL | re.MULTILINE)
    assert group
    keys = set(re.findall(r"^  (ctb_\w+) \(", said, re.MULTILINE))
    rows = []
    for option, value, text in re.findall(r"^  (--ctb[\w-]*)(?:=(\S+))?\s+(.*)$", group[1], re.MULTILINE):
        key = option.strip("-").replace("-", "_")
        key += "s" if f"{key}s" in keys else ""
        rows.append(f"| `{f'{option} {value}'.strip()}` | {f'`{key}`' if key in keys else ''} | {html.escape(text)} |")
    return "\n".join(["| option | ini key | meaning |", "|---|---|---|", *rows])


def finding(folder: Path) -> str:
    """A finding as a real report has it."""
    run("pytest --ctb --ctb-postgres embedded -k CT08 --ctb-report out.json", repository(folder, "effect"))
    (one,) = json.loads((folder / "out.json").read_text(encoding="utf-8"))["findings"]
    return f"```json\n{json.dumps(one, indent=2, ensure_ascii=False)}\n```"


class _Page(HTMLParser):
    """What a page loads, where it links to, and what may be linked to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "link" and given.get("href"):
            self.loaded.append(given["href"])
        self.loaded += [given[name] for name in ("src", "srcset", "data", "poster") if given.get(name)]


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The site, built as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    # A proxy that is not there: whatever would be fetched ends the build.
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **nowhere}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@cache
def pages(site: Path) -> dict[str, _Page]:
    """Every page, by its address below the root of the site."""
    return {path.relative_to(site).as_posix().removesuffix("index.html"): _Page(path) for path in site.rglob("*.html")}


def test_nothing_is_loaded_from_elsewhere(site):
    """No font, no script, no picture; nor by a style sheet."""
    assert len(pages(site)) > len(GUIDELINES)
    for address, page in pages(site).items():
        assert page.loaded, address
        assert not [one for one in page.loaded if re.match(r"(?:\w+:)?//", one)], address
        assert "@import" not in page.text
    for sheet in site.rglob("*.css"):
        found = re.findall(r"url\(\s*[\"']?((?:\w+:)?//[^)]*)", sheet.read_text(encoding="utf-8"))
        assert not found, sheet


def test_every_link_leads_to_a_page_and_an_anchor_that_is_there(site):
    known = pages(site)
    checked = 0
    for address, page in known.items():
        if address == "404.html":  # its links start at the root of a server
            continue
        for link in (*page.links, *page.loaded):
            if urlsplit(link).scheme:
                continue
            target, _, anchor = urljoin(f"/{address}", unquote(link)).lstrip("/").partition("#")
            assert (site / target).exists(), f"{address}: {link}"
            if anchor and target in known:
                assert anchor in known[target].ids, f"{address}: {link}"
            checked += 1
    assert checked > 500


@pytest.mark.parametrize("one", GUIDELINES, ids=lambda one: one.id)
def test_every_guideline_has_its_page(site, one):
    """In the navigation; with the reason, what to paste, each example, and a message that starts with its code."""
    page = pages(site)[f"guidelines/{one.id}/"]
    shown = _bare(re.sub(r"<[^>]+>", "", page.text))
    for prose in (one.what, one.why, one.instead, one.source):
        assert _bare(prose) in shown
    for examples in one.examples.values():
        for sql in (text for files in examples for text in files.values()):
            assert _bare(sql) in shown
    fails = max(len(one.examples.get("fail", ())), 1)
    assert shown.count("whatpytest--ctbsays") == fails
    assert shown.count(f":{one.code}{one.id}:") >= fails
    index = pages(site)["guidelines/"]
    assert f"{one.id}/" in {urljoin("/", link).strip("/") + "/" for link in index.links}


def _bare(text: str) -> str:
    """Without white space, markup and entities: the same words, however they are set."""
    return re.sub(r"[\s`]", "", html.unescape(text))


def test_no_page_is_there_for_what_is_no_guideline(site):
    listed = {page for page in pages(site) if page.startswith("guidelines/")}
    packs = {path.stem for path in (ROOT / "rules/packs").rglob("*.yml") if not path.name.startswith("_")}
    assert listed == {"guidelines/", *(f"guidelines/{one}/" for one in {*packs, *(one.id for one in GUIDELINES)})}


def test_the_picture_of_the_schema_has_every_table_of_the_committed_one(site):
    text = pages(site)["schema/"].text
    tables = re.findall(r'^    "([\w.]+)" \{', (DOCS / "schema.mermaid").read_text(encoding="utf-8"), re.MULTILINE)
    assert re.findall(r'data-table="([^"]+)"', text) == tables
    assert f"{len(tables)} tables, " in text


def test_the_search_finds_the_messages(site):
    index = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))["docs"]
    assert [one for one in index if "unrecognized arguments" in one["text"]]
    assert {f"guidelines/{one.id}/" for one in GUIDELINES} <= {one["location"] for one in index}


@pytest.mark.parametrize("broken", ["[x](nowhere.md)", "[x](contract.md#nowhere)", "[x](/contract/)", '--8<-- "no.md"'])
def test_a_broken_link_ends_the_build(tmp_path, broken):
    """Strict means it: tried on a small site with this one's settings."""
    import yaml

    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    for name in ("hooks", "nav", "extra_css", "extra_javascript"):
        del settings[name]
    (tmp_path / "mkdocs.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/contract.md").write_text("# Contract\n", encoding="utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    for text, fine in ((" [x](contract.md#contract)", True), (broken, False)):
        (tmp_path / "docs/index.md").write_text(f"# Home\n\n{text}\n", encoding="utf-8")
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is fine, done.stderr


@pytest.mark.parametrize("name", RUNNING)
def test_a_page_that_is_done_gives_what_it_shows(tmp_path, name):
    parts = played(DOCS / name, tmp_path / "shop")
    assert parts
    assert written(DOCS / name) == parts


def test_the_page_on_applying_gives_what_it_shows(tmp_path):
    assert written(DOCS / "apply.md") == applied(tmp_path / "shop")


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_message_of_the_questions_page_is_really_given(tmp_path, name):
    assert written(FAQ)[name] == produced(name, tmp_path / "shop")


def test_every_message_of_the_questions_page_stands_in_the_program():
    """Those that are not run above; or it is another program's, which says it here."""
    quoted = [
        line
        for block in re.findall(r"^```text\n(.*?)^```", FAQ.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
    ]
    assert len(quoted) > 10
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    without = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:ctb", "--ctb"],
        env=bare,
        cwd=DOCS,
        capture_output=True,
        text=True,
        check=False,
    )
    others = without.stderr.replace("__main__.py", "pytest")
    for line in quoted:
        assert line in others or any(_covers(template, line) for template in _templates()), line


_HOLE = "\N{OBJECT REPLACEMENT CHARACTER}"


@cache
def _templates() -> tuple[re.Pattern[str], ...]:
    """Every line of a text in the program as a pattern: what is put into it may be anything."""
    found: list[str] = []
    for path in (ROOT / "pytest_ctb").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            texts = [part.value if isinstance(part, ast.Constant) else _HOLE for part in parts]
            if all(isinstance(text, str) for text in texts):
                found += "".join(texts).split("\n")
    own = (one for one in found if len(one.replace(_HOLE, "")) >= 12)
    return tuple(re.compile(re.escape(one).replace(_HOLE, ".*")) for one in own)


def _covers(template: re.Pattern[str], line: str) -> bool:
    """The text is the line, but for a name in front of it; and says most of it in its own words."""
    own = len(template.pattern.replace("\\", "").replace(".*", ""))
    found = template.search(line)
    return found is not None and len(found[0]) >= len(line) - 12 and 2 * own >= len(line) - 12


@pytest.mark.parametrize(
    "line", ["the database is on fire, come back tomorrow", "the file did not work (see `replay`)"]
)
def test_a_message_that_nobody_gives_is_noticed(line):
    assert not any(_covers(template, line) for template in _templates())


def test_the_options_are_those_that_pytest_tells(tmp_path):
    assert written(DOCS / "contract.md")["options"] == options(tmp_path)


def test_the_finding_is_one_of_a_real_report(tmp_path):
    assert written(DOCS / "contract.md")["finding"] == finding(tmp_path)


def test_the_home_page_shows_what_the_readme_shows():
    assert written(DOCS / "index.md")["effect"] == written(ROOT / "README.md")["effect"]


def test_the_page_about_the_running_application_shows_a_real_finding(tmp_path):
    assert {name: written(DOCS / "online.md")[name] for name in ("file", "locks")} == blocking(tmp_path)


def test_the_page_about_live_databases_shows_what_comes(tmp_path):
    assert written(DOCS / "verify.md") == verified(tmp_path)


def test_the_keys_are_those_that_are_read():
    table = (DOCS / "writing-guidelines.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (?:a )?(\w+) \| (yes|no) \|", table, re.MULTILINE)
    assert {name: kind for name, kind, _ in rows} == {
        name: {"str": "text", "dict": "mapping", "list": "list"}[kind.__name__]
        for name, kind in guidelines._KEYS.items()
    }
    assert tuple(name for name, _, must in rows if must == "yes") == guidelines._REQUIRED


def test_options_are_linked_where_there_are_some():
    text = (DOCS / "writing-guidelines.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"guidelines/([\w-]+)\.md#options", text))
    assert linked
    assert linked <= {guideline.id for guideline in GUIDELINES if "options" in guideline.lines}


def blocking(folder: Path) -> dict[str, str]:
    """The parts of the page about the pack `online`: the README's file, and a finding of it in full."""
    return {
        "file": test_readme.file_shown(),
        "locks": console(test_readme.LOCKS, test_readme.shop(folder)),
    }


def _everything(folder: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    for name in RUNNING:
        yield DOCS / name, played(DOCS / name, folder / name)
    yield DOCS / "apply.md", applied(folder / "apply")
    yield FAQ, {name: produced(name, folder / name) for name in SCENARIOS}
    (folder / "options").mkdir()
    yield DOCS / "contract.md", {"options": options(folder / "options"), "finding": finding(folder / "finding")}
    (folder / "verified").mkdir()
    yield DOCS / "verify.md", verified(folder / "verified")
    (folder / "blocking").mkdir()
    yield DOCS / "online.md", blocking(folder / "blocking")
    yield DOCS / "index.md", {"effect": written(ROOT / "README.md")["effect"]}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        for document, parts in _everything(Path(made)):
            write(document, parts)
