"""CT21: an exception that a file makes is one that it needs."""

import difflib
from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, check
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Allow, Finding, Guideline, Migration

_ID = "unused-allow"


def _named(migration: Migration) -> Iterator[str]:
    """The guidelines that the file makes an exception of."""
    return (one.guideline for one in migration.allows if one.reason)


@check(_ID, scope=Scope.FILES, others=_named, reads_text=False)
def unused_allow(case: Case[NoOptions]) -> Iterator[Finding]:
    """Compare each exception with what its guideline finds in the file; one of level `off` finds nothing to compare."""
    unjudged: list[str] = []
    for one in case.migration.allows:
        guideline = case.guide.get(one.guideline)
        wrong = _wrong(case, one, guideline)
        if wrong:
            name = guideline.id if guideline else "guideline"
            yield case.finding(one.position, wrong, guideline=name)
        elif guideline is not None and guideline.id in case.others:
            found = case.others[guideline.id]
            if found is None:
                unjudged.append(guideline.id)
            elif not any(one.first_line <= finding.line <= one.last_line for finding in found):
                yield case.finding(
                    one.position, f"this allows nothing: {_quiet(one, guideline)}; take the line out", instead=""
                )
    if unjudged:
        raise NotJudgedError(f"what it allows cannot be judged: {', '.join(unjudged)}")


def _wrong(case: Case[NoOptions], one: Allow, guideline: Guideline | None) -> str:
    """Why an exception cannot allow anything, whatever stands there; empty where it can."""
    if not one.guideline:
        return "this allows nothing: it names no guideline"
    if guideline is None:
        names = {name.casefold(): name for name in case.guide}
        near = difflib.get_close_matches(one.guideline.casefold(), names, n=1)
        hint = f"; did you mean {names[near[0]]}?" if near else ""
        return f"this allows nothing: no guideline is named {one.guideline!r}{hint}"
    if not one.reason:
        return "this allows nothing: it gives no reason"
    if one.last_line < one.first_line:
        return "this allows nothing: no statement starts on the line below it"
    return ""


def _quiet(one: Allow, guideline: Guideline) -> str:
    where = "in this file" if one.first_line == 1 else f"in the statement on line {one.first_line}"
    return f"{guideline.code} {guideline.id} finds nothing {where}"
