"""The SQL files that lie beside the migrations and are not judged."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from pytest_ctb.repository.paths import relative

_OTHERS = {"node_modules", "vendor", "test", "tests"}
"""Folders that hold nothing of the schema."""


def unjudged_beside(root: Path, migrations: Collection[Path], judged: Collection[Path]) -> list[str]:
    """What lies beside folders of migrations, for people: each file there, and each folder with its number of files.

    At the root of the project only the folders themselves are looked at, not what is below them.
    """
    lines: dict[str, None] = {}
    folders, known = {folder.resolve() for folder in migrations}, {file.resolve() for file in judged}
    for home in dict.fromkeys(folder.parent for folder in migrations if folder.is_relative_to(root)):
        if not home.is_relative_to(root):
            continue
        for entry in _sorted(home):
            if entry.is_dir():
                files = [] if _is_left_out(entry, folders) else list(_files(entry, deep=home != root))
            else:
                files = [entry] if _is_sql(entry.name) else []
            files = [file for file in files if file.resolve() not in known]
            if files:
                one, folder = len(files) == 1, relative(root, entry)
                lines[relative(root, files[0]) if one else f"{folder} ({len(files)} files)"] = None
    return list(lines)


def _is_left_out(folder: Path, migrations: Collection[Path]) -> bool:
    hidden = folder.name.startswith(".") or folder.name in _OTHERS or (folder / "pyvenv.cfg").exists()
    return hidden or any(path.is_relative_to(folder.resolve()) for path in migrations)


def _files(folder: Path, *, deep: bool) -> Iterator[Path]:
    for top, folders, names in os.walk(folder):
        yield from (Path(top, name) for name in sorted(names) if _is_sql(name))
        folders[:] = (
            sorted(name for name in folders if not name.startswith(".") and name not in _OTHERS) if deep else []
        )


def _is_sql(name: str) -> bool:
    return name.lower().endswith(".sql") and not name.startswith(".")


def _sorted(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # nobody may read it
        return []
