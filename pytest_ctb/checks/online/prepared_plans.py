"""ON07: a SELECT that the running release has prepared still runs after the file."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, applied, check, error_line
from pytest_ctb.checks.online._effects import effect_behind
from pytest_ctb.model import FileEvidence, Finding, SqlError, StalePlan, Trial
from pytest_ctb.sql import table_as_sql


@check("prepared-plans", scope=Scope.REPLAY, needs=[Trial.APPLICATION])
def prepared_plans(case: Case[NoOptions]) -> Iterator[Finding]:
    """Prepare a SELECT of the listed columns before the file, on a connection that stays, and ask for it after it.

    It is prepared for each table, view and function that `old-application` sends statements to. The server compares the
    names, types, lengths and collations of the result with those that it promised, and refuses to go on where they
    differ.
    """
    file = applied(case)
    plans: dict[int, list[StalePlan]] = {}
    for plan in file.application.stale if file.application else ():
        plans.setdefault(_statement(file, plan), []).append(plan)
    for number, (first, *others) in sorted(plans.items()):
        names = [plan.of.name for plan in others if plan.of != first.of]
        also = f" (and of {', '.join(names)})" if names else ""
        changes = "; ".join(f"{new.column} was {new.before} and is {new.after}" for new in first.columns)
        yield case.finding(
            case.migration.sent[number].position,
            f"a prepared SELECT of {first.of.name}{also} fails: {error_line(first.error)}"
            + (f": {changes}" if changes else ""),
            details="\n".join(f"prepared before the file: {plan.sql}" for plan in (first, *others)),
            table=table_as_sql(first.of.name),
        )


def _statement(file: FileEvidence, plan: StalePlan) -> int:
    """The place of the statement that gave the result another type."""
    columns = SqlError(" ".join(f'"{new.column}"' for new in plan.columns))
    effect = effect_behind(file, columns, plan.of)
    return effect.trace.statement if effect else file.traces[-1].statement
