"""CT21: each `ctb:allow` of a file allows a finding."""

import difflib
from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, check, says_nothing
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Allow, Finding, Guideline, Migration

_ID = "unused-allow"


def _allowed_guidelines(migration: Migration) -> Iterator[str]:
    """The guidelines that the file allows findings of."""
    return (allow.guideline for allow in migration.allows if allow.reason)


@check(_ID, scope=Scope.FILES, others=_allowed_guidelines, reads_text=False)
def unused_allow(case: Case[NoOptions]) -> Iterator[Finding]:
    """Compare each allow with the findings of its guideline; level `off` has none to compare."""
    unjudged: list[str] = []
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
                    allow.position, f"this allows nothing: {_quiet(allow, guideline)}; take the line out", instead=""
                )
    if unjudged:
        raise NotJudgedError(f"what it allows cannot be judged: {', '.join(unjudged)}")


def _problem(case: Case[NoOptions], allow: Allow, guideline: Guideline | None) -> str:
    """Why an allow is not valid, whatever is found; empty where it is valid."""
    if not allow.guideline:
        return "this allows nothing: it names no guideline"
    if guideline is None:
        names = {name.casefold(): name for name in case.guide}
        similar = difflib.get_close_matches(allow.guideline.casefold(), names, n=1)
        hint = f"; did you mean {names[similar[0]]}?" if similar else ""
        return f"this allows nothing: no guideline is named {allow.guideline!r}{hint}"
    if says_nothing(allow.reason):
        return "this allows nothing: it gives no reason"
    if allow.last_line < allow.first_line:
        return "this allows nothing: no statement starts on the line below it"
    return ""


def _quiet(allow: Allow, guideline: Guideline) -> str:
    where = "in this file" if allow.first_line == 1 else f"in the statement on line {allow.first_line}"
    return f"{guideline.code} {guideline.id} finds nothing {where}"
