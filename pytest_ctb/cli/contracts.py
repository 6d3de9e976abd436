"""`ctb contracts`: the JSON Schema of each table's rows, written, compared, and held against rows."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import click

from pytest_ctb.cli.patch import show_patch
from pytest_ctb.cli.project import Project
from pytest_ctb.contracts import Mistake, Rows, dump, file_name, parsed
from pytest_ctb.contracts import contracts as made_of
from pytest_ctb.contracts.folder import read
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Committed
from pytest_ctb.repository import writing
from pytest_ctb.repository.paths import relative
from pytest_ctb.sql import names_in


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; show what would change, and end with 1 if something would.")
@click.option(
    "--validate",
    type=click.File("rb"),
    metavar="FILE",
    help="Validate rows, one JSON object a line; - is standard input.",
)
@click.option("--table", metavar="NAME", help="The table that the rows are for: company.slot.")
@click.option("--output", metavar="DIR", help="The folder of the contracts (default: ctb_contracts, else schemas).")
@click.option(
    "--postgres", metavar="WHERE", default="", help="Where the throwaway server comes from, as --ctb-postgres."
)
@click.pass_obj
def contracts(
    project: Project, check: bool, validate: BinaryIO | None, table: str | None, output: str | None, postgres: str
) -> None:
    """Write a contract for each table: the JSON Schema (draft 2020-12) of its rows.

    Replays the migrations on a throwaway server and writes schemas/SCHEMA.TABLE.json, which belong into the
    repository: the guideline data-contract (CT19) then tells which migration moves a table away from its contract, and
    whom that breaks. With --validate rows are held against a contract before a database sees them; that needs no
    server, and the extra pytest-ctb[contracts].

    \b
    ctb contracts
    ctb contracts --check
    ctb contracts --validate slots.jsonl --table company.slot

    Ends with 1 if --check finds a contract that is not as it would be written, or --validate a row that is refused.
    """
    if (validate is None) is not (table is None):
        raise click.UsageError("--validate FILE and --table NAME go together")
    if validate and check:
        raise click.UsageError("--check is about the contracts, --validate about rows: one of them")
    folder = Path(os.path.normpath(Path.cwd() / output)) if output else project.contracts
    if validate and table:
        sys.exit(_validated(read(project.root, folder), validate, table))
    if not check:
        writing.check(folder / "contract")
    there = read(project.root, folder)
    texts = _texts(project, postgres)
    for name in texts.keys() - there.files.keys():
        if (folder / name).exists():
            raise ConfigError(f"{relative(project.root, folder / name)} is there, and no contract; nothing was changed")
    if check:
        sys.exit(_compared(there, texts))
    _write(there, folder, texts)


def _texts(project: Project, postgres: str) -> Mapping[str, str]:
    """The text of each contract by the name of its file; what the platform provides has none."""
    of_platform = {str(name) for one in project.prelude for name in names_in(one.statements).makes}
    every = made_of(project.schema(postgres))
    return {file_name(name): dump(one) for name, one in every.items() if name not in of_platform}


def _compared(there: Committed, texts: Mapping[str, str]) -> int:
    differ = 0
    for name in sorted(texts.keys() | there.files.keys()):
        old = there.files[name].text if name in there.files else ""
        new = texts.get(name, "")
        if old != new:
            differ += 1
            before, after = (f"{there.folder}/{name}" if text else "/dev/null" for text in (old, new))
            lines = difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), before, after)
            show_patch("".join(lines))
    same = f"{_count(len(texts), 'contract')}, as the migrations make them" if not differ else ""
    click.echo(same or f"{differ} would change: ctb contracts")
    return 1 if differ else 0


def _write(there: Committed, folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        known = there.files.get(name)
        if known is None or known.text != text:
            writing.write(folder / name, text.encode())
            click.echo(f"{there.folder}/{name}: {'written' if known else 'new'}")
    for name in sorted(there.files.keys() - texts.keys()):
        writing.remove(folder / name)
        click.echo(f"{there.folder}/{name}: removed, there is no such table any more")
    click.echo(f"{_count(len(texts), 'contract')} in {there.folder}")


def _validated(there: Committed, lines: BinaryIO, table: str) -> int:
    file = there.files.get(file_name(table))
    if file is None:
        known = ", ".join(name.removesuffix(".json") for name in there.files)
        raise ConfigError(
            f"no contract of {table} in {there.folder}; there is: {known or 'none (ctb contracts writes them)'}"
        )
    contract = parsed(file.text)
    if isinstance(contract, Mistake):
        raise ConfigError(f"{file.path}:{contract.line}: {contract.message}")
    counted = _Counted(lines)
    unread = refused = 0
    for one in Rows(contract).wrong(counted):
        unread, refused = unread + one.unread, refused + (not one.unread)
        click.echo(f"{lines.name}:{one.line}: {one.message}")
    told = f"{refused} refused" + (
        f", {_count(unread, 'line')} that {'is' if unread == 1 else 'are'} no row" if unread else ""
    )
    click.echo(f"{_count(counted.rows, 'row')} for {table}: {told if unread or refused else 'as the contract says'}")
    return 2 if unread else 1 if refused else 0


class _Counted:
    """Lines of a file, and how many of them were not empty."""

    def __init__(self, lines: BinaryIO) -> None:
        self._lines = lines
        self.rows = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.rows += bool(line.strip())
            yield line


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
