"""Which procedures end the transaction that they are called in, by the text of the migrations that create them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pytest_ctb.checks import Case
from pytest_ctb.model import Migration, Repository, Statement, TransactionCommand
from pytest_ctb.sql import created, procedure_called

_ENDS = {TransactionCommand.COMMIT, TransactionCommand.ROLLBACK}
_Definitions = Mapping[str, Sequence[tuple[int, Statement]]]
"""By the bare name of a procedure: the statements that create it, each with the number of its file, in order."""


def ending_call(case: Case[Any], statement: Statement) -> str:
    """`CALL company.trim_log …`, where that procedure commits or rolls back; empty for any other statement.

    A COMMIT that depends on an IF may never run: whether it does, the replay sees.
    """
    if statement.tag != "CALL":
        return ""
    files = case.all_files.migrations if case.all_files else (case.migration,)
    number = next((number for number, file in enumerate(files) if file.path == case.migration.path), 0)
    definitions = _of_repository(case.all_files) if case.all_files else _definitions(files)
    name = procedure_called(statement)
    return (
        f"CALL {name} (it ends the transaction)"
        if _ends(name, (number, statement.start), definitions, frozenset())
        else ""
    )


def _ends(name: str, before: tuple[int, int], definitions: _Definitions, met: frozenset[str]) -> bool:
    """Whether the last procedure of that name before a place (file and offset) ends its transaction, or calls one."""
    schema, _, bare = name.rpartition(".")
    last = None
    for number, definition in definitions.get(bare, ()):
        creation = created(definition)
        same = creation and (not schema or not creation.schema or schema == creation.schema)
        if same and (number, definition.start) < before:
            last = definition
    inner = last.walk()[1:] if last and name not in met else ()
    return any(
        (statement.command in _ENDS and not statement.guarded)
        or (statement.tag == "CALL" and _ends(procedure_called(statement), before, definitions, met | {name}))
        for statement in inner
    )


@lru_cache(maxsize=2)
def _of_repository(repository: Repository) -> _Definitions:
    return _definitions(repository.migrations)


def _definitions(files: Iterable[Migration]) -> _Definitions:
    definitions: dict[str, list[tuple[int, Statement]]] = defaultdict(list)
    for number, file in enumerate(files):
        for statement in file.statements:
            creation = created(statement) if statement.tag == "CREATE PROCEDURE" else None
            if creation:
                definitions[creation.name].append((number, statement))
    return definitions
