"""CODEOWNERS: who owns which file of a repository."""

from __future__ import annotations

import os
import re
from pathlib import Path

from codeowners import CodeOwners

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import lines
from pytest_ctb.repository.files import border, read_text
from pytest_ctb.repository.paths import relative

_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where it may lie, the first that exists counts: https://docs.github.com/articles/about-code-owners."""
_COMMENT = re.compile(r"(?:^|\s)#.*")


class FileOwners:
    """The owners of the files of a repository."""

    def __init__(self, root: Path, top: Path, text: str) -> None:
        self._root = root.resolve()
        self._top = top
        rules = (_COMMENT.sub("", line) for line in lines(text))
        self._rules = CodeOwners("\n".join(line for line in rules if _is_valid(line)))

    def of(self, path: str) -> str:
        """The owners of a file, separated by spaces; empty where it has none. `path` is relative to the root."""
        name = relative(self._top, Path(os.path.normpath(self._root / path)))
        return "" if name.startswith("../") else " ".join(owner for _, owner in self._rules.of(name))


def find_owners(root: Path) -> FileOwners | None:
    """The owners that CODEOWNERS names; None where there is no such file. Raises ConfigError where it is unreadable.

    It lies in git's folder, which may be above the root of the project.
    """
    top = border(root)
    file = next((file for place in _PLACES if (file := top / place).is_file()), None)
    if file is None:
        return None
    try:
        return FileOwners(root, top, read_text(file, top, errors="replace"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error


def _is_valid(rule: str) -> bool:
    """Whether a rule can be read; GitHub skips one that cannot."""
    try:
        CodeOwners(rule)
    except (ValueError, re.error):
        return False
    return True
