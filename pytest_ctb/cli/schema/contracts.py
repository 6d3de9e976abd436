"""`ctb contracts`: write the JSON Schema of each table's rows, compare it, validate rows by it."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import click

from pytest_ctb.cli.project import Project, show_patch
from pytest_ctb.cli.terminal import completion
from pytest_ctb.contracts import Mistake, RowValidator, dump, file_name, parse_contract, table_contracts
from pytest_ctb.contracts.folder import read_contracts
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import ContractFolder
from pytest_ctb.model.misspelt import did_you_mean
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
@click.option(
    "--output",
    metavar="DIR",
    shell_complete=completion.folders,
    help="The folder of the contracts (default: ctb_contracts, else schemas).",
)
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
    folder = Path(os.path.normpath(Path.cwd() / output)) if output else project.config.contracts
    if validate and table:
        sys.exit(_validate(read_contracts(project.root, folder), validate, table))
    if not check:
        writing.check(folder / "contract")
    committed = read_contracts(project.root, folder)
    texts = _texts(project, postgres)
    for name in texts.keys() - committed.files.keys():
        if (folder / name).exists():
            raise ConfigError(f"{relative(project.root, folder / name)} is there, and no contract; nothing was changed")
    if check:
        sys.exit(_compare(committed, texts))
    _write(committed, folder, texts)


def _texts(project: Project, postgres: str) -> Mapping[str, str]:
    """The text of each contract, by file name, without the tables that the prelude makes."""
    of_platform = {str(name) for file in project.prelude for name in names_in(file.statements).makes}
    every_table = table_contracts(project.schema(postgres))
    return {file_name(name): dump(contract) for name, contract in every_table.items() if name not in of_platform}


def _compare(committed: ContractFolder, texts: Mapping[str, str]) -> int:
    differ = 0
    for name in sorted(texts.keys() | committed.files.keys()):
        old = committed.files[name].text if name in committed.files else ""
        new = texts.get(name, "")
        if old != new:
            differ += 1
            before, after = (f"{committed.folder}/{name}" if text else "/dev/null" for text in (old, new))
            lines = difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), before, after)
            show_patch("".join(lines))
    same = f"{_count(len(texts), 'contract')}, as the migrations make them" if not differ else ""
    click.echo(same or f"{differ} would change: ctb contracts")
    return 1 if differ else 0


def _write(committed: ContractFolder, folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        known = committed.files.get(name)
        if known is None or known.text != text:
            writing.write(folder / name, text.encode())
            click.echo(f"{committed.folder}/{name}: {'written' if known else 'new'}")
    for name in sorted(committed.files.keys() - texts.keys()):
        writing.remove(folder / name)
        click.echo(f"{committed.folder}/{name}: removed, there is no such table any more")
    click.echo(f"{_count(len(texts), 'contract')} in {committed.folder}")


def _validate(committed: ContractFolder, lines: BinaryIO, table: str) -> int:
    file = committed.files.get(file_name(table))
    if file is None:
        known = [name.removesuffix(".json") for name in committed.files]
        listed = f"; there is: {', '.join(known) or 'none (ctb contracts writes them)'}"
        raise ConfigError(f"no contract of {table} in {committed.folder}{did_you_mean(table, known) or listed}")
    contract = parse_contract(file.text)
    if isinstance(contract, Mistake):
        raise ConfigError(f"{file.path}:{contract.line}: {contract.message}")
    counted = _CountedLines(lines)
    unreadable = refused = 0
    for error in RowValidator(contract).errors(counted):
        unreadable, refused = unreadable + error.unreadable, refused + (not error.unreadable)
        click.echo(f"{lines.name}:{error.line}: {error.message}")
    result = f"{refused} refused" if unreadable or refused else "as the contract says"
    if unreadable:
        result += f", {_count(unreadable, 'line')} that {'is' if unreadable == 1 else 'are'} no row"
    click.echo(f"{_count(counted.rows, 'row')} for {table}: {result}")
    return 2 if unreadable else 1 if refused else 0


class _CountedLines:
    """The lines of a file; counts those that are not empty."""

    def __init__(self, lines: BinaryIO) -> None:
        self._lines = lines
        self.rows = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.rows += bool(line.strip())
            yield line


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
