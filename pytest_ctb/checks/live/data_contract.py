"""CT19: each table is as its committed contract says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from pytest_ctb.checks import Case, NoOptions, Scope, check, unapplied
from pytest_ctb.checks.live._last_change import SchemaHistory, schema_history
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import ContractFile, ContractFolder, Finding, Position

if TYPE_CHECKING:
    from pytest_ctb.contracts import ContractChange
    from pytest_ctb.contracts.shapes import Keywords

_ID = "data-contract"


@check(_ID, scope=Scope.SCHEMA, subjects=lambda _: (_ID,), about=lambda repository: repository.contracts)
def data_contract(case: Case[NoOptions]) -> Iterator[Finding]:
    """Compare each contract with the one that the replayed schema gives."""
    from pytest_ctb.contracts import Mistake, file_name, parse_contract, table_contracts  # noqa: PLC0415  # most have no contracts

    folder = case.repository.contracts
    assert folder is not None, "without contracts it is not asked"
    if missing := unapplied(case.replay):
        raise NotJudgedError(f"the migrations do not make the whole schema: {missing}")
    history = schema_history(case.repository, case.replay)
    replayed = {file_name(name): contract for name, contract in table_contracts(case.replay.schema).items()}
    for name in sorted(replayed.keys() - folder.files.keys()):
        yield from _uncommitted(case, history, folder, str(replayed[name]["title"]))
    for name, file in folder.files.items():
        committed = parse_contract(file.text)
        if isinstance(committed, Mistake):
            yield case.finding(Position(committed.line, 1), committed.message, file=file.path, folder=folder.folder)
        elif file_name(str(committed["x-table"])) != name:
            message = f"this is the contract of {committed['x-table']}: name the file {file_name(committed['x-table'])}"
            yield case.finding(Position(1, 1), message, file=file.path, folder=folder.folder)
        elif name not in replayed:
            yield from _missing_table(case, history, folder, file, str(committed["x-table"]))
        else:
            yield from _differences(case, history, folder, file, committed, replayed[name])


def _uncommitted(
    case: Case[NoOptions], history: SchemaHistory, folder: ContractFolder, table: str
) -> Iterator[Finding]:
    """The finding for a table without a contract; none where no migration created it: the platform did."""
    place = history.creation(table)
    if place:
        yield case.finding(place.position, f"table {table} has no contract yet", file=place.path, folder=folder.folder)


def _missing_table(
    case: Case[NoOptions], history: SchemaHistory, folder: ContractFolder, file: ContractFile, table: str
) -> Iterator[Finding]:
    place = history.removal(table)
    if place is None:
        yield case.finding(
            Position(1, 1),
            f"there is no table {table}, and no migration dropped it",
            file=file.path,
            folder=folder.folder,
        )
        return
    message = f"table {table} breaks readers and writers: it is gone (not so in {file.path})"
    yield case.finding(place.position, message, instead=_breaking(table, "", folder.folder), file=place.path)


def _differences(
    case: Case[NoOptions],
    history: SchemaHistory,
    folder: ContractFolder,
    file: ContractFile,
    committed: Keywords,
    now: Keywords,
) -> Iterator[Finding]:
    from pytest_ctb.contracts import contract_changes  # noqa: PLC0415

    table = str(now["title"])
    for (column, comment), group in groupby(
        contract_changes(committed, now), key=lambda change: (change.column, change.comment)
    ):
        changes = tuple(group)
        types = _types(committed, column) | _types(now, column)
        names = [column] if column else [name for change in changes for name in change.columns]
        path, at = history.last_change(table, names, types, comment=comment, key=not column) or (
            file.path,
            Position(1, 1),
        )
        subject = f"column {table}.{column}" if column else f"table {table}"
        what = "; ".join(change.what for change in changes)
        message = f"{subject} {_breaks(changes)}: {what} (not so in {file.path})"
        broken = any(change.readers or change.writers for change in changes)
        if not broken:
            message = f"{subject}: {what}; {file.path} does not say so yet. Run `ctb contracts`"
        instead = _breaking(table, column, folder.folder) if broken else None
        yield case.finding(at, message, instead=instead, file=path, folder=folder.folder)


def _types(contract: Keywords, column: str) -> set[str]:
    """The name of the type that a column has, if it is one of the schema's own; else nothing."""
    keywords: Mapping[str, str] = contract["properties"].get(column, {})
    return {str(keywords["x-postgres"]).removesuffix("[]")} if "x-postgres" in keywords else set()


def _breaks(changes: Sequence[ContractChange]) -> str:
    """The verb of a message: whom the changes break."""
    readers, writers = any(change.readers for change in changes), any(change.writers for change in changes)
    match readers, writers:
        case True, True:
            return "breaks readers and writers"
        case True, False:
            return "breaks readers, not writers"
        case False, True:
            return "breaks writers, not readers"
    return "breaks nobody"


def _breaking(table: str, column: str, folder: str) -> str:
    what = f"{table}.{column}" if column else table
    return (
        f"-- Leave {what} as the contract says, and put what is new beside it: a column that may be left out, say.\n"
        "-- Who reads and who writes moves over; then the old one is flagged (COMMENT … IS 'DEPRECATED …').\n"
        "-- Where all of them have agreed to the change as it is, this puts it on record, with the migration:\n"
        f"ctb contracts\ngit add {folder}"
    )
