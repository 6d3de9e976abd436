"""`ctb merge`: one report of the reports of shards, judged as one run would have been."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_ctb.cli.check import by_file, format_option, short_option
from pytest_ctb.cli.project import Project, absolute
from pytest_ctb.config import ini
from pytest_ctb.config.databases import configs_from
from pytest_ctb.guide.questions import with_distinct_ids
from pytest_ctb.report import Outcome, Results, check_path, counted, headline, place, rendered, write

if TYPE_CHECKING:
    from pytest_ctb.config.settings import Settings
    from pytest_ctb.guide.questions import Suite
    from pytest_ctb.report.shards import Part


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="REPORT...")
@short_option
@format_option
@click.option(
    "-r",
    "--report",
    "reports",
    metavar="PATH",
    multiple=True,
    help="Write a report, its format by its ending: .json, .sarif, .html or .md",
)
def merge(files: tuple[str, ...], short: bool, form: str, reports: tuple[str, ...]) -> None:
    """Make one report of the reports of shards.

    Each REPORT is the JSON report of a run of `pytest --ctb --ctb-shard`; all shards have to be there. It judges what
    they saw together, with the verdicts of one run; so call it in the repository, at the commit of the shards. It needs
    no server.

    \b
    pytest --ctb --ctb-shard 1/2 --ctb-report=shard-1.json     on one machine
    pytest --ctb --ctb-shard 2/2 --ctb-report=shard-2.json     on another
    ctb merge shard-*.json --report ctb.html                   behind both

    Ends with 1 if a test failed or ended in an error, with 2 if the reports do not fit together.
    """
    from pytest_ctb.report.shards import merged, read_parts  # noqa: PLC0415  # all commands are imported for `--help`

    paths = [absolute(path) for path in reports]
    for path in paths:
        check_path(path)
    parts = read_parts([Path(file) for file in files])
    results = merged(parts, _databases(parts[0]))
    for path in paths:
        write(path, results)
    if form == "text":
        _show(results, parts, short=short)
    else:
        sys.stdout.flush()
        click.echo(rendered(form, results).encode(), nl=False)
    if results.counts[Outcome.FAILED] or results.counts[Outcome.ERROR]:
        sys.exit(1)


def _databases(part: Part) -> list[tuple[Suite, Settings]]:
    """The databases of a run, as its options and the ini file here say."""
    here = ini.find(Path.cwd())
    said = part.options
    configs = configs_from(here.root, here.values, here.root / said.start, said.given, said.database)
    suites = with_distinct_ids(Project(config).suite for config in configs)
    return [(suite, config.settings(queries=suite.queries)) for config, suite in zip(configs, suites, strict=True)]


def _show(results: Results, parts: Sequence[Part], *, short: bool) -> None:
    files = results.by_path
    for finding in by_file(results):
        if finding.status == "new":
            click.echo(headline(finding) if short else f"{place(finding, files.get(finding.file))}\n")
    for answer in results.answers:
        if answer.outcome is Outcome.ERROR:
            click.echo(f"{answer.id}: {answer.reason}\n")
    notes = [note for database in results.databases if database.evidence for note in database.evidence.notes]
    for note in dict.fromkeys(notes):
        click.echo(f"note: {note}", err=True)
    server = f", Postgres {results.servers[0].version}" if results.servers else ""
    click.echo(
        f"{results.verdict} ({counted(len(parts), 'shard')}, {counted(results.migrations, 'migration')}{server})",
        err=short,
    )
