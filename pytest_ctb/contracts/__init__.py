"""Contracts: the JSON Schema (draft 2020-12) of each table's rows, made from the replayed schema alone.

What most runs need of this package is where the contracts lie (`folder`). So the names below are imported when somebody
asks for them. Validating rows needs `jsonschema`, which only `row_validator` imports, when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_ctb.contracts.changes import ContractChange, contract_changes
    from pytest_ctb.contracts.files import Mistake, dump, file_name, parse_contract
    from pytest_ctb.contracts.row_validator import RowError, RowValidator
    from pytest_ctb.contracts.tables import table_contracts

__all__ = [
    "ContractChange",
    "Mistake",
    "RowError",
    "RowValidator",
    "contract_changes",
    "dump",
    "file_name",
    "parse_contract",
    "table_contracts",
]


def __getattr__(name: str) -> Any:
    """Import a name of `__all__` from the module that has it."""
    for module in ("changes", "files", "row_validator", "tables") if name in __all__ else ():
        inside = vars(import_module(f"{__name__}.{module}"))
        if getattr(inside.get(name), "__module__", "") == f"{__name__}.{module}":
            return inside[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
