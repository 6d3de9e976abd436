"""`ctb check`: the findings of guidelines that need no server."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import click

from pytest_ctb.cli.project import Project, absolute, holding, only
from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import Question, Suite, with_text
from pytest_ctb.model import Finding, Migration
from pytest_ctb.model.misspelt import did_you_mean
from pytest_ctb.report import (
    FORMATS,
    Answer,
    JudgedDatabase,
    Outcome,
    Results,
    counted,
    headline,
    is_breach,
    place,
    rendered,
)


@click.command()
@click.argument("files", nargs=-1)
@click.option(
    "-s", "--short", is_flag=True, help="One line for each finding: FILE:LINE:COLUMN: CODE guideline: message."
)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", *FORMATS]),
    default="text",
    help="What to print (default: text).",
)
@click.option("--select", metavar="NAMES", multiple=True, help="Only these guidelines, by code or id: CT07,CT08.")
@click.option("--ignore", metavar="NAMES", multiple=True, help="Not these guidelines, by code or id.")
@click.option("--stdin-filename", metavar="FILE", help="Read the text of this file from standard input.")
@click.option("--statistics", is_flag=True, help="How many findings each guideline has.")
@click.option("-q", "--quiet", is_flag=True, help="No summary.")
@click.pass_obj
def check(
    projects: Sequence[Project],
    files: tuple[str, ...],
    short: bool,
    form: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    stdin_filename: str | None,
    statistics: bool,
    quiet: bool,
) -> None:
    """Say what the text of migrations breaks.

    FILES are migrations or folders of them; without any, all are checked. These are the guidelines that need no
    server. What the SQL does when it runs (that it applies, to tables with rows too, that it can run twice and be
    taken back) is reported by `pytest --ctb`.

    \b
    ctb check
    ctb check migrations/2025-10-23_add_linkedin_url_to_people.sql
    ctb check --format github
    ctb check --stdin-filename migrations/2025-10-23_add_tax.sql < text.sql
    vim -q <(ctb check --short)

    Ends with 1 if a guideline of level `error` does not hold, with 2 if it could not check.
    """
    if stdin_filename and any(project.config.source for project in projects):
        raise ConfigError(
            "--stdin-filename: the command of ctb_source reads saved files alone; save it, then ctb check"
        )
    suites = [
        (project.suite, project.chosen([file for file in files if project.holds(absolute(file))] or files))
        for project in projects
    ]
    if stdin_filename:
        if files:
            raise ConfigError("--stdin-filename: the text comes from standard input, so no other FILES can be named")
        project = only(holding(projects, [absolute(stdin_filename)]))
        (migration,) = project.chosen([stdin_filename])
        suites = [(with_text(project.suite, migration, sys.stdin.buffer.read()), (migration,))]
    results = results_of(suites, _named(suites, select, "--select"), _named(suites, ignore, "--ignore"))
    findings = [finding for finding in by_file(results) if finding.status == "new"]
    if form == "text":
        _show(results, findings, short=short)
    else:
        sys.stdout.flush()
        click.echo(rendered(form, results).encode(), nl=False)
    if form == "text" or statistics:
        for line in _unjudged(results):
            click.echo(line, err=True)
    if statistics:
        counts = Counter(f"{finding.code} {finding.guideline}" for finding in findings)
        for name, number in counts.most_common():
            click.echo(f"{number:>6,}  {name}", err=form != "text")
    if form == "text" and not quiet:
        click.echo(summary(findings, [migration for _, chosen in suites for migration in chosen]), err=short)
    if any(map(is_breach, findings)):
        sys.exit(1)


def judged(project: Project, migrations: Iterable[Migration]) -> tuple[list[Finding], list[str]]:
    """The new findings of these files by position, and a line for each reason why a guideline could not be judged."""
    results = results_of([(project.suite, migrations)])
    return [finding for finding in by_file(results) if finding.status == "new"], list(_unjudged(results))


def summary(findings: Sequence[Finding], migrations: Sequence[Migration]) -> str:
    """The last line of the output: how many findings in how many files, and which command helps."""
    files = counted(len(migrations), "migration")
    if not findings:
        return f"{files}: nothing found. What Postgres does with them: pytest --ctb"
    fixable = sum(bool(finding.fix) for finding in findings)
    code = findings[0].code
    repair = f"; `ctb fix` repairs {fixable} of them" if fixable else ""
    return f"{counted(len(findings), 'finding')} in {files}{repair}; `ctb explain {code}` says why."


def results_of(
    suites: Sequence[tuple[Suite, Iterable[Migration]]],
    selected: frozenset[str] = frozenset(),
    ignored: frozenset[str] = frozenset(),
) -> Results:
    """The answers to the questions about files of each suite; `selected` (if any) and not `ignored` are guidelines."""
    began, clock = datetime.now(UTC), time.monotonic()
    answers = tuple(
        _answer(question)
        for suite, migrations in suites
        for migration in migrations
        for question in suite.questions.get(migration.path, ())
        if (question.guideline.id in selected or not selected) and question.guideline.id not in ignored
    )
    databases = tuple(JudgedDatabase(suite, None) for suite, _ in suites)
    return Results(databases, answers, began, time.monotonic() - clock)


def _answer(question: Question) -> Answer:
    try:
        findings = judge(question)
    except NotJudgedError as error:
        return Answer(question, Outcome.SKIPPED, reason=str(error))
    new = [finding for finding in findings if finding.status == "new"]
    if any(map(is_breach, new)):
        return Answer(question, Outcome.FAILED, findings)
    return Answer(question, Outcome.WARNING if new else Outcome.XFAILED if findings else Outcome.PASSED, findings)


def by_file(results: Results) -> Iterator[Finding]:
    """The findings in the order of the files, and by position in each."""
    files: dict[str, list[Finding]] = {}
    for answer in results.answers:
        files.setdefault(answer.question.file, []).extend(answer.findings)
    for findings in files.values():
        yield from sorted(findings, key=lambda finding: (finding.line, finding.column, finding.code))


def _unjudged(results: Results) -> Iterator[str]:
    """A line for each file and reason why guidelines could not be judged."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for answer in results.answers:
        if answer.outcome is Outcome.SKIPPED:
            reasons.setdefault((answer.question.file, answer.reason), []).append(answer.question.guideline.code)
    for (file, why), codes in reasons.items():
        yield f"{file}: not judged: {', '.join(codes)}: {why}"


def _show(results: Results, findings: Iterable[Finding], *, short: bool) -> None:
    files = results.by_path
    for finding in findings:
        click.echo(headline(finding) if short else f"{place(finding, files[finding.file])}\n")


def _named(suites: Iterable[tuple[Suite, object]], given: Iterable[str], option: str) -> frozenset[str]:
    """The ids of guidelines that an option names. Raises ConfigError for a name that no guideline has."""
    names = [name.strip() for part in given for name in part.split(",") if name.strip()]
    guidelines = [guideline for suite, _ in suites for guideline in suite.guidelines]
    ids = {name.casefold(): guideline.id for guideline in guidelines for name in (guideline.id, guideline.code)}
    for name in names:
        if name.casefold() not in ids:
            hint = did_you_mean(name, ids) or " (`ctb explain`)"
            raise ConfigError(f"{option} {name}: no guideline that is switched on has that code or id{hint}")
    return frozenset(ids[name.casefold()] for name in names)
