"""Read the folders of a repository: find the migrations and base schemas, and put the migrations in order."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Migration, Order, Reading, Repository
from pytest_ctb.repository import revisions
from pytest_ctb.repository.files import NotAFileError, leads_out
from pytest_ctb.repository.layouts import AUTO, DEFAULT, GROUPS, PLACES, Folder, Layout, find_layout, name_of
from pytest_ctb.repository.migration import read as read_migration
from pytest_ctb.repository.migration import unread
from pytest_ctb.repository.order import ordered
from pytest_ctb.repository.order_file import LIST, as_listed, read_list
from pytest_ctb.repository.paths import relative
from pytest_ctb.repository.recognised import recognise
from pytest_ctb.repository.revisions import Printed
from pytest_ctb.repository.tool_folder import by_version, placed_files, without_foreign_mark
from pytest_ctb.sql import read_consumers


def load(
    root: Path,
    folders: Sequence[Path],
    bases: Sequence[Path],
    layout: str = DEFAULT,
    variables: Mapping[str, str] | None = None,
    consumers: Sequence[Path] = (),
    prelude: Sequence[Migration] = (),
    database: str = "",
    printed: Printed | None = None,
) -> Repository:
    """Read every `.sql` file below `folders`, and the base schemas, and put the migrations in order.

    `printed`: what a command printed of migrations that are no SQL files; then no folder is read, and its order holds.

    `layout`: the name of a layout, or `auto`; `variables`: the values of placeholders by name; `consumers`: the folders
    with the statements of downstream code; `prelude`: the files that run before all migrations; `database`: the name of
    the database, where the repository has several.

    Raises ConfigError where a folder or a base schema is missing or unreadable, no migration is found, or no layout has
    that name.
    """
    base_files = [_existing_base(base) for base in bases]
    consumer_paths = {path: None for folder in consumers for path in sorted(_sql_files(root, folder, "consumers"))}
    others = {path.resolve() for path in (*base_files, *consumer_paths)}
    if printed is None:
        migrations, order, layout_shown, below = _sql_migrations(
            root, folders, others, layout, variables, prelude, database
        )
    else:
        migrations, order = revisions.migrations(printed, root), Order()
        layout_shown = f"{printed.tool.name} (ctb_source){f'; {printed.note}' if printed.note else ''}"
        below = revisions.folders(migrations)
    read_bases = tuple(read(root, base, variables) for base in base_files)
    consumer_files = tuple(_read_or_unread(Reading(root), path) for path in consumer_paths)
    statements = tuple(
        statement for file in consumer_files if not file.problem for statement in read_consumers(file.path, file.source)
    )
    return Repository(
        root,
        migrations,
        read_bases,
        order,
        layout_shown,
        consumer_files,
        statements,
        folders=below,
        database=database,
        prelude=tuple(prelude),
    )


def _sql_migrations(
    root: Path,
    folders: Sequence[Path],
    others: Collection[Path],
    layout: str,
    variables: Mapping[str, str] | None,
    prelude: Sequence[Migration],
    database: str,
) -> tuple[tuple[Migration, ...], Order, str, tuple[str, ...]]:
    """The migrations below folders, their order, which layout they have, and the folders; `others` are none of them."""
    files = {
        folder: sorted(
            (path for path in _sql_files(root, folder) if not others or path.resolve() not in others), key=_parts
        )
        for folder in dict.fromkeys(folders)
    }
    if not any(files.values()):
        looked = ", ".join(str(folder) for folder in folders)
        raise ConfigError(
            f"nothing to check: no .sql file below {looked} "
            "(set --ctb-migrations DIR, or ctb_migrations in the ini file)"
        )
    layout_used, layout_shown = _layout(root, files, layout)
    if layout_used.excluded_names:
        files = {
            folder: [path for path in paths if not layout_used.excludes(path.relative_to(folder).as_posix())]
            for folder, paths in files.items()
        }
        if not any(files.values()):
            raise ConfigError(f"nothing to check: ctb_layout excludes every .sql file ({name_of(layout)})")
    listed = read_list(root, files if database else None)
    migrations, order = _in_order(root, files, layout_used, variables, prelude, listed)
    return migrations, order, layout_shown, tuple(relative(root, folder) for folder in files)


def _in_order(
    root: Path,
    files: Mapping[Path, Sequence[Path]],
    layout: Layout,
    variables: Mapping[str, str] | None,
    prelude: Sequence[Migration],
    listed: tuple[str, ...] | None,
) -> tuple[tuple[Migration, ...], Order]:
    reading = Reading(root, variables or {})
    if layout.versioned:
        if listed is not None:
            raise ConfigError(f"{root / LIST}: {layout.name} has an order of its own; remove the list")
        return by_version(
            [migration for folder, paths in files.items() for migration in placed_files(reading, folder, paths, layout)]
        )
    all_paths = list(dict.fromkeys(path for paths in files.values() for path in paths))
    read_files = (without_foreign_mark(_read_or_unread(reading, path), layout) for path in all_paths)
    migrations, order = ordered(read_files, prelude)
    return (migrations, order) if listed is None else as_listed(migrations, order, listed)


def _layout(root: Path, files: Mapping[Path, Sequence[Path]], name: str) -> tuple[Layout, str]:
    """The layout, and its name with the reason for the report header; the default layout has no text."""
    if name != AUTO:
        return find_layout(name), "" if name == DEFAULT else name_of(name)
    recognised = {}
    for folder, paths in files.items():
        names = tuple(path.relative_to(folder).as_posix() for path in paths)
        if names:
            recognised[relative(root, folder)] = recognise(Folder(root, folder, names))
    if len({layout.name for layout, _ in recognised.values()}) > 1:
        seen = ", ".join(f"{folder} looks like {layout.name} ({why})" for folder, (layout, why) in recognised.items())
        raise ConfigError(f"--ctb-layout auto: {seen}; the folders of one run have one layout")
    layout, why = next(iter(recognised.values()))
    return layout, f"{layout.name} (auto: {why})"


def _existing_base(base: Path) -> Path:
    if not base.is_file():
        raise ConfigError(f"base schema not found: {base} (set --ctb-base FILE, or ctb_base in the ini file)")
    return base


def read(root: Path, path: Path, variables: Mapping[str, str] | None = None) -> Migration:
    """Read one file. Raises ConfigError, with its name and the reason, where it cannot be read."""
    return _read(Reading(root, variables or {}), path)


def _read(reading: Reading, path: Path) -> Migration:
    try:
        return read_migration(path, relative(reading.root or Path(), path), reading)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _read_or_unread(reading: Reading, path: Path) -> Migration:
    """Read a file; one that is no regular file of the repository becomes a Migration with a problem."""
    try:
        return _read(reading, path)
    except ConfigError as error:
        if not isinstance(error.__cause__, NotAFileError):
            raise
        return unread(relative(reading.root or Path(), path), error.__cause__.why)


def _parts(path: Path) -> tuple[str, ...]:
    """The sort key of paths: comparing paths themselves computes their parts again each time."""
    return path.parts


def _sql_files(root: Path, folder: Path, of: str = "migrations") -> Iterable[Path]:
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "not found"
        places = f"{', '.join(PLACES)}, and each of them below {', '.join(f'{group}/*' for group in GROUPS)}"
        usual = f"; found without a setting: {places}" if of == "migrations" else ""
        raise ConfigError(f"{of} folder {what}: {folder} (set --ctb-{of} DIR, or ctb_{of} in the ini file{usual})")

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
    """Raise ConfigError for a link to a folder above it, which would be walked for ever, or out of the repository."""
    if path.is_symlink():
        target = path.resolve()
        if any(parent.resolve() == target for parent in path.parents):
            raise ConfigError(f"{path}: a symbolic link that leads back to a folder above it ({target})")
        if leads_out(path, root):
            raise ConfigError(f"{path}: a symbolic link that leads out of the repository ({target})")
