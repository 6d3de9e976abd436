"""CT22: what the baseline knows is still there."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, check
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Entry, Finding, Level, Position
from pytest_ctb.repository.baseline import matched


@check("stale-baseline", scope=Scope.BASELINE)
def stale_baseline(case: Case[NoOptions]) -> Iterator[Finding]:
    """Compare the entries of one file with what their guidelines find in it; one of level `off` is not asked."""
    by_guideline: dict[str, list[Entry]] = {}
    for one in case.known:
        by_guideline.setdefault(one.guideline, []).append(one)
    unjudged: list[str] = []
    for name, entries in by_guideline.items():
        if name not in case.guide:
            yield from (_stale(case, one, "there is no such guideline") for one in entries)
        elif case.guide[name].level is not Level.OFF:
            found = case.others.get(name, ())
            if found is None:
                unjudged.append(name)
                continue
            new = [one for one in found if one.status != "allowed"]
            _, left = matched(new, case.migration, entries)
            yield from (_stale(case, one, "it is not found any more") for one in left)
    if unjudged:
        raise NotJudgedError(f"what the baseline knows cannot be judged: {', '.join(unjudged)}")


def _stale(case: Case[NoOptions], one: Entry, why: str) -> Finding:
    times = f" ({one.count} times)" if one.count > 1 else ""
    return case.finding(
        Position(one.line, 1),
        f"the entry `{one.guideline}` of {one.file} is stale, {why}{times}: {one.says}",
        file=case.baseline,
    )
