"""Find the contract files of a repository; `files` parses them."""

from __future__ import annotations

from pathlib import Path

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import ContractFile, ContractFolder
from pytest_ctb.repository.files import read_bytes
from pytest_ctb.repository.paths import relative

DEFAULT = "schemas"
MARK = "x-table"
"""The key that makes a JSON file a contract."""


def read_contracts(root: Path, folder: Path) -> ContractFolder:
    """The contracts in a folder, also those that are not valid. A JSON file without `x-table` is no contract.

    Raises ConfigError where a file cannot be opened.
    """
    files = {}
    for path in sorted(folder.glob("*.json")):
        try:
            text = read_bytes(path, root).decode("utf-8", errors="surrogateescape")
        except OSError as error:
            raise ConfigError(f"{relative(root, path)}: cannot be read: {error.strerror}") from error
        if f'"{MARK}"' in text:
            files[path.name] = ContractFile(relative(root, path), text)
    return ContractFolder(relative(root, folder), files)


def find_contracts(root: Path, folder: Path, *, named: bool) -> ContractFolder | None:
    """The contracts of a repository; None where it has none and its folder was not configured (`named`).

    Raises ConfigError where a configured folder does not exist.
    """
    if not folder.is_dir():
        if named:
            raise ConfigError(f"contracts folder not found: {folder} (ctb contracts writes it)")
        return None
    contracts = read_contracts(root, folder)
    return contracts if contracts.files or named else None
