"""The contracts that a repository has committed, as files that nobody has read yet; `contracts` says what they mean."""

from __future__ import annotations

from pathlib import Path

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Committed, ContractFile
from pytest_ctb.repository.files import read_bytes
from pytest_ctb.repository.paths import relative

DEFAULT = "schemas"
MARK = "x-table"
"""The key by which a JSON file is known to be a contract."""


def read(root: Path, folder: Path) -> Committed:
    """The contracts in a folder, those that nothing can read too. A JSON file that says of no table is none.

    Raises ConfigError where a file cannot be opened.
    """
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            text = read_bytes(path, root).decode("utf-8", errors="surrogateescape")
        except OSError as error:
            raise ConfigError(f"{relative(root, path)}: cannot be read: {error.strerror}") from error
        if f'"{MARK}"' in text:
            found[path.name] = ContractFile(relative(root, path), text)
    return Committed(relative(root, folder), found)


def committed(root: Path, folder: Path, *, named: bool) -> Committed | None:
    """The contracts that a repository has; None where it has none, and nobody named the folder that would hold them.

    Raises ConfigError where a folder that was named is not there.
    """
    if not folder.is_dir():
        if named:
            raise ConfigError(f"contracts folder not found: {folder} (ctb contracts writes it)")
        return None
    found = read(root, folder)
    return found if found.files or named else None
