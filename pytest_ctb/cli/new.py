"""`ctb new`: a migration that starts as the guide wants it."""

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
from pathlib import Path
from typing import IO

import click

from pytest_ctb.cli.project import Project
from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.guide import judge as audit
from pytest_ctb.guide.fixes import apply, repaired
from pytest_ctb.model import Edit, Finding, Guideline, Migration, Reading
from pytest_ctb.model.visible import visible
from pytest_ctb.report import headline, is_breach
from pytest_ctb.repository import writing
from pytest_ctb.repository.folders import load
from pytest_ctb.repository.layouts import AUTO, DEFAULT
from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.repository.paths import relative
from pytest_ctb.sql import places, rollback_block

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
    help="SQL that it shall hold (-: what comes by standard input).",
)
@click.option("--folder", metavar="DIR", help="The folder of migrations that it goes to (default: the first).")
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
    below it what takes it back, as far as that can be told from the text. What cannot is marked, and left to you.

    Ends with 2 if the name breaks the guide, or there is such a file; nothing is ever written over.
    """
    if project.layout not in {DEFAULT, AUTO}:
        raise ConfigError(f"ctb new starts files of the guide's own; those of {project.layout} its own tool does")
    day = (date or datetime.datetime.now().astimezone()).date()
    said = visible(" ".join(" ".join(words).split()))
    path = _folder(project, folder) / f"{day}_{_snake(said)}.sql"
    draft = _Draft(project, relative(project.root, path), said)
    draft.check_name()
    made = draft.around(source) if source else draft.empty()
    try:
        writing.make(path, made.data)
    except FileExistsError:
        raise ConfigError(f"{made.path} is there already; nothing was changed") from None
    click.echo(made.path)
    left = _left(project, made) if source else []
    for one in left:
        click.echo(headline(one))
    what = "what is left" if left else "" if source else "the SQL and what takes it back"
    click.echo(f"Next: {f'write {what}, then ' if what else ''}ctb check, then pytest --ctb")


@dataclass(frozen=True)
class _Draft:
    """A migration that is not there yet."""

    project: Project
    path: str
    said: str

    @property
    def _reading(self) -> Reading:
        return Reading(self.project.root, self.project.variables)

    def check_name(self) -> None:
        """Raise ConfigError where the guide does not allow the name."""
        for one in _findings(self._guidelines("file-name"), parse_migration(b"", self.path)):
            raise ConfigError(one.message)

    def empty(self) -> Migration:
        """The template of the guide, as far as its guidelines hold here."""
        framed = f"BEGIN;\n\n{_BODY}\nCOMMIT;\n" if self._guidelines("transaction") else _BODY
        rollback = f"\n-- Rollback:\n{_NO_SQL}" if self._guidelines("rollback-instructions") else ""
        return parse_migration(f"{self._head()}{framed}{rollback}".encode(), self.path, self._reading)

    def around(self, source: IO[bytes]) -> Migration:
        """What a file of SQL becomes. Raises ConfigError where it cannot be read."""
        given = parse_migration(source.read(), self.path, self._reading)
        if given.unreadable:
            line, column = given.unreadable.position
            raise ConfigError(f"{source.name}:{line}:{column}: {given.unreadable.message}; nothing was made of it")
        body = given.source.text.replace("\r\n", "\n").strip("\n") + "\n"
        headed = {one.name for one in given.header} & {one.name for one in self._headed.header}
        text = body if headed else self._head(described=given.description is not None) + body
        made = self._unique(repaired(parse_migration(text.encode(), self.path, self._reading), self.project.on))
        if made.rollbacks or not self._guidelines("rollback-instructions"):
            return made
        block = rollback_block(made.statements, {key for one in self._others for key in places(one.statements)})
        return parse_migration(f"{made.source.text.rstrip()}\n\n{block}".encode(), self.path, self._reading)

    def _guidelines(self, name: str) -> list[Guideline]:
        """The guideline of that name, if it holds here."""
        return [one for one in self.project.on if one.id == name]

    @cached_property
    def _headed(self) -> Migration:
        """The header that the guide wants in an empty file, and what the name says as a description."""
        guideline = self._guidelines("ctb-header")
        wanted = [one.instead for one in _findings(guideline, parse_migration(b"", self.path))]
        block = parse_migration("".join(f"{one}\n\n" for one in wanted).encode(), self.path, self._reading)
        return self._unique(repaired(block, guideline))

    def _head(self, *, described: bool = False) -> str:
        """The header, described by the words that were given, if that is not done below it."""
        text, one = self._headed.source.text, self._headed.description
        if one is None:
            return text
        start = text.rindex("\n", 0, self._headed.source.offset(one.position)) + 1
        sentence = self.said[:1].upper() + self.said[1:]
        return text[:start] + ("" if described else f"-- {one.name}: {sentence}\n\n")

    def _unique(self, made: Migration) -> Migration:
        """With a Unique ID that no other file has."""
        own = made.header_field(_ID)
        taken = {one.value.upper() for other in self._others if (one := other.header_field(_ID))}
        if own is None or own.value.upper() not in taken:
            return made
        fresh = own.value
        while fresh.upper() in taken:
            digits = hashlib.sha256(f"{self.path} {fresh}".encode()).hexdigest()[:8].upper()
            fresh = re.sub(r"[0-9A-Fa-f]{8}$", digits, fresh)
        start = made.source.offset(own.position)
        text = apply(made.source.text, [Edit(start, start + len(own.value), fresh)])
        return parse_migration(text.encode(), self.path, self._reading)

    @cached_property
    def _others(self) -> tuple[Migration, ...]:
        """The files that are there."""
        folders = [one for one in self.project.folders if one.is_dir()]
        some = any(one for folder in folders for one in folder.rglob("*.sql"))
        return load(self.project.root, folders, self.project.bases).migrations if some else ()


def _folder(project: Project, named: str | None) -> Path:
    if named is None:
        return project.folders[0]
    path = Path(os.path.normpath(Path.cwd() / named))
    if not any(path.is_relative_to(one) for one in project.folders):
        where = ", ".join(relative(project.root, one) for one in project.folders)
        raise ConfigError(f"{named}: no folder of migrations (those lie below {where})")
    return path


def _snake(words: str) -> str:
    """Words as a file's name has them: `add_linkedin_url`; an accent is left out."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return "_".join(re.findall(r"[a-z0-9]+", plain))


def _left(project: Project, made: Migration) -> list[Finding]:
    """What the text of the new file breaks still."""
    return sorted(_findings(project.on, made), key=lambda one: (one.line, one.column))


def _findings(guidelines: Iterable[Guideline], migration: Migration) -> Iterator[Finding]:
    for guideline in guidelines:
        with contextlib.suppress(NotJudgedError):  # CT05 tells what cannot be read
            yield from (one for one in audit.by_text(guideline, migration) if is_breach(one))
