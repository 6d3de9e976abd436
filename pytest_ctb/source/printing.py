"""What the commands of this package share: their output by the contract of `ctb_source`, and nothing else on it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

ROOT = os.path.realpath(".")
"""The root of the repository, in which the command runs."""
_INSTALLED = {"site-packages", "dist-packages"}
"""Folders of packages that are installed: not the repository's, even where they are below it."""


@contextmanager
def print_entries() -> Iterator[Callable[[dict[str, Any]], None]]:
    """A function that prints an entry. Whatever the project's own code prints meanwhile goes to stderr."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        os.dup2(2, 1)

        def write(entry: dict[str, Any]) -> None:
            output.write(f"{json.dumps(entry)}\n")

        yield write


def fail(why: str) -> NoReturn:
    """End with an error, for people."""
    sys.stderr.write(f"{why}\n")
    raise SystemExit(1)


def from_here(file: str) -> str:
    """A file as messages name it: relative to the root of the repository."""
    return os.path.relpath(os.path.realpath(file), ROOT)


def is_installed(file: str) -> bool:
    """Whether a file belongs to an installed package, or to another repository."""
    path = os.path.realpath(file)
    return not _INSTALLED.isdisjoint(Path(path).parts) or not path.startswith(ROOT + os.sep)


def own_modules() -> list[str]:
    """The files that the output depends on: the project's modules, and the top of each installed package."""
    files = set()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and (not is_installed(file) or "." not in name or ".migrations." in name):
            files.add(from_here(file))
    return sorted(files)
