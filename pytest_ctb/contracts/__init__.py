"""Contracts: the JSON Schema (draft 2020-12) of each table's rows, made from the replayed schema alone.

Validating rows needs `jsonschema`, which only `row_validator` imports, when it is first used.
"""

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
