"""`ctb fix`: repair what needs no decision."""

from __future__ import annotations

import difflib
import io
import sys
from dataclasses import replace

import click

from pytest_ctb.cli.check import exit_code, new_findings, results_of, summary, unjudged
from pytest_ctb.cli.project import Project, show_patch
from pytest_ctb.cli.terminal import completion
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide.fixes import repaired, with_rollback
from pytest_ctb.model import Migration
from pytest_ctb.report import headline
from pytest_ctb.repository import writing
from pytest_ctb.repository.creators import defined_elsewhere


@click.command()
@click.argument("files", nargs=-1, shell_complete=completion.files)
@click.option("--rollback", is_flag=True, help="Also write the rollback blocks that are missing.")
@click.option("-q", "--quiet", is_flag=True, help="Name repaired files alone: `ctb check` lists what is left.")
@click.option("--diff", is_flag=True, help="Show what would change, and write nothing.")
@click.pass_obj
def fix(project: Project, files: tuple[str, ...], rollback: bool, diff: bool, quiet: bool) -> None:
    """Repair what needs no decision.

    That is: a missing IF [NOT] EXISTS or OR REPLACE, BEGIN and COMMIT, a header that is missing or lacks a line, the
    encoding. What only you can say stays as it is and is listed. A second run changes nothing more.

    With --rollback a file without rollback instructions gets them, as far as its text says what takes it back. What
    it does not say becomes a line WRITE ME, which is yours to write; what a rollback loses stands in a comment.

    \b
    ctb fix --diff
    ctb fix --rollback
    ctb fix migrations/2025-10-23_add_linkedin_url_to_people.sql

    Ends with 1 if something breaks the guide still (with --quiet: if it repaired a file), or, with --diff, if something
    would change.
    """
    chosen = project.chosen(files)
    fixed = [(before, repaired(before, project.guidelines_for(before))) for before in chosen]
    if rollback:
        fixed = [(before, _with_rollback(project, now)) for before, now in fixed]
    changed = [(before, now) for before, now in fixed if now is not before]
    for before, now in changed:
        if diff:
            show_patch(_diff(before, now))
        else:
            writing.write(project.file(before), now.data)
            click.echo(f"{before.path}: repaired")
    if diff:
        sys.exit(1 if changed else 0)
    if quiet:
        sys.exit(1 if changed else 0)
    again = replace(project)  # a new project, which reads the files again
    left = again.chosen(files)
    results = results_of([(again.suite, left)])
    for finding in new_findings(results):
        click.echo(headline(finding))
    for line in unjudged(results):
        click.echo(line, err=True)
    click.echo(summary(results, left))
    sys.exit(exit_code(results))


def _with_rollback(project: Project, migration: Migration) -> Migration:
    if place := migration.tool.rollback_place:
        raise ConfigError(
            f"{migration.path}: {migration.tool.name} takes a migration back by a {place}, which ctb fix does not "
            "write; `ctb check` shows what can be derived (CT06)"
        )
    return with_rollback(migration, defined_elsewhere(project.repository, migration))


def _diff(before: Migration, now: Migration) -> str:
    lines = difflib.unified_diff(_lines(before), _lines(now), f"a/{before.path}", f"b/{before.path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(migration: Migration) -> list[str]:
    """The lines as git splits them, at line feeds only; bytes that are not UTF-8 are replaced."""
    return list(io.StringIO(migration.data.decode(errors="replace"), newline="\n"))
