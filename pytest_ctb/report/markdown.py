"""The Markdown report, as GitHub shows it in the summary of a run."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from urllib.parse import quote

from pytest_ctb.model import Finding, Guideline
from pytest_ctb.model.visible import visible
from pytest_ctb.report.compare import compared
from pytest_ctb.report.results import Outcome, Results, counted, is_breach

_LIMIT = 1_000_000
"""The longest report, in bytes: GITHUB_STEP_SUMMARY refuses one of more than 1 MiB as a whole."""
_NAMES = {
    "failed": "failed",
    "error": "error",
    "warning": "passed with a warning",
    "skipped": "not judged",
    "allowed": "allowed",
    "baselined": "baselined",
    "passed": "passed",
}
"""The outcomes, in the order in which a reader wants to know of them."""


def as_markdown(results: Results) -> str:
    """The Markdown report. Its first line is the verdict; sections beyond the limit are only counted."""
    servers = ", ".join(f"{server.version} ({server.place})" for server in results.servers)
    server = f" on Postgres {servers}" if servers else ""
    names = [database.name for database in results.databases if database.name]
    databases = f" of {counted(len(names), 'database')} ({escaped(', '.join(names))})" if names else ""
    head = [
        f"**{escaped(results.verdict)}**",
        f"{counted(results.migrations, 'migration')}{databases}, "
        f"{counted(len(results.guidelines), 'guideline')}{server}, {results.seconds:.1f} s"
        + (f", {escaped(str(results.revision))}" if results.revision else ""),
        _table(results),
    ]
    return _within(head, list(_sections(results))) + "\n"


def _within(head: list[str], sections: list[str]) -> str:
    parts, room = list(head), _LIMIT - sum(len(part.encode(errors="replace")) + 2 for part in head)
    for number, section in enumerate(sections):
        room -= len(section.encode(errors="replace")) + 2
        if room < 0:
            parts.append(f"and {len(sections) - number} parts more, for which this summary has no room")
            break
        parts.append(section)
    return "\n\n".join(parts)


def _table(results: Results) -> str:
    numbers = Counter(answer.shown for answer in results.answers)
    counts = {outcome: numbers[outcome] for outcome in _NAMES if numbers[outcome]}
    if not counts:
        return ""
    rows = (
        "| " + " | ".join(_NAMES[outcome] for outcome in counts) + " |",
        "|" + " ---: |" * len(counts),
        "| " + " | ".join(str(number) for number in counts.values()) + " |",
    )
    return "\n".join(rows)


def _sections(results: Results) -> Iterator[str]:
    guidelines = results.guidelines
    new = [finding for finding in results.findings if finding.status == "new"]
    yield from _since(results)
    yield from _by_file([finding for finding in new if is_breach(finding)], guidelines)
    yield from _unjudged(results, Outcome.ERROR, "Errors")
    yield from _by_file([finding for finding in new if not is_breach(finding)], guidelines)
    yield from _explained(new, guidelines)
    yield from _unjudged(results, Outcome.SKIPPED, "Not judged")
    for status, title in (("allowed", "Allowed"), ("baselined", "Baselined")):
        rows = [
            f"- `{_code(_place(finding))}` {_link(guidelines[finding.guideline])}: {_why(finding)}"
            for finding in results.findings
            if finding.status == status
        ]
        if rows:
            yield f"### {title}\n\n{_folded(counted(len(rows), 'finding'), rows)}"


def _since(results: Results) -> Iterator[str]:
    """What changed since the earlier report, where there is one: what is new at once, the rest on a click."""
    comparison = compared(results)
    if comparison is None:
        return
    yield f"### Since {escaped(str(comparison.earlier))}\n\n{comparison}"
    if comparison.new:
        yield "\n".join(
            _row(finding, results.guidelines, f"**new:** {escaped(finding.message)}") for finding in comparison.new
        )
    folded = (
        ("gone", comparison.gone),
        ("still there", comparison.still),
        ("not judged this time", comparison.unjudged),
    )
    for words, findings in folded:
        if findings:
            rows = [_row(finding, results.guidelines, escaped(finding.message)) for finding in findings]
            yield _folded(f"{len(rows):,} {words}", rows)


def _row(finding: Finding, guidelines: Mapping[str, Guideline], words: str) -> str:
    """A finding in one line; the guideline of an earlier one may be no more."""
    guideline = guidelines.get(finding.guideline)
    name = _link(guideline) if guideline else escaped(f"{finding.code} {finding.guideline}")
    status = f" ({finding.status})" if finding.status != "new" else ""
    return f"- `{_code(_place(finding))}` {name}{status}: {words}"


def _by_file(findings: Iterable[Finding], guidelines: Mapping[str, Guideline]) -> Iterator[str]:
    for file, in_file in groupby(findings, key=attrgetter("file")):
        yield f"### {escaped(file)}"
        for finding in in_file:
            kind = "" if is_breach(finding) else " (warning)"
            kind += f" (database {escaped(finding.database)})" if finding.database else ""
            kind += f" (owner {escaped(finding.owner)})" if finding.owner else ""
            place = f"**{finding.line}:{finding.column}** {_link(guidelines[finding.guideline])}"
            parts = [f"- {place}{kind}: {escaped(finding.message)}"]
            if finding.details:
                parts.append(_folded("What Postgres was seen to do", [fenced(finding.details, "text")], "  "))
            if finding.why:
                parts.append(f"  {escaped(' '.join(finding.why.split()))}")
            if finding.instead:
                parts.append(_folded("Instead", [fenced(finding.instead)], "  "))
            yield "\n\n".join(parts)


def _unjudged(results: Results, outcome: Outcome, title: str) -> Iterator[str]:
    rows = [
        f"- `{_code(answer.id)}`: {escaped(_first_line(answer.reason))}"
        for answer in results.answers
        if answer.outcome is outcome
    ]
    if rows:
        yield f"### {title}\n\n{_folded(counted(len(rows), 'check'), rows)}"


def _why(finding: Finding) -> str:
    return escaped(finding.reason or "known when the guide was adopted")


def _first_line(reason: str) -> str:
    """The line of a traceback that pytest marks as the error; the first line of any other text."""
    marked = re.search(r"^E +(.+)$", reason, re.MULTILINE)
    return marked[1] if marked else reason.strip().partition("\n")[0]


def _place(finding: Finding) -> str:
    return f"{finding.file}:{finding.line}:{finding.column}"


def _link(guideline: Guideline) -> str:
    name = f"{guideline.code} {guideline.id}"
    return f"[{name}]({quote(guideline.page, safe='/:')})" if guideline.page else name


def _explained(findings: Sequence[Finding], guidelines: Mapping[str, Guideline]) -> Iterator[str]:
    """How to read why, of the guidelines that no link leads to."""
    codes = sorted({finding.code for finding in findings if not guidelines[finding.guideline].page})
    if codes:
        yield f"Why: `ctb explain {' '.join(codes)}`"


def _folded(title: str, lines: list[str], indent: str = "") -> str:
    """A part that opens on a click. The empty lines let Markdown work inside it."""
    text = f"<details><summary>{title}</summary>\n\n" + "\n".join(lines) + "\n\n</details>"
    return "\n".join(indent + line if line else line for line in text.split("\n"))


_MARKUP = re.compile(r"[\\`*\[\]#|~$]|(?<![^\W_])_|_(?![^\W_])|:(?=\S)|^[-+]")
"""Characters where they may be markup: https://github.github.com/gfm/."""
_ADDRESS = re.compile(r"\S*(?://|@|www\.)\S*", re.IGNORECASE)
"""A word that GitHub turns into a link without any markup."""
_REFERENCE = re.compile(r"([@#:]|\bGH-)(?=\\?[\w+-])")
"""What GitHub turns into a mention, an address, an issue or an emoji after the Markdown is rendered."""


def escaped(text: str) -> str:
    """Text in one line and without effect: no markup, link, image or mention in it works."""
    line = _MARKUP.sub(r"\\\g<0>", html.escape(visible(" ".join(text.split())), quote=False))
    line = re.sub(r"^(\d+)([.)])(?= |$)", r"\1\\\2", line)
    line = _ADDRESS.sub(lambda match: match[0].replace(".", r"\."), line)
    # A zero-width space also separates the words after the Markdown is rendered.
    return _REFERENCE.sub(r"\1&#8203;", line)


def _code(text: str) -> str:
    """Text for a code span between single backticks."""
    return visible(" ".join(text.split())).replace("`", "'")


def fenced(text: str, language: str = "sql") -> str:
    """Text in a Markdown fence that is longer than any run of backticks in it."""
    text = visible(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
