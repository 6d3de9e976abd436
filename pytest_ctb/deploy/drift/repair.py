"""The statements that bring a live database back to what the migrations say, each with why it is not safe."""

from __future__ import annotations

from dataclasses import replace

from pytest_ctb.deploy.drift.aspects import aspects, pasted, roles
from pytest_ctb.deploy.drift.compare import MAINTAIN, Drift
from pytest_ctb.deploy.drift.observe import STATEMENTS, Observed
from pytest_ctb.deploy.ordering import FIRST, LAST, Repair, dropped, made
from pytest_ctb.deploy.plan import planned
from pytest_ctb.errors import ServerError
from pytest_ctb.model import Evidence
from pytest_ctb.sql import as_sql, spelled_sql


def written(drift: Drift, replay: Evidence, live: Observed) -> tuple[Repair, ...]:
    """What to run for each difference, in order; `replay` and `live` have both been asked for STATEMENTS.

    Raises ServerError where the server that replayed did not answer.
    """
    answer = replay.answers[STATEMENTS]
    if answer.error:
        raise ServerError(f"the throwaway Postgres does not say what makes its objects: {answer.error.message}")
    (role,) = (row[1] for row in answer.rows if row[0] == "role")
    known = min(live.major, replay.server.major) >= MAINTAIN
    wanted, there = aspects(answer.rows, role, maintain=known), aspects(live.statements, maintain=known)
    plan = planned(drift, wanted, there)
    ordered = (*dropped(plan.drops, FIRST, there), *made(plan.makes, wanted), *dropped(plan.late, LAST, there))
    return tuple(_written(one, live.owner, live.roles) for one in dict.fromkeys(ordered))


def _written(one: Repair, owner: str, there: frozenset[str]) -> Repair:
    named = roles(one.sql, owner)
    absent = sorted({role for role in named if role not in there})
    if absent:
        return Repair(one.key, "", f"the database has no role {', '.join(absent)}")
    return replace(one, sql=spelled_sql(pasted(one.sql, (as_sql(role) for role in named))))
