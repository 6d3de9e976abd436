"""CT21: each `ctb:allow` of a file allows a finding."""

import difflib
import re
from collections.abc import Iterator, Sequence

from pytest_ctb.checks import Case, NoOptions, Scope, check, says_nothing
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Allow, Finding, Guideline, Migration
from pytest_ctb.model.misspelt import did_you_mean

_ID = "unused-allow"
_WORDS = ("allow", "no-transaction")
_EXACT = re.compile(r"\s*ctb:(?:allow|no-transaction)\b(?![-_])")
_DIRECTIVE = re.compile(
    r"\s*(?P<ctb>ctb)(?P<sign>\s*[:_-]\s*|)\s*(?P<words>[a-z]+(?:[ _-]?transactions?)?)\b"
    r"\s*(?P<name>[\w-]*)\s*:?\s*(?P<reason>.*?)\s*$",
    re.IGNORECASE,
)
_SIMILAR = 0.75
_LONGEST = 60


def _allowed_guidelines(migration: Migration) -> Iterator[str]:
    """The guidelines that the file allows findings of."""
    return (allow.guideline for allow in migration.allows if allow.reason)


@check(_ID, scope=Scope.FILES, others=_allowed_guidelines, reads_text=False)
def unused_allow(case: Case[NoOptions]) -> Iterator[Finding]:
    """Compare each allow with the findings of its guideline; level `off` has none to compare.

    A comment that only reads like one (`ctb: allow`, `ctb-allow`, one behind SQL) is reported: it allows nothing.
    """
    unjudged: list[str] = []
    yield from _near_misses(case)
    for allow in case.migration.allows:
        guideline = case.guide.get(allow.guideline)
        problem = _problem(case, allow, guideline)
        if problem:
            name = guideline.id if guideline else "guideline"
            yield case.finding(allow.position, problem, guideline=name)
        elif guideline is not None and guideline.id in case.others:
            findings = case.others[guideline.id]
            if findings is None:
                unjudged.append(guideline.id)
            elif not any(allow.first_line <= finding.line <= allow.last_line for finding in findings):
                yield case.finding(
                    allow.position, f"this allows nothing: {_quiet(allow, guideline)}; remove the line", instead=""
                )
    if unjudged:
        raise NotJudgedError(f"the findings that it allows cannot be judged: {', '.join(unjudged)}")


def _near_misses(case: Case[NoOptions]) -> Iterator[Finding]:
    for comment in case.migration.comment_lines:
        match = _DIRECTIVE.match(comment.text)
        if match is None or (comment.alone and _EXACT.match(comment.text)):
            continue
        named = match["name"] in case.guide
        # Prose speaks of CTB too; a comment for us is `ctb:` and a word, or names a guideline.
        for_us = match["sign"] and (match["ctb"] == "ctb" or named)
        if not for_us and not named:
            continue
        meant = _meant(re.findall(r"[a-z]+", match["words"].lower()))
        if not meant and ":" in match["sign"] and not match["sign"].endswith(" "):
            written = " and ".join(f"`-- ctb:{word}`" for word in _WORDS)
            yield case.finding(
                comment.position, f"`ctb:{match['words']}` is not a known comment; known are {written}", instead=""
            )
        elif meant:
            where = "" if comment.alone else ", on a line of its own above the statement"
            message = f"`{comment.text.strip()[:_LONGEST]}` allows nothing: it is written `-- ctb:{meant}`{where}"
            rest = f" {match['name']}: {match['reason'] or 'the reason'}" if meant == "allow" else ": the reason"
            yield case.finding(comment.position, message, instead=f"-- ctb:{meant}{rest}")


def _meant(words: Sequence[str]) -> str:
    """The comment that these words stand for; empty where they stand for none."""
    for word in _WORDS:
        written = "-".join(words[: word.count("-") + 1])
        if difflib.SequenceMatcher(None, written, word).ratio() >= _SIMILAR:
            return word
    return ""


def _problem(case: Case[NoOptions], allow: Allow, guideline: Guideline | None) -> str:
    """Why an allow is not valid, whatever is found; empty where it is valid."""
    if not allow.guideline:
        return "this allows nothing: it names no guideline"
    if guideline is None:
        hint = did_you_mean(allow.guideline, case.guide)
        return f"this allows nothing: no guideline is named {allow.guideline!r}{hint}"
    if says_nothing(allow.reason):
        return "this allows nothing: it gives no reason"
    if allow.last_line < allow.first_line:
        return "this allows nothing: no statement starts on the line below it"
    return ""


def _quiet(allow: Allow, guideline: Guideline) -> str:
    where = "in this file" if allow.first_line == 1 else f"in the statement on line {allow.first_line}"
    return f"{guideline.code} {guideline.id} finds nothing {where}"
