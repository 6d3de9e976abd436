"""Folders to a Repository: which files are migrations, which are base schemas, in which order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pytest_ctb import migrations
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Migration, Reading, Repository
from pytest_ctb.order import ordered


def load(
    root: Path, folders: Sequence[Path], bases: Sequence[Path], variables: Mapping[str, str] | None = None
) -> Repository:
    """Read every `.sql` file below `folders`, and the base schemas, and put the migrations in order.

    `variables` are the values of placeholders.

    Raises ConfigError where a folder or a base schema is missing or unreadable, or no migration is found.
    """
    base_files = [_base(base) for base in bases]
    taken = {base.resolve() for base in base_files}
    files = {path for folder in folders for path in _sql_files(folder) if path.resolve() not in taken}
    if not files:
        looked = ", ".join(str(folder) for folder in folders)
        raise ConfigError(
            f"nothing to check: no .sql file below {looked} "
            "(set --ctb-migrations DIR, or ctb_migrations in the ini file)"
        )
    found, order = ordered(read(root, path, variables) for path in sorted(files))
    return Repository(root, found, tuple(read(root, base, variables) for base in base_files), order)


def relative(root: Path, path: Path) -> str:
    """A path as test ids write it: relative to the root of the project, with forward slashes."""
    try:
        return Path(os.path.relpath(path, root)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def _base(base: Path) -> Path:
    if not base.is_file():
        raise ConfigError(f"base schema not found: {base} (set --ctb-base FILE, or ctb_base in the ini file)")
    return base


def read(root: Path, path: Path, variables: Mapping[str, str] | None = None) -> Migration:
    """Read one file. Raises ConfigError, with its name and the reason, where it cannot be read."""
    try:
        return migrations.read(path, relative(root, path), Reading(root, variables or {}))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _sql_files(folder: Path) -> Iterable[Path]:
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "not found"
        raise ConfigError(
            f"migrations folder {what}: {folder} (set --ctb-migrations DIR, or ctb_migrations in the ini file)"
        )

    def refuse(error: OSError) -> None:
        raise ConfigError(f"{error.filename}: cannot be read: {error.strerror}") from error

    for top, subfolders, names in os.walk(folder, followlinks=True, onerror=refuse):
        here = Path(top)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in subfolders:
            _refuse_loop(here / name)
        for name in names:
            if name.lower().endswith(".sql") and not name.startswith("."):
                yield here / name


def _refuse_loop(path: Path) -> None:
    """A link to a folder that the walk came through would be walked for ever."""
    if path.is_symlink():
        target = path.resolve()
        if any(one.resolve() == target for one in path.parents):
            raise ConfigError(f"{path}: a symbolic link that leads back to a folder above it ({target})")
