"""`ctb base`: write the base schemas from what the migrations make, or tell whether they are still true."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from pytest_ctb.cli.project import Project, show_patch
from pytest_ctb.cli.terminal import completion
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Difference, Evidence, Key, Migration, Schema
from pytest_ctb.model.creations import creation_text
from pytest_ctb.model.differences import differences
from pytest_ctb.repository import writing
from pytest_ctb.repository.bases import WHOLE, BasePart, base_part, in_part, of_a_ledger, part_names, same_meaning
from pytest_ctb.repository.folders import read
from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.repository.paths import relative
from pytest_ctb.sql import as_sql

_EMPTY = parse_migration(b"", "an empty database")
_OWNERS = {"owner", "pg_database_owner"}


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...", shell_complete=completion.files)
@click.option("--write", is_flag=True, help="Write the files; their comments above and below the SQL stay.")
@click.option("--check", is_flag=True, help="Write nothing; show what would change, and end with 1 if something would.")
@click.option(
    "--part",
    "parts",
    metavar="NAME",
    multiple=True,
    help="A new file holds only this schema, or this table; repeatable.",
)
@click.option(
    "--postgres", metavar="WHERE", default="", help="Where the throwaway server comes from, as --ctb-postgres."
)
@click.pass_obj
def base(
    project: Project, files: tuple[str, ...], write: bool, check: bool, parts: tuple[str, ...], postgres: str
) -> None:
    """Write the base schemas from what the migrations make.

    Replays the migrations on a throwaway server, writes the SQL that makes the same schema in an empty database, and
    loads that to see that it does. Without FILE the files are those of ctb_base, else infra/neon.sql and what stands
    beside it. A base schema whose header says `-- Part: company` is written as that part. Without --write and
    --check the SQL is printed.

    \b
    ctb base --write
    ctb base --check
    ctb base --write --part company infra/neon-company-schema.sql

    Ends with 1 if --check finds a base schema that makes something else than the migrations.
    """
    if write and check:
        raise click.UsageError("--write and --check exclude each other: use one of them")
    paths = [Path(os.path.normpath(Path.cwd() / name)) for name in files] or list(project.config.bases)
    paths = paths or [project.config.home / "infra" / WHOLE]
    if parts and (len(paths) != 1 or paths[0].exists()):
        raise click.UsageError("--part is for one new FILE; an existing file names its part itself: -- Part: company")
    if write:
        for path in paths:
            writing.check(path)
    bases = [_read(project, path, parts) for path in paths]
    written = _Written(project, bases, postgres)
    if check:
        sys.exit(1 if any([not _is_true(written, base) for base in bases]) else 0)  # noqa: C419  # shows all of them
    if not write:
        click.echo("\n".join(written.texts.values()), nl=False)
        return
    for path, base in zip(paths, bases, strict=True):
        text = written.texts[base.path]
        there = path.exists()
        if there and base.data == text.encode():
            click.echo(f"{base.path}: as the migrations make it")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        writing.write(path, text.encode())
        click.echo(f"{base.path}: {'written' if there else 'new'}")


def _read(project: Project, path: Path, parts: Sequence[str]) -> Migration:
    """A base schema, or what stands for one that is not there yet: its first comment."""
    if path.exists():
        return read(project.root, path, project.config.variables)
    lines = ["-- Written by ctb base --write: what the migrations make of an empty database"]
    lines += [f"-- Part: {', '.join(parts)}"] if parts else []
    return parse_migration("\n".join([*lines, "", ""]).encode(), relative(project.root, path))


class _Written:
    """The texts of base schemas as the migrations make them."""

    def __init__(self, project: Project, bases: Sequence[Migration], postgres: str) -> None:
        self.bases = bases
        repository = project.history
        existing = [other for other in repository.bases if other.path not in {base.path for base in bases}]
        self._all = (*bases, *existing)
        project = replace(project)
        self.evidence = project.applied(postgres, bases=(*bases, _EMPTY))
        _, self._empty = self.evidence.bases[_EMPTY.path]
        self.texts: Mapping[str, str] = {base.path: self._text(base) for base in bases}
        self._refuse_others(project.applied(postgres, bases=self._parsed()))

    def part(self, base: Migration, evidence: Evidence) -> BasePart | None:
        """The part that a base schema is of; None for the whole."""
        return base_part(base, self._all, evidence.bases[base.path][1], self.evidence)

    def differing(self, base: Migration, evidence: Evidence) -> Iterator[Difference]:
        """How a base schema that was loaded differs from what the migrations make of it."""
        all_differences = differences(evidence.bases[base.path][1], self.evidence.schema)
        part = self.part(base, evidence)
        for difference in part.differences(all_differences) if part else all_differences:
            if not same_meaning(difference) and not of_a_ledger(difference):
                yield difference

    def _text(self, base: Migration) -> str:
        new = [made for made in self.evidence.creations if made.key not in self._empty.objects]
        part = self.part(base, self.evidence) if base.statements or part_names(base) else None
        chosen = list(in_part(new, part)) if part else new
        body = [creation_text(chosen), *([] if part else _changed(self._empty, self.evidence))]
        settings = (
            ["SET LOCAL check_function_bodies = off;"] if any(made.key.kind == "function" for made in chosen) else []
        )
        sql = "\n\n".join(filter(None, ["BEGIN;", *settings, *body, "COMMIT;"]))
        above, below = _around(base)
        return f"{above}{sql}\n{below}"

    def _parsed(self) -> tuple[Migration, ...]:
        return tuple(parse_migration(self.texts[base.path].encode(), base.path) for base in self.bases)

    def _refuse_others(self, loaded: Evidence) -> None:
        """Raise ConfigError where a text does not make what the migrations make."""
        for base in self.bases:
            file, _ = loaded.bases[base.path]
            if file.error:
                raise ConfigError(
                    f"{base.path} cannot be written: its SQL fails in an empty database: {file.error.message}. "
                    "Nothing was changed; write this base schema by hand"
                )
            if left := [str(difference.key) for difference in self.differing(base, loaded)]:
                raise ConfigError(
                    f"{base.path} cannot be written: ctb base writes no SQL for {', '.join(left)}. "
                    "Nothing was changed; write this base schema by hand"
                )


def _changed(empty: Schema, evidence: Evidence) -> Iterator[str]:
    """What changes an object that an empty database has already: its comment, and privileges on its schemas."""
    for difference in differences(empty, evidence.schema):
        if difference.left is None:
            continue
        made = [creation for creation in evidence.creations if creation.key == difference.key]
        if difference.key.kind == "privileges" and difference.of and difference.of.kind == "schema":
            yield from _revoked(difference.left, difference.of)
        if difference.right is not None:
            yield creation_text(made)


def _revoked(privileges: str, schema: Key) -> Iterator[str]:
    for line in privileges.splitlines():
        role = line.rpartition(": ")[0]
        if role not in _OWNERS:
            shown = role if role == "PUBLIC" else as_sql(role)
            yield f"REVOKE ALL ON SCHEMA {as_sql(schema.name)} FROM {shown};"


def _around(base: Migration) -> tuple[str, str]:
    """The comments of a base schema above its first statement and below its last."""
    text = base.source.text
    if not base.statements:
        return text, ""
    above = text[: base.statements[0].start]
    below = text[base.statements[-1].end :].strip("\n")
    return above, f"\n{below}\n" if below else ""


def _is_true(written: _Written, base: Migration) -> bool:
    """Whether a base schema makes what the migrations make; shows how it would change where it does not."""
    text = written.texts[base.path]
    file, _ = written.evidence.bases[base.path]
    if base.source.text == text:
        click.echo(f"{base.path}: as the migrations make it")
        return True
    if base.statements and not file.error and not list(written.differing(base, written.evidence)):
        click.echo(f"{base.path}: as the migrations make it, in words of its own")
        return True
    old = base.source.text if base.statements else ""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), text.splitlines(keepends=True), base.path if old else "/dev/null", base.path
    )
    show_patch("".join(lines))
    click.echo(f"{base.path}: would change: ctb base --write {base.path}")
    return False
