"""Results to Markdown as GitHub shows it: for the summary of a pull request's run."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from pytest_ctb.model import Finding, Guideline
from pytest_ctb.model.visible import visible
from pytest_ctb.report.results import Outcome, Results, counted, is_breach

_LIMIT = 1_000_000
"""GITHUB_STEP_SUMMARY takes 1 MiB (1,048,576 bytes), and refuses all of a longer one."""
_NAMES = {
    Outcome.FAILED: "failed",
    Outcome.ERROR: "error",
    Outcome.WARNING: "passed with a warning",
    Outcome.XFAILED: "allowed",
    Outcome.SKIPPED: "not judged",
    Outcome.PASSED: "passed",
}


def as_markdown(results: Results) -> str:
    """The Markdown report; the verdict is its first line, and what is beyond the limit is told as a number."""
    files = len(results.suite.repository.migrations)
    guidelines = len(results.suite.guidelines)
    server = f" on Postgres {results.seen.server.version} ({results.seen.server.place})" if results.seen else ""
    head = [
        f"**{escaped(results.verdict)}**",
        f"{counted(files, 'migration')}, {counted(guidelines, 'guideline')}{server}, {results.seconds:.1f} s",
        _table(results),
    ]
    return _within(head, list(_sections(results))) + "\n"


def _within(head: list[str], sections: list[str]) -> str:
    parts, left = list(head), _LIMIT - sum(len(one.encode(errors="replace")) + 2 for one in head)
    for number, section in enumerate(sections):
        left -= len(section.encode(errors="replace")) + 2
        if left < 0:
            parts.append(f"and {len(sections) - number} parts more, for which this summary has no room")
            break
        parts.append(section)
    return "\n\n".join(parts)


def _table(results: Results) -> str:
    told = {one: number for one in _NAMES if (number := results.counts[one])}
    if not told:
        return ""
    rows = (
        "| " + " | ".join(_NAMES[one] for one in told) + " |",
        "|" + " ---: |" * len(told),
        "| " + " | ".join(str(number) for number in told.values()) + " |",
    )
    return "\n".join(rows)


def _sections(results: Results) -> Iterator[str]:
    guidelines = {one.id: one for one in results.suite.guidelines}
    new = [one for one in results.findings if one.status == "new"]
    yield from _by_file(new, guidelines)
    yield from _unjudged(results)
    accepted = [one for one in results.findings if one.status != "new"]
    if accepted:
        rows = [
            f"- `{_code(_place(one))}` {_link(guidelines[one.guideline])}: {escaped(_why(one))}" for one in accepted
        ]
        yield f"### Allowed\n\n{_folded(counted(len(rows), 'finding'), rows)}"


def _by_file(findings: Iterable[Finding], guidelines: dict[str, Guideline]) -> Iterator[str]:
    for file, found in groupby(findings, key=lambda one: one.file):
        yield f"### {escaped(file)}"
        for one in found:
            kind = "" if is_breach(one) else " (warning)"
            line = f"- **{one.line}:{one.column}** {_link(guidelines[one.guideline])}{kind}: {escaped(one.message)}"
            parts = [line]
            if one.evidence:
                parts.append(_folded("What Postgres was seen to do", [fenced(one.evidence, "text")], "  "))
            if one.instead:
                parts.append(_folded("Instead", [fenced(one.instead)], "  "))
            yield "\n\n".join(parts)


def _unjudged(results: Results) -> Iterator[str]:
    for outcome, title in ((Outcome.ERROR, "Errors"), (Outcome.SKIPPED, "Not judged")):
        rows = [
            f"- `{_code(one.id)}`: {escaped(_first_line(one.reason))}"
            for one in results.answers
            if one.outcome is outcome
        ]
        if rows:
            yield f"### {title}\n\n{_folded(counted(len(rows), 'question'), rows)}"


def _why(one: Finding) -> str:
    return one.reason or "known when the guide was adopted"


def _first_line(reason: str) -> str:
    """Of a traceback the line that pytest marks as the error."""
    marked = re.search(r"^E +(.+)$", reason, re.MULTILINE)
    return marked[1] if marked else reason.strip().partition("\n")[0]


def _place(one: Finding) -> str:
    return f"{one.file}:{one.line}:{one.column}"


def _link(one: Guideline) -> str:
    return f"[{one.code} {one.id}]({one.page})"


def _folded(title: str, lines: list[str], indent: str = "") -> str:
    """A part that opens on a click. The empty lines make what is inside Markdown again."""
    text = f"<details><summary>{title}</summary>\n\n" + "\n".join(lines) + "\n\n</details>"
    return "\n".join(indent + line if line else line for line in text.split("\n"))


_MARKUP = re.compile(r"[\\`*\[\]#|~$]|(?<![^\W_])_|_(?![^\W_])|:(?=\S)|^[-+]")
"""The signs that may be markup, where they may: https://github.github.com/gfm/."""
_ADDRESS = re.compile(r"\S*(?://|@|www\.)\S*", re.IGNORECASE)
"""A word that would be a link without any markup."""
_REFERENCE = re.compile(r"([@#:]|\bGH-)(?=[\w+-])")
"""What GitHub looks for in the finished text: a mention or an address, an issue, the name of an image."""


def escaped(text: str) -> str:
    """Words of others as they stand, in one line: no markup, link, image or mention of theirs is one of the page."""
    line = _MARKUP.sub(r"\\\g<0>", html.escape(visible(" ".join(text.split())), quote=False))
    line = re.sub(r"^(\d+)([.)])(?= |$)", r"\1\\\2", line)
    line = _ADDRESS.sub(lambda found: found[0].replace(".", r"\."), line)
    # A space of no width parts what would be one word, in the finished text as well.
    return _REFERENCE.sub(r"\1&#8203;", line)


def _code(text: str) -> str:
    """The inside of a span between single backticks."""
    return visible(" ".join(text.split())).replace("`", "'")


def fenced(text: str, language: str = "sql") -> str:
    """Text in a Markdown fence that is longer than any run of backticks in it."""
    text = visible(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
