"""docs/messages.md lists the messages of the source, each with its cause and its remedy, and the site's search finds them.

`python tests/test_messages.py` takes out of the page what the source no longer says and adds what is new, under "New": write
its cause and remedy there, and move it to a section.
"""

from __future__ import annotations

import functools
import html
import http.server
import json
import re
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

import messages

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/messages.md"
NEW = "## New\n"
_HEADING = re.compile(r"### (`+) ?(.+?) ?\1")
_FEWEST = 3
"""The words that a cause or a remedy has at least."""
PASTED = {
    "ERROR: nothing to check: no .sql file below /srv/shop/migrations (set --ctb-migrations DIR, or ctb_migrations": "no .sql file below",
    "ctb: --ctb-role superuser is refused on a shared server: it could change other databases": "superuser is refused",
    "no throwaway: testcontainers is not installed": "testcontainers is not installed",
    'applies to an empty table, fails on rows: column "name" of relation "tag" contains null values': "fails on rows",
    "index shop.item_name_idx is invalid: no query uses it, but every write still updates it": "is invalid",
    "Not rolled back: there is no terminal to confirm. Use --yes.": "Not rolled back",
    "rules/transaction.yml:6: unknown key 'severity'": "unknown key",
    "another run is at work on this database": "another run is at work",
}
"""What a user pastes into the search, and a part of the message that is to come first."""


@dataclass(frozen=True)
class Entry:
    """Messages of one cause and one remedy."""

    messages: tuple[str, ...]
    cause: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        headings = "".join(f"### {_code(message)}\n\n" for message in self.messages)
        return f"{headings}**Cause:** {self.cause}\n\n**Remedy:** {self.remedy}\n"


def _code(message: str) -> str:
    return f"`` {message} ``" if "`" in message else f"`{message}`"


def read(page: str) -> list[str | Entry]:
    """The parts of the page: its entries, each under the headings of its messages, and the texts between them."""
    parts: list[str | Entry] = []
    headings: list[str] = []
    for part in re.split(r"^(?=##)", page, flags=re.MULTILINE):
        heading = _HEADING.fullmatch(part.partition("\n")[0])
        if heading is None:
            parts.append(part)
            continue
        headings.append(heading[2])
        if text := re.search(r"^\*\*Cause:\*\* *(.*?)\n\n\*\*Remedy:\*\* *(.*?)\s*\Z", part, re.DOTALL | re.MULTILINE):
            parts.append(Entry(tuple(headings), text[1].strip(), text[2]))
            headings = []
    assert not headings, f"no cause and remedy below {headings}"
    return parts


def entries(page: str) -> list[Entry]:
    return [part for part in read(page) if isinstance(part, Entry)]


def regenerated(page: str, known: dict[str, str]) -> str:
    """The page without the messages that the source does not give, and with those that it lacks."""
    parts = [
        replace(part, messages=tuple(message for message in part.messages if message in known))
        if isinstance(part, Entry)
        else part
        for part in read(page)
    ]
    parts = [part for part in parts if not isinstance(part, Entry) or part.messages]
    listed = {message for part in parts if isinstance(part, Entry) for message in part.messages}
    new = [Entry((message,)) for message in known if message not in listed]
    return "\n".join(str(part).rstrip("\n") + "\n" for part in (*parts, *([NEW, *new] if new else [])))


def matches(message: str, said: str) -> bool:
    """Whether what a program said is this message, with its `{name}`s filled in."""
    pattern = re.sub(r"\\\{[^{}]*\\\}", ".*?", re.escape(message.removesuffix(" …")))
    return re.search(pattern, said, re.DOTALL) is not None


def test_the_page_lists_each_message_of_the_source():
    page = PAGE.read_text(encoding="utf-8")
    assert regenerated(page, messages.messages()) == page, "run: python tests/test_messages.py"


def test_each_message_has_a_cause_and_a_remedy_and_stands_once():
    listed = entries(PAGE.read_text(encoding="utf-8"))
    lacking = [entry.messages for entry in listed if min(len(entry.cause.split()), len(entry.remedy.split())) < _FEWEST]
    assert lacking == []
    texts = [message for entry in listed for message in entry.messages]
    assert len(texts) == len(set(texts)) > 400


def test_a_new_message_and_one_that_is_gone_change_the_page():
    page, known = PAGE.read_text(encoding="utf-8"), messages.messages()
    first = entries(page)[0].messages[0]
    changed = regenerated(page, {message: "" for message in known if message != first} | {"the moon is `full`": ""})
    assert changed.endswith(f"{NEW}\n### `` the moon is `full` ``\n\n**Cause:** \n\n**Remedy:** \n")
    assert _code(first) not in changed
    assert entries(changed)[-1] == Entry(("the moon is `full`",))


@pytest.mark.parametrize(
    "message",
    [
        "{path}: cannot be read: {error}",  # raised
        "{word} without a BEGIN before it",  # a finding, by a function of the module
        "drops table {name} with all its rows{cascade}{and_more}",  # a finding, by a part of a tuple
        "no Docker engine answers: {reason}",  # a refusal of a place
        "a NUL byte: the file is not text",  # a problem of a file
        "the key {key} is missing",  # an error of a guideline file
        "Not rolled back: there is no terminal to confirm. Use --yes.",  # a line on stderr
        "the same bytes were applied as {by_digest}",  # the status of a file
        "{name} has no primary key, so {name} cannot say which row changed",  # what a table lacks
    ],
)
def test_the_list_knows_each_way_to_give_a_message(message):
    assert message in messages.messages()


def test_what_the_documentation_shows_as_messages_is_in_the_list():
    """The pages show what the program really said, so this finds messages that the list does not see in the source."""
    shown = {
        line.partition(": ")[2]
        for page in ROOT.glob("docs/*.md")
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("ERROR: ")
    }
    assert len(shown) > 5
    texts = list(messages.messages())
    unlisted = [line for line in shown if not any(matches(text, line) for text in texts)]
    assert unlisted == []


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A small site with the page, and others that share words with it."""
    folder = tmp_path_factory.mktemp("site")
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    pages = ["index.md", "messages.md", "faq.md", "contract.md", "apply.md", "ctb.md"]
    settings |= {"nav": pages, "docs_dir": str(folder / "docs"), "site_dir": str(folder / "site")}
    for name in ("hooks", "validation"):
        del settings[name]
    (folder / "docs").mkdir()
    for name in (*pages, "site.css", "search.js"):
        (folder / "docs" / name).symlink_to(ROOT / "docs" / name)
    (folder / "mkdocs.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--config-file", str(folder / "mkdocs.yml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def test_the_search_index_has_each_message_as_a_title(site):
    """Titles weigh most, so each message is one; its page is the first that has it."""
    index = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))["docs"]
    titles = {_bare(each["title"]) for each in index if each["location"].startswith("messages/#")}
    assert {_bare(message) for message in messages.messages()} <= titles


def _bare(text: str) -> str:
    """Without white space and marks of code, as the page shows it."""
    return re.sub(r"\s|`|</?code>", "", html.unescape(text))


@pytest.mark.browser
@pytest.mark.parametrize("pasted", PASTED)
def test_the_search_finds_what_a_user_pastes(site, browser, pasted):
    """By the site's own search, in Chromium, through the clipboard: the message is among the first three results."""
    handler = functools.partial(_Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        context.set_default_timeout(15_000)
        try:
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            page.evaluate("text => navigator.clipboard.writeText(text)", pasted)
            page.get_by_placeholder("Search").click()
            page.keyboard.press("ControlOrMeta+V")
            results = page.locator(".md-search-result__link")
            results.first.wait_for()
            shown = [_words(results.nth(place).inner_text()) for place in range(min(3, results.count()))]
        finally:
            context.close()
            server.shutdown()
    assert any(PASTED[pasted].lower() in text for text in shown), shown


def _words(text: str) -> str:
    return " ".join(text.lower().split())


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """A server of files that writes no log."""

    def log_message(self, *_) -> None:
        pass


if __name__ == "__main__":
    PAGE.write_text(regenerated(PAGE.read_text(encoding="utf-8"), messages.messages()), encoding="utf-8")
