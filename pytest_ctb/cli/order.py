"""`ctb order`: show the order in which migrations apply, and why."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from pytest_ctb.cli.project import Project
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Migration, Repository
from pytest_ctb.repository.order_file import LIST, write_list


@click.command()
@click.option("-w", "--write", is_flag=True, help=f"Fix the order in {LIST}, which then decides, and is yours to edit.")
@click.pass_obj
def order(project: Project, write: bool) -> None:
    """Show the order of the migrations, and why.

    They apply by date; within a date a file that uses what another makes comes after it; then by path.
    `-- Depends on: FILE` in the header overrides that. A file without a date comes after what it needs.
    A list in the file ctb-order.txt decides over all of that; files that it lacks come behind. Where the files
    are another tool's (ctb_layout), its order is shown.

    \b
    ctb order
    ctb order --write

    Ends with 1 if files need each other, so that no order serves all, or `Depends on` names no file.
    """
    repository = project.repository
    if write:
        if any(migration.tool.file_name_form for migration in repository.migrations):
            raise ConfigError(f"{repository.layout} has an order of its own: there is nothing to write")
        own = project.config.migrations if project.config.name else None
        write_list(project.root, [migration.path for migration in repository.migrations], own)
        click.echo(f"{LIST}: {len(repository.migrations)} files, in the order in which they apply")
    width = len(str(len(repository.migrations)))
    for number, migration in enumerate(repository.migrations, 1):
        click.echo(f"{number:>{width}}  {migration.path}")
        for reason in _reasons(migration, repository):
            click.echo(f"{'':>{width}}      {reason}")
    problems = [
        f"these files have no order that works, since each needs the next: {' -> '.join((*cycle, cycle[0]))}"
        for cycle in repository.order.cycles
    ]
    problems += [
        f"{path}:{line.position.line}: Depends on: {line.value!r} does not name one migration"
        for path, line in repository.order.unknown
    ]
    if not write:
        problems += [f"{path}: is not listed in {repository.order.order_file}" for path in repository.order.unlisted]
    problems += [f"the same version: {', '.join(paths)}" for paths in repository.order.clashes]
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)


def _reasons(migration: Migration, repository: Repository) -> Iterator[str]:
    """Why a migration stands where it does, a line each."""
    if repository.order.order_file and migration.path not in repository.order.unlisted:
        yield f"{repository.order.order_file} says so"
        return
    if migration.tool.file_name_form:
        yield (
            f"version {migration.version}"
            if migration.version
            else f"not applied: {migration.unapplied.message if migration.unapplied else ''}"
        )
        return
    if migration.date is None:
        yield "without a date: after what it needs, before what needs it"
    for line in migration.depends_on:
        yield f"after {line.value}: line {line.position.line} says so"
    for need in repository.order.needs:
        if need.user == migration.path:
            yield f"after {need.maker}: it uses {need.what.kind} {need.what} (line {need.position.line})"
