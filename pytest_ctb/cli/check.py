"""`ctb check`: what the text of the migrations breaks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

import click

from pytest_ctb.cli.project import Project
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide import judge as audit
from pytest_ctb.model import Finding, Migration, garbage
from pytest_ctb.model.shares import cores, shared
from pytest_ctb.report import counted, headline, is_breach, place


@click.command()
@click.argument("files", nargs=-1)
@click.option(
    "-s", "--short", is_flag=True, help="One line for each finding: FILE:LINE:COLUMN: CODE guideline: message."
)
@click.pass_obj
def check(project: Project, files: tuple[str, ...], short: bool) -> None:
    """Say what the text of migrations breaks.

    FILES are migrations or folders of them; without any, all are checked. These are the guidelines that need no
    server. What the SQL does when it runs (that it applies, to tables with rows too, that it can run twice and be
    taken back) is told by `pytest --ctb`.

    \b
    ctb check
    ctb check migrations/2025-10-23_add_linkedin_url_to_people.sql
    vim -q <(ctb check --short)

    Ends with 1 if a guideline of level `error` does not hold, with 2 if that could not be told.
    """
    project = replace(project, processes=cores(), telling=not files)
    with garbage.kept():  # nearly all that is made stays to the end
        chosen = project.chosen(files)
        findings, unjudged = judged(project, chosen)
    for one in findings:
        migration = project.repository.by_path[one.file]
        click.echo(headline(one) if short else f"{place(one, migration)}\n")
    for line in unjudged:
        click.echo(line, err=True)
    click.echo(summary(findings, chosen), err=short)
    if any(map(is_breach, findings)):
        sys.exit(1)


def judged(project: Project, migrations: Iterable[Migration]) -> tuple[list[Finding], list[str]]:
    """What the text of these files breaks, by place; and a line for each reason why not all could be judged."""
    processes = 1 if project.suite.told else project.processes  # most is told already
    every = shared(partial(_judged, project), tuple(migrations), processes)
    return [one for findings, _ in every for one in findings], [one for _, unjudged in every for one in unjudged]


def _judged(project: Project, migration: Migration) -> tuple[list[Finding], list[str]]:
    suite = project.suite
    told = suite.told.get(migration.path, {})
    found = [finding for one in suite.guidelines for finding in told.get(one.id, ())]
    reasons: dict[str, list[str]] = {}
    for question in suite.questions.get(migration.path, ()):
        try:
            found += audit.answer_by_text(question)
        except NotJudgedError as error:
            reasons.setdefault(str(error), []).append(question.guideline.code)
    new = sorted((one for one in found if one.status == "new"), key=lambda one: (one.line, one.column, one.code))
    return new, [f"{migration.path}: not judged: {', '.join(codes)}: {why}" for why, codes in reasons.items()]


def summary(findings: Sequence[Finding], migrations: Sequence[Migration]) -> str:
    """What was found, in one line, and what can be done."""
    files = counted(len(migrations), "migration")
    if not findings:
        return f"{files}: nothing found. What Postgres does with them: pytest --ctb"
    fixable = sum(bool(one.fix) for one in findings)
    code = findings[0].code
    can = f"; `ctb fix` repairs {fixable} of them" if fixable else ""
    return f"{counted(len(findings), 'finding')} in {files}{can}; `ctb explain {code}` says why."
