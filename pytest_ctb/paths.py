"""How a file is named in test ids and messages."""

from __future__ import annotations

import os
from pathlib import Path


def relative(root: Path, path: Path) -> str:
    """A path as test ids write it: relative to the root of the project, with forward slashes."""
    top, plain = f"{root}{os.sep}", str(path)
    if plain.startswith(top) and root.is_absolute() and ".." not in plain:
        return plain[len(top) :].replace(os.sep, "/")  # most are, and there are many
    try:
        return Path(os.path.relpath(path, root)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()
