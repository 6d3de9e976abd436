"""`ctb order`: in which order the migrations apply, and why."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from pytest_ctb.cli.project import Project
from pytest_ctb.model import Migration, Repository


@click.command()
@click.pass_obj
def order(project: Project) -> None:
    """Show the order of the migrations, and why.

    They apply by date; within a date a file that uses what another makes comes after it; then by path.
    `-- Depends on: FILE` in the header overrides that. A file without a date comes after what it needs.

    Ends with 1 if files need each other, so that no order serves all, or `Depends on` names no file.
    """
    repository = project.repository
    width = len(str(len(repository.migrations)))
    for number, one in enumerate(repository.migrations, 1):
        click.echo(f"{number:>{width}}  {one.path}")
        for reason in _reasons(one, repository):
            click.echo(f"{'':>{width}}      {reason}")
    problems = [
        f"no order serves these, since each needs the next: {' -> '.join((*c, c[0]))}" for c in repository.order.cycles
    ]
    problems += [
        f"{path}:{line.position.line}: Depends on: {line.value!r} does not name one migration"
        for path, line in repository.order.unknown
    ]
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)


def _reasons(one: Migration, repository: Repository) -> Iterator[str]:
    if one.date is None:
        yield "without a date: after what it needs, before what needs it"
    for line in one.depends_on:
        yield f"after {line.value}: line {line.position.line} says so"
    for need in repository.order.needs:
        if need.user == one.path:
            yield f"after {need.maker}: it uses {need.what.kind} {need.what} (line {need.position.line})"
