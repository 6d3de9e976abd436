"""Contracts: what the rows of each table look like, as JSON Schema (draft 2020-12), and what moves away from that.

Made from the replayed schema alone. Validating rows takes `jsonschema`, which only `rows` imports, and late.
"""

from pytest_ctb.contracts.files import Mistake, dump, file_name, parsed
from pytest_ctb.contracts.moves import Move, moves
from pytest_ctb.contracts.rows import Rows, Wrong
from pytest_ctb.contracts.tables import contracts

__all__ = [
    "Mistake",
    "Move",
    "Rows",
    "Wrong",
    "contracts",
    "dump",
    "file_name",
    "moves",
    "parsed",
]
