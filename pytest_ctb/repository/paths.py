"""How a file is named in test ids and messages, and what a setting may name."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_ctb.errors import ConfigError

_LONGEST = 200


def normal(path: Path) -> Path:
    """A path that a setting names, without `..`; whether something is there is for others to say.

    Raises ConfigError where nothing can be, or be seen: it is too long, holds a NUL, leads in a circle.
    """
    try:
        os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise ConfigError(f"{shown(path)}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{shown(path)!r}: cannot be read: {error}") from error
    return Path(os.path.normpath(path))


def shown(path: Path) -> str:
    """A path in a message, cut where it is too long to be read."""
    text = str(path)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def relative(root: Path, path: Path) -> str:
    """A path as test ids write it: relative to the root of the project, with forward slashes."""
    top, plain = f"{root}{os.sep}", str(path)
    if plain.startswith(top) and root.is_absolute() and ".." not in plain:
        return plain[len(top) :].replace(os.sep, "/")  # most are, and there are many
    try:
        return Path(os.path.relpath(path, root)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()
