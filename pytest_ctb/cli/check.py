"""`ctb check`: the findings of guidelines that need no server."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

from pytest_ctb.cli.project import Project
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.model import Finding, Migration
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
    chosen = project.chosen(files)
    findings, unjudged = judged(project, chosen)
    for finding in findings:
        migration = project.repository.by_path[finding.file]
        click.echo(headline(finding) if short else f"{place(finding, migration)}\n")
    for line in unjudged:
        click.echo(line, err=True)
    click.echo(summary(findings, chosen), err=short)
    if any(map(is_breach, findings)):
        sys.exit(1)


def judged(project: Project, migrations: Iterable[Migration]) -> tuple[list[Finding], list[str]]:
    """The findings of these files by position, and a line for each reason why a guideline could not be judged."""
    findings: list[Finding] = []
    unjudged: list[str] = []
    for migration in migrations:
        breaches: list[Finding] = []
        reasons: dict[str, list[str]] = {}
        for question in project.suite.questions.get(migration.path, ()):
            try:
                breaches += (finding for finding in judge(question) if finding.status == "new")
            except NotJudgedError as error:
                reasons.setdefault(str(error), []).append(question.guideline.code)
        findings += sorted(breaches, key=lambda finding: (finding.line, finding.column, finding.code))
        unjudged += (f"{migration.path}: not judged: {', '.join(codes)}: {why}" for why, codes in reasons.items())
    return findings, unjudged


def summary(findings: Sequence[Finding], migrations: Sequence[Migration]) -> str:
    """The last line of the output: how many findings in how many files, and which command helps."""
    files = counted(len(migrations), "migration")
    if not findings:
        return f"{files}: nothing found. What Postgres does with them: pytest --ctb"
    fixable = sum(bool(finding.fix) for finding in findings)
    code = findings[0].code
    repair = f"; `ctb fix` repairs {fixable} of them" if fixable else ""
    return f"{counted(len(findings), 'finding')} in {files}{repair}; `ctb explain {code}` says why."
