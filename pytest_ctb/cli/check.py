"""`ctb check`: the findings of guidelines that need no server."""

from __future__ import annotations

import functools
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import click

from pytest_ctb.cli.project import Project, absolute, holding, only
from pytest_ctb.cli.terminal import completion
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide.questions import Suite, with_text
from pytest_ctb.model import Finding, Migration
from pytest_ctb.model.misspelt import did_you_mean
from pytest_ctb.model.visible import unguarded, visible
from pytest_ctb.report import (
    FORMATS,
    JudgedDatabase,
    Outcome,
    Results,
    answer,
    counted,
    headline,
    place,
    rendered,
)


class Request(NamedTuple):
    """What a call of `ctb check` asks for."""

    files: tuple[str, ...]
    short: bool
    form: str
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    stdin_filename: str | None
    statistics: bool
    quiet: bool
    live: bool
    postgres: str
    color: str


short_option = click.option(
    "-s", "--short", is_flag=True, help="One line for each finding: FILE:LINE:COLUMN: CODE guideline: message."
)
format_option = click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", *FORMATS]),
    default="text",
    help="What to print (default: text).",
)


@click.command()
@click.argument("files", nargs=-1, shell_complete=completion.files)
@short_option
@format_option
@click.option(
    "--select",
    metavar="NAMES",
    multiple=True,
    shell_complete=completion.guidelines,
    help="Only these guidelines, by code or id: CT07,CT08.",
)
@click.option(
    "--ignore",
    metavar="NAMES",
    multiple=True,
    shell_complete=completion.guidelines,
    help="Not these guidelines, by code or id.",
)
@click.option(
    "--stdin-filename",
    metavar="FILE",
    shell_complete=completion.files,
    help="Read the text of this file from standard input.",
)
@click.option(
    "--live", is_flag=True, help="Replay the migrations too, and judge every guideline, as pytest --ctb does."
)
@click.option("--postgres", metavar="WHERE", default="", help="With --live: where to replay, as --ctb-postgres.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colours in text (default: auto, on a terminal; NO_COLOR and CLICOLOR_FORCE decide as elsewhere).",
)
@click.option("--statistics", is_flag=True, help="How many findings each guideline has.")
@click.option("-q", "--quiet", is_flag=True, help="No summary, and no sign of how far a replay is.")
@click.pass_context
def check(context: click.Context, /, watch: bool, **options: Any) -> None:
    """Say what the text of migrations breaks.

    FILES are migrations or folders of them; without any, all are checked. These are the guidelines that need no
    server. What the SQL does when it runs (that it applies, to tables with rows too, that it can run twice and be
    taken back) is reported by `ctb check --live` and `pytest --ctb`.

    \b
    ctb check
    ctb check migrations/2025-10-23_add_linkedin_url_to_people.sql
    ctb check --format github
    ctb check --live --format sarif > ctb.sarif
    ctb check --stdin-filename migrations/2025-10-23_add_tax.sql < text.sql
    vim -q <(ctb check --short)

    Ends with 1 if a guideline of level `error` does not hold, with 2 if it could not check.
    """
    request, projects = Request(**options), context.obj
    if request.postgres and not request.live:
        raise ConfigError("--postgres says where --live replays: there is nothing to replay without --live")
    if not watch:
        sys.exit(_check(projects, request))
    if request.stdin_filename:
        raise ConfigError("--watch waits for files to change, and --stdin-filename reads none: say one of them")
    from pytest_ctb.cli.checking.watch import watched  # noqa: PLC0415  # most runs watch nothing

    chosen = {project.config.name for project in projects}
    read_again = context.find_root().obj
    watched(
        projects,
        lambda: [project for project in read_again("") if project.config.name in chosen],
        lambda current: _check(current, request),
    )


def _check(projects: Sequence[Project], request: Request) -> int:
    """Check once. Returns the exit code."""
    files, stdin_filename, form = request.files, request.stdin_filename, request.form
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
        projects = [only(holding(projects, [absolute(stdin_filename)]))]
        (migration,) = projects[0].chosen([stdin_filename])
        suites = [(with_text(projects[0].suite, migration, sys.stdin.buffer.read()), (migration,))]
    selected, ignored = _named(suites, request.select, "--select"), _named(suites, request.ignore, "--ignore")
    if request.live:
        from pytest_ctb.cli.checking.live import live_results  # noqa: PLC0415  # most runs replay nothing

        whole = not files and not stdin_filename
        chosen = functools.partial(_is_chosen, selected=selected, ignored=ignored)
        results = live_results(projects, suites, request, chosen, whole=whole)
    else:
        results = results_of(suites, selected, ignored)
    findings = new_findings(results)
    if form == "text":
        _show(results, findings, short=request.short, color=request.color)
    else:
        sys.stdout.flush()
        click.echo(rendered(form, results).encode(), nl=False)
    if form == "text" or request.statistics:
        for line in unjudged(results):
            click.echo(line, err=True)
    if request.statistics:
        counts = Counter(f"{finding.code} {finding.guideline}" for finding in findings)
        for name, number in counts.most_common():
            click.echo(f"{number:>6,}  {name}", err=form != "text")
    if form == "text" and not request.quiet:
        migrations = [migration for _, chosen in suites for migration in chosen]
        click.echo(summary(results, migrations), err=request.short)
    return exit_code(results)


def exit_code(results: Results) -> int:
    """2 where a guideline ended in an error, 1 where one is broken, else 0."""
    if results.counts[Outcome.ERROR]:
        return 2
    return 1 if results.counts[Outcome.FAILED] else 0


def new_findings(results: Results) -> list[Finding]:
    """The findings that nothing allows, in the order of the files and by position."""
    return [finding for finding in by_file(results) if finding.status == "new"]


def summary(results: Results, migrations: Sequence[Migration]) -> str:
    """The last line of the output: how many findings in how many files, and which command helps."""
    findings, servers = new_findings(results), results.servers
    files = counted(len(migrations), "migration")
    if servers:
        places = ", ".join(f"{server.version} ({server.place})" for server in servers)
        files += f", replayed on Postgres {places}"
    if not findings and results.counts[Outcome.ERROR]:
        return f"{files}: nothing found, but not all of it was judged: a check ended in an error (see stderr)."
    if not findings and servers:
        return f"{files}: nothing found."
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
        answer(question)
        for suite, migrations in suites
        for migration in migrations
        for question in suite.questions.get(migration.path, ())
        if _is_chosen(question.guideline.id, selected, ignored)
    )
    databases = tuple(JudgedDatabase(suite, None) for suite, _ in suites)
    return Results(databases, answers, began, time.monotonic() - clock)


def _is_chosen(guideline: str, selected: frozenset[str], ignored: frozenset[str]) -> bool:
    return (guideline in selected or not selected) and guideline not in ignored


def by_file(results: Results) -> Iterator[Finding]:
    """The findings in the order of the files, and by position in each."""
    files: dict[str, list[Finding]] = {}
    for answered in results.answers:
        if answered.findings:
            files.setdefault(answered.question.file, []).extend(answered.findings)
    for findings in files.values():
        yield from sorted(findings, key=lambda finding: (finding.line, finding.column, finding.code))


def unjudged(results: Results) -> Iterator[str]:
    """A line for each file and reason why guidelines were not judged. A traceback is shown once, at its first file."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for answered in results.answers:
        if answered.outcome in (Outcome.SKIPPED, Outcome.ERROR):  # a set would hash each time
            question = answered.question
            reasons.setdefault((question.file, answered.reason), []).append(question.guideline.code)
    first_files: dict[str, str] = {}
    for (file, why), codes in reasons.items():
        first = first_files.setdefault(why, file)
        reason = why if first == file or "\n" not in why else f"the same error as in {first}"
        yield f"{file}: not judged: {', '.join(codes)}: {reason}"


def _show(results: Results, findings: Iterable[Finding], *, short: bool, color: str) -> None:
    from pytest_ctb.cli.terminal.colours import painted, wanted  # noqa: PLC0415  # most text goes to a program

    files, stream = results.by_path, unguarded(sys.stdout)
    colours = wanted(color, terminal=stream.isatty())
    for finding in findings:
        text = headline(finding) if short else f"{place(finding, files.get(finding.file))}\n"
        if colours:
            click.echo(painted(visible(text), finding), file=stream, color=True)
        else:
            click.echo(text)


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
