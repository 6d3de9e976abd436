"""Folders to a Repository: which files are migrations, which are base schemas, in which order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Migration, Order, Reading, Repository
from pytest_ctb.repository import migration as migrations
from pytest_ctb.repository.files import NotAFileError, leads_out
from pytest_ctb.repository.layouts import AUTO, DEFAULT, Folder, Layout, find_layout, recognise
from pytest_ctb.repository.order import ordered
from pytest_ctb.repository.order_file import LIST, as_listed, read_list
from pytest_ctb.repository.paths import relative
from pytest_ctb.repository.tool_folder import by_version, laid_out
from pytest_ctb.sql import consumed


def load(
    root: Path,
    folders: Sequence[Path],
    bases: Sequence[Path],
    layout: str = DEFAULT,
    variables: Mapping[str, str] | None = None,
    consumers: Sequence[Path] = (),
) -> Repository:
    """Read every `.sql` file below `folders`, and the base schemas, and put the migrations in order.

    `layout` is the name of one, or `auto`; `variables` are the values of placeholders; below `consumers` lies what
    downstream code sends.

    Raises ConfigError where a folder or a base schema is missing or unreadable, no migration is found, or no layout of
    that name.
    """
    base_files = [_base(base) for base in bases]
    consuming = {path: None for folder in consumers for path in sorted(_sql_files(root, folder, "consumers"))}
    taken = {base.resolve() for base in (*base_files, *consuming)}
    files = {
        folder: sorted((one for one in _sql_files(root, folder) if not taken or one.resolve() not in taken), key=_parts)
        for folder in dict.fromkeys(folders)
    }
    if not any(files.values()):
        looked = ", ".join(str(folder) for folder in folders)
        raise ConfigError(
            f"nothing to check: no .sql file below {looked} "
            "(set --ctb-migrations DIR, or ctb_migrations in the ini file)"
        )
    own, why = _layout(root, files, layout)
    found, order = _in_order(root, files, own, variables)
    read_bases = tuple(read(root, base, variables) for base in base_files)
    sending = tuple(_migration(Reading(root), path) for path in consuming)
    statements = tuple(
        consumer for file in sending if not file.problem for consumer in consumed(file.path, file.source)
    )
    return Repository(root, found, read_bases, order, why, sending, statements)


def _in_order(
    root: Path, files: Mapping[Path, Sequence[Path]], own: Layout, variables: Mapping[str, str] | None
) -> tuple[tuple[Migration, ...], Order]:
    listed = read_list(root)
    reading = Reading(root, variables or {})
    if own.versioned:
        if listed is not None:
            raise ConfigError(f"{root / LIST}: {own.name} has an order of its own; remove the list")
        return by_version([one for folder, paths in files.items() for one in laid_out(reading, folder, paths, own)])
    every = list(dict.fromkeys(path for paths in files.values() for path in paths))
    found, order = ordered(_migration(reading, path) for path in every)
    return (found, order) if listed is None else as_listed(found, order, listed)


def _layout(root: Path, files: Mapping[Path, Sequence[Path]], name: str) -> tuple[Layout, str]:
    """The layout, and what to tell people of it."""
    if name != AUTO:
        return find_layout(name), "" if name == DEFAULT else name
    seen = {}
    for folder, paths in files.items():
        names = tuple(path.relative_to(folder).as_posix() for path in paths)
        if names:
            seen[relative(root, folder)] = recognise(Folder(root, folder, names))
    if len({one.name for one, _ in seen.values()}) > 1:
        told = ", ".join(f"{folder} looks like {one.name} ({why})" for folder, (one, why) in seen.items())
        raise ConfigError(f"--ctb-layout auto: {told}; the folders of one run have one layout")
    layout, why = next(iter(seen.values()))
    return layout, f"{layout.name} (auto: {why})"


def _base(base: Path) -> Path:
    if not base.is_file():
        raise ConfigError(f"base schema not found: {base} (set --ctb-base FILE, or ctb_base in the ini file)")
    return base


def read(root: Path, path: Path, variables: Mapping[str, str] | None = None) -> Migration:
    """Read one file. Raises ConfigError, with its name and the reason, where it cannot be read."""
    return _read(Reading(root, variables or {}), path)


def _read(reading: Reading, path: Path) -> Migration:
    try:
        return migrations.read(path, relative(reading.root or Path(), path), reading)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _migration(reading: Reading, path: Path) -> Migration:
    """Read one of many: what is no file of the repository is told in its place, and the others are judged."""
    try:
        return _read(reading, path)
    except ConfigError as error:
        if not isinstance(error.__cause__, NotAFileError):
            raise
        return migrations.unread(relative(reading.root or Path(), path), error.__cause__.why)


def _parts(path: Path) -> tuple[str, ...]:
    """What paths are sorted by, said to `sorted` once for each and not once for each comparison."""
    return path.parts


def _sql_files(root: Path, folder: Path, of: str = "migrations") -> Iterable[Path]:
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "not found"
        raise ConfigError(f"{of} folder {what}: {folder} (set --ctb-{of} DIR, or ctb_{of} in the ini file)")

    def refuse(error: OSError) -> None:
        raise ConfigError(f"{error.filename}: cannot be read: {error.strerror}") from error

    for top, subfolders, names in os.walk(folder, followlinks=True, onerror=refuse):
        here = Path(top)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in subfolders:
            _refuse_link(root, here / name)
        for name in names:
            if name.lower().endswith(".sql") and not name.startswith("."):
                yield here / name


def _refuse_link(root: Path, path: Path) -> None:
    """A link to a folder that the walk came through would be walked for ever; what lies outside is not ours to read."""
    if path.is_symlink():
        target = path.resolve()
        if any(one.resolve() == target for one in path.parents):
            raise ConfigError(f"{path}: a symbolic link that leads back to a folder above it ({target})")
        if leads_out(path, root):
            raise ConfigError(f"{path}: a symbolic link that leads out of the repository ({target})")
