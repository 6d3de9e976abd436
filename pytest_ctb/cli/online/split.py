"""`ctb split`: a migration that blocks the application as the files of the safe way."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import click

from pytest_ctb.cli.new import Draft
from pytest_ctb.cli.project import Project
from pytest_ctb.cli.terminal import completion
from pytest_ctb.config.packaged import packaged_by_name
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide.blocking import split_migration
from pytest_ctb.model import Migration, Trial
from pytest_ctb.repository import writing
from pytest_ctb.sql import NOTHING, SafeStep


@click.command()
@click.argument("file", shell_complete=completion.files)
@click.option("--dry-run", is_flag=True, help="Write nothing; show the files.")
@click.option(
    "--postgres", metavar="WHERE", default="", help="Where the throwaway server comes from, as --ctb-postgres."
)
@click.pass_obj
def split(project: Project, file: str, dry_run: bool, postgres: str) -> None:
    """Make a migration that blocks the application into several that do not.

    Replays the migrations on a throwaway server. What reads or writes a large table under a lock that makes others
    wait becomes the files of the safe way: NOT VALID and VALIDATE, CONCURRENTLY and USING INDEX, batches that commit.
    The new files take the place of FILE; each has a header and a rollback block as the guide wants them.

    \b
    ctb split migrations/2025-10-23_add_foreign_key.sql
    ctb split --dry-run migrations/2025-10-23_add_foreign_key.sql

    Ends with 1 if a statement blocks and no other way is known; the file is then left as it is.
    """
    (migration,) = project.chosen([file])[:1]
    evidence = project.replay(postgres, frozenset({Trial.ON_ROWS}))
    made = split_migration(packaged_by_name()["online"], project.repository, migration, evidence)
    if made.kept:
        for statement in made.kept:
            click.echo(f"{migration.path}:{statement.position.line}: blocks, and no other way is known")
        raise SystemExit(1)
    if not made.files:
        click.echo(f"{migration.path}: blocks nothing for long; nothing was changed")
        return
    drafts = _drafts(project, migration, made.files)
    for draft in drafts:
        click.echo(draft.source.text if dry_run else draft.path)
    if dry_run:
        return
    for draft in drafts:
        try:
            writing.make(project.root / draft.path, draft.data)
        except FileExistsError:
            raise ConfigError(f"{draft.path} is there already; {migration.path} was not removed") from None
    writing.remove(project.file(migration))
    click.echo(f"{migration.path}: removed. Next: ctb check, then pytest --ctb")


def _drafts(project: Project, migration: Migration, steps: Sequence[SafeStep]) -> list[Migration]:
    """The new files, with all that the guide wants in one."""
    path = Path(migration.path)
    drafts: list[Migration] = []
    for number, step in enumerate(steps, 1):
        words = path.stem.partition("_")[2].replace("_", " ")
        name = path.with_name(f"{path.stem}_{number:0{len(str(len(steps)))}}.sql").as_posix()
        draft = Draft(project, name, f"{words}: {step.does}", migration.path)
        before = Path(drafts[-1].path).name if drafts else ""
        drafts.append(draft.around(io.BytesIO(_text(step, before).encode())))
    return drafts


def _text(step: SafeStep, before: str) -> str:
    """The SQL of a file: framed unless it runs alone, with the instructions that take it back."""
    head = f"-- Depends on: {before}\n\n" if before else ""
    body = f"{head}BEGIN;\n\n{step.sql}\n\nCOMMIT;\n"
    if step.alone:
        body = f"{head}-- ctb:no-transaction: {step.does}\n{step.sql}\n"
    if step.undo.startswith(NOTHING):
        return f"{body}\n-- Rollback: {step.undo}\n"
    lines = step.undo.split("\n") if step.undo else []
    if lines and "CONCURRENTLY" not in step.undo:
        lines = ["BEGIN;", *lines, "COMMIT;"]
    return body + ("\n-- Rollback:\n" + "".join(f"-- {line}\n" for line in lines) if lines else "")
