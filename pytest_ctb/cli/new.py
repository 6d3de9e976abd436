"""`ctb new`: start a migration in the form that the guide wants."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import IO

import click

from pytest_ctb.cli.project import Project
from pytest_ctb.cli.terminal import completion
from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.guide.fixes import apply, repaired
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import question_of_file
from pytest_ctb.model import Edit, Finding, Guideline, Migration, Reading
from pytest_ctb.model.visible import visible
from pytest_ctb.report import headline, is_breach
from pytest_ctb.repository import writing
from pytest_ctb.repository.folders import load
from pytest_ctb.repository.layouts import AUTO, DEFAULT, name_of
from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.repository.paths import relative
from pytest_ctb.sql import object_positions, rollback_block

_ID = "Unique ID"
_BODY = "-- Your migration SQL here\n"
_NO_SQL = "-- -- SQL that takes it back; or in the line above: none, because …\n"


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option(
    "--from",
    "source",
    type=click.File("rb"),
    metavar="FILE",
    shell_complete=completion.files,
    help="SQL that it shall hold (-: what comes by standard input).",
)
@click.option(
    "--folder",
    metavar="DIR",
    shell_complete=completion.folders,
    help="The folder of migrations that it goes to (default: the first).",
)
@click.option(
    "--date", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="The date in its name (default: today)."
)
@click.pass_obj
def new(
    project: Project,
    words: tuple[str, ...],
    source: IO[bytes] | None,
    folder: str | None,
    date: datetime.datetime | None,
) -> None:
    """Start a migration as the guide wants it.

    It is named, headed with a Unique ID of its own, and has a transaction and a rollback block.

    WORDS say what it does, a verb first; they become its name and its description.

    \b
    ctb new "add linkedin url to people"
    ctb new "index company names" --from schema-change.sql

    With --from the file holds that SQL: IF [NOT] EXISTS is put in where it lacks, BEGIN and COMMIT around it, and
    below it what takes it back, as far as the text says it. What cannot is marked, and left to you.

    Ends with 2 if the name breaks the guide, or there is such a file; nothing is ever written over.
    """
    if name_of(project.config.layout) not in {DEFAULT, AUTO}:
        raise ConfigError(
            f"ctb new starts files of the guide's own; those of {name_of(project.config.layout)} its own tool does"
        )
    day = (date or datetime.datetime.now().astimezone()).date()
    description = visible(" ".join(" ".join(words).split()))
    path = _folder(project, folder) / f"{day}_{_snake(description)}.sql"
    draft = Draft(project, relative(project.root, path), description)
    draft.check_name()
    migration = draft.around(source) if source else draft.empty()
    try:
        writing.make(path, migration.data)
    except FileExistsError:
        raise ConfigError(f"{migration.path} is there already; nothing was changed") from None
    click.echo(migration.path)
    breaches = _left(project, migration) if source else []
    for finding in breaches:
        click.echo(headline(finding))
    todo = "what is left" if breaches else "" if source else "the SQL and what takes it back"
    click.echo(f"Next: {f'write {todo}, then ' if todo else ''}ctb check, then pytest --ctb")


@dataclass(frozen=True)
class Draft:
    """A migration that is not written yet."""

    project: Project
    path: str
    description: str
    in_place_of: str = ""
    """The path of the migration that it replaces; empty where it replaces none."""

    @property
    def _reading(self) -> Reading:
        return Reading(self.project.root, self.project.config.variables)

    def check_name(self) -> None:
        """Raise ConfigError where the guide does not allow the name."""
        for finding in _findings(self._guidelines("file-name"), parse_migration(b"", self.path)):
            raise ConfigError(finding.message)

    def empty(self) -> Migration:
        """A template, with the parts that the guidelines of this project want."""
        framed = f"BEGIN;\n\n{_BODY}\nCOMMIT;\n" if self._guidelines("transaction") else _BODY
        rollback = f"\n-- Rollback:\n{_NO_SQL}" if self._guidelines("rollback-instructions") else ""
        return parse_migration(f"{self._head()}{framed}{rollback}".encode(), self.path, self._reading)

    def around(self, source: IO[bytes]) -> Migration:
        """A migration made of a file of SQL. Raises ConfigError where it cannot be read."""
        given = parse_migration(source.read(), self.path, self._reading)
        if given.unreadable:
            line, column = given.unreadable.position
            raise ConfigError(f"{source.name}:{line}:{column}: {given.unreadable.message}; nothing was made of it")
        body = given.source.text.replace("\r\n", "\n").strip("\n") + "\n"
        headed = {field.name for field in given.header} & {field.name for field in self._headed.header}
        text = body if headed else self._head(described=given.description is not None) + body
        made = self._unique(
            repaired(parse_migration(text.encode(), self.path, self._reading), self.project.active_guidelines)
        )
        if made.rollbacks or not self._guidelines("rollback-instructions"):
            return made
        block = rollback_block(
            made.statements, {key for other in self._others for key in object_positions(other.statements)}
        )
        return parse_migration(f"{made.source.text.rstrip()}\n\n{block}".encode(), self.path, self._reading)

    def _guidelines(self, name: str) -> list[Guideline]:
        """The guideline with an id, if this project has it on; a list of one or none."""
        return [guideline for guideline in self.project.active_guidelines if guideline.id == name]

    @cached_property
    def _headed(self) -> Migration:
        """The header that the guide wants in an empty file."""
        guideline = self._guidelines("ctb-header")
        wanted = [finding.instead for finding in _findings(guideline, parse_migration(b"", self.path))]
        block = parse_migration("".join(f"{sql}\n\n" for sql in wanted).encode(), self.path, self._reading)
        return self._unique(repaired(block, guideline))

    def _head(self, *, described: bool = False) -> str:
        """The header; with the words of the command as its description, unless the file has one (`described`)."""
        text, field = self._headed.source.text, self._headed.description
        if field is None:
            return text
        start = text.rindex("\n", 0, self._headed.source.offset(field.position)) + 1
        sentence = self.description[:1].upper() + self.description[1:]
        return text[:start] + ("" if described else f"-- {field.name}: {sentence}\n\n")

    def _unique(self, made: Migration) -> Migration:
        """The migration with a Unique ID that no other file has."""
        unique_id = made.header_field(_ID)
        taken = {field.value.upper() for other in self._others if (field := other.header_field(_ID))}
        if unique_id is None or unique_id.value.upper() not in taken:
            return made
        new_id = unique_id.value
        while new_id.upper() in taken:
            digits = hashlib.sha256(f"{self.path} {new_id}".encode()).hexdigest()[:8].upper()
            new_id = re.sub(r"[0-9A-Fa-f]{8}$", digits, new_id)
        start = made.source.offset(unique_id.position)
        text = apply(made.source.text, [Edit(start, start + len(unique_id.value), new_id)])
        return parse_migration(text.encode(), self.path, self._reading)

    @cached_property
    def _others(self) -> tuple[Migration, ...]:
        """The existing migrations."""
        folders = [folder for folder in self.project.config.migrations if folder.is_dir()]
        some = any(file for folder in folders for file in folder.rglob("*.sql"))
        migrations = load(self.project.root, folders, self.project.config.bases).migrations if some else ()
        return tuple(migration for migration in migrations if migration.path != self.in_place_of)


def _folder(project: Project, named: str | None) -> Path:
    if named is None:
        return project.config.migrations[0]
    path = Path(os.path.normpath(Path.cwd() / named))
    if not any(path.is_relative_to(folder) for folder in project.config.migrations):
        where = ", ".join(relative(project.root, folder) for folder in project.config.migrations)
        raise ConfigError(f"{named}: no folder of migrations (those lie below {where})")
    return path


def _snake(words: str) -> str:
    """Words in snake case, for a file name: `add_linkedin_url`; accents are dropped."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return "_".join(re.findall(r"[a-z0-9]+", plain))


def _left(project: Project, made: Migration) -> list[Finding]:
    """The findings in the new file, by place."""
    return sorted(_findings(project.active_guidelines, made), key=attrgetter("line", "column"))


def _findings(guidelines: Iterable[Guideline], migration: Migration) -> Iterator[Finding]:
    for guideline in guidelines:
        with contextlib.suppress(NotJudgedError):  # CT05 reports what cannot be read
            yield from filter(is_breach, judge(question_of_file(guideline, migration)))
