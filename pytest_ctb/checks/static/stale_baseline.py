"""CT22: each entry of the baseline still has its finding."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, check
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import BaselineEntry, Finding, Level, Position
from pytest_ctb.repository.baseline import matched


@check("stale-baseline", scope=Scope.BASELINE)
def stale_baseline(case: Case[NoOptions]) -> Iterator[Finding]:
    """Compare the entries of one file with the findings of their guidelines; level `off` has none to compare."""
    by_guideline: dict[str, list[BaselineEntry]] = {}
    for entry in case.known:
        by_guideline.setdefault(entry.guideline, []).append(entry)
    unjudged: list[str] = []
    for name, entries in by_guideline.items():
        if name not in case.guide:
            yield from (_stale(case, entry, "there is no such guideline") for entry in entries)
        elif case.guide[name].level is not Level.OFF:
            findings = case.others.get(name, ())
            if findings is None:
                unjudged.append(name)
                continue
            open_findings = [finding for finding in findings if finding.status != "allowed"]
            _, left = matched(open_findings, case.migration, entries)
            yield from (_stale(case, entry, "it is not found any more") for entry in left)
    if unjudged:
        raise NotJudgedError(f"the entries of the baseline cannot be judged: {', '.join(unjudged)}")


def _stale(case: Case[NoOptions], entry: BaselineEntry, why: str) -> Finding:
    times = f" ({entry.count} times)" if entry.count > 1 else ""
    return case.finding(
        Position(entry.line, 1),
        f"the entry `{entry.guideline}` of {entry.file} is stale, {why}{times}: {entry.says}",
        file=case.baseline,
    )
