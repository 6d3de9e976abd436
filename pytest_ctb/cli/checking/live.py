"""`ctb check --live`: the answers of `pytest --ctb`, without pytest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from pytest_ctb.guide.questions import Suite
from pytest_ctb.model import Migration
from pytest_ctb.report import Answer, JudgedDatabase, Results, answer

if TYPE_CHECKING:
    from pytest_ctb.cli.check import Request
    from pytest_ctb.cli.project import Project


def live_results(
    projects: Sequence[Project],
    suites: Sequence[tuple[Suite, Sequence[Migration]]],
    request: Request,
    is_chosen: Callable[[str], bool],
    *,
    whole: bool,
) -> Results:
    """The answers to the chosen questions of each suite, from a replay where one of them needs it.

    `is_chosen`: whether a guideline is asked for; `whole`: ask also the questions that are not about a migration.
    Raises CtbError where there is no evidence.
    """
    began, clock = datetime.now(UTC), time.monotonic()
    databases: list[JudgedDatabase] = []
    answers: list[Answer] = []
    for project, (suite, migrations) in zip(projects, suites, strict=True):
        paths = suite.questions if whole else [migration.path for migration in migrations]
        questions = [
            question for path in paths for question in suite.questions.get(path, ()) if is_chosen(question.guideline.id)
        ]
        needed = any(question.live for question in questions)
        evidence = project.evidence(suite, request.postgres, quiet=request.quiet) if needed else None
        for note in evidence.notes if evidence else ():
            click.echo(f"ctb: {note}", err=True)
        databases.append(JudgedDatabase(suite, evidence))
        answers += (answer(question, evidence) for question in questions)
    return Results(tuple(databases), tuple(answers), began, time.monotonic() - clock)
